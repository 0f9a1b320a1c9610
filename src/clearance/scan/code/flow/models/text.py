"""Models of text: what leaves it as it is, what cuts and joins it, what fills templates, what takes characters out of it."""

import re
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from clearance.scan.code.flow.algebra import (
    EMPTY,
    HARMLESS_TEXT,
    MAX_TEXT,
    NULL,
    cleaned,
    container,
    element,
    elements,
    is_null,
    made_of,
    make_list,
    of_literal,
    percent,
    put_together,
    repeated,
    taints_of,
    text_of,
    text_with,
)
from clearance.scan.code.flow.models.asking import Ask, Model, Outcome, literals, own_name
from clearance.scan.code.flow.models.cleaning import kinds_after, without
from clearance.scan.code.flow.value import HARMLESS, HOLE, UNKNOWN, Value

_replace = msgspec.structs.replace
_BRACES: Final = re.compile(r"\{\{|\}\}|\{([^{}!:]*)(?:![rsa])?(?::([^{}]*(?:\{[^{}]*\}[^{}]*)*))?\}")
_NUMBERED: Final = re.compile(r"\{(\d{1,2})[^{}]*\}")
_MAX_PARTS = 64


# What is left of text


def kept(v: Value) -> Value:
    """Give text made of nothing but `v`: what is known of it, without name and place."""
    if v.items is None and v.text is None and not v.constant:
        return Value(taints=v.taints, checked=v.checked)
    if v.text is not None and v.items is None:
        return Value(v.constant, v.literal, v.text, v.built, taints=v.taints, checked=v.checked)
    if v.constant:
        return _shown(v)
    return Value(text=HOLE, built=True, taints=taints_of(v), checked=v.checked)


def _shown(v: Value) -> Value:
    literal = v.literal
    if literal is UNKNOWN or literal is ... or v.items is not None:
        return HARMLESS_TEXT
    return of_literal(text_of(v))


def part_of(v: Value) -> Value:
    """Give some part of text, nobody knows which."""
    if v.constant:
        return HARMLESS_TEXT
    return Value(text=HOLE if v.built else None, built=v.built, taints=taints_of(v), checked=v.checked)


def of_literals(result: object) -> Value:
    """Give the value of what a call on constants gave: text, numbers, lists and tuples of them."""
    if isinstance(result, list | tuple):
        return make_list([of_literals(one) for one in result[:_MAX_PARTS]])
    return of_literal(result) if result is None or isinstance(result, str | int | float) else HARMLESS


def folded(ask: Ask, function: Callable[..., object]) -> Value | None:
    """Call a function on the constant text that a method is called on; None where not all is known."""
    text = ask.receiver.literal
    if not isinstance(text, str) or ask.named or ask.loose:
        return None
    given = literals(ask.args)
    if given is None:
        return None
    try:
        result = function(text, *given)
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError):
        return None
    return of_literals(result)


def same_text(function: Callable[..., object] | None = None, *, on_parts: bool = False) -> Model:
    """Make a model of a method that leaves text what it was. `on_parts`: it does the same to text with holes."""

    def model(ask: Ask) -> Outcome:
        receiver = ask.receiver
        if function is not None:
            result = folded(ask, function)
            if result is not None:
                return Outcome(result)
            if on_parts and receiver.built and receiver.text is not None and not ask.args:
                return Outcome(_replace(kept(receiver), text=str(function(receiver.text))))
        return Outcome(
            _replace(kept(receiver), literal=UNKNOWN) if receiver.constant and function is not None else kept(receiver)
        )

    return model


def cut(function: Callable[..., object] | None = None) -> Model:
    """Make a model of a method that gives part of text."""

    def model(ask: Ask) -> Outcome:
        result = folded(ask, function) if function is not None else None
        return Outcome(part_of(ask.receiver) if result is None else result)

    return model


def asks(function: Callable[..., object] | None = None) -> Model:
    """Make a model of a method that answers a question about text: with a truth value or number, which can do no harm."""

    def model(ask: Ask) -> Outcome:
        result = folded(ask, function) if function is not None else None
        return Outcome(HARMLESS if result is None else result)

    return model


def pieces(function: Callable[..., object] | None = None) -> Model:
    """Make a model of a method that splits text."""

    def model(ask: Ask) -> Outcome:
        result = folded(ask, function) if function is not None else None
        return Outcome(pieces_of(ask.receiver) if result is None else result)

    return model


def pieces_of(v: Value) -> Value:
    """Give a list of parts of text."""
    return container({}, part_of(v), Value(form="list"))


# Putting together


