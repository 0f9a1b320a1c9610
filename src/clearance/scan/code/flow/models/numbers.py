"""Models of numbers and of all conversions after which text can do no harm: numbers, truth values, dates, ids, digests."""

import math
from collections.abc import Callable

from clearance.scan.code.flow.algebra import NULL, make_list, of_literal, truth
from clearance.scan.code.flow.algebra import counted as number_of
from clearance.scan.code.flow.models.asking import Ask, Model, Outcome, own_name
from clearance.scan.code.flow.value import ANYTHING, HARMLESS, UNKNOWN, Value

_LARGEST = 1 << 64
_MAX_DIGITS = 25
HARMLESS_RESULT = Outcome(HARMLESS)


def harmless(_ask: Ask) -> Outcome | None:
    """The result can carry no attack."""
    return HARMLESS_RESULT


def harmless_named(ask: Ask) -> Outcome | None:
    """The result can carry no attack, and is known as what the call gives."""
    return Outcome(Value(constant=True, names=own_name(ask)))


def nothing(_ask: Ask) -> Outcome | None:
    """The result is None, null or undefined."""
    return Outcome(NULL)


def counted(ask: Ask) -> Outcome | None:
    """The result is a number made of what is given: harmless, but as large as its origin likes."""
    return Outcome(number_of(ask.args))


def counted_named(ask: Ask) -> Outcome | None:
    """The result is a number that is known as what the call gives."""
    number = number_of(ask.args)
    return Outcome(Value(constant=True, names=own_name(ask), taints=number.taints, checked=number.checked))


def converted(function: Callable[..., object]) -> Model:
    """Make a model of a conversion to a number: of a constant it is known."""

    def model(ask: Ask) -> Outcome:
        if not ask.args:
            return HARMLESS_RESULT
        literal = ask.args[0].literal
        if literal is UNKNOWN or literal is ... or literal is None:
            return Outcome(number_of(ask.args[:1]))
        base = ask.args[1].literal if len(ask.args) > 1 else None
        if isinstance(literal, str) and len(literal) > _MAX_DIGITS:
            return HARMLESS_RESULT
        try:
            result = function(literal, base) if isinstance(base, int) and isinstance(literal, str) else function(literal)
        except (ValueError, TypeError, ArithmeticError):
            return HARMLESS_RESULT
        return Outcome(_bounded(result))

    return model


def _bounded(result: object) -> Value:
    if isinstance(result, int | float) and not -_LARGEST < result < _LARGEST:
        return HARMLESS
    return of_literal(result) if isinstance(result, int | float | str) else HARMLESS


def calculated(function: Callable[..., object]) -> Model:
    """Make a model of a calculation with numbers."""

    def model(ask: Ask) -> Outcome:
        numbers = [arg.literal for arg in ask.args]
        if not numbers or not all(isinstance(number, int | float) and -_LARGEST < number < _LARGEST for number in numbers):
            return Outcome(number_of(ask.args))
        try:
            return Outcome(_bounded(function(*numbers)))
        except (ValueError, TypeError, ArithmeticError):
            return HARMLESS_RESULT

    return model


_SMALLEST = calculated(min)


def smallest(ask: Ask) -> Outcome | None:
    """The smaller one of two: with a constant beside it, no number is too large."""
    outcome = _SMALLEST(ask)
    if outcome is not None and outcome.result.taints and any(isinstance(arg.literal, int | float) for arg in ask.args):
        return HARMLESS_RESULT
    return outcome


def truth_of(ask: Ask) -> Outcome | None:
    """`bool(x)`."""
    if not ask.args:
        return Outcome(of_literal(literal=False))
    decided = truth(ask.args[0], ask.language)
    return Outcome(HARMLESS if decided is None else of_literal(decided))


def with_error(model: Model) -> Model:
    """Make a model of a function of Go that gives its result with an error."""

    def pair(ask: Ask) -> Outcome | None:
        outcome = model(ask)
        return None if outcome is None else Outcome(make_list([outcome.result, ANYTHING]), outcome.receiver, outcome.args)

    return pair


def _int(number: object) -> int:
    if isinstance(number, int | float):
        return int(number)
    raise TypeError


def whole(text: object, base: int = 10) -> int:
    """Give a whole number as most languages read it: digits with a sign."""
    return int(text, base) if isinstance(text, str) else _int(text)


def leading_whole(text: object, base: int = 10) -> int:
    """Give a whole number as JavaScript's `parseInt` reads it: what follows the digits is left out."""
    if not isinstance(text, str):
        return _int(text)
    digits = text.strip()
    end = 1 if digits[:1] in ("-", "+") else 0
    while end < len(digits) and digits[end].isdigit() and base == 10:
        end += 1
    return int(digits if base != 10 else digits[:end], base)


def decimal(text: object) -> float:
    """Give a number with a fraction; whole ones stay whole."""
    if not isinstance(text, str | int | float):
        raise TypeError
    number = float(text)
    if math.isnan(number) or math.isinf(number):
        raise ValueError
    return int(number) if number.is_integer() else number
