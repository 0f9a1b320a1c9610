"""The ground of the value algebra: literals, and origins within their bounds.

Every value stays small whatever the code does: `MAX_TAINTS` origins, `MAX_TEXT` characters, `MAX_NAMES` names. What goes
beyond is joined, so that nothing that matters is lost with it. Bounds of containers stand in `algebra_containers`.
"""

import operator
from collections.abc import Iterable
from typing import Final

import msgspec

from clearance.scan.code.flow.value import CLOSED, KINDS, REMOTE, UNKNOWN, Hop, Taint, Value

MAX_TAINTS: Final = 4
MAX_TEXT: Final = 4000
MAX_NAMES: Final = 4

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


def with_taints(v: Value, taints: tuple[Taint, ...]) -> Value:
    """Give the value with these origins added to its own; it is constant no more."""
    if not taints:
        return v
    more = merged(v.taints, taints)
    if more is v.taints and not v.constant:
        return v
    checked = _NO_KINDS if v.constant else v.checked
    return Value(False, UNKNOWN, v.text, v.built, v.form, v.items, v.rest, v.names, more, v.refers, v.key, checked)
