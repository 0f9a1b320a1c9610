"""A company's own rules in Rego, as conftest takes them: `deny`, `warn` and `violation` over a file's parsed text.

They run in a process of ours (`scan/imported/rego`) with the library regopy, which is an extra: `pip install
clearance[rego]`.
"""

import importlib.util
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from clearance.facts.errors import UsageError
from clearance.facts.finding import Confidence, Gap, GapKind, Severity
from clearance.scan.imported.opinion import Opinion, Raw

SUFFIXES = (".yml", ".yaml", ".json", ".tf", ".tofu", ".toml", "Dockerfile", ".dockerfile", "Containerfile")
CANARY = ("canary.yaml", "clearance_canary: true\n")
NEEDS_RULES = True
GOOD_EXITS = frozenset({0})
_RULE = """package clearance_canary

import rego.v1

deny contains msg if {
	input.clearance_canary == true
	msg := "the canary"
}
"""
_SEVERITY = {
    "critical": Severity.CRITICAL, "high": Severity.HIGH, "error": Severity.HIGH, "medium": Severity.MEDIUM,
    "warning": Severity.MEDIUM, "low": Severity.LOW, "info": Severity.LOW,
}  # fmt: skip


class _Result(msgspec.Struct):
    path: str
    rule: str
    message: str
    level: str = ""
    line: int = 0


class _Trouble(msgspec.Struct):
    path: str
    why: str


class _Answer(msgspec.Struct):
    files: list[str]
    results: list[_Result]
    troubles: list[_Trouble] = []


def program(environment: Mapping[str, str]) -> str | None:
    """Give the interpreter that we run in.

    Raises:
        UsageError: the library is not installed.
    """
    if importlib.util.find_spec("regopy") is None:
        raise UsageError("rules in Rego need the library regopy", next="install clearance[rego]")
    return sys.executable


def reads(path: str) -> bool:
    """Tell whether a file is one that a rule may be about; lock files are for programs."""
    name = path.rpartition("/")[2]
    return (name.endswith(SUFFIXES) or name.startswith("Dockerfile.")) and not name.endswith(("-lock.json", "-lock.yaml"))


def command(program: str, rules: Path | None, scratch: Path, files: Sequence[str]) -> Sequence[str]:
    """Run the rules over the files."""
    canary = scratch / "canary.rego"
    canary.write_text(_RULE)
    job = scratch / "job.json"
    job.write_text(json.dumps({"files": list(files), "rules": [str(rules), str(canary)]}))
    return [program, "-I", "-m", "clearance.scan.imported.rego", str(job)]


def parse(output: bytes) -> Opinion:
    """Read what our process wrote."""
    answer = msgspec.json.decode(output, type=_Answer)
    return Opinion(
        tool="rego",
        raws=tuple(_raw(one) for one in answer.results),
        files=len(answer.files),
        gaps=tuple(
            Gap(scanner="rego", path=one.path, kind=GapKind.UNPARSED if one.path else GapKind.CRASH, detail=one.why[:200])
            for one in answer.troubles
        ),
    )


def _raw(one: _Result) -> Raw:
    default: Any = Severity.MEDIUM if one.rule.rpartition(".")[2].startswith("warn") else Severity.HIGH
    return Raw(
        tool="rego",
        rule=one.rule,
        title=one.rule,
        path=one.path,
        line=one.line,
        end_line=one.line,
        message=" ".join(one.message.split())[:2000],
        severity=_SEVERITY.get(one.level.lower(), default),
        confidence=Confidence.HIGH,
    )
