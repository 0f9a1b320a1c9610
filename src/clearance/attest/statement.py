"""From a case and its decision to the statement that is signed."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from clearance.facts.change import Change, FileChange, Revision
from clearance.facts.decision import Case, Decision, ReviewNeed
from clearance.facts.fact import canonical, digest
from clearance.facts.finding import Finding, Gap, Severity
from clearance.facts.moment import rfc3339
from clearance.facts.statement import (
    DECISION_TYPE,
    PAYLOAD_LIMIT,
    STATEMENT_TYPE,
    Author,
    Counts,
    DecisionPredicate,
    DecisionStatement,
    DigestSet,
    Omitted,
    Resource,
    Statement,
    WaiverUse,
)

PAYLOAD_BYTES = PAYLOAD_LIMIT
_STEPS = ((True, 500), (False, 200), (False, 40), (False, 8), (False, 0))
"""What is tried until it fits: whether files are named one by one, and how many items of each list stay."""
_TEXT = 160


def decision_statement(case: Case, decision: Decision, at: datetime, kept: Iterable[str] = ()) -> DecisionStatement:
    """State a decision about the exact tree that the change would make.

    Subject 0 is the tree, then one subject for each file that the change leaves behind, unless there are too many for an
    entry; `predicate.omitted` says what was left out, and the evidence bodies (`evidence_of`) hold everything. `kept` are
    the digests of further bodies beside the log: those of the policies.

    Raises:
        ValueError: the decision is about another case, or `at` has no time zone.
    """
    if decision.case != digest(case):
        raise ValueError("the decision is about another case")
    time = rfc3339(at)
    named = tuple(sorted({decision.case, digest(decision), *kept}))
    attempts = (_attempt(case, decision, time, named, name_files=name_files, most=most) for name_files, most in _STEPS)
    fitting = (statement for statement in attempts if len(canonical(statement)) <= PAYLOAD_BYTES)
    found = next(fitting, None)
    if found is None:
        raise ValueError("no short form of the statement fits an entry")
    return found


def evidence_of(case: Case, decision: Decision) -> dict[str, bytes]:
    """Give the bodies that the statement names, by digest: the case and the decision, in canonical JSON. With the policies
    and rules that their digests name, a verdict can be given again from them."""
    return {digest(fact): canonical(fact) for fact in (case, decision)}


def _attempt(
    case: Case, decision: Decision, at: str, named: tuple[str, ...], *, name_files: bool, most: int
) -> DecisionStatement:
    change = case.change
    files = tuple(_file(file) for file in change.files if file.after and file.after.sha256)
    listed = files if name_files else ()
    reasons = tuple(dict.fromkeys(reason.policy for reason in decision.reasons))
    waivers = _waivers(case, decision)
    predicate = DecisionPredicate(
        verdict=decision.verdict,
        reasons=tuple(_short(reason) for reason in reasons[:most]),
        case=decision.case,
        policies=decision.policies,
        rules=case.rules,
        tier=case.risk.tier,
        introduced=_counts(finding for finding in case.findings if finding.introduced),
        existing=_counts(finding for finding in case.findings if not finding.introduced),
        ran=case.ran,
        gaps=tuple(_gap(gap) for gap in case.gaps[:most]),
        reviews=tuple(_review(review) for review in decision.reviews[:most]),
        author=_author(change),
        source=change.source,
        base=_revision(change.base) if change.base else None,
        head=_revision(change.head),
        files=len(files),
        omitted=Omitted(
            files=len(files) - len(listed),
            reasons=len(reasons[most:]),
            gaps=len(case.gaps[most:]),
            reviews=len(decision.reviews[most:]),
            waivers=len(waivers[most:]),
        ),
        evidence=named,
        version=case.version,
        time=at,
        waivers=waivers[:most],
    )
    return Statement(
        type=STATEMENT_TYPE, subject=(_tree(change), *listed), predicate_type=DECISION_TYPE, predicate=predicate
    )


def _waivers(case: Case, decision: Decision) -> tuple[WaiverUse, ...]:
    counted = set(decision.waivers)
    introduced = Counter(finding.fingerprint for finding in case.findings if finding.introduced)
    return tuple(
        WaiverUse(
            id=one.waiver.id,
            owner=_short(one.waiver.owner),
            expires=one.waiver.expires,
            sha256=digest(one.waiver),
            findings=sum(introduced[name] for name in one.findings),
        )
        for one in case.waivers
        if one.waiver.id in counted
    )


def _tree(change: Change) -> Resource:
    tree = change.tree
    annotations = {"kind": tree.kind} | ({"gitTree": tree.git} if tree.git else {})
    return Resource(
        name=f"{tree.kind}:{tree.git or tree.sha256}", digest=DigestSet(sha256=tree.sha256), annotations=annotations
    )


def _file(file: FileChange) -> Resource:
    if file.after is None:
        raise ValueError("a deleted file is no subject")
    annotations = {"change": file.kind.value} | ({"gitBlob": file.after.git} if file.after.git else {})
    return Resource(name=file.path, digest=DigestSet(sha256=file.after.sha256), annotations=annotations)


def _counts(findings: Iterable[Finding]) -> Counts:
    numbers = dict.fromkeys((severity.value for severity in Severity), 0)
    for finding in findings:
        numbers[finding.severity.value] += 1
    return Counts(**numbers)


def _author(change: Change) -> Author:
    author = change.author
    return Author(
        name=_short(author.author.name),
        kind=author.author.kind.value,
        evidence=author.evidence.value,
        detail=_short(author.detail),
    )


def _revision(revision: Revision) -> Revision:
    return Revision(label=_short(revision.label), commit=revision.commit)


def _gap(gap: Gap) -> Gap:
    return Gap(
        scanner=gap.scanner, path=_short(gap.path), kind=gap.kind, detail=_short(gap.detail), introduced=gap.introduced
    )


def _review(review: ReviewNeed) -> ReviewNeed:
    return ReviewNeed(role=review.role, people=review.people, because=_short(review.because))


def _short(text: str) -> str:
    return text if len(text) <= _TEXT else text[: _TEXT - 1] + "…"
