"""Reads entries that are proven to be those of the tree, many at once and without verifying who signed them."""

from collections.abc import Iterator

import msgspec

from clearance.facts.entry import Checkpoint, Sealed
from clearance.facts.errors import LogTampered
from clearance.record.merkle import inclusion_proof, leaf_hash, perfect_root, verify_inclusion
from clearance.record.sealed import RESTORE, is_of, stored, unverified_payload
from clearance.record.store import Snapshot
from clearance.record.tiles import WIDTH, TiledTree


def proven_payloads(snapshot: Snapshot, start: int, checkpoint: Checkpoint) -> Iterator[tuple[int, bytes]]:
    """Give the payloads from an index on, each with its index. The leaves of a tile are proven together: the proof of the
    first one is made of all the others. A payload is that whose digest the leaf carries; an old leaf holds it itself.

    Raises:
        LogTampered: an entry is missing, or is not the one that the checkpoint is over.
    """
    tree = TiledTree(checkpoint.size, snapshot.get)
    for low in range(start // WIDTH * WIDTH, checkpoint.size, WIDTH):
        held = [stored(snapshot, index) for index in range(low, min(low + WIDTH, checkpoint.size))]
        _insist(low, held, tree, checkpoint)
        for index, sealed in enumerate(held, low):
            if index >= start:
                yield index, _payload(index, sealed)


def _insist(low: int, held: list[Sealed], tree: TiledTree, checkpoint: Checkpoint) -> None:
    hashes = [leaf_hash(one.leaf) for one in held]
    high = low + len(held)

    def node(height: int, at: int) -> bytes:
        first, end = at << height, (at + 1) << height
        return perfect_root(hashes[first - low : end - low]) if low <= first and end <= high else tree.node(height, at)

    try:
        path = inclusion_proof(low, checkpoint.size, node)
        verify_inclusion(hashes[0], low, checkpoint.size, path, checkpoint.root)
    except LogTampered:
        wrong = (index for index, found in enumerate(hashes, low) if found != tree.node(0, index))
        first = next(wrong, None)
        where = f"entry {first}" if first is not None else f"the tiles of entries {low} to {high - 1}"
        raise LogTampered("not what the checkpoint is over", where=where, next=RESTORE) from None


def _payload(index: int, sealed: Sealed) -> bytes:
    payload = unverified_payload(sealed)
    try:
        same = not sealed.bundle or is_of(sealed, payload)
    except (msgspec.DecodeError, RecursionError):
        same = False
    if not same:
        what = "the statement in its bundle is not the one that was recorded"
        raise LogTampered(what, where=f"entry {index}", next=RESTORE)
    return payload
