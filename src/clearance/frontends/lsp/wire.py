"""The wires: standard input and output, or a socket of this machine for who debugs an editor."""

import asyncio
import contextlib
import ipaddress
import os
import queue
import sys
import threading
from collections.abc import Mapping
from typing import Any, BinaryIO

from clearance.facts.errors import CouldNotLook, UsageError
from clearance.frontends.streams import claimed
from clearance.wiring.serving import Bench

_MOST = 512 << 20
"""Bytes of the longest message: a document of 20 MB, each character escaped, is far below."""
_LONGEST_HEADER = 4096


class _Reader:
    """Reads in a thread of its own, which does not keep the process alive."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._loop = asyncio.get_running_loop()
        self._asked: queue.SimpleQueue[tuple[int, asyncio.Future[bytes]]] = queue.SimpleQueue()
        threading.Thread(target=self._work, daemon=True, name="input").start()

    async def readline(self) -> bytes:
        """Read a line of the head of a message; empty at the end."""
        line = await self._read(0)
        if len(line) >= _LONGEST_HEADER:
            raise CouldNotLook("a header without an end came in; this is no client of the Language Server Protocol")
        return line

    async def readexactly(self, n: int) -> bytes:
        """Read a body; less only at the end."""
        if n > _MOST:
            raise CouldNotLook(f"a message of more than {_MOST:,} bytes came in")
        return await self._read(n)

    async def _read(self, size: int) -> bytes:
        future: asyncio.Future[bytes] = self._loop.create_future()
        self._asked.put((size, future))
        return await future

    def _work(self) -> None:
        while True:
            size, future = self._asked.get()
            try:
                data = self._source.read(size) if size else self._source.readline(_LONGEST_HEADER)
            except (OSError, ValueError):
                data = b""
            try:
                self._loop.call_soon_threadsafe(_settle, future, data)
            except RuntimeError:  # the loop is closed
                return


def _settle(future: "asyncio.Future[bytes]", data: bytes) -> None:
    if not future.done():
        future.set_result(data)


class _Writer:
    """Writes whole messages."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target

    def close(self) -> None:
        """Write what is left."""
        with contextlib.suppress(OSError):
            self._target.flush()

    def write(self, data: bytes) -> None:
        """Write a message."""
        try:
            self._target.write(data)
            self._target.flush()
        except OSError:
            sys.exit(0)  # the editor is gone


async def _serve(environment: Mapping[str, str], reading: Any, writing: Any) -> None:
    async with Bench(environment) as bench:  # first of all: its worker gets ready while the packages are imported
        from clearance.frontends.lsp.server import serve

        await serve(bench, reading, writing)


async def over_stdio(environment: Mapping[str, str]) -> None:
    """Serve the editor that started this process. Whatever else prints in this process meets standard error."""
    reading, writing = claimed()
    await _serve(environment, _Reader(os.fdopen(reading, "rb")), _Writer(os.fdopen(writing, "wb")))


async def over_tcp(environment: Mapping[str, str], address: str) -> None:
    """Serve one editor over a socket of this machine.

    Raises:
        UsageError: no address, or one that others reach.
        CouldNotLook: the system does not give it.
    """
    host, _, port = address.rpartition(":")
    try:
        here = ipaddress.ip_address(host.strip("[]") if host != "localhost" else "127.0.0.1")
        number = int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else -1
    except ValueError:
        number = -1
    if not 0 <= number <= 65535:
        raise UsageError("is no HOST:PORT of this machine", where=address[:200], next="say 127.0.0.1:8766, say")
    if not here.is_loopback:
        raise UsageError("others would reach that address: there is no password", where=address[:200], next="say 127.0.0.1")
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server.close()
        try:
            await _serve(environment, reader, writer)
        except SystemExit:  # the editor said goodbye
            pass
        finally:
            if not ended.done():
                ended.set_result(None)

    try:
        server = await asyncio.start_server(connected, str(here), number)
    except OSError as error:
        raise CouldNotLook(f"cannot listen: {error.strerror}", where=address[:200], next="choose another port") from None
    sys.stderr.write(f"clearance lsp: {':'.join(map(str, server.sockets[0].getsockname()[:2]))}\n")
    sys.stderr.flush()
    await ended
