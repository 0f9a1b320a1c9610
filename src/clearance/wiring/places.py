"""Where things lie: keys, cache, log, the team's own files, and the times that reports carry."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from clearance.facts.cache import Cache
from clearance.facts.change import Collected
from clearance.facts.errors import NotARepository, UnknownRevision
from clearance.stores.cache import FileCache, cache_directory

if TYPE_CHECKING:
    from clearance.stores.private import PrivateFolder

OWN = ".clearance/"
TEAM_POLICIES = ".clearance/policies"
TEAM_REGO = ".clearance/rego"


def cache(environment: Mapping[str, str]) -> Cache:
    """Open the cache of the user."""
    return FileCache(cache_directory(environment))


def keys_folder(environment: Mapping[str, str]) -> "PrivateFolder":
    """Give the folder in which keys lie; nothing is made yet.

    Raises:
        SigningError: there is no home, or `$CLEARANCE_HOME` is not absolute.
    """
    from clearance.attest.signers.file import key_directory
    from clearance.stores.private import PrivateFolder

    return PrivateFolder(Path(key_directory(environment)))


def log_folder(directory: Path) -> Path:
    """Give the folder that holds the log of the repository around `directory`, or of no repository."""
    from clearance.collect.repository import find_repository

    try:
        return find_repository(directory).own_folder()
    except NotARepository:
        if inside_git(directory):
            raise
        return keys_folder(os.environ).directory


def inside_git(directory: Path) -> bool:
    """Tell whether a `.git` stands above: then a refusal to use it must be heard."""
    place = directory.resolve()
    return any((folder / ".git").exists() for folder in (place, *place.parents))


def top(directory: Path) -> Path:
    """Give the top of the working tree, or the directory itself outside of a repository."""
    from clearance.collect.repository import find_repository

    try:
        return find_repository(directory).top or directory
    except NotARepository:
        return directory


def is_whole(path: Path) -> bool:
    """Whether a folder is all of its tree: not where it, or a file, is part of a repository."""
    from clearance.collect.repository import find_repository

    folder = path if path.is_dir() else path.parent
    try:
        above = find_repository(folder).top
    except NotARepository:
        return True
    return above is None or path.resolve() == above.resolve()


def committed(path: Path, environment: Mapping[str, str]) -> Mapping[str, bytes]:
    """Give the team's files of the commit that is checked out around a path; none outside of a repository."""
    return committed_files(path, environment, OWN)


def committed_at_once(path: Path, environment: Mapping[str, str]) -> Mapping[str, bytes]:
    """Give the same as `committed`, without asking git where the commit is known from an earlier question: what a commit
    holds never changes, and the cache gives nothing but what was put there."""
    import hashlib

    import msgspec

    from clearance.collect.git import read_base
    from clearance.collect.repository import find_repository, head_commit

    try:
        repository = find_repository(path, environment)
    except NotARepository:
        if inside_git(path):  # one that may not be looked at: its rules must not drop out without a word
            raise
        return {}
    commit = head_commit(repository)
    if commit is None:
        return committed(path, environment)
    name = hashlib.sha256(f"{repository.common_dir}\0{commit}".encode("utf-8", "surrogateescape")).hexdigest()
    store = cache(environment)
    kept = store.get(f"own-{name}")
    if kept is not None:
        try:
            return msgspec.msgpack.decode(kept, type=dict[str, bytes])
        except (msgspec.DecodeError, UnicodeDecodeError):
            pass
    found = read_base(path, commit, OWN, environment=environment)
    store.put(f"own-{name}", msgspec.msgpack.encode(dict(found)))
    return found


def committed_files(path: Path, environment: Mapping[str, str], prefix: str) -> Mapping[str, bytes]:
    """Give the files below a path of the commit that is checked out around `path`; none outside of a repository."""
    from clearance.collect.git import read_base

    try:
        return read_base(path, "HEAD", prefix, environment=environment)
    except (NotARepository, UnknownRevision):
        return {}


def close(collected: Collected) -> None:
    """Let go of what was collected."""
    closing = getattr(collected.contents, "close", None)
    if closing:
        closing()


def shown(place: str, directory: Path) -> str:
    """Show a path from where the person stands, if it lies there."""
    try:
        return str(Path(place).relative_to(directory.resolve()))
    except ValueError:
        return place


def text(data: bytes) -> str:
    """Read a team's file."""
    return data.decode("utf-8", "replace")


def now() -> str:
    """Give the time in UTC: RFC 3339, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