def joined_text(separator: Value, parts: Value, language: str) -> Value:
    """Give the elements of a list as text."""
    known = elements(parts)
    if known is None:
        one = element(parts)
        if one.constant and separator.constant:
            return HARMLESS_TEXT
        if parts.items is None and parts.text is not None:  # the characters of text
            return made_of([parts, separator])
        held = (
            [parts.items[key] for key in sorted(key for key in parts.items if isinstance(key, int))] if parts.items else []
        )
        between = text_of(separator, language)
        return text_with(
            between.join([*[text_of(value, language) for value in held], text_of(one, language)]), [separator, *held, one]
        )
    if not known:
        return EMPTY
    text = text_of(separator, language).join([text_of(value, language) for value in known])
    return text_with(text, [*known, separator] if len(known) > 1 else known)


def join_receiver(ask: Ask) -> Outcome | None:
    """`separator.join(parts)`."""
    return Outcome(joined_text(ask.receiver, ask.args[0], ask.language)) if ask.args else None


def join_elements(ask: Ask) -> Outcome | None:
    """`parts.join(separator)`."""
    separator = ask.args[0] if ask.args else of_literal(",")
    return Outcome(joined_text(separator, ask.receiver, ask.language))


def join_given(ask: Ask) -> Outcome | None:
    """`strings.Join(parts, separator)`."""
    return Outcome(joined_text(ask.args[1], ask.args[0], ask.language)) if len(ask.args) > 1 else None


def joined_after(ask: Ask) -> Outcome | None:
    """`String.join(separator, parts…)`, with a list or with parts."""
    if len(ask.args) < 2:
        return None
    separator, first = ask.args[0], ask.args[1]
    if len(ask.args) == 2 and first.text is None and not isinstance(first.literal, str):
        return Outcome(joined_text(separator, first, ask.language))
    return Outcome(joined_text(separator, make_list(ask.args[1:]), ask.language))


def concatenation(ask: Ask) -> Outcome | None:
    """`text.concat(more…)`."""
    return Outcome(put_together([ask.receiver, *ask.args], ask.language))


def shown_together(ask: Ask) -> Outcome | None:
    """All arguments, one after the other, as text."""
    return Outcome(put_together(ask.args, ask.language))


def shown_apart(end: str = "") -> Model:
    """Make a model of what gives all arguments as text with spaces between them."""

    def model(ask: Ask) -> Outcome:
        parts = [part for arg in ask.args for part in (arg, of_literal(" "))][:-1]
        return Outcome(put_together([*parts, of_literal(end)] if end else parts, ask.language))

    return model


def repetition(ask: Ask) -> Outcome | None:
    """`text.repeat(count)`."""
    return Outcome(repeated(ask.receiver, ask.args[0])) if ask.args else None


def repetition_given(ask: Ask) -> Outcome | None:
    """`strings.Repeat(text, count)`."""
    return Outcome(repeated(ask.args[0], ask.args[1])) if len(ask.args) > 1 else None


# Templates


def braces(template: Value, given: Sequence[Value], named: Callable[[str], Value | None]) -> Value:
    """Fill `{}`, `{0}`, `{name}` as `str.format` does; where a number is asked for, nothing can be brought in."""
    if not (template.constant or template.built) or template.text is None:
        return made_of([template, *given])
    used = [template]
    number = 0

    def fill(match: re.Match[str]) -> str:
        nonlocal number
        if match[1] is None:
            return match[0][0]
        name = re.split(r"[.\[]", match[1], maxsplit=1)[0]
        part: Value | None
        if name.isdigit():
            part = given[int(name)] if len(name) < 3 and int(name) < len(given) else None
        elif name:
            part = named(name)
        else:
            part = given[number] if number < len(given) else None
            number += 1
        if part is None:
            return HOLE
        spec = match[2]
        if spec and spec[-1] in "bcdoxXeEfFgGn" and not part.constant:
            part = HARMLESS
        used.append(part)
        return text_of(part, "python")

    text = _BRACES.sub(fill, template.text)
    result = text_with(text, used)
    if result.constant and HOLE in text:
        return _replace(result, literal=UNKNOWN)
    return result


def format_method(ask: Ask) -> Outcome | None:
    """`template.format(…)`."""
    more = ask.named.get("**")
    result = braces(ask.receiver, ask.args, lambda name: ask.named.get(name, more))
    if ask.loose and more is None and not ask.args:
        return Outcome(made_of([result, HARMLESS]))
    return Outcome(result)


