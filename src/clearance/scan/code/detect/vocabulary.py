"""What vocabulary pages say about names, arranged so that each question costs one look-up."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Final

from clearance.scan.code import ir
from clearance.scan.code.detect.conditions import Trial, names_of
from clearance.scan.code.detect.language import Clause, WordBlock
from clearance.scan.code.flow.event import Asked, Event, Given, Source
from clearance.scan.code.flow.value import REMOTE
from clearance.scan.code.names import NamePattern, any_of, last_word, read_name, spelled

_MOST_KNOWN = 100_000
_PIECES = re.compile(r"[A-Za-z_$][\w$]*")
_CUSTOM: Final = "~"
"""Starts the name of an object that is known by the custom of several frameworks: any of theirs may be meant."""
_LOOSE: Final = frozenset({"any", "Any", "object", "Object", "unknown"})
_SAID: Final = {
    "request": "comes from the request", "upload": "is uploaded by the client",
    "browser": "comes from the address of the page",
    "socket": "comes from the network", "queue": "comes from a message", "model": "is written by a language model",
    "argument": "comes from the command line", "environment": "comes from the environment", "file": "comes from a file",
    "database": "comes from the database", "parameter": "is given by the caller",
}  # fmt: skip


Sign = tuple[bytes, frozenset[bytes]]
"""A source as a file shows it: its last word, and all words that must stand there, too."""


class _Table:
    """Blocks by names."""

    def __init__(self) -> None:
        self._by_word: dict[str, list[tuple[NamePattern, WordBlock]]] = {}
        self._others: list[tuple[NamePattern, WordBlock]] = []
        self._any_other: re.Pattern[str] | None = None
        self._known: dict[str, tuple[WordBlock, ...]] = {}

    def add(self, names: Iterable[str], block: WordBlock) -> None:
        """Put a block under its names."""
        for text in names:
            pattern = read_name(text)
            if pattern.beyond or "*" in pattern.anchor:
                self._others.append((pattern, block))
            else:
                self._by_word.setdefault(pattern.anchor, []).append((pattern, block))

    def find(self, name: str) -> tuple[WordBlock, ...]:
        """Give the blocks one of whose names fits."""
        known = self._known.get(name)
        if known is None:
            word = last_word(name)
            fitting = [one for one in self._by_word.get(word, ()) if one[0].fits(name)]
            if self._others:
                if self._any_other is None:
                    self._any_other = any_of([pattern for pattern, _ in self._others])
                if self._any_other.fullmatch(spelled(name)):
                    fitting += [one for one in self._others if one[0].fits(name)]
            fitting.sort(key=_looseness)
            known = tuple({id(block): block for _, block in fitting}.values())
            if len(self._known) > _MOST_KNOWN:
                self._known.clear()
            self._known[name] = known
        return known


def _looseness(one: tuple[NamePattern, WordBlock]) -> tuple[bool, int]:
    """Order patterns so that the one that says most comes first: a page of a framework goes before what is known by
    custom."""
    pattern, _ = one
    return pattern.anywhere or pattern.glob or pattern.beyond > 0, -len(pattern.parts)


class Words:
    """The vocabulary of one language. `marks` are kinds of sinks that code blocks made up, with the names that clean for
    them."""

    def __init__(self, blocks: Iterable[WordBlock], marks: Iterable[tuple[str, tuple[str, ...]]] = ()) -> None:
        self.tables = {subject: _Table() for subject in (
            "source", "handler", "handler-parameter", "registered", "harmless-types", "cleans", "passes", "fills", "guard",
            "ends",
            "instance",
        )}  # fmt: skip
        self.customs: dict[str, list[WordBlock]] = {}
        self._blocks = tuple(blocks)
        self._signs: _Signs | None = None
        for block in self._blocks:
            if block.subject == "instance":
                self.tables["instance"].add(block.types, block)
                for name in block.parameters:
                    self.customs.setdefault(name, []).append(block)
            else:
                self.tables[block.subject].add(block.names, block)
        for mark, names in marks:
            made = WordBlock(page="", engine="", subject="cleans", names=names, sinks=(mark,))
            self.tables["cleans"].add(names, made)

    @cached_property
    def taken(self) -> frozenset[bytes]:
        """The names of parameters by which custom knows objects."""
        return frozenset(name.encode("utf-8", "replace") for name in self.customs)

    def brings(self, words: AbstractSet[bytes]) -> tuple[frozenset[str], frozenset[Sign]]:
        """Give the origins of which a file with these words may bring data in, and the signs of its sources of data from
        elsewhere."""
        if self._signs is None:
            self._signs = _signs(self._blocks)
        origins: set[str] = set()
        sources: set[Sign] = set()
        for word in sorted(self._signs.keys() & words):
            for needs, origin in self._signs[word]:
                if needs <= words:
                    origins.add(origin)
                    if origin in REMOTE:
                        sources.add((word, needs))
        return frozenset(origins), frozenset(sources)

    def within(self, words: AbstractSet[bytes]) -> "FileWords":
        """Give the vocabulary for a file that holds these words."""
        return FileWords(self, words)


_Signs = dict[bytes, list[tuple[frozenset[bytes], str]]]


def _signs(blocks: Sequence[WordBlock]) -> _Signs:
    """Give the words by which sources are seen, each with the words that must stand in the file, too, and the origin.

    An object is seen by the words of its type, by the names that custom gives parameters, or by the calls that register
    handlers.
    """
    seen_by: dict[str, list[set[str]]] = {}
    for block in blocks:
        imports = [set(_PIECES.findall(name)) for name in block.imports] or [set[str]()]
        if block.subject == "instance":
            seen_by.setdefault(block.names[0], []).extend({name, *some} for name in block.parameters for some in imports)
        for instance in filter(None, block.instances):
            for text in block.names:
                roots = set(_PIECES.findall(text.replace("*", " "))[:1])
                seen_by.setdefault(instance, []).extend({*roots, last_word(text), *some} for some in imports)
    signs: _Signs = {}
    for block in blocks:
        if block.subject not in ("source", "handler", "handler-parameter"):
            continue
        imports = [set(_PIECES.findall(name)) for name in block.imports] or [set[str]()]
        for text in block.names:
            if "*" in last_word(text):
                continue
            ways = [set(_PIECES.findall(text.replace("*", " ")))]
            if block.subject != "source":
                ways[0].add(f"@{last_word(text)}")
            base, call, rest = text.partition("()")
            if call:
                ways += [{*way, *_PIECES.findall(rest)} for way in seen_by.get(f"{base}()", ())]
            for needs in (way | some for way in ways for some in imports):
                key = last_word(text) if last_word(text) in needs else max(needs)
                entry = (frozenset(one.encode() for one in needs), block.origin)
                signs.setdefault(key.encode(), []).append(entry)
    return {word: list(dict.fromkeys(entries)) for word, entries in signs.items()}


class FileWords:
    """The vocabulary as one file sees it: blocks that ask for an import hold where the file names it."""

    def __init__(self, words: Words, present: AbstractSet[bytes]) -> None:
        self._words = words
        self._present = present
        self._fit: dict[int, bool] = {}
        self._tables = words.tables
        self._sources: dict[tuple[str, str], Source | None] = {}
        self._found: dict[str, dict[tuple[str, ...], tuple[tuple[str, WordBlock], ...]]] = {one: {} for one in words.tables}

    def _here(self, block: WordBlock) -> bool:
        if not block.imports:
            return True
        fits = self._fit.get(id(block))
        if fits is None:
            fits = self._fit[id(block)] = any(
                all(piece.encode() in self._present for piece in _PIECES.findall(name)) for name in block.imports
            )
        return fits

    def _find(self, subject: str, names: Sequence[str]) -> tuple[tuple[str, WordBlock], ...]:
        """Give the blocks of a kind one of whose names fits, with the name that it fits; asked very often."""
        known = self._found[subject]
        key = names if type(names) is tuple else tuple(names)
        found = known.get(key)
        if found is None:
            found = known[key] = tuple(self._look_up(subject, key))
        return found

    def _look_up(self, subject: str, names: Sequence[str]) -> Iterator[tuple[str, WordBlock]]:
        table = self._tables[subject]
        for name in names:
            if name.startswith(_CUSTOM):
                custom, dot, rest = name.partition("().")
                for block in self._words.customs.get(custom[1:], ()):
                    for found in table.find(f"{block.names[0]}.{rest}" if dot else block.names[0]):
                        if self._here(found):
                            yield name, found
                continue
            for found in table.find(name):
                if self._here(found):
                    yield name, found

    # The protocol of flow/event.py

    def source(self, names: Sequence[str], how: str) -> Source | None:
        """What reading (`how` is `read`), calling (`call`) or taking in a parameter of that type (`type`) brings in."""
        for name in names:
            key = (name, how)
            if key not in self._sources:
                self._sources[key] = next(
                    (_source(block, name) for _, block in self._find("source", (name,)) if how in block.how), None
                )
            found = self._sources[key]
            if found is not None:
                return found
        return None

    def parameter(self, asked: Asked) -> Source | str | None:
        """What a parameter is: a source, the dotted name of an object that it is an instance of, `harmless`, or None."""
        param = asked.param
        if param.kind == "self":
            return None
        types = _plain(asked.types)
        harmless = next(iter(self._find("harmless-types", types)), None) is not None
        for event in asked.own:
            for _, block in self._find("handler-parameter", event.names):
                if harmless or _fits(block.except_types, types):
                    return "harmless"
                return _source(block, param.name or event.word)
        if harmless:
            return "harmless"
        typed = next((block for _, block in self._find("instance", types)), None)
        if typed is not None:
            return typed.names[0]
        for one in types:
            source = self.source((one, f"{one}()"), "type")
            if source is not None:
                return source
        return self._custom(param, types) or self._handled(asked, types)

    def _custom(self, param: ir.Param, types: Sequence[str]) -> str | None:
        """Give the object that a parameter is by its name."""
        blocks = [block for block in self._words.customs.get(param.name, ()) if self._here(block)]
        if not blocks:
            return None
        if types:
            kinds = {name.rpartition(".")[2] for name in types}
            meant = {_class_of(block) for block in blocks}
            if kinds.isdisjoint(_LOOSE) and not any(kind.endswith(tuple(meant)) or kind in meant for kind in kinds):
                return None
        likely = [block for block in blocks if _PIECES.findall(block.names[0])[0].encode() in self._present] or blocks
        return likely[0].names[0] if len({block.names[0] for block in likely}) == 1 else f"{_CUSTOM}{param.name}()"

    def _handled(self, asked: Asked, types: Sequence[str]) -> Source | str | None:
        """Tell what the decorators of the function make of a parameter."""
        param = asked.param
        for event in asked.decorators:
            for _, block in self._find("handler", event.names):
                if not _asks(block, event):
                    continue
                default = param.default.func if isinstance(param.default, ir.Call) else param.default
                if _fits(block.except_types, types) or _fits(block.except_defaults, _written(default)):
                    return "harmless"
                if block.converted and _converts(block.converted, param.name, event):
                    return "harmless"
                return _source(block, param.name)
        return None

    def handles(self, names: Sequence[str], events: Sequence[Event] = ()) -> bool:
        """Tell whether a decorator of one of these names makes its function answer requests."""
        found = [block for _, block in self._find("handler", names)]
        return any(all(_asks(block, event) for event in events) for block in found)

    def asks_for(self, param: ir.Param, types: Sequence[str], own: Sequence[str]) -> bool:
        """Tell whether a parameter is something that only functions which answer requests are given."""
        if next(iter(self._find("handler-parameter", own)), None) or next(iter(self._find("instance", _plain(types))), None):
            return True
        return self._custom(param, _plain(types)) is not None

    def registered(self, names: Sequence[str], given: Sequence[Given], at: int) -> tuple[str, ...] | None:
        """What the parameters of a function are that is given as argument `at` to a call; None where no page knows such
        calls."""
        for _, block in self._find("registered", names):
            for place in block.argument.split("|"):
                if place == "any" or int(place) == at or (place.startswith("-") and len(given) + int(place) == at):
                    return block.instances
        return None

    def cleans(self, names: Sequence[str]) -> frozenset[str]:
        """The kinds of sinks for which the result of a call is harmless; `*` for all."""
        return frozenset(sink for _, block in self._find("cleans", names) for sink in block.sinks)

    def passes(self, names: Sequence[str]) -> tuple[int | str, ...] | None:
        """Which arguments (positions, names, `receiver`, `*` for all) make the result of a call; None where no page says
        it."""
        return next((block.arguments for _, block in self._find("passes", names)), None)

    def fills(self, names: Sequence[str]) -> Sequence[tuple[int | str, int | str]]:
        """Which argument flows into which other argument or the receiver."""
        return next((block.flow for _, block in self._find("fills", names)), ())

    def guard(self, names: Sequence[str]) -> tuple[int | str, bool, frozenset[str]] | None:
        """A call that checks one of its arguments: which, the answer that means safe, and for which kinds of sinks."""
        return next(((block.of, block.safe, frozenset(block.sinks)) for _, block in self._find("guard", names)), None)

    def ends(self, names: Sequence[str]) -> bool:
        """Whether a call never comes back."""
        return next(iter(self._find("ends", names)), None) is not None


def _source(block: WordBlock, name: str) -> Source:
    short = ".".join(name.removeprefix(_CUSTOM).replace("()", "").lstrip("?.").split(".")[-2:])
    return Source(block.origin, block.page, block.message or f"{short} {_SAID[block.origin]}")


def _class_of(block: WordBlock) -> str:
    return block.names[0].removesuffix("()").rpartition(".")[2]


def _plain(types: Sequence[str]) -> tuple[str, ...]:
    return tuple(name.removesuffix("()") for name in types)


def _fits(patterns: tuple[str, ...], names: Iterable[str]) -> bool:
    return bool(patterns) and ("*" in patterns or any(map(names_of(patterns).fits, names)))


def _written(expr: ir.Expr | None) -> tuple[str, ...]:
    """Give a plain dotted name as it is written, and its last part."""
    parts: list[str] = []
    while isinstance(expr, ir.Attr):
        parts.append(expr.name)
        expr = expr.base
    if not isinstance(expr, ir.Name):
        return ()
    parts.append(expr.id)
    return tuple(dict.fromkeys((".".join(reversed(parts)), parts[0])))


_SHOW: Callable[[ir.Node], str] = lambda _node: ""  # noqa: E731 -- decorators are asked for values only


def _asks(block: WordBlock, event: Event) -> bool:
    """Tell whether the arguments of a decorator are those that a block asks for."""
    trial = Trial(frozenset(), _SHOW, block.engine)
    return trial.holds(Clause(conditions=block.conditions), event)


def _converts(pattern: str, name: str, event: Event) -> bool:
    """Tell whether the text that a decorator is given lets only harmless values through for a parameter."""
    from clearance.scan.code.detect.reader import expression

    search = expression(pattern.replace("{}", re.escape(name))).search
    return any(one.value.text is not None and search(one.value.text) for one in event.given)
