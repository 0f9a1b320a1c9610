"""A change out of a git repository: the working tree, the index, or a commit, against where it left its base.

Each of the three becomes a tree object in a shadow of the repository (`shadow.py`), and from there on all is the one
case of two trees.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal, NamedTuple, Self

from clearance.collect.difference import difference
from clearance.collect.objects import Commit
from clearance.collect.origin import LOG_FORMAT, Words, authorship, read_log
from clearance.collect.repository import find_repository
from clearance.collect.shadow import Shadow
from clearance.collect.sides import path_name
from clearance.collect.worktree import tree_of_files, tree_of_index
from clearance.facts.change import Change, Collected, FileChange, Mode, Revision, SideName, Tree
from clearance.facts.errors import CollectError, UnknownRevision
from clearance.facts.finding import Gap

LIMIT = 60.0
"""Seconds that one git command may take."""
_COMMITS = 500
_SHORT = 12
"""Digits that name a commit to a person."""
_SETTINGS_LIMIT = 8 << 20
_SUBMODULE = b"160000 "


class GitContents:
    """The bytes behind a change of a repository, out of the shadow. Close it when the run is over: the shadow goes then.

    Works in forked and spawned workers; only the process that made it can take the shadow away.
    """

    def __init__(self, shadow: Shadow, files: Sequence[FileChange], listing: bytes, target: Commit | None) -> None:
        self._shadow: Shadow | None = shadow
        self._objects = shadow.objects
        self._sides = {file.path: (file.before, file.after) for file in files}
        self._gone = {
            file.old_path or file.path: file.path
            for file in files
            if file.before is not None and (file.after is None or file.old_path is not None)
        }
        self._tree = _blobs(listing)
        self._target = target

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_shadow": None}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Take the shadow away; nothing can be read any more."""
        self._objects.close()
        if self._shadow is not None:
            self._shadow.close()

    def read(self, path: str, side: SideName, limit: int) -> bytes:
        """Give at most `limit` bytes of one side of a changed file; none for a submodule."""
        found = self._sides[path][side == "after"]
        if found is None or found.git is None:
            raise KeyError(path)
        return b"" if found.mode is Mode.SUBMODULE else self._objects.read(found.git, limit)

    @property
    def complete(self) -> bool:
        """Whether `paths` lists the whole tree: always."""
        return True

    def paths(self) -> Sequence[str]:
        """Give the paths of all files of the after tree, sorted; submodules are not among them."""
        return sorted(self._tree)

    def peek(self, path: str, limit: int) -> bytes:
        """Give at most `limit` bytes of any file of the after tree."""
        return self._objects.read(self._tree[path], limit)

    def gone(self) -> Mapping[str, str]:
        """Give the paths that only the before side has, each with the path by which `read` knows it."""
        return self._gone

    def base_files(self, prefix: str) -> dict[str, bytes]:
        """Give the files below a folder (`.clearance/`) of the *tip* of the base, path to bytes.

        The tip and not the merge base: rules that the base has tightened since the change left it hold for the change.
        """
        return {} if self._shadow is None or self._target is None else _files_below(self._shadow, self._target.tree, prefix)


class _Side(NamedTuple):
    """The base of a change: what it is called, its tip, and the commit from which the change left it (None: no commit)."""

    label: str
    tip: Commit | None
    fork: Commit | None


def working_tree(
    start: Path, *, base: str | None = None, agent: str | None = None, environment: Mapping[str, str] | None = None
) -> Collected:
    """Collect what the working tree, ignored files left out, changes against its merge base with `base` (a revision; the
    default branch if None). `agent` says who wrote it; `environment` defaults to the process's own.

    Raises:
        NotARepository: `start` lies in no repository that may be looked at.
        UnknownRevision: there is no such base, or no common ancestor.
        CollectError: git or the file system did not give the change.
    """
    return _collect(start, "working-tree", base, None, agent, environment)


def staged(
    start: Path, *, base: str | None = None, agent: str | None = None, environment: Mapping[str, str] | None = None
) -> Collected:
    """Collect what the index changes; as `working_tree` otherwise. In a hook of `git commit` that is the index which git
    names in GIT_INDEX_FILE.

    Raises:
        CollectError: besides, the index holds conflicts, or the repository is bare and has none.
    """
    return _collect(start, "staged", base, None, agent, environment)


