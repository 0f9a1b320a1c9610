"""The contract of stores for the log, for every implementation, and what only files can get wrong."""

import os
import sqlite3
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clearance.facts.errors import StoreError
from clearance.record.store import Store
from clearance.stores.sqlite import SqliteStore
from cluster import INITDB

Make = Callable[[Path], Store]
STORES = [
    pytest.param("memory", id="memory"),
    pytest.param("sqlite", id="sqlite"),
    pytest.param("files", id="files"),
    pytest.param("postgres", id="postgres", marks=pytest.mark.system(INITDB)),
]


def written(store: Store, **bodies: bytes) -> None:
    with store.write() as draft:
        for name, body in bodies.items():
            draft.put(name, body)


def everything(store: Store) -> dict[str, bytes]:
    with store.read() as view:
        return dict(view.items(""))


@pytest.mark.parametrize("kind", STORES)
class TestContract:
    def test_nothing_was_ever_written(self, make: Make, kind: str, tmp_path: Path) -> None:
        store = make(tmp_path)
        with store.read() as view:
            assert view.get("a") is None
            assert list(view.items("")) == []
        assert list(tmp_path.iterdir()) == []

    def test_what_was_written_is_read(self, make: Make, kind: str, tmp_path: Path) -> None:
        store = make(tmp_path)
        bodies = {"b/2": b"", "b/10": bytes(range(256)), "a": b"x" * 70_000, "c": b"\0"}
        with store.write() as draft:
            for name, body in bodies.items():
                draft.put(name, body)
                assert draft.get(name) == body
            assert [name for name, _ in draft.items("b/")] == ["b/10", "b/2"]
        with store.read() as view:
            assert list(view.items("")) == sorted(bodies.items())
            assert list(view.items("b/")) == [("b/10", bytes(range(256))), ("b/2", b"")]
            assert view.get("b") is None
        written(store, a=b"new")
        assert everything(store)["a"] == b"new"

    def test_an_exception_undoes_the_draft(self, make: Make, kind: str, tmp_path: Path) -> None:
        store = make(tmp_path)
        written(store, a=b"1")

        def broken_off() -> None:
            with store.write() as draft:
                draft.put("a", b"2")
                draft.put("b", b"2")
                raise RuntimeError

        with pytest.raises(RuntimeError):
            broken_off()
        assert everything(store) == {"a": b"1"}
        written(store, c=b"3")
        assert everything(store) == {"a": b"1", "c": b"3"}

    def test_a_view_sees_nothing_that_is_written_meanwhile(self, make: Make, kind: str, tmp_path: Path) -> None:
        store = make(tmp_path)
        written(store, a=b"1")
        with store.read() as view:
            assert view.get("a") == b"1"
            written(store, a=b"2", b=b"2")
            assert dict(view.items("")) == {"a": b"1"}
        assert everything(store) == {"a": b"2", "b": b"2"}

    def test_drafts_of_several_threads_wait_for_each_other(self, make: Make, kind: str, tmp_path: Path) -> None:
        store = make(tmp_path)

        def count() -> None:
            for _ in range(20):
                with store.write() as draft:
                    draft.put("n", b"%d" % (int(draft.get("n") or 0) + 1))

        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert everything(store) == {"n": b"80"}

    def test_drafts_of_several_processes_wait_for_each_other(self, make: Make, kind: str, tmp_path: Path) -> None:
        if kind == "memory":
            return  # a store of one process: threads are all it knows
        children = []
        for _ in range(3):
            child = os.fork()
            if not child:
                code = 1
                try:
                    store = make(tmp_path)
                    for _ in range(7):
                        with store.write() as draft:
                            draft.put("n", b"%d" % (int(draft.get("n") or 0) + 1))
                    code = 0
                finally:
                    os._exit(code)
            children.append(child)
        assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0, 0]
        assert everything(make(tmp_path)) == {"n": b"21"}

    def test_many_bodies_at_once_are_as_one_by_one(self, make: Make, kind: str, tmp_path: Path) -> None:
        store = make(tmp_path)
        bodies = {f"n/{number:03d}": b"%d" % number for number in range(300)}
        written(store, **{"n/007": b"old"})
        with store.write() as draft:
            draft.put_many(bodies.items())
            assert draft.get("n/007") == b"7"
            assert dict(draft.items("n/")) == bodies
            draft.put_many([("n/008", b"newer")])
        assert everything(store) == bodies | {"n/008": b"newer"}


