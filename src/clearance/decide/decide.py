"""From a case to a decision: every question is asked, every policy that fires is a reason, the strictest one is the verdict.

Cedar skips a policy whose evaluation fails, and an erring `forbid` then forbids nothing. Here, any error, any answer that is
no answer, and any exception is DENY, with a reason that says so.
"""

from collections.abc import Iterable, Sequence

from clearance.decide.asking import Voice, asked
from clearance.decide.judges import Saying, document_of, joined
from clearance.decide.policy import ACTIONS, ACTS, ERROR, WAIVING, Policy, Role
from clearance.decide.policy_set import Policies
from clearance.decide.question import Subject, subjects, waivers
from clearance.facts.decision import Case, Decision, Reason, ReviewNeed, Verdict
from clearance.facts.fact import digest, digest_of_plain

__all__ = ["Voice", "ask", "decide", "waived"]

_MOST_NAMED = 3


def decide(case: Case, policies: Policies) -> Decision:
    """Give the verdict on a case with all its reasons, and who must look.

    Never raises for anything that a case can hold: what cannot be evaluated is denied.
    """
    sayings: Sequence[Saying] = ()
    try:
        named = digest_of_plain(case)
        voices = ask(case, policies)
        reasons = _reasons(case, voices)
        if policies.judge is not None and not case.change.is_act:
            sayings = policies.judge.judge(document_of(case, waived(case, voices)))
    except BaseException as error:
        # A panic of the engine is no `Exception`; only the wish to stop passes.
        if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit)):
            raise
        named = _name(case)
        voices = []
        reasons = (_error_reason((f"{type(error).__name__}: {error}",)),)
    verdict = Verdict.join_all(tuple(reason.verdict for reason in reasons))
    decision = Decision(
        verdict=verdict,
        reasons=reasons,
        reviews=_reviews(case, voices),
        policies=policies.digest,
        case=named,
        waivers=tuple(sorted(voice.subject.attributes["name"] for voice in voices if _counts(voice))),
    )
    return joined(decision, sayings)


def ask(case: Case, policies: Policies) -> list[Voice]:
    """Ask every question that a policy of the set can answer with no, and the two about the change itself. First it is asked
    which waivers count: what these cover is asked about as waived.

    Raises:
        ValueError: the case does not fit the schema.
    """
    accepted = list(waivers(case))
    said = asked(case, policies, [next(subjects(case)), *accepted], accepted, WAIVING) if accepted else []
    about = list(subjects(case, waived(case, said)))
    return [*said, *asked(case, policies, about, about, ACTS if case.change.is_act else ACTIONS)]


def waived(case: Case, voices: Iterable[Voice]) -> frozenset[str]:
    """Give the fingerprints of what the waivers that count cover; `voices` are the answers about waivers, others may be
    among them."""
    covers = {f"waiver-{number}": cover.findings for number, cover in enumerate(case.waivers)}
    return frozenset(name for voice in voices if _counts(voice) for name in covers[voice.subject.id])


def _counts(voice: Voice) -> bool:
    """Whether an answer is about a waiver, and no policy forbids that it counts. One that could not be asked about does
    not."""
    allowed = all(policy.verdict is Verdict.ALLOW for policy in voice.fired)
    return voice.subject.kind == "Waiver" and allowed and not voice.errors


def _reasons(case: Case, voices: Sequence[Voice]) -> tuple[Reason, ...]:
    """Give one reason per policy that fired, its subjects joined, the strictest first; the permit's where nothing else
    fired."""
    about: dict[str, set[str]] = {}
    fired: dict[str, Policy] = {}
    for voice in voices:
        for policy in voice.fired:
            fired[policy.id] = policy
            about.setdefault(policy.id, set()).update(_named(case, policy, voice.subject))
    errors = sorted({error for voice in voices for error in voice.errors})
    reasons = [_reason(fired[name], about[name]) for name in sorted(fired)]
    if errors:
        reasons.append(_error_reason(errors))
    forbidding = [reason for reason in reasons if reason.verdict is not Verdict.ALLOW]
    if len(forbidding) < 2:
        return tuple(forbidding or reasons)
    return tuple(sorted(forbidding, key=lambda reason: (-reason.verdict.rank, reason.policy)))


def _named(case: Case, policy: Policy, subject: Subject) -> Iterable[str]:
    if policy.verdict is Verdict.ALLOW:
        return ()  # it allows everything that nothing forbids; what was asked about is no part of that
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
