"""Records about packages: the sections `advisories.…` and `malware.…`."""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

import marisa_trie
import msgspec

from clearance.scan.packages.mention import Registry, canonical
from clearance.scan.packages.pack.blocks import Blocks, pack_blocks
from clearance.scan.packages.pack.record import Kept
from clearance.scan.packages.pack.sections import join, split
from clearance.scan.packages.pack.tables import trie

_kept = msgspec.msgpack.Decoder(list[Kept])
SYSTEMS = (Registry.DEBIAN, Registry.ALPINE, Registry.RPM)
"""Registries whose packages belong to a distribution, which their records name."""


class Records:
    """Records by name."""

    def __init__(self, data: bytes) -> None:
        known, values = split(data)
        self._data = bytes(known)
        self._trie = trie(self._data)
        self._values = Blocks(values)
        self.of = lru_cache(maxsize=1_000)(self._of)

    def names(self) -> Iterator[str]:
        """Give all names, as `key_of` writes them, in no order."""
        return iter(self._trie.keys())

    def _of(self, key: str) -> list[Kept]:
        number = int(self._trie.get(key, -1))
        return _kept.decode(self._values[number]) if number >= 0 else []


def pack_records(records: Mapping[str, Sequence[Kept]]) -> bytes:
    """Pack records by the keys of `key_of`."""
    known = marisa_trie.Trie(sorted(records))
    values = [b""] * len(records)
    for name, kept in records.items():
        values[known[name]] = msgspec.msgpack.encode(sorted(kept, key=lambda one: one.id))
    return join([bytes(known.tobytes()), pack_blocks(values)])


def key_of(registry: Registry, name: str, distribution: str) -> str:
    """Give the key of a name: the name itself, for packages of a distribution after that."""
    known = canonical(registry, name)
    return f"{distribution} {known}" if registry in SYSTEMS else known


_ROLLING = ("wolfi", "chainguard", "opensuse-tumbleweed")
_RELEASE = re.compile(r"v?(\d+)(?:\.(\d+))?")


def release_of(distribution: str) -> str:
    """Give a distribution (`debian:12`, `alpine:3.19.1`, `rhel:9.3`) as records name it: those of Alpine by two numbers,
    those that keep one line of updates through a major version by one."""
    family, _, version = distribution.lower().partition(":")
    found = _RELEASE.match(version)
    if found is None or family in _ROLLING:
        return family
    major, minor = found[1], found[2] or "0"
    match family:
        case "alpine":
            return f"alpine:v{major}.{minor}"
        case "debian" | "rocky" | "almalinux" | "rhel" | "centos" | "mageia":
            return f"{family}:{major}"
        case _:
            return f"{family}:{major}.{minor}"
