"""njsscan (LGPL): Node.js. It does not tell which files it read; its canary is all that shows it alive."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from clearance.facts.finding import Confidence, Gap, GapKind, Severity
from clearance.scan.imported.opinion import Opinion, Raw

SUFFIXES = (".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx")
CANARY = (
    "canary.js",
    'const express = require("express");\nconst app = express();\napp.get("/", (req, res) => { eval(req.query.x); });\n',
)
NEEDS_RULES = False
GOOD_EXITS = frozenset({0, 1})
_SEVERITY = {"ERROR": Severity.HIGH, "WARNING": Severity.MEDIUM, "INFO": Severity.LOW}


class _File(msgspec.Struct):
    file_path: str
    match_lines: tuple[int, int]
    match_position: tuple[int, int] = (0, 0)


class _Data(msgspec.Struct):
    cwe: str = ""
    description: str = ""
    severity: str = "WARNING"


class _Rule(msgspec.Struct):
    metadata: _Data
    files: list[_File] = []


class _Answer(msgspec.Struct):
    nodejs: dict[str, _Rule]
    templates: dict[str, _Rule] = {}
    errors: list[object] = []
    njsscan_version: str = ""


def command(program: str, rules: Path | None, scratch: Path, files: Sequence[str]) -> Sequence[str]:
    """Read everything in the folder."""
    return [program, "--json", *(["--config", str(rules)] if rules else []), "."]


def parse(output: bytes) -> Opinion:
    """Read njsscan's JSON; a rule without files is about the whole and is left out."""
    answer = msgspec.json.decode(output[max(output.find(b"{"), 0) :], type=_Answer)
    return Opinion(
        tool="njsscan",
        version=answer.njsscan_version,
        raws=tuple(
            Raw(
                tool="njsscan",
                rule=name,
                title=name,
                path=one.file_path.removeprefix("./"),
                line=one.match_lines[0],
                end_line=one.match_lines[1],
                message=rule.metadata.description,
                severity=_SEVERITY.get(rule.metadata.severity, Severity.MEDIUM),
                confidence=Confidence.MEDIUM,
                cwe=(rule.metadata.cwe.split(":")[0].strip(),) if rule.metadata.cwe.startswith("CWE-") else (),
            )
            for name, rule in {**answer.nodejs, **answer.templates}.items()
            for one in rule.files
        ),
        gaps=tuple(
            Gap(scanner="njsscan", path="", kind=GapKind.UNPARSED, detail=str(error)[:200]) for error in answer.errors[:50]
        ),
    )
