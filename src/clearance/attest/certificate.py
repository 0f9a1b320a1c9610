"""X.509 certificates (RFC 5280) of the few shapes that are used here, over P-256: an authority's own, a timestamp
authority's, and the ten-minute ones of whoever signs.

Shape of the last: https://github.com/sigstore/fulcio/blob/main/docs/certificate-specification.md and `oid-info.md` beside
it.
"""

import hashlib
import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from clearance.attest import der
from clearance.facts.errors import BadSignature, SigningError
from clearance.facts.identity import Identity
from clearance.facts.key import PublicKey

ECDSA_SHA256 = der.sequence(der.oid("1.2.840.10045.4.3.2"))
SCTS = "1.3.6.1.4.1.11129.2.4.2"
WHERE = "verificationMaterial.certificate.rawBytes"
_KEY_ID, _KEY_USAGE, _ALT_NAME, _CONSTRAINTS = "2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.19"
_ISSUER_KEY_ID, _PURPOSES = "2.5.29.35", "2.5.29.37"
_ISSUER, _ISSUER_TEXT = "1.3.6.1.4.1.57264.1.1", "1.3.6.1.4.1.57264.1.8"
_READ = {_KEY_ID, _KEY_USAGE, _ALT_NAME, _CONSTRAINTS, _ISSUER_KEY_ID, _PURPOSES, _ISSUER, _ISSUER_TEXT, SCTS}
_CODE_SIGNING, _TIME_STAMPING = "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.8"
_P256 = der.sequence(der.oid("1.2.840.10045.2.1"), der.oid("1.2.840.10045.3.1.7"))
_MAIL, _URI, _EXTENSIONS = 0x81, 0x86, 0xA3
_VERSION_3 = der.tlv(0xA0, der.integer(2))
_SIGNS, _ISSUES = der.bits(b"\x80", 7), der.bits(b"\x06", 1)
"""keyUsage: digitalSignature; keyCertSign and cRLSign."""
_TRUE = der.tlv(der.BOOLEAN, b"\xff")
_AUTHORITY = der.sequence(_TRUE, der.integer(0))
_MINUTES = 600
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST = rf"(?=[A-Za-z0-9.-]{{1,253}}(?![A-Za-z0-9.-])){_LABEL}(?:\.{_LABEL})*"
_MAIL_ADDRESS = re.compile(rf"[A-Za-z0-9!#$%&'*+=?^_{{|}}~.`-]{{1,64}}@{_HOST}")
"""An address of RFC 5322's plain form, without the slash that a SPIFFE id has."""
_PROVIDER = re.compile(rf"https://{_HOST}(?::[0-9]{{1,5}})?(?:/[!-~]{{0,400}})?")


class Extension(NamedTuple):
    """An extension: whether it must be understood, and its DER."""

    critical: bool
    value: bytes


class Certificate(NamedTuple):
    """A certificate as it was read. `issuer` and `subject` are names in DER; `tbs` is what `signature` covers, `bare` the
    same without signed certificate timestamps (RFC 6962, section 3.2)."""

    der: bytes
    tbs: bytes
    bare: bytes
    signature: bytes
    serial: int
    issuer: bytes
    subject: bytes
    start: datetime
    end: datetime
    key: PublicKey
    extensions: Mapping[str, Extension]


def distinguished(organization: str, common: str) -> bytes:
    """Write a name: organization and common name."""
    return der.sequence(
        *(
            der.tlv(der.SET, der.sequence(der.oid(kind), der.text(said)))
            for kind, said in (("2.5.4.10", organization), ("2.5.4.3", common))
        )
    )


def read_distinguished(name: bytes) -> tuple[str, str]:
    """Give organization and common name of a name; empty where it has none."""
    found = {}
    for part in der.inside(name, der.SEQUENCE):
        for pair in der.children(part):
            kind, said = der.children(pair)
            found[der.read_oid(kind)] = said.value.decode("utf-8", "replace")
    return found.get("2.5.4.10", ""), found.get("2.5.4.3", "")


