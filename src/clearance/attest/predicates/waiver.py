"""Somebody accepted a risk, or lets that last longer."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from clearance.attest.predicates.fields import Count, Day, Evidence, Moment, NoSha256, NoWord, Party, Sha256, Word
from clearance.facts.fact import Fact


class WaiverPredicate(Fact, rename="camel"):
    """A waiver was written. Subject 0 is its file. It counts for nothing yet: that takes two people and the base.

    Why, who answers, and what is done instead stand in the file, which the subject names; here are digests of them.
    """

    TYPE: ClassVar[str] = "urn:clearance:predicate:waiver:v1"

    action: Literal["accept", "renew"]
    """What was done."""
    id: Word
    """The waiver's id: the name of its file."""
    by: Party
    """Who did it; the signer."""
    owner: Sha256
    """Keyed digest of the name of who answers for it (HMAC-SHA256; in statements of before, its SHA-256)."""
    waiver: Sha256
    """SHA-256 of what it says, in canonical JSON; decisions in which it counts name the same."""
    rule: NoWord
    """The rule whose findings it covers, empty where it covers one finding."""
    finding: NoSha256
    """The fingerprint of the finding that it covers, or empty."""
    paths: Count
    """How many globs say in which files."""
    controls: Annotated[tuple[Word, ...], Meta(max_length=64)]
    """Ids of controls that are done instead."""
    expires: Day
    """The last day on which it counts."""
    version: Word
    """Version of Clearance."""
    time: Moment
    """When this was stated."""
    evidence: Evidence = ()
    """Bodies beside the log."""
