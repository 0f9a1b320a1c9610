"""What goes over the resident's socket: frames of a kind, a head of fields, and a body.

A frame is `CLR1`, one byte of kind, the lengths of head and body (four bytes each, the highest first), head, body. The
fields of a head are separated by zero bytes, which no path and no variable can hold. The hook's client imports it: it
needs nothing that Python has not loaded.
"""

from _collections_abc import Mapping, Sequence
from _socket import socket
from time import monotonic

QUESTION, STATUS, STOP = b"Q", b"S", b"X"
"""A client asks for a ruling; a person asks how the resident does; it should end."""
BEGUN, ANSWER, TOLD, REFUSAL = b"K", b"A", b"T", b"E"
"""The question is read and being judged; the answer; a text for a person; why there is no answer."""

MOST_PAYLOAD = 16 << 20
"""Bytes of an assistant's payload that are looked at."""
_MOST_HEAD = 1 << 20
_MOST_BODY = 64 << 20
_MAGIC = b"CLR1"
HEADER = 13
"""Bytes before the head."""

_NAMES = frozenset((
    "HOME", "PATH", "TMPDIR", "VIRTUAL_ENV", "LANG", "TZ", "USER", "LOGNAME", "NETRC", "SUDO_UID", "SOURCE_DATE_EPOCH",
    "GIT_INDEX_FILE", "GIT_CONFIG_GLOBAL", "SSL_CERT_FILE", "SSL_CERT_DIR", "https_proxy", "HTTPS_PROXY", "no_proxy",
    "NO_PROXY", "AGENT", "AI_AGENT",
))  # fmt: skip
_PREFIXES = (
    "CLEARANCE_", "XDG_", "LC_", "CLAUDE", "CURSOR", "CODEX", "GEMINI", "COPILOT", "OPENCODE", "WINDSURF", "ANTIGRAVITY",
    "AIDER_", "CLINE_", "AMP_", "AUGMENT_", "QWEN_", "DEVIN_", "OPENHANDS_", "GOOSE_",
)  # fmt: skip
_SECRET = (
    "_KEY", "_TOKEN", "_SECRET", "_PASSWORD", "_CREDENTIALS", "_AUTH", "_PASSPHRASE", "_PASS", "_CONTENT", "_COOKIE",
)  # fmt: skip


class BadFrame(Exception):
    """Bytes that are no frame, or one that is too long, or ended early."""


def that_matter(environment: Mapping[str, str]) -> dict[str, str]:
    """Give the variables that an answer may depend on; what an assistant keeps there as a secret is not among them."""
    return {
        name: value
        for name, value in environment.items()
        if (name in _NAMES or (name.startswith(_PREFIXES) and not name.endswith(_SECRET)))
        and not (name.lower().endswith("_proxy") and "@" in value)  # a password may stand before it
    }


def pack(kind: bytes, fields: Sequence[bytes] = (), body: bytes = b"") -> bytes:
    """Make a frame."""
    head = b"\0".join(fields)
    return b"".join((_MAGIC, kind, len(head).to_bytes(4), len(body).to_bytes(4), head, body))


def kind_of(header: bytes) -> bytes:
    """Give the kind that the first bytes of a frame tell; empty: they are none."""
    return header[4:5] if header[:4] == _MAGIC else b""


def receive(connection: socket, until: float) -> tuple[bytes, list[bytes], bytes]:
    """Read one frame: its kind, fields and body. `until` is when it must be whole, on the monotonic clock.

    Raises:
        BadFrame: it is none, too long, or ended early.
        OSError: the other side is gone, or took too long.
    """
    header = _exactly(connection, HEADER, until)
    kind, head, body = kind_of(header), int.from_bytes(header[5:9]), int.from_bytes(header[9:13])
    if not kind or head > _MOST_HEAD or body > _MOST_BODY:
        raise BadFrame("not a frame of this version")
    fields = _exactly(connection, head, until).split(b"\0") if head else []
    return kind, fields, _exactly(connection, body, until)


def _exactly(connection: socket, count: int, until: float) -> bytes:
    pieces = []
    while count:
        left = until - monotonic()
        if left <= 0:
            raise TimeoutError("the frame came too slowly")
        connection.settimeout(left)
        piece = connection.recv(min(count, 1 << 20))
        if not piece:
            raise BadFrame("the frame ended early")
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)
