"""Containers, objects and parts of text: making them, reading from them, writing to them. Nothing is changed in place."""

import re
from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from clearance.scan.code.flow.algebra_containers import MAX_ITEMS, keyed_of, taints_of
from clearance.scan.code.flow.algebra_joins import container, element, is_null, join, joined
from clearance.scan.code.flow.algebra_origins import HARMLESS_TEXT, NULL, merged, of_literal, with_taints
from clearance.scan.code.flow.value import HARMLESS, HOLE, UNKNOWN, Taint, Value

Items: TypeAlias = dict[str | int, Value]
_replace = msgspec.structs.replace
_MAX_NAME = 200
_CAPITALS = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_?\Z")
_WORD = re.compile(r"[A-Za-z_$][\w$]*\Z")
_SET_BY_CODE = frozenset({"__name__", "__tablename__", "db_table", "__file__", "__qualname__", "__version__", "__module__"})
_COUNTS = frozenset({"length", "byteLength"})
_SEQUENCES = frozenset({"list", "set"})


# Making


def make_list(values: Sequence[Value], form: str = "list") -> Value:
    """Give a list, tuple or set of these values."""
    like = Value(form="set" if form == "set" else "list")
    return container(dict(enumerate(values)), None, like)


def plain_key(key: Value) -> str | int | None:
    """Give what a constant key is kept under: text or a whole number; None where it is not known, or something else."""
    literal = key.literal
    if type(literal) is str or type(literal) is int:
        return literal
    if isinstance(literal, bool):
        return int(literal)
    if isinstance(literal, float) and literal.is_integer() and abs(literal) < 1e9:
        return int(literal)
    return None


def make_object(entries: Sequence[tuple[Value | None, Value]]) -> Value:
    """Give a dict or object of these entries in order; a key of None spreads a value."""
    items: Items = {}
    rest: Value | None = None
    keyed: tuple[Taint, ...] = ()
    for key, value in entries:
        anything: Value | None = None
        if key is not None:
            plain = plain_key(key)
            if plain is not None:
                items[plain] = value
                continue
            anything, keyed = value, merged(keyed, key.taints)
        elif value.items is not None:
            anything, keyed = value.rest, merged(keyed, keyed_of(value))
        elif not is_null(value):
            anything = element(value)
        if anything is not None:
            for known, inner in items.items():
                items[known] = join(inner, anything)
            rest = anything if rest is None else join(rest, anything)
        if key is None and value.items is not None:
            items.update({known: with_taints(inner, value.taints) for known, inner in value.items.items()})
    return container(items, rest, Value(form="dict"), keyed)


# Reading


def _longer_key(v: Value, name: str) -> str:
    if not v.key:
        return ""
    key = f"{v.key}.{name}"
    return key if len(key) <= _MAX_NAME else ""


def _entry_key(v: Value, plain: str | int) -> str:
    key = f"{v.key}[{plain!r}]" if v.key else ""
    return key if len(key) <= _MAX_NAME else ""


def _longer_names(v: Value, name: str) -> tuple[str, ...]:
    if not v.names:
        return (f"?.{name}",)
    if len(v.names) == 1:
        one = f"{v.names[0]}.{name}"
        return (one,) if len(one) <= _MAX_NAME else (f"?.{name}",)
    return tuple([f"{one}.{name}" if len(one) + len(name) < _MAX_NAME else f"?.{name}" for one in v.names])


def _keyed(inner: Value, key: str) -> Value:
    return inner if inner.key == key else _replace(inner, key=key)


def _known(v: Value, plain: str | int) -> Value | None:
    """Give what certainly lies under a key."""
    items = v.items
    if items is None:
        return None
    found = items.get(plain)
    if found is not None:
        return found
    if isinstance(plain, int):
        if plain < 0:
            return items.get(plain + len(items)) if v.rest is None and v.form == "list" else None
        return items.get(str(plain))
    return items.get(int(plain)) if len(plain) < 10 and plain.isascii() and plain.isdigit() else None


