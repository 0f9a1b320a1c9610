"""Everything in a folder, or one file, as it stands: for `clearance scan PATH`."""

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from clearance.collect.blob import Blob, look
from clearance.collect.lines import whole
from clearance.collect.origin import authorship
from clearance.collect.repository import open_regular
from clearance.collect.sides import content_gap, gap, listing_digest, path_name
from clearance.facts.change import Change, ChangeKind, Collected, FileChange, Mode, Revision, Side, SideName, Tree
from clearance.facts.errors import CollectError, UsageError
from clearance.facts.finding import Gap, GapKind

_CHUNK = 1 << 18
_NO_CONTENT = "a pipe, socket or device has no content to look at"


class _Found(NamedTuple):
    raw: bytes
    mode: Mode
    status: os.stat_result | None = None


class FolderContents:
    """The bytes of a folder, read again from disk and compared with the digest that the change names."""

    def __init__(self, root: bytes, files: Mapping[str, tuple[bytes, Side]], *, whole: bool = True) -> None:
        self._root = root
        self._files = files
        self._whole = whole

    def close(self) -> None:
        """Do nothing: nothing is held."""

    def read(self, path: str, side: SideName, limit: int) -> bytes:
        """Give at most `limit` bytes of a file; there is no side but `after`."""
        if side == "before":
            raise KeyError(path)
        return self.peek(path, limit)

    @property
    def complete(self) -> bool:
        """Whether `paths` lists the whole tree: not where the folder is part of a larger one."""
        return self._whole

    def paths(self) -> Sequence[str]:
        """Give the paths of all files, sorted."""
        return sorted(self._files)

    def peek(self, path: str, limit: int) -> bytes:
        """Give at most `limit` bytes of a file.

        Raises:
            CollectError: it cannot be read, or is no longer what it was.
        """
        raw, known = self._files[path]
        held: list[bytes] = []
        size = 0
        summed = hashlib.sha256()
        try:
            for piece in _pieces(self._root, _Found(raw, known.mode)):
                held.append(piece[: max(limit - size, 0)])
                size += len(piece)
                summed.update(piece)
        except OSError as error:
            raise CollectError(f"cannot be read: {error.strerror}", where=path) from error
        if summed.hexdigest() != known.sha256:
            raise CollectError("changed since it was collected", where=path, next="run again when nothing writes to it")
        return b"".join(held)

    def base_files(self, prefix: str) -> dict[str, bytes]:
        """Give nothing: a folder has no base."""
        return {}


class Remembering(Protocol):
    """Knows what files held that have not changed since."""

    def blob(self, path: str, status: os.stat_result) -> tuple[int, str, str | None, int] | None:
        """Give size, SHA-256, encoding and lines of a file, or None where it must be read."""
        ...

    def told(self, path: str, encoding: str | None, lines: int) -> None:
        """Take what reading a file told, unless there is something to tell of it each time (a pointer, a link out)."""
        ...


def directory(
    path: Path,
    *,
    agent: str | None = None,
    environment: Mapping[str, str] | None = None,
    memory: Remembering | None = None,
    whole: bool = True,
) -> Collected:
    """Collect all files below a folder except in folders called `.git`, or one file. No symlink is followed, but `path`
    itself may be one. What cannot be read becomes a gap. Files that `memory` knows are not read. `whole` is false for a part
    of a larger tree, such as a folder of a repository.

    Raises:
        UsageError: there is no such file or folder.
    """
    place = Path(os.path.realpath(path))
    kind = place.stat().st_mode if place.exists() else 0
    if not (stat.S_ISDIR(kind) or stat.S_ISREG(kind)):
        raise UsageError("no such file or folder" if not kind else _NO_CONTENT, where=str(path))
    gaps: list[Gap] = []
    root = os.fsencode(place if stat.S_ISDIR(kind) else place.parent)
    found = list(_walk(root, gaps)) if stat.S_ISDIR(kind) else [_Found(os.fsencode(place.name), _mode(kind))]
    files: list[FileChange] = []
    known: dict[str, tuple[bytes, Side]] = {}
    for each in sorted(found, key=_by_name):
        name = path_name(each.raw)
        try:
            blob = _remembered(name, each, memory) or look(_pieces(root, each))
        except OSError as error:
            gaps.append(gap(name, GapKind.UNREADABLE, error.strerror or "cannot be read"))
            continue
        file = _present(name, each.mode, blob)
        files.append(file)
        if file.after:
            known[name] = (each.raw, file.after)
        said = content_gap(name, each.mode, blob.head, blob.size)
        if said:
            gaps.append(said)
        elif memory is not None:
            memory.told(name, blob.encoding, blob.lines)
    tree = Tree(kind="directory", sha256=listing_digest((raw, side.mode, side.sha256) for raw, side in known.values()))
    change = Change(
        source="directory",
        base=None,
        head=Revision(label=str(path)),
        tree=tree,
        files=tuple(files),
        author=authorship(agent, (), environment or {}),
    )
    return Collected(change, FolderContents(root, known, whole=whole), tuple(gaps))


def _remembered(name: str, found: _Found, memory: Remembering | None) -> Blob | None:
    """Give what is known of a file. Its first bytes were nothing to tell of: else it would not be known."""
    if memory is None or found.status is None:
        return None
    known = memory.blob(name, found.status)
    return Blob(*known, b"") if known is not None else None


def _walk(root: bytes, gaps: list[Gap]) -> Iterator[_Found]:
    """Give the files below a folder, folder by folder, with a stack of our own: nesting may be as deep as paths go."""
    waiting = [b""]
    while waiting:
        folder = waiting.pop()
        try:
            with os.scandir(root + b"/" + folder) as entries:
                for entry in entries:
                    raw = folder + entry.name
                    if entry.name == b".git":
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(raw + b"/")
                    elif entry.is_symlink():
                        yield _Found(raw, Mode.SYMLINK)
                    elif entry.is_file(follow_symlinks=False):
                        status = entry.stat(follow_symlinks=False)
                        yield _Found(raw, _mode(status.st_mode), status)
                    else:
                        gaps.append(gap(path_name(raw), GapKind.EXCLUDED, _NO_CONTENT))
        except OSError as error:
            gaps.append(gap(path_name(folder.rstrip(b"/")), GapKind.UNREADABLE, error.strerror or "cannot be read"))


def _by_name(found: _Found) -> bytes:
    return found.raw


def _mode(mode: int) -> Mode:
    return Mode.EXECUTABLE if mode & stat.S_IXUSR else Mode.FILE


def _pieces(root: bytes, found: _Found) -> Iterator[bytes]:
    """Give the bytes of a file, or the text of a link, in pieces."""
    place = root + b"/" + found.raw
    if found.mode is Mode.SYMLINK:
        yield os.fsencode(Path(os.fsdecode(place)).readlink())
        return
    stream = open_regular(place)
    if stream is None:
        raise OSError(0, "no longer a regular file")
    with stream:
        while piece := stream.read(_CHUNK):
            yield piece


def _present(name: str, mode: Mode, blob: Blob) -> FileChange:
    return FileChange(
        path=name,
        kind=ChangeKind.PRESENT,
        after=Side(mode=mode, size=blob.size, sha256=blob.sha256),
        added=whole(blob.lines),
        binary=blob.encoding is None,
    )
