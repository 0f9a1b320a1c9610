"""One real statement of each kind, for tests."""

from typing import Any

from clearance.attest.kinds import state
from clearance.attest.liveness import DeadGuard, LivenessPredicate
from clearance.attest.predicates.attribution import AttributionPredicate, Lines, Side
from clearance.attest.predicates.deploy import DeployPredicate
from clearance.attest.predicates.erasure import ErasurePredicate
from clearance.attest.predicates.evidence_access import EvidenceAccessPredicate
from clearance.attest.predicates.evidence_kept import EvidenceKeptPredicate
from clearance.attest.predicates.fields import Party, Prompt
from clearance.attest.predicates.generation import Agent, GenerationPredicate, Keys
from clearance.attest.predicates.incident import IncidentPredicate
from clearance.attest.predicates.merge import Head, MergePredicate, Rest
from clearance.attest.predicates.request import RequestPredicate
from clearance.attest.predicates.retention import Kept, RetentionPredicate
from clearance.attest.predicates.review import Authentication, First, ReviewPredicate, Seen
from clearance.attest.predicates.revocation import RevocationPredicate
from clearance.attest.predicates.scan import Data, Look, Missed, ScanPredicate
from clearance.attest.predicates.trust import TrustKey, TrustPredicate
from clearance.attest.predicates.waiver import WaiverPredicate
from clearance.attest.standard.fields import Descriptor
from clearance.attest.standard.svr import SvrPredicate, Verifier
from clearance.attest.standard.test_result import TestResultPredicate
from clearance.attest.standard.vsa import CommitDigest, Revision, SourceRefs, VsaPredicate, VsaStatement, VsaVerifier
from clearance.attest.standard.vulns import Database, Scanner, ScanTimes, Score, Vulnerability, VulnsPredicate
from clearance.facts.change import Revision as End
from clearance.facts.decision import Ran, ReviewNeed, Verdict
from clearance.facts.finding import Gap, GapKind
from clearance.facts.statement import (
    STATEMENT_TYPE,
    Author,
    Counts,
    DecisionPredicate,
    DigestSet,
    Omitted,
    Resource,
    WaiverUse,
)

NOON = "2026-11-23T12:00:00Z"
DANA = Party(name="dana@example.com", kind="person", issuer="https://id.example.com")
SERVICE = Party(name="spiffe://example.com/service/clearance", kind="service", issuer="spiffe://example.com")
END = {"version": "0.1.0", "time": NOON, "evidence": ("e" * 64,)}
TREE = Resource(
    name=f"git-tree:{'1' * 40}", digest=DigestSet(sha256="1" * 64), annotations={"kind": "git-tree", "gitTree": "1" * 40}
)
PROMPT = Prompt(sha256="2" * 64, classification="restricted", size=120, findings=("iban",))
REST = Rest(sha256="3" * 64, verdict="ALLOW", about="result")
POLICY = Descriptor(uri="urn:clearance:policies:x", digest={"sha256": "4" * 64})
POLICIES = Descriptor(name="policies", uri="urn:clearance:policies:x", digest={"sha256": "4" * 64})

