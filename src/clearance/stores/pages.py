"""Rule pages where they rest: beside the code of the package, and in a folder of a team's own."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

BUILTIN = Path(__file__).parents[1] / "rules"
"""The folder of the built-in pages."""
TEAM = ".clearance/rules"
"""The folder of a team's pages, from the top of its repository."""
_MAX_BYTES = 1_048_576
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def builtin_pages() -> dict[str, str]:
    """Read the built-in pages: path (`rules/<family>/<id>.md`) to text."""
    return pages_in(BUILTIN, shown="rules")


def builtin_stamp() -> str:
    """Give a fingerprint of the built-in pages that needs no file to be opened: the SHA-256 of their names, sizes and times
    of change, in hexadecimal. It names a compiled catalogue in a cache, together with the version of Clearance."""
    stamp = hashlib.sha256()
    for path, entry in _walk(BUILTIN):
        status = entry.stat(follow_symlinks=False)
        stamp.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return stamp.hexdigest()


def code_stamp() -> str:
    """Give a fingerprint of everything that the package ships: names, sizes and times of change, in hexadecimal. What one
    version of the code found, another may not."""
    stamp = hashlib.sha256()
    top = os.fspath(BUILTIN.parent)
    waiting = [top]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                if entry.is_dir(follow_symlinks=False):
                    if entry.name != "__pycache__":
                        waiting.append(entry.path)
                    continue
                status = entry.stat(follow_symlinks=False)
                stamp.update(f"{entry.path[len(top) :]}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return stamp.hexdigest()


def pages_in(folder: Path, *, shown: str) -> dict[str, str]:
    """Read all `<family>/<name>.md` of a folder, under the paths `<shown>/<family>/<name>.md`; nothing where it is missing.

    Symlinks are not followed. A file that cannot be read, is larger than 1 MiB or is not UTF-8 gives text that is no page,
    so that the reader of pages names it.

    Raises:
        OSError: a folder cannot be listed.
    """
    return {f"{shown}/{path}": read_text(Path(entry.path)) for path, entry in _walk(folder)}


def read_text(file: Path) -> str:
    """Read one page; bytes that are not UTF-8 become lone surrogates, and what cannot be read becomes empty text."""
    try:
        with os.fdopen(os.open(file, _READ), "rb") as opened:
            return opened.read(_MAX_BYTES + 1).decode("utf-8", "surrogateescape")
    except OSError:
        return ""


def _walk(folder: Path) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
    """Give each page's path below the folder with its entry, sorted. A symlink to a page is given, and reads as no page."""
    for family in _entries(folder):
        for entry in _entries(Path(family.path)):
            if entry.name.endswith(".md"):
                yield _utf8(f"{family.name}/{entry.name}"), entry


def _entries(folder: Path) -> list["os.DirEntry[str]"]:
    """List a folder, sorted by name; nothing where it is missing or a symlink."""
    if folder.is_symlink() or not folder.is_dir():
        return []
    with os.scandir(folder) as found:
        return sorted(found, key=lambda entry: entry.name)


def _utf8(name: str) -> str:
    """Write bytes of a name that are not UTF-8 as `\\xNN`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
