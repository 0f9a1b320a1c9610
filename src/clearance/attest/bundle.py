"""Sealing a statement into a leaf for the log and a Sigstore bundle beside it, and reading both again.

The leaf is a Rekor v2 record (https://github.com/sigstore/rekor-tiles, `hashedrekord` 0.0.2) over the DSSE
pre-authentication encoding, in canonical JSON, so that whoever reads the log sees who signed what digest, and not the
statement.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

from clearance.attest.authority import Credential
from clearance.attest.certificate import Certificate, read_certificate
from clearance.attest.dsse import pae
from clearance.attest.keys import check_signature
from clearance.attest.timestamps import Timestamps
from clearance.facts.bundle import (
    BUNDLE_LIMIT,
    BUNDLE_TYPE,
    RECORD_KIND,
    RECORD_VERSION,
    Bundle,
    bundle_bytes,
)
from clearance.facts.entry import Opened, Sealed
from clearance.facts.errors import BadSignature, SigningError
from clearance.facts.fact import Fact, canonical_quickly
from clearance.facts.moment import rfc3339
from clearance.facts.statement import PAYLOAD_TYPE

_CERTIFICATE = "verificationMaterial.certificate.rawBytes"
_TIMESTAMPS = "verificationMaterial.timestampVerificationData.rfc3161Timestamps"
_ENTRY = "verificationMaterial.tlogEntries[0]"
_BODY = f"{_ENTRY}.canonicalizedBody"


class Signed(NamedTuple):
    """A bundle whose signature fits its certificate's key. Nothing is said yet about whether to believe the certificate, nor
    about the leaf, which must be `record`."""

    bundle: Bundle
    payload: bytes
    signature: bytes
    certificate: Certificate
    timestamp: bytes
    record: bytes


def seal(statement: Fact, credential: Credential, timestamps: Timestamps) -> Sealed:
    """Sign a statement as whoever the credential names.

    Raises:
        SigningError: no timestamp could be had.
    """
    return seal_opened(statement, credential, timestamps)[0]


def seal_opened(statement: Fact, credential: Credential, timestamps: Timestamps) -> tuple[Sealed, Opened]:
    """Do the same as `seal`, and say what unsealing it would give: what was signed in this very process by keys that it
    holds needs no verification on its way into the log.

    Raises:
        SigningError: no timestamp could be had.
    """
    return seal_many([canonical_quickly(statement)], credential, timestamps)[0]


def seal_many(payloads: Sequence[bytes], credential: Credential, timestamps: Timestamps) -> list[tuple[Sealed, Opened]]:
    """Do the same with many statements, which are written already, in canonical JSON: all are signed, then all stamped.

    Raises:
        SigningError: one could not be signed or stamped; then none is given.
    """
    signed = [pae(PAYLOAD_TYPE, payload) for payload in payloads]
    # One signature after the other: between other work each takes a third longer, because its tables leave the cache.
    signatures = [credential.sign(data) for data in signed]
    stamps = timestamps.stamp_all(signatures)
    certificate = credential.certificate
    for stamp in stamps:
        if not certificate.start <= stamp.at <= certificate.end:
            span = f"{rfc3339(certificate.start)} to {rfc3339(certificate.end)}"
            raise SigningError(
                f"the timestamp says {rfc3339(stamp.at)}, and the certificate is for {span}",
                next="set the clock of this machine, or name another timestamp service",
            )
    made = []
    for payload, data, signature, stamp in zip(payloads, signed, signatures, stamps, strict=True):
        sealed = Sealed(
            leaf=leaf_of(data, signature, certificate.der),
            bundle=resting(payload, signature, certificate.der, stamp.token),
        )
        told = Opened(payload=payload, key=certificate.key, signer=credential.identity, time=rfc3339(stamp.at))
        made.append((sealed, told))
    return made


def leaf_of(signed: bytes, signature: bytes, certificate: bytes) -> bytes:
    """Write the record of a signature over `signed` in canonical JSON."""
    first, second, third, last = _LEAF
    digest = hashlib.sha256(signed).digest()
    return b"".join((first, _base64(digest), second, _base64(signature), third, _encoded(certificate), last))


def resting(payload: bytes, signature: bytes, certificate: bytes, token: bytes) -> bytes:
    """Write a bundle as it rests beside its leaf: what `bundle_bytes` gives of one, without making one."""
    first, second, third, fourth, last = _BUNDLE
    parts = (first, _base64(payload), second, _base64(signature), third, _encoded(certificate), fourth, _base64(token), last)
    return b"".join(parts)


_LEAF = tuple(
    (
        f'{{"apiVersion":"{RECORD_VERSION}","kind":"{RECORD_KIND}","spec":{{"hashedRekordV002":{{"data":'
        '{"algorithm":"SHA2_256","digest":"|"},"signature":{"content":"|","verifier":'
        '{"keyDetails":"PKIX_ECDSA_P256_SHA_256","x509Certificate":{"rawBytes":"|"}}}}}}'
    )
    .encode()
    .split(b"|")
)
_BUNDLE = tuple(
    (
        f'{{"dsseEnvelope":{{"payload":"|","payloadType":"{PAYLOAD_TYPE}","signatures":[{{"sig":"|"}}]}},'
        f'"mediaType":"{BUNDLE_TYPE}","verificationMaterial":{{"certificate":{{"rawBytes":"|"}},'
        '"timestampVerificationData":{"rfc3161Timestamps":[{"signedTimestamp":"|"}]},"tlogEntries":[]}}'
    )
    .encode()
    .split(b"|")
)
"""What stands around the parts of a leaf (digest, signature, certificate) and of a bundle (payload, signature, certificate,
timestamp)."""


def read_bundle(data: bytes, *, canonical_only: bool = False) -> Bundle:
    """Read a bundle: any JSON of this shape without repeated or further fields; with `canonical_only` as canonical JSON.

    Raises:
        BadSignature: it is none; `where` is the field.
    """
    if len(data) > BUNDLE_LIMIT << 1:
        raise BadSignature("too large for a bundle")
    try:
        bundle = msgspec.json.decode(data, type=Bundle)
        if bundle_bytes(bundle) != data:
            if canonical_only:
                raise BadSignature("not canonical JSON")
            json.loads(data, object_pairs_hook=once)
    except msgspec.ValidationError as error:
        what, _, place = str(error).partition(" - at `$.")
        named = what.split("`")[1:2] if "field" in what else []
        where = ".".join([*([place.rstrip("`")] if place else []), *named])
        raise BadSignature(what[:1].lower() + what[1:], where=where) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadSignature("not a Sigstore bundle: malformed JSON") from error
    if bundle.media_type != BUNDLE_TYPE:
        raise BadSignature(f"not {BUNDLE_TYPE}", where="mediaType")
    if bundle.dsse_envelope.payload_type != PAYLOAD_TYPE:
        raise BadSignature("not an in-toto statement", where="dsseEnvelope.payloadType")
    return bundle


def open_signed(bundle: Bundle, leaf: bytes) -> Signed:
    """Verify the signature in a bundle under its certificate's key. Where it does not fit, the leaf, which holds most of it
    a second time, tells which field was changed.

    Raises:
        BadSignature: it does not fit; `where` is the field.
    """
    envelope = bundle.dsse_envelope
    if len(envelope.signatures) != 1:
        raise BadSignature("not exactly one signature", where="dsseEnvelope.signatures")
    if envelope.signatures[0].keyid:
        raise BadSignature("a key id where the certificate names the key", where="dsseEnvelope.signatures[0].keyid")
    stamps = bundle.verification_material.timestamp_verification_data.rfc3161_timestamps
    if len(stamps) != 1:
        raise BadSignature("not exactly one timestamp", where=_TIMESTAMPS)
    payload = decoded(envelope.payload, "dsseEnvelope.payload")
    signature = decoded(envelope.signatures[0].sig, "dsseEnvelope.signatures[0].sig")
    raw = _decoded_certificate(bundle.verification_material.certificate.raw_bytes)
    timestamp = decoded(stamps[0].signed_timestamp, f"{_TIMESTAMPS}[0].signedTimestamp")
    certificate = read_certificate(raw)
    signed = pae(PAYLOAD_TYPE, payload)
    try:
        check_signature(certificate.key, signature, signed)
    except BadSignature as error:
        raise BadSignature("the signature does not fit", where=_differing(leaf, signed, signature, raw)) from error
    return Signed(bundle, payload, signature, certificate, timestamp, leaf_of(signed, signature, raw))


def check_record(signed: Signed, leaf: bytes) -> None:
    """Insist that a leaf records exactly this signature under this certificate.

    Raises:
        BadSignature: it records something else.
    """
    if leaf != signed.record:
        raise BadSignature("not the record of this signature", where=_BODY)


def decoded(text: str, where: str) -> bytes:
    """Decode standard base64 that has one spelling.

    Raises:
        BadSignature: it is spelled differently.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSignature("not base64", where=where) from error
    if _encode(data) != text:
        raise BadSignature("another spelling of base64", where=where)
    return data


