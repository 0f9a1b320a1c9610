"""Bandit (PyCQA): Python. Its JSON counts each file that it read under `metrics`."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from clearance.facts.finding import Confidence, Gap, GapKind, Severity
from clearance.scan.imported.opinion import Opinion, Raw

SUFFIXES = (".py", ".pyw")
CANARY = ("canary.py", "import subprocess\nsubprocess.call('ls ' + input(), shell=True)\n")
NEEDS_RULES = False
GOOD_EXITS = frozenset({0, 1})
_SEVERITY = {"HIGH": Severity.HIGH, "MEDIUM": Severity.MEDIUM, "LOW": Severity.LOW}
_CONFIDENCE = {"HIGH": Confidence.HIGH, "MEDIUM": Confidence.MEDIUM, "LOW": Confidence.LOW}


class _Weakness(msgspec.Struct):
    id: int = 0


class _Result(msgspec.Struct):
    filename: str
    issue_text: str
    line_number: int
    test_id: str
    test_name: str = ""
    issue_severity: str = "MEDIUM"
    issue_confidence: str = "MEDIUM"
    issue_cwe: _Weakness = msgspec.field(default_factory=_Weakness)
    line_range: list[int] = []
    col_offset: int = -1


class _Error(msgspec.Struct):
    filename: str
    reason: str


class _Answer(msgspec.Struct):
    results: list[_Result]
    errors: list[_Error]
    metrics: dict[str, object]


def command(program: str, rules: Path | None, scratch: Path, files: Sequence[str]) -> Sequence[str]:
    """Read everything in the folder: comments that silence it, exclusions and settings of the code's do not count."""
    ini = scratch / "bandit.ini"
    ini.write_text("[bandit]\n")
    settings = ["--configfile", str(rules)] if rules else []
    return [
        program,
        *settings,
        "--ini",
        str(ini),
        "--quiet",
        "--ignore-nosec",
        "--exclude",
        str(scratch),
        "-r",
        ".",
        "-f",
        "json",
    ]


def parse(output: bytes) -> Opinion:
    """Read Bandit's JSON; `issue_cwe` names the weakness."""
    answer = msgspec.json.decode(output, type=_Answer)
    broken = [error.filename.removeprefix("./") for error in answer.errors]
    return Opinion(
        tool="bandit",
        raws=tuple(
            Raw(
                tool="bandit",
                rule=one.test_id,
                title=one.test_name,
                path=one.filename.removeprefix("./"),
                line=one.line_number,
                column=one.col_offset + 1,
                end_line=max(one.line_range, default=one.line_number),
                message=one.issue_text,
                severity=_SEVERITY.get(one.issue_severity, Severity.MEDIUM),
                confidence=_CONFIDENCE.get(one.issue_confidence, Confidence.MEDIUM),
                cwe=(f"CWE-{one.issue_cwe.id}",) if one.issue_cwe.id else (),
            )
            for one in answer.results
        ),
        files=len({name.removeprefix("./") for name in answer.metrics if name != "_totals"} - set(broken)),
        gaps=tuple(
            Gap(scanner="bandit", path=path, kind=GapKind.UNPARSED, detail=error.reason[:200])
            for path, error in zip(broken, answer.errors, strict=True)
        ),
    )
