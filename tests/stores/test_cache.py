"""The contract of a cache, for every implementation, and what only files can get wrong."""

import os
import shutil
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.cache import Cache
from clearance.stores.cache import FileCache, cache_directory
from clearance.stores.memory import MemoryCache


@pytest.fixture(params=["files", "memory"])
def cache(request: pytest.FixtureRequest, tmp_path: Path) -> Cache:
    return FileCache(tmp_path / "cache") if request.param == "files" else MemoryCache()


def test_what_was_put_comes_back(cache: Cache) -> None:
    assert cache.get("a") is None
    cache.put("a", b"one")
    cache.put("A", b"other")
    cache.put("b.c-1", b"")
    assert cache.get("a") == b"one"
    assert cache.get("A") == b"other"
    assert cache.get("b.c-1") == b""
    cache.put("a", b"two")
    assert cache.get("a") == b"two"


def test_what_is_put_is_a_copy(cache: Cache) -> None:
    data = bytearray(b"one")
    cache.put("a", data)
    data[0] = 0
    assert cache.get("a") == b"one"


@given(st.lists(st.tuples(st.from_regex(r"[A-Za-z0-9.-]{1,8}", fullmatch=True), st.binary(max_size=50)), max_size=8))
def test_both_behave_alike(tmp_path_factory: pytest.TempPathFactory, entries: list[tuple[str, bytes]]) -> None:
    files, memory = FileCache(tmp_path_factory.mktemp("cache") / "c"), MemoryCache()
    for key, data in entries:
        files.put(key, data)
        memory.put(key, data)
    for key, _ in entries:
        assert files.get(key) == memory.get(key)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "cache"


def entry(folder: Path) -> Path:
    [file] = folder.glob("*.entry")
    return file


def test_directory_and_files_are_the_owners_alone(folder: Path) -> None:
    old = os.umask(0)
    try:
        FileCache(folder).put("a", b"one")
    finally:
        os.umask(old)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


def test_another_process_sees_the_entry(folder: Path) -> None:
    FileCache(folder).put("a", b"one")
    assert FileCache(folder).get("a") == b"one"


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o777, 0o720])
def test_a_directory_that_others_can_enter_is_not_used(folder: Path, mode: int) -> None:
    FileCache(folder).put("a", b"one")
    folder.chmod(mode)
    FileCache(folder).put("b", b"two")
    assert FileCache(folder).get("a") is None
    assert len(list(folder.glob("*.entry"))) == 1


def test_a_directory_behind_a_symlink_is_not_used(folder: Path, tmp_path: Path) -> None:
    FileCache(folder).put("a", b"one")
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert FileCache(link).get("a") is None
    FileCache(link).put("b", b"two")
    assert len(list(folder.glob("*.entry"))) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_directory_of_somebody_else_is_not_used(folder: Path) -> None:
    FileCache(folder).put("a", b"one")
    os.chown(folder, 12345, -1)
    assert FileCache(folder).get("a") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_an_entry_of_somebody_else_is_not_used(folder: Path) -> None:
    FileCache(folder).put("a", b"one")
    os.chown(entry(folder), 12345, -1)
    assert FileCache(folder).get("a") is None


