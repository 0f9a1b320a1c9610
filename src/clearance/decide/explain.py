"""Why a case was decided as it was: for each policy whether it fired, on what, and the facts that it looked at."""

from collections.abc import Sequence
from typing import Any

from clearance.decide.decide import Voice, ask, waived
from clearance.decide.policy import ACTS, Policy
from clearance.decide.policy_set import Policies
from clearance.decide.question import Subject, author, context, subjects, waivers
from clearance.facts.decision import Case, Verdict
from clearance.facts.fact import Fact

_MOST_SHOWN = 20


class Ground(Fact):
    """One subject that a policy looked at: how people know it, and each attribute that the policy read, with its value."""

    label: str
    facts: tuple[tuple[str, str], ...]


class Account(Fact):
    """What one policy had to say about a case. `asked` counts its subjects. `grounds` are those that it fired on; where it
    did not fire, a few that it let pass."""

    policy: str
    verdict: Verdict
    fired: bool
    asked: int
    grounds: tuple[Ground, ...]


def explain(case: Case, policies: Policies) -> tuple[Account, ...]:
    """Account for every policy of a set, those that fired first.

    Raises:
        ValueError: the case does not fit the schema.
    """
    voices = ask(case, policies)
    around = {"principal": author(case), "context": context(case)}
    about = [*waivers(case), *subjects(case, waived(case, voices))]
    change = next(subject for subject in about if subject.kind == "Change")
    asked = [policy for policy in policies.all if policy.action and (policy.action in ACTS) == case.change.is_act]
    accounts = [_account(policy, voices, about, change, around) for policy in asked]
    return tuple(sorted(accounts, key=lambda one: (not one.fired, -one.verdict.rank, one.policy)))


def _account(
    policy: Policy, voices: Sequence[Voice], about: Sequence[Subject], change: Subject, around: dict[str, Any]
) -> Account:
    fired = [voice.subject for voice in voices if policy in voice.fired]
    asked = [subject for subject in about if subject.kind == policy.subject]
    shown = fired or asked
    return Account(
        policy=policy.id,
        verdict=policy.verdict,
        fired=bool(fired),
        asked=len(asked),
        grounds=tuple(_ground(policy, subject, change, around) for subject in shown[:_MOST_SHOWN]),
    )


def _ground(policy: Policy, subject: Subject, change: Subject, around: dict[str, Any]) -> Ground:
    facts = []
    for path in policy.reads:
        root, *names = path.split(".")
        value: Any = around.get(root, subject.attributes)
        for name in names:
            value = change.attributes if name == "change" else value.get(name)
        facts.append((path, _shown(value)))
    return Ground(label=subject.label, facts=tuple(facts))


def _shown(value: Any) -> str:
    match value:
        case {"__entity": {"id": name}}:
            return str(name)
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(str(one) for one in value) or "none"
        case _:
            return str(value)


def describe(policy: Policy) -> str:
    """Describe one policy for people: what it does, to what, why, and its text."""
    lines = [
        f"{policy.id}   {effect(policy)}",
        f"  why        {policy.why}",
        f"  fix        {policy.fix}" if policy.fix else "",
        f"  people     {wanted(policy)}" if policy.people else "",
        f"  controls   {', '.join(policy.controls)}" if policy.controls else "",
        f"  from       {policy.where}" + ("   (the team's own)" if policy.team else ""),
    ]
    return "\n".join(line for line in lines if line) + "\n\n" + policy.text.strip() + "\n"


def effect(policy: Policy) -> str:
    """Say what a policy does to the verdict when it fires."""
    if policy.verdict is Verdict.ALLOW:
        return "ALLOW, where nothing forbids"
    return f"{policy.verdict.value} for a {policy.subject.lower()}" + (", exit 4" if policy.could_not_look else "")


def wanted(policy: Policy) -> str:
    """Say who can lift an ASK."""
    return ", ".join(f"{count} {role}" + ("s" if count > 1 else "") for role, count in policy.people)
