import json
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from clearance.attest.dsse import seal
from clearance.attest.signers.memory import MemorySigner
from clearance.attest.statement import PAYLOAD_BYTES, decision_statement, evidence_of
from clearance.collect.memory import change_of
from clearance.facts.actor import Actor, ActorKind, Authorship, Evidence
from clearance.facts.change import Revision
from clearance.facts.decision import Case, Decision, Ran, Reason, ReviewNeed, Verdict
from clearance.facts.entry import ENTRY_LIMIT
from clearance.facts.fact import canonical, digest
from clearance.facts.finding import Confidence, Finding, Gap, GapKind, Place, Severity
from clearance.facts.risk import Risk
from clearance.facts.statement import DecisionStatement
from clearance.facts.waiver import Cover, Waiver

NOON = datetime(2026, 11, 22, 12, 0, 0, 999, tzinfo=UTC)
SIGNER = MemorySigner("ecdsa-p256", lambda: NOON)


def finding(severity: Severity, *, introduced: bool) -> Finding:
    return Finding(
        rule="r",
        family="code",
        severity=severity,
        confidence=Confidence.HIGH,
        place=Place(path="a.py", line=1),
        message="m",
        fingerprint="f",
        introduced=introduced,
    )


def case_of(files: int = 1, gaps: tuple[Gap, ...] = (), findings: tuple[Finding, ...] = ()) -> Case:
    before = {"gone.py": b"x\n", "f0000.py": b"old\n"}
    change = change_of(before, {f"f{number:04d}.py": b"%d\n" % number for number in range(files)}).change
    return Case(
        change=change,
        findings=findings,
        gaps=gaps,
        risk=Risk(tier=2, triggers=(), size=2, unknown_lines=0, reasons=("because",)),
        ran=(Ran(scanner="code", files=files, findings=len(findings), gaps=len(gaps)),),
        rules="a" * 64,
        version="0.1.0",
    )


def decided(case: Case, reasons: int = 1, reviews: int = 0) -> Decision:
    return Decision(
        verdict=Verdict.DENY,
        reasons=tuple(Reason(policy=f"policy-{number}", verdict=Verdict.DENY, why="w") for number in range(reasons)),
        reviews=tuple(ReviewNeed(role="reviewer", people=1, because="b" * 400) for _ in range(reviews)),
        policies="b" * 64,
        case=digest(case),
    )


def test_a_statement_says_what_was_decided_about_what() -> None:
    findings = (finding(Severity.HIGH, introduced=True), finding(Severity.LOW, introduced=False))
    case = case_of(2, (Gap(scanner="code", path="logo.bin", kind=GapKind.BINARY),), findings)
    decision = decided(case)
    said = json.loads(canonical(decision_statement(case, decision, NOON)))
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["predicateType"] == "urn:clearance:predicate:decision:v1"
    tree, first, second = said["subject"]
    assert tree["digest"] == {"sha256": case.change.tree.sha256}
    assert tree["name"].startswith(case.change.tree.kind + ":")
    after = {file.path: file.after for file in case.change.files if file.after}
    for subject, name in ((first, "f0000.py"), (second, "f0001.py")):
        assert subject["name"] == name
        assert subject["digest"] == {"sha256": after[name].sha256}
    assert first["annotations"]["change"] == "modified"
    predicate = said["predicate"]
    assert predicate["verdict"] == "DENY"
    assert predicate["reasons"] == ["policy-0"]
    assert (predicate["case"], predicate["policies"], predicate["rules"]) == (digest(case), "b" * 64, "a" * 64)
    assert predicate["introduced"] == {"critical": 0, "high": 1, "medium": 0, "low": 0}
    assert predicate["existing"] == {"critical": 0, "high": 0, "medium": 0, "low": 1}
    assert predicate["ran"] == [{"scanner": "code", "files": 2, "findings": 2, "gaps": 1, "pieces": 0, "opaque": 0}]
    assert predicate["gaps"][0]["path"] == "logo.bin"
    assert (predicate["tier"], predicate["files"], predicate["time"]) == (2, 2, "2026-11-22T12:00:00Z")
    assert predicate["omitted"] == {"files": 0, "gaps": 0, "reasons": 0, "reviews": 0, "waivers": 0}
    assert set(predicate["evidence"]) == set(evidence_of(case, decision))


def test_git_ids_are_annotations() -> None:
    case = case_of()
    tree = replace(case.change.tree, kind="git-tree", git="1" * 40)
    case = replace(case, change=replace(case.change, tree=tree))
    subject = decision_statement(case, decided(case), NOON).subject[0]
    assert subject.name == "git-tree:" + "1" * 40
    assert subject.annotations == {"kind": "git-tree", "gitTree": "1" * 40}


def test_the_evidence_is_the_case_and_the_decision_by_digest() -> None:
    case = case_of()
    decision = decided(case)
    assert evidence_of(case, decision) == {digest(case): canonical(case), digest(decision): canonical(decision)}


