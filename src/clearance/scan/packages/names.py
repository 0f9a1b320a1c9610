"""The offline index of names: exact tries of all names on PyPI and of npm's names, with the day on which they were listed.

An exact trie and not a filter: a filter's false "exists" would be an invented name that nobody sees.
"""

import datetime as dt
import hashlib
import re
from pathlib import Path

import marisa_trie
import msgspec

from clearance.scan.packages.mention import Registry, fold

FOLDER = Path(__file__).parent / "data"


class IndexMissing(Exception):
    """The index is not there, or is not what `index.json` says. The text tells which file and why."""


class Listing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of the index: how many names it holds, its SHA-256, and whether a name that it lacks does not exist."""

    file: str
    names: int
    sha256: str
    complete: bool


class Index(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`index.json`: the day of the lists, and the files."""

    date: dt.date
    pypi: Listing
    npm: Listing
    modules: Listing
    """Names of Python modules that some distribution provides and that are no distribution's name themselves."""
    popular: Listing
    """The most downloaded names, each after its registry's name and a space."""
    targets: Listing
    """The most downloaded of these, one a line, the most downloaded first: what squatters imitate."""


class NameIndex:
    """Answers whether a name is known. Opened once in each process: the tries are mapped, not read."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Open the index in a folder.

        Raises:
            IndexMissing: a file is missing, or its digest is not the one in `index.json`.
        """
        try:
            self._index = msgspec.json.decode((folder / "index.json").read_bytes(), type=Index)
        except (OSError, msgspec.DecodeError) as error:
            raise IndexMissing(f"index.json: {type(error).__name__}") from None
        self._tries = {
            Registry.PYPI: _open(folder, self._index.pypi),
            Registry.NPM: _open(folder, self._index.npm),
        }
        self._modules = _open(folder, self._index.modules)
        self._popular = _open(folder, self._index.popular)
        self._targets = _checked(folder, self._index.targets).decode()

    @property
    def date(self) -> dt.date:
        """The day of the lists."""
        return self._index.date

    def count(self, registry: Registry) -> int:
        """How many names of a registry are known."""
        return (self._index.pypi if registry is Registry.PYPI else self._index.npm).names

    def has(self, registry: Registry, name: str) -> bool:
        """Whether the registry had the name on that day; names compare as the registry compares them."""
        return (fold(name) if registry is Registry.PYPI else name.lower()) in self._tries[registry]

    def has_scope(self, scope: str) -> bool:
        """Whether any npm name has the scope (`@types`)."""
        return next(iter(self._tries[Registry.NPM].iterkeys(f"{scope.lower()}/")), None) is not None

    def provides_module(self, module: str) -> bool:
        """Whether some distribution on PyPI has this name or provides a top-level Python module of this name."""
        folded = fold(module)
        return (
            folded in self._tries[Registry.PYPI]
            or folded.strip("-") in self._tries[Registry.PYPI]
            or module in self._modules
        )

    def is_popular(self, registry: Registry, name: str) -> bool:
        """Whether the name is among the 15,000 most downloaded of its registry."""
        return f"{registry.value.lower()} {name}" in self._popular

    def targets(self, registry: Registry) -> list[str]:
        """The names of a registry that squatters imitate, the most downloaded first."""
        mark = registry.value.lower() + " "
        return [line[len(mark) :] for line in self._targets.splitlines() if line.startswith(mark)]


def _checked(folder: Path, listing: Listing) -> bytes:
    if not re.fullmatch(r"[a-z][a-z.-]*", listing.file):
        raise IndexMissing("index.json: names a file outside its folder")
    try:
        data = (folder / listing.file).read_bytes()
    except OSError as error:
        raise IndexMissing(f"{listing.file}: {type(error).__name__}") from None
    if hashlib.sha256(data).hexdigest() != listing.sha256:
        raise IndexMissing(f"{listing.file}: not the file that index.json describes")
    return data


def _open(folder: Path, listing: Listing) -> marisa_trie.Trie:
    _checked(folder, listing)
    trie = marisa_trie.Trie()
    trie.mmap(str(folder / listing.file))
    return trie
