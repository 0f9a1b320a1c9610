"""The sections of a pack as tables that answer: names, how much they are used, modules, CVE ids, names that models
invent."""

import datetime as dt
import hashlib
import math
import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise

import marisa_trie
import msgspec

from clearance.scan.packages.mention import Registry, canonical, fold
from clearance.scan.packages.pack.blocks import Blocks, pack_blocks
from clearance.scan.packages.pack.sections import join, split

_CHUNK = 8_192
_LAST_MONTH = 255
_FINE, _COARSE = 24, 6
"""Months are kept as they are up to this age, older ones in steps of half a year: who asks, asks whether a name is young."""
_STEPS = 8
"""Classes of downloads in each doubling: a class is within 5 % of the truth."""
_PREFIX = 8
_YEAR = 1_990
_NUMBERS = 26
_EPSS = 10_000


def trie(data: bytes | memoryview) -> marisa_trie.Trie:
    """Open a trie over verified bytes, without a copy where they are bytes; the caller keeps them."""
    opened = marisa_trie.Trie()
    opened.map(data)
    return opened


class Names:
    """All names of a registry, in the form in which it compares them."""

    def __init__(self, data: bytes) -> None:
        self._data = data  # the trie lives in it
        self.trie = trie(data)

    def __contains__(self, name: str) -> bool:
        return name in self.trie

    def __len__(self) -> int:
        return len(self.trie)

    def number(self, name: str) -> int:
        """Give the number by which other sections speak of a name, or -1."""
        return int(self.trie.get(name, -1))

    def name(self, number: int) -> str:
        """Give the name of a number."""
        return str(self.trie.restore_key(number))

    def begins(self, prefix: str) -> bool:
        """Whether any name begins so."""
        return next(self.trie.iterkeys(prefix), None) is not None


def pack_names(names: Iterable[str]) -> bytes:
    """Pack names that are in their registry's form."""
    return bytes(marisa_trie.Trie(sorted(names)).tobytes())


