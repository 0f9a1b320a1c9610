"""The patch format that Codex and Copilot give to `apply_patch`, as writes.

    *** Begin Patch
    *** Add File: PATH          lines that begin with +
    *** Delete File: PATH
    *** Update File: PATH       then maybe *** Move to: PATH, then hunks: @@ headers, lines that begin with + - or a blank,
    *** End Patch               and maybe *** End of File

Source: the grammar that Codex gives to its models. It is read as loosely as Codex itself reads it: a line of an update that
begins with a blank is text, whatever stands in it; elsewhere blanks around a header do not count.
"""

import re

from clearance.facts.act import Replacement, Write
from clearance.frontends.hooks.reading import Unread

BEGIN = "*** Begin Patch"
_END = "*** End Patch"
_FILE = re.compile(r"\*\*\* (Add|Delete|Update) File:(.*)")
_MOVE = "*** Move to:"
_LAST = "*** End of File"
_ENVIRONMENT = "*** Environment ID:"
# Readers of this format differ in whether a lone carriage return ends a line, and in what they strip.
_SPLIT = re.compile(r"\r\s*\*\*\* (?:Add|Delete|Update|Move|Begin|End) ")
_BLANKS = " \t\n\r\x0b\x0c\x85\u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))


class _File:
    """One file of a patch while its lines are gathered."""

    def __init__(self, head: re.Match[str]) -> None:
        self.what, self.path = head[1], head[2].strip(_BLANKS)
        self.lines: list[str] = []
        if not self.path:
            raise Unread("the patch has a file without a name")

    def write(self) -> Write:
        if self.what == "Delete":
            if any(line.strip() for line in self.lines):
                raise Unread("the patch deletes a file and goes on with its text")
            return Write(path=self.path, gone=True)
        return self._added() if self.what == "Add" else self._updated()

    def _added(self) -> Write:
        if any(line.strip() and not line.startswith("+") for line in self.lines):
            raise Unread("the patch adds a file with a line that does not begin with +")
        return Write(path=self.path, text="".join(f"{line[1:]}\n" for line in self.lines if line.startswith("+")))

    def _updated(self) -> Write:
        lines, moved = self.lines, ""
        if lines and lines[0].startswith(_MOVE):
            lines, moved = lines[1:], lines[0].removeprefix(_MOVE).strip(_BLANKS)
        while lines and not lines[-1].strip():
            lines = lines[:-1]  # blank lines before the next file are of no hunk
        edits = tuple(_edits(lines))
        if not edits and not moved:
            raise Unread("the patch updates a file without a change")
        return Write(path=self.path, edits=edits, moved_to=moved)


def read_patch(text: str) -> tuple[Write, ...]:
    """Read all patches of a text. What stands around them (a shell's heredoc) is passed over.

    Raises:
        Unread: no patch, a header outside of one, a line of no file or that begins with nothing known, no file at all.
    """
    if "\r" in text and _SPLIT.search(text.replace("\r\n", "\n")):
        raise Unread("the patch has a header behind a lone carriage return")
    files: list[_File] = []
    current: _File | None = None
    inside = False
    for raw in text.split("\n"):
        line = raw.removesuffix("\r")
        told = (line if current is not None and current.what == "Update" else line.lstrip(_BLANKS)).rstrip(_BLANKS)
        if not inside:
            inside = told == BEGIN
            if _FILE.fullmatch(told):
                raise Unread("the patch has a file outside of its beginning and end")
        elif told == _END:
            inside, current = False, None
        elif found := _FILE.fullmatch(told):
            current = _File(found)
            files.append(current)
        elif current is not None:
            current.lines.append(line)
        elif told and not told.startswith(_ENVIRONMENT):
            raise Unread("the patch has a line that belongs to no file")
    if not files:
        raise Unread("the patch names no file")
    return tuple(file.write() for file in files)


def read_patch_of_command(command: str) -> tuple[Write, ...]:
    """Read the patches that a shell command gives to `apply_patch`, in a heredoc or in quotes.

    Raises:
        Unread: as `read_patch`.
    """
    lines = (_bare(line) for line in command.split("\n"))
    return read_patch("\n".join(lines))


def _bare(line: str) -> str:
    """A line without the shell around the first and the last line of a patch."""
    if line.rstrip().endswith(BEGIN) and not line.startswith((" ", "+", "-")):
        return BEGIN
    return _END if line.startswith(_END) else line


def _edits(lines: list[str]) -> list[Replacement]:
    """The hunks of one file. One without old lines goes to the end of the file, as Codex does it."""
    edits: list[Replacement] = []
    old: list[str] = []
    new: list[str] = []
    for line in [*lines, "@@"]:
        if line.startswith("@@"):
            if old or new:
                edits.append(Replacement(old="".join(old), new="".join(new)))
            old, new = [], []
        elif line == _LAST:
            continue
        elif line and line[0] not in " +-":
            raise Unread("the patch has a line that begins with none of + - @ and a blank")
        else:
            if line[:1] != "+":
                old.append(f"{line[1:]}\n")
            if line[:1] != "-":
                new.append(f"{line[1:]}\n")
    return edits
