"""The resident itself. Started by a client with a lock on descriptor 3, apart from any terminal."""

import contextlib
import fcntl
import os
import signal
import socket
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearance.frontends.resident import start
from clearance.frontends.resident.start import LOCK, count_start, forget
from clearance.frontends.resident.state import LogFile, Tally, now
from clearance.frontends.resident.transport import Place, Refused, make_folder, place_of

if TYPE_CHECKING:
    from clearance.frontends.resident.brood import Nursery

_IDLE = 1800.0
_BACKLOG = 64


class Heritage(msgspec.Struct):
    """What a resident hands to itself when it is warmed anew: its socket, what to warm, its counts."""

    listener: int
    also: tuple[str, ...]
    tally: Tally


def main(words: Sequence[str]) -> None:
    """Serve until nobody needs it. `words` is the descriptor of a `Heritage`, or nothing."""
    heritage = _inherited(words)
    if heritage is None:
        _detach()
    place = place_of(os.environ)
    log = LogFile(place.file("log"))
    try:
        _serve(place, heritage, log)
    except (OSError, Refused) as error:
        log.write(f"could not serve: {type(error).__name__} {error.strerror if isinstance(error, OSError) else ''}")
    except Exception as error:  # noqa: BLE001 -- the next client starts another one; this is all that remains of this one
        log.write(f"crashed: {type(error).__name__}")
        raise SystemExit(1) from None


def _detach() -> None:
    """Leave the process that started us, its session and whatever it left open."""
    with contextlib.suppress(OSError):
        os.setpgid(0, 0)
    if os.fork():
        os._exit(0)
    os.setsid()
    os.umask(0o077)
    most = os.sysconf("SC_OPEN_MAX")
    os.closerange(LOCK + 1, most if 0 < most <= 1 << 20 else 1 << 16)


def _serve(place: Place, heritage: Heritage | None, log: LogFile) -> None:
    make_folder(place)
    os.chdir(place.folder)
    _hold(place)
    start.sweep(place)
    # A hang-up or an interrupt is meant for the assistant that happened to start us.
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    from clearance.frontends.resident.code import Code
    from clearance.frontends.resident.server import Server

    code = Code()  # before most of it is imported
    tally = heritage.tally if heritage else Tally(since=now())
    also = heritage.also if heritage else ()
    nursery, also = _nursery(place, also, log)
    listener = socket.socket(fileno=heritage.listener) if heritage else _listen(place)
    server = Server(place, listener, nursery, idle=_idle(), tally=tally, also=also, changed=code.changed, today=_today)
    log.write("warmed anew" if heritage else f"started, {nursery.mode}")
    why = server.run()
    log.write(f"ended: {why}, {tally.answered} answered")
    if why == "renew":
        _again(place, Heritage(listener.fileno(), tuple(server.also), tally), listener)


def _nursery(place: Place, also: tuple[str, ...], log: LogFile) -> "tuple[Nursery, tuple[str, ...]]":
    """Warm what children are made from. What cannot be warmed is left out."""
    from clearance.frontends.resident.nursery import Forked, Spawned

    mode = os.environ.get("CLEARANCE_RESIDENT_MODE") or ("fork" if sys.platform == "linux" else "spawn")
    folder = _rehearsal_folder(place)
    if mode == "spawn":
        return Spawned(os.environ), ()
    from clearance.frontends.resident.rehearsal import rehearse
    from clearance.wiring.acts import Engine

    engine = Engine(dict(os.environ))
    for places in dict.fromkeys((also, ())):
        try:
            engine.warm(places)
        except Exception as error:  # noqa: BLE001 -- a child that needs what is missing says so in its answer
            log.write(f"not all could be warmed: {type(error).__name__}")
        else:
            break
    else:
        places = ()
    rehearse(engine, folder, os.environ)
    return Forked(engine, place.identity, folder), places


def _rehearsal_folder(place: Place) -> Path:
    """An empty folder, in which a question about a file has nothing else to read."""
    folder = Path(place.folder, "empty")
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _today() -> date:
    return datetime.now(UTC).date()


def _hold(place: Place) -> None:
    """Keep the lock that came with us, or take it; say in it who holds it.

    Raises:
        OSError: another resident has it.
    """
    try:
        same = os.path.samestat(os.fstat(LOCK), Path(place.file("lock")).stat())
    except OSError:
        same = False
    if not same:
        raise OSError("no lock was handed over")
    fcntl.flock(LOCK, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.set_inheritable(LOCK, False)
    os.ftruncate(LOCK, 0)
    os.pwrite(LOCK, str(os.getpid()).encode(), 0)


def _listen(place: Place) -> socket.socket:
    """Listen; a socket that lies there belongs to nobody, as we hold the lock."""
    forget(place.file("sock"))
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(f"{place.name}.sock")  # we are in its folder: the whole path may be too long
    Path(f"{place.name}.sock").chmod(0o600)
    listener.listen(_BACKLOG)
    return listener


def _idle() -> float:
    given = os.environ.get("CLEARANCE_RESIDENT_IDLE", "")
    return min(86_400.0, float(given)) if given.isdigit() else _IDLE


def _again(place: Place, heritage: Heritage, listener: socket.socket) -> None:
    """Begin again as a new program, with the same socket: clients wait a moment, or go without us."""
    ours, theirs = os.pipe()
    os.write(theirs, msgspec.json.encode(heritage))
    os.close(theirs)
    for number in (ours, listener.fileno(), LOCK):
        os.set_inheritable(number, True)
    count_start(place)
    os.execv(sys.executable, [sys.executable, *start.PROGRAM, str(ours)])  # noqa: S606


def _inherited(words: Sequence[str]) -> Heritage | None:
    if not words:
        return None
    with os.fdopen(int(words[0]), "rb") as pipe:
        return msgspec.json.decode(pipe.read(), type=Heritage)


if __name__ == "__main__":
    main(sys.argv[1:])
