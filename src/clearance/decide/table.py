"""Tests of policies as tables: each case says in a few words what is the matter with a change and what must come out."""

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from clearance.decide.decide import decide
from clearance.decide.policy_set import Policies
from clearance.facts.actor import Actor, ActorKind, Authorship, Evidence
from clearance.facts.change import Change, ChangeKind, FileChange, Mode, Revision, Side, Tree
from clearance.facts.classification import Classification, Ground, Level
from clearance.facts.decision import Case, Decision, Ran, Verdict
from clearance.facts.errors import BadPolicy
from clearance.facts.fact import Fact
from clearance.facts.finding import Confidence, Finding, Gap, GapKind, Place, Severity
from clearance.facts.proof import Standing
from clearance.facts.provenance import Hand, HowKnown, Provenance
from clearance.facts.risk import Risk, Trigger
from clearance.facts.toml import BadToml, read_toml
from clearance.facts.waiver import MOST_DAYS, Cover, Waiver

_CHANGE = ("secrets", "code", "packages", "infra", "tampering")
_SCANNERS = {
    "range": _CHANGE,
    "write": _CHANGE,
    "command": ("secrets", "packages", "commands", "prompts"),
    "prompt": ("secrets", "personal", "prompts"),
    "tool": ("secrets", "prompts"),
}
_ZEROS = "0" * 64
_MOST = 1024 * 1024


class FindingRow(Fact):
    """A finding in a few words."""

    rule: str = "python-sql-string-build"
    family: str = "code"
    severity: Severity = Severity.HIGH
    confidence: Confidence = Confidence.HIGH
    introduced: bool = True
    path: str = "src/app.py"
    cwe: tuple[str, ...] = ()
    classification: Level = Level.PUBLIC
    """The level of the data that was found; the same for all findings of one rule."""


class TriggerRow(Fact):
    """A trigger in a few words."""

    id: str
    tier: int
    path: str = "src/app.py"
    happened: Literal["changed", "removed", "weakened", "added"] = "changed"


class GapRow(Fact):
    """A gap in a few words."""

    scanner: str = "code"
    kind: GapKind = GapKind.CRASH
    path: str = ""
    introduced: bool = True


class WaiverRow(Fact):
    """A waiver in a few words. `covers`: the numbers of the findings that it names, from 1; `exact`: by its fingerprint."""

    id: str = "accepted"
    owner: str = "security"
    covers: tuple[int, ...] = (1,)
    exact: bool = True
    days: int = 30
    most: int = MOST_DAYS
    ticket: str = ""


class LinesRow(Fact):
    """Where the new lines come from, in a few words: counts by how that is known."""

    hook: int = 0
    command: int = 0
    claim: int = 0
    person: int = 0
    unknown: int = 0


class Row(Fact):
    """A case in a few words, and what must come out. `reasons` are compared as a set; the permit is not among them."""

    name: str
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    reviews: tuple[str, ...] | None = None
    author: ActorKind = ActorKind.AGENT
    files: tuple[str, ...] = ("src/app.py",)
    size: int = 10
    tier: int = 1
    source: Literal["range", "write", "command", "prompt", "tool"] = "range"
    """A change, or what an assistant is about to do."""
    scanners: tuple[str, ...] | None = None
    """None: those that look at a change, or act, of this source."""
    proof_hours: int = -1
    dead_guards: tuple[str, ...] = ()
    findings: tuple[FindingRow, ...] = ()
    triggers: tuple[TriggerRow, ...] = ()
    gaps: tuple[GapRow, ...] = ()
    waivers: tuple[WaiverRow, ...] = ()
    lines: LinesRow | None = None
    """None: where the lines come from was not settled."""
    classification: Level = Level.INTERNAL
    """The level of what the change touches, where no finding has a higher one."""


class _Table(Fact):
    case: tuple[Row, ...] = ()


class Failure(Fact):
    """A case that did not come out as it says."""

    name: str
    expected: str
    got: str


def read_table(text: str, where: str) -> tuple[Row, ...]:
    """Read cases from TOML (`[[case]]` tables), or from JSON of the same shape where the name ends in `.json`.

    Raises:
        BadPolicy: not such a table; `where` is `path:line`.
    """
    if len(text) > _MOST:
        raise BadPolicy("larger than 1 MiB", where=where, next="split it")
    try:
        if where.endswith(".json"):
            return msgspec.json.decode(text, type=_Table).case
        return msgspec.convert(read_toml(text), _Table).case
    except BadToml as error:
        hint = "see docs/reference/policies.md"
        raise BadPolicy(f"not TOML: {error}", where=f"{where}:{error.line}", next=hint) from None
    except (msgspec.DecodeError, RecursionError) as error:
        place = f"{where}:{_line_of(text, str(error))}"
        raise BadPolicy(str(error), where=place, next="see docs/reference/policies.md") from None


def _line_of(text: str, message: str) -> int:
    found = re.search(r"\.case\[(\d+)\]", message)
    heads = [
        text.count("\n", 0, one.start()) + 1 for one in re.finditer(r"^[ \t]*\[\[[ \t]*case[ \t]*\]\]", text, re.MULTILINE)
    ]
    return heads[int(found[1])] if found and int(found[1]) < len(heads) else 1


