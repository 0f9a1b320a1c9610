"""Reads and writes the files of others: only below one folder, only what was shown, whole or not at all.

Every folder on the way is opened without following links, so what was checked is what is written.
"""

import contextlib
import fcntl
import os
import re
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from clearance.facts.errors import BadFile, StoreError, UsageError

MOST_BYTES = 1 << 20
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_STRAY = re.compile(r"\..+\.clearance-[0-9a-f]{16}")


class Stood(NamedTuple):
    """What stands at a place: bytes (None: nothing), permission bits, time of the last change (nanoseconds)."""

    data: bytes | None
    mode: int = 0o644
    changed: int = 0


def resolved(root: Path, path: str) -> str:
    """Give where a path below `root` really leads: links inside of it are followed.

    Raises:
        BadFile: it leads out of `root`, or into its `.git`.
    """
    top = os.path.realpath(root)
    real = os.path.realpath(os.path.join(top, path))  # noqa: PTH118 -- what pathlib's resolve refuses (loops) is told below
    inside = os.path.relpath(real, top)
    parts = PurePosixPath(inside).parts
    if inside == "." or parts[:1] == ("..",) or (".git" in parts and ".git" not in PurePosixPath(path).parts):
        raise BadFile(
            "a link leads out of here, so nothing is written through it",
            where=path,
            next="replace the link by a file or folder, or leave this out",
        )
    return inside


def stands(root: Path, path: str, *, writing: bool = True) -> Stood:
    """Read a file; `writing`: it is about to be written, too.

    Raises:
        BadFile: no regular file, a link, larger than 1 MiB, or not to be read; for writing also somebody else's.
        StoreError: it is missing, and its folder cannot be written to, or a file stands where a folder should be.
    """
    try:
        with _parent(root, path, make=False) as (folder, name):
            handle = os.open(name, _READ, dir_fd=folder)
            with os.fdopen(handle, "rb") as file:
                status = os.fstat(file.fileno())
                _insist_file(status, path, writing=writing)
                data = file.read(MOST_BYTES + 1)
            if len(data) > MOST_BYTES:
                raise BadFile("larger than 1 MiB", where=path, next="add the lines by hand")
            if writing:
                _insist_writable(folder, path)
            return Stood(data, stat.S_IMODE(status.st_mode), status.st_mtime_ns)
    except FileNotFoundError:
        if writing:
            _insist_room(root, path)
        return Stood(None)
    except OSError as error:
        raise BadFile(_told(error), where=path, next="make it a file that you can read and write") from None


def replace(root: Path, path: str, old: bytes | None, new: bytes, mode: int) -> None:
    """Put `new` where `old` stands (None: nothing). Who reads sees the old or the new one; the file keeps `mode`.

    Raises:
        UsageError: something else stands there by now.
        StoreError: it cannot be written; the old one is untouched.
    """
    stray = f".{PurePosixPath(path).name[:100]}.clearance-{secrets.token_hex(8)}"
    with _errors(path), _parent(root, path, make=True) as (folder, name):
        _insist_same(folder, name, old, path)
        try:
            with os.fdopen(os.open(stray, _CREATE, 0o600, dir_fd=folder), "wb") as file:
                file.write(new)
                file.flush()
                _like_before(file.fileno(), folder, name, mode, fresh=old is None)
                os.fsync(file.fileno())
            _insist_same(folder, name, old, path)
            os.rename(stray, name, src_dir_fd=folder, dst_dir_fd=folder)
        finally:
            with contextlib.suppress(OSError):
                os.unlink(stray, dir_fd=folder)
        os.fsync(folder)


def remove(root: Path, path: str, old: bytes) -> None:
    """Take a file away that holds `old`.

    Raises:
        UsageError: something else stands there by now.
        StoreError: it cannot be removed.
    """
    with _errors(path), _parent(root, path, make=False) as (folder, name):
        _insist_same(folder, name, old, path)
        os.unlink(name, dir_fd=folder)
        os.fsync(folder)


def remove_folder(root: Path, path: str) -> bool:
    """Take an empty folder away; tell whether it was there and empty."""
    try:
        with _parent(root, path, make=False) as (folder, name):
            os.rmdir(name, dir_fd=folder)
    except OSError:
        return False
    return True


