"""What looked at a tree, by which catalogue, and what did not look, and why."""

from typing import Annotated, ClassVar

from msgspec import Meta

from clearance.attest.predicates.fields import Count, Evidence, Moment, NoSha256, NoWord, Sha256, Word
from clearance.facts.fact import Fact
from clearance.facts.statement import END, Counts


class Look(Fact):
    """One scanner's run: its family, the files that it looked at, what it found in them, how many gaps it left."""

    scanner: Word
    files: Count
    findings: Count
    gaps: Count


class Missed(Fact):
    """What a scanner did not look at: why, in how many cases, and whether the change brings it."""

    scanner: Word
    kind: Annotated[str, Meta(pattern="^[A-Za-z][A-Za-z ]*" + END, max_length=60)]
    """The kind of gap, as `facts.finding.GapKind` names it."""
    count: Count
    introduced: bool


class Data(Fact):
    """The data that packages were judged by: its digest, and the day it is of; both empty where there was none."""

    sha256: NoSha256
    date: NoWord


class ScanPredicate(Fact, rename="camel"):
    """Scanners looked. Subject 0 is the exact tree."""

    TYPE: ClassVar[str] = "urn:clearance:predicate:scan:v1"

    catalogue: Sha256
    """SHA-256 of the rule catalogue."""
    data: Data
    """What packages were judged by."""
    ran: Annotated[tuple[Look, ...], Meta(max_length=200)]
    """Who looked at what."""
    missed: Annotated[tuple[Missed, ...], Meta(max_length=400)]
    """What was not looked at, and why."""
    introduced: Counts
    """Findings that the change brings, by severity."""
    existing: Counts
    """Findings that were there before."""
    version: Word
    """Version of Clearance."""
    time: Moment
    """When this was stated."""
    evidence: Evidence = ()
    """Bodies beside the log: the case, in full."""
