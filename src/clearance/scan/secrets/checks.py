"""What a token's own structure proves: check digits and headers."""

import base64
import binascii
import re
import zlib
from collections.abc import Callable
from string import ascii_lowercase, ascii_uppercase, digits
from typing import NamedTuple

_BASE62 = digits + ascii_uppercase + ascii_lowercase
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_USER_PASS = re.compile(r"[^\s:\x00-\x1f\x7f]{1,128}:[^\x00-\x1f\x7f]{3,256}")


class Check(NamedTuple):
    """A test of a token's text. `strict`: text that fails is no such token; otherwise it is reported as doubtful, because
    it may be a token of an older make."""

    passes: Callable[[str], bool]
    strict: bool


def _base62(number: int, width: int) -> str:
    written = ""
    while number:
        number, digit = divmod(number, 62)
        written = _BASE62[digit] + written
    return written.rjust(width, "0")


def _crc32(token: str) -> bool:
    """The last six characters are the CRC-32 of the random part in base 62 ("Behind GitHub's new authentication token
    formats", GitHub 2021; npm uses the same)."""
    body = token.rsplit("_", 1)[-1]
    return len(body) > 6 and _base62(zlib.crc32(body[:-6].encode()), 6) == body[-6:]


def decoded(text: str) -> bytes | None:
    """Read base64 of either alphabet, padded or not; None for anything else."""
    try:
        return base64.b64decode(
            text.rstrip("=").replace("-", "+").replace("_", "/") + "=" * (-len(text.rstrip("=")) % 4), validate=True
        )
    except (binascii.Error, ValueError):
        return None


def _jwt(token: str) -> bool:
    """The first part is a JOSE header: a JSON object with `alg` (RFC 7515, section 4)."""
    header = decoded(token.split(".", 1)[0])
    if header is None or len(header) > 4096:
        return False
    import json

    try:
        value = json.loads(header)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and isinstance(value.get("alg"), str)


def _bech32(token: str) -> bool:
    """The last six characters are the check digits of Bech32 (BIP 173), which age uses for its keys."""
    prefix, _, data = token.lower().rpartition("1")
    if not prefix or any(char not in _BECH32 for char in data):
        return False
    values = [ord(char) >> 5 for char in prefix] + [0] + [ord(char) & 31 for char in prefix]
    values += [_BECH32.index(char) for char in data]
    state = 1
    for value in values:
        top = state >> 25
        state = (state & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate((0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)):
            if top >> bit & 1:
                state ^= generator
    return state == 1


def user_pass(token: str) -> tuple[str, str] | None:
    """Read base64 of `user:password`; None where it is something else."""
    data = decoded(token)
    try:
        text = data.decode("utf-8") if data else ""
    except UnicodeDecodeError:
        return None
    if not _USER_PASS.fullmatch(text):
        return None
    user, _, password = text.partition(":")
    return user, password


CHECKS: dict[str, Check] = {
    "age-bech32": Check(_bech32, strict=False),
    "crc32-base62": Check(_crc32, strict=False),
    "jwt": Check(_jwt, strict=True),
}
"""By the name that a page gives under `check`."""
