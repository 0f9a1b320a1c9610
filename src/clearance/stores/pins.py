"""The newest checkpoint of each log, kept outside the repositories, so that a log that is cut back or replaced is found.

<folder>/<log name>           the newest checkpoint that was seen, and where the log lay
<folder>/places/<sha256>      the names of the logs that were seen at a place, the oldest first
"""

import hashlib
import os
import re
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, unquote_to_bytes

import msgspec

from clearance.facts.entry import Seen
from clearance.facts.errors import StoreError
from clearance.facts.fact import Fact, canonical
from clearance.stores.private import PrivateFolder

_Kind = TypeVar("_Kind", bound=Fact)
_ORIGIN = re.compile(r"([a-z0-9][a-z0-9.-]{0,99})/([A-Za-z0-9]{1,100})")


class _Pin(Fact):
    """A file of the memory of logs."""

    size: int
    place: str
    note: str


class _Place(Fact):
    """A file of the memory of places."""

    place: str
    origins: tuple[str, ...]


class FilePins:
    """Pins in a private folder: one file a log, one a place.

    They do not wait for the disk: what a machine that lost power leaves, an older checkpoint or an empty file, hides at most
    what happened to the log at that very moment.
    """

    def __init__(self, folder: PrivateFolder) -> None:
        self._folder = folder
        self._places = folder.within("places")

    def seen(self, origin: str, place: str) -> Seen | None:
        """Give the newest checkpoint that was kept, or None.

        Raises:
            StoreError: the memory cannot be read.
        """
        pin = self._pin(origin)
        if pin is None:
            return None
        there = os.fsdecode(unquote_to_bytes(pin.place))
        return Seen(note=pin.note.encode(), place=there, elsewhere=there != place and _another(there, place))

    def origins(self, place: str) -> tuple[str, ...]:
        """Name the logs that were seen at a place, the oldest first.

        Raises:
            StoreError: the memory cannot be read.
        """
        name = _named(place)
        kept = self._places.read(name)
        return () if not kept else _decode(kept, _Place, self._places.directory / name).origins

    def keep(self, origin: str, place: str, size: int, note: bytes) -> None:
        """Keep a checkpoint, unless a larger one of this log is kept; for as long as the machine lives, at least.

        Raises:
            StoreError: the memory cannot be written.
        """
        folder, name = self._file(origin)
        with self._folder.locked():
            pin = self._pin(origin)
            if pin is None or pin.size <= size:
                folder.replace(name, canonical(_Pin(size=size, place=_quoted(place), note=note.decode())), durable=False)
            origins = self.origins(place)
            if origin not in origins:
                self._places.replace(
                    _named(place), canonical(_Place(place=_quoted(place), origins=(*origins, origin))), durable=False
                )

    def forget(self, place: str) -> None:
        """Forget all logs that were seen at a place: for scratch repositories, which are gone with their log.

        Raises:
            StoreError: the memory cannot be read or written.
        """
        origins = self.origins(place)
        if not origins:
            return
        with self._folder.locked():
            for origin in origins:
                folder, name = self._file(origin)
                pin = self._pin(origin)
                if pin is not None and os.fsdecode(unquote_to_bytes(pin.place)) == place:
                    folder.remove(name)
            self._places.remove(_named(place))

    def told(self, place: str) -> str:
        """Say where the memory of a place lies."""
        return str(self._places.directory / _named(place))

    def _pin(self, origin: str) -> _Pin | None:
        folder, name = self._file(origin)
        kept = folder.read(name)
        return None if not kept else _decode(kept, _Pin, folder.directory / name)

    def _file(self, origin: str) -> tuple[PrivateFolder, str]:
        """Find the file of a log. The name comes from the log itself, so it must not lead anywhere else."""
        parts = _ORIGIN.fullmatch(origin)
        if not parts or parts[1] == "places" or ".." in parts[1]:
            raise StoreError("not a name that a log of ours has", where=ascii(origin)[1:-1])
        return self._folder.within(parts[1]), parts[2]


def _named(place: str) -> str:
    return hashlib.sha256(os.fsencode(place)).hexdigest()


def _quoted(place: str) -> str:
    """Write a path, whatever bytes it holds, as text (percent-encoding)."""
    return quote(os.fsencode(place))


def _another(there: str, here: str) -> bool:
    """Tell whether a log still lies there and is not the same file as the one here (the directory may have been moved)."""
    if not there.startswith("/") or not here.startswith("/"):
        return False  # a place on a server: nothing on this disk says what still lies there
    try:
        return not Path(there).samefile(here)
    except OSError:
        return False


def _decode(data: bytes, kind: type[_Kind], where: Path) -> _Kind:
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError as error:
        raise StoreError("the memory of checkpoints is damaged", where=str(where), next="move the file away") from error
