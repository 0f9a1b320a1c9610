"""Decisions: what counts as true, and comparisons where both sides are known well enough."""

import operator
from collections.abc import Callable
from typing import Final

from clearance.scan.code.flow.algebra_joins import is_null
from clearance.scan.code.flow.value import UNKNOWN, Value


def present(v: Value) -> bool | None:
    """Tell whether a value is something: neither None nor unknown. Text with holes and containers may have been None on
    another way, so that nothing is said of them."""
    if is_null(v):
        return False
    return True if v.literal is not UNKNOWN or v.form in ("function", "class") else None


def truth(v: Value, language: str = "") -> bool | None:
    """Tell whether a value counts as true where that is known."""
    literal = v.literal
    if literal is not UNKNOWN and literal is not ...:
        return bool(literal)
    if v.form in ("function", "class"):
        return True
    if v.items is not None and v.form and v.rest is None and not v.names:
        if v.items:
            return True
        return True if language == "javascript" else False if language == "python" else None
    return None


def compare(op: str, a: Value, b: Value, *, strict: bool = True) -> bool | None:
    """Decide a comparison where both sides are known well enough. What is not `strict` may find text and a number equal."""
    if op in ("in", "not in"):
        decided = _member(a, b)
        return decided if op == "in" or decided is None else not decided
    if op in ("==", "!=", "is", "is not"):
        decided = _equal(a, b, strict=strict)
        return decided if op in ("==", "is") or decided is None else not decided
    one, other = a.literal, b.literal
    function = _ORDER.get(op)
    if function is None:
        return None
    if (isinstance(one, str) and isinstance(other, str)) or (
        isinstance(one, int | float) and isinstance(other, int | float)
    ):
        return bool(function(one, other))
    return None


_ORDER: Final[dict[str, Callable[..., object]]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def _equal(a: Value, b: Value, *, strict: bool) -> bool | None:
    one, other = a.literal, b.literal
    if one is None or other is None:
        if one is other:
            return True
        decided = present(b if one is None else a)
        return False if decided else None
    if one is UNKNOWN or other is UNKNOWN or one is ... or other is ...:
        return None
    if isinstance(one, str) != isinstance(other, str):
        return False if strict else None
    return bool(one == other)


def _member(a: Value, b: Value) -> bool | None:
    if isinstance(b.literal, str):
        return a.literal in b.literal if isinstance(a.literal, str) else None
    if b.items is None or b.rest is not None:
        return None
    if not b.items:
        return False
    if a.literal is UNKNOWN or a.literal is ...:
        return None
    if b.form == "dict":
        return a.literal in b.items if isinstance(a.literal, str | int) else None
    decided: bool | None = False
    for inner in b.items.values():
        one = _equal(a, inner, strict=True)
        if one:
            return True
        if one is None:
            decided = None
    return decided
