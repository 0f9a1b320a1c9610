"""The memory of a witness in files: what it cosigned last of each log.

<folder>/self                 the name of the witness and the id of its key: proof that the memory was made with the key
<folder>/logs/<sha256>        by the SHA-256 of a log's name: the last checkpoint that was cosigned
<folder>/cosigned             the SHA-256 of the names of all logs of which one was: a file of these that is gone is noticed
<folder>/forks/<sha256>-<n>   notes that their log signed and that contradict one that was cosigned
"""

import base64
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import msgspec

from clearance.facts.entry import Checkpoint
from clearance.facts.errors import StoreError
from clearance.facts.fact import Fact, canonical
from clearance.stores.private import PrivateFolder

_SELF = "self"
_COSIGNED = "cosigned"
_MOST_FORKS = 8
_ROOT = re.compile(r"[0-9a-f]{64}")
_Kind = TypeVar("_Kind", bound=Fact)


class WitnessSelf(Fact):
    """Who a witness is: the name of its key, and the key's id (SHA-256 of its SPKI)."""

    name: str
    key: str


class _Latest(Fact):
    """A file of the memory: `root` is hexadecimal, `note` the whole signed checkpoint."""

    origin: str
    size: int
    root: str
    note: str


class WitnessFolder:
    """The memory of one witness in a private folder. What is kept is on the disk before `keep` returns."""

    def __init__(self, folder: PrivateFolder) -> None:
        self._folder = folder
        self._logs = folder.within("logs")
        self._forks = folder.within("forks")

    @property
    def place(self) -> str:
        """Where the memory lies."""
        return str(self._folder.directory)

    def myself(self) -> WitnessSelf | None:
        """Say for whom this memory was made; None where it never was.

        Raises:
            StoreError: it cannot be read.
        """
        data = self._folder.read(_SELF)
        return None if data is None else _decode(data, WitnessSelf, str(self._folder.directory / _SELF))

    def become(self, myself: WitnessSelf) -> None:
        """Begin the memory of a witness. Called under the lock.

        Raises:
            StoreError: it cannot be written.
        """
        self._folder.replace(_SELF, canonical(myself))

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep all others out, in any process.

        Raises:
            StoreError: the folder is not private or cannot be made.
        """
        with self._folder.locked():
            yield

    def latest(self, origin: str) -> Checkpoint | None:
        """Give the last checkpoint of a log that was cosigned.

        Raises:
            StoreError: the memory cannot be read, is damaged, or was lost: then nothing may be cosigned.
        """
        name = _named(origin)
        data = self._logs.read(name)
        where = str(self._logs.directory / name)
        if data is None:
            if name in self._cosigned():
                raise StoreError("this witness forgot what it cosigned of a log", where=where, next=_DAMAGED)
            return None
        kept = _decode(data, _Latest, where)
        if kept.origin != origin or kept.size < 0 or not _ROOT.fullmatch(kept.root) or not _says(kept):
            raise StoreError("the memory of this witness is damaged", where=where, next=_DAMAGED)
        return Checkpoint(origin=origin, size=kept.size, root=bytes.fromhex(kept.root))

    def keep(self, checkpoint: Checkpoint, note: bytes) -> None:
        """Keep a checkpoint, durable. That its log was cosigned is kept apart, and after it: who dies in between has signed
        nothing, and whoever comes next may go on.

        Raises:
            StoreError: it cannot be written.
        """
        latest = _Latest(
            origin=checkpoint.origin, size=checkpoint.size, root=checkpoint.root.hex(), note=note.decode("utf-8", "replace")
        )
        name = _named(checkpoint.origin)
        self._logs.replace(name, canonical(latest))
        known = self._cosigned()
        if name not in known:
            every = sorted({*known, *filter(_ROOT.fullmatch, self._logs.names())})
            self._folder.replace(_COSIGNED, "".join(f"{one}\n" for one in every).encode())

    def _cosigned(self) -> frozenset[str]:
        """Give the names of the files of all logs that were cosigned.

        Raises:
            StoreError: their list cannot be read, or is damaged.
        """
        lines = (self._folder.read(_COSIGNED) or b"").decode("ascii", "replace").split("\n")
        if lines.pop() or not all(map(_ROOT.fullmatch, lines)):
            where = str(self._folder.directory / _COSIGNED)
            raise StoreError("the memory of this witness is damaged", where=where, next=_DAMAGED)
        return frozenset(lines)

    def accuse(self, origin: str, note: bytes) -> None:
        """Keep a contradicting note, once each and eight of a log at most.

        Raises:
            StoreError: it cannot be written.
        """
        name = _named(origin)
        kept = [one for one in self._forks.names() if one.startswith(name)]
        if len(kept) < _MOST_FORKS and all(self._forks.read(one) != note for one in kept):
            self._forks.replace(f"{name}-{len(kept)}", note)

    def witnessed(self) -> tuple[tuple[Checkpoint, int], ...]:
        """Give the last checkpoint of each log, sorted by name, with the number of contradicting notes.

        Raises:
            StoreError: the memory cannot be read.
        """
        forks = self._forks.names()
        found = []
        for name in sorted({*self._logs.names(), *self._cosigned()}):
            data = self._logs.read(name) or b""
            kept = _decode(data, _Latest, str(self._logs.directory / name))
            head = self.latest(kept.origin)
            if head is not None:
                found.append((head, sum(one.startswith(name) for one in forks)))
        return tuple(sorted(found, key=lambda one: one[0].origin))


_DAMAGED = "nothing is cosigned for this log until the file is whole again: restore it, never delete it"


def _says(kept: _Latest) -> bool:
    """Tell whether the note says what is believed of it."""
    root = base64.b64encode(bytes.fromhex(kept.root)).decode()
    return kept.note.split("\n")[:3] == [kept.origin, str(kept.size), root]


def _named(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()


def _decode(data: bytes, kind: type[_Kind], where: str) -> _Kind:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise StoreError("the memory of this witness is damaged", where=where, next=_DAMAGED) from error
