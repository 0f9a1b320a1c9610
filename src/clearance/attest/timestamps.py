"""Timestamps over signatures (RFC 3161, tokens in CMS: RFC 5652), made by an authority of our own.

A token of ours has one spelling: from its serial number, moment and digest every other byte follows, apart from the
signature. So reading one is writing it again and comparing.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from clearance.attest import der
from clearance.attest.certificate import ECDSA_SHA256, Certificate
from clearance.attest.keys import check_signature, lowest
from clearance.attest.signer import Signer
from clearance.facts.errors import BadSignature, SigningError

WHERE = "verificationMaterial.timestampVerificationData.rfc3161Timestamps[0].signedTimestamp"
POLICY = "2.25.8018306479805292444181011809160073967"
"""The policy of our tokens: a moment in whole seconds, by the clock of the machine that signs. An arc made from a UUID."""
_SHA256 = der.sequence(der.oid("2.16.840.1.101.3.4.2.1"))
_TST_INFO, _SIGNED_DATA = der.oid("1.2.840.113549.1.9.16.1.4"), der.oid("1.2.840.113549.1.7.2")
_CONTENT_TYPE, _MESSAGE_DIGEST = der.oid("1.2.840.113549.1.9.3"), der.oid("1.2.840.113549.1.9.4")
_SIGNING_CERTIFICATE = der.oid("1.2.840.113549.1.9.16.2.47")
_GRANTED = der.sequence(der.integer(0))
_POLICY = der.oid(POLICY)


class Stamp(NamedTuple):
    """A timestamp: the TimeStampResp in DER, and the moment that it says."""

    token: bytes
    at: datetime


class Timestamps(Protocol):
    """Whoever gives timestamps: an authority of our own, or a configured service."""

    def stamp(self, signature: bytes) -> Stamp:
        """Give a timestamp over the SHA-256 of a signature.

        Raises:
            SigningError: none could be had.
        """
        ...


class Clock(Protocol):
    """Tells the time, in a time zone."""

    def __call__(self) -> datetime:
        """Give the moment that it is now."""
        ...


class OwnTimestamps:
    """A timestamp authority in the process: `certificate` names the key of `signer`."""

    def __init__(self, certificate: Certificate, signer: Signer, clock: Clock) -> None:
        self._certificate = certificate
        self._signer = signer
        self._clock = clock

    def stamp(self, signature: bytes) -> Stamp:
        """Give a timestamp over the SHA-256 of a signature, of now.

        Raises:
            SigningError: the signer cannot sign.
        """
        at = self._clock().replace(microsecond=0)
        info = _info(hashlib.sha256(signature).digest(), secrets.randbits(62) | 1 << 62, der.generalized(at))
        attributes = _attributes(info, self._certificate)
        made = self._signer.sign(der.set_of(attributes))
        if made.key != self._certificate.key.id:
            raise SigningError(
                "the key of timestamps is another one than its certificate names",
                next="`clearance trust rotate --purpose timestamps`",
            )
        return Stamp(_response(info, attributes, self._certificate, lowest(made.value)), at)


def read_own(token: bytes, signature: bytes, authorities: Sequence[Certificate]) -> tuple[datetime, Certificate]:
    """Verify a token of ours over a signature; give its moment and the authority that made it.

    Raises:
        BadSignature: it is none, by none of `authorities`, over something else, or its signature does not fit.
    """
    try:
        serial, moment, digest, given = _parts(token)
        at = der.read_moment(der.read(moment, der.GENERALIZED_TIME))
    except (der.Malformed, ValueError, IndexError) as error:
        raise BadSignature("not a timestamp of this authority's form", where=WHERE) from error
    if digest != hashlib.sha256(signature).digest():
        raise BadSignature("the timestamp is over another signature", where=WHERE)
    info = _info(digest, serial, moment)
    for authority in authorities:
        attributes = _attributes(info, authority)
        if _response(info, attributes, authority, given) == token:
            _check_form(authority, given, der.set_of(attributes))
            return at, authority
    raise BadSignature("a timestamp by nobody who is trusted, or one that was changed", where=WHERE)


def _check_form(authority: Certificate, given: bytes, signed: bytes) -> None:
    """Verify a signature, and that it has the first of its two valid forms."""
    refused = BadSignature("the timestamp's signature does not fit", where=WHERE)
    try:
        check_signature(authority.key, given, signed)
        first = lowest(given)
    except (BadSignature, ValueError) as error:
        raise refused from error
    if first != given:
        raise refused


def _parts(token: bytes) -> tuple[int, bytes, bytes, bytes]:
    """Find what differs between tokens: serial number, moment (DER), digest, signature."""
    _, content = der.inside(token, der.SEQUENCE)
    _, wrapped = der.children(content)
    data = der.children(der.children(wrapped)[0])
    info = der.inside(der.read(der.children(der.children(data[2])[1])[0].whole, der.OCTETS).value, der.SEQUENCE)
    signer = der.children(der.children(data[-1])[0])
    return der.read_integer(info[3]), info[4].whole, der.children(info[2])[1].value, signer[-1].value


def _info(digest: bytes, serial: int, moment: bytes) -> bytes:
    """Write a TSTInfo (RFC 3161, section 2.4.2)."""
    imprint = der.sequence(_SHA256, der.octets(digest))
    return der.sequence(der.integer(1), _POLICY, imprint, der.integer(serial), moment)


def _attributes(info: bytes, authority: Certificate) -> list[bytes]:
    """Write the attributes that are signed: what was signed, its digest, and by which certificate (RFC 5816)."""
    named = der.sequence(der.sequence(der.sequence(der.octets(hashlib.sha256(authority.der).digest()))))
    return [
        der.sequence(_CONTENT_TYPE, der.set_of([_TST_INFO])),
        der.sequence(_MESSAGE_DIGEST, der.set_of([der.octets(hashlib.sha256(info).digest())])),
        der.sequence(_SIGNING_CERTIFICATE, der.set_of([named])),
    ]


def _response(info: bytes, attributes: list[bytes], authority: Certificate, signature: bytes) -> bytes:
    """Write a TimeStampResp. Its token holds no certificate: it names and hashes the one that signed it, which the trusted
    root holds, and what nobody would check is left out."""
    signer = der.sequence(
        der.integer(1),
        der.sequence(authority.issuer, der.integer(authority.serial)),
        _SHA256,
        der.tlv(0xA0, *sorted(attributes)),
        ECDSA_SHA256,
        der.octets(signature),
    )
    data = der.sequence(
        der.integer(3),
        der.set_of([_SHA256]),
        der.sequence(_TST_INFO, der.tlv(0xA0, der.octets(info))),
        der.set_of([signer]),
    )
    return der.sequence(_GRANTED, der.sequence(_SIGNED_DATA, der.tlv(0xA0, data)))