def key_id(key: PublicKey) -> bytes:
    """Name a key as certificates do: the first 160 bits of the SHA-256 of its point (RFC 7093, section 2)."""
    return hashlib.sha256(key.spki[-65:]).digest()[:20]


def authority_body(name: bytes, key: PublicKey, start: datetime, end: datetime) -> bytes:
    """Write what an authority's own certificate says: it may issue certificates that issue none."""
    marks = [
        _extension(_KEY_USAGE, _ISSUES, critical=True),
        _extension(_CONSTRAINTS, _AUTHORITY, critical=True),
        _extension(_KEY_ID, der.octets(key_id(key))),
    ]
    return _body(name, name, key, (start, end), marks)


def timestamps_body(issuer: Certificate, name: bytes, key: PublicKey, start: datetime, end: datetime) -> bytes:
    """Write what a timestamp authority's certificate says (RFC 3161, section 2.3)."""
    marks = [
        _extension(_KEY_USAGE, _SIGNS, critical=True),
        _extension(_PURPOSES, der.sequence(der.oid(_TIME_STAMPING)), critical=True),
        *_links(key, issuer),
    ]
    return _body(issuer.subject, name, key, (start, end), marks)


def identity_body(issuer: Certificate, identity: Identity, key: PublicKey, start: datetime, end: datetime) -> bytes:
    """Write what a certificate says of whoever signs, still without its signed certificate timestamp.

    Raises:
        SigningError: nobody can be named so.
    """
    marks = [
        _extension(_KEY_USAGE, _SIGNS, critical=True),
        _extension(_PURPOSES, der.sequence(der.oid(_CODE_SIGNING))),
        *_links(key, issuer),
        _extension(_ALT_NAME, der.sequence(_alt_name(identity)), critical=True),
        _extension(_ISSUER, identity.issuer.encode()),
        _extension(_ISSUER_TEXT, der.text(identity.issuer)),
    ]
    return _body(issuer.subject, der.sequence(), key, (start, end), marks)


def with_timestamps(body: bytes, scts: bytes) -> bytes:
    """Give a body with one more extension: signed certificate timestamps."""
    *parts, last = der.inside(body, der.SEQUENCE)
    (listed,) = der.children(last)
    marks = der.sequence(listed.value, _extension(SCTS, der.octets(scts)))
    return der.sequence(*(part.whole for part in parts), der.tlv(_EXTENSIONS, marks))


def assemble(body: bytes, signature: bytes) -> bytes:
    """Join a body and its ECDSA signature (over SHA-256, DER) into a certificate."""
    return der.sequence(body, ECDSA_SHA256, der.bits(signature))


def read_certificate(data: bytes, *, where: str = WHERE) -> Certificate:
    """Read a certificate; says nothing about whether to believe it.

    Raises:
        BadSignature: it is none, or one of another shape than those that are used here.
    """
    try:
        return _once_read(data)
    except (der.Malformed, ValueError, IndexError) as error:
        what = str(error) if isinstance(error, der.Malformed) else "its parts are not those of a certificate"
        raise BadSignature(f"not a certificate: {what}", where=where) from error


def is_authority(certificate: Certificate) -> bool:
    """Tell whether a certificate may issue others."""
    usage = certificate.extensions.get(_KEY_USAGE)
    limits = certificate.extensions.get(_CONSTRAINTS)
    if usage is None or limits is None or not limits.critical:
        return False
    try:
        flags, _ = der.read_bits(der.read(usage.value))
        first = der.inside(limits.value, der.SEQUENCE)[:1]
    except der.Malformed:
        return False
    return bool(flags and flags[0] & 0x04) and [item.whole for item in first] == [_TRUE]


def may_stand_above(certificate: Certificate, issuing: int) -> bool:
    """Tell whether an authority may stand above so many others that issue certificates (RFC 5280, pathLenConstraint), and
    whether all that it says must be understood is."""
    if any(mark.critical and dotted not in _READ for dotted, mark in certificate.extensions.items()):
        return False
    try:
        rest = der.inside(certificate.extensions[_CONSTRAINTS].value, der.SEQUENCE)[1:]
        return all(der.read_integer(item) >= issuing for item in rest)
    except der.Malformed:
        return False


