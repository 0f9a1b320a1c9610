"""The layout of a data pack: one file, a head that is signed, and sections whose digests stand in it.

offset  bytes
0       8      `CLRPACK` and a line feed
8       4      version of the format, big-endian
12      4      length of the manifest, big-endian
16      32     public key (Ed25519, RFC 8032)
48      64     its signature over `SIGNED` and the manifest
112     …      manifest: JSON, keys sorted, no spaces
…       …      sections, in the order of the manifest, without gaps; the file ends with the last
"""

import datetime as dt
import hashlib
import struct
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from clearance.scan.packages.pack.place import PackRefused

VERSION = 1
MAGIC = b"CLRPACK\n"
SIGNED = b"clearance data pack 1\n"
"""What stands before the manifest in what is signed, so that no signature of another kind can be taken for one of a pack."""
HEAD = struct.Struct(">8sII32s64s")
MOST_MANIFEST = 1 << 20
MOST_BYTES = 256 << 20
_MOST_SECTIONS = 256
_NEWER = "made for a newer version of clearance (format {}, this one reads {}); update clearance, or build the pack with it"


class Origin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a section comes from: the same fields as `SourceInfo`, and the name or address of what was read."""

    name: str
    date: dt.date
    records: int
    licence: str
    attribution: str
    address: str = ""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One section: its name (`names.pypi`, `advisories.npm`), its place in the file in bytes, its SHA-256, the day that its
    data is of, how many records it holds, where they come from, and what its reader must know of it."""

    name: str
    offset: int
    size: int
    sha256: str
    date: dt.date
    records: int
    sources: tuple[Origin, ...] = ()
    facts: dict[str, str] = {}


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed: who made the pack (`clearance 0.5.0`) and when, and its sections."""

    made: dt.datetime
    maker: str
    sections: tuple[Section, ...]

    def find(self, name: str) -> Section | None:
        """Give a section by its name."""
        return next((section for section in self.sections if section.name == name), None)


class Part(NamedTuple):
    """A section before it has a place in a file."""

    name: str
    data: bytes
    date: dt.date
    records: int
    sources: tuple[Origin, ...] = ()
    facts: dict[str, str] = {}


class Head(NamedTuple):
    """The head of a pack as it stands in the file; nothing of it is trusted yet but that it parses."""

    key: bytes
    signature: bytes
    manifest: bytes
    """As it is signed, after `SIGNED`."""
    told: Manifest

    @property
    def digest(self) -> str:
        """The SHA-256 of the manifest."""
        return hashlib.sha256(self.manifest).hexdigest()

    @property
    def signed(self) -> bytes:
        """The bytes that the signature is over."""
        return SIGNED + self.manifest


Sign = Callable[[bytes], tuple[bytes, bytes]]
"""Takes what is to be signed, gives the 32 bytes of the public key and the 64 of the signature."""


def write_pack(parts: Sequence[Part], made: dt.datetime, maker: str, sign: Sign) -> bytes:
    """Put sections together and sign them. The same parts, time and key give the same bytes."""
    # Offsets are counted from the end of the manifest, whose length they are part of.
    sections, offset = [], 0
    for part in sorted(parts):
        digest = hashlib.sha256(part.data).hexdigest()
        sections.append(
            Section(
                name=part.name, offset=offset, size=len(part.data), sha256=digest, date=part.date, records=part.records,
                sources=part.sources, facts=part.facts,
            )
        )  # fmt: skip
        offset += len(part.data)
    manifest = msgspec.json.encode(Manifest(made=made, maker=maker, sections=tuple(sections)), order="sorted")
    key, signature = sign(SIGNED + manifest)
    head = HEAD.pack(MAGIC, VERSION, len(manifest), key, signature)
    return b"".join([head, manifest, *(part.data for part in sorted(parts))])


def read_head(read: Callable[[int, int], bytes], size: int) -> Head:
    """Read the head of a pack; `read` gives bytes from an offset, `size` is that of the whole file.

    Raises:
        PackRefused: it is no pack, is cut off, or was made for a newer version.
    """
    start = read(0, HEAD.size)
    if len(start) < HEAD.size or not start.startswith(MAGIC):
        raise PackRefused("this is no data pack, or one that is cut off")
    _, version, length, key, signature = HEAD.unpack(start)
    if version != VERSION:
        raise PackRefused(_NEWER.format(version, VERSION) if version > VERSION else f"the format {version} is unknown")
    if length > MOST_MANIFEST:
        raise PackRefused("the data pack's manifest is too large to be one")
    manifest = read(HEAD.size, length)
    if len(manifest) != length:
        raise PackRefused("the data pack is cut off")
    try:
        told = msgspec.json.decode(manifest, type=Manifest)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise PackRefused(f"the data pack's manifest cannot be read ({type(error).__name__})") from None
    _fits(told, size - HEAD.size - length)
    return Head(key, signature, manifest, told)


def _fits(told: Manifest, size: int) -> None:
    """Insist that the sections fill the rest of the file, one after the other."""
    if len(told.sections) > _MOST_SECTIONS or len({section.name for section in told.sections}) != len(told.sections):
        raise PackRefused("the data pack names too many sections, or one twice")
    end = 0
    for section in told.sections:
        if section.offset != end or section.size < 0 or section.size > MOST_BYTES:
            raise PackRefused(f"the data pack's section {section.name} does not lie where it should")
        end += section.size
    if end != size:
        raise PackRefused("the data pack is cut off" if end > size else "the data pack holds more than its manifest tells")
