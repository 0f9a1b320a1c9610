"""Pointers into a log: which entries have to do with a name. They hold no answer, only where to look.

One SQLite file. It can be thrown away at any time: whoever uses it names the log and how far it was read, and gets an empty
one where those do not fit, where pointers are missing, or where the file is damaged or not ours. That an entry really has to
do with a name is for the reader to check. That none is missing he cannot see: so the file lies beside the keys, where what
could change it could sign as well.
"""

import os
import re
import sqlite3
import stat
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

APPLICATION_ID = 0x434C5254
"""`CLRT` in the file's header."""
VERSION = 3
NAME_BYTES = 9
"""How long a name is: a letter for its kind and 8 bytes."""
_POINTS = "CREATE TABLE point(name BLOB NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY(name, entry)) STRICT, WITHOUT ROWID"
_READ = "CREATE TABLE read(one INTEGER PRIMARY KEY, stamp TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL) STRICT"
# Where a pointer goes, nothing counts as read any more: to count millions of them at each question would take longer.
_GONE = "CREATE TRIGGER gone AFTER DELETE ON point BEGIN DELETE FROM read; END"
_OTHER = "CREATE TRIGGER other AFTER UPDATE ON point BEGIN DELETE FROM read; END"
_SCHEMA = (_POINTS, _READ, _GONE, _OTHER)
_CREATE = re.compile("^CREATE (TABLE|TRIGGER)")
_SECONDS = 10.0


class Pointers:
    """The pointers of one log, in the file `path`; its folder is made with mode 0700. A damaged or foreign file is replaced.

    `stamp` says what the pointers are of: the log's name, its place, and the version of whoever makes them.
    """

    def __init__(self, path: Path, stamp: str) -> None:
        self._path = path
        self._stamp = stamp

    @contextmanager
    def opened(self) -> Iterator["PointerView"]:
        """Open the pointers; what was added is kept when the block ends well. Where no file can be kept, they live in
        memory.

        Raises:
            sqlite3.Error: the file broke while it was used.
        """
        connection = self._connect()
        with closing(connection):
            yield PointerView(connection, self._stamp)

    def forget(self) -> None:
        """Throw the file away."""
        for suffix in ("", "-wal", "-shm", "-journal"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)

    def _connect(self) -> sqlite3.Connection:
        for _ in range(2):
            try:
                self._folder()
                connection = sqlite3.connect(
                    f"file:{quote(os.fsencode(self._path))}", uri=True, timeout=_SECONDS, isolation_level=None
                )
            except (OSError, sqlite3.Error):
                break
            try:
                self._prepare(connection)
            except sqlite3.OperationalError as error:
                connection.close()
                if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY:
                    break
                self.forget()
            except (sqlite3.Error, ValueError):
                connection.close()
                self.forget()
            else:
                return connection
        connection = sqlite3.connect(":memory:", isolation_level=None)
        self._make(connection)
        return connection

    def _folder(self) -> None:
        """Insist on a folder and a file of this user's own."""
        folder = self._path.parent
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
            raise PermissionError("the folder of the pointers is not private")
        if self._path.is_symlink():
            self._path.unlink()
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        os.close(handle)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        schema = [text for (text,) in connection.execute("SELECT sql FROM sqlite_schema ORDER BY sql").fetchall()]
        if not schema and not application:
            self._make(connection)
        elif (application, version, schema) != (APPLICATION_ID, VERSION, sorted(_SCHEMA)):
            raise ValueError("another schema")

    def _make(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        for statement in _SCHEMA:
            connection.execute(_CREATE.sub(r"\g<0> IF NOT EXISTS", statement))
        connection.execute("COMMIT")


class PointerView:
    """The pointers, opened."""

    def __init__(self, connection: sqlite3.Connection, stamp: str) -> None:
        self._connection = connection
        self._stamp = stamp

    def read(self) -> tuple[int, bytes]:
        """Say how many entries were read, and the root of the log at that size; nothing of another log counts,
        and nothing where pointers went since."""
        row = self._connection.execute("SELECT stamp, size, root FROM read").fetchone()
        return (int(row[1]), bytes(row[2])) if row is not None and row[0] == self._stamp else (0, b"")

    def begin(self, *, anew: bool) -> None:
        """Begin to add; `anew`: all pointers go first."""
        self._connection.execute("BEGIN IMMEDIATE")
        if anew:
            self._connection.execute("DELETE FROM read")
            self._connection.execute("DROP TABLE point")
            for statement in (_POINTS, _GONE, _OTHER):
                self._connection.execute(statement)

    def add(self, pairs: Iterable[tuple[bytes, int]]) -> None:
        """Add names with the entries that they point to."""
        self._connection.executemany("INSERT OR IGNORE INTO point(name, entry) VALUES (?, ?)", pairs)

    def end(self, size: int, root: bytes) -> None:
        """Keep what was added, with how far the log was read."""
        self._connection.execute(
            "INSERT OR REPLACE INTO read(one, stamp, size, root) VALUES (1, ?, ?, ?)", (self._stamp, size, root)
        )
        self._connection.execute("COMMIT")

    def undo(self) -> None:
        """Let go of what was added since `begin`."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def remove(self, pairs: Iterable[tuple[bytes, int]]) -> None:
        """Take pointers away, between `begin` and `end`."""
        self._connection.executemany("DELETE FROM point WHERE name = ? AND entry = ?", pairs)

    def oldest(self, name: bytes, most: int) -> list[int]:
        """Give the entries that a name points to, the oldest first, at most so many."""
        query = "SELECT entry FROM point WHERE name = ? ORDER BY entry LIMIT ?"
        return [int(entry) for (entry,) in self._connection.execute(query, (name, most))]

    def find(self, name: bytes, most: int) -> list[int]:
        """Give the entries that a name points to, the newest first, at most so many."""
        query = "SELECT entry FROM point WHERE name = ? ORDER BY entry DESC LIMIT ?"
        return [int(entry) for (entry,) in self._connection.execute(query, (name, most))]

    def count(self, names: Sequence[bytes], most: int) -> "Counter[int]":
        """Count how many of the names point to each entry. Of one name, at most so many entries count, the newest."""
        found: Counter[int] = Counter()
        for name in names:
            found.update(self.find(name, most))
        return found
