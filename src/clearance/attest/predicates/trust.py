"""Whom a machine trusts was changed: an identity provider, a key, a timestamp service."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from clearance.attest.predicates.fields import Evidence, Moment, NoWord, Party, Sha256, Word
from clearance.facts.fact import Fact


class TrustKey(Fact, rename="camel"):
    """A key and what it signs: `purpose` (`authority`, `timestamps`, `transparency`, `checkpoints`), and the SHA-256 of its
    public half (SubjectPublicKeyInfo); of a timestamp service of others, that of its certificate."""

    purpose: Word
    sha256: Sha256


class TrustPredicate(Fact, rename="camel"):
    """Trust was set up or renewed on the machine that signs. The subject is the trusted root as it is from now on."""

    TYPE: ClassVar[str] = "urn:clearance:predicate:trust:v1"

    action: Literal["init", "rotate"]
    """What was done."""
    changed: Annotated[tuple[Word, ...], Meta(max_length=16)]
    """What it concerned: purposes of keys (`authority`), `domain`, `provider`, `timestamps`."""
    providers: Annotated[tuple[Word, ...], Meta(max_length=64)]
    """Issuers of the identity providers that are believed from now on."""
    by: Party
    """Who did it, as far as is known: the account of the machine."""
    version: Word
    """Version of Clearance."""
    time: Moment
    """When this was stated."""
    ended: Annotated[tuple[TrustKey, ...], Meta(max_length=16)] = ()
    """Keys that sign no more."""
    begun: Annotated[tuple[TrustKey, ...], Meta(max_length=16)] = ()
    """Keys that sign from now on."""
    formerly: NoWord = ""
    """The trust domain until now, where it changed."""
    evidence: Evidence = ()
    """Bodies beside the log."""
