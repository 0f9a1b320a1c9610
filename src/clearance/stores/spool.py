"""An append-only file of records that several processes write and one takes: in the user's own folder, owner only, bounded.

A record is one write under a lock of the file, behind a mark, its length and its CRC-32, so that what a killed process left
half written is passed over and nothing else is lost. Who takes the records renames the file first: a writer that still had
the old one sees that, and opens the new one.
"""

import fcntl
import os
import stat
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

from clearance.facts.errors import StoreError
from clearance.stores.private import PrivateFolder

MOST_BYTES = 64 << 20
"""How long a file grows; then records are refused, and their lines have no origin."""
MOST_RECORD = 8 << 20
_MARK = b"\nCLRSPOOL"
_HEAD = len(_MARK) + 8
_WRITE = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_TAKEN = ".taken"
_TRIES = 4
_STALE_SECONDS = 90 * 86_400


class Spool:
    """The spool `name` in a private folder, which the first record makes."""

    def __init__(self, folder: PrivateFolder, name: str) -> None:
        self._folder = folder
        self._name = f"{name}.spool"

    def append(self, record: bytes) -> bool:
        """Write a record; tell whether there was room for it.

        Raises:
            StoreError: the folder or the file is not private.
            OSError: it cannot be written.
        """
        if len(record) > MOST_RECORD:
            return False
        data = _MARK + len(record).to_bytes(4) + zlib.crc32(record).to_bytes(4) + record
        with self._folder.opened(create=True) as folder:
            for _ in range(_TRIES):
                handle = os.open(self._name, _WRITE, 0o600, dir_fd=folder)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX)
                    status = os.fstat(handle)
                    _insist(status, self._folder.directory / self._name)
                    if not _is_at(status, self._name, folder):
                        continue  # taken meanwhile
                    if status.st_size + len(data) > MOST_BYTES:
                        return False
                    return os.write(handle, data) == len(data)
                finally:
                    os.close(handle)
        return False

    def take(self) -> list[Path]:
        """Take what was written, and what was taken before and never let go: the files, the oldest first. Only for who holds
        the folder's lock.

        Raises:
            StoreError: the folder or a file is not private, or cannot be changed.
        """
        try:
            with self._folder.opened(create=False) as folder:
                return self._taken(folder)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(error.strerror or "cannot be taken", where=str(self._folder.directory)) from error

    def _taken(self, folder: int) -> list[Path]:
        names = sorted(name for name in os.listdir(folder) if name.startswith(f"{self._name}.") and name.endswith(_TAKEN))
        try:
            handle = os.open(self._name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
        except FileNotFoundError:
            return [self._folder.directory / name for name in names]
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)  # whoever writes just now ends first
            newest = f"{self._name}.{time.time_ns():020}{_TAKEN}"
            os.rename(self._name, newest, src_dir_fd=folder, dst_dir_fd=folder)
        finally:
            os.close(handle)
        return [self._folder.directory / name for name in (*names, newest)]

    def let_go(self, files: list[Path]) -> None:
        """Remove files that were taken, now that what they hold is kept elsewhere; and spools that nobody has come for in 90
        days."""
        for path in files:
            path.unlink(missing_ok=True)
        for path in self._folder.directory.glob("*.spool*"):
            if time.time() - path.lstat().st_mtime > _STALE_SECONDS:
                path.unlink(missing_ok=True)


def records(path: Path) -> Iterator[bytes]:
    """Give the whole records of a file that was taken.

    Raises:
        StoreError: it is not private, not regular, or cannot be read.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(handle, "rb") as file:
            _insist(os.fstat(file.fileno()), path)
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise StoreError(error.strerror or "cannot be read", where=str(path), next="move it away") from error
    at = data.find(_MARK)
    while at >= 0:
        start = at + _HEAD
        length, check = int.from_bytes(data[at + len(_MARK) : start - 4]), data[start - 4 : start]
        record = data[start : start + length]
        whole = len(record) == length and zlib.crc32(record).to_bytes(4) == check
        if whole:
            yield record
        at = data.find(_MARK, start + length if whole else at + 1)


def _is_at(status: os.stat_result, name: str, folder: int) -> bool:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return (found.st_dev, found.st_ino) == (status.st_dev, status.st_ino)


def _insist(status: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
        raise StoreError("not a private file of yours", where=str(path), next="move it away")
