"""Verdicts, and what they rest on."""

from enum import Enum
from functools import reduce
from typing import Literal

from clearance.facts.change import Change
from clearance.facts.fact import Fact
from clearance.facts.finding import Finding, Gap
from clearance.facts.proof import Standing
from clearance.facts.provenance import Provenance
from clearance.facts.risk import Risk
from clearance.facts.waiver import Cover


class Verdict(Enum):
    """A lattice, `ALLOW < ASK < DENY`, joined by maximum: order, repetition and number of voices cannot make it milder."""

    ALLOW = "ALLOW"
    ASK = "ASK"
    DENY = "DENY"

    @property
    def rank(self) -> int:
        """0 for ALLOW to 2 for DENY."""
        return list(Verdict).index(self)

    def join(self, other: "Verdict") -> "Verdict":
        """Give the stricter of the two."""
        return max(self, other, key=lambda verdict: verdict.rank)

    @staticmethod
    def join_all(verdicts: "tuple[Verdict, ...]") -> "Verdict":
        """Join any number of verdicts. No voices at all means DENY: silence is never consent."""
        return reduce(Verdict.join, verdicts) if verdicts else Verdict.DENY


class Ran(Fact):
    """One scanner's run: its family, the files that it looked at, what it gave. `pieces` are the pieces of syntax that it
    read, `opaque` those of them that it did not understand; both 0 for a scanner that reads none."""

    scanner: str
    files: int
    findings: int
    gaps: int
    pieces: int = 0
    opaque: int = 0


class Case(Fact):
    """All that a decision may rest on; its digest names it, and the same case always gets the same decision."""

    change: Change
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    risk: Risk
    ran: tuple[Ran, ...]
    rules: str
    """Digest of the rule catalogue that was used."""
    version: str
    """Version of Clearance."""
    proven: Standing = Standing()
    """What the last proof of the guards showed."""
    waivers: tuple[Cover, ...] = ()
    """The waivers of the base that name a finding of this case, as they stand today."""
    origins: Provenance = Provenance()
    """Where the new lines come from."""


class Reason(Fact):
    """One policy that fired: its id, what it does to the verdict, why, how to get past it, and what it is about (finding
    fingerprints, trigger ids, gap descriptions). `could_not_look`: it fired because something was not looked at."""

    policy: str
    verdict: Verdict
    why: str
    fix: str = ""
    controls: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    could_not_look: bool = False


class ReviewNeed(Fact):
    """Who must look: how many people of a role, and because of what."""

    role: Literal["reviewer", "security engineer"]
    people: int
    because: str


class Decision(Fact):
    """The verdict with *all* reasons. `policies` is the digest of the policy set and schema, `case` of the case, `waivers`
    are the ids of those that counted: in force, and naming something that the change brings."""

    verdict: Verdict
    reasons: tuple[Reason, ...]
    reviews: tuple[ReviewNeed, ...]
    policies: str
    case: str
    waivers: tuple[str, ...] = ()

    @property
    def could_not_look(self) -> bool:
        """Whether the change is denied only because something could not be looked at (exit code 4, not 1)."""
        denials = [reason for reason in self.reasons if reason.verdict is Verdict.DENY]
        return bool(denials) and all(reason.could_not_look for reason in denials)
