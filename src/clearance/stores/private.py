"""A directory that belongs to one user alone."""

import errno
import fcntl
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from clearance.facts.errors import StoreError

_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_OVERWRITE = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_OTHERS = 0o077
_PIECE = 1 << 16
_MOST_BYTES = 1 << 20
_STRAY = re.compile(r"\..+\.[0-9a-f]{16}")


class PrivateFolder:
    """Files of mode 0600 in a directory of mode 0700, made on the first write. What is opened is what is checked: a symlink,
    another user's file, or one that group or others can reach is refused, never followed, used or mended."""

    def __init__(self, directory: Path, most_bytes: int = _MOST_BYTES) -> None:
        self.directory = directory
        self._most_bytes = most_bytes

    def within(self, name: str) -> Self:
        """Give a folder inside this one; nothing is made yet."""
        return type(self)(self.directory / name, self._most_bytes)

    def read(self, name: str, first: int | None = None) -> bytes | None:
        """Give a file's bytes (only the first so many, where a number is given), or None where the file or the folder is
        missing.

        Raises:
            StoreError: the file or folder is not private, not regular, too large (1 MiB, unless made otherwise), or cannot
                be read.
        """
        with self._errors(name):
            try:
                with self.opened(create=False) as folder:
                    handle = os.open(name, _READ, dir_fd=folder)
            except FileNotFoundError:
                return None
            with os.fdopen(handle, "rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode):
                    raise StoreError("not a regular file", where=str(self.directory / name), next="move it away")
                _insist(status, self.directory / name, "chmod 600")
                if status.st_size > self._most_bytes:
                    what = f"larger than {self._most_bytes >> 20} MiB"
                    raise StoreError(what, where=str(self.directory / name), next="move it away")
                return file.read(self._most_bytes if first is None else first)

    def replace(self, name: str, data: bytes, *, durable: bool = True) -> None:
        """Write a file: whoever reads sees the old one or the whole new one. If `durable`, that holds after the machine died
        too; else an older or an empty one may be found then.

        Raises:
            StoreError: the folder is not private, or cannot be written.
        """
        stray = f".{name}.{secrets.token_hex(8)}"
        with self._errors(name), self.opened(create=True) as folder:
            try:
                with os.fdopen(os.open(stray, _CREATE, 0o600, dir_fd=folder), "wb") as file:
                    file.write(data)
                    if durable:
                        file.flush()
                        os.fsync(file.fileno())
                os.rename(stray, name, src_dir_fd=folder, dst_dir_fd=folder)
            except OSError:
                _remove(stray, folder)
                raise
            if durable:
                os.fsync(folder)

    def remove(self, name: str) -> bool:
        """Take a file away; tell whether there was one.

        Raises:
            StoreError: the folder is not private, or cannot be written.
        """
        with self._errors(name):
            try:
                with self.opened(create=False) as folder:
                    os.unlink(name, dir_fd=folder)
            except FileNotFoundError:
                return False
        return True

    def rename(self, old: str, new: str) -> bool:
        """Give a file or folder another name, so that it holds after the machine died too; tell whether it was there. Needs
        no room on the disk.

        Raises:
            StoreError: the folder is not private, or cannot be written.
        """
        with self._errors(old):
            try:
                with self.opened(create=False) as folder:
                    os.rename(old, new, src_dir_fd=folder, dst_dir_fd=folder)
                    os.fsync(folder)
            except FileNotFoundError:
                return False
        return True

    def destroy(self, name: str) -> bool:
        """Overwrite a file where it lies, wait for the disk, and take it away; tell whether there was one. Needs no room on
        the disk. What the disk itself, a snapshot or a copy keeps of the old bytes is out of reach.

        Raises:
            StoreError: the folder or file is not private, or cannot be written.
        """
        with self._errors(name):
            try:
                with self.opened(create=False) as folder:
                    handle = os.open(name, _OVERWRITE, dir_fd=folder)
                    with os.fdopen(handle, "r+b", buffering=0) as file:
                        status = os.fstat(handle)
                        if not stat.S_ISREG(status.st_mode):
                            raise StoreError("not a regular file", where=str(self.directory / name), next="move it away")
                        _insist(status, self.directory / name, "chmod 600")
                        while (left := status.st_size - file.tell()) > 0:
                            file.write(os.urandom(min(_PIECE, left)))
                        os.fsync(handle)
                    os.unlink(name, dir_fd=folder)
                    os.fsync(folder)
            except FileNotFoundError:
                return False
        return True

    def make_folder(self, name: str) -> None:
        """Make a folder in this one where there is none, so that it is there after the machine died too.

        Raises:
            StoreError: the folder is not private, or cannot be written.
        """
        with self._errors(name), self.opened(create=True) as folder:
            try:
                os.mkdir(name, 0o700, dir_fd=folder)
            except FileExistsError:
                return
            os.fsync(folder)

    def remove_folder(self, name: str) -> bool:
        """Take an empty folder away; tell whether there was one.

        Raises:
            StoreError: the folder is not private, holds something, or cannot be written.
        """
        with self._errors(name):
            try:
                with self.opened(create=False) as folder:
                    os.rmdir(name, dir_fd=folder)
                    os.fsync(folder)
            except FileNotFoundError:
                return False
        return True

    def names(self) -> list[str]:
        """List the files, sorted, without unfinished ones; nothing where the folder is missing.

        Raises:
            StoreError: the folder is not private or cannot be read.
        """
        with self._errors(""):
            try:
                with self.opened(create=False) as folder, os.scandir(folder) as entries:
                    return sorted(entry.name for entry in entries if not entry.name.startswith("."))
            except FileNotFoundError:
                return []

    def sweep(self) -> int:
        """Take away unfinished files, which a process left that was killed; tell how many. Only for who holds the lock,
        where nobody writes without it.

        Raises:
            StoreError: the folder is not private, or cannot be written.
        """
        with self._errors(""):
            try:
                with self.opened(create=False) as folder, os.scandir(folder) as entries:
                    strays = [entry.name for entry in entries if _STRAY.fullmatch(entry.name)]
                    for name in strays:
                        os.unlink(name, dir_fd=folder)
            except FileNotFoundError:
                return 0
        return len(strays)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other holder of this folder's lock out, in any process; makes the folder.

        Raises:
            StoreError: the folder is not private or cannot be made.
        """
        with self._errors(""), self.opened(create=True) as folder:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield

    @contextmanager
    def opened(self, *, create: bool) -> Iterator[int]:
        """Open the directory itself and check it.

        Raises:
            FileNotFoundError: it is missing and may not be made.
            StoreError: it is not private.
            OSError: it cannot be opened or made.
        """
        if create:
            self.directory.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.directory.mkdir(mode=0o700, exist_ok=True)
        try:
            folder = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except NotADirectoryError:
            raise StoreError(
                "a symlink or file where a directory should be", where=str(self.directory), next="move it away"
            ) from None
        try:
            _insist(os.fstat(folder), self.directory, "chmod 700")
            yield folder
        finally:
            os.close(folder)

    @contextmanager
    def _errors(self, name: str) -> Iterator[None]:
        where = str(self.directory / name)
        try:
            yield
        except IsADirectoryError:
            raise StoreError("a directory where a file should be", where=where, next="move it away") from None
        except FileExistsError:
            raise StoreError("something else lies there", where=where, next="move it away") from None
        except OSError as error:
            link = error.errno == errno.ELOOP
            what = "a symlink, which is not followed" if link else error.strerror or "cannot be used"
            raise StoreError(what, where=where, next="check the path, its owner, and the space on the disk") from error


def _insist(status: os.stat_result, path: Path, mend: str) -> None:
    """Refuse what is another's or what others can reach."""
    if status.st_uid != os.geteuid():
        raise StoreError("belongs to another user", where=str(path), next="move it away, or set CLEARANCE_HOME")
    if stat.S_IMODE(status.st_mode) & _OTHERS:
        raise StoreError(
            "group or others can reach it",
            where=str(path),
            next=f"`{mend}` it if nobody could have read or changed it meanwhile; else move it away",
        )


def _remove(name: str, folder: int) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except OSError:
        return
