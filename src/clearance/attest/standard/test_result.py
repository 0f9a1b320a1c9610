"""The outcome of a check as the result of a test run (in-toto test-result v0.1).

Format: https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md.
"""

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from clearance.attest.standard.fields import Descriptor, Text
from clearance.facts.decision import Case, Decision, Verdict
from clearance.facts.fact import Fact

Tests = Annotated[tuple[Text, ...], Meta(max_length=400)]
"""Names of tests."""
_RESULTS: dict[Verdict, Literal["PASSED", "WARNED", "FAILED"]] = {
    Verdict.ALLOW: "PASSED",
    Verdict.ASK: "WARNED",
    Verdict.DENY: "FAILED",
}
_MOST = 400


class TestResultPredicate(Fact, rename="camel"):
    """Tests ran. Subject 0 is the exact tree.

    Our tests are the scanners (`scan/secrets`), of which each one that looked is named, and the policies that fired
    (`policy/no-secrets`). A policy that did not fire is not named: it had nothing to say.
    """

    TYPE: ClassVar[str] = "https://in-toto.io/attestation/test-result/v0.1"
    __test__: ClassVar[bool] = False

    result: Literal["PASSED", "WARNED", "FAILED"]
    """PASSED for ALLOW, WARNED for ASK, FAILED for DENY."""
    configuration: Annotated[tuple[Descriptor, ...], Meta(max_length=64)]
    """The policy set and the rule catalogue, by digest."""
    passed_tests: Tests = ()
    """Scanners that looked at everything and found nothing that the change brings; policies that allow."""
    warned_tests: Tests = ()
    """Scanners that found something, or did not look at everything; policies that ask for a person."""
    failed_tests: Tests = ()
    """Scanners that found what a policy denies; policies that deny."""


def result_of(case: Case, decision: Decision) -> TestResultPredicate:
    """State a decision as the result of a test run."""
    by = {verdict: list(_policies(decision, verdict)) for verdict in Verdict}
    denied = {name for reason in decision.reasons if reason.verdict is Verdict.DENY for name in reason.about}
    for ran in case.ran:
        found = [one for one in case.findings if one.family == ran.scanner and one.introduced]
        missed = any(gap.scanner in (ran.scanner, "all") and gap.matters and gap.introduced for gap in case.gaps)
        if any(one.fingerprint in denied for one in found):
            by[Verdict.DENY].append(f"scan/{ran.scanner}")
        elif found or missed:
            by[Verdict.ASK].append(f"scan/{ran.scanner}")
        else:
            by[Verdict.ALLOW].append(f"scan/{ran.scanner}")
    return TestResultPredicate(
        result=_RESULTS[decision.verdict],
        configuration=(
            Descriptor(
                name="policies", uri=f"urn:clearance:policies:{decision.policies}", digest={"sha256": decision.policies}
            ),
            Descriptor(name="rules", uri=f"urn:clearance:rules:{case.rules}", digest={"sha256": case.rules}),
        ),
        passed_tests=_some(by[Verdict.ALLOW]),
        warned_tests=_some(by[Verdict.ASK]),
        failed_tests=_some(by[Verdict.DENY]),
    )


def _policies(decision: Decision, verdict: Verdict) -> Iterable[str]:
    return dict.fromkeys(f"policy/{one.policy}" for one in decision.reasons if one.verdict is verdict)


def _some(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names)))[:_MOST]
