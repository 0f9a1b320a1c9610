"""A change: files with both sides, the lines that are new, who wrote it, and the exact tree that it would make."""

from collections.abc import Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

from clearance.facts.actor import Authorship
from clearance.facts.fact import Fact
from clearance.facts.finding import Gap

SideName = Literal["before", "after"]
Range = tuple[int, int]
"""First and last line, counted from 1, both included."""


class Mode(Enum):
    """What a path is in a tree."""

    FILE = "file"
    EXECUTABLE = "executable"
    SYMLINK = "symlink"
    SUBMODULE = "submodule"


class ChangeKind(Enum):
    """What happened to a path."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"
    PRESENT = "present"
    """Looked at as it stands, with no other side (`clearance scan PATH`)."""
    TEXT = "text"
    """No file: words around the change, such as a commit message; only scanners of any text look at it."""


class Side(Fact):
    """One side of a file: `sha256` of the bytes (of the link text for a symlink, empty for a submodule), `git` the
    object id where git has one, `size` in bytes."""

    mode: Mode
    size: int
    sha256: str
    git: str | None = None


class FileChange(Fact):
    """One path of a change.

    `added` are line ranges of the after side, `removed` of the before side. `binary`: no text could be read from it,
    or only a pointer of Git LFS.
    `partial`: only pieces are known (a patch from elsewhere); unknown lines read as empty ones.
    `path` is UTF-8; bytes of a name that are not are written `\\xNN`.
    """

    path: str
    kind: ChangeKind
    old_path: str | None = None
    before: Side | None = None
    after: Side | None = None
    added: tuple[Range, ...] = ()
    removed: tuple[Range, ...] = ()
    binary: bool = False
    partial: bool = False

    @property
    def added_lines(self) -> int:
        """How many lines are new on the after side."""
        return sum(last - first + 1 for first, last in self.added)

    @property
    def removed_lines(self) -> int:
        """How many lines of the before side are gone."""
        return sum(last - first + 1 for first, last in self.removed)

    def adds(self, line: int) -> bool:
        """Tell whether the line of the after side, counted from 1, is new."""
        return any(first <= line <= last for first, last in self.added)


class Revision(Fact):
    """One end of a change: a label for people (`main`, `working tree`) and the commit, where there is one."""

    label: str
    commit: str | None = None


class Tree(Fact):
    """What the change would make, exactly.

    `sha256` is over the output of `git ls-tree -r -z --full-tree <tree>` (so that `git` and `sha256sum` can check it),
    over the bytes of the patch for a patch, and over the same listing with content SHA-256s for a plain directory.
    `git` is git's own tree id, where there is one.
    """

    kind: Literal["git-tree", "patch", "directory"]
    sha256: str
    git: str | None = None


class Change(Fact):
    """What is judged."""

    source: Literal[
        "working-tree", "staged", "range", "patch", "directory", "history", "image", "write", "command", "prompt", "tool"
    ]
    """The last four are acts of an assistant (`facts.act`), judged before they happen: files about to be written, a command
    (`command.sh`, and the files that it would write), a prompt (`prompt.md`), the arguments of a tool (`arguments.json`)."""
    base: Revision | None
    head: Revision
    tree: Tree
    files: tuple[FileChange, ...]
    author: Authorship

    @property
    def is_act(self) -> bool:
        """Whether this is what an assistant is about to do, and no change that stands anywhere yet."""
        return self.source in ("write", "command", "prompt", "tool")

    @property
    def added_lines(self) -> int:
        """How many lines are new."""
        return sum(file.added_lines for file in self.files)

    @property
    def removed_lines(self) -> int:
        """How many lines are gone."""
        return sum(file.removed_lines for file in self.files)


class Contents(Protocol):
    """The bytes behind a change.

    Reading has no effect on what is read, works in forked and spawned worker processes, never follows a symlink, and
    gives the bytes whose digest the `Side` holds or raises.
    """

    def read(self, path: str, side: SideName, limit: int) -> bytes:
        """Give at most `limit` bytes of one side of the file at `path` (its path on the after side, or of the deleted file).

        Raises:
            CollectError: the bytes cannot be read, or are no longer those that the change names.
            KeyError: the change has no such side.
        """
        ...

    @property
    def complete(self) -> bool:
        """Whether `paths` lists the whole tree (false for a patch from elsewhere)."""
        ...

    def paths(self) -> Sequence[str]:
        """Give the paths of all files of the after tree that can be named, changed or not, sorted."""
        ...

    def peek(self, path: str, limit: int) -> bytes:
        """Give at most `limit` bytes of any file of the after tree, changed or not.

        Raises:
            CollectError: the bytes cannot be read.
            KeyError: the tree has no such file.
        """
        ...


class Collected(NamedTuple):
    """What the room `collect` gives: the change, and the bytes behind it."""

    change: Change
    contents: Contents
    gaps: tuple[Gap, ...]
    """What could not be collected (an unreadable file, a path that leaves the tree); `scanner` is `all`."""
    texts: Mapping[str, str] = MappingProxyType({})
    """Words around the change by their place: `commit:<id>` (a message), `branch name`."""
