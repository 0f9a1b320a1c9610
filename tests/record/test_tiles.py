import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.facts.errors import LogTampered
from clearance.record.merkle import leaf_hash, perfect_root, root
from clearance.record.tiles import HASH, TiledTree, entry_bundle, hashes_in, tile_path, tiles_of


@pytest.mark.parametrize(
    ("level", "number", "width", "path"),
    [
        (0, 0, 256, "tile/0/000"),
        (0, 0, 5, "tile/0/000.p/5"),
        (1, 999, 256, "tile/1/999"),
        (2, 1000, 256, "tile/2/x001/000"),
        (4, 1234067, 1, "tile/4/x001/x234/067.p/1"),
        ("entries", 273, 112, "tile/entries/273.p/112"),
    ],
)
def test_a_tile_lies_where_the_specification_says(level: int | str, number: int, width: int, path: str) -> None:
    assert tile_path(level, number, width) == path


def test_a_tree_of_70000_has_the_tiles_of_the_specification() -> None:
    tiles = list(tiles_of(70_000))
    assert sum(tile.level == 0 and tile.width == 256 for tile in tiles) == 273
    assert [tile for tile in tiles if tile.width < 256] == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert list(tiles_of(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(tiles_of(0)) == []


def test_an_entry_bundle_has_big_endian_lengths() -> None:
    assert entry_bundle([b"", b"ab", b"x" * 300]) == b"\0\0" + b"\0\2ab" + b"\x01\x2c" + b"x" * 300


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(b"%d" % number) for number in range(size)]


@settings(deadline=None)
@given(steps=st.lists(st.integers(1, 300), min_size=1, max_size=6))
def test_growing_in_steps_gives_the_tree_of_all_leaves(steps: list[int]) -> None:
    kept: dict[str, bytes] = {}
    size = 0
    every = leaves(sum(steps))
    for step in steps:
        tree = TiledTree(size, kept.get)
        kept |= tree.grow(every[size : size + step])
        size += step
        assert tree.size == size
    assert {tile.name: tile.width * HASH for tile in tiles_of(size)} == {name: len(body) for name, body in kept.items()}
    assert b"".join(kept[tile.name] for tile in tiles_of(size) if tile.level == 0) == b"".join(every)
    assert root(size, TiledTree(size, kept.get).node) == root(size, lambda h, i: perfect_root(every[i << h : (i + 1) << h]))


def test_a_third_level_grows_too() -> None:
    every = leaves(65_536 + 3)
    tree = TiledTree(0, {}.get)
    kept = tree.grow(every)
    assert sorted(name for name in kept if name.startswith(("tile/1", "tile/2"))) == ["tile/1/000", "tile/2/000"]
    assert len(hashes_in(kept["tile/2/000"])) == 1
    assert kept["tile/2/000"] == perfect_root(every[:65_536])
    assert TiledTree(65_539, kept.get).node(16, 0) == kept["tile/2/000"]


@pytest.mark.parametrize("damage", [b"", b"x", None])
def test_a_tile_of_the_wrong_length_is_not_read(damage: bytes | None) -> None:
    kept: dict[str, bytes | None] = dict(TiledTree(0, {}.get).grow(leaves(5)))
    kept["tile/0/000"] = damage
    with pytest.raises(LogTampered) as told:
        TiledTree(5, kept.get).node(0, 2)
    assert told.value.where == "tile/0/000"
    with pytest.raises(LogTampered):
        TiledTree(5, kept.get).grow(leaves(1))
