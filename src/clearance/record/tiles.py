"""The layout of a log in files: hashes and entries in tiles of 256 (C2SP tlog-tiles, https://c2sp.org/tlog-tiles)."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from clearance.facts.errors import LogTampered
from clearance.record.merkle import node_hash, perfect_root, range_root

HEIGHT = 8
WIDTH = 1 << HEIGHT
HASH = 32
_MOST_NODES = 1 << 16
"""Computed hashes that a tree remembers; beyond, it begins anew."""


class Tile(NamedTuple):
    """A tile of a tree: level, number within the level, and how many hashes it holds (1 to 256)."""

    level: int
    number: int
    width: int

    @property
    def name(self) -> str:
        """The path that the tile has when it is full; the store keeps it under this name from its first hash on."""
        return tile_path(self.level, self.number)

    @property
    def path(self) -> str:
        """The path of the tile as it stands, with its width where it is not full."""
        return tile_path(self.level, self.number, self.width)


def tile_path(level: int | str, index: int, width: int = WIDTH) -> str:
    """Give the path of a tile, or of an entry bundle for the level `entries`: `tile/0/x001/x234/067.p/5`."""
    groups = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        groups.append(f"x{index % 1000:03d}")
    partial = "" if width == WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(reversed(groups))}{partial}"


def tiles_of(size: int) -> Iterator[Tile]:
    """Name all tiles of a tree of `size` leaves, the lowest level first."""
    level = 0
    while size:
        for index in range(-(-size // WIDTH)):
            yield Tile(level, index, min(WIDTH, size - index * WIDTH))
        size >>= HEIGHT
        level += 1


def entry_bundle(entries: Sequence[bytes]) -> bytes:
    """Encode entries as an entry bundle: each behind its length as a big-endian uint16."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def hashes_in(tile: bytes) -> list[bytes]:
    """Split a tile into its hashes."""
    return [tile[at : at + HASH] for at in range(0, len(tile), HASH)]


class TiledTree:
    """A tree of `size` leaves behind its tiles, which `read` gives by name."""

    def __init__(self, size: int, read: Callable[[str], bytes | None]) -> None:
        self.size = size
        self._read = read
        self._tiles: dict[str, bytes] = {}
        self._nodes: dict[tuple[int, int], bytes] = {}

    def node(self, height: int, index: int) -> bytes:
        """Give the hash of a perfect subtree (a `merkle.Node`).

        Raises:
            LogTampered: a tile is missing or has the wrong length.
        """
        if height % HEIGHT == 0:
            tile = self._tile(height // HEIGHT, index >> HEIGHT)
            at = index % WIDTH * HASH
            return tile[at : at + HASH]
        known = self._nodes.get((height, index))
        if known is None:  # at most seven calls deep: each level of tiles is read, not computed
            known = node_hash(self.node(height - 1, 2 * index), self.node(height - 1, 2 * index + 1))
            if len(self._nodes) >= _MOST_NODES:
                self._nodes.clear()
            self._nodes[height, index] = known
        return known

    def root(self) -> bytes:
        """Give the root of the whole tree; faster than through `node`, and remembers nothing but tiles.

        Raises:
            LogTampered: as for `node`.
        """
        return range_root(0, self.size, self._subtree)

    def _subtree(self, height: int, index: int) -> bytes:
        level, rest = divmod(height, HEIGHT)
        first = index << rest
        start = first % WIDTH
        return perfect_root(hashes_in(self._tile(level, first >> HEIGHT)[start * HASH : (start + (1 << rest)) * HASH]))

    def grow(self, leaves: Sequence[bytes]) -> dict[str, bytes]:
        """Add leaf hashes and give each tile that changed, by name.

        Raises:
            LogTampered: a tile at the right edge is missing or has the wrong length.
        """
        changed: dict[str, bytes] = {}
        row, level = list(leaves), 0
        while row:
            index, above, at = self.size >> (HEIGHT * level), [], 0
            while at < len(row):
                number, used = divmod(index, WIDTH)
                more = row[at : at + WIDTH - used]
                tile = (self._tile(level, number) if used else b"") + b"".join(more)
                changed[tile_path(level, number)] = tile
                at += len(more)
                index += len(more)
                if index % WIDTH == 0:
                    above.append(perfect_root(hashes_in(tile)))
            row, level = above, level + 1
        self._tiles |= changed
        self.size += len(leaves)
        return {name: changed[name] for name in sorted(changed)}

    def _tile(self, level: int, index: int) -> bytes:
        name = tile_path(level, index)
        if name not in self._tiles:
            tile = self._read(name)
            width = min(WIDTH, (self.size >> (HEIGHT * level)) - index * WIDTH)
            if tile is None or len(tile) != width * HASH:
                what = "missing" if tile is None else f"{len(tile)} bytes long instead of {width * HASH}"
                raise LogTampered(f"the tile is {what}", where=name)
            self._tiles[name] = tile
        return self._tiles[name]
