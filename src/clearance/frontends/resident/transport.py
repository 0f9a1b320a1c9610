"""Where the resident listens and how it is reached: a Unix socket in a folder of the user's own.

All that knows of sockets and their owners stands here, so that a named pipe can take its place on another platform. The
hook's client imports it: nothing but what Python has loaded already, and the C part of `socket`.
"""

# pathlib would cost as much as all the rest
# ruff: noqa: PTH102, PTH103, PTH111, PTH115, PTH120
import os
import sys
from _collections_abc import Mapping
from _socket import AF_UNIX, SOCK_STREAM, SOL_SOCKET, socket
from stat import S_ISDIR, S_ISSOCK

from clearance import __version__

_PACKAGE = __file__.rpartition("/frontends/")[0]
_LONGEST = 100  # of a socket's path: 108 bytes on Linux, 104 elsewhere, with the closing zero
_OTHERS = 0o077
_LOCAL_PEERCRED = 1  # macOS and the BSDs; <sys/un.h>
_XUCRED = 76  # bytes of their `struct xucred`: version, uid, …


class Refused(Exception):
    """The place, or whoever listens there, is not this user's own; the text says why, for people."""


class Place:
    """A folder and the name of the socket in it; `identity` says which code the resident must run."""

    __slots__ = ("folder", "identity", "name")

    def __init__(self, folder: str, identity: str) -> None:
        self.folder = folder
        self.identity = identity
        self.name = f"{__version__}-{_short(identity)}"

    def file(self, ending: str) -> str:
        """Give the path of one of the resident's files: `sock`, `lock`, `log`, `failed`, `silent`."""
        return f"{self.folder}/{self.name}.{ending}"


def place_of(environment: Mapping[str, str]) -> Place:
    """Say where the resident of this user and this code listens: in `$XDG_RUNTIME_DIR/clearance` where that folder is the
    user's alone, else in `run` below the cache."""
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    folder = f"{runtime}/clearance" if runtime.startswith("/") and not _wrong(runtime) else f"{_cache(environment)}/run"
    try:
        space = os.readlink("/proc/self/ns/mnt")  # paths mean something else in another container
    except OSError:
        space = ""
    own = (__version__, _PACKAGE, sys.prefix, str(sys.hexversion), environment.get("PYTHONPATH", ""), space)
    return Place(folder, "\n".join(own))


def _cache(environment: Mapping[str, str]) -> str:
    """As `clearance.stores.cache.cache_directory`, which imports too much for a client."""
    for variable, below in (("CLEARANCE_CACHE", ""), ("XDG_CACHE_HOME", "/clearance")):
        value = environment.get(variable, "")
        if value.startswith("/"):
            return value.rstrip("/") + below
    home = environment.get("HOME", "")
    below = "Library/Caches/clearance" if sys.platform == "darwin" else ".cache/clearance"
    return f"{home if home.startswith('/') else os.path.expanduser('~')}/{below}"


def _short(text: str) -> str:
    """Give twelve hexadecimal digits that name a text (FNV-1a): a name, not a proof; the frame carries the text itself."""
    found = 0xCBF29CE484222325
    for byte in os.fsencode(text):
        found = ((found ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{found:016x}"[:12]


def _wrong(folder: str) -> str:
    """Say why a folder is not the user's alone; empty: it is.

    Raises:
        OSError: there is none, or it cannot be seen.
    """
    try:
        found = os.lstat(folder)
    except OSError as error:
        return f"{folder}: {error.strerror}"
    if not S_ISDIR(found.st_mode):
        return f"{folder} is a symlink or a file, not a directory"
    if found.st_uid != os.geteuid():
        return f"{folder} belongs to user {found.st_uid}"
    return f"{folder} is open to others (mode {found.st_mode & 0o777:o})" if found.st_mode & _OTHERS else ""


def make_folder(place: Place) -> None:
    """Make the folder, and insist that it is the user's alone.

    Raises:
        OSError: it cannot be made.
        Refused: it is a symlink, another user's, or open to others.
    """
    try:
        os.makedirs(os.path.dirname(place.folder), 0o700, exist_ok=True)
        os.mkdir(place.folder, 0o700)
    except FileExistsError:
        pass
    if wrong := _wrong(place.folder):
        raise Refused(wrong)


def connect(place: Place, seconds: float) -> socket:
    """Connect to the resident; every later step on the socket may take `seconds`.

    Raises:
        OSError: nobody listens.
        Refused: the folder, the socket or the listener is not this user's.
    """
    path = place.file("sock")
    found = os.lstat(path)
    if wrong := _wrong(place.folder):
        raise Refused(wrong)
    if not S_ISSOCK(found.st_mode):
        raise Refused(f"{path} is no socket")
    if found.st_uid != os.geteuid():
        raise Refused(f"{path} belongs to user {found.st_uid}")
    made = socket(AF_UNIX, SOCK_STREAM)
    try:
        made.settimeout(seconds)
        if len(path) <= _LONGEST:
            made.connect(path)
        else:
            _from_inside(place, made)
        _, uid = peer(made)
        _insist_on_ours(uid, path)
    except BaseException:
        made.close()
        raise
    return made


def _insist_on_ours(uid: int, path: str) -> None:
    if uid != os.geteuid():
        raise Refused(f"the process behind {path} belongs to user {uid}")


def _from_inside(place: Place, made: socket) -> None:
    """Connect by a relative path, because the whole one does not fit into a socket's address."""
    here = os.open(".", os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.chdir(place.folder)
        made.connect(f"{place.name}.sock")
    finally:
        os.fchdir(here)
        os.close(here)


def peer(connection: socket, platform: str = sys.platform) -> tuple[int, int]:
    """Give the process id (0 where the system does not tell) and the user id of whoever is at the other end.

    Raises:
        OSError: the system does not tell.
    """
    if platform == "linux":
        from _socket import SO_PEERCRED

        told = connection.getsockopt(SOL_SOCKET, SO_PEERCRED, 12)
        return int.from_bytes(told[:4], sys.byteorder), int.from_bytes(told[4:8], sys.byteorder)
    told = connection.getsockopt(0, _LOCAL_PEERCRED, _XUCRED)
    return 0, int.from_bytes(told[4:8], sys.byteorder)
