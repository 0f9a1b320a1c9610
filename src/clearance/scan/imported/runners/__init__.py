"""Other scanners that can be asked for a second opinion: one file each, found by its name.

A runner names the `SUFFIXES` of the files that it reads and a `CANARY` (file name and text that it must report), gives the
`command` to run in a folder that holds these files, and reads its answer with `parse`. It is told the folder with the
user's rules where the user gave one.

A runner may have more: `reads(path)` where suffixes do not say what it reads, `canaries(files)` where the canary depends on
what else there is, `ENVIRONMENT` for switches that stand in no option, `program(environment)` where it is no program on
the path, and `audited(errors)`, which reads from standard error which files it looked at.
"""

import shutil
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from clearance.scan.imported.opinion import Opinion


class Runner(Protocol):
    """A module of this folder."""

    SUFFIXES: tuple[str, ...]
    CANARY: tuple[str, str]
    NEEDS_RULES: bool
    GOOD_EXITS: frozenset[int]

    def command(self, program: str, rules: Path | None, scratch: Path, files: Sequence[str]) -> Sequence[str]:
        """Give the command line; it runs in the folder of the files. `scratch` is an empty folder beside it; `files` are
        what lies in the folder, the canary among them."""
        ...

    def parse(self, output: bytes) -> Opinion:
        """Read what it wrote on standard output.

        Raises:
            ValueError: it is not what this tool writes.
        """
        ...


def names() -> list[str]:
    """Name all runners, sorted."""
    return sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem != "__init__")


def runner(name: str) -> Runner:
    """Give a runner by its name.

    Raises:
        KeyError: there is none.
    """
    if name not in names():
        raise KeyError(name)
    return cast("Runner", import_module(f"{__name__}.{name}"))


def reads(tool: Runner, path: str) -> bool:
    """Tell whether a tool reads a file."""
    own = getattr(tool, "reads", None)
    return bool(own(path)) if own is not None else path.endswith(tool.SUFFIXES)


def canaries(tool: Runner, files: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Give what is planted for a tool: names and texts, each of which it must report."""
    own = getattr(tool, "canaries", None)
    return cast("Sequence[tuple[str, str]]", own(files)) if own is not None else [tool.CANARY]


def program_of(name: str, environment: Mapping[str, str]) -> str | None:
    """Find the program of a tool, or None.

    Raises:
        UsageError: it is there in part only; the error says what is missing.
    """
    own = getattr(runner(name), "program", None)
    return cast("str | None", own(environment)) if own is not None else shutil.which(name, path=environment.get("PATH"))


def switches(tool: Runner) -> Mapping[str, str]:
    """Give the variables of the environment that a tool needs."""
    return cast("Mapping[str, str]", getattr(tool, "ENVIRONMENT", {}))


def audited(tool: Runner, errors: bytes) -> frozenset[str] | None:
    """Give the files that a tool says it looked at, or None where it does not say."""
    own = getattr(tool, "audited", None)
    return cast("frozenset[str]", own(errors)) if own is not None else None
