"""Whom a machine trusts was changed: an identity provider, a key, a timestamp service."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from clearance.attest.predicates.fields import Evidence, Moment, Party, Word
from clearance.facts.fact import Fact


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
    """Who did it, as far as is known: the service that signs here."""
    version: Word
    """Version of Clearance."""
    time: Moment
    """When this was stated."""
    evidence: Evidence = ()
    """Bodies beside the log."""
