"""The contract of pins, for both implementations, and what only files can get wrong."""

from pathlib import Path
from typing import Any

import pytest

from clearance.facts.errors import StoreError
from clearance.stores.memory_log import MemoryPins
from clearance.stores.pins import FilePins
from clearance.stores.private import PrivateFolder

A, B = "clearance.local/" + "a" * 32, "clearance.local/" + "b" * 32
PINS = [
    pytest.param(lambda _: MemoryPins(), id="memory"),
    pytest.param(lambda path: FilePins(PrivateFolder(path / "seen")), id="files"),
]


@pytest.mark.parametrize("make", PINS)
class TestContract:
    def test_nothing_was_seen_yet(self, make: Any, tmp_path: Path) -> None:
        pins = make(tmp_path)
        assert pins.seen(A, "/log") is None
        assert pins.origins("/log") == ()
        assert pins.told("/log")
        assert list(tmp_path.iterdir()) == []

    def test_the_memory_only_moves_forward(self, make: Any, tmp_path: Path) -> None:
        pins = make(tmp_path)
        for size in (3, 5, 4):
            pins.keep(A, "/log", size, b"%d" % size)
        seen = pins.seen(A, "/log")
        assert (seen.note, seen.place, seen.elsewhere) == (b"5", "/log", False)
        pins.keep(A, "/log", 5, b"five")
        assert pins.seen(A, "/log").note == b"five"

    def test_every_log_of_a_place_is_remembered(self, make: Any, tmp_path: Path) -> None:
        pins = make(tmp_path)
        pins.keep(A, "/log", 1, b"1")
        pins.keep(B, "/log", 1, b"1")
        pins.keep(A, "/log", 2, b"2")
        pins.keep(A, "/elsewhere", 3, b"3")
        assert pins.origins("/log") == (A, B)
        assert pins.origins("/elsewhere") == (A,)


@pytest.fixture
def pins(tmp_path: Path) -> FilePins:
    return FilePins(PrivateFolder(tmp_path / "seen"))


@pytest.mark.parametrize(
    "origin",
    ["", "x", "../../x", "a/../../x", "places/" + "a" * 64, "a..b/c", "/etc/x", "a/b/c", "a/.hidden", "a/b\n", "A/b"],
)
def test_the_name_of_a_log_leads_nowhere_else(pins: FilePins, tmp_path: Path, origin: str) -> None:
    for use in (lambda: pins.seen(origin, "/log"), lambda: pins.keep(origin, "/log", 1, b"1")):
        with pytest.raises(StoreError, match="not a name"):
            use()
    assert list(tmp_path.iterdir()) == []


def everything(pins: FilePins) -> object:
    return pins.seen(A, "/log"), pins.origins("/log")


def test_a_damaged_memory_is_no_missing_memory(pins: FilePins, tmp_path: Path) -> None:
    pins.keep(A, "/log", 1, b"1")
    for path in [path for path in (tmp_path / "seen").rglob("*") if path.is_file()]:
        whole = path.read_bytes()
        path.write_bytes(b"{}")
        with pytest.raises(StoreError, match="damaged") as told:
            everything(pins)
        assert told.value.where == str(path)
        path.write_bytes(whole)


def test_a_copy_is_told_from_a_log_that_moved(pins: FilePins, tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"log")
    new.write_bytes(b"log")
    pins.keep(A, str(old), 1, b"1")
    seen = pins.seen(A, str(new))
    assert seen is not None
    assert seen.elsewhere
    old.unlink()
    seen = pins.seen(A, str(new))
    assert seen is not None
    assert not seen.elsewhere


def test_a_path_of_any_bytes_is_a_place(pins: FilePins) -> None:
    place = "/a\udcff\n"
    pins.keep(A, place, 1, b"1")
    seen = pins.seen(A, place)
    assert seen is not None
    assert seen.place == place
    assert pins.origins(place) == (A,)
