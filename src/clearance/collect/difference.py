"""What differs between two trees, in git's own words."""

import re
from typing import NamedTuple

from clearance.collect.blob import Blob
from clearance.collect.command import answers
from clearance.collect.lines import by_bytes, compare, whole
from clearance.collect.objects import Objects
from clearance.collect.shadow import Shadow
from clearance.collect.sides import content_gap, is_pointer, mode_of, path_name
from clearance.facts.change import ChangeKind, FileChange, Mode, Range, Side
from clearance.facts.errors import CollectError
from clearance.facts.finding import Gap

_COMPARED = 4 << 20
_RENAMES = ["-M", "--no-rename-empty", "-l1000"]
_TREE = ["diff-tree", "-r", "-z", "--raw", "--full-index", "--no-abbrev", "--ignore-submodules=none", *_RENAMES]
_LINES = ["-p", "-U0", "--no-ext-diff", "--no-textconv", "--no-color", "--diff-filter=MR"]
# Without context a line that starts like this is never content, which starts with `+`, `-` or a backslash.
_SECTIONS = re.compile(rb"^(?:diff --git |@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@)", re.MULTILINE)
_KINDS = {"A": ChangeKind.ADDED, "D": ChangeKind.DELETED, "R": ChangeKind.RENAMED}

Hunks = tuple[list[Range], list[Range]]
"""Ranges added and removed."""


class End(NamedTuple):
    """One end of an entry: what it is, and the id of its object."""

    mode: Mode
    oid: str


class Entry(NamedTuple):
    """One line of `git diff-tree --raw`: a status letter, and path and end of both sides (None: not there)."""

    status: str
    old_path: str
    path: str
    old: End | None
    new: End | None


class Difference(NamedTuple):
    """What differs between two trees. `listing` is the output of `git ls-tree -r -z --full-tree` for the second one."""

    files: tuple[FileChange, ...]
    gaps: tuple[Gap, ...]
    listing: bytes


def difference(shadow: Shadow, base: str, head: str) -> Difference:
    """Compare two trees by their ids.

    Raises:
        CollectError: git could not, or an object is missing.
    """
    compared = [[*_TREE, base, head], [*_TREE, *_LINES, base, head]] if base != head else []
    listed = ["ls-tree", "-r", "-z", "--full-tree", head]
    listing, *rest = answers([shadow.start(arguments) for arguments in (listed, *compared)])
    known = listing.wanted("the tree cannot be listed", shadow.advice)
    if not rest:
        return Difference((), (), known)
    raw, lines = (answer.wanted("the trees cannot be compared", shadow.advice) for answer in rest)
    entries, _ = _entries(raw)
    sides = {side.oid for entry in entries for side in (entry.old, entry.new) if side and side.mode is not Mode.SUBMODULE}
    blobs = shadow.objects.look(sorted(sides))
    hunks = _hunks(lines)
    files = tuple(_file(entry, blobs, hunks, shadow.objects) for entry in entries)
    gaps = (_gap(file, blobs) for file in files)
    return Difference(files, tuple(found for found in gaps if found), known)


def _entries(raw: bytes) -> tuple[list[Entry], int]:
    """Read `:<mode> <mode> <id> <id> <status>\\0<path>\\0[<path>\\0]`; give also where the patch starts, if there is one."""
    entries: list[Entry] = []
    at = 0
    while raw[at : at + 1] == b":":
        fields, at = _until_nul(raw, at)
        old_mode, mode, old, new, status = fields[1:].decode().split(" ")
        old_path, at = _until_nul(raw, at)
        path, at = _until_nul(raw, at) if status[0] in "RC" else (old_path, at)
        if status[0] not in "ADMRT":
            raise CollectError(f"git reports a change of an unknown kind, {status}", where=path_name(path))
        entries.append(Entry(status[0], path_name(old_path), path_name(path), _end(old_mode, old), _end(mode, new)))
    return entries, at


def _until_nul(data: bytes, at: int) -> tuple[bytes, int]:
    end = data.index(b"\0", at)
    return data[at:end], end + 1


def _end(mode: str, oid: str) -> End | None:
    return End(mode_of(int(mode, 8)), oid) if oid.strip("0") else None


def _hunks(output: bytes) -> dict[str, Hunks]:
    """Read the line ranges of each modified or renamed path out of `--raw -p -U0`; absent: git saw no text."""
    entries, at = _entries(output)
    found: dict[str, Hunks] = {}
    section = -1
    for match in _SECTIONS.finditer(output[at + 1 :]):
        if match[1] is None:
            section += 1
            continue
        added, removed = found.setdefault(entries[section].path, ([], []))
        for ranges, first, count in ((removed, match[1], match[2]), (added, match[3], match[4])):
            start, length = int(first), int(count) if count else 1
            if length:
                ranges.append((start, start + length - 1))
    if section + 1 != len(entries):
        raise CollectError("git described another number of files than it listed")
    return found


def _file(entry: Entry, blobs: dict[str, Blob], hunks: dict[str, Hunks], objects: Objects) -> FileChange:
    before, after = _side(entry.old, blobs), _side(entry.new, blobs)
    old, new = (blobs.get(end.oid) if end else None for end in (entry.old, entry.new))
    added, removed = _ranges(entry, old, new, hunks, objects)
    shown = new if entry.new else old
    return FileChange(
        path=entry.path,
        kind=_KINDS.get(entry.status, ChangeKind.MODIFIED),
        old_path=entry.old_path if entry.status == "R" else None,
        before=before,
        after=after,
        added=added,
        removed=removed,
        binary=shown is not None and (shown.encoding is None or is_pointer(shown.head, shown.size)),
    )


def _side(end: End | None, blobs: dict[str, Blob]) -> Side | None:
    if end is None:
        return None
    blob = blobs.get(end.oid)
    if blob is None:  # a submodule: the commit is not ours to read
        return Side(mode=end.mode, size=0, sha256="", git=end.oid)
    return Side(mode=end.mode, size=blob.size, sha256=blob.sha256, git=end.oid)


def _ranges(
    entry: Entry, old: Blob | None, new: Blob | None, hunks: dict[str, Hunks], objects: Objects
) -> tuple[tuple[Range, ...], tuple[Range, ...]]:
    """Give added and removed lines. Where git saw no text but there is some, all of it counts as changed."""
    if entry.old and entry.new and entry.old.oid == entry.new.oid:
        return (), ()
    if new is not None and new.encoding is None:
        return (), ()
    if old and new and old.encoding and new.encoding and entry.status in "MR" and entry.old and entry.new:
        if not (by_bytes(old.encoding) and by_bytes(new.encoding)):
            if max(old.size, new.size) <= _COMPARED:
                lines = compare(objects.read(entry.old.oid, _COMPARED), objects.read(entry.new.oid, _COMPARED))
                return lines.added, lines.removed
        elif entry.path in hunks:
            added, removed = hunks[entry.path]
            return tuple(added), tuple(removed)
    return whole(new.lines if new else 0), whole(old.lines if old else 0)


def _gap(file: FileChange, blobs: dict[str, Blob]) -> Gap | None:
    after = file.after
    if after is None:
        return None
    blob = blobs.get(after.git or "")
    return content_gap(file.path, after.mode, blob.head if blob else b"", after.size)
