"""Proofs as files: what is written is read, and nothing else is."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.facts.entry import Checkpoint
from clearance.facts.errors import LogTampered, UsageError
from clearance.record.merkle import inclusion_proof, leaf_hash, root, verify_consistency, verify_inclusion
from clearance.record.note import open_checkpoint
from clearance.record.proof import (
    consistency_file,
    read_consistency,
    read_tlog_proof,
    tlog_proof,
    verify_grown,
    verify_tlog_proof,
)
from clearance.record.tiles import TiledTree

HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=40)


@given(st.integers(0, 10**17), HASHES, st.binary(max_size=60))
def test_a_proof_reads_as_it_was_written(index: int, path: list[bytes], note: bytes) -> None:
    read = read_tlog_proof(tlog_proof(index, path, note))
    assert (read.entry, list(read.path), read.note, read.extra) == (index, path, note, b"")


def test_bytes_that_an_application_adds_are_read() -> None:
    data = tlog_proof(7, [], b"note").replace(b"index", b"extra aGVsbG8=\nindex")
    assert read_tlog_proof(data).extra == b"hello"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda data: data.replace(b"@v1", b"@v2"), "first line"),
        (lambda data: data.replace(b"index 1", b"index 01"), "index"),
        (lambda data: data.replace(b"index 1", b"index -1"), "index"),
        (lambda data: data.partition(b"\n\n")[0], "checkpoint"),
        (lambda data: data.replace(b"=\n", b"\n", 1), "no hash"),
        (lambda data: data.replace(b"\n\n", b"\n" + b"A" * 43 + b"=\n\n" * 1, 1).replace(b"A=", b"B="), "base64"),
        (lambda data: data.replace(b"\n\n", (b"\n" + b"A" * 43 + b"=") * 64 + b"\n\n", 1), "too long"),
        (lambda data: b"\xff" + data, "not a proof"),
        (lambda data: data + bytes(200_000), "too long"),
    ],
)
def test_what_is_no_proof_is_refused(small: Any, change: Any, said: str) -> None:
    data = change(small.log.prove(1))
    with pytest.raises(LogTampered, match=said):
        read_tlog_proof(data)


def test_every_change_of_a_proof_is_refused(small: Any) -> None:
    whole, leaf = small.log.prove(1), small.store.bodies["entry/000000000001"]
    keys = small.log.keys.public()
    assert verify_tlog_proof(whole, leaf, keys).size == 3
    luck = random.Random(7)
    for at in range(len(whole)):
        changed = whole[:at] + bytes([whole[at] ^ luck.randrange(1, 256)]) + whole[at + 1 :]
        with pytest.raises(LogTampered):
            verify_tlog_proof(changed, leaf, keys)
    with pytest.raises(LogTampered, match="signed root"):
        verify_tlog_proof(whole, leaf + b" ", keys)


@pytest.mark.parametrize("old", [0, 1, 2, 255, 256, 257, 299, 300])
def test_a_log_proves_that_it_only_grew(large: Any, old: int) -> None:
    proof = large.log.consistency(old)
    older = Checkpoint(origin=large.log.origin(), size=old, root=large.log.root_at(old))
    keys = large.log.keys.public()
    read = read_consistency(consistency_file(proof))
    assert read == proof
    assert verify_grown(read, older, keys).size == 300
    with pytest.raises(LogTampered, match="begins at"):
        verify_grown(read._replace(old=old + 1), older, keys)
    if 0 < old < 300:
        with pytest.raises(LogTampered, match="does not lead"):
            verify_grown(read, Checkpoint(origin=older.origin, size=old, root=bytes(32)), keys)
    with pytest.raises(LogTampered, match="another log"):
        verify_grown(read, Checkpoint(origin="clearance.local/0", size=old, root=older.root), keys)


def test_a_proof_between_two_older_sizes(large: Any) -> None:
    proof = large.log.consistency(3, 270)
    verify_consistency(3, 270, large.log.root_at(3), large.log.root_at(270), proof.path)
    for old, new in ((-1, 3), (4, 3), (3, 301)):
        with pytest.raises(UsageError, match="no such part"):
            large.log.consistency(old, new)
    with pytest.raises(UsageError, match="no such part"):
        large.log.root_at(301)


@pytest.mark.parametrize(
    "data", [b"", b"old 1\n", b"old 01\n\nnote", b"old x\n\nnote", b"new 1\n\nnote", b"old 1\nzz\n\nnote"]
)
def test_what_is_no_consistency_proof_is_refused(data: bytes) -> None:
    with pytest.raises(LogTampered):
        read_consistency(data)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_every_entry_of_a_batch_is_proven_from_what_the_append_read(batches: list[int], luck: random.Random) -> None:
    """A proof is made after the store was closed: from the tiles that were read or written meanwhile, and from no others."""
    stored: dict[str, bytes] = {}
    leaves: list[bytes] = []
    for count in batches:
        new = [leaf_hash(b"%d" % (len(leaves) + at)) for at in range(count)]
        tree = TiledTree(len(leaves), stored.get)
        root(tree.size, tree.node)  # what an append checks first
        stored |= tree.grow(new)
        leaves += new
        head = root(tree.size, tree.node)
        tree._read = closed
        for index in {len(leaves) - count, len(leaves) - 1, luck.randrange(len(leaves) - count, len(leaves))}:
            verify_inclusion(leaves[index], index, len(leaves), inclusion_proof(index, len(leaves), tree.node), head)


def closed(name: str) -> bytes:
    raise AssertionError(f"{name} was read after the store was closed")


def test_the_origin_of_a_log_is_in_its_checkpoint(large: Any, furnished: Any) -> None:
    assert open_checkpoint(large.log.checkpoint(), large.log.keys.public()).origin == large.log.origin()
    assert (furnished.log.checkpoint(), furnished.log.origin()) == (b"", "")
