"""Operators, comparisons, truth, and text put together from parts."""

import math
import operator
import re
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from clearance.scan.code.flow.algebra_contents import elements
from clearance.scan.code.flow.algebra_joins import (
    FALSE,
    MAX_ITEMS,
    MAX_TEXT,
    NULL,
    TRUE,
    container,
    element,
    is_null,
    join,
    merged,
    of_literal,
    taints_of,
)
from clearance.scan.code.flow.value import HARMLESS, HOLE, UNKNOWN, Taint, Value

_LARGEST: Final = 1 << 128
_NO_KINDS: frozenset[str] = frozenset()
_WHOLE_DIVISION = frozenset({"java", "go"})
_WORDS = {None: "null", True: "true", False: "false"}


# Text


def text_of(v: Value, language: str = "") -> str:
    """Give what a value reads as within text: itself where it is constant, nothing where a constant is not known, else
    HOLE."""
    literal = v.literal
    if type(literal) is str:
        return literal
    if v.constant:
        if literal is UNKNOWN or literal is ...:
            return v.text or ""
        if literal is None or isinstance(literal, bool):
            return str(literal) if language in ("", "python") else _WORDS[literal]
        if isinstance(literal, float) and literal.is_integer() and language == "javascript":
            return str(int(literal))
        return str(literal)
    if v.built and v.text is not None:
        return v.text
    return HOLE


def put_together(values: Sequence[Value], language: str = "") -> Value:
    """Give text made of parts in order: constant where all parts are, else text with holes."""
    return text_with("".join([text_of(value, language) for value in values]), values)


def text_with(text: str, parts: Sequence[Value]) -> Value:
    """Give text that was put together from parts to read `text`."""
    constant = known = True
    taints: tuple[Taint, ...] = ()
    checked: frozenset[str] | None = None
    for part in parts:
        literal = part.literal
        if literal is UNKNOWN or literal is ...:
            known = False
        if part.constant:
            continue
        constant = False
        if part.taints or part.items is not None:
            taints = merged(taints, taints_of(part))
        checked = part.checked if checked is None else checked & part.checked
    if len(text) > MAX_TEXT:
        text, known = text[:MAX_TEXT], False
    if constant:
        return Value(constant=True, literal=text if known else UNKNOWN, text=text)
    return Value(text=text, built=True, taints=taints, checked=checked or _NO_KINDS)


def made_of(values: Sequence[Value]) -> Value:
    """Give what is made of values in a way that is not known: their origins, constant where all are."""
    constant, built = True, False
    taints: tuple[Taint, ...] = ()
    checked: frozenset[str] | None = None
    for value in values:
        if value.constant:
            continue
        constant = False
        built = built or value.built
        taints = merged(taints, taints_of(value))
        checked = value.checked if checked is None else checked & value.checked
    if constant:
        return HARMLESS
    return Value(text=HOLE if built else None, built=built, taints=taints, checked=checked or _NO_KINDS)


# Numbers


def _number(v: Value) -> bool:
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


def _folded(op: str, one: object, other: object, language: str) -> Value:
    """Give the result of arithmetic on two known numbers."""
    try:
        if op == "/" and language in _WHOLE_DIVISION and _whole(one) and _whole(other):
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


# Operators


def binary(op: str, values: Sequence[Value], language: str = "") -> Value:
    """Give the result of an operator on two or more operands."""
    if op in ("or", "??"):
        return _either(op, values)
    if op == "and":
        return _both(values, language)
    if op == "+" and _texts(values):
        return _added(values, language)
    result = values[0]
    for other in values[1:]:
        result = _pair(op, result, other, language)
    return result


def _either(op: str, values: Sequence[Value]) -> Value:
    result = values[0]
    for other in values[1:]:
        decided = _present(result) if op == "??" else truth(result)
        if decided is None:
            result = join(other, result) if is_null(result) else join(result, other)
        elif not decided:
            result = other
        else:
            break
    return result


def _present(v: Value) -> bool | None:
    """Tell whether a value is something: neither None nor unknown. Text with holes and containers may have been None on
    another way, so that nothing is said of them."""
    if is_null(v):
        return False
    return True if v.literal is not UNKNOWN or v.form in ("function", "class") else None


