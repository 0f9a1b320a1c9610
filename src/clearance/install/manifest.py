"""What was installed here, remembered so that it can be taken out byte for byte. Nothing of the files themselves is kept."""

from collections.abc import Iterable, Mapping

import msgspec

from clearance.facts.errors import BadFile
from clearance.facts.fact import Fact

PLACE = ".clearance/installed.json"
_MOST_FILES = 10_000


class Hollow(Fact):
    """An object or array that stood there empty before: keys and places that lead to it, the white space inside."""

    at: tuple[str | int, ...]
    inside: str


class Held(Fact):
    """One file that holds something of ours.

    `parts` are the names of our parts with the digest of what we wrote, `made`: there was no such file; `blank`: what
    stood in it where that was white space only; `filled`: what was empty; `seeded`: members of its top that we had to
    add."""

    path: str
    parts: dict[str, str]
    made: bool = False
    blank: str | None = None
    filled: tuple[Hollow, ...] = ()
    seeded: tuple[str, ...] = ()


class Manifest(Fact):
    """All files of one book, sorted by path, and the folders that had to be made (the outermost first)."""

    version: str = ""
    files: tuple[Held, ...] = ()
    folders: tuple[str, ...] = ()


def decode(data: bytes | None, where: str) -> Manifest:
    """Read a manifest; an empty one where there is none.

    Raises:
        BadFile: it is no manifest, or says something that we never write.
    """
    if data is None:
        return Manifest()
    try:
        found = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise _bad(where) from None
    spaces = [one.inside for held in found.files for one in held.filled]
    spaces += [held.blank for held in found.files if held.blank is not None]
    paths = [held.path for held in found.files] + list(found.folders)
    sound = all(not space.strip(" \t\r\n\ufeff") for space in spaces) and len(paths) <= _MOST_FILES
    if not sound or not all(_harmless(path, shared=where == PLACE) for path in paths):
        raise _bad(where)
    return found


def encode(manifest: Manifest) -> bytes:
    """Write a manifest, one line a member."""
    return msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=2) + b"\n"


def updated(old: Manifest, version: str, files: Mapping[str, Held | None], folders: Iterable[str]) -> Manifest:
    """Put new records in the place of old ones (None: nothing of ours is left there); an empty one loses its version."""
    kept = {held.path: held for held in old.files} | dict(files)
    held = tuple(one for _, one in sorted(kept.items()) if one is not None and one.parts)
    return Manifest(version=version if held else "", files=held, folders=tuple(dict.fromkeys(folders)) if held else ())


def _harmless(path: str, *, shared: bool) -> bool:
    """Tell whether a path stays below its folder and out of git's own. Only the private book of a clone names files in the
    git directory, by `.git` in front; the one that is committed, `shared`, comes from others."""
    parts = path.split("/")
    inner = parts if shared or parts[0] != ".git" else parts[1:]
    git = any(part.casefold().rstrip(". ") == ".git" for part in inner)
    return not (path.startswith("/") or ".." in parts or "\0" in path or git)


def _bad(where: str) -> BadFile:
    return BadFile(
        "not a record of ours",
        where=where,
        next="remove it: uninstall then goes by the marks and command lines alone",
    )