def index(v: Value, key: Value) -> Value:
    """Give what lies under a key: the known item, or what any that it may be have in common; a character of constant
    text."""
    plain = plain_key(key)
    if v.items is None:
        if v.text is not None and v.constant and isinstance(v.literal, str):
            if isinstance(plain, int) and -len(v.literal) <= plain < len(v.literal):
                return of_literal(v.literal[plain])
            return HARMLESS_TEXT
        return _unknown_entry(v, plain)
    if plain is None:
        return element(v)
    found = _known(v, plain)
    if found is None:
        if isinstance(plain, int) and plain < 0 and v.form == "list":
            found = element(v)
        elif v.rest is not None:
            found = v.rest
        else:
            found = NULL if v.form != "list" else HARMLESS
    if v.taints:
        found = with_taints(found, v.taints)
    return _keyed(found, _entry_key(v, plain)) if v.key else found


def _unknown_entry(v: Value, plain: str | int | None) -> Value:
    """Give something that lies in a value of which no content is known. Under a name it is called as an attribute is."""
    result = element(v)
    if v.constant or not (v.names or v.key):
        return result
    if isinstance(plain, str) and _WORD.match(plain):
        names = _longer_names(v, plain)
    else:
        names = tuple([f"{one}[]" for one in v.names if len(one) < _MAX_NAME])
    return _replace(result, names=names, key="" if plain is None else _entry_key(v, plain))


def attribute(v: Value, name: str) -> Value:
    """Give what is known of an attribute: the field, or something with a longer name and the value's own origins."""
    if v.items is not None:
        found = v.items.get(name)
        if found is not None:
            if v.taints:
                found = with_taints(found, v.taints)
            return _keyed(found, _longer_key(v, name)) if v.key else found
        if name in _COUNTS and v.rest is None and v.form in _SEQUENCES:
            return of_literal(len(v.items))
        if v.rest is None:
            return _unknown_attribute(v, name, v.taints, constant=v.constant)
        taints = merged(v.taints, taints_of(v.rest))
        return _unknown_attribute(v, name, taints, constant=v.rest.constant and not taints)
    if name in _COUNTS:
        return of_literal(len(v.literal)) if isinstance(v.literal, str) else HARMLESS
    return _unknown_attribute(v, name, v.taints, constant=v.constant)


def _unknown_attribute(v: Value, name: str, taints: tuple[Taint, ...], *, constant: bool) -> Value:
    if not constant and not taints:
        constant = name in _SET_BY_CODE or (name.isupper() and _CAPITALS.match(name) is not None)
    return Value(
        constant=constant,
        names=_longer_names(v, name),
        taints=taints,
        key=_longer_key(v, name),
        checked=v.checked,
    )


def elements(v: Value) -> list[Value] | None:
    """Give the elements of a list, tuple or set that is known whole, or the characters of short constant text; else None."""
    if v.items is None:
        if isinstance(v.literal, str) and len(v.literal) <= MAX_ITEMS:
            return [of_literal(character) for character in v.literal]
        return None
    if v.rest is not None or v.form == "dict":
        return None
    values = [v.items[number] for number in range(len(v.items)) if number in v.items]
    if len(values) != len(v.items):
        return None
    return [with_taints(value, v.taints) for value in values] if v.taints else values


def _unknown_keys(v: Value) -> Value | None:
    """Give what the keys may be that are not known; None where all are."""
    if v.items is None:
        return Value(constant=v.constant, taints=v.taints, checked=v.checked)
    if v.rest is None and not v.taints:
        return None
    taints = merged(v.taints, keyed_of(v))
    if v.rest is not None:
        taints = merged(taints, taints_of(v.rest))
    return Value(constant=not taints and v.constant, taints=taints)


def keys_of(v: Value) -> Value:
    """Give the keys of a dict or object, or the positions of a list, as a list."""
    items: Items = {number: of_literal(key) for number, key in enumerate(v.items or ())}
    return container(items, _unknown_keys(v), Value(form="list"))


def values_of(v: Value) -> Value:
    """Give the values of a dict or object, or the elements of a list, as a list."""
    like = Value(form="list", taints=v.taints)
    if v.items is None:
        return container({}, element(v), Value(form="list"))
    return container(dict(enumerate(v.items.values())), v.rest, like)


