"""Something went wrong: how badly, since when, and which code it came from."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from clearance.attest.predicates.fields import (
    Commit,
    Count,
    Digests,
    Evidence,
    Moment,
    NoMoment,
    NoSha256,
    Party,
    Word,
    Words,
)
from clearance.facts.fact import Fact


class IncidentPredicate(Fact, rename="camel"):
    """Something went wrong, as it stands now; a later statement of the same id replaces an earlier one. The subject is its
    report, or where there is none yet, its id (SHA-256)."""

    TYPE: ClassVar[str] = "urn:clearance:predicate:incident:v1"

    id: Word
    """What people call it (`INC-7`)."""
    severity: Literal["low", "medium", "high", "critical"]
    """How bad it is."""
    by: Party
    """Who says so; the signer."""
    report: NoSha256
    """SHA-256 of the report, empty where there is none yet."""
    opened: Moment
    """When it was noticed."""
    contained: NoMoment
    """When it could do no more harm, empty: not yet."""
    closed: NoMoment
    """When it was over, empty: not yet."""
    findings: Digests
    """Fingerprints of the findings that it came from."""
    rules: Words
    """Ids of the rules that found it, or should have."""
    commits: Annotated[tuple[Commit, ...], Meta(max_length=400)]
    """Commits that brought it."""
    entries: Annotated[tuple[Count, ...], Meta(max_length=400)]
    """Entries of this log that it is about."""
    version: Word
    """Version of Clearance."""
    time: Moment
    """When this was stated."""
    evidence: Evidence = ()
    """Bodies beside the log."""
