"""Whether a unit is as a test expects, in three values: what is decided elsewhere is neither so nor not so.

The logic is Kleene's: NO < MAYBE < YES, "all" is the least of them, "any" the greatest, "none" turns them round.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import re2

from clearance.scan.infra.language import NEGATIVE, Ask, Expectation, Operation, Path, Test
from clearance.scan.infra.node import Kind, Node, Scalar, Unit
from clearance.scan.infra.paths import Perhaps, Place, entry, unit_above, walk, walk_from

NO: Final = 0
MAYBE: Final = 1
YES: Final = 2
_TRUE = frozenset({"true", "yes", "on"})
_FALSE = frozenset({"false", "no", "off"})
_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,18})?")


_NOWHERE: Final = (Place(None),)


class Answer(NamedTuple):
    """How true a test is, and where: the places of its first ask that hold (none: the unit as a whole)."""

    truth: int
    places: Sequence[Place] = ()


@lru_cache(maxsize=4096)
def expression(text: str) -> Callable[[bytes], object]:
    """Compile an expression that is searched for in UTF-8.

    Raises:
        re2.error: RE2 does not know it.
    """
    options = re2.Options()
    options.log_errors = False
    search: Callable[[bytes], object] = re2.compile(text, options).search
    return search


def found_in(pattern: str, text: str) -> bool:
    """Search a text; what is no Unicode is replaced first."""
    return expression(pattern)(text.encode("utf-8", "replace")) is not None


def answer(test: Test, unit: Unit, *, body: Node | None = None) -> Answer:
    """Ask a test of a unit, or of a part of it where `body` is given."""
    truth = YES
    places: Sequence[Place] | None = None
    for ask in test.asks:
        one = _asked(ask, unit, body)
        if places is None:
            places = one.places
        if one.truth < truth:
            truth = one.truth
            if truth == NO:
                return Answer(NO)
    for part in test.all:
        one = answer(part, unit, body=body)
        places = one.places if places is None else places
        if one.truth < truth:
            truth = one.truth
            if truth == NO:
                return Answer(NO)
    if test.any:
        best = _best(test.any, unit, body)
        places = best.places if places is None else places
        truth = min(truth, best.truth)
    if test.none and truth != NO:
        truth = min(truth, YES - _best(test.none, unit, body).truth)
    return Answer(truth, places or ()) if truth == YES else Answer(truth)


def _best(tests: Iterable[Test], unit: Unit, body: Node | None) -> Answer:
    best = Answer(NO)
    for test in tests:
        one = answer(test, unit, body=body)
        if one.truth > best.truth:
            best = one
            if best.truth == YES:
                break
    return best


def _asked(ask: Ask, unit: Unit, body: Node | None) -> Answer:
    path = ask.path
    if path.plain:
        return _asked_one(ask, unit, body)
    places = walk(path, unit) if body is None or path.up or path.asks else walk_from(body, path)
    truth = NO
    held = []
    for place in places:
        one = meets(ask.expected, place.node, place.key, unit)
        if one == YES:
            held.append(place)
        truth = max(truth, one)
    return Answer(truth, held)


def _asked_one(ask: Ask, unit: Unit, body: Node | None) -> Answer:
    """Ask of a path that leads to one place: the same as by `walk`, which costs more. Most asks are such."""
    path = ask.path
    at: Unit | None = unit
    if path.up:
        at = unit_above(unit, path.up)
        if at is None:
            return Answer(meets(ask.expected, None, "", unit), _NOWHERE)
        body = at.body
    node = unit.body if body is None else body
    holder, key = node, ""
    for step in path.steps:
        key = step or ""
        child = node.items.get(key)
        if node.kind is not Kind.MAP or (child is None and node.text):
            return _asked(Ask(_as_walked(path), ask.expected), unit, None if path.up else body)
        if child is None:
            return Answer(meets(ask.expected, None, key, unit), () if path.up else _NOWHERE)
        holder, node = node, child
    truth = meets(ask.expected, node, key, unit)
    return Answer(truth, (entry(holder, key, node),)) if truth == YES else Answer(truth)


@lru_cache(maxsize=4096)
def _as_walked(path: Path) -> Path:
    return Path(path.text, path.up, path.steps, path.asks, path.keys)


def meets(expected: Expectation, node: Node | None, key: str, unit: Unit) -> int:
    """Tell whether what stands at a place, under a key, is as expected; None: nothing stands there."""
    truth = YES
    for operation in expected:
        one = _holds(operation, node, key, unit)
        if one < truth:
            truth = one
            if truth == NO:
                break
    return truth


def _holds(operation: Operation, node: Node | None, key: str, unit: Unit) -> int:
    name = operation.name
    if node is None or (node.kind is Kind.SCALAR and node.value is None):
        return _when_gone(operation, key)
    if name in ("key", "not-key"):
        return _yes(found_in(operation.pattern, key) == (name == "key"))
    if isinstance(node, Perhaps):
        return MAYBE
    if name in ("missing", "present"):
        return _yes(operation.flag == (name == "present"))
    if name == "unknown":
        return _yes((node.kind is Kind.UNKNOWN) == operation.flag)
    if name == "refers":
        return _yes(any(found_in(operation.pattern, one.text) for one in _listed(node) if one.kind is Kind.UNKNOWN))
    if node.kind is Kind.UNKNOWN:
        return MAYBE
    return _compared(operation, node, key, unit)


def _when_gone(operation: Operation, key: str) -> int:
    """Tell what holds of a value that is missing."""
    match operation.name:
        case "key" | "not-key":
            return _yes(found_in(operation.pattern, key) == (operation.name == "key"))
        case "missing" | "empty":
            return _yes(operation.flag)
        case "present" | "unknown":
            return _yes(not operation.flag)
        case name:
            return _yes(name in NEGATIVE)


def _compared(operation: Operation, node: Node, key: str, unit: Unit) -> int:
    match operation.name:
        case "is" | "in":
            return _yes(any(same(node, value) for value in operation.values))
        case "not" | "not-in":
            return _yes(not any(same(node, value) for value in operation.values))
        case "matches":
            return _yes(node.kind is Kind.SCALAR and found_in(operation.pattern, node.text))
        case "not-matches":
            return _yes(node.kind is not Kind.SCALAR or not found_in(operation.pattern, node.text))
        case "empty":
            bare = node.text == "" if node.kind is Kind.SCALAR else not (node.items or node.values or node.text)
            return _yes(bare == operation.flag)
        case "over" | "under":
            number = as_number(node)
            return _yes(number is not None and (number - operation.number) * (1 if operation.name == "over" else -1) > 0)
        case "contains":
            return _contains(operation, node)
        case "any-item" | "no-item":
            items = (meets(operation.expected, item, key, unit) for item in _listed(node))
            truth = max(items, default=NO)
            return truth if operation.name == "any-item" else YES - truth
        case _:
            return answer(operation.test, unit, body=node).truth if operation.test is not None else NO


def _contains(operation: Operation, node: Node) -> int:
    if node.kind is Kind.SCALAR:
        return _yes(any(isinstance(value, str) and value in node.text for value in operation.values))
    if node.kind is Kind.MAP:
        return _yes(any(str(value) in node.items for value in operation.values))
    if any(same(item, value) for item in node.values for value in operation.values):
        return YES
    return MAYBE if any(item.kind is Kind.UNKNOWN for item in node.values) else NO


def _listed(node: Node) -> Sequence[Node]:
    """Give the items of a list; anything else counts as a list of one."""
    return node.values if node.kind is Kind.LIST else (node,)


def same(node: Node, value: Scalar) -> bool:
    """Tell whether a node is a scalar of that value; formats without types write `on` for true and `80` for 80."""
    if node.kind is not Kind.SCALAR:
        return False
    held = node.value
    if isinstance(value, bool):
        if isinstance(held, bool):
            return held is value
        return isinstance(held, str) and held.lower() in (_TRUE if value else _FALSE)
    if isinstance(value, str):
        return held == value or (not isinstance(held, str) and node.text == value)
    if value is None:
        return held is None
    return as_number(node) == value


def as_number(node: Node) -> float | int | None:
    """Give the number that a scalar is, or that its text writes."""
    held = node.value
    if isinstance(held, bool) or held is None or node.kind is not Kind.SCALAR:
        return None
    if isinstance(held, int | float):
        return held
    found = _NUMBER.fullmatch(held)
    return (float(held) if "." in held else int(held)) if found else None


def _yes(condition: bool) -> int:  # noqa: FBT001 -- the one thing that it turns
    return YES if condition else NO
