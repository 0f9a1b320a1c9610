"""What a resident knows of itself: how many questions it answered, how fast, what went wrong; its log file."""

import contextlib
import os
import re
import statistics
import sys
import time
from pathlib import Path

import msgspec

_MOST_LOG = 64 * 1024
_KEPT = 512
_WORD = re.compile(r"[^\w.:,=/ +-]")


class Crash(msgspec.Struct, frozen=True):
    """When something went wrong (RFC 3339, UTC), and what."""

    at: str = ""
    what: str = ""


class Status(msgspec.Struct, frozen=True):
    """What `clearance resident status` tells of a resident that runs. Times are RFC 3339 (UTC), durations milliseconds from
    the taking of a question to its answer, memory MiB of the process that the others are forked from."""

    pid: int
    version: str
    mode: str
    since: str
    answered: int
    failed: int
    busy: int
    waiting: int
    median_ms: float
    p95_ms: float
    memory_mib: float
    warm: tuple[str, ...]
    crash: Crash


class Tally(msgspec.Struct):
    """Counts that outlive a warming anew."""

    since: str = ""
    answered: int = 0
    failed: int = 0
    crash: Crash = Crash()
    durations: list[float] = []

    def ended(self, seconds: float) -> None:
        """Count a question that was answered."""
        self.answered += 1
        self.durations = [*self.durations, round(seconds * 1000, 3)][-_KEPT:]

    def crashed(self, what: str) -> None:
        """Count a question that was not."""
        self.failed += 1
        self.crash = Crash(now(), what)

    def quantiles(self) -> tuple[float, float]:
        """Give the median and the 95th percentile of the last durations, in milliseconds; zero where there are none."""
        ordered = sorted(self.durations)
        if not ordered:
            return 0.0, 0.0
        return statistics.median(ordered), ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)]


class LogFile:
    """Lines with their time, in a file of the owner's that never grows beyond 64 KiB. What is written is ours alone: no path
    of a change, no payload, no variable."""

    def __init__(self, path: str) -> None:
        self._path = path

    def write(self, text: str) -> None:
        """Append a line; where that cannot be done, nothing happens."""
        line = f"{now()} {os.getpid()} {_WORD.sub('?', text)[:200]}\n".encode("ascii", "replace")
        with contextlib.suppress(OSError):
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
            handle = os.open(self._path, flags, 0o600)
            try:
                size = os.fstat(handle).st_size
                if size + len(line) > _MOST_LOG:
                    kept = os.pread(handle, _MOST_LOG // 2, max(0, size - _MOST_LOG // 2))
                    os.ftruncate(handle, 0)
                    os.write(handle, kept.partition(b"\n")[2])
                os.write(handle, line)
            finally:
                os.close(handle)

    def lines(self, count: int) -> list[str]:
        """Give the last lines."""
        try:
            handle = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:
            return []
        with os.fdopen(handle, "rb") as file:
            return file.read(_MOST_LOG).decode("ascii", "replace").splitlines()[-count:]


def now() -> str:
    """Give the time in UTC: RFC 3339, whole seconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def memory_mib() -> float:
    """Give the resident set size of this process; zero where the system does not tell."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return (
                int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1048576
            )
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1048576
