"""Outcomes made by hand: the one that the README shows, a calm one, an asking one, a scan, an empty one."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from clearance.facts.actor import Actor, ActorKind, Authorship, Evidence
from clearance.facts.change import Change, ChangeKind, FileChange, Mode, Revision, Side, Tree
from clearance.facts.classification import Classification, Ground, Level
from clearance.facts.decision import Decision, Ran, Reason, ReviewNeed, Verdict
from clearance.facts.finding import (
    Aside,
    Confidence,
    Excerpt,
    Finding,
    Gap,
    GapKind,
    Look,
    Origin,
    Place,
    Secret,
    Severity,
    Step,
)
from clearance.facts.outcome import SCHEMA, Outcome, Receipt, RuleInfo
from clearance.facts.risk import Risk, Trigger
from clearance.report.look import Look as How
from clearance.report.look import Times
from clearance.report.render import render

AT = Times("2026-11-22T06:12:00Z", "2026-11-22T06:12:01Z")
SIDE = Side(mode=Mode.FILE, size=1200, sha256="ab" * 32, git="cd" * 20)


def modified(path: str, added: int, removed: int = 0) -> FileChange:
    return FileChange(
        path=path,
        kind=ChangeKind.MODIFIED,
        before=SIDE,
        after=SIDE,
        added=((1, added),) if added else (),
        removed=((1, removed),) if removed else (),
    )


CHANGE = Change(
    source="working-tree",
    base=Revision(label="main", commit="1a2b3c4" + "0" * 33),
    head=Revision(label="working tree"),
    tree=Tree(kind="git-tree", sha256="12" * 32, git="34" * 20),
    files=(modified("app/orders.py", 212, 10), modified("requirements.txt", 1), modified("tests/test_orders.py", 1, 2)),
    author=Authorship(
        author=Actor(name="Claude", kind=ActorKind.AGENT), evidence=Evidence.TRAILER, detail="Co-authored-by: Claude"
    ),
)
SQL = Finding(
    rule="python-sql-string-build",
    family="code",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    place=Place(path="app/orders.py", line=41, column=23, end_line=41, end_column=71),
    message="SQL text is built from request data",
    fingerprint="01" * 32,
    introduced=True,
    fix='pass the value as a parameter: db.execute("… where name = ?", (name,))',
    cwe=("CWE-89",),
    controls=("asvs:v5.0.0-1.2.4",),
    steps=(),
    excerpt=Excerpt(
        first=40,
        lines=(
            '    name = request.args["name"]',
            "    rows = db.execute(f\"select * from orders where name = '{name}'\")",
        ),
    ),
)
PACKAGE = Finding(
    rule="package-does-not-exist",
    family="packages",
    severity=Severity.HIGH,
    confidence=Confidence.HIGH,
    place=Place(path="requirements.txt", line=7),
    message='"flask-jwt-simple-auth" is not on PyPI (names as of 2026-11-22)',
    fingerprint="02" * 32,
    introduced=True,
)
TEST = Finding(
    rule="test-weakened",
    family="tampering",
    severity=Severity.MEDIUM,
    confidence=Confidence.MEDIUM,
    place=Place(path="tests/test_orders.py", line=12),
    message="an assertion was removed from a test that this change must pass",
    fingerprint="03" * 32,
    introduced=True,
)
OLD = tuple(
    Finding(
        rule="python-weak-hash",
        family="code",
        severity=Severity.LOW,
        confidence=Confidence.LOW,
        place=Place(path="app/orders.py", line=line, column=5, end_line=line, end_column=16),
        message="MD5 is used",
        fingerprint=f"{line:064d}",
        introduced=False,
        cwe=("CWE-327",),
    )
    for line in (3, 5)
)
RULES = (
    RuleInfo(
        id="python-sql-string-build",
        family="code",
        title="SQL text is constant, values are parameters",
        severity="high",
        confidence="high",
        brief="Pass values as parameters; never build SQL text from them.",
        help="Values that are part of the text can *change the query*.",
        fix="Pass the value as a parameter.",
        cwe=("CWE-89",),
        controls=("asvs:v5.0.0-1.2.4",),
        link="https://clearance.example/rules/code/python-sql-string-build.html",
    ),
    RuleInfo(
        id="package-does-not-exist",
        family="packages",
        title="Packages exist",
        severity="high",
        confidence="high",
        brief="Name only packages that exist.",
        help="An invented name can be registered by anybody.",
        fix="",
        cwe=(),
        controls=(),
        link="rules/packages/package-does-not-exist.md",
    ),
)
RAN = (
    Ran(scanner="secrets", files=3, findings=0, gaps=1),
    Ran(scanner="code", files=2, findings=1, gaps=1),
    Ran(scanner="packages", files=2, findings=1, gaps=1),
    Ran(scanner="tampering", files=3, findings=1, gaps=1),
)
LOGO = tuple(Gap(scanner=ran.scanner, path="docs/logo.bin", kind=GapKind.BINARY) for ran in RAN)
RISK = Risk(
    tier=3,
    triggers=(
        Trigger(
            id="authentication",
            title="authentication",
            tier=3,
            place=Place(path="app/auth.py", line=4),
            reason="a password is checked",
        ),
    ),
    size=226,
    unknown_lines=0,
    reasons=("authentication changed",),
)
RECEIPT = Receipt(digest="8f3c1e" + "0" * 58, index=12, log=".git/clearance/log", key="c3" * 16)
DENIED = Outcome(
    schema=SCHEMA,
    version="0.1.0",
    change=CHANGE,
    findings=(*OLD, TEST, PACKAGE, SQL),
    gaps=LOGO,
    ran=RAN,
    rules=RULES,
    catalogue="56" * 32,
    risk=RISK,
    decision=Decision(
        verdict=Verdict.DENY,
        reasons=(
            Reason(policy="changes-may-pass", verdict=Verdict.ALLOW, why="whatever nothing forbids may pass"),
            Reason(
                policy="no-new-high-findings",
                verdict=Verdict.DENY,
                why="a change may not add a finding of high severity",
                fix="fix it, or ask for a waiver",
                about=("01" * 32, "02" * 32),
            ),
            Reason(
                policy="tests-not-weakened",
                verdict=Verdict.DENY,
                why="a change may not weaken a test that it must pass",
                fix="put the assertion back",
                about=("03" * 32,),
            ),
        ),
        reviews=(ReviewNeed(role="security engineer", people=1, because="authentication changed in app/auth.py"),),
        policies="78" * 32,
        case="9a" * 32,
    ),
    receipt=RECEIPT,
)
ASKED = Outcome(
    schema=SCHEMA,
    version="0.1.0",
    change=CHANGE,
    findings=(),
    gaps=(
        Gap(scanner="packages", path="", kind=GapKind.STALE, detail="names as of 2025-01-02"),
        Gap(scanner="code", path="app/orders.py", kind=GapKind.TIMEOUT),
    ),
    ran=RAN,
    rules=(),
    catalogue="56" * 32,
    risk=Risk(tier=3, triggers=(), size=226, unknown_lines=40, reasons=("authentication changed", "configuration changed")),
    decision=Decision(
        verdict=Verdict.ASK,
        reasons=(
            Reason(
                policy="gaps-need-a-person",
                verdict=Verdict.ASK,
                why="what no scanner could see, a person must see",
                fix="look at it, or make it readable",
            ),
        ),
        reviews=(
            ReviewNeed(role="security engineer", people=1, because="authentication changed in app/auth.py"),
            ReviewNeed(role="reviewer", people=2, because="tier 3"),
        ),
        policies="78" * 32,
        case="9a" * 32,
    ),
    receipt=RECEIPT,
)
ALLOWED = Outcome(
    schema=SCHEMA,
    version="0.1.0",
    change=Change(
        source="staged",
        base=Revision(label="HEAD", commit="5d6e7f8" + "0" * 33),
        head=Revision(label="index"),
        tree=CHANGE.tree,
        files=(modified("README.md", 3, 1),),
        author=Authorship(author=Actor(name="", kind=ActorKind.UNKNOWN), evidence=Evidence.NONE),
    ),
    findings=(),
    gaps=(),
    ran=RAN,
    rules=(),
    catalogue="56" * 32,
    risk=Risk(tier=0, triggers=(), size=4, unknown_lines=0, reasons=("documentation only",)),
    decision=Decision(
        verdict=Verdict.ALLOW,
        reasons=(Reason(policy="changes-may-pass", verdict=Verdict.ALLOW, why="whatever nothing forbids may pass"),),
        reviews=(),
        policies="78" * 32,
        case="9a" * 32,
    ),
    receipt=RECEIPT,
)
FLOW = tuple(Step(place=Place(path="app/orders.py", line=line, column=5), message=f"step {line}") for line in range(38, 42))
SCANNED = Outcome(
    schema=SCHEMA,
    version="0.1.0",
    change=Change(
        source="directory",
        base=None,
        head=Revision(label="vendor/shop"),
        tree=Tree(kind="directory", sha256="12" * 32),
        files=tuple(FileChange(path=f"src/{name}.py", kind=ChangeKind.PRESENT, after=SIDE) for name in "abcd"),
        author=CHANGE.author,
    ),
    findings=(*OLD, SQL),
    gaps=LOGO,
    ran=RAN,
    rules=RULES,
    catalogue="56" * 32,
)
EMPTY = Outcome(
    schema=SCHEMA,
    version="0.1.0",
    change=Change(
        source="patch",
        base=None,
        head=Revision(label="standard input"),
        tree=Tree(kind="patch", sha256="12" * 32),
        files=(),
        author=Authorship(author=Actor(name="", kind=ActorKind.UNKNOWN), evidence=Evidence.NONE),
    ),
    findings=(),
    gaps=(),
    ran=(),
    rules=(),
    catalogue="",
    decision=Decision(verdict=Verdict.DENY, reasons=(), reviews=(), policies="", case=""),
)
FOLLOWED = msgspec.structs.replace(SQL, steps=FLOW)
MANY = msgspec.structs.replace(
    DENIED,
    findings=tuple(
        msgspec.structs.replace(
            SQL, place=msgspec.structs.replace(SQL.place, line=line), fingerprint=f"{line:064d}", excerpt=None, fix=""
        )
        for line in range(1, 101)
    ),
    gaps=tuple(
        Gap(scanner="code", path=f"vendor/{number:03d}.py", kind=GapKind.UNPARSED if number % 2 else GapKind.SYMLINK)
        for number in range(40)
    ),
)
KEY = Secret(fingerprint="ab" * 16, entropy=4.62, tail="x7Qe", disguise="base64")
LEAKED = msgspec.structs.replace(
    SCANNED,
    change=msgspec.structs.replace(SCANNED.change, source="history", files=()),
    findings=(
        *(
            Finding(
                rule="acme-token",
                family="secrets",
                severity=Severity.CRITICAL,
                confidence=Confidence.HIGH,
                place=Place(path=path, line=3, column=9, end_line=3, end_column=17),
                message="No token of Acme stands in the text",
                fingerprint=path.encode().hex().ljust(64, "0"),
                introduced=True,
                fix="1. Revoke it at https://acme.example/keys.\n2. Make a new one.",
                excerpt=Excerpt(first=3, lines=("token = ****",)),
                secret=KEY,
                origin=Origin(commit="5e" * 20, date="2024-05-01T10:00:00+02:00", standing=path == "b.py"),
            )
            for path in ("a.py", "b.py", "c.py", "commit:5e5e5e5e5e5e", "e.py", "f.py", "g.py", "h.py")
        ),
        Finding(
            rule="iban",
            family="personal",
            severity=Severity.MEDIUM,
            confidence=Confidence.HIGH,
            place=Place(path="seed.sql", line=0),
            message="An account number stands in the text",
            fingerprint="cd" * 32,
            introduced=True,
            secret=Secret(fingerprint="", entropy=2.9, personal=True),
        ),
    ),
    rules=(),
    asides=(
        Aside(rule="acme-token", place=Place(path="a.py", line=9, column=2), reason=Look.PLACEHOLDER, introduced=True),
        Aside(rule="password", place=Place(path="b.py", line=7, column=5), reason=Look.REFERENCE, introduced=True),
    ),
    more_asides=11,
    set_aside={"placeholder": 12, "reference to a variable, file or vault": 1},
    classification=Classification(
        level=Level.RESTRICTED,
        grounds=(Ground(level=Level.RESTRICTED, kind="finding", what="iban", path="seed.sql", count=1),),
    ),
)
ALL = {
    "denied": DENIED,
    "asked": ASKED,
    "allowed": ALLOWED,
    "scanned": SCANNED,
    "empty": EMPTY,
    "followed": msgspec.structs.replace(DENIED, findings=(FOLLOWED,)),
    "many": MANY,
    "leaked": LEAKED,
}
Write = Callable[..., str]


@pytest.fixture(params=sorted(ALL))
def outcome(request: pytest.FixtureRequest) -> Outcome:
    """Each of the outcomes in turn."""
    return ALL[request.param]


@pytest.fixture(scope="session")
def outcomes() -> dict[str, Outcome]:
    return ALL


@pytest.fixture(scope="session")
def write() -> Write:
    """Render an outcome, or one by its name, at a fixed time."""

    def write_(format: str, outcome: Outcome | str, **look: Any) -> str:
        chosen = ALL[outcome] if isinstance(outcome, str) else outcome
        return render(format, chosen, look=How(**look), at=AT)

    return write_
