"""Where the lines of a change come from, settled at the gate."""

from typing import Annotated, ClassVar

from msgspec import Meta

from clearance.attest.predicates.fields import Commit, Count, Digests, Evidence, Moment, NoCommit, Word
from clearance.facts.fact import Fact


class Side(Fact):
    """One end of a change: git's id of its tree, and the commit, empty where it is none."""

    tree: Commit
    commit: NoCommit = ""


class Lines(Fact):
    """Counts of new lines by origin: from a recorded generation, by a person, nobody knows."""

    generation: Count
    person: Count
    unknown: Count


class AttributionPredicate(Fact, rename="camel"):
    """The origin of each new line was settled. Subject 0 is the exact tree."""

    TYPE: ClassVar[str] = "urn:clearance:predicate:attribution:v1"

    base: Side
    """What it was compared with."""
    head: Side
    """What was looked at."""
    files: Count
    """How many files have new lines."""
    lines: Lines
    """How many new lines come from where."""
    generations: Digests
    """SHA-256 digests of the signed payloads of the generation statements that it rests on."""
    omitted: Count
    """How many of them did not fit; the body names all."""
    version: Word
    """Version of Clearance."""
    time: Moment
    """When this was stated."""
    evidence: Annotated[Evidence, Meta(min_length=1)]
    """Bodies beside the log; the first one says of each line where it comes from."""
