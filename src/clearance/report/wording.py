"""Words that several formats share: what was compared, who wrote it, the verdict's headline, gaps, order and counts.

Text from the change comes out raw; each format escapes it for itself.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from clearance.facts.actor import ActorKind, Authorship, Evidence
from clearance.facts.change import Change, Revision
from clearance.facts.classification import Classification
from clearance.facts.decision import Ran, Reason, ReviewNeed, Verdict
from clearance.facts.finding import Finding, Gap, GapKind, Look, Place, Secret, Severity
from clearance.facts.outcome import Outcome
from clearance.facts.provenance import Hand, HowKnown, Provenance

_BY = {ActorKind.PERSON: "a person", ActorKind.AGENT: "an agent", ActorKind.SERVICE: "a service"}
_LOOKS = {
    Look.PLACEHOLDER: ("placeholder", "placeholders"),
    Look.REFERENCE: ("reference", "references"),
    Look.HASH: ("hash", "hashes"),
    Look.IDENTIFIER: ("identifier", "identifiers"),
    Look.PUBLIC: ("public value", "public values"),
    Look.ENCRYPTED: ("encrypted value", "encrypted values"),
    Look.PATTERN: ("pattern", "patterns"),
    Look.WORDS: ("run of words", "runs of words"),
    Look.TEST: ("test value", "test values"),
    Look.LOCKFILE: ("lockfile hash", "lockfile hashes"),
    Look.WEAK: ("weak sign", "weak signs"),
    Look.VEX: ("vulnerability that a VEX statement lifts", "vulnerabilities that VEX statements lift"),
    Look.CHECK_DIGITS: ("wrong check digit", "wrong check digits"),
}
_A_FEW_REASONS = 3
_WORTH_TELLING = 0.001


def plural(count: int, one: str, many: str = "") -> str:
    """Give `1 file`, `2 files`, `2,000 files`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort: introduced before existing, then by severity, confidence, place and rule."""

    def weight(finding: Finding) -> tuple[object, ...]:
        place = finding.place
        ranks = (not finding.introduced, -finding.severity.rank, -finding.confidence.rank)
        return (*ranks, place.path, place.line, place.column, finding.rule, finding.fingerprint)

    return tuple(sorted(findings, key=weight))


def severities(findings: Iterable[Finding]) -> str:
    """Count by severity, the worst first: `2 critical, 5 high`."""
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(f"{counts[severity]:,} {severity.value}" for severity in reversed(Severity) if counts[severity])


def where(place: Place) -> str:
    """Give `path:line:column`; a first column says nothing more than the line, and line 0 nothing more than the path."""
    line = f":{place.line}" if place.line > 0 else ""
    return place.path + line + (f":{place.column}" if line and place.column > 1 else "")


def revision(revision: Revision) -> str:
    """Give a revision's label with seven digits of its commit, or those alone where the label is the commit."""
    commit = revision.commit or ""
    if commit and commit.startswith(revision.label):
        return commit[:7]
    return f"{revision.label} ({commit[:7]})" if commit else revision.label


def ends(change: Change) -> tuple[str, ...]:
    """Give the two ends of a change, `main (1a2b3c4)` and `working tree`, or the only one."""
    return tuple(revision(end) for end in (change.base, change.head) if end)


def size(change: Change, minus: str) -> str:
    """Give `3 files  +214 −12`; without lines where nothing was compared."""
    files = plural(len(change.files), "file")
    if change.source == "history":
        return "all that history holds"
    return (
        files
        if change.source in {"directory", "image"}
        else f"{files}  +{change.added_lines:,} {minus}{change.removed_lines:,}"
    )


def author(authorship: Authorship, origins: Provenance | None = None) -> str:
    """Say who wrote a change and how that is known: `by an agent (commit trailer: Claude)`. Where the log knows of single
    lines (`origins`), these are told elsewhere."""
    by = _BY.get(authorship.author.kind)
    if by is None and origins is not None and origins.hands:
        return "treated as AI-written"
    if by is None:
        return "author unknown, treated as AI-written"
    if authorship.evidence is Evidence.NONE:
        return f"by {by}"
    name = authorship.author.name or authorship.detail
    return f"by {by} ({authorship.evidence.value}" + (f": {name})" if name else ")")


def ground(outcome: Outcome, *, show_all: bool = False) -> str:
    """Say what the tier rests on: `tier 3: authentication changed · 226 lines`. Empty without a risk."""
    risk = outcome.risk
    if risk is None:
        return ""
    reasons = risk.reasons if show_all else risk.reasons[:_A_FEW_REASONS]
    more = len(risk.reasons) - len(reasons)
    said = ", ".join(reasons) + (f" and {more} more" if more else "")
    parts = [f"tier {risk.tier}" + (f": {said}" if said else ""), plural(risk.size, "line")]
    if risk.classification.level.rank > 1:
        parts.append(sensitive(risk.classification))
    if outcome.origins is not None and outcome.origins.hands:
        parts.append(lines(outcome.origins))
    elif risk.unknown_lines:
        parts.append(f"{plural(risk.unknown_lines, 'line')} of unknown origin")
    return " · ".join(parts)


def lines(origins: Provenance) -> str:
    """Say where new lines come from: `17 new lines: 15 by claude-code (entry 2), 2 unknown`."""
    said = [f"{hand.lines:,} {_MADE[hand.evidence]} {hand.name} ({_entries(hand)})" for hand in origins.hands]
    said += [f"{origins.unknown:,} unknown"] if origins.unknown else []
    return f"{plural(origins.lines, 'new line')}: {', '.join(said)}"


