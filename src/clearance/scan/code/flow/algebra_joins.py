"""The ground of the value algebra: origins and their bounds, containers and their bounds, and what two ways have in common.

Every value stays small whatever the code does: `MAX_ITEMS` things in a container, `MAX_DEPTH` containers within each other,
`MAX_SIZE` values in one (counted along every way, so that walks over shared parts are bounded, too), `MAX_TAINTS` origins,
`MAX_TEXT` characters, `MAX_TRAIL` steps of a way. What goes beyond is joined, so that nothing that matters is lost with it.
"""

import operator
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import msgspec

from clearance.scan.code.flow.value import ANYTHING, CLOSED, HOLE, KINDS, REMOTE, UNKNOWN, Hop, Taint, Value

MAX_ITEMS: Final = 64
MAX_DEPTH: Final = 6
MAX_SIZE: Final = 2000
_LARGE: Final = 250
MAX_TAINTS: Final = 4
MAX_TEXT: Final = 4000
MAX_TRAIL: Final = 12
MAX_NAMES: Final = 4
_TRAIL_HEAD = 4

_replace = msgspec.structs.replace
_NO_KINDS: frozenset[str] = frozenset()
# What somebody elsewhere controls comes first; then a parameter whose callers may bring just that.
_ORDER = (*(kind for kind in KINDS if kind in REMOTE), CLOSED, *(kind for kind in KINDS if kind not in REMOTE))
_RANK: Final = {kind: number for number, kind in enumerate(_ORDER)}

NULL: Final = Value(constant=True, literal=None)
"""None, null, nil, undefined."""
TRUE: Final = Value(constant=True, literal=True)
FALSE: Final = Value(constant=True, literal=False)
EMPTY: Final = Value(constant=True, literal="", text="")
HARMLESS_TEXT: Final = Value(constant=True, text="")
"""Text of which only is known that it cannot carry an attack."""


def of_literal(literal: object, form: str = "") -> Value:
    """Give the value of a literal: text, number, truth value, None, or `...` for one whose value is not kept."""
    if literal is None:
        return NULL
    if literal is True:
        return TRUE
    if literal is False:
        return FALSE
    if literal is ...:
        return Value(constant=True, form=form)
    if isinstance(literal, str):
        if len(literal) > MAX_TEXT:
            return Value(constant=True, text=literal[:MAX_TEXT], form=form)
        return Value(constant=True, literal=literal, text=literal, form="" if form == "bytes" else form)
    return Value(constant=True, literal=literal, form=form)


# Origins


def _origin(taint: Taint) -> tuple[int, tuple[Hop, ...], int, int]:
    """Give what tells origins apart, strongest kinds first."""
    trail = taint.trail
    if trail:
        return _RANK.get(taint.kind, 99), trail[:1], -1, -1
    return _RANK.get(taint.kind, 99), (), taint.function, taint.position


def _one_origin(one: Taint, other: Taint) -> Taint:
    """Join what two ways did to the same origin: clean only where both are, by the shorter way."""
    if one is other:
        return one
    cleaned = one.cleaned if one.cleaned == other.cleaned else one.cleaned & other.cleaned
    weak = one.weak and other.weak
    mine, theirs = one.trail, other.trail
    kept = one if mine is theirs or (len(mine), mine) <= (len(theirs), theirs) else other
    if kept.cleaned == cleaned and kept.weak == weak:
        return kept
    return _replace(kept, cleaned=cleaned, weak=weak)


def merged(one: tuple[Taint, ...], other: tuple[Taint, ...]) -> tuple[Taint, ...]:
    """Give the origins of both, at most `MAX_TAINTS`; the very tuple `one` where `other` adds nothing."""
    if one is other or not other:
        return one
    if not one:
        return other if len(other) == 1 else _ordered(list(dict.fromkeys(other)))
    if len(one) == len(other) and all(map(operator.is_, one, other)):
        return one
    both = list(one)
    changed = False
    for new in other:
        for number, known in enumerate(both):
            if known is new:
                break
            if known.kind == new.kind and known.trail[:1] == new.trail[:1] and _origin(known) == _origin(new):
                result = _one_origin(known, new)
                if result is not known:
                    both[number] = result
                    changed = True
                break
        else:
            both.append(new)
    if len(both) == len(one):
        return tuple(both) if changed else one
    result_all = _ordered(both)
    return one if len(result_all) == len(one) and all(map(operator.is_, one, result_all)) else result_all