class Uses:
    """How much names are used: `targets` are the most downloaded, the most downloaded first, and after them names without a
    rank that were imitated before."""

    def __init__(self, data: bytes) -> None:
        ranked, imitated, months, downloads = split(data)
        self._ranked = _lines(ranked)
        self.targets = (*self._ranked, *_lines(imitated))
        self._months = Blocks(months)
        self._downloads = Blocks(downloads)
        self._ranks: dict[str, int] = {}

    def rank(self, name: str) -> int:
        """Give the rank of a name, from 1; 0 where it is none of the targets."""
        if not self._ranks:
            self._ranks = {target: rank for rank, target in enumerate(self._ranked, 1)}
        return self._ranks.get(name, 0)

    def month(self, number: int, newest: dt.date) -> dt.date | None:
        """Give the month of a name's newest version; `newest` is the month that the section is of."""
        value = _at(self._months, number)
        if not value:
            return None
        months = newest.year * 12 + newest.month - 1 - (_LAST_MONTH - value)
        return dt.date(months // 12, months % 12 + 1, 1)

    def downloads(self, number: int) -> int:
        """Give the downloads of a month, roughly, or -1."""
        value = _at(self._downloads, number)
        return round(2 ** ((value - 1) / _STEPS)) - 1 if value else -1


def _lines(data: memoryview) -> tuple[str, ...]:
    text = zlib.decompress(data).decode()
    return tuple(text.split("\n")) if text else ()


def _at(blocks: Blocks, number: int) -> int:
    if number < 0 or number // _CHUNK >= len(blocks):
        return 0
    chunk = msgspec.msgpack.decode(blocks[number // _CHUNK], type=bytes)
    return chunk[number % _CHUNK] if number % _CHUNK < len(chunk) else 0


def pack_uses(
    names: Names,
    targets: Sequence[str],
    months: Mapping[str, dt.date],
    downloads: Mapping[str, int],
    newest: dt.date,
    imitated: Sequence[str] = (),
) -> bytes:
    """Pack how much names are used. Months before the last 254 count as the first of these, those after `newest` as it.
    `imitated` are further targets, without a rank."""
    by_month, by_class = bytearray(len(names) if months else 0), bytearray(len(names) if downloads else 0)
    last = newest.year * 12 + newest.month
    for name, month in months.items():
        age = max(0, last - month.year * 12 - month.month)
        age -= age % _COARSE if age > _FINE else 0
        by_month[names.number(name)] = max(1, _LAST_MONTH - age)
    for name, count in downloads.items():
        by_class[names.number(name)] = min(255, 1 + round(_STEPS * math.log2(count + 1)))
    ranked, others = (zlib.compress("\n".join(some).encode(), 9) for some in (targets, imitated))
    return join([ranked, others, _chunks(by_month), _chunks(by_class)])


def _chunks(values: bytearray) -> bytes:
    pieces = [bytes(values[at : at + _CHUNK]) for at in range(0, len(values), _CHUNK)]
    return pack_blocks([msgspec.msgpack.encode(piece) for piece in pieces])


class Modules:
    """Python modules that a distribution of another name provides."""

    def __init__(self, data: bytes) -> None:
        known, values = split(data)
        self._data = bytes(known)
        self._trie = trie(self._data)
        self._values = Blocks(values)

    def __contains__(self, module: str) -> bool:
        return module in self._trie

    def distributions(self, module: str) -> list[int]:
        """Give the numbers of the distributions, the most downloaded first."""
        number = int(self._trie.get(module, -1))
        return msgspec.msgpack.decode(self._values[number], type=list[int]) if number >= 0 else []

    def items(self) -> Iterator[tuple[str, list[int]]]:
        """Give all modules with the numbers of their distributions."""
        for module in self._trie.iterkeys():
            yield module, self.distributions(module)


def pack_modules(modules: Mapping[str, Sequence[int]]) -> bytes:
    """Pack modules with the numbers of their distributions."""
    known = marisa_trie.Trie(sorted(modules))
    values = [b""] * len(modules)
    for module, numbers in modules.items():
        values[known[module]] = msgspec.msgpack.encode(list(numbers))
    return join([bytes(known.tobytes()), pack_blocks(values)])


def pack_planes(words: bytes) -> bytes:
    """Pack a table of 64-bit numbers: all first bytes, all second ones and so on, of which the high ones say little."""
    if not _LITTLE:
        turned = array("Q", words)
        turned.byteswap()
        words = turned.tobytes()
    return join([zlib.compress(words[at::8], 9) for at in range(8)])


def unpack_planes(data: bytes) -> bytes:
    """Give the table that `pack_planes` packed, in this machine's byte order."""
    planes = [zlib.decompress(piece) for piece in split(data)]
    words = bytearray(8 * len(planes[0]))
    for at, plane in enumerate(planes):
        words[at::8] = plane
    if not _LITTLE:
        turned = array("Q", bytes(words))
        turned.byteswap()
        return turned.tobytes()
    return bytes(words)


class Scores:
    """EPSS by CVE id."""

    def __init__(self, data: bytes) -> None:
        gaps, values = (_words(zlib.decompress(piece), kind) for piece, kind in zip(split(data), "IH", strict=True))
        self._ids = array("I", accumulate(gaps))
        self._values = values

    def get(self, cve: str) -> float:
        """Give the probability of exploitation within 30 days, or -1."""
        key = cve_number(cve)
        at = bisect_left(self._ids, key) if key else len(self._ids)
        return self._values[at] / _EPSS if at < len(self._ids) and self._ids[at] == key else -1.0


def pack_scores(scores: Mapping[str, float]) -> bytes:
    """Pack scores by CVE id; what is no CVE id is left out."""
    known = sorted({cve_number(cve): score for cve, score in scores.items() if cve_number(cve)}.items())
    ids = [0, *(key for key, _ in known)]
    gaps = array("I", [later - earlier for earlier, later in pairwise(ids)])
    values = array("H", [min(_EPSS, max(0, round(score * _EPSS))) for _, score in known])
    return join([zlib.compress(_big(gaps), 9), zlib.compress(_big(values), 9)])


def cve_number(cve: str) -> int:
    """Give a CVE id as a number of 32 bits; 0 where it is none (https://www.cve.org/ResourcesSupport/FAQs)."""
    parts = cve.split("-")
    if len(parts) != 3 or parts[0] != "CVE" or not (parts[1].isdecimal() and parts[2].isdecimal()):
        return 0
    if len(parts[1]) != 4 or len(parts[2]) > 8 or not cve.isascii():
        return 0
    year, number = int(parts[1]) - _YEAR, int(parts[2])
    return year << _NUMBERS | number if 0 < year < 64 and number < 1 << _NUMBERS else 0


def _words(data: bytes, kind: str) -> "array[int]":
    words = array(kind)
    words.frombytes(data)
    if _LITTLE:
        words.byteswap()
    return words


def _big(words: "array[int]") -> bytes:
    copy = array(words.typecode, words)
    if _LITTLE:
        copy.byteswap()
    return copy.tobytes()


_LITTLE = array("H", [1]).tobytes()[0] == 1


class Watched:
    """Names that models are known to invent, as the first bytes of salted digests: the list tells nobody what to
    register."""

    def __init__(self, data: bytes) -> None:
        salt, hashes = split(data)
        self._salt = bytes(salt)
        self._known = frozenset(bytes(hashes[at : at + _PREFIX]) for at in range(0, len(hashes), _PREFIX))

    def has(self, registry: Registry, name: str) -> bool:
        """Whether the list holds a name."""
        return watch_hash(self._salt, registry, name) in self._known


def watch_hash(salt: bytes, registry: Registry, name: str) -> bytes:
    """Give what stands in the list for a name: 8 bytes of SHA-256 over salt, registry, a zero byte and the name."""
    return hashlib.sha256(salt + registry.purl.encode() + b"\0" + canonical(registry, name).encode()).digest()[:_PREFIX]


def pack_watched(salt: bytes, hashes: Iterable[bytes]) -> bytes:
    """Pack hashes of `watch_hash`."""
    return join([salt, b"".join(sorted(set(hashes)))])


def unpack_watched(data: bytes) -> tuple[bytes, set[bytes]]:
    """Give salt and hashes of a list."""
    salt, hashes = split(data)
    return bytes(salt), {bytes(hashes[at : at + _PREFIX]) for at in range(0, len(hashes), _PREFIX)}


def module_of(name: str) -> str:
    """Give the distribution's name that a module's name would have."""
    return fold(name).strip("-")
