"""A case as Cedar sees it: entities, and one question per subject and action."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from enum import Enum
from functools import cache
from typing import Any, NamedTuple

from clearance.facts.change import FileChange
from clearance.facts.decision import Case
from clearance.facts.finding import Finding, Gap, Severity
from clearance.facts.provenance import HowKnown
from clearance.facts.risk import Trigger
from clearance.facts.waiver import Cover

ACTOR = {"type": "Actor", "id": "author"}
CHANGE = {"type": "Change", "id": "change"}
_LINES: Mapping[str, HowKnown] = {
    "linesByHook": "hook",
    "linesByCommand": "command",
    "linesClaimed": "claim",
    "linesByPerson": "person",
}
OPTIONAL = frozenset(("context", name) for name in (*_LINES, "linesUnknown"))
"""Attributes, by their path, that a question need not have."""


class Subject(NamedTuple):
    """What a question is about: the kind and id of its entity, its attributes as Cedar JSON, how a reason names it
    (`about`), and how people know it (`label`)."""

    kind: str
    id: str
    attributes: dict[str, Any]
    about: str
    label: str

    @property
    def reference(self) -> dict[str, str]:
        """The entity's name in a question."""
        return {"type": self.kind, "id": self.id}


@cache
def _of_kind(kind: str, one: Enum) -> dict[str, dict[str, str]]:
    """Name an entity. The same one is given each time, and nobody changes it."""
    return {"__entity": {"type": kind, "id": one.value}}


def author(case: Case) -> dict[str, Any]:
    """Give the attributes of who wrote the change."""
    actor = case.change.author.author
    return {
        "name": actor.name,
        "kind": _of_kind("ActorKind", actor.kind),
        "byAi": case.change.author.by_ai or case.origins.by_ai,
        "roles": sorted(set(actor.roles)),
    }


def context(case: Case) -> dict[str, Any]:
    """Give what is true of every question about a case. What is optional there is told where there are new lines: those that
    were not settled are unknown, all of them. A case of before anybody could ask that is put as it was then."""
    found: dict[str, Any] = {
        "classification": case.risk.classification.level.rank,
        "proofHours": case.proven.hours,
        "deadGuards": sorted(set(case.proven.dead)),
    }
    if case.origins.settled or case.origins.unknown:
        found |= {name: case.origins.count(evidence) for name, evidence in _LINES.items()}
        found["linesUnknown"] = case.origins.unknown
    return found


def waivers(case: Case) -> Iterator[Subject]:
    """Give the waivers that name something that the change brings, to be asked about first. For an act none counts."""
    if not case.waivers or case.change.is_act:
        return
    introduced: dict[str, list[Finding]] = {}
    for finding in case.findings:
        if finding.introduced:
            introduced.setdefault(finding.fingerprint, []).append(finding)
    for number, cover in enumerate(case.waivers):
        covered = [finding for name in cover.findings for finding in introduced.get(name, ())]
        if covered:
            yield _waiver(number, cover, covered)


def subjects(case: Case, waived: AbstractSet[str] = frozenset()) -> Iterator[Subject]:
    """Give everything else that questions are asked about, the change itself first. `waived` are the fingerprints of what
    waivers in force cover."""
    yield _change(case, waived)
    for number, file in enumerate(case.change.files):
        yield _file(number, file)
    ranks: dict[str, int] = {}
    for ground in case.risk.classification.grounds:
        if ground.kind == "finding":
            ranks[ground.what] = max(ranks.get(ground.what, 0), ground.level.rank)
    for number, finding in enumerate(case.findings):
        yield _finding(number, finding, ranks.get(finding.rule, 0), waived=finding.fingerprint in waived)
    distinct: dict[tuple[str, str, bool], Trigger] = {}
    for trigger in case.risk.triggers:
        key = (trigger.id, trigger.place.path if trigger.place else "", trigger.happened == "removed")
        known = distinct.get(key)
        if known is None or known.tier < trigger.tier:
            distinct[key] = trigger
    for number, trigger in enumerate(distinct.values()):
        yield _trigger(number, trigger)
    for number, gap in enumerate(case.gaps):
        yield _gap(number, gap)


