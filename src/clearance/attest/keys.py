"""Key pairs and single signatures: the only place of this room that does the maths. `cryptography` is imported on use."""

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

from clearance.facts.errors import BadSignature, SigningError
from clearance.facts.key import Algorithm, PublicKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

_PUBLIC_BEGIN = "-----BEGIN PUBLIC KEY-----"
_PEM_LIMIT = 16_384


def make_private(algorithm: Algorithm) -> bytes:
    """Make a private key: PKCS#8 in PEM, not encrypted."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    key = ec.generate_private_key(ec.SECP256R1()) if algorithm == "ecdsa-p256" else ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


class PrivateKey:
    """A private key in memory.

    Raises:
        SigningError: the PEM is not an unencrypted private key of this algorithm.
    """

    def __init__(self, pem: bytes, algorithm: Algorithm, *, where: str = "") -> None:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519

        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError) as error:
            raise SigningError("not a private key in PEM", where=where, next=_MOVE_AWAY) from error
        spki = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        fits = (
            isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)
            if algorithm == "ecdsa-p256"
            else isinstance(key, ed25519.Ed25519PrivateKey)
        )
        if not fits:
            raise SigningError(f"not a key for {algorithm}", where=where, next=_MOVE_AWAY)
        self._sign: Callable[[bytes], bytes] = (
            key.sign if isinstance(key, ed25519.Ed25519PrivateKey) else signing(key)  # type: ignore[arg-type]
        )
        self.public = PublicKey(algorithm=algorithm, spki=spki)

    def sign(self, data: bytes) -> bytes:
        """Sign bytes: ECDSA in DER over their SHA-256, or Ed25519."""
        return self._sign(data)


def signing(key: "ec.EllipticCurvePrivateKey") -> "Callable[[bytes], bytes]":
    """Give what signs with a key: ECDSA over the SHA-256, in DER. Everything is looked up once."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    algorithm, sign = ec.ECDSA(hashes.SHA256()), key.sign
    return lambda data: sign(data, algorithm)


_MOVE_AWAY = "move the file away and `clearance trust rotate`, which makes a new key"


def read_public(pem: bytes, *, where: str = "") -> PublicKey:
    """Read a public key in PEM: P-256 or Ed25519. Lines before the PEM, as `name: value`, may give `since` and `retired`.

    Raises:
        SigningError: it is no such key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    if len(pem) > _PEM_LIMIT:
        raise SigningError("too large for a public key", where=where, next=_PUBLIC_NEXT)
    said = read_head(pem)
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SigningError("not a public key in PEM", where=where, next=_PUBLIC_NEXT) from error
    algorithm: Algorithm
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        algorithm = "ecdsa-p256"
    elif isinstance(key, ed25519.Ed25519PublicKey):
        algorithm = "ed25519"
    else:
        raise SigningError("neither a P-256 nor an Ed25519 key", where=where, next=_PUBLIC_NEXT)
    spki = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return PublicKey(algorithm=algorithm, spki=spki, since=said.get("since", ""), retired=said.get("retired", ""))


def read_head(pem: bytes) -> dict[str, str]:
    """Read the lines before a public key in PEM, as `name: value`."""
    head, _, _ = pem.decode("ascii", "replace").partition(_PUBLIC_BEGIN)
    return dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)


_PUBLIC_NEXT = "give a file that `clearance log export` wrote under keys/"


def check_signature(key: PublicKey, signature: bytes, data: bytes) -> None:
    """Verify one signature.

    Raises:
        BadSignature: it does not fit.
    """
    from cryptography.exceptions import InvalidSignature

    try:
        verify = _verifying(key.algorithm, key.spki)
    except ValueError as error:
        raise BadSignature("no public key", next=f"key {key.id}") from error
    if verify is None:
        raise BadSignature("the key is not of the kind that it says", next=f"key {key.id}")
    try:
        verify(signature, data)
    except InvalidSignature as error:
        raise BadSignature("the signature does not fit what it signs", next=f"key {key.id}") from error


_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of P-256's group (SEC 2, section 2.4.2)."""


def lowest(signature: bytes) -> bytes:
    """Give the one of the two valid forms of an ECDSA signature over P-256 (s and n − s) whose s is the smaller one.

    Raises:
        ValueError: it is no such signature.
    """
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

    r, s = decode_dss_signature(signature)
    return signature if s <= _ORDER >> 1 else encode_dss_signature(r, _ORDER - s)


@lru_cache(maxsize=1024)
def _verifying(algorithm: Algorithm, spki: bytes) -> Callable[[bytes, bytes], None] | None:
    """Give what verifies under a key, or None where the key is not of the algorithm; read once, because those of authorities
    and of one process's credential verify many signatures."""
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    public = serialization.load_der_public_key(spki)
    if algorithm == "ed25519" and isinstance(public, ed25519.Ed25519PublicKey):
        return public.verify
    if algorithm == "ecdsa-p256" and isinstance(public, ec.EllipticCurvePublicKey):
        how, verify = ec.ECDSA(hashes.SHA256()), public.verify
        return lambda signature, data: verify(signature, data, how)
    return None
