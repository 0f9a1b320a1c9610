"""Which policies make another one superfluous: they fire whenever it does, and are no milder.

Policies are kept under one part of their condition that is rare among all, and looked up by what is known where another one
fires, so that most are never compared. What is not found may still be there; what is found is so.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from clearance.decide.condition import clauses, formula
from clearance.decide.known import Known, consistent, follows
from clearance.decide.policy import ACTIONS, ACTS, Policy
from clearance.decide.terms import WILD, Form, Formula, Literal, Pattern, TooComplex, World, text_of
from clearance.decide.world import NO_NAMES, Names, world_of
from clearance.facts.decision import Verdict

MOST_COMPARED = 64
"""With how many others a policy is compared at most."""


class Logic:
    """One policy with its condition worked out, once. `form` and `ways` are None where it is too complex."""

    def __init__(self, policy: Policy, schema: str, names: Names = NO_NAMES) -> None:
        self.policy = policy
        self.world: World = world_of(schema, policy.subject, policy.action, names)

    @cached_property
    def form(self) -> Form | None:
        """When it fires."""
        try:
            return formula(self.policy)
        except TooComplex:
            return None

    @cached_property
    def _ways(self) -> tuple[list[Known], list[str]] | None:
        if self.form is None:
            return None
        try:
            return consistent(clauses(self.form), self.world)
        except TooComplex:
            return None

    @property
    def ways(self) -> Sequence[Known] | None:
        """What is known in each of the ways in which it can fire."""
        return None if self._ways is None else self._ways[0]

    @property
    def never(self) -> tuple[str, ...]:
        """Why it can never fire; empty where it can, or where that cannot be told."""
        if self.form is False:
            return ("its condition is false",)
        if self._ways is None or self._ways[0]:
            return ()
        return tuple(dict.fromkeys(self._ways[1]))


def implied(one: Logic, other: Logic) -> bool:
    """Whether `other` surely fires whenever `one` does. Both are about the same subject."""
    return one.ways is not None and other.form is not None and follows(one.ways, other.form)


def group(policy: Policy) -> tuple[str, str]:
    """Give what must be the same of two policies before they can be compared: what is judged, and the kind of subject."""
    kind = "change" if policy.action in ACTIONS else "act" if policy.action in ACTS else policy.action
    return kind, policy.subject


def no_milder(one: Policy, other: Policy) -> bool:
    """Whether `one`, where both fire, decides at least as strictly as `other`."""
    if one.verdict.rank < other.verdict.rank:
        return False
    if one.verdict is Verdict.DENY and other.verdict is Verdict.DENY:
        return other.could_not_look or not one.could_not_look
    if one.verdict is Verdict.ASK:
        people = dict(one.people)
        return all(people.get(role, 0) >= count for role, count in other.people)
    return True


class Index(NamedTuple):
    """Policies by a rare part of their condition, and those without one."""

    keyed: dict[Hashable, list[Logic]]
    wide: dict[tuple[str, str], list[Logic]]

    def candidates(self, one: Logic) -> Iterator[Logic]:
        """Give those that may fire whenever `one` does, each once."""
        if not one.ways:
            return
        about = group(one.policy)
        seen: set[str] = {one.policy.id}
        lists = [self.keyed.get((about, key), ()) for key in _lookups(one)]
        for found in (*lists, self.wide.get(about, ())):
            for other in found:
                if other.policy.id not in seen:
                    seen.add(other.policy.id)
                    yield other


def index(policies: Iterable[Logic]) -> Index:
    """Sort policies for `Index.candidates`."""
    whole = [one for one in policies if one.form is not None and one.form is not False]
    keys = {one.policy.id: [_keys(part) for part in _parts(one.form)] for one in whole}
    count: Counter[Hashable] = Counter()
    for one in whole:
        count.update((group(one.policy), key) for part in keys[one.policy.id] for key in part or ())
    found = Index({}, {})
    for one in whole:
        about = group(one.policy)
        usable = [part for part in keys[one.policy.id] if part]
        if not usable:
            found.wide.setdefault(about, []).append(one)
            continue
        for key in min(usable, key=lambda part: sum(count[about, key] for key in part)):
            found.keyed.setdefault((about, key), []).append(one)
    return found


def covers(one: Logic, among: Index, most: int = MOST_COMPARED) -> tuple[tuple[Logic, ...], bool]:
    """Give the policies that make `one` superfluous, and whether all candidates were compared."""
    found: list[Logic] = []
    for number, other in enumerate(among.candidates(one)):
        if number >= most:
            return tuple(found), False
        if no_milder(other.policy, one.policy) and implied(one, other):
            found.append(other)
    return tuple(found), True


def _parts(form: Form | None) -> tuple[Form, ...]:
    if form is None or isinstance(form, bool):
        return ()
    return form.parts if isinstance(form, Formula) and form.op == "and" else (form,)


def _keys(part: Form) -> list[Hashable]:
    """Give the keys of which one must be looked up where this part holds; none where that cannot be said."""
    if isinstance(part, Formula):
        inner = [_keys(one) for one in part.parts]
        return [key for keys in inner for key in keys] if part.op == "or" and all(inner) else []
    if isinstance(part, bool):
        return []
    match part.kind:
        case "is" if part.so:
            return [("is", part.term, one) for one in sorted(part.what)]
        case "like" if part.so:
            return [("like", part.term, _beginning(part.what))]
        case "between":
            return [("between", part.term)]
        case _:
            return [part]


def _lookups(one: Logic) -> Iterator[Hashable]:
    """Give the keys of what holds in one of the ways in which a policy fires: whatever covers it, covers that way, too."""
    way = min(one.ways or (), key=lambda known: len(known.literals))
    for literal in way.literals:
        yield literal
        if literal.kind == "between":
            yield ("between", literal.term)
        elif literal.so and literal.kind == "is":
            for name in sorted(literal.what):
                yield ("is", literal.term, name)
            yield from _beginnings(literal, min(text_of(name) for name in literal.what))
        elif literal.so and literal.kind == "like":
            yield from _beginnings(literal, _beginning(literal.what))


def _beginnings(literal: Literal, text: str) -> Iterator[Hashable]:
    for end in range(len(text) + 1):
        yield ("like", literal.term, text[:end])


def _beginning(pattern: Pattern) -> str:
    """Give the text before the first wildcard."""
    end = pattern.index(WILD) if WILD in pattern else len(pattern)
    return "".join(one or "" for one in pattern[:end])
