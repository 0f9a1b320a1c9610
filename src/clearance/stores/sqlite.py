"""A log at rest in one SQLite file.

Every commit is on the disk before it is acknowledged (write-ahead log, `synchronous=FULL`), and SQLite undoes whatever a
killed process or a full disk left half done (https://sqlite.org/atomiccommit.html, https://sqlite.org/wal.html). The file
comes from a repository, so it is input: only the one table that we make is accepted, no trigger or view of it ever runs.
"""

import os
import shutil
import sqlite3
import stat
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from clearance.facts.errors import StoreError
from clearance.stores.private import PrivateFolder

APPLICATION_ID = 0x434C5247
"""`CLRG` in the file's header (offset 68): a log of Clearance."""
VERSION = 1
_SCHEMA = "CREATE TABLE item(name TEXT PRIMARY KEY NOT NULL, body BLOB NOT NULL) STRICT"
_PUT = "INSERT OR REPLACE INTO item(name, body) VALUES (?, ?)"
_SECONDS = 30.0
"""How long one process waits for another's append."""
_PAGES = 250
"""How long the write-ahead log grows, in pages of 4 KiB, before it is folded into the file."""
_MOST_PAGES = 4096
"""The same where single drafts are long: folding after each of them would write everything twice."""
_DRAFTS = 16
_MOST_BYTES = 64 << 20
"""How long one body may be."""
_BESIDE = ("-wal", "-shm", "-journal")
_AFTER = "\U0010ffff"


class SqliteStore:
    """Bodies by name in the SQLite file `path`, which the first write makes, and its directory (mode 0700) too, if `create`.

    Reading needs no right to write: not to the file, not to its directory.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        # The directory and the file stay as they are: a symlink there is refused, not followed.
        self._path = path.parent.parent.resolve() / path.parent.name / path.name
        self._folder = PrivateFolder(self._path.parent)
        self._create = create

    @property
    def place(self) -> str:
        """The absolute path of the file."""
        return str(self._path)

    @contextmanager
    def read(self) -> Iterator["SqliteView"]:
        """Open a view of what is committed now; an empty one where there is no file.

        Raises:
            StoreError: the file cannot be read, is damaged, or is no log of this version.
        """
        with self._told():
            if not self._regular():
                yield SqliteView(None)
                return
            with self._connect_to_read() as connection:
                connection.execute("BEGIN")
                yield SqliteView(connection)

    @contextmanager
    def write(self) -> Iterator["SqliteView"]:
        """Open a draft, which is durable once the block ends well, and never was where it does not.

        Raises:
            StoreError: the file cannot be made or written, is damaged, is no log of this version, the disk is full, or
                another process kept the log for too long.
        """
        with self._told():
            self._make()
            # The read-only connection is closed last, and may not fold the write-ahead log into the file: that happens every
            # `_PAGES` pages instead of at every end of a process, and one append waits for one fsync instead of six.
            with closing(self._open("ro")) as last, closing(self._connect("rw")) as connection:
                last.execute("PRAGMA application_id").fetchone()  # it takes part only once it has read
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA wal_autocheckpoint = 0")
                connection.execute("BEGIN IMMEDIATE")
                before = self._behind()
                try:
                    yield SqliteView(connection)
                    connection.execute("COMMIT")
                except BaseException:
                    with suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")
                    raise
                self._fold(connection, before)

    def _behind(self) -> int:
        """Say how long the write-ahead log is, in bytes."""
        with suppress(OSError):
            return self._path.with_name(self._path.name + "-wal").stat().st_size
        return 0

    def _fold(self, connection: sqlite3.Connection, before: int) -> None:
        """Fold a write-ahead log that has grown long into the file, and empty it. SQLite's own folding leaves it as long as
        it is, and forgets with the last connection how much of it was folded: it would never end. `before` is how long it
        was before this draft.

        What was committed is safe already: where somebody reads just now, or the disk is full, the next append tries again.
        """
        with suppress(sqlite3.Error, OSError):
            behind = self._behind()
            few = min(_DRAFTS * (behind - before), _MOST_PAGES * 4096)
            if behind >= max(_PAGES * 4096, few):
                connection.execute("PRAGMA busy_timeout = 0")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _make(self) -> None:
        """Make the file if it is missing: whole, and in one step, so that no killed process leaves half a database."""
        if not self._create and not self._regular():
            raise StoreError("there is no log yet", where=self.place, next="`clearance check` makes one")
        with self._folder.opened(create=self._create):
            if self._regular():
                return
        with self._folder.locked():
            if self._regular():
                return
            unfinished = self._path.with_name(f".{self._path.name}.new")
            unfinished.unlink(missing_ok=True)
            os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
            with closing(sqlite3.connect(unfinished, isolation_level=None)) as connection:
                for statement in (
                    "PRAGMA journal_mode = WAL",
                    f"PRAGMA application_id = {APPLICATION_ID}",
                    f"PRAGMA user_version = {VERSION}",
                    _SCHEMA,
                ):
                    connection.execute(statement)
            unfinished.replace(self._path)
            with self._folder.opened(create=False) as folder:
                os.fsync(folder)

    def _regular(self) -> bool:
        """Tell whether the file is there; refuse links and whatever else could lead out of the directory."""
        if self._path.parent.is_symlink():
            raise StoreError("a symlink, which is not followed", where=str(self._path.parent), next="move it away")
        there = False
        for suffix in ("", *_BESIDE):
            path = self._path.with_name(self._path.name + suffix)
            try:
                mode = path.lstat().st_mode
            except FileNotFoundError:
                continue
            if not stat.S_ISREG(mode):
                raise StoreError("not a regular file; links are not followed", where=str(path), next="move it away")
            there = there or not suffix
        return there

    @contextmanager
    def _connect_to_read(self) -> Iterator[sqlite3.Connection]:
        """Open for reading. Where SQLite may not make its shared-memory file, the database is read as it lies if all of it
        was checkpointed, and from a copy if not."""
        try:
            connection = self._connect("ro")
        except sqlite3.OperationalError as error:
            if _code(error) not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                raise
        else:
            with closing(connection):
                yield connection
            return
        behind = self._path.with_name(self._path.name + "-wal")
        if not behind.exists() or behind.stat().st_size == 0:
            with closing(self._connect("ro&immutable=1")) as connection:
                yield connection
            return
        with tempfile.TemporaryDirectory(prefix="clearance-") as folder:
            copy = SqliteStore(Path(folder) / self._path.name)
            for path in (self._path, behind):
                shutil.copyfile(path, Path(folder) / path.name, follow_symlinks=False)
            with closing(copy._connect("rw")) as connection:
                yield connection

    def _open(self, mode: str) -> sqlite3.Connection:
        uri = f"file:{quote(os.fsencode(self._path))}?mode={mode}"
        return sqlite3.connect(uri, uri=True, timeout=_SECONDS, isolation_level=None)

    def _connect(self, mode: str) -> sqlite3.Connection:
        connection = self._open(mode)
        try:
            connection.text_factory = _name
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_BYTES)
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA cell_size_check = ON")
            self._insist_on_ours(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _insist_on_ours(self, connection: sqlite3.Connection) -> None:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if application != APPLICATION_ID:
            raise StoreError("not a log of Clearance", where=self.place, next="move it away")
        if version != VERSION:
            newer = "upgrade Clearance" if version > VERSION else "move it away"
            raise StoreError(f"a log of version {version}; this is for version {VERSION}", where=self.place, next=newer)
        schema = connection.execute("SELECT type, sql FROM sqlite_schema ORDER BY type DESC, name").fetchall()
        if schema != [("table", _SCHEMA), ("index", None)]:
            raise StoreError("tables other than those of a log", where=self.place, next="move it away")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tell what went wrong in words for people."""
        try:
            yield
        except sqlite3.Error as error:
            what, then = _WORDS.get(_code(error), (str(error), "check the file, its directory, and the disk"))
            raise StoreError(what, where=self.place, next=then) from error
        except UnicodeDecodeError as error:  # SQLite quotes damaged text in its message
            raise StoreError(_DAMAGED[0], where=self.place, next=_DAMAGED[1]) from error
        except OSError as error:
            raise StoreError(
                error.strerror or "cannot be used",
                where=str(error.filename or self.place),
                next="check its owner and rights",
            ) from error


