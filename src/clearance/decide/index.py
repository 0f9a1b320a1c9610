"""Which policies a question is put to: those that could answer it with no, or fail.

A policy names one action and one kind of subject, so that a set falls into groups by its heads; within a group, a policy
whose guard (`guard.py`) does not hold for a subject is left out. The broad permit is in every engine, so that an answer
always names somebody. Engines (Cedar's own compiled sets) are made when they are first needed and kept, a bounded number
of them. An engine knows which attributes its policies look at, so that nothing else need be told to Cedar.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import cedarpy
import msgspec

from clearance.decide.guard import Guard, Key, Path, filters_of, guard_of, names_of, plain_value, roots_of
from clearance.decide.policy import Policy
from clearance.decide.question import OPTIONAL
from clearance.facts.decision import Verdict

_MOST_JOINED = 32
"""Policies that one engine is made of for a combination of keys; where more hold, each key's own engine is asked."""
_WORTH_JOINING = 3
"""Times that keys must hold together before an engine is made for their combination: to compile one costs as much as asking
about ten."""
_MOST_FILTERED = 8
"""Policies of one key that are looked at one by one; where there are more, engines of all their selections would be many."""
_MOST_KEPT = 8_192
"""Engines; all are forgotten when there are more. So are combinations that were seen."""

Values = tuple[Mapping[str, Any], Mapping[str, Any], Mapping[str, Any], Mapping[str, Any]]
"""The attributes of a subject, the change, who wrote it, and the context."""
_OF_CHANGE = 1
_ROOTS = {"resource": 0, "principal": 2, "context": 3}
Spot = tuple[int, str]
"""Where an attribute stands: in which of `Values`, and its name."""


class Engine(NamedTuple):
    """A compiled set, and whether a policy of it looks at the context, at who asks, or from a part at the whole change.
    `names` are all attributes that one looks at, of whatever; None: nobody knows. `constant`: none looks at anything."""

    policies: cedarpy.PolicySet
    context: bool = True
    principal: bool = True
    change: bool = True
    names: frozenset[str] | None = None
    constant: bool = False


class _Held(NamedTuple):
    """A policy with its place in the set, its guard, and what must be so besides."""

    place: int
    guard: Guard
    filters: tuple[tuple[Path, frozenset[Any]], ...]


class Group:
    """The policies about one action and one kind of subject, by their keys: for each attribute a table of what it may be."""

    def __init__(self, held: Iterable[_Held]) -> None:
        always: list[int] = []
        keyed: dict[Key, list[int]] = {}
        self._filters: dict[int, list[tuple[int, str, frozenset[Any]]]] = {}
        for one in held:
            if one.guard is None or not all(_is_spot(key.path) for key in one.guard):
                always.append(one.place)
                continue
            for key in one.guard:
                keyed.setdefault(key, []).append(one.place)
            looked_up = {key.path for key in one.guard} if len(one.guard) == 1 else set()
            self._filters[one.place] = [
                (*_spot(path), values) for path, values in one.filters if _is_spot(path) and path not in looked_up
            ]
        self._always = (tuple(always),) if always else ()
        equal: dict[Spot, dict[Any, tuple[int, ...]]] = {}
        has: dict[Spot, dict[Any, tuple[int, ...]]] = {}
        edges: dict[tuple[Spot, bool], dict[int, dict[str, tuple[int, ...]]]] = {}
        tried: dict[Spot, list[tuple[Callable[[Any, Any], bool], Any, tuple[int, ...]]]] = {}
        for (how, path, value), places in keyed.items():
            spot = _spot(path)
            if how in ("=", "has"):
                (equal if how == "=" else has).setdefault(spot, {})[value] = tuple(places)
            elif how in ("prefix", "suffix"):
                edges.setdefault((spot, how == "prefix"), {}).setdefault(len(value), {})[value] = tuple(places)
            else:
                tried.setdefault(spot, []).append((_COMPARE[how], value, tuple(places)))
        self._equal = [(*spot, table) for spot, table in equal.items()]
        self._has = [(*spot, table) for spot, table in has.items()]
        self._edges = [(*spot, is_prefix, tuple(table.items())) for (spot, is_prefix), table in edges.items()]
        self._tried = [(*spot, tests) for spot, tests in tried.items()]
        """What is tried one by one: comparisons of numbers, and what a set lacks."""

    def asked(self, values: Values) -> tuple[tuple[int, ...], ...]:
        """Give the places of the policies that could fire or fail, in one tuple for each key that holds (a policy may stand
        in several).

        Raises:
            LookupError: an attribute that a key is about is not there.
            TypeError: it is not of the type that the key is.
        """
        found = [*self._always]
        for where, name, table in self._equal:
            value = values[where][name]
            if (held := table.get(plain_value(value) if type(value) is dict else value)) is not None:
                found.append(held)
        for where, name, table in self._has:
            found += [table[one] for one in map(plain_value, values[where][name]) if one in table]
        for where, name, is_prefix, lengths in self._edges:
            value = values[where][name]
            for length, table in lengths:
                edge = value[:length] if is_prefix else value[max(0, len(value) - length) :]
                if (held := table.get(edge)) is not None:
                    found.append(held)
        for where, name, tests in self._tried:
            value = values[where][name]
            found += [places for holds, other, places in tests if holds(value, other)]
        return tuple(left for places in found if (left := self._left(places, values)))

    def _left(self, places: tuple[int, ...], values: Values) -> tuple[int, ...]:
        """Leave out what cannot fire or fail for another reason than its key."""
        if len(places) > _MOST_FILTERED:
            return places
        kept = [place for place in places if self._could(place, values)]
        return places if len(kept) == len(places) else tuple(kept)

    def _could(self, place: int, values: Values) -> bool:
        for where, name, allowed in self._filters.get(place, ()):
            value = values[where][name]
            if (plain_value(value) if type(value) is dict else value) not in allowed:
                return False
        return True