def format_map(ask: Ask) -> Outcome | None:
    """`template.format_map(values)`."""
    if not ask.args:
        return None
    values = ask.args[0]
    items = values.items
    if items is None:
        return Outcome(braces(ask.receiver, [], lambda _name: element(values)))
    return Outcome(braces(ask.receiver, [], lambda name: items.get(name, values.rest)))


def percent_format(skip: int = 0) -> Model:
    """Make a model of `format(template, …)` with `%s`; `skip` arguments stand before the template."""

    def model(ask: Ask) -> Outcome | None:
        args = ask.args[skip:]
        if args and skip == 0 and ask.language == "java" and len(args) > 1 and not _template(args[0]) and _template(args[1]):
            args = args[1:]  # a locale comes first
        if not args:
            return None
        return Outcome(filled(args[0], args[1:]))

    return model


def _template(v: Value) -> bool:
    return v.text is not None and (v.constant or v.built)


def filled(template: Value, given: Sequence[Value]) -> Value:
    """Fill a template with `%s`; one that is not known gives something made of all."""
    if not _template(template):
        return made_of([template, *given])
    if len(given) == 1 and given[0].form == "list" and (template.text or "").count("%") > 1:
        given = elements(given[0]) or [element(given[0])] * 20
    return percent(template, given)


def formatted(ask: Ask) -> Outcome | None:
    """`template.formatted(…)`."""
    return Outcome(filled(ask.receiver, ask.args))


def console_format(ask: Ask) -> Outcome | None:
    """`util.format(template, …)`: what the template does not ask for is added behind it."""
    if not ask.args:
        return None
    template = ask.args[0]
    asked_for = len(re.findall(r"%[sdifjoOc]", template.text or "")) if _template(template) else 0
    result = filled(template, ask.args[1 : 1 + asked_for]) if asked_for else template
    rest = [part for arg in ask.args[1 + asked_for :] for part in (of_literal(" "), arg)]
    return Outcome(put_together([result, *rest], ask.language) if rest else result)


def numbered_format(ask: Ask) -> Outcome | None:
    """`MessageFormat.format("{0} …", …)`."""
    if not ask.args:
        return None
    template, given = ask.args[0], ask.args[1:]
    if not _template(template):
        return Outcome(made_of(ask.args))
    used = [template]

    def fill(match: re.Match[str]) -> str:
        position = int(match[1])
        if position >= len(given):
            return HOLE
        used.append(given[position])
        return text_of(given[position], ask.language)

    return Outcome(text_with(_NUMBERED.sub(fill, template.text or ""), used))


# Taking characters out


def replaced(v: Value, old: Value, new: Value, language: str, *, count: Value | None = None, first: bool = False) -> Value:
    """Give text after one text in it was replaced by another."""
    one, other = old.literal, new.literal
    if isinstance(v.literal, str) and isinstance(one, str) and isinstance(other, str) and count is None:
        if len(v.literal) * max(1, len(other)) > MAX_TEXT * 100:
            return HARMLESS_TEXT
        return of_literal(v.literal.replace(one, other, 1 if first else -1))
    if not isinstance(one, str):
        return made_of([v, new, old]) if not (v.constant and new.constant) else HARMLESS_TEXT
    result = kept(v)
    if v.text is not None and (v.constant or v.built):
        text = v.text if one in ("{", "}", "{}", "") else v.text.replace(one, text_of(new, language))
        result = text_with(text, [v, new])
    elif not new.constant:
        result = made_of([v, new])
    if first or count is not None or not isinstance(other, str) or len(one) != 1 or result.constant:
        return result
    return without_characters(result, kinds_after(re.escape(one), other))


def without_characters(v: Value, kinds: frozenset[str]) -> Value:
    """Give text out of which something was taken, with what was taken out of it before."""
    if not kinds or v.constant:
        return v
    result = cleaned(v, kinds)
    taken = frozenset(kind for kind in result.checked if kind[0] == "-")
    more = without(taken) if len(taken) > 1 else frozenset()
    return cleaned(result, more) if more else result


def replaced_pattern(v: Value, pattern: Value, new: Value) -> Value:
    """Give text after all that a regular expression matches was replaced."""
    if not isinstance(pattern.literal, str):
        return HARMLESS_TEXT if v.constant and new.constant else made_of([v, new])
    if v.constant and new.constant:
        return HARMLESS_TEXT
    result = kept(v) if new.constant else made_of([v, new])
    if not isinstance(new.literal, str):
        return result
    kinds = kinds_after(pattern.literal, new.literal)
    return without_characters(result, kinds)


