"""Conditions in plain words."""

import json
import re

from clearance.decide.terms import Form, Literal, Pattern, path, text_of

_LEAST, _MOST = -(1 << 63), (1 << 63) - 1
_ROOTS = (("resource.change.", "the change's "), ("resource.", ""), ("principal.", "the author's "), ("context.", ""))
_PHRASES = {"principal.byAi": ("an AI or an unknown author wrote it", "a known person wrote it")}
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


def words(form: Form) -> str:
    """Say when a policy fires: `severity is high or critical, and confidence is not low`."""
    if isinstance(form, bool):
        return "always" if form else "never"
    if isinstance(form, Literal):
        return _literal(form)
    inner = [f"({words(part)})" if not isinstance(part, Literal) else words(part) for part in form.parts]
    return (", and " if form.op == "and" else ", or ").join(inner)


def parts(form: Form) -> tuple[str, ...]:
    """Give what must hold all together, each part in words."""
    if isinstance(form, Literal | bool) or form.op == "or":
        return (words(form),)
    return tuple(words(part) for part in form.parts)


def _name(term: str) -> str:
    for root, said in _ROOTS:
        if term.startswith(root):
            return said + _HUMP.sub(" ", term.removeprefix(root)).lower()
    return term


def _literal(one: Literal) -> str:
    if one.kind == "is" and one.what <= {"true", "false"}:
        return _truth(one, so=one.so is ("true" in one.what))
    name = _name(one.term)
    match one.kind:
        case "is":
            among = " or ".join(sorted(text_of(each) for each in one.what))
            return f"{name} is {among}" if one.so else f"{name} is not {among}"
        case "between":
            return f"{name} is {_range(*one.what)}"
        case "like":
            return f"{name} is {'' if one.so else 'not '}like {_glob(one.what)}"
        case "holds":
            return f"{name} {'hold' if one.so else 'do not hold'} {text_of(one.what)}"
        case "empty":
            return f"{name} {'is' if one.so else 'is not'} empty"
        case _:
            return _other(one)


def _truth(one: Literal, *, so: bool) -> str:
    if one.term in _PHRASES:
        return _PHRASES[one.term][not so]
    name = _name(one.term)
    return name if so else f"not {name}"


def _range(low: int, high: int) -> str:
    if low == high:
        return str(low)
    if low == _LEAST:
        return f"{high} or less"
    return f"{low} or more" if high == _MOST else f"{low} to {high}"


def _glob(pattern: Pattern) -> str:
    return "".join("*" if one is None else one for one in pattern)


def _other(one: Literal) -> str:
    """Say what is neither a value nor a bound: two attributes compared, or a part that only its text can tell."""
    try:
        node = json.loads(one.term)
    except ValueError:
        return f"{'' if one.so else 'not '}({one.term})"
    for op, said in (("<", "less than"), ("<=", "at most"), (">", "more than"), (">=", "at least")):
        inner = node.get(op) if isinstance(node, dict) else None
        if inner and path(inner["left"]) and path(inner["right"]):
            return f"{_name(path(inner['left']))} is {'' if one.so else 'not '}{said} {_name(path(inner['right']))}"
    return f"{'' if one.so else 'not '}a part that only its text can tell"
