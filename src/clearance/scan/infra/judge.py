"""Asks the blocks of pages of the units of a document, and says what holds."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

from clearance.facts.glob import matcher
from clearance.facts.text import visible
from clearance.scan.family import Budget, Match
from clearance.scan.infra.expect import NO, YES, Answer, answer
from clearance.scan.infra.language import Block, Path, Test, Without
from clearance.scan.infra.node import Kind, Node, Span, Unit
from clearance.scan.infra.paths import Place, walk
from clearance.scan.infra.rules import Index, fits

_INSERT: Final = re.compile(r"\{(\.?[a-z.][^{}\s]*)\}")
_LONGEST: Final = 80
_MOST_PLACES: Final = 200
"""Findings of one block in one unit."""
_CHECK_EACH: Final = 256
_ENOUGH: Final = 2
_DOTTED: Final = re.compile(r"(?<![\w.-])(?:data\.)?([A-Za-z_][\w-]*\.[A-Za-z_][\w-]*)")
_ANYTHING: Final = re.compile(r"(?<![\w.-])(?:var|local|each|count|self)\.")

Others = Callable[[Collection[str]], Iterable[Unit]]
"""Gives the units of the files that this one sees and in which one of some words stands (none: of all)."""


def judge(units: Sequence[Unit], index: Index, *, path: str, text: str, others: Others, budget: Budget) -> Iterator[Match]:
    """Give what the blocks find in the units of a file.

    Raises:
        OutOfTime: the budget is spent; what was given before stands.
    """
    absence = _Absence(units, others, budget)
    for count, unit in enumerate(units):
        if not count % _CHECK_EACH:
            budget.check()
        for block in index.of(unit):
            if not block.paths or matcher(block.paths)(path):
                yield from _found(block, unit, absence, text)


class _Absence:
    """Tells whether a file, and what it sees, lacks a unit. Each block looks once a file, when a unit first asks; the other
    files are read when a block first looks."""

    def __init__(self, units: Sequence[Unit], others: Others, budget: Budget) -> None:
        self._others = others
        self._budget = budget
        self._by_kind: dict[str, list[Unit]] = {}
        for one in units:
            self._by_kind.setdefault(one.kind, []).append(one)
        self._standing: dict[int, _Standing] = {}

    def lacks(self, block: Block, unit: Unit) -> bool:
        """Tell whether nothing that the block names is there. Where that cannot be told, nothing is lacking."""
        if block.without is None:
            return True
        standing = self._standing.get(id(block))
        if standing is None:
            standing = self._standing[id(block)] = self._looked(block.without)
        if not block.without.refers:
            return all(one is unit for one in standing.units)
        return not standing.any and standing.words.isdisjoint(_words_of(unit))

    def _looked(self, without: Without) -> "_Standing":
        standing = _Standing([], set(), any=False)
        words = [target.type for target in without.on]
        # A type with a `*`, or none, says nothing about the words of a file.
        more = list(self._others(words if all(word and "*" not in word for word in words) else ()))
        for target in without.on:
            beside = (one for one in more if one.kind == target.kind)
            for count, one in enumerate(chain(self._by_kind.get(target.kind, ()), beside)):
                if not count % _CHECK_EACH:
                    self._budget.check()
                if not fits(target.type, one.type) or _is_none(one) or answer(without.where, one).truth == NO:
                    continue
                if len(standing.units) < _ENOUGH:
                    standing.units.append(one)
                for path in without.refers:
                    for place in walk(path, one):
                        standing = _named(standing, place.node)
        return standing


class _Standing(NamedTuple):
    """What a block looks for and what is there: some of the units, the words by which they name others, and whether one
    of them may mean `any`."""

    units: list[Unit]
    words: set[str]
    any: bool


def _is_none(unit: Unit) -> bool:
    """Tell whether a block of Terraform makes nothing: `count = 0`."""
    count = unit.body.items.get("count") if unit.kind.startswith("terraform.") else None
    return count is not None and count.kind is Kind.SCALAR and count.value == 0


def _named(standing: _Standing, node: Node | None) -> _Standing:
    """Add the words of a value that names a unit."""
    for one in (node.values if node.kind is Kind.LIST else (node,)) if node is not None else ():
        if one.kind in (Kind.SCALAR, Kind.UNKNOWN):
            standing.words.add(one.text)
        if one.kind is Kind.UNKNOWN:
            named = _DOTTED.findall(one.text)
            standing.words.update(named)
            # A variable, or an expression that names nothing, may mean any unit.
            if not named or _ANYTHING.search(one.text):
                return standing._replace(any=True)
    return standing


def _words_of(unit: Unit) -> Iterator[str]:
    """Give the words by which another unit may name this one: its address, its name, or the name that it gives itself."""
    yield f"{unit.type}.{unit.name}"
    yield unit.name
    for key in ("name", "bucket", "id"):
        node = unit.body.items.get(key)
        if node is not None and node.kind in (Kind.SCALAR, Kind.UNKNOWN) and node.text:
            yield node.text


def _found(block: Block, unit: Unit, absence: _Absence, text: str) -> Iterator[Match]:
    if block.given is not None and answer(block.given, unit).truth != YES:
        return
    for test in block.find:
        held = answer(test, unit)
        if held.truth != YES or not absence.lacks(block, unit):
            continue
        for place in _places(block, held, unit):
            yield _match(block, test, unit, place, text)


def _places(block: Block, held: Answer, unit: Unit) -> Sequence[Place]:
    """Give where the finding stands; one place that says nothing is the unit's head."""
    if block.at is not None:
        found = [one for one in walk(block.at, unit) if one.node is not None]
        return found[:1] or [Place(None)]
    return held.places[:_MOST_PLACES] or [Place(None)]


