"""The log: append, verify, export; `reading.py` reads and proves."""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

from clearance.facts.entry import Checkpoint, Entry, Inspection, Opened, Problem, Sealed
from clearance.facts.errors import BadSignature, ClearanceError, LogTampered, NoLongerBelieved, UsageError
from clearance.facts.key import PublicKey
from clearance.record.export import Exporting, Target, export_log
from clearance.record.growth import Grown, Order, Proven, Stem, put_evidence
from clearance.record.inspection import Told, inspect_log
from clearance.record.note import NoteSigner
from clearance.record.payload import read_payload
from clearance.record.reading import Reading
from clearance.record.sealed import (
    Submission,
    check_length,
    check_told,
    entry_of,
    opened_entry,
    stored,
    unverified_payload,
)
from clearance.record.store import Draft, Keys, Pins, Snapshot, Store

_MANY = 256
"""Statements of others in one batch from which on it pays to verify them on all processors."""
__all__ = ["Log", "Proven", "Submission"]


class Exported(NamedTuple):
    """What an export wrote: the log as it is, how many entries are new there, the digest of all files that nobody signed and
    that are to be compared by another way, of how many new entries the keys of lines were left out, and whether an
    earlier export left keys of lines there (`kept`), which stay."""

    inspection: Inspection
    new: int
    unsigned: str
    left_out: int = 0
    kept: bool = False


