"""Worker processes: furnished once, they look at chunks of files until none comes, or until whoever hired them is gone."""

import contextlib
import gc
import mmap
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkContext, SpawnContext
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any, NamedTuple, Self

import msgspec

from clearance.facts.change import Contents, FileChange
from clearance.rules.model import Rule
from clearance.scan.look import AnyFamily, Skip, look_at

Furnish = Callable[[], tuple[Sequence[AnyFamily], Mapping[str, Rule]]]
"""Gives the families and the rules that they use. Called in each worker; must survive pickling where workers are spawned."""
Chunk = list[tuple[int, list[Skip]]]
"""Numbers of files, each with the families that must not look at it again."""

STARTING = -1
IDLE = -2
_MEMORY = 4 << 30
"""What a worker may take beyond the address space that it starts with: a fork has that of whoever hired it."""
_CONTEXT: ForkContext | SpawnContext
if sys.platform == "linux":
    _CONTEXT = multiprocessing.get_context("fork")
else:  # fork is not safe with the system libraries of macOS
    _CONTEXT = multiprocessing.get_context("spawn")


class Task(NamedTuple):
    """What a worker works on: the files, the bytes behind them, the seconds that a family may spend on one, and the families
    that do not start."""

    files: Sequence[FileChange]
    contents: Contents
    seconds: float
    broken: frozenset[str]


class Worker:
    """One worker process as its supervisor sees it. `state` is shared memory: the number of the file that it looks at, that
    of the family (both `STARTING` or `IDLE` otherwise), and since when (seconds of the monotonic clock)."""

    def __init__(self, furnish: Furnish, task: Task | None, brief: int = -1) -> None:
        """Start a process. Without a `task` it waits until it is told how many bytes of one stand in the file `brief`."""
        self.connection, theirs = _CONTEXT.Pipe()
        self.state = _CONTEXT.RawArray("d", 3)
        self.chunk: Chunk = []
        self.waits()
        # A forked worker holds a copy of our end; it must let go, or it would never hear that we are gone.
        ours = self.connection if isinstance(_CONTEXT, ForkContext) else None
        arguments = (furnish, task, brief, ours, theirs, self.state)
        self.process: Any = _CONTEXT.Process(target=_work, args=arguments, daemon=True)
        self.process.start()
        theirs.close()

    def waits(self) -> None:
        """Note that the time of its start counts from now."""
        self.state[0], self.state[1], self.state[2] = STARTING, STARTING, time.monotonic()

    def give(self, chunk: Chunk) -> None:
        """Hand over files to look at."""
        self.chunk = chunk
        self._tell(chunk)

    def dismiss(self, *, kindly: bool = False) -> None:
        """End the process: at once, or after what it is doing."""
        if kindly:
            self._tell(None)
        else:
            self.process.kill()
        self.connection.close()
        self.process.join(5)

    def _tell(self, message: object) -> None:
        # An error here means that the worker is gone; its connection then reads as ended.
        with contextlib.suppress(OSError):
            self.connection.send(message)


class Reserve:
    """One worker that is furnished ahead of its task: imports and the compiling of rules take as long as the collecting of a
    change, and need it for nothing. Where processes are not forked there is none, and nothing else differs."""

    def __init__(self, furnish: Furnish) -> None:
        self._furnish = furnish
        self._worker: Worker | None = None
        if isinstance(_CONTEXT, ForkContext):
            self._brief = os.memfd_create("task")
            self._worker = Worker(furnish, None, self._brief)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the worker, if nobody took it."""
        if self._worker is not None:
            self._release().dismiss()

    def take(self, furnish: Furnish, task: Task) -> Worker | None:
        """Give the worker its task and hand it over, once; None where there is none that was furnished with the same."""
        if self._worker is None or self._furnish != furnish:
            return None
        data = ForkingPickler.dumps(task)
        # Through a file and not through the pipe: it may be long, and the worker may not be listening yet.
        with open(self._brief, "wb", closefd=False) as brief:
            brief.write(data)
        worker = self._release()
        worker.waits()
        worker._tell(len(data))  # noqa: SLF001 -- of this module
        return worker

    def _release(self) -> Worker:
        worker, self._worker = self._worker, None
        os.close(self._brief)
        if worker is None:
            raise RuntimeError("taken twice")
        return worker


def _work(
    furnish: Furnish,
    task: Task | None,
    brief: int,
    ours: "Connection[Any, Any] | None",
    connection: "Connection[Any, Any]",
    state: Any,
) -> None:
    """The life of a worker: furnish the families, then look at chunks of files until none comes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the supervisor decides when to stop
    if ours is not None:
        ours.close()
    _bound_memory()
    try:
        families, rules = furnish()
        # What a pipe says when the other end is gone: nobody wants to know any more.
        with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError):
            task = task or _briefed(brief, connection.recv())
            _look(families, rules, task, connection, state)
    except Exception:
        if os.environ.get("CLEARANCE_TRACEBACK"):
            raise
        # The supervisor tells that the process died; a traceback may show what stands in a file.
        sys.exit(70)


def _briefed(brief: int, size: int) -> Task:
    with mmap.mmap(brief, size, access=mmap.ACCESS_READ) as data:
        task: Task = ForkingPickler.loads(data)
    os.close(brief)
    return task


def _look(
    families: Sequence[AnyFamily],
    rules: Mapping[str, Rule],
    task: Task,
    connection: "Connection[Any, Any]",
    state: Any,
) -> None:
    started = []
    for number, family in enumerate(families):
        if family.name in task.broken:
            continue
        state[1], state[2] = number, time.monotonic()
        try:
            family.start(task.contents)
        except Exception as error:  # noqa: BLE001 -- a family that cannot start is a gap, told by the supervisor
            connection.send(("broken", (family.name, type(error).__name__)))
        else:
            started.append((number, family))
    # What was built until now stays; what a look makes is mostly without cycles and goes with it.
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)
    working = [family for _, family in started]
    numbers = [number for number, _ in started]

    def entering(position: int) -> None:
        state[1], state[2] = numbers[position], time.monotonic()

    state[1] = IDLE
    while chunk := connection.recv():
        for index, skips in chunk:
            state[0], state[2] = index, time.monotonic()
            result = look_at(
                task.files[index],
                task.contents,
                working,
                rules,
                seconds=task.seconds,
                skips=[Skip(*skip) for skip in skips],
                entering=entering,
            )
            state[1] = IDLE
            connection.send(("file", msgspec.msgpack.encode(result)))


def _bound_memory() -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, ValueError):
            most = _address_space() + _MEMORY
            resource.setrlimit(resource.RLIMIT_AS, (most, resource.getrlimit(resource.RLIMIT_AS)[1]))
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _address_space() -> int:
    """Give the bytes of address space of this process (proc(5), `statm`)."""
    with Path("/proc/self/statm").open(encoding="ascii") as file:
        return int(file.read().split()[0]) * resource.getpagesize()
