"""A PostgreSQL server of the test run's own, on a socket in a folder that goes with it."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None, key=lambda path: int(path.parent.name))
INITDB = str(PROGRAMS / "initdb") if PROGRAMS else "initdb"
"""For the marker `system`: Debian keeps the programs of a server off PATH."""
OWNER = "owner"


class Cluster:
    """A running server; `database` makes a new database in it. Durable as a real one: tests are about that."""

    def __init__(self, folder: Path, user: Sequence[str]) -> None:
        self.folder = folder
        self._user = user
        self._count = 0

    def start(self, *options: str) -> None:
        """Start it, with more options of `postgres`."""
        settings = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={self.folder}", *options]
        where = ["-D", f"{self.folder}/data", "-l", f"{self.folder}/messages"]
        self._run("pg_ctl", *where, "-w", "-t", "300", "-o", " ".join(settings), "start")

    def stop(self, how: str = "fast") -> None:
        """End it: `fast`, or `immediate` as a power cut does."""
        self._run("pg_ctl", "-D", f"{self.folder}/data", "-m", how, "-t", "300", "stop")

    def make(self) -> None:
        """Make the files of a new server."""
        self._run("initdb", "-D", f"{self.folder}/data", "-A", "trust", "-U", OWNER, "-E", "UTF8", "--locale=C", "--no-sync")

    def database(self, *statements: str) -> str:
        """Make a new database, run statements in it, and give its URI without the name of a log."""
        self._count += 1
        name = f"d{os.getpid()}_{self._count}"
        self.run("postgres", f"CREATE DATABASE {name}")
        self.run(name, *statements)
        return self.uri(name)

    def uri(self, database: str, user: str = OWNER, folder: Path | None = None) -> str:
        """Give the URI of a database for a role."""
        return f"postgresql://{user}@{quote(str(folder or self.folder), safe='')}/{database}"

    def run(self, database: str, *statements: str, user: str = OWNER) -> list[tuple[object, ...]]:
        """Run statements, each by itself; gives the rows of the last."""
        import psycopg

        rows: list[tuple[object, ...]] = []
        with psycopg.connect(self.uri(database, user), autocommit=True) as connection:
            for statement in statements:
                done = connection.execute(statement)  # type: ignore[call-overload]
                rows = done.fetchall() if done.description else []
        return rows

    def _run(self, program: str, *arguments: str) -> None:
        assert PROGRAMS is not None
        with (self.folder / "told").open("ab") as told:  # a pipe would stay open for as long as the server runs
            command = [*self._user, str(PROGRAMS / program), *arguments]
            subprocess.run(command, check=True, stdout=told, stderr=told, stdin=subprocess.DEVNULL, cwd="/")


@contextlib.contextmanager
def cluster() -> Iterator[Cluster]:
    """Make and start a server, and end it. It refuses to run as root: then another user runs it."""
    user: list[str] = []
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # the path of a socket holds 107 bytes
    if not os.geteuid():
        owner = next(name for name in ("postgres", "nobody") if _known(name))
        user = ["runuser", "-u", owner, "--"]
        shutil.chown(folder, owner)
    made = Cluster(folder, user)
    try:
        made.make()
        made.start()
        yield made
        made.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _known(name: str) -> bool:
    with contextlib.suppress(KeyError):
        return bool(pwd.getpwnam(name))
    return False
