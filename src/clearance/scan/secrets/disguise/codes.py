"""Characters as lists of numbers: `[103, 104, 112]`, `0x67, 0x68`, `67 68 70`, `chr(103) . chr(104)`."""

import re

from clearance.scan.secrets.disguise.piece import Piece
from clearance.scan.secrets.disguise.words import Words
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Disguise, Expression, Sheet, Undone

_AHEAD = 8192
_HEX = lazily(rb"(?:0x|\\x)?([2-7][0-9A-Fa-f])(?![0-9A-Fa-f])")
_DECIMAL = lazily(rb"(?<![0-9])(1[01][0-9]|12[0-6]|[3-9][0-9])(?![0-9])")
_LIST = lazily(rb"(?i)(?:0x[2-7][0-9a-f]|[2-7][0-9a-f](?![0-9a-f])|[0-9]{2,3}(?![0-9])|chr\w?\(|[,;:.+&|\s)\"'\\_-])*+")


def code_disguise(words: Words) -> Disguise:
    """Lists that spell the start of a token format in numbers."""
    forms: dict[bytes, None] = {}
    for word in words.starts:
        codes = word.encode()[:4]
        hexadecimal = [f"{code:02x}" for code in codes]
        decimal = [str(code) for code in codes]
        for between in (", 0x", ",0x", " ", ":", "-", ","):
            forms[between.join(hexadecimal).encode()] = None
        for between in (", ", ",", " "):
            forms[between.join(decimal).encode()] = None
        forms[").chr(".join(decimal).encode()] = None
        forms[") + chr(".join(decimal).encode()] = None
    expressions = tuple(Expression(re.escape(form.decode()), caseless=True) for form in forms)
    return Disguise("codes", expressions, tuple(forms), max(map(len, forms), default=0), _Codes(tuple(forms)))


class _Codes:
    """Reads the list of numbers that begins with a word."""

    def __init__(self, forms: tuple[bytes, ...]) -> None:
        self._forms = frozenset(forms)
        self._sizes = sorted({len(form) for form in forms})

    def __call__(self, sheet: Sheet, at: int) -> Undone | None:
        data = sheet.data
        if not any(data[at : at + size].lower() in self._forms for size in self._sizes):
            return None
        run = _LIST.match(data, at, at + _AHEAD)
        if run is None:
            return None
        number, radix = (_DECIMAL, 10) if _DECIMAL.match(data, at) and _is_decimal(data, at) else (_HEX, 16)
        piece = Piece(data)
        for match in number.finditer(data, at, run.end()):
            first, last = match.span(1)
            piece.put(bytes([int(match[1], radix)]), first, last)
        return piece.undone("character codes", apart=True) if piece.size >= 12 else None


def _is_decimal(data: bytes, at: int) -> bool:
    """Tell decimal lists by their many numbers of three digits."""
    return re.search(rb"(?<![0-9A-Fa-fx])1[0-2][0-9](?![0-9A-Fa-f])", data[at : at + 48]) is not None
