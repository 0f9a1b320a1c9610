"""Real names: manifests of real projects, what installed distributions ask for, random names of each registry's list."""

import json
import random
import re
import tarfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path, PurePosixPath

_PYTHON = re.compile(
    r"(?i)^(pyproject\.toml|setup\.(cfg|py)|tox\.ini|noxfile\.py|Pipfile(\.lock)?|poetry\.lock|uv\.lock|.*requirements.*\.(txt|in)|environment\.ya?ml"
    r"|Dockerfile.*|Makefile|README\..*|CONTRIBUTING\..*|install\..*|.*\.sh|package\.json|.*\.ipynb)$"
)
_SCRIPT = re.compile(r"(?i)^(package\.json|README\.md|.*\.sh|Makefile|yarn\.lock|pnpm-lock\.yaml)$")
_WORKFLOW = re.compile(r"/\.github/workflows/[^/]+\.ya?ml$")
_LARGEST = 2_000_000
_MOST = 120


def unpacked(archives: Iterable[Path], folder: Path, *, scripts: bool) -> int:
    """Write out the files of source archives by which names come in; each archive in a folder of its own."""
    wanted = _SCRIPT if scripts else _PYTHON
    many = 0
    for archive in archives:
        with tarfile.open(archive) as packed:
            taken = 0
            for member in packed:
                path = PurePosixPath(member.name)
                name = f"/{member.name}"
                if (
                    not member.isfile()
                    or member.size > _LARGEST
                    or taken >= _MOST
                    or ".." in path.parts
                    or path.is_absolute()
                ):
                    continue
                if not (wanted.match(path.name) or _WORKFLOW.search(name)):
                    continue
                file = packed.extractfile(member)
                if file is not None:
                    target = folder / archive.name / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(file.read())
                    taken += 1
            many += taken
    return many


def installed() -> list[str]:
    """Give the names that the distributions beside this interpreter ask for."""
    asked = (wanted for one in metadata.distributions() for wanted in one.requires or ())
    return sorted({re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", one, maxsplit=1)[0]).lower() for one in asked} - {""})


def listed(path: Path) -> Iterator[list[str]]:
    """Give the rows of a registry's list, each split into its columns, without the heading."""
    with path.open(encoding="utf-8") as file:
        next(file)
        for line in file:
            yield line.rstrip("\n").split("\t")


def python_strata(path: Path, each: int, seed: int = 9) -> dict[str, list[str]]:
    """Give random names of PyPI: the most downloaded ones, and the others by the year of their newest version."""
    strata: dict[str, list[str]] = {}
    for name, _, month, rank, *_ in listed(path):
        year = month[:4] or "none"
        key = (
            "15,000 most downloaded"
            if rank
            else "to 2019"
            if year < "2020"
            else "2020 to 2023"
            if year < "2024"
            else "2024 to 2026"
        )
        strata.setdefault(key, []).append(name)
    return _drawn(strata, each, seed)


def script_strata(path: Path, each: int, seed: int = 9) -> dict[str, list[str]]:
    """Give random names of npm by downloads a month."""
    strata: dict[str, list[str]] = {}
    for name, _, downloads, *_ in listed(path):
        many = int(downloads or 0)
        key = (
            "under 1,000"
            if many < 1_000
            else "to 10,000"
            if many < 10_000
            else "to 1,000,000"
            if many < 1_000_000
            else "above"
        )
        strata.setdefault(key, []).append(name)
    return _drawn(strata, each, seed)


def _drawn(strata: dict[str, list[str]], each: int, seed: int) -> dict[str, list[str]]:
    rng = random.Random(seed)
    return {key: rng.sample(sorted(names), min(each, len(names))) for key, names in sorted(strata.items())}


def package_json(names: Iterable[str]) -> str:
    """Write names as dependencies."""
    return json.dumps({"name": "shop", "version": "1.0.0", "dependencies": dict.fromkeys(names, "1.0.0")}, indent=1)
