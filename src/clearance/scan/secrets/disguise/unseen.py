"""Characters that cannot be seen, and those that look like others."""

import re
from functools import cache
from weakref import ref

from clearance.scan.secrets.disguise.literals import is_dense
from clearance.scan.secrets.disguise.piece import Piece
from clearance.scan.secrets.disguise.sure import sure_disguise
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Disguise, Expression, Sheet, Undone

_BACK = 512
_AHEAD = 4096
_REACH = 6
_NEAR = 256
_LEAST = 12
_WORD = lazily(rb"(?:[A-Za-z0-9_+/=.\-]|[\xc2-\xf4][\x80-\xbf]{1,3}){12,800}")
_WORD_BYTES = bytes(byte for byte in range(256) if byte >= 0x80 or chr(byte).isalnum() or byte in b"_+/=.-")

_INVISIBLE = (
    0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180E, *range(0x200B, 0x2010),
    *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0,
)  # fmt: skip
"""Format characters, fillers and variation selectors: nothing of them shows inside a token."""
_TAGS = (*range(0xE0000, 0xE0080), *range(0xE0100, 0xE01F0))
"""Tags and further variation selectors, which are hardly used for anything else."""
_LOOK = {
    "-": (0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2212, 0xFE58, 0xFE63),
    ".": (0x1390, 0x2024, 0xA78F),
    "/": (0x2044, 0x2215),
    "3": (0x417, 0x437),
    "6": (0x431,),
    "A": (0x391, 0x410, 0x13AA),
    "B": (0x392, 0x412),
    "C": (0x3F9, 0x421),
    "E": (0x395, 0x415, 0x13AC),
    "G": (0x50C, 0x13C0),
    "H": (0x397, 0x41D, 0x13BB),
    "I": (0x399, 0x406, 0x4C0),
    "J": (0x37F, 0x408),
    "K": (0x39A, 0x41A, 0x13E6),
    "L": (0x29F, 0x13DE),
    "M": (0x39C, 0x41C),
    "N": (0x39D,),
    "O": (0x39F, 0x41E),
    "P": (0x3A1, 0x420, 0x13E2),
    "Q": (0x51A,),
    "S": (0x405, 0x10BD, 0x13DA),
    "T": (0x3A4, 0x422, 0x13A2),
    "V": (0x474, 0x13D9),
    "W": (0x51C, 0x13B3),
    "X": (0x3A7, 0x425),
    "Y": (0x3A5, 0x423, 0x4AE),
    "Z": (0x396,),
    "_": (0x2CD,),
    "a": (0x251, 0x3B1, 0x430),
    "b": (0x42C, 0x44C),
    "c": (0x3F2, 0x441),
    "d": (0x501,),
    "e": (0x435,),
    "g": (0x261,),
    "h": (0x4BB, 0x570),
    "i": (0x131, 0x3B9, 0x456),
    "j": (0x3F3, 0x458),
    "k": (0x3BA, 0x43A),
    "l": (0x4CF, 0x217C),
    "m": (0x43C,),
    "n": (0x43F, 0x578),
    "o": (0x3BF, 0x43E, 0x585),
    "p": (0x3C1, 0x440),
    "q": (0x51B,),
    "r": (0x433,),
    "s": (0x455, 0xA731),
    "t": (0x442,),
    "u": (0x3C5, 0x57D),
    "v": (0x3BD, 0x475),
    "w": (0x51D,),
    "x": (0x3C7, 0x445),
    "y": (0x3B3, 0x443, 0x4AF),
}  # fmt: skip
"""Code points of letters and signs of other scripts (Cyrillic, Greek, Armenian, Cherokee, phonetic, dashes) that look as
those of ASCII do in most fonts (compare Unicode Technical Standard 39)."""
_WIDE = range(0xFF01, 0xFF5F)
_STYLED = (*range(0x1D400, 0x1D800), *range(0x2460, 0x24EA), *range(0x1F130, 0x1F18A))
"""Letters and digits of mathematics, in circles and in squares."""


@cache
def _reads() -> dict[bytes, bytes]:
    """Give what characters read, all of them in UTF-8."""
    import unicodedata

    table = {chr(number).encode(): b"" for number in (*_INVISIBLE, *_TAGS)}
    table |= {chr(number).encode(): plain.encode() for plain, numbers in _LOOK.items() for number in numbers}
    for number in (*_WIDE, *_STYLED):
        plain = unicodedata.normalize("NFKC", chr(number))
        if len(plain) == 1 and plain.isascii() and plain.isprintable():
            table.setdefault(chr(number).encode(), plain.encode())
    return table


@cache
def _odd() -> re.Pattern[bytes]:
    """Match one of the characters."""
    return re.compile(_classes())


