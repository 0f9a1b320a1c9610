"""Reads TOML and tells where its strings and keys stand.

A walk without recursion, more tolerant than TOML 1.0 itself, is for what people write; entries cut out by one pattern are
for lock files, which machines write and which are large.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from clearance.scan.family import Budget, Span
from clearance.scan.packages.mention import Unparsed

_TOKEN = re.compile(
    r"""[ \t\r]+|\#[^\n]*|\n|"{3}|'{3}|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*'|\[\[?|\]\]?|[{}=,.]|[^\s\[\]{}=,."'\#]+|."""
)
_BAREKEY = re.compile(r"[A-Za-z0-9_-]+")
_PART = re.compile(r"""[ \t]*+(?:"((?:[^"\\\n]++|\\.)*+)"|'([^'\n]*+)'|([A-Za-z0-9_-]++))[ \t]*+\.?""")
_DEEPEST = 64
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|\s+|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "\\": "\\", "e": "\x1b"}
_AT_LINE = re.compile(r"\((?:at line (\d+), column \d+|at end of document)\)")
_STRING = r'''(?:"""(?s:.*?)"""|\'{3}(?s:.*?)\'{3}|"(?:[^"\\\n]++|\\.)*+"|\'[^\'\n]*+\')'''
_LIST = r"\[(?:[^\[\]\"'#]++|STRING|\#[^\n]*+|\[(?:[^\[\]\"'#]++|STRING|\#[^\n]*+|\[(?:[^\[\]\"'#]++|STRING)*+\])*+\])*+\]"
_TABLE = r"\{(?:[^{}\"'\n]++|STRING|\{(?:[^{}\"'\n]++|STRING|\{(?:[^{}\"'\n]++|STRING)*+\})*+\})*+\}"
_ENTRY = re.compile(
    rf"""(?:[ \t]*+(?:\#[^\n]*+)?\r?\n)*+[ \t]*+(?:(\[\[?)[ \t]*+([\w.\-"' ]++)\]\]?
    |((?:[\w-]++|{_STRING})(?:[ \t]*+\.[ \t]*+(?:[\w-]++|{_STRING}))*+)[ \t]*+=[ \t]*+
     ({_LIST.replace("STRING", _STRING)}|{_TABLE.replace("STRING", _STRING)}|{_STRING}|[^\s"'\[{{\#][^\n\#]*+))
    [ \t]*+(?:\#[^\n]*+)?\r?(?:\n|\Z)""",
    re.VERBOSE,
)
_REST = re.compile(r"(?:\s|#[^\n]*)*+\Z")


class TomlString(NamedTuple):
    """A string value: the table and keys that lead to it, and its span inside the quotes."""

    path: tuple[str, ...]
    value: str
    span: Span


class TomlKey(NamedTuple):
    """A key with any value, a part of a dotted key, or of a table's header: all keys up to it, and its own span."""

    path: tuple[str, ...]
    span: Span


class _Walk:
    """Where in a document the walk stands."""

    def __init__(self) -> None:
        self.table: tuple[str, ...] = ()
        self.keys: list[tuple[str, ...]] = [()]
        """The key on each level: the line's key, then that of each open inline table or list (empty for a list)."""
        self.brackets: list[str] = []
        self.pending: list[tuple[str, Span]] = []
        self.on_value = False

    @property
    def path(self) -> tuple[str, ...]:
        """All keys that lead here."""
        return self.table + tuple(part for key in self.keys for part in key)


def walk(text: str, budget: Budget) -> Iterator[TomlString | TomlKey]:
    """Give each key and each string value with its place. What is no TOML is passed over."""
    state = _Walk()
    at, steps = 0, 0
    while at < len(text):
        steps += 1
        if not steps & 0x3FF:
            budget.check()
        found = _TOKEN.match(text, at)
        if not found:  # cannot be: the last alternative takes any character but a line end, which has its own
            return
        piece = found[0]
        at = found.end()
        if piece == "\n":
            if not state.brackets:
                state.pending, state.on_value, state.keys = [], False, [()]
        elif piece[0] in " \t\r#":
            continue
        elif piece in ('"""', "'''"):
            end = _close(text, at, piece)
            if state.on_value:
                value = text[at:end] if piece[0] == "'" else unescaped(text[at:end])
                yield TomlString(state.path, value, (at, end))
            at = end + 3
        elif not state.on_value and not state.brackets and not state.pending and piece[0] == "[":
            line = text.find("\n", at)
            line = len(text) if line < 0 else line
            parts = _header(text[found.start() : line])
            state.table = tuple(part for part, _ in parts)
            for count, (_, (start, end)) in enumerate(parts, 1):
                yield TomlKey(state.table[:count], (found.start() + start, found.start() + end))
            at = line
        elif piece in ('"', "'"):
            # A quote without its partner: nothing more to read on this line.
            line = text.find("\n", at)
            at = len(text) if line < 0 else line
        else:
            yield from _step(state, piece, found.start())


