"""A sealed statement on its way into the log and out of it: leaf and bundle, read from rows and given out whole."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from clearance.facts.bundle import BUNDLE_LIMIT, Bundle, with_entry
from clearance.facts.entry import ENTRY_LIMIT, Checkpoint, Entry, Opened, Sealed
from clearance.facts.errors import BadSignature, LogTampered, StoreError
from clearance.facts.key import PublicKey
from clearance.record.merkle import leaf_hash
from clearance.record.names import bundle_name, entry_name
from clearance.record.note import log_id
from clearance.record.store import Keys, Snapshot

_RECORD, _ENVELOPED = b'{"apiVersion"', b'{"payload"'


class Submission(NamedTuple):
    """What is appended: a signed statement, and the bodies of its evidence by their SHA-256.

    `opened` is what the sealer says of a statement that it sealed and verified in this very process a moment ago. Then
    its certificate, signature and timestamp are not verified a second time on the way in; that its payload is the one
    whose digest the leaf carries is checked all the same. None: everything is verified here.
    """

    sealed: Sealed
    evidence: Mapping[str, bytes]
    opened: Opened | None = None


class _Data(msgspec.Struct, frozen=True):
    digest: str


class _Hashed(msgspec.Struct, frozen=True):
    data: _Data


class _Record(msgspec.Struct, frozen=True, rename={"hashed": "hashedRekordV002"}):
    hashed: _Hashed


class _Leaf(msgspec.Struct, frozen=True):
    spec: _Record


class _Envelope(msgspec.Struct, frozen=True):
    payload: str


class _Bundle(msgspec.Struct, frozen=True, rename={"envelope": "dsseEnvelope"}):
    envelope: _Envelope


_ENVELOPE = msgspec.json.Decoder(_Envelope)
_BUNDLE = msgspec.json.Decoder(_Bundle)
_LEAF = msgspec.json.Decoder(_Leaf)


def bundled(leaf: bytes) -> bool:
    """Tell whether a leaf is a record of a signature, beside which a bundle rests; a leaf of old is the envelope itself."""
    return leaf.startswith(_RECORD)


def enveloped(leaf: bytes) -> bool:
    """Tell whether a leaf is an envelope by itself, beside which nothing rests."""
    return leaf.startswith(_ENVELOPED)


def stored(snapshot: Snapshot, index: int) -> Sealed:
    """Read an entry as it was submitted.

    Raises:
        LogTampered: it, or the bundle beside it, is missing.
        StoreError: the store cannot be read.
    """
    leaf = snapshot.get(entry_name(index))
    if leaf is None:
        raise LogTampered("the entry is missing", where=f"entry {index}", next=RESTORE)
    if not bundled(leaf):
        return Sealed(leaf=leaf)
    beside = snapshot.get(bundle_name(index))
    if beside is None:
        raise LogTampered("the bundle beside the entry is missing", where=f"entry {index}", next=RESTORE)
    return Sealed(leaf=leaf, bundle=beside)


RESTORE = "restore the log from a copy; `clearance log verify` says more"


def opened_entry(index: int, sealed: Sealed, ring: Keys, keys: tuple[PublicKey, ...]) -> Entry:
    """Verify a sealed statement and give the entry that it makes.

    Raises:
        BadSignature: it does not verify.
        StoreError: it is too large for an entry.
    """
    check_length(index, sealed)
    return entry_of(index, sealed, ring.unseal(sealed, keys))


def unverified_payload(sealed: Sealed) -> bytes:
    """Give the payload that a sealed statement holds, unverified; no bytes where it cannot be read."""
    try:
        if sealed.bundle:
            return base64.b64decode(_BUNDLE.decode(sealed.bundle).envelope.payload, validate=True)
        return base64.b64decode(_ENVELOPE.decode(sealed.leaf).payload, validate=True)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return b""


def check_length(index: int, sealed: Sealed) -> None:
    """Insist that leaf and bundle fit an entry.

    Raises:
        StoreError: one does not.
    """
    if len(sealed.leaf) > ENTRY_LIMIT:
        raise StoreError(f"an entry of {len(sealed.leaf)} bytes", where=f"entry {index}", next=f"the most is {ENTRY_LIMIT}")
    if len(sealed.bundle) > BUNDLE_LIMIT:
        what = f"a bundle of {len(sealed.bundle)} bytes"
        raise StoreError(what, where=f"entry {index}", next=f"the most is {BUNDLE_LIMIT}")


def entry_of(index: int, sealed: Sealed, opened: Opened) -> Entry:
    """Give the entry that an opened statement makes."""
    return Entry(
        index=index,
        leaf=leaf_hash(sealed.leaf).hex(),
        digest=hashlib.sha256(opened.payload).hexdigest(),
        key=opened.key.id,
        sealed=sealed,
        payload=opened.payload,
        signer=opened.signer,
        time=opened.time,
    )


def is_of(sealed: Sealed, payload: bytes) -> bool:
    """Tell whether a leaf, which is a record of a signature, carries the digest of this payload.

    Raises:
        msgspec.DecodeError, RecursionError: it is no record.
    """
    kind = b"application/vnd.in-toto+json"
    signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    said = _LEAF.decode(sealed.leaf).spec.hashed.data.digest
    return said == base64.b64encode(hashlib.sha256(signed).digest()).decode()


def check_told(sealed: Sealed, opened: Opened) -> None:
    """Insist that what a sealer says of a statement is about this leaf: the payload has the digest that the leaf carries.

    Raises:
        BadSignature: it is about another one.
    """
    try:
        same = is_of(sealed, opened.payload)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadSignature("not a record of a signature") from error
    if not same or not sealed.bundle:
        raise BadSignature("what the sealer says is about another statement")


def whole_bundle(entry: tuple[int, Sealed], path: Sequence[bytes], note: bytes, head: Checkpoint, key: PublicKey) -> bytes:
    """Give the Sigstore bundle v0.3 of an entry (its index, and what was sealed) with its one tlog entry: the leaf, and the
    proof that it is in the log under a signed checkpoint. `key` is the one that signed the checkpoint.

    Raises:
        BadSignature: what rests beside the leaf is no bundle.
    """
    index, sealed = entry
    try:
        bundle = msgspec.json.decode(sealed.bundle, type=Bundle)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadSignature("no Sigstore bundle", where=f"entry {index}") from error
    return with_entry(
        bundle,
        leaf=sealed.leaf,
        key_id=log_id(head.origin, key.raw),
        index=index,
        size=head.size,
        root=head.root,
        path=list(path),
        note=note.decode(),
    )
