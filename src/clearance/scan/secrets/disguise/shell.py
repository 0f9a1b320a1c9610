"""Words of a shell that are quoted in parts: `ab"cd"'ef'g\\h`."""

from collections.abc import Iterator

from clearance.scan.secrets.disguise.literals import is_dense
from clearance.scan.secrets.disguise.piece import Piece
from clearance.scan.secrets.disguise.rising import Reading, Rising
from clearance.scan.secrets.disguise.sure import sure_disguise
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Disguise, Expression, Sheet, Undone

_BACK = 512
_AHEAD = 2048
_LARGEST = 1 << 20
"""Bytes of the largest sheet that is looked through for such words."""
_SHELLS = frozenset({"shell", "dockerfile", "makefile", None})
_PAIRED = _SHELLS | {"yaml", "dotenv", "markdown", "rst", "text"}
_SIGN = lazily(  # the sign first: it is rare, and what stands around it is looked at only there
    rb"[\"'\\](?:(?<=[A-Za-z0-9_.-]{3}[\"'])(?=[A-Za-z0-9_.-]{6})|(?<=[A-Za-z0-9_.-]{6}[\"'])(?=[A-Za-z0-9_.-])"
    rb"|(?<=[A-Za-z0-9_.-]{2}\\)(?=[A-Za-z0-9_.-]{2}))"
)
_PART = lazily(
    rb"\"(?P<double>(?:[^\"\\$`\n]|\\[\s\S]){0,400}+)\"|\$?'(?P<single>[^'\n]{0,400})'|\\(?P<escaped>[A-Za-z0-9_.\-/+=])"
    rb"|(?P<bare>[A-Za-z0-9_.\-/+=:@%,~]{1,400})"
)
_ENDS = b" \t\r\n;|&()<>="


def shell_disguise() -> Disguise:
    """Quotes that stand empty inside a word. The keyword is the first of them."""
    word = "[A-Za-z0-9_.-]"
    expressions = tuple(Expression(f"{word}{pair}{word}", languages=_PAIRED) for pair in ('""', "''"))
    return sure_disguise("shell", expressions, (b'""', b"''"), 4, Rising(_undo))


def shell_words(sheet: Sheet) -> Iterator[Undone]:
    """Give the words of a script in which quotes open or close, or that have a backslash before a letter."""
    data = sheet.data
    if sheet.language not in _SHELLS or len(data) > _LARGEST or (sheet.language is None and "." in sheet.name):
        return
    done = 0
    for sign in _SIGN.finditer(data):
        if sign.start() < done:
            continue
        reading = _word_at(data, sign.start())
        done = reading.end
        if reading.undone is not None:
            yield reading.undone


def _undo(sheet: Sheet, at: int) -> Reading | None:
    return _word_at(sheet.data, at) if sheet.language in _PAIRED else None


def _word_at(data: bytes, at: int) -> Reading:
    """Read the word that holds the sign at an offset."""
    low = max(0, at - _BACK)
    text = data[low:at]
    start = low + max(text.rfind(b"%c" % end) for end in _ENDS) + 1
    piece = Piece(data)
    end, high, parts = start, min(len(data), start + _AHEAD), 0
    while (match := _PART.match(data, end, high)) is not None:
        group = match.lastgroup or "bare"
        parts += 1
        piece.keep(*match.span(group))
        end = match.end()
    if end <= at or parts < 2 or not is_dense(piece.text(), 12):
        return Reading(None, max(end, at + 1))
    return Reading(_with_line(data, start, piece, end), end)


def _with_line(data: bytes, start: int, word: Piece, end: int) -> Undone | None:
    """Give a word after the line before it."""
    piece = Piece(data)
    low = data.rfind(b"\n", max(0, start - 160), start) + 1 or max(0, start - 160)
    # Another word in quotes before it would be read again and again.
    low = max(low, *(data.rfind(sign, low, start) + 1 for sign in (b'"', b"'", b"\\")))
    piece.keep(low, start)
    piece.add(word)
    piece.keep(end, min(len(data), end + 1))
    return piece.undone("quoted in parts")
