"""The wire: lines of bounded length, floods, cancelled calls, crashes, whoever does not read."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.frontends.mcp import stdio
from clearance.frontends.mcp.server import _client_name
from clearance.frontends.mcp.stdio import _lines, _refusal, _TooLong
from frontends.mcp.talking import COMMAND
from wiring.serving.slow import SLOW


def read(data: bytes, size: int = 1 << 16) -> list[str | _TooLong]:
    reading, writing = os.pipe()

    def write() -> None:
        with contextlib.suppress(BrokenPipeError), os.fdopen(writing, "wb", buffering=0) as pipe:
            for start in range(0, len(data), size):
                pipe.write(data[start : start + size])

    thread = threading.Thread(target=write)
    thread.start()
    lines = list(_lines(reading))
    thread.join()
    os.close(reading)
    return lines


@given(st.lists(st.binary(max_size=60).map(lambda data: data.replace(b"\n", b"")), max_size=8), st.integers(1, 50))
def test_lines_are_the_same_however_they_come_in(lines: list[bytes], size: int) -> None:
    told = read(b"".join(line + b"\n" for line in lines), size)
    assert told == [line.decode("utf-8", "replace") for line in lines if line]


def test_a_last_line_needs_no_end() -> None:
    assert read(b"one\ntwo") == ["one", "two"]


@pytest.mark.parametrize(
    ("before", "after", "id"),
    [
        ('{"jsonrpc":"2.0","id":7,"method":"x","params":"', '"}', "7"),
        ('{"jsonrpc": "2.0", "method": "x", "id": "a-1", "params": "', '"}', '"a-1"'),
        ('{"method":"x","params":{"a":"', '"},"jsonrpc":"2.0","id":9}', "9"),
        ('{"method":"x","params":{"id":5,"a":"', '"}}', "null"),
        ('{"method":"x","params":{"a":"', '","id":5}}', "null"),
        ("", "", "null"),
    ],
)
def test_a_line_that_is_too_long_is_refused_by_its_id(
    monkeypatch: pytest.MonkeyPatch, before: str, after: str, id: str
) -> None:
    monkeypatch.setattr(stdio, "MOST_LINE", 100_000)
    long = f"{before}{'a' * 300_000}{after}".encode()
    first, second = read(long + b"\nnext\n")
    assert isinstance(first, _TooLong)
    assert second == "next"
    assert len(first.head) + len(first.tail) < 20_000
    answer = json.loads(_refusal(*first, "too long"))
    assert answer["id"] == json.loads(id)
    assert answer["error"]["code"] == -32600


class Raw:
    """A server as a process, spoken to in bytes."""

    def __init__(self, directory: Path) -> None:
        self.process = subprocess.Popen([*COMMAND, "-C", directory], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.heard: dict[Any, dict[str, Any]] = {}
        self.news = threading.Condition()
        self.listening = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        self.listening.wait()
        assert self.process.stdout is not None
        for line in self.process.stdout:
            message = json.loads(line)
            with self.news:
                self.heard[message.get("id")] = message
                self.news.notify_all()

    def send(self, message: object) -> None:
        self.write(json.dumps(message).encode() + b"\n")

    def write(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def call(self, id: object, tool: str, arguments: dict[str, Any]) -> None:
        parameters = {"name": tool, "arguments": arguments}
        self.send({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": parameters})

    def wait(self, id: object) -> dict[str, Any]:
        with self.news:
            assert self.news.wait_for(lambda: id in self.heard, timeout=90), f"no answer to {id}"
            return self.heard[id]

    def greet(self) -> None:
        self.listening.set()
        client = {"name": "test", "version": "1"}
        parameters = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
        self.send({"jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": parameters})
        self.wait("hello")
        self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def workers(self) -> set[int]:
        listed = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True).stdout
        rows = (line.split() for line in listed.splitlines()[1:])
        return {int(pid) for pid, parent in rows if parent == str(self.process.pid)}


@pytest.fixture
def raw(repository: Path) -> Iterator[Raw]:
    server = Raw(repository)
    try:
        yield server
    finally:
        server.listening.set()
        server.process.kill()
        server.process.wait()
        for pipe in (server.process.stdin, server.process.stdout):
            with contextlib.suppress(BrokenPipeError, ValueError):
                pipe and pipe.close()


def test_a_flood_is_answered_and_what_may_not_wait_is_refused_as_no_pass(raw: Raw) -> None:
    raw.greet()
    raw.call("slow 1", "check_code", {"text": SLOW, "language": "python"})
    raw.call("slow 2", "check_code", {"text": SLOW, "language": "python"})
    for number in range(100):
        raw.call(number, "check_prompt", {"text": "hello"})
    raw.send({"jsonrpc": "2.0", "id": "ping", "method": "ping"})
    raw.wait("ping")
    for id in ("slow 1", "slow 2"):
        raw.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}})
    answers = [raw.wait(number)["result"] for number in range(100)]
    refused = [answer for answer in answers if answer["isError"]]
    assert 36 <= len(refused) <= 38  # two at most are the server's own questions
    for answer in refused:
        assert answer["structuredContent"]["clean"] is False
        assert "64 questions wait already" in answer["content"][0]["text"]


def test_a_cancelled_call_stops_its_work_and_a_crash_is_no_pass(raw: Raw) -> None:
    raw.greet()
    raw.call(1, "check_prompt", {"text": "hello"})
    raw.wait(1)
    raw.call("cancelled", "check_code", {"text": SLOW, "language": "python"})
    raw.call("crashed", "check_code", {"text": SLOW, "language": "python"})
    time.sleep(0.5)
    before = raw.workers()
    raw.send({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "cancelled"}})
    end = time.monotonic() + 30
    while before <= raw.workers():
        assert time.monotonic() < end
        time.sleep(0.05)
    for pid in before & raw.workers():
        os.kill(pid, signal.SIGKILL)
    crashed = raw.wait("crashed")["result"]
    assert crashed["isError"]
    assert crashed["structuredContent"]["could_not_look"]
    assert not crashed["structuredContent"]["clean"]
    assert "no pass" in crashed["content"][0]["text"]
    raw.call(2, "check_prompt", {"text": "hello"})
    assert raw.wait(2)["result"]["structuredContent"]["clean"]
    assert "cancelled" not in raw.heard


def test_rubbish_and_messages_of_any_length_end_nothing(raw: Raw) -> None:
    raw.greet()
    raw.write(b"rubbish\n\xff\xfe\n[]\n{}\n\n" + b'{"jsonrpc":"2.0","id":"long","method":"' + b"a" * (stdio.MOST_LINE + 1))
    raw.write(b'"}\n')
    assert "was not read" in raw.wait("long")["error"]["message"]
    assert raw.wait(None)["error"]["message"] == "this is no message"
    raw.call("deep", "check_prompt", {"text": "x", "more": json.loads("[" * 400 + "]" * 400)})
    assert "error" in raw.wait("deep")
    raw.send({"jsonrpc": "2.0", "id": "odd", "method": 7})
    assert "error" in raw.wait("odd")
    raw.send({"jsonrpc": "2.0", "id": "ping", "method": "ping"})
    assert raw.wait("ping")["result"] == {}


class Unread:
    """An output whose reader reads nothing."""

    def __init__(self) -> None:
        self.finished = 0
        self.written = asyncio.Event()

    async def write(self, _: str) -> None:
        await self.written.wait()


def test_whoever_does_not_read_is_not_read_from(tmp_path: Path) -> None:
    (tmp_path / "lines").write_text("line\n" * 5000)

    async def story() -> None:
        descriptor = os.open(tmp_path / "lines", os.O_RDONLY)
        output: Any = Unread()
        taken = 0

        async def take() -> None:
            nonlocal taken
            async for _ in stdio._Input(descriptor, output):
                taken += 1

        taking = asyncio.create_task(take())
        await asyncio.wait((taking,), timeout=2)
        assert taken == stdio._MOST_UNANSWERED
        assert not taking.done()
        output.finished += 1
        output.written.set()
        await taking
        assert taken == 5000
        os.close(descriptor)

    asyncio.run(story())


def test_it_ends_when_the_client_closes_and_leaves_nothing_behind(raw: Raw) -> None:
    raw.greet()
    raw.call(1, "check_prompt", {"text": "hello"})
    raw.wait(1)
    workers = raw.workers()
    raw.call("slow", "check_code", {"text": SLOW, "language": "python"})
    assert raw.process.stdin is not None
    raw.process.stdin.close()
    assert raw.process.wait(30) == 0
    assert workers
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def test_when_it_is_killed_its_workers_go_too(raw: Raw) -> None:
    raw.greet()
    raw.call("slow", "check_code", {"text": SLOW, "language": "python"})
    time.sleep(1)
    workers = raw.workers()
    raw.process.kill()
    raw.process.wait()
    end = time.monotonic() + 20
    while [pid for pid in workers if Path(f"/proc/{pid}/exe").exists()]:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert workers


@pytest.mark.parametrize(
    ("said", "name"), [("", "an agent"), ("  ", "an agent"), ("x" * 99, "x" * 80), ("a\x1b[31m", "a\\x1b[31m")]
)
def test_a_client_without_a_name_is_an_agent(said: str, name: str) -> None:
    params = SimpleNamespace(client_info=SimpleNamespace(name=said))
    assert _client_name(SimpleNamespace(session=SimpleNamespace(client_params=params))) == name  # type: ignore[arg-type]
    assert _client_name(SimpleNamespace(session=SimpleNamespace(client_params=None))) == "an agent"  # type: ignore[arg-type]