class SqliteView:
    """A view of one transaction, and a draft where that transaction may write."""

    def __init__(self, connection: sqlite3.Connection | None) -> None:
        self._connection = connection

    def get(self, name: str) -> bytes | None:
        """Give the body of a name, or None.

        Raises:
            sqlite3.Error: the file cannot be read; the store tells it as StoreError.
        """
        if self._connection is None:
            return None
        row = self._connection.execute("SELECT body FROM item WHERE name = ?", (name,)).fetchone()
        return None if row is None else _body(row[0])

    def items(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Give all names that begin with `prefix`, with their bodies, in order.

        Raises:
            sqlite3.Error: as for `get`.
        """
        if self._connection is None:
            return
        query = "SELECT name, body FROM item WHERE name >= ? AND name < ? ORDER BY name"
        for name, body in self._connection.execute(query, (prefix, prefix + _AFTER)):
            yield name, _body(body)

    def put(self, name: str, body: bytes) -> None:
        """Write a body.

        Raises:
            sqlite3.Error: as for `get`; also where the disk is full.
        """
        if self._connection is None:
            raise sqlite3.ProgrammingError("a view of nothing cannot be written")
        self._connection.execute(_PUT, (name, body))

    def put_many(self, items: Iterable[tuple[str, bytes]]) -> None:
        """Write many bodies, with one statement.

        Raises:
            sqlite3.Error: as for `put`.
        """
        if self._connection is None:
            raise sqlite3.ProgrammingError("a view of nothing cannot be written")
        self._connection.executemany(_PUT, items)


_DAMAGED = ("the database is damaged", "restore it from a copy, or move it away to start a new log")
_DENIED = ("cannot be opened or written", "check the owner and rights of the file and its directory")
_DISK = ("the disk is full", "free some space; nothing was recorded, and what was recorded before is whole")
_WORDS = {
    sqlite3.SQLITE_FULL: _DISK,
    sqlite3.SQLITE_BUSY: (f"another process kept the log for {_SECONDS:.0f} seconds", "try again when it has ended"),
    sqlite3.SQLITE_NOTADB: ("not a log of Clearance: no database at all", "restore it from a copy, or move it away"),
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_CANTOPEN: _DENIED,
    sqlite3.SQLITE_READONLY: _DENIED,
    sqlite3.SQLITE_PERM: _DENIED,
    sqlite3.SQLITE_TOOBIG: (f"a body of more than {_MOST_BYTES >> 20} MiB", "split the change"),
    sqlite3.SQLITE_IOERR: (
        "the disk did not read or write",
        "check the disk and its space; nothing was recorded, and what was recorded before is whole",
    ),
}


def _code(error: sqlite3.Error) -> int:
    """Give SQLite's primary result code; 0 where Python raised on its own."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _name(data: bytes) -> str:
    """Read text that may have been damaged."""
    return data.decode("utf-8", "backslashreplace")


def _body(value: object) -> bytes:
    """Insist on bytes: a damaged record may hold anything."""
    if not isinstance(value, bytes):
        raise sqlite3.DataError("a body that is no blob: the database is damaged")
    return value
