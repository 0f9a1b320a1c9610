"""What only a database can get wrong: roles, durability, lost connections, foreign tables, secrets in messages."""

import contextlib
import os
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from clearance.facts.errors import StoreError, UsageError
from clearance.stores.postgres import PostgresStore, _close_all
from clearance.stores.postgres_uri import read_target
from cluster import INITDB, Cluster

pytestmark = pytest.mark.system(INITDB)
DOCS = Path(__file__).parents[2] / "docs" / "how-to" / "postgresql.md"


@pytest.fixture(scope="module")
def database(server: Cluster) -> str:
    """A database with the roles of the page."""
    roles = re.search(r"```sql roles\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert roles
    uri = server.database()
    written(PostgresStore(f"{uri}?log=first"), a=b"1")
    server.run(uri.rpartition("/")[2], *[part for part in roles[1].split(";\n") if part.strip()])
    return uri


def name_of(uri: str) -> str:
    return uri.rpartition("/")[2]


def as_role(uri: str, role: str, log: str) -> PostgresStore:
    return PostgresStore(uri.replace("//owner@", f"//{role}@") + f"?log={log}")


def written(store: PostgresStore, **bodies: bytes) -> None:
    with store.write() as draft:
        for name, body in bodies.items():
            draft.put(name, body)


def everything(store: PostgresStore) -> dict[str, bytes]:
    with store.read() as view:
        return dict(view.items(""))


ENTRY = "entry/000000000000"


@pytest.mark.parametrize("name", [ENTRY, "bundle/000000000000", "evidence/" + "a" * 64])
def test_what_was_recorded_is_never_replaced(database: str, name: str) -> None:
    store = PostgresStore(f"{database}?log=kept")
    with contextlib.suppress(StoreError):
        written(store, **{name: b"1"})
    for body in (b"1", b"2"):
        with pytest.raises(StoreError, match="never changed"):
            written(store, **{name: body, "checkpoint": b"new"})
    assert everything(store)[name] == b"1"
    assert "checkpoint" not in everything(store)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE clearance.kept SET body = 'x'",
        "DELETE FROM clearance.kept",
        "TRUNCATE clearance.kept",
        "DELETE FROM clearance.head",
        "UPDATE clearance.head SET name = 'x'",
        "UPDATE clearance.head SET log = 7",
        "TRUNCATE clearance.head",
        "UPDATE clearance.log SET name = 'x'",
        "DELETE FROM clearance.log",
        "DROP TABLE clearance.kept",
        "ALTER TABLE clearance.kept DISABLE TRIGGER never",
        "CREATE TABLE clearance.more ()",
        "UPDATE clearance.version SET version = 2",
        "INSERT INTO clearance.version VALUES (2)",
    ],
)
def test_the_appending_role_can_append_and_nothing_else(database: str, server: Cluster, statement: str) -> None:
    store = as_role(database, "clearance_append", "roles")
    with store.write() as draft:
        draft.put("checkpoint", b"1")
        if draft.get(ENTRY) is None:
            draft.put(ENTRY, b"1")
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation)):
        server.run(name_of(database), statement, user="clearance_append")
    assert everything(store)[ENTRY] == b"1"


@pytest.mark.parametrize(
    "how", ["UPDATE clearance.kept SET body = 'x'", "DELETE FROM clearance.kept", "TRUNCATE clearance.kept"]
)
def test_the_owner_is_refused_too_also_where_triggers_are_set_aside(database: str, server: Cluster, how: str) -> None:
    with pytest.raises(psycopg.errors.RestrictViolation):
        server.run(name_of(database), "SET session_replication_role = replica", how)


def test_the_reading_role_reads_and_cannot_write(database: str) -> None:
    written(PostgresStore(f"{database}?log=readable"), a=b"1")
    store = as_role(database, "clearance_read", "readable")
    assert everything(store) == {"a": b"1"}
    with pytest.raises(StoreError, match="the role may not do this"):
        written(store, a=b"2")


def test_a_role_without_rights_is_told_so(database: str, server: Cluster) -> None:
    server.run("postgres", "DROP ROLE IF EXISTS stranger", "CREATE ROLE stranger LOGIN")
    store = as_role(database, "stranger", "first")
    for use in (lambda: everything(store), lambda: written(store, a=b"1")):
        with pytest.raises(StoreError, match="the role may not do this") as told:
            use()
        assert "postgresql.md" in told.value.next


