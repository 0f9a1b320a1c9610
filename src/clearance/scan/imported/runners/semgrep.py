"""Semgrep (LGPL engine; it brings no rules, so the user names a file or folder of them).

Traps that the command line avoids: its own ignore list (`tests/` and more), git's, comments that silence it, files over
1 MB, the network for versions and metrics. Its JSON lists every file that it read under `paths.scanned`.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from clearance.facts.finding import Confidence, Gap, GapKind, Severity
from clearance.scan.imported.opinion import Opinion, Raw

SUFFIXES = (
    ".py", ".pyi", ".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".java", ".go", ".rb", ".php", ".cs", ".kt",
    ".scala", ".rs", ".c", ".h", ".cpp", ".swift", ".sh", ".tf", ".yml", ".yaml", ".json", ".html",
)  # fmt: skip
CANARY = ("canary.py", "clearance_canary(1)\n")
NEEDS_RULES = True
GOOD_EXITS = frozenset({0, 1, 2, 7})
"""2 and 7: some rules or files had errors, which its answer tells."""
_CANARY_RULE = """rules:
  - id: clearance-canary
    languages: [python]
    severity: INFO
    message: the canary
    pattern: clearance_canary(...)
"""
_SEVERITY = {
    "CRITICAL": Severity.CRITICAL, "ERROR": Severity.HIGH, "HIGH": Severity.HIGH, "WARNING": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM, "INFO": Severity.LOW, "LOW": Severity.LOW,
}  # fmt: skip
_CONFIDENCE = {"HIGH": Confidence.HIGH, "MEDIUM": Confidence.MEDIUM, "LOW": Confidence.LOW}


class _Spot(msgspec.Struct):
    line: int
    col: int


class _Extra(msgspec.Struct):
    message: str = ""
    severity: str = "WARNING"
    metadata: dict[str, Any] = {}
    is_ignored: bool = False


class _Result(msgspec.Struct):
    check_id: str
    path: str
    start: _Spot
    end: _Spot
    extra: _Extra


class _Error(msgspec.Struct):
    message: str = ""
    path: str | None = None
    type: Any = None


class _Paths(msgspec.Struct):
    scanned: list[str] = []


class _Answer(msgspec.Struct):
    results: list[_Result]
    errors: list[_Error] = []
    paths: _Paths = msgspec.field(default_factory=_Paths)
    version: str = ""


def command(program: str, rules: Path | None, scratch: Path, files: Sequence[str]) -> Sequence[str]:
    """Read everything in the folder with the user's rules and the canary's."""
    canary = scratch / "canary.yml"
    canary.write_text(_CANARY_RULE)
    return [
        program, "scan", "--config", str(rules), "--config", str(canary), "--json", "--quiet", "--metrics=off",
        "--disable-version-check", "--no-git-ignore", "--disable-nosem", "--max-target-bytes", "0", "--no-rewrite-rule-ids",
        "--scan-unknown-extensions", ".",
    ]  # fmt: skip


def parse(output: bytes) -> Opinion:
    """Read Semgrep's JSON; `metadata.cwe` is a text or a list of texts that start with the id."""
    answer = msgspec.json.decode(output, type=_Answer)
    gaps = [
        Gap(
            scanner="semgrep",
            path=error.path or "",
            kind=GapKind.UNPARSED,
            detail=" ".join(error.message.split())[:200] or str(error.type)[:200],
        )
        for error in answer.errors
    ]
    return Opinion(
        tool="semgrep",
        version=answer.version,
        raws=tuple(_raw(one) for one in answer.results),
        files=len(set(answer.paths.scanned)),
        gaps=tuple(gaps),
    )


def _raw(one: _Result) -> Raw:
    listed = one.extra.metadata.get("cwe", [])
    texts = listed if isinstance(listed, list) else [listed]
    return Raw(
        tool="semgrep",
        rule=one.check_id,
        title=one.check_id.rpartition(".")[2],
        path=one.path,
        line=one.start.line,
        column=one.start.col,
        end_line=one.end.line,
        end_column=one.end.col,
        message=" ".join(one.extra.message.split()),
        severity=_SEVERITY.get(one.extra.severity, Severity.MEDIUM),
        confidence=_CONFIDENCE.get(str(one.extra.metadata.get("confidence", "")).upper(), Confidence.MEDIUM),
        cwe=tuple(
            dict.fromkeys(text.split(":")[0].strip() for text in texts if isinstance(text, str) and text[:4] == "CWE-")
        ),
        silenced=one.extra.is_ignored,
    )
