"""Signed notes and checkpoints.

Formats: https://c2sp.org/signed-note with Ed25519 (algorithm byte 0x01), https://c2sp.org/tlog-checkpoint.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Protocol

from clearance.facts.entry import Checkpoint
from clearance.facts.errors import LogTampered
from clearance.facts.key import PublicKey, Signature
from clearance.record.signed import ed25519_fits, exact_base64

_LEEWAY = timedelta(minutes=10)
"""A check that was already running when its key was retired may still sign; so far may two clocks differ."""
_ED25519 = b"\x01"
_MOST_BYTES = 65_536
_ORIGIN = re.compile(r"[a-z0-9.-]{1,100}(?:/[A-Za-z0-9._-]{1,100})?")
_TEXT = re.compile(r"([^\n]+)\n(0|[1-9][0-9]{0,17})\n([A-Za-z0-9+/]{43}=)\n")
_SIGNATURE = re.compile(r"— (\S+) ([A-Za-z0-9+/]+={0,2})\n")


class NoteSigner(Protocol):
    """What signs checkpoints: an Ed25519 key."""

    def public(self) -> PublicKey:
        """Give the key that signs now."""
        ...

    def sign(self, data: bytes) -> Signature:
        """Sign bytes."""
        ...


def key_hash(name: str, raw: bytes) -> bytes:
    """Give the four bytes that name an Ed25519 key (32 bytes) under a key name."""
    return log_id(name, raw)[:4]


def log_id(name: str, raw: bytes) -> bytes:
    """Give the 32 bytes that name a log in a Sigstore bundle (`logId.keyId`, as Rekor v2 has it): they begin with the key
    hash of its checkpoints."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + raw).digest()


def verifier_key(name: str, key: PublicKey) -> str:
    """Write a key as other tools read it: `<name>+<key hash>+<base64>`."""
    return f"{name}+{key_hash(name, key.raw).hex()}+{base64.b64encode(_ED25519 + key.raw).decode()}"


def checkpoint_text(checkpoint: Checkpoint) -> str:
    """Give the text of a checkpoint, which is what is signed."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{base64.b64encode(checkpoint.root).decode()}\n"


def sign_checkpoint(checkpoint: Checkpoint, signer: NoteSigner) -> bytes:
    """Sign a checkpoint; the key's name is the log's origin.

    Raises:
        SigningError: the signer cannot sign.
    """
    text = checkpoint_text(checkpoint)
    signature = key_hash(checkpoint.origin, signer.public().raw) + signer.sign(text.encode()).value
    return f"{text}\n— {checkpoint.origin} {base64.b64encode(signature).decode()}\n".encode()


def open_checkpoint(note: bytes, keys: Iterable[PublicKey], *, where: str = "checkpoint") -> Checkpoint:
    """Verify a signed checkpoint and give what it says.

    At least one signature must be by one of the Ed25519 `keys` under the log's origin, and each such signature must fit;
    signatures by other keys are passed over, as the format demands.

    Raises:
        LogTampered: it is no checkpoint, no known key signed it, or a signature does not fit.
    """
    checkpoint, signatures = _parse(note, where)
    text = checkpoint_text(checkpoint).encode()
    raws = {key_hash(checkpoint.origin, key.raw): key.raw for key in keys if key.algorithm == "ed25519"}
    vouched = False
    for name, signature in signatures:
        raw = raws.get(signature[:4])
        if name == checkpoint.origin and raw is not None:
            if not ed25519_fits(raw, signature[4:], text):
                raise LogTampered("the signature does not fit the checkpoint", where=where)
            vouched = True
    if not vouched:
        raise LogTampered(
            "no known key signed the checkpoint",
            where=where,
            next="if the log was made elsewhere, hand in its keys: `clearance log verify --key FILE`; to append to it, set "
            "CLEARANCE_HOME to where its keys lie",
        )
    return checkpoint


def vouched(note: bytes, keys: Iterable[PublicKey]) -> bool:
    """Tell whether one of `keys` signed a checkpoint under its origin, without verifying the signature.

    Raises:
        LogTampered: it is no checkpoint.
    """
    checkpoint, signatures = _parse(note, "checkpoint")
    hints = {signature[:4] for name, signature in signatures if name == checkpoint.origin}
    return any(key.algorithm == "ed25519" and key_hash(checkpoint.origin, key.raw) in hints for key in keys)


def vouching_key(note: bytes, keys: Iterable[PublicKey], *, where: str = "checkpoint") -> PublicKey:
    """Give the key among `keys` that signed a checkpoint under its origin; the signature is not verified here.

    Raises:
        LogTampered: none of them did, or it is no checkpoint.
    """
    checkpoint, signatures = _parse(note, where)
    hints = {signature[:4] for name, signature in signatures if name == checkpoint.origin}
    for key in keys:
        if key.algorithm == "ed25519" and key_hash(checkpoint.origin, key.raw) in hints:
            return key
    raise LogTampered("no known key signed the checkpoint", where=where)


def late(time: str, end: str) -> bool:
    """Tell whether a time (RFC 3339 in UTC) is later than an end (empty: there is none), by more than clocks may differ.
    What is no time is late."""
    if not end:
        return False
    try:
        said = datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        ended = datetime.strptime(end, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return True
    return said > ended + _LEEWAY


def _parse(note: bytes, where: str) -> tuple[Checkpoint, list[tuple[str, bytes]]]:
    """Read a note strictly: what it says has one spelling only."""
    refused = LogTampered("not a signed checkpoint", where=where)
    if len(note) > _MOST_BYTES:
        raise refused
    try:
        text, gap, tail = note.decode().partition("\n\n")
        body = _TEXT.fullmatch(text + "\n")
        lines = _SIGNATURE.findall(tail)
        if not body or not gap or not _ORIGIN.fullmatch(body[1]) or "".join(f"— {n} {s}\n" for n, s in lines) != tail:
            raise refused
        signatures = [(name, exact_base64(signature)) for name, signature in lines]
        checkpoint = Checkpoint(origin=body[1], size=int(body[2]), root=exact_base64(body[3]))
    except ValueError:
        raise refused from None
    if len(checkpoint.root) != 32 or any(len(signature) < 5 for _, signature in signatures):
        raise refused
    return checkpoint, signatures
