"""Values as they stand in repositories: people's passwords, keys, tokens, key files, and what only looks like them.

All are made up from a seeded generator. Words of passwords are split by hash into those of `dev` and those of `held`.
"""

import base64
import hashlib
import json
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from string import ascii_letters, ascii_lowercase, ascii_uppercase, digits
from typing import Final

from benchmarks.sets.cases import Part

ALNUM: Final = digits + ascii_letters
BASE64: Final = ALNUM + "+/"
URLSAFE: Final = ALNUM + "-_"
HEX: Final = digits + "abcdef"
BASE32: Final = ascii_uppercase + "234567"
_STRONG: Final = ALNUM + "!@#%*-_+=?."

_LISTS: Final[dict[str, str]] = tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


def words(name: str) -> list[str]:
    """Give a list of `words.toml` whose words are parted by blanks."""
    return _LISTS[name].split()


def lines(name: str) -> list[str]:
    """Give a list of `words.toml` with one entry a line."""
    return _LISTS[name].strip("\n").split("\n")


WORDS: Final = words("words")
FIRST: Final = words("first")
LAST: Final = words("last")
PRODUCTS: Final = words("products")
SERVICES: Final = words("services")
COMPANIES: Final = words("companies")
ZONES: Final = ["com", "net", "org", "io", "dev", "internal", "local", "cloud", "de", "co.uk", "fr"]
_PREFIXES: Final = words("prefixes")
_SUFFIXES: Final = ("", "", "", "", "", "", "_1", "2", "_value", "_prod", "_dev", "_test", "_staging")
_STEMS: Final = {
    "password": ("password", "password", "password", "passwd", "pwd", "pass", "passphrase", "pw"),
    "key": ("api_key", "api_key", "apikey", "access_key", "secret_key", "auth_key", "private_key", "encryption_key", "key"),
    "token": ("token", "access_token", "auth_token", "api_token", "refresh_token", "bearer_token", "session_token"),
    "secret": ("secret", "client_secret", "app_secret", "shared_secret", "signing_secret", "secret_key", "consumer_secret"),
}


def draw(rng: Random, alphabet: str, length: int) -> str:
    """Draw characters evenly; from 12 on, again until capitals, small letters and digits of the alphabet are all there."""
    wanted = [one for one in (ascii_lowercase, ascii_uppercase, digits) if set(one) & set(alphabet)] if length >= 12 else []
    while True:
        found = "".join(rng.choice(alphabet) for _ in range(length))
        if all(set(one) & set(found) for one in wanted):
            return found


def words_of(part: Part) -> list[str]:
    """Give the words that passwords of a part are made of."""
    return [word for word in WORDS if (hashlib.sha256(word.encode()).digest()[0] % 10 < 6) == (part == "dev")]


def human(rng: Random, part: Part) -> str:
    """Make a password as people think them up."""
    known = words_of(part)
    one, two = rng.choice(known), rng.choice(known)
    year = str(rng.randint(1965, 2025))
    end = rng.choice(["!", "!", "@", "#", "$1", "1", "12", "123", "01", "7", "99", "!1", "??"]).replace("$", "*")
    first = rng.choice(FIRST)
    leet = str.maketrans({"a": "@", "e": "3", "i": "1", "o": "0", "s": "5"})
    shapes: Sequence[Callable[[], str]] = (
        lambda: one.capitalize() + year + rng.choice(["", "!", "!", "#", "."]),
        lambda: one + str(rng.randint(1, 9999)),
        lambda: one.capitalize() + "@" + str(rng.randint(10, 999)),
        lambda: (one + two).translate(leet)[:14] + rng.choice(["", "1", "!"]),
        lambda: one.translate(leet).capitalize() + end,
        lambda: one + two.capitalize() + str(rng.randint(0, 99)),
        lambda: f"{one}-{two}-{rng.choice(known)}",
        lambda: first + year,
        lambda: first.capitalize() + rng.choice(LAST).capitalize() + str(rng.randint(1, 99)),
        lambda: rng.choice(COMPANIES).capitalize() + year + "!",
        lambda: rng.choice(["qaz2wsx", "1q2w3e4r", "zaq12wsx", "asdf1234", "qwer4321", "1qaz@WSX", "poiu0987"]) + end,
        lambda: one + "_" + two,
        lambda: f"{one.capitalize()}{two.capitalize()}",
        lambda: f"My{one.capitalize()}{rng.randint(1, 99)}{rng.choice(['!', '@', '#'])}",
        lambda: rng.choice(SERVICES) + year,
        lambda: one[:4] + str(rng.randint(100, 999)),
    )
    return rng.choice(shapes)()