class Log(Reading):
    """A log that grows: its checkpoints are signed by `signer`."""

    def __init__(
        self,
        store: Store,
        signer: NoteSigner,
        keys: Keys,
        pins: Pins,
        passed: MutableMapping[int, str] | None = None,
        hearing: Callable[[Reading], Keys] | None = None,
    ) -> None:
        super().__init__(store, keys, pins, passed, hearing)
        self._signer = signer
        self._last: tuple[bytes, Checkpoint] | None = None

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
        with self._expecting(batch, known):
            made = [self._made(one, known) for one in batch]
        with self._store.write() as draft:
            head = self._stem.head(draft, known)
            order = Order(draft, head[0].size)
            for entry, one in zip(made, batch, strict=True):
                _admit(draft, order, entry, one)
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
        with self._expecting(batch, known):
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
                order = Order(draft, head[0].size)
                for at, entry in made:
                    try:
                        _admit(draft, order, entry, batch[at])
                        kept.append((at, entry))
                    except (BadSignature, ValueError) as error:
                        told[at] = error
                if kept:
                    grown, entries = self._stem.grow(draft, head, [entry for _, entry in kept])
        if grown is not None:
            self._pin(grown)
            for (at, _), entry in zip(kept, entries, strict=True):
                told[at] = Proven(entry, grown)
        return tuple(one for one in told if one is not None)

    def inspect(self, *pems: bytes, quick: bool = False, told: Told | None = None, now: str = "") -> Inspection:
        """Recompute everything and compare it with what was signed and with what was seen before. `pems` are further public
        keys to trust; a `quick` inspection leaves out the entries' signatures; `told` hears how far the work is; nothing
        may be signed later than `now`. Gives every problem found; `verify` is the same with an exception.

        Raises:
            StoreError: the store cannot be read.
            SigningError: keys cannot be read.
        """
        keys = self._keys
        for pem in pems:
            keys = keys.plus(pem)
        with self._store.read() as snapshot:
            return inspect_log(snapshot, self.place, keys, self._pins, quick=quick, told=told, now=now)

    def verify(self, *pems: bytes) -> Inspection:
        """Inspect the log and insist that it is sound.

        Raises:
            LogTampered: it is not; the first problem with its exact place.
            StoreError: the store cannot be read.
            SigningError: keys cannot be read.
        """
        inspection = self.inspect(*pems)
        _insist(inspection.problems)
        return inspection

    def export(self, directory: Path, beside: Mapping[str, bytes] | None = None, *, line_keys: bool = False) -> Exported:
        """Write the log as static files (C2SP tlog-tiles) with bundles, proofs, evidence, keys and a README, and `beside`
        (trusted_root.json) into a new directory, or what is new into one that holds an older export of this log. Entries
        that are exported already are compared by their hashes only. What is believed no more is exported like all else.
        Bodies that hold keys of lines are left out unless `line_keys` asks for them.

        Raises:
            LogTampered: the log is not as it was signed, or the export there is of another history.
            UsageError: the directory holds something else, or cannot be written.
            StoreError: the store cannot be read.
        """
        keys = self._keys.public()
        with self._store.read() as snapshot:
            size = self._size(snapshot)
            if not size:
                _insist(inspect_log(snapshot, self.place, self._keys, self._pins).broken)
                raise UsageError("the log is empty", where=self.place)
            target = _target(directory, self._checkpoint(snapshot), keys)
            start = target.held.size if target.held else 0
            inspection = inspect_log(snapshot, self.place, self._keys, self._pins, quick=start > 0)
            _insist(inspection.broken)
            grown = self._grown(snapshot, 0)
            entries = (self._exporting(snapshot, index, keys, verified=start == 0) for index in range(start, size))
            kept = not line_keys and target.tells_lines()
            unsigned, left_out = export_log(
                snapshot, grown, keys, target, entries, beside or {}, line_keys=line_keys, kept=kept
            )
        return Exported(inspection, size - start, unsigned, left_out, kept)

    def _exporting(self, snapshot: Snapshot, index: int, keys: tuple[PublicKey, ...], *, verified: bool) -> Exporting:
        """Give an entry on its way out; what this snapshot's inspection has `verified` is not verified again."""
        sealed = stored(snapshot, index)
        payload = unverified_payload(sealed)
        if not verified:
            with suppress(NoLongerBelieved):  # which is whole all the same
                opened_entry(index, sealed, self._keys, keys)
        return Exporting(index, sealed, payload)

    @property
    def _stem(self) -> Stem:
        return Stem(self._signer, self._pins, self.place, self._keys.public, self._last)

    def _expecting(
        self, batch: Sequence[Submission], known: Callable[[], tuple[PublicKey, ...]]
    ) -> AbstractContextManager[None]:
        """Let what others sealed be verified on all processors, where there is much of it."""
        strange = [one.sealed for one in batch if one.opened is None]
        return self._keys.expecting(strange, known()) if len(strange) >= _MANY else nullcontext()

    def _made(self, one: Submission, known: Callable[[], tuple[PublicKey, ...]]) -> Entry:
        if one.opened is None:
            return opened_entry(0, one.sealed, self._keys, known())
        check_length(0, one.sealed)
        check_told(one.sealed, one.opened)
        return entry_of(0, one.sealed, one.opened)

    def _pin(self, grown: Grown) -> None:
        self._last = (grown.note, grown.checkpoint)
        self._pins.keep(grown.checkpoint.origin, self.place, grown.checkpoint.size, grown.note)


def _target(directory: Path, checkpoint: Checkpoint, keys: tuple[PublicKey, ...]) -> Target:
    try:
        return Target(directory, checkpoint, keys)
    except OSError as error:
        raise UsageError(error.strerror or "cannot be read", where=str(directory), next="choose another one") from error


def _insist(problems: Sequence[Problem]) -> None:
    if problems:
        first = problems[0]
        more = len(problems) - 1
        raise LogTampered(first.what, where=first.where, next=f"and {more} more" if more else "")


def _admit(draft: Draft, order: Order, entry: Entry, one: Submission) -> None:
    """Write the evidence of an entry that may be the next one; of one that is refused nothing is written.

    Raises:
        BadSignature: it may not follow those before it.
        ValueError: its evidence is not what it names.
    """
    order.check(entry.sealed.leaf)
    put_evidence(draft, one.evidence, read_payload(entry.payload).evidence)
    order.take(entry.sealed.leaf)
