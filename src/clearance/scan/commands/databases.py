"""Commands that would empty or drop a database."""

import re
from collections.abc import Iterator

from clearance.scan.commands.files import code_of
from clearance.scan.commands.options import options
from clearance.scan.commands.run import Readout, Run
from clearance.scan.commands.seen import GUESS, LIKELY, LOW, MEDIUM, Seen, seen, shown

RULE = "destroy-database"

_CLIENTS = frozenset(
    {
        "psql", "mysql", "mariadb", "sqlite3", "sqlcmd", "clickhouse", "clickhouse-client", "duckdb", "cockroach", "bq",
        "snowsql", "cqlsh", "usql", "pgcli", "mycli", "litecli", "turso", "wrangler", "supabase", "sqlplus", "trino",
    }
)  # fmt: skip
_VALUES = {
    "-c", "-e", "--command", "--execute", "-f", "--file", "-h", "-U", "-u", "-d", "-p", "-P", "--host", "--user",
    "--dbname", "--port", "-Q", "-q", "--query", "-D", "--database", "-v", "--sql", "-cmd",
}  # fmt: skip
_ASIDE = re.compile(r"--[^\n]*|/\*|\$\$[^$]*\$\$|'(?:[^'\n]|'')*'")
_DROPS = re.compile(
    r"\b(?:DROP\s+(?:DATABASE|SCHEMA|TABLE|KEYSPACE|TABLESPACE|USER|ROLE|COLLECTION)|TRUNCATE(?:\s+TABLE)?\s+[\w\"`\[.]+)",
    re.IGNORECASE,
)
_DELETES = re.compile(
    r"\bDELETE\s+FROM\s+(?:ONLY\s+)?[\w\"`\[\].]+(?:\s+AS)?(?:\s+(?!WHERE\b|USING\b|RETURNING\b|LIMIT\b|AS\b)\w+)?\Z",
    re.IGNORECASE,
)
_UPDATES = re.compile(r"\bUPDATE\s+[\w\"`\[\].]+\s+SET\s", re.IGNORECASE)
_SOME = re.compile(r"\bWHERE\b", re.IGNORECASE)
_USERS = {("-U",), ("-u",), ("--user",), ("--username",), ("-p",)}
"""What stands behind these says nothing about the database."""
_TESTING = re.compile(
    r"(?:\A|[\W_])(?:te?mp|tests?|testing|ci|scratch|sandbox|playground|e2e|fixtures?|shadow|demo|example|dummy)(?:[\W_]|\Z)|:memory:",
    re.IGNORECASE,
)
_LOCAL = re.compile(r"localhost|127\.0\.0\.1|\.sqlite3?\b|\bdev\b", re.IGNORECASE)
_TOOLS: dict[str, tuple[tuple[str, ...], ...]] = {
    "dropdb": ((),),
    "dropuser": ((),),
    "rails": (("db:drop",), ("db:reset",), ("db:purge",), ("db:schema:load",)),
    "rake": (("db:drop",), ("db:reset",)),
    "prisma": (("migrate", "reset"), ("db", "push")),
    "sequelize": (("db:drop",), ("db:migrate:undo:all",)),
    "sequelize-cli": (("db:drop",),),
    "typeorm": (("schema:drop",),),
    "knex": (("migrate:rollback",),),
    "drizzle-kit": (("drop",),),
    "flask": (("db", "downgrade"),),
    "alembic": (("downgrade", "base"),),
    "django-admin": (("flush",), ("reset_db",)),
    "artisan": (("migrate:fresh",), ("migrate:reset",), ("db:wipe",)),
    "mix": (("ecto.drop",), ("ecto.reset",)),
    "supabase": (("db", "reset"),),
    "diesel": (("database", "reset"),),
    "sqlx": (("database", "drop"), ("database", "reset")),
    "flyway": (("clean",),),
    "liquibase": (("dropAll",), ("drop-all",)),
    "mysqladmin": (("drop",),),
    "atlas": (("schema", "clean"),),
}  # fmt: skip


