"""Reads the sections of a data pack: each is verified when it is asked for first, and what is verified is what is used."""

import datetime as dt
import hashlib
import os
import struct
from collections.abc import Sequence

from clearance.scan.packages.pack.layout import HEAD, Head, Section, read_head
from clearance.scan.packages.pack.place import PackRefused, Place

_COUNT = struct.Struct(">I")
_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK


class PackFile:
    """An open pack. The file is read, not mapped: whoever cuts it off meanwhile makes an error and no crash, and whoever
    puts another in its place changes nothing here. Works on in forked processes."""

    def __init__(self, place: Place) -> None:
        """Open a pack whose signature somebody verified.

        Raises:
            PackRefused: it cannot be read, is no pack, or is not the one that was verified.
        """
        if place.problem:
            raise PackRefused(place.problem)
        self._name = place.path.name
        try:
            self._handle = os.open(place.path, _OPEN)
        except OSError as error:
            raise PackRefused(f"the data pack {self._name} cannot be opened: {error.strerror}") from None
        self.head: Head = read_head(self._read, os.fstat(self._handle).st_size)
        self._sections = {section.name: section for section in reversed(self.head.told.sections)}
        if self.head.digest != place.digest:
            raise PackRefused(f"the data pack {self._name} is not the one whose signature was verified")

    def __del__(self) -> None:
        handle = getattr(self, "_handle", None)
        if handle is not None:
            os.close(handle)

    def find(self, name: str) -> Section | None:
        """Give what the manifest says of a section, or None where the pack has none of this name."""
        return self._sections.get(name)

    def bytes_of(self, name: str) -> bytes:
        """Read one section; nothing where the pack has none of this name.

        Raises:
            PackRefused: it is cut off, or not what was signed.
        """
        section = self.find(name)
        if section is None:
            return b""
        data = self._read(HEAD.size + len(self.head.manifest) + section.offset, section.size)
        if hashlib.sha256(data).hexdigest() != section.sha256:
            raise PackRefused(f"the data pack {self._name} was changed after it was signed (section {name})")
        return data

    def dates(self) -> list[dt.date]:
        """Give the days that its sections are of."""
        return [section.date for section in self.head.told.sections]

    def _read(self, offset: int, size: int) -> bytes:
        """Read bytes; fewer where the file ends."""
        pieces, left = [], size
        try:
            while left > 0 and (piece := os.pread(self._handle, left, offset)):
                pieces.append(piece)
                offset, left = offset + len(piece), left - len(piece)
        except OSError as error:
            raise PackRefused(f"the data pack {self._name} cannot be read: {error.strerror}") from None
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def join(pieces: Sequence[bytes]) -> bytes:
    """Put pieces together into the data of one section."""
    sizes = b"".join(_COUNT.pack(len(piece)) for piece in pieces)
    return b"".join([_COUNT.pack(len(pieces)), sizes, *pieces])


def split(data: bytes) -> list[memoryview]:
    """Take the pieces of a section apart; the data was verified and is of our own making."""
    (count,) = _COUNT.unpack_from(data)
    at, view, pieces = _COUNT.size * (count + 1), memoryview(data), []
    for number in range(count):
        (size,) = _COUNT.unpack_from(data, _COUNT.size * (number + 1))
        pieces.append(view[at : at + size])
        at += size
    return pieces
