"""checkov (Apache-2.0): Dockerfiles, Kubernetes, Terraform, GitHub Actions. It starts in seconds.

Traps that the command line and environment avoid: its own settings file (which may name Python to run), folders that it
leaves out, its vendor's service. Each framework is an analyser of its own, so each gets a canary of its own. A comment
that tells it to skip a check gives a result of its own, which is told as silenced. It gives no severities.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from clearance.facts.finding import Confidence, Gap, GapKind, Severity
from clearance.scan.imported.opinion import Opinion, Raw

SUFFIXES = (".tf", ".tf.json", ".yml", ".yaml", "Dockerfile")
_GROUP = """resource "aws_security_group" "canary" {
  ingress {
    from_port   = 22
    to_port     = 22
    protocol    = "tcp"
    cidr_blocks = ["0.0.0.0/0"]
  }
}
"""
_POD = """apiVersion: v1
kind: Pod
metadata:
  name: canary
spec:
  containers:
    - name: canary
      image: canary
      securityContext:
        privileged: true
"""
_JOB = """on: pull_request_target
jobs:
  canary:
    runs-on: ubuntu-latest
    steps:
      - run: echo "${{ github.event.pull_request.title }}"
"""
CANARY = ("main.tf", _GROUP)
NEEDS_RULES = False
GOOD_EXITS = frozenset({0})
ENVIRONMENT: Mapping[str, str] = {
    "CKV_IGNORE_HIDDEN_DIRECTORIES": "False",
    "CKV_IGNORED_DIRECTORIES": "clearance-leaves-nothing-out",
    "LOG_LEVEL": "ERROR",
}
_DOCKER = re.compile(r"(?:.*\.)?dockerfile(?:\..*)?", re.IGNORECASE)
_WORKFLOW = re.compile(r"(?:^|/)\.github/workflows/[^/]+\.ya?ml$")
_SETTINGS = re.compile(r"(?:^|/)\.checkov\.ya?ml$")
_CANARIES = {
    "terraform": CANARY,
    "dockerfile": ("Dockerfile", "FROM debian:latest\nRUN sudo true\n"),
    "kubernetes": ("pod.yaml", _POD),
    "github_actions": (".github/workflows/canary.yml", _JOB),
}
_FRAMEWORKS = "terraform,terraform_json,dockerfile,kubernetes,github_actions"
_MOST_ERRORS = 200


class _Check(msgspec.Struct):
    check_id: str
    check_name: str
    file_path: str
    file_line_range: tuple[int, int] = (0, 0)
    resource: str = ""


class _Results(msgspec.Struct):
    failed_checks: list[_Check] = []
    skipped_checks: list[_Check] = []
    parsing_errors: list[str] = []


class _Report(msgspec.Struct):
    check_type: str
    results: _Results


def reads(path: str) -> bool:
    """Tell whether a file is one that it reads, and none of its own settings."""
    return _framework(path) is not None and _SETTINGS.search(path) is None


def _framework(path: str) -> str | None:
    if path.endswith((".tf", ".tf.json")):
        return "terraform"
    if _WORKFLOW.search(path):
        return "github_actions"
    if path.endswith((".yml", ".yaml")):
        return "kubernetes"
    return "dockerfile" if _DOCKER.fullmatch(path.rpartition("/")[2]) else None


def canaries(files: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Plant one for each framework that has files."""
    wanted = {_framework(file) for file in files}
    return [canary for framework, canary in _CANARIES.items() if framework in wanted] or [CANARY]


def command(program: str, rules: Path | None, scratch: Path, files: Sequence[str]) -> Sequence[str]:
    """Read everything in the folder; `rules` is a settings file of the user's."""
    own = ["--config-file", str(rules)] if rules else []
    return [
        program, "--directory", ".", "--framework", _FRAMEWORKS, "--output", "json", "--compact",
        "--skip-download", "--download-external-modules", "false", "--soft-fail", *own,
    ]  # fmt: skip


def parse(output: bytes) -> Opinion:
    """Read checkov's JSON: a report, a list of them, or a bare summary where it saw nothing at all."""
    answer: Any = msgspec.json.decode(output)
    reports = [
        msgspec.convert(one, _Report) for one in (answer if isinstance(answer, list) else [answer]) if "results" in one
    ]
    errors = [path for report in reports for path in report.results.parsing_errors]
    return Opinion(
        tool="checkov",
        raws=tuple(raw for report in reports for raw in _raws(report.results)),
        gaps=tuple(
            Gap(scanner="checkov", path=path, kind=GapKind.UNPARSED, detail="it could not parse the file")
            for path in errors[:_MOST_ERRORS]
        ),
    )


def _raws(results: _Results) -> Iterator[Raw]:
    for silenced, checks in ((False, results.failed_checks), (True, results.skipped_checks)):
        for one in checks:
            first, last = one.file_line_range
            yield Raw(
                tool="checkov",
                rule=one.check_id,
                title=one.check_name,
                path=one.file_path.lstrip("/"),
                line=max(first, 0),
                end_line=max(last, 0),
                message=f"{one.resource}: {one.check_name}" if one.resource else one.check_name,
                severity=Severity.MEDIUM,
                confidence=Confidence.LOW,
                silenced=silenced,
            )
