"""What a check verified, as a list of properties (in-toto Simple Verification Result v0.2).

Format: https://github.com/in-toto/attestation/blob/main/spec/predicates/svr.md; since 0.2 `verifier.policies` is required.
"""

from typing import Annotated, ClassVar

from msgspec import Meta

from clearance.attest.predicates.fields import Moment, Uri
from clearance.attest.standard.fields import Descriptor
from clearance.facts.decision import Case, Decision, Verdict
from clearance.facts.fact import Fact
from clearance.facts.finding import Severity
from clearance.facts.statement import END

Property = Annotated[str, Meta(pattern="^[A-Z][A-Z0-9_]*" + END, max_length=120)]
"""A property: its scope first (`CLEARANCE_`)."""
_SCOPE = "CLEARANCE_"


class Verifier(Fact):
    """Who verified: the identity that signs, and the policies that were applied."""

    id: Uri
    policies: Annotated[tuple[Descriptor, ...], Meta(max_length=64)]


class SvrPredicate(Fact, rename="camel"):
    """Properties were verified. Subject 0 is the exact tree. What is not listed is not asserted; nothing is asserted by a
    scanner that did not look at everything."""

    TYPE: ClassVar[str] = "https://in-toto.io/attestation/svr/v0.2"

    verifier: Verifier
    """Who verified, by which policies."""
    time_created: Moment
    """When."""
    properties: Annotated[tuple[Property, ...], Meta(max_length=200)]
    """What holds: `CLEARANCE_ALLOWED`, `CLEARANCE_SCANNED_SECRETS`, `CLEARANCE_NO_NEW_CRITICAL`, `CLEARANCE_NO_GAPS`."""


def svr(case: Case, decision: Decision, verifier: str, time: str) -> SvrPredicate:
    """State what a check verified; `verifier` is the URI of who signs."""
    policies = Descriptor(
        name="policies", uri=f"urn:clearance:policies:{decision.policies}", digest={"sha256": decision.policies}
    )
    return SvrPredicate(
        verifier=Verifier(id=verifier, policies=(policies,)), time_created=time, properties=properties(case, decision)
    )


def properties(case: Case, decision: Decision) -> tuple[str, ...]:
    """Give the properties that a check verified, sorted."""
    found = {f"{_SCOPE}ALLOWED"} if decision.verdict is Verdict.ALLOW else set()
    gaps = [gap for gap in case.gaps if gap.matters]
    if not gaps:
        found.add(f"{_SCOPE}NO_GAPS")
    for ran in case.ran:
        if not any(gap.scanner in (ran.scanner, "all", "rules") for gap in gaps):
            found.add(f"{_SCOPE}SCANNED_{ran.scanner.upper().replace('-', '_')}")
    worst = max((one.severity.rank for one in case.findings if one.introduced), default=-1)
    if not gaps:
        found |= {f"{_SCOPE}NO_NEW_{one.value.upper()}" for one in Severity if one.rank > worst}
    return tuple(sorted(found))
