"""A Sigstore bundle v0.3, as JSON has it: a signed statement with all that is needed to verify it offline.

Format: https://github.com/sigstore/protobuf-specs, `sigstore_bundle.proto` and `sigstore_rekor.proto`, in protobuf's JSON:
bytes in standard base64, 64-bit numbers as text. Only the fields that are used here are known; any other one is refused.
Fields stand in the order of their names, so that writing them in order gives canonical JSON (RFC 8785).
"""

import base64

import msgspec

from clearance.facts.fact import Fact

BUNDLE_TYPE = "application/vnd.dev.sigstore.bundle.v0.3+json"
BUNDLE_LIMIT = 131_072
"""Bytes in a stored bundle at most: a statement of the longest kind in base64, a certificate, a timestamp. It is no part of
a tile, so the limit of entries does not hold for it."""
RECORD_KIND, RECORD_VERSION = "hashedrekord", "0.0.2"


class EnvelopeSignature(Fact, omit_defaults=True, kw_only=True):
    """One signature, in base64; `keyid` stays empty, because the certificate names the key."""

    keyid: str = ""
    sig: str


class Envelope(Fact, rename="camel"):
    """A DSSE envelope; `payload` is in base64."""

    payload: str
    payload_type: str
    signatures: tuple[EnvelopeSignature, ...]


class RawBytes(Fact, rename="camel"):
    """A certificate, in DER and base64."""

    raw_bytes: str


class SignedTimestamp(Fact, rename="camel"):
    """A TimeStampResp (RFC 3161), in DER and base64."""

    signed_timestamp: str


class TimestampData(Fact, rename="camel"):
    """The timestamps over the envelope's signature."""

    rfc3161_timestamps: tuple[SignedTimestamp, ...]


class KindVersion(Fact):
    """Which kind of record the log's leaf is."""

    kind: str
    version: str


class LogId(Fact, rename="camel"):
    """The id of a log's key, in base64: for a log of tiles the whole SHA-256 that a note's key hash is the beginning of."""

    key_id: str


class NoteText(Fact):
    """A checkpoint as a signed note (https://c2sp.org/tlog-checkpoint)."""

    envelope: str


class InclusionProof(Fact, rename="camel"):
    """The way from a leaf to the root of a signed checkpoint (RFC 6962): decimal numbers as text, hashes in base64."""

    checkpoint: NoteText
    hashes: tuple[str, ...]
    log_index: str
    root_hash: str
    tree_size: str


class LogEntry(Fact, rename="camel"):
    """Where a leaf lies in a log, and the leaf itself in base64."""

    canonicalized_body: str
    inclusion_proof: InclusionProof
    kind_version: KindVersion
    log_id: LogId
    log_index: str


class Material(Fact, rename="camel"):
    """What a signature is verified with."""

    certificate: RawBytes
    timestamp_verification_data: TimestampData
    tlog_entries: tuple[LogEntry, ...]


class Bundle(Fact, rename="camel"):
    """A signed statement and what it is verified with. While it rests beside its leaf it has no `tlog_entries`."""

    dsse_envelope: Envelope
    media_type: str
    verification_material: Material


def with_entry(
    bundle: Bundle, *, leaf: bytes, key_id: bytes, index: int, size: int, root: bytes, path: list[bytes], note: str
) -> bytes:
    """Complete a bundle with its place in a log, as canonical JSON. `key_id` is the whole SHA-256 of the checkpoint's key
    (32 bytes), `path` the inclusion proof from the leaf's sibling upward, `note` the signed checkpoint."""
    entry = LogEntry(
        log_index=str(index),
        log_id=LogId(key_id=base64.b64encode(key_id).decode()),
        kind_version=KindVersion(kind=RECORD_KIND, version=RECORD_VERSION),
        inclusion_proof=InclusionProof(
            log_index=str(index),
            root_hash=base64.b64encode(root).decode(),
            tree_size=str(size),
            hashes=tuple(base64.b64encode(step).decode() for step in path),
            checkpoint=NoteText(envelope=note),
        ),
        canonicalized_body=base64.b64encode(leaf).decode(),
    )
    material = bundle.verification_material
    whole = Bundle(
        media_type=bundle.media_type,
        verification_material=Material(
            certificate=material.certificate,
            tlog_entries=(entry,),
            timestamp_verification_data=material.timestamp_verification_data,
        ),
        dsse_envelope=bundle.dsse_envelope,
    )
    return bundle_bytes(whole)


def bundle_bytes(bundle: Bundle) -> bytes:
    """Write a bundle as canonical JSON: its fields are in order, and it holds no numbers."""
    return msgspec.json.encode(bundle)
