"""A private folder with folders in it, opened step by step so that no link is followed anywhere."""

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from clearance.facts.errors import StoreError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_GROW = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_NEW = ".state/new"
"""Where files are written before they get their names."""
_MOST_BYTES = 1 << 30
_NO_PARTS = frozenset({"", ".", ".."})


class Tree:
    """Files below one folder, by paths of plain names. Folders have mode 0700 and files 0600, and all are this user's."""

    def __init__(self, path: Path, handle: int) -> None:
        self._path = path
        self._handle = handle
        self._unsettled: set[str] = set()

    @classmethod
    def opened(cls, path: Path, *, create: bool = False) -> Self:
        """Open the folder.

        Raises:
            FileNotFoundError: it is missing, and may not be made.
            StoreError: it is a link, another user's, or open to group or others.
        """
        if create:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with contextlib.suppress(FileExistsError):
                path.mkdir(mode=0o700)
        return cls(path, _folder(str(path), None, path))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)

    def read(self, path: str, length: int | None = None) -> bytes | None:
        """Read a file, or its first bytes; None where there is none.

        Raises:
            StoreError: it is no file of ours.
        """
        try:
            with self._above(path) as (folder, name):
                handle = os.open(name, _READ, dir_fd=folder)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._other(path, error) from error
        with os.fdopen(handle, "rb") as file:
            self._check(os.fstat(file.fileno()), path)
            return file.read(_MOST_BYTES if length is None else length)

    def replace(self, path: str, body: bytes, *, settle: bool = True) -> None:
        """Write a file: whoever reads sees the old one or the whole new one. Without `settle` its name is durable only after
        the next `settle`.

        Raises:
            StoreError: something else stands in the way.
            OSError: the disk does not take it.
        """
        stray = secrets.token_hex(8)
        with self._above(f"{_NEW}/x", create=True) as (new, _), self._above(path, create=True) as (folder, name):
            with os.fdopen(os.open(stray, _CREATE, 0o600, dir_fd=new), "wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            try:
                os.rename(stray, name, src_dir_fd=new, dst_dir_fd=folder)
            except (IsADirectoryError, NotADirectoryError) as error:
                raise self._other(path, error) from error
            if settle:
                os.fsync(folder)
            else:
                self._unsettled.add(path.rpartition("/")[0])

    def grow(self, path: str, at: int, body: bytes) -> None:
        """Write bytes at a place that must be the end of what counts; what lies behind it goes.

        Raises:
            StoreError: the file is shorter, or none of ours.
            OSError: the disk does not take it.
        """
        try:
            with self._above(path, create=True) as (folder, name):
                handle = os.open(name, _GROW, 0o600, dir_fd=folder)
        except OSError as error:
            raise self._other(path, error) from error
        with os.fdopen(handle, "r+b") as file:
            status = os.fstat(file.fileno())
            self._check(status, path)
            if status.st_size < at:
                raise StoreError("the file was cut off", where=self._told(path), next="restore it from a copy")
            if status.st_size == 0:
                self._unsettled.add(path.rpartition("/")[0])
            file.truncate(at)
            file.seek(at)
            file.write(body)
            file.flush()
            os.fsync(file.fileno())

    def settle(self) -> None:
        """Make durable what has got its name since."""
        for path in sorted(self._unsettled, reverse=True):
            with self._above(f"{path}/x" if path else "x") as (folder, _):
                os.fsync(folder)
        self._unsettled.clear()

    def remove(self, path: str) -> None:
        """Take a file away, if there is one."""
        with contextlib.suppress(FileNotFoundError), self._above(path) as (folder, name):
            os.unlink(name, dir_fd=folder)

    def remove_folder(self, path: str) -> None:
        """Take a folder of files away, if there is one."""
        with contextlib.suppress(FileNotFoundError):
            with self._above(f"{path}/x") as (folder, _):
                _empty(folder)
            with self._above(path) as (above, name):
                os.rmdir(name, dir_fd=above)

    def sweep(self) -> None:
        """Take away unfinished files of a writer that was killed. Only for who holds the lock."""
        with contextlib.suppress(FileNotFoundError), self._above(f"{_NEW}/x") as (folder, _):
            _empty(folder)

    @contextmanager
    def appending(self, path: str) -> Iterator[int]:
        """Open a file that may grow, making it; gives its handle."""
        try:
            with self._above(path, create=True) as (folder, name):
                handle = os.open(name, _GROW, 0o600, dir_fd=folder)
        except OSError as error:
            raise self._other(path, error) from error
        try:
            self._check(os.fstat(handle), path)
            yield handle
        finally:
            os.close(handle)

    @contextmanager
    def _above(self, path: str, *, create: bool = False) -> Iterator[tuple[int, str]]:
        """Open the folder that holds a path, step by step; gives its handle and the last name."""
        *folders, name = path.split("/")
        if not name or not set(folders).isdisjoint(_NO_PARTS) or name in _NO_PARTS:
            raise StoreError("no path inside of the folder", where=self._told(path), next="look at what wrote it")
        held, here = self._handle, self._path
        opened: list[int] = []
        try:
            for part in folders:
                here /= part
                if create:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(part, 0o700, dir_fd=held)
                        self._unsettled.add("" if here.parent == self._path else str(here.parent.relative_to(self._path)))
                held = _folder(part, held, here)
                opened.append(held)
            yield held, name
        finally:
            for handle in opened:
                os.close(handle)

    def _check(self, status: os.stat_result, path: str) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise StoreError("not a regular file", where=self._told(path), next="move it away")
        _insist(status, self._path / path, "chmod 600")

    def _told(self, path: str) -> str:
        return str(self._path / path)

    def _other(self, path: str, error: OSError) -> StoreError:
        if error.errno in _TAKEN:
            return StoreError("not a regular file; links are not followed", where=self._told(path), next="move it away")
        then = "check its owner and rights, and the space on the disk"
        return StoreError(error.strerror or "cannot be used", where=self._told(path), next=then)


_TAKEN = frozenset({20, 21, 40, 6})
"""ENOTDIR, EISDIR, ELOOP, ENXIO: a folder, a link or a pipe stands where a file should."""


def _folder(name: str, above: int | None, shown: Path) -> int:
    try:
        handle = os.open(name, _FOLDER, dir_fd=above)
    except NotADirectoryError:
        raise StoreError("a symlink or file where a directory should be", where=str(shown), next="move it away") from None
    try:
        _insist(os.fstat(handle), shown, "chmod 700")
    except BaseException:
        os.close(handle)
        raise
    return handle


def _insist(status: os.stat_result, path: Path, mend: str) -> None:
    if status.st_uid != os.geteuid():
        raise StoreError("belongs to another user", where=str(path), next="move it away")
    if stat.S_IMODE(status.st_mode) & 0o077:
        then = f"`{mend}` it if nobody could have read or changed it meanwhile; else move it away"
        raise StoreError("group or others can reach it", where=str(path), next=then)


def _empty(folder: int) -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            os.unlink(entry.name, dir_fd=folder)
