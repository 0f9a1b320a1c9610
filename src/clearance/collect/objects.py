"""Git objects as bytes, by `git cat-file --batch`; every object that is read whole is checked by its name."""

import hashlib
import os
import select
import subprocess
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from clearance.collect.blob import Blob, look
from clearance.collect.command import Git
from clearance.facts.errors import CollectError

_CHUNK = 1 << 18
_BATCH = 128  # names of at most 65 bytes: a batch fits into the smallest pipe, so that neither side waits for the other
_DRAIN = 1 << 24
_NAME_LIMIT = 4096
_ENDS = {0, 10}  # NUL and line end: no revision's name holds them


class Commit(NamedTuple):
    """A commit: its id, the id of its tree, the ids of its parents."""

    oid: str
    tree: str
    parents: tuple[str, ...]


class _Pipe:
    """Reads the answers of one `git cat-file --batch` with a time limit."""

    def __init__(self, process: subprocess.Popen[bytes], seconds: float) -> None:
        if process.stdin is None or process.stdout is None:
            raise CollectError("git was started without pipes")
        self.process = process
        self._in = process.stdin.fileno()
        self._out = process.stdout.fileno()
        self._poll = select.poll()
        self._poll.register(self._out, select.POLLIN)
        self._seconds = seconds
        self._held = b""

    def ask(self, names: Iterable[bytes]) -> None:
        data = b"".join(name + b"\n" for name in names)
        try:
            while data:
                data = data[os.write(self._in, data) :]
        except OSError as error:
            raise CollectError("git stopped while objects were read", next="run `git fsck`") from error

    def line(self) -> bytes:
        while (end := self._held.find(b"\n")) < 0:
            self._held += self._more()
        line, self._held = self._held[:end], self._held[end + 1 :]
        return line

    def pieces(self, size: int) -> Iterator[bytes]:
        """Give the next `size` bytes in pieces, and take the line end behind them."""
        while size:
            piece = self._held or self._more()
            piece, self._held = piece[:size], piece[size:]
            size -= len(piece)
            yield piece
        if not self._held:
            self._held = self._more()
        self._held = self._held[1:]

    def _more(self) -> bytes:
        if not self._poll.poll(self._seconds * 1000):
            raise CollectError(f"git gave no object within {self._seconds:g} seconds")
        data = os.read(self._out, _CHUNK)
        if not data:
            raise CollectError("git stopped while objects were read", next="run `git fsck`")
        return data


class Objects:
    """The objects of a shadow. Works in forked and spawned processes: each one starts its own reader on first use."""

    def __init__(self, git: Git, folder: Path, missing: str) -> None:
        self._git = git
        self._folder = folder
        self._missing = missing
        self._pipes: dict[int, _Pipe] = {}

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "_pipes": {}}

    def close(self) -> None:
        """End this process's reader."""
        pipe = self._pipes.pop(os.getpid(), None)
        if pipe:
            pipe.process.kill()
            with pipe.process:
                pass

    def commits(self, names: list[str]) -> list[Commit | None]:
        """Resolve names of revisions to commits; None for what is no commit."""
        found: list[Commit | None] = [None] * len(names)
        asked = {number: name.encode("utf-8", "surrogateescape") + b"^{commit}" for number, name in enumerate(names)}
        sound = {number: name for number, name in asked.items() if not _ENDS & set(name) and len(name) < _NAME_LIMIT}
        for number, (oid, kind, pieces) in zip(sound, self._each(list(sound.values())), strict=True):
            found[number] = _commit(oid, b"".join(pieces)) if kind == "commit" else None
        return found

    def look(self, oids: list[str]) -> dict[str, Blob]:
        """Look through blobs once.

        Raises:
            CollectError: an object is missing, is no blob, or is not what its name says.
        """
        blobs: dict[str, Blob] = {}
        for oid, (_, kind, pieces) in zip(oids, self._each([oid.encode() for oid in oids]), strict=True):
            self._must_be_blob(oid, kind)
            blobs[oid] = look(pieces)
        return blobs

    def read(self, oid: str, limit: int) -> bytes:
        """Give at most `limit` bytes of a blob; checked by its name if that is all of it.

        Raises:
            CollectError: it is missing, is no blob, or is not what its name says.
        """
        held: list[bytes] = []
        size = 0
        with closing(self._each([oid.encode()])) as answers:
            for _, kind, pieces in answers:
                self._must_be_blob(oid, kind)
                for piece in pieces:
                    held.append(piece[: max(limit - size, 0)])
                    size += len(piece)
                    if size > limit + _DRAIN:
                        return b"".join(held)  # to start a new reader is cheaper than to read the rest
        return b"".join(held)

    def _each(self, names: list[bytes]) -> Generator[tuple[str, str, Iterator[bytes]]]:
        """Give id, type and pieces of each named object, in order; type `missing` where there is none."""
        for start in range(0, len(names), _BATCH):
            batch = names[start : start + _BATCH]
            done = False
            try:
                pipe = self._pipe()
                pipe.ask(batch)
                for _ in batch:
                    header = pipe.line().split(b" ")
                    if len(header) == 3 and header[2].isdigit():
                        oid, kind, size = header[0].decode(), header[1].decode(), int(header[2])
                        pieces = _checked(oid, kind, size, pipe.pieces(size))
                        yield oid, kind, pieces
                        for _ in pieces:
                            pass
                    else:
                        yield "", "missing", iter(())
                done = True
            finally:
                if not done:
                    self.close()

    def _must_be_blob(self, oid: str, kind: str) -> None:
        if kind != "blob":
            raise CollectError(f"object {oid[:12]} of the change is {kind}", next=self._missing)

    def _pipe(self) -> _Pipe:
        pid = os.getpid()
        if pid not in self._pipes:
            process = self._git.popen(
                ["cat-file", "--batch"], self._folder, {"GIT_DIR": str(self._folder)}, stderr=subprocess.DEVNULL
            )
            self._pipes[pid] = _Pipe(process, self._git.seconds)
        return self._pipes[pid]


def _checked(oid: str, kind: str, size: int, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pass the bytes of an object on; raise at their end if they do not make its name."""
    summed = hashlib.new("sha1" if len(oid) == 40 else "sha256", f"{kind} {size}\0".encode(), usedforsecurity=False)
    for piece in pieces:
        summed.update(piece)
        yield piece
    if summed.hexdigest() != oid:
        raise CollectError(f"object {oid[:12]} does not hold what its name says", next="run `git fsck`")


def _commit(oid: str, data: bytes) -> Commit:
    """Read the first lines of a commit object: `tree <id>`, then `parent <id>` for each parent."""
    lines = data.split(b"\n\n", 1)[0].decode("utf-8", "replace").split("\n")
    parents = tuple(line.removeprefix("parent ") for line in lines[1:] if line.startswith("parent "))
    return Commit(oid, lines[0].removeprefix("tree "), parents)
