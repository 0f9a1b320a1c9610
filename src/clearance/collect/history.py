"""All that a repository ever held: every version of a file that any reference reaches, told once, with the commit that
brought it first; commit messages, tag messages, and the names of references.

`git log --raw -c` walks the commits with parents before children and lists what each one changed (for a merge, what it took
from no parent), so that one pass names every blob, its path, and its first commit. Blobs are read later, by id.
"""

import os
import re
import select
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from clearance.collect.objects import Objects
from clearance.collect.repository import find_repository, open_regular
from clearance.collect.shadow import Shadow
from clearance.collect.sides import path_name
from clearance.facts.change import SideName
from clearance.facts.errors import CollectError

_SECONDS = 600.0
_CHUNK = 1 << 18
_FORMAT = "%H%x00%aI%x00%B%x00"
_WALK = [
    "log", "--all", "--ignore-missing", "--stdin", "-z", "--raw", "--no-abbrev", "--topo-order", "--reverse", "-c",
    "--no-renames", "--ignore-submodules=none", "--no-ext-diff", "--no-textconv", "--no-color", "--no-notes",
    "--no-show-signature", "--no-mailmap", "--encoding=UTF-8", f"--format={_FORMAT}",
]  # fmt: skip
_ID = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SUBMODULE = b"160000"
_STASHES = 64 << 20
_LONGEST = 64 << 20
"""Bytes of the longest commit message or path that is read."""


class Version(NamedTuple):
    """A blob, in hexadecimal, and the path at which a commit has it."""

    oid: str
    path: str


class Walked(NamedTuple):
    """One commit: its id, the date of its author (RFC 3339), its message, and the versions of files that it brings."""

    oid: str
    date: str
    message: str
    versions: tuple[Version, ...]


class Named(NamedTuple):
    """A reference: its full name, and the message of the tag that it names (empty for others)."""

    name: str
    message: str


class History:
    """The history of the repository that holds `start`. Close it when the run is over.

    Raises:
        NotARepository: there is none that may be looked at.
        CollectError: git could not read it.
    """

    def __init__(self, start: Path, environment: Mapping[str, str]) -> None:
        self._shadow = Shadow(find_repository(start, environment), environment, seconds=_SECONDS)
        self._submodules: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Take the shadow away; nothing can be read any more."""
        self._shadow.close()

    @property
    def place(self) -> str:
        """Where the repository lies: all its working trees have the same history."""
        return str(self._shadow.repository.common_dir)

    @property
    def shallow(self) -> bool:
        """Whether history is cut off somewhere in this clone."""
        return self._shadow.shallow

    @property
    def objects(self) -> Objects:
        """What reads blobs."""
        return self._shadow.objects

    def count(self) -> int:
        """Count the commits."""
        answer = self._shadow.run(["rev-list", "--all", "--ignore-missing", "--stdin", "--count"], self._tips())
        return int(answer.wanted("commits cannot be counted", self._shadow.advice) or 0)

    def walk(self) -> Iterator[Walked]:
        """Give all commits, parents before their children.

        Raises:
            CollectError: git stopped, or an object is missing.
        """
        process = self._shadow.git.popen(
            _WALK, self._shadow.folder, {"GIT_DIR": str(self._shadow.folder)}, stderr=subprocess.DEVNULL
        )
        try:
            yield from _commits(_tokens(process, self._tips()), self._submodules)
            if process.wait(_SECONDS):
                raise CollectError("git could not walk all of history", next=self._shadow.advice)
        finally:
            process.kill()
            with process:
                pass

    def submodules(self) -> int:
        """Count the submodules that the last walk met: other repositories, whose history is theirs."""
        return len(self._submodules)

    def head(self) -> dict[str, str]:
        """Give the files of the commit that is checked out, path to id; none where there is no commit yet."""
        found = self._shadow.objects.commits(["HEAD"])[0]
        if found is None:
            return {}
        return dict(self._listed(found.tree))

    def head_commit(self) -> tuple[str, str]:
        """Give the ids of the commit that is checked out and of its tree; empty where there is none."""
        found = self._shadow.objects.commits(["HEAD"])[0]
        return (found.oid, found.tree) if found else ("", "")

    def references(self) -> tuple[Named, ...]:
        """Give all references, with the messages of annotated tags."""
        asked = ["for-each-ref", "--format=%(refname)%00%(if:equals=tag)%(objecttype)%(then)%(contents)%(end)%00"]
        fields = self._shadow.run(asked).wanted("references cannot be listed").split(b"\0")[:-1]
        pairs = zip(fields[::2], fields[1::2], strict=True)
        return tuple(Named(path_name(name.lstrip(b"\n")), text.decode("utf-8", "replace")) for name, text in pairs)

    def loose(self) -> Iterator[tuple[str, Version]]:
        """Give the files that references name without a commit: of a tag of a blob or of a tree. With each the id of the
        object that the reference names; its path begins with the reference's name."""
        asked = self._shadow.run(["for-each-ref", "--format=%(objecttype) %(objectname) %(refname)"])
        lines = asked.wanted("references cannot be listed").split(b"\n")[:-1]
        named = [line.split(b" ", 2)[1:] for line in lines if not line.startswith(b"commit ")]
        if not named:
            return
        feed = b"".join(oid + b"^{}\n" for oid, _ in named)
        answer = self._shadow.run(["cat-file", "--batch-check=%(objecttype) %(objectname)"], feed)
        ends = answer.wanted("tags cannot be followed", self._shadow.advice).split(b"\n")[:-1]
        for (oid, reference), end in zip(named, ends, strict=True):
            kind, _, target = end.partition(b" ")
            if kind == b"blob":
                yield oid.decode(), Version(target.decode(), path_name(reference))
            elif kind == b"tree":
                for path, blob in self._listed(target.decode()):
                    yield oid.decode(), Version(blob, f"{path_name(reference)}/{path}")

    def sizes(self, oids: Sequence[str]) -> list[int | None]:
        """Give the size of each blob in bytes; None for one that is not there."""
        feed = "".join(f"{oid}\n" for oid in oids).encode()
        answer = self._shadow.run(["cat-file", "--batch-check=%(objecttype) %(objectsize)"], feed)
        lines = answer.wanted("objects cannot be measured", self._shadow.advice).split(b"\n")[:-1]
        return [int(line[5:]) if line.startswith(b"blob ") else None for line in lines]

    def _listed(self, tree: str) -> Iterator[tuple[str, str]]:
        """Give the files of a tree: path and id."""
        answer = self._shadow.run(["ls-tree", "-r", "-z", "--full-tree", tree])
        for line in answer.wanted("a tree cannot be listed", self._shadow.advice).split(b"\0")[:-1]:
            about, _, path = line.partition(b"\t")
            mode, _, oid = about.split(b" ")
            if mode != _SUBMODULE:
                yield path_name(path), oid.decode()

    def _tips(self) -> bytes:
        """Give the ids that no reference names: of all stashes, which but for the newest one stand in a log alone, and of
        what is checked out in other working trees."""
        common = self._shadow.repository.common_dir
        stashes = _text_of(common / "logs/refs/stash").split(b"\n")
        ids = [line.split(b" ", 2)[1] for line in stashes if line.count(b" ") >= 2]
        ids += [_text_of(head).strip() for head in (common / "HEAD", *common.glob("worktrees/*/HEAD"))]
        return b"".join(found + b"\n" for found in dict.fromkeys(ids) if _ID.fullmatch(found))