@pytest.mark.parametrize("kind", list(ActorKind))
def test_a_statement_says_who_wrote_the_change_and_by_what_evidence(kind: ActorKind) -> None:
    case = case_of()
    author = Authorship(author=Actor(kind=kind, name="somebody"), evidence=Evidence.TRAILER, detail="Co-Authored-By")
    case = replace(case, change=replace(case.change, author=author))
    said = json.loads(canonical(decision_statement(case, decided(case), NOON)))["predicate"]["author"]
    assert (said["kind"], said["name"], said["evidence"]) == (kind.value, "somebody", "commit trailer")


def test_a_decision_about_another_case_is_refused() -> None:
    with pytest.raises(ValueError, match="another case"):
        decision_statement(case_of(2), decided(case_of(1)), NOON)


def test_times_are_utc_and_never_without_a_zone() -> None:
    case = case_of()
    east = datetime(2026, 11, 22, 14, 0, 0, tzinfo=timezone(timedelta(hours=2)))
    assert decision_statement(case, decided(case), east).predicate.time == "2026-11-22T12:00:00Z"
    with pytest.raises(ValueError, match="time zone"):
        decision_statement(case, decided(case), datetime(2026, 11, 22))  # noqa: DTZ001 -- that is the point


@pytest.mark.parametrize(
    ("files", "gaps", "reasons", "reviews"), [(1, 0, 1, 0), (200, 0, 1, 0), (3000, 0, 1, 0), (3000, 3000, 3000, 300)]
)
def test_a_statement_always_fits_an_entry(files: int, gaps: int, reasons: int, reviews: int) -> None:
    long = "é" * 4000
    missed = tuple(Gap(scanner="code", path=f"{n}{long}", kind=GapKind.CRASH, detail=long) for n in range(gaps))
    case = case_of(files, missed)
    change = replace(case.change, head=Revision(label=long), base=Revision(label="\x01" * 4000))
    author = replace(change.author, detail="\x1b" * 4000, author=replace(change.author.author, name=long))
    case = replace(case, change=replace(change, author=author))
    decision = decided(case, reasons, reviews)
    statement = decision_statement(case, decision, NOON)
    assert len(canonical(statement)) <= PAYLOAD_BYTES
    assert len(seal(statement, SIGNER)) <= ENTRY_LIMIT
    said = statement.predicate
    assert said.files == files
    assert said.omitted.files == files - (len(statement.subject) - 1)
    assert said.omitted.reasons == reasons - len(said.reasons)
    assert said.omitted.gaps == gaps - len(said.gaps)
    assert said.omitted.reviews == reviews - len(said.reviews)
    assert (said.omitted.files == 0) == (files < 1000)


@settings(deadline=None)
@given(st.integers(0, 400))
def test_no_number_of_files_is_too_many_or_dropped_in_part(files: int) -> None:
    case = case_of(files)
    statement = decision_statement(case, decided(case), NOON)
    assert statement.predicate.omitted.files in {0, files}
    assert len(canonical(statement)) <= PAYLOAD_BYTES


def accepted(name: str, *findings: str) -> Cover:
    waiver = Waiver(
        id=name,
        owner="o" * 300,
        reason="r",
        expires="2027-01-01",
        compensating="c",
        rule="r",
        paths=("**",),
    )
    return Cover(waiver=waiver, days=40, most=180, findings=findings)


def test_a_statement_names_the_waivers_that_counted_and_no_others() -> None:
    findings = (finding(Severity.HIGH, introduced=True), finding(Severity.LOW, introduced=False))
    case = replace(case_of(findings=findings), waivers=(accepted("one", "f"), accepted("two", "f")))
    decision = replace(decided(case), waivers=("one",))
    (used,) = decision_statement(case, decision, NOON).predicate.waivers
    assert (used.id, used.expires, used.findings) == ("one", "2027-01-01", 1)
    assert used.owner == "o" * 159 + "\u2026"
    assert used.sha256 == digest(case.waivers[0].waiver)


def test_thousands_of_waivers_fit_an_entry_and_those_left_out_are_counted() -> None:
    names = [f"waiver-{number:04d}" for number in range(3_000)]
    case = replace(case_of(), waivers=tuple(accepted(name, "f") for name in names))
    predicate = decision_statement(case, replace(decided(case), waivers=tuple(names)), NOON).predicate
    assert len(predicate.waivers) + predicate.omitted.waivers == 3_000
    assert predicate.omitted.waivers > 0


def test_a_statement_of_before_there_were_waivers_is_read() -> None:
    case = case_of()
    statement = decision_statement(case, decided(case), NOON)
    old = json.loads(canonical(statement))
    del old["predicate"]["waivers"], old["predicate"]["omitted"]["waivers"]
    assert msgspec.json.decode(json.dumps(old).encode(), type=DecisionStatement) == statement
