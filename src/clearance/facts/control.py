"""Edges between what Clearance does and what a standard asks for."""

from enum import Enum
from typing import Literal

from clearance.facts.fact import Fact
from clearance.facts.finding import Confidence


class Relation(Enum):
    """How one control relates to another: the vocabulary of OSCAL 1.2's control mapping, read from the source to the target.

    `SUBSET_OF` says that what the source does is a part of what the target asks for.
    """

    EQUAL_TO = "equal-to"
    EQUIVALENT_TO = "equivalent-to"
    SUBSET_OF = "subset-of"
    SUPERSET_OF = "superset-of"
    INTERSECTS_WITH = "intersects-with"
    NO_RELATIONSHIP = "no-relationship"


AuthorKind = Literal["person", "assistant", "tool"]
"""Who drew an edge: a person, an AI assistant, or a program that derived it from other data."""

AtMost = Literal["", "ALLOW", "ASK", "DENY"]
"""The strictest verdict that a hit can get; empty where the claim says nothing of it."""


class Edge(Fact):
    """One claim: `of` (a control of ours: `rule:python-sql-string-build`, `policy:no-secrets`, `trigger:…`, `checkpoint:…`,
    `capability:…`, or an id of a catalogue, for edges between catalogues) relates to `to`, an id of a catalogue.

    `source` says what the claim rests on, `where` the file (and line) that makes it, `note` which part is meant, or what is
    left out. `at_most` is the strictest verdict that a hit of this part can get where other parts of the same rule are
    stricter, so that one requirement is not shown the verdict of another.
    """

    of: str
    to: str
    rel: Relation
    by: AuthorKind = "assistant"
    source: str = ""
    confidence: Confidence = Confidence.MEDIUM
    note: str = ""
    where: str = ""
    at_most: AtMost = ""