def test_the_file_and_its_directory_are_private(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "clearance" / "log")
    written(store, a=b"1")
    with store.read() as view, store.write() as draft:  # both open: the write-ahead log and its index exist
        draft.put("b", b"2")
        assert view.get("a") == b"1"
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "clearance").iterdir()}
    assert modes == {"log": 0o600, "log-wal": 0o600, "log-shm": 0o600}
    assert stat.S_IMODE((tmp_path / "clearance").stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["log", "log-wal", "log-shm", "log-journal"])
@pytest.mark.parametrize("kind", ["symlink", "dangling", "directory", "fifo"])
def test_nothing_but_a_regular_file_is_opened(tmp_path: Path, name: str, kind: str) -> None:
    store = SqliteStore(tmp_path / "clearance" / "log")
    if name != "log":
        written(store, a=b"1")
    (tmp_path / "clearance").mkdir(mode=0o700, exist_ok=True)
    (tmp_path / "target").write_bytes(b"precious")
    planted = tmp_path / "clearance" / name
    planted.unlink(missing_ok=True)
    match kind:
        case "symlink":
            planted.symlink_to(tmp_path / "target")
        case "dangling":
            planted.symlink_to(tmp_path / "nowhere")
        case "directory":
            planted.mkdir()
        case _:
            os.mkfifo(planted)
    with pytest.raises(StoreError, match="not a regular file"):
        written(store, b=b"2")
    with pytest.raises(StoreError, match="not a regular file"):
        everything(store)
    assert (tmp_path / "target").read_bytes() == b"precious"
    assert not (tmp_path / "nowhere").exists()


def test_a_symlink_in_place_of_the_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "clearance").symlink_to(tmp_path / "elsewhere")
    store = SqliteStore(tmp_path / "clearance" / "log")
    for use in (lambda: written(store, a=b"1"), lambda: everything(store)):
        with pytest.raises(StoreError, match="symlink"):
            use()
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_directory_that_others_can_reach_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "clearance").mkdir(mode=0o755)
    with pytest.raises(StoreError, match="group or others"):
        written(SqliteStore(tmp_path / "clearance" / "log"), a=b"1")
    assert list((tmp_path / "clearance").iterdir()) == []


def test_a_store_that_may_not_be_made_is_not(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "clearance" / "log", create=False)
    with pytest.raises(StoreError, match="no log yet"):
        written(store, a=b"1")
    assert list(tmp_path.iterdir()) == []


def foreign(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (["PRAGMA application_id = 7"], "not a log of Clearance"),
        (["PRAGMA user_version = 2"], "version 2"),
        (["PRAGMA user_version = 0"], "version 0"),
        (["CREATE TABLE more(x)"], "tables other than"),
        (["CREATE VIEW more AS SELECT 1"], "tables other than"),
        (["CREATE TRIGGER t AFTER INSERT ON item BEGIN DELETE FROM item; END"], "tables other than"),
        (["CREATE INDEX more ON item(body)"], "tables other than"),
        (["DROP TABLE item", "CREATE VIEW item AS SELECT 'a' AS name, x'00' AS body"], "tables other than"),
        (["DROP TABLE item", "CREATE TABLE item(name, body)"], "tables other than"),
    ],
)
def test_another_database_is_refused(tmp_path: Path, statements: list[str], said: str) -> None:
    store = SqliteStore(tmp_path / "c" / "log")
    written(store, a=b"1")
    foreign(tmp_path / "c" / "log", *statements)
    for use in (lambda: written(store, b=b"1"), lambda: everything(store)):
        with pytest.raises(StoreError, match=said) as told:
            use()
        assert told.value.where == store.place
        assert told.value.next


