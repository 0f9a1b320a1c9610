"""Sealing many statements on all processors: a signature holds Python's lock, so threads would wait for one another.

A process costs more to start than a thousand statements cost to seal, so nothing here runs for a few of them: `House.seal`
seals those. An import of thousands of records comes here by itself (`wiring/recording.py`); a server that takes in
statements all day opens `Sealers` once, before it starts threads.
"""

import functools
import itertools
import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Self

from clearance.facts.entry import Opened, Sealed
from clearance.facts.errors import SigningError
from clearance.facts.fact import Fact, canonical_quickly
from clearance.facts.identity import Identity
from clearance.facts.key import PublicKey
from clearance.wiring.processes import begin_process, context
from clearance.wiring.trusting import House

if TYPE_CHECKING:
    Told = tuple[list[tuple[bytes, bytes, str]], PublicKey]
    """Of each payload: leaf, bundle, and moment; and the key under which all of them were signed."""

CHUNK = 128
"""Statements that a process gets at once."""
_AHEAD = 3
"""Chunks for each process that are sealed before anybody asked for them."""


class Sealers:
    """Processes that seal statements as `House.seal` does. Each opens the same keys and has a certificate of its own: no
    private key goes from one process to another, and what another process changes there (`trust rotate`) counts here too."""

    def __init__(self, environment: Mapping[str, str], processes: int | None = None) -> None:
        """Start so many processes (None: one for each processor)."""
        self._house = House(environment)
        self._service = self._house.service  # makes the keys before two processes would
        self._count = processes or os.cpu_count() or 1
        self._environment = dict(environment)
        self._pool = self._started()
        self._replacing = threading.Lock()

    def _started(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._count, context(), _begin, (self._environment,))

    def _replace(self, broken: ProcessPoolExecutor) -> None:
        """Start others in place of processes of which one ended: a pool that broke once takes no work any more. Threads that
        saw the same pool break replace it once."""
        with self._replacing:
            if self._pool is broken:
                self._pool = self._started()
        broken.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def close(self) -> None:
        """End the processes; what they still work on is dropped."""
        self._pool.shutdown(cancel_futures=True)

    def seal(self, statements: Iterable[Fact], by: Identity | None = None) -> Iterator[tuple[Sealed, Opened]]:
        """Sign statements as one identity (none: the service that runs here), in their order; a few chunks ahead of whoever
        takes them.

        Raises:
            SigningError: they cannot be signed, nobody may be named so, or a process ended; the next call has new processes.
        """
        signer, pool = by or self._service, self._pool
        written = (canonical_quickly(statement) for statement in statements)
        waiting: deque[tuple[list[bytes], Future[Told]]] = deque()
        try:
            for chunk in iter(lambda: list(itertools.islice(written, CHUNK)), []):
                waiting.append((chunk, pool.submit(_seal, chunk, signer)))
                if len(waiting) > self._count * _AHEAD:
                    yield from _taken(*waiting.popleft(), signer)
            while waiting:
                yield from _taken(*waiting.popleft(), signer)
        except BrokenProcessPool:
            self._replace(pool)
            raise SigningError("a process that signs ended", next="try again; what was not given was not sealed") from None
        finally:
            for _, future in waiting:
                future.cancel()


def _taken(payloads: Sequence[bytes], done: "Future[Told]", signer: Identity) -> Iterator[tuple[Sealed, Opened]]:
    made, key = done.result()
    for payload, (leaf, bundle, time) in zip(payloads, made, strict=True):
        yield Sealed(leaf=leaf, bundle=bundle), Opened(payload=payload, key=key, signer=signer, time=time)


@functools.cache
def _house() -> House:
    """Give the house of this process."""
    return House(_ENVIRONMENT)


_ENVIRONMENT: dict[str, str] = {}


def _begin(environment: dict[str, str]) -> None:
    begin_process()
    _house.cache_clear()  # a fork has what the process had that it was made from
    _ENVIRONMENT.clear()
    _ENVIRONMENT.update(environment)


def _seal(payloads: Sequence[bytes], by: Identity) -> "Told":
    from clearance.attest.bundle import seal_many

    house = _house()
    credential, stamps = house.credential(by), house.timestamps()
    made = seal_many(payloads, credential, stamps)
    return [(one.leaf, one.bundle, opened.time) for one, opened in made], credential.certificate.key
