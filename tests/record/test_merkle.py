import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.facts.errors import LogTampered
from clearance.record.merkle import (
    EMPTY,
    Node,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

# The inputs and roots that Certificate Transparency implementations share as test vectors for RFC 6962.
INPUTS = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def oracle(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + oracle(leaves[:k]) + oracle(leaves[k:])).digest()


def tree(leaves: list[bytes]) -> Node:
    def node(height: int, index: int) -> bytes:
        part = leaves[index << height : (index + 1) << height]
        assert len(part) == 1 << height, "only perfect subtrees are asked for"
        return oracle(part)

    return node


def leaves_of(size: int) -> list[bytes]:
    return [leaf_hash(b"%d" % number) for number in range(size)]


def test_the_published_vectors() -> None:
    leaves = [leaf_hash(data) for data in INPUTS]
    assert leaves[0].hex() == ROOTS[0]
    assert [root(size, tree(leaves)).hex() for size in range(1, 9)] == ROOTS
    assert EMPTY.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert root(0, tree([])) == EMPTY


def test_published_proofs() -> None:
    # RFC 6962, section 2.1.3: for the tree of seven leaves d0 to d6.
    d = leaves_of(7)
    node = tree(d)
    a, b, e, f = d[0], d[1], d[4], d[5]
    g, h, i, j = node_hash(a, b), node_hash(d[2], d[3]), node_hash(e, f), d[6]
    k, ell = node_hash(g, h), node_hash(i, j)
    assert inclusion_proof(0, 7, node) == [b, h, ell]
    assert inclusion_proof(3, 7, node) == [d[2], g, ell]
    assert inclusion_proof(4, 7, node) == [f, j, k]
    assert inclusion_proof(6, 7, node) == [i, k]
    assert consistency_proof(3, 7, node) == [d[2], d[3], g, ell]
    assert consistency_proof(4, 7, node) == [ell]
    assert consistency_proof(6, 7, node) == [i, j, k]


@pytest.mark.parametrize("size", range(1, 40))
def test_every_proof_of_small_trees_verifies(size: int) -> None:
    leaves = leaves_of(size)
    node, head = tree(leaves), oracle(leaves)
    assert root(size, node) == head
    for index, leaf in enumerate(leaves):
        verify_inclusion(leaf, index, size, inclusion_proof(index, size, node), head)
    for old in range(size + 1):
        verify_consistency(old, size, oracle(leaves[:old]), head, consistency_proof(old, size, node))


@settings(deadline=None)
@given(size=st.integers(1, 700), data=st.data())
def test_no_other_leaf_index_proof_or_root_verifies(size: int, data: st.DataObject) -> None:
    leaves = leaves_of(size)
    node = tree(leaves)
    head = oracle(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, node)
    other = hashlib.sha256(b"other").digest()
    wrong = [
        (other, index, size, proof, head),
        (leaves[index], index, size, proof, other),
        (leaves[index], index, size, [*proof, other], head),
        (leaves[index], size, size, proof, head),
        (leaves[index], -1, size, proof, head),
    ]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        wrong += [
            (leaves[index], index, size, [*proof[:at], other, *proof[at + 1 :]], head),
            (leaves[index], index, size, proof[:-1], head),
            (leaves[index], (index + 1) % size, size, proof, head),
        ]
    verify_inclusion(leaves[index], index, size, proof, head)
    for arguments in wrong:
        with pytest.raises(LogTampered):
            verify_inclusion(*arguments)


@settings(deadline=None)
@given(new=st.integers(1, 700), data=st.data())
def test_only_a_tree_that_continues_the_old_one_verifies(new: int, data: st.DataObject) -> None:
    leaves = leaves_of(new)
    node = tree(leaves)
    old = data.draw(st.integers(1, new))
    proof = consistency_proof(old, new, node)
    old_root, new_root = oracle(leaves[:old]), oracle(leaves)
    other = hashlib.sha256(b"other").digest()
    verify_consistency(old, new, old_root, new_root, proof)
    wrong = [
        (old, new, other, new_root, proof),
        (old, new, old_root, other, proof),
        (old, new, old_root, new_root, [*proof, other]),
        (new + 1, new, old_root, new_root, proof),
        (0, new, old_root, new_root, []),
    ]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        wrong += [
            (old, new, old_root, new_root, [*proof[:at], other, *proof[at + 1 :]]),
            (old, new, old_root, new_root, proof[:-1]),
        ]
    for arguments in wrong:
        with pytest.raises(LogTampered):
            verify_consistency(*arguments)


def test_a_proof_for_another_size_does_not_verify_although_it_leads_to_the_root() -> None:
    leaves = leaves_of(2)
    head = oracle(leaves)
    for arguments in ((leaves[0], 0, 2, [], leaves[0]), (head, 0, 3, [], head), (leaves[0], 0, 3, [leaves[1]], head)):
        with pytest.raises(LogTampered):
            verify_inclusion(*arguments)
    for old, new in ((1, 3), (2, 3)):
        with pytest.raises(LogTampered):
            verify_consistency(old, new, oracle(leaves[:old]), head, consistency_proof(old, 2, tree(leaves)))


def test_there_is_no_proof_of_what_is_not_there() -> None:
    node = tree(leaves_of(3))
    for index in (-1, 3):
        with pytest.raises(ValueError, match="no such leaf"):
            inclusion_proof(index, 3, node)
    with pytest.raises(ValueError, match="no such tree"):
        consistency_proof(4, 3, node)
    assert consistency_proof(0, 3, node) == []
