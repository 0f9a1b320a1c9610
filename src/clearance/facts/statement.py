"""An in-toto Statement v1 and the predicate that says what was decided.

Formats: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and `resource_descriptor.md` beside it.
Subjects carry SHA-256 digests only, because stock verifiers refuse any other kind; git's own ids are annotations.
"""

from clearance.facts.change import Revision
from clearance.facts.decision import Ran, ReviewNeed, Verdict
from clearance.facts.fact import Fact
from clearance.facts.finding import Gap

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"
DECISION_TYPE = "urn:clearance:predicate:decision:v1"


class DigestSet(Fact):
    """How an artifact is named: by its SHA-256, 64 hexadecimal digits."""

    sha256: str


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
    sha256: str
    findings: int


class Omitted(Fact):
    """How many items of each list did not fit into an entry; the evidence bodies hold them all."""

    files: int = 0
    reasons: int = 0
    gaps: int = 0
    reviews: int = 0
    waivers: int = 0


class DecisionPredicate(Fact, rename="camel"):
    """What was decided about the subject, by which policies and rules, after which looks.

    `case`, `policies` and `rules` are digests; `reasons` the ids of all policies that fired; `introduced` and `existing`
    count findings; `ran` and `gaps` say who looked and what was not looked at; `time` is RFC 3339 in UTC. `evidence` names
    the bodies that lie beside the log: the case and the decision in canonical JSON, in full.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    case: str
    policies: str
    rules: str
    tier: int
    introduced: Counts
    existing: Counts
    ran: tuple[Ran, ...]
    gaps: tuple[Gap, ...]
    reviews: tuple[ReviewNeed, ...]
    author: Author
    source: str
    base: Revision | None
    head: Revision
    files: int
    omitted: Omitted
    evidence: tuple[str, ...]
    version: str
    time: str
    waivers: tuple[WaiverUse, ...] = ()
    """Accepted risks without which the verdict might be stricter; entries of before there were any have none."""


class Statement(Fact, rename={"type": "_type", "predicate_type": "predicateType"}):
    """A statement about subjects. Subject 0 is the exact tree that the change would make."""

    type: str
    subject: tuple[Resource, ...]
    predicate_type: str
    predicate: DecisionPredicate
