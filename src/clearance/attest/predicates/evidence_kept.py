"""A body of evidence was put away, encrypted."""

from typing import ClassVar, Literal

from clearance.attest.predicates.fields import Count, Evidence, Level, Moment, NoSha256, Party, Sha256, Word, Words
from clearance.facts.fact import Fact


class EvidenceKeptPredicate(Fact, rename="camel"):
    """A body of evidence rests, encrypted, outside of the log. The subject is the body, by the name under which it rests."""

    TYPE: ClassVar[str] = "urn:clearance:predicate:evidence-kept:v1"

    body: Sha256
    """The body's name: its salted SHA-256."""
    holder: Sha256
    """Keyed digest of the name of whose key it rests under."""
    kind: Literal["prompt", "transcript", "output", "diff"]
    """What it is."""
    classification: Level
    """How sensitive it is."""
    size: Count
    """How many bytes it has."""
    findings: Words
    """Ids of the rules that found something in it, sorted."""
    about: NoSha256
    """SHA-256 of the signed payload that it belongs to, empty where nobody says."""
    by: Party
    """Who put it there; the signer."""
    version: Word
    """Version of Clearance."""
    time: Moment
    """When this was stated."""
    evidence: Evidence = ()
    """Bodies beside the log."""
