"""The log: append, read, prove, verify, export."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from clearance.facts.entry import Checkpoint, Entry, Inspection, Opened, Sealed
from clearance.facts.errors import BadSignature, ClearanceError, LogTampered, UsageError
from clearance.facts.key import PublicKey
from clearance.record.export import Exporting, Target, export_log
from clearance.record.growth import Grown, Proven, Stem, bundle_of, check_order, check_seen, put_evidence
from clearance.record.inspection import Told, inspect_log
from clearance.record.merkle import consistency_proof, inclusion_proof, root
from clearance.record.names import CHECKPOINT, ENTRIES, EVIDENCE
from clearance.record.note import NoteSigner, open_checkpoint, vouching_key
from clearance.record.payload import read_payload
from clearance.record.proof import ConsistencyProof, tlog_proof
from clearance.record.sealed import (
    RESTORE,
    Submission,
    check_length,
    check_told,
    entry_of,
    opened_entry,
    stored,
    unverified_payload,
)
from clearance.record.store import Draft, Keys, Pins, Snapshot, Store
from clearance.record.tiles import TiledTree

__all__ = ["Log", "Proven", "Submission"]


class Exported(NamedTuple):
    """What an export wrote: the log as it is, how many entries are new there, and the digest of all files that nobody signed
    and that are to be compared by another way."""

    inspection: Inspection
    new: int
    unsigned: str


class Log:
    """A log in a store, its checkpoints signed by `signer`, its entries vouched for by `keys`, the newest checkpoint
    remembered in `pins`."""

    def __init__(self, store: Store, signer: NoteSigner, keys: Keys, pins: Pins) -> None:
        self._store = store
        self._signer = signer
        self._keys = keys
        self._pins = pins
        self._last: tuple[bytes, Checkpoint] | None = None
        self._continues = b""  # the checkpoint that was compared with what was seen before

    @property
    def place(self) -> str:
        """Where the log rests."""
        return self._store.place

    @property
    def store(self) -> Store:
        """The store in which the log rests."""
        return self._store

    @property
    def keys(self) -> Keys:
        """The keys that vouch for its entries and checkpoints."""
        return self._keys

    def append(self, sealed: Sealed, evidence: Mapping[str, bytes], opened: Opened | None = None) -> Entry:
        """Append one statement with its evidence, as `extend` does."""
        return self.extend([Submission(sealed, evidence, opened)])[0]

    def extend(self, batch: Sequence[Submission]) -> tuple[Entry, ...]:
        """Append signed statements under one new checkpoint. When this returns they are durable; when it raises StoreError
        none is in the log, unless the message says that only the pin could not be written.

        Raises:
            BadSignature: a statement does not verify under a known key, or is signed by a bare key where the log holds
                certificates already.
            ValueError: evidence does not have the digest that it is handed in under, or a statement names evidence that is
                neither handed in nor held.
            StoreError: the store failed, or an entry is too large.
            LogTampered: the log was cut back, rewritten, or copied, so that nothing may be signed on top of it.
            SigningError: the checkpoint cannot be signed.
        """
        if not batch:
            return ()
        known = cache(self._keys.public)
        made = [self._made(one, known) for one in batch]
        with self._store.write() as draft:
            head = self._stem.head(draft, known)
            for entry, one in zip(made, batch, strict=True):
                put_evidence(draft, one.evidence, read_payload(entry.payload).evidence)
            check_order(draft, head[0].size, [entry.sealed.leaf for entry in made])
            grown, entries = self._stem.grow(draft, head, made)
        self._pin(grown)
        return entries

    def commit(self, batch: Sequence[Submission]) -> tuple[Proven | ClearanceError | ValueError, ...]:
        """Append what can be appended of a batch under one new checkpoint, and say for each what became of it: the entry
        with its proof, or why it was refused (the exceptions of `extend`). A refused one keeps no neighbour out.

        Raises:
            StoreError, LogTampered, SigningError: nothing of the batch is in the log, as for `extend`.
        """
        known = cache(self._keys.public)
        told: list[Proven | ClearanceError | ValueError | None] = [None] * len(batch)
        made: list[tuple[int, Entry]] = []
        for at, one in enumerate(batch):
            try:
                made.append((at, self._made(one, known)))
            except (ClearanceError, ValueError) as error:
                told[at] = error
        kept: list[tuple[int, Entry]] = []
        grown: Grown | None = None
        entries: tuple[Entry, ...] = ()
        if made:
            with self._store.write() as draft:
                head = self._stem.head(draft, known)
                for at, entry in made:
                    refused = _refused(draft, head[0].size, [*(one for _, one in kept), entry], batch[at])
                    if refused is None:
                        kept.append((at, entry))
                    else:
                        told[at] = refused
                if kept:
                    grown, entries = self._stem.grow(draft, head, [entry for _, entry in kept])
        if grown is not None:
            self._pin(grown)
            for (at, _), entry in zip(kept, entries, strict=True):
                told[at] = Proven(entry, grown)
        return tuple(one for one in told if one is not None)

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
                yield opened_entry(index, stored(snapshot, index), self._keys, keys)

    def payloads(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Give the payloads of entries from an index on, with their indexes. Nothing of them is verified: they may fill an
        index that points into the log, and what an answer rests on is read again by `entries`. One that cannot be read
        gives no bytes.

        Raises:
            LogTampered: the checkpoint does not verify, or an entry is missing.
            StoreError: the store cannot be read.
        """
        with self._store.read() as snapshot:
            for index in range(start, self._size(snapshot)):
                yield index, unverified_payload(stored(snapshot, index))

    def root_at(self, size: int) -> bytes:
        """Give the root hash over the first `size` entries, from the tiles.

        Raises:
            UsageError: the log has not so many.
            LogTampered: the checkpoint does not verify, or a tile is missing.
            StoreError: the store cannot be read.
        """
        with self._store.read() as snapshot:
            held = self._size(snapshot)
            if not 0 <= size <= held:
                raise UsageError("no such part of the log", where=f"{size} entries", next=f"the log holds {held} entries")
            return root(size, TiledTree(held, snapshot.get).node)

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
            grown = self._grown(snapshot, index)
            return tlog_proof(index, inclusion_proof(index, grown.tree.size, grown.tree.node), grown.note)

    def bundle(self, index: int) -> bytes:
        """Give an entry as a complete Sigstore bundle v0.3 (JSON): statement, signature, certificate, timestamp, and the
        proof that it is in the log under the newest checkpoint. Stock verifiers read it; it is verified first.

        Raises:
            UsageError: there is no such entry, or it is one of the old form, which has no bundle.
            LogTampered: the checkpoint does not verify, or the entry or a tile is missing.
            BadSignature: the entry does not verify.
            StoreError: the store cannot be read.
        """
        with self._store.read() as snapshot:
            grown = self._grown(snapshot, index)
            entry = opened_entry(index, stored(snapshot, index), self._keys, self._keys.public())
            return bundle_of(index, entry.sealed, inclusion_proof(index, grown.tree.size, grown.tree.node), grown)

    def origin(self) -> str:
        """Give the log's name; empty where there is no log yet.

        Raises:
            LogTampered: the checkpoint does not verify.
            StoreError: the store cannot be read.
        """
        with self._store.read() as snapshot:
            return self._checkpoint(snapshot).origin if self._size(snapshot) else ""

    def checkpoint(self) -> bytes:
        """Give the newest signed checkpoint as a note; empty where there is no log yet.

        Raises:
            LogTampered: it does not verify.
            StoreError: the store cannot be read.
        """
        with self._store.read() as snapshot:
            return (snapshot.get(CHECKPOINT) or b"") if self._size(snapshot) else b""

    def consistency(self, old: int, new: int | None = None) -> ConsistencyProof:
        """Prove that the log of `new` entries (none: all) begins with the log of `old` entries. The note is that of the
        newest checkpoint, whatever `new` is: of older ones only the root can be computed.

        Raises:
            UsageError: the log has not, or had not, that many entries.
            LogTampered: the checkpoint does not verify, or a tile is missing.
            StoreError: the store cannot be read.
        """
        with self._store.read() as snapshot:
            size = self._size(snapshot)
            newer = size if new is None else new
            if not size or not 0 <= old <= newer <= size:
                raise UsageError("no such part of the log", where=f"{old} to {newer}", next=f"the log holds {size} entries")
            tree = TiledTree(size, snapshot.get)
            return ConsistencyProof(old, tuple(consistency_proof(old, newer, tree.node)), snapshot.get(CHECKPOINT) or b"")

    def inspect(self, *pems: bytes, quick: bool = False, told: Told | None = None) -> Inspection:
        """Recompute everything and compare it with what was signed and with what was seen before. `pems` are further public
        keys to trust; a `quick` inspection leaves out the entries' signatures; `told` hears how far the work is. Gives every
        problem found; `verify` is the same with an exception.

        Raises:
            StoreError: the store cannot be read.
            SigningError: keys cannot be read.
        """
        keys = self._keys
        for pem in pems:
            keys = keys.plus(pem)
        with self._store.read() as snapshot:
            return inspect_log(snapshot, self.place, keys, self._pins, quick=quick, told=told)

    def verify(self, *pems: bytes) -> Inspection:
        """Inspect the log and insist that it is sound.

        Raises:
            LogTampered: it is not; the first problem with its exact place.
            StoreError: the store cannot be read.
            SigningError: keys cannot be read.
        """
        inspection = self.inspect(*pems)
        _insist(inspection)
        return inspection

    def export(self, directory: Path, beside: Mapping[str, bytes] | None = None) -> Exported:
        """Write the log as static files (C2SP tlog-tiles) with bundles, proofs, evidence, keys and a README, and `beside`
        (trusted_root.json) into a new directory, or what is new into one that holds an older export of this log. Entries
        that are exported already are compared by their hashes only.

        Raises:
            LogTampered: the log is not sound, or the export there is of another history.
            UsageError: the directory holds something else, or cannot be written.
            StoreError: the store cannot be read.
        """
        keys = self._keys.public()
        with self._store.read() as snapshot:
            size = self._size(snapshot)
            if not size:
                _insist(inspect_log(snapshot, self.place, self._keys, self._pins))
                raise UsageError("the log is empty", where=self.place)
            target = _target(directory, self._checkpoint(snapshot), keys)
            start = target.held.size if target.held else 0
            inspection = inspect_log(snapshot, self.place, self._keys, self._pins, quick=start > 0)
            _insist(inspection)
            grown = self._grown(snapshot, 0)
            entries = (self._exporting(snapshot, index, keys, verified=start == 0) for index in range(start, size))
            unsigned = export_log(snapshot, grown, keys, target, entries, beside or {})
        return Exported(inspection, size - start, unsigned)

    def _exporting(self, snapshot: Snapshot, index: int, keys: tuple[PublicKey, ...], *, verified: bool) -> Exporting:
        """Give an entry on its way out; what this snapshot's inspection has `verified` is not verified again."""
        sealed = stored(snapshot, index)
        payload = unverified_payload(sealed) if verified else opened_entry(index, sealed, self._keys, keys).payload
        return Exporting(index, sealed, payload)

    @property
    def _stem(self) -> Stem:
        return Stem(self._signer, self._pins, self.place, self._keys.public, self._last)

    def _made(self, one: Submission, known: Callable[[], tuple[PublicKey, ...]]) -> Entry:
        if one.opened is None:
            return opened_entry(0, one.sealed, self._keys, known())
        check_length(0, one.sealed)
        check_told(one.sealed, one.opened)
        return entry_of(0, one.sealed, one.opened)

    def _pin(self, grown: Grown) -> None:
        self._last = (grown.note, grown.checkpoint)
        self._pins.keep(grown.checkpoint.origin, self.place, grown.checkpoint.size, grown.note)

    def _grown(self, snapshot: Snapshot, index: int) -> Grown:
        """Give the log as it stands, if it has an entry of this index."""
        note = snapshot.get(CHECKPOINT)
        size = self._size(snapshot)
        if note is None or not 0 <= index < size:
            raise UsageError("there is no such entry", where=f"entry {index}", next=f"the log holds {size} entries")
        key = vouching_key(note, self._keys.public())
        return Grown(TiledTree(size, snapshot.get), self._checkpoint(snapshot), note, key)

    def _checkpoint(self, snapshot: Snapshot) -> Checkpoint:
        return open_checkpoint(snapshot.get(CHECKPOINT) or b"", self._keys.public())

    def _size(self, snapshot: Snapshot) -> int:
        """Say how many entries are signed, once it is known that the log continues what was seen before: an answer from a
        log that was cut back would look like any other."""
        note = snapshot.get(CHECKPOINT)
        if note is None:
            if next(snapshot.items(ENTRIES), None):
                raise LogTampered("the checkpoint is missing", where=CHECKPOINT, next=RESTORE)
            return 0
        checkpoint = self._checkpoint(snapshot)
        if note != self._continues:
            try:
                self._insist_continued(snapshot, note, checkpoint)
            except LogTampered:
                with self._store.read() as fresh:
                    newer = fresh.get(CHECKPOINT)
                    if newer is None or newer == note:
                        raise
                    # Somebody appended since this snapshot was opened, and what they signed was seen already.
                    self._insist_continued(fresh, newer, self._checkpoint(fresh))
                    if root(checkpoint.size, TiledTree(self._checkpoint(fresh).size, fresh.get).node) != checkpoint.root:
                        raise
            self._continues = note
        return checkpoint.size

    def _insist_continued(self, snapshot: Snapshot, note: bytes, checkpoint: Checkpoint) -> None:
        seen = self._pins.seen(checkpoint.origin, self.place)
        if seen is None or seen.note == note:
            return
        older = open_checkpoint(seen.note, self._keys.public(), where=self._pins.told(self.place))
        copy = f"; it is a copy of the log at {seen.place}" if seen.elsewhere else ""
        check_seen(checkpoint, TiledTree(checkpoint.size, snapshot.get), older, self.place, copy)


def _target(directory: Path, checkpoint: Checkpoint, keys: tuple[PublicKey, ...]) -> Target:
    try:
        return Target(directory, checkpoint, keys)
    except OSError as error:
        raise UsageError(error.strerror or "cannot be read", where=str(directory), next="choose another one") from error


def _insist(inspection: Inspection) -> None:
    if inspection.problems:
        first = inspection.problems[0]
        more = len(inspection.problems) - 1
        raise LogTampered(first.what, where=first.where, next=f"and {more} more" if more else "")


def _refused(draft: Draft, size: int, made: Sequence[Entry], one: Submission) -> ClearanceError | ValueError | None:
    """Write the evidence of the last of these entries, or say why it is refused; then nothing of it was written."""
    try:
        check_order(draft, size, [entry.sealed.leaf for entry in made])
        put_evidence(draft, one.evidence, read_payload(made[-1].payload).evidence)
    except (BadSignature, ValueError) as error:
        return error
    return None
