"""What the tests of the resident share: a folder of its own, questions to a toy, and its end."""

import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from clearance.frontends.resident.person import Seen, look
from clearance.frontends.resident.start import holder
from clearance.frontends.resident.transport import Place, place_of

TOY = str(Path(__file__).with_name("toy.py").absolute())


class House:
    """A place for a resident in a test's own folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        kept = {name: value for name, value in os.environ.items() if name not in {"CLEARANCE_RESIDENT", "PYTHONPATH"}}
        self.environment = kept | {"XDG_RUNTIME_DIR": str(folder)}

    @property
    def place(self) -> Place:
        return place_of(self.environment)

    def ask(self, payload: bytes | dict[str, Any], event: str = "slow", **more: str) -> "subprocess.CompletedProcess[bytes]":
        """Run a client to its end."""
        data = json.dumps(payload).encode() if isinstance(payload, dict) else payload
        words = [sys.executable, TOY, "client", "toy", event]
        return subprocess.run(words, input=data, capture_output=True, check=False, env=self.environment | more, timeout=120)

    def tell(self, word: str = "", **more: str) -> dict[str, Any]:
        """Have the toy tell what it sees."""
        done = self.ask({"do": "tell", "word": word}, **more)
        assert done.returncode == 3, done
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def hang(self, note: Path, **more: str) -> "subprocess.CompletedProcess[bytes]":
        """Have the toy hang beyond its time; again, where a busy machine left no time to begin."""
        for _ in range(50):
            done = self.ask({"do": "hang", "note": str(note)}, "quick", **more)
            if note.exists():
                break
        return done

    def resident(self) -> int:
        """Give the process id of the resident; 0 if there is none."""
        return holder(self.place)

    def seen(self) -> Seen:
        """See how it does; one that is too busy to say so at once is asked again."""
        end = time.monotonic() + 60.0
        while (found := look(self.place)).problem == "it does not answer" and time.monotonic() < end:
            time.sleep(0.02)
        return found

    def starting(self) -> bool:
        """Tell whether somebody holds the lock: a resident does before it can say who it is, and until it is gone."""
        return _held(self.place)

    def settled(self) -> int:
        """Start a resident by asking once, and wait until it answers."""
        self.ask(b"hello")
        self.until(lambda: (status := self.seen().status) is not None and status.waiting > 0)
        return self.resident()

    def until(self, true: Callable[[], object], seconds: float = 60.0) -> None:
        """Wait for something that must come; how long is no matter of the test."""
        end = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < end, (self.seen(), self.log())
            time.sleep(0.02)

    def log(self) -> str:
        file = Path(self.place.file("log"))
        return file.read_text() if file.exists() else ""


@contextlib.contextmanager
def house(folder: Path) -> Iterator[House]:
    """Give a place for a resident; none is left behind."""
    made = House(folder)
    try:
        yield made
    finally:
        # One that just begins has the lock, and has not said yet who it is.
        made.until(lambda: not _held(made.place) or _killed(made.resident()))
        made.until(lambda: not _held(made.place))


def _held(place: Place) -> bool:
    try:
        with Path(place.file("lock")).open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False


def _killed(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        if pid:
            os.kill(pid, signal.SIGKILL)
    return pid > 0


def alive(pid: int) -> bool:
    """Tell whether a process lives; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