def case_of(row: Row) -> Case:
    """Spell a row out as a whole case."""
    side = Side(mode=Mode.FILE, size=1, sha256=_ZEROS)
    files = tuple(
        FileChange(path=path, kind=ChangeKind.MODIFIED, before=side, after=side, added=((1, 5),), removed=((1, 5),))
        for path in row.files
    )
    change = Change(
        source=row.source,
        base=Revision(label="main"),
        head=Revision(label="change"),
        tree=Tree(kind="git-tree", sha256=_ZEROS),
        files=files,
        author=Authorship(author=Actor(name="author", kind=row.author), evidence=Evidence.OPTION),
    )
    return Case(
        change=change,
        findings=tuple(_finding(number, finding) for number, finding in enumerate(row.findings, 1)),
        gaps=tuple(Gap(scanner=one.scanner, path=one.path, kind=one.kind, introduced=one.introduced) for one in row.gaps),
        risk=Risk(
            tier=row.tier,
            triggers=tuple(_trigger(one) for one in row.triggers),
            size=row.size,
            unknown_lines=5 * len(files) if row.author is ActorKind.UNKNOWN else 0,
            reasons=(f"{row.size} lines",),
            classification=_classification(row),
        ),
        ran=tuple(Ran(scanner=name, files=len(files), findings=0, gaps=0) for name in _ran(row)),
        rules=_ZEROS,
        version="0",
        proven=Standing(hours=row.proof_hours, dead=row.dead_guards),
        waivers=tuple(_cover(one, row) for one in row.waivers),
        origins=_origins(row.lines) if row.lines else Provenance(),
    )


def _origins(row: LinesRow) -> Provenance:
    counts: tuple[tuple[HowKnown, int], ...] = (
        ("hook", row.hook),
        ("command", row.command),
        ("claim", row.claim),
        ("person", row.person),
    )
    hands = tuple(Hand(name="somebody", evidence=how, lines=count, entries=()) for how, count in counts if count)
    return Provenance(settled=True, hands=hands, unknown=row.unknown)


def _ran(row: Row) -> tuple[str, ...]:
    return _SCANNERS[row.source] if row.scanners is None else row.scanners


def _finding(number: int, row: FindingRow) -> Finding:
    return Finding(
        rule=row.rule,
        family=row.family,
        severity=row.severity,
        confidence=row.confidence,
        place=Place(path=row.path, line=number),
        message=row.rule,
        fingerprint=_fingerprint(number),
        introduced=row.introduced,
        cwe=row.cwe,
    )


def _fingerprint(number: int) -> str:
    return f"{number:064x}"


def _cover(one: WaiverRow, row: Row) -> Cover:
    first = row.findings[one.covers[0] - 1] if one.covers and 0 < one.covers[0] <= len(row.findings) else FindingRow()
    waiver = Waiver(
        id=one.id,
        owner=one.owner,
        reason="it is known",
        expires="2027-01-01",
        compensating="it cannot be reached from outside",
        finding=_fingerprint(one.covers[0]) if one.exact and one.covers else "",
        rule="" if one.exact else first.rule,
        paths=() if one.exact else (first.path,),
        ticket=one.ticket,
        where=f".clearance/waivers/{one.id}.toml",
    )
    return Cover(waiver=waiver, days=one.days, most=one.most, findings=tuple(map(_fingerprint, sorted(one.covers))))


def _classification(row: Row) -> Classification:
    found = [one for one in row.findings if one.classification is not Level.PUBLIC]
    grounds = [
        Ground(level=row.classification, kind="default", what="", path="", count=1),
        *(Ground(level=one.classification, kind="finding", what=one.rule, path=one.path, count=1) for one in found),
    ]
    return Classification(level=Level.join_all(ground.level for ground in grounds), grounds=tuple(grounds))


def _trigger(row: TriggerRow) -> Trigger:
    title = row.id.replace("-", " ").capitalize()
    place = Place(path=row.path, line=1)
    return Trigger(id=row.id, title=title, tier=row.tier, place=place, reason=title, happened=row.happened)


def run(policies: Policies, rows: Sequence[Row]) -> tuple[Failure, ...]:
    """Run cases and give those that did not come out as they say."""
    failures = []
    for row in rows:
        got = decide(case_of(row), policies)
        reviews = row.reviews if row.reviews is not None else _reviews(got)
        expected = _said(row.verdict, row.reasons, reviews)
        if expected != said(got):
            failures.append(Failure(name=row.name, expected=expected, got=said(got)))
    return tuple(failures)


def said(decision: Decision) -> str:
    """Say in one line what came out: the verdict, the policies that fired, who must look."""
    reasons = [reason.policy for reason in decision.reasons if reason.verdict is not Verdict.ALLOW]
    return _said(decision.verdict, reasons, _reviews(decision))


def _reviews(decision: Decision) -> tuple[str, ...]:
    return tuple(f"{need.people} {need.role}" for need in decision.reviews)


def _said(verdict: Verdict, reasons: Sequence[str], reviews: Sequence[str]) -> str:
    because = f" because of {', '.join(sorted(set(reasons)))}" if reasons else ""
    return f"{verdict.value}{because}" + (f"; to look: {', '.join(sorted(reviews))}" if reviews else "")
