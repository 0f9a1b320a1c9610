"""The life of a child of the resident: it waits, answers one question, and is gone, with all that it saw."""

import os
import signal
import socket
import time
from types import FrameType
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from clearance.frontends.resident.frame import ANSWER, BEGUN, QUESTION, REFUSAL, BadFrame, pack, receive
from clearance.frontends.resident.judge import bound, enter, judge

if TYPE_CHECKING:
    from clearance.wiring.acts import Engine

READY, STARTED, ANSWERING, DONE = b"W", b"B", b"A", b"D"
"""What a child tells the resident: it waits; it judges (four bytes of milliseconds follow); it is about to answer; it has
answered (two bytes of length and a name follow: what had to be built for it)."""
FRESH = b"F"
"""What the resident tells a child: the code is still what it was when it was loaded, so an answer may be given."""
_READING = 1.0  # seconds in which a question must have come whole
_MOST_SECONDS = 3600.0


class Question(NamedTuple):
    """What a client asks."""

    identity: str
    assistant: str
    event: str
    directory: str
    seconds: float
    environment: dict[str, str]
    payload: bytes


def read_question(connection: socket.socket, seconds: float = _READING) -> Question:
    """Read a question from a client.

    Raises:
        BadFrame: it is none.
        OSError: the client is gone, or too slow.
    """
    kind, fields, payload = receive(connection, time.monotonic() + seconds)
    try:
        identity, assistant, event, directory, left, *pairs = map(os.fsdecode, fields)
        allowed = float(left)
    except ValueError:
        raise BadFrame("not a question") from None
    if kind != QUESTION or not 0 < allowed <= _MOST_SECONDS:
        raise BadFrame("not a question")
    environment = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    return Question(identity, assistant, event, directory, allowed, environment, payload)


def serve(channel: socket.socket, engine: "Engine", identity: str) -> NoReturn:
    """Wait for a question on the channel to the resident, answer it, and end this process."""
    code = 1
    try:
        signal.signal(signal.SIGTERM, _leave)
        channel.sendall(READY)
        data, handles, _, _ = socket.recv_fds(channel, 1, 1)
        if not data or not handles:
            os._exit(0)  # the resident is gone
        with socket.socket(fileno=handles[0]) as connection:
            code = _answer(channel, connection, engine, identity)
    finally:
        os._exit(code)


def _answer(channel: socket.socket, connection: socket.socket, engine: "Engine", identity: str) -> int:
    """Answer one question; give the exit code of this process."""
    try:
        asked = read_question(connection)
    except (BadFrame, OSError):
        return 0  # nobody asked anything
    if asked.identity != identity:
        connection.sendall(pack(REFUSAL, [b"another"]))
        channel.sendall(DONE + bytes(2))
        return 0
    channel.sendall(STARTED + round(asked.seconds * 1000).to_bytes(4))
    connection.sendall(pack(BEGUN))
    bound(asked.seconds + 1)
    enter(asked.directory, asked.environment)
    own = engine.under(asked.environment)
    known = own.cold()
    given = judge(asked.assistant, asked.event, asked.directory, asked.payload, asked.environment, own)
    if channel.recv(1) != FRESH:
        return 1
    frame = pack(ANSWER, [str(given.exit).encode(), str(len(given.stdout)).encode()], given.stdout + given.stderr)
    channel.sendall(ANSWERING)
    connection.settimeout(asked.seconds)
    connection.sendall(frame)
    connection.shutdown(socket.SHUT_WR)
    built = os.fsencode(own.cold())[:4096] if own.cold() != known else b""  # what was built for a rehearsal is known
    channel.sendall(DONE + len(built).to_bytes(2) + built)
    return 0


def _leave(*_: int | FrameType | None) -> NoReturn:
    """End in order: what was opened for the question is closed, what lies in temporary folders is taken away."""
    raise SystemExit(1)