def databases(readout: Readout) -> Iterator[Seen]:
    """Give what a text would drop or empty."""
    for run in readout.runs:
        if run.name in _CLIENTS:
            yield from _sql(run)
        if run.name in {"redis-cli", "valkey-cli", "keydb-cli"}:
            said = (" ".join(run.words) + " " + (run.stdin or "")).lower()
            if found := re.search(r"\b(flushall|flushdb)\b", said):
                yield _judged(run, f"`{run.name} {found[1]}` would empty the store")
        elif run.name in {"mongo", "mongosh"}:
            code = " ".join(run.words) + (run.stdin or "")
            if found := re.search(r"dropDatabase\s*\(|\.drop\(\s*\)|deleteMany\(\s*\{\s*\}\s*\)|\.remove\(\s*\{\s*\}", code):
                yield _judged(run, f"`{run.name}` would run `{shown(found[0], 30)}`")
        else:
            yield from _tool(run)


def _sql(run: Run) -> Iterator[Seen]:
    given = options(run.args, _VALUES)
    texts = [one.text for one in given.all("-c", "-e", "--command", "--execute", "-Q", "-q", "--query", "--sql")]
    if run.name in {"sqlite3", "duckdb", "bq", "trino"}:
        texts.extend(one.text for one in given.operands[0:] if " " in one.text)
    if run.stdin is not None:
        texts.append(run.stdin)
    if run.handed is not None:
        texts.append(run.handed)
    for text in texts:
        bare = _bare(text[:200_000])
        found = _DROPS.search(bare) or _emptied(bare)
        if found:
            what = " ".join(found[0].split())[:50].rstrip(";")
            yield _judged(run, f"`{run.name}` would run `{shown(what, 50)}`", what)
            return


def _bare(text: str) -> str:
    """Take comments and strings out of SQL; a comment that is not closed goes on to the end."""
    kept, at = [], 0
    while found := _ASIDE.search(text, at):
        kept.append(text[at : found.start()])
        end = found.end() if found[0] != "/*" else text.find("*/", found.end()) + 2
        if end < 2:
            return " ".join(kept)
        at = end
    return " ".join([*kept, text[at:]])


def _emptied(bare: str) -> re.Match[str] | None:
    """Find a statement that deletes or overwrites every row of a table."""
    for statement in bare.split(";"):
        said = statement.strip()
        found = _DELETES.search(said) or (None if _SOME.search(said) else _UPDATES.search(said))
        if found:
            return found
    return None


def _judged(run: Run, message: str, what: str = "") -> Seen:
    """Weigh it: databases for tests and those on this machine are made to be dropped."""
    words = [one for at, one in enumerate(run.words) if " " not in one and run.words[at - 1 : at] not in _USERS]
    around = " ".join((what, *words))
    if _TESTING.search(around):
        return seen(RULE, run, message, LOW)
    if _LOCAL.search(around) or run.host.startswith("a container"):
        return seen(RULE, run, message, MEDIUM)
    return seen(RULE, run, message)


def _tool(run: Run) -> Iterator[Seen]:
    name = run.name
    args = run.args
    if name in {"npx", "bunx", "pnpm", "yarn", "bundle", "npm"} and args:
        at = 1 if args[0].text in {"exec", "dlx", "run", "x"} else 0
        while at < len(args) and args[at].text.startswith("-"):
            at += 1
        if at < len(args):
            name, args = args[at].text.partition("@")[0], args[at + 1 :]
    elif (name.startswith("python") or name == "php") and args:
        script = args[0].text.rpartition("/")[2]
        name = {"manage.py": "django-admin", "artisan": "artisan"}.get(script, "")
        args = args[1:]
    words = [one.text for one in options(args).operands]
    for verbs in _TOOLS.get(name, ()):
        if tuple(words[: len(verbs)]) == verbs or (len(verbs) == 1 and verbs[0] in words):
            given = options(args)
            if name == "prisma" and verbs[0] == "db" and not given.has("--force-reset", "--accept-data-loss"):
                continue
            env = " ".join(
                one.text
                for key, one in run.environment.items()
                if key in {"RAILS_ENV", "NODE_ENV", "APP_ENV", "DATABASE_URL", "MIX_ENV"}
            )
            said = f"`{shown(' '.join((name, *verbs)))}` would drop or empty the database"
            if _TESTING.search(env) or "test" in run.words:
                yield seen(RULE, run, said, LOW)
            else:
                yield _judged(run, said) if name == "dropdb" else seen(RULE, run, said, MEDIUM, LIKELY)
            return
    code = code_of(run)
    if code is not None and (
        found := re.search(r"\bdrop_all\(\)|\.dropDatabase\s*\(|shutil\.rmtree\(\s*['\"](?:/|~|\.\.?)['\"]", code.text)
    ):
        yield seen(RULE, run, f"`{run.name}` runs code with `{shown(found[0], 40)}`", MEDIUM, GUESS)