def between(
    start: Path, base: str | None, head: str, *, agent: str | None = None, environment: Mapping[str, str] | None = None
) -> Collected:
    """Collect what the commit `head` changes against its merge base with `base`; as `working_tree` otherwise. Also in
    bare repositories."""
    return _collect(start, "range", base, head, agent, environment)


def read_base(start: Path, revision: str, prefix: str, *, environment: Mapping[str, str] | None = None) -> dict[str, bytes]:
    """Give the files below a folder of a revision, path to bytes; none if there is no such folder.

    Raises:
        UnknownRevision: git does not know the revision.
    """
    own = os.environ if environment is None else environment
    shadow = Shadow(find_repository(start, own), own, seconds=LIMIT)
    try:
        return _files_below(shadow, _resolve(shadow, revision).tree, prefix)
    finally:
        shadow.close()


def read_default(start: Path, prefix: str, *, environment: Mapping[str, str] | None = None) -> tuple[str, dict[str, bytes]]:
    """Give the branch that changes go to, and the files below a folder at its tip; no files where there is no commit yet.

    Raises:
        NotARepository: `start` lies in no repository that may be looked at.
        UnknownRevision: no default branch is known.
    """
    own = os.environ if environment is None else environment
    shadow = Shadow(find_repository(start, own), own, seconds=LIMIT)
    try:
        head = _head(shadow)
        if head is None:
            return "", {}
        label, tip = _default_branch(shadow, head)
        return label, _files_below(shadow, tip.tree, prefix)
    finally:
        shadow.close()


def _collect(
    start: Path,
    source: Literal["working-tree", "staged", "range"],
    base: str | None,
    head: str | None,
    agent: str | None,
    environment: Mapping[str, str] | None,
) -> Collected:
    own = os.environ if environment is None else environment
    repository = find_repository(start, own)
    shadow = Shadow(repository, own, seconds=LIMIT)
    try:
        tip = _resolve(shadow, head) if head is not None else _head(shadow)
        side = _base(shadow, base, tip)
        gaps: tuple[Gap, ...] = ()
        if source == "working-tree":
            tree, gaps = tree_of_files(shadow)
        elif source == "staged":
            tree = tree_of_index(shadow, _given_index(shadow.top, own))
        else:
            tree = tip.tree if tip else shadow.empty_tree
        found = difference(shadow, side.fork.tree if side.fork else shadow.empty_tree, tree)
        words = _words(shadow, side.fork, tip)
        label = {"working-tree": "working tree", "staged": "index"}.get(source) or head or "HEAD"
        change = Change(
            source=source,
            base=Revision(label=side.label, commit=side.fork.oid if side.fork else None),
            head=Revision(label=label, commit=tip.oid if tip and source == "range" else None),
            tree=Tree(kind="git-tree", sha256=hashlib.sha256(found.listing).hexdigest(), git=tree),
            files=found.files,
            author=authorship(agent, words, own),
        )
        contents = GitContents(shadow, found.files, found.listing, side.tip)
        return Collected(change, contents, gaps + found.gaps, _around(words, head or shadow.head_reference() or ""))
    except BaseException:
        shadow.close()
        raise


def _around(words: Sequence[Words], branch: str) -> dict[str, str]:
    """Give the words around a change: the messages of its commits, and the name of the branch."""
    texts = {f"commit:{one.commit[:_SHORT]}": one.message for one in words}
    return {**texts, "branch name": branch.removeprefix("refs/heads/")}


def _resolve(shadow: Shadow, name: str) -> Commit:
    found = shadow.objects.commits([name])[0]
    if found is None:
        history = "; this clone is shallow, so fetch more history: git fetch --unshallow" if shadow.shallow else ""
        raise UnknownRevision(
            "git knows no such commit", where=name or "(empty name)", next=f"see `git branch --all`{history}"
        )
    return found


def _head(shadow: Shadow) -> Commit | None:
    """Give the commit that HEAD is on; None if there is none yet."""
    found = shadow.objects.commits(["HEAD"])[0]
    if found is None and shadow.run(["rev-parse", "--quiet", "--verify", "HEAD"]).out.strip():
        raise CollectError("HEAD names a commit that is not there", next="run `git fsck`, or clone again")
    return found


