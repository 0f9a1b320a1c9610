"""Timestamps over signatures (RFC 3161, tokens in CMS: RFC 5652), made by an authority of our own.

A token of ours has one spelling: from its serial number, moment and digest every other byte follows, apart from the
signature. So reading one is writing it again and comparing. What is the same in all tokens of an authority is encoded once
and kept (`_Form`); tokens of other lengths take the long way, to the same bytes and the same verdict.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple, Protocol

from clearance.attest import der
from clearance.attest.certificate import ECDSA_SHA256, Certificate, read_certificate
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

    def stamp_all(self, signatures: Sequence[bytes]) -> list[Stamp]:
        """Give a timestamp over each of many signatures, all of which were made already.

        Raises:
            SigningError: one could not be had.
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
        self._key = certificate.key.id
        self._signer = signer
        self._clock = clock

    def stamp(self, signature: bytes) -> Stamp:
        """Give a timestamp over the SHA-256 of a signature, of now.

        Raises:
            SigningError: the signer cannot sign.
        """
        return self.stamp_all([signature])[0]

    def stamp_all(self, signatures: Sequence[bytes]) -> list[Stamp]:
        """Give a timestamp over each of many signatures, each in a token of its own, of now.

        Raises:
            SigningError: the signer cannot sign.
        """
        authority, at = self._certificate.der, self._clock().astimezone(UTC).replace(microsecond=0)
        form, moment = _form(authority, _USUAL), _written(at)
        infos = [form.info(hashlib.sha256(one).digest(), _serial(), moment) for one in signatures]
        told = [hashlib.sha256(info).digest() for info in infos]
        # One after the other, nothing between: the tables of a signature then stay in the processor's cache.
        made = [self._signer.sign(data) for data in [form.signed(digest) for digest in told]]
        if any(one.key != self._key for one in made):
            raise SigningError(
                "the key of timestamps is another one than its certificate names",
                next="`clearance trust rotate --purpose timestamps`",
            )
        values = [lowest(one.value) for one in made]
        parts = zip(infos, told, values, strict=True)
        return [Stamp(_form(authority, len(value)).token(info, digest, value), at) for info, digest, value in parts]


def read_own(token: bytes, signature: bytes, authorities: Sequence[Certificate]) -> tuple[datetime, Certificate]:
    """Verify a token of ours over a signature; give its moment and the authority that made it.

    Raises:
        BadSignature: it is none, by none of `authorities`, over something else, or its signature does not fit.
    """
    for authority in authorities:
        read = _read_quickly(token, authority)
        if read is not None and read.digest == hashlib.sha256(signature).digest():
            _check_form(authority, read.given, read.signed)
            return read.at, authority
    return _read_slowly(token, signature, authorities)


def _read_slowly(token: bytes, signature: bytes, authorities: Sequence[Certificate]) -> tuple[datetime, Certificate]:
    """Do the same with tokens of any length, and say what is wrong with one."""
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


_SERIAL, _MOMENT, _DIGEST = 8, 17, 32
"""Bytes of a serial number of ours, of a moment with its tag and length, and of a digest."""
_USUAL, _LONGEST = 71, 72
"""Bytes of a signature over P-256: those of every other one, and of none more."""


def _serial() -> bytes:
    """Make a serial number: 62 bits of chance, one more in front of them so that its length is always the same."""
    return (secrets.randbits(62) | 1 << 62).to_bytes(_SERIAL, "big")


class _Form(NamedTuple):
    """The bytes that are the same in all tokens of one authority whose signature has one length: before, between and after
    what differs."""

    infos: tuple[bytes, bytes]
    attributes: tuple[bytes, bytes]
    tokens: tuple[bytes, bytes, bytes]

    @property
    def size(self) -> int:
        """How many bytes a token has without its signature."""
        return sum(map(len, (*self.infos, *self.tokens))) + _SERIAL + _MOMENT + 2 * _DIGEST

    def info(self, digest: bytes, serial: bytes, moment: bytes) -> bytes:
        """Write the TSTInfo, as `_info` does."""
        first, second = self.infos
        return b"".join((first, digest, second, serial, moment))

    def signed(self, told: bytes) -> bytes:
        """Write what is signed: the set of `_attributes`."""
        return told.join(self.attributes)

    def token(self, info: bytes, told: bytes, signature: bytes) -> bytes:
        """Write the whole, as `_response` does."""
        first, second, third = self.tokens
        return b"".join((first, info, second, told, third, signature))


class _Read(NamedTuple):
    """What a token says, and what its signature is over."""

    digest: bytes
    at: datetime
    given: bytes
    signed: bytes


@lru_cache(maxsize=256)
def _form(authority: bytes, length: int) -> _Form:
    """Encode a token of an authority (certificate in DER) with a signature of so many bytes, and cut it where tokens
    differ. What stands in for the differing parts is derived from the certificate, so it stands nowhere else."""
    certificate = read_certificate(authority)
    digest, filler = (hashlib.sha256(part + authority).digest() for part in (b"digest", b"filler"))
    serial = bytes((filler[0] & 0x3F | 0x40,)) + filler[1:_SERIAL]
    moment = der.generalized(datetime(1, 1, 1, tzinfo=UTC))
    signature = (filler * 3)[:length]
    info = _info(digest, int.from_bytes(serial, "big"), moment)
    told, attributes = hashlib.sha256(info).digest(), _attributes(info, certificate)
    token = _response(info, attributes, certificate, signature)
    before, after = info.split(digest)
    between, _ = after.split(serial)
    start, rest = token.split(info)
    middle, end = rest.split(told)
    signed, more = der.set_of(attributes).split(told)
    return _Form((before, between), (signed, more), (start, middle, end[: len(end) - length]))


def _read_quickly(token: bytes, authority: Certificate) -> _Read | None:
    """Take a token apart where the forms of an authority have gaps. None: it is not exactly what they give again, which
    says nothing yet."""
    length = len(token) - _form(authority.der, _USUAL).size
    if not 0 < length <= _LONGEST:
        return None
    form = _form(authority.der, length)
    at = len(form.tokens[0]) + len(form.infos[0])
    digest, at = token[at : at + _DIGEST], at + _DIGEST + len(form.infos[1])
    serial, at = token[at : at + _SERIAL], at + _SERIAL
    moment, given = token[at : at + _MOMENT], token[-length:]
    info = form.info(digest, serial, moment)
    told = hashlib.sha256(info).digest()
    if not serial or not 0x40 <= serial[0] < 0x80 or form.token(info, told, given) != token:
        return None
    try:
        return _Read(digest, _moment(moment), given, form.signed(told))
    except der.Malformed:
        return None


@lru_cache(maxsize=16)
def _written(at: datetime) -> bytes:
    """Write a moment in UTC as a GeneralizedTime. Only in UTC are moments that are equal written equally."""
    return der.generalized(at)


@lru_cache(maxsize=256)
def _moment(data: bytes) -> datetime:
    """Read a GeneralizedTime: one second has many signatures."""
    return der.read_moment(der.read(data, der.GENERALIZED_TIME))
