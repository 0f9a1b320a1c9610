"""Witnesses and logs in memory, for tests: trees of made-up leaves, real keys, real signatures."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache

from clearance.attest.signers.memory import MemorySigner
from clearance.facts.entry import Checkpoint
from clearance.record.cosignature import cosign, witness_key
from clearance.record.merkle import Node, consistency_proof, leaf_hash, perfect_root, root
from clearance.record.note import sign_checkpoint
from clearance.record.proof import ConsistencyProof, consistency_file
from clearance.record.signed import NOTE_ED25519, NoteSignature, VerifierKey, read_signature, read_signed
from clearance.record.witness import Answer, Witness

NOON = 1_795_000_000
ORIGIN = "log.example/1"


@lru_cache(maxsize=64)
def signer(name: str) -> MemorySigner:
    """An Ed25519 key; the same one for the same name."""
    return MemorySigner("ed25519", lambda: datetime(2026, 11, 22, 12, tzinfo=UTC))


def node_of(leaves: Sequence[bytes]) -> Node:
    """Read a tree by computing it from its leaves."""
    hashes = [leaf_hash(leaf) for leaf in leaves]
    return lru_cache(maxsize=None)(lambda height, index: perfect_root(hashes[index << height : (index + 1) << height]))


class Branch:
    """A log as somebody tells it: its leaves."""

    def __init__(self, leaves: Sequence[bytes] = (), key: str = "log", origin: str = ORIGIN) -> None:
        self.leaves = tuple(leaves)
        self._key = key
        self._origin = origin
        self._node = node_of(self.leaves)

    def grown(self, count: int, flavour: str) -> "Branch":
        """The same log with more leaves, which differ by flavour."""
        more = tuple(f"{flavour} {len(self.leaves) + at}".encode() for at in range(count))
        return Branch(self.leaves + more, self._key, self._origin)

    def cut(self, size: int) -> "Branch":
        """The same log, cut back."""
        return Branch(self.leaves[:size], self._key, self._origin)

    @property
    def head(self) -> Checkpoint:
        return Checkpoint(origin=self._origin, size=len(self.leaves), root=root(len(self.leaves), self._node))

    @property
    def note(self) -> bytes:
        return sign_checkpoint(self.head, signer(self._key))

    def request(self, old: int) -> bytes:
        """What a log sends to a witness that knows `old` entries."""
        path = consistency_proof(old, len(self.leaves), self._node) if old <= len(self.leaves) else []
        return consistency_file(ConsistencyProof(old, tuple(path), self.note))


def log_key(key: str = "log", origin: str = ORIGIN) -> VerifierKey:
    """The key of a log of these tests."""
    return VerifierKey(origin, NOTE_ED25519, signer(key).public().raw)


class MemoryOfWitness:
    """What a witness remembers, in memory; `broken` makes it fail as a full disk does."""

    def __init__(self) -> None:
        self.heads: dict[str, Checkpoint] = {}
        self.notes: list[bytes] = []
        self.accused: list[bytes] = []
        self.broken: Exception | None = None

    @contextmanager
    def locked(self) -> Iterator[None]:
        yield

    def latest(self, origin: str) -> Checkpoint | None:
        return self.heads.get(origin)

    def keep(self, checkpoint: Checkpoint, note: bytes) -> None:
        if self.broken:
            raise self.broken
        self.heads[checkpoint.origin] = checkpoint
        self.notes.append(note)

    def accuse(self, origin: str, note: bytes) -> None:
        self.accused.append(note)


class Honest:
    """An honest witness, and its memory."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.memory = MemoryOfWitness()
        self.witness = Witness(f"{name}.example/w", signer(name), [log_key()], self.memory, lambda: NOON)
        self.key = witness_key(f"{name}.example/w", signer(name))

    def ask(self, branch: Branch) -> NoteSignature | None:
        """Offer a branch as a real log does: from the size that the witness names."""
        answer = self.witness.add_checkpoint(branch.request(0))
        if answer.status == 409:
            answer = self.witness.add_checkpoint(branch.request(int(answer.body)))
        return signature_in(answer)


class Dishonest(Honest):
    """A witness that cosigns whatever it is shown."""

    def ask(self, branch: Branch) -> NoteSignature | None:
        return cosign(read_signed(branch.note).text, self.key.name, signer(self.name), NOON)


def signature_in(answer: Answer) -> NoteSignature | None:
    """The signature line of an answer, if there is one."""
    return read_signature(answer.body.decode().removesuffix("\n")) if answer.status == 200 else None


def digest(data: bytes) -> str:
    """Shorten bytes for messages of failed tests."""
    return hashlib.sha256(data).hexdigest()[:8]