def missing_folders(root: Path, path: str) -> tuple[str, ...]:
    """Give the folders above a path that are not there yet, the outermost first."""
    above = [str(one) for one in PurePosixPath(path).parents][-2::-1]
    return tuple(one for one in above if not os.path.lexists(root / one))


def sweep(root: Path, paths: Iterator[str] | list[str]) -> int:
    """Take away what a killed run left unfinished beside these files; tell how many. Only for who holds the lock."""
    swept = 0
    for parent in sorted({str(PurePosixPath(path).parent) for path in paths}):
        try:
            with _parent(root, f"{parent}/x", make=False) as (folder, _), os.scandir(folder) as listed:
                strays = [one.name for one in listed if _STRAY.fullmatch(one.name)]
                for name in strays:
                    os.unlink(name, dir_fd=folder)
                swept += len(strays)
        except OSError:
            continue
    return swept


@contextlib.contextmanager
def locked(root: Path) -> Iterator[None]:
    """Keep every other run out of a folder. The lock is on the folder itself, so it leaves nothing behind.

    Raises:
        StoreError: another run holds it, or the folder cannot be opened.
    """
    with _errors(str(root)):
        handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            what = "another `clearance init` or `uninstall` is at work here"
            raise StoreError(what, where=str(root), next="wait until it has ended, then run this again") from None
    try:
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def _parent(root: Path, path: str, *, make: bool) -> Iterator[tuple[int, str]]:
    """Open the folder that holds `path`, step by step from `root`; gives it and the last name."""
    *folders, name = PurePosixPath(path).parts
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for one in folders:
            if make:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(one, dir_fd=handle)
            inner = os.open(one, _FOLDER, dir_fd=handle)
            os.close(handle)
            handle = inner
        yield handle, name
    finally:
        os.close(handle)


def _like_before(handle: int, folder: int, name: str, mode: int, *, fresh: bool) -> None:
    """Give a new file what the umask allows, and one that replaces another the group and mode of that."""
    if fresh:
        umask = os.umask(0o077)
        os.umask(umask)
        os.fchmod(handle, mode & ~umask)
        return
    with contextlib.suppress(OSError):  # a group that is not ours: the owner counts
        os.fchown(handle, -1, os.stat(name, dir_fd=folder, follow_symlinks=False).st_gid)
    os.fchmod(handle, mode)


def _insist_file(status: os.stat_result, path: str, *, writing: bool) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise BadFile("no regular file", where=path, next="move it away")
    if writing and status.st_uid != os.geteuid():
        raise BadFile("belongs to another user", where=path, next="run this as its owner, or take it over with chown")


def _insist_writable(folder: int, path: str) -> None:
    if not os.access(".", os.W_OK | os.X_OK, dir_fd=folder):
        raise BadFile("its folder cannot be written to", where=path, next="make the folder writable, then run it again")


def _insist_room(root: Path, path: str) -> None:
    """Refuse a place in which no file can be made."""
    parts = PurePosixPath(path).parts
    place = root
    for one in parts[:-1]:
        if not os.path.lexists(place / one):
            break
        place /= one
        if not place.is_dir() or place.is_symlink():
            raise StoreError("a file or link where a folder should be", where=str(place), next="move it away")
    if not os.access(place, os.W_OK | os.X_OK):
        raise StoreError("the folder cannot be written to", where=str(place), next="make it writable, then run it again")


def _insist_same(folder: int, name: str, old: bytes | None, path: str) -> None:
    try:
        with os.fdopen(os.open(name, _READ, dir_fd=folder), "rb") as file:
            status = os.fstat(file.fileno())
            same = stat.S_ISREG(status.st_mode) and old is not None and file.read(len(old) + 1) == old
    except FileNotFoundError:
        same = old is None
    if not same:
        raise UsageError(
            "the file has changed since the plan was made, so it was left alone", where=path, next="run the command again"
        )


@contextlib.contextmanager
def _errors(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(_told(error), where=path, next="nothing was changed in it; mend that, then run it again") from None


def _told(error: OSError) -> str:
    import errno

    return "a link, which is not followed" if error.errno == errno.ELOOP else error.strerror or "cannot be used"
