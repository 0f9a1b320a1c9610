"""What is done with lists and sets: put in, taken out, put in another order."""

import msgspec

from clearance.scan.code.flow.algebra import (
    MAX_ITEMS,
    NULL,
    TRUE,
    any_of,
    appended,
    compare,
    concatenated,
    container,
    element,
    elements,
    index,
    join,
    make_list,
    of_literal,
    slice_of,
    store_index,
)
from clearance.scan.code.flow.models.asking import Ask, Model, Outcome, unnamed
from clearance.scan.code.flow.models.containers import as_list
from clearance.scan.code.flow.value import HARMLESS, Value

_replace = msgspec.structs.replace


def add(result: Value = NULL) -> Model:
    """Make a model of adding to the end (with a position first: inserting there)."""

    def model(ask: Ask) -> Outcome | None:
        if not ask.args:
            return None
        if len(ask.args) == 2 and ask.language == "java":
            return Outcome(NULL, _inserted(ask.receiver, ask.args[0], ask.args[1]))
        receiver = ask.receiver
        for new in ask.args[:MAX_ITEMS]:
            receiver = appended(receiver, new)
        return Outcome(result, receiver)

    return model


def _inserted(v: Value, at: Value, new: Value) -> Value:
    known = elements(v) if v.items is not None else None
    if known is None or not isinstance(at.literal, int):
        return appended(any_of(v), new)
    values = list(known)
    values.insert(at.literal, new)
    return container(dict(enumerate(values)), None, v)


def insert(ask: Ask) -> Outcome | None:
    """`list.insert(position, element)`."""
    return Outcome(NULL, _inserted(ask.receiver, ask.args[0], ask.args[1])) if len(ask.args) > 1 else None


def add_first(ask: Ask) -> Outcome | None:
    """`list.unshift(element)`, `deque.appendleft(element)`."""
    receiver = ask.receiver
    for new in reversed(ask.args):
        receiver = _inserted(receiver, of_literal(0), new)
    return Outcome(HARMLESS, receiver)


def extend(result: Value = NULL) -> Model:
    """Make a model of adding all elements of another container."""

    def model(ask: Ask) -> Outcome | None:
        if not ask.args:
            return None
        more = ask.args[-1]
        both = concatenated(ask.receiver, more)
        like = ask.receiver if ask.receiver.form else _replace(ask.receiver, form="list")
        return Outcome(result, container(dict(both.items or {}), both.rest, like))

    return model


def concat(ask: Ask) -> Outcome | None:
    """`list.concat(more…)`, with lists or elements."""
    result = as_list(ask.receiver)
    for more in ask.args:
        result = concatenated(result, more) if more.form == "list" or not more.constant else appended(result, more)
    return Outcome(result)


def get(ask: Ask) -> Outcome | None:
    """`list.get(position)`, `list.at(position)`."""
    return Outcome(index(ask.receiver, ask.args[0])) if ask.args else None


def first(ask: Ask) -> Outcome | None:
    """`list.getFirst()`, `queue.peek()`."""
    return Outcome(index(ask.receiver, of_literal(0)))


def last(ask: Ask) -> Outcome | None:
    """`list.getLast()`."""
    return Outcome(index(ask.receiver, of_literal(-1)))


def _taken(v: Value, at: Value) -> Outcome:
    known = elements(v) if v.items is not None else None
    position = at.literal
    if known is None or not isinstance(position, int) or not -len(known) <= position < len(known):
        return Outcome(element(v), any_of(v))
    values = list(known)
    taken = values.pop(position)
    return Outcome(taken, container(dict(enumerate(values)), None, v))


def take(position: int | None = None) -> Model:
    """Make a model of taking one element out: that at the position given, or else at `position`."""

    def model(ask: Ask) -> Outcome:
        at = ask.args[0] if ask.args and position is None else of_literal(-1 if position is None else position)
        return _taken(ask.receiver, at)

    return model


def take_some(ask: Ask) -> Outcome | None:
    """`set.pop()`."""
    return Outcome(element(ask.receiver))


def remove(ask: Ask) -> Outcome | None:
    """`list.remove(element)`; in Java a number is a position."""
    if not ask.args:
        return _taken(ask.receiver, of_literal(0))
    what = ask.args[0]
    if (
        ask.language == "java"
        and ask.receiver.form == "list"
        and (isinstance(what.literal, int) or (what.constant and what.text is None))
    ):
        return _taken(ask.receiver, what)
    known = elements(ask.receiver) if ask.receiver.items is not None else None
    if known is None:
        return Outcome(HARMLESS, any_of(ask.receiver))
    for position, value in enumerate(known):
        equal = compare("==", value, what)
        if equal is None:
            return Outcome(HARMLESS, any_of(ask.receiver))
        if equal:
            return Outcome(TRUE, _taken(ask.receiver, of_literal(position)).receiver)
    return Outcome(HARMLESS)


