"""A log at rest in PostgreSQL, for machines that share one.

A view is a transaction of `REPEATABLE READ`, a draft one that holds an advisory lock of its log until it ends, so that there
is one writer over all machines. Bodies that are written once go in by binary COPY. A commit is acknowledged when it is on
the server's disk (`synchronous_commit`, which is set here, and `fsync`, which is insisted on). Where the connection ends
while a commit is on its way, the server is asked by the number of the transaction whether it happened
(https://www.postgresql.org/docs/current/functions-info.html, `pg_xact_status`).
"""

import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from clearance.facts.errors import StoreError
from clearance.stores import postgres_schema as sql
from clearance.stores.postgres_uri import Target, read_target, scrubbed
from clearance.stores.postgres_view import PostgresDraft, PostgresView
from clearance.stores.postgres_words import words

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_LOCK_SECONDS = 30
"""How long one writer waits for another."""
_CONNECT_SECONDS = 10
_IDLE = 2
"""How many connections are kept open for the next use."""


class PostgresStore:
    """Bodies by name of one log in a database. The first write makes the tables, unless they may not be made (`create`).

    Raises:
        UsageError: the URI is none, or would not be protected.
        StoreError: psycopg is not installed.
    """

    def __init__(self, uri: str, *, create: bool = True) -> None:
        try:
            from psycopg import pq
        except ImportError:
            raise StoreError("psycopg is not installed", next="pip install 'clearance[postgres]'") from None
        defaults = {
            option.keyword.decode(): (option.val or b"").decode("utf-8", "replace")
            for option in pq.Conninfo.get_defaults()
            if option.val and option.val != option.compiled
        }
        self._target: Target = read_target(uri, defaults)
        self._create = create
        self._log: int | None = None
        self._idle: list[tuple[int, Connection]] = []
        self._guard = threading.Lock()
        weakref.finalize(self, _close_all, self._idle)

    @property
    def place(self) -> str:
        """Host, port, database and name of the log, without user and password."""
        return self._target.place

    @contextmanager
    def read(self) -> Iterator[PostgresView]:
        """Open a view of what is committed now; an empty one where there is no log of this name.

        Raises:
            StoreError: the server cannot be reached, or does not give it.
        """
        from psycopg import errors

        with self._session("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") as connection:
            try:
                number = self._number(connection)
            except (errors.UndefinedTable, errors.InvalidSchemaName):
                number = None
            yield PostgresView(connection, number)
            connection.execute("ROLLBACK")

    @contextmanager
    def write(self) -> Iterator[PostgresDraft]:
        """Open a draft, which is durable once the block ends well, and never was where it does not.

        Raises:
            StoreError: the server cannot be reached, does not take it, would not keep it, or another process kept the log
                for too long.
        """
        number = self._log = self._log or self._made()
        with self._session("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE") as connection:
            connection.execute(sql.SETTINGS, (f"{_LOCK_SECONDS}s",))
            connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (sql.LOCK, number))
            transaction = self._insist_on_durable(connection)
            if self._number(connection) != number:  # dropped, or restored from a copy, since this process knew it
                self._log = None
                raise StoreError("the log was replaced", where=self.place, next="try again")
            draft = PostgresDraft(connection, number)
            yield draft
            draft.flush()
            self._commit(connection, transaction)

    def _insist_on_durable(self, connection: "Connection") -> str:
        """Refuse a server that would acknowledge what is not on its disk; gives the number of the transaction."""
        row = connection.execute(sql.DURABLE).fetchone() or ("", "", "", "", "")
        commit, fsync, pages, encoding, transaction = row
        if commit not in ("on", "remote_apply") or fsync != "on" or pages != "on":
            what = f"the server may lose what it has acknowledged (synchronous_commit {commit}, fsync {fsync})"
            raise StoreError(what, where=self.place, next="turn synchronous_commit, fsync and full_page_writes on")
        if encoding != "UTF8":
            raise StoreError("a database that is not UTF8", where=self.place, next="make one WITH ENCODING UTF8")
        return str(transaction)

    def _commit(self, connection: "Connection", transaction: str) -> None:
        from psycopg import OperationalError

        try:
            done = connection.execute("COMMIT")
        except OperationalError:
            if not connection.closed:
                raise
            self._ask_what_became_of(transaction)
            return
        if done.statusmessage != "COMMIT":
            raise StoreError("the server took the append back", where=self.place, next="nothing was recorded; try again")

    def _ask_what_became_of(self, transaction: str) -> None:
        """Find out whether a commit happened whose answer was lost."""
        unknown = "the connection was lost during a commit: it may or may not have been recorded"
        try:
            connection = self._connect()
            try:
                row = connection.execute("SELECT pg_xact_status(%s::xid8)", (transaction,)).fetchone()
            finally:
                connection.close()
        except Exception:  # noqa: BLE001 -- whatever it is, the answer stays unknown
            row = None
        if row == ("committed",):
            return
        if row == ("aborted",):
            raise StoreError("the connection was lost", where=self.place, next="nothing was recorded; try again")
        raise StoreError(unknown, where=self.place, next="look with `clearance log show` before you try again")

    def _made(self) -> int:
        """Give the number of the log, which is made, with the tables, where it is missing."""
        from psycopg import errors

        with self._session("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE") as connection:
            try:
                number = self._number(connection)
            except (errors.UndefinedTable, errors.InvalidSchemaName):
                number = None
            connection.execute("ROLLBACK")
            if number is not None:
                return number
            if not self._create:
                raise StoreError("there is no log yet", where=self.place, next="`clearance check` makes one")
            return self._make(connection)

    def _make(self, connection: "Connection") -> int:
        connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
        connection.execute(sql.SETTINGS, (f"{_LOCK_SECONDS}s",))
        connection.execute("SELECT pg_advisory_xact_lock(%s, 0)", (sql.LOCK,))
        self._insist_on_durable(connection)
        there = connection.execute("SELECT to_regclass('clearance.version') IS NOT NULL").fetchone()
        if there == (False,):
            for statement in sql.SCHEMA:
                connection.execute(statement)  # type: ignore[arg-type, unused-ignore]
        name = self._target.log
        connection.execute("INSERT INTO clearance.log (name) VALUES (%s) ON CONFLICT DO NOTHING", (name,))
        number = self._number(connection)
        connection.execute("COMMIT")
        if number is None:
            raise StoreError("the log could not be made", where=self.place, next="check the rights of the role")
        return number

    def _number(self, connection: "Connection") -> int | None:
        """Give the number of the log, or None; insists on the version of the tables."""
        version, number = connection.execute(sql.FOUND, (self._target.log,)).fetchone() or (None, None)
        if version != sql.VERSION:
            newer = isinstance(version, int) and version > sql.VERSION
            raise StoreError(
                f"tables of version {version}; this is for version {sql.VERSION}",
                where=self.place,
                next="upgrade Clearance" if newer else "they are no log of Clearance: use another database",
            )
        return None if number is None else int(number)

    @contextmanager
    def _session(self, begin: str) -> Iterator["Connection"]:
        """Lend a connection with an open transaction; one that went well is kept for the next use, others are closed."""
        import psycopg

        with self._told():
            connection = self._begun(begin)
            try:
                yield connection
            except BaseException:
                with suppress(psycopg.Error):
                    connection.close()
                raise
            idle = connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
            with self._guard:
                if idle and len(self._idle) < _IDLE:
                    self._idle.append((os.getpid(), connection))
                    return
            connection.close()

    def _begun(self, begin: str) -> "Connection":
        """Begin a transaction. A kept connection may have ended meanwhile, or belong to the process that this one was forked
        from: then it is passed over."""
        import psycopg

        while True:
            with self._guard:
                made, connection = self._idle.pop() if self._idle else (0, None)
            if connection is None:
                connection = self._connect()
                connection.execute(begin)  # type: ignore[arg-type, unused-ignore]
                return connection
            if made != os.getpid():
                _FOREIGN.append(connection)
                continue
            with suppress(psycopg.OperationalError):
                connection.execute(begin)  # type: ignore[arg-type, unused-ignore]
                return connection
            connection.close()

    def _connect(self) -> "Connection":
        import psycopg

        ours = {
            "application_name": "clearance",
            "client_encoding": "UTF8",
            "options": "-c search_path=pg_catalog -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5",
            "keepalives_idle": "10",
            "keepalives_interval": "5",
            "keepalives_count": "3",
            "tcp_user_timeout": "30000",
        }
        given = {"connect_timeout": str(_CONNECT_SECONDS), **self._target.parameters, **ours}
        return psycopg.connect("", autocommit=True, prepare_threshold=None, **given)  # type: ignore[arg-type, unused-ignore]

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell what went wrong in words for people, and nothing of the password."""
        import psycopg

        try:
            yield
        except psycopg.Error as error:
            what, then = words(error, _LOCK_SECONDS)
            raise StoreError(scrubbed(what, self._target.parameters), where=self.place, next=then) from None


_FOREIGN: "list[Connection]" = []
"""Connections of the process that this one was forked from. They are neither used nor closed here: either would end them
there."""


def _close_all(idle: "list[tuple[int, Connection]]") -> None:
    while idle:
        made, connection = idle.pop()
        if made != os.getpid():
            _FOREIGN.append(connection)
            continue
        with suppress(Exception):
            connection.close()
