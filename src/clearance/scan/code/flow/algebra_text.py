"""Text put together from parts: in order, as a path, from a template."""

import re
from collections.abc import Callable, Sequence

from clearance.scan.code.flow.algebra_containers import taints_of
from clearance.scan.code.flow.algebra_origins import MAX_TEXT, merged
from clearance.scan.code.flow.value import HARMLESS, HOLE, UNKNOWN, Taint, Value

_NO_KINDS: frozenset[str] = frozenset()
_WORDS = {None: "null", True: "true", False: "false"}


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


def repeated(a: Value, times: Value) -> Value:
    """Give text so many times."""
    count = times.literal
    text = text_of(a)
    if isinstance(count, int) and count * len(text) <= MAX_TEXT:
        return text_with(text * count, [a])
    return text_with(text, [a, HARMLESS])


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
