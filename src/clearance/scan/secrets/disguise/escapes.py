"""Characters written by their numbers: backslash escapes, entities, percent encoding, quoted-printable."""

import re
from collections.abc import Callable, Sequence
from html.entities import html5
from typing import NamedTuple

from clearance.scan.secrets.disguise.literals import TOKEN, is_dense
from clearance.scan.secrets.disguise.piece import Piece
from clearance.scan.secrets.disguise.sure import Trigger
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Disguise, Expression, Sheet, Undone

_TEXT = frozenset({"text", "markdown", None})
_BACK = 512
_AHEAD = 4096
_REACH = 24
_RUN = 16
_MOST_RUN = 256
_LEAST_NAMED = 6
"""Characters of a token that must stand around an escape, unless a name before it says what it is."""
_TOKEN = TOKEN.replace(rb"\-", b"-")
_TOKEN_BYTES = bytes(byte for byte in range(128) if re.match(rb"[" + TOKEN + rb"]", bytes([byte])))
_SAYS = rb"(?:passw(?:or)?d|passphrase|pwd|secret|token|_key|apikey|credentials?)"
_NAMES_OF_SECRETS = (b"password", b"passwd", b"passphrase", b"pwd", b"secret", b"token", b"_key", b"apikey", b"credential")

_SHORT = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f", b"v": b"\v", b"0": b"\0", b"a": b"\a"}
_BACKSLASH = lazily(
    rb"\\(?:u(?P<u>[0-9A-Fa-f]{4})|u\{0{0,4}(?P<brace>[0-9A-Fa-f]{1,6})\}|U(?P<long>[0-9A-Fa-f]{8})|x(?P<x>[0-9A-Fa-f]{2})"
    rb"|(?P<octal>0?[01][0-7]{2})|(?P<line>\r?\n[ \t]*)|(?P<char>[^\n]))"
)
_PLAIN = lazily(rb"[" + TOKEN + rb"]{1,64}")
_ENTITY = lazily(rb"&(?:#(?P<dec>\d{2,7})|#[xX](?P<hex>[0-9A-Fa-f]{2,6})|(?P<name>[A-Za-z]{2,8}));")
_PERCENT = lazily(rb"%(?P<x>[0-9A-Fa-f]{2})")
_SOFT = lazily(rb"=(?:(?P<x>[0-9A-F]{2})|(?P<line>[ \t]{0,4}\r?\n))")
_NAMES = {name[:-1].encode(): text.encode() for name, text in html5.items() if name.endswith(";") and len(name) <= 9}

_HEX = "[0-9A-Fa-f]"
_WORDLIKE = r"[A-Za-z0-9_\-+/=.]"


class _Style(NamedTuple):
    """One way to write characters: the pattern of an escape, what an escape reads, and whether the piece around it must hold
    a run of token characters."""

    how: str
    escape: re.Pattern[bytes]
    read: Callable[[re.Match[bytes]], bytes]


def escape_disguise() -> Disguise:
    """Backslash escapes of programming languages and shells."""
    said = _SAYS.decode()
    expressions = (
        Expression(rf"{_WORDLIKE}\\u00[2-7]{_HEX}"),
        Expression(rf"\\u00[2-7]{_HEX}{_WORDLIKE}"),
        Expression(rf"\\u00[2-7]{_HEX}\\u00[2-7]{_HEX}"),
        Expression(rf"\\u\{{0{{0,4}}[2-7]{_HEX}\}}"),
        Expression(rf"\\U000000[2-7]{_HEX}"),
        Expression(rf"\\x[2-7]{_HEX}\\x[2-7]{_HEX}"),
        Expression(rf"{_WORDLIKE}\\x[2-7]{_HEX}{_WORDLIKE}"),
        Expression(r"\\0?[01][0-7][0-7]\\0?[01][0-7][0-7]"),
        Expression(r"[A-Za-z0-9+]\\/[A-Za-z0-9+]"),
        Expression(r"[A-Za-z0-9_\-+/=]\\\r?\n[ \t]*[A-Za-z0-9_\-+/=]"),
        Expression(rf"{said}\w{{0,12}}(?:\\?[\"'])?\s*[:=]\s*\\[\"']", caseless=True),
    )
    return Disguise(
        "escaped", expressions, (b"\\",), _REACH, _undo_of(_Style("escapes", _BACKSLASH, _read_backslash), expressions)
    )


def entity_disguise() -> Disguise:
    """Entities of XML and HTML."""
    expressions = (
        Expression(r"&#(?:x[2-7][0-9A-Fa-f]|4[3-9]|5[0-7]|6[15-9]|[789]\d|1[012]\d);", caseless=True),
        Expression(r"&(?:lowbar|hyphen|dash|sol|plus|equals|period|UnderBar);"),
        Expression(rf"{_SAYS.decode()}\w{{0,12}}(?:&quot;)?\s*[:=]\s*&(?:quot|apos|#34|#39);", caseless=True),
    )
    return Disguise(
        "entities", expressions, (b"&",), _REACH, _undo_of(_Style("entities", _ENTITY, _read_entity), expressions)
    )