def _step(state: _Walk, piece: str, start: int) -> Iterator[TomlString | TomlKey]:
    """Take one piece of a key or a value."""
    quoted = piece[0] in "\"'"
    span = (start + 1, start + len(piece) - 1) if quoted else (start, start + len(piece))
    match piece[0]:
        case "=" if not state.on_value:
            state.keys[-1] = tuple(part for part, _ in state.pending)
            above = state.path[: len(state.path) - len(state.pending)]
            for count, (_, place) in enumerate(state.pending, 1):
                yield TomlKey(above + state.path[len(above) : len(above) + count], place)
            state.pending, state.on_value = [], True
        case "{" | "[":
            for bracket in piece:
                if len(state.brackets) < _DEEPEST:
                    state.brackets.append(bracket)
                    state.keys.append(())
                    state.on_value = bracket == "["
        case "}" | "]":
            for _ in piece:
                if state.brackets:
                    state.brackets.pop()
                    state.keys.pop()
                    state.on_value = True
        case "," if state.brackets:
            state.on_value = state.brackets[-1] == "["
            state.pending = []
        case _ if state.on_value:
            if quoted:
                yield TomlString(state.path, _unquoted(piece), span)
        case _ if quoted or _BAREKEY.fullmatch(piece):
            state.pending.append((_unquoted(piece) if quoted else piece, span))


def _unquoted(piece: str) -> str:
    return unescaped(piece[1:-1]) if piece[0] == '"' else piece[1:-1]


def unescaped(value: str) -> str:
    """Give what a basic string of TOML says: its escapes are read, unknown ones stay."""
    return _ESCAPE.sub(_meant, value) if "\\" in value else value


def _meant(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code:
        number = int(code, 16)
        return chr(number) if number < 0x110000 else found[0]
    return _ESCAPES.get(found[0][1], "" if found[0][1].isspace() else found[0])


def parse(text: str, what: str) -> tuple[dict[str, object], str]:
    """Parse a document in full; give an empty table, and why with the line, where it is no TOML."""
    import tomllib

    try:
        return tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n")), ""
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        found = _AT_LINE.search(str(error))
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        return {}, f"line {line}: {what} is no TOML: {_AT_LINE.sub('', str(error)).strip()[:120]}"


def _close(text: str, at: int, mark: str) -> int:
    """Find the end of a string of several lines; a basic one may hold escaped quotes."""
    end = text.find(mark, at)
    while end > 0 and mark == '"""' and text[end - 1] == "\\":
        end = text.find(mark, end + 1)
    return len(text) if end < 0 else end


def _header(line: str) -> list[tuple[str, Span]]:
    """Read `[a.b."c"]` or `[[a.b]]`: its parts, and where in the line each stands."""
    given: list[tuple[str, Span]] = []
    at = len(line) - len(line.lstrip("[ \t"))
    while found := _PART.match(line, at):
        number = found.lastindex or 0
        given.append((unescaped(found[number]) if number == 1 else found[number], found.span(number)))
        at = found.end()
    return given


class TomlEntry(NamedTuple):
    """A line of a table: the table's header as written, the key as written and its place, the value's place (with its quotes
    or brackets). For a header itself `key` is `[` or `[[`."""

    table: str
    key: str
    at: int
    value: Span


def entries(text: str, budget: Budget) -> Iterator[TomlEntry]:
    """Give headers and key-value pairs of a document as machines write them: a pair begins its own line.

    Raises:
        Unparsed: a line is neither, or a list or string does not end; the text names the line.
    """
    table = ""
    at = 1 if text.startswith("\ufeff") else 0
    match, steps = _ENTRY.match, 0
    while found := match(text, at):
        steps += 1
        if not steps & 0x3FF:
            budget.check()
        at = found.end()
        opening, header, key, _ = found.groups()
        if opening:
            table = header.strip()
            yield TomlEntry(table, opening, found.start(2), (0, 0))
        else:
            yield TomlEntry(table, key, found.start(3), found.span(4))
    if not _REST.match(text, at):
        blank = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*+").match(text, at)
        at = blank.end() if blank else at
        raise Unparsed(f"line {text.count(chr(10), 0, at) + 1}: not TOML as lock files have it")
