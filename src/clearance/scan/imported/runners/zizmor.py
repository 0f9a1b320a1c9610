"""zizmor (MIT): GitHub Actions. Offline and without settings of the code's; it names each file that it looked at on standard
error, and warns there of those that it could not read."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from clearance.facts.finding import Confidence, Severity
from clearance.scan.imported.opinion import Opinion, Raw

SUFFIXES = (".yml", ".yaml")
_WORKFLOW = """on: pull_request_target
jobs:
  canary:
    runs-on: ubuntu-latest
    steps:
      - run: echo "${{ github.event.pull_request.title }}"
"""
CANARY = (".github/workflows/canary.yml", _WORKFLOW)
NEEDS_RULES = False
GOOD_EXITS = frozenset({0})
_READ = re.compile(r"(?:^|/)\.github/workflows/[^/]+\.ya?ml$|(?:^|/)action\.ya?ml$")
_AUDITED = re.compile(rb"completed (?:\./)?(\S[^\r\n]*?)\s*$", re.MULTILINE)
_SEVERITY = {"High": Severity.HIGH, "Medium": Severity.MEDIUM}
_CONFIDENCE = {"High": Confidence.HIGH, "Medium": Confidence.MEDIUM}
_CWE = {
    "template-injection": 94, "dangerous-triggers": 829, "unpinned-uses": 829, "unpinned-images": 829, "github-env": 77,
    "excessive-permissions": 250, "hardcoded-container-credentials": 798, "artipacked": 522, "cache-poisoning": 349,
    "secrets-inherit": 200, "overprovisioned-secrets": 200, "unredacted-secrets": 532, "known-vulnerable-actions": 1395,
    "impostor-commit": 829, "bot-conditions": 290, "insecure-commands": 77, "self-hosted-runner": 250,
}  # fmt: skip


class _Point(msgspec.Struct):
    row: int
    column: int


class _Range(msgspec.Struct):
    start_point: _Point
    end_point: _Point


class _Concrete(msgspec.Struct):
    location: _Range


class _Symbolic(msgspec.Struct):
    key: dict[str, Any]
    annotation: str = ""
    kind: str = "Primary"


class _Location(msgspec.Struct):
    symbolic: _Symbolic
    concrete: _Concrete


class _Determinations(msgspec.Struct):
    confidence: str
    severity: str


class _Finding(msgspec.Struct):
    ident: str
    desc: str
    determinations: _Determinations
    locations: list[_Location]
    ignored: bool = False


def reads(path: str) -> bool:
    """Tell whether a file is a workflow or an action."""
    return _READ.search(path) is not None


def command(program: str, rules: Path | None, scratch: Path, files: Sequence[str]) -> Sequence[str]:
    """Read everything in the folder; comments that silence it and settings of the code's do not count."""
    own = ["--config", str(rules)] if rules else ["--no-config"]
    return [
        program, "--offline", "--no-progress", "--no-exit-codes", "--no-ignores", "--collect=all", "--format", "json-v1",
        *own, ".",
    ]  # fmt: skip


def audited(errors: bytes) -> frozenset[str]:
    """Give the files that it says it completed."""
    return frozenset(match[1].decode("utf-8", "replace") for match in _AUDITED.finditer(errors))


def parse(output: bytes) -> Opinion:
    """Read zizmor's JSON, version 1; rows and columns count from 0."""
    return Opinion(
        tool="zizmor", raws=tuple(raw for one in msgspec.json.decode(output, type=list[_Finding]) for raw in _raws(one))
    )


def _raws(one: _Finding) -> list[Raw]:
    primary = [place for place in one.locations if place.symbolic.kind == "Primary"] or one.locations[:1]
    return [_raw(one, place) for place in primary[:1]]


def _raw(one: _Finding, place: _Location) -> Raw:
    local = place.symbolic.key.get("Local")
    path = str(local.get("verbatim_path") or local.get("given_path") or "") if isinstance(local, dict) else ""
    span = place.concrete.location
    return Raw(
        tool="zizmor",
        rule=one.ident,
        title=one.desc,
        path=path,
        line=span.start_point.row + 1,
        column=span.start_point.column + 1,
        end_line=span.end_point.row + 1,
        end_column=span.end_point.column + 1,
        message=f"{one.desc}: {place.symbolic.annotation}" if place.symbolic.annotation else one.desc,
        severity=_SEVERITY.get(one.determinations.severity, Severity.LOW),
        confidence=_CONFIDENCE.get(one.determinations.confidence, Confidence.LOW),
        cwe=(f"CWE-{_CWE[one.ident]}",) if one.ident in _CWE else (),
        silenced=one.ignored,
    )
