"""Somebody read a body of evidence."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from clearance.attest.predicates.fields import Count, Evidence, Moment, NoSha256, NoWord, Party, Sha256, Word
from clearance.facts.fact import Fact


class EvidenceAccessPredicate(Fact, rename="camel"):
    """A body of evidence was asked for, and read right after this was recorded. The subject is the body, by the name
    under which it rests."""

    TYPE: ClassVar[str] = "urn:clearance:predicate:evidence-access:v1"

    body: Sha256
    """The body's name."""
    holder: NoSha256
    """Keyed digest of the name of whose key it rests under, empty where it is nobody's."""
    by: Party
    """Who read it; the signer."""
    claimed: NoWord
    """Who the system says was at the machine; nobody authenticated them."""
    purpose: Literal["audit", "incident", "review", "request", "repair"]
    """What for."""
    case: NoWord
    """The number of the case (`INC-7`), empty where there is none."""
    entries: Annotated[tuple[Count, ...], Meta(max_length=400)]
    """Entries of this log that name the body."""
    version: Word
    """Version of Clearance."""
    time: Moment
    """When this was stated."""
    evidence: Evidence = ()
    """Bodies beside the log."""
