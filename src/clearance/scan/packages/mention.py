"""What readers give: names that something would install or import, and packages that come from an address."""

import datetime as dt
from collections.abc import Callable, Iterable
from enum import Enum
from typing import NamedTuple

from clearance.facts.package import Registry, canonical, fold
from clearance.scan.family import Budget

__all__ = [
    "NO_DETAILS", "Computed", "Details", "ExtraIndex", "Mention", "Read", "Reader", "Registry", "Remote", "Source",
    "Unparsed", "canonical", "fold",
]  # fmt: skip


class Source(Enum):
    """What kind of text holds the name."""

    MANIFEST = "manifest"
    LOCKFILE = "lockfile"
    COMMAND = "command"
    IMPORT = "import"
    INSTALLED = "installed"
    """What is there: the records of a package manager in an image, `METADATA` of an installed distribution."""


class Details(NamedTuple):
    """What a file says of a package beside its name and version. Empty means that it does not say.

    `hashes` are `algorithm:hexadecimal digest` (`sha256:…`, `sha512:…`) and compare across formats. `address` is where a
    lock file says that the file was fetched, `host` the index or registry that it names. `uploaded` is when the file
    reached its index, where the file says so (uv, PEP 751). `needs` are names (with `@version` where several versions are
    locked) of what it depends on. `direct`: the manifest asks for it; None where that cannot be told. `group` is `dev`,
    `test`, an extra's name. `marker` is the condition under which it is installed (PEP 508, `os`/`cpu` of npm). `scripts`:
    it runs code when it is installed. `bundled`: it comes inside another package. `distribution` is `debian:12`,
    `alpine:v3.19`. `withdrawn` is why nobody should use this version, in the words of the file (`deprecated` of npm and
    pnpm).
    """

    hashes: tuple[str, ...] = ()
    address: str = ""
    host: str = ""
    uploaded: dt.datetime | None = None
    licence: str = ""
    needs: tuple[str, ...] = ()
    direct: bool | None = None
    group: str = ""
    marker: str = ""
    scripts: bool = False
    bundled: bool = False
    distribution: str = ""
    withdrawn: str = ""


NO_DETAILS = Details()


class Mention(NamedTuple):
    """A name as it stands in the text, with its span (offsets into the text).

    `version` is the exact version where the text fixes one (`==1.2`, a lock file, `npm i x@1.2.3`); `wanted` is what the
    text asks for as it stands there (`>=2,<3`, `^1.2`, `latest`), empty where it asks for any. `place` is the span of the
    version or the request, `(0, 0)` where there is none. `private`: the same line, command, or file names another index.
    `optional`: the code goes on without it (an import under `except ImportError`, a program that `npx` may find locally).
    `alias` is the name under which it is installed, where that differs (`"mine": "npm:theirs@1"`). `hashed`: a hash of its
    content stands there, too; None where this kind of text holds no hashes.
    """

    registry: Registry
    name: str
    start: int
    end: int
    source: Source
    private: bool = False
    optional: bool = False
    version: str = ""
    wanted: str = ""
    place: tuple[int, int] = (0, 0)
    hashed: bool | None = None
    alias: str = ""
    details: Details = NO_DETAILS

    @property
    def key(self) -> tuple[Registry, str]:
        """The registry, and the name as the registry compares names."""
        return self.registry, canonical(self.registry, self.name)


class Remote(NamedTuple):
    """A package from an address: `pinned` when the address names its exact content by a commit or a digest. `version` is
    what a lock file says of it.
    """

    name: str
    address: str
    start: int
    end: int
    pinned: bool
    registry: Registry = Registry.PYPI
    details: Details = NO_DETAILS
    version: str = ""


class ExtraIndex(NamedTuple):
    """A line, option or setting that makes an installer ask a second index beside the default one, so that either may
    answer for a name (`--extra-index-url`, uv's `unsafe-best-match`, a second `[[source]]`). `only`: it takes the default's
    place. `once`: for one command. `part`: for some names, those of a scope or a block.
    """

    registry: Registry
    address: str
    start: int
    end: int
    only: bool = False
    once: bool = False
    part: bool = False


class Computed(NamedTuple):
    """Names that a command gets when it runs and that no text holds: `pip install $(curl …)`, `xargs npm install < list`.
    `name` is how that is told."""

    registry: Registry
    name: str
    start: int
    end: int


class Unparsed(Exception):
    """A file is not what its name promises; the text names the line where it can. The family turns it into a gap."""


Read = Iterable[Mention | Remote | ExtraIndex | Computed]
Reader = Callable[[str, Budget], Read]
"""Takes the text of a file, gives what it names; raises `Unparsed` or `OutOfTime` and nothing else."""
