"""A change out of a unified diff from anywhere: whole files where it creates or deletes them, pieces otherwise."""

import codecs
import hashlib
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from clearance.collect.memory import HeldContents
from clearance.collect.origin import Words, authorship
from clearance.collect.sides import content_gap, gap, is_pointer, path_name, side_of
from clearance.collect.unified import FilePatch, Hunk, read_unified
from clearance.facts.change import Change, ChangeKind, Collected, FileChange, Mode, Range, Revision, Side, Tree
from clearance.facts.errors import BadPatch
from clearance.facts.finding import Gap, GapKind
from clearance.facts.text import decode

SIZE_LIMIT = 64 << 20
"""The largest patch that is read, in bytes."""
_PROSE_LIMIT = 1 << 16
_FROM = re.compile(r"(?m)^(?:From|Author): {1,9}([^\n<]{0,200})<([^\n>]{0,200})>")


class _Read(NamedTuple):
    """One path of the patch, with the bytes of its sides."""

    file: FileChange
    before: bytes
    after: bytes


def patch(
    data: bytes, *, name: str = "standard input", agent: str | None = None, environment: Mapping[str, str] | None = None
) -> Collected:
    """Collect the change that a patch describes. `name` says where it came from; UTF-16 patches are understood.

    Unknown lines of a side are empty lines, so that line numbers are right; such files are `partial`, and one gap says so.

    Raises:
        BadPatch: it does not parse, contradicts itself, or names a path that leads out of the tree.
    """
    if len(data) > SIZE_LIMIT:
        raise BadPatch(
            f"larger than {SIZE_LIMIT >> 20} MiB", where=name, next="check the commits instead: --base and --head"
        )
    if not data.strip():
        raise BadPatch("empty", where=name, next="see whether the command that made it failed")
    patches, prose = read_unified(_utf8(data, name), name)
    reads = _merged(_read(file) for file in patches)
    words = _words(prose)
    change = Change(
        source="patch",
        base=None,
        head=Revision(label=name),
        tree=Tree(kind="patch", sha256=hashlib.sha256(data).hexdigest()),
        files=tuple(read.file for read in reads),
        author=authorship(agent, [words], environment or {}),
    )
    before = {read.file.path: read.before for read in reads if read.file.before}
    after = {read.file.path: read.after for read in reads if read.file.after}
    contents = HeldContents(before, after, after, complete=False)
    return Collected(change, contents, tuple(_gaps(reads)), {"message of the patch": words.message})


def _utf8(data: bytes, name: str) -> bytes:
    """Give the patch in UTF-8 where a byte order mark, or a NUL in every second byte, says that it is UTF-16 or UTF-32."""
    if data.startswith(codecs.BOM_UTF8):
        return data[len(codecs.BOM_UTF8) :]
    found = decode(data) if data[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE} or b"\0" in data[:4] else None
    if found is None or found.encoding == "utf-8":
        return data
    if found.broken:
        raise BadPatch(f"not the {found.encoding} that it starts as", where=name, next="write it in UTF-8")
    return found.text.removeprefix("\ufeff").encode("utf-8", "surrogatepass")


def _read(file: FilePatch) -> _Read:
    path = path_name(file.new_name or file.old_name or b"")
    before, after = _assembled(file.hunks, "before"), _assembled(file.hunks, "after")
    created, deleted = file.old_name is None or file.copied, file.new_name is None
    old = None if created else _side(before, file.old_mode)
    new = None if deleted else _side(after, file.new_mode or file.old_mode)
    shown = before if deleted else after
    kind = ChangeKind.DELETED if deleted else ChangeKind.ADDED if created else ChangeKind.MODIFIED
    return _Read(
        FileChange(
            path=path,
            kind=ChangeKind.RENAMED if file.renamed else kind,
            old_path=path_name(file.old_name) if file.renamed and file.old_name else None,
            before=old,
            after=new,
            added=_ranges(number for hunk in file.hunks for number in hunk.added),
            removed=() if old is None else _ranges(number for hunk in file.hunks for number in hunk.removed),
            binary=file.binary or decode(shown) is None or is_pointer(shown, len(shown)),
            partial=file.copied or not (created or deleted),
        ),
        before,
        after,
    )


def _side(data: bytes, mode: Mode | None) -> Side:
    if mode is Mode.SUBMODULE:
        return Side(mode=mode, size=0, sha256="")
    return side_of(data, mode or Mode.FILE)


def _assembled(hunks: list[Hunk], side: str) -> bytes:
    """Put the known lines of a side where they belong."""
    pieces: list[bytes] = []
    at = 1
    for hunk in hunks:
        start, lines = (hunk.old_start, hunk.old) if side == "before" else (hunk.new_start, hunk.new)
        if lines:
            pieces += [b"\n" * (start - at), *lines]
            at = start + len(lines)
    return b"".join(pieces)


def _ranges(numbers: Iterable[int]) -> tuple[Range, ...]:
    """Join ascending line numbers into ranges."""
    ranges: list[Range] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return tuple(ranges)


def _merged(reads: Iterable[_Read]) -> list[_Read]:
    """Make one change of a file that goes and comes back as something else (a file that becomes a symlink)."""
    found: dict[str, _Read] = {}
    for read in reads:
        gone = found.get(read.file.path)
        if gone is None:
            found[read.file.path] = read
            continue
        file = FileChange(
            path=read.file.path,
            kind=ChangeKind.MODIFIED,
            before=gone.file.before,
            after=read.file.after,
            added=read.file.added,
            removed=gone.file.removed,
            binary=read.file.binary,
        )
        found[file.path] = _Read(file, gone.before, read.after)
    return [found[path] for path in sorted(found)]


def _words(prose: bytes) -> Words:
    """Read a mail's or a commit's words in front of the patch."""
    text = prose[:_PROSE_LIMIT].decode("utf-8", "replace").replace("\r\n", "\n")
    author = _FROM.search(text)
    return Words(author[1].strip() if author else "", author[2].strip() if author else "", text, "")


def _gaps(reads: list[_Read]) -> Iterable[Gap]:
    if any(read.file.partial for read in reads):
        yield gap("", GapKind.PARTIAL, "a patch holds only pieces of the files that it changes")
    for read in reads:
        if read.file.after:
            said = content_gap(read.file.path, read.file.after.mode, read.after, len(read.after))
            if said:
                yield said
            elif read.file.binary and not read.after:
                yield gap(read.file.path, GapKind.BINARY, "a patch tells of binary content only that there is some")
