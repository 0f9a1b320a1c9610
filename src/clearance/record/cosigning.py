"""Cosignatures in a log of ours: what they are asked for, where they are kept, and what an inspection looks at.

Cosignatures join the signature of the log in the row `checkpoint`, until the next append replaces it; the newest checkpoint
that a quorum cosigned stays in the row `cosigned`.
"""

from collections.abc import Iterable
from typing import NamedTuple

from clearance.facts.entry import Checkpoint, Problem
from clearance.facts.errors import LogTampered
from clearance.facts.key import PublicKey
from clearance.record.merkle import Node, root
from clearance.record.names import CHECKPOINT, COSIGNED
from clearance.record.note import open_checkpoint
from clearance.record.quorum import QuorumPolicy, standing_of
from clearance.record.signed import NOTE_ED25519, NoteSignature, SignedCheckpoint, VerifierKey, read_signed
from clearance.record.store import Keys, Snapshot, Store


class Heads(NamedTuple):
    """The newest checkpoint of a log, and the newest one that a quorum cosigned, if there is one; both signed by the log."""

    newest: SignedCheckpoint
    cosigned: SignedCheckpoint | None


def log_keys(origin: str, keys: Iterable[PublicKey]) -> tuple[VerifierKey, ...]:
    """Give the keys of a log's checkpoints as notes name them."""
    return tuple(VerifierKey(origin, NOTE_ED25519, key.raw) for key in keys if key.algorithm == "ed25519")


def read_heads(store: Store, keys: Keys) -> Heads | None:
    """Read both checkpoints of a log; None where there is no log yet.

    Raises:
        LogTampered: one of them does not verify.
        StoreError: the store cannot be read.
    """
    public = keys.public()
    with store.read() as snapshot:
        note, older = snapshot.get(CHECKPOINT), snapshot.get(COSIGNED)
    if note is None:
        return None
    open_checkpoint(note, public)
    if older is not None:
        open_checkpoint(older, public, where=COSIGNED)
    return Heads(read_signed(note), None if older is None else read_signed(older, where=COSIGNED))


def last_sizes(heads: Heads, policy: QuorumPolicy) -> dict[str, int]:
    """Give, by the name of each witness of a policy, the size that it cosigned last, as far as the log knows; else 0. A
    signature line is believed here: a wrong size costs one more question."""
    known = [heads.newest] if heads.cosigned is None else [heads.cosigned, heads.newest]
    return {
        witness.name: max(
            (one.head.size for one in known if any(line.by(witness.key) for line in one.signatures)), default=0
        )
        for witness in policy.witnesses
    }


def merged(signed: SignedCheckpoint, more: Iterable[NoteSignature]) -> SignedCheckpoint:
    """Give a checkpoint with more signatures: a newer one takes the place of an older one by the same key."""
    lines = {(one.name, one.key): one for one in signed.signatures}
    lines.update({(one.name, one.key): one for one in more})
    return signed._replace(signatures=tuple(lines.values()))


def keep_cosigned(store: Store, cosigned: SignedCheckpoint, policy: QuorumPolicy, now: int) -> None:
    """Keep the cosignatures of a checkpoint: with the newest one, if the log has not grown since, and for good where they
    make a quorum.

    Raises:
        LogTampered: a note that is there cannot be read.
        StoreError: the store cannot be written.
    """
    with store.write() as draft:
        newest, older = draft.get(CHECKPOINT), draft.get(COSIGNED)
        now_there = read_signed(newest) if newest is not None else None
        if now_there is not None and now_there.text == cosigned.text:
            cosigned = merged(now_there, cosigned.signatures)
            draft.put(CHECKPOINT, cosigned.note)
        smaller = older is None or read_signed(older, where=COSIGNED).head.size <= cosigned.head.size
        if smaller and policy.witnesses and standing_of(cosigned, policy, now).reached:
            draft.put(COSIGNED, cosigned.note)


def check_cosigned(
    snapshot: Snapshot, keys: tuple[PublicKey, ...], newest: Checkpoint, tree: Node | None
) -> tuple[Problem, ...]:
    """Inspect the row `cosigned`: signed by a key of the log, under its name, and a beginning of the tree.

    Raises:
        StoreError: the store cannot be read.
    """
    note = snapshot.get(COSIGNED)
    if note is None:
        return ()
    try:
        older = open_checkpoint(note, keys, where=COSIGNED)
    except LogTampered as error:
        return (Problem(where=COSIGNED, what=error.what),)
    if older.origin != newest.origin:
        return (Problem(where=COSIGNED, what=f"a checkpoint of another log ({older.origin})"),)
    if older.size > newest.size:
        what = f"cut back: the log holds {newest.size} entries, and witnesses cosigned {older.size}"
        return (Problem(where=COSIGNED, what=what),)
    if tree is not None and root(older.size, tree) != older.root:
        what = f"rewritten: the first {older.size} entries are not those that witnesses cosigned"
        return (Problem(where=COSIGNED, what=what),)
    return ()
