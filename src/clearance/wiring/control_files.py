"""A team's own catalogues and mappings, from `.clearance/controls`."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from clearance.controls.catalogue import PREFIXES, Catalogue, read_catalogue
from clearance.controls.crosswalk import OURS, Mapping, read_edges
from clearance.facts.errors import BadCatalogue
from clearance.wiring.places import top

FOLDER = ".clearance/controls"
_MOST_FILES = 200
_MOST_BYTES = (8 << 20) + 1
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def team_catalogues(directory: Path) -> tuple[Catalogue, ...]:
    """Read the catalogues that the working tree around `directory` holds in `.clearance/controls/*.json`, by their names.

    Raises:
        BadCatalogue: one of them is none, or takes the prefix of another; nothing counts then.
    """
    found: dict[str, tuple[Catalogue, str]] = {}
    for where, data in _files(directory, "", ".json"):
        one = read_catalogue(data, where)
        if one.prefix in PREFIXES or one.prefix in OURS:
            what = "a catalogue" if one.prefix in PREFIXES else "a kind of control"
            raise BadCatalogue(
                f"the prefix {one.prefix!r} is taken by {what} of Clearance", where=f"{where}:1", next="choose another"
            )
        if one.prefix in found:
            other = found[one.prefix][1]
            raise BadCatalogue(f"the prefix {one.prefix!r} is taken by {other}", where=f"{where}:1", next="choose another")
        found[one.prefix] = (one, where)
    return tuple(one for one, _ in found.values())


def team_mappings(directory: Path) -> Mapping:
    """Read the mappings that the working tree around `directory` holds in `.clearance/controls/mappings/*.toml`.

    Raises:
        BadCatalogue: one of them is none; nothing counts then.
    """
    read = [read_edges(data, where) for where, data in _files(directory, "mappings", ".toml")]
    edges = tuple(edge for one in read for edge in one.edges)
    return Mapping(edges, tuple(none for one in read for none in one.nothing))


def _files(directory: Path, below: str, suffix: str) -> Iterator[tuple[str, bytes]]:
    """Give the files of a folder, sorted by name, under the names that people know them by. No symlink is followed."""
    shown = f"{FOLDER}/{below}" if below else FOLDER
    folder = top(directory) / shown
    for part in (folder.parent, folder):
        if part.is_symlink():
            raise BadCatalogue("a symlink stands in the way", where=f"{shown}:1", next="make it a folder of its own")
    if not folder.is_dir():
        return
    names = sorted(one.name for one in folder.iterdir() if one.name.endswith(suffix) and not one.name.startswith("."))
    if len(names) > _MOST_FILES:
        raise BadCatalogue(f"{len(names)} files", where=f"{shown}:1", next=f"the most is {_MOST_FILES}")
    for name in names:
        where = f"{shown}/{os.fsencode(name).decode('utf-8', 'backslashreplace')}"
        try:
            data = _bytes(folder / name)
        except OSError as error:
            what = error.strerror or "cannot be read"
            raise BadCatalogue(what, where=f"{where}:1", next="make it a plain file that can be read") from None
        yield where, data


def _bytes(file: Path) -> bytes:
    descriptor = os.open(file, _READ)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(0, "no plain file")
        with os.fdopen(descriptor, "rb", closefd=False) as opened:
            return opened.read(_MOST_BYTES)
    finally:
        os.close(descriptor)
