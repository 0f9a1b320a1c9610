"""A small certificate authority: certificates of ten minutes for keys that never leave memory."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from clearance.attest.certificate import (
    Certificate,
    assemble,
    authority_body,
    distinguished,
    identity_body,
    read_certificate,
    timestamps_body,
    with_timestamps,
)
from clearance.attest.keys import signing
from clearance.attest.sct import make_scts
from clearance.attest.signer import Signer
from clearance.facts.errors import SigningError
from clearance.facts.identity import Identity
from clearance.facts.key import PublicKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

LIFETIME = timedelta(minutes=10)
_YEARS = timedelta(days=3652)


class Credential:
    """A key in memory and the certificate that names who holds it, for ten minutes."""

    def __init__(self, key: "ec.EllipticCurvePrivateKey", certificate: Certificate, identity: Identity) -> None:
        self._sign = signing(key)
        self.certificate = certificate
        self.identity = identity

    def sign(self, data: bytes) -> bytes:
        """Sign bytes: ECDSA over their SHA-256, in DER."""
        return self._sign(data)


class Authority:
    """Issues certificates under its own one. `signer` holds its key, `transparency` the key that signs certificate
    timestamps; both may be an HSM's or a key service's."""

    def __init__(self, certificate: Certificate, signer: Signer, transparency: Signer) -> None:
        self.certificate = certificate
        self._signer = signer
        self._transparency = transparency

    def issue(self, identity: Identity, now: datetime, *, early: timedelta = timedelta(0)) -> Credential:
        """Make a key and certify it for whoever was authenticated. `early` is by how much its time begins before now, for
        timestamp services whose clock is another one.

        Raises:
            SigningError: nobody can be named so, or the authority's keys cannot sign.
        """
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        spki = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        start = now.replace(microsecond=0) - early
        public = PublicKey(algorithm="ecdsa-p256", spki=spki)
        bare = identity_body(self.certificate, identity, public, start, start + LIFETIME)
        body = with_timestamps(bare, make_scts(self.certificate.key, bare, now, self._transparency))
        certificate = read_certificate(assemble(body, self._sign(body)))
        return Credential(key, certificate, identity)

    def certify_timestamps(self, key: PublicKey, name: str, now: datetime) -> Certificate:
        """Certify the key of a timestamp authority of the organization `name`.

        Raises:
            SigningError: the authority's key cannot sign.
        """
        start = now.replace(microsecond=0)
        body = timestamps_body(
            self.certificate, distinguished(name, "timestamps"), key, start, min(start + _YEARS, self.certificate.end)
        )
        return read_certificate(assemble(body, self._sign(body)))

    def _sign(self, body: bytes) -> bytes:
        signature = self._signer.sign(body)
        if signature.key != self.certificate.key.id:
            raise SigningError(
                "the authority's key is another one than its certificate names",
                next="`clearance trust rotate --purpose authority`",
            )
        return signature.value


def make_authority(signer: Signer, name: str, now: datetime) -> Certificate:
    """Make the certificate of an authority of the organization `name`: signed by itself, valid for ten years.

    Raises:
        SigningError: the signer cannot sign.
    """
    start = now.replace(microsecond=0)
    body = authority_body(distinguished(name, "authority"), signer.public(), start, start + _YEARS)
    return read_certificate(assemble(body, signer.sign(body).value))
