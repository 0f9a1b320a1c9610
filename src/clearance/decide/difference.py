"""What changes when one set of policies takes the place of another, in plain words and by cases.

Conditions are compared as logic (`condition.py`): stricter is what fires whenever the old one did, milder what fires only
where the old one did. What cannot be shown either way is `unclear`, and counts as milder wherever somebody must be warned.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from clearance.decide.cover import Logic, covers, group, implied, index
from clearance.decide.decide import decide
from clearance.decide.explain import effect, wanted
from clearance.decide.policy import Policy
from clearance.decide.policy_set import Policies
from clearance.decide.table import Row, case_of, said
from clearance.decide.words import parts, words
from clearance.facts.decision import Decision, Verdict
from clearance.facts.fact import Fact

Direction = Literal["stricter", "milder", "other", "unclear"]
"""`other`: neither stricter nor milder (words, controls, a policy that another one covers)."""


class Aspect(Fact):
    """One thing about a policy that changed: `what` (verdict, people, conditions, …), in which direction, and how."""

    what: str
    direction: Direction
    said: str


class Entry(Fact):
    """One policy that was added, removed or changed. `direction` sums its aspects up: milder if any is."""

    kind: Literal["added", "removed", "changed"]
    policy: str
    direction: Direction
    effect: str
    aspects: tuple[Aspect, ...] = ()


class CaseChange(Fact):
    """One case whose verdict, or whose people, the two sets disagree on."""

    name: str
    before: str
    after: str
    direction: Direction


class Difference(Fact):
    """All that changes. `asked` counts the cases that both sets decided; `reasons` those that only have other reasons."""

    entries: tuple[Entry, ...]
    cases: tuple[CaseChange, ...]
    asked: int
    reasons: int

    @property
    def milder(self) -> bool:
        """Whether something became milder, or may have."""
        found = [*(one.direction for one in self.entries), *(one.direction for one in self.cases)]
        return "milder" in found or "unclear" in found


def difference(
    before: Policies,
    after: Policies,
    rows: Sequence[Row],
    others: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
) -> Difference:
    """Compare two sets, and decide all cases with both. `others` are the texts of other judges' rules (Rego) on both sides,
    by path: they are told where they differ, and take no part in the cases."""
    old = {policy.id: policy for policy in before.all}
    new = {policy.id: policy for policy in after.all}
    entries = [
        *_gone(old, new, before.schema_text),
        *(_added(new[name]) for name in new if name not in old),
        *_of_others(*others),
        *(
            entry
            for name in new
            if name in old and (entry := _changed(old[name], new[name], before.schema_text)) is not None
        ),
    ]
    order = {"removed": 0, "changed": 1, "added": 2}
    cases, reasons = _cases(before, after, rows)
    return Difference(
        entries=tuple(sorted(entries, key=lambda one: (order[one.kind], one.policy))),
        cases=cases,
        asked=len(rows),
        reasons=reasons,
    )


def _of_others(before: Mapping[str, str], after: Mapping[str, str]) -> Iterable[Entry]:
    """Tell rules that are not compared as logic: what they deny is known when they run."""
    effect_ = "rules of another judge, which are not compared and take no part in the cases below"
    for path in sorted(before.keys() | after.keys()):
        if path not in before:
            yield Entry(kind="added", policy=path, direction="stricter", effect=effect_)
        elif path not in after:
            yield Entry(kind="removed", policy=path, direction="milder", effect=effect_)
        elif before[path] != after[path]:
            yield Entry(kind="changed", policy=path, direction="unclear", effect=effect_)


def _added(policy: Policy) -> Entry:
    return Entry(kind="added", policy=policy.id, direction="stricter", effect=_effect(policy), aspects=(_reads(policy, ""),))


def _reads(policy: Policy, schema: str) -> Aspect:
    form = Logic(policy, schema).form
    return Aspect(what="fires", direction="other", said=words(form) if form is not None else "see its text")


def _gone(old: dict[str, Policy], new: dict[str, Policy], schema: str) -> Iterable[Entry]:
    """Tell what was removed; what another policy of the new set covers is no loss."""
    missing = [policy for name, policy in old.items() if name not in new]
    if not missing:
        return
    among = index(Logic(policy, schema) for policy in new.values())
    for policy in missing:
        found, _ = covers(Logic(policy, schema), among)
        covered = f"{found[0].policy.id} fires whenever it did, and is no milder" if found else ""
        aspect = Aspect(what="covered", direction="other", said=covered) if found else _reads(policy, schema)
        yield Entry(
            kind="removed",
            policy=policy.id,
            direction="other" if found else "milder",
            effect=_effect(policy),
            aspects=(aspect,),
        )


def _effect(policy: Policy) -> str:
    people = f", {wanted(policy)}" if policy.people else ""
    return f"{effect(policy)}{people}: {policy.why}"


def _changed(old: Policy, new: Policy, schema: str) -> Entry | None:
    if old.text == new.text:
        return None
    aspects = [*_verdict(old, new), *_people(old, new), *_conditions(old, new, schema), *_wording(old, new)]
    if not aspects:
        return None  # comments and spaces
    found = {aspect.direction for aspect in aspects}
    direction: Direction = next((one for one in _ORDER if one in found), "other")
    return Entry(kind="changed", policy=new.id, direction=direction, effect=_effect(new), aspects=tuple(aspects))


_ORDER: tuple[Direction, ...] = ("milder", "unclear", "stricter", "other")


def _verdict(old: Policy, new: Policy) -> Iterable[Aspect]:
    if group(old) != group(new):
        said_ = f"about a {old.subject.lower()} ({old.action}) → about a {new.subject.lower()} ({new.action})"
        yield Aspect(what="subject", direction="unclear", said=said_)
    if old.verdict is not new.verdict:
        direction: Direction = "stricter" if new.verdict.rank > old.verdict.rank else "milder"
        yield Aspect(what="verdict", direction=direction, said=f"{old.verdict.value} → {new.verdict.value}")
    if old.could_not_look != new.could_not_look:
        words_ = {True: "exit 4, could not look", False: "exit 1"}
        said_ = f"{words_[old.could_not_look]} → {words_[new.could_not_look]}"
        yield Aspect(what="exit", direction="other", said=said_)


def _people(old: Policy, new: Policy) -> Iterable[Aspect]:
    if old.people == new.people or group(old) != group(new) or {old.verdict, new.verdict} != {Verdict.ASK}:
        return
    before, after = dict(old.people), dict(new.people)
    roles = before.keys() | after.keys()
    more = any(after.get(role, 0) > before.get(role, 0) for role in roles)
    fewer = any(after.get(role, 0) < before.get(role, 0) for role in roles)
    direction: Direction = "unclear" if more and fewer else "stricter" if more else "milder"
    yield Aspect(what="people", direction=direction, said=f"{wanted(old)} → {wanted(new)}")


def _conditions(old: Policy, new: Policy, schema: str) -> Iterable[Aspect]:
    if old.tree["conditions"] == new.tree["conditions"] or group(old) != group(new):
        return
    one, other = Logic(old, schema), Logic(new, schema)
    more, fewer = implied(one, other), implied(other, one)
    if more and fewer:
        yield Aspect(what="conditions", direction="other", said="written otherwise, fires on the same")
        return
    direction: Direction = "stricter" if more else "milder" if fewer else "unclear"
    how = {"stricter": "fires on more", "milder": "fires on less", "unclear": "fires on other things"}[direction]
    if one.form is None or other.form is None:
        yield Aspect(what="conditions", direction="unclear", said=f"{how}: see its text")
        return
    before, after = parts(one.form), parts(other.form)
    gone = [part for part in before if part not in after]
    come = [part for part in after if part not in before]
    said_ = "; ".join([*(f"no longer: {part}" for part in gone), *(f"now: {part}" for part in come)])
    yield Aspect(what="conditions", direction=direction, said=f"{how}: {said_}" if said_ else how)


def _wording(old: Policy, new: Policy) -> Iterable[Aspect]:
    for what, before, after in (
        ("why", old.why, new.why),
        ("fix", old.fix, new.fix),
        ("controls", _edges(old), _edges(new)),
    ):
        if before != after:
            yield Aspect(what=what, direction="other", said=f"{before or 'nothing'} → {after or 'nothing'}")


def _edges(policy: Policy) -> str:
    return ", ".join(f"{edge.rel.value} {edge.to}" for edge in policy.edges)


def _cases(before: Policies, after: Policies, rows: Sequence[Row]) -> tuple[tuple[CaseChange, ...], int]:
    """Decide each case with both sets, and give those that come out otherwise; and how many only have other reasons."""
    found, reasons = [], 0
    for row in rows:
        case = case_of(row)
        one, other = decide(case, before), decide(case, after)
        direction = _direction(one, other)
        if direction is not None:
            found.append(CaseChange(name=row.name, before=said(one), after=said(other), direction=direction))
        elif said(one) != said(other):
            reasons += 1
    return tuple(found), reasons


def _direction(one: Decision, other: Decision) -> Direction | None:
    """Say whether a decision became stricter; None where verdict and people stay the same."""
    if one.verdict is not other.verdict:
        return "stricter" if other.verdict.rank > one.verdict.rank else "milder"
    if one.verdict is not Verdict.ASK:
        return None
    before = {need.role: need.people for need in one.reviews}
    after = {need.role: need.people for need in other.reviews}
    if before == after:
        return None
    more = any(after.get(role, 0) > before.get(role, 0) for role in after)
    fewer = any(after.get(role, 0) < before.get(role, 0) for role in before)
    return "unclear" if more and fewer else "stricter" if more else "milder"
