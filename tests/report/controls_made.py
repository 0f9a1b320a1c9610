"""Answers about controls made by hand: one with everything, one with nothing."""

from clearance.controls.catalogue import Catalogue, read_catalogue
from clearance.facts.control import Edge, Relation
from clearance.facts.finding import Confidence
from clearance.report.controls.view import Checked, Coverage, Logged, Record, Requirement, Serving

CODE = Record(
    what="scanner code", decisions=12, as_today=3, since="2026-11-01T09:00:00Z", last=13,
    last_time="2026-11-22T09:12:30Z", last_verdict="DENY", pulse="alive", proof=11, proof_time="2026-11-21T08:00:00Z",
)  # fmt: skip
RULE = Serving(
    id="rule:python-subprocess-shell", kind="rule", title="Commands are argument lists", place="rules/code/x.md",
    rel=Relation.SUBSET_OF, confidence=Confidence.HIGH, source="ASVS 5.0.0", where="rules/code/x.md:9",
    languages=("python",), executable=True, verdict="DENY", because=("no-new-high-findings",), caught=8, clean=7,
    record=CODE,
)  # fmt: skip
POLICY = Serving(
    id="policy:no-secrets", kind="policy", title="no secret", rel=Relation.INTERSECTS_WITH, executable=True,
    verdict="DENY", caught=5, record=Record(what="policy no-secrets"),
)  # fmt: skip
CAPABILITY = Serving(
    id="capability:masking", kind="capability", title="Masking: puts placeholders", rel=Relation.NO_RELATIONSHIP,
    shown_by=("clearance mask",),
)  # fmt: skip
SERVED = Requirement(
    control="own:1.0/1.1", id="1.1", catalogue="House rules", version="1.0", label="Commands take lists",
    chapter="1 Commands", how="executable", level=1, reason="rules find shells", missing="Ruby",
    serving=(RULE, POLICY, CAPABILITY),
    related=(Edge(of="CWE-78", to="own:1.0/1.1", rel=Relation.SUBSET_OF, source="read"),),
)  # fmt: skip
BARE = Requirement(
    control="own:1.0/1.2", id="1.2", catalogue="House rules", version="1.0", label="A plan exists", chapter="1 Commands",
    how="none", level=1,
)  # fmt: skip
LOG = Logged(place=".git/clearance/log", size=14, read=14)


def coverage(*requirements: Requirement, log: Logged = LOG, checked: Checked | None = None) -> Coverage:
    return Coverage(
        version="0.1.0", at="2026-11-22T10:00:00Z", framework="own", title="House rules", catalogue_version="1.0",
        licence="ours", source="https://example.com/rules", level=None, rules="ab" * 32, policies="cd" * 32,
        log=log, requirements=requirements or (SERVED, BARE), checked=checked,
    )  # fmt: skip


def catalogue() -> Catalogue:
    return read_catalogue(
        b"""{"prefix": "own", "title": "House rules", "version": "1.0", "kind": "requirements",
        "reference": "own:{version}/{id}", "pattern": "\\\\d+\\\\.\\\\d+",
        "source": "https://example.com/rules", "licence": "ours",
        "groups": [{"id": "1", "label": "Commands", "items": [
        {"id": "1.1", "label": "Commands take lists", "level": 1},
        {"id": "1.2", "label": "A plan exists", "level": 1}]}]}""",
        "own.json",
    )
