"""Text taken out of a file, decoded or joined, that still knows where each of its characters stands there."""

import re
from bisect import bisect_right
from collections.abc import Iterable

from clearance.scan.family import Span

UNKNOWN = "\0"
"""Stands in a `Placed` for what is only known when the text runs: a variable, the output of a command, a template."""
_ESCAPE = re.compile(r"\\(?:u\{[0-9A-Fa-f]{1,6}\}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|\r?\n[ \t]*|.)", re.DOTALL)
_MEANINGS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "a": "\a", "e": "\x1b"}


class Placed:
    """A text in pieces: `starts` are pairs of an offset into `text` and one into the file; the characters from there on
    stand one after the other, until the next pair begins."""

    __slots__ = ("starts", "text")

    def __init__(self, text: str, starts: tuple[tuple[int, int], ...]) -> None:
        self.text = text
        self.starts = starts

    def origin(self, offset: int) -> int:
        """Give where in the file a character stands; for the offset behind the last one, where the text goes on."""
        starts = self.starts
        if len(starts) == 1:
            return starts[0][1] + offset - starts[0][0]
        first, at = starts[max(0, bisect_right(starts, (offset, 1 << 62)) - 1)]
        return at + offset - first

    def span(self, start: int, end: int) -> Span:
        """Give the span in the file from the first to the last of these characters."""
        first = self.origin(start)
        return (first, max(first, self.origin(end - 1) + 1)) if end > start else (first, first)

    def part(self, start: int, end: int) -> "Placed":
        """Give a piece of it."""
        if len(self.starts) == 1:
            return Placed(self.text[start:end], ((0, self.origin(start)),))
        low = max(0, bisect_right(self.starts, (start, 1 << 62)) - 1)
        high = bisect_right(self.starts, (max(start, end - 1), 1 << 62))
        moved = [(max(0, offset - start), at + max(0, start - offset)) for offset, at in self.starts[low:high]]
        return Placed(self.text[start:end], tuple(moved))


def plain(text: str, start: int, end: int) -> Placed:
    """Take `text[start:end]` as it stands."""
    return Placed(text[start:end], ((0, start),))


def joined(pieces: Iterable[Placed]) -> Placed:
    """Put pieces behind one another."""
    texts: list[str] = []
    starts: list[tuple[int, int]] = []
    length = 0
    for piece in pieces:
        if piece.text:
            for offset, at in piece.starts:
                if not starts or at - starts[-1][1] != length + offset - starts[-1][0]:
                    starts.append((length + offset, at))
            texts.append(piece.text)
            length += len(piece.text)
    return Placed("".join(texts), tuple(starts) or ((0, 0),))


def unescaped(text: str, start: int, end: int) -> Placed:
    """Decode the escapes that JSON, YAML, Python, JavaScript and C write with a backslash, in `text[start:end]`."""
    if text.find("\\", start, end) < 0:
        return plain(text, start, end)
    texts: list[str] = []
    starts: list[tuple[int, int]] = []
    length, at = 0, start
    for found in _ESCAPE.finditer(text, start, end):
        for piece, where in ((text[at : found.start()], at), (_meaning(found[0]), found.start())):
            if piece:
                starts.append((length, where))
                texts.append(piece)
                length += len(piece)
        at = found.end()
    if at < end:
        starts.append((length, at))
        texts.append(text[at:end])
    return Placed("".join(texts), tuple(starts) or ((0, start),))


def _meaning(escape: str) -> str:
    kind = escape[1]
    if kind in "uUx" and len(escape) > 2:
        number = int(escape[2:].strip("{}"), 16)
        return chr(number) if number < 0x110000 else "\ufffd"
    if kind in "\r\n":
        return ""
    return _MEANINGS.get(kind, kind)