def test_logs_of_one_database_do_not_see_each_other(database: str) -> None:
    one, two = PostgresStore(f"{database}?log=one"), PostgresStore(f"{database}?log=two")
    written(one, a=b"1", **{ENTRY: b"1"})
    written(two, a=b"2", **{ENTRY: b"2"})
    assert everything(one) == {"a": b"1", ENTRY: b"1"}
    assert everything(two) == {"a": b"2", ENTRY: b"2"}
    assert one.place != two.place
    with one.write() as first, two.write() as second:  # and do not wait for each other
        first.put("b", b"1")
        second.put("b", b"2")
    assert everything(one)["b"] == b"1"


def test_a_writer_that_waits_too_long_says_so(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clearance.stores.postgres._LOCK_SECONDS", 0.05)
    store = PostgresStore(f"{database}?log=busy")
    written(store, a=b"1")
    with store.write() as draft:
        draft.put("a", b"2")
        with pytest.raises(StoreError, match="another process kept the log"):
            written(store, a=b"3")
    assert everything(store) == {"a": b"2"}


def test_two_first_uses_at_once_make_one_log(server: Cluster) -> None:
    uri = server.database()
    failed: list[StoreError] = []

    def first(number: int) -> None:
        try:
            written(PostgresStore(f"{uri}?log=new"), **{f"n{number}": b"1"})
        except StoreError as error:
            failed.append(error)

    threads = [threading.Thread(target=first, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert set(everything(PostgresStore(f"{uri}?log=new"))) == {"n0", "n1", "n2", "n3"}
    assert server.run(name_of(uri), "SELECT count(*) FROM clearance.log") == [(1,)]


def test_nothing_is_made_where_nothing_may_be(server: Cluster) -> None:
    uri = server.database()
    with pytest.raises(StoreError, match="no log yet"):
        written(PostgresStore(f"{uri}?log=new", create=False), a=b"1")
    assert everything(PostgresStore(f"{uri}?log=new")) == {}
    assert server.run(name_of(uri), "SELECT to_regclass('clearance.version')") == [(None,)]


def test_a_commit_waits_for_the_disk_whatever_the_role_was_set_to(database: str, server: Cluster) -> None:
    server.run("postgres", "DROP ROLE IF EXISTS hasty", "CREATE ROLE hasty LOGIN IN ROLE clearance_append")
    server.run("postgres", "ALTER ROLE hasty SET synchronous_commit = off")
    store = as_role(database, "hasty", "hasty")
    with store.write() as draft:
        draft.put("a", b"1")
        assert draft._connection.execute("SHOW synchronous_commit").fetchone() == ("on",)


def test_a_server_that_does_not_wait_for_its_disk_is_refused(server: Cluster) -> None:
    uri = server.database()
    written(PostgresStore(f"{uri}?log=new"), a=b"1")
    server.run("postgres", "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    try:
        with pytest.raises(StoreError, match="may lose what it has acknowledged"):
            settled(lambda: written(PostgresStore(f"{uri}?log=new"), a=b"2"))
    finally:
        server.run("postgres", "ALTER SYSTEM RESET fsync", "SELECT pg_reload_conf()")
    settled(lambda: everything(PostgresStore(f"{uri}?log=new")))
    assert everything(PostgresStore(f"{uri}?log=new"))["a"] in (b"1", b"2")


def settled(use: "object") -> None:
    """Use it until a reloaded setting has reached every process, which takes the server a moment."""
    for _ in range(50):
        use()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (["CREATE SCHEMA clearance", "CREATE TABLE clearance.version (version int)"], "tables of version None"),
        (
            ["CREATE SCHEMA clearance", "CREATE TABLE clearance.version AS SELECT 9 AS version",
             "CREATE TABLE clearance.log (id int, name text)"],
            "tables of version 9",
        ),
    ],
)  # fmt: skip
def test_tables_of_another_version_are_refused(server: Cluster, statements: list[str], said: str) -> None:
    uri = server.database(*statements, *([] if len(statements) > 2 else ["CREATE TABLE clearance.log (id int, name text)"]))
    for use in (everything, lambda store: written(store, a=b"1")):
        with pytest.raises(StoreError, match=said):
            use(PostgresStore(f"{uri}?log=x"))  # type: ignore[operator]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("name", ["a", ENTRY])
def test_a_fault_around_a_write_leaves_the_old_state(database: str, name: str, *, after: bool) -> None:
    store = PostgresStore(f"{database}?log=fault-{after}-{name[0]}")
    written(store, a=b"old")

    def broken_off() -> None:
        with store.write() as draft:
            if after:
                draft.put(name, b"new")
                draft.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken_off()
    assert everything(store) == {"a": b"old"}
    written(store, a=b"newer")
    assert everything(store) == {"a": b"newer"}


def test_a_server_that_ends_in_the_middle_leaves_nothing_half_written(database: str, server: Cluster) -> None:
    store = PostgresStore(f"{database}?log=ended")
    written(store, a=b"old")

    def broken_off() -> None:
        with store.write() as draft:
            draft.put_many([("a", b"new"), (ENTRY, b"new")])
            draft.flush()
            (own,) = draft._connection.execute("SELECT pg_backend_pid()").fetchone()  # type: ignore[misc]
            server.run("postgres", f"SELECT pg_terminate_backend({own}, 5000)")
            draft.put("b", b"new")

    with pytest.raises(StoreError, match="ended the connection") as told:
        broken_off()
    assert "nothing was recorded" in told.value.next
    assert everything(store) == {"a": b"old"}
    written(store, a=b"newer", **{ENTRY: b"1"})
    assert everything(store) == {"a": b"newer", ENTRY: b"1"}


def test_a_connection_that_ended_while_nobody_used_it_is_replaced(database: str, server: Cluster) -> None:
    store = PostgresStore(f"{database}?log=idle")
    written(store, a=b"1")
    server.run(
        "postgres", "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'clearance'"
    )
    assert everything(store) == {"a": b"1"}
    written(store, a=b"2")
    assert everything(store) == {"a": b"2"}


class Line:
    """A socket between a store and the server. It is cut when `COMMIT` passes: before it reaches the server, or when its
    answer comes back."""

    def __init__(self, server: Cluster, folder: Path, *, after: bool) -> None:
        self._to = str(server.folder / ".s.PGSQL.5432")
        self._after = after
        self.cutting = False
        self._answering = False
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / ".s.PGSQL.5432"))
        self._listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect(self._to)
            threading.Thread(target=self._pump, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._pump, args=(far, near, False), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, up: bool) -> None:  # noqa: FBT001 -- a thread's arguments
        with contextlib.suppress(OSError), source, target:
            while data := source.recv(65536):
                asked = self.cutting and up and b"COMMIT\0" in data
                if (asked and not self._after) or (self._answering and not up):
                    self.cutting = self._answering = False
                    for end in (source, target):
                        end.shutdown(socket.SHUT_RDWR)
                    return
                self._answering = self._answering or asked
                target.sendall(data)


