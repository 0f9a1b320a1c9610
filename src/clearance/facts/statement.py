"""An in-toto Statement v1 and the predicate that says what was decided.

Formats: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and `resource_descriptor.md` beside it.
Subjects carry SHA-256 digests only, because stock verifiers refuse any other kind; git's own ids are annotations.
"""

from typing import Annotated, ClassVar, Generic, TypeVar

from msgspec import Meta

from clearance.facts.change import Revision
from clearance.facts.decision import Ran, ReviewNeed, Verdict
from clearance.facts.fact import Fact
from clearance.facts.finding import Gap

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
DECISION_TYPE = "urn:clearance:predicate:decision:v1"
PAYLOAD_LIMIT = 44_000
"""How many bytes a payload may have: base64 makes 58,668 of it, which with signature, certificate and timestamp fits a
bundle of 65,535 bytes."""
END = r"$(?!\n)"
"""The end of a text in a pattern, for Python's and for JavaScript's expressions: the former take a line end before it."""
MOMENT = "[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)Z"
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}" + END, max_length=64)]
"""A SHA-256: 64 lower-case hexadecimal digits."""
Moment = Annotated[str, Meta(pattern=f"^{MOMENT}{END}", max_length=20)]
"""RFC 3339 in UTC, to the second."""
P = TypeVar("P", bound=Fact)


class DigestSet(Fact):
    """How an artifact is named: by its SHA-256, 64 hexadecimal digits."""

    sha256: Sha256


class Resource(Fact, omit_defaults=True):
    """An artifact (in-toto ResourceDescriptor)."""

    name: str
    digest: DigestSet
    annotations: dict[str, str] = {}


class Counts(Fact):
    """How many findings of each severity."""

    critical: int = 0
    high: int = 0
    medium: int = 0
    low: int = 0


class Author(Fact):
    """Who wrote the change, and how that is known."""

    name: str
    kind: str
    evidence: str
    detail: str


class WaiverUse(Fact):
    """A waiver that counted: its id, who answers for it, the last day on which it counts (RFC 3339 full-date), the SHA-256
    of what it says in canonical JSON, and how many findings that the change brings it covers."""

    id: str
    owner: str
    expires: str
    sha256: Sha256
    findings: int


class Omitted(Fact):
    """How many items of each list did not fit into an entry; the evidence bodies hold them all."""

    files: int = 0
    reasons: int = 0
    gaps: int = 0
    reviews: int = 0
    waivers: int = 0


class DecisionPredicate(Fact, rename="camel"):
    """What was decided about a tree, by which policies and rules, after which looks. Subject 0 is the exact tree, and one
    subject follows for each file that the change leaves behind."""

    TYPE: ClassVar[str] = DECISION_TYPE

    verdict: Verdict
    """What was decided."""
    reasons: tuple[str, ...]
    """Ids of all policies that fired."""
    case: Sha256
    """SHA-256 of the case: all that the decision rests on."""
    policies: Sha256
    """SHA-256 of the policy set with its schema."""
    rules: Sha256
    """SHA-256 of the rule catalogue."""
    tier: int
    """How much care it needs: 0 to 3."""
    introduced: Counts
    """Findings that the change brings, by severity."""
    existing: Counts
    """Findings that were there before."""
    ran: tuple[Ran, ...]
    """Who looked at how many files."""
    gaps: tuple[Gap, ...]
    """What was not looked at, and why."""
    reviews: tuple[ReviewNeed, ...]
    """Who must look."""
    author: Author
    """Who wrote it, and how that is known."""
    source: str
    """Where it was found: staged, range, working-tree, …"""
    base: Revision | None
    """What it was compared with."""
    head: Revision
    """What was judged."""
    files: int
    """How many files it leaves behind."""
    omitted: Omitted
    """How many items of each list did not fit."""
    evidence: tuple[Sha256, ...]
    """Bodies beside the log: the case and the decision in canonical JSON, in full, and the policies."""
    version: str
    """Version of Clearance."""
    time: Moment
    """When it was decided."""
    waivers: tuple[WaiverUse, ...] = ()
    """Accepted risks without which the verdict might be stricter; entries of before there were any have none."""


class Statement(Fact, Generic[P], rename={"type": "_type", "predicate_type": "predicateType"}):
    """A statement about subjects: what `predicate_type` names is said of them. Mostly subject 0 is an exact tree."""

    type: str
    subject: tuple[Resource, ...]
    predicate_type: str
    predicate: P


DecisionStatement = Statement[DecisionPredicate]
"""What was decided about the exact tree that a change would make, which is subject 0."""
