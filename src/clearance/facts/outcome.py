"""What a run tells the world: the one shape behind every report format."""

from clearance.facts.change import Change
from clearance.facts.classification import Classification
from clearance.facts.decision import Decision, Ran
from clearance.facts.fact import Fact
from clearance.facts.finding import Aside, Finding, Gap
from clearance.facts.provenance import Provenance
from clearance.facts.risk import Risk
from clearance.facts.waiver import Cover

SCHEMA = "urn:clearance:outcome:v1"


class RuleInfo(Fact):
    """What a report says about a rule that fired."""

    id: str
    family: str
    title: str
    severity: str
    confidence: str
    brief: str
    help: str
    """The page's guidance, Markdown."""
    fix: str
    cwe: tuple[str, ...]
    controls: tuple[str, ...]
    link: str
    """Where the page can be read: a URI."""
    sources: tuple[str, ...] = ()
    """What the page rests on, such as the vendor's documentation."""


class Receipt(Fact):
    """Where the signed record of this decision lies: digest of the in-toto payload, index in the log, the log's path as
    it should be shown, id of the signing key; what witnesses said of the checkpoint, in one line, where any were asked.
    `unwitnessed`: a quorum of them is required here, and did not cosign."""

    digest: str
    index: int
    log: str
    key: str
    witnesses: str = ""
    unwitnessed: bool = False


class Outcome(Fact):
    """A whole run. `decision`, `risk` and `receipt` are missing for `clearance scan`, which gives no verdict.

    `existing` findings were there before the change; they are told apart, never dropped. `rules` describes each rule
    that has a finding. `case` and `policies` digests are in the decision, the rule catalogue's digest is `catalogue`.
    """

    schema: str
    version: str
    change: Change
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    ran: tuple[Ran, ...]
    rules: tuple[RuleInfo, ...]
    catalogue: str
    asides: tuple[Aside, ...] = ()
    """What looked like a finding and is none; in JSON only with `--all`."""
    more_asides: int = 0
    """How many more there were than are listed."""
    set_aside: dict[str, int] = {}
    """By reason, how many look-alikes the change brings, listed or not."""
    classification: Classification | None = None
    """How sensitive what was found is; for a change it stands in `risk`."""
    risk: Risk | None = None
    decision: Decision | None = None
    receipt: Receipt | None = None
    waivers: tuple[Cover, ...] = ()
    """The waivers that name one of the findings, whether they counted (`decision.waivers`) or not."""
    origins: Provenance | None = None
    """Where the new lines come from; missing where no verdict is given."""

    @property
    def introduced(self) -> tuple[Finding, ...]:
        """The findings that count for the verdict, worst first."""
        return tuple(finding for finding in self.findings if finding.introduced)

    @property
    def waived(self) -> dict[str, Cover]:
        """The findings that a waiver which counted covers, by fingerprint, each with the waiver that lasts longest."""
        counted = set(self.decision.waivers) if self.decision else set()
        lasting = sorted((one for one in self.waivers if one.waiver.id in counted), key=lambda one: one.days)
        return {name: cover for cover in lasting for name in cover.findings}

    @property
    def existing(self) -> tuple[Finding, ...]:
        """The findings that were there before."""
        return tuple(finding for finding in self.findings if not finding.introduced)
