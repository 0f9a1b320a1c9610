"""Words of Go: what its literals mean, and how the package behind an import path is called."""

import re
from typing import Any, Final

_ESCAPE: Final = re.compile(rb"\\(?:([0-7]{3})|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_SIMPLE: Final = {
    b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v",
    b"\\": b"\\", b"'": b"'", b'"': b'"',
}  # fmt: skip
_LONGEST_NUMBER: Final = 80
_MAJOR: Final = re.compile(r"v(?:[2-9]|[1-9]\d+)")
_DOTTED_MAJOR: Final = re.compile(r"(?<=.)\.v\d+$")
_CALLED_OTHERWISE: Final = {
    "github.com.nats-io.nats.go": "nats",
    "github.com.sashabaranov.go-openai": "openai",
    "github.com.anthropics.anthropic-sdk-go": "anthropic",
    "github.com.rabbitmq.amqp091-go": "amqp091",
    "github.com.dgrijalva.jwt-go": "jwt",
    "github.com.form3tech-oss.jwt-go": "jwt",
    "github.com.mattn.go-sqlite3": "sqlite3",
    "github.com.tmc.langchaingo": "langchaingo",
    "github.com.satori.go.uuid": "uuid",
    "github.com.gofrs.uuid": "uuid",
    "github.com.segmentio.kafka-go": "kafka",
    "github.com.golang.groupcache": "groupcache",
    "github.com.opencontainers.go-digest": "digest",
    "github.com.microcosm-cc.bluemonday": "bluemonday",
}
"""Packages whose name is not the end of their path."""

_STANDARD: Final = (
    "archive/tar archive/zip bufio bytes compress/gzip compress/zlib context crypto crypto/aes crypto/cipher "
    "crypto/des crypto/ecdsa crypto/ed25519 crypto/elliptic crypto/hmac crypto/md5 crypto/rc4 crypto/rsa "
    "crypto/sha1 crypto/sha256 crypto/sha512 crypto/subtle crypto/tls crypto/x509 database/sql embed "
    "encoding/base64 encoding/binary encoding/csv encoding/gob encoding/hex encoding/json encoding/xml errors flag "
    "fmt html html/template io io/fs io/ioutil log log/slog maps math math/big mime net net/http net/mail net/smtp "
    "net/url os os/exec path path/filepath plugin reflect regexp runtime runtime/debug slices sort strconv strings "
    "sync syscall time unicode unsafe "
)
_OTHERS: Final = (
    "github.com/gin-gonic/gin github.com/labstack/echo github.com/gofiber/fiber github.com/gorilla/mux "
    "github.com/go-chi/chi github.com/gorilla/websocket github.com/gorilla/sessions github.com/google/uuid "
    "github.com/golang-jwt/jwt github.com/jmoiron/sqlx github.com/jackc/pgx github.com/go-ldap/ldap "
    "github.com/sirupsen/logrus gorm.io/gorm go.mongodb.org/mongo-driver/bson go.mongodb.org/mongo-driver/mongo "
    "go.uber.org/zap golang.org/x/crypto/bcrypt golang.org/x/crypto/ssh google.golang.org/grpc "
    "github.com/antchfx/xmlquery github.com/spf13/cobra github.com/spf13/viper "
)
_IMPLIED: Final = {path.rpartition("/")[2]: path for path in f"{_STANDARD} {_OTHERS}".split()}
_QUALIFIED: Final = re.compile(rb"(?<![\w.])([a-z][a-z0-9]*)\.[A-Z]")
_SECURE_RANDOM: Final = re.compile(rb"\brand\.(?:Reader|Prime|Text|Read)\b")


def implied_imports(text: bytes) -> dict[str, str]:
    """Give the packages that a file without any import most likely means, by the names that it uses: what `goimports` does.

    Snippets and single functions come without their imports.
    """
    used = {found.decode() for found in _QUALIFIED.findall(text)}
    implied = {alias: package_path(_IMPLIED[alias]) for alias in sorted(used & _IMPLIED.keys())}
    if "rand" in used:
        implied["rand"] = "crypto.rand" if _SECURE_RANDOM.search(text) else "math.rand"
    return implied


def _unescaped(found: "re.Match[bytes]") -> bytes:
    octal, two, four, eight, simple = found.groups()
    if simple is not None:
        return _SIMPLE.get(simple, simple)
    if octal is not None:
        return bytes((int(octal, 8) & 0xFF,))
    if two is not None:
        return bytes((int(two, 16),))
    code = int(four or eight, 16)
    return chr(code if code <= 0x10FFFF else 0xFFFD).encode("utf-8", "replace")


def text_of(quoted: bytes) -> str:
    """Give the text of an interpreted or raw string literal, quotes included in what is given."""
    inner = quoted[1:-1]
    if quoted[:1] == b"`":
        return inner.replace(b"\r", b"").decode("utf-8", "replace")
    if b"\\" in inner:
        inner = _ESCAPE.sub(_unescaped, inner)
    return inner.decode("utf-8", "replace")


def rune_of(quoted: bytes) -> Any:
    """Give the number of a rune literal, `...` where it is none."""
    inner = quoted[1:-1]
    found = _ESCAPE.fullmatch(inner)
    if found and (found[1] or found[2]):
        return int(found[1], 8) if found[1] else int(found[2], 16)
    text = text_of(quoted)
    return ord(text) if len(text) == 1 else ...


def number_of(written: bytes) -> Any:
    """Give the value of an integer or float literal; `...` for a huge, imaginary or broken one."""
    word = written.decode("ascii", "replace").replace("_", "").lower()
    if len(word) > _LONGEST_NUMBER:
        return ...
    try:
        if word[:2] in {"0x", "0b", "0o"}:
            return float.fromhex(word) if "p" in word else int(word, 0)
        if word.isdecimal():
            return int(word, 8) if len(word) > 1 and word[0] == "0" else int(word)
        return float(word)
    except (ValueError, OverflowError):
        return ...


def package_path(path: str) -> str:
    """Give the dotted name of an import path: `github.com/go-chi/chi/v5/cors` is `github.com.go-chi.chi.cors`."""
    parts = [_DOTTED_MAJOR.sub("", part) for part in path.split("/") if part and not _MAJOR.fullmatch(part)]
    level = ""
    while parts and parts[0] in {".", ".."}:
        level += "." * len(parts.pop(0))
    return level + ".".join(parts)


def package_alias(dotted: str, text: bytes) -> str:
    """Guess how a package is called that is imported without a name of its own.

    It is the last part of its path, without the `go-` and `-go` that paths carry for people; where a hyphen is left, the
    part that the file uses like a package.
    """
    known = _CALLED_OTHERWISE.get(dotted)
    if known:
        return known
    *before, last = dotted.split(".")
    if last in {"go", "v1"} and before:
        last = before[-1]
    for fix in ("go-", "golang-"):
        last = last.removeprefix(fix)
    for fix in ("-go", "-golang", "-sdk"):
        last = last.removesuffix(fix)
    if "-" not in last:
        return last
    parts = last.split("-")
    for guess in (last.replace("-", ""), last.replace("-", "_"), parts[-1], parts[0]):
        if re.search(rb"(?<![\w.])" + re.escape(guess.encode("utf-8", "replace")) + rb"\.\w", text):
            return guess
    return last.replace("-", "")
