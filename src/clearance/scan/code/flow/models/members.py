"""What is asked of containers, and how they are walked through together."""

import msgspec

from clearance.scan.code.flow.algebra import (
    compare,
    concatenated,
    container,
    element,
    elements,
    joined,
    make_list,
    of_literal,
    values_of,
)
from clearance.scan.code.flow.models.asking import Ask, Outcome, either
from clearance.scan.code.flow.models.containers import as_list, truth_value
from clearance.scan.code.flow.value import HARMLESS, Value

_replace = msgspec.structs.replace


def size(ask: Ask) -> Outcome | None:
    """How many there are."""
    v = ask.receiver
    known = v.items is not None and v.rest is None and v.form in ("list", "dict")
    return Outcome(of_literal(len(v.items or ())) if known else HARMLESS)


def size_given(ask: Ask) -> Outcome | None:
    """`len(x)`."""
    if not ask.args:
        return None
    v = ask.args[0]
    if isinstance(v.literal, str):
        return Outcome(of_literal(len(v.literal)))
    return size(_replace(ask, receiver=v))


def is_empty(ask: Ask) -> Outcome | None:
    """Whether there is nothing in it."""
    v = ask.receiver
    if isinstance(v.literal, str):
        return Outcome(of_literal(not v.literal))
    if v.items is not None and v.rest is None and v.form:
        return Outcome(of_literal(not v.items))
    return Outcome(HARMLESS)


def contains(ask: Ask) -> Outcome | None:
    """Whether an element (a key, a part of text) is in it."""
    return Outcome(truth_value(compare("in", ask.args[0], ask.receiver))) if ask.args else None


def contains_given(ask: Ask) -> Outcome | None:
    """`slices.Contains(list, element)`, `strings.Contains(text, part)`."""
    return Outcome(truth_value(compare("in", ask.args[1], ask.args[0]))) if len(ask.args) > 1 else None


def contains_value(ask: Ask) -> Outcome | None:
    """`map.containsValue(value)`."""
    return Outcome(truth_value(compare("in", ask.args[0], values_of(ask.receiver)))) if ask.args else None


def zipped(ask: Ask) -> Outcome | None:
    """`zip(one, other)`."""
    known = [elements(arg) for arg in ask.args]
    lists = [one for one in known if one is not None]
    if len(lists) == len(known) and not ask.loose:
        return Outcome(make_list([make_list(row) for row in zip(*lists, strict=False)]))
    return Outcome(container({}, make_list([element(arg) for arg in ask.args]), Value(form="list")))


def numbered(ask: Ask) -> Outcome | None:
    """`enumerate(list)`."""
    if not ask.args:
        return None
    known = elements(ask.args[0])
    if known is None or len(ask.args) > 1 or ask.named:
        return Outcome(container({}, make_list([HARMLESS, element(ask.args[0])]), Value(form="list")))
    return Outcome(make_list([make_list([of_literal(number), one]) for number, one in enumerate(known)]))


def chained(ask: Ask) -> Outcome | None:
    """`itertools.chain(one, other)`."""
    result = make_list([])
    for arg in ask.args:
        result = concatenated(result, as_list(arg))
    return Outcome(result)


def next_of(ask: Ask) -> Outcome | None:
    """`next(iterator, default)`."""
    if not ask.args:
        return None
    return Outcome(either(element(ask.args[0]), ask.arg(1)))


def best(ask: Ask) -> Outcome | None:
    """`max(list)`, `max(one, other)`."""
    values = ask.args
    if len(values) == 1:
        return Outcome(element(values[0]))
    return Outcome(joined(values)) if values else None


def numbers(_ask: Ask) -> Outcome | None:
    """A list of numbers."""
    return Outcome(container({}, HARMLESS, Value(form="list")))
