"""Who asked for something, and by which ticket or prompt."""

from typing import ClassVar

from clearance.attest.predicates.fields import Evidence, Moment, NoSha256, NoWord, Party, Prompt, Word
from clearance.facts.fact import Fact


class RequestPredicate(Fact, rename="camel"):
    """Somebody asked for something. The subject is the request: digest of the ticket, or salted digest of the prompt."""

    TYPE: ClassVar[str] = "urn:clearance:predicate:request:v1"

    id: NoWord
    """What people call it (`SHOP-123`), empty where it has no name."""
    by: Party
    """Who asked."""
    ticket: NoSha256
    """SHA-256 of the ticket's text as it stood, empty where there was none."""
    prompt: Prompt | None
    """What is told of the prompt, null where there was none."""
    version: Word
    """Version of Clearance."""
    time: Moment
    """When this was stated."""
    evidence: Evidence = ()
    """Bodies beside the log."""
