"""The tables of a log in PostgreSQL, under a version.

    clearance.version   one row: the version of these tables
    clearance.log       the logs of this database: number and name
    clearance.kept      what is written once: entries, their bundles, evidence bodies
    clearance.head      what is written again: checkpoint, tiles, everything else

Two tables, so that grants alone keep a role from changing what was recorded: the appending role may insert into both and
update only `head`. Triggers refuse it to everybody else, the owner included, who would have to drop them first.
"""

VERSION = 1
KEPT = ("entry/", "bundle/", "evidence/")
"""Beginnings of the names that are written once."""
LOCK = 0x434C5247
"""The first number of our advisory locks (`CLRG`); the second is the log's number, or 0 for the tables themselves."""

_NAME = 'name text COLLATE "C" NOT NULL'
_BODY = f"log integer NOT NULL, {_NAME}, body bytea NOT NULL, PRIMARY KEY (log, name)"
_REFUSE = """CREATE FUNCTION clearance.refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $refuse$
BEGIN RAISE EXCEPTION 'what was recorded is never changed' USING ERRCODE = 'restrict_violation'; END $refuse$"""


def _never(table: str, events: str) -> tuple[str, str]:
    return (
        f"CREATE TRIGGER never BEFORE {events} ON clearance.{table} FOR EACH STATEMENT EXECUTE FUNCTION clearance.refuse()",
        f"ALTER TABLE clearance.{table} ENABLE ALWAYS TRIGGER never",
    )


SCHEMA = (
    "CREATE SCHEMA clearance",
    "CREATE TABLE clearance.version (version integer NOT NULL)",
    f"CREATE TABLE clearance.log (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, {_NAME} UNIQUE)",
    f"CREATE TABLE clearance.kept ({_BODY})",
    f"CREATE TABLE clearance.head ({_BODY})",
    _REFUSE,
    *_never("version", "UPDATE OR DELETE OR TRUNCATE"),
    *_never("log", "UPDATE OR DELETE OR TRUNCATE"),
    *_never("kept", "UPDATE OR DELETE OR TRUNCATE"),
    *_never("head", "DELETE OR TRUNCATE"),
    "INSERT INTO clearance.version VALUES (1)",
)
"""What the first use runs, in one transaction."""

FOUND = """SELECT (SELECT min(version) FROM clearance.version), (SELECT id FROM clearance.log WHERE name = %s)"""
SETTINGS = """SELECT set_config('lock_timeout', %s, true), set_config('idle_in_transaction_session_timeout', '60s', true),
 set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') = 'remote_apply' THEN 'remote_apply'
 ELSE 'on' END, true)"""
DURABLE = """SELECT current_setting('synchronous_commit'), current_setting('fsync'), current_setting('full_page_writes'),
 current_setting('server_encoding'), pg_current_xact_id()::text"""
UPSERT = """INSERT INTO clearance.head (log, name, body)
 SELECT %s, name, body FROM unnest(%s::text[], %s::bytea[]) AS t(name, body)
 ON CONFLICT (log, name) DO UPDATE SET body = excluded.body"""
COPY = "COPY clearance.kept (log, name, body) FROM STDIN (FORMAT BINARY)"
_PART = """(SELECT name, body FROM clearance.{table} WHERE log = %(log)s AND name > %(after)s AND name < %(end)s
 ORDER BY name LIMIT %(most)s)"""
_BOTH = " UNION ALL ".join(_PART.format(table=table) for table in ("kept", "head"))
PAGE = f"SELECT name, body FROM ({_BOTH}) AS found ORDER BY name LIMIT %(most)s"  # noqa: S608 -- names of two tables


def table_of(name: str) -> str:
    """Name the table in which a name rests."""
    return "clearance.kept" if name.startswith(KEPT) else "clearance.head"
