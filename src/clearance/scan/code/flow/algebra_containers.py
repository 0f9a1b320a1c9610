"""Containers of the value algebra: what is measured of their contents, and how they are made flat.

A value stays small whatever the code does: `MAX_ITEMS` things in a container, `MAX_DEPTH` containers within each other,
`MAX_SIZE` values in one (counted along every way, so that walks over shared parts are bounded, too).
"""

from typing import Final

import msgspec

from clearance.scan.code.flow.algebra_origins import merged
from clearance.scan.code.flow.value import Taint, Value

MAX_ITEMS: Final = 64
MAX_DEPTH: Final = 6
MAX_SIZE: Final = 2000

_replace = msgspec.structs.replace


class Contents(dict[str | int, Value]):
    """The items of a container with what is asked of all of them over and over. Never changed once it is in a value."""

    __slots__ = ("constant", "depth", "keyed", "size", "tainted")
    keyed: tuple[Taint, ...]
    """Origins of keys that are not known: those who walk over the keys meet them."""
    depth: int
    size: int
    tainted: bool
    constant: bool


def keyed_of(value: Value) -> tuple[Taint, ...]:
    """Give the origins of keys that are not known."""
    return value.items.keyed if type(value.items) is Contents else ()


def measured(items: dict[str | int, Value], rest: Value | None, keyed: tuple[Taint, ...] = ()) -> Contents:
    """Measure items, which forget what variable they were read from."""
    result = Contents(items)
    depth, size, tainted, constant = 0, 1, bool(keyed), True
    result.keyed = keyed
    for key, value in result.items():
        if value.key:
            result[key] = _replace(value, key="")
        size += 1
        tainted = tainted or bool(value.taints)
        constant = constant and value.constant
        if value.items is not None:
            inner = contents_of(value)
            depth = max(depth, inner.depth)
            size += inner.size
            tainted = tainted or inner.tainted
    if rest is not None:
        size += 1
        tainted = tainted or bool(rest.taints)
        constant = constant and rest.constant
        if rest.items is not None:
            inner = contents_of(rest)
            depth = max(depth, inner.depth)
            size += inner.size
            tainted = tainted or inner.tainted
    result.depth, result.size, result.tainted, result.constant = depth + 1, size, tainted, constant
    return result


def contents_of(value: Value) -> Contents:
    """Give the measured items of a value that has items."""
    items = value.items
    if type(items) is Contents:
        return items
    return measured(items or {}, value.rest)


def shallow(value: Value, depth: int) -> Value:
    """Give a value with at most `depth` containers within each other."""
    if value.items is None:
        return value
    known = contents_of(value)
    if known.depth <= depth:
        return value
    if depth <= 0:
        return flat(value)
    items = {key: shallow(inner, depth - 1) for key, inner in known.items()}
    rest = None if value.rest is None else shallow(value.rest, depth - 1)
    return _replace(value, items=measured(items, rest, known.keyed), rest=rest)


def flat(value: Value) -> Value:
    """Give a value whose contents are merged into it: nothing is known of single items any more."""
    if value.items is None:
        return value
    return _replace(
        value, items=None, rest=None, taints=taints_of(value), constant=value.constant and contents_of(value).constant
    )


def taints_of(value: Value) -> tuple[Taint, ...]:
    """Give the origins of a value with those of all that lies in it."""
    items = value.items
    if items is None:
        return value.taints
    result = value.taints
    if type(items) is Contents:
        if not items.tainted:
            return result
        if items.keyed:
            result = merged(result, items.keyed)
    for inner in items.values():
        more = inner.taints if inner.items is None else taints_of(inner)
        if more:
            result = merged(result, more)
    return result if value.rest is None else merged(result, taints_of(value.rest))
