"""Models of lists, sets, dicts, maps, queues, iterators, optional values and stores by section, for all languages."""

from collections.abc import Callable
from typing import Final

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
    is_null,
    join,
    joined,
    keys_of,
    make_list,
    make_object,
    of_literal,
    pairs_of,
    plain_key,
    removed,
    slice_of,
    store_index,
    values_of,
)
from clearance.scan.code.flow.models.asking import Ask, Model, Outcome, either, own_name, unnamed
from clearance.scan.code.flow.value import ANYTHING, HARMLESS, Value

_replace = msgspec.structs.replace
_UNDEFINED: Final = NULL


def as_list(v: Value, form: str = "list", names: tuple[str, ...] = ()) -> Value:
    """Give a list (set, queue) with the same elements."""
    if v.items is None:
        known = elements(v)
        if known is not None:
            return container(dict(enumerate(known)), None, Value(form=form, names=names))
        if is_null(v):
            return container({}, None, Value(form=form, names=names))
        return container({}, element(v), Value(form=form, names=names))
    return container(dict(v.items), v.rest, Value(form=form, names=names, taints=v.taints))


def truth_value(decided: bool | None) -> Value:  # noqa: FBT001 what was decided
    """Give the value of what may have been decided."""
    return HARMLESS if decided is None else of_literal(decided)


# Making


def new_list(form: str = "list") -> Model:
    """Make a model of a constructor of lists or sets: empty, a copy, or with a size."""

    def model(ask: Ask) -> Outcome:
        source = ask.args[0] if ask.args else None
        names = own_name(ask)
        if source is None or (source.constant and source.items is None and source.text is None):
            return Outcome(container({}, None, Value(form=form, names=names)))
        return Outcome(as_list(source, form, names))

    return model


def list_of(form: str = "list", *, spread_one: bool = False) -> Model:
    """Make a model of a call that gives a list of its arguments. `spread_one`: a single list stands for its elements."""

    def model(ask: Ask) -> Outcome:
        names = own_name(ask)
        if spread_one and len(ask.args) == 1 and ask.args[0].form == "list":
            return Outcome(as_list(ask.args[0], form, names))
        made = make_list(ask.args, form)
        if ask.loose and ask.args:
            made = any_of(made)
        return Outcome(_replace(made, names=names))

    return model


def elements_given(form: str = "list") -> Model:
    """Make a model of a call that gives a list or set with the elements of its first argument."""

    def model(ask: Ask) -> Outcome:
        if not ask.args:
            return Outcome(container({}, None, Value(form=form)))
        return Outcome(as_list(ask.args[0], form))

    return model


def new_dict(ask: Ask) -> Outcome | None:
    """A new dict or map: empty, a copy, of pairs, of keyword arguments."""
    made = _dict_of(ask.args[0]) if ask.args and not _scalar(ask.args[0]) else make_object([])
    if ask.named:
        more: list[tuple[Value | None, Value]] = [
            (of_literal(name), inner) for name, inner in ask.named.items() if name != "**"
        ]
        made = make_object([(None, made), *more, *([(None, ask.named["**"])] if "**" in ask.named else [])])
    return Outcome(_replace(made, names=own_name(ask)))


def _scalar(v: Value) -> bool:
    return v.constant and v.items is None


def _dict_of(v: Value) -> Value:
    """Give a dict of another one, or of pairs."""
    if v.items is None or v.form == "dict" or any(isinstance(key, str) for key in v.items):
        return make_object([(None, v)])
    pairs = elements(v)
    if pairs is None:
        pair = element(v)
        return make_object([(ANYTHING, index(pair, of_literal(1)))])
    return make_object([(index(pair, of_literal(0)), index(pair, of_literal(1))) for pair in pairs])


def dict_of_pairs(ask: Ask) -> Outcome | None:
    """`Object.fromEntries(pairs)`."""
    return Outcome(_dict_of(ask.args[0])) if ask.args else None


def dict_in_turns(ask: Ask) -> Outcome | None:
    """`Map.of(key, value, key, value …)`."""
    entries = [(key, value) for key, value in zip(ask.args[::2], ask.args[1::2], strict=False)]
    return Outcome(_replace(make_object(list(entries)), names=own_name(ask)))


def pair(ask: Ask) -> Outcome | None:
    """`Map.entry(key, value)`: a pair."""
    return Outcome(make_list(ask.args[:2]))


def dict_of_entries(ask: Ask) -> Outcome | None:
    """`Map.ofEntries(entry…)`."""
    return Outcome(_replace(_dict_of(make_list(ask.args)), names=own_name(ask)))


