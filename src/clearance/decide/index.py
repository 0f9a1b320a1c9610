"""Which policies a question is put to: those that could answer it with no, or fail.

A policy names one action and one kind of subject, so that a set falls into groups by its heads; within a group, a policy
whose guard (`guard.py`) does not hold for a subject is left out. The broad permit is in every engine, so that an answer
always names somebody. Engines (Cedar's own compiled sets) are made when they are first needed and kept, a bounded number
of them.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import cedarpy

from clearance.decide.guard import Guard, Key, Path, guard_of, plain_value, roots_of
from clearance.decide.policy import Policy
from clearance.facts.decision import Verdict

_MOST_JOINED = 32
"""Policies that one engine is made of for a combination of keys; where more hold, each key's own engine is asked."""
_MOST_KEPT = 2_048
"""Engines for combinations; all are forgotten when there are more."""


class Engine(NamedTuple):
    """A compiled set, and whether a policy of it looks at the context, at who asks, or from a part at the whole change."""

    policies: cedarpy.PolicySet
    context: bool = True
    principal: bool = True
    change: bool = True


class _Held(NamedTuple):
    """A policy with its place in the set, and its guard."""

    place: int
    tree: dict[str, Any]
    guard: Guard
    reads: frozenset[str]


class Group:
    """The policies about one action and one kind of subject, by their keys: for each attribute a table of what it may be."""

    def __init__(self, held: Iterable[_Held]) -> None:
        always: list[int] = []
        keyed: dict[Key, list[int]] = {}
        for one in held:
            if one.guard is None:
                always.append(one.place)
            else:
                for key in one.guard:
                    keyed.setdefault(key, []).append(one.place)
        self._always = (tuple(always),) if always else ()
        self._equal: dict[Path, dict[Any, tuple[int, ...]]] = {}
        self._has: dict[Path, dict[Any, tuple[int, ...]]] = {}
        self._edges: dict[tuple[str, Path], dict[int, dict[str, tuple[int, ...]]]] = {}
        self._tried: dict[Path, list[tuple[Callable[[Any, Any], bool], Any, tuple[int, ...]]]] = {}
        """What is tried one by one: comparisons of numbers, and what a set lacks."""
        for (how, path, value), places in keyed.items():
            if how in ("=", "has"):
                (self._equal if how == "=" else self._has).setdefault(path, {})[value] = tuple(places)
            elif how in ("prefix", "suffix"):
                self._edges.setdefault((how, path), {}).setdefault(len(value), {})[value] = tuple(places)
            else:
                self._tried.setdefault(path, []).append((_COMPARE[how], value, tuple(places)))

    def asked(self, value_of: Callable[[Path], Any]) -> tuple[tuple[int, ...], ...]:
        """Give the places of the policies that could fire or fail, in one tuple for each key that holds (a policy may stand
        in several). `value_of` gives the value of an attribute.

        Raises:
            LookupError: an attribute that a key is about is not there.
            TypeError: it is not of the type that the key is.
        """
        found = [*self._always]
        for path, table in self._equal.items():
            if (held := table.get(plain_value(value_of(path)))) is not None:
                found.append(held)
        for path, table in self._has.items():
            found += [table[one] for one in map(plain_value, value_of(path)) if one in table]
        for (how, path), lengths in self._edges.items():
            value = value_of(path)
            for length, table in lengths.items():
                edge = value[:length] if how == "prefix" else value[max(0, len(value) - length) :]
                if (held := table.get(edge)) is not None:
                    found.append(held)
        for path, tests in self._tried.items():
            value = value_of(path)
            found += [places for holds, other, places in tests if holds(value, other)]
        return tuple(found)


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "lacks": lambda value, other: all(plain_value(one) != other for one in value),
    "some": lambda value, _: bool(value),
    "<": lambda value, other: value < other,
    "<=": lambda value, other: value <= other,
    ">": lambda value, other: value > other,
    ">=": lambda value, other: value >= other,
}


class Index:
    """All groups of a set, and the engines that were made of them."""

    def __init__(self, policies: Iterable[Policy]) -> None:
        self._policies = tuple(policies)
        self._permits = {policy.id: policy.tree for policy in self._policies if policy.verdict is Verdict.ALLOW}
        self._held: list[_Held] = []
        grouped: dict[tuple[str, str], list[_Held]] = {}
        for place, policy in enumerate(self._policies):
            conditions = policy.tree["conditions"]
            held = _Held(place, policy.tree, guard_of(conditions), roots_of(conditions))
            self._held.append(held)
            if policy.verdict is not Verdict.ALLOW:
                grouped.setdefault((policy.action, policy.subject), []).append(held)
        self.groups = {head: Group(held) for head, held in grouped.items()}
        self._engines: dict[tuple[int, ...], Engine] = {}

    def engines(self, action: str, kind: str, value_of: Callable[[Path], Any]) -> tuple[tuple[int, ...], ...]:
        """Name the engines to ask about a subject: none where no policy could fire or fail. Each is a name for `engine`.

        Raises:
            LookupError: as `Group.asked`.
        """
        group = self.groups.get((action, kind))
        found = group.asked(value_of) if group else ()
        if len(found) < 2:
            return found
        if sum(map(len, found)) <= _MOST_JOINED:
            return (tuple(sorted({place for held in found for place in held})),)
        return found

    def engine(self, places: tuple[int, ...]) -> Engine:
        """Give the engine of some policies and the permit; `()` is the permit alone."""
        engine = self._engines.get(places)
        if engine is None:
            if len(self._engines) >= _MOST_KEPT:
                self._engines.clear()
            trees = {self._policies[place].id: self._held[place].tree for place in places}
            reads = frozenset[str]().union(*(self._held[place].reads for place in places))
            flags = ("context" in reads, "principal" in reads, "change" in reads)
            engine = Engine(compiled(self._permits | trees), *flags)
            self._engines[places] = engine
        return engine


def compiled(trees: Mapping[str, dict[str, Any]]) -> cedarpy.PolicySet:
    """Compile policies from Cedar's JSON form, by id."""
    return cedarpy.PolicySet.from_json_str(json.dumps({"templates": {}, "staticPolicies": trees, "templateLinks": []}))
