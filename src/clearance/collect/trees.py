"""Two trees of a repository side by side: the target and what was merged, whatever history lies between them."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from clearance.collect.difference import difference
from clearance.collect.objects import Commit
from clearance.collect.origin import LOG_FORMAT, authorship, read_log
from clearance.collect.repository import find_repository
from clearance.collect.shadow import Shadow
from clearance.facts.actor import ActorKind, Authorship
from clearance.facts.change import FileChange, Tree
from clearance.facts.errors import UnknownRevision, UsageError
from clearance.facts.finding import Gap
from clearance.facts.text import decode

_SECONDS = 120.0
_MOST_BYTES = 16 << 20
"""How much of one file is read; of a longer one no line is told."""


class Claim(NamedTuple):
    """A commit that names an assistant as its author, its first parent (empty: none), who that is and how it is said, and
    what the commit changes."""

    commit: str
    parent: str
    author: Authorship
    files: tuple[FileChange, ...]
    note: str = ""
    """Its git-ai note, empty where it has none."""


class Trees:
    """Two commits whose trees are compared. `base` is None where the first one is the empty tree."""

    def __init__(self, shadow: Shadow, base: Commit | None, head: Commit) -> None:
        found = difference(shadow, base.tree if base else shadow.empty_tree, head.tree)
        self._shadow = shadow
        self.base = base
        self.head = head
        self.base_tree = base.tree if base else shadow.empty_tree
        self.files: tuple[FileChange, ...] = found.files
        self.gaps: tuple[Gap, ...] = found.gaps
        self.tree = Tree(kind="git-tree", sha256=hashlib.sha256(found.listing).hexdigest(), git=head.tree)

    def past(self, most: int) -> frozenset[str]:
        """Give the ids of the trees of the base's history, as far as `most` commits go; none where there is no base."""
        return trees_of(self._shadow, self.base.oid, most) if self.base else frozenset()

    def claimed(self, most: int) -> "list[Claim]":
        """Give the commits between the two whose message, author or note names an assistant, the oldest first, with what
        each adds to its first parent; of at most so many commits."""
        asked = ["log", f"--max-count={most}", "--no-show-signature", "--no-mailmap", "--no-merges", "--encoding=UTF-8"]
        asked += ["--notes=refs/notes/ai", f"--format={LOG_FORMAT}", self.head.oid]
        asked += [f"^{self.base.oid}"] if self.base else []
        said = read_log(self._shadow.run([*asked, "--"]).wanted("the commits between cannot be read"))
        known = [(one.commit, authorship(None, [one], {})) for one in said]
        notes = {one.commit: one.note for one in said}
        agents = [(oid, author) for oid, author in known if author.author.kind is ActorKind.AGENT]
        commits = self._shadow.objects.commits([oid for oid, _ in agents])
        found = []
        for (_, author), commit in zip(agents, commits, strict=True):
            if commit is not None:
                (parent,) = self._shadow.objects.commits([commit.parents[0]]) if commit.parents else (None,)
                files = difference(self._shadow, parent.tree if parent else self._shadow.empty_tree, commit.tree).files
                found.append(Claim(commit.oid, parent.oid if parent else "", author, files, notes[commit.oid]))
        return found[::-1]

    def text(self, oid: str) -> str | None:
        """Give a blob as text; None where it is none, or longer than 16 MiB.

        Raises:
            CollectError: it cannot be read.
        """
        data = whole(self._shadow, oid)
        found = decode(data) if data is not None else None
        return found.text if found else None


def whole(shadow: Shadow, oid: str) -> bytes | None:
    """Give a blob's bytes; None where it is longer than 16 MiB.

    Raises:
        CollectError: it cannot be read.
    """
    data = shadow.objects.read(oid, _MOST_BYTES + 1)
    return data if len(data) <= _MOST_BYTES else None


def trees_of(shadow: Shadow, oid: str, most: int) -> frozenset[str]:
    """Give the ids of the trees of a commit's history, its own among them, as far as `most` commits go."""
    asked = ["log", f"--max-count={most}", "--no-show-signature", "--format=%T", oid, "--"]
    return frozenset(shadow.run(asked).wanted("the past of the target cannot be read").decode().split())


@contextmanager
def opened(start: Path, environment: Mapping[str, str] | None) -> Iterator[Shadow]:
    """Open the repository around `start` for reading, without what its own settings could run.

    Raises:
        NotARepository: `start` lies in no repository that may be looked at.
    """
    own = os.environ if environment is None else environment
    shadow = Shadow(find_repository(start, own), own, seconds=_SECONDS)
    try:
        yield shadow
    finally:
        shadow.close()


@contextmanager
def two_trees(start: Path, base: str | None, head: str, environment: Mapping[str, str] | None = None) -> Iterator[Trees]:
    """Compare the trees of two revisions. Without `base`, of the first parent of `head`; the empty tree where it has none.

    Raises:
        NotARepository: `start` lies in no repository that may be looked at.
        UnknownRevision: git knows no such commit.
        CollectError: git did not answer.
    """
    with opened(start, environment) as shadow:
        last = named(shadow, head)
        first = named(shadow, base) if base is not None else named(shadow, last.parents[0]) if last.parents else None
        yield Trees(shadow, first, last)


def named(shadow: Shadow, name: str) -> Commit:
    """Resolve a revision to its commit.

    Raises:
        UnknownRevision: git knows no such commit.
    """
    found = shadow.objects.commits([name])[0]
    if found is None:
        more = "; this clone is shallow, so fetch more history: git fetch --unshallow" if shadow.shallow else ""
        raise UnknownRevision("git knows no such commit", where=name or "(empty name)", next=f"see `git branch --all`{more}")
    return found


def blob_at(shadow: Shadow, tree: str, path: str) -> str:
    """Give the id of the blob at a path of a tree.

    Raises:
        UsageError: there is no file at that path.
    """
    answer = shadow.run(["ls-tree", "-z", "--full-tree", tree, "--", path])
    lines = [line for line in answer.wanted("the tree cannot be listed").split(b"\0") if line.startswith(b"100")]
    if len(lines) != 1 or lines[0].partition(b"\t")[2] != path.encode("utf-8", "surrogateescape"):
        raise UsageError("there is no such file in that revision", where=path, next="give a path from the top, or --rev")
    return lines[0].split(b"\t")[0].split(b" ")[2].decode()
