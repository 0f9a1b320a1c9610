"""Checkpoints as anyone writes them: any origin, extension lines, any signatures.

Formats: https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint. `note.py` reads the checkpoints of our own logs,
whose names follow a narrower form; a witness, and whoever checks cosignatures, reads those of others.
"""

import base64
import binascii
import hashlib
import re
from typing import NamedTuple

from clearance.facts.entry import Checkpoint
from clearance.facts.errors import LogTampered, UsageError

MOST_BYTES = 65_536
MOST_SIGNATURES = 64
MOST_LEAVES = (1 << 63) - 1
NOTE_ED25519 = 0x01
"""Signature type of a note: Ed25519 over its text."""
COSIGNATURE_ED25519 = 0x04
"""Signature type of a note: a timestamped Ed25519 cosignature (https://c2sp.org/tlog-cosignature)."""
_MOST_NAME = 255
_LENGTH = 32
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_HASH = re.compile(r"[0-9a-f]{8}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


class VerifierKey(NamedTuple):
    """A public key as notes name it: key name, signature type, 32 bytes of Ed25519."""

    name: str
    kind: int
    raw: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that name the key in a signature line."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.raw).digest()[:4]

    def __str__(self) -> str:
        """Write `<name>+<key id>+<base64>` (https://c2sp.org/signed-note, "Verifier keys")."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.raw).decode()}"


class NoteSignature(NamedTuple):
    """One signature line: key name, key id (4 bytes), and what follows it."""

    name: str
    key: bytes
    value: bytes

    @property
    def line(self) -> str:
        """The line as it stands in the note, its newline included."""
        return f"— {self.name} {base64.b64encode(self.key + self.value).decode()}\n"

    def by(self, key: VerifierKey) -> bool:
        """Tell whether it says to be by a key."""
        return (self.name, self.key) == (key.name, key.id)


class SignedCheckpoint(NamedTuple):
    """A checkpoint that was read and not yet believed: the text that was signed, what it says, and its signatures."""

    text: str
    head: Checkpoint
    signatures: tuple[NoteSignature, ...]

    @property
    def note(self) -> bytes:
        """The whole note."""
        return f"{self.text}\n{''.join(one.line for one in self.signatures)}".encode()


def read_verifier_key(text: str, kind: int, *, where: str = "") -> VerifierKey:
    """Read `<name>+<key id>+<base64>` of a key for signatures of one type.

    Raises:
        UsageError: it is not of that form, of another type, or its key id does not follow from name and key.
    """
    name, _, rest = text.partition("+")
    said, _, coded = rest.partition("+")
    if not coded:
        raise UsageError("not a verifier key: three parts joined by +", where=where, next=_KEY_FORM)
    _key_name(name, where)
    if not _HASH.fullmatch(said):
        raise UsageError("the key id of a verifier key is eight lower-case hexadecimal digits", where=where, next=_KEY_FORM)
    try:
        data = exact_base64(coded)
    except ValueError:
        raise UsageError("the last part of a verifier key is not base64", where=where, next=_KEY_FORM) from None
    if not data or data[0] != kind:
        found = f"0x{data[0]:02x}" if data else "nothing"
        raise UsageError(f"the signature type is {found}, where 0x{kind:02x} is needed", where=where, next=_KINDS[kind])
    key = VerifierKey(name, kind, data[1:])
    if len(key.raw) != _LENGTH:
        raise UsageError(f"the key is {len(key.raw)} bytes long, and Ed25519 has 32", where=where, next=_KEY_FORM)
    if key.id.hex() != said:
        what = f"the key id {said} does not follow from name and key, which give {key.id.hex()}"
        raise UsageError(what, where=where, next="copy the whole key once more from where it is published")
    return key


_KEY_FORM = "it looks like `example.com/w1+0123abcd+BA…`"
_KINDS = {
    NOTE_ED25519: "give the key of a log (Ed25519); a witness's key is not one",
    COSIGNATURE_ED25519: "give the key of a witness (Ed25519 cosignatures); a log's key is not one",
}


def _key_name(name: str, where: str) -> None:
    if not name or len(name.encode()) > _MOST_NAME or _spaced(name) or "+" in name or _CONTROL.search(name):
        raise UsageError(
            "a key name has no spaces and no +, and is at most 255 bytes long",
            where=where,
            next="for example example.com/w1",
        )


def checked_name(name: str, *, where: str = "") -> str:
    """Give a name that a key may have.

    Raises:
        UsageError: it holds spaces or a plus, is empty, or is too long.
    """
    _key_name(name, where)
    return name


def read_signed(note: bytes, *, where: str = "checkpoint") -> SignedCheckpoint:
    """Read a checkpoint; no signature is verified yet.

    Raises:
        LogTampered: it is none; the message names the part that is wrong.
    """
    if len(note) > MOST_BYTES:
        raise LogTampered(f"the note is longer than {MOST_BYTES} bytes", where=where)
    try:
        whole = note.decode()
    except UnicodeDecodeError:
        raise LogTampered("the note is not UTF-8", where=where) from None
    if _CONTROL.search(whole):
        raise LogTampered("a control character in the note", where=where)
    text, gap, tail = whole.rpartition("\n\n")
    if not gap or not whole.endswith("\n"):
        raise LogTampered("the note has no empty line before its signatures, or no end", where=where)
    lines = tail.split("\n")[:-1]
    if not lines or len(lines) > MOST_SIGNATURES:
        raise LogTampered(f"{len(lines)} signature lines, where 1 to {MOST_SIGNATURES} may be", where=where)
    signatures = tuple(read_signature(line, where=where) for line in lines)
    return SignedCheckpoint(text + "\n", _head(text.split("\n"), where), signatures)


def read_signature(line: str, *, where: str = "checkpoint") -> NoteSignature:
    """Read one signature line, without its newline.

    Raises:
        LogTampered: it is none.
    """
    dash, _, rest = line.partition(" ")
    name, _, coded = rest.partition(" ")
    if dash != "—" or not name or _spaced(name) or "+" in name:
        raise LogTampered("a signature line does not begin with a dash and a key name", where=where)
    try:
        data = exact_base64(coded)
    except ValueError:
        raise LogTampered("the signature in a signature line is not base64", where=where) from None
    if len(data) < 5:
        raise LogTampered("the signature in a signature line is too short", where=where)
    return NoteSignature(name, data[:4], data[4:])


def _head(lines: list[str], where: str) -> Checkpoint:
    if len(lines) < 3 or not all(lines):
        raise LogTampered("a checkpoint has three lines at least, and none that is empty", where=where)
    origin, size, coded = lines[:3]
    if len(origin.encode()) > _MOST_NAME:
        raise LogTampered(f"the origin is longer than {_MOST_NAME} bytes", where=where)
    if not _SIZE.fullmatch(size) or int(size) > MOST_LEAVES:
        raise LogTampered("the size is not a number of entries", where=where)
    try:
        root = exact_base64(coded)
    except ValueError:
        raise LogTampered("the root hash is not base64", where=where) from None
    if len(root) != _LENGTH:
        raise LogTampered(f"the root hash is {len(root)} bytes long, not 32", where=where)
    return Checkpoint(origin=origin, size=int(size), root=root)


def exact_base64(text: str) -> bytes:
    """Decode standard base64 in its one spelling.

    Raises:
        ValueError: it is spelled differently.
    """
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise binascii.Error("another spelling")
    return data


def ed25519_fits(raw: bytes, signature: bytes, message: bytes) -> bool:
    """Tell whether an Ed25519 signature (64 bytes) of a key (32 bytes) fits a message."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _spaced(text: str) -> bool:
    return any(letter.isspace() for letter in text)
