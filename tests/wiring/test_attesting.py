"""Statements on their way into the log: who may say what, what the log shows of a commit, and that nothing leaks."""

import base64
import hashlib
import json
import os
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from clearance.attest.dsse import seal
from clearance.attest.kinds import kinds
from clearance.attest.predicates.fields import Party
from clearance.attest.predicates.generation import Agent, GenerationPredicate, Keys
from clearance.attest.revocation import serial_of
from clearance.attest.standard.svr import svr
from clearance.attest.standard.test_result import result_of
from clearance.attest.standard.vulns import vulns
from clearance.attest.statement import decision_statement, evidence_of
from clearance.collect.commits import Commits
from clearance.collect.memory import change_of
from clearance.facts.decision import Case, Decision, Ran, Reason, Verdict
from clearance.facts.entry import Entry, Sealed
from clearance.facts.errors import BadFile, BadStatement, NoLongerBelieved, UsageError
from clearance.facts.fact import canonical, digest
from clearance.facts.finding import Confidence, Excerpt, Finding, Gap, GapKind, Place, Severity
from clearance.facts.identity import Identity
from clearance.facts.risk import Risk
from clearance.facts.statement import DigestSet, Resource, Statement
from clearance.facts.waiver import Waiver
from clearance.rules.placeholder import expand
from clearance.scan.packages.pack.shipped import SHIPPED
from clearance.wiring.attesting import from_json, identity, now, record, refuse_another, stated, subjects_of
from clearance.wiring.attesting_checks import scanned
from clearance.wiring.attesting_levels import examined
from clearance.wiring.attesting_steps import deployed, merged
from clearance.wiring.attesting_told import noticed, requested, reviewed, waived
from clearance.wiring.recording import Scribe, open_log, open_signer
from clearance.wiring.trust_file import change_settings
from clearance.wiring.trusting import open_trust

ISSUER = "https://id.example.com"
DANA, ELI = (Identity(name=f"{name}@example.com", issuer=ISSUER) for name in ("dana", "eli"))
WRITER = Identity(name="writer@example.com", issuer=ISSUER)
ALL = ("no-force-push", "no-deletion", "gate-required", "review-required")
THING = Resource(name="thing", digest=DigestSet(sha256="a" * 64))


def git(top: Path, *arguments: str) -> str:
    own = ["-c", "user.name=W", "-c", "user.email=writer@example.com", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *own, *arguments], cwd=top, check=True, capture_output=True, text=True).stdout.strip()