def _ordered(taints: list[Taint]) -> tuple[Taint, ...]:
    """Give the strongest ones of some origins, in order; what two ways did to one origin is joined."""
    by_origin: dict[tuple[int, tuple[Hop, ...], int, int], Taint] = {}
    for taint in taints:
        origin = _origin(taint)
        known = by_origin.get(origin)
        by_origin[origin] = taint if known is None else _one_origin(known, taint)
    return tuple([by_origin[origin] for origin in sorted(by_origin)[:MAX_TAINTS]])


def merged_all(many: Iterable[tuple[Taint, ...]]) -> tuple[Taint, ...]:
    """Give the origins of all."""
    result: tuple[Taint, ...] = ()
    for taints in many:
        if taints:
            result = merged(result, taints)
    return result


# Containers


class Contents(dict[str | int, Value]):
    """The items of a container with what is asked of all of them over and over. Never changed once it is in a value."""

    __slots__ = ("constant", "depth", "keyed", "size", "tainted")
    keyed: tuple[Taint, ...]
    """Origins of keys that are not known: those who walk over the keys meet them."""
    depth: int
    size: int
    tainted: bool
    constant: bool


def keyed_of(value: Value) -> tuple[Taint, ...]:
    """Give the origins of keys that are not known."""
    return value.items.keyed if type(value.items) is Contents else ()


def _measured(items: dict[str | int, Value], rest: Value | None, keyed: tuple[Taint, ...] = ()) -> Contents:
    """Measure items, which forget what variable they were read from."""
    result = Contents(items)
    depth, size, tainted, constant = 0, 1, bool(keyed), True
    result.keyed = keyed
    for key, value in result.items():
        if value.key:
            result[key] = _replace(value, key="")
        size += 1
        tainted = tainted or bool(value.taints)
        constant = constant and value.constant
        if value.items is not None:
            inner = _contents(value)
            depth = max(depth, inner.depth)
            size += inner.size
            tainted = tainted or inner.tainted
    if rest is not None:
        size += 1
        tainted = tainted or bool(rest.taints)
        constant = constant and rest.constant
        if rest.items is not None:
            inner = _contents(rest)
            depth = max(depth, inner.depth)
            size += inner.size
            tainted = tainted or inner.tainted
    result.depth, result.size, result.tainted, result.constant = depth + 1, size, tainted, constant
    return result


def _contents(value: Value) -> Contents:
    """Give the measured items of a value that has items."""
    items = value.items
    if type(items) is Contents:
        return items
    return _measured(items or {}, value.rest)


def _bound(items: dict[str | int, Value], rest: Value | None, keyed: tuple[Taint, ...]) -> tuple[Contents, Value | None]:
    """Give contents within all bounds."""
    if len(items) > MAX_ITEMS:
        items = dict(items)
        for key in list(items)[MAX_ITEMS:]:
            more = items.pop(key)
            rest = more if rest is None else join(rest, more)
    if rest is not None and rest.key:
        rest = _replace(rest, key="")
    known = _measured(items, rest, keyed)
    if known.depth > MAX_DEPTH or known.size > MAX_SIZE:
        limit = MAX_DEPTH - 1 if known.size <= MAX_SIZE else 0
        rest = None if rest is None else _shallow(rest, limit)
        known = _measured({key: _shallow(value, limit) for key, value in known.items()}, rest, keyed)
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


def _shallow(value: Value, depth: int) -> Value:
    """Give a value with at most `depth` containers within each other."""
    if value.items is None:
        return value
    known = _contents(value)
    if known.depth <= depth:
        return value
    if depth <= 0:
        return flat(value)
    items = {key: _shallow(inner, depth - 1) for key, inner in known.items()}
    rest = None if value.rest is None else _shallow(value.rest, depth - 1)
    return _replace(value, items=_measured(items, rest, known.keyed), rest=rest)


def flat(value: Value) -> Value:
    """Give a value whose contents are merged into it: nothing is known of single items any more."""
    if value.items is None:
        return value
    return _replace(
        value, items=None, rest=None, taints=taints_of(value), constant=value.constant and _contents(value).constant
    )


def taints_of(value: Value) -> tuple[Taint, ...]:
    """Give the origins of a value with those of all that lies in it."""
    items = value.items
    if items is None:
        return value.taints
    result = value.taints
    if type(items) is Contents:
        if not items.tainted:
            return result
        if items.keyed:
            result = merged(result, items.keyed)
    for inner in items.values():
        more = inner.taints if inner.items is None else taints_of(inner)
        if more:
            result = merged(result, more)
    return result if value.rest is None else merged(result, taints_of(value.rest))


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


