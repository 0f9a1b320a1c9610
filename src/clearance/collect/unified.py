"""A reader of unified diffs, as git, diff, Mercurial and Subversion write them. Every input gives files or `BadPatch`.

Formats: POSIX `diff -u`; "Generating patch text with -p" and "binary patch" of git-diff(1). Time and memory are linear in
the input: no line is looked at more than twice, and line numbers that nothing stands behind are bounded.
"""

import re
from typing import NamedTuple, NoReturn

from clearance.collect.patch_names import NOTHING, QUOTED, agree, header_names, plain_names, tail, unescaped, unprefixed
from clearance.collect.sides import mode_of
from clearance.facts.change import Mode
from clearance.facts.errors import BadPatch

LINE_LIMIT = 2_000_000
"""No hunk may reach beyond this line: the pieces of a file are padded with empty lines up to it."""
PADDING_LIMIT = 8_000_000
"""How many padding lines all files of a patch together may need."""

_HUNK = re.compile(rb"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_BINARY = re.compile(rb"Binary files .* differ$")

_EXTENDED = (
    b"old mode ", b"new mode ", b"deleted file mode ", b"new file mode ", b"copy from ", b"copy to ", b"rename from ",
    b"rename to ", b"similarity index ", b"dissimilarity index ", b"index ", b"GIT binary patch", b"Binary files ", b"--- ",
)  # fmt: skip


class Hunk(NamedTuple):
    """A hunk: first lines (from 1) and the lines of both sides, ends included, and which of them are not shared."""

    old_start: int
    new_start: int
    old: list[bytes]
    new: list[bytes]
    removed: list[int]
    """Numbers of lines of the old side that are gone."""
    added: list[int]
    """Numbers of lines of the new side that are new."""


class FilePatch:
    """What a patch says about one file. A name is None where the file does not exist on that side."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.old_name: bytes | None = None
        self.new_name: bytes | None = None
        self.old_mode: Mode | None = None
        self.new_mode: Mode | None = None
        self.renamed = False
        self.copied = False
        self.binary = False
        self.hunks: list[Hunk] = []


def read_unified(data: bytes, where: str) -> tuple[list[FilePatch], bytes]:
    """Read a patch; give its files, and the prose before the first one (a mail's or commit's words).

    Raises:
        BadPatch: with `where` as `<where>:<line>`.
    """
    return _Reader(data, where).read()


class _Reader:
    def __init__(self, data: bytes, where: str) -> None:
        self._lines = data.split(b"\n")
        if self._lines[-1] == b"":
            self._lines.pop()
        self._where = where
        self._at = 0
        self._padding = 0

    def read(self) -> tuple[list[FilePatch], bytes]:
        files: list[FilePatch] = []
        prose = 0
        while self._at < len(self._lines):
            line = self._line()
            if line.startswith(b"diff --git "):
                files.append(self._git_file())
            elif self._plain_starts():
                files.append(self._plain_file())
            elif line.startswith((b"diff --cc ", b"diff --combined ", b"@@@ ")):
                self._fail("a combined diff of a merge", "make a diff against one parent: git diff base...head")
            elif line == b"***************":
                self._fail("a context diff", "make a unified one: diff -u")
            elif _HUNK.match(line):
                self._fail("a hunk without a file", "keep the lines that start with --- and +++")
            elif _BINARY.match(line):
                files.append(self._plain_binary())
            else:
                self._at += 1
                prose = prose if files else self._at
        if not files:
            self._at = 0
            self._fail("no file is changed here: this is no unified diff", "make one with `git diff` or `diff -u`")
        self._distinct(files)
        return files, b"\n".join(self._lines[:prose])

    def _line(self, ahead: int = 0) -> bytes:
        """Give a line without its end (also without the carriage return of a mail or an editor)."""
        at = self._at + ahead
        return self._lines[at].removesuffix(b"\r") if at < len(self._lines) else b""

    def _fail(self, what: str, advice: str = "", *, at: int | None = None) -> NoReturn:
        line = (self._at if at is None else at) + 1
        raise BadPatch(what, where=f"{self._where}:{line}", next=advice or "make the patch again")

    def _git_file(self) -> FilePatch:
        file = FilePatch(self._at + 1)
        header = header_names(self._line()[len(b"diff --git ") :])
        self._at += 1
        moved: dict[bytes, bytes] = {}
        created = deleted = False
        named: tuple[bytes, bytes] | None = None
        while self._at < len(self._lines):
            line = self._line()
            kind = next((kind for kind in _EXTENDED if line.startswith(kind)), None)
            if kind is None:
                break
            value = line[len(kind) :]
            match kind:
                case b"old mode ":
                    file.old_mode = self._mode(value)
                case b"new mode ":
                    file.new_mode = self._mode(value)
                case b"new file mode ":
                    created, file.new_mode = True, self._mode(value)
                case b"deleted file mode ":
                    deleted, file.old_mode = True, self._mode(value)
                case b"index " if b" " in value:
                    file.old_mode = file.new_mode = self._mode(value.rpartition(b" ")[2])
                case b"rename from " | b"rename to " | b"copy from " | b"copy to ":
                    moved[kind] = self._name(value)
                case b"GIT binary patch":
                    self._skip_binary()
                    file.binary = True
                    break
                case b"Binary files ":
                    file.binary = True
                    self._at += 1
                    break
                case b"--- ":
                    named = self._names()
                    file.hunks = self._hunks()
                    break
            self._at += 1
        file.renamed, file.copied = b"rename to " in moved, b"copy to " in moved
        old, new = self._git_names(file, header, moved, named)
        file.old_name = None if created or old == NOTHING else self._safe(old, file)
        file.new_name = None if deleted or new == NOTHING else self._safe(new, file)
        self._consistent(file)
        return file

    def _git_names(
        self,
        file: FilePatch,
        header: tuple[bytes, bytes] | None,
        moved: dict[bytes, bytes],
        named: tuple[bytes, bytes] | None,
    ) -> tuple[bytes, bytes]:
        """Settle on the names of both sides; every place that names them must say the same."""
        if moved:
            word = b"rename" if file.renamed else b"copy"
            old, new = moved.get(word + b" from "), moved.get(word + b" to ")
            if old is None or new is None or len(moved) != 2:
                self._fail("a rename or copy needs one line `from` and one line `to`", at=file.line - 1)
            known = {(old, new)}
        elif header:
            old, new = unprefixed(*header)
            known = {(old, new)}
        elif named:
            return unprefixed(*named)
        else:
            self._fail("the names cannot be told apart", at=file.line - 1)
        if named:
            plain = {named, unprefixed(*named), tuple(name if name == NOTHING else tail(name) for name in named)}
            if not any(agree(one, other) for one in plain for other in known):
                self._fail("two lines of this file name different files", at=file.line - 1)
            if NOTHING in named:
                return (named[0] if named[0] == NOTHING else old), (named[1] if named[1] == NOTHING else new)
        return old, new

    def _plain_starts(self) -> bool:
        return self._line().startswith(b"--- ") and self._line(1).startswith(b"+++ ") and self._line(2).startswith(b"@@ ")

    def _plain_file(self) -> FilePatch:
        file = FilePatch(self._at + 1)
        absent = [b"\t1970-01-01 " in self._line(ahead) or b"\t1969-12-31 " in self._line(ahead) for ahead in (0, 1)]
        old, new = self._names()
        file.hunks = self._hunks()
        empty = [not any(hunk.old for hunk in file.hunks), not any(hunk.new for hunk in file.hunks)]
        name, other = plain_names(old, new)
        file.old_name = None if old == NOTHING or (absent[0] and empty[0]) else self._safe(other, file)
        file.new_name = None if new == NOTHING or (absent[1] and empty[1]) else self._safe(name, file)
        self._consistent(file)
        return file

    def _plain_binary(self) -> FilePatch:
        file = FilePatch(self._at + 1)
        line = self._line()
        text = line[len(b"Binary files ") : -len(b" differ")]
        if text.count(b" and ") != 1:
            self._fail("the names of these binary files cannot be told apart")
        old, _, new = text.partition(b" and ")
        name, other = plain_names(old, new)
        file.old_name = None if old == NOTHING else self._safe(other, file)
        file.new_name = None if new == NOTHING else self._safe(name, file)
        file.binary = True
        self._at += 1
        self._consistent(file)
        return file

    def _names(self) -> tuple[bytes, bytes]:
        """Read the lines `--- <name>` and `+++ <name>`."""
        old = self._name(self._line()[4:])
        self._at += 1
        if not self._line().startswith(b"+++ "):
            self._fail("a line that starts with +++ must follow the one that starts with ---")
        new = self._name(self._line()[4:])
        self._at += 1
        return old, new

    def _name(self, text: bytes) -> bytes:
        """Read a name: in C quotes, or up to a tab."""
        if not text.startswith(b'"'):
            return text.split(b"\t", 1)[0]
        quoted = QUOTED.match(text)
        if not quoted:
            self._fail("a quoted name does not end")
        return unescaped(quoted[1])

    def _mode(self, value: bytes) -> Mode:
        if not (len(value) == 6 and value.isdigit() and not set(b"89") & set(value)):
            self._fail("not a file mode")
        return mode_of(int(value, 8))

    def _safe(self, name: bytes, file: FilePatch) -> bytes:
        """Refuse a name that leaves the tree or enters the git directory."""
        parts = name.split(b"/")
        if name.startswith(b"/") or b".." in parts:
            self._fail("a name that leads out of the tree", "make the patch inside the repository", at=file.line - 1)
        kept = [part for part in parts if part not in {b"", b"."}]
        if not kept or b"\0" in name or any(part.lower() == b".git" for part in kept):
            self._fail("a name that no file of a tree can have", at=file.line - 1)
        return b"/".join(kept)

    def _consistent(self, file: FilePatch) -> None:
        """Refuse a file that is on no side, or has lines on a side on which it is not."""
        old, new = any(hunk.old for hunk in file.hunks), any(hunk.new for hunk in file.hunks)
        if file.old_name is None and file.new_name is None:
            self._fail("a file that is on neither side", at=file.line - 1)
        if (file.old_name is None and old) or (file.new_name is None and new):
            self._fail("lines on a side on which the file does not exist", at=file.line - 1)

    def _skip_binary(self) -> None:
        """Pass over the one or two blocks of a binary patch."""
        self._at += 1
        if not self._line().startswith((b"literal ", b"delta ")):
            self._fail("a binary patch without its data")
        while self._line().startswith((b"literal ", b"delta ")):
            while self._at < len(self._lines) and self._line():
                self._at += 1
            self._at += 1

    def _hunks(self) -> list[Hunk]:
        hunks: list[Hunk] = []
        while self._line().startswith(b"@@ "):
            hunks.append(self._hunk(hunks[-1] if hunks else None))
        if not hunks:
            self._fail("a hunk must follow the names")
        return hunks

    def _hunk(self, before: Hunk | None) -> Hunk:
        header = _HUNK.match(self._line())
        if not header:
            self._fail("not a hunk header")
        converted = self._lines[self._at].endswith(b"\r")
        old_first, old_left = self._span(header[1], header[2])
        new_first, new_left = self._span(header[3], header[4])
        old_end, new_end = (before.old_start + len(before.old), before.new_start + len(before.new)) if before else (1, 1)
        closed = before and any(side and not side[-1].endswith(b"\n") for side in (before.old, before.new))
        if old_first < old_end or new_first < new_end or closed:
            self._fail("hunks that overlap or go backwards")
        self._padding += old_first - old_end + new_first - new_end
        if self._padding > PADDING_LIMIT:
            self._fail("hunks too far apart", f"all files together may leave out {PADDING_LIMIT} lines")
        hunk = Hunk(old_first, new_first, [], [], [], [])
        start = self._at
        self._at += 1
        while old_left or new_left:
            if self._at >= len(self._lines):
                self._fail("this hunk promises more lines than there are", at=start)
            raw = self._lines[self._at]
            raw = raw.removesuffix(b"\r") if converted else raw
            tag = raw[:1] or b" "
            old, new = tag in b" -", tag in b" +"
            if tag not in b" -+" or old > old_left or new > new_left:
                self._fail("this hunk does not hold what its header promises", at=start)
            self._take(hunk, raw[1:], old=old, new=new)
            old_left, new_left = old_left - old, new_left - new
        self._nothing_more(start)
        return hunk

    def _take(self, hunk: Hunk, text: bytes, *, old: bool, new: bool) -> None:
        """Add a line to its sides, and look whether the next line says that its end is missing."""
        self._at += 1
        bare = self._line().startswith(b"\\")
        self._at += bare
        line = text if bare else text + b"\n"
        for wanted, side in ((old, hunk.old), (new, hunk.new)):
            if not wanted:
                continue
            if side and not side[-1].endswith(b"\n"):
                self._fail("lines after the one that has no end")
            side.append(line)
        if old and not new:
            hunk.removed.append(hunk.old_start + len(hunk.old) - 1)
        elif new and not old:
            hunk.added.append(hunk.new_start + len(hunk.new) - 1)

    def _nothing_more(self, start: int) -> None:
        """Refuse lines behind a hunk that look like more of it: its header would hide them."""
        if self._at >= len(self._lines):
            return
        line = self._line()
        another = line.startswith(b"--- ") and self._line(1).startswith(b"+++ ")
        signature = line in {b"-- ", b"--", b"---"}
        if line.startswith((b"+", b" ", b"\\")) or (line.startswith(b"-") and not another and not signature):
            self._fail("this hunk holds more than its header promises", at=start)

    def _span(self, start: bytes, count: bytes | None) -> tuple[int, int]:
        """Give first line and number of lines of one side of a hunk header."""
        first, length = int(start), 1 if count is None else int(count)
        if first + length > LINE_LIMIT:
            self._fail("a line number beyond any file", f"lines up to {LINE_LIMIT} are read")
        if length and not first:
            self._fail("lines are counted from 1")
        return (first if length else first + 1), length

    def _distinct(self, files: list[FilePatch]) -> None:
        """Refuse a second patch of a file, but for a file that goes and comes back as something else."""
        seen: dict[bytes, FilePatch] = {}
        for file in files:
            name = file.new_name or file.old_name or b""
            other = seen.get(name)
            if other and not (other.new_name is None and file.old_name is None):
                self._fail("a file that this patch changed before", "make one diff of the whole", at=file.line - 1)
            seen[name] = file
