"""Proofs as files: that an entry is in the log (https://c2sp.org/tlog-proof@v1, suffix `.tlog-proof`), and that a log only
grew (the body of an add-checkpoint request, https://c2sp.org/tlog-witness)."""

import base64
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from clearance.facts.entry import Checkpoint
from clearance.facts.errors import LogTampered
from clearance.facts.key import PublicKey
from clearance.record.merkle import leaf_hash, verify_consistency, verify_inclusion
from clearance.record.note import open_checkpoint

HEADER = "c2sp.org/tlog-proof@v1"
_MOST_BYTES = 131_072
_MOST_STEPS = 63
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,17})")
_EXTRA = re.compile(r"extra [A-Za-z0-9+/]+={0,2}")
_OLD = re.compile(r"old (0|[1-9][0-9]{0,17})")
_STEP = re.compile(r"[A-Za-z0-9+/]{43}=")


class InclusionProof(NamedTuple):
    """What a `.tlog-proof` file holds: the index of the entry, the inclusion path from the leaf upward, the signed
    checkpoint that it leads to, and the bytes that an application may add."""

    entry: int
    path: tuple[bytes, ...]
    note: bytes
    extra: bytes = b""


class ConsistencyProof(NamedTuple):
    """The size of an older tree, the proof that the newer one begins with it, and the newer one's signed checkpoint."""

    old: int
    path: tuple[bytes, ...]
    note: bytes


def tlog_proof(index: int, path: Sequence[bytes], note: bytes) -> bytes:
    """Write a proof: the inclusion path of the entry at `index`, and the signed checkpoint that it leads to."""
    return _written([HEADER, f"index {index}"], path, note)


def consistency_file(proof: ConsistencyProof) -> bytes:
    """Write a consistency proof as a witness reads it: `old <size>`, the path, and the newer signed checkpoint."""
    return _written([f"old {proof.old}"], proof.path, proof.note)


def read_tlog_proof(data: bytes, *, where: str = "proof") -> InclusionProof:
    """Read a `.tlog-proof` file strictly; nothing is verified yet.

    Raises:
        LogTampered: it is none.
    """
    lines, note = _lines(data, where)
    if lines[:1] != [HEADER]:
        raise LogTampered(f"the first line is not {HEADER}", where=where)
    extra = b""
    if len(lines) > 1 and _EXTRA.fullmatch(lines[1]):
        extra = _base64(lines.pop(1)[6:], where)
    index = _INDEX.fullmatch(lines[1]) if len(lines) > 1 else None
    if index is None:
        raise LogTampered("the proof names no index", where=where)
    return InclusionProof(int(index[1]), _path(lines[2:], where), note, extra)


def read_consistency(data: bytes, *, where: str = "proof") -> ConsistencyProof:
    """Read a consistency proof file strictly; nothing is verified yet.

    Raises:
        LogTampered: it is none.
    """
    lines, note = _lines(data, where)
    old = _OLD.fullmatch(lines[0]) if lines else None
    if old is None:
        raise LogTampered("the first line is not `old <size>`", where=where)
    return ConsistencyProof(int(old[1]), _path(lines[1:], where), note)


def verify_tlog_proof(data: bytes, entry: bytes, keys: Iterable[PublicKey], *, where: str = "proof") -> Checkpoint:
    """Verify that a `.tlog-proof` file proves that `entry` (the bytes of the leaf) is in a log whose checkpoint one of
    `keys` signed; gives that checkpoint.

    Raises:
        LogTampered: it does not prove it; the message says which part is wrong.
    """
    proof = read_tlog_proof(data, where=where)
    checkpoint = open_checkpoint(proof.note, keys, where=where)
    verify_inclusion(leaf_hash(entry), proof.entry, checkpoint.size, proof.path, checkpoint.root)
    return checkpoint


def verify_grown(
    proof: ConsistencyProof, older: Checkpoint, keys: Iterable[PublicKey], *, where: str = "proof"
) -> Checkpoint:
    """Verify that the log of a newer signed checkpoint begins with the log of an older one; gives the newer one.

    Raises:
        LogTampered: it does not, or they are checkpoints of two logs.
    """
    newer = open_checkpoint(proof.note, keys, where=where)
    if newer.origin != older.origin:
        raise LogTampered(f"a checkpoint of another log ({newer.origin})", where=where)
    if proof.old != older.size:
        raise LogTampered(f"the proof begins at {proof.old} entries, the older checkpoint holds {older.size}", where=where)
    verify_consistency(older.size, newer.size, older.root, newer.root, proof.path)
    return newer


def _written(head: list[str], path: Sequence[bytes], note: bytes) -> bytes:
    lines = [*head, *(base64.b64encode(step).decode() for step in path)]
    return ("\n".join(lines) + "\n\n").encode() + note


def _lines(data: bytes, where: str) -> tuple[list[str], bytes]:
    if len(data) > _MOST_BYTES:
        raise LogTampered("too long for a proof", where=where)
    head, gap, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise LogTampered("not a proof", where=where) from None
    if not gap:
        raise LogTampered("the proof holds no checkpoint", where=where)
    return lines, note


def _path(lines: list[str], where: str) -> tuple[bytes, ...]:
    if len(lines) > _MOST_STEPS:
        raise LogTampered("the proof is too long", where=where)
    if not all(_STEP.fullmatch(line) for line in lines):
        raise LogTampered("a line of the proof is no hash", where=where)
    return tuple(_base64(line, where) for line in lines)


def _base64(text: str, where: str) -> bytes:
    data = base64.b64decode(text)
    if base64.b64encode(data).decode() != text:
        raise LogTampered("a line of the proof is no standard base64", where=where)
    return data
