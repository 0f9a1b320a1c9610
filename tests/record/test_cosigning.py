"""Cosignatures in a log: with its newest checkpoint, until that is another one; and for good where they make a quorum."""

import pytest

from clearance.facts.entry import Checkpoint
from clearance.record.cosignature import cosign
from clearance.record.cosigning import keep_cosigned, last_sizes, merged, read_heads
from clearance.record.names import CHECKPOINT, COSIGNED
from clearance.record.note import sign_checkpoint
from clearance.record.policy_file import read_policy
from clearance.record.quorum import QuorumPolicy
from clearance.record.signed import SignedCheckpoint, read_signed
from record.conftest import Furnished
from record.witnesses import NOON, Honest, signer


def rule() -> QuorumPolicy:
    rows = [f"witness {name} {Honest(name).key}" for name in "abc"]
    return read_policy("\n".join([*rows, "group g 2 a b c", "quorum g", ""]).encode())


def newest(log: Furnished) -> SignedCheckpoint:
    return read_signed(log.log.checkpoint())


def cosigned(signed: SignedCheckpoint, names: str) -> SignedCheckpoint:
    return merged(signed, [cosign(signed.text, f"{name}.example/w", signer(name), NOON) for name in names])


def row(log: Furnished, name: str) -> bytes | None:
    with log.store.read() as snapshot:
        return snapshot.get(name)


def test_cosignatures_join_the_newest_checkpoint_and_a_quorum_of_them_stays(furnished: Furnished) -> None:
    assert read_heads(furnished.log.store, furnished.log.keys) is None
    furnished.fill(3)
    three = newest(furnished)
    keep_cosigned(furnished.store, cosigned(three, "a"), rule(), NOON)
    assert row(furnished, COSIGNED) is None
    assert newest(furnished) == cosigned(three, "a")
    keep_cosigned(furnished.store, cosigned(three, "b"), rule(), NOON)
    assert newest(furnished) == cosigned(three, "ab")
    assert row(furnished, COSIGNED) == cosigned(three, "ab").note
    furnished.fill(2, 3)
    assert len(newest(furnished).signatures) == 1
    heads = read_heads(furnished.log.store, furnished.log.keys)
    assert heads is not None
    assert heads.cosigned == cosigned(three, "ab")
    assert last_sizes(heads, rule()) == {"a": 3, "b": 3, "c": 0}
    assert furnished.log.inspect().problems == ()


def test_cosignatures_that_come_late_do_not_touch_a_log_that_has_grown(furnished: Furnished) -> None:
    furnished.fill(3)
    three = newest(furnished)
    furnished.fill(2, 3)
    before = row(furnished, CHECKPOINT)
    keep_cosigned(furnished.store, cosigned(three, "abc"), rule(), NOON)
    assert row(furnished, CHECKPOINT) == before
    assert row(furnished, COSIGNED) == cosigned(three, "abc").note
    keep_cosigned(furnished.store, cosigned(newest(furnished), "ab"), rule(), NOON)
    keep_cosigned(furnished.store, cosigned(three, "abc"), rule(), NOON)  # an older one takes nothing back
    kept = row(furnished, COSIGNED)
    assert kept is not None
    assert read_signed(kept).head.size == 5
    assert furnished.log.inspect().problems == ()


@pytest.mark.parametrize(
    ("size", "root", "origin", "said"),
    [
        (9, bytes(32), "", "cut back: the log holds 3 entries, and witnesses cosigned 9"),
        (2, bytes(32), "", "rewritten: the first 2 entries are not those that witnesses cosigned"),
        (3, bytes(32), "other.example/1", "a checkpoint of another log (other.example/1)"),
    ],
)
def test_an_inspection_compares_what_witnesses_cosigned_with_the_tree(
    furnished: Furnished, size: int, root: bytes, origin: str, said: str
) -> None:
    furnished.fill(3)
    head = Checkpoint(origin=origin or newest(furnished).head.origin, size=size, root=root)
    with furnished.store.write() as draft:
        draft.put(COSIGNED, sign_checkpoint(head, furnished.checkpoints))
    assert [(one.where, one.what) for one in furnished.log.inspect().problems] == [(COSIGNED, said)]


def test_an_inspection_refuses_what_the_log_did_not_sign(furnished: Furnished) -> None:
    furnished.fill(3)
    with furnished.store.write() as draft:
        draft.put(COSIGNED, sign_checkpoint(newest(furnished).head, signer("stranger")))
    assert [one.what for one in furnished.log.inspect().problems] == ["no known key signed the checkpoint"]