def _classes() -> bytes:
    by_lead: dict[bytes, set[int]] = {}
    for char in _reads():
        by_lead.setdefault(char[:-1], set()).add(char[-1])
    classes = [
        re.escape(lead) + b"[" + b"".join(b"\\x%02x" % byte for byte in sorted(ends)) + b"]"
        for lead, ends in sorted(by_lead.items())
    ]
    return b"(?:" + b"|".join(classes) + b")"


def unseen_disguise() -> Disguise:
    """Invisible characters and look-alikes within a word of ASCII, or a word of them. The keyword is such a character."""
    invisible = [_escaped(number) for number in _INVISIBLE]
    alike = [_escaped(number) for number in (*(number for look in _LOOK.values() for number in look), *_WIDE)]
    # Those of two bytes are what Cyrillic and Greek text is made of: as literals they would stop the scan at each letter.
    by_lead: dict[str, list[str]] = {}
    for char in alike:
        if len(char) == 8:
            by_lead.setdefault(char[:4], []).append(char[4:])
    short = "(?:" + "|".join(f"{lead}[{''.join(dict.fromkeys(ends))}]" for lead, ends in sorted(by_lead.items())) + ")"
    long = [char for char in alike if len(char) != 8]
    expressions = [
        *(f"[A-Za-z0-9_.-]{char}" for char in invisible),
        *(f"{char}[A-Za-z0-9_.-]" for char in invisible),
        f"(?:[A-Za-z0-9_]{short}|{short}[A-Za-z0-9_])",
        *(f"[A-Za-z0-9_]{char}" for char in long),
        *(f"{char}[A-Za-z0-9_]" for char in long),
        r"\xf3\xa0[\x80-\x87][\x80-\xbf]",
        r"\xf0\x9d[\x90-\x9f][\x80-\xbf]",
        r"(?:\xef(?:\xbc[\x8d\x90-\x99\xa1-\xba\xbf]|\xbd[\x81-\x9a])){4}",
        r"[A-Za-z0-9_]\xe2[\x91-\x93][\x80-\xbf]",
        r"[A-Za-z0-9_]\xf0\x9f[\x84-\x86][\x80-\xbf]",
    ]
    keywords = tuple(sorted({char[:-1] for char in _reads()}))
    return sure_disguise("unseen", tuple(map(Expression, expressions)), keywords, _REACH, _Unseen())


def _escaped(number: int) -> str:
    """Write a character as the bytes of its UTF-8, for an expression."""
    return "".join(f"\\x{byte:02x}" for byte in chr(number).encode())


class _Unseen:
    """Reads lines in which an odd character stands inside a word that may be a secret."""

    def __init__(self) -> None:
        self._sheet: ref[Sheet] | None = None
        self._asked = self._dull = 0

    def __call__(self, sheet: Sheet, at: int) -> Undone | None:
        if self._sheet is None or self._sheet() is not sheet or at <= self._asked:
            self._sheet, self._dull = ref(sheet), 0
        self._asked = at
        if at < self._dull:  # in the word that was looked at last, and says nothing
            return None
        data = sheet.data
        if _odd().match(data, at) is None or not self._says(data, at):
            return None
        low = max(0, at - _BACK)
        low = data.rfind(b"\n", low, at) + 1 or low
        high = data.find(b"\n", at, at + _AHEAD)
        return _read(data, low, min(len(data), at + _AHEAD) if high < 0 else high)

    def _says(self, data: bytes, at: int) -> bool:
        """Tell whether the word around an odd character may be a secret. Keywords come in rising order, so that a whole word
        that says nothing need not be looked at for the next character in it."""
        low, high = max(0, at - _NEAR), min(len(data), at + 2 * _NEAR)
        before, after = data[low:at], data[at:high]
        start = at - len(before) + len(before.rstrip(_WORD_BYTES))
        end = at + len(after) - len(after.lstrip(_WORD_BYTES))
        whole = low < start and (end < high or high == len(data)) and end - start < _NEAR
        words = _WORD.finditer(data, start, end) if end - start >= _LEAST else ()
        telling = [match.span() for match in words if _telling(match[0])]
        if whole and not telling:
            self._dull = end
        return any(first <= at < last for first, last in telling)


def _read(data: bytes, low: int, high: int) -> Undone | None:
    """Give a line as it reads."""
    reads = _reads()
    piece = Piece(data)
    done = low
    for match in _odd().finditer(data, low, high):
        start, end = match.span()
        piece.keep(done, start)
        piece.put(reads[match[0]], start, end)
        done = end
    piece.keep(done, high)
    return piece.undone("look-alike or invisible characters")


def _telling(word: bytes) -> bool:
    """Tell whether a word with odd characters may be a secret."""
    reads = _reads()
    plain = _odd().sub(lambda match: reads[match[0]], word)
    return plain != word and is_dense(plain, _LEAST)
