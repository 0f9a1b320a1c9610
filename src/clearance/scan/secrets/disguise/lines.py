"""Lines with something before each of them: the new side of a diff, quoted mail."""

from collections.abc import Callable

from clearance.scan.secrets.disguise.piece import Piece
from clearance.scan.secrets.disguise.sure import sure_disguise
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Disguise, Expression, Sheet, Undone

_PIECE = 1 << 18
"""Bytes of one piece."""
_BACK = 2048
_MOST_BACK = 12

_Reads = Callable[[bytes, int, int], int | None]
"""Gives where the text of the line begins that stands from the first offset to the second: the latter where the line is to
be left out; None where it is no such line."""

_QUOTED = lazily(rb"(?:>[ \t]?)+")


def lines_disguise() -> Disguise:
    """Lines with a mark before each of them. The keyword is the end of the line before."""
    expressions = (Expression(r"^[+>]"), Expression(r"\n\+"), Expression(r"\n>{1,2} ?[^> ]"))
    return sure_disguise("lines", expressions, (b"\n+", b"\n>", b"+", b">"), 6, _undo)


def _undo(sheet: Sheet, at: int) -> Undone | None:
    data = sheet.data
    if data[at] == 0x0A:
        at += 1
    elif at:
        return None
    if data.startswith(b">>>", at):
        return None
    reads, how = (_added, "added lines of a diff") if data[at : at + 1] == b"+" else (_quoted, "quoted lines")
    piece, lines = _part(data, _first(data, at, reads), reads)
    return piece.undone(how) if lines > 1 else None


def _added(data: bytes, start: int, end: int) -> int | None:
    first = data[start : start + 1]
    if first in (b"-", b"\\"):
        return None if data.startswith(b"--- ", start) else end
    if first == b"+":
        return None if data.startswith(b"+++ ", start) else start + 1
    if first == b" ":
        return start + 1
    return start if start + 1 >= end else None


def _quoted(data: bytes, start: int, end: int) -> int | None:
    match = _QUOTED.match(data, start, end)
    return match.end() if match else None


def _first(data: bytes, at: int, reads: _Reads) -> int:
    """Give where the first of the lines before `at` begins that can be read so."""
    low = max(0, at - _BACK)
    for _ in range(_MOST_BACK):
        above = data.rfind(b"\n", low, max(low, at - 1)) + 1
        if at <= low or above <= low or reads(data, above, at) is None:
            break
        at = above
    return at


def _part(data: bytes, start: int, reads: _Reads) -> tuple[Piece, int]:
    """Read lines from `start` on; give them and how many they are."""
    piece, lines = Piece(data), 0
    high = min(len(data), start + _PIECE)
    while start < high:
        end = data.find(b"\n", start) + 1 or len(data)
        text = reads(data, start, end)
        if text is None:
            break
        if text < end:
            piece.keep(text, end)
            lines += 1
        start = end
    return piece, lines