def pairs_of(v: Value) -> Value:
    """Give the entries of a dict or object (of a list: positions and elements) as a list of pairs."""
    like = Value(form="list", taints=v.taints)
    key = _unknown_keys(v)
    if v.items is None:
        return container({}, make_list([key or HARMLESS, element(v)]), Value(form="list"))
    pairs: Items = {number: make_list([of_literal(known), inner]) for number, (known, inner) in enumerate(v.items.items())}
    return container(pairs, None if v.rest is None else make_list([key or HARMLESS, v.rest]), like)


def slice_of(v: Value, low: Value | None, high: Value | None) -> Value:
    """Give `v[low:high]`."""
    bounds: list[int | None] = []
    for bound in (low, high):
        if bound is None or is_null(bound):
            bounds.append(None)
        elif isinstance(bound.literal, int):
            bounds.append(int(bound.literal))
        else:
            return _some_of(v)
    if isinstance(v.literal, str):
        return of_literal(v.literal[bounds[0] : bounds[1]])
    values = elements(v)
    if values is not None:
        return container(dict(enumerate(values[bounds[0] : bounds[1]])), None, Value(form=v.form, names=v.names))
    return v if bounds == [None, None] else _some_of(v)


def _some_of(v: Value) -> Value:
    """Give some part of text or of a list, in order."""
    if v.items is not None:
        return container({}, element(v), Value(form=v.form, names=v.names))
    if v.constant:
        return _replace(v, literal=UNKNOWN, text=None if v.text is None else "")
    return _replace(v, text=HOLE if v.built else None, literal=UNKNOWN, names=(), key="")


# Writing


def _opened(v: Value) -> tuple[dict[str | int, Value], Value | None]:
    """Give the contents of a value for writing; what is not known becomes the rest."""
    if v.items is not None:
        return dict(v.items), v.rest
    return {}, None if v.constant and (v.literal is UNKNOWN or is_null(v)) and v.form else element(v)


def store_index(v: Value, key: Value, new: Value) -> Value:
    """Give the container after `v[key] = new`: a constant key is overwritten, any other may have been any of them."""
    items, rest = _opened(v)
    keyed = keyed_of(v)
    plain = plain_key(key)
    if isinstance(plain, int) and plain < 0 and v.form == "list":
        plain = plain + len(items) if rest is None and plain + len(items) in items else None
    if plain is None:
        for known, inner in items.items():
            items[known] = join(inner, new)
        return container(items, new if rest is None else join(rest, new), v, merged(keyed, key.taints))
    return _stored(v, plain, new)


def store_attribute(v: Value, name: str, new: Value) -> Value:
    """Give the object after `v.name = new`."""
    return _stored(v, name, new)


def _stored(v: Value, plain: str | int, new: Value) -> Value:
    items, rest = _opened(v)
    if plain not in items and len(items) >= MAX_ITEMS:
        rest = new if rest is None else join(rest, new)
    else:
        items[plain] = new
    return container(items, rest, v, keyed_of(v))


def appended(v: Value, new: Value) -> Value:
    """Give a list with one more element at its end (a set with one more in it)."""
    items, rest = _opened(v)
    like = v if v.form else _replace(v, form="list")
    if rest is not None or len(items) >= MAX_ITEMS or len(items) in items:
        return container(items, new if rest is None else join(rest, new), like)
    items[len(items)] = new
    return container(items, None, like)


def of_elements(values: Sequence[Value], like: Value) -> Value:
    """Give a list of these elements that otherwise is `like`."""
    return container(dict(enumerate(values)), None, like if like.form else _replace(like, form="list"))


def any_of(v: Value) -> Value:
    """Give a list with the same elements as `v`, in an order and number that is not known."""
    if v.items is None:
        return v
    like = v if v.form else _replace(v, form="list")
    return container({}, joined([*v.items.values(), *([] if v.rest is None else [v.rest])]), like) if v.items else v


def removed(v: Value, key: Value) -> Value:
    """Give a dict or list without the entry under a key."""
    plain = plain_key(key)
    if v.items is None:
        return v
    if v.form == "list":
        values = elements(v)
        if values is None or not isinstance(plain, int) or not -len(values) <= plain < len(values):
            return any_of(v)
        del values[plain]
        return of_elements(values, v)
    items = dict(v.items)
    if plain is None:
        return container(items, NULL if v.rest is None else v.rest, v, keyed_of(v))
    items.pop(plain, None)
    return container(items, v.rest, v, keyed_of(v))
