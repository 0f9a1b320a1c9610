"""The log: append, read, prove, verify, export."""

import hashlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from msgspec import structs

from clearance.facts.entry import ENTRY_LIMIT, Checkpoint, Entry, Inspection, Seen
from clearance.facts.errors import LogTampered, StoreError, UsageError
from clearance.facts.key import PublicKey
from clearance.record.export import export_log
from clearance.record.inspection import inspect_log
from clearance.record.merkle import EMPTY, inclusion_proof, leaf_hash, root
from clearance.record.names import CHECKPOINT, ENTRIES, EVIDENCE, entry_name
from clearance.record.note import NoteSigner, open_checkpoint, sign_checkpoint
from clearance.record.payload import read_payload
from clearance.record.proof import tlog_proof
from clearance.record.store import Draft, Keys, Pins, Snapshot, Store
from clearance.record.tiles import TiledTree

_DOMAIN = "clearance.local"


class Sealed(NamedTuple):
    """What is appended: a signed bundle, and the bodies of its evidence by their SHA-256."""

    bundle: bytes
    evidence: Mapping[str, bytes]


class Log:
    """A log in a store, its checkpoints signed by `signer`, its entries vouched for by `keys`, the newest checkpoint
    remembered in `pins`."""

    def __init__(self, store: Store, signer: NoteSigner, keys: Keys, pins: Pins) -> None:
        self._store = store
        self._signer = signer
        self._keys = keys
        self._pins = pins

    @property
    def place(self) -> str:
        """Where the log rests."""
        return self._store.place

    def append(self, bundle: bytes, evidence: Mapping[str, bytes]) -> Entry:
        """Append one bundle with its evidence, as `extend` does."""
        return self.extend([Sealed(bundle, evidence)])[0]

    def extend(self, batch: Sequence[Sealed]) -> tuple[Entry, ...]:
        """Append bundles under one new checkpoint. When this returns they are durable; when it raises StoreError none is in
        the log, unless the message says that only the pin could not be written.

        Raises:
            BadSignature: a bundle does not verify under a known key.
            ValueError: evidence does not have the digest that it is handed in under, or a bundle names evidence that is
                neither handed in nor held.
            StoreError: the store failed, or an entry is too large.
            LogTampered: the log was cut back, rewritten, or copied, so that nothing may be signed on top of it.
            SigningError: the checkpoint cannot be signed.
        """
        if not batch:
            return ()
        keys = self._keys.public()
        made = [_entry(0, sealed.bundle, self._keys, keys) for sealed in batch]
        with self._store.write() as draft:
            checkpoint, tree = self._head(draft, keys)
            entries = tuple(structs.replace(entry, index=index) for index, entry in enumerate(made, checkpoint.size))
            for entry, sealed in zip(entries, batch, strict=True):
                draft.put(entry_name(entry.index), entry.bundle)
                _put_evidence(draft, sealed.evidence, read_payload(entry.payload).evidence)
            for name, tile in tree.grow([bytes.fromhex(entry.leaf) for entry in entries]).items():
                draft.put(name, tile)
            newer = Checkpoint(origin=checkpoint.origin, size=tree.size, root=root(tree.size, tree.node))
            note = sign_checkpoint(newer, self._signer)
            draft.put(CHECKPOINT, note)
        self._pins.keep(newer.origin, self.place, newer.size, note)
        return entries

    def entries(self, start: int = 0) -> Iterator[Entry]:
        """Give entries from an index on, oldest first, each with its signature verified.

        Raises:
            LogTampered: an entry is missing, or the checkpoint does not verify.
            BadSignature: an entry does not verify under a known key.
            StoreError: the store cannot be read.
        """
        keys = self._keys.public()
        with self._store.read() as snapshot:
            for index in range(start, self._size(snapshot)):
                bundle = snapshot.get(entry_name(index))
                if bundle is None:
                    raise LogTampered("the entry is missing", where=f"entry {index}", next=_RESTORE)
                yield _entry(index, bundle, self._keys, keys)

    def size(self) -> int:
        """Say how many entries the signed checkpoint covers; 0 where there is no log yet.

        Raises:
            LogTampered: the checkpoint does not verify.
            StoreError: the store cannot be read.
        """
        with self._store.read() as snapshot:
            return self._size(snapshot)

    def evidence(self, digest: str) -> bytes:
        """Give an evidence body by its SHA-256.

        Raises:
            UsageError: the log holds no such body.
            LogTampered: the body has another digest.
            StoreError: the store cannot be read.
        """
        with self._store.read() as snapshot:
            body = snapshot.get(EVIDENCE + digest)
        if body is None:
            raise UsageError("the log holds no such evidence", where=digest)
        if hashlib.sha256(body).hexdigest() != digest:
            raise LogTampered("the body has another digest", where=EVIDENCE + digest)
        return body

    def prove(self, index: int) -> bytes:
        """Give a proof that an entry is in the log, as a `.tlog-proof` file.

        Raises:
            UsageError: there is no such entry.
            LogTampered: the checkpoint does not verify, or a tile is missing.
            StoreError: the store cannot be read.
        """
        with self._store.read() as snapshot:
            note = snapshot.get(CHECKPOINT)
            size = self._size(snapshot)
            if note is None or not 0 <= index < size:
                raise UsageError("there is no such entry", where=f"entry {index}", next=f"the log holds {size} entries")
            tree = TiledTree(size, snapshot.get)
            return tlog_proof(index, inclusion_proof(index, size, tree.node), note)

    def inspect(self, *pems: bytes) -> Inspection:
        """Recompute everything and compare it with what was signed and with what was seen before. `pems` are further public
        keys to trust. Gives every problem found; `verify` is the same with an exception.

        Raises:
            StoreError: the store cannot be read.
            SigningError: keys cannot be read.
        """
        keys = self._keys
        for pem in pems:
            keys = keys.plus(pem)
        with self._store.read() as snapshot:
            return inspect_log(snapshot, self.place, keys, self._pins)

    def verify(self, *pems: bytes) -> Inspection:
        """Inspect the log and insist that it is sound.

        Raises:
            LogTampered: it is not; the first problem with its exact place.
            StoreError: the store cannot be read.
            SigningError: keys cannot be read.
        """
        inspection = self.inspect(*pems)
        if inspection.problems:
            first = inspection.problems[0]
            more = len(inspection.problems) - 1
            raise LogTampered(first.what, where=first.where, next=f"and {more} more" if more else "")
        return inspection

    def export(self, directory: Path) -> Inspection:
        """Write the log as static files (C2SP tlog-tiles) with keys, proofs and evidence into a new or empty directory.

        Raises:
            LogTampered: the log is not sound.
            UsageError: the directory is not empty or cannot be written.
            StoreError: the store cannot be read.
        """
        inspection = self.verify()
        with self._store.read() as snapshot:
            checkpoint = self._checkpoint(snapshot)
            export_log(snapshot, checkpoint, self._keys.public(), directory)
        return inspection

    def _head(self, draft: Draft, keys: tuple[PublicKey, ...]) -> tuple[Checkpoint, TiledTree]:
        """Give the checkpoint and the tree that may be grown. Nothing is signed on top of a tree that is not the signed one,
        nor on one that is shorter than, or other than, what was seen before (C2SP tlog-checkpoint, "Signatures")."""
        note = draft.get(CHECKPOINT)
        if note is None:
            if next(draft.items(""), None):
                raise LogTampered("the checkpoint is missing", where=CHECKPOINT, next=_RESTORE)
            return Checkpoint(origin=f"{_DOMAIN}/{secrets.token_hex(16)}", size=0, root=EMPTY), TiledTree(0, draft.get)
        try:
            checkpoint = open_checkpoint(note, keys)
        except LogTampered:
            # Another process may have made or changed the key of the checkpoints before we held the lock.
            keys = self._keys.public()
            checkpoint = open_checkpoint(note, keys)
        tree = TiledTree(checkpoint.size, draft.get)
        if root(checkpoint.size, tree.node) != checkpoint.root:
            raise LogTampered("the tiles do not lead to the signed root", where=CHECKPOINT, next=_RESTORE)
        seen = self._pins.seen(checkpoint.origin, self.place)
        if seen:
            self._check_seen(checkpoint, tree, seen, keys)
        return checkpoint, tree

    def _check_seen(self, checkpoint: Checkpoint, tree: TiledTree, seen: Seen, keys: tuple[PublicKey, ...]) -> None:
        if seen.elsewhere:
            raise LogTampered(
                f"this log is a copy of the one at {seen.place}; two logs of one name may not grow apart",
                where=self.place,
                next=f"delete {self.place} to start a log of its own here",
            )
        older = open_checkpoint(seen.note, keys, where=self._pins.told(self.place))
        if older.size > checkpoint.size:
            what = f"cut back: the log holds {checkpoint.size} entries, and {older.size} were seen"
            raise LogTampered(what, where=self.place, next=_RESTORE)
        if root(older.size, tree.node) != older.root:
            raise LogTampered(
                f"rewritten: the first {older.size} entries are not those that were seen", where=self.place, next=_RESTORE
            )

    def _checkpoint(self, snapshot: Snapshot) -> Checkpoint:
        return open_checkpoint(snapshot.get(CHECKPOINT) or b"", self._keys.public())

    def _size(self, snapshot: Snapshot) -> int:
        if snapshot.get(CHECKPOINT) is None:
            if next(snapshot.items(ENTRIES), None):
                raise LogTampered("the checkpoint is missing", where=CHECKPOINT, next=_RESTORE)
            return 0
        return self._checkpoint(snapshot).size


_RESTORE = "restore the log from a copy; `clearance log verify` says more"


def _put_evidence(draft: Draft, evidence: Mapping[str, bytes], named: tuple[str, ...]) -> None:
    for digest, body in evidence.items():
        if hashlib.sha256(body).hexdigest() != digest or digest not in named:
            raise ValueError(f"{digest} is not the digest of evidence that the statement names")
        if draft.get(EVIDENCE + digest) != body:  # policies are named by many entries, and kept once
            draft.put(EVIDENCE + digest, body)
    for digest in named:
        if digest not in evidence and draft.get(EVIDENCE + digest) is None:
            raise ValueError(f"the evidence {digest} is missing")


def _entry(index: int, bundle: bytes, ring: Keys, keys: tuple[PublicKey, ...]) -> Entry:
    if len(bundle) > ENTRY_LIMIT:
        raise StoreError(f"an entry of {len(bundle)} bytes", where=f"entry {index}", next=f"the most is {ENTRY_LIMIT}")
    opened = ring.unseal(bundle, keys)
    return Entry(
        index=index,
        leaf=leaf_hash(bundle).hex(),
        digest=hashlib.sha256(opened.payload).hexdigest(),
        key=opened.key.id,
        bundle=bundle,
        payload=opened.payload,
    )
