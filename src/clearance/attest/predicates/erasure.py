"""A key was destroyed, and with it everything that rested under it."""

from typing import ClassVar, Literal

from clearance.attest.predicates.fields import Count, Evidence, Moment, NoWord, Party, Sha256, Word
from clearance.facts.fact import Fact


class ErasurePredicate(Fact, rename="camel"):
    """A holder's key was destroyed: their bodies can be read by nobody any more, and every proof stays valid. The subject is
    the holder."""

    TYPE: ClassVar[str] = "urn:clearance:predicate:erasure:v1"

    holder: Sha256
    """Keyed digest of the holder's name."""
    bodies: Count
    """How many bodies rested under the key."""
    reason: Literal["request", "retention", "legal", "incident"]
    """Why."""
    case: NoWord
    """The number of the case, empty where there is none."""
    by: Party
    """Who did it, or completed it; the signer."""
    claimed: NoWord
    """Who the system says was at the machine; nobody authenticated them."""
    version: Word
    """Version of Clearance."""
    time: Moment
    """When this was stated."""
    evidence: Evidence = ()
    """Bodies beside the log: the list of what rested there, by name."""
