"""Models of what keeps values apart by more than a key: stores by section, optional values, JSON."""

import json
from collections.abc import Sequence
from typing import Final

from clearance.scan.code.flow.algebra import (
    HARMLESS_TEXT,
    MAX_ITEMS,
    NULL,
    cleaned,
    container,
    element,
    index,
    is_null,
    join,
    made_of,
    make_list,
    make_object,
    of_literal,
    pairs_of,
    store_index,
    taints_of,
)
from clearance.scan.code.flow.models.asking import Ask, Outcome, own_name
from clearance.scan.code.flow.models.dicts import lookup
from clearance.scan.code.flow.value import ANYTHING, HARMLESS, HOLE, Value

_MAX_JSON = 4000


# Stores by section


def new_store(ask: Ask) -> Outcome | None:
    """`configparser.ConfigParser()`."""
    return Outcome(container({}, None, Value(form="dict", names=own_name(ask))))


def store_set(ask: Ask) -> Outcome | None:
    """`store.set(section, key, value)`."""
    if len(ask.args) < 2:
        return None
    value = ask.args[2] if len(ask.args) > 2 else NULL
    section = index(ask.receiver, ask.args[0])
    if is_null(section):
        section = make_object([])
    return Outcome(NULL, store_index(ask.receiver, ask.args[0], store_index(section, ask.args[1], value)))


def store_get(ask: Ask) -> Outcome | None:
    """`store.get(section, key, fallback=…)`."""
    if len(ask.args) < 2:
        return None
    found, there = lookup(index(ask.receiver, ask.args[0]), ask.args[1])
    fallback = ask.named.get("fallback")
    if fallback is None or there:
        return Outcome(found)
    return Outcome(fallback if there is False else join(found, fallback))


def store_section(ask: Ask) -> Outcome | None:
    """`store.add_section(section)`."""
    return Outcome(NULL, store_index(ask.receiver, ask.args[0], make_object([]))) if ask.args else None


def store_read(ask: Ask) -> Outcome | None:
    """`store.read_string(text)`, `store.read(path)`: anything may be in it now."""
    new = made_of(ask.args) if ask.method in ("read_string", "read_dict", "read_file", "load") else ANYTHING
    any_section = container({}, Value(taints=new.taints), Value(form="dict"))
    receiver = store_index(ask.receiver, ANYTHING, any_section)
    return Outcome(HARMLESS, receiver)


def store_items(ask: Ask) -> Outcome | None:
    """`store.items(section)`, `store.items()`."""
    return Outcome(pairs_of(index(ask.receiver, ask.args[0]) if ask.args else ask.receiver))


# Optional values


def optional_of(ask: Ask) -> Outcome | None:
    """`Optional.of(value)`, `Optional.empty()`."""
    value = ask.args[0] if ask.args else NULL
    return Outcome(container({"value": value}, None, Value(form="object", names=("java.util.Optional()",))))


def _held(v: Value) -> Value:
    return v.items["value"] if v.items is not None and "value" in v.items else element(v)


def optional_get(ask: Ask) -> Outcome | None:
    """`optional.get()`, `optional.orElse(other)`."""
    held = _held(ask.receiver)
    if ask.args and ask.method == "orElse":
        return Outcome(ask.args[0] if is_null(held) else join(held, ask.args[0]))
    return Outcome(held)


def optional_element(ask: Ask) -> Outcome | None:
    """`stream.findFirst()`: an optional value that may hold any element."""
    return Outcome(container({"value": element(ask.receiver)}, None, Value(form="object", names=("java.util.Optional()",))))


# JSON


def _of_json(data: object, depth: int = 0) -> Value:
    if depth > 5:
        return HARMLESS
    if isinstance(data, dict):
        pairs: Sequence[tuple[Value | None, Value]] = [
            (of_literal(str(key)), _of_json(inner, depth + 1)) for key, inner in list(data.items())[:MAX_ITEMS]
        ]
        return make_object(pairs)
    if isinstance(data, list):
        return make_list([_of_json(inner, depth + 1) for inner in data[:MAX_ITEMS]])
    return of_literal(data) if data is None or isinstance(data, str | int | float) else HARMLESS


def json_read(ask: Ask) -> Outcome | None:
    """`JSON.parse(text)`, `json.loads(text)`."""
    if not ask.args:
        return None
    text = ask.args[0]
    if isinstance(text.literal, str) and len(text.literal) <= _MAX_JSON:
        try:
            return Outcome(_of_json(json.loads(text.literal)))
        except (ValueError, RecursionError):
            return Outcome(HARMLESS)
    return Outcome(HARMLESS if text.constant else Value(taints=taints_of(text)))


_NO_LINES: Final = frozenset({"log", "header"})


def json_write(ask: Ask) -> Outcome | None:
    """`JSON.stringify(value)`, `json.dumps(value)`: text without line breaks."""
    if not ask.args:
        return None
    v = ask.args[0]
    if v.constant:
        return Outcome(HARMLESS_TEXT)
    return Outcome(cleaned(Value(text=HOLE, built=True, taints=taints_of(v)), _NO_LINES))
