"""Other scanners that can be asked for a second opinion: one file each, found by its name.

A runner names the `SUFFIXES` of the files that it reads and a `CANARY` (file name and text that it must report), gives the
`command` to run in a folder that holds these files, and reads its answer with `parse`. It is told the folder with the
user's rules where the user gave one.
"""

from collections.abc import Sequence
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

    def command(self, program: str, rules: Path | None, scratch: Path) -> Sequence[str]:
        """Give the command line; it runs in the folder of the files. `scratch` is an empty folder beside it."""
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
