"""Policies: each one of the set must fire on a case that it was written for."""

from collections.abc import Iterable, Iterator, Sequence
from importlib.resources import files

from clearance.decide.decide import decide
from clearance.decide.policy import ERROR, Policy
from clearance.decide.policy_set import Policies
from clearance.decide.table import Row, case_of, read_table
from clearance.facts.decision import Decision, Verdict
from clearance.facts.errors import BadPolicy
from clearance.facts.proof import Pulse, Shot
from clearance.wiring.places import TEAM_POLICIES, text
from clearance.wiring.proving.scene import Scene, Watch, shot

KINDS = ("policy",)
ALWAYS = False
PATIENT = False
_TESTS = f"{TEAM_POLICIES}/tests/"
_AGAIN = "install Clearance again: python -m pip install --force-reinstall clearance"


def inputs(scene: Scene) -> Iterator[bytes]:
    """Give the team's policies and their cases; the built-in ones are part of our code."""
    for path, data in sorted(scene.own.items()):
        if path.startswith(f"{TEAM_POLICIES}/"):
            yield path.encode("utf-8", "surrogateescape")
            yield data


def fire(scene: Scene) -> Iterable[Shot]:
    """Put to the whole set the cases that name each policy; it must be among the reasons."""
    from clearance.wiring.policies import policies_of

    watch = Watch()
    team = {path: text(data) for path, data in scene.own.items() if _is_policy(path)}
    own = read_table(files("clearance.decide").joinpath("cases.toml").read_text("utf-8"), "cases.toml")
    expected = sorted({reason for row in own for reason in row.reasons if reason != ERROR})
    try:
        policies = policies_of(team)
    except BadPolicy as error:
        # Nothing can be decided with a set that cannot be read, by any of the policies.
        mend = error.next or f"mend {error.where}"
        return [
            shot(
                "policy",
                Pulse.DEAD,
                f"the set cannot be read, so nothing can be decided: {error}",
                mend=mend,
                where=error.where,
            )
        ]
    rows, broken = _team_rows(scene)
    return [*broken, *_each(policies, [*own, *rows], expected, watch)]


def _each(policies: Policies, rows: Sequence[Row], expected: Sequence[str], watch: Watch) -> Iterator[Shot]:
    decided = [(row, decide(case_of(row), policies)) for row in rows]
    for name in expected:
        if policies.get(name) is None:
            yield shot(f"policy:{name}", Pulse.DEAD, "a built-in policy is missing from the program", mend=_AGAIN)
    for policy in policies.all:
        if policy.verdict is Verdict.ALLOW:
            continue
        named = [(row, decision) for row, decision in decided if policy.id in row.reasons]
        yield _one(policy, named, watch)


def _one(policy: Policy, named: Sequence[tuple[Row, Decision]], watch: Watch) -> Shot:
    guard = f"policy:{policy.id}"
    erring = [one for _, decision in named for one in decision.reasons if one.policy == ERROR]
    mend = f"mend {policy.where}, and commit it to the base" if policy.team else _AGAIN
    if erring:
        why = f"errs on its own case: {'; '.join(erring[0].about) or erring[0].why}"
        return shot(guard, Pulse.DEAD, why, mend=mend, where=policy.where, watch=watch)
    if not named:
        mend = f"write a case whose reasons name it into {_TESTS}, and commit it"
        return shot(guard, Pulse.UNTRIED, "no case names it", mend=mend, where=policy.where)
    for row, decision in named:
        if policy.id not in {reason.policy for reason in decision.reasons}:
            why = f"does not fire on its case: {row.name}"
            return shot(guard, Pulse.DEAD, why, mend=mend, where=policy.where, watch=watch)
    why = f"{policy.verdict.value} on {len(named)} of {len(named)} cases"
    return shot(guard, Pulse.ALIVE, why, where=policy.where, watch=watch)


def _is_policy(path: str) -> bool:
    return path.startswith(f"{TEAM_POLICIES}/") and path.endswith(".cedar") and path.count("/") == 2


def _team_rows(scene: Scene) -> tuple[list[Row], list[Shot]]:
    rows: list[Row] = []
    broken = []
    for path, data in sorted(scene.own.items()):
        if path.startswith(_TESTS) and path.endswith((".toml", ".json")):
            try:
                rows += read_table(text(data), path)
            except BadPolicy as error:
                why = f"cases of policies that cannot be read: {error}"
                broken.append(shot(f"policy:{path}", Pulse.DEAD, why, mend=error.next or f"mend {path}", where=path))
    return rows, broken
