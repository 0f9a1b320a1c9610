"""A document as the editor has it: its text, edited in place, and positions in the units that were agreed on.

pygls keeps documents, too, but ends lines where Python does, at form feeds and U+2028 say; the protocol ends them at LF,
CRLF and CR alone. One such character and every later edit would land in the wrong place.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Literal

from lsprotocol import types

Units = Literal["utf-8", "utf-16", "utf-32"]
_ENDS = re.compile(r"\r\n|\n|\r")


class Document:
    """The text of one document, its version as the editor counts, and the language that the editor takes it for."""

    def __init__(self, uri: str, text: str, version: int, language: str, units: Units) -> None:
        self.uri = uri
        self.text = text
        self.version = version
        self.language = language
        self._units = units
        self._starts = _starts(text)

    def change(self, changes: Sequence[types.TextDocumentContentChangeEvent], version: int) -> None:
        """Apply edits, each to what the ones before it left."""
        for change in changes:
            if isinstance(change, types.TextDocumentContentChangePartial):
                first, last = self.offset(change.range.start), self.offset(change.range.end)
                self._splice(min(first, last), max(first, last), change.text)
            else:
                self.text = change.text
                self._starts = _starts(change.text)
        self.version = version

    def _splice(self, first: int, last: int, new: str) -> None:
        """Put `new` in place of a span. Only lines that the edit touches are looked for anew."""
        self.text = self.text[:first] + new + self.text[last:]
        # A line end may come to be, or go, where the edit meets what stands around it: one line more on each side.
        begin = max(bisect_right(self._starts, first) - 2, 0)
        after = bisect_right(self._starts, last) + 1
        moved = len(new) - (last - first)
        tail = [start + moved for start in self._starts[after:]]
        end = tail[0] if tail else len(self.text)
        here = self._starts[begin]
        between = [start + here for start in _starts(self.text[here:end]) if start + here < end or not tail]
        self._starts = [*self._starts[:begin], *between, *tail]

    def offset(self, position: types.Position) -> int:
        """Give the offset in code points of a position; what lies behind a line's or the text's end is that end."""
        if position.line >= len(self._starts):
            return len(self.text)
        line = self._line(position.line)
        return self._starts[position.line] + _points(line, position.character, self._units)

    def position(self, line: int, column: int) -> types.Position:
        """Give the position of a place of the house: line from 1 (ended by LF alone), column in code points from 1."""
        return self.position_at(self._house_start(line) + max(column - 1, 0))

    def position_at(self, offset: int) -> types.Position:
        """Give the position of an offset in code points."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._starts, offset) - 1
        head = self.text[self._starts[line] : offset]
        return types.Position(line=line, character=_width(head, self._units))

    def _line(self, number: int) -> str:
        end = self._starts[number + 1] if number + 1 < len(self._starts) else len(self.text)
        return self.text[self._starts[number] : end].rstrip("\r\n")

    def _house_start(self, line: int) -> int:
        if "\r" not in self.text:
            return self._starts[min(max(line, 1), len(self._starts)) - 1]
        at = 0
        for _ in range(line - 1):
            found = self.text.find("\n", at)
            if found < 0:
                return len(self.text)
            at = found + 1
        return at


def _starts(text: str) -> list[int]:
    return [0, *(found.end() for found in _ENDS.finditer(text))]


def _points(line: str, units: int, kind: Units) -> int:
    """Give the code points that so many units of a line are."""
    if kind == "utf-32" or line.isascii():
        return min(units, len(line))
    if kind == "utf-8":
        return len(line.encode("utf-8", "replace")[:units].decode("utf-8", "ignore"))
    return len(line.encode("utf-16-le", "surrogatepass")[: 2 * units].decode("utf-16-le", "ignore"))


def _width(text: str, kind: Units) -> int:
    """Give the units that a text takes."""
    if kind == "utf-32" or text.isascii():
        return len(text)
    return len(text.encode("utf-8", "replace")) if kind == "utf-8" else len(text.encode("utf-16-le", "surrogatepass")) // 2