# Two ways


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
    """Tell whether a value certainly holds nothing: a constant that is no container."""
    return value.constant and not value.form and (value.literal is not UNKNOWN or value.text is not None)


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
    if a.items is None or b.items is None:
        known, other = (b, a) if a.items is None else (a, b)
        taints = merged(a.taints, b.taints)
        if known.items is None:
            return _Joined(None, None, taints)
        if _scalar(other):  # the rest says that nothing is certain any more
            return _Joined(known.items, NULL if known.rest is None else known.rest, taints)
        return _Joined(None, None, merged(taints_of(a), taints_of(b)))
    mine, theirs = a.items, b.items
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


# Changes to origins


def with_taints(v: Value, taints: tuple[Taint, ...]) -> Value:
    """Give the value with these origins added to its own; it is constant no more."""
    if not taints:
        return v
    more = merged(v.taints, taints)
    if more is v.taints and not v.constant:
        return v
    checked = _NO_KINDS if v.constant else v.checked
    return Value(False, UNKNOWN, v.text, v.built, v.form, v.items, v.rest, v.names, more, v.refers, v.key, checked)


def mapped(v: Value, change: Callable[[Taint], Taint]) -> Value:
    """Give the value with each origin changed, those of its contents, too."""
    taints = v.taints
    if taints:
        changed = tuple([change(taint) for taint in taints])
        for one, other in zip(taints, changed, strict=True):
            if one is not other:
                taints = changed
                break
    items, rest = v.items, v.rest
    if items is not None and (type(items) is not Contents or items.tainted):
        items, rest = _mapped_contents(items, rest, change)
    if taints is v.taints and items is v.items and rest is v.rest:
        return v
    return Value(v.constant, v.literal, v.text, v.built, v.form, items, rest, v.names, taints, v.refers, v.key, v.checked)


def _mapped_contents(
    items: dict[str | int, Value], rest: Value | None, change: Callable[[Taint], Taint]
) -> tuple[dict[str | int, Value], Value | None]:
    made: dict[str | int, Value] | None = None
    for key, inner in items.items():
        if not inner.taints and inner.items is None:
            continue
        new = mapped(inner, change)
        if new is not inner:
            if made is None:
                made = dict(items)
            made[key] = new
    new_rest = rest if rest is None else mapped(rest, change)
    keyed = items.keyed if type(items) is Contents else ()
    new_keyed = tuple([change(taint) for taint in keyed])
    for one, other in zip(keyed, new_keyed, strict=True):
        if one is not other:
            made = dict(items) if made is None else made
    if made is None and new_rest is rest:
        return items, rest
    return _measured(items if made is None else made, new_rest, new_keyed), new_rest


def hop(v: Value, step: Hop) -> Value:
    """Add a step to the way of each origin: at most `MAX_TRAIL`, the first ones and the last ones are kept. A step that
    the way
    has taken before is not taken again."""
    if not v.taints and (v.items is None or not _contents(v).tainted):
        return v

    def further(taint: Taint) -> Taint:
        trail = taint.trail
        if step in trail:
            return taint
        if len(trail) >= MAX_TRAIL:
            trail = (*trail[:_TRAIL_HEAD], *trail[_TRAIL_HEAD + 1 :])
        return Taint(taint.kind, (*trail, step), taint.page, taint.cleaned, taint.weak, taint.function, taint.position)

    return mapped(v, further)


def _weak(taint: Taint) -> Taint:
    return taint if taint.weak else _replace(taint, weak=True)


def weakened(v: Value) -> Value:
    """Say of each origin that the value went through a call that nobody can look into."""
    return mapped(v, _weak)


def cleaned(v: Value, kinds: frozenset[str]) -> Value:
    """Give the value after it was made harmless for these kinds of sinks; `*` means all, and leaves a constant."""
    if "*" in kinds:
        text = v.text if v.constant or v.built else None
        result = Value(constant=True, text=text, form=v.form, names=v.names, key=v.key)
        if v.items is None:
            return result
        items = {key: cleaned(inner, kinds) for key, inner in v.items.items()}
        return container(items, None if v.rest is None else cleaned(v.rest, kinds), result)
    if not kinds or (v.constant and not taints_of(v)):
        return v

    def clean(taint: Taint) -> Taint:
        return taint if kinds <= taint.cleaned else _replace(taint, cleaned=taint.cleaned | kinds)

    result = mapped(v, clean)
    if v.constant:
        return result
    return result if kinds <= result.checked else _replace(result, checked=result.checked | kinds)
