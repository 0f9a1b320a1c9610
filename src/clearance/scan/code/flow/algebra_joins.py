"""What two ways have in common, and containers within their bounds: what goes beyond is joined, so that nothing that
matters is lost with it."""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from clearance.scan.code.flow.algebra_containers import (
    MAX_DEPTH,
    MAX_ITEMS,
    MAX_SIZE,
    Contents,
    flat,
    keyed_of,
    measured,
    shallow,
)
from clearance.scan.code.flow.algebra_origins import HARMLESS_TEXT, MAX_NAMES, NULL, merged, with_taints
from clearance.scan.code.flow.value import ANYTHING, HOLE, UNKNOWN, Taint, Value

_LARGE: Final = 250

_replace = msgspec.structs.replace


def _bound(items: dict[str | int, Value], rest: Value | None, keyed: tuple[Taint, ...]) -> tuple[Contents, Value | None]:
    """Give contents within all bounds."""
    if len(items) > MAX_ITEMS:
        items = dict(items)
        for key in list(items)[MAX_ITEMS:]:
            more = items.pop(key)
            rest = more if rest is None else join(rest, more)
    if rest is not None and rest.key:
        rest = _replace(rest, key="")
    known = measured(items, rest, keyed)
    if known.depth > MAX_DEPTH or known.size > MAX_SIZE:
        limit = MAX_DEPTH - 1 if known.size <= MAX_SIZE else 0
        rest = None if rest is None else shallow(rest, limit)
        known = measured({key: shallow(value, limit) for key, value in known.items()}, rest, keyed)
    return known, rest


def container(items: dict[str | int, Value], rest: Value | None, like: Value, keyed: tuple[Taint, ...] = ()) -> Value:
    """Give a container with these contents that otherwise is `like`, within all bounds. `keyed` are origins of unknown
    keys."""
    known, rest = _bound(items, rest, keyed)
    return Value(
        constant=known.constant and not like.taints,
        form=like.form,
        items=known,
        rest=rest,
        names=like.names,
        taints=like.taints,
        refers=like.refers,
        key=like.key,
        checked=like.checked,
    )


def element(value: Value) -> Value:
    """Give what any one element of a container (of text: a character) may be."""
    if value.items is None:
        if value.constant:
            return HARMLESS_TEXT if value.text is not None else Value(constant=True)
        return Value(taints=value.taints, checked=value.checked) if value.taints or value.checked else ANYTHING
    result = value.rest
    for inner in value.items.values():
        result = inner if result is None else join(result, inner)
    if result is None:
        return Value(constant=True, taints=()) if not value.taints else Value(taints=value.taints)
    return with_taints(result, value.taints) if value.taints else result


def _shorter(one: str | None, other: str | None) -> str | None:
    if not one:
        return one if other is None else other
    if not other:
        return one
    return one if (len(one), one) <= (len(other), other) else other


def _joined_text(a: Value, b: Value) -> str | None:
    """Give the text to go by of something that is one or the other: text with holes before constants, else the shorter, so
    that text that grows in a loop comes to rest at once."""
    if a.built:
        if b.built:
            return a.text if a.text == b.text else _shorter(a.text, b.text)
        return HOLE if b.taints and not b.constant else a.text
    if b.built:
        return HOLE if a.taints and not a.constant else b.text
    if a.text == b.text:
        return a.text
    if (a.taints and not a.constant) or (b.taints and not b.constant):
        return None
    return _shorter(a.text, b.text)


