"""A view and a draft of a log in PostgreSQL: each is one transaction."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from clearance.facts.errors import StoreError
from clearance.stores import postgres_schema as sql

if TYPE_CHECKING:
    import psycopg

    Connection = psycopg.Connection[tuple[Any, ...]]

_MOST_BYTES = 64 << 20
"""How long one body may be."""
_FLUSH_BYTES = 16 << 20
"""How much a draft holds before it hands it to the server."""
_AFTER = "\U0010ffff"
_FIRST_PAGE = 16
_LAST_PAGE = 1024
_PAGE_BYTES = 4 << 20
"""How much of a list is fetched at once: rows, and bytes above which the next page is shorter."""


class PostgresView:
    """A view of one transaction."""

    def __init__(self, connection: "Connection", number: int | None) -> None:
        self._connection = connection
        self._log = number

    def get(self, name: str) -> bytes | None:
        """Give the body of a name, or None.

        Raises:
            psycopg.Error: the server does not give it; the store tells it as StoreError.
        """
        if self._log is None:
            return None
        query = f"SELECT body FROM {sql.table_of(name)} WHERE log = %s AND name = %s"  # noqa: S608 -- one of two names
        row = self._connection.execute(query, (self._log, name), binary=True).fetchone()  # type: ignore[arg-type, unused-ignore]
        return None if row is None else bytes(row[0])

    def items(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Give all names that begin with `prefix`, with their bodies, in order; a page at a time.

        Raises:
            psycopg.Error: as for `get`.
        """
        if self._log is None:
            return
        own = self.get(prefix) if prefix else None
        if own is not None:
            yield prefix, own
        after, most = prefix, _FIRST_PAGE
        while True:
            wanted = {"log": self._log, "after": after, "end": prefix + _AFTER, "most": most}
            rows = self._connection.execute(sql.PAGE, wanted, binary=True).fetchall()
            yield from rows
            if len(rows) < most:
                return
            small = sum(len(body) for _, body in rows) < _PAGE_BYTES
            after, most = rows[-1][0], min(most * 2, _LAST_PAGE) if small else max(1, most // 2)


class PostgresDraft(PostgresView):
    """A view that sees its own writes. They are handed to the server together, at the end or before it reads a list."""

    def __init__(self, connection: "Connection", number: int) -> None:
        super().__init__(connection, number)
        self._new: dict[str, bytes] = {}
        self._waiting = 0

    def get(self, name: str) -> bytes | None:
        """Give the body of a name, or None.

        Raises:
            psycopg.Error: as for a view.
        """
        return self._new[name] if name in self._new else super().get(name)

    def items(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Give names and bodies as a view does.

        Raises:
            psycopg.Error: as for a view.
        """
        self.flush()
        yield from super().items(prefix)

    def put(self, name: str, body: bytes) -> None:
        """Write a body.

        Raises:
            StoreError: it is too long.
            psycopg.Error: the server does not take it, which may show only when the draft ends; also where an entry, its
                bundle or an evidence body would be replaced.
        """
        self.put_many(((name, body),))

    def put_many(self, items: Iterable[tuple[str, bytes]]) -> None:
        """Write bodies, as `put` does."""
        for name, body in items:
            if len(body) > _MOST_BYTES:
                raise StoreError(f"a body of more than {_MOST_BYTES >> 20} MiB", where=name, next="split the change")
            self._new[name] = bytes(body)
            self._waiting += len(body)
            if self._waiting > _FLUSH_BYTES:
                self.flush()

    def flush(self) -> None:
        """Hand the server what is not there yet.

        Raises:
            psycopg.Error: it does not take it.
        """
        new, self._new, self._waiting = self._new, {}, 0
        kept = {name: body for name, body in new.items() if name.startswith(sql.KEPT)}
        if kept:
            with self._connection.cursor() as cursor, cursor.copy(sql.COPY) as copy:
                copy.set_types(["int4", "text", "bytea"])
                for name, body in kept.items():
                    copy.write_row((self._log, name, body))
        head = {name: body for name, body in new.items() if name not in kept}
        if head:
            self._connection.execute(sql.UPSERT, (self._log, list(head), list(head.values())))
