"""nginx's configuration: blocks and directives, and what a block inherits.

Sources: nginx documentation, "Configuration File's Structure" (simple and block directives, contexts, comments, include),
"Core functionality"; the rule that a level which sets a directive does not inherit any of it from the level above.
"""

import re
from typing import Final, NamedTuple

from clearance.scan.family import Budget
from clearance.scan.infra.node import Document, Kind, Node, NotThis, Opaque, Span, Unit

_TOKEN = re.compile(
    r"[\s\ufeff]+|#[^\n]*|(?P<mark>[{};])|(?P<quoted>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<bare>(?:\$\{[^}\s]*\}|\\.|[^\s{};\"'\\])(?:\$\{[^}\s]*\}|\\.|[^\s{};\\])*)|(?P<other>.)",
    re.DOTALL,
)
_LUA = re.compile(r"\w+_by_lua_block$")
_MOST_DEPTH: Final = 40
_MOST_OPAQUE: Final = 50
_HARMLESS: Final = re.compile(
    r"(?:^|/)(?:mime\.types|(?:fastcgi|uwsgi|scgi|proxy)_params|fastcgi\.conf|fastcgi-php\.conf|koi-\w+|win-utf)$"
    r"|modules?-enabled/|sites-(?:enabled|available)/|conf\.d/\*|vhosts?\.d/|modules/"
)
"""Files that hold servers, modules or names of types, and set nothing for the block that includes them."""
_TLS = re.compile(r"(?:^|[:\s])443(?:\s|$)|\s(?:ssl|quic)(?:\s|$)")
_OPEN: Final = "include"
_LONGEST: Final = 4_000
_MOST_INHERITED: Final = 400
"""Directives that one block hands down; with more of them, what holds further in is not told."""


class _Word(NamedTuple):
    text: str
    span: Span


class _Level:
    """A block that is not closed yet. `own` are its directives, `effective` what holds in it."""

    def __init__(self, unit: Unit, above: "_Level | None") -> None:
        self.unit = unit
        self.above = above
        self.own: dict[str, Node] = {}
        self.open = False
        self.depth: int = above.depth + 1 if above is not None else 0

    def add(self, name: str, span: Span, value: Node) -> None:
        """Add a directive or block to what stands in this one."""
        body = self.unit.body
        kept = body.items.get(name)
        if kept is None:
            kept = Node.sequence(span)
            body.put(name, span, kept)
        kept.values.append(value)
        if value.kind is Kind.SCALAR:
            self.own.setdefault(name, kept)


def lower(text: str, budget: Budget) -> Document:
    """Give the file, its blocks and its directives. In a block's body each directive is a list of its arguments' texts, and
    each block a list of maps; `args` are its own arguments, `effective` the directives that hold in it, inherited ones too;
    `tls` says of a server whether it speaks TLS. Where something is included that may set more, bodies are open.

    Raises:
        NotThis: braces do not fit, or nothing ends with a semicolon.
        OutOfTime: the budget is spent.
    """
    return _Lowering(text, budget).document()