@pytest.mark.parametrize("content", [b"", b"no database at all\n" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_what_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "c").mkdir(mode=0o700)
    (tmp_path / "c" / "log").write_bytes(content)
    store = SqliteStore(tmp_path / "c" / "log")
    for use in (lambda: written(store, b=b"1"), lambda: everything(store)):
        with pytest.raises(StoreError) as told:
            use()
        assert told.value.next
    assert (tmp_path / "c" / "log").read_bytes() == content


def test_a_damaged_page_gives_what_was_written_or_an_error(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "c" / "log")
    bodies = {f"entry/{number:012d}": b"%d" % number * 500 for number in range(40)}
    written(store, **bodies)
    path = tmp_path / "c" / "log"
    for beside in path.parent.glob("log-*"):
        beside.unlink()
    whole = path.read_bytes()
    outcomes = set()
    for at in range(0, len(whole), 61):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            outcomes.add("same" if everything(store) == bodies else "other")  # which the log then finds
        except StoreError:
            outcomes.add("error")
        for beside in path.parent.glob("log-*"):
            beside.unlink()
    assert {"error", "other"} <= outcomes <= {"same", "other", "error"}


@contextmanager
def as_nobody() -> Iterator[None]:
    """Act as a user who may not write what root made: root may write everywhere."""
    if os.geteuid():
        yield
        return
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@pytest.fixture
def readable() -> Iterator[Path]:
    """A directory that every user may enter."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.mark.parametrize("folded", [False, True])
@pytest.mark.parametrize("index", [False, True])
def test_a_log_in_a_read_only_directory_is_read(readable: Path, *, folded: bool, index: bool) -> None:
    store = SqliteStore(readable / "c" / "log")
    written(store, a=b"1")
    written(store, b=b"2")
    if folded:  # the write-ahead log is empty and gone
        foreign(readable / "c" / "log", "PRAGMA wal_checkpoint(TRUNCATE)")
    copy = readable / "copy"
    copy.mkdir()
    for path in (readable / "c").iterdir():
        if index or not path.name.endswith("-shm"):
            (copy / path.name).write_bytes(path.read_bytes())
            (copy / path.name).chmod(0o444)
    assert (copy / "log-wal").exists() != folded
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    copy.chmod(0o555)
    with as_nobody():
        assert everything(SqliteStore(copy / "log")) == {"a": b"1", "b": b"2"}
        with pytest.raises(StoreError) as told:
            written(SqliteStore(copy / "log"), x=b"")
    assert told.value.next
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before


def test_a_full_database_undoes_the_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteStore(tmp_path / "c" / "log")
    written(store, a=b"1")
    connect = SqliteStore._connect

    def small(self: SqliteStore, mode: str) -> sqlite3.Connection:
        connection = connect(self, mode)
        connection.execute("PRAGMA max_page_count = 8")
        return connection

    with monkeypatch.context() as held:
        held.setattr(SqliteStore, "_connect", small)
        with pytest.raises(StoreError, match="disk is full"):
            written(store, b=b"x" * 100_000)
    assert everything(store) == {"a": b"1"}
    written(store, b=b"2")
    assert everything(store) == {"a": b"1", "b": b"2"}


def test_a_writer_that_waits_too_long_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clearance.stores.sqlite._SECONDS", 0.05)
    store = SqliteStore(tmp_path / "c" / "log")
    with store.write() as draft:
        draft.put("a", b"1")
        with pytest.raises(StoreError, match="another process"):
            written(store, b=b"2")
    assert everything(store) == {"a": b"1"}


def test_the_write_ahead_log_stays_short(tmp_path: Path) -> None:
    path = tmp_path / "c" / "log"
    longest = 0
    for number in range(120):
        written(SqliteStore(path), **{f"n{number:03}": b"x" * 20_000})
        longest = max(longest, path.with_name("log-wal").stat().st_size)
    assert longest < 2 << 20
    assert len(everything(SqliteStore(path))) == 120


def test_a_reader_keeps_what_it_sees_while_the_write_ahead_log_is_full(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "c" / "log")
    written(store, a=b"1")
    with store.read() as view:
        assert view.get("a") == b"1"
        for number in range(80):
            written(SqliteStore(tmp_path / "c" / "log"), **{f"n{number:03}": b"x" * 20_000})
        assert dict(view.items("")) == {"a": b"1"}
    written(store, b=b"2")
    assert len(everything(store)) == 82
