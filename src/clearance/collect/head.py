"""The files of one revision, and the commits that lead to it, for questions about everything that stands there today."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from clearance.collect.objects import Commit
from clearance.collect.shadow import Shadow
from clearance.collect.sides import path_name
from clearance.collect.trees import named, opened, trees_of, whole
from clearance.facts.errors import CollectError
from clearance.facts.text import decode

_FIELDS = 5
_LOG = "%H%x00%T%x00%an%x00%aI%x00%s%x00"


class Standing(NamedTuple):
    """A file that stands there: its path from the top, and git's id of its content."""

    path: str
    blob: str


class Past(NamedTuple):
    """A commit of the past, as it tells of itself: nobody vouches for author, time (RFC 3339) and summary."""

    commit: str
    tree: str
    author: str
    time: str
    summary: str


class Head:
    """One revision of a repository. Submodules and symlinks have no lines and are left out."""

    def __init__(self, shadow: Shadow, commit: Commit) -> None:
        self._shadow = shadow
        self.commit = commit

    def files(self) -> list[Standing]:
        """Give the regular files, in the order of git."""
        listing = self._shadow.run(["ls-tree", "-r", "-z", "--full-tree", self.commit.tree])
        found = []
        for row in listing.wanted("the tree cannot be listed", self._shadow.advice).split(b"\0"):
            about, _, raw = row.partition(b"\t")
            if about.startswith(b"100"):
                found.append(Standing(path_name(raw), about.split(b" ")[2].decode()))
        return found

    def past(self, most: int) -> list[Past]:
        """Give the commits that lead here, the newest first, at most so many; this one is the first."""
        asked = ["log", f"--max-count={most}", "--no-show-signature", "--no-mailmap", "--encoding=UTF-8", f"--format={_LOG}"]
        output = self._shadow.run([*asked, self.commit.oid, "--"]).wanted("the past cannot be read", self._shadow.advice)
        fields = output.decode("utf-8", "replace").split("\0")[:-1]
        rows = zip(*[iter(fields)] * _FIELDS, strict=False)
        return [Past(oid.lstrip("\n"), tree, author, time, summary) for oid, tree, author, time, summary in rows]

    def trees(self, most: int) -> frozenset[str]:
        """Give the ids of the trees of the past, this commit's among them, as far as `most` commits go."""
        return trees_of(self._shadow, self.commit.oid, most)

    def counts(self, blobs: Sequence[str]) -> dict[str, int]:
        """Count the lines of blobs that are text; what is none is left out."""
        looked = self._shadow.objects.look(sorted(set(blobs)))
        return {oid: blob.lines for oid, blob in looked.items() if blob.encoding is not None}

    def bytes(self, blob: str) -> bytes | None:
        """Give a blob's bytes; None where it is longer than 16 MiB, or not there (a clone without old history)."""
        try:
            return whole(self._shadow, blob)
        except CollectError:
            return None

    def text(self, blob: str) -> str | None:
        """Give a blob as text; None where it is none, longer than 16 MiB, or not there."""
        data = self.bytes(blob)
        found = decode(data) if data is not None else None
        return found.text if found else None

    def commits(self, names: Sequence[str]) -> list[Commit | None]:
        """Resolve revisions; None for what is no commit here."""
        return self._shadow.objects.commits(list(names))


@contextmanager
def head_of(start: Path, revision: str, environment: Mapping[str, str] | None = None) -> Iterator[Head]:
    """Open a revision of the repository around `start`.

    Raises:
        NotARepository: `start` lies in no repository that may be looked at.
        UnknownRevision: git knows no such commit.
        CollectError: git did not answer.
    """
    with opened(start, environment) as shadow:
        yield Head(shadow, named(shadow, revision))
