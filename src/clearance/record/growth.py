"""How a log grows: what was signed last is checked against what is there and what was seen, then leaves are added."""

import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from msgspec import structs

from clearance.facts.entry import Checkpoint, Entry, Sealed, Seen
from clearance.facts.errors import BadSignature, LogTampered, UsageError
from clearance.facts.key import PublicKey
from clearance.record.merkle import EMPTY, inclusion_proof, root
from clearance.record.names import CHECKPOINT, EVIDENCE, bundle_name, entry_name
from clearance.record.note import NoteSigner, open_checkpoint, sign_checkpoint, vouched, vouching_key
from clearance.record.proof import tlog_proof
from clearance.record.sealed import RESTORE, bundled, enveloped, whole_bundle
from clearance.record.store import Draft, Pins
from clearance.record.tiles import TiledTree

_DOMAIN = "clearance.local"


class Grown(NamedTuple):
    """A log after an append: its tree, the checkpoint over it, that checkpoint as a signed note, and the key that signed."""

    tree: TiledTree
    checkpoint: Checkpoint
    note: bytes
    key: PublicKey


class Proven:
    """An entry that is durably in the log, and the log as it stood when it came in."""

    def __init__(self, entry: Entry, grown: Grown) -> None:
        self.entry = entry
        self._grown = grown

    @property
    def checkpoint(self) -> bytes:
        """The signed checkpoint under which it came in."""
        return self._grown.note

    @cached_property
    def path(self) -> tuple[bytes, ...]:
        """The inclusion path under that checkpoint, from the leaf upward."""
        grown = self._grown
        return tuple(inclusion_proof(self.entry.index, grown.checkpoint.size, grown.tree.node))

    @property
    def proof(self) -> bytes:
        """The proof under that checkpoint, as a `.tlog-proof` file."""
        return tlog_proof(self.entry.index, self.path, self._grown.note)

    @property
    def bundle(self) -> bytes:
        """The complete Sigstore bundle, with that proof.

        Raises:
            UsageError: it is an entry of the old form, which has no bundle.
        """
        return bundle_of(self.entry.index, self.entry.sealed, self.path, self._grown)


def bundle_of(index: int, sealed: Sealed, path: Sequence[bytes], grown: Grown) -> bytes:
    """Give the complete Sigstore bundle of an entry under a checkpoint.

    Raises:
        UsageError: it is an entry of the old form, which has no bundle.
    """
    if not sealed.bundle:
        raise UsageError(
            "an entry of before there were bundles: a DSSE envelope by a bare key",
            where=f"entry {index}",
            next="`clearance log show` and `clearance log export` give it with its proof",
        )
    return whole_bundle((index, sealed), path, grown.note, grown.checkpoint, grown.key)


