"""From what a change touches to how much care it needs: tiers 0 to 3.

| tier | a change that |
| --- | --- |
| 0 | holds documentation or tests only, none of them weakened, or lockfiles only, with nothing found in them |
| 1 | is ordinary code: no trigger, at most 200 lines |
| 2 | touches a trigger of tier 2, brings something that nobody can read, or has 201 to 400 lines of code |
| 3 | touches a trigger of tier 3, weakens a test or a guard, removes a protection, or has more than 400 lines of code |

The limits of size come from studies of code review (SmartBear at Cisco: defects found per line fall beyond 200 and collapse
beyond 400 lines). Another finding never lowers a tier, nor does another sighting, unless it replaces what was removed from
the same file. docs/decisions/0005-tiers.md gives the reasons for each choice.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from clearance.assess.classify import classify
from clearance.assess.paths import Purpose, opaque, purpose, purpose_of
from clearance.facts.actor import ActorKind
from clearance.facts.change import Change, FileChange
from clearance.facts.classification import Scheme
from clearance.facts.finding import Confidence, Finding, Place, Severity, Sighting
from clearance.facts.risk import Risk, Trigger

PROTECTIVE = frozenset({"authentication", "authorization", "cryptography", "input-validation"})
"""Triggers whose code protects: removing it calls for tier 3, whatever tier its page asks for."""

WEAKENED = "weakened-tests-or-guards"
OPAQUE = "opaque-content"
LOCKED = "dependencies"

_MANY_LINES = 200
_TOO_MANY_LINES = 400
_MILD = {
    Purpose.TEST: "tests",
    Purpose.DOCUMENTATION: "documentation",
    Purpose.MEDIA: "pictures",
    Purpose.LOCKFILE: "lockfiles",
}
_NO_PRODUCT = (Purpose.TEST, Purpose.DOCUMENTATION)


BUILTIN_SCHEME = Scheme()
"""The levels of data where a team says nothing of its own."""


def assess(
    change: Change, sightings: Sequence[Sighting], findings: Sequence[Finding], scheme: Scheme = BUILTIN_SCHEME
) -> Risk:
    """Say how much care a change needs, and why.

    Only what the change introduces or removes counts: sightings and findings that were there before are passed over. The
    level of the data (`scheme` says which has which) is told beside the tier.
    """
    triggers = _distinct([*_seen(sightings), *_weakened(findings), *_locked(findings), *_unreadable(change.files)])
    size = sum(_lines(file) for file in change.files if purpose_of(file) is not Purpose.LOCKFILE)
    by_size = _by_size(sum(_lines(file) for file in change.files if purpose_of(file) is Purpose.CODE))
    tier = max([_ordinary(change), by_size, *(trigger.tier for trigger in triggers)])
    return Risk(
        tier=tier,
        triggers=triggers,
        size=size,
        unknown_lines=_unknown(change),
        reasons=_reasons(change, triggers, tier, by_size),
        classification=classify(_paths(change), findings, scheme),
    )


def _paths(change: Change) -> Iterator[str]:
    for file in change.files:
        yield file.path
        if file.old_path:
            yield file.old_path


def _ordinary(change: Change) -> int:
    """0 where nothing but tests, documents, pictures and lockfiles changes, else 1. No file at all is not mild: 1."""
    purposes = {purpose_of(file) for file in change.files}
    return 0 if purposes and Purpose.CODE not in purposes else 1


def _by_size(code: int) -> int:
    """-1 where the size asks for nothing."""
    if code > _TOO_MANY_LINES:
        return 3
    return 2 if code > _MANY_LINES else -1


def _lines(file: FileChange) -> int:
    return 0 if file.binary else file.added_lines + file.removed_lines


def _unknown(change: Change) -> int:
    if change.author.author.kind is not ActorKind.UNKNOWN:
        return 0
    return sum(file.added_lines for file in change.files if not file.binary)


def _seen(sightings: Iterable[Sighting]) -> Iterator[Trigger]:
    # By tier: where fewer came than went, what is taken for replaced is the mildest, in whatever order they are told.
    sightings = sorted((one for one in sightings if one.introduced or one.gone), key=lambda one: one.tier)
    new = Counter((one.trigger, one.place.path) for one in sightings if not one.gone)
    for sighting in sightings:
        tier = sighting.tier
        if sighting.gone:
            key = (sighting.trigger, sighting.place.path)
            new[key] -= 1
            if new[key] >= 0:
                continue  # something of its kind came in its place: that one tells that it changed
            if sighting.trigger not in PROTECTIVE and tier < 3:
                continue  # code that queried or opened files and no longer does needs no care of its own
            tier = 3
        if purpose(sighting.place.path) in _NO_PRODUCT:
            tier = min(tier, 1)  # a test that logs in protects nobody; it still is no tier 0
        yield Trigger(
            id=sighting.trigger,
            title=sighting.title,
            tier=tier,
            place=sighting.place,
            reason=sighting.reason,
            happened="removed" if sighting.gone else "changed",
        )


def _weakened(findings: Iterable[Finding]) -> Iterator[Trigger]:
    """Tampering of medium severity that is not a mere guess calls for tier 3, a lesser one for a reviewer; a guess that is
    small even if it is true (an expected value that changed) is only named."""
    for finding in findings:
        if finding.introduced and finding.family == "tampering":
            grave = finding.severity is not Severity.LOW
            sure = finding.confidence is not Confidence.LOW
            yield Trigger(
                id=WEAKENED,
                title="Tests or guards",
                tier=1 + grave + sure,
                place=finding.place,
                reason=finding.message,
                happened="weakened",
            )


def _locked(findings: Iterable[Finding]) -> Iterator[Trigger]:
    """A lockfile is mild only while nothing is found in it."""
    for finding in findings:
        if finding.introduced and purpose(finding.place.path) is Purpose.LOCKFILE:
            yield Trigger(id=LOCKED, title="Dependencies", tier=2, place=finding.place, reason=finding.message)


def _unreadable(files: Iterable[FileChange]) -> Iterator[Trigger]:
    for file in files:
        what = opaque(file)
        if what is not None:
            yield Trigger(
                id=OPAQUE, title="Opaque content", tier=2, place=Place(path=file.path, line=0), reason=what, happened="added"
            )


def _order(trigger: Trigger) -> tuple[object, ...]:
    place = trigger.place
    where = (place.path, place.line, place.column) if place else ("", 0, 0)
    return (-trigger.tier, trigger.id, trigger.happened, *where, trigger.reason)


def _distinct(triggers: Iterable[Trigger]) -> tuple[Trigger, ...]:
    """Keep one trigger of an id for lines that follow each other, the weightiest first: a new pipeline of a hundred lines is
    one reason for care."""
    kept: list[Trigger] = []
    for trigger in sorted(triggers, key=_order):
        last = kept[-1] if kept else None
        if last is not None and _follows(trigger, last):
            kept[-1] = _joined(last, trigger)
        else:
            kept.append(trigger)
    return tuple(kept)


def _follows(trigger: Trigger, last: Trigger) -> bool:
    same = (trigger.id, trigger.tier, trigger.happened) == (last.id, last.tier, last.happened)
    if not same or trigger.place is None or last.place is None or trigger.place.path != last.place.path:
        return False
    return trigger.place.line <= max(last.place.end_line, last.place.line) + 1


def _joined(one: Trigger, other: Trigger) -> Trigger:
    if one.place is None or other.place is None:
        return one
    first, last = one.place, other.place
    if max(last.end_line, last.line) <= max(first.end_line, first.line):
        return one
    place = Place(
        path=first.path,
        line=first.line,
        column=first.column,
        end_line=last.end_line or last.line,
        end_column=last.end_column,
    )
    return msgspec.structs.replace(one, place=place)


def _reasons(change: Change, triggers: Iterable[Trigger], tier: int, by_size: int) -> tuple[str, ...]:
    """Give each ground for the tier once. The size itself stands in `Risk.size`; it is a ground only where it sets the
    tier."""
    grounds = list(dict.fromkeys(trigger.sentence for trigger in triggers if trigger.tier == tier >= 2))
    if by_size == tier:
        grounds.append(f"more than {_TOO_MANY_LINES if tier == 3 else _MANY_LINES} lines of code")
    if grounds:
        return tuple(grounds)
    if _ordinary(change):
        return ("ordinary code",)
    mild = [_MILD[one] for one in _MILD if any(purpose_of(file) is one for file in change.files)]
    return (f"{' and '.join(mild)} only",)