@pytest.fixture
def short(tmp_path: Path) -> Iterator[Path]:
    """A folder with a short path, for a socket."""
    import tempfile

    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield Path(folder)


@pytest.mark.parametrize("after", [False, True])
def test_a_commit_whose_answer_is_lost_is_asked_about(database: str, server: Cluster, short: Path, *, after: bool) -> None:
    line = Line(server, short, after=after)
    try:
        store = PostgresStore(server.uri(name_of(database), folder=short) + f"?log=lost-{after}")
        written(store, a=b"old")
        line.cutting = True
        if after:
            written(store, a=b"new")
        else:
            with pytest.raises(StoreError, match="connection was lost") as told:
                written(store, a=b"new")
            assert told.value.next
    finally:
        line.close()
    assert everything(PostgresStore(f"{database}?log=lost-{after}")) == {"a": b"new" if after else b"old"}


def test_a_child_process_does_not_speak_over_its_parents_connection(database: str) -> None:
    store = PostgresStore(f"{database}?log=fork")
    written(store, a=b"1")
    (_, own), *_ = store._idle
    child = os.fork()
    if not child:
        code = 1
        with contextlib.suppress(BaseException):
            with store.write() as draft:
                draft.put("b", b"2")
                code = 0 if draft._connection is not own else 2
            _close_all(store._idle)
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not own.closed
    written(store, c=b"3")
    assert everything(store) == {"a": b"1", "b": b"2", "c": b"3"}


def test_lists_of_any_length_come_in_order_and_in_turns(database: str) -> None:
    store = PostgresStore(f"{database}?log=long")
    bodies = {f"entry/{number:012d}": b"%d" % number for number in range(700)} | {
        f"tile/0/{number:03d}": b"" for number in range(40)
    }
    with store.write() as draft:
        draft.put_many(bodies.items())
        assert dict(draft.items("")) == bodies
    with store.read() as view:
        assert list(view.items("")) == sorted(bodies.items())
        for (one, _), (two, _) in zip(view.items("entry/"), view.items("entry/"), strict=True):
            assert one == two
            assert view.get(one) == bodies[one]


