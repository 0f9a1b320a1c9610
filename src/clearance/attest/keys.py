"""Key pairs and single signatures: the only place of this room that does the maths. `cryptography` is imported on use."""

from clearance.facts.errors import BadSignature, SigningError
from clearance.facts.key import Algorithm, PublicKey

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
        self._key = key
        self.public = PublicKey(algorithm=algorithm, spki=spki)

    def sign(self, data: bytes) -> bytes:
        """Sign bytes: ECDSA in DER over their SHA-256, or Ed25519."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519

        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(data)
        if isinstance(self._key, ec.EllipticCurvePrivateKey):
            return self._key.sign(data, ec.ECDSA(hashes.SHA256()))
        raise SigningError("not a signing key")  # pragma: no cover - the constructor lets no other kind in


_MOVE_AWAY = "move the file away; a new key is made on the next use"


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
    text = pem.decode("ascii", "replace")
    head, _, _ = text.partition(_PUBLIC_BEGIN)
    said = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
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


_PUBLIC_NEXT = "give a file that `clearance log export` wrote under keys/"


def check_signature(key: PublicKey, signature: bytes, data: bytes) -> None:
    """Verify one signature.

    Raises:
        BadSignature: it does not fit.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    public = serialization.load_der_public_key(key.spki)
    try:
        if key.algorithm == "ed25519" and isinstance(public, ed25519.Ed25519PublicKey):
            public.verify(signature, data)
            return
        if key.algorithm == "ecdsa-p256" and isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, data, ec.ECDSA(hashes.SHA256()))
            return
    except InvalidSignature as error:
        raise BadSignature("the signature does not fit what it signs", next=f"key {key.id}") from error
    raise BadSignature("the key is not of the kind that it says", next=f"key {key.id}")