def replace_method(ask: Ask) -> Outcome | None:
    """`text.replace(old, new)`; in JavaScript with a regular expression, too, and else only the first one."""
    if len(ask.args) < 2:
        return None
    old, new = ask.args[0], ask.args[1]
    if old.form == "regex":
        return Outcome(replaced_pattern(ask.receiver, old, new))
    first = ask.language == "javascript" and ask.method == "replace"
    count = ask.arg(2, "count") if ask.language == "python" else None
    return Outcome(replaced(ask.receiver, old, new, ask.language, count=count, first=first))


def replace_all_pattern(ask: Ask) -> Outcome | None:
    """Java's `text.replaceAll(pattern, new)`."""
    return Outcome(replaced_pattern(ask.receiver, ask.args[0], ask.args[1])) if len(ask.args) > 1 else None


def replace_given(ask: Ask) -> Outcome | None:
    """`strings.ReplaceAll(text, old, new)`."""
    if len(ask.args) < 3:
        return None
    return Outcome(replaced(ask.args[0], ask.args[1], ask.args[2], ask.language))


# Builders: text that grows in its place


def builder(ask: Ask) -> Outcome | None:
    """A new builder, with text in it where it is given some."""
    start = ask.args[0] if ask.args else EMPTY
    if isinstance(start.literal, int) or is_null(start) or (start.constant and start.text is None):
        start = EMPTY
    return Outcome(_replace(put_together([start], ask.language), names=own_name(ask)))


def _inside(receiver: Value) -> Value:
    """Give the text in a builder; one that was only declared is empty."""
    if receiver.text is None and not receiver.taints and receiver.items is None:
        return EMPTY
    return receiver


def _grown(ask: Ask, parts: Sequence[Value], result: Value | None = None) -> Outcome:
    receiver = _replace(put_together(parts, ask.language), names=ask.receiver.names, key=ask.receiver.key)
    return Outcome(receiver if result is None else result, receiver)


def append(ask: Ask) -> Outcome | None:
    """`builder.append(text)`; gives the builder."""
    return _grown(ask, [_inside(ask.receiver), *ask.args[:1]])


def append_line(ask: Ask) -> Outcome | None:
    """`builder.append(text)` with an end of line."""
    return _grown(ask, [_inside(ask.receiver), *ask.args[:1], of_literal("\n")])


def write(ask: Ask) -> Outcome | None:
    """`buffer.write(text)`; gives a number."""
    return _grown(ask, [_inside(ask.receiver), *ask.args[:1]], HARMLESS)


def insert(ask: Ask) -> Outcome | None:
    """`builder.insert(position, text)`."""
    if len(ask.args) < 2:
        return None
    inside = _inside(ask.receiver)
    at, text = ask.args[0].literal, inside.literal
    if at == 0:
        return _grown(ask, [ask.args[1], inside])
    if isinstance(at, int) and isinstance(text, str) and 0 <= at <= len(text):
        return _grown(ask, [of_literal(text[:at]), ask.args[1], of_literal(text[at:])])
    return _grown(ask, [inside, ask.args[1]])


def shaken(function: Callable[..., str] | None = None) -> Model:
    """Make a model of a method that changes a builder and adds nothing to it."""

    def model(ask: Ask) -> Outcome:
        inside = _inside(ask.receiver)
        result = folded(msgspec.structs.replace(ask, receiver=inside), function) if function is not None else None
        if result is None:
            result = part_of(inside) if inside.constant else _replace(kept(inside), literal=UNKNOWN)
        receiver = _replace(result, names=ask.receiver.names, key=ask.receiver.key)
        return Outcome(receiver, receiver)

    return model


def set_length(ask: Ask) -> Outcome | None:
    """`builder.setLength(n)`, `buffer.Reset()`: with 0 or nothing it is empty."""
    inside = _inside(ask.receiver)
    length = ask.args[0].literal if ask.args else 0
    if length == 0:
        inside = EMPTY
    elif isinstance(length, int) and isinstance(inside.literal, str):
        inside = of_literal(inside.literal[:length])
    return Outcome(NULL, _replace(inside, names=ask.receiver.names, key=ask.receiver.key))


def content(ask: Ask) -> Outcome | None:
    """`builder.toString()`."""
    return Outcome(kept(_inside(ask.receiver)))


def joiner(ask: Ask) -> Outcome | None:
    """`new StringJoiner(separator, …)`: the separator is kept beside the parts."""
    separator = ask.args[0] if ask.args else EMPTY
    like = Value(form="joiner", names=own_name(ask))
    ends = ask.args[1:3] if len(ask.args) > 2 else [EMPTY, EMPTY]
    return Outcome(container({"separator": separator, "start": ends[0], "end": ends[1], "parts": make_list([])}, None, like))
