"""Encodings that write bytes in an alphabet: base64, base32, hexadecimal; and what was compressed before it was encoded."""

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from clearance.scan.secrets.disguise.piece import Piece
from clearance.scan.secrets.disguise.rising import Reading, Rising
from clearance.scan.secrets.disguise.sure import sure_disguise
from clearance.scan.secrets.disguise.words import Words
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Disguise, Expression, Sheet, Undone

_BACK = 2048
_AHEAD = 16384
_PACKED = 1 << 18
_UNPACKED = 1 << 20
"""Bytes that a compressed blob may unpack to; what is longer is cut."""
_LEAST = 4
_SHORT_HEX = 8
_NARROWEST = 56
"""Characters of the shortest line that encoders wrap at."""
_WORD = lazily(rb"[A-Z]?[a-z]+|[A-Z]+")
_READABLE = lazily(rb"[\t\r\n\x20-\x7e]{8}")
_WRAP = lazily(rb"(?:[ \t]*(?:\\r)?(?:\\n|\r?\n)[ \t>|+#*/]*|\\\r?\n[ \t]*)")


class _Radix(NamedTuple):
    """A way to write groups of bytes as characters of an alphabet: `bits` a character, `group` characters and `octets` bytes
    a group; `wrap` is the shortest line after which it may go on."""

    how: str
    bits: int
    group: int
    octets: int
    run: re.Pattern[bytes]
    back: bytes
    encode: Callable[[bytes], bytes]
    read: Callable[[bytes], bytes]
    caseless: bool = False
    pad: re.Pattern[bytes] = re.compile(rb"=*")


def _sixtyfour(text: bytes) -> bytes:
    text = text.replace(b"-", b"+").replace(b"_", b"/")
    return binascii.a2b_base64(text + b"=" * (-len(text) % 4))


def _thirtytwo(text: bytes) -> bytes:
    return base64.b32decode(text + b"=" * (-len(text) % 8))


_SIXTYFOUR = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
BASE64 = _Radix("base64", 6, 4, 3, re.compile(rb"[A-Za-z0-9+/_-]+"), _SIXTYFOUR, base64.b64encode, _sixtyfour)
BASE32 = _Radix("base32", 5, 8, 5, re.compile(rb"[A-Z2-7]+"), _SIXTYFOUR[:26] + b"234567", base64.b32encode, _thirtytwo)
HEX = _Radix(
    "hexadecimal",
    4,
    2,
    1,
    re.compile(rb"[0-9A-Fa-f]+"),
    b"0123456789abcdefABCDEF",
    binascii.hexlify,
    binascii.unhexlify,
    True,
)


