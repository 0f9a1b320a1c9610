"""The log as static files that other tools read, and any web server or bucket serves (https://c2sp.org/tlog-tiles).

An export grows: into the export of an older state only what is new is written, each file in one step, the checkpoint last.
A reader never sees a checkpoint whose tiles are missing, and an export that was cut off goes on where it was.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from clearance.facts.entry import Checkpoint, Sealed
from clearance.facts.errors import LogTampered, UsageError
from clearance.facts.key import PublicKey
from clearance.record.growth import Grown, bundle_of
from clearance.record.merkle import inclusion_proof, root
from clearance.record.names import CHECKPOINT, COSIGNED, EVIDENCE, entry_name
from clearance.record.note import open_checkpoint, verifier_key
from clearance.record.payload import read_payload
from clearance.record.proof import tlog_proof
from clearance.record.sealed import bundled as has_bundle
from clearance.record.sealed import stored, unverified_payload
from clearance.record.store import Snapshot
from clearance.record.tiles import WIDTH, entry_bundle, tile_path, tiles_of
from clearance.record.walkthrough import LINES_HERE, readme

ORIGIN = "origin"
_UNSIGNED = ("README.md", ORIGIN, "trusted_root.json", "trusted_root.revoked.json")
_ANOTHER = "choose a new directory, or one that holds an export of this log"


class Exporting(NamedTuple):
    """An entry on its way out, verified: its index in the log, what was sealed, and the payload in it."""

    number: int
    sealed: Sealed
    payload: bytes


def write_fresh(path: Path, data: bytes) -> None:
    """Write a file in one step, through no link that lies there: it is replaced.

    Raises:
        OSError: it cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(unfinished, flags, 0o666), "wb") as file:
        file.write(data)
    unfinished.replace(path)


class Target:
    """The directory of an export, and what of this log it holds already.

    Raises:
        UsageError: it holds something else, or cannot be written.
        LogTampered: the checkpoint there is none, or not by a key that is known.
    """

    def __init__(self, directory: Path, checkpoint: Checkpoint, keys: tuple[PublicKey, ...]) -> None:
        self._directory = directory
        self._keys = keys
        self._origin = checkpoint.origin
        self._plain: set[Path] = set()
        self.held = self._found(checkpoint)

    def _found(self, checkpoint: Checkpoint) -> Checkpoint | None:
        where = str(self._directory)
        if not self._directory.exists() or not any(self._directory.iterdir()):
            return None
        named = self._directory / ORIGIN
        if not named.is_file():
            raise UsageError("the directory is not empty, and holds no export", where=where, next=_ANOTHER)
        origin = named.read_text(encoding="utf-8", errors="replace").strip()
        if origin != self._origin:
            raise UsageError(f"the export of another log ({ascii(origin[:100])[1:-1]})", where=where, next=_ANOTHER)
        note = self._directory / CHECKPOINT
        if not note.is_file():
            return None  # an export that was cut off before its first checkpoint
        held = open_checkpoint(note.read_bytes(), self._keys, where=str(note))
        if held.origin != self._origin or held.size > checkpoint.size:
            what = f"it holds {held.size} entries of {held.origin}, the log {checkpoint.size}"
            raise UsageError(what, where=where, next="the export is newer than the log: was the log cut back?")
        return held

    def write(self, name: str, data: bytes) -> None:
        """Write a file in one step, unless it is there as it should be."""
        path, parents = self._directory / name, Path(name).parents
        for parent in parents:
            if parent not in self._plain and (self._directory / parent).is_symlink() and parent != Path():
                raise UsageError("a link lies on the way", where=str(self._directory / parent), next=_ANOTHER)
        self._plain.update(parents)
        with suppress(OSError):
            if not path.is_symlink() and path.stat().st_size == len(data) and path.read_bytes() == data:
                return
        path.parent.mkdir(parents=True, exist_ok=True)
        write_fresh(path, data)

    def has(self, name: str) -> bool:
        """Tell whether a file is there."""
        return (self._directory / name).is_file()

    def tells_lines(self) -> bool:
        """Tell whether the README of an earlier export says that keys of lines are here."""
        with suppress(OSError):
            return LINES_HERE in (self._directory / "README.md").read_bytes()
        return False

    def drop_partials(self, name: str) -> None:
        """Remove the partial tiles of one that is whole now: readers fall back to it (tlog-tiles, "Partial Tiles")."""
        shutil.rmtree(self._directory / f"{name}.p", ignore_errors=True)

    def unsigned(self) -> str:
        """Give the digest of all files that nobody signed, and that are to be compared by another way: as
        `sha256sum README.md keys/* origin trusted_root*.json | sha256sum` computes it."""
        names = [name for name in _UNSIGNED if self.has(name)]
        names += [f"keys/{path.name}" for path in (self._directory / "keys").iterdir()]
        whole = hashlib.sha256()
        for name in sorted(names):
            whole.update(f"{hashlib.sha256((self._directory / name).read_bytes()).hexdigest()}  {name}\n".encode())
        return whole.hexdigest()