def dict_from_keys(ask: Ask) -> Outcome | None:
    """`dict.fromkeys(keys, value)`."""
    if not ask.args:
        return None
    value = ask.args[1] if len(ask.args) > 1 else NULL
    keys = elements(ask.args[0])
    return Outcome(make_object([(key, value) for key in (keys if keys is not None else [ANYTHING])]))


# Lists


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


# Dicts


def lookup(v: Value, key: Value) -> tuple[Value, bool | None]:
    """Give what lies under a key, and whether anything does."""
    plain = plain_key(key)
    found = index(v, key)
    if v.items is None or plain is None:
        return found, False if v.items is not None and not v.items and v.rest is None else None
    if plain in v.items:
        return found, True if v.rest is None else None
    return found, False if v.rest is None else None


def get_key(ask: Ask) -> Outcome | None:
    """`map.get(key)`, `map.get(key, default)`, `getOrDefault`."""
    if not ask.args:
        return None
    found, there = lookup(ask.receiver, ask.args[0])
    if len(ask.args) < 2 and "default" not in ask.named:
        return Outcome(NULL if there is False else found)
    default = ask.args[1] if len(ask.args) > 1 else ask.named["default"]
    if there is None:
        found = join(found, default)
    return Outcome(default if there is False else found)


def put(result: Value | None = None) -> Model:
    """Make a model of `map.put(key, value)`; it gives what was there, `result`, or (JavaScript) the map."""

    def model(ask: Ask) -> Outcome | None:
        if len(ask.args) < 2:
            return None
        receiver = store_index(ask.receiver, ask.args[0], ask.args[1])
        if ask.language == "javascript":
            return Outcome(receiver, receiver)
        return Outcome(index(ask.receiver, ask.args[0]) if result is None else result, receiver)

    return model


def put_absent(ask: Ask) -> Outcome | None:
    """`setdefault(key, value)`, `putIfAbsent(key, value)`."""
    if not ask.args:
        return None
    new = ask.args[1] if len(ask.args) > 1 else NULL
    found, there = lookup(ask.receiver, ask.args[0])
    if there:
        return Outcome(found)
    value = new if there is False else join(found, new)
    return Outcome(value, store_index(ask.receiver, ask.args[0], value))


def update(ask: Ask) -> Outcome | None:
    """`dict.update(other, key=value)`, `map.putAll(other)`."""
    entries: list[tuple[Value | None, Value]] = [(None, ask.receiver)]
    entries.extend((None, _dict_of(arg)) for arg in ask.args)
    entries.extend((of_literal(name), value) for name, value in ask.named.items() if name != "**")
    if "**" in ask.named or (ask.loose and not ask.named):
        entries.append((None, ask.named.get("**", ANYTHING)))
    made = make_object(entries)
    return Outcome(NULL, container(dict(made.items or {}), made.rest, _replace(ask.receiver, form="dict")))


def assigned(ask: Ask) -> Outcome | None:
    """`Object.assign(target, source…)`."""
    if not ask.args:
        return None
    made = make_object([(None, arg) for arg in ask.args])
    result = container(dict(made.items or {}), made.rest, _replace(ask.args[0], form="dict"))
    return Outcome(result, None, {0: result})


def take_key(ask: Ask) -> Outcome | None:
    """`dict.pop(key, default)`, `map.remove(key)`, `map.delete(key)`."""
    if not ask.args:
        return Outcome(element(ask.receiver))
    found, there = lookup(ask.receiver, ask.args[0])
    if len(ask.args) > 1 and ask.language == "python":
        found = ask.args[1] if there is False else join(found, ask.args[1]) if there is None else found
    return Outcome(HARMLESS if ask.language == "javascript" else found, removed(ask.receiver, ask.args[0]))


def keys(ask: Ask) -> Outcome | None:
    """`dict.keys()`."""
    return Outcome(keys_of(ask.receiver))


def values(ask: Ask) -> Outcome | None:
    """`dict.values()`."""
    return Outcome(values_of(ask.receiver))


def entries(ask: Ask) -> Outcome | None:
    """`dict.items()`."""
    return Outcome(pairs_of(ask.receiver))


def with_given(function: Callable[[Value], Value]) -> Model:
    """Make a model that does something to its first argument."""

    def model(ask: Ask) -> Outcome | None:
        return Outcome(function(ask.args[0])) if ask.args else None

    return model


def indexes(ask: Ask) -> Outcome | None:
    """`array.entries()`: pairs of position and element."""
    return Outcome(pairs_of(ask.receiver))


def at(position: int) -> Model:
    """Make a model that gives the element at a position: `entry.getKey()`, `entry.getValue()`."""
    key = of_literal(position)
    return lambda ask: Outcome(index(ask.receiver, key))


def popped_entry(ask: Ask) -> Outcome | None:
    """`dict.popitem()`."""
    return Outcome(element(pairs_of(ask.receiver)))