def brought(top: Path, name: str) -> None:
    """Merge a change that adds a file."""
    git(top, "checkout", "-q", "-b", name)
    (top / name).write_text(f"{name}\n")
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", name)
    git(top, "checkout", "-q", "main")
    git(top, "merge", "-q", "--no-ff", "-m", "merge", name)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository with one merge."""
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "remote", "add", "origin", "https://" + "u:p" + "@example.com/shop.git")
    (tmp_path / "a").write_text("a\n")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "start")
    brought(tmp_path, "one")
    return tmp_path


def judge(top: Path, verdict: Verdict = Verdict.ALLOW, case: Case | None = None, by: Identity | None = None) -> str:
    """Record a decision about the tree of HEAD, and give the digest of what was signed."""
    with Commits(top) as commits:
        head = commits.read("HEAD")
    made = case or case_of()
    tree = msgspec.structs.replace(made.change.tree, kind="git-tree", sha256=head.sha256, git=head.tree)
    made = msgspec.structs.replace(made, change=msgspec.structs.replace(made.change, tree=tree))
    decision = decided(made, verdict)
    statement = decision_statement(made, decision, datetime.now(UTC))
    (entry,) = Scribe(top).record([statement], evidence_of(made, decision), by=by)
    return entry.digest


def case_of(*findings: Finding, gaps: tuple[Gap, ...] = (), files: dict[str, bytes] | None = None) -> Case:
    return Case(
        change=change_of({}, files or {"a.py": b"x = 1\n"}).change,
        findings=findings,
        gaps=gaps,
        risk=Risk(tier=1, triggers=(), size=1, unknown_lines=0, reasons=()),
        ran=(Ran(scanner="code", files=1, findings=len(findings), gaps=len(gaps)),),
        rules="a" * 64,
        version="0.1.0",
    )


def decided(case: Case, verdict: Verdict) -> Decision:
    reason = Reason(policy="p", verdict=verdict, why="w", about=tuple(one.fingerprint for one in case.findings))
    return Decision(verdict=verdict, reasons=(reason,), reviews=(), policies="b" * 64, case=digest(case))


def put(top: Path, statement: Statement[Any], by: Identity) -> Entry:
    return record([statement], top, os.environ, by=by)[0].entry


def levels(top: Path) -> tuple[str, ...]:
    found: Any = examined(top, os.environ, identity("", None, os.environ, machine=True)).statement
    return tuple(found.predicate.verified_levels)


def revoke(top: Path, index: int) -> None:
    """Believe an entry no more; each was signed under a certificate of its own (`apart`)."""
    bundle = json.loads(open_log(top).entry(index).sealed.bundle)
    raw = base64.b64decode(bundle["verificationMaterial"]["certificate"]["rawBytes"])
    open_trust(os.environ).revoke(serial_of(raw), "a test")


def apart() -> None:
    """Have the next entry signed under another certificate."""
    open_trust(os.environ)._forget()


def test_a_deny_that_is_revoked_does_not_let_an_older_allow_speak(shop: Path) -> None:
    judge(shop)
    apart()
    judge(shop, Verdict.DENY)
    assert levels(shop) == ("FAILED",)
    apart()
    put(shop, reviewed(shop, os.environ, DANA, answer="approve"), DANA)
    revoke(shop, 1)
    by = identity("", None, os.environ, machine=True)
    for stating in (
        lambda: examined(shop, os.environ, by),
        lambda: merged(shop, os.environ, by, enforced=ALL),
        lambda: deployed(shop, os.environ, by, to="production"),
    ):
        with pytest.raises(NoLongerBelieved, match="the newest decision about this tree is believed no more") as told:
            stating()
        assert (told.value.where, "clearance check" in told.value.next) == ("entry 1", True)
    said = reviewed(shop, os.environ, DANA, answer="approve").predicate
    assert said.seen.decision == "", "whoever looks sees no decision"
    apart()
    judge(shop)
    assert levels(shop)[0] != "FAILED", "decided anew"


def test_an_older_decision_that_is_revoked_stands_in_nobodys_way(shop: Path) -> None:
    judge(shop, Verdict.DENY)
    apart()
    judge(shop)
    revoke(shop, 0)
    assert "ORG_SOURCE_CLEARANCE_ALLOWED" in levels(shop)


@pytest.mark.parametrize("last", ["reject", "approve"])
def test_an_answer_that_is_revoked_does_not_let_an_older_approval_speak(shop: Path, last: Any) -> None:
    providers(ISSUER)
    judge(shop)
    put(shop, reviewed(shop, os.environ, DANA, answer="approve"), DANA)
    assert "ORG_SOURCE_ONE_PERSON_APPROVED" in levels(shop)
    apart()
    put(shop, reviewed(shop, os.environ, DANA, answer=last), DANA)
    revoke(shop, 2)
    assert "ORG_SOURCE_ONE_PERSON_APPROVED" not in levels(shop)
    apart()
    put(shop, reviewed(shop, os.environ, DANA, answer="approve"), DANA)
    assert "ORG_SOURCE_ONE_PERSON_APPROVED" in levels(shop), "answered anew"


def test_a_merge_names_its_ends_its_decision_and_its_reviews(shop: Path) -> None:
    decision = judge(shop)
    review = put(shop, reviewed(shop, os.environ, DANA, answer="approve"), DANA)
    service = identity("ci/forge", None, os.environ)
    said = merged(shop, os.environ, service, enforced=ALL).predicate
    assert (said.target, said.method, said.by.kind) == ("refs/heads/main", "merge", "service")
    assert (said.before, said.head) == (git(shop, "rev-parse", "HEAD^1"), git(shop, "rev-parse", "HEAD^2"))
    assert (said.commit, said.tree) == (git(shop, "rev-parse", "HEAD"), git(shop, "rev-parse", "HEAD^{tree}"))
    assert [(one.sha256, one.verdict, one.about) for one in said.decisions] == [(decision, "ALLOW", "result")]
    assert said.reviews == (review.digest,)
    assert (said.checkpoint.size, said.checkpoint.root) == (2, open_log(shop).root_at(2).hex())


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"base": "HEAD"}, "no merge into it"),
        ({"commit": "HEAD~1"}, "merged nothing"),
        ({"base": "one", "commit": "HEAD~1"}, "no merge into it"),
    ],
)
def test_what_is_no_merge_is_refused(shop: Path, options: dict[str, str], wrong: str) -> None:
    with pytest.raises(UsageError, match=wrong):
        merged(shop, os.environ, identity("", None, os.environ), **options)


def test_a_squash_and_a_fast_forward_are_told_apart(shop: Path) -> None:
    by = identity("", None, os.environ)
    git(shop, "checkout", "-q", "-b", "two")
    (shop / "two").write_text("2\n")
    git(shop, "add", "-A")
    git(shop, "commit", "-q", "-m", "two")
    fast = merged(shop, os.environ, by, target="main", base="main").predicate
    assert (fast.method, fast.commit, fast.head) == ("fast-forward", fast.head, git(shop, "rev-parse", "two"))
    git(shop, "checkout", "-q", "main")
    git(shop, "merge", "-q", "--squash", "two")
    git(shop, "commit", "-q", "-m", "squashed")
    assert merged(shop, os.environ, by).predicate.method == "unknown", "nobody said what was merged"
    squash = merged(shop, os.environ, by, head="two").predicate
    assert (squash.method, squash.base) == ("squash", squash.before)


def test_only_a_service_says_what_the_forge_enforces(shop: Path) -> None:
    for by in (DANA, identity("agent/claude-code", None, os.environ), identity("", None, os.environ)):
        with pytest.raises(UsageError, match="is no service"):
            record([merged(shop, os.environ, by, enforced=ALL)], shop, os.environ, by=by)


def test_a_deployment_names_what_was_there_before_and_how_it_got_there(shop: Path) -> None:
    judge(shop)
    by = identity("", None, os.environ)
    merge = put(shop, merged(shop, os.environ, by), by)
    first = deployed(shop, os.environ, by, to="production", artifacts=subjects_of([f"shop.whl=sha256:{'a' * 64}"]))
    assert (first.predicate.before, first.predicate.merges) == ("", (merge.digest,))
    assert [one.name for one in first.subject][1:] == ["shop.whl"]
    put(shop, first, by)
    old = git(shop, "rev-parse", "HEAD")
    brought(shop, "two")
    second = deployed(shop, os.environ, by, to="production").predicate
    assert (second.before, second.decisions, second.merges) == (old, (), ())
    assert deployed(shop, os.environ, by, to="staging").predicate.before == ""


def test_who_answers_for_a_waiver_cannot_be_found_by_trying_names(shop: Path) -> None:
    def owner(name: str) -> str:
        waiver = Waiver(id="w", owner=name, reason="r", expires="2027-01-01", compensating="c", finding="a" * 64)
        return str(json.loads(waived(shop, os.environ, waiver, b"", "accept").entry.payload)["predicate"]["owner"])

    assert owner("dana@example.com") != hashlib.sha256(b"dana@example.com").hexdigest()
    assert owner("dana@example.com") == owner("dana@example.com") != owner("ann@example.com")


def test_a_merge_that_a_job_stated_twice_is_named_once_by_a_deployment(shop: Path) -> None:
    judge(shop)
    by, other = identity("service/ci", None, os.environ), identity("service/forge", None, os.environ)
    put(shop, merged(shop, os.environ, by, target="main"), by)
    last = put(shop, merged(shop, os.environ, by, target="main", enforced=ALL), by)
    beside = put(shop, merged(shop, os.environ, other, target="main"), other)
    assert deployed(shop, os.environ, by, to="production").predicate.merges == (beside.digest, last.digest)


def test_nobody_but_the_reviewer_records_a_review_and_no_machine_ever_as_a_person(shop: Path) -> None:
    statement = reviewed(shop, os.environ, DANA, answer="approve")
    for other in (ELI, identity("agent/claude-code", None, os.environ), identity("", None, os.environ)):
        with pytest.raises(UsageError, match="would sign"):
            record([statement], shop, os.environ, by=other)
    agent = identity("agent/claude-code", None, os.environ)
    as_person = Party(name=agent.name, kind="person", issuer=ISSUER)
    lie = msgspec.structs.replace(statement, predicate=msgspec.structs.replace(statement.predicate, reviewer=as_person))
    with pytest.raises(UsageError, match="would sign"):
        refuse_another(lie, agent)
    own = reviewed(shop, os.environ, agent, answer="approve")
    strong = msgspec.structs.replace(own.predicate.authenticated, method="oidc")
    better = msgspec.structs.replace(own, predicate=msgspec.structs.replace(own.predicate, authenticated=strong))
    with pytest.raises(UsageError, match=r"authenticated\.method is oidc"):
        refuse_another(better, agent)
    with pytest.raises(UsageError, match="a person signs with the token"):
        identity("dana@example.com", None, os.environ)
    assert open_log(shop).size() == 0


def test_the_log_shows_levels_one_by_one_and_agents_never_help(shop: Path) -> None:
    with pytest.raises(UsageError, match="nothing was decided"):
        levels(shop)
    judge(shop)
    assert levels(shop) == ("SLSA_SOURCE_LEVEL_1", "ORG_SOURCE_CLEARANCE_ALLOWED")
    service, agent = identity("ci/forge", None, os.environ), identity("agent/claude-code", None, os.environ)
    put(shop, merged(shop, os.environ, service), service)
    assert levels(shop)[0] == "SLSA_SOURCE_LEVEL_1", "nobody named that service: a name alone is anybody's"
    enforcers(service.name)
    assert levels(shop)[0] == "SLSA_SOURCE_LEVEL_2"
    put(shop, merged(shop, os.environ, service, enforced=ALL), service)
    three = ("SLSA_SOURCE_LEVEL_3", "ORG_SOURCE_CLEARANCE_ALLOWED", "ORG_SOURCE_MERGE_RECORDED")
    assert levels(shop) == three
    pipeline = Identity(name=service.name, issuer=ISSUER)  # an identity provider vouches for a pipeline, too
    for by in (agent, service, pipeline, WRITER):
        put(shop, reviewed(shop, os.environ, by, answer="approve"), by)
    assert levels(shop) == three
    put(shop, reviewed(shop, os.environ, DANA, answer="approve"), DANA)
    assert levels(shop)[:1] == three[:1]
    put(shop, reviewed(shop, os.environ, ELI, answer="approve"), ELI)
    assert levels(shop) == three, "nobody said that this identity provider is believed"
    providers(ISSUER, names="github")
    assert levels(shop) == three, "it vouches for jobs, not for people"
    providers(ISSUER)
    assert levels(shop)[0] == "SLSA_SOURCE_LEVEL_4"
    providers("https://other.example.com")
    assert levels(shop) == three, "a provider that was taken out again counts for nothing"
    providers(ISSUER)
    put(shop, reviewed(shop, os.environ, ELI, answer="reject"), ELI)
    assert levels(shop)[0] == "SLSA_SOURCE_LEVEL_3"
    judge(shop, Verdict.DENY)
    assert levels(shop) == ("FAILED",)


@pytest.mark.parametrize(
    ("signer", "jobs", "named", "expected"),
    [
        pytest.param("service/clearance", "", "", 1, id="whom everybody signs as by default"),
        pytest.param("service/merge", "", "", 1, id="a name that nobody configured"),
        pytest.param("service/merge", "", "service/merge", 3, id="a name that a person wrote into trust.toml"),
        pytest.param("service/merge", "", "ci/forge", 1, id="another name stands there"),
        pytest.param("ci/github/team/shop", "github", "", 3, id="a CI job with the token of a provider of jobs"),
        pytest.param("ci/github/team/shop", "people", "", 1, id="a job with the token of a provider of people"),
    ],
)
def test_who_states_a_merge_decides_how_far_the_level_goes(
    shop: Path, signer: str, jobs: str, named: str, expected: int
) -> None:
    judge(shop)
    domain = open_trust(os.environ).domain
    by = Identity(name=f"spiffe://{domain}/{signer}", issuer=ISSUER if jobs else f"spiffe://{domain}")
    if jobs:
        providers(ISSUER, names=jobs)
    if named:
        enforcers(f"spiffe://{domain}/{named}")
    put(shop, merged(shop, os.environ, by, enforced=ALL), by)
    statement, why = examined(shop, os.environ, identity("", None, os.environ, machine=True))
    assert statement.predicate.verified_levels[0] == f"SLSA_SOURCE_LEVEL_{expected}"
    assert (signer in why and "[attest] enforcers" in why) is (expected == 1)


def test_the_identity_that_everybody_signs_with_cannot_be_named_an_enforcer() -> None:
    domain = open_trust(os.environ).domain
    for name in (f"spiffe://{domain}/service/clearance", f"spiffe://{domain}/agent/x", "dana@example.com", "*"):
        with pytest.raises(BadFile, match="no service of its own"):
            enforcers(name)


@pytest.mark.parametrize("by", ["", "agent/{}", "service/{}"])
def test_no_secret_enters_the_log_by_any_way(shop: Path, by: str) -> None:
    secret = expand("ghp_{{alnum 36}}", seed="scribe", limit=100)
    signer = identity(by.format(secret), None, os.environ) if by else None
    agent = Agent(name="claude-code" if by else secret, version="2.0.1")
    said = generation(agent)
    with pytest.raises(UsageError, match="looks like a secret") as caught:
        Scribe(shop).record([said], {LINES: b"keys"}, by=signer)
    assert secret not in str(caught.value)
    assert open_log(shop).size() == 0


def test_plain_names_are_recorded_without_waking_the_scanners(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clearance.wiring.masking.mask", lambda *_, **__: pytest.fail("looked"))
    Scribe(shop).record([generation(Agent(name="claude-code", version="2.0.1"))], {LINES: b"keys"})
    assert open_log(shop).size() == 1


LINES = hashlib.sha256(b"keys").hexdigest()


def generation(agent: Agent) -> Statement[Any]:
    predicate = GenerationPredicate(
        agent=agent, model="claude-opus-4-20250514", conversation="", prompt=None, request="", context=(), tools=(),
        source="command", repository="c" * 64, base="", head="", runs=1, files=1, lines=1,
        keys=Keys(scheme="lines-v1", salt="d" * 32, body=LINES), version="0.1.0", time=now(), evidence=(LINES,),
    )  # fmt: skip
    return stated(predicate, [Resource(name="lines", digest=DigestSet(sha256=LINES))])


@pytest.mark.parametrize(
    "text", ['{"id": "A-1", "id": "B-2"}', '{"keys": {"a": 1, "a": 2}}', '{"id": "A-1", "\\u0069d": "B-2"}']
)
def test_a_field_that_stands_twice_is_refused(text: str) -> None:
    by = identity("", None, os.environ)
    with pytest.raises(BadStatement, match="stands twice"):
        from_json(kinds()["incident"], text.encode(), "i.json", by, [THING])


def enforcers(*names: str) -> None:
    """Write into trust.toml who may say what a forge enforces."""
    change_settings(open_trust(os.environ).folder, {"attest": {"enforcers": list(names)}})


def providers(*issuers: str, names: str = "people") -> None:
    """Write into trust.toml which identity providers are believed."""
    whose: dict[str, list[str]] = {} if names == "people" else {"repositories": ["team/*"]}
    tables = [{"issuer": one, "audience": ["clearance"], "names": names} | whose for one in issuers]
    change_settings(open_trust(os.environ).folder, {"oidc": tables})


def test_nothing_rests_on_a_decision_by_a_bare_key(shop: Path) -> None:
    with Commits(shop) as commits:
        head = commits.read("HEAD")
    made = case_of()
    tree = msgspec.structs.replace(made.change.tree, kind="git-tree", sha256=head.sha256, git=head.tree)
    made = msgspec.structs.replace(made, change=msgspec.structs.replace(made.change, tree=tree))
    decision = decided(made, Verdict.ALLOW)
    statement = decision_statement(made, decision, datetime.now(UTC))
    envelope = seal(statement, open_signer("decisions"))
    open_log(shop).append(Sealed(leaf=envelope), evidence_of(made, decision))
    assert merged(shop, os.environ, identity("", None, os.environ)).predicate.decisions == ()
    with pytest.raises(UsageError, match="nothing was decided"):
        levels(shop)


@pytest.mark.parametrize("name", ["service/../agent/x", "ci/..", "agent/.", "service/a/./b", "agents/x", "service/"])
def test_a_name_that_resolves_to_another_is_nobodys(name: str) -> None:
    with pytest.raises(UsageError, match="nobody is called so"):
        identity(name, None, os.environ)


def test_a_decision_that_an_agent_signed_counts_for_nothing(shop: Path) -> None:
    judge(shop, by=identity("agent/claude-code", None, os.environ))
    assert merged(shop, os.environ, identity("", None, os.environ)).predicate.decisions == ()
    with pytest.raises(UsageError, match="nothing was decided"):
        levels(shop)


def test_a_merge_that_nobody_recorded_breaks_the_history(shop: Path) -> None:
    service = identity("ci/forge", None, os.environ)
    put(shop, merged(shop, os.environ, service), service)
    brought(shop, "two")
    brought(shop, "three")
    judge(shop)
    put(shop, merged(shop, os.environ, service), service)
    assert levels(shop)[0] == "SLSA_SOURCE_LEVEL_1"


def test_the_subject_of_a_vsa_is_the_commit_and_its_repository_has_no_password(shop: Path) -> None:
    judge(shop)
    found = examined(shop, os.environ, identity("", None, os.environ, machine=True)).statement
    assert found.subject[0].digest.git_commit == git(shop, "rev-parse", "HEAD")
    assert found.subject[0].annotations.source_refs == ("refs/heads/main",)
    assert found.predicate.resource_uri == "git+https://example.com/shop.git"
    git(shop, "remote", "remove", "origin")
    with pytest.raises(UsageError, match="which repository is meant"):
        levels(shop)


def test_an_incident_is_told_step_by_step(shop: Path) -> None:
    by = identity("", None, os.environ)
    with pytest.raises(UsageError, match="never said"):
        noticed(shop, os.environ, by, name="INC-7")
    put(shop, noticed(shop, os.environ, by, name="INC-7", severity="high", opened="2026-11-20T08:00:00Z"), by)
    later = noticed(shop, os.environ, by, name="INC-7", contained="2026-11-20T09:00:00Z", rules=("r",), commits=("HEAD",))
    put(shop, later, by)
    last = noticed(shop, os.environ, by, name="INC-7", closed="2026-11-21T09:00:00Z", entries=(0,)).predicate
    assert (last.severity, last.opened, last.contained) == ("high", "2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z")
    assert (last.rules, last.commits, last.entries) == (("r",), (git(shop, "rev-parse", "HEAD"),), (0,))
    with pytest.raises(UsageError, match="these times are not"):
        noticed(shop, os.environ, by, name="INC-7", closed="2026-11-19T09:00:00Z")


def test_a_predicate_from_a_file_is_checked_with_line_and_field() -> None:
    by = Identity(name="spiffe://x/service/clearance", issuer="spiffe://x")
    data = b'{\n "id": "INC-7",\n "severity": "bad",\n "opened": "2026-11-20T08:00:00Z"\n}'
    with pytest.raises(BadStatement) as caught:
        from_json(kinds()["incident"], data, "i.json", by, [THING])
    assert caught.value.where == "i.json:3"
    assert caught.value.what.startswith("severity: ")
    assert "incident.v1.json" in caught.value.next
    for broken in (b"", b"[1]", b"{", b"[" * 100_000):
        with pytest.raises(BadStatement):
            from_json(kinds()["incident"], broken, "i.json", by, [THING])


def test_a_text_that_holds_a_secret_is_refused_and_named_by_its_field(shop: Path) -> None:
    by = identity("", None, os.environ)
    statement = deployed(shop, os.environ, by, to=f"prod-{token()}")
    with pytest.raises(UsageError) as caught:
        record([statement], shop, os.environ, by=by)
    assert caught.value.where == "predicate.environment"
    assert token() not in str(caught.value)
    assert open_log(shop).size() == 0


def token() -> str:
    """A made-up token of a real form."""
    return expand("github_pat_{{alnum 22}}_{{alnum 59}}", seed="y", limit=200)


def test_of_prompts_tickets_reports_pages_and_waivers_nothing_but_digests_is_said(shop: Path) -> None:
    words = [
        token(),
        "Wilhelmina Osterhagen",
        "w.osterhagen@mail.example.org",
        "DE8937" + "0400440532013000",
        "make it pay twice",
    ]
    text = "\n".join(["please " + word for word in words]).encode()
    by = identity("", None, os.environ)
    flaw = finding(" ".join(words))
    case = case_of(flaw, gaps=(Gap(scanner="code", path="a.py", kind=GapKind.CRASH, detail="x"),), files={"a.py": text})
    decision = decided(case, Verdict.DENY)
    waiver = Waiver(
        id="w-1", owner=words[1], reason=words[0], expires="2027-01-01", compensating=words[4], finding=flaw.fingerprint,
        ticket=words[2],
    )  # fmt: skip
    statements = [
        requested(os.environ, by, name="SHOP-1", ticket=text, prompt=text),
        reviewed(shop, os.environ, by, answer="reject", page=text),
        noticed(shop, os.environ, by, name="INC-1", severity="low", report=text, findings=[flaw.fingerprint]),
        merged(shop, os.environ, by),
        deployed(shop, os.environ, by, to="production"),
        stated(scanned(case, SHIPPED, now()), [THING]),
        stated(result_of(case, decision), [THING]),
        stated(vulns(case.findings, "0.1.0", pack="a" * 64, day="2026-11-01", began=now(), ended=now()), [THING]),
        stated(svr(case, decision, by.name, now()), [THING]),
    ]
    record([one for one in statements if not read_evidence(one)], shop, os.environ, by=by)
    waived(shop, os.environ, waiver, text, "accept")
    judge(shop)
    machine = identity("", None, os.environ, machine=True)
    record([examined(shop, os.environ, machine).statement], shop, os.environ, by=machine)
    log = open_log(shop)
    kept = b"\n".join(part for entry in log.entries() for part in (entry.payload, entry.sealed.leaf, entry.sealed.bundle))
    kept += b"\n".join(base64.b64decode(part) for part in encoded(kept)) + canonical_of(statements)
    assert hashlib.sha256(text).hexdigest().encode() in kept
    for word in words:
        for piece in {word, *word.split()}:
            assert len(piece) < 5 or piece.encode() not in kept, piece
    assert hashlib.sha256(words[0].encode()).hexdigest().encode() not in kept
    prompt = statements[0].predicate.prompt
    assert prompt.sha256 != hashlib.sha256(text).hexdigest()
    assert prompt.size == len(text)
    assert "github-fine-grained-token" in prompt.findings
    again = requested(os.environ, by, prompt=text).predicate.prompt
    assert again.sha256 != prompt.sha256


def finding(message: str) -> Finding:
    """A finding of which everything that is shown to a person holds what must not travel."""
    return Finding(
        rule="package-vulnerable", family="code", severity=Severity.HIGH, confidence=Confidence.HIGH,
        place=Place(path="a.py", line=1), message=message, fingerprint="f" * 64, introduced=True, fix=message,
        excerpt=Excerpt(first=1, lines=(message,)),
    )  # fmt: skip


def read_evidence(statement: Statement[Any]) -> bool:
    """Whether a statement names bodies, which this test does not hand in."""
    return bool(getattr(statement.predicate, "evidence", ()))


def canonical_of(statements: list[Any]) -> bytes:
    return b"\n".join(canonical(one) for one in statements)


def encoded(data: bytes) -> list[bytes]:
    return [part for part in re.findall(rb"[A-Za-z0-9+/]{40,}={0,2}", data) if len(part) % 4 == 0]