class _Lowering:
    def __init__(self, text: str, budget: Budget) -> None:
        self._text = text
        self._budget = budget
        self._file = Unit("nginx.file", "", "", (0, 0), Node.mapping((0, len(text))))
        self._units = [self._file]
        self._opaque: list[Opaque] = []
        self._levels: list[_Level] = []

    def document(self) -> Document:
        """Read all of it."""
        text = self._text
        top = level = _Level(self._file, None)
        self._levels.append(top)
        words: list[_Word] = []
        at = steps = 0
        while at < len(text):
            steps += 1
            if not steps & 0x3FF:
                self._budget.check()
            found = _TOKEN.match(text, at)
            if found is None:
                break
            at = found.end()
            kind = found.lastgroup
            if kind in ("quoted", "bare", "other"):
                words.append(_Word(_plain(found[0]), found.span()))
            elif kind == "mark":
                level, at = self._marked(found[0], found.start(), words, level, top, at)
                words = []
        if words:
            raise NotThis(f"line {self._line(words[0].span[0])}: {words[0].text[:40]!r} does not end with a semicolon")
        if level is not top:
            raise NotThis(f"line {self._line(level.unit.head[0])}: the block is not closed")
        if len(self._units) == 1:
            raise NotThis("line 1: no directive")
        self._finish(top)
        return Document(self._units, self._opaque)

    def _line(self, offset: int) -> int:
        return self._text.count("\n", 0, offset) + 1

    def _marked(self, mark: str, start: int, words: list[_Word], level: _Level, top: _Level, at: int) -> tuple[_Level, int]:
        if mark == "{":
            if not words:
                raise NotThis(f"line {self._line(start)}: a block without a name")
            if _LUA.search(words[0].text):
                return level, self._past(at)
            return self._opened(words, level), at
        if mark == "}":
            if words or level is top or level.above is None:
                raise NotThis(f"line {self._line(start)}: a brace that closes nothing")
            level.unit.body.span = (level.unit.body.span[0], start + 1)
            return level.above, at
        if words:
            self._directive(words, level)
        return level, at

    def _opened(self, words: list[_Word], level: _Level) -> _Level:
        name, arguments = words[0].text, words[1:]
        head = (words[0].span[0], words[-1].span[1])
        body = Node.mapping(head)
        body.put("args", head, _texts(arguments, head))
        said = " ".join(word.text for word in arguments)
        unit = Unit("nginx.block", name, said[:_LONGEST], head, body, level.unit)
        level.add(name, words[0].span, body)
        self._units.append(unit)
        made = _Level(unit, level)
        self._levels.append(made)
        if made.depth > _MOST_DEPTH:
            raise NotThis(f"line {self._line(head[0])}: blocks within more than {_MOST_DEPTH} blocks")
        return made

    def _directive(self, words: list[_Word], level: _Level) -> None:
        name, arguments = words[0].text, words[1:]
        head = (words[0].span[0], words[-1].span[1])
        span = (arguments[0].span[0], head[1]) if arguments else head
        said = Node.scalar(" ".join(word.text for word in arguments)[:_LONGEST], span)
        level.add(name, words[0].span, said)
        if name == "include" and not _HARMLESS.search(said.text):
            level.open = True
        body = Node.mapping(head)
        body.put("args", head, _texts(arguments, head))
        body.put("text", head, said)
        self._units.append(Unit("nginx.directive", name, "", head, body, level.unit))

    def _past(self, at: int) -> int:
        """Give the offset after a block of another language, whose braces are counted."""
        depth = 1
        for found in re.compile(r"[{}]").finditer(self._text, at):
            depth += 1 if found[0] == "{" else -1
            if not depth:
                return found.end()
        raise NotThis(f"line {self._line(at)}: the block is not closed")

    def _finish(self, top: _Level) -> None:
        """Say what holds in each block: its own directives, and of those above what it does not set itself."""
        # A file without `http` is a piece of one that has it, and other files may set what this one lacks.
        top.open = top.open or "http" not in top.unit.body.items
        held: dict[int, dict[str, Node]] = {}
        for level in self._levels:
            above = held.get(id(level.above), {}) if level.above is not None else {}
            body = level.unit.body
            if level.open:
                body.text = _OPEN
            if len(above) > _MOST_INHERITED:
                above, level.open = {}, True
            mine = held[id(level)] = {**above, **level.own} if level.own else above
            level.open = level.open or (level.above is not None and level.above.open)
            effective = Node.mapping(level.unit.head)
            effective.text = _OPEN if level.open else ""
            # Shared, not copied: many small blocks inherit one large one.
            effective.items = mine
            body.put("effective", level.unit.head, effective)
            if level.unit.type == "server":
                listens = body.items.get("listen")
                said = [one.text for one in listens.values] if listens is not None else []
                tls = any(_TLS.search(one) for one in said) or "ssl_certificate" in body.items
                body.put("tls", level.unit.head, Node.scalar(tls, level.unit.head))


def _texts(words: list[_Word], span: Span) -> Node:
    node = Node.sequence(span)
    node.values = [Node.scalar(word.text, word.span) for word in words]
    return node


def _plain(token: str) -> str:
    if token[0] in "\"'" and len(token) > 1 and token[-1] == token[0]:
        token = token[1:-1]
    return re.sub(r"\\([\"'\\ ;{}])", r"\1", token) if "\\" in token else token
