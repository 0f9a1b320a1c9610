"""gosec (Apache-2.0): Go. It type-checks packages with the Go tool: it sees what compiles. `Stats` counts its files."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from clearance.facts.finding import Confidence, Gap, GapKind, Severity
from clearance.scan.imported.opinion import Opinion, Raw

SUFFIXES = (".go", "go.mod", "go.sum")
CANARY = ("canary.go", 'package canary\n\nimport "crypto/md5"\n\nvar Sum = md5.Sum([]byte("x"))\n')
NEEDS_RULES = False
GOOD_EXITS = frozenset({0, 1})
_LEVEL = {"HIGH": Severity.HIGH, "MEDIUM": Severity.MEDIUM, "LOW": Severity.LOW}
_CONFIDENCE = {"HIGH": Confidence.HIGH, "MEDIUM": Confidence.MEDIUM, "LOW": Confidence.LOW}


class _Weakness(msgspec.Struct):
    id: str = ""


class _Issue(msgspec.Struct):
    rule_id: str
    details: str
    file: str
    line: str
    column: str = "0"
    severity: str = "MEDIUM"
    confidence: str = "MEDIUM"
    cwe: _Weakness = msgspec.field(default_factory=_Weakness)


class _Stats(msgspec.Struct):
    files: int = 0


class _Answer(msgspec.Struct, rename={"issues": "Issues", "errors": "Golang errors", "stats": "Stats"}):
    issues: list[_Issue] | None = None
    errors: dict[str, list[dict[str, Any]]] | None = None
    stats: _Stats = msgspec.field(default_factory=_Stats)


def command(program: str, rules: Path | None, scratch: Path, files: Sequence[str]) -> Sequence[str]:
    """Read everything in the folder, with comments that silence it ignored."""
    settings = ["-conf", str(rules)] if rules else []
    return [program, *settings, "-fmt", "json", "-nosec", "-no-fail", "-quiet", "-tests", "./..."]


def parse(output: bytes) -> Opinion:
    """Read gosec's JSON; a line may be a range (`3-5`)."""
    answer = msgspec.json.decode(output, type=_Answer)
    raws = []
    for one in answer.issues or []:
        first, _, last = one.line.partition("-")
        raws.append(
            Raw(
                tool="gosec",
                rule=one.rule_id,
                title=one.details,
                path=one.file,
                line=int(first or 0),
                column=int(one.column or 0),
                end_line=int(last or first or 0),
                message=one.details,
                severity=_LEVEL.get(one.severity, Severity.MEDIUM),
                confidence=_CONFIDENCE.get(one.confidence, Confidence.MEDIUM),
                cwe=(f"CWE-{one.cwe.id}",) if one.cwe.id else (),
            )
        )
    gaps = [
        Gap(scanner="gosec", path=path, kind=GapKind.UNPARSED, detail=str(error.get("error", ""))[:200])
        for path, errors in (answer.errors or {}).items()
        for error in errors[:20]
    ]
    return Opinion(tool="gosec", raws=tuple(raws), files=answer.stats.files, gaps=tuple(gaps))