def _base(shadow: Shadow, name: str | None, head: Commit | None) -> _Side:
    """Find the base, and where `head` left it."""
    if name is not None:
        label, tip = name, _resolve(shadow, name)
    elif head is None:
        return _Side("no commits yet", None, None)
    else:
        label, tip = _default_branch(shadow, head)
    if head is None or head.oid == tip.oid:
        return _Side(label, tip, tip)
    answer = shadow.run(["merge-base", tip.oid, head.oid])
    fork = shadow.objects.commits([answer.out.decode().split("\n")[0]])[0] if answer.status == 0 else None
    if fork is None:
        advice = "fetch more history: git fetch --unshallow" if shadow.shallow else "name another base with --base"
        cause = ", because this clone is shallow" if shadow.shallow else ""
        raise UnknownRevision(f"no common ancestor with the change is known{cause}", where=label, next=advice)
    return _Side(label, tip, fork)


def _default_branch(shadow: Shadow, head: Commit) -> tuple[str, Commit]:
    """Give label and tip of the branch that changes go to, as the clone, convention, and the user's settings name it."""
    remote = shadow.remote_default() or "refs/remotes/origin/HEAD"
    names = [remote, "refs/remotes/origin/main", "refs/remotes/origin/master", "refs/heads/main", "refs/heads/master"]
    if shadow.default_branch:
        names.append(f"refs/heads/{shadow.default_branch}")
    for name, tip in zip(names, shadow.objects.commits(names), strict=True):
        if tip is not None:
            return name.removeprefix("refs/heads/").removeprefix("refs/remotes/"), tip
    current = shadow.head_reference()
    branches = shadow.run(["for-each-ref", "--count=2", "--format=%(refname)", "refs/heads", "refs/remotes"]).out.split()
    if current is None or branches != [os.fsencode(current)]:
        raise UnknownRevision("no default branch is known", where="origin/HEAD, main, master", next="name it with --base")
    return current.removeprefix("refs/heads/"), head


def _words(shadow: Shadow, fork: Commit | None, head: Commit | None) -> list[Words]:
    """Read what the commits of the change say about themselves."""
    if head is None or (fork and fork.oid == head.oid):
        return []
    arguments = ["log", f"--max-count={_COMMITS}", "--no-color", "--no-show-signature", "--no-mailmap", "--encoding=UTF-8"]
    arguments += ["--notes=refs/notes/ai", f"--format={LOG_FORMAT}", head.oid, *([f"^{fork.oid}"] if fork else []), "--"]
    return read_log(shadow.run(arguments).wanted("the commits of the change cannot be read"))


def _given_index(top: Path, environment: Mapping[str, str]) -> Path | None:
    """Give the index that a hook of `git commit` is called for: to judge another one would let this one pass unseen."""
    given = environment.get("GIT_INDEX_FILE")
    return Path(os.path.realpath(top / given)) if given else None


def _blobs(listing: bytes) -> dict[str, str]:
    """Read `git ls-tree -r -z`: path to object id, submodules left out."""
    found = {}
    for line in listing.split(b"\0")[:-1]:
        if not line.startswith(_SUBMODULE):
            about, _, path = line.partition(b"\t")
            found[path_name(path)] = about.rsplit(b" ", 1)[1].decode()
    return found


def _files_below(shadow: Shadow, tree: str, prefix: str) -> dict[str, bytes]:
    """Read the files below a folder of a tree.

    Raises:
        CollectError: a link or a submodule is among them: what it names is no part of the tree, and to pass over it would
            leave out rules that somebody relies on.
    """
    listing = shadow.run(["ls-tree", "-r", "-z", "--full-tree", tree, "--", prefix.rstrip("/")])
    lines = listing.wanted("the base cannot be listed")
    for line in lines.split(b"\0")[:-1]:
        if not line.startswith(b"100"):
            raise CollectError(
                "a link or a submodule, so what it names would not count",
                where=path_name(line.partition(b"\t")[2]),
                next="put the files themselves there",
            )
    files = _blobs(lines)
    found = {path: shadow.objects.read(oid, _SETTINGS_LIMIT + 1) for path, oid in files.items()}
    for path, data in found.items():
        if len(data) > _SETTINGS_LIMIT:
            raise CollectError("larger than any settings, rule or policy file may be", where=path)
    return found
