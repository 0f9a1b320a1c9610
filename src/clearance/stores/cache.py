"""A cache in files that nobody but its owner can read, write or plant something in.

A serialised pattern database is fed to native code, so an entry must be one that this user wrote: the directory belongs to
the user alone, and each entry carries an HMAC-SHA-256 over its key and data under a random key that lies beside it. A
directory that came from elsewhere (an archive, a shared build cache) holds another key or none, and its entries count as
missing.
"""

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

MAX_BYTES = 128 * 1024 * 1024
"""How much a cache may hold in all."""
_MAC = hashlib.sha256().digest_size
_KEY_FILE = "key"
_KEY_BYTES = 32
_ENTRY = ".entry"
_UNFINISHED = ".tmp"
_STALE_SECONDS = 3600
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


def cache_directory(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Say where the cache lies: `$CLEARANCE_CACHE`, else `$XDG_CACHE_HOME/clearance`, else the platform's place in the home.

    A path that is not absolute counts as unset, as the XDG Base Directory Specification demands: it would name a folder of
    whatever repository the command runs in.
    """
    for variable, below in (("CLEARANCE_CACHE", ""), ("XDG_CACHE_HOME", "clearance")):
        value = environ.get(variable, "")
        if value.startswith("/"):
            return Path(value) / below
    home = environ.get("HOME", "")
    place = "Library/Caches/clearance" if platform == "darwin" else ".cache/clearance"
    return (Path(home) if home.startswith("/") else Path.home()) / place


class FileCache:
    """Bytes by key in a directory of mode 0700, which is made on the first `put`.

    Where the directory is a symlink, belongs to somebody else or lets group or others in, nothing is read or written. Once
    more than `limit` bytes lie there, the oldest entries go. Safe for any number of processes.
    """

    def __init__(self, directory: Path, *, limit: int = MAX_BYTES) -> None:
        self.directory = directory
        self._limit = limit

    def get(self, key: str) -> bytes | None:
        """Give what was put under the key, or None."""
        try:
            with _private(self.directory) as folder:
                secret = _read(folder, _KEY_FILE, _KEY_BYTES)
                entry = _read_entry(folder, _name(key), self._limit)
        except (OSError, ValueError):
            return None
        if secret is None or entry is None or len(secret) != _KEY_BYTES:
            return None
        mac, data = entry
        return data if hmac.compare_digest(mac, _mac(secret, key, data)) else None

    def put(self, key: str, data: bytes) -> None:
        """Keep the bytes under the key, if that can be done."""
        if len(data) + _MAC > self._limit:
            return
        try:
            self.directory.parent.mkdir(parents=True, exist_ok=True)
            self.directory.mkdir(mode=0o700, exist_ok=True)
            with _private(self.directory) as folder:
                _replace(folder, _name(key), _mac(_secret(folder), key, data) + data)
                _prune(folder, self._limit)
        except (OSError, ValueError):
            return


@contextmanager
def _private(directory: Path) -> Iterator[int]:
    """Open the directory, and check what was opened rather than what a path says.

    Raises:
        OSError: it is missing, a symlink, another user's, or open to group or others.
    """
    folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        status = os.fstat(folder)
        if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077:
            raise PermissionError("the cache directory is not private")
        yield folder
    finally:
        os.close(folder)


def _name(key: str) -> str:
    """Name the file of a key: a digest, because keys differ in case and file systems may not."""
    return hashlib.sha256(key.encode()).hexdigest() + _ENTRY


def _mac(secret: bytes, key: str, data: bytes) -> bytes:
    """Bind data to its key, so that one entry cannot stand in for another."""
    named = key.encode()
    seen = hmac.new(secret, len(named).to_bytes(8, "big") + named, "sha256")
    seen.update(data)
    return seen.digest()


def _read(folder: int, name: str, limit: int) -> bytes | None:
    """Read a file of the directory; None where there is none that may be read."""
    with _opened(folder, name, limit) as (file, size):
        return None if file is None else file.read(size)


def _read_entry(folder: int, name: str, limit: int) -> tuple[bytes, bytes] | None:
    """Read a file that holds an HMAC and what it stands for, apart so that nothing is copied; None as for `_read`."""
    with _opened(folder, name, limit + _MAC) as (file, size):
        return None if file is None else (file.read(_MAC), file.read(max(0, size - _MAC)))


@contextmanager
def _opened(folder: int, name: str, limit: int) -> Iterator[tuple[BinaryIO | None, int]]:
    """Open a regular file of the directory that is the user's own and that nobody else can reach, and give its size; None
    where there is none or it is too long."""
    try:
        handle = os.open(name, _READ, dir_fd=folder)
    except FileNotFoundError:
        yield None, 0
        return
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(file.fileno())
        foreign = status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o077
        fits = stat.S_ISREG(status.st_mode) and status.st_size <= limit
        yield (file if fits and not foreign else None), status.st_size


def _replace(folder: int, name: str, data: bytes) -> None:
    """Write a file and put it in place in one step. A reader sees the old one or the new one; a crash leaves a stray file,
    and a torn one fails its HMAC, so nothing waits for the disk."""
    stray = secrets.token_hex(16) + _UNFINISHED
    handle = os.open(stray, _CREATE, 0o600, dir_fd=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.rename(stray, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        os.unlink(stray, dir_fd=folder)
        raise


def _secret(folder: int) -> bytes:
    """Give the directory's key, making one where there is none. Of two processes that make one at once the first wins; a key
    that is damaged, or that others could read, is replaced, and what it stood for counts as missing."""
    found = _read(folder, _KEY_FILE, _KEY_BYTES)
    if found is None or len(found) != _KEY_BYTES:
        _make_key(folder)
        found = _read(folder, _KEY_FILE, _KEY_BYTES)
    if found is None or len(found) != _KEY_BYTES:
        _replace(folder, _KEY_FILE, secrets.token_bytes(_KEY_BYTES))
        found = _read(folder, _KEY_FILE, _KEY_BYTES)
    if found is None or len(found) != _KEY_BYTES:
        raise OSError("the key of the cache cannot be read")
    return found


def _make_key(folder: int) -> None:
    """Put a key in place unless one is there: a link never takes the place of a file, as a rename does."""
    stray = secrets.token_hex(16) + _UNFINISHED
    handle = os.open(stray, _CREATE, 0o600, dir_fd=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
        with contextlib.suppress(OSError):  # there is one already, or the file system has no links
            os.link(stray, _KEY_FILE, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=False)
    finally:
        os.unlink(stray, dir_fd=folder)


def _prune(folder: int, limit: int) -> None:
    """Remove the oldest entries until the rest fits, and what killed processes left behind."""
    entries = []
    total = 0
    with os.scandir(folder) as found:
        for item in found:
            status = item.stat(follow_symlinks=False)
            if item.name.endswith(_UNFINISHED):
                if time.time() - status.st_mtime > _STALE_SECONDS:
                    os.unlink(item.name, dir_fd=folder)
            elif item.name.endswith(_ENTRY):
                entries.append((status.st_mtime_ns, item.name, status.st_size))
                total += status.st_size
    for _, name, size in sorted(entries):
        if total <= limit:
            break
        os.unlink(name, dir_fd=folder)
        total -= size
