"""Ruff (Astral), its rules from flake8-bandit: Python. A file that it could not parse is an `invalid-syntax` result."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from clearance.facts.finding import Confidence, Gap, GapKind, Severity
from clearance.scan.imported.opinion import Opinion, Raw

SUFFIXES = (".py", ".pyi", ".pyw")
CANARY = ("canary.py", "import subprocess\nsubprocess.call('ls ' + input(), shell=True)\n")
NEEDS_RULES = False
GOOD_EXITS = frozenset({0, 1})
_BROKEN = "invalid-syntax"
_MILD = frozenset(
    {"S101", "S403", "S404", "S405", "S406", "S407", "S408", "S409", "S411", "S412", "S413", "S415", "S603", "S607"}
)
"""Rules that only say that something is there; they count as low."""
_CWE = {
    "S102": 78, "S103": 732, "S104": 605, "S105": 259, "S106": 259, "S107": 259, "S108": 377, "S110": 703, "S112": 703,
    "S113": 400, "S201": 94, "S202": 22, "S301": 502, "S302": 502, "S306": 377, "S307": 78, "S308": 79, "S310": 22,
    "S311": 330, "S312": 319, "S321": 319, "S323": 295, "S324": 327, "S501": 295, "S502": 327, "S503": 327, "S504": 327,
    "S505": 326, "S506": 20, "S507": 295, "S508": 319, "S509": 319, "S602": 78, "S605": 78, "S608": 89, "S609": 78,
    "S610": 89, "S611": 89, "S612": 94, "S701": 94, "S702": 79, "S704": 79,
}  # fmt: skip
"""Weaknesses, as Bandit gives them for the tests of the same number."""


class _Spot(msgspec.Struct):
    row: int
    column: int


class _Result(msgspec.Struct):
    filename: str
    message: str
    location: _Spot
    end_location: _Spot
    code: str | None = None
    name: str | None = None


def command(program: str, rules: Path | None, scratch: Path, files: Sequence[str]) -> Sequence[str]:
    """Read everything in the folder, without cache, settings of the code's, exclusions, or comments that silence it."""
    own = ["--config", str(rules)] if rules else ["--isolated", "--select", "S"]
    return [
        program, "check", *own, "--no-cache", "--ignore-noqa", "--no-respect-gitignore", "--config", "exclude = []",
        "--config", "extend-include = ['*.pyw']", "--exit-zero", "--output-format", "json", ".",
    ]  # fmt: skip


def parse(output: bytes) -> Opinion:
    """Read Ruff's JSON."""
    results = msgspec.json.decode(output, type=list[_Result])
    gaps = {
        one.filename: Gap(scanner="ruff", path=one.filename, kind=GapKind.UNPARSED, detail=one.message[:200])
        for one in results
        if one.code in (_BROKEN, None)
    }
    raws = tuple(
        Raw(
            tool="ruff",
            rule=one.code,
            title=one.name or one.code,
            path=one.filename,
            line=one.location.row,
            column=one.location.column,
            end_line=one.end_location.row,
            end_column=one.end_location.column,
            message=one.message,
            severity=Severity.LOW if one.code in _MILD else Severity.MEDIUM,
            confidence=Confidence.MEDIUM,
            cwe=(f"CWE-{_CWE[one.code]}",) if one.code in _CWE else (),
        )
        for one in results
        if one.code and one.code != _BROKEN
    )
    return Opinion(tool="ruff", raws=raws, gaps=tuple(gaps.values()))