def entities(case: Case, about: list[Subject]) -> list[dict[str, Any]]:
    """Give all entities as Cedar JSON."""
    found = [{"uid": ACTOR, "attrs": author(case), "parents": []}]
    found += [{"uid": subject.reference, "attrs": subject.attributes, "parents": []} for subject in about]
    return found


def _change(case: Case, waived: AbstractSet[str]) -> Subject:
    introduced = [finding for finding in case.findings if finding.introduced]
    open_ = [finding.severity for finding in introduced if finding.fingerprint not in waived]
    attributes = {
        "source": case.change.source,
        "files": len(case.change.files),
        "size": case.risk.size,
        "unknownLines": case.risk.unknown_lines,
        "tier": case.risk.tier,
        "triggers": sorted({trigger.id for trigger in case.risk.triggers}),
        "scanners": sorted({ran.scanner for ran in case.ran}),
        "introducedFindings": len(introduced),
        "newCritical": open_.count(Severity.CRITICAL),
        "newHigh": open_.count(Severity.HIGH),
        "newMedium": open_.count(Severity.MEDIUM),
        "newLow": open_.count(Severity.LOW),
        "waivedFindings": len(introduced) - len(open_),
        "classification": case.risk.classification.level.rank,
    }
    return Subject("Change", CHANGE["id"], attributes, "", "the change")


def _file(number: int, file: FileChange) -> Subject:
    attributes = {
        "change": {"__entity": CHANGE},
        "path": file.path,
        "oldPath": file.old_path or file.path,
        "kind": _of_kind("FileKind", file.kind),
        "binary": file.binary,
        "addedLines": file.added_lines,
        "removedLines": file.removed_lines,
    }
    return Subject("File", f"file-{number}", attributes, file.path, file.path)


def _finding(number: int, finding: Finding, classification: int, *, waived: bool) -> Subject:
    attributes = {
        "change": {"__entity": CHANGE},
        "rule": finding.rule,
        "family": finding.family,
        "severity": _of_kind("Severity", finding.severity),
        "confidence": _of_kind("Confidence", finding.confidence),
        "introduced": finding.introduced,
        "path": finding.place.path,
        "cwe": sorted(set(finding.cwe)),
        "controls": sorted(set(finding.controls)),
        "classification": classification,
        "waived": waived,
    }
    label = f"{finding.rule} at {finding.place.path}:{finding.place.line}"
    return Subject("Finding", f"finding-{number}", attributes, finding.fingerprint, label)


def _trigger(number: int, trigger: Trigger) -> Subject:
    path = trigger.place.path if trigger.place else ""
    attributes = {
        "change": {"__entity": CHANGE},
        "name": trigger.id,
        "tier": trigger.tier,
        "path": path,
        "removed": trigger.happened == "removed",
    }
    return Subject("Trigger", f"trigger-{number}", attributes, trigger.id, f"{trigger.sentence} in {path}")


def _gap(number: int, gap: Gap) -> Subject:
    attributes = {
        "change": {"__entity": CHANGE},
        "scanner": gap.scanner,
        "path": gap.path,
        "kind": _of_kind("GapKind", gap.kind),
        "matters": gap.matters,
        "introduced": gap.introduced,
    }
    what = ": ".join(part for part in (gap.path, gap.kind.value, gap.detail) if part)
    return Subject("Gap", f"gap-{number}", attributes, f"{gap.scanner}: {what}", f"{gap.scanner}: {what}")


def _waiver(number: int, cover: Cover, covered: list[Finding]) -> Subject:
    waiver = cover.waiver
    attributes = {
        "change": {"__entity": CHANGE},
        "name": waiver.id,
        "owner": waiver.owner,
        "rules": sorted({one.rule for one in covered}),
        "families": sorted({one.family for one in covered}),
        "cwe": sorted({cwe for one in covered for cwe in one.cwe}),
        "severity": _of_kind("Severity", max((one.severity for one in covered), key=lambda one: one.rank)),
        "findings": len(covered),
        "exact": bool(waiver.finding),
        "paths": sorted(set(waiver.paths)),
        "daysLeft": cover.days,
        "mostDays": cover.most,
        "ticket": waiver.ticket,
        "controls": sorted(set(waiver.controls)),
    }
    said = f"waiver {waiver.id}: {cover.standing}, owner {waiver.owner}"
    return Subject("Waiver", f"waiver-{number}", attributes, said, said)
