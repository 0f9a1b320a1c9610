"""Which commit brought each line of a file, as git tells it; git runs in the shadow, without the repository's settings."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from clearance.collect.objects import Commit
from clearance.collect.repository import find_repository
from clearance.collect.shadow import Shadow
from clearance.collect.trees import blob_at, named
from clearance.facts.errors import CollectError, UsageError
from clearance.facts.text import decode

_SECONDS = 60.0
_MOST_BYTES = 16 << 20
_HEADER = re.compile(rb"([0-9a-f]{40}|[0-9a-f]{64}) ([0-9]+) ([0-9]+)(?: [0-9]+)?")


class Brought(NamedTuple):
    """The commit that brought a line: its id, its author's name, when it was written (seconds since 1970), the first line of
    its message, the tree that it made, and the path of the file then."""

    commit: str
    author: str
    time: int
    summary: str
    path: str


class Blamed:
    """One file of one commit: the commit, the id of its blob, its lines, and who brought them."""

    def __init__(self, shadow: Shadow, commit: Commit, path: str) -> None:
        self._shadow = shadow
        self.commit = commit
        self.path = path
        self.blob = blob_at(shadow, commit.tree, path)

    def lines(self) -> list[str]:
        """Give the lines of the file, without their ends.

        Raises:
            CollectError: it is no text.
        """
        data = self._shadow.objects.read(self.blob, _MOST_BYTES + 1)
        found = decode(data) if len(data) <= _MOST_BYTES else None
        if found is None:
            raise CollectError("no text, or longer than 16 MiB", where=self.path)
        pieces = found.text.split("\n")
        if not pieces[-1]:
            pieces.pop()
        return [piece.removesuffix("\r") for piece in pieces]

    def brought(self, first: int, last: int) -> dict[int, Brought]:
        """Give by line, from 1, the commit that brought it.

        Raises:
            CollectError: git did not tell.
        """
        asked = ["blame", "--porcelain", "--root", "-L", f"{first},{last}", self.commit.oid, "--", self.path]
        return _read(self._shadow.run(asked).wanted("git cannot tell who brought the lines", self._shadow.advice))

    def trees(self, commits: list[str]) -> dict[str, Commit]:
        """Give what commits are, by their ids; those that are not there are left out."""
        found = self._shadow.objects.commits(commits)
        return {commit.oid: commit for commit in found if commit is not None}


@contextmanager
def blamed(start: Path, path: str, revision: str, environment: Mapping[str, str] | None = None) -> Iterator[Blamed]:
    """Open a file of a revision. `path` is as a person gives it, from where they stand (`start`).

    Raises:
        NotARepository: `start` lies in no repository that may be looked at.
        UnknownRevision: git knows no such commit.
        UsageError: the path leads out of the repository.
        CollectError: the revision has no such file.
    """
    own = os.environ if environment is None else environment
    repository = find_repository(start, own)
    shadow = Shadow(repository, own, seconds=_SECONDS)
    try:
        yield Blamed(shadow, named(shadow, revision), _from_top(repository.top, start, path))
    finally:
        shadow.close()


def _from_top(top: Path | None, start: Path, path: str) -> str:
    if top is None:
        return os.path.normpath(path)
    place = Path(os.path.realpath((start / path).parent)) / Path(path).name
    inside = os.path.relpath(place, top)
    if inside == ".." or inside.startswith("../"):
        raise UsageError("it lies outside of the repository", where=path, next=f"give a file below {top}")
    return inside


def _read(output: bytes) -> dict[int, Brought]:
    """Read `git blame --porcelain`: a header for each line, facts of a commit where it is named for the first time, then a
    tab and the line itself."""
    about: dict[str, dict[bytes, bytes]] = {}
    found: dict[int, Brought] = {}
    lines = _rows(output)
    for line in lines:
        header = _HEADER.fullmatch(line)
        if header is None:
            raise CollectError("git told who brought the lines in a way that is not known")
        oid, number = header[1].decode(), int(header[3])
        facts = about.setdefault(oid, {})
        for more in lines:
            if more.startswith(b"\t"):
                break
            key, _, value = more.partition(b" ")
            facts[key] = value
        time = facts.get(b"author-time", b"0")
        found[number] = Brought(
            commit=oid,
            author=facts.get(b"author", b"").decode("utf-8", "replace"),
            time=int(time) if time.isdigit() else 0,
            summary=facts.get(b"summary", b"").decode("utf-8", "replace"),
            path=facts.get(b"filename", b"").decode("utf-8", "replace"),
        )
    return found


def _rows(output: bytes) -> Iterator[bytes]:
    rows = output.split(b"\n")
    yield from rows[:-1] if not rows[-1] else rows
