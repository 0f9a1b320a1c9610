"""Numbers: arithmetic on known ones, and those that are made of what is not known."""

import math
import operator
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from clearance.scan.code.flow.algebra_containers import taints_of
from clearance.scan.code.flow.algebra_origins import merged, of_literal
from clearance.scan.code.flow.value import HARMLESS, Taint, Value

_LARGEST: Final = 1 << 128
WHOLE_DIVISION: Final = frozenset({"java", "go"})
"""Languages in which `/` of whole numbers gives a whole number, and in which `&&` gives a truth value."""


def is_number(v: Value) -> bool:
    """Tell whether a value is a known number (a truth value counts as one)."""
    literal = v.literal
    return isinstance(literal, int | float)


def _power(one: float, other: float) -> float:
    if isinstance(one, int) and isinstance(other, int):
        if other < 0 or one.bit_length() * other > 256:
            return float(one) ** other if other < 0 and one else float("inf")
        return int(one**other)
    return math.pow(one, other)


def _shift(one: int, other: int) -> int:
    if not 0 <= other <= 128:
        raise OverflowError
    return one << other


_ARITHMETIC: Final[dict[str, Callable[..., object]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": _power,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": _shift,
    ">>": operator.rshift,
}


def _whole(literal: object) -> bool:
    return isinstance(literal, int)


def _truncated(one: int, other: int) -> int:
    result = abs(one) // abs(other)
    return result if (one < 0) == (other < 0) else -result


def folded(op: str, one: object, other: object, language: str) -> Value:
    """Give the result of arithmetic on two known numbers."""
    try:
        if op == "/" and language in WHOLE_DIVISION and _whole(one) and _whole(other):
            result: object = _truncated(one, other)  # type: ignore[arg-type]
        elif op == "%" and language not in ("", "python") and _whole(one) and _whole(other):
            result = one - other * _truncated(one, other)  # type: ignore[operator,arg-type]
        else:
            function = _ARITHMETIC.get(op)
            if function is None:
                return HARMLESS
            result = function(one, other)
    except (ArithmeticError, TypeError, ValueError):
        return HARMLESS
    if isinstance(result, complex) or (isinstance(result, int | float) and not -_LARGEST < result < _LARGEST):
        return HARMLESS
    return of_literal(result)


_EVERY: Final = frozenset({"*"})


def counted(values: Sequence[Value]) -> Value:
    """Give a number made of values: harmless, but as large as who gave them likes (its origins are cleaned for `*`,
    which does not count
    where a size is dangerous)."""
    taints: tuple[Taint, ...] = ()
    for value in values:
        if value.taints or value.items is not None:
            taints = merged(taints, taints_of(value))
    if not taints:
        return HARMLESS
    return Value(
        constant=True,
        taints=tuple(
            [one if "*" in one.cleaned else msgspec.structs.replace(one, cleaned=one.cleaned | _EVERY) for one in taints]
        ),
        checked=_EVERY,
    )