def _both(values: Sequence[Value], language: str) -> Value:
    if language in _WHOLE_DIVISION:
        decided = [truth(value) for value in values]
        if all(decided):
            return TRUE
        return FALSE if False in decided else HARMLESS
    result = values[0]
    undecided = False
    for other in values[1:]:
        decided_one = truth(result)
        if decided_one is False:
            break
        undecided = undecided or decided_one is None
        result = other
    # What is not the last one is something empty, which can do no harm.
    return join(result, HARMLESS) if undecided else result


def _texts(values: Sequence[Value]) -> bool:
    return any(value.text is not None and value.form != "regex" for value in values)


def _added(values: Sequence[Value], language: str) -> Value:
    """Put text together with `+`: numbers before the first text are added, as all languages do that allow it."""
    first = 0
    while first + 1 < len(values) and _number(values[first]) and _number(values[first + 1]):
        first += 1
    if first:
        total = values[0]
        for other in values[1 : first + 1]:
            total = _folded("+", total.literal, other.literal, language)
        return put_together([total, *values[first + 1 :]], language)
    return put_together(values, language)


def _pair(op: str, a: Value, b: Value, language: str) -> Value:
    if _number(a) and _number(b):
        return _folded(op, a.literal, b.literal, language)
    special = _SPECIAL.get(op)
    if special is not None:
        result = special(a, b, language)
        if result is not None:
            return result
    return counted([a, b])


def _is_list(v: Value) -> bool:
    return v.form in ("list", "set") or (v.items is not None and not v.form)


def _add(a: Value, b: Value, language: str) -> Value | None:
    if _is_list(a) or _is_list(b):
        return concatenated(a, b)
    if language in ("python", "go", "") and (_number(a) or _number(b)):
        return counted([a, b])  # what a number can be added to is a number
    return made_of([a, b])


def concatenated(a: Value, b: Value) -> Value:
    """Give the list with the elements of one and then of the other."""
    one, other = elements(a), elements(b)
    like = Value(form="list", names=a.names)
    if one is not None and other is not None:
        return container(dict(enumerate([*one, *other])), None, like)
    if one is not None:
        return container(dict(enumerate(one)), element(b), like)
    return container({}, join(element(a), element(b)), like)


def _subtract(a: Value, _b: Value, _language: str) -> Value | None:
    if a.form == "set":
        return container({}, element(a), Value(form="set"))
    return None


def _multiply(a: Value, b: Value, language: str) -> Value | None:
    if _is_list(b) or b.text is not None:
        a, b = b, a
    if _is_list(a):
        values = elements(a)
        count = b.literal
        if values is not None and isinstance(count, int) and 0 <= count * len(values) <= MAX_ITEMS:
            return container(dict(enumerate(values * count)), None, Value(form="list"))
        return container({}, element(a), Value(form="list"))
    if a.text is not None and language in ("python", ""):
        return repeated(a, b)
    if language == "python" and not a.constant and not b.constant:
        return None
    if language == "python" and (a.taints or b.taints):
        return made_of([a, b])
    return None


def repeated(a: Value, times: Value) -> Value:
    """Give text so many times."""
    count = times.literal
    text = text_of(a)
    if isinstance(count, int) and count * len(text) <= MAX_TEXT:
        return text_with(text * count, [a])
    return text_with(text, [a, HARMLESS])


def _divide(a: Value, b: Value, language: str) -> Value | None:
    if language not in ("python", "") or _number(a) or _number(b):
        return None
    if a.constant and b.constant and a.text is None and b.text is None and not a.names:
        return None
    return with_path([a, b])


def with_path(parts: Sequence[Value], separator: str = "/", names: tuple[str, ...] = ()) -> Value:
    """Give a path of these parts."""
    texts = [text_of(part) for part in parts]
    text = texts[0]
    for more in texts[1:]:
        text = (
            more
            if more.startswith("/") and not text.startswith(HOLE)
            else f"{text.rstrip('/')}{separator}{more}"
            if text
            else more
        )
    result = text_with(text, parts)
    own = names or parts[0].names
    return Value(
        result.constant,
        result.literal,
        result.text,
        result.built,
        "",
        None,
        None,
        own,
        result.taints,
        None,
        "",
        result.checked,
    )


