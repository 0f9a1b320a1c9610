"""Paths of rules: reading them, and walking them through what a unit says."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from clearance.scan.infra.language import Path, Step
from clearance.scan.infra.node import Kind, Node, Span, Unit

MOST_PLACES = 10_000
"""Places that one path may reach in one unit; what lies beyond is not looked at."""
_MOST_STEPS = 24
_MOST_UP = 4
_PIECE = re.compile(r'"((?:[^"\\]|\\.)*)"|([^."]+)')


def read_path(text: str) -> Path:
    """Read a path such as `above.securityContext.runAsUser`, `ports.*`, `metadata.annotations."a.b/c"`, `environment.~`,
    `unit.name`, or `.` for the whole body.

    Raises:
        ValueError: it is none; the text says why.
    """
    if text == ".":
        return Path(text)
    steps: list[Step] = []
    plain: list[bool] = []
    at = 0
    while at < len(text):
        found = _PIECE.match(text, at)
        if found is None:
            raise ValueError(f"{text[:80]!r} is no path: nothing stands between two dots, or a quote is not closed")
        quoted = found[1] is not None
        steps.append(re.sub(r"\\(.)", r"\1", found[1]) if quoted else None if found[2] == "*" else found[2])
        plain.append(not quoted)
        at = found.end()
        if at < len(text):
            if text[at] != "." or at + 1 == len(text):
                raise ValueError(f"{text[:80]!r} is no path: keys are joined by dots, and the last is a key")
            at += 1
    if not steps or len(steps) > _MOST_STEPS:
        raise ValueError(f"{text[:80]!r} is no path: it has 1 to {_MOST_STEPS} steps")
    return _with_words(text, steps, plain)


def _with_words(text: str, steps: list[Step], plain: list[bool]) -> Path:
    """Take the words with a meaning of their own from the ends of a path."""
    up = 0
    while up < len(steps) and steps[up] == "above" and plain[up]:
        up += 1
    if up > _MOST_UP:
        raise ValueError(f"{text[:80]!r} is no path: no unit has more than {_MOST_UP} units above it")
    rest, free = steps[up:], plain[up:]
    if rest and rest[0] == "unit" and free[0]:
        if len(rest) != 2 or rest[1] not in ("name", "type"):
            raise ValueError(f"{text[:80]!r} is no path: after `unit` stands `name` or `type`")
        return Path(text, up, asks=rest[1] or "")
    keys = bool(rest) and rest[-1] == "~" and free[-1]
    steps_left = tuple(rest[:-1] if keys else rest)
    return Path(text, up, steps_left, keys=keys, plain=not keys and bool(steps_left) and None not in steps_left)


class Perhaps(Node):
    """What an open map lacks: it may be set elsewhere, or not at all."""

    __slots__ = ()


class Place(NamedTuple):
    """What a path led to: a node, or None where it is missing, with the key under which it stands.

    `span` is what is shown: the key with its value, or the item of a list in which it is missing; None: the unit's head.
    """

    node: Node | None
    key: str = ""
    span: Span | None = None


def unit_above(unit: Unit, up: int) -> Unit | None:
    """Give the unit so many units further up, if there is one."""
    at: Unit | None = unit
    for _ in range(up):
        if at is None:
            return None
        at = at.above
    return at


def walk(path: Path, unit: Unit) -> Sequence[Place]:
    """Give the places that a path leads to. A value that is missing is a place too, but items that are missing are none:
    `ports.*` leads nowhere where there are no ports."""
    start = unit_above(unit, path.up)
    if start is None:
        return (Place(None),)
    if path.asks:
        word = start.name if path.asks == "name" else start.type
        return (Place(Node.scalar(word, start.head), path.asks, start.head),)
    return walk_from(start.body, path, start.head if path.up else None)


def walk_from(body: Node, path: Path, span: Span | None = None) -> Sequence[Place]:
    """Give the places that a path leads to from a node; `span` is told where nothing better is known."""
    places = [Place(body, "", span)]
    for step in path.steps:
        if len(places) == 1:
            places = _each(places[0]) if step is None else _keyed(places[0], step)
        else:
            places = [one for place in places for one in (_each(place) if step is None else _keyed(place, step))]
        if len(places) > MOST_PLACES:
            del places[MOST_PLACES:]
    if path.keys:
        places = [one for place in places for one in _keys(place)]
    return places


def _keyed(place: Place, key: str) -> list[Place]:
    """Step to a key; through a list of maps as if `*` stood before it."""
    node = place.node
    if node is None or node.kind is Kind.UNKNOWN:
        return [place]
    if node.kind is Kind.MAP:
        return [_of_map(node, key, place.span)]
    if node.kind is Kind.LIST:
        if key.isdecimal():
            at = int(key) if len(key) < 6 else MOST_PLACES
            return [_shown(node.values[at], place.key) if at < len(node.values) else Place(None, place.key, place.span)]
        found = [
            _of_map(item, key, item.span) if item.kind is Kind.MAP else Place(item, key, item.span)
            for item in node.values
            if item.kind in (Kind.MAP, Kind.UNKNOWN)
        ]
        return found or [Place(None, key, place.span)]
    return [Place(None, key, place.span)]


def _of_map(node: Node, key: str, span: Span | None) -> Place:
    value = node.items.get(key)
    if value is None:
        # A map with a text is open: what it lacks may be set elsewhere.
        return Place(Perhaps.unknown(node.text, node.span) if node.text else None, key, span)
    return entry(node, key, value)


def entry(node: Node, key: str, value: Node) -> Place:
    """Give the place of an entry of a map."""
    first = node.key_spans.get(key, value.span)
    return Place(value, key, (first[0], max(first[1], value.span[1])) if first[0] <= value.span[0] else value.span)


def _shown(node: Node, key: str) -> Place:
    return Place(node, key, node.span)


def _each(place: Place) -> list[Place]:
    """Step to each item of a list or value of a map; a scalar counts as a list of one."""
    node = place.node
    if node is None:
        return []
    match node.kind:
        case Kind.MAP:
            found = [entry(node, key, value) for key, value in node.items.items()]
            return [*found, _shown(Perhaps.unknown(node.text, node.span), "")] if node.text else found
        case Kind.LIST:
            return [_shown(item, place.key) for item in node.values]
        case Kind.SCALAR:
            return [] if node.value is None else [place]
        case _:
            return [place]


def _keys(place: Place) -> list[Place]:
    """Step to the keys of a map, as text."""
    node = place.node
    if node is None or node.kind is not Kind.MAP:
        return [place] if node is not None and node.kind is Kind.UNKNOWN else []
    found = []
    for key, value in node.items.items():
        span = node.key_spans.get(key, value.span)
        found.append(Place(Node.scalar(key, span), key, span))
    return found
