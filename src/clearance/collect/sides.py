"""What stands behind both sides of a file: digests, modes, names, gaps."""

import hashlib
import re
from collections.abc import Iterable
from posixpath import dirname, normpath

from clearance.facts.actor import Actor, ActorKind, Authorship, Evidence
from clearance.facts.change import Mode, Side
from clearance.facts.finding import Gap, GapKind

NOBODY_KNOWS = Authorship(author=Actor(name="unknown", kind=ActorKind.UNKNOWN), evidence=Evidence.NONE)
MODES = {0o100644: Mode.FILE, 0o100755: Mode.EXECUTABLE, 0o120000: Mode.SYMLINK, 0o160000: Mode.SUBMODULE}
"""Git's modes of a tree entry; others (0o100664 of old repositories) are plain files."""
_OCTAL = {mode: f"{octal:06o}" for octal, mode in MODES.items()}
_LFS = b"version https://git-lfs.github.com/spec/v1\n"
_LFS_LIMIT = 1024  # the specification's own bound on a pointer file
_ESCAPE = re.compile(r"\\(?=x[0-9a-f]{2})")


def path_name(raw: bytes) -> str:
    """Give a path as text: UTF-8, other bytes as `\\xNN`. No two byte strings share a name: a backslash that could be
    taken for such an escape becomes `\\x5c` itself."""
    try:
        name = raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.replace(b"\\", b"\\x5c").decode("utf-8", "backslashreplace")
    return _ESCAPE.sub(r"\\x5c", name) if "\\x" in name else name


def mode_of(octal: int) -> Mode:
    """Read a mode as git writes it."""
    return MODES.get(octal, Mode.FILE)


def side_of(data: bytes, mode: Mode = Mode.FILE, git: str | None = None) -> Side:
    """Describe bytes as one side of a file."""
    return Side(mode=mode, size=len(data), sha256=hashlib.sha256(data).hexdigest(), git=git)


def listing_digest(entries: Iterable[tuple[bytes, Mode, str]]) -> str:
    """Give the SHA-256 over `<mode> blob <content SHA-256>\\t<path>\\0` of each entry (path, mode, digest), by path."""
    summed = hashlib.sha256()
    for raw, mode, digest in sorted(entries, key=lambda entry: entry[0]):
        summed.update(f"{_OCTAL[mode]} blob {digest}\t".encode() + raw + b"\0")
    return summed.hexdigest()


def gap(path: str, kind: GapKind, detail: str, *, introduced: bool = True) -> Gap:
    """Make a gap of this room."""
    return Gap(scanner="all", path=path, kind=kind, detail=detail, introduced=introduced)


def content_gap(path: str, mode: Mode, head: bytes, size: int) -> Gap | None:
    """Tell what the first bytes of a file say about not being the file itself: a link out of the tree, an LFS pointer.

    `head` is the whole link text for a symlink.
    """
    if mode is Mode.SUBMODULE:
        return gap(path, GapKind.SUBMODULE, "a submodule: its files belong to another repository")
    if mode is Mode.SYMLINK:
        if leaves_tree(path.encode(), head):
            return gap(path, GapKind.SYMLINK, "a symbolic link that points out of the tree; it is not followed")
        return None
    if is_pointer(head, size):
        return gap(path, GapKind.LFS_POINTER, "only the pointer is in the tree; the file itself lies in LFS storage")
    return None


def is_pointer(head: bytes, size: int) -> bool:
    """Tell by the first bytes of a file whether it is a pointer of Git LFS."""
    return size < _LFS_LIMIT and head.startswith(_LFS)


def leaves_tree(path: bytes, target: bytes) -> bool:
    """Tell whether a link at `path` (relative to the top) with this text points out of the tree."""
    if target.startswith(b"/"):
        return True
    place = normpath(dirname(path) + b"/" + target) if dirname(path) else normpath(target)
    return place == b".." or place.startswith((b"../", b"/"))
