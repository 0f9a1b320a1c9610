"""Public keys and signatures, as values; the maths is in the rooms `attest` and `record`."""

import base64
import hashlib
from typing import Literal

from clearance.facts.fact import Fact

Algorithm = Literal["ecdsa-p256", "ed25519"]
"""`ecdsa-p256`: ECDSA over P-256 with SHA-256, signatures in DER. `ed25519`: RFC 8032, 64 bytes."""

_LINE = 64


ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")
"""What comes before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410)."""


class PublicKey(Fact):
    """A public key: `spki` is its SubjectPublicKeyInfo in DER (RFC 5280).

    `since` and `retired` are RFC 3339 times in UTC, empty where nobody said. A retired key vouches for nothing that was
    signed later.
    """

    algorithm: Algorithm
    spki: bytes
    since: str = ""
    retired: str = ""

    @property
    def id(self) -> str:
        """The key id: SHA-256 of the SPKI, 64 hexadecimal digits."""
        return hashlib.sha256(self.spki).hexdigest()

    @property
    def raw(self) -> bytes:
        """The 32 bytes of an Ed25519 key (RFC 8410: they end the SPKI)."""
        return self.spki[-32:]

    @property
    def pem(self) -> str:
        """The key as `openssl` reads it (RFC 7468)."""
        text = base64.b64encode(self.spki).decode()
        lines = [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
        return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])


def ed25519_key(raw: bytes) -> PublicKey:
    """Give the Ed25519 key of 32 bytes."""
    return PublicKey(algorithm="ed25519", spki=ED25519_SPKI + raw)


class Signature(Fact):
    """Signature bytes, with the id of the key that made them."""

    key: str
    value: bytes
