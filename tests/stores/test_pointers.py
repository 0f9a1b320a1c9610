"""Pointers into a log: a cache that can be thrown away, and never holds an answer."""

from contextlib import closing
from pathlib import Path

import pytest

from clearance.stores.pointers import Pointers


def fill(pointers: Pointers) -> None:
    with pointers.opened() as view:
        view.begin(anew=True)
        view.add([(b"a1", 0), (b"a1", 3), (b"b2", 1)])
        view.end(4, b"root")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "one.pointers"


def test_names_point_to_entries_the_newest_first(path: Path) -> None:
    fill(Pointers(path, "log"))
    with Pointers(path, "log").opened() as view:
        assert view.read() == (4, b"root")
        assert view.find(b"a1", 10) == [3, 0]
        assert view.find(b"a1", 1) == [3]
        assert view.find(b"c3", 10) == []
        assert view.count([b"a1", b"b2", b"c3"], 10) == {0: 1, 1: 1, 3: 1}


def test_the_pointers_of_another_log_do_not_count(path: Path) -> None:
    fill(Pointers(path, "log"))
    with Pointers(path, "another").opened() as view:
        assert view.read() == (0, b"")


@pytest.mark.parametrize("junk", [b"", b"no database", b"SQLite format 3\0" + bytes(200)])
def test_a_broken_file_is_replaced(path: Path, junk: bytes) -> None:
    path.parent.mkdir(mode=0o700)
    path.write_bytes(junk)
    fill(Pointers(path, "log"))
    with Pointers(path, "log").opened() as view:
        assert view.read() == (4, b"root")


def test_a_file_with_other_tables_or_a_trigger_is_replaced(path: Path) -> None:
    import sqlite3

    fill(Pointers(path, "log"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TRIGGER t AFTER INSERT ON point BEGIN DELETE FROM read; END")
    connection.close()
    with Pointers(path, "log").opened() as view:
        assert view.read() == (0, b"")


def test_where_no_file_can_be_kept_the_pointers_live_in_memory(path: Path) -> None:
    path.parent.mkdir(mode=0o755)
    path.parent.chmod(0o755)
    fill(Pointers(path, "log"))
    assert not path.exists()


def test_what_was_begun_and_not_ended_is_not_kept(path: Path) -> None:
    fill(Pointers(path, "log"))
    with Pointers(path, "log").opened() as view:
        view.begin(anew=True)
        view.undo()
        assert view.find(b"a1", 10) == [3, 0]


def test_where_pointers_are_missing_none_counts(path: Path) -> None:
    import sqlite3

    fill(Pointers(path, "log"))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DELETE FROM point WHERE entry = 3")
    connection.close()
    with Pointers(path, "log").opened() as view:
        assert view.read() == (0, b"")
    fill(Pointers(path, "log"))
    with Pointers(path, "log").opened() as view:
        assert view.read() == (4, b"root")


def test_the_folder_above_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    fill(Pointers(tmp_path / "home" / "pointers" / "one.pointers", "log"))
    assert [folder.stat().st_mode & 0o777 for folder in (tmp_path / "home", tmp_path / "home" / "pointers")] == [0o700] * 2