def stable(text: bytes, radix: _Radix) -> list[tuple[bytes, int]]:
    """Give, for each place in a group at which a text may begin, the characters that depend on nothing around it, and the
    place in the group of the first of them."""
    found = []
    for shift in range(radix.octets):
        written = radix.encode(b"\0" * shift + text)
        first, last = -(-8 * shift // radix.bits), 8 * (shift + len(text)) // radix.bits
        found.append((written[first:last], first % radix.group))
    return found


def base64_disguise(words: Words) -> Disguise:
    """Base64 and its URL-safe form (RFC 4648, 4 and 5), once or twice over."""
    texts = [word.encode() for word in words.all]
    twice = [stable(word.encode(), BASE64)[0][0] for word in words.starts]
    # The zero behind the last character is left out, so that both orders of bytes have one form.
    wide = [word.encode("utf-16-le")[:-1] for word in words.starts]
    return _disguise(BASE64, texts, words_again=twice, words_wide=wide)


def base32_disguise(words: Words) -> Disguise:
    """Base32 (RFC 4648, 6)."""
    return _disguise(BASE32, [word.encode() for word in words.starts], least=6, places=1)


def hex_disguise(words: Words) -> Disguise:
    """Hexadecimal digits (RFC 4648, 8)."""
    return _disguise(HEX, [word.encode() for word in words.all], least=6)


def _disguise(
    radix: _Radix,
    texts: Iterable[bytes],
    *,
    least: int = _LEAST,
    places: int = 8,
    words_again: Iterable[bytes] = (),
    words_wide: Iterable[bytes] = (),
) -> Disguise:
    forms: dict[bytes, set[int]] = {}
    for text in texts:
        for form, place in stable(text, radix)[:places]:
            if len(form) >= least:
                forms.setdefault(form.lower() if radix.caseless else form, set()).add(place)
    for text in (*words_again, *words_wide):
        for form, place in stable(text, radix):
            if len(form) > least:
                forms.setdefault(form, set()).add(place)
    for form in [form for form in forms if b"+" in form or b"/" in form]:
        forms.setdefault(form.replace(b"+", b"-").replace(b"/", b"_"), set()).update(forms[form])
    expressions = tuple(_expression(form.decode(), radix) for form in sorted(forms))
    keywords = tuple(sorted({form.lower() for form in forms}))
    make = sure_disguise if radix is HEX else Disguise
    return make(radix.how, expressions, keywords, max(map(len, keywords), default=0), _Decoder(radix, forms))


def _expression(form: str, radix: _Radix) -> Expression:
    """Look for a form; digits of a short one stand in numbers too, so more have to follow."""
    if radix is HEX and len(form) < _SHORT_HEX:
        return Expression(f"{form}[0-9a-f]{{24}}", radix.caseless, reach=len(form) + 24)
    return Expression(form.replace("+", r"\+"), radix.caseless)


class _Decoder:
    """Decodes the run of an alphabet around the encoded form of a word."""

    def __init__(self, radix: _Radix, forms: dict[bytes, set[int]]) -> None:
        self._radix = radix
        self._forms = forms
        self._sizes = sorted({len(form) for form in forms}, reverse=True)

    def __call__(self, sheet: Sheet, at: int) -> Undone | None:
        data, caseless = sheet.data, self._radix.caseless
        asked: set[int] = set()
        for size in self._sizes:
            form = data[at : at + size]
            for place in sorted(self._forms.get(form.lower() if caseless else form, ())):
                if place in asked:
                    continue
                asked.add(place)
                undone = self._decoded(data, at, place)
                if undone is not None:
                    return undone
        return None

    def _decoded(self, data: bytes, at: int, place: int) -> Undone | None:
        """Decode what stands around `at`, which is the character `place` of its group."""
        radix = self._radix
        lines = lines_around(data, at, radix)
        before = sum(min(end, at) - start for start, end in lines if start < at)
        cut = (before - place) % radix.group
        while cut:
            start, end = lines[0]
            gone = min(cut, end - start)
            cut -= gone
            lines[0] = (start + gone, end)
            if lines[0][0] == end:
                del lines[0]
            before -= gone
        if before < 0:
            return None
        piece = decode(data, lines, radix)
        if piece is None:
            return None
        near = before // radix.group * radix.octets
        if _READABLE.search(piece.text().replace(b"\0", b""), max(0, near // 2 - 8), near + 48) is None:
            return None
        undone = piece.undone(radix.how, apart=True)
        return undone if undone is None else _narrow(undone, near)


def _narrow(undone: Undone, near: int) -> Undone:
    """Give UTF-16 of either order as the bytes of its characters, where the text around an offset is that."""
    data = undone.data
    around = data[max(0, near - 8) & ~1 : near + 24]
    zeros = {order for order in (0, 1) if around[order::2].count(0) >= len(around) // 2 - 4 > 0}
    if len(zeros) != 1:
        return undone
    odd = zeros == {0}  # the zeros come first: big endian, or one that begins in the middle of a character
    rows: list[tuple[int, int, int, int]] = []
    text: list[bytes] = []
    size = 0
    for low, high, start, end in _even(undone.rows):
        kept = data[low + ((low + odd) & 1) : high : 2]
        if kept:
            rows.append((size, size + len(kept), start, end))
            text.append(kept)
            size += len(kept)
    if not rows:
        return undone
    return undone._replace(data=b"".join(text).replace(b"\0", b" "), rows=tuple(rows), how=f"{undone.how} of UTF-16")


def _even(rows: Iterable[tuple[int, int, int, int]]) -> Iterator[tuple[int, int, int, int]]:
    """Cut rows of whole groups so that all but the last few bytes are in pairs, six bytes for eight characters."""
    for low, high, start, end in rows:
        pairs = (high - low) // 6 if (high - low) * 4 == (end - start) * 3 else 0
        middle, at = low + 6 * pairs, start + 8 * pairs
        if pairs:
            yield low, middle, start, at
        if middle < high:
            yield middle, high, at, end


def lines_around(data: bytes, at: int, radix: _Radix, ahead: int = _AHEAD) -> list[tuple[int, int]]:
    """Give the spans of the lines of a run, from a bounded way before `at` to a bounded way behind it."""
    low, high = max(0, at - _BACK), min(len(data), at + ahead)
    lines = [_line(data, at, low, high, radix)]
    while lines[0][0] > low:
        start = lines[0][0]
        text = data[max(low, start - 48) : start]
        bare = text.rstrip(b" \t>|+#*")
        broken = bare.removesuffix(b"\n").removesuffix(b"\r").removesuffix(b"\\n").removesuffix(b"\\r").rstrip(b"\\")
        if len(broken) == len(bare):
            break
        end = start - (len(text) - len(broken))
        above = _line(data, end, low, end, radix)
        if above[1] - above[0] < _NARROWEST or above[1] - above[0] < lines[0][1] - start:
            break
        lines.insert(0, above)
    width = lines[0][1] - lines[0][0]
    while lines[-1][1] < high and width >= _NARROWEST and lines[-1][1] - lines[-1][0] == width:
        wrap = _WRAP.match(data, lines[-1][1], high)
        below = radix.run.match(data, wrap.end(), high) if wrap else None
        if below is None or below.end() - below.start() > width or not _goes_on(data, below.span(), radix):
            break
        lines.append(below.span())
    return lines


def _goes_on(data: bytes, line: tuple[int, int], radix: _Radix) -> bool:
    """Tell whether a line may belong to the run above it: nothing but the run stands there, and a short one is no word."""
    start, end = line
    if data[end : end + 1] not in (b"", b"=", b"\n", b"\r", b"\\", b'"', b"'", b"`", b" ", b"<", b"-"):
        return False
    return (
        end - start >= 24 or _WORD.fullmatch(data, start, end) is None or (end - start) % radix.group == 0 != radix.bits % 4
    )


def _line(data: bytes, at: int, low: int, high: int, radix: _Radix) -> tuple[int, int]:
    """Give the run on one line around `at`."""
    text = data[low:at]
    start = at - (len(text) - len(text.rstrip(radix.back)))
    match = radix.run.match(data, at, high)
    return start, match.end() if match else at


def decode(data: bytes, lines: list[tuple[int, int]], radix: _Radix) -> Piece | None:
    """Decode lines that begin with a group."""
    piece = Piece(data)
    group = radix.group
    held, held_at = b"", 0
    last = lines[-1][1] if lines else 0
    try:
        for start, end in lines:
            if held:
                need = group - len(held)
                held += data[start : min(end, start + need)]
                if len(held) < group:
                    continue
                piece.put(radix.read(held), held_at, min(end, start + need))
                begin = min(end, start + need)
                held = b""
            else:
                begin = start
            whole = begin + (end - begin) // group * group
            if whole > begin:
                piece.put(radix.read(data[begin:whole]), begin, whole)
            held, held_at = data[whole:end], whole
        if len(held) * radix.bits >= 8:
            pad = radix.pad.match(data, last)
            piece.put(radix.read(held), held_at, pad.end() if pad else last)
    except (binascii.Error, ValueError):
        return None
    return piece


def packed_disguise() -> Disguise:
    """Gzip, zlib, bzip2 and xz under base64, told by the form of their first bytes."""
    return sure_disguise(
        "packed",
        (
            Expression("H4sI"),
            Expression(r"""["'=:>\s]eJ[wxyz][A-Za-z0-9+/_-]{16}"""),
            Expression("QlpoO"),
            Expression("/Td6WFoA"),
        ),
        (b"h4si", b"ejw", b"ejx", b"ejy", b"ejz", b"qlpoo", b"/td6wfoa"),
        64,
        Rising(_unpack),
    )


_MAGIC = lazily(rb"H4sI|eJ[wxyz]|QlpoO|/Td6WFoA")
_EDGES = frozenset({b'"', b"'", b"=", b":", b">", b" ", b"\t", b"\r", b"\n"})


def _unpack(sheet: Sheet, at: int) -> Reading | None:
    data = sheet.data
    match = _MAGIC.match(data, at)
    if match is None or (match[0].startswith(b"eJ") and data[at - 1 : at] not in _EDGES):
        return None
    kind = match[0][:2]
    text, used, tied = b"", 0, None
    for ahead in (1024, _PACKED):
        lines = [(max(start, at), end) for start, end in lines_around(data, at, BASE64, ahead) if end > at]
        coded = decode(data, lines, BASE64)
        tied = coded.undone("") if coded is not None else None
        if tied is None:
            return None
        text, used = _unpacked(kind, tied.data)
        if not text or used < len(tied.data):
            break
    end = tied.place(0, used)[1] if tied is not None and used else at + 1
    if len(text) < 8 or _READABLE.search(text) is None:
        return Reading(None, end)
    rows = ((0, len(text), at, end),)
    cut = len(text) >= _UNPACKED
    return Reading(Undone(text, rows, "compressed base64", apart=True, solid=True, cut=cut), end)


def _unpacked(kind: bytes, coded: bytes) -> tuple[bytes, int]:
    """Unpack as much as may be, and tell how much of the data was used; nothing where it is no such data."""
    try:
        match kind:
            case b"H4" | b"eJ":
                stream = zlib.decompressobj(31 if kind == b"H4" else 15)
                text = stream.decompress(coded, _UNPACKED)
                return text, len(coded) - len(stream.unused_data)
            case b"Ql":
                import bz2

                bzip = bz2.BZ2Decompressor()
                return bzip.decompress(coded, _UNPACKED), len(coded) - len(bzip.unused_data)
            case _:
                import lzma

                return lzma.LZMADecompressor(memlimit=1 << 26).decompress(coded, _UNPACKED), len(coded)
    except (zlib.error, OSError, ValueError, EOFError):
        return b"", 0
    except Exception as error:  # lzma.LZMAError cannot be named before the module is imported
        if type(error).__name__ != "LZMAError":
            raise
        return b"", 0