def _is_spot(path: Path) -> bool:
    """Tell whether an attribute is one of the subject itself, of the change, of who wrote it, or of the context. There are
    no others; a policy about one would always be asked, as is one about what a question need not have."""
    return (len(path) == 2 and path not in OPTIONAL) or (len(path) == 3 and path[:2] == ("resource", "change"))


def _spot(path: Path) -> Spot:
    return (_ROOTS[path[0]], path[1]) if len(path) == 2 else (_OF_CHANGE, path[2])


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "lacks": lambda value, other: other not in map(plain_value, value),
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
        self._permits = tuple(place for place, policy in enumerate(self._policies) if policy.verdict is Verdict.ALLOW)
        grouped: dict[tuple[str, str], list[_Held]] = {}
        for place, policy in enumerate(self._policies):
            if policy.verdict is not Verdict.ALLOW:
                conditions = policy.tree["conditions"]
                held = _Held(place, guard_of(conditions), filters_of(conditions))
                grouped.setdefault((policy.action, policy.subject), []).append(held)
        self.groups = {head: Group(held) for head, held in grouped.items()}
        self._engines: dict[tuple[int, ...], Engine] = {}
        self._together: dict[tuple[tuple[int, ...], ...], int] = {}
        """How often keys held together."""

    def engines(self, action: str, kind: str, values: Values) -> tuple[tuple[int, ...], ...]:
        """Name the engines to ask about a subject: none where no policy could fire or fail. Each is a name for `engine`.

        Raises:
            LookupError: as `Group.asked`.
        """
        group = self.groups.get((action, kind))
        found = group.asked(values) if group else ()
        return found if len(found) < 2 else self._joined(found)

    def _joined(self, found: tuple[tuple[int, ...], ...]) -> tuple[tuple[int, ...], ...]:
        """Give one engine in place of several where these are asked together often; which are asked makes no difference to
        what comes out."""
        times = self._together.get(found, 0)
        if times < _WORTH_JOINING:
            if len(self._together) >= _MOST_KEPT:
                self._together.clear()
            self._together[found] = times + 1
        elif sum(map(len, found)) <= _MOST_JOINED:
            return (tuple(sorted({place for held in found for place in held})),)
        return found

    def engine(self, places: tuple[int, ...]) -> Engine:
        """Give the engine of some policies and the permit; `()` is the permit alone."""
        engine = self._engines.get(places)
        if engine is None:
            if len(self._engines) >= _MOST_KEPT:
                self._engines.clear()
            policies = [self._policies[place] for place in (*self._permits, *places)]
            conditions = [policy.tree["conditions"] for policy in policies]
            reads, names = roots_of(conditions), names_of(conditions)
            constant = not any(conditions) and all(_is_broad(policy.tree) for policy in policies)
            made = compiled({policy.id: policy.tree for policy in policies})
            engine = Engine(made, "context" in reads, "principal" in reads, "change" in reads, names, constant)
            self._engines[places] = engine
        return engine


def _is_broad(tree: Mapping[str, Any]) -> bool:
    return all(tree[part]["op"] == "All" for part in ("principal", "action", "resource"))


def compiled(trees: Mapping[str, dict[str, Any]]) -> cedarpy.PolicySet:
    """Compile policies from Cedar's JSON form, by id. Annotations, of which Cedar makes nothing, are left out."""
    bare = {name: {part: value for part, value in tree.items() if part != "annotations"} for name, tree in trees.items()}
    whole = {"templates": {}, "staticPolicies": bare, "templateLinks": []}
    return cedarpy.PolicySet.from_json_str(msgspec.json.encode(whole).decode("utf-8"))
