"""A certificate, or a key that certifies or stamps, is believed no more."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from clearance.attest.predicates.fields import Evidence, Moment, NoMoment, Party, Sha256, Word
from clearance.facts.fact import Fact
from clearance.facts.statement import END


class RevocationPredicate(Fact, rename="camel"):
    """Something is believed no more. Subject 0 is the list of revoked certificates as it is from now on, or the trusted root
    where a key was ended."""

    TYPE: ClassVar[str] = "urn:clearance:predicate:revocation:v1"

    what: Literal["certificate", "authority", "timestamps", "transparency", "checkpoints"]
    """A certificate of ten minutes, or the purpose of a key."""
    serial: Annotated[str, Meta(pattern="^([0-9A-F]{2}){0,20}" + END, max_length=40)]
    """The certificate's serial number as openssl prints it: upper-case hexadecimal, whole bytes. Empty for a key."""
    since: NoMoment
    """From when on what was signed with it is refused; empty: all of it."""
    reason: Sha256
    """SHA-256 of why, in UTF-8; the list beside the trusted root holds the words."""
    by: Party
    """Who did it; the signer."""
    version: Word
    """Version of Clearance."""
    time: Moment
    """When this was stated."""
    evidence: Evidence = ()
    """Bodies beside the log."""
