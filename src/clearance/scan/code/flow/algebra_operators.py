"""Operators on one operand and on more."""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from clearance.scan.code.flow.algebra_containers import MAX_ITEMS
from clearance.scan.code.flow.algebra_contents import elements
from clearance.scan.code.flow.algebra_decisions import present, truth
from clearance.scan.code.flow.algebra_joins import container, element, is_null, join
from clearance.scan.code.flow.algebra_numbers import WHOLE_DIVISION, counted, folded, is_number
from clearance.scan.code.flow.algebra_origins import FALSE, NULL, TRUE, of_literal
from clearance.scan.code.flow.algebra_text import made_of, percent, put_together, repeated, with_path
from clearance.scan.code.flow.value import HARMLESS, HOLE, Value


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
        decided = present(result) if op == "??" else truth(result)
        if decided is None:
            result = join(other, result) if is_null(result) else join(result, other)
        elif not decided:
            result = other
        else:
            break
    return result


def _both(values: Sequence[Value], language: str) -> Value:
    if language in WHOLE_DIVISION:
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
    while first + 1 < len(values) and is_number(values[first]) and is_number(values[first + 1]):
        first += 1
    if first:
        total = values[0]
        for other in values[1 : first + 1]:
            total = folded("+", total.literal, other.literal, language)
        return put_together([total, *values[first + 1 :]], language)
    return put_together(values, language)


def _pair(op: str, a: Value, b: Value, language: str) -> Value:
    if is_number(a) and is_number(b):
        return folded(op, a.literal, b.literal, language)
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
    if language in ("python", "go", "") and (is_number(a) or is_number(b)):
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


def _divide(a: Value, b: Value, language: str) -> Value | None:
    if language not in ("python", "") or is_number(a) or is_number(b):
        return None
    if a.constant and b.constant and a.text is None and b.text is None and not a.names:
        return None
    return with_path([a, b])


def _percent(a: Value, b: Value, language: str) -> Value | None:
    if language not in ("python", "") or is_number(a):
        return None
    if a.text is None:
        made = made_of([a, b])
        if b.form in ("dict", "list") and b.items and not made.constant:  # a template that is not known is filled
            return msgspec.structs.replace(made, text=HOLE, built=True)
        return made if not (is_number(b) and not a.names) else None
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
