"""A witness: cosigns each checkpoint of a log that continues the last one that it cosigned, and no other.

Protocol: https://c2sp.org/tlog-witness, the call `add-checkpoint`. No network here: a request is bytes, an answer a status
and bytes. Where a witness keeps what it signed is a `Memory`.
"""

import re
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from clearance.facts.entry import Checkpoint
from clearance.facts.errors import LogTampered, UsageError
from clearance.record.cosignature import cosign
from clearance.record.merkle import EMPTY, verify_consistency
from clearance.record.note import NoteSigner
from clearance.record.quorum import signed_by_log
from clearance.record.signed import MOST_BYTES, MOST_LEAVES, SignedCheckpoint, VerifierKey, exact_base64, read_signed

MOST_REQUEST = MOST_BYTES + 4_096
"""Bytes in a request at most: a note, and 63 lines of a proof."""
MOST_STEPS = 63
PLAIN = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


class Answer(NamedTuple):
    """What a witness answers: status of HTTP, body, media type."""

    status: int
    body: bytes
    media: str = PLAIN


class Memory(Protocol):
    """What a witness cosigned last of each log. Every method raises StoreError where it fails."""

    def locked(self) -> AbstractContextManager[None]:
        """Keep all others out, in this process and in any other."""
        ...

    def latest(self, origin: str) -> Checkpoint | None:
        """Give the last checkpoint that was cosigned, or None where there never was one. Called under the lock."""
        ...

    def keep(self, checkpoint: Checkpoint, note: bytes) -> None:
        """Keep a checkpoint, which is about to be cosigned, with its whole note. When this returns it survives the death of
        the process and of the machine. Called under the lock."""
        ...

    def accuse(self, origin: str, note: bytes) -> None:
        """Keep a note that its log signed and that contradicts the last one: a proof that the log forked. Called under the
        lock."""
        ...


class Request(NamedTuple):
    """A request that was read: the size from which the proof leads, the proof, and the checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    signed: SignedCheckpoint


def read_request(body: bytes) -> Request:
    """Read a request (`proof.consistency_file` writes one).

    Raises:
        UsageError: a part of it is malformed, or its old size is larger than the checkpoint's; the message names the part.
    """
    if len(body) > MOST_REQUEST:
        raise UsageError(f"the request is longer than {MOST_REQUEST} bytes")
    head, gap, note = body.partition(b"\n\n")
    if not gap:
        raise UsageError("the request has no empty line before the checkpoint")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise UsageError("the lines before the checkpoint are not ASCII") from None
    old = _OLD.fullmatch(first)
    if not old or int(old[1]) > MOST_LEAVES:
        raise UsageError("the old size line is not `old` and a number")
    if len(lines) > MOST_STEPS:
        raise UsageError(f"{len(lines)} lines of a consistency proof, where {MOST_STEPS} are the most")
    try:
        signed = read_signed(note)
    except LogTampered as error:
        raise UsageError(error.what) from None
    return Request(int(old[1]), tuple(_step(line) for line in lines), signed)


def _step(line: str) -> bytes:
    try:
        step = exact_base64(line)
    except ValueError:
        raise UsageError("a line of the consistency proof is not base64") from None
    if len(step) != 32:
        raise UsageError(f"a hash of the consistency proof is {len(step)} bytes long, not 32")
    return step


class Witness:
    """A witness named `name`, which signs with `signer` for the logs whose keys it was given (a log may have several: past
    and present ones). `clock` gives seconds since 1970."""

    def __init__(
        self, name: str, signer: NoteSigner, logs: Collection[VerifierKey], memory: Memory, clock: Callable[[], int]
    ) -> None:
        self._name = name
        self._signer = signer
        self._logs = tuple(logs)
        self._memory = memory
        self._clock = clock

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answer a request. A cosignature is given out only after what it says was kept.

        Raises:
            StoreError: the memory failed: nothing was cosigned.
            SigningError: the key cannot be used: nothing was cosigned.
        """
        try:
            request = read_request(body)
        except UsageError as error:
            return _refused(400, error.what)
        head = request.signed.head
        keys = [key for key in self._logs if key.name == head.origin]
        if not keys:
            return _refused(404, "this log is not one that is witnessed here")
        try:
            signed_by_log(request.signed, keys)
        except LogTampered as error:
            return _refused(403, error.what)
        if request.old > head.size:
            return _refused(400, "the old size is larger than the size of the checkpoint")
        with self._memory.locked():
            return self._advance(request)

    def _advance(self, request: Request) -> Answer:
        """Compare with the memory, keep, and cosign, while nobody else may: else a slower request could take the memory
        back, and what a cosignature says (that nothing larger was seen by then) would not hold."""
        signed = request.signed
        head = signed.head
        latest = self._memory.latest(head.origin) or Checkpoint(origin=head.origin, size=0, root=EMPTY)
        if request.old != latest.size:
            return _conflict(latest)
        if head.size == latest.size and head.root != latest.root:
            self._memory.accuse(head.origin, signed.note)
            return _conflict(latest)
        try:
            verify_consistency(latest.size, head.size, latest.root, head.root, request.proof)
        except LogTampered as error:
            return _refused(422, error.what)
        self._memory.keep(head, signed.note)
        return Answer(200, cosign(signed.text, self._name, self._signer, self._clock()).line.encode())


def _refused(status: int, what: str) -> Answer:
    return Answer(status, f"{what}\n".encode())


def _conflict(latest: Checkpoint) -> Answer:
    return Answer(409, f"{latest.size}\n".encode(), SIZE)
