"""Asks witnesses for cosignatures (https://c2sp.org/tlog-witness): one POST each, all at once, none for long."""

import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from clearance.fetch.connection import Asking, Origin, Refused, credentials

_CALL = "add-checkpoint"
_MEDIA = "text/plain; charset=utf-8"
_MOST_BYTES = 1 << 18
_MOST_TRIES = 3
_CONFLICT = 409


class Reply(NamedTuple):
    """What a witness said in the end: the status, and the body of its answer. Status 0: it could not be asked, and `body`
    says why, for people."""

    status: int
    body: bytes


class Question(NamedTuple):
    """What one witness is asked: its submission prefix, the size that it is thought to know, and how the request from a size
    is written; `body` may be asked from another thread, and gives None for a size that cannot be."""

    address: str
    known: int
    body: Callable[[int], bytes | None]


def ask_witnesses(questions: Mapping[str, Question], environment: Mapping[str, str], *, seconds: float) -> dict[str, Reply]:
    """Ask all witnesses at once, each by its name, and give their replies; one that said nothing within `seconds` has
    status 0. A witness that knows another size than we thought is asked once more, from the size that it names."""
    until = time.monotonic() + seconds
    replies: dict[str, Reply] = {}
    threads = [
        threading.Thread(target=_ask_into, args=(replies, name, question, environment, until), daemon=True)
        for name, question in questions.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    silent = Reply(0, f"did not answer within {seconds:g} seconds".encode())
    return {name: replies.get(name, silent) for name in questions}


def _ask_into(
    replies: dict[str, Reply], name: str, question: Question, environment: Mapping[str, str], until: float
) -> None:
    try:
        replies[name] = _ask(question, environment, until)
    except Refused as error:
        replies[name] = Reply(0, str(error).encode())
    except Exception as error:  # noqa: BLE001 -- whatever goes wrong with one witness is that witness's answer
        replies[name] = Reply(0, f"could not be asked: {getattr(error, 'what', type(error).__name__)}".encode())


def _ask(question: Question, environment: Mapping[str, str], until: float) -> Reply:
    origin = Origin.of(question.address)
    asking = Asking(origin, credentials(origin, environment))
    size = question.known
    try:
        for _ in range(_MOST_TRIES):
            body = question.body(size)
            if body is None:
                return Reply(_CONFLICT, b"%d\n" % size)
            response = asking.post(_CALL, body, _MEDIA, _MEDIA, limit=_MOST_BYTES, until=until)
            named = _size_named(response.body) if response.status == _CONFLICT else None
            if named is None or named == size:
                return Reply(response.status, response.body)
            size = named
    finally:
        asking.close()
    return Reply(_CONFLICT, b"%d\n" % size)


def _size_named(body: bytes) -> int | None:
    text = body.removesuffix(b"\n")
    return int(text) if text.isdigit() and len(text) <= 19 else None
