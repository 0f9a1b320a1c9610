"""What a token's own structure proves: check digits, headers, claims."""

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Callable, Mapping
from string import ascii_lowercase, ascii_uppercase, digits
from typing import NamedTuple

from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.rarity import rarity

_BASE36 = digits + ascii_lowercase
_BASE62 = digits + ascii_uppercase + ascii_lowercase
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE32 = ascii_uppercase + "234567"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_USER_PASS = lazily(r"[^\s:\x00-\x1f\x7f]{1,128}:[^\x00-\x1f\x7f]{3,256}")
_WORDS = lazily(r"[A-Z][a-z]{3,}|[a-z]{4,}|[A-Z]{4,}")
_RARE = 4.8
"""Bits of surprise a pair of letters: 3.6 are words, 6.1 chance."""
_LONGEST_PART = 4096
_MOST_DIGITS = 256


class Check(NamedTuple):
    """A test of a token's text. `strict`: text that fails is no such token; otherwise it is reported as doubtful, because
    it may be a token of an older make. `proves`: no text passes by chance. `alone`: what passes is no other kind either.
    `silent`: what fails is mostly a token of another kind, and not worth telling."""

    passes: Callable[[str], bool]
    strict: bool
    proves: bool = True
    alone: bool = True
    silent: bool = False


def _written(number: int, alphabet: str, width: int) -> str:
    """Write a number in the base of an alphabet, filled on the left."""
    written = ""
    while number:
        number, digit = divmod(number, len(alphabet))
        written = alphabet[digit] + written
    return written.rjust(width, alphabet[0])


def _crc32_base62(token: str) -> bool:
    """The last six characters are the CRC-32 of the random part in base 62 ("Behind GitHub's new authentication token
    formats", GitHub 2021; npm uses the same)."""
    body = token.rsplit("_", 1)[-1]
    return len(body) > 6 and _written(zlib.crc32(body[:-6].encode()), _BASE62, 6) == body[-6:]


def _crc32_base36(token: str) -> bool:
    """The last seven characters are the CRC-32 of all before them in base 36, and the two before those the length of the
    first part (GitLab's "Routable tokens"; a number of the version may stand between them)."""
    body, dot, _rest = token.partition(".")
    if not dot or len(token) < 16:
        return False
    payload = body[body.find("-") + 1 :]
    length = _written(len(payload), _BASE36, 2)
    return token[-9:-7] == length and _written(zlib.crc32(token[:-7].encode()), _BASE36, 7) == token[-7:]


def _crc32_hex(token: str) -> bool:
    """The part after the last `_` is the CRC-32 of what stands before it, with or without its prefix, in eight hexadecimal
    digits of either byte order (Grafana's service account tokens)."""
    body, _, said = token.rpartition("_")
    texts = {body, body.partition("_")[2]} - {""}
    sums = [zlib.crc32(text.encode()) for text in sorted(texts)]
    return said.lower() in {f"{one:08x}" for one in sums} | {one.to_bytes(4, "little").hex() for one in sums}


def _aws_key_id(token: str) -> bool:
    """The characters after the kind are base 32 and hold the number of the account, of twelve digits at most, in bits 1 to
    40 (IAM User Guide, "IAM identifiers": the account can be told from the id)."""
    body = token[4:]
    if len(body) != 16 or any(char not in _BASE32 for char in body):
        return False
    first = int.from_bytes(base64.b32decode(body)[:6])
    return (first & 0x7FFFFFFFFF80) >> 7 < 10**12


def decoded(text: str) -> bytes | None:
    """Read base64 of either alphabet, padded or not; None for anything else."""
    try:
        return base64.b64decode(
            text.rstrip("=").replace("-", "+").replace("_", "/") + "=" * (-len(text.rstrip("=")) % 4), validate=True
        )
    except (binascii.Error, ValueError):
        return None


def _object(text: str) -> Mapping[str, object]:
    """Read base64 of a JSON object; an empty one for anything else."""
    data = decoded(text) if len(text) <= _LONGEST_PART else None
    if data is None:
        return {}
    import json

    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _jwt(token: str) -> bool:
    """The first part is a JOSE header: a JSON object with `alg` (RFC 7515, section 4)."""
    return isinstance(_object(token.split(".", 1)[0]).get("alg"), str)


def _claims(accepts: Callable[[Mapping[str, object]], bool]) -> Callable[[str], bool]:
    """Make a test of the claims of a JSON Web Token (RFC 7519, section 4)."""

    def passes(token: str) -> bool:
        parts = token.split(".")
        return len(parts) == 3 and _jwt(token) and accepts(_object(parts[1]))

    return passes


def _from(issuer: str) -> Callable[[Mapping[str, object]], bool]:
    """Accept claims whose issuer fits an expression."""
    expression = lazily(issuer)
    return lambda claims: expression.fullmatch(str(claims.get("iss", ""))[:200]) is not None


