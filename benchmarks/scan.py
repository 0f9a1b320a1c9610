"""`clearance scan` over Django's unpacked sdist with all families, beside bandit, detect-secrets and semgrep.

Semgrep's wheel has no rules; it runs with `benchmarks/semgrep.yml`, a set of similar size written for this comparison.
The peers are installed into a virtual environment of their own under `benchmarks/.work`.
"""

import os
import shutil
import subprocess
import sys
import tarfile
from functools import partial
from pathlib import Path

from benchmarks.measure import CLEARANCE, WORK, Run, command, median, repeat, table

DJANGO = "django==5.2.19"
PEERS = ("bandit==1.9.4", "detect-secrets==1.5.0", "semgrep==1.182.0")


def main() -> None:
    """Fetch, run each three times, print lines a second over the same files."""
    source = django()
    bin_ = _peers()
    environment = {
        **os.environ,
        "CLEARANCE_CACHE": str(WORK / "scan-cache"),
        "SEMGREP_ENABLE_VERSION_CHECK": "0",
        "PATH": f"{bin_}:{os.environ['PATH']}",
    }
    all_lines = _lines(source, None)
    python = _lines(source, {".py"})
    rules = str(Path(__file__).parent / "semgrep.yml")
    detect_secrets = [f"{bin_}/detect-secrets", "-c", "2", "scan", "--all-files", "."]
    semgrep = [f"{bin_}/semgrep", "scan", "--config", rules, "--metrics=off", "--no-git-ignore", "--quiet", "-j", "2", "."]
    both = _lines(source, {".py", ".js"})
    of_python = python_alone(source)
    rows = []
    for name, arguments, folder, lines, times in (
        ("clearance scan (4 families, all files)", [CLEARANCE, "scan", "."], source, all_lines, 3),
        ("clearance scan (4 families, a tree of the Python files)", [CLEARANCE, "scan", "."], of_python, python, 3),
        ("bandit (Python files)", [f"{bin_}/bandit", "-q", "-r", "."], source, python, 1),
        ("detect-secrets, one process a core (all files)", detect_secrets, source, all_lines, 1),
        ("semgrep, rules of similar size, 2 jobs (Python, JS)", semgrep, source, both, 1),
    ):
        run = partial(command, arguments, cwd=folder, environment=environment)
        runs = repeat(run, times, warm=1 if times > 1 else 0)
        rows.append(_row(name, runs, lines))
    table(
        f"{DJANGO}: {all_lines:,} lines of text, {python:,} of Python",
        ("command", "seconds", "processor s", "lines/s", "MiB together", "exit"),
        rows,
    )


def _row(name: str, runs: list[Run], lines: int) -> tuple[str, ...]:
    seconds = median([run.seconds for run in runs])
    return (
        name,
        f"{seconds:.1f}",
        f"{median([run.busy for run in runs]):.1f}",
        f"{lines / seconds:,.0f}",
        f"{max(run.together_mib for run in runs):.0f}",
        str(runs[-1].code),
    )


def django() -> Path:
    """Fetch and unpack the sdist, once."""
    target = WORK / "django"
    if not target.exists():
        download = WORK / "download"
        shutil.rmtree(download, ignore_errors=True)
        subprocess.run(
            [
                sys.executable,
                "-m",
                "pip",
                "download",
                "-q",
                "--no-deps",
                "--no-binary=:all:",
                "-d",
                str(download),
                DJANGO,
            ],
            check=True,
        )
        archive = next(download.glob("*.tar.gz"))
        with tarfile.open(archive) as tar:
            tar.extractall(WORK / "unpacked", filter="data")
        next((WORK / "unpacked").iterdir()).rename(target)
    return target


def python_alone(source: Path) -> Path:
    """Copy the Python files, so that what looks at nothing else can be compared."""
    target = WORK / "django-python"
    if not target.exists():
        for path in source.rglob("*.py"):
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    return target


def _peers() -> Path:
    venv = WORK / "peers"
    if not (venv / "bin" / "semgrep").exists():
        subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
        subprocess.run([str(venv / "bin" / "pip"), "install", "-q", *PEERS], check=True)
    return venv / "bin"


def _lines(source: Path, suffixes: set[str] | None) -> int:
    total = 0
    for path in source.rglob("*"):
        if path.is_file() and not path.is_symlink() and (suffixes is None or path.suffix in suffixes):
            data = path.read_bytes()
            total += 0 if b"\0" in data[:8192] else data.count(b"\n")
    return total
