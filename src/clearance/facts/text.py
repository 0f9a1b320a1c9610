"""Bytes to text and text to a terminal, without trust in either."""

import codecs
import re
from typing import NamedTuple

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SNIFF = 8192
# C0 and C1 controls, line and paragraph separators, bidi embeddings, overrides, isolates and marks, the soft hyphen,
# zero-width and joining characters, fillers, variation selectors (but for the two that pick text or emoji), the byte order
# mark, annotation and tag characters, lone surrogates: whatever moves, reorders, hides, or can carry hidden data.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e01ef\ud800-\udfff]"
)


class Decoded(NamedTuple):
    """Text with the codec that gave it; `broken`: some bytes did not fit it and became U+FFFD."""

    text: str
    encoding: str
    broken: bool


def decode(data: bytes) -> Decoded | None:
    """Read bytes as text: by byte order mark, as UTF-16 without one where every second byte is NUL, as UTF-8, or as
    UTF-8 with replacement. None for what is binary: a NUL byte in the first 8 KiB (git's own test), or text that a
    UTF-16 or UTF-32 mark promises and that is not there."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _with(data, encoding)
    head = data[:_SNIFF]
    if b"\0" in head:
        for encoding, zeros, others in (("utf-16-le", head[1::2], head[0::2]), ("utf-16-be", head[0::2], head[1::2])):
            if len(head) >= 4 and zeros.count(0) * 10 >= len(zeros) * 7 and others.count(0) * 10 <= len(others):
                return _with(data, encoding)
        return None
    return _with(data, "utf-8")


def _with(data: bytes, encoding: str) -> Decoded:
    try:
        return Decoded(data.decode(encoding), encoding, broken=False)
    except UnicodeDecodeError:
        return Decoded(data.decode(encoding, "replace"), encoding, broken=True)


def visible(text: str, *, keep: str = "") -> str:
    """Make text safe to show: each control, bidi, zero-width and surrogate character becomes its escape (`\\x1b`,
    `\\u202e`). Characters in `keep` (a tab, say) stay."""

    def escape(found: re.Match[str]) -> str:
        if found[0] in keep:
            return found[0]
        code = ord(found[0])
        short = {9: "\\t", 10: "\\n", 13: "\\r"}.get(code)
        if short:
            return short
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"

    return _UNSAFE.sub(escape, text)


def counted(number: int, word: str, words: str = "") -> str:
    """Give a number with its word: `1 line`, `2 entries`, `2,000 keys`; `words` where the plural is another one."""
    if number == 1:
        return f"1 {word}"
    regular = f"{word[:-1]}ies" if word.endswith("y") and word[-2:-1] not in "aeiou" else f"{word}s"
    return f"{number:,} {words or regular}"