def _holding(*names: str) -> Callable[[str], bool]:
    """Make a test of base64 of a JSON object, the last part of a token or the one before, that holds these keys."""

    def passes(token: str) -> bool:
        for part in re.split(r"[._]", token)[::-1][:3]:
            if part.startswith("eyJ"):
                value = _object(part)
                return all(name in value for name in names)
        return False

    return passes


def _bech32(token: str) -> bool:
    """The last six characters are the check digits of Bech32 (BIP 173), which age and Nostr use for their keys."""
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


def _base58check(token: str) -> bool:
    """The last four bytes are the head of the double SHA-256 of those before them (Bitcoin's Base58Check; private keys, and
    extended ones of BIP 32)."""
    if not 8 <= len(token) <= _MOST_DIGITS or any(char not in _BASE58 for char in token):
        return False
    number = 0
    for char in token:
        number = number * 58 + _BASE58.index(char)
    data = number.to_bytes((number.bit_length() + 7) // 8)
    return hashlib.sha256(hashlib.sha256(data[:-4]).digest()).digest()[:4] == data[-4:]


def _discord(token: str) -> bool:
    """The first part is the base64 of the bot's id, a number of 17 to 20 digits (Discord, "Reference", snowflakes)."""
    data = decoded(token.split(".", 1)[0])
    return data is not None and data.isdigit() and 17 <= len(data) <= 20


def _random(token: str) -> bool:
    """Letters and digits are mixed, and the letters do not read like words: no identifier, path or sentence."""
    letters = sum(map(str.isalpha, token))
    if not letters:
        return False
    if not any(map(str.isdigit, token)):
        return letters >= 16 and not token.islower() and not token.isupper() and rarity(token) >= _RARE
    words = sum(map(len, _WORDS.findall(token)))
    return words * 2 <= letters or rarity(token) >= _RARE


def _random_after_run(token: str) -> bool:
    """What follows the run of one character at the start is random (bearer tokens of X start with twenty and more `A`)."""
    rest = token.lstrip(token[:1])
    # Binary data in base 64 goes on with more of the same.
    return len(rest) >= 24 and rest.count(token[0]) * 4 <= len(rest) and _random(rest)


def _workos(token: str) -> bool:
    """The body is base64 of text that starts with `key_` (WorkOS, whose keys else look like those of Stripe)."""
    body = token.rsplit("_", 1)[-1][:8]
    return (decoded(body) or b"").startswith(b"key_")


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
    "aws-key-id": Check(_aws_key_id, strict=False, proves=False),
    "base58check": Check(_base58check, strict=True),
    "bech32": Check(_bech32, strict=True),
    "crc32-base36": Check(_crc32_base36, strict=False),
    "crc32-base62": Check(_crc32_base62, strict=False),
    "crc32-hex": Check(_crc32_hex, strict=False),
    "discord-id": Check(_discord, strict=False),
    "json-grafana": Check(_holding("k"), strict=False),
    "json-onepassword": Check(_holding("signInAddress"), strict=False),
    "json-sentry": Check(_holding("iat", "url"), strict=False),
    "jwt": Check(_jwt, strict=True, alone=False),
    "jwt-argocd": Check(_claims(_from("argocd")), strict=True, silent=True),
    "jwt-auth0": Check(_claims(_from(r"https://[a-z0-9.-]+\.auth0\.com/")), strict=True, silent=True),
    "jwt-firebase": Check(
        _claims(_from(r"https://(?:securetoken|session\.firebase)\.google\.com/.+")), strict=True, silent=True
    ),
    "jwt-kubernetes": Check(
        _claims(
            lambda claims: (
                claims.get("iss") == "kubernetes/serviceaccount"
                or str(claims.get("sub", "")).startswith("system:serviceaccount:")
            )
        ),
        strict=True,
        silent=True,
    ),
    "jwt-microsoft": Check(
        _claims(_from(r"https://(?:sts\.windows\.net|login\.microsoftonline\.(?:com|us))/.+")), strict=True, silent=True
    ),
    "jwt-monday": Check(_claims(lambda claims: {"tid", "uid", "actid"} <= claims.keys()), strict=True, silent=True),
    "jwt-n8n": Check(_claims(lambda claims: claims.get("iss") == "n8n"), strict=True, silent=True),
    "jwt-okta": Check(_claims(_from(r"https://[a-z0-9.-]+\.okta(?:preview|-emea)?\.com(?:/.*)?")), strict=True, silent=True),
    "jwt-supabase": Check(
        _claims(lambda claims: str(claims.get("iss", "")).startswith("supabase") and claims.get("role") == "service_role"),
        strict=True,
        silent=True,
    ),
    "jwt-temporal": Check(_claims(_from(r"temporal\.io")), strict=True, silent=True),
    "jwt-turso": Check(_claims(lambda claims: {"a", "iat"} <= claims.keys()), strict=True, silent=True),
    "random": Check(_random, strict=True, proves=False),
    "random-after-run": Check(_random_after_run, strict=True, alone=False),
    "workos": Check(_workos, strict=True, silent=True),
}
"""By the name that a page gives under `check`."""