def clear(ask: Ask) -> Outcome | None:
    """`clear()`."""
    return Outcome(NULL, container({}, None, _replace(ask.receiver, taints=(), constant=True)))


def set_item(ask: Ask) -> Outcome | None:
    """`list.set(position, element)`; gives what was there."""
    if len(ask.args) < 2:
        return None
    return Outcome(index(ask.receiver, ask.args[0]), store_index(ask.receiver, ask.args[0], ask.args[1]))


def shuffled(result: Value | None = None) -> Model:
    """Make a model of a change of order; it gives `result`, or else the container itself."""

    def model(ask: Ask) -> Outcome:
        receiver = any_of(ask.receiver)
        return Outcome(receiver if result is None else result, receiver)

    return model


def reordered(ask: Ask) -> Outcome | None:
    """`sorted(list)`: the same elements in some order."""
    return Outcome(any_of(as_list(ask.args[0]))) if ask.args else None


def reversed_list(ask: Ask) -> Outcome | None:
    """`list.reverse()` in its place."""
    known = elements(ask.receiver) if ask.receiver.items is not None else None
    receiver = any_of(ask.receiver) if known is None else container(dict(enumerate(reversed(known))), None, ask.receiver)
    return Outcome(NULL if ask.language == "python" else receiver, receiver)


def reversed_given(ask: Ask) -> Outcome | None:
    """`reversed(list)`."""
    if not ask.args:
        return None
    known = elements(ask.args[0])
    return Outcome(any_of(as_list(ask.args[0])) if known is None else make_list(list(reversed(known))))


def copied(ask: Ask) -> Outcome | None:
    """A copy of the receiver."""
    return Outcome(unnamed(ask.receiver))


def copied_typed(ask: Ask) -> Outcome | None:
    """A copy of the receiver that keeps its type."""
    return Outcome(_replace(ask.receiver, key=""))


def as_any(ask: Ask) -> Outcome | None:
    """Some of the elements, in some order: `filter`, `distinct`, `toSorted`."""
    return Outcome(any_of(as_list(ask.receiver)))


def as_elements(ask: Ask) -> Outcome | None:
    """The same elements as a list: `toArray`, `stream`, `iterator`."""
    return Outcome(as_list(ask.receiver))


def some_element(ask: Ask) -> Outcome | None:
    """One of the elements."""
    return Outcome(element(ask.receiver))


def cut_list(ask: Ask) -> Outcome | None:
    """`list.slice(low, high)`, `subList`."""
    low, high = ask.arg(0), ask.arg(1)
    return Outcome(unnamed(slice_of(ask.receiver, low, high)))


def splice(ask: Ask) -> Outcome | None:
    """JavaScript's `list.splice(start, count, new…)`."""
    known = elements(ask.receiver) if ask.receiver.items is not None else None
    start = ask.args[0].literal if ask.args else None
    count = ask.args[1].literal if len(ask.args) > 1 else len(known or ())
    if known is None or not isinstance(start, int) or not isinstance(count, int):
        receiver = any_of(ask.receiver)
        for new in ask.args[2:]:
            receiver = appended(receiver, new)
        return Outcome(any_of(ask.receiver), receiver)
    values = list(known)
    at = range(len(values) + 1)[start] if -len(values) <= start <= len(values) else len(values)
    if start < 0:
        at = len(values) + start
    taken = values[at : at + max(0, count)]
    values[at : at + max(0, count)] = ask.args[2:]
    return Outcome(make_list(taken), container(dict(enumerate(values)), None, ask.receiver))


def fill(ask: Ask) -> Outcome | None:
    """`list.fill(value)`."""
    if not ask.args:
        return None
    receiver = container({}, join(element(ask.receiver), ask.args[0]), ask.receiver)
    return Outcome(receiver, receiver)


def flat_list(ask: Ask) -> Outcome | None:
    """`list.flat()`."""
    known = elements(ask.receiver)
    if known is None:
        return Outcome(container({}, element(element(ask.receiver)), Value(form="list")))
    result = make_list([])
    for one in known:
        result = concatenated(result, one) if one.form == "list" else appended(result, one)
    return Outcome(result)