def percent_disguise() -> Disguise:
    """Percent encoding of URLs (RFC 3986, 2.1)."""
    code = "%(?:2[BbDdEeFf]|3[0-9Dd]|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff])"
    expressions = (Expression(rf"[A-Za-z0-9_.\-+/=%]{code}"), Expression(rf"{code}[A-Za-z0-9_%]"))
    return Disguise(
        "percent", expressions, (b"%",), _REACH, _undo_of(_Style("percent encoding", _PERCENT, _read_hex), expressions)
    )


def soft_disguise() -> Disguise:
    """Quoted-printable text of mail (RFC 2045, 6.7)."""
    expressions = (
        Expression(r"[A-Za-z0-9_\-+/]=[ \t]{0,4}\r?\n[A-Za-z0-9_\-+/=]"),
        Expression(r"[A-Za-z0-9_]=(?:5F|2D|3D|2E|2B|2F)[A-Za-z0-9_]"),
    )
    return Disguise(
        "quoted-printable",
        expressions,
        (b"=",),
        _REACH,
        _undo_of(_Style("quoted-printable", _SOFT, _read_soft), expressions),
    )


def _undo_of(style: _Style, expressions: Sequence[Expression]) -> Callable[[Sheet, int], Undone | None]:
    trigger = Trigger(expressions, _REACH)

    def undo(sheet: Sheet, at: int) -> Undone | None:
        data = sheet.data
        match = style.escape.match(data, at)
        if match is None or not _telling(data, at, style) or (style.escape is _SOFT and not _is_mail(sheet, at)):
            return None
        if not trigger(sheet, at):
            return None
        low = max(0, at - _BACK)
        low = data.rfind(b"\n", low, at) + 1 or low
        high = min(len(data), at + _AHEAD)
        end = _line_end(data, at, high, style)
        return _read(data, low, end, style)

    return undo


def _is_mail(sheet: Sheet, at: int) -> bool:
    """Tell whether a sheet may be quoted-printable: it is text, or has the header, or an encoded equals sign or space near a
    place."""
    data = sheet.data
    if sheet.language in _TEXT:  # people paste parts of mail into tickets
        return True
    near = data[max(0, at - 4096) : at + 4096]
    return b"=3D" in near or b"=20" in near or b"quoted-printable" in data[max(0, at - 65536) : at].lower()


def _telling(data: bytes, at: int, style: _Style) -> bool:
    """Tell whether what stands around an escape may be a secret."""
    before = data[max(0, at - 64) : at]
    before = before[before.rfind(b"\n") + 1 :]
    run = len(before) - len(before.rstrip(_TOKEN_BYTES))
    text = before[len(before) - run :]
    while len(text) < _MOST_RUN:
        plain = _PLAIN.match(data, at)
        match = plain or style.escape.match(data, at)
        if match is None:
            break
        read = style.read(match) if plain is None else match[0]
        text += read
        at = match.end()
        if read.strip(_TOKEN_BYTES):
            break
    if is_dense(text, _RUN):
        return True
    lowered = before.lower()
    return (style.escape is not _PERCENT or len(text) >= _LEAST_NAMED) and any(word in lowered for word in _NAMES_OF_SECRETS)


def _line_end(data: bytes, at: int, high: int, style: _Style) -> int:
    """Give the end of the line, or of those that an escape joins to it."""
    end = data.find(b"\n", at, high)
    while end >= 0:
        ends_with = data[max(0, end - 6) : end].rstrip(b" \t\r")
        joined = (style.escape is _BACKSLASH and ends_with.endswith(b"\\")) or (
            style.escape is _SOFT and ends_with.endswith(b"=")
        )
        if not joined:
            return end
        end = data.find(b"\n", end + 1, high)
    return high


def _read(data: bytes, low: int, high: int, style: _Style) -> Undone | None:
    piece = Piece(data)
    done = low
    for match in style.escape.finditer(data, low, high):
        start, end = match.span()
        piece.keep(done, start)
        piece.put(style.read(match), start, end)
        done = end
    piece.keep(done, high)
    return piece.undone(style.how)


def _character(number: int) -> bytes:
    return chr(number).encode() if number < 0xD800 or 0xDFFF < number < 0x110000 else b"?"


def _read_backslash(match: re.Match[bytes]) -> bytes:
    for name in ("u", "brace", "long", "x"):
        if match[name] is not None:
            return _character(int(match[name], 16))
    if match["octal"] is not None:
        return _character(int(match["octal"], 8))
    if match["line"] is not None:
        return b""
    return _SHORT.get(match["char"], match["char"])


def _read_entity(match: re.Match[bytes]) -> bytes:
    if match["dec"] is not None:
        return _character(int(match["dec"]))
    if match["hex"] is not None:
        return _character(int(match["hex"], 16))
    return _NAMES.get(match["name"], match[0])


def _read_hex(match: re.Match[bytes]) -> bytes:
    return bytes.fromhex(match["x"].decode())


def _read_soft(match: re.Match[bytes]) -> bytes:
    return b"" if match["line"] is not None else _read_hex(match)