def _text_of(path: Path) -> bytes:
    """Give the bytes of a regular file; none where there is no such file."""
    try:
        stream = open_regular(path)
    except OSError:
        return b""
    if stream is None:
        return b""
    with stream:
        return stream.read(_STASHES)


def _tokens(process: "subprocess.Popen[bytes]", feed: bytes) -> Iterator[bytes]:
    """Give what a command writes, cut at NUL, as it comes."""
    if process.stdin is None or process.stdout is None:
        raise CollectError("git was started without pipes")
    try:
        process.stdin.write(feed)
        process.stdin.close()
    except OSError as error:
        raise CollectError("git stopped while history was read", next="run `git fsck`") from error
    out = process.stdout.fileno()
    poll = select.poll()
    poll.register(out, select.POLLIN)
    held: list[bytes] = []
    size = 0
    while True:
        if not poll.poll(_SECONDS * 1000):
            raise CollectError(f"git told nothing of history within {_SECONDS:g} seconds")
        data = os.read(out, _CHUNK)
        if not data:
            return
        first, *rest = data.split(b"\0")
        held.append(first)
        size += len(first)
        if size > _LONGEST:
            raise CollectError("a commit message larger than 64 MiB", next="run `git fsck`")
        if rest:
            yield b"".join(held)
            yield from rest[:-1]
            held, size = [rest[-1]], len(rest[-1])


def _commits(tokens: Iterator[bytes], submodules: set[str]) -> Iterator[Walked]:
    """Read `<id> <date> <message>`, then `:<modes> <ids> <status> <path>` for each change, all ended by NUL; `submodules`
    takes the paths of those."""
    about: tuple[str, str, str] | None = None
    versions: list[Version] = []
    for token in tokens:
        word = token.lstrip(b"\n")
        if word.startswith(b":"):
            parents = len(word) - len(word.lstrip(b":"))
            fields = word[parents:].split(b" ")
            mode, oid = fields[parents], fields[2 * parents + 1]
            path = next(tokens, b"")
            if mode == _SUBMODULE:
                submodules.add(path_name(path))
            elif oid.strip(b"0"):
                versions.append(Version(oid.decode(), path_name(path)))
        elif _ID.fullmatch(word):
            if about is not None:
                yield Walked(*about, tuple(versions))
            date, message = next(tokens, b""), next(tokens, b"")
            about = (word.decode(), date.decode("utf-8", "replace"), message.decode("utf-8", "replace"))
            versions = []
        elif word:
            raise CollectError("git told history in a way that is not known", next="run `git fsck`")
    if about is not None:
        yield Walked(*about, tuple(versions))


class VersionContents:
    """The bytes of versions, each under its path `<id>/<path>`, and of texts, whose paths begin with `/`."""

    def __init__(self, objects: Objects, texts: Mapping[str, bytes]) -> None:
        self._objects = objects
        self._texts = texts

    def read(self, path: str, side: SideName, limit: int) -> bytes:
        """Give at most `limit` bytes; there is no side but `after`."""
        if side == "before":
            raise KeyError(path)
        if path.startswith("/"):
            return self._texts[path][:limit]
        return self._objects.read(path.partition("/")[0], limit)

    @property
    def complete(self) -> bool:
        """Whether `paths` lists a whole tree: never."""
        return False

    def paths(self) -> Sequence[str]:
        """Give nothing: versions are no tree."""
        return ()

    def peek(self, path: str, limit: int) -> bytes:
        """Refuse: versions are no tree."""
        raise KeyError(path)