@given(st.data())
def test_an_entry_with_any_changed_byte_is_not_used(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("cache") / "c"
    FileCache(folder).put("a", b"some data")
    file = entry(folder)
    whole = bytearray(file.read_bytes())
    index = data.draw(st.integers(0, len(whole) - 1))
    whole[index] ^= data.draw(st.integers(1, 255))
    file.write_bytes(whole)
    assert FileCache(folder).get("a") is None


def test_a_shortened_entry_is_not_used(folder: Path) -> None:
    FileCache(folder).put("a", b"one")
    file = entry(folder)
    for length in range(file.stat().st_size):
        file.write_bytes(file.read_bytes()[:length])
        assert FileCache(folder).get("a") is None


def test_an_entry_cannot_stand_in_for_another(folder: Path) -> None:
    cache = FileCache(folder)
    cache.put("a", b"one")
    file = entry(folder)
    cache.put("b", b"two")
    [other] = [each for each in folder.glob("*.entry") if each != file]
    shutil.copyfile(file, other)
    assert cache.get("b") is None


def test_an_entry_that_another_cache_wrote_is_not_used(folder: Path, tmp_path: Path) -> None:
    FileCache(folder).put("a", b"one")
    theirs = tmp_path / "theirs"
    FileCache(theirs).put("a", b"planted")
    shutil.copyfile(entry(theirs), entry(folder))
    assert FileCache(folder).get("a") is None


def test_an_entry_behind_a_symlink_is_not_used(folder: Path, tmp_path: Path) -> None:
    FileCache(folder).put("a", b"one")
    file = entry(folder)
    moved = tmp_path / "moved"
    file.rename(moved)
    file.symlink_to(moved)
    assert FileCache(folder).get("a") is None


def test_a_pipe_in_the_place_of_an_entry_does_not_hang(folder: Path) -> None:
    FileCache(folder).put("a", b"one")
    file = entry(folder)
    file.unlink()
    os.mkfifo(file)
    assert FileCache(folder).get("a") is None


@pytest.mark.parametrize("key", [b"", b"short", b"x" * 33])
def test_a_damaged_key_is_replaced(folder: Path, key: bytes) -> None:
    cache = FileCache(folder)
    cache.put("a", b"one")
    (folder / "key").write_bytes(key)
    assert cache.get("a") is None
    cache.put("a", b"two")
    assert cache.get("a") == b"two"


def test_the_oldest_entries_go_first(folder: Path) -> None:
    cache = FileCache(folder, limit=1000)
    for number, key in enumerate("abcd"):
        cache.put(key, bytes(250))
        for file in folder.glob("*.entry"):
            if file.stat().st_mtime > 1_000_000:
                os.utime(file, (number, number))
    assert [cache.get(key) is not None for key in "abcd"] == [False, True, True, True]
    assert sum(file.stat().st_size for file in folder.glob("*.entry")) <= 1000


def test_what_is_larger_than_the_cache_is_not_kept(folder: Path) -> None:
    cache = FileCache(folder, limit=1000)
    cache.put("a", b"one")
    cache.put("b", bytes(1000))
    assert cache.get("b") is None
    assert cache.get("a") == b"one"


def test_what_killed_processes_left_is_removed_after_a_while(folder: Path) -> None:
    cache = FileCache(folder)
    cache.put("a", b"one")
    old, fresh = folder / "0.tmp", folder / "1.tmp"
    old.write_bytes(b"half")
    fresh.write_bytes(b"half")
    os.utime(old, (1, 1))
    cache.put("b", b"two")
    assert not old.exists()
    assert fresh.exists()


@pytest.mark.parametrize("bad", ["/proc/nothing/here", "/dev/null/cache", "/nul\0byte"])
def test_where_nothing_can_be_written_nothing_is_kept(bad: str) -> None:
    cache = FileCache(Path(bad))
    cache.put("a", b"one")
    assert cache.get("a") is None


def test_a_failed_write_leaves_the_old_entry_and_no_stray_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = FileCache(folder)
    cache.put("a", b"one")
    full = OSError(28, "No space left on device")

    def fail(*_: object, **__: object) -> None:
        raise full

    monkeypatch.setattr(os, "rename", fail)
    cache.put("a", b"two")
    assert cache.get("a") == b"one"
    assert not list(folder.glob("*.tmp"))


@pytest.mark.parametrize(
    ("environ", "platform", "where"),
    [
        ({"CLEARANCE_CACHE": "/c", "XDG_CACHE_HOME": "/x", "HOME": "/h"}, "linux", "/c"),
        ({"XDG_CACHE_HOME": "/x", "HOME": "/h"}, "linux", "/x/clearance"),
        ({"HOME": "/h"}, "linux", "/h/.cache/clearance"),
        ({"HOME": "/h"}, "darwin", "/h/Library/Caches/clearance"),
        ({"CLEARANCE_CACHE": "", "XDG_CACHE_HOME": "rel", "HOME": "/h"}, "linux", "/h/.cache/clearance"),
        ({"CLEARANCE_CACHE": "in/this/repository", "HOME": "/h"}, "linux", "/h/.cache/clearance"),
    ],
)
def test_where_the_cache_lies(environ: dict[str, str], platform: str, where: str) -> None:
    assert cache_directory(environ, platform) == Path(where)
