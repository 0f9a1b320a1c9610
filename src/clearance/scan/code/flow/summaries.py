"""Keeps what following a function gave, for all calls that give it the like.

Two calls are alike where their arguments agree in all but the ways and places that taints came from. What is kept is told
again
with the taints of the new call in the place of the old ones.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from clearance.scan.code.flow import algebra
from clearance.scan.code.flow.event import Event, Given, Where
from clearance.scan.code.flow.frame import Summary
from clearance.scan.code.flow.value import ANYTHING, CLOSED, HARMLESS, UNKNOWN, Hop, Taint, Value

_replace = msgspec.structs.replace
_MAX_DEPTH: Final = 4
_MAX_ITEMS: Final = 40
_MAX_TRAIL: Final = 12
_TOO_DEEP: Final = "too deep"
_KIND: Final = {CLOSED: "parameter"}
"""Parameters are followed alike, whoever is in sight."""
Origin = tuple[str, Hop | None, int, int]


def origin_of(taint: Taint) -> Origin:
    """Give what tells a taint from others."""
    return taint.kind, taint.trail[0] if taint.trail else None, taint.function, taint.position


class Shapes:
    """Gives values numbers: values of the same number behave alike, origins aside."""

    def __init__(self) -> None:
        self._numbers: dict[object, int] = {}
        self._known: dict[int, tuple[Value, int, tuple[Taint, ...]]] = {}

    def of(self, value: Value, depth: int = 0) -> tuple[int, tuple[Taint, ...]]:
        """Give the number of a value, and all taints in it in order."""
        known = self._known.get(id(value))
        if known is not None:
            return known[1], known[2]
        taints = value.taints
        items: object = None
        if value.items is not None:
            if depth >= _MAX_DEPTH or len(value.items) > _MAX_ITEMS:
                items = id(value.items)
                taints = algebra.taints_of(value)
            else:
                parts = []
                for key, one in value.items.items():
                    number, inner = self.of(one, depth + 1)
                    parts.append((key, number))
                    taints += inner
                items = tuple(parts)
        rest: object = None
        if value.rest is not None:
            rest, inner = self.of(value.rest, depth + 1) if depth < _MAX_DEPTH else (_TOO_DEEP, ())
            taints += inner
        literal = value.literal
        if not isinstance(literal, str | int | float | None):
            literal = id(literal)
        described = tuple([(_KIND.get(one.kind, one.kind), one.cleaned) for one in value.taints]) if value.taints else None
        form = (
            value.constant, literal.__class__, literal, value.text, value.built, value.form, value.names, id(value.refers),
            value.checked, described, items, rest,
        )  # fmt: skip
        number = self._numbers.setdefault(form, len(self._numbers))
        self._known[id(value)] = (value, number, taints)  # the value is kept, so that its id stays its own
        return number, taints

    def key(
        self, number: int, this: Value | None, given: Sequence[Given], *, loose: bool = False
    ) -> tuple[object, list[Taint]]:
        """Give the key of a call of a function, and the taints of what it is given. `loose`: whether two of them are the
        same origin
        does not matter."""
        taints: list[Taint] = []
        parts: list[object] = [number]
        if this is not None:
            shape, inner = self.of(this)
            parts.append(shape)
            taints += inner
        for one in given:
            shape, inner = self.of(one.value)
            parts.append(shape if not one.name and not one.splat else (shape, one.name, one.splat))
            taints += inner
        if taints and not loose:
            order: dict[Origin, int] = {}
            firsts: list[Taint] = []
            pattern: list[int] = []
            for taint in taints:
                origin = origin_of(taint)
                at = order.get(origin)
                if at is None:
                    at = order[origin] = len(firsts)
                    firsts.append(taint)
                pattern.append(at)
            parts.append(tuple(pattern))
            return tuple(parts), firsts
        return tuple(parts), taints


class Renaming:
    """Puts the taints of one call in the place of those of another."""

    def __init__(self, old: Sequence[Taint], new: Sequence[Taint], old_step: Hop, new_step: Hop) -> None:
        self._new = {origin_of(one): (one, other) for one, other in zip(old, new, strict=True)}
        self._steps = (old_step, new_step)
        self._wheres: dict[int, Where] = {}
        self._events: dict[int, Event] = {}
        self.identical = old_step == new_step and all(one.trail == other.trail for one, other in zip(old, new, strict=True))

    def _taint(self, taint: Taint) -> Taint:
        pair = self._new.get(origin_of(taint))
        if pair is None:
            return taint
        old, new = pair
        mine = (*old.trail, self._steps[0])
        trail = taint.trail
        if trail[: len(mine)] == mine:
            rest = trail[len(mine) :]
        elif trail[: len(old.trail)] == old.trail:
            rest = trail[len(old.trail) :]
        else:
            rest = trail[1:]
        longer = (*new.trail, self._steps[1], *rest)
        if len(longer) > _MAX_TRAIL:
            longer = (*longer[:4], *longer[4 - _MAX_TRAIL :])
        weak = new.weak or (taint.weak and not old.weak)
        return Taint(new.kind, longer, new.page, taint.cleaned, weak, new.function, new.position)

    def value(self, value: Value) -> Value:
        """Give a value with the taints of the new call."""
        return algebra.mapped(value, self._taint)

    def _given(self, given: Sequence[Given]) -> list[Given]:
        return [one._replace(value=self.value(one.value)) for one in given]

    def _where(self, where: Where) -> Where:
        known = self._wheres.get(id(where))
        if known is None:
            old, new = self._steps
            hops = tuple([new if hop == old else hop for hop in where.hops])
            known = self._wheres[id(where)] = _replace(where, hops=hops)
        return known

    def event(self, event: Event) -> Event:
        """Give an event as it happens in the new call."""
        known = self._events.get(id(event))
        if known is None:
            known = self._events[id(event)] = _replace(
                event,
                given=self._given(event.given),
                receiver=self.value(event.receiver) if event.receiver is not None else None,
                value=self.value(event.value) if event.value is not None else None,
                other=self.value(event.other) if event.other is not None else None,
                result=self.value(event.result) if event.result is not None else None,
                before=tuple([self.event(one) for one in event.before]),
                told=False,
            )
            known.where = self._where(event.where)
        return known

    def summary(self, summary: Summary) -> Summary:
        """Give a kept summary for the new call. What guards ask of it stays that of the old one: its kinds are the same."""
        if self.identical:
            return summary
        out = Summary(self.value(summary.result), summary.frame)
        out.receiver = self.value(summary.receiver) if summary.receiver is not None else None
        out.params = {name: self.value(value) for name, value in summary.params.items()}
        out.exits = summary.exits
        out.fluent = summary.fluent
        out.events = [self.event(event) for event in summary.events]
        out.ends = summary.ends
        return out


def general(given: Sequence[Given]) -> list[Given]:
    """Give arguments of which no constant's value is kept, so that more calls are alike."""
    return [one._replace(value=_general(one.value)) for one in given]


def plain(given: Sequence[Given]) -> list[Given]:
    """Give arguments of which only taints and the like are kept: no contents, no names."""
    return [one._replace(value=_plain(one.value)) for one in given]


def is_remote(given: Sequence[Given], this: Value | None) -> bool:
    """Tell whether a call is given anything that comes from outside for certain, not only by a parameter."""
    return any(
        taint.kind not in ("parameter", CLOSED)
        for value in (*(one.value for one in given), *((this,) if this is not None else ()))
        for taint in algebra.taints_of(value)
    )


def _general(value: Value) -> Value:
    if (
        value.constant
        and value.items is None
        and not value.form
        and (value.literal is not UNKNOWN or value.text is not None)
    ):
        if value.literal is None or isinstance(value.literal, bool):
            return value
        return Value(constant=True, names=value.names, key=value.key)
    return value


def _plain(value: Value) -> Value:
    if value.constant:
        return HARMLESS
    if value.form in ("function", "class"):
        return value
    taints = algebra.taints_of(value)
    return Value(taints=taints[:1]) if taints else ANYTHING
