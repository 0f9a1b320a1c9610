"""Group commit: many submit, one thread appends what came in within a few milliseconds under one checkpoint."""

import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from typing import NamedTuple, Protocol, Self

from clearance.facts.errors import ClearanceError, StoreError
from clearance.record.growth import Proven
from clearance.record.sealed import Submission

WAIT = 0.005
"""Seconds that a first submission waits for others."""
MOST = 1024
"""Entries under one checkpoint at most."""
MOST_BYTES = 16 << 20
"""Bytes of entries, bundles and evidence under one checkpoint, beyond which no other submission joins."""
QUEUE = 8192
"""Submissions that may wait; beyond, whoever submits waits."""


class Committing(Protocol):
    """A log, as far as group commit needs it."""

    def commit(self, batch: Sequence[Submission]) -> tuple[Proven | ClearanceError | ValueError, ...]:
        """Append what can be appended of a batch and say for each what became of it."""
        ...


class _Waiting(NamedTuple):
    submission: Submission
    future: "Future[Proven]"


class Committer:
    """Appends to a log for many threads at once.

    Whoever submits gets a future. It is resolved when the entry is durable, with the entry and its proof under the
    checkpoint of its batch; or it raises why the submission was refused, which does not touch those beside it. What a dead
    process had not resolved may be in the log or not; what it had resolved is.
    """

    def __init__(self, log: Committing, *, wait: float = WAIT, most: int = MOST, room: int = QUEUE) -> None:
        self._log = log
        self._wait = wait
        self._most = most
        self._queue: queue.Queue[_Waiting | None] = queue.Queue(room)
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="clearance-committer", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def submit(self, submission: Submission, *, patience: float | None = None) -> "Future[Proven]":
        """Hand in one signed statement. Where too many wait, this waits too, for `patience` seconds at most (None: as long
        as it takes).

        Raises:
            StoreError: the committer is closed, or too many still wait.
        """
        future: Future[Proven] = Future()
        ends = None if patience is None else time.monotonic() + patience
        while True:
            with self._lock:
                if self._closed:
                    raise StoreError("the committer is closed: nothing more is appended", next="open another one")
                try:
                    self._queue.put_nowait(_Waiting(submission, future))
                except queue.Full:
                    pass
                else:
                    return future
            if ends is not None and time.monotonic() >= ends:
                what = f"{self._queue.maxsize} submissions wait already"
                raise StoreError(what, next="submit again when some of them are done; the disk may be slow or full")
            time.sleep(self._wait or 0.001)

    def close(self) -> None:
        """Append what was submitted, and end. A second call does nothing."""
        with self._lock:
            first, self._closed = not self._closed, True
        if first:
            self._queue.put(None)
        self._thread.join()

    def _work(self) -> None:
        more = True
        while more:
            batch, more = self._gathered()
            if batch:
                self._append(batch)

    def _gathered(self) -> tuple[list[_Waiting], bool]:
        """Collect a batch; tells whether there may be another."""
        first = self._queue.get()
        if first is None:
            return [], False
        batch, size = [first], _size(first.submission)
        ends = time.monotonic() + self._wait
        while len(batch) < self._most and size < MOST_BYTES:
            try:
                one = self._queue.get(timeout=max(0.0, ends - time.monotonic()))
            except queue.Empty:
                break
            if one is None:
                return batch, False
            batch.append(one)
            size += _size(one.submission)
        return batch, True

    def _append(self, batch: list[_Waiting]) -> None:
        batch = [one for one in batch if one.future.set_running_or_notify_cancel()]
        if not batch:
            return
        try:
            told = self._log.commit([one.submission for one in batch])
        except BaseException as error:  # noqa: BLE001 -- whoever waits must hear of it, whatever it is
            for one in batch:
                one.future.set_exception(error)
            return
        for one, became in zip(batch, told, strict=True):
            if isinstance(became, Proven):
                one.future.set_result(became)
            else:
                one.future.set_exception(became)


def _size(one: Submission) -> int:
    return len(one.sealed.leaf) + len(one.sealed.bundle) + sum(map(len, one.evidence.values()))