def _match(block: Block, test: Test, unit: Unit, place: Place, text: str) -> Match:
    start, end = _span(place, unit, text)
    path = _path(block, test)
    node = place.node
    value = node.text if node is not None and node.kind is not Kind.MAP and not block.secret else ""
    shape = " ".join((unit.kind, unit.type, unit.name, path, place.key, value[:_LONGEST]))
    secrets = (node.span,) if block.secret and node is not None else ()
    return Match(
        rule=block.rule,
        start=start,
        end=end,
        message=_filled(block.message, unit, place, path, secret=block.secret),
        fix=_filled(block.fix, unit, place, path, secret=block.secret),
        severity=block.severity,
        confidence=block.confidence,
        shape=visible(shape),
        secrets=secrets,
    )


def _path(block: Block, test: Test) -> str:
    """Name the path that the finding is about: that of `at`, or the first that the test asks of."""
    if block.at is not None:
        return block.at.text
    at: Test | None = test
    while at is not None:
        if at.asks:
            return at.asks[0].path.text
        at = next(iter((*at.all, *at.any, *at.none)), None)
    return ""


def _span(place: Place, unit: Unit, text: str) -> Span:
    """Give what is shown: a scalar with its key, of a map or list the first line."""
    if place.node is None and place.span is None:
        return unit.head
    start, end = place.span if place.span is not None else unit.head
    if place.node is None or place.node.kind in (Kind.MAP, Kind.LIST):
        line = text.find("\n", start, end)
        end = line if line > start else end
    return start, max(start, end)


def _filled(message: str, unit: Unit, place: Place, path: str, *, secret: bool) -> str:
    if "{" not in message:
        return message

    def word(found: re.Match[str]) -> str:
        above = unit.above
        match found[1]:
            case "name":
                said = unit.name
            case "type":
                said = unit.type
            case "above.name":
                said = above.name if above is not None else ""
            case "above.type":
                said = above.type if above is not None else ""
            case "path":
                said = path
            case "key":
                said = place.key
            case "value":
                said = "" if secret else _text(place.node)
            case other if other.startswith("."):
                said = _text(next((one.node for one in walk(_plain(other[1:]), unit)), None))
            case _:
                return found[0]
        return visible(said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…")

    # A unit without a name leaves no hole in the sentence.
    return _INSERT.sub(word, message).replace("  ", " ").strip()


def _text(node: Node | None) -> str:
    if node is None:
        return ""
    if node.kind is Kind.LIST:
        return ", ".join(one.text for one in node.values[:8] if one.kind is Kind.SCALAR)
    return node.text if node.kind in (Kind.SCALAR, Kind.UNKNOWN) else ""


def _plain(dotted: str) -> Path:
    return Path(dotted, steps=tuple(dotted.split(".")))