def export_log(
    snapshot: Snapshot,
    grown: Grown,
    keys: Iterable[PublicKey],
    target: Target,
    entries: Iterator[Exporting],
    beside: Mapping[str, bytes],
    *,
    line_keys: bool,
    kept: bool,
) -> tuple[str, int]:
    """Write the log, from the entries that the target does not hold yet on: `entries` gives them, verified. `beside` are
    further files, of the room that knows certificates. Without `line_keys`, bodies that hold keys of lines are left out;
    with it, those that an older export left out come too; `kept`:
    some are there from an export with it, and stay. Gives the digest of the files that nobody signed, and how many
    bodies of the new entries were left out.

    Raises:
        UsageError: the directory cannot be written.
        LogTampered: a tile or a body is missing, or the export there is of another history.
        StoreError: the store cannot be read.
    """
    held, known = target.held, list(keys)
    if held is not None and root(held.size, grown.tree.node) != held.root:
        raise LogTampered("the export there is of another history of this log", where=CHECKPOINT, next=_ANOTHER)
    start = held.size if held else 0
    try:
        target.write(ORIGIN, f"{grown.checkpoint.origin}\n".encode())
        if line_keys:
            # The README first: where this is cut off, it says too much, never too little.
            write_keys(snapshot, grown.checkpoint, known, target, line_keys=True)
            _write_left_out(snapshot, target, start)
        left_out = _write_entries(snapshot, grown, target, entries, line_keys=line_keys)
        whole = write_tiles(snapshot, grown.checkpoint.size, start, target)
        write_keys(snapshot, grown.checkpoint, known, target, line_keys=line_keys, kept=kept)
        for name, body in beside.items():
            target.write(name, body)
        target.write(CHECKPOINT, grown.note)
        cosigned = snapshot.get(COSIGNED)
        if cosigned is not None:
            target.write(f"{CHECKPOINT}.cosigned", cosigned)
        for name in whole:
            target.drop_partials(name)
        return target.unsigned(), left_out
    except OSError as error:
        where = str(error.filename or "the export")
        raise UsageError(error.strerror or "cannot be written", where=where, next="choose another directory") from error


def write_tiles(snapshot: Snapshot, size: int, start: int, target: Target) -> list[str]:
    """Write the tiles that are new since `start` entries; gives the names of those that are whole now.

    Raises:
        LogTampered: a tile is missing.
    """
    whole = []
    for tile in tiles_of(size):
        if tile.width == WIDTH and (tile.number + 1) * WIDTH <= start >> (8 * tile.level):
            continue
        body = snapshot.get(tile.name)
        if body is None:
            raise LogTampered("the tile is missing", where=tile.name)
        target.write(tile.path, body)
        whole += [tile.name] if tile.width == WIDTH else []
    for number in range(start // WIDTH, -(-size // WIDTH)):
        leaves = [snapshot.get(entry_name(index)) for index in range(number * WIDTH, min(size, (number + 1) * WIDTH))]
        target.write(tile_path("entries", number, len(leaves)), entry_bundle([leaf for leaf in leaves if leaf is not None]))
        whole += [tile_path("entries", number)] if len(leaves) == WIDTH else []
    return whole


def _write_entries(
    snapshot: Snapshot, grown: Grown, target: Target, entries: Iterator[Exporting], *, line_keys: bool
) -> int:
    """Write entries with their proofs and evidence; gives how many bodies were left out."""
    size, tree, left_out = grown.checkpoint.size, grown.tree, 0
    for entry in entries:
        path = inclusion_proof(entry.number, size, tree.node)
        if entry.sealed.bundle:
            target.write(f"bundles/{entry.number}.sigstore.json", bundle_of(entry.number, entry.sealed, path, grown))
        else:
            target.write(f"entries/{entry.number}.json", entry.sealed.leaf)
        target.write(f"proofs/{entry.number}.tlog-proof", tlog_proof(entry.number, path, grown.note))
        said = read_payload(entry.payload)
        for digest in said.evidence:
            if digest == said.lines and not line_keys:
                left_out += not target.has(EVIDENCE + digest)
            else:
                _write_body(snapshot, target, digest)
    return left_out


def _write_left_out(snapshot: Snapshot, target: Target, start: int) -> None:
    """Write the keys of lines of the first `start` entries, which an export without them passed over."""
    for index in range(start):
        lines = read_payload(unverified_payload(stored(snapshot, index))).lines
        if lines:
            _write_body(snapshot, target, lines)


def _write_body(snapshot: Snapshot, target: Target, digest: str) -> None:
    if target.has(EVIDENCE + digest):
        return
    body = snapshot.get(EVIDENCE + digest)
    if body is None or hashlib.sha256(body).hexdigest() != digest:
        raise LogTampered("missing, or altered", where=f"evidence {digest}")
    target.write(EVIDENCE + digest, body)


def write_keys(
    snapshot: Snapshot,
    checkpoint: Checkpoint,
    keys: list[PublicKey],
    target: Target,
    *,
    line_keys: bool = True,
    kept: bool = False,
) -> None:
    """Write public keys and the README, which names them, and says whether keys of lines are here."""
    for key in keys:
        validity = f"algorithm: {key.algorithm}\nsince: {key.since}\n" + (f"retired: {key.retired}\n" if key.retired else "")
        target.write(f"keys/{key.id}.pub", (validity + key.pem).encode())
    signers = [key for key in keys if key.algorithm == "ed25519"]
    lines = "".join(verifier_key(checkpoint.origin, key) + "\n" for key in signers)
    target.write("keys/checkpoint.vkey", lines.encode())
    old, new = (_first(snapshot, checkpoint.size, bundled=which) for which in (False, True))
    ed25519 = signers[-1].id if signers else ""
    target.write("README.md", readme(checkpoint.origin, ed25519, old, new, line_keys=line_keys, kept=kept))


def _first(snapshot: Snapshot, size: int, *, bundled: bool) -> int | None:
    """Give the index of the first or last entry, whichever has a bundle (or none): a log may begin with such of old."""
    for index in (0, size - 1):
        leaf = snapshot.get(entry_name(index)) if size else None
        if leaf is not None and has_bundle(leaf) == bundled:
            return index
    return None