def is_stamper(certificate: Certificate) -> bool:
    """Tell whether a certificate is for timestamps and nothing else (RFC 3161, section 2.3)."""
    purposes = certificate.extensions.get(_PURPOSES)
    return (
        purposes == Extension(critical=True, value=der.sequence(der.oid(_TIME_STAMPING)))
        and not is_authority(certificate)
        and not any(mark.critical and dotted not in _READ for dotted, mark in certificate.extensions.items())
    )


def names_issuer(certificate: Certificate, issuer: Certificate) -> bool:
    """Tell whether a certificate says that this one issued it: by name, and by the id of the key."""
    linked = certificate.extensions.get(_ISSUER_KEY_ID)
    own = issuer.extensions.get(_KEY_ID)
    return certificate.issuer == issuer.subject and (
        linked is None or own is None or linked.value == der.sequence(der.tlv(0x80, der.read(own.value).value))
    )


def identity_of(certificate: Certificate) -> Identity:
    """Say whom a certificate names, and insist that it is one for signing, of at most ten minutes.

    Raises:
        BadSignature: it is for something else, names nobody or several, or what it says does not go together.
    """
    marks = certificate.extensions
    for dotted, mark in marks.items():
        if mark.critical and dotted not in _READ:
            raise BadSignature(f"an unknown critical extension {dotted}", where=WHERE)
    if dict.fromkeys((_KEY_USAGE, _PURPOSES, _ALT_NAME, _ISSUER_TEXT, SCTS)).keys() - marks.keys():
        raise BadSignature("an extension is missing: keyUsage, extendedKeyUsage, subjectAltName, issuer or SCT", where=WHERE)
    if marks[_KEY_USAGE].value != _SIGNS:
        raise BadSignature("keyUsage is not digitalSignature alone", where=WHERE)
    if _CONSTRAINTS in marks:
        raise BadSignature("basicConstraints do not belong in a certificate of who signs", where=WHERE)
    if marks[_PURPOSES].value != der.sequence(der.oid(_CODE_SIGNING)):
        raise BadSignature("extendedKeyUsage is not codeSigning alone", where=WHERE)
    if (certificate.end - certificate.start).total_seconds() > _MINUTES:
        raise BadSignature("it is valid for longer than ten minutes", where=WHERE)
    return _named(marks)


def check_identity(identity: Identity) -> None:
    """Insist that an identity goes together: a person is vouched for by an identity provider, an agent and a local service
    by their own trust domain.

    Raises:
        SigningError: it does not.
    """
    provider = _PROVIDER.fullmatch(identity.issuer) is not None
    if identity.kind == "person":
        if not provider:
            raise SigningError("names a person, and no identity provider vouches for them", where=identity.name)
        if not _MAIL_ADDRESS.fullmatch(identity.name):
            raise SigningError("not a mail address", where=identity.name)
        return
    if not identity.domain:
        raise SigningError("neither a mail address nor a SPIFFE id", where=identity.name)
    if identity.issuer != f"spiffe://{identity.domain}" and not (provider and identity.name.split("/")[3] == "ci"):
        raise SigningError(f"{identity.issuer} does not vouch for such a name", where=identity.name)


def _named(marks: Mapping[str, Extension]) -> Identity:
    try:
        names = der.inside(marks[_ALT_NAME].value, der.SEQUENCE)
        issuer = der.read(marks[_ISSUER_TEXT].value, der.UTF8).value.decode()
        if len(names) != 1 or names[0].tag not in {_MAIL, _URI}:
            raise BadSignature("subjectAltName is not one mail address or one URI", where=WHERE)
        name = names[0].value.decode("ascii")
    except (der.Malformed, UnicodeDecodeError) as error:
        raise BadSignature("subjectAltName or issuer is malformed", where=WHERE) from error
    if _ISSUER in marks and marks[_ISSUER].value != issuer.encode():
        raise BadSignature("it names two issuers", where=WHERE)
    identity = Identity(name=name, issuer=issuer)
    if (names[0].tag == _MAIL) != (identity.kind == "person"):
        raise BadSignature("subjectAltName has another form than its kind says", where=WHERE)
    try:
        check_identity(identity)
    except SigningError as error:
        raise BadSignature(f"subjectAltName {ascii(error.where)[1:-1]}: {error.what}", where=WHERE) from error
    return identity


