"""The blocks of all pages, read once and kept in a cache between runs, and found by the kind and type of a unit."""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from clearance.facts.cache import Cache
from clearance.rules.model import Rule
from clearance.scan.infra.language import Block
from clearance.scan.infra.node import Unit
from clearance.scan.infra.read import read_blocks
from clearance.scan.stamp import pages_digest, reader_stamp

_DECODER = msgspec.msgpack.Decoder(tuple[Block, ...])


class Index:
    """Finds the blocks that look at a unit."""

    def __init__(self, blocks: Iterable[Block]) -> None:
        self._by_kind: dict[str, list[tuple[str, Block]]] = {}
        self.blocks = tuple(blocks)
        for block in self.blocks:
            for target in block.on:
                self._by_kind.setdefault(target.kind, []).append((target.type, block))
        self._by_type: dict[tuple[str, str], tuple[Block, ...]] = {}

    def of(self, unit: Unit) -> tuple[Block, ...]:
        """Give the blocks that look at a unit, in the order of the pages."""
        key = (unit.kind, unit.type)
        found = self._by_type.get(key)
        if found is None:
            fitting = (block for type_, block in self._by_kind.get(unit.kind, ()) if fits(type_, unit.type))
            found = tuple({id(block): block for block in fitting}.values())
            if len(self._by_type) < _MOST_TYPES:
                self._by_type[key] = found
        return found


_MOST_TYPES = 4096


def fits(wanted: str, type_: str) -> bool:
    """Tell whether a type is one that a block names; `*` in it stands for any text."""
    if not wanted or wanted == type_:
        return True
    return "*" in wanted and fnmatchcase(type_, wanted.replace("[", "[[]").replace("?", "[?]"))


def compiled(rules: Sequence[Rule], cache: Cache | None) -> Index:
    """Read the blocks of pages, or take them from the cache where the same pages were read before.

    Raises:
        BadPage: a block is not what the manual describes.
    """
    if cache is None:
        return Index(read_blocks(rules))
    key = f"infra-{reader_stamp(Path(__file__).parent)}-{pages_digest(rules)}"
    kept = cache.get(key)
    if kept is not None:
        try:
            return Index(_DECODER.decode(kept))
        except msgspec.MsgspecError:
            pass
    blocks = tuple(read_blocks(rules))
    cache.put(key, msgspec.msgpack.encode(blocks))
    return Index(blocks)
