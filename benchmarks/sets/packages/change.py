"""A change that adds a lock file of 300 dependencies, and what judging it costs."""

import os
import subprocess
from pathlib import Path

from benchmarks.measure import CLEARANCE, Run, command

_GIT = ("git", "-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false")


def made(folder: Path, names: list[str]) -> None:
    """Make a repository whose last change is a lock file with these names."""
    folder.mkdir(parents=True)
    for words in (
        ("init", "-q", "-b", "main"),
        ("commit", "-q", "--allow-empty", "-m", "start"),
        ("checkout", "-q", "-b", "change"),
    ):
        subprocess.run([*_GIT, *words], cwd=folder, check=True)
    pins = "".join(f"{name}=={n % 5 + 1}.{n % 7}.0\n" for n, name in enumerate(names))
    (folder / "requirements.txt").write_text(pins, encoding="utf-8")
    subprocess.run([*_GIT, "add", "."], cwd=folder, check=True)
    subprocess.run([*_GIT, "commit", "-q", "-m", "dependencies"], cwd=folder, check=True)


def runs(folder: Path, home: Path, times: int) -> dict[str, list[Run]]:
    """Run each command in new processes: the packages alone, the whole check, a scan, a second one, an empty start."""
    home.mkdir(mode=0o700, exist_ok=True)
    environment = {**os.environ, "CLEARANCE_HOME": str(home)}
    words = {
        "clearance packages": ("packages", "."),
        "clearance check": ("check", "--base", "main"),
        "clearance scan --fresh": ("scan", ".", "--fresh"),
        "clearance scan, again": ("scan", "."),
        "clearance --help (for scale)": ("--help",),
    }
    found: dict[str, list[Run]] = {}
    for title, one in words.items():
        done = [command([CLEARANCE, *one], cwd=folder, environment=environment) for _ in range(times + 1)]
        found[title] = done[1:]
    return found