class Stem(NamedTuple):
    """What growing needs besides the draft: who signs, what was seen, where the log rests, the keys known (asked anew)."""

    signer: NoteSigner
    pins: Pins
    place: str
    keys: Callable[[], tuple[PublicKey, ...]]
    last: tuple[bytes, Checkpoint] | None = None
    """The checkpoint that was signed last in this very process: found again byte for byte, it is not verified again."""

    def head(self, draft: Draft, known: Callable[[], tuple[PublicKey, ...]]) -> tuple[Checkpoint, TiledTree]:
        """Give the checkpoint and the tree that may be grown; `known` gives keys that were asked for a moment ago. Nothing
        is signed on top of a tree that is not the signed one, nor on one that is shorter than, or other than, what was seen
        before (C2SP tlog-checkpoint, "Signatures").

        Raises:
            LogTampered: it may not be grown.
        """
        note = draft.get(CHECKPOINT)
        if note is None:
            if next(draft.items(""), None):
                raise LogTampered("the checkpoint is missing", where=CHECKPOINT, next=RESTORE)
            return Checkpoint(origin=f"{_DOMAIN}/{secrets.token_hex(16)}", size=0, root=EMPTY), TiledTree(0, draft.get)
        checkpoint = self.last[1] if self.last and self.last[0] == note else self._opened(note, known)
        tree = TiledTree(checkpoint.size, draft.get)
        if tree.root() != checkpoint.root:
            raise LogTampered("the tiles do not lead to the signed root", where=CHECKPOINT, next=RESTORE)
        seen = self.pins.seen(checkpoint.origin, self.place)
        if seen and seen.note != note:
            self._check_seen(checkpoint, tree, seen)
        elif seen and seen.elsewhere:
            raise self._copied(seen)
        return checkpoint, tree

    def grow(
        self, draft: Draft, head: tuple[Checkpoint, TiledTree], made: Sequence[Entry]
    ) -> tuple[Grown, tuple[Entry, ...]]:
        """Write entries, their bundles, the tiles and the new signed checkpoint on top of what `head` gave; gives the log
        as it then is, and the entries with their indexes.

        Raises:
            SigningError: the checkpoint cannot be signed.
            StoreError: the store failed.
        """
        checkpoint, tree = head
        entries = tuple(structs.replace(entry, index=index) for index, entry in enumerate(made, checkpoint.size))
        tiles = tree.grow([bytes.fromhex(entry.leaf) for entry in entries])
        rows = [(entry_name(entry.index), entry.sealed.leaf) for entry in entries]
        rows += [(bundle_name(entry.index), entry.sealed.bundle) for entry in entries if entry.sealed.bundle]
        draft.put_many([*rows, *tiles.items()])
        newer = Checkpoint(origin=checkpoint.origin, size=tree.size, root=tree.root())
        note = sign_checkpoint(newer, self.signer)
        draft.put(CHECKPOINT, note)
        return Grown(tree, newer, note, vouching_key(note, [self.signer.public()])), entries

    def _opened(self, note: bytes, known: Callable[[], tuple[PublicKey, ...]]) -> Checkpoint:
        try:
            return open_checkpoint(note, known())
        except LogTampered:
            # Another process may have made or changed the key of the checkpoints before we held the lock.
            keys = self.keys()
            if vouched(note, keys):
                return open_checkpoint(note, keys)
        raise LogTampered(
            "its checkpoints are signed by somebody else's key, so nothing can be appended with yours",
            where=self.place,
            next="set CLEARANCE_HOME to the folder of the keys that began this log; several people share one log "
            "through a store of their own (docs/how-to/postgresql.md) and a key that all of them may use",
        )

    def _check_seen(self, checkpoint: Checkpoint, tree: TiledTree, seen: Seen) -> None:
        if seen.elsewhere:
            raise self._copied(seen)
        check_seen(checkpoint, tree, open_checkpoint(seen.note, self.keys(), where=self.pins.told(self.place)), self.place)

    def _copied(self, seen: Seen) -> LogTampered:
        return LogTampered(
            f"this log is a copy of the one at {seen.place}; two logs of one name may not grow apart",
            where=self.place,
            next=f"delete {self.place} to start a log of its own here",
        )


def check_seen(checkpoint: Checkpoint, tree: TiledTree, older: Checkpoint, place: str, more: str = "") -> None:
    """Insist that a log continues a checkpoint that was seen before; of one as large, only the roots are compared. `more` is
    told with what is wrong.

    Raises:
        LogTampered: it was cut back or rewritten, or a tile is missing.
    """
    if older.size > checkpoint.size:
        what = f"cut back: the log holds {checkpoint.size} entries, and {older.size} were seen{more}"
        raise LogTampered(what, where=place, next=RESTORE)
    now = checkpoint.root if older.size == checkpoint.size else root(older.size, tree.node)
    if now != older.root:
        what = f"rewritten: the first {older.size} entries are not those that were seen{more}"
        raise LogTampered(what, where=place, next=RESTORE)


class Order:
    """The order of old and new entries behind the first `size` of a draft: no leaf that is an envelope by a bare key follows
    one that records a certificate. Such entries are history only: nobody says when a bare key signed, so one that is long
    retired could sign today."""

    def __init__(self, draft: Draft, size: int) -> None:
        self._draft = draft
        self._size = size
        self._certified: bool | None = None  # not looked up yet

    def check(self, leaf: bytes) -> None:
        """Insist that a leaf may be the next one.

        Raises:
            BadSignature: it may not.
        """
        if not enveloped(leaf):
            return
        if self._certified is None:
            newest = self._draft.get(entry_name(self._size - 1)) if self._size else None
            self._certified = newest is not None and bundled(newest)
        if self._certified:
            raise BadSignature(
                "signed by a bare key, and this log holds certificates already",
                next="new entries are signed under certificates: `clearance attest`, `clearance check`",
            )

    def take(self, leaf: bytes) -> None:
        """Note that a leaf is the next one."""
        if bundled(leaf):
            self._certified = True


def put_evidence(draft: Draft, evidence: Mapping[str, bytes], named: tuple[str, ...]) -> None:
    """Write the evidence bodies of one statement, which names them.

    Raises:
        ValueError: a body is not what it is handed in as, is not named, or is named and neither handed in nor held.
    """
    for digest, body in evidence.items():
        if hashlib.sha256(body).hexdigest() != digest or digest not in named:
            raise ValueError(f"{digest} is not the digest of evidence that the statement names")
    for digest in named:
        if digest not in evidence and draft.get(EVIDENCE + digest) is None:
            raise ValueError(f"the evidence {digest} is missing")
    for digest, body in evidence.items():
        if draft.get(EVIDENCE + digest) != body:  # policies are named by many entries, and kept once
            draft.put(EVIDENCE + digest, body)