def _alt_name(identity: Identity) -> bytes:
    check_identity(identity)
    if not identity.name.isascii() or not identity.issuer.isprintable():
        raise SigningError("a name in a certificate is ASCII", where=identity.name)
    return der.tlv(_MAIL if identity.kind == "person" else _URI, identity.name.encode())


def _body(issuer: bytes, subject: bytes, key: PublicKey, valid: tuple[datetime, datetime], marks: list[bytes]) -> bytes:
    """Write a TBSCertificate. The serial number is 127 bits of chance, the highest one set so that its length is always the
    same."""
    serial = secrets.randbits(126) | 1 << 126
    return der.sequence(
        _VERSION_3,
        der.integer(serial),
        ECDSA_SHA256,
        issuer,
        der.sequence(*(der.moment(at) for at in valid)),
        subject,
        key.spki,
        der.tlv(_EXTENSIONS, der.sequence(*marks)),
    )


def _extension(dotted: str, value: bytes, *, critical: bool = False) -> bytes:
    return der.sequence(der.oid(dotted), *([_TRUE] if critical else []), der.octets(value))


def _links(key: PublicKey, issuer: Certificate) -> list[bytes]:
    """Write the ids of a certificate's key and of its issuer's."""
    return [
        _extension(_KEY_ID, der.octets(key_id(key))),
        _extension(_ISSUER_KEY_ID, der.sequence(der.tlv(0x80, der.read(issuer.extensions[_KEY_ID].value).value))),
    ]


@lru_cache(maxsize=1024)
def _once_read(data: bytes) -> Certificate:
    """Read a certificate once: all that one process signs within ten minutes has the same."""
    return _read(data)


def _read(data: bytes) -> Certificate:
    body, algorithm, signed = der.inside(data, der.SEQUENCE)
    version, serial, again, issuer, valid, subject, spki, last = der.children(body)
    if version.whole != _VERSION_3 or algorithm.whole != ECDSA_SHA256 or again.whole != ECDSA_SHA256:
        raise der.Malformed("not version 3, or not signed with ECDSA and SHA-256")
    kind, _ = der.children(spki)
    if kind.whole != _P256 or last.tag != _EXTENSIONS:
        raise der.Malformed("its key is not on P-256, or it has no extensions")
    signature, unused = der.read_bits(signed)
    start, end = (der.read_moment(item) for item in der.children(valid))
    (listed,) = der.children(last)
    marks: dict[str, Extension] = {}
    kept = []
    for item in der.children(listed):
        parts = der.children(item)
        dotted = der.read_oid(parts[0])
        if dotted in marks or len(parts) not in {2, 3} or unused or (len(parts) == 3 and parts[1].whole != _TRUE):
            raise der.Malformed(f"the extension {dotted} stands twice or is malformed")
        if parts[-1].tag != der.OCTETS:
            raise der.Malformed(f"the extension {dotted} holds no bytes")
        marks[dotted] = Extension(len(parts) == 3, parts[-1].value)
        if dotted != SCTS:
            kept.append(item.whole)
    rest = (version, serial, again, issuer, valid, subject, spki)
    bare = der.sequence(*(item.whole for item in rest), der.tlv(_EXTENSIONS, der.sequence(*kept)))
    return Certificate(
        der=data,
        tbs=body.whole,
        bare=bare,
        signature=signature,
        serial=der.read_integer(serial),
        issuer=issuer.whole,
        subject=subject.whole,
        start=start,
        end=end,
        key=PublicKey(algorithm="ecdsa-p256", spki=spki.whole),
        extensions=marks,
    )