PREDICATES: dict[str, Any] = {
    "trust": TrustPredicate(
        action="rotate", changed=("provider",), providers=("https://id.example.com",), by=SERVICE,
        ended=(TrustKey(purpose="authority", sha256="a" * 64),), begun=(TrustKey(purpose="authority", sha256="b" * 64),),
        formerly="acme.example", **END,
    ),
    "revocation": RevocationPredicate(
        what="certificate", serial="4A1F", since="2026-11-22T12:00:00Z", reason="6" * 64, by=SERVICE, **END
    ),
    "request": RequestPredicate(id="SHOP-1", by=DANA, ticket="5" * 64, prompt=PROMPT, **END),
    "generation": GenerationPredicate(
        agent=Agent(name="claude-code", version="2.1"), model="claude-opus-4-5", conversation="6" * 64, prompt=PROMPT,
        request="7" * 64, context=("8" * 64,), tools=("Edit",), source="hook", repository="9" * 64, base="a" * 40,
        head="b" * 40, runs=2, files=1, lines=12, keys=Keys(scheme="clearance-lines-1", salt="c" * 32, body="d" * 64), **END,
    ),
    "attribution": AttributionPredicate(
        base=Side(tree="a" * 40, commit="b" * 40), head=Side(tree="c" * 40), files=1,
        lines=Lines(generation=10, person=2, unknown=0), generations=("d" * 64,), omitted=0, **END,
    ),
    "scan": ScanPredicate(
        catalogue="a" * 64, data=Data(sha256="b" * 64, date="2026-11-01"),
        ran=(Look(scanner="secrets", files=2, findings=0, gaps=1),),
        missed=(Missed(scanner="code", kind="too large", count=1, introduced=True),), introduced=Counts(high=1),
        existing=Counts(), **END,
    ),
    "decision": DecisionPredicate(
        verdict=Verdict.ASK, reasons=("tier-2-needs-a-reviewer",), case="a" * 64, policies="b" * 64, rules="c" * 64, tier=2,
        introduced=Counts(), existing=Counts(low=1), ran=(Ran(scanner="code", files=1, findings=0, gaps=0),),
        gaps=(Gap(scanner="code", path="a.bin", kind=GapKind.BINARY),),
        reviews=(ReviewNeed(role="reviewer", people=1, because="tier 2"),),
        author=Author(name="Claude", kind="agent", evidence="commit trailer", detail=""), source="range",
        base=End(label="main", commit="d" * 40), head=End(label="HEAD", commit="e" * 40), files=1, omitted=Omitted(),
        waivers=(WaiverUse(id="w", owner="Dana", expires="2027-01-01", sha256="f" * 64, findings=1),), **END,
    ),
    "review": ReviewPredicate(
        seen=Seen(tree="1" * 64, base="a" * 40, head="b" * 40, page="c" * 64, decision="d" * 64), reviewer=DANA,
        role="reviewer", answer="approve", first=First(answer="abstain", time=NOON),
        authenticated=Authentication(method="oidc", issuer="https://id.example.com"), **END,
    ),
    "waiver": WaiverPredicate(
        action="accept", id="sql-1", by=SERVICE, owner="a" * 64, waiver="b" * 64, rule="", finding="c" * 64, paths=0,
        controls=("asvs:v5.0.0-1.2.5",), expires="2027-01-01", **END,
    ),
    "merge": MergePredicate(
        target="refs/heads/main", method="merge", before="a" * 40, head="b" * 40, base="c" * 40, commit="d" * 40,
        parents=("a" * 40, "b" * 40), tree="1" * 40, by=SERVICE, decisions=(REST,), reviews=("e" * 64,),
        enforced=("no-deletion",), checkpoint=Head(origin="clearance.local/x", size=3, root="f" * 64), **END,
    ),
    "deploy": DeployPredicate(
        environment="production", commit="a" * 40, tree="1" * 40, before="b" * 40, by=SERVICE, decisions=(REST,),
        merges=("c" * 64,), **END,
    ),
    "incident": IncidentPredicate(
        id="INC-7", severity="high", by=DANA, report="a" * 64, opened=NOON, contained=NOON, closed=NOON,
        findings=("b" * 64,), rules=("python-sql-string-build",), commits=("c" * 40,), entries=(4,), **END,
    ),
    "evidence-access": EvidenceAccessPredicate(
        body="a" * 64, holder="b" * 64, by=DANA, claimed="dana", purpose="audit", case="INC-7", entries=(3,), **END
    ),
    "evidence-kept": EvidenceKeptPredicate(
        body="a" * 64, holder="b" * 64, kind="prompt", classification="restricted", size=7, findings=("iban",),
        about="c" * 64, by=SERVICE, **END
    ),
    "erasure": ErasurePredicate(
        holder="b" * 64, bodies=2, reason="request", case="DSR-12", by=DANA, claimed="dana", **END
    ),
    "retention": RetentionPredicate(
        rules=(Kept(classification="restricted", days=30, hold=False, left=1, erased=2, held=0),), settings="c" * 64,
        by=SERVICE, **END
    ),
    "liveness": LivenessPredicate(
        result="dead", whole=True, tried=("hook",), reused="", alive=("gate",),
        dead=(DeadGuard(guard="hook:a", why="let it pass", since=NOON),), absent=(), untried=("mcp",), omitted=0,
        inputs={"hook": "a" * 64}, **END,
    ),
    "test-result": TestResultPredicate(
        result="WARNED", configuration=(POLICIES,), passed_tests=("scan/code",), warned_tests=("policy/p",),
        failed_tests=("scan/secrets",),
    ),
    "vulns": VulnsPredicate(
        scanner=Scanner(
            uri="pkg:pypi/clearance@0.1.0", version="0.1.0", db=Database(last_update=NOON, uri="urn:x:1", version="1"),
            result=(
                Vulnerability(
                    id="CVE-2020-0001", severity=(Score(method="clearance", score="high"),), annotations=({"path": "a"},)
                ),
            ),
        ),
        metadata=ScanTimes(scan_started_on=NOON, scan_finished_on=NOON),
    ),
    "svr": SvrPredicate(
        verifier=Verifier(id="spiffe://example.com/service/clearance", policies=(POLICIES,)), time_created=NOON,
        properties=("CLEARANCE_ALLOWED",),
    ),
    "vsa": VsaPredicate(
        verifier=VsaVerifier(id="spiffe://example.com/service/clearance", version={"clearance": "0.1.0"}),
        time_verified=NOON, resource_uri="git+https://example.com/shop", policy=POLICY,
        input_attestations=(Descriptor(digest={"sha256": "5" * 64}),),
        verification_result="PASSED", verified_levels=("SLSA_SOURCE_LEVEL_1",),
    ),
}  # fmt: skip
COMMIT = Revision(
    name="git-commit:1", digest=CommitDigest(git_commit="a" * 40), annotations=SourceRefs(source_refs=("refs/heads/main",))
)


def statement_of(kind: str) -> Any:
    """Give the statement of a kind."""
    predicate = PREDICATES[kind]
    if kind == "vsa":
        return VsaStatement(type=STATEMENT_TYPE, subject=(COMMIT,), predicate_type=VsaPredicate.TYPE, predicate=predicate)
    return state(predicate, [TREE])