def strong(rng: Random) -> str:
    """Make a password as a generator makes them."""
    kind = rng.randrange(6)
    length = rng.choice([10, 12, 14, 16, 16, 20, 24, 32])
    if kind == 0:
        return draw(rng, HEX, rng.choice([16, 24, 32]))
    if kind < 3:
        return draw(rng, ALNUM, length)
    if kind == 3:
        return draw(rng, ascii_lowercase + digits, length)
    return rng.choice(ascii_letters) + draw(rng, _STRONG, length - 2) + rng.choice(ALNUM)


def password(rng: Random, part: Part) -> str:
    """Make a password: six of ten by people."""
    return human(rng, part) if rng.random() < 0.6 else strong(rng)


def url_password(rng: Random, part: Part) -> str:
    """Make a password that stands in a URL as it is."""
    while True:
        found = password(rng, part)
        if not set(found) - set(ALNUM + "-_.!*"):
            return found


def key(rng: Random) -> str:
    """Make an API key of no known format."""
    shape = rng.randrange(8)
    if shape < 2:
        return draw(rng, HEX, rng.choice([32, 32, 40, 64]))
    if shape < 5:
        return draw(rng, ALNUM, rng.choice([20, 24, 32, 32, 36, 40, 48, 64]))
    if shape == 5:
        return base64.b64encode(rng.randbytes(rng.choice([24, 32, 48]))).decode()
    if shape == 6:
        return rng.choice(["ak", "key", "live", "pk1", "app"]) + rng.choice("_-") + draw(rng, ALNUM, rng.choice([24, 32]))
    return draw(rng, URLSAFE, rng.choice([27, 32, 43]))


def secret(rng: Random) -> str:
    """Make a client's secret or a signing secret."""
    if rng.random() < 0.2:
        return draw(rng, ALNUM + "~._-", rng.choice([34, 40])).replace("..", "x.")
    return key(rng)


def token(rng: Random) -> str:
    """Make an opaque token, sometimes a JWT."""
    return jwt(rng) if rng.random() < 0.2 else key(rng)


def jwt(rng: Random) -> str:
    """Make a JSON Web Token (RFC 7519), HS256, of a made-up user."""
    head = {"alg": "HS256", "typ": "JWT"}
    start = rng.randint(1_550_000_000, 1_750_000_000)
    claims = {"sub": str(rng.randint(10**6, 10**9)), "name": rng.choice(FIRST), "iat": start, "exp": start + 3600}
    body = ".".join(_b64url(json.dumps(one, separators=(",", ":")).encode()) for one in (head, claims))
    return f"{body}.{_b64url(rng.randbytes(32))}"


def _b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def uuid(rng: Random) -> str:
    """Make a UUID of version 4 (RFC 9562)."""
    data = draw(rng, HEX, 32)
    return f"{data[:8]}-{data[8:12]}-4{data[13:16]}-{rng.choice('89ab')}{data[17:20]}-{data[20:]}"


def basic(rng: Random, part: Part) -> str:
    """Make the value of an `Authorization: Basic` header (RFC 7617)."""
    return base64.b64encode(f"{rng.choice(FIRST)}:{password(rng, part)}".encode()).decode()


