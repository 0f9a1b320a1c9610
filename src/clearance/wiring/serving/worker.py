"""A worker process: reads questions from standard input and writes answers, until nobody is there any more."""

import contextlib
import gc
import os
import signal
import sys
from typing import BinaryIO

import msgspec

from clearance.facts.errors import ClearanceError, CouldNotLook
from clearance.wiring.serving.bench import LENGTH, MOST_BYTES, Failure

_MEMORY = 6 << 30
_PARENT_DEATH = 1
"""PR_SET_PDEATHSIG of prctl(2)."""


def main() -> None:
    """Answer questions until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the person at the terminal; whoever started this decides
    _die_with(int(sys.argv[1]))
    questions, answers = _wires()
    _bound()
    from clearance.wiring.serving.jobs import Desk

    desk = Desk(os.environ)
    with contextlib.suppress(ClearanceError):
        desk.warm()
    gc.collect()
    gc.freeze()
    while question := _read(questions):
        answer = _answer(desk, question)
        answers.write(LENGTH.pack(len(answer)))
        answers.write(answer)
        answers.flush()


def _answer(desk: object, question: bytes) -> bytes:
    name, arguments = msgspec.msgpack.decode(question, type=tuple[str, dict[str, object]])
    try:
        answer = getattr(desk, name)(**arguments)
    except ClearanceError as error:
        return b"-" + msgspec.msgpack.encode(Failure.of(error))
    except Exception as error:
        if os.environ.get("CLEARANCE_TRACEBACK"):
            raise
        # What it says may hold what stands in a file: only its kind is told.
        what = f"internal error {type(error).__name__}"
        return b"-" + msgspec.msgpack.encode(Failure.of(CouldNotLook(what, next="nothing was decided; please report this")))
    return b"+" + msgspec.msgpack.encode(answer)


def _read(questions: BinaryIO) -> bytes:
    """Read one question; empty where nobody asks any more."""
    head = questions.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return b""
    (size,) = LENGTH.unpack(head)
    data = questions.read(size) if size <= MOST_BYTES else b""
    return data if len(data) == size else b""


def _wires() -> tuple[BinaryIO, BinaryIO]:
    """Take standard input and output for questions and answers; whatever else reads or writes there meets nothing."""
    questions, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return os.fdopen(questions, "rb"), os.fdopen(answers, "wb")


def _die_with(parent: int) -> None:
    """End when the process that asks ends, even in the middle of a question."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(0)


def _bound() -> None:
    import resource

    for what, most in ((resource.RLIMIT_AS, _MEMORY), (resource.RLIMIT_CORE, 0)):
        if what == resource.RLIMIT_AS and sys.platform != "linux":
            continue
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(what, (most, resource.getrlimit(what)[1]))


if __name__ == "__main__":
    main()