def _joined_names(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    if one == other or not other or len(one) >= MAX_NAMES:
        return one
    if not one:
        return other[:MAX_NAMES]
    # `node = node.next` in a loop adds nothing new.
    more = [name for name in other if name not in one and not any(name.startswith((f"{mine}.", f"{mine}[")) for mine in one)]
    return (*one, *more)[:MAX_NAMES] if more else one


def is_null(value: Value) -> bool:
    """Tell whether a value is None, null, nil or undefined."""
    return value.literal is None


def _scalar(value: Value) -> bool:
    """Tell whether a value certainly holds nothing: a literal that is known. What was joined never becomes one again, else a
    loop could make a container flat and whole again without end."""
    return value.constant and value.literal is not UNKNOWN


class _Joined(NamedTuple):
    items: dict[str | int, Value] | None
    rest: Value | None
    taints: tuple[Taint, ...]


def _at(value: Value, key: str | int) -> Value | None:
    """Give what a container may hold under a key that it does not know. For a list, a position beyond its end is an
    error."""
    if value.rest is not None:
        return value.rest
    return None if isinstance(key, int) and value.form != "dict" else NULL


def _joined_contents(a: Value, b: Value) -> _Joined:
    """Join contents: both have some, or one is a constant that certainly has none."""
    mine, theirs = a.items, b.items
    if mine is None or theirs is None:
        known = b if mine is None else a  # the rest says that nothing is certain any more
        return _Joined(known.items, NULL if known.rest is None else known.rest, merged(a.taints, b.taints))
    rest = a.rest if b.rest is None else b.rest if a.rest is None else join(a.rest, b.rest)
    both: dict[str | int, Value] = {}
    same = True
    for key, inner in mine.items():
        their = theirs.get(key)
        if their is None:
            their = _at(b, key)
            rest = rest if rest is not None else NULL  # nobody knows what is there and what is not
        one = inner if their is None else join(inner, their)
        same = same and one is inner
        both[key] = one
    for key, their in theirs.items():
        if key not in mine:
            mine_there = _at(a, key)
            rest = rest if rest is not None else NULL
            if len(both) >= MAX_ITEMS:
                rest = join(rest, their)
                continue
            both[key] = their if mine_there is None else join(mine_there, their)
            same = False
    keyed = merged(keyed_of(a), keyed_of(b))
    same = same and keyed is keyed_of(a)
    return _Joined(mine if same else both, rest, merged(a.taints, b.taints))


def _same_literal(one: object, other: object) -> bool:
    return one is other or (type(one) is type(other) and one == other)


def join(a: Value, b: Value) -> Value:
    """Give what is known of something that is one or the other. Gives `a` itself where `b` adds nothing, so that a loop has
    come to rest when `join(before, after) is before`."""
    if a is b:
        return a
    if (a.items is None) is not (b.items is None) and not _scalar(b if b.items is None else a):
        # Nothing is known of single items any more. Their origins count for the text, too, else only the next join would
        # see them.
        return join(flat(a), flat(b))
    constant = a.constant and b.constant
    literal = a.literal if constant and _same_literal(a.literal, b.literal) else UNKNOWN
    text = _joined_text(a, b)
    form = a.form if a.form == b.form or is_null(b) else b.form if is_null(a) else ""
    items, rest = a.items, a.rest
    if items is None and b.items is None:
        taints = merged(a.taints, b.taints)
    else:
        items, rest, taints = _joined_contents(a, b)
    checked = a.checked
    if a.constant != b.constant:
        checked = b.checked if a.constant else a.checked
    elif checked != b.checked:
        checked &= b.checked
    names = a.names if a.names == b.names else _joined_names(a.names, b.names)
    key = a.key if a.key == b.key else ""
    built = a.built or b.built
    refers = a.refers if a.refers is not None else b.refers
    if (
        constant == a.constant
        and (literal is a.literal)
        and (text == a.text)
        and built == a.built
        and form == a.form
        and items is a.items
        and rest is a.rest
        and names is a.names
        and taints is a.taints
        and refers is a.refers
        and key == a.key
        and checked == a.checked
    ):
        return a
    if items is None or (items is a.items and rest is a.rest):
        return Value(constant, literal, text, built, form, items, rest, names, taints, refers, key, checked)
    known, rest = _bound(items, rest, merged(keyed_of(a), keyed_of(b)))
    result = Value(constant and known.constant, literal, text, built, form, known, rest, names, taints, refers, key, checked)
    # What was merged to stay within bounds may be merged as it was before.
    return a if (known.depth >= MAX_DEPTH - 1 or known.size > _LARGE) and same(result, a) else result


def joined(values: Iterable[Value]) -> Value:
    """Give what is known of something that is one of these; of nothing at all, HARMLESS."""
    result: Value | None = None
    for value in values:
        result = value if result is None else join(result, value)
    return Value(constant=True) if result is None else result


def same(a: Value, b: Value) -> bool:
    """Tell whether two values say the same."""
    if a is b:
        return True
    if (
        a.constant != b.constant or a.text != b.text or a.built != b.built or a.form != b.form or a.names != b.names
        or a.key != b.key or a.checked != b.checked or a.refers is not b.refers or a.taints != b.taints
        or not _same_literal(a.literal,
            b.literal) or (a.items is None) != (b.items is None) or (a.rest is None) != (b.rest is None)
    ):  # fmt: skip
        return False
    if a.items is not None and b.items is not None and a.items is not b.items:
        if a.items.keys() != b.items.keys() or keyed_of(a) != keyed_of(b):
            return False
        if not all(same(inner, b.items[key]) for key, inner in a.items.items()):
            return False
    return a.rest is None or b.rest is None or same(a.rest, b.rest)
