"""Whether a record names a version: the events of its ranges are walked in the order of versions.

The algorithm is that of the OSV schema 1.7, "Evaluation" (https://ossf.github.io/osv-schema/#evaluation).
"""

from collections.abc import Sequence
from enum import Enum

from clearance.scan.packages.mention import Registry
from clearance.scan.packages.pack.versions import Incomparable, Key, Order, order_of

_FIRST = "i0"
_ENDLESS = "m*"
_RANK = {"i": 0, "f": 1, "l": 2}
"""Of events at one version: what begins there, before what ends there."""


class Affected(Enum):
    """What a record says of a version."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
    """The version, or an event, cannot be compared."""


def affects(ranges: Sequence[Sequence[str]], versions: Sequence[str], registry: Registry, version: str) -> Affected:
    """Tell whether a version is affected: it is listed, or lies within a range."""
    order = order_of(registry)
    if version in versions or _listed(versions, version, order):
        return Affected.YES
    said = Affected.NO
    for events in ranges:
        one = _within(events, version, order)
        if one is Affected.YES:
            return one
        if one is Affected.UNKNOWN:
            said = one
    return said


def _listed(versions: Sequence[str], version: str, order: Order) -> bool:
    """Whether the list holds the version in another spelling (`1.0` and `1.0.0`)."""
    if not versions:
        return False
    try:
        key = order(version)
    except Incomparable:
        return False
    for one in versions:
        try:
            if _same(order(one), key):
                return True
        except Incomparable:
            continue
    return False


def _within(events: Sequence[str], version: str, order: Order) -> Affected:
    if list(events) == [_FIRST]:
        return Affected.YES
    try:
        key = order(version)
        limits = [event for event in events if event[0] == "m"]
        if limits and _ENDLESS not in limits and not any(_before(key, order(limit[1:])) for limit in limits):
            return Affected.NO
        return Affected.YES if _walked(events, key, order) else Affected.UNKNOWN if _odd(events) else Affected.NO
    except Incomparable:
        return Affected.UNKNOWN


def _odd(events: Sequence[str]) -> bool:
    """Whether a range has no beginning, so that nothing would ever lie in it."""
    return not any(event[0] == "i" for event in events)


def _walked(events: Sequence[str], key: Key, order: Order) -> bool:
    """Walk the events in order of their versions."""
    inside = _FIRST in events
    # Few events a range: an insertion by comparison needs no total order of the keys beyond `<`.
    line: list[tuple[Key, str]] = []
    for event in events:
        if event == _FIRST or event[0] == "m":
            continue
        at, one = len(line), order(event[1:])
        while at and _earlier(one, event[0], *line[at - 1]):
            at -= 1
        line.insert(at, (one, event[0]))
    for one, kind in line:
        if kind == "i" and not _before(key, one):
            inside = True
        elif (kind == "f" and not _before(key, one)) or (kind == "l" and _before(one, key)):
            inside = False
    return inside


def _earlier(one: Key, kind: str, other: Key, other_kind: str) -> bool:
    return _before(one, other) or (not _before(other, one) and _RANK[kind] < _RANK[other_kind])


def _before(one: Key, other: Key) -> bool:
    try:
        return bool(one < other)
    except Exception as error:  # two versions of a foreign library that do not compare
        raise Incomparable from error


def _same(one: Key, other: Key) -> bool:
    return not _before(one, other) and not _before(other, one)
