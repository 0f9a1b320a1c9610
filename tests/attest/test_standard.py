"""The standard predicates that a check writes: they say what the decision says, and nothing more."""

from typing import Any

import pytest
from msgspec.structs import replace

from clearance.attest.standard.svr import properties, svr
from clearance.attest.standard.test_result import result_of
from clearance.attest.standard.vulns import vulns
from clearance.collect.memory import change_of
from clearance.facts.decision import Case, Decision, Ran, Reason, Verdict
from clearance.facts.fact import digest
from clearance.facts.finding import Confidence, Finding, Gap, GapKind, Place, Severity
from clearance.facts.risk import Risk

NOON = "2026-11-23T12:00:00Z"


def finding(rule: str, severity: Severity, family: str = "code", message: str = "m", **more: Any) -> Finding:
    said: dict[str, Any] = {"confidence": Confidence.HIGH, "place": Place(path="a.py", line=1), "introduced": True}
    return Finding(rule=rule, family=family, severity=severity, message=message, fingerprint=rule[:1] * 64, **(said | more))


def case_of(*findings: Finding, gaps: tuple[Gap, ...] = ()) -> Case:
    return Case(
        change=change_of({}, {"a.py": b"x = 1\n"}).change,
        findings=findings,
        gaps=gaps,
        risk=Risk(tier=1, triggers=(), size=1, unknown_lines=0, reasons=()),
        ran=tuple(Ran(scanner=name, files=1, findings=0, gaps=0) for name in ("code", "packages", "secrets")),
        rules="a" * 64,
        version="0.1.0",
    )


def decided(case: Case, verdict: Verdict, *reasons: Reason) -> Decision:
    return Decision(verdict=verdict, reasons=reasons, reviews=(), policies="b" * 64, case=digest(case))


@pytest.mark.parametrize(
    ("verdict", "result"), [(Verdict.ALLOW, "PASSED"), (Verdict.ASK, "WARNED"), (Verdict.DENY, "FAILED")]
)
def test_a_verdict_is_the_result_of_a_test_run(verdict: Verdict, result: str) -> None:
    case = case_of()
    said = result_of(case, decided(case, verdict))
    assert said.result == result
    assert [one.digest for one in said.configuration] == [{"sha256": "b" * 64}, {"sha256": "a" * 64}]


def test_each_scanner_and_each_policy_that_spoke_is_one_test() -> None:
    bad, small = finding("sql", Severity.CRITICAL), finding("weak", Severity.LOW, family="packages")
    case = case_of(bad, small)
    decision = decided(
        case,
        Verdict.DENY,
        Reason(policy="no-critical", verdict=Verdict.DENY, why="w", about=(bad.fingerprint,)),
        Reason(policy="ask-me", verdict=Verdict.ASK, why="w"),
        Reason(policy="go", verdict=Verdict.ALLOW, why="w"),
    )
    said = result_of(case, decision)
    assert said.failed_tests == ("policy/no-critical", "scan/code")
    assert said.warned_tests == ("policy/ask-me", "scan/packages")
    assert said.passed_tests == ("policy/go", "scan/secrets")


def test_a_scanner_that_did_not_look_at_everything_never_passes() -> None:
    gap = Gap(scanner="secrets", path="a", kind=GapKind.TIMEOUT)
    case = case_of(gaps=(gap,))
    said = result_of(case, decided(case, Verdict.ALLOW))
    assert said.warned_tests == ("scan/secrets",)
    assert properties(case, decided(case, Verdict.ALLOW)) == (
        "CLEARANCE_ALLOWED", "CLEARANCE_SCANNED_CODE", "CLEARANCE_SCANNED_PACKAGES",
    )  # fmt: skip


def test_properties_are_what_holds_and_a_denied_change_is_never_allowed() -> None:
    case = case_of(finding("sql", Severity.HIGH))
    said = svr(case, decided(case, Verdict.DENY), "spiffe://x/service/clearance", NOON)
    assert said.properties == (
        "CLEARANCE_NO_GAPS", "CLEARANCE_NO_NEW_CRITICAL", "CLEARANCE_SCANNED_CODE", "CLEARANCE_SCANNED_PACKAGES",
        "CLEARANCE_SCANNED_SECRETS",
    )  # fmt: skip
    assert said.verifier.policies[0].digest == {"sha256": "b" * 64}


def test_what_was_there_before_takes_nothing_away() -> None:
    case = case_of(replace(finding("sql", Severity.CRITICAL), introduced=False))
    assert "CLEARANCE_NO_NEW_LOW" in properties(case, decided(case, Verdict.ALLOW))


def test_vulnerabilities_are_named_once_with_how_many_more_there_are() -> None:
    message = "django 3.2.0 has 5 known vulnerabilities: CVE-2022-28346 (critical), GHSA-2gwj-7jmv-h26r and 2 more"
    found = [
        finding("package-vulnerable", Severity.CRITICAL, "packages", message),
        finding("sql", Severity.HIGH, "code", "CVE-2000-0001"),
        replace(finding("package-vulnerable", Severity.LOW, "packages", "an id of no known form"), fingerprint="d" * 64),
    ]
    said = vulns(found, "0.1.0", pack="e" * 64, day="2026-11-01", began=NOON, ended=NOON)
    assert [(one.id, one.severity[0].score) for one in said.scanner.result] == [
        ("CVE-2022-28346", "critical"),
        ("GHSA-2gwj-7jmv-h26r", "critical"),
        (f"clearance:{'d' * 64}", "low"),
    ]
    assert said.scanner.result[0].annotations == ({"path": "a.py", "more": "2"},)
    assert said.scanner.db.last_update == "2026-11-01T00:00:00Z"
    assert vulns([], "0.1.0", pack="e" * 64, day="2026-11-01", began=NOON, ended=NOON).scanner.result == ()
