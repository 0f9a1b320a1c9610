"""Judges beside the policies: what they say joins the verdict, and can only make it stricter.

A judge gets the case as a document and gives *sayings*. It is handed in with the policies, because this room starts nothing.
The document's shape is `docs/how-to/rego.md`'s; `VERSION` changes with it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from clearance.decide.question import author, context, subjects, waivers
from clearance.facts.decision import Case, Decision, Reason, ReviewNeed, Verdict
from clearance.facts.fact import Fact

VERSION = 1
"""Of the document; the first key of it."""
KEYS = ("version", "change", "author", "context", "files", "findings", "triggers", "gaps", "waivers")
FIELDS: Mapping[str, tuple[str, ...]] = {
    "author": ("byAi", "kind", "name", "roles"),
    "context": (
        "classification", "deadGuards", "linesByCommand", "linesByHook", "linesByPerson", "linesClaimed", "linesUnknown",
        "proofHours",
    ),
    "change": (
        "classification", "files", "introducedFindings", "newCritical", "newHigh", "newLow", "newMedium", "scanners", "size",
        "source", "tier", "triggers", "unknownLines", "waivedFindings",
    ),
    "files": ("addedLines", "binary", "kind", "oldPath", "path", "removedLines"),
    "findings": (
        "classification", "confidence", "controls", "cwe", "family", "fingerprint", "introduced", "line", "path", "rule",
        "severity", "waived",
    ),
    "triggers": ("name", "path", "removed", "tier"),
    "gaps": ("introduced", "kind", "matters", "path", "scanner"),
    "waivers": (
        "controls", "cwe", "daysLeft", "exact", "families", "findings", "mostDays", "name", "owner", "paths", "rules",
        "severity", "ticket",
    ),
}  # fmt: skip
"""What each part of the document holds: an object, or each member of a list."""
_LISTS = {"File": "files", "Finding": "findings", "Trigger": "triggers", "Gap": "gaps"}
_ROLE = "reviewer"


class Saying(Fact):
    """What a judge says of a case: who (`rego:main`), the verdict, why, how to get past it, and what about.
    `could_not_look`: it could not be asked."""

    judge: str
    verdict: Verdict
    why: str
    fix: str = ""
    about: tuple[str, ...] = ()
    could_not_look: bool = False


class Judge(Protocol):
    """Somebody else who judges cases."""

    @property
    def digest(self) -> str:
        """Name what it judges by: other rules, other digest."""

    @property
    def names(self) -> Sequence[tuple[str, str]]:
        """Give each part of it with the file that it comes from: `("rego:main", ".clearance/rego/main.rego")`."""

    def judge(self, document: Mapping[str, Any]) -> Sequence[Saying]:
        """Judge a case. Never raises: what could not be asked is a saying that denies."""


def document_of(case: Case, waived: frozenset[str]) -> dict[str, Any]:
    """Give a case as a judge reads it: what policies can ask about, with entities as their ids, plus each finding's line and
    fingerprint."""
    document: dict[str, Any] = {"version": VERSION, "author": _plain(author(case)), "context": context(case)}
    document |= {name: [] for name in (*_LISTS.values(), "waivers")}
    placed = iter(case.findings)
    for subject in (*subjects(case, waived), *waivers(case)):
        told = _plain(subject.attributes)
        if subject.kind == "Change":
            document["change"] = told
            continue
        del told["change"]
        if subject.kind == "Finding":
            finding = next(placed)
            told |= {"line": finding.place.line, "fingerprint": finding.fingerprint}
        document[_LISTS.get(subject.kind, "waivers")].append(told)
    return document


def _plain(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value["__entity"]["id"] if isinstance(value, dict) else value for name, value in attributes.items()}


def joined(decision: Decision, sayings: Sequence[Saying]) -> Decision:
    """Join what judges say to a decision. The permit's reason stays only where nobody says anything."""
    if not sayings:
        return decision
    own = [one for one in decision.reasons if one.verdict is not Verdict.ALLOW]
    reasons = [*own, *(_reason(one) for one in sayings if one.verdict is not Verdict.ALLOW)]
    verdict = Verdict.join_all((decision.verdict, *(one.verdict for one in reasons)))
    asking = [one for one in sayings if one.verdict is Verdict.ASK]
    fields = {name: getattr(decision, name) for name in decision.__struct_fields__}
    fields |= {
        "verdict": verdict,
        "reasons": tuple(sorted(reasons, key=lambda one: (-one.verdict.rank, one.policy))) or decision.reasons,
        "reviews": _reviews(decision.reviews, asking),
    }
    return Decision(**fields)


def _reason(one: Saying) -> Reason:
    return Reason(
        policy=one.judge,
        verdict=one.verdict,
        why=one.why,
        fix=one.fix,
        about=one.about,
        could_not_look=one.could_not_look,
    )


def _reviews(needs: Sequence[ReviewNeed], asking: Sequence[Saying]) -> tuple[ReviewNeed, ...]:
    """A judge that asks wants one reviewer; one who looks for another reason stands for it, too."""
    if not asking or any(need.role == _ROLE for need in needs):
        return tuple(needs)
    return (*needs, ReviewNeed(role="reviewer", people=1, because="; ".join(one.why for one in asking[:3])))
