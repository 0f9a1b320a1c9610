"""Reads a log: what was signed, what is proven of it, and what is believed no more."""

import hashlib
from collections.abc import Callable, Iterator, MutableMapping

from clearance.facts.entry import Checkpoint, Entry
from clearance.facts.errors import LogTampered, NoLongerBelieved, UsageError
from clearance.record.growth import Grown, bundle_of, check_seen
from clearance.record.merkle import consistency_proof, inclusion_proof, root
from clearance.record.names import CHECKPOINT, ENTRIES, EVIDENCE
from clearance.record.note import open_checkpoint, vouching_key
from clearance.record.proof import ConsistencyProof, tlog_proof
from clearance.record.proven import proven_payloads
from clearance.record.sealed import RESTORE, opened_entry, stored
from clearance.record.store import Keys, Pins, Snapshot, Store
from clearance.record.tiles import TiledTree


class Reading:
    """A log in a store, its entries vouched for by `keys`, the newest checkpoint remembered in `pins`.

    What is whole and believed no more, because its certificate was revoked or its key ended back in time, stays in the tree
    and counts for nothing: `entries` passes over it, and `passed` tells of each by its index why. Readers of one command may
    share it. What the log itself states to be revoked counts as well, where `hearing` reads it.
    """

    def __init__(
        self,
        store: Store,
        keys: Keys,
        pins: Pins,
        passed: MutableMapping[int, str] | None = None,
        hearing: "Callable[[Reading], Keys] | None" = None,
    ) -> None:
        """`hearing` gives the keys of a log less what the log states to be revoked. It is asked before the first entry is
        read, and again when the log grew."""
        self._store = store
        self._keys = keys
        self._pins = pins
        self._hearing = hearing
        self._heard: tuple[bytes, Keys] = b"", keys
        self._continues = b""  # the checkpoint that was compared with what was seen before
        self.passed: MutableMapping[int, str] = {} if passed is None else passed

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

    @property
    def hearing(self) -> "Callable[[Reading], Keys] | None":
        """What reads the revocations that the log states."""
        return self._hearing

    @property
    def pins(self) -> Pins:
        """The memory of checkpoints that were seen."""
        return self._pins

    def entries(self, start: int = 0, end: int | None = None) -> Iterator[Entry]:
        """Give entries from an index on (up to `end`, excluded), oldest first, each with its signature verified. Those that
        are believed no more are passed over, so the first one given need not be that of `start`: `entry` gives exactly one.

        Raises:
            LogTampered: an entry is missing, or the checkpoint does not verify.
            BadSignature: an entry does not verify under a known key.
            StoreError: the store cannot be read.
        """
        with self._store.read() as snapshot:
            size = self._size(snapshot)
            ring = self._vouching()
            keys = ring.public()
            for index in range(start, size if end is None else min(end, size)):
                try:
                    entry = opened_entry(index, stored(snapshot, index), ring, keys)
                except NoLongerBelieved as error:
                    self.passed[index] = error.what
                    continue
                yield entry

    def entry(self, index: int) -> Entry:
        """Give one entry, its signature verified.

        Raises:
            UsageError: there is no such entry.
            LogTampered: it is missing, or the checkpoint does not verify.
            NoLongerBelieved: it counts for nothing; the message says why.
            BadSignature: it does not verify under a known key.
            StoreError: the store cannot be read.
        """
        with self._store.read() as snapshot:
            size = self._size(snapshot)
            if not 0 <= index < size:
                raise UsageError("there is no such entry", where=f"entry {index}", next=f"the log holds {size} entries")
            ring = self._vouching()
            try:
                return opened_entry(index, stored(snapshot, index), ring, ring.public())
            except NoLongerBelieved as error:
                error.where = f"entry {index}"
                raise

    def believed(self, index: int) -> Entry | None:
        """Give one entry as `entry` does; None where it is believed no more, which is noted in `passed`."""
        try:
            return self.entry(index)
        except NoLongerBelieved as error:
            self.passed[index] = error.what
            return None

    def payload(self, index: int) -> bytes:
        """Give the payload of one entry that was found whole and believed no more: what it says counts for nothing, and what
        it was about is known. It is proven to be that of the tree.

        Raises:
            LogTampered: the checkpoint does not verify, or an entry is missing.
            StoreError: the store cannot be read.
        """
        return next(self.payloads(index))[1]

    def payloads(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Give the payloads of entries from an index on, with their indexes. Each is proven to be the one that the signed
        checkpoint is over; who signed it is not verified: payloads may fill an index that points into the log, and what an
        answer rests on is read again by `entries`.

        Raises:
            LogTampered: the checkpoint does not verify, or an entry is missing or another one.
            StoreError: the store cannot be read.
        """
        with self._store.read() as snapshot:
            if start < self._size(snapshot):
                yield from proven_payloads(snapshot, start, self._checkpoint(snapshot))

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

    def _vouching(self) -> Keys:
        """Give the keys less what the log states to be revoked; its size was asked before."""
        if self._hearing is None or not self._continues:
            return self._keys
        if self._heard[0] != self._continues:
            self._heard = self._continues, self._hearing(Reading(self._store, self._keys, self._pins))
        return self._heard[1]

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
