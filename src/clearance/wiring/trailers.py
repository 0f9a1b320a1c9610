"""Checkpoints in commit messages: written from the log, and checked in the history of a clone."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clearance.facts.errors import ClearanceError, LogTampered, StoreError, UsageError
from clearance.facts.trailers import TrailerReport
from clearance.wiring.recording import open_log

if TYPE_CHECKING:
    from clearance.record.merkle import Node
    from clearance.record.quorum import QuorumPolicy
    from clearance.record.store import Keys
    from clearance.record.trailer import Held

_MOST_TILE = 8_192
_MOST_NOTE = 65_536
_TILE = re.compile(r"tile/(\d)/((?:x\d{3}/)*\d{3})")


def trailer_lines(directory: Path, *, cosignatures: bool) -> tuple[str, ...]:
    """Write the trailer lines of the newest checkpoint of the log around `directory`.

    Raises:
        StoreError: there is no log yet.
        LogTampered: its checkpoint does not verify.
    """
    from clearance.record.cosigning import read_heads
    from clearance.record.trailer import write_trailers

    log = open_log(directory, create=False)
    log.size()  # of a log that was cut back, no trailer is handed out
    heads = read_heads(log.store, log.keys)
    if heads is None:
        raise StoreError("there is no log yet", where=log.place, next="`clearance check` makes one")
    return write_trailers(heads.newest, cosignatures=cosignatures)


def check_history(
    directory: Path,
    environment: Mapping[str, str],
    span: str,
    *,
    keys: Sequence[bytes] = (),
    export: Path | None = None,
    policy: "QuorumPolicy | None" = None,
) -> TrailerReport:
    """Check all trailers of a range of commits against the log at hand, an export of it, or each other. `keys` are the
    contents of further key files (PEM, or a trusted root) beside the keys of this machine.

    Raises:
        ClearanceError: the history, the log or the export cannot be read.
    """
    from clearance.collect.messages import read_messages
    from clearance.record.trailer import CHECKPOINT_KEY, Revision, check_trailers
    from clearance.wiring.trusting import open_trust

    ring: Keys = open_trust(environment).keyring()
    for data in keys:
        ring = ring.plus(data)
    held = _exported(export, ring) if export is not None else _own(directory)
    walked = read_messages(directory, environment, span, CHECKPOINT_KEY)
    raws = [key.raw for key in ring.public() if key.algorithm == "ed25519"]
    revisions = (Revision(oid, parents) for oid, parents in walked.commits)
    checked = check_trailers(revisions, walked.messages, raws, held, policy, int(time.time()))
    return TrailerReport(
        commits=len(walked.commits),
        log=held.head.origin if held else "",
        size=held.head.size if held else 0,
        shallow=walked.shallow,
        trailers=checked,
    )


def _own(directory: Path) -> "Held | None":
    """Open the log around a directory, if there is one. The tree is read through one snapshot's worth of tiles."""
    from clearance.record.cosigning import read_heads
    from clearance.record.trailer import Held

    try:
        log = open_log(directory, create=False)
        heads = read_heads(log.store, log.keys)
    except LogTampered:
        raise
    except ClearanceError:
        return None
    if heads is None:
        return None
    head = heads.newest.head

    def read(name: str) -> bytes | None:
        with log.store.read() as snapshot:
            return snapshot.get(name)

    return Held(head, _tree(head.size, read))


def _tree(size: int, read: Callable[[str], bytes | None]) -> "Node":
    """Give the tree of `size` leaves behind tiles that may have grown since: of each only its first hashes count."""
    from clearance.record.tiles import HASH, TiledTree

    def cut(name: str) -> bytes | None:
        tile = read(name)
        return None if tile is None else tile[: _width(name, size) * HASH]

    return TiledTree(size, cut).node


def _width(name: str, size: int) -> int:
    """Say how many hashes a tile has in a tree of `size` leaves."""
    found = _TILE.fullmatch(name)
    if found is None:
        return 0
    number = int(found[2].replace("x", "").replace("/", ""))
    return max(0, min(256, (size >> (8 * int(found[1]))) - number * 256))


def _exported(folder: Path, keys: "Keys") -> "Held":
    """Open a log that was exported as static files (https://c2sp.org/tlog-tiles).

    Raises:
        UsageError: there is no checkpoint.
        LogTampered: it does not verify, or a tile is missing.
    """
    from clearance.record.merkle import root
    from clearance.record.note import open_checkpoint
    from clearance.record.trailer import Held

    note = _file(folder / "checkpoint", _MOST_NOTE)
    if note is None:
        raise UsageError("no checkpoint there", where=str(folder), next="name a folder that `clearance log export` wrote")
    head = open_checkpoint(note, keys.public(), where=str(folder / "checkpoint"))

    def read(name: str) -> bytes | None:
        width = _width(name, head.size)
        whole = _file(folder / name, _MOST_TILE)
        return whole if whole is not None or width == 256 else _file(folder / f"{name}.p/{width}", _MOST_TILE)

    node = _tree(head.size, read)
    if root(head.size, node) != head.root:
        raise LogTampered("the tiles do not lead to the signed root", where=str(folder))
    return Held(head, node)


def _file(path: Path, most: int) -> bytes | None:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(error.strerror or "cannot be read", where=str(path)) from error
