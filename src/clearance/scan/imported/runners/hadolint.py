"""hadolint (GPL-3.0, so only ever as a process): Dockerfiles, with ShellCheck for what RUN runs.

It takes files, not folders. A file that it cannot parse is a result of the code DL1000. It does not count what it read, but
ends with an error where a file is missing.
"""

import re
from collections.abc import Sequence
from pathlib import Path

import msgspec

from clearance.facts.finding import Confidence, Gap, GapKind, Severity
from clearance.scan.imported.opinion import Opinion, Raw

SUFFIXES = ("Dockerfile", "Containerfile", ".dockerfile")
CANARY = ("Dockerfile", "FROM debian:latest\nRUN sudo true\n")
NEEDS_RULES = False
GOOD_EXITS = frozenset({0})
_READ = re.compile(r"(?:.*[._-])?(?:docker|container)file(?:[._-][\w.-]*)?", re.IGNORECASE)
_NOT = re.compile(r"\.(?:dockerignore|containerignore|md|txt|ya?ml|json|py|sh|js|ts|go|rb|html?|j2|erb|tmpl)$")
_BROKEN = "DL1000"
_SEVERITY = {"error": Severity.MEDIUM}
"""What it calls an error is a bad habit more often than a hole."""
_CWE = {"DL3002": 250, "DL3004": 250}


class _Result(msgspec.Struct):
    code: str
    file: str
    line: int
    message: str
    column: int = 0
    level: str = "warning"


def reads(path: str) -> bool:
    """Tell whether a file is a Dockerfile by its name."""
    name = path.rpartition("/")[2]
    return _READ.fullmatch(name) is not None and _NOT.search(name.lower()) is None


def command(program: str, rules: Path | None, scratch: Path, files: Sequence[str]) -> Sequence[str]:
    """Read the files; comments that silence it and settings of the code's do not count."""
    settings = rules
    if settings is None:
        settings = scratch / "hadolint.yaml"
        settings.write_text("{}\n")
    return [
        program, "--config", str(settings), "--disable-ignore-pragma", "--no-fail", "--no-color", "--format", "json", "--",
        *(f"./{file}" for file in files),
    ]  # fmt: skip


def parse(output: bytes) -> Opinion:
    """Read hadolint's JSON."""
    results = msgspec.json.decode(output, type=list[_Result])
    return Opinion(
        tool="hadolint",
        raws=tuple(
            Raw(
                tool="hadolint",
                rule=one.code,
                title=one.code,
                path=one.file,
                line=one.line,
                column=one.column,
                end_line=one.line,
                message=" ".join(one.message.split()),
                severity=_SEVERITY.get(one.level, Severity.LOW),
                confidence=Confidence.MEDIUM,
                cwe=(f"CWE-{_CWE[one.code]}",) if one.code in _CWE else (),
            )
            for one in results
            if one.code != _BROKEN
        ),
        gaps=tuple(
            Gap(
                scanner="hadolint",
                path=one.file,
                kind=GapKind.UNPARSED,
                detail=f"line {one.line}: {' '.join(one.message.split())}"[:200],
            )
            for one in results
            if one.code == _BROKEN
        ),
    )
