"""The Merkle tree of RFC 6962 (section 2.1), over SHA-256.

A tree is read through a `Node`: a function that gives the hash of a perfect subtree by its height and its index among the
subtrees of that height. Hashes are 32 bytes. Proof verification follows RFC 9162, sections 2.1.3.2 and 2.1.4.2.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

from clearance.facts.errors import LogTampered

Node = Callable[[int, int], bytes]
EMPTY = hashlib.sha256().digest()
"""The root of a tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash an entry as a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees into the one above."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def perfect_root(hashes: Sequence[bytes]) -> bytes:
    """Give the root over 2^k hashes."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def cover(low: int, high: int) -> Iterator[tuple[int, int]]:
    """Name the perfect subtrees, as (height, index) from left to right, that make up the leaves `low` to `high` (excluded).

    `low` must be a multiple of the largest power of two that is not larger than the number of leaves.
    """
    while low < high:
        height = (high - low).bit_length() - 1
        yield height, low >> height
        low += 1 << height


def range_root(low: int, high: int, node: Node) -> bytes:
    """Give the root over the leaves `low` to `high` (excluded); `low` as for `cover`."""
    hashes = [node(height, index) for height, index in cover(low, high)]
    if not hashes:
        return EMPTY
    root = hashes.pop()
    while hashes:
        root = node_hash(hashes.pop(), root)
    return root


def root(size: int, node: Node) -> bytes:
    """Give the root of the tree of the first `size` leaves."""
    return range_root(0, size, node)


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """Prove that leaf `index` is in the tree of `size` leaves: PATH of RFC 6962, from the leaf's sibling upward.

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("no such leaf")
    low, high = 0, size
    path = []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(range_root(middle, high, node))
            high = middle
        else:
            path.append(range_root(low, middle, node))
            low = middle
    return path[::-1]


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """Prove that the tree of `new` leaves begins with the tree of `old` leaves: PROOF of RFC 6962; empty for `old` = 0.

    Raises:
        ValueError: `old` is negative or larger than `new`.
    """
    if not 0 <= old <= new:
        raise ValueError("no such tree")
    if old == 0:
        return []
    low, high = 0, new
    path = []
    while high != old:
        middle = low + _split(high - low)
        if old <= middle:
            path.append(range_root(middle, high, node))
            high = middle
        else:
            path.append(range_root(low, middle, node))
            low = middle
    if low:
        path.append(range_root(low, high, node))
    return path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> None:
    """Check that `proof` leads from the leaf hash at `index` to the root of the tree of `size` leaves.

    Raises:
        LogTampered: it does not.
    """
    if not 0 <= index < size:
        raise LogTampered("the tree has no such entry", where=f"entry {index}")
    place, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise LogTampered("the inclusion proof is too long", where=f"entry {index}")
        if place & 1 or place == last:
            found = node_hash(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, step)
        place, last = place >> 1, last >> 1
    if last or found != expected:
        raise LogTampered("the inclusion proof does not lead to the signed root", where=f"entry {index}")


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of `new` leaves begins with the tree of `old` leaves.

    Raises:
        LogTampered: the proof does not show it.
    """
    broken = LogTampered("the consistency proof does not lead from one root to the other", where=f"size {old} to {new}")
    if not 0 <= old <= new:
        raise LogTampered("the newer tree is the smaller one", where=f"size {old} to {new}")
    if old in (0, new):
        if proof or old_root != (EMPTY if old == 0 else new_root):
            raise broken
        return
    steps = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not steps:
        raise broken
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise broken
        if place & 1 or place == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, step)
        place, last = place >> 1, last >> 1
    if last or first != old_root or second != new_root:
        raise broken


def _split(size: int) -> int:
    """The largest power of two smaller than `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)