@lru_cache(maxsize=64)
def _decoded_certificate(text: str) -> bytes:
    """Decode a certificate once for all that is signed under it."""
    return decoded(text, _CERTIFICATE)


def _differing(leaf: bytes, signed: bytes, signature: bytes, certificate: bytes) -> str:
    """Name the field of a bundle in which it differs from the leaf: that one was changed."""
    candidates = {
        "dsseEnvelope.payload": _encode(hashlib.sha256(signed).digest()),
        "dsseEnvelope.signatures[0].sig": _encode(signature),
        _CERTIFICATE: _encode(certificate),
    }
    held = leaf.decode("utf-8", "replace")
    return (
        ", ".join(name for name, said in candidates.items() if f'"{said}"' not in held) or "dsseEnvelope.signatures[0].sig"
    )


def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Refuse an object in which a field stands twice: two readers could see two documents. For `json.loads`.

    Raises:
        BadSignature: one does; `where` is its name.
    """
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for name, _ in pairs if [each for each, _ in pairs].count(name) > 1)
        raise BadSignature("it stands twice", where=twice[:64])
    return found


def _encode(data: bytes) -> str:
    return _base64(data).decode()


def _base64(data: bytes) -> bytes:
    return binascii.b2a_base64(data, newline=False)


@lru_cache(maxsize=64)
def _encoded(certificate: bytes) -> bytes:
    """Write a certificate in base64: for ten minutes, all that one identity signs has the same."""
    return _base64(certificate)