_MADE: Mapping[HowKnown, str] = {"hook": "by", "command": "by", "claim": "claimed for", "person": "signed for by"}


def _entries(hand: Hand) -> str:
    numbers = ", ".join(map(str, hand.entries)) + (f" and {hand.more} more" if hand.more else "")
    return ("entry " if len(hand.entries) == 1 and not hand.more else "entries ") + numbers


def sensitive(classification: Classification) -> str:
    """Say how sensitive the data is and why: `data: restricted (iban in data/seed.sql)`."""
    grounds = classification.reasons
    more = f" and {len(grounds) - 1} more" if len(grounds) > 1 else ""
    return f"data: {classification.level.value}" + (f" ({grounds[0]}{more})" if grounds else "")


def reasons(outcome: Outcome) -> tuple[Reason, ...]:
    """Give the reasons of the decision, the strictest first. Those that only permit are left out where others speak."""
    found = outcome.decision.reasons if outcome.decision else ()
    strict = tuple(reason for reason in found if reason.verdict is not Verdict.ALLOW)
    return tuple(sorted(strict or found, key=lambda reason: -reason.verdict.rank))


def reviewers(need: ReviewNeed) -> str:
    """Say who must look: `a security engineer (authentication changed)`."""
    people = f"a {need.role}" if need.people == 1 else plural(need.people, need.role)
    return people + (f" ({need.because})" if need.because else "")


class Unseen(NamedTuple):
    """One thing that was not looked at, or looked at and not known, whichever scanners missed it. `path` is empty where it
    is no single file."""

    path: str
    scanners: tuple[str, ...]
    kind: str
    why: str
    matters: bool
    introduced: bool

    @property
    def label(self) -> str:
        """Say what is the matter: `not looked at`, or `not known` of what no data tells good or bad."""
        return "not known" if self.kind == GapKind.UNKNOWN.value else "not looked at"

    @property
    def subject(self) -> str:
        """Give the path, or what is missing of the whole change: the work of scanners, or all of it."""
        return self.path or ("the change" if "all" in self.scanners else ", ".join(self.scanners))


def unseen(outcome: Outcome) -> tuple[Unseen, ...]:
    """Fold the gaps of several scanners over one file into one; what matters comes first. Where only some of the scanners
    that ran have missed it, they are named."""
    folded: dict[Gap, set[str]] = {}
    for gap in outcome.gaps:
        folded.setdefault(msgspec.structs.replace(gap, scanner=""), set()).add(gap.scanner)
    everyone = {ran.scanner for ran in outcome.ran}
    found = []
    for gap, missed in folded.items():
        some = tuple(sorted(missed))
        named = gap.path and "all" not in missed and not (everyone and everyone <= missed)
        kind = "" if gap.kind is GapKind.UNKNOWN and gap.detail else gap.kind.value
        why = ", ".join(part for part in (kind, gap.detail) if part) + (f" ({', '.join(some)})" if named else "")
        found.append(Unseen(gap.path, some, gap.kind.value, why, gap.matters, gap.introduced))
    return tuple(sorted(found, key=lambda one: (not one.introduced, not one.matters, one.subject, one.why)))


def saw_all(outcome: Outcome) -> bool:
    """Tell whether something looked, and nothing that matters was missed: else a clean answer would be a lie."""
    return bool(outcome.ran) and not any(gap.matters for gap in outcome.gaps)


def looked(outcome: Outcome) -> tuple[str, ...]:
    """Say which scanners ran over how many files: `secrets 3 files`, and how much of the syntax one did not understand."""
    return tuple(f"{ran.scanner} {plural(ran.files, 'file')}{_opaque(ran)}" for ran in outcome.ran)


def _opaque(ran: Ran) -> str:
    share = ran.opaque / ran.pieces if ran.pieces else 0.0
    return f" ({share:.1%} of the syntax not understood)" if share >= _WORTH_TELLING else ""


def asides(outcome: Outcome) -> str:
    """Say how many look-alikes of the change were set aside and why: `12 look-alikes set aside: 7 placeholders, 5
    references`. Empty where there is none."""
    counted = {Look(reason): count for reason, count in outcome.set_aside.items() if count}
    if not counted:
        return ""
    told = ", ".join(plural(count, *_LOOKS[reason]) for reason, count in counted.items())
    return f"{plural(sum(counted.values()), 'look-alike')} set aside: {told}"


def about(secret: Secret) -> str:
    """Tell what may be told of a secret: how it was hidden, how it ends, by what name it is recognised elsewhere."""
    parts = [
        f"hidden: {secret.disguise}" if secret.disguise else "",
        f"ends in {secret.tail}" if secret.tail else "",
        f"{secret.entropy:.1f} bits a character" if secret.entropy else "",
        f"fingerprint {secret.fingerprint[:12]}" if secret.fingerprint else "",
    ]
    return " · ".join(part for part in parts if part)


def origin(finding: Finding) -> str:
    """Say which commit brought something first, and whether it still stands: `since 1a2b3c4 of 2024-05-01, not in HEAD`."""
    if finding.origin is None:
        return ""
    now = "still in HEAD" if finding.origin.standing else "no longer in HEAD"
    day = f" of {finding.origin.date[:10]}" if finding.origin.date else ""
    return f"since {finding.origin.commit[:12]}{day}, {now}"


def elsewhere(findings: Sequence[Finding]) -> Mapping[str, tuple[Finding, ...]]:
    """Give the findings of each secret that stands at several places, by the secret's fingerprint."""
    by_secret: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.secret is not None and finding.secret.fingerprint:
            by_secret.setdefault(finding.secret.fingerprint, []).append(finding)
    return {name: tuple(found) for name, found in by_secret.items() if len(found) > 1}
