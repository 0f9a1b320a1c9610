"""What readers give: names that something would install or import, and packages that come from an address."""

import re
from collections.abc import Callable, Iterable
from enum import Enum
from typing import NamedTuple

from clearance.scan.family import Budget


class Registry(Enum):
    """Where a name is looked up."""

    PYPI = "PyPI"
    NPM = "npm"


class Source(Enum):
    """What kind of text holds the name."""

    MANIFEST = "manifest"
    LOCKFILE = "lockfile"
    COMMAND = "command"
    IMPORT = "import"


class Mention(NamedTuple):
    """A name as it stands in the text, with its span. `private`: the same line or command names another index.

    `optional`: the code goes on without it (an import under `except ImportError`, a program that `npx` may find locally).
    """

    registry: Registry
    name: str
    start: int
    end: int
    source: Source
    private: bool = False
    optional: bool = False


class Remote(NamedTuple):
    """A package from an address: `pinned` when the address names its exact content by a commit or a digest."""

    name: str
    address: str
    start: int
    end: int
    pinned: bool


class Unparsed(Exception):
    """A file is not what its name promises. The family turns it into a gap."""


Read = Iterable[Mention | Remote]
Reader = Callable[[str, Budget], Read]
"""Takes the text of a file, gives what it names; raises `Unparsed` or `OutOfTime` and nothing else."""

_FOLD = re.compile(r"[-_.]+")


def fold(name: str) -> str:
    """Give the form under which PyPI compares names (PEP 503)."""
    return _FOLD.sub("-", name).lower()
