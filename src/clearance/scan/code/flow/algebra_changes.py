"""Changes to the origins of a value, and of all that lies in it: steps of their ways, cleaning, doubt. A way has at most
`MAX_TRAIL` steps."""

from collections.abc import Callable
from typing import Final

import msgspec

from clearance.scan.code.flow.algebra_containers import Contents, contents_of, measured, taints_of
from clearance.scan.code.flow.algebra_joins import container
from clearance.scan.code.flow.value import Hop, Taint, Value

MAX_TRAIL: Final = 12
_TRAIL_HEAD = 4

_replace = msgspec.structs.replace


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
    return measured(items if made is None else made, new_rest, new_keyed), new_rest


def hop(v: Value, step: Hop) -> Value:
    """Add a step to the way of each origin: at most `MAX_TRAIL`, the first ones and the last ones are kept. A step that
    the way
    has taken before is not taken again."""
    if not v.taints and (v.items is None or not contents_of(v).tainted):
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
