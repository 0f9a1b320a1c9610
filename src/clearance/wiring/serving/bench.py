"""Worker processes that answer one question at a time; one that takes too long, or is not wanted any more, is killed."""

import asyncio
import contextlib
import os
import signal
import struct
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, Self, TypeVar

import msgspec

from clearance.facts.errors import ClearanceError, CouldNotLook, UsageError

T = TypeVar("T")

LENGTH = struct.Struct(">Q")
"""What stands before each message of either side: its length in bytes."""
MOST_BYTES = 256 << 20
"""The longest message."""
_MOST_WAITING = 128 << 20


class Job(NamedTuple, Generic[T]):
    """A question: its name, which is that of a function of `clearance.wiring.serving.jobs`, and what that answers."""

    name: str
    answer: type[T]


class Failure(msgspec.Struct, frozen=True, array_like=True):
    """A `ClearanceError` on its way out of a worker."""

    used_wrongly: bool
    what: str
    where: str
    next: str

    @classmethod
    def of(cls, error: ClearanceError) -> Self:
        """Write an error down."""
        return cls(isinstance(error, UsageError), error.what, error.where, error.next)

    def error(self) -> ClearanceError:
        """Give the error back."""
        kind = UsageError if self.used_wrongly else CouldNotLook
        return kind(self.what, where=self.where, next=self.next)


class Busy(CouldNotLook):
    """As many questions wait as may wait."""


class Bench:
    """At most `hands` worker processes, and at most `waiting` questions, 128 MiB together, that wait for one. For one event
    loop of asyncio."""

    def __init__(self, environment: Mapping[str, str], *, hands: int = 2, waiting: int = 64) -> None:
        self._environment = dict(environment)
        self._free = asyncio.Semaphore(hands)
        self._most_waiting = waiting
        self._waiting = self._waiting_bytes = 0
        self._idle: list[_Hand] = []
        self._all: set[_Hand] = set()
        self._closed = False
        self._starting: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        """Start one worker ahead of the first question: it gets ready while whoever asks does."""
        self._idle.append(await self._hire())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave no process behind."""
        self._closed = True
        for task in self._starting:
            task.cancel()
        for hand in tuple(self._all):
            await self._end(hand)

    async def ask(self, job: Job[T], arguments: Mapping[str, Any], *, seconds: float) -> T:
        """Let a worker answer. Whoever cancels this ends the worker and everything that it started.

        Raises:
            Busy: too many questions wait already.
            UsageError: what was asked makes no sense.
            CouldNotLook: no answer within the time, the worker died, or it could not look.
        """
        try:
            question = msgspec.msgpack.encode((job.name, arguments))
        except UnicodeEncodeError:
            raise UsageError("holds half a character (a lone surrogate)", next="give text that is Unicode") from None
        if len(question) > MOST_BYTES:
            raise UsageError(f"more than {MOST_BYTES:,} bytes", next="ask about less at once")
        full = self._waiting >= self._most_waiting or self._waiting_bytes + len(question) > _MOST_WAITING
        if self._waiting and self._free.locked() and full:
            raise Busy(f"{self._waiting} questions wait already", next="ask again when some are answered")
        self._waiting += 1
        self._waiting_bytes += len(question)
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
            self._waiting_bytes -= len(question)
        try:
            return msgspec.msgpack.decode(await self._answer(question, seconds), type=job.answer)
        finally:
            self._free.release()

    async def _answer(self, question: bytes, seconds: float) -> bytes:
        hand = self._idle.pop() if self._idle else await self._hire()
        try:
            async with asyncio.timeout(seconds):
                good, answer = await hand.ask(question)
        except TimeoutError:
            await self._lose(hand)
            raise CouldNotLook(
                f"no answer after {seconds:g} s", next="nothing was decided: ask about less, or look at the machine's load"
            ) from None
        except (asyncio.IncompleteReadError, OSError, ValueError):
            await self._lose(hand)
            raise CouldNotLook(
                "the process that looked died", next="nothing was decided: ask again, and report it"
            ) from None
        except BaseException:
            await self._lose(hand)
            raise
        self._idle.append(hand)
        if not good:
            raise msgspec.msgpack.decode(answer, type=Failure).error()
        return answer

    async def _hire(self) -> "_Hand":
        if self._closed:
            raise CouldNotLook("shutting down")
        try:
            hand = await _Hand.start(self._environment)
        except (OSError, RuntimeError):
            raise CouldNotLook(
                "no process could be started to look", next="nothing was decided: look at the machine's limits and memory"
            ) from None
        self._all.add(hand)
        return hand

    async def _lose(self, hand: "_Hand") -> None:
        await self._end(hand)
        self._replace()

    async def _end(self, hand: "_Hand") -> None:
        self._all.discard(hand)
        hand.kill()
        # Whoever cancelled the question must not wait for the kernel to clean up.
        with contextlib.suppress(TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(asyncio.shield(hand.process.wait()), 2)

    def _replace(self) -> None:
        """Start a worker, so that the next question does not wait for that."""

        async def start() -> None:
            with contextlib.suppress(OSError, CouldNotLook):
                self._idle.append(await self._hire())

        if not self._closed and not self._idle:
            task = asyncio.get_running_loop().create_task(start())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)


class _Hand:
    """One worker process, seen from outside."""

    def __init__(self, process: Process) -> None:
        self.process = process

    @classmethod
    async def start(cls, environment: Mapping[str, str]) -> Self:
        traced = None if environment.get("CLEARANCE_TRACEBACK") else DEVNULL
        # -P, and the root as the working directory: else modules of the repository under guard would be imported.
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "clearance.wiring.serving.worker", str(os.getpid()),
            stdin=PIPE, stdout=PIPE, stderr=traced, start_new_session=True, env=dict(environment), cwd="/",
        )  # fmt: skip
        return cls(process)

    async def ask(self, question: bytes) -> tuple[bool, bytes]:
        """Send a question and wait for its answer: whether it is one, and the bytes."""
        if self.process.stdin is None or self.process.stdout is None:
            raise ValueError("no pipes")
        self.process.stdin.write(LENGTH.pack(len(question)))
        self.process.stdin.write(question)
        await self.process.stdin.drain()
        (size,) = LENGTH.unpack(await self.process.stdout.readexactly(LENGTH.size))
        if not 0 < size <= MOST_BYTES:
            raise ValueError("too long an answer")
        answer = await self.process.stdout.readexactly(size)
        return answer[:1] == b"+", answer[1:]

    def kill(self) -> None:
        """End the process and all that it began."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        if self.process.stdin is not None:
            self.process.stdin.close()
