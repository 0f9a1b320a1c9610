"""Values in examples that are made when a page is read, so that no page holds text that looks like a live secret.

    {{alnum 36}} {{lower 8}} {{upper 16}} {{digits 10}} {{hex 32}} {{base64 40}} {{base64url 43}}   that many characters
    {{crc32-base62 ghp_ 30}}   the prefix, that many letters and digits, and their CRC-32 as six digits of base 62
    {{join A|B}}               AB: a prefix and a body that stand apart on the page

Anything else in double braces (a template of the example's own language) stays as it stands. The values depend on
nothing but the seed, so an example means the same everywhere; they are made-up text and no keys.
"""

import hashlib
import re
import zlib
from collections.abc import Iterator
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits

BASE62 = digits + ascii_uppercase + ascii_lowercase
_ALPHABETS = {
    "alnum": digits + ascii_letters,
    "base64": ascii_letters + digits + "+/",
    "base64url": ascii_letters + digits + "-_",
    "digits": digits,
    "hex": digits + "abcdef",
    "lower": ascii_lowercase,
    "upper": ascii_uppercase,
}
_CLASSES = tuple(frozenset(part) for part in (ascii_lowercase, ascii_uppercase, digits))
_PLACEHOLDER = re.compile(
    r"\{\{(?:(?P<kind>alnum|base64url|base64|digits|hex|lower|upper) (?P<length>[1-9]\d{0,3})"
    r"|crc32-base62 (?P<prefix>[A-Za-z0-9_-]{0,32}) (?P<body>[1-9]\d{0,2})"
    r"|join (?P<parts>[^{}\n]*))\}\}"
)


class TooLong(ValueError):
    """The text would grow past the limit."""


def expand(text: str, *, seed: str, limit: int) -> str:
    """Give the text with each placeholder replaced by its value. Lines stay where they are.

    Raises:
        TooLong: the placeholders ask for more than `limit` characters in all.
    """
    source = _bytes_of(seed)
    left = limit

    def value(found: re.Match[str]) -> str:
        nonlocal left
        left -= int(found["length"] or found["body"] or 0)
        if left < 0:
            raise TooLong
        if found["kind"]:
            return _draw(source, _ALPHABETS[found["kind"]], int(found["length"]))
        if found["body"]:
            body = _draw(source, BASE62, int(found["body"]))
            return found["prefix"] + body + crc32_base62(body)
        return str(found["parts"]).replace("|", "")

    return _PLACEHOLDER.sub(value, text)


def crc32_base62(text: str) -> str:
    """Give the CRC-32 (IEEE 802.3) of ASCII text as six digits of base 62 (`0-9A-Za-z`), filled with zeros on the left: the
    check digits of GitHub's and npm's tokens."""
    number = zlib.crc32(text.encode())
    written = ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        written = BASE62[digit] + written
    return written


def _bytes_of(seed: str) -> Iterator[int]:
    """Give bytes without end: SHA-256 of the seed and a counter."""
    counter = 0
    while True:
        yield from hashlib.sha256(f"{seed}:{counter}".encode()).digest()
        counter += 1


def _draw(source: Iterator[int], alphabet: str, length: int) -> str:
    """Draw characters evenly; from 8 on, again until each class of the alphabet (lower, upper, digit) is there, because
    real tokens nearly always have them and detectors may ask for it."""
    wanted = [part for part in _CLASSES if not part.isdisjoint(alphabet)] if length >= 8 else []
    fair = 256 - 256 % len(alphabet)
    while True:
        drawn = ""
        while len(drawn) < length:
            byte = next(source)
            if byte < fair:
                drawn += alphabet[byte % len(alphabet)]
        if all(not part.isdisjoint(drawn) for part in wanted):
            return drawn
