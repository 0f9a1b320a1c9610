"""Rules of retention were applied, and what they did."""

from typing import Annotated, ClassVar

from msgspec import Meta

from clearance.attest.predicates.fields import Count, Evidence, Level, Moment, Party, Sha256, Word
from clearance.facts.fact import Fact


class Kept(Fact):
    """A rule: for how many days bodies of a classification are kept, and what it did: how many it left, how many it erased,
    how many are held back from it. `hold`: the rule itself holds all of them."""

    classification: Level
    days: Count
    hold: bool
    left: Count
    erased: Count
    held: Count


class RetentionPredicate(Fact, rename="camel"):
    """Retention ran over the bodies of evidence. The subject is the set of rules."""

    TYPE: ClassVar[str] = "urn:clearance:predicate:retention:v1"

    rules: Annotated[tuple[Kept, ...], Meta(max_length=16)]
    """Each rule and what it did."""
    settings: Sha256
    """SHA-256 of the rules as they were set."""
    by: Party
    """Who ran it; the signer."""
    version: Word
    """Version of Clearance."""
    time: Moment
    """When this was stated."""
    evidence: Evidence = ()
    """Bodies beside the log: the list of what was erased, by name."""
