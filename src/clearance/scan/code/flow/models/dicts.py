"""What is done with dicts."""

from collections.abc import Callable

import msgspec

from clearance.scan.code.flow.algebra import (
    NULL,
    container,
    element,
    index,
    join,
    keys_of,
    make_object,
    of_literal,
    pairs_of,
    plain_key,
    removed,
    store_index,
    values_of,
)
from clearance.scan.code.flow.models.asking import Ask, Model, Outcome
from clearance.scan.code.flow.models.containers import dict_of
from clearance.scan.code.flow.value import ANYTHING, HARMLESS, Value

_replace = msgspec.structs.replace


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
    entries.extend((None, dict_of(arg)) for arg in ask.args)
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
