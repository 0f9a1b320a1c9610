"""Signed certificate timestamps (RFC 6962, section 3.2), embedded in a certificate before it is signed.

Every certificate ends up in the log as part of the entry that it vouches for; this signature says so, under a key of its
own, because stock verifiers insist on one.
"""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from clearance.attest import der
from clearance.attest.certificate import SCTS, WHERE, Certificate
from clearance.attest.keys import check_signature
from clearance.attest.signer import Signer
from clearance.facts.errors import BadSignature, NoLongerBelieved
from clearance.facts.key import PublicKey
from clearance.facts.moment import rfc3339

_VERSION_1, _SIGNS_CERTIFICATE, _PRECERTIFICATE, _SHA256_ECDSA = b"\x00", b"\x00", b"\x00\x01", b"\x04\x03"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def make_scts(issuer: PublicKey, bare: bytes, at: datetime, signer: Signer) -> bytes:
    """Sign what a certificate will say (`bare`: its body without this list), and give the list that goes into it.

    Raises:
        SigningError: the signer cannot sign.
    """
    millis = (at - _EPOCH) // timedelta(milliseconds=1)
    signature = signer.sign(_signed(issuer, bare, millis)).value
    log = hashlib.sha256(signer.public().spki).digest()
    one = b"".join(
        (
            _VERSION_1,
            log,
            millis.to_bytes(8, "big"),
            b"\x00\x00",
            _SHA256_ECDSA,
            len(signature).to_bytes(2, "big"),
            signature,
        )
    )
    return (len(one) + 2).to_bytes(2, "big") + len(one).to_bytes(2, "big") + one


def check_scts(certificate: Certificate, issuer: PublicKey, keys: Iterable[PublicKey]) -> None:
    """Verify the one timestamp in a certificate under one of the `keys`, at a moment when that key counted.

    Raises:
        BadSignature: there is none, or it does not verify.
        NoLongerBelieved: it does, and the time of its key ended before.
    """
    refused = BadSignature("its signed certificate timestamp is malformed", where=WHERE)
    held = certificate.extensions.get(SCTS)
    if held is None:
        raise BadSignature("no signed certificate timestamp", where=WHERE)
    try:
        data = der.read(held.value, der.OCTETS).value
    except der.Malformed:
        raise refused from None
    # The list has one element: two lengths, version, log (32), time (8), no extensions, algorithm, length, signature.
    size = len(data)
    shape = (size - 2).to_bytes(2, "big") + (size - 4).to_bytes(2, "big") + _VERSION_1 if size > 51 else b""
    if (
        not shape
        or data[:5] != shape
        or data[45:49] != b"\x00\x00" + _SHA256_ECDSA
        or data[49:51] != (size - 51).to_bytes(2, "big")
    ):
        raise refused
    millis = int.from_bytes(data[37:45], "big")
    log = data[5:37]
    key = next((key for key in keys if hashlib.sha256(key.spki).digest() == log), None)
    if key is None:
        raise BadSignature("its signed certificate timestamp is by a key that is not trusted", where=WHERE)
    try:
        at = rfc3339(_EPOCH + timedelta(milliseconds=millis))
    except OverflowError:
        raise refused from None
    uncounted = f"its signed certificate timestamp is of {at}, when the key did not count"
    if at < key.since:
        raise BadSignature(uncounted, where=WHERE)
    try:
        check_signature(key, data[51:], _signed(issuer, certificate.bare, millis))
    except BadSignature as error:
        raise BadSignature("its signed certificate timestamp does not fit", where=WHERE) from error
    if key.retired and at > key.retired:
        raise NoLongerBelieved(uncounted, where=WHERE)


def _signed(issuer: PublicKey, bare: bytes, millis: int) -> bytes:
    """Give what is signed: `digitally-signed` of RFC 6962, for an entry of the type precert_entry."""
    return b"".join(
        (
            _VERSION_1,
            _SIGNS_CERTIFICATE,
            millis.to_bytes(8, "big"),
            _PRECERTIFICATE,
            hashlib.sha256(issuer.spki).digest(),
            len(bare).to_bytes(3, "big"),
            bare,
            b"\x00\x00",
        )
    )
