"""What a person asks of the resident: how it does, that it starts, that it ends."""

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import Any

import msgspec

from clearance.frontends.resident.frame import STATUS, STOP, TOLD, BadFrame, pack, receive
from clearance.frontends.resident.start import awaited, begin, forget, holder, waits
from clearance.frontends.resident.state import LogFile, Status
from clearance.frontends.resident.transport import Place, Refused, connect, place_of

_SECONDS = 2.0
_START_SECONDS = 60.0  # the first one of all compiles patterns
_STOP_SECONDS = 10.0
_TRIES = 2
_LINES = 5


class Seen(msgspec.Struct, frozen=True):
    """How it stands: what a running one says (or nothing), where it listens, what is wrong, what to do, its last words."""

    status: Status | None
    place: str
    problem: str = ""
    next: str = ""
    log: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """Give lines for a person."""
        told = []
        if self.status is None:
            told.append("resident  not running" + ("" if self.problem else "; the next hook starts it"))
        else:
            told += _rows(self.status)
        told.append(f"socket    {self.place}")
        if self.problem:
            told += [f"problem   {self.problem}", f"next      {self.next}"]
        if self.log and (self.problem or self.status is None):
            told += ["log", *(f"  {line}" for line in self.log)]
        return told


def _rows(status: Status) -> list[str]:
    asked = f"{status.answered} answered, {status.failed} failed, {status.busy} in work"
    speed = f", median {status.median_ms:.1f} ms, p95 {status.p95_ms:.1f} ms" if status.answered else ""
    told = [
        f"resident  running, process {status.pid}, version {status.version}, since {status.since}",
        f"questions {asked}{speed}",
        f"memory    {status.memory_mib:.0f} MiB; {status.waiting} waiting ({status.mode})",
        f"warm      {', '.join(status.warm)}",
    ]
    return told + ([f"failure   {status.crash.at} {status.crash.what}"] if status.crash.at else [])


def fields(seen: Seen) -> dict[str, Any]:
    """Give the same as JSON-shaped data."""
    told: dict[str, Any] = msgspec.to_builtins(seen)
    return {"running": seen.status is not None} | told


def look(place: Place | None = None) -> Seen:
    """See whether a resident of this user and code runs, and how it does."""
    place = place or place_of(os.environ)
    where = place.file("sock")
    log = tuple(LogFile(place.file("log")).lines(_LINES))
    try:
        status = msgspec.json.decode(_said(place, STATUS), type=Status)
    except Refused as error:
        return Seen(
            None, where, str(error), "move it away, or set XDG_RUNTIME_DIR or CLEARANCE_CACHE to a folder of your own", log
        )
    except (BadFrame, TimeoutError, BlockingIOError, msgspec.DecodeError):
        return Seen(None, where, "it does not answer", "clearance resident stop", log)
    except OSError:
        return Seen(None, where, *_why_not(place), log=log)
    return Seen(status, where, log=log)


def _why_not(place: Place) -> tuple[str, str]:
    """Say why none runs, and what to do; empty: nothing is wrong."""
    if os.environ.get("CLEARANCE_RESIDENT") == "off":
        return "", ""
    failed, seconds = waits(place)
    if seconds:
        return (
            f"the last {failed} starts came to nothing; the next one is tried in {seconds:.0f} s",
            "clearance resident start",
        )
    folder = Path(place.folder)
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"{folder} cannot be written", "set XDG_RUNTIME_DIR or CLEARANCE_CACHE to a folder of your own"
    return "", ""


def started() -> Seen:
    """Start one where none runs, and wait until it answers."""
    place = place_of(os.environ)
    seen = look(place)
    if seen.status is not None or os.environ.get("CLEARANCE_RESIDENT") == "off":
        return seen
    forget(place.file("failed"))
    begun = 0
    end = time.monotonic() + _START_SECONDS
    while seen.status is None and time.monotonic() < end:
        if not holder(place):  # another one that is just leaving is waited for
            if begun == _TRIES:
                break
            try:
                begun += begin(place)
            except (OSError, Refused) as error:
                problem = seen.problem or f"it cannot be started: {error}"
                return msgspec.structs.replace(seen, problem=problem, next=seen.next or "check that folder")
        time.sleep(0.05)
        seen = look(place)
    if seen.status is None and not seen.problem:
        return msgspec.structs.replace(seen, problem="it ended while it started", next="see the log")
    return seen


def begun() -> None:
    """Let one start where none runs, without waiting for it: the first question of an assistant then finds what takes
    seconds to compile on a machine done. Where it cannot start, hooks answer without it, and `look` tells why."""
    if os.environ.get("CLEARANCE_RESIDENT") == "off":
        return
    place = place_of(os.environ)
    with contextlib.suppress(OSError, Refused):
        if not holder(place):
            begin(place)


def stopped() -> tuple[str, bool]:
    """End the one that runs; give what to say, and whether none is left."""
    place = place_of(os.environ)
    pid = awaited(place, _STOP_SECONDS)
    if not pid:
        return "no resident runs", True
    try:
        _said(place, STOP)
    except (OSError, Refused, BadFrame):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    for end, number in ((_STOP_SECONDS, signal.SIGKILL), (1.0, 0)):
        until = time.monotonic() + end
        while time.monotonic() < until:
            if holder(place) != pid:
                return f"the resident, process {pid}, ended", True
            time.sleep(0.02)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    return f"process {pid} does not end", False


def _said(place: Place, kind: bytes) -> bytes:
    """Ask for a text.

    Raises:
        BadFrame: something else was said.
        OSError: nobody listens, or says anything in time.
        Refused: whoever listens is not this user.
    """
    with contextlib.closing(connect(place, _SECONDS)) as connection:
        connection.sendall(pack(kind))
        said, _, body = receive(connection, time.monotonic() + _SECONDS)
    if said != TOLD:
        raise BadFrame("something else was said")
    return body
