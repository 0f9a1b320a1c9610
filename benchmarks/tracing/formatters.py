"""The formatters of others that lines go through, with settings by chance."""

import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

Formatter = Callable[[Path, random.Random], None]
"""Formats a file in place."""


def tools(packages: Path | None, *folders: Path) -> tuple[dict[str, list[Formatter]], list[str]]:
    """Give the formatters that are here by language, and what is missing."""
    path = os.pathsep.join([*map(str, folders), os.environ.get("PATH", "")])
    black, ruff = shutil.which("black", path=path), shutil.which("ruff", path=path)
    prettier = shutil.which("prettier", path=str(packages / ".bin")) if packages else None
    found: dict[str, list[Formatter]] = {"py": [], "js": []}
    if black:
        found["py"].append(lambda file, chance: _run(black, "-q", "-l", str(chance.randint(60, 120)), str(file)))
    if ruff:
        found["py"].append(lambda file, chance: _ruff(ruff, file, chance))
    if prettier:
        found["js"].append(lambda file, chance: _prettier(prettier, file, chance))
    return found, [name for name, one in (("black", black), ("ruff", ruff), ("prettier", prettier)) if not one]


def _run(*arguments: str) -> None:
    subprocess.run(arguments, check=False, capture_output=True)  # what is no code stays as it is


def _ruff(ruff: str, file: Path, chance: random.Random) -> None:
    quotes = chance.choice(["single", "double"])
    width, style = f"line-length = {chance.randint(60, 120)}", f'format.quote-style = "{quotes}"'
    _run(ruff, "format", "-q", "--isolated", "--no-cache", "--config", width, "--config", style, str(file))


def _prettier(prettier: str, file: Path, chance: random.Random) -> None:
    more = [word for word in ("--single-quote", "--no-semi", "--use-tabs") if chance.random() < 0.5]
    _run(prettier, "--write", "--log-level", "silent", "--print-width", str(chance.randint(60, 120)), *more, str(file))
