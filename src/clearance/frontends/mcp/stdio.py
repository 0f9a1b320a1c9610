"""Standard input and output as the wire: lines of bounded length, and whoever does not read is not read from."""

import asyncio
import contextlib
import os
import queue
import re
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from clearance.frontends.streams import claimed
from clearance.wiring.serving import Bench

MOST_LINE = 32 << 20
"""Bytes of the longest message that is read; longer ones are answered with an error."""
_MOST_AHEAD = 4
"""Lines that were read and not yet taken."""
_MOST_UNANSWERED = 256
"""Lines that are taken while the other side does not read what is answered."""
_KEPT = 4096
_CHUNK = 1 << 16
_ID = r'"id"\s*:\s*(?P<id>-?\d{1,18}|"[^"\\\x00-\x1f]{0,128}")'
_ID_AT_HEAD = re.compile(rf'\s*\{{\s*(?:"(?:jsonrpc|method)"\s*:\s*"[^"\\]*"\s*,\s*)*{_ID}')
_ID_AT_TAIL = re.compile(
    rf'\}}\s*,\s*(?:"(?:jsonrpc|method)"\s*:\s*"[^"\\]*"\s*,\s*)*{_ID}\s*(?:,\s*"(?:jsonrpc|method)"\s*:\s*"[^"\\]*"\s*)*\}}\s*\Z'
)


class _TooLong(NamedTuple):
    """Both ends of a line that was dropped."""

    head: str
    tail: str


class _Output:
    """Writes in a thread of its own, so that a reader who does not read holds up nobody else."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._queue: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]]] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self.written = asyncio.Event()
        self.written.set()
        self.finished = 0
        threading.Thread(target=self._work, daemon=True, name="output").start()

    async def write(self, text: str) -> None:
        """Write; done when the other side has taken it, or the pipe has."""
        future: asyncio.Future[None] = self._loop.create_future()
        self.written.clear()
        self._queue.put((text.encode("utf-8", "replace"), future))
        try:
            await future
        except OSError:
            import anyio

            raise anyio.ClosedResourceError from None
        finally:
            self.finished += 1
            self.written.set()

    def _work(self) -> None:
        while True:
            data, future = self._queue.get()
            failed: OSError | None = None
            try:
                view = memoryview(data)
                while view:
                    view = view[os.write(self._descriptor, view) :]
            except OSError as error:
                failed = error
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                self._loop.call_soon_threadsafe(_settle, future, failed)


def _settle(future: "asyncio.Future[None]", failed: OSError | None) -> None:
    if not future.done():
        if failed is None:
            future.set_result(None)
        else:
            future.set_exception(failed)


class _Input:
    """Lines of text, one message each. An endless one never fills the memory."""

    def __init__(self, descriptor: int, output: _Output) -> None:
        self._descriptor = descriptor
        self._output = output
        self._loop = asyncio.get_running_loop()
        self._lines: asyncio.Queue[str | _TooLong | None] = asyncio.Queue()
        self._room = threading.Semaphore(_MOST_AHEAD)
        threading.Thread(target=self._work, daemon=True, name="input").start()

    async def __aiter__(self) -> AsyncIterator[str]:
        """Give line after line until the input ends."""
        unanswered, finished = 0, 0
        while (line := await self._lines.get()) is not None:
            self._room.release()
            if isinstance(line, _TooLong):
                await self._output.write(_refusal(*line, f"a message of more than {MOST_LINE:,} bytes was not read"))
                continue
            unanswered = unanswered + 1 if self._output.finished == finished else 0
            finished = self._output.finished
            if unanswered > _MOST_UNANSWERED:
                await self._output.written.wait()
            yield line

    def _work(self) -> None:
        for line in _lines(self._descriptor):
            self._room.acquire()
            if not self._tell(line):
                return
        self._tell(None)

    def _tell(self, line: str | _TooLong | None) -> bool:
        try:
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)
        except RuntimeError:  # the loop is closed
            return False
        return True


def _lines(descriptor: int) -> Iterator[str | _TooLong]:
    """Read lines; of one that is too long only both ends are kept."""
    held: list[bytes] = []
    size = 0
    long: bytes | None = None
    while True:
        try:
            chunk = os.read(descriptor, _CHUNK)
        except OSError:
            chunk = b""
        *ends, rest = chunk.split(b"\n") if chunk else (b"", b"")
        for part in ends:
            held.append(part)
            size += len(part)
            if long is not None or size > MOST_LINE:
                yield _ends(long, held)
            elif size:
                yield b"".join(held).decode("utf-8", "replace")
            held, size, long = [], 0, None
        if not chunk:
            return
        held.append(rest)
        size += len(rest)
        if size > MOST_LINE:
            joined = b"".join(held)
            long = joined[:_KEPT] if long is None else long
            held, size = [joined[-_KEPT:]], min(_KEPT, len(joined))


def _ends(head: bytes | None, held: list[bytes]) -> _TooLong:
    rest = b"".join(held)
    return _TooLong((head or rest[:_KEPT]).decode("utf-8", "replace"), rest[-_KEPT:].decode("utf-8", "replace"))


def _refusal(head: str, tail: str, message: str) -> str:
    """Answer what was not read: with its id where that can be told, as JSON-RPC 2.0 wants it."""
    found = _ID_AT_HEAD.match(head) or _ID_AT_TAIL.search(tail)
    named = found["id"] if found else "null"
    return f'{{"jsonrpc":"2.0","id":{named},"error":{{"code":-32600,"message":"{message}"}}}}\n'


@contextmanager
def _claimed() -> Iterator[tuple[int, int]]:
    """Take both standard streams, and give them back."""
    reading, writing = claimed()
    try:
        yield reading, writing
    finally:
        os.dup2(writing, 1)
        os.dup2(reading, 0)


@asynccontextmanager
async def wire() -> AsyncIterator[tuple[Any, Any]]:
    """Give the streams of messages that `mcp.server.lowlevel.Server.run` reads and writes."""
    import anyio
    from mcp.shared.message import SessionMessage

    with _claimed() as (reading, writing):
        output = _Output(writing)
        lines = _Input(reading, output)
        into, received = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        sent, out = anyio.create_memory_object_stream[SessionMessage](0)

        async def write() -> None:
            async with out:
                async for message in out:
                    await output.write(message.message.model_dump_json(by_alias=True, exclude_unset=True) + "\n")

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_receive, lines, output, into)
            tasks.start_soon(write)
            yield received, sent
            tasks.cancel_scope.cancel()


async def _receive(lines: _Input, output: _Output, into: Any) -> None:
    """Hand messages over; what is none is answered with an error."""
    from mcp.shared.message import SessionMessage
    from mcp_types import jsonrpc_message_adapter

    async with into:
        async for line in lines:
            try:
                message = jsonrpc_message_adapter.validate_json(line, by_name=False)
            except ValueError:
                await output.write(_refusal(line[:_KEPT], line[-_KEPT:], "this is no message"))
            else:
                await into.send(SessionMessage(message))


async def serve_stdio(environment: Mapping[str, str], directory: Path | None) -> None:
    """Serve one client over standard input and output until it closes its side."""
    async with Bench(environment) as bench:  # first of all: its worker gets ready while the packages are imported
        from clearance.frontends.mcp.server import Service, quiet

        async with wire() as (reading, writing):
            quiet(environment)
            service = Service(bench, directory, local=True)
            service.begin()
            await service.server.run(reading, writing, service.options)
