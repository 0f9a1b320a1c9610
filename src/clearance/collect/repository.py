"""Where the repository is, and whether it is one that may be looked at."""

import os
import re
import stat
import subprocess
from collections.abc import Mapping
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from clearance.collect.command import find_git, search_path
from clearance.facts.errors import CollectError, NotARepository

_POINTER_LIMIT = 8192
_PACKED_LIMIT = 8 << 20
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


class Repository(NamedTuple):
    """A git repository: the top of its working tree (None for a bare one), the git directory of this working tree, and the
    one that all its working trees share. All are absolute and free of symlinks."""

    top: Path | None
    git_dir: Path
    common_dir: Path

    @property
    def place(self) -> Path:
        """Where it lies, for people: the top, or the git directory of a bare one."""
        return self.top or self.git_dir

    @property
    def guarded(self) -> tuple[Path, ...]:
        """The folders in which no program is trusted: this working tree, and the main one (for a submodule, the one
        that holds it)."""
        parts = self.common_dir.parts
        main = Path(*parts[: parts.index(".git")]) if ".git" in parts else self.common_dir
        return self.place, main

    def own_folder(self) -> Path:
        """Give the folder for our own log, `<common_dir>/clearance`, whether it exists or not.

        Raises:
            CollectError: something other than a folder of ours stands there; a symlink is never followed.
        """
        folder = self.common_dir / "clearance"
        try:
            found = folder.lstat()
        except FileNotFoundError:
            return folder
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise CollectError("not a folder of yours, so no log is kept there", where=str(folder), next="remove it")
        return folder


def find_repository(start: Path, environment: Mapping[str, str] | None = None) -> Repository:
    """Give the repository that holds `start`, a folder or a file, searching upwards as git does.

    Only the place of `.git` counts: `core.worktree` and GIT_DIR are not read. `environment` (default: the process's own)
    serves to read the user's `safe.directory`, and only if the repository belongs to another user.

    Raises:
        NotARepository: there is none, it is broken, or somebody else owns it.
    """
    place = Path(os.path.realpath(start))
    if not place.exists():
        raise NotARepository("no such file or folder", where=str(start))
    for folder in (place, *place.parents):
        entry = folder / ".git"
        git_dir = _git_dir_at(entry)
        top: Path | None = folder
        if git_dir is None and folder.is_dir() and _is_git_dir(folder):
            git_dir, entry, top = folder, folder, None
        if git_dir is None:
            continue
        common_dir = _common_dir(git_dir)
        found = Repository(top, git_dir, common_dir)
        _check_owner(found, entry, os.environ if environment is None else environment)
        return found
    raise NotARepository(
        "not inside a git repository",
        where=str(start),
        next="go into one, or name one with -C DIR; `clearance scan` looks at a plain folder",
    )


def open_regular(path: Path | bytes) -> FileIO | None:
    """Open a regular file for reading, without following a symlink or waiting for a pipe; None if it is something else.

    Raises:
        OSError: it cannot be opened.
    """
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return os.fdopen(handle, "rb", buffering=0)
    os.close(handle)
    return None


def small_text(path: Path, limit: int = _POINTER_LIMIT) -> str | None:
    """Read a small regular file; None if that is not what it is."""
    try:
        stream = open_regular(path)
    except OSError:
        return None
    if stream is None:
        return None
    with stream:
        data = stream.read(limit + 1)
    return os.fsdecode(data) if len(data) <= limit else None


def head_commit(repository: Repository) -> str | None:
    """Give the id of the commit that is checked out, from the files alone; None where they do not say (no commit yet,
    references that are kept in another way), and git has to be asked."""
    said = (small_text(repository.git_dir / "HEAD") or "").strip()
    if not said.startswith("ref: refs/"):
        return said if _ID.fullmatch(said) else None
    name = said.removeprefix("ref: ")
    if ".." in name or "\0" in name:
        return None
    own = (small_text(repository.common_dir / name) or "").strip()
    if own:
        return own if _ID.fullmatch(own) else None
    packed = small_text(repository.common_dir / "packed-refs", _PACKED_LIMIT) or ""
    found = re.search(rf"^([0-9a-f]{{40,64}}) {re.escape(name)}$", packed, re.MULTILINE)
    return found[1] if found else None


def _git_dir_at(entry: Path) -> Path | None:
    """Give the git directory that a `.git` entry is or names, or None if there is no such entry."""
    try:
        mode = entry.lstat().st_mode
    except OSError:
        return None
    if stat.S_ISLNK(mode):
        entry = Path(os.path.realpath(entry))
        mode = entry.stat().st_mode if entry.exists() else 0
    if stat.S_ISDIR(mode):
        return entry if _is_git_dir(entry) else None
    text = small_text(entry) or ""
    target = Path(os.path.realpath(entry.parent / text.removeprefix("gitdir:").strip()))
    if not text.startswith("gitdir:") or "\0" in text or not _is_git_dir(target):
        raise NotARepository("this .git file names no git directory", where=str(entry), next="run `git worktree repair`")
    return target


def _is_git_dir(path: Path) -> bool:
    try:
        (path / "HEAD").lstat()
    except OSError:
        return False
    shared = _common_dir(path)
    return (shared / "objects").is_dir() and ((shared / "refs").is_dir() or (shared / "reftable").is_dir())


def _common_dir(git_dir: Path) -> Path:
    text = small_text(git_dir / "commondir")
    return Path(os.path.realpath(git_dir / text.rstrip("\r\n"))) if text and "\0" not in text else git_dir


def _check_owner(repository: Repository, entry: Path, environment: Mapping[str, str]) -> None:
    allowed = {os.geteuid()}
    sudo = environment.get("SUDO_UID", "")
    if os.geteuid() == 0 and sudo.isascii() and sudo.isdigit():
        allowed.add(int(sudo))
    places = (repository.place, entry, repository.git_dir, repository.common_dir)
    strangers = [place for place in dict.fromkeys(places) if place.lstat().st_uid not in allowed]
    if strangers and not _declared_safe(repository, environment):
        raise NotARepository(
            "the repository belongs to another user, so it is not trusted",
            where=str(strangers[0]),
            next=f"if you trust it: git config --global --add safe.directory {repository.place}",
        )


def _declared_safe(repository: Repository, environment: Mapping[str, str]) -> bool:
    """Tell whether the user's or the system's own configuration lists it in `safe.directory`, as git reads it."""
    place = repository.place
    path = search_path(environment, repository.guarded)
    kept = {"PATH": path, "LC_ALL": "C"} | {k: environment[k] for k in ("HOME", "XDG_CONFIG_HOME") if k in environment}
    safe = False
    for scope in ("--system", "--global"):
        done = subprocess.run(
            [find_git(path), "config", scope, "-z", "--type=path", "--get-all", "safe.directory"],
            cwd="/",
            env=kept,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=30,
            check=False,
        )
        for value in os.fsdecode(done.stdout).split("\0")[:-1]:
            covered = value in {"*", str(place)} or (value.endswith("/*") and value[:-2] in map(str, place.parents))
            safe = bool(value) and (safe or covered)
    return safe
