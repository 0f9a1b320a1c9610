"""Proofs as files: that an entry is in the log (https://c2sp.org/tlog-proof@v1, suffix `.tlog-proof`), and that a log only
grew (the body of an add-checkpoint request, https://c2sp.org/tlog-witness; between two older sizes a form of our own, which
holds the two roots and no signature)."""

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
_ROOT = re.compile(r"(old|new) (0|[1-9][0-9]{0,17}) ([A-Za-z0-9+/]{43}=)")
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


class RootsProof(NamedTuple):
    """Two sizes of a log with their roots, and the proof that the newer tree begins with the older one. Nobody signed it."""

    old: int
    old_root: bytes
    new: int
    new_root: bytes
    path: tuple[bytes, ...]


def tlog_proof(index: int, path: Sequence[bytes], note: bytes) -> bytes:
    """Write a proof: the inclusion path of the entry at `index`, and the signed checkpoint that it leads to."""
    return _written([HEADER, f"index {index}"], path, note)


def consistency_file(proof: ConsistencyProof) -> bytes:
    """Write a consistency proof as a witness reads it: `old <size>`, the path, and the newer signed checkpoint."""
    return _written([f"old {proof.old}"], proof.path, proof.note)


def roots_file(proof: RootsProof) -> bytes:
    """Write a proof between two older sizes: `old <size> <root>`, `new <size> <root>`, the path, a line each."""
    lines = [f"old {proof.old} {_coded(proof.old_root)}", f"new {proof.new} {_coded(proof.new_root)}"]
    return ("\n".join([*lines, *map(_coded, proof.path)]) + "\n").encode()


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
        extra = _base64(lines.pop(1)[6:], where, 2)
    index = _INDEX.fullmatch(lines[1]) if len(lines) > 1 else None
    if index is None:
        raise LogTampered("the proof names no index", where=where)
    return InclusionProof(int(index[1]), _path(lines[2:], where, 4 if extra else 3), note, extra)


def read_consistency(data: bytes, *, where: str = "proof") -> ConsistencyProof:
    """Read a consistency proof file strictly; nothing is verified yet.

    Raises:
        LogTampered: it is none.
    """
    lines, note = _lines(data, where)
    old = _OLD.fullmatch(lines[0]) if lines else None
    if old is None:
        raise LogTampered("the first line is not `old <size>`", where=where)
    return ConsistencyProof(int(old[1]), _path(lines[1:], where, 2), note)


def read_roots(data: bytes, *, where: str = "proof") -> RootsProof:
    """Read a proof between two older sizes strictly; nothing is verified yet.

    Raises:
        LogTampered: it is none.
    """
    lines, _ = _lines(data if data.endswith(b"\n") else b"", where, signed=False)
    ends: list[tuple[int, bytes]] = []
    for number, word in enumerate(("old", "new")):
        found = _ROOT.fullmatch(lines[number]) if number < len(lines) else None
        if found is None or found[1] != word:
            raise LogTampered(f"line {number + 1} is not `{word} <size> <root>`", where=where)
        ends.append((int(found[2]), _base64(found[3], where, number + 1)))
    return RootsProof(*ends[0], *ends[1], _path(lines[2:-1], where, 3))


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


def verify_grown(proof: ConsistencyProof, older: Checkpoint, keys: Iterable[PublicKey]) -> Checkpoint:
    """Verify that the log of a newer signed checkpoint begins with the log of an older one; gives the newer one.

    Raises:
        LogTampered: it does not, or they are checkpoints of two logs; `where` is the part of the proof.
    """
    newer = open_checkpoint(proof.note, keys)
    if proof.old != older.size:
        what = f"the proof begins at {proof.old} entries, the older checkpoint holds {older.size}"
        raise LogTampered(what, where="old")
    check_grown(older, newer, proof.path)
    return newer


def check_grown(older: Checkpoint, newer: Checkpoint, path: Sequence[bytes]) -> None:
    """Check that the log of one checkpoint begins with the log of another; their signatures are for the caller to verify.

    Raises:
        LogTampered: it does not, or they are of two logs; `where` is the part of the proof.
    """
    if newer.origin != older.origin:
        raise LogTampered(f"a checkpoint of another log ({newer.origin}, not {older.origin})", where="checkpoint")
    try:
        verify_consistency(older.size, newer.size, older.root, newer.root, path)
    except LogTampered as error:
        raise LogTampered(error.what, where="path") from error


def _written(head: list[str], path: Sequence[bytes], note: bytes) -> bytes:
    lines = [*head, *map(_coded, path)]
    return ("\n".join(lines) + "\n\n").encode() + note


def _lines(data: bytes, where: str, *, signed: bool = True) -> tuple[list[str], bytes]:
    """Split a proof into its lines and the checkpoint behind them; without `signed` none follows."""
    if len(data) > _MOST_BYTES:
        raise LogTampered("too long for a proof", where=where)
    head, gap, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise LogTampered("not a proof", where=where) from None
    if signed and not gap:
        raise LogTampered("the proof holds no checkpoint", where=where)
    if not signed and gap:
        raise LogTampered("an empty line in the proof", where=where)
    return lines, note


def _path(lines: list[str], where: str, first: int) -> tuple[bytes, ...]:
    """Read hashes, one a line; `first` is the number of the first line in the file, from 1."""
    if len(lines) > _MOST_STEPS:
        raise LogTampered("the proof is too long", where=where)
    for number, line in enumerate(lines, first):
        if not _STEP.fullmatch(line):
            raise LogTampered(f"line {number} is no hash", where=where)
    return tuple(_base64(line, where, number) for number, line in enumerate(lines, first))


def _coded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _base64(text: str, where: str, line: int) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = b""
    if _coded(data) != text:
        raise LogTampered(f"line {line} is no standard base64", where=where)
    return data
