"""Starts a resident for the next question, unless one is about to serve or the last ones died; ends one that hangs."""

# pathlib would cost as much as all the rest of the client
# ruff: noqa: PTH108, PTH116, PTH208
import fcntl
import os
import signal
import sys
import time

from clearance.frontends.resident.frame import that_matter
from clearance.frontends.resident.transport import Place, make_folder

LOCK = 3
"""The descriptor on which a resident gets the lock that it keeps as long as it lives."""
PROGRAM = ("-P", "-m", "clearance.frontends.resident")
"""What Python runs to be a resident. Not with the working directory on its path: that is a stranger's repository."""
_FREE_STARTS = 2  # that may fail before the next one has to wait
_FIRST_WAIT = 10.0
_LONGEST_WAIT = 600.0
_MOST_SILENT = 3
_KEPT = 30 * 86_400.0  # seconds
_PYTHON = (
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONNOUSERSITE",
    "PYTHONUSERBASE",
    "PYTHONPYCACHEPREFIX",
    "PYTHONDONTWRITEBYTECODE",
)
_CREATE = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW


def begin(place: Place) -> bool:
    """Start a resident, apart from this process and its terminal; tell whether that was done: not where one lives or is
    about to, or where the last ones died and the time to wait is not over.

    Raises:
        OSError: the folder cannot be written.
        Refused: it is not this user's own.
    """
    make_folder(place)
    lock = os.open(place.file("lock"), _CREATE, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if waits(place)[1] > 0:
            return False
        count_start(place)
        os.ftruncate(lock, 0)  # until it says who it is, it must not be taken for the last one
        _spawn(lock)
    finally:
        os.close(lock)
    return True


def _spawn(lock: int) -> None:
    """Run the resident with the lock as its own: it holds from the first moment on."""
    kept = that_matter(os.environ) | {name: os.environ[name] for name in _PYTHON if name in os.environ}
    null = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
    words = [sys.executable, *PROGRAM]
    # The lock may be the number 3 already, and `dup2` of a number to itself would leave it closed for the new program.
    high = fcntl.fcntl(lock, fcntl.F_DUPFD_CLOEXEC, 64)
    try:
        os.posix_spawn(sys.executable, words, kept, file_actions=[*null, (os.POSIX_SPAWN_DUP2, high, LOCK)], setpgroup=0)
    finally:
        os.close(high)


def count_start(place: Place) -> None:
    """Note that a start is tried. The resident forgets it once it has proved itself; what dies before that is counted."""
    _append(place.file("failed"))


def waits(place: Place) -> tuple[int, float]:
    """Give how many starts in a row came to nothing, and the seconds until the next one may be tried."""
    try:
        found = os.stat(place.file("failed"))
    except OSError:
        return 0, 0.0
    if found.st_size < _FREE_STARTS:
        return found.st_size, 0.0
    wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(found.st_size - _FREE_STARTS, 16))
    passed = time.time() - found.st_mtime
    return found.st_size, wait - passed if 0 <= passed < wait else 0.0  # a clock that jumped back ends the wait


def count_silence(place: Place) -> None:
    """Note that the resident took a question and did not begin. After three in a row it is ended, as it hangs.

    Raises:
        OSError: it cannot be noted.
    """
    if _append(place.file("silent")) < _MOST_SILENT:
        return
    forget(place.file("silent"))
    if pid := holder(place):
        os.kill(pid, signal.SIGKILL)


def awaited(place: Place, seconds: float) -> int:
    """Give the same as `holder`; one that holds the lock and has not yet said who it is has `seconds` to do so."""
    end = time.monotonic() + seconds
    while not (pid := holder(place)) and _held(place) and time.monotonic() < end:
        time.sleep(0.02)
    return pid


def _held(place: Place) -> bool:
    try:
        lock = os.open(place.file("lock"), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    else:
        return False
    finally:
        os.close(lock)


def holder(place: Place) -> int:
    """Give the process id of the resident that lives, whether it answers or not; 0: none does."""
    try:
        lock = os.open(place.file("lock"), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return 0
    try:
        # Shared: two that look at once must not take each other for a resident.
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        said = os.read(lock, 20)
        return int(said) if said.isdigit() and int(said) > 1 else 0
    except OSError:
        return 0
    else:
        return 0
    finally:
        os.close(lock)


def sweep(place: Place) -> None:
    """Take away what residents of other installations left, if none of theirs lives and the last one began a month ago."""
    for name in os.listdir(place.folder):
        stem, dot, ending = name.rpartition(".")
        if dot + ending != ".lock" or stem == place.name:
            continue
        try:
            lock = os.open(f"{place.folder}/{name}", os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            if time.time() - os.fstat(lock).st_mtime >= _KEPT:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                for each in ("sock", "log", "failed", "silent", "lock"):
                    forget(f"{place.folder}/{stem}.{each}")
        except OSError:
            continue
        finally:
            os.close(lock)


def forget(path: str) -> None:
    """Take a file away, if it is there and that can be done."""
    try:
        os.unlink(path)
    except OSError:
        return


def _append(path: str) -> int:
    """Make a file longer by one byte; give its size."""
    handle = os.open(path, _CREATE | os.O_APPEND, 0o600)
    try:
        os.write(handle, b".")
        return os.fstat(handle).st_size
    finally:
        os.close(handle)