def test_a_body_that_is_too_long_is_refused(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clearance.stores.postgres_view._MOST_BYTES", 10)
    with pytest.raises(StoreError, match="a body of more than"):
        written(PostgresStore(f"{database}?log=big"), a=bytes(11))


SECRET = "ge" + "heim"


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("mysql://h/d?log=x", "no URI"),
        ("postgresql://h/d", "no name of a log"),
        ("postgresql://h/d?log=..", "no name of a log"),
        ("postgresql://h/d?log=a/b", "no name of a log"),
        ("postgresql://h/d?log=", "no name of a log"),
        (f"postgresql://u:{SECRET}/x@h/d?log=x", "stands for itself"),
        (f"postgresql://u:{SECRET}@x@h/d?log=x", "stands for itself"),
        (f"postgresql://u:{SECRET}#x@h/d?log=x", "stands for itself"),
        (f"postgresql://u:{SECRET}?x@h/d?log=x", "stands for itself"),
        (f"postgresql://u:{SECRET} x@h/d?log=x", "no URI holds"),
        (f"postgresql://h:{SECRET}/d?log=x", "host or port"),
        (f"postgresql://h/d?log=x&{SECRET}", "without a value"),
        (f"postgresql://h/d?log=x&{SECRET}=1", "not taken here"),
        ("postgresql://h/d?log=x&options=-cfsync%3Doff", "options"),
        ("postgresql://h/d?log=x&service=y", "service"),
        ("postgresql://h/d?log=x&sslmode=prefer", "not be protected"),
        ("postgresql://h/d?log=x&sslmode=disable", "not be protected"),
        ("postgresql://127.0.0.1,h/d?log=x&sslmode=allow", "not be protected"),
        ("postgresql:///d?log=x&host=h&sslmode=disable", "not be protected"),
        ("postgresql:///d?log=x&hostaddr=192.0.2.1&sslmode=disable", "not be protected"),
    ],
)
def test_a_wrong_uri_is_refused_and_not_repeated(uri: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as told:
        read_target(uri, {})
    shown = f"{told.value} {told.value.where}"
    assert told.value.next
    if f"{SECRET}=1" not in uri:
        assert SECRET not in shown


@pytest.mark.parametrize(
    ("uri", "defaults", "place"),
    [
        ("postgresql://u:p@db.example.com/d?log=x", {}, "postgresql://db.example.com:5432/d?log=x"),
        ("postgres://other@db.example.com:5433/d?log=x", {}, "postgresql://db.example.com:5433/d?log=x"),
        ("postgresql:///d?log=x&host=/run/pg", {}, "postgresql://%2Frun%2Fpg:5432/d?log=x"),
        ("postgresql:///d?log=x", {"host": "h1", "port": "1"}, "postgresql://h1:1/d?log=x"),
        ("postgresql://?log=x", {"host": "/s", "user": "me"}, "postgresql://%2Fs:5432/me?log=x"),
        ("postgresql://a,b:7/d?log=x", {}, "postgresql://a:5432,b:7/d?log=x"),
        ("postgresql://[::1]:7/d?log=x", {}, "postgresql://::1:7/d?log=x"),
    ],
)
def test_a_place_names_the_log_and_nobody(uri: str, defaults: dict[str, str], place: str) -> None:
    assert read_target(uri, defaults).place == place


@pytest.mark.parametrize(
    ("uri", "defaults", "mode"),
    [
        ("postgresql://h/d?log=x", {}, "verify-full"),
        ("postgresql://h/d?log=x&sslmode=require", {}, "require"),
        ("postgresql://h/d?log=x", {"sslmode": "verify-ca"}, "verify-ca"),
        ("postgresql://127.0.0.1/d?log=x", {}, None),
        ("postgresql:///d?log=x&host=/run/pg", {}, None),
    ],
)
def test_a_connection_over_a_network_is_protected(uri: str, defaults: dict[str, str], mode: str | None) -> None:
    assert read_target(uri, defaults).parameters.get("sslmode") == mode


def test_a_password_stands_in_no_message(server: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = str(server.folder).replace("/", "%2F")
    with pytest.raises(StoreError) as told:
        everything(PostgresStore(f"postgresql://owner:{SECRET}@{folder}/{SECRET}?log=x"))
    assert "does not exist" in str(told.value)
    assert SECRET not in str(told.value).replace(told.value.where, "")
    assert f"owner:{SECRET}" not in told.value.where
    assert told.value.__cause__ is None
