"""Which store the log of a repository rests in.

    (nothing)                                   SQLite in git's common directory
    sqlite:                                     the same, said
    files:/absolute/folder[?log=NAME]           plain files, which a web server can serve
    postgresql://user@host/database[?log=NAME]  PostgreSQL, shared by many machines

The choice comes from `$CLEARANCE_LOG`, else from `[log] store` in `trust/trust.toml` beside the keys, and never from the
repository: what is judged could otherwise send its record to a place of its own, or have this process connect to one.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from clearance.facts.errors import UsageError
from clearance.wiring.places import log_folder
from clearance.wiring.trust_file import trust_settings

if TYPE_CHECKING:
    from clearance.record.store import Store

VARIABLE = "CLEARANCE_LOG"
"""The variable that names a store."""
HERE = "sqlite:"
"""The store in git's common directory."""
_SEGMENT = 150


def open_store(directory: Path, environment: Mapping[str, str], *, create: bool = True) -> "Store":
    """Open the store of the log of the repository around `directory`. Nothing is made or asked yet.

    Raises:
        UsageError: the choice is no URI of a store, or no name for the log follows from the repository.
        StoreError: what the store needs is not installed, or `trust.toml` is not private.
        NotARepository, CollectError: as for `log_folder`.
    """
    uri = chosen(environment)
    if not uri or uri == HERE:
        from clearance.stores.sqlite import SqliteStore

        return SqliteStore(log_folder(directory) / "log", create=create)
    if uri.startswith(("postgresql://", "postgres://")):
        from clearance.stores.postgres import PostgresStore

        return PostgresStore(_named(uri, directory, environment), create=create)
    if uri.startswith("files:"):
        from clearance.stores.files import FileStore
        from clearance.stores.postgres_uri import NAME

        folder, _, name = _named(uri, directory, environment).removeprefix("files:").partition("?log=")
        if not folder.startswith("/") or not NAME.fullmatch(name):
            raise UsageError("no absolute folder and name", where=_told(), next="write files:/absolute/folder?log=NAME")
        return FileStore(Path(folder) / name, create=create)
    raise UsageError("no store of this kind", where=_told(), next="use sqlite:, files:/folder or postgresql://…")


def chosen(environment: Mapping[str, str]) -> str:
    """Give the URI that was chosen, empty where nothing was.

    Raises:
        BadFile: `trust.toml` says it wrongly.
        StoreError: `trust.toml` cannot be read, or others can reach it.
    """
    said = environment.get(VARIABLE, "").strip()
    if said:
        return said
    return trust_settings(environment).log.store.strip()


def _named(uri: str, directory: Path, environment: Mapping[str, str]) -> str:
    """Give the URI with the name of the log: what it says, else what follows from the repository's remote `origin`."""
    if re.search(r"[?&]log=", uri):
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}log={log_name(directory, environment)}"


def log_name(directory: Path, environment: Mapping[str, str]) -> str:
    """Name the log of a repository in a store that holds many, by its remote `origin`: `example.com~team~app`. All clones of
    one repository share a log.

    Raises:
        UsageError: it has no such remote, or there is no repository.
        CollectError: git is not installed.
    """
    from clearance.collect.commits import origin_uri
    from clearance.collect.repository import find_repository

    repository = find_repository(directory, environment)
    found = origin_uri(_remote(repository.common_dir, repository.guarded, environment))
    host, _, path = found.partition("://")[2].partition("/")
    path = path.strip("/").removesuffix(".git")
    if not host or not path:
        where = str(repository.place)
        raise UsageError("no remote `origin` to name the log after", where=where, next=f"add ?log=NAME to {_told()}")
    plain = f"{host.lower()}/{path}"
    name = re.sub(r"[^A-Za-z0-9.~-]", "_", plain.replace("~", "_").replace("/", "~"))
    if name.replace("~", "/") == plain and len(name) <= _SEGMENT:
        return name
    return f"{name[:_SEGMENT]}-{hashlib.sha256(plain.encode()).hexdigest()[:12]}"


def _remote(common: Path, guarded: tuple[Path, ...], environment: Mapping[str, str]) -> str:
    """Give the address of the remote `origin` as the repository's configuration says it; no other file is included."""
    from clearance.collect.command import Git

    git = Git(environment, guarded=guarded, home=Path(os.devnull), seconds=10.0)
    asked = ["config", "--file", str(common / "config"), "--no-includes", "--get", "remote.origin.url"]
    answer = git.start(asked, Path("/"), {"GIT_DIR": "/nonexistent"}).answer()
    return answer.out.decode("utf-8", "replace").strip() if answer.status == 0 else ""


def _told() -> str:
    return f"${VARIABLE}, or [log] store in trust.toml"