def pem(rng: Random, kind: str = "") -> str:
    """Make a private key file whose structure is right: PKCS#1, PKCS#8, SEC 1 or OpenSSH; the numbers are random."""
    kind = kind or rng.choice(["RSA ", "RSA ", "RSA ", "", "", "EC ", "OPENSSH "])
    if kind == "RSA ":
        body = _rsa(rng)
    elif kind == "":
        algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
        body = _der(0x30, _der(2, b"\0") + algorithm + _der(4, _rsa(rng)))
    elif kind == "EC ":
        point = b"\0\x04" + rng.randbytes(64)
        curve = bytes.fromhex("06082a8648ce3d030107")
        body = _der(0x30, _der(2, b"\1") + _der(4, rng.randbytes(32)) + _der(0xA0, curve) + _der(0xA1, _der(3, point)))
    else:
        body = _openssh(rng)
    text = base64.b64encode(body).decode()
    width = 70 if kind == "OPENSSH " else 64
    lines = [text[at : at + width] for at in range(0, len(text), width)]
    name = f"{kind}PRIVATE {'KEY'}"
    return "\n".join([f"-----BEGIN {name}-----", *lines, f"-----END {name}-----"])


def _rsa(rng: Random) -> bytes:
    def number(bits: int) -> bytes:
        value = rng.getrandbits(bits) | 1 << (bits - 1) | 1
        return _der(2, b"\0" + value.to_bytes(bits // 8, "big"))

    public = number(2048) + _der(2, b"\1\0\1") + number(2048)
    return _der(0x30, _der(2, b"\0") + public + b"".join(number(1024) for _ in range(5)))


def _der(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def _openssh(rng: Random) -> bytes:
    def text(data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + data

    public, check = rng.randbytes(32), rng.randbytes(4)
    blob = text(b"ssh-ed25519") + text(public)
    private = check * 2 + blob + text(rng.randbytes(32) + public) + text(b"me@host")
    private += bytes(range(1, 1 + -len(private) % 8))
    start = b"openssh-key-v1\0" + text(b"none") * 2 + text(b"") + (1).to_bytes(4, "big")
    return start + text(blob) + text(private)


def certificate(rng: Random, name: str = "CERTIFICATE") -> str:
    """Make something public in PEM's clothes: its structure is a sequence of random bytes."""
    text = base64.b64encode(_der(0x30, _der(0x30, rng.randbytes(rng.randint(500, 700))))).decode()
    return "\n".join(
        [f"-----BEGIN {name}-----", *(text[at : at + 64] for at in range(0, len(text), 64)), f"-----END {name}-----"]
    )


def name_of(rng: Random, stem: str, style: str) -> str:
    """Make the name of a variable that holds a credential: `snake`, `upper`, `camel`, `pascal`, `kebab`, `dotted`."""
    name = rng.choice(_STEMS[stem])
    if rng.random() < 0.65:
        name = f"{rng.choice(_PREFIXES)}_{name}"
    name += rng.choice(_SUFFIXES)
    return styled([word for word in name.split("_") if word], style)


def styled(parts: Sequence[str], style: str) -> str:
    """Join words in a style of naming."""
    match style:
        case "upper":
            return "_".join(parts).upper()
        case "camel":
            return parts[0] + "".join(word.capitalize() for word in parts[1:])
        case "pascal":
            return "".join(word.capitalize() for word in parts)
        case "kebab":
            return "-".join(parts)
        case "dotted":
            return ".".join(parts)
        case _:
            return "_".join(parts)


def host(rng: Random) -> str:
    """Make the name of a host."""
    if rng.random() < 0.15:
        return rng.choice(
            ["localhost", "127.0.0.1", f"10.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}"]
        )
    return f"{rng.choice(PRODUCTS + SERVICES)}{rng.choice(['', '-01', '2', '-prod', '-stg'])}.{domain(rng)}"


def domain(rng: Random) -> str:
    """Make a domain name."""
    return f"{rng.choice(COMPANIES)}{rng.choice(['', '', '-corp', 'labs'])}.{rng.choice(ZONES)}"


def email(rng: Random) -> str:
    """Make a mail address."""
    return f"{rng.choice(FIRST)}.{rng.choice(LAST)}@{domain(rng)}"
