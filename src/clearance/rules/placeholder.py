"""Values in examples that are made when a page is read, so that no page holds text that looks like a live secret.

    {{alnum 36}} {{lower 8}} {{upper 16}} {{digits 10}} {{hex 32}} {{base64 40}} {{base64url 43}}   that many characters
    {{lower-alnum 20}} {{upper-alnum 24}} {{upper-hex 8}} {{base32 16}}                               the same
    {{uuid}}                   a random UUID (version 4)
    {{crc32-base62 ghp_ 30}}   the prefix, that many letters and digits, and their CRC-32 as six digits of base 62
    {{crc32-base36 glpat- 27}} a routable token of GitLab: prefix, payload, its length, CRC-32
    {{crc32-hex glsa_ 32}}     the prefix, that many letters and digits, `_`, and the CRC-32 of all that in hexadecimal
    {{base58check 80 32}}      version (hexadecimal) and that many bytes with their check digits in base 58
    {{bech32 nsec 32}}         that many bytes with the check digits of Bech32; the prefix in upper case makes all upper case
    {{snowflake 18}}           base64 of a number of that many digits, as Discord's tokens start
    {{json k=xyz n=1}}         base64 of a JSON object with these keys
    {{jwt iss=n8n sub=7}}      a signed JSON Web Token with these claims
    {{join A|B}}               AB: a prefix and a body that stand apart on the page

Anything else in double braces (a template of the example's own language) stays as it stands. The values depend on
nothing but the seed, so an example means the same everywhere; they are made-up text and no keys.
"""

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterator
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits

BASE62 = digits + ascii_uppercase + ascii_lowercase
_BASE36 = digits + ascii_lowercase
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_ALPHABETS = {
    "alnum": digits + ascii_letters,
    "base32": ascii_uppercase + "234567",
    "base64": ascii_letters + digits + "+/",
    "base64url": ascii_letters + digits + "-_",
    "digits": digits,
    "hex": digits + "abcdef",
    "lower": ascii_lowercase,
    "lower-alnum": digits + ascii_lowercase,
    "upper": ascii_uppercase,
    "upper-alnum": digits + ascii_uppercase,
    "upper-hex": digits + "ABCDEF",
}
_CLASSES = tuple(frozenset(part) for part in (ascii_lowercase, ascii_uppercase, digits))
_PLACEHOLDER = re.compile(
    r"\{\{(?:(?P<kind>" + "|".join(sorted(_ALPHABETS, key=len, reverse=True)) + r") (?P<length>[1-9]\d{0,3})"
    r"|(?P<check>crc32-base62|crc32-base36|crc32-hex|base58check|bech32)"
    r" (?P<prefix>[A-Za-z0-9_-]{0,32}) (?P<body>[1-9]\d{0,2})"
    r"|snowflake (?P<number>[1-9]\d?)"
    r"|(?P<object>json|jwt) (?P<pairs>[^{}\n]{1,400})"
    r"|(?P<uuid>uuid)"
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
        if found["check"]:
            return _CHECKED[found["check"]](source, found["prefix"], int(found["body"]))
        if found["object"]:
            return _object(source, found["object"], found["pairs"])
        if found["number"]:
            number = "1" + _draw(source, digits, int(found["number"]))[1:]
            return base64.urlsafe_b64encode(number.encode()).decode().rstrip("=")
        if found["uuid"]:
            a, b, c, d, e = (_draw(source, _ALPHABETS["hex"], size) for size in (8, 4, 3, 3, 12))
            return f"{a}-{b}-4{c}-a{d}-{e}"
        return str(found["parts"]).replace("|", "")

    return _PLACEHOLDER.sub(value, text)


def _object(source: Iterator[int], kind: str, pairs: str) -> str:
    """Make base64 of a JSON object, or a JSON Web Token with it as claims."""
    keys = dict(pair.partition("=")[::2] for pair in pairs.split())
    if kind == "json":
        return _encoded(keys)
    return f"{_encoded({'alg': 'RS256', 'typ': 'JWT'})}.{_encoded(keys)}.{_draw(source, _ALPHABETS['base64url'], 86)}"


def _encoded(value: dict[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")


def _with_crc32_base62(source: Iterator[int], prefix: str, length: int) -> str:
    body = _draw(source, BASE62, length)
    return prefix + body + crc32_base62(body)


def _with_crc32_base36(source: Iterator[int], prefix: str, length: int) -> str:
    """Make a routable token (GitLab's "Routable tokens")."""
    text = prefix + _draw(source, _ALPHABETS["base64url"], length) + "." + _digits_of(length, _BASE36, 2)
    return text + _digits_of(zlib.crc32(text.encode()), _BASE36, 7)


def _with_crc32_hex(source: Iterator[int], prefix: str, length: int) -> str:
    text = prefix + _draw(source, BASE62, length)
    return f"{text}_{zlib.crc32(text.encode()):08x}"


def _with_base58check(source: Iterator[int], version: str, length: int) -> str:
    """Make a key of Bitcoin: Base58Check of a version and bytes."""
    data = bytes.fromhex(version) + bytes(next(source) for _ in range(length))
    data += hashlib.sha256(hashlib.sha256(data).digest()).digest()[:4]
    return _digits_of(int.from_bytes(data), _BASE58, 0)


def _with_bech32(source: Iterator[int], prefix: str, length: int) -> str:
    """Make Bech32 (BIP 173) of bytes."""
    bits = "".join(f"{next(source):08b}" for _ in range(length))
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[at : at + 5], 2) for at in range(0, len(bits), 5)]
    lower = prefix.lower()
    state = 1
    for value in [*(ord(char) >> 5 for char in lower), 0, *(ord(char) & 31 for char in lower), *values, *([0] * 6)]:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            if top >> bit & 1:
                state ^= generator
    state ^= 1
    check = [state >> 5 * (5 - at) & 31 for at in range(6)]
    text = f"{lower}1" + "".join(_BECH32[value] for value in (*values, *check))
    return text.upper() if prefix.isupper() or "-" in prefix else text


_CHECKED: dict[str, Callable[[Iterator[int], str, int], str]] = {
    "base58check": _with_base58check,
    "bech32": _with_bech32,
    "crc32-base36": _with_crc32_base36,
    "crc32-base62": _with_crc32_base62,
    "crc32-hex": _with_crc32_hex,
}


def _digits_of(number: int, alphabet: str, width: int) -> str:
    """Write a number in the base of an alphabet, filled on the left."""
    written = ""
    while number:
        number, digit = divmod(number, len(alphabet))
        written = alphabet[digit] + written
    return written.rjust(width, alphabet[0])


def crc32_base62(text: str) -> str:
    """Give the CRC-32 (IEEE 802.3) of ASCII text as six digits of base 62 (`0-9A-Za-z`), filled with zeros on the left: the
    check digits of GitHub's and npm's tokens."""
    return _digits_of(zlib.crc32(text.encode()), BASE62, 6)


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
