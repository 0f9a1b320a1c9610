"""Verifying many sealed statements on all processors, ahead of whoever asks for them in order.

What is found ahead is only ever an answer to the very same question: the leaf and the bundle byte for byte, the same trust
root, the same keys. Whatever did not verify there is verified again by who asked, and refused in its own words; so is
everything where a process ended.
"""

import functools
import itertools
import os
import weakref
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import NamedTuple

import msgspec

from clearance.attest.dsse import unseal
from clearance.attest.trust import Trust
from clearance.attest.trusted_root import Root
from clearance.facts.entry import Opened, Sealed
from clearance.facts.errors import ClearanceError
from clearance.facts.key import PublicKey
from clearance.wiring.processes import begin_process, context

CHUNK, CHUNK_BYTES = 128, 1 << 20
"""Statements that a process gets at once, and their bytes, beyond which no other joins."""
_AHEAD = 3
"""Chunks for each process that are verified before anybody asked for them."""


class _Question(NamedTuple):
    """What a verdict depends on besides the statement itself: the root and the keys, encoded."""

    root: bytes
    keys: bytes


class _Chunk(NamedTuple):
    sealed: dict[bytes, bytes]
    answer: "Future[list[Opened | None]]"


class Unsealers:
    """Processes that verify. They are started on the first use and kept for the next one."""

    def __init__(self, processes: int | None = None) -> None:
        """Start so many processes when they are needed (None: one for each processor)."""
        self._count = processes or os.cpu_count() or 1
        self._pool: ProcessPoolExecutor | None = None

    def ahead(self, sealed: Iterable[Sealed], root: Root, keys: Sequence[PublicKey]) -> "Ahead":
        """Begin to verify statements in their order, against a root and bare keys."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self._count, context(), begin_process)
            weakref.finalize(self, self._pool.shutdown, wait=False, cancel_futures=True)
        question = _Question(msgspec.json.encode(root), msgspec.json.encode(keys))
        return Ahead(self._pool, sealed, question, self._count * _AHEAD)


class Ahead:
    """Answers that are found before they are asked for, in the order of `sealed`; no more of them than fit a few chunks."""

    def __init__(self, pool: ProcessPoolExecutor, sealed: Iterable[Sealed], question: _Question, most: int) -> None:
        self._pool = pool
        self._chunks = _cut(iter(sealed))
        self._question = question
        self._most = most
        self._waiting: deque[_Chunk] = deque()
        self._ready: dict[tuple[bytes, bytes], Opened | None] = {}
        self._fill()

    def take(self, sealed: Sealed) -> Opened | None:
        """Give what was found of a statement; None where nothing is known of exactly these bytes, or they do not verify."""
        asked = (sealed.leaf, sealed.bundle)
        if asked not in self._ready and any(chunk.sealed.get(sealed.leaf) == sealed.bundle for chunk in self._waiting):
            self._advance(asked)
        return self._ready.pop(asked, None)

    def close(self) -> None:
        """Drop what nobody asked for."""
        for chunk in self._waiting:
            chunk.answer.cancel()
        self._waiting.clear()
        self._ready.clear()
        self._chunks = iter(())

    def _advance(self, asked: tuple[bytes, bytes]) -> None:
        """Wait for the chunk that holds what is asked for; what was passed over is dropped."""
        while self._waiting and asked not in self._ready:
            chunk = self._waiting.popleft()
            with suppress(BrokenProcessPool):
                self._ready = dict(zip(chunk.sealed.items(), chunk.answer.result(), strict=True))
            self._fill()

    def _fill(self) -> None:
        with suppress(BrokenProcessPool):
            while len(self._waiting) < self._most and (chunk := next(self._chunks, None)):
                self._waiting.append(_Chunk(chunk, self._pool.submit(_unsealed, self._question, list(chunk.items()))))


def _cut(sealed: Iterator[Sealed]) -> Iterator[dict[bytes, bytes]]:
    """Cut statements into chunks: bundles by their leaf. One leaf that comes twice is verified ahead once."""
    for first in sealed:
        chunk = {first.leaf: first.bundle}
        size = len(first.leaf) + len(first.bundle)
        for one in itertools.islice(sealed, CHUNK - 1):
            chunk.setdefault(one.leaf, one.bundle)
            size += len(one.leaf) + len(one.bundle)
            if size > CHUNK_BYTES:
                break
        yield chunk


@functools.lru_cache(maxsize=4)
def _asked(question: _Question) -> tuple[Trust, tuple[PublicKey, ...]]:
    """Read whom to trust, in a process that verifies; once for as long as it stays the same."""
    root = msgspec.json.decode(question.root, type=Root)
    return Trust(root), msgspec.json.decode(question.keys, type=tuple[PublicKey, ...])


def _unsealed(question: _Question, sealed: Sequence[tuple[bytes, bytes]]) -> list[Opened | None]:
    """Verify statements; None for each that does not verify."""
    trust, keys = _asked(question)
    return [_opened(trust, keys, Sealed(leaf=leaf, bundle=bundle)) for leaf, bundle in sealed]


def _opened(trust: Trust, keys: tuple[PublicKey, ...], sealed: Sealed) -> Opened | None:
    try:
        return trust.unseal(sealed) if sealed.bundle else unseal(sealed.leaf, keys)
    except ClearanceError:
        return None
