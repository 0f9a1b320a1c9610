"""Opens the log that a question is put to: this repository's own, or an export that somebody handed over.

Whoever has no keys of ours asks an export: they name it, and the trusted root that they got by another way. Nothing in the
export vouches for itself. Each entry that an answer rests on is verified as in the log, and proven to stand in the tree that
the checkpoint is over.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clearance.facts.errors import LogTampered, UsageError
from clearance.record.merkle import inclusion_proof, leaf_hash, verify_inclusion
from clearance.record.names import CHECKPOINT
from clearance.record.note import open_checkpoint
from clearance.record.reading import Reading
from clearance.record.tiles import TiledTree

if TYPE_CHECKING:
    from clearance.facts.entry import Entry


class Asked(NamedTuple):
    """Which log is asked: the folder of an export (None: the repository's own log), and a file that says whom to trust
    (with the repository's own log: besides this machine)."""

    export: Path | None = None
    root: Path | None = None


HERE = Asked()
"""The log of the repository, by the keys of this machine."""


class Proving(Reading):
    """A log whose entries are each proven to stand under the signed checkpoint before they are given."""

    def entry(self, index: int) -> "Entry":
        """Give one entry, verified, and proven to be this one of the tree.

        Raises:
            LogTampered: it is not the entry that the checkpoint is over; and as `Reading.entry`.
        """
        found = super().entry(index)
        self._insist(found)
        return found

    def entries(self, start: int = 0, end: int | None = None) -> "Iterator[Entry]":
        """Give entries, each verified and proven, as `Reading.entries` does.

        Raises:
            LogTampered: one is not that of the tree; and as `Reading.entries`.
        """
        for found in super().entries(start, end):
            self._insist(found)
            yield found

    def _insist(self, found: "Entry") -> None:
        with self.store.read() as snapshot:
            checkpoint = open_checkpoint(snapshot.get(CHECKPOINT) or b"", self.keys.public())
            path = inclusion_proof(found.index, checkpoint.size, TiledTree(checkpoint.size, snapshot.get).node)
        try:
            verify_inclusion(leaf_hash(found.sealed.leaf), found.index, checkpoint.size, path, checkpoint.root)
        except LogTampered:
            raise LogTampered("not the entry that the checkpoint is over", where=f"entry {found.index}") from None


def open_asked(directory: Path, asked: Asked = HERE) -> Reading:
    """Open the log that is asked.

    Raises:
        UsageError: an export is named without whom to trust, or that file cannot be read.
        SigningError: it is no trusted root.
        StoreError: there is no export, or the log cannot be read.
        NotARepository, CollectError: the repository's own is asked, and cannot be found.
    """
    if asked.export is None:
        from clearance.wiring.recording import open_log

        log = open_log(directory, create=False)
        if asked.root is None:
            return log
        keys = log.keys
        for data, where in _trusted(asked.root):
            keys = keys.plus(data, where=where)
        return Reading(log.store, keys, log.pins, log.passed, log.hearing)
    if asked.root is None:
        hint = "add --trusted-root FILE, and get that file by another way than the export"
        raise UsageError("an export does not vouch for itself", where=f"--log {asked.export}", next=hint)
    from clearance.attest.keyring import KeyRing
    from clearance.stores.export import ExportStore
    from clearance.stores.memory_log import MemoryPins
    from clearance.wiring.bundles import bare_bundle, read_trusted_root
    from clearance.wiring.heard import Hearing
    from clearance.wiring.recording import passed

    store = ExportStore(asked.export, bare_bundle)
    keys = KeyRing(roots=(read_trusted_root(asked.root),))
    return Proving(store, keys, MemoryPins(), passed.setdefault(store.place, {}), Hearing(os.environ))


def trusted_files(log: Reading, environment: Mapping[str, str], asked: Asked = HERE) -> dict[str, bytes]:
    """Give the files that say whom to trust about a log: those that were named, else this machine's.

    Raises:
        UsageError, SigningError: they cannot be read.
    """
    if asked.root is not None:
        names = ("trusted_root.json", "trusted_root.revoked.json")
        return {name: data for name, (data, _) in zip(names, _trusted(asked.root), strict=False)}
    from clearance.attest.revocation import write_revoked
    from clearance.wiring.trusting import open_trust

    house = open_trust(environment)
    return {
        "trusted_root.json": house.trusted_root([log.origin()]),
        "trusted_root.revoked.json": write_revoked(house.trust().root.revoked),
    }


def _trusted(root: Path) -> list[tuple[bytes, str]]:
    """Read a trusted root, and the list of what is revoked beside it, where there is one."""
    from clearance.wiring.bundles import bytes_of
    from clearance.wiring.trust_revoking import list_beside

    beside = list_beside(root)
    files = [root, *([beside] if os.path.lexists(beside) else [])]
    return [(bytes_of(one, "give a file that `clearance trust show --trusted-root FILE` wrote"), str(one)) for one in files]
