"""An exported log, read where it lies: the folder that `clearance log export` wrote, or a copy of it.

    checkpoint                          the signed checkpoint
    tile/<level>/<index>[.p/<n>]        hashes, and tile/entries/…: entries (https://c2sp.org/tlog-tiles)
    bundles/<index>.sigstore.json       Sigstore bundles, each with its place in the log
    evidence/<sha256>                   evidence bodies

Nothing here is believed: what is read is verified by whoever asks. The folder may be anybody's; nothing is written.
"""

import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from clearance.facts.errors import StoreError
from clearance.stores.files_view import BUNDLE, CHECKPOINT, ENTRY, EVIDENCE, TILE, WIDTH, parse_tile, path_of, unpacked

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_MOST = 64 << 20
_NUMBER = re.compile("[0-9]{12}")
_DIGEST = re.compile("[0-9a-f]{64}")
_SIZE = re.compile(rb"[^\n]+\n(0|[1-9][0-9]{0,11})\n")
_NEXT = "name a folder that `clearance log export` wrote"


class ExportStore:
    """The log in a folder, for reading. `bare` gives a bundle without its place in the log, as it rests beside an entry."""

    def __init__(self, folder: Path, bare: Callable[[bytes], bytes]) -> None:
        """Name the folder.

        Raises:
            StoreError: it holds no export.
        """
        self._folder = folder.resolve()
        self._bare = bare
        if not (self._folder / CHECKPOINT).is_file() or not (self._folder / "tile").is_dir():
            raise StoreError("no export of a log", where=str(folder), next=_NEXT)

    @property
    def place(self) -> str:
        """The absolute path of the folder."""
        return str(self._folder)

    @contextmanager
    def read(self) -> Iterator["ExportView"]:
        """Open a view: the state of the checkpoint that lies there now."""
        yield ExportView(self._folder, self._bare)

    def write(self) -> NoReturn:
        """Refuse: an export grows by `clearance log export` alone.

        Raises:
            StoreError: always.
        """
        raise StoreError("an exported log is only read", where=self.place, next="write to the log that it came from")


class ExportView:
    """One state of an export. What lies beyond its checkpoint is not seen."""

    def __init__(self, folder: Path, bare: Callable[[bytes], bytes]) -> None:
        self._folder = folder
        self._bare = bare
        self._note = self._file(CHECKPOINT)
        found = _SIZE.match(self._note or b"")
        self._size = int(found[1]) if found else 0
        self._group: tuple[int, list[bytes]] = (-1, [])

    def get(self, name: str) -> bytes | None:
        """Give the body of a name, or None.

        Raises:
            StoreError: what lies there is no file, too large, or cut off.
        """
        if name == CHECKPOINT:
            return self._note
        kind = next((kind for kind in (ENTRY, BUNDLE, EVIDENCE, TILE) if name.startswith(kind)), "")
        rest = name.removeprefix(kind)
        if kind == EVIDENCE:
            return self._file(name) if _DIGEST.fullmatch(rest) else None
        if kind == TILE:
            return self._tile(name)
        if not kind or not _NUMBER.fullmatch(rest) or int(rest) >= self._size:
            return None
        if kind == ENTRY:
            return self._entry(int(rest))
        data = self._file(f"bundles/{int(rest)}.sigstore.json")
        return self._bare(data) if data is not None else None

    def items(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Give the entries, which are all that is counted here, with their names in order; nothing for another prefix."""
        if prefix == ENTRY:
            for index in range(self._size):
                yield f"{ENTRY}{index:012d}", self._entry(index)

    def _entry(self, index: int) -> bytes:
        group, at = divmod(index, WIDTH)
        if self._group[0] != group:
            width = min(WIDTH, self._size - group * WIDTH)
            data = self._longest("entries", group, width)
            self._group = group, unpacked(data or b"", width, 2, f"tile/entries of entry {index}")
        return self._group[1][at]

    def _tile(self, name: str) -> bytes | None:
        level, index = parse_tile(name)
        width = min(WIDTH, (self._size >> (8 * level)) - index * WIDTH) if level < 8 else 0
        return self._longest(level, index, width) if width > 0 else None

    def _longest(self, level: int | str, index: int, width: int) -> bytes | None:
        """Read a tile of a width, or the full one, which begins with the same."""
        body = self._file(path_of(level, index, width))
        if body is None and width < WIDTH:
            body = self._file(path_of(level, index, WIDTH))
        return body if body is None or level == "entries" else body[: width * 32]

    def _file(self, name: str) -> bytes | None:
        path = self._folder / name
        try:
            handle = os.open(path, _READ)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(error.strerror or "cannot be read", where=str(path), next=_NEXT) from error
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise StoreError("no file", where=str(path), next=_NEXT)
            data = file.read(_MOST + 1)
        if len(data) > _MOST:
            raise StoreError(f"larger than {_MOST >> 20} MiB", where=str(path), next=_NEXT)
        return data
