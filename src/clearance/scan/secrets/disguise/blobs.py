"""Encoded text that no word gives away: what code decodes, and base64 that ends with padding, or with padding in base64."""

import re

from clearance.scan.secrets.disguise.encoded import BASE64, HEX, decode, lines_around
from clearance.scan.secrets.disguise.sure import sure_disguise
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Disguise, Expression, Sheet, Undone

_LEAST = 16
_CALLS = (
    "decode", "atob", "fromhex", "unhexlify", "hex2bin", "decode64", "DecodeString", "FromBase64String", "FromHexString",
    "Buffer.from", "decodeBase64", "parseBase64Binary", "parseHexBinary", "base64Decode",
)  # fmt: skip
_COMMANDS = ("base64 -d", "base64 -D", "base64 --decode", "xxd -r", "openssl base64", "openssl enc")
_WORDS = tuple(sorted({word.lower().encode() for word in (*_CALLS, *_COMMANDS)}))
_ENDS = ('"', "'", "`", r"\n", r"\r", " ", "<", r"\\")
_CALLED = lazily(rb"[\w.]{4,24}\(\s{0,16}b?[\"'`](?P<blob>[A-Za-z0-9+/_-]{16})")
_GIVEN = lazily(rb"(?:[\s\"'(]|<<<)(?P<blob>[A-Za-z0-9+/_-]{16,})={0,2}[\"')\s]")
_HEX = lazily(rb"(?:[0-9a-fA-F]{2}){8,}+(?![A-Za-z0-9+/_-])")
_TEXT = re.compile(rb"[\t\r\n\x20-\x7e]+")


def blob_disguise() -> Disguise:
    """Arguments of functions and commands that decode, and padded base64. The keyword is the name, or the padding;
    a padding that was encoded once more ends with 9."""
    called = (rf"{re.escape(word)}\({prefix}{quote}" for word in _CALLS for prefix in ("", "b") for quote in "\"'`")
    expressions = (
        *(Expression(one, reach=24) for one in called),
        *(Expression(re.escape(one), reach=24) for one in _COMMANDS),
        # What padding follows has zero bits at its end: a rarer thing than a letter before an equals sign.
        Expression(r"[A-Za-z0-9+/]{15}[AQgw]==", reach=3),
        *(Expression(rf"[A-Za-z0-9+/]{{15}}[AEIMQUYcgkosw048]={end}", reach=3) for end in ("$", *_ENDS)),
        *(Expression(rf"[A-Za-z0-9+/]{{15}}[AEIMQUYcgkosw048]9{end}", reach=3) for end in _ENDS),
    )
    return sure_disguise(
        "blob",
        expressions,
        (b"=", *(b"9" + end for end in (b'"', b"'", b"`", b"\n", b"\r", b" ", b"<", b"\\")), *_WORDS),
        24,
        _undo,
    )


def _undo(sheet: Sheet, at: int) -> Undone | None:
    data = sheet.data
    if data[at] in b"=9":
        return _decoded(data, at - 1) if at and BASE64.run.match(data, at - 1) is not None else None
    match = _CALLED.match(data, at)
    if match is not None:
        return _decoded(data, match.start("blob"))
    start = data.rfind(b"\n", max(0, at - 2048), at) + 1 or max(0, at - 2048)
    given = [found.start("blob") for found in _GIVEN.finditer(data, start, at)]
    return _decoded(data, given[-1]) if given else None


def _decoded(data: bytes, at: int) -> Undone | None:
    """Decode the run that holds the character at an offset, from its start, if it reads as text."""
    lines = lines_around(data, at, BASE64)
    start, end = lines[0][0], lines[-1][1]
    if end - start < _LEAST:
        return None
    radix = HEX if _HEX.match(data, start) is not None else BASE64
    piece = decode(data, lines_around(data, at, HEX) if radix is HEX else lines, radix)
    if piece is None or piece.size < 8 or _TEXT.fullmatch(piece.text()) is None:
        return None
    return piece.undone(radix.how, apart=True)
