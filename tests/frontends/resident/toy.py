"""A resident and its client with a toy in the place of the judge: `toy.py client|resident|spawned …`.

The payload tells the toy what to do, so that a test can have a child crash, hang, or tell what it sees.
"""

import json
import os
import signal
import subprocess
import sys
import time
import types
from pathlib import Path
from typing import NamedTuple

HERE = str(Path(__file__).absolute())
SEEN: list[str] = []


class Answer(NamedTuple):
    exit: int
    stdout: bytes
    stderr: bytes


class Engine:
    def __init__(self, environment: dict[str, str]) -> None:
        self._environment = environment
        self.built = ""

    def warm(self, also: tuple[str, ...] = ()) -> None:
        if os.environ.get("CLEARANCE_TOY_BROKEN"):
            os.kill(os.getpid(), signal.SIGKILL)

    def under(self, environment: dict[str, str]) -> "Engine":
        return Engine(environment)

    def cold(self) -> str:
        return self.built


def descriptors() -> list[str]:
    """What is open above the standard streams."""
    paths = [path for path in Path("/proc/self/fd").iterdir() if int(path.name) > 2 and path.exists()]
    return sorted(str(path.readlink()).partition(":")[0] for path in paths)


def leave(note: str, other: int) -> None:
    """Leave a note with this process and another one: who sees it sees all of it."""
    half = Path(f"{note}.half")
    half.write_text(f"{os.getpid()} {other}")
    half.rename(note)


def answer(
    assistant: str, event: str, payload: bytes, directory: Path, environment: dict[str, str], engine: Engine
) -> Answer:
    if payload[:1] != b"{":
        return Answer(0, payload[:20] + b" %d" % len(payload), b"")
    asked = json.loads(payload)
    if "rehearsal" in str(asked.get("session_id")):
        return Answer(0, b"", b"")
    match asked["do"]:
        case "tell":
            told = {
                "pid": os.getpid(), "parent": os.getppid(), "cwd": str(Path.cwd()), "directory": str(directory),
                "environment": dict(environment), "own": dict(os.environ), "seen": list(SEEN), "event": event,
                "descriptors": descriptors(), "group": os.getpgid(0),
            }  # fmt: skip
            SEEN.append(asked.get("word", ""))
            return Answer(3, json.dumps(told).encode(), b"said")
        case "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        case "end":
            os._exit(7)
        case "raise":
            raise RuntimeError("no")
        case "memory":
            return Answer(0, b"%d" % len(bytearray(1 << 34)), b"")
        case "hang":
            # What a child started must not outlive it.
            child = subprocess.Popen(["sleep", "600"])
            leave(asked["note"], child.pid)
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGALRM})
            time.sleep(600)
        case "hang alone":
            leave(asked["note"], os.getppid())
            time.sleep(600)
        case "build":
            engine.built = asked["what"]
            return Answer(0, b"built", b"")
    raise AssertionError(asked)


def install() -> None:
    for name, given in (
        ("clearance.frontends.hooks.answer", {"answer": answer, "Answer": Answer}),
        ("clearance.wiring.acts", {"Engine": Engine}),
    ):
        module = types.ModuleType(name)
        vars(module).update(given)
        sys.modules[name] = module
    from clearance.frontends.hooks import closed
    from clearance.frontends.resident import start

    closed.CLOSED.clear()
    closed.CLOSED["toy"] = {
        "slow": (60.0, 2, "", "denied: {why}"),
        "quick": (1.2, 0, '{"denied": "{why}"}', "told: {why}"),
    }
    start.PROGRAM = ("-P", HERE, "resident")
    start._FIRST_WAIT = float(os.environ.get("CLEARANCE_TOY_WAIT", start._FIRST_WAIT))


def main(part: str, *words: str) -> None:
    install()
    if part == "client":
        from clearance.frontends.hooks import client

        # A busy machine is no resident that hangs, unless a test says so.
        client._SILENCE = float(os.environ.get("CLEARANCE_TOY_SILENCE", "60"))
        sys.argv = ["clearance-hook", *words]
        client.main()
    elif part == "resident":
        from clearance.frontends.resident import brood, child, nursery, server
        from clearance.frontends.resident.__main__ import main as serve
        from clearance.frontends.resident.code import Code

        nursery.SPAWNED = ("-P", HERE, "spawned")
        Code.changed = lambda _: False  # somebody may edit this very tree
        server._BETWEEN = 0.0
        server._TICK = 0.2
        brood._READING = 60.0  # on a busy machine nobody is late, unless a test says so
        if not os.environ.get("CLEARANCE_TOY_IMPATIENT"):
            server._PATIENCE = 60.0
            child.read_question.__defaults__ = (60.0,)
        serve(list(words))
    elif part == "begin":
        from clearance.frontends.resident.start import begin
        from clearance.frontends.resident.transport import place_of

        print(begin(place_of(os.environ)))  # noqa: T201
    else:
        from clearance.frontends.resident.spawned import main as be_spawned

        be_spawned(int(words[0]))


if __name__ == "__main__":
    main(*sys.argv[1:])
