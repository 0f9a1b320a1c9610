"""From a case to a decision: every question is asked, every policy that fires is a reason, the strictest one is the verdict.

Cedar skips a policy whose evaluation fails, and an erring `forbid` then forbids nothing. Here, any error, any answer that is
no answer, and any exception is DENY, with a reason that says so.
"""

import json
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import cedarpy

from clearance.decide.policy import ACTIONS, ACTS, ERROR, Policy, Role
from clearance.decide.policy_set import Policies
from clearance.decide.question import ACTOR, Subject, context, entities, subjects
from clearance.facts.decision import Case, Decision, Reason, ReviewNeed, Verdict
from clearance.facts.fact import digest

_MOST_NAMED = 3


class Voice(NamedTuple):
    """The answer to one question: the policies that fired on a subject, and what went wrong."""

    subject: Subject
    fired: tuple[Policy, ...]
    errors: tuple[str, ...]


def decide(case: Case, policies: Policies) -> Decision:
    """Give the verdict on a case with all its reasons, and who must look.

    Never raises for anything that a case can hold: what cannot be evaluated is denied.
    """
    try:
        named = digest(case)
        voices = ask(case, policies)
        reasons = _reasons(case, voices, policies)
    except BaseException as error:
        # A panic of the engine is no `Exception`; only the wish to stop passes.
        if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
            raise
        named = _name(case)
        voices = []
        reasons = (_error_reason((f"{type(error).__name__}: {error}",)),)
    verdict = Verdict.join_all(tuple(reason.verdict for reason in reasons))
    return Decision(verdict=verdict, reasons=reasons, reviews=_reviews(case, voices), policies=policies.digest, case=named)


def ask(case: Case, policies: Policies) -> list[Voice]:
    """Ask every question that a policy of the set can answer with no, and the two about the change itself.

    Raises:
        ValueError: the case does not fit the schema.
    """
    about = list(subjects(case))
    graph = cedarpy.Entities.from_json_str(json.dumps(entities(case, about)), policies.schema)
    around = context(case)
    answerable = {(policy.action, policy.subject) for policy in policies.all}
    questions = [
        (action, subject)
        for subject in about
        for action in (ACTS if case.change.is_act else ACTIONS)
        if subject.kind == "Change" or (action, subject.kind) in answerable
    ]
    requests = [
        {"principal": ACTOR, "action": {"type": "Action", "id": action}, "resource": subject.reference, "context": around}
        for action, subject in questions
    ]
    answers = cedarpy.is_authorized_batch(requests, policies.engine, graph, policies.schema)
    return [_voice(subject, answer, policies) for (_, subject), answer in zip(questions, answers, strict=True)]


def _voice(subject: Subject, answer: cedarpy.AuthzResult, policies: Policies) -> Voice:
    errors = list(answer.diagnostics.errors)
    found = [policies.get(name) for name in answer.diagnostics.reasons]
    fired = tuple(policy for policy in found if policy is not None)
    if len(fired) != len(found) or not fired:
        errors.append(f"no policy answers for {subject.label}")
    elif (answer.decision is cedarpy.Decision.Allow) != all(policy.verdict is Verdict.ALLOW for policy in fired):
        errors.append(f"the answer for {subject.label} contradicts its policies")
    return Voice(subject, fired, tuple(errors))


def _reasons(case: Case, voices: Sequence[Voice], policies: Policies) -> tuple[Reason, ...]:
    """Give one reason per policy that fired, its subjects joined, the strictest first; the permit's where nothing else
    fired."""
    about: dict[str, set[str]] = {}
    for voice in voices:
        for policy in voice.fired:
            about.setdefault(policy.id, set()).update(_named(case, policy, voice.subject))
    errors = sorted({error for voice in voices for error in voice.errors})
    reasons = [_reason(policy, about[policy.id]) for policy in policies.all if policy.id in about]
    if errors:
        reasons.append(_error_reason(errors))
    forbidding = [reason for reason in reasons if reason.verdict is not Verdict.ALLOW]
    return tuple(sorted(forbidding or reasons, key=lambda reason: (-reason.verdict.rank, reason.policy)))


def _named(case: Case, policy: Policy, subject: Subject) -> Iterable[str]:
    if subject.about:
        return (subject.about,)
    if any(path in ("resource.tier", "resource.triggers") for path in policy.reads):
        return (trigger.id for trigger in case.risk.triggers if trigger.tier == case.risk.tier)
    return ()


def _reason(policy: Policy, about: Iterable[str]) -> Reason:
    return Reason(
        policy=policy.id,
        verdict=policy.verdict,
        why=policy.why,
        fix=policy.fix,
        controls=policy.controls,
        about=tuple(sorted(about)),
        could_not_look=policy.could_not_look,
    )


def _error_reason(errors: Iterable[str]) -> Reason:
    return Reason(
        policy=ERROR,
        verdict=Verdict.DENY,
        why="a policy could not be evaluated, and what cannot be evaluated is denied",
        fix="mend the policy that the message names; `clearance policy test` runs it",
        about=tuple(errors),
    )


def _name(case: Case) -> str:
    """Name a case that may be what cannot be named: empty then."""
    try:
        return digest(case)
    except Exception:  # noqa: BLE001 -- it is denied already; there is nothing milder or stricter left to say
        return ""


def _reviews(case: Case, voices: Sequence[Voice]) -> tuple[ReviewNeed, ...]:
    """Say who must look: for each role the most people that any policy wants, because of what. One person may stand for
    several policies, never for two roles."""
    people: dict[Role, int] = {}
    because: dict[Role, dict[str, None]] = {}
    fired = {policy.id: policy for voice in voices for policy in voice.fired if policy.verdict is Verdict.ASK}
    for _, policy in sorted(fired.items(), key=lambda one: (not _by_tier(one[1]), one[0])):
        for role, count in policy.people:
            people[role] = max(people.get(role, 0), count)
            because.setdefault(role, {}).update(dict.fromkeys(_because(case, policy)))
    return tuple(
        ReviewNeed(role=role, people=people[role], because=_joined(list(because[role])))
        for role in sorted(people, reverse=True)
    )


def _by_tier(policy: Policy) -> bool:
    return "resource.tier" in policy.reads


def _because(case: Case, policy: Policy) -> Iterable[str]:
    if not _by_tier(policy):
        return (policy.why,)
    grounds = [
        f"{trigger.sentence} in {trigger.place.path}" if trigger.place else trigger.sentence
        for trigger in case.risk.triggers
        if trigger.tier == case.risk.tier
    ]
    return grounds or (" · ".join(case.risk.reasons) or policy.why,)


def _joined(grounds: Sequence[str]) -> str:
    rest = len(grounds) - _MOST_NAMED
    return "; ".join(grounds[:_MOST_NAMED]) + (f"; and {rest} more" if rest > 0 else "")