_PERCENT = re.compile(r"%(?:%|n|(?:\((\w+)\)|\[?(\d{1,2})[$\]])?[-#0 +,]*(?:\d+|\*)?(?:\.(?:\d+|\*))?l?([a-zA-Z]))")
_AS_NUMBER = frozenset("bcdeEfFgGiopotTuUxXp")


def percent(template: Value, given: Sequence[Value], named: Callable[[str], Value] | None = None) -> Value:
    """Give a template with `%s`, `%5d`, `%(name)s`, `%1$s`, `%[1]v` filled; where a number is asked for, nothing can be
    brought in."""
    number = 0
    used: list[Value] = [template]

    def fill(match: re.Match[str]) -> str:
        nonlocal number
        name, position, letter = match.groups()
        if letter is None:
            return "%" if match[0] == "%%" else "\n"
        if name and named is not None:
            part = named(name)
        else:
            at = int(position) - 1 if position else number
            number += not position
            part = given[at] if 0 <= at < len(given) else HARMLESS
        if letter in _AS_NUMBER and not part.constant:
            part = HARMLESS
        used.append(part)
        return f'"{text_of(part)}"' if letter == "q" else text_of(part)

    return text_with(_PERCENT.sub(fill, text_of(template)[:MAX_TEXT]), used)


def _percent(a: Value, b: Value, language: str) -> Value | None:
    if language not in ("python", "") or _number(a):
        return None
    if a.text is None:
        made = made_of([a, b])
        if b.form in ("dict", "list") and b.items and not made.constant:  # a template that is not known is filled
            return msgspec.structs.replace(made, text=HOLE, built=True)
        return made if not (_number(b) and not a.names) else None
    if b.form == "dict" or (b.items is not None and any(isinstance(key, str) for key in b.items)):
        items, rest = b.items or {}, b.rest

        def field(name: str) -> Value:
            found = items.get(name)
            if found is not None:
                return found
            return rest if rest is not None else element(b)

        return percent(a, [], field)
    values = elements(b) if b.form == "list" else None
    if values is None:
        values = [element(b)] * 20 if b.form == "list" else [b]
    return percent(a, values)


def _combined(a: Value, b: Value, _language: str) -> Value | None:
    """`|` and `&` of sets and dicts."""
    if a.form == "dict" or b.form == "dict":
        return (
            join(a, b)
            if a.items is None or b.items is None or b.rest is not None
            else container({**a.items, **b.items}, a.rest, Value(form="dict"))
        )
    if a.form == "set" or b.form == "set":
        return concatenated(a, b)
    return None


_SPECIAL: Final[dict[str, Callable[[Value, Value, str], Value | None]]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "%": _percent,
    "|": _combined,
    "&": _combined,
}


def unary(op: str, v: Value) -> Value:
    """Give the result of an operator on one operand."""
    if op == "not":
        decided = truth(v)
        return HARMLESS if decided is None else FALSE if decided else TRUE
    if op in ("*", "&"):
        return v
    literal = v.literal
    if isinstance(literal, int | float):
        if op == "-":
            return of_literal(-literal)
        if op == "+":
            return of_literal(+literal)
        if op == "~" and isinstance(literal, int):
            return of_literal(~literal)
    if op == "typeof":
        return _type_name(v)
    return NULL if op == "void" else counted([v]) if op in ("-", "+", "~") else HARMLESS


def _type_name(v: Value) -> Value:
    literal = v.literal
    if isinstance(literal, bool):
        return of_literal("boolean")
    if isinstance(literal, int | float):
        return of_literal("number")
    if isinstance(literal, str):
        return of_literal("string")
    if v.form in ("function", "class"):
        return of_literal("function")
    return of_literal("object") if v.form in ("list", "dict", "set", "object") else HARMLESS


# Decisions


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
        decided = _present(b if one is None else a)
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
