"""All that is believed, each with the time in which it counts: authorities, timestamp authorities, keys of certificate
timestamps and of logs; read from and written as a Sigstore trusted root, which stock verifiers read too.

Format: https://github.com/sigstore/protobuf-specs, `sigstore_trustroot.proto`.
"""

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime

import msgspec

from clearance.attest.bundle import decoded
from clearance.attest.certificate import read_certificate, read_distinguished
from clearance.attest.revocation import Revocation, joined
from clearance.facts.errors import BadSignature, SigningError
from clearance.facts.fact import Fact, canonical
from clearance.facts.key import PublicKey
from clearance.facts.moment import rfc3339

ROOT_TYPE = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
OWN_TIMESTAMPS = "urn:clearance:timestamps"
"""The `uri` of a timestamp authority whose tokens have the form of ours."""
_ED25519_PREFIX = bytes.fromhex("302a300506032b6570032100")


class Chain(Fact):
    """An authority: its certificate and those above it, up to one that is signed by itself (DER), and from when until when
    it counts (RFC 3339 in UTC; no end: still). `uri` says whose it is, for people."""

    certificates: tuple[bytes, ...]
    since: str
    until: str = ""
    uri: str = ""


class LogKey(Fact):
    """A key that signs the checkpoints of a log: the log's origin, and the key with its time."""

    origin: str
    key: PublicKey

    @property
    def id(self) -> bytes:
        """The id of a key of a log of tiles, 32 bytes: a note's key hash (https://c2sp.org/signed-note) before it is cut to
        four bytes."""
        return hashlib.sha256(self.origin.encode() + b"\n\x01" + self.key.raw).digest()


class Root(Fact):
    """All that is believed. The keys of `transparency` sign certificate timestamps; what is `revoked` is believed no more.
    The last travels in a file of its own, because trusted_root.json has no place for it (`revocation.py`)."""

    authorities: tuple[Chain, ...] = ()
    timestamps: tuple[Chain, ...] = ()
    transparency: tuple[PublicKey, ...] = ()
    logs: tuple[LogKey, ...] = ()
    revoked: tuple[Revocation, ...] = ()


def write_root(root: Root) -> bytes:
    """Write a root as trusted_root.json, in canonical JSON."""
    return canonical(root_document(root))


def root_document(root: Root) -> dict[str, object]:
    """Give a root as the document that trusted_root.json holds."""
    return {
        "mediaType": ROOT_TYPE,
        "tlogs": [_log(log.key, f"https://{log.origin}", log.id) for log in root.logs],
        "certificateAuthorities": [_authority(chain) for chain in root.authorities],
        "ctlogs": [_log(key, "urn:clearance:transparency", hashlib.sha256(key.spki).digest()) for key in root.transparency],
        "timestampAuthorities": [_authority(chain) for chain in root.timestamps],
    }


def read_root(data: bytes, *, where: str = "trusted_root.json") -> Root:
    """Read trusted_root.json. Keys and authorities of kinds that are not used here are passed over.

    Raises:
        SigningError: it is none.
    """
    try:
        document = msgspec.json.decode(data, type=_Document)
        if document.media_type != ROOT_TYPE:
            raise SigningError(f"not {ROOT_TYPE}", where=f"{where}: mediaType", next=_ROOT_NEXT)
        return Root(
            authorities=tuple(chain for one in document.certificate_authorities if _is_ours(chain := _read_chain(one))),
            timestamps=tuple(_read_chain(one) for one in document.timestamp_authorities),
            transparency=tuple(key for one in document.ctlogs if (key := _read_key(one))),
            logs=tuple(
                LogKey(origin=one.base_url.removeprefix("https://"), key=key)
                for one in document.tlogs
                if (key := _read_key(one)) and key.algorithm == "ed25519"
            ),
        )
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, BadSignature) as error:
        raise SigningError(f"not a trusted root: {str(error)[:200]}", where=where, next=_ROOT_NEXT) from error


_ROOT_NEXT = "give a file that `clearance trust show --trusted-root FILE` wrote"


class _Range(msgspec.Struct, rename="camel"):
    start: str = ""
    end: str = ""


class _Raw(msgspec.Struct, rename="camel"):
    raw_bytes: str


class _KeyMessage(msgspec.Struct, rename="camel"):
    raw_bytes: str
    key_details: str
    valid_for: _Range = msgspec.field(default_factory=_Range)


class _LogMessage(msgspec.Struct, rename="camel"):
    base_url: str
    public_key: _KeyMessage


class _Certificates(msgspec.Struct):
    certificates: list[_Raw]


class _AuthorityMessage(msgspec.Struct, rename="camel"):
    cert_chain: _Certificates
    valid_for: _Range
    uri: str = ""


class _Document(msgspec.Struct, rename="camel"):
    media_type: str
    tlogs: list[_LogMessage] = []
    certificate_authorities: list[_AuthorityMessage] = []
    ctlogs: list[_LogMessage] = []
    timestamp_authorities: list[_AuthorityMessage] = []


def _log(key: PublicKey, url: str, key_id: bytes) -> dict[str, object]:
    ed25519 = key.algorithm == "ed25519"
    return {
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": {
            "rawBytes": _encode(key.spki),
            "keyDetails": "PKIX_ED25519" if ed25519 else "PKIX_ECDSA_P256_SHA_256",
            "validFor": _range(key.since, key.retired),
        },
        "logId": {"keyId": _encode(key_id)},
    }


def _authority(chain: Chain) -> dict[str, object]:
    # A service of others may use any kind of key; then its address names it.
    own = chain.uri in {"", OWN_TIMESTAMPS}
    organization, common = read_distinguished(read_certificate(chain.certificates[-1]).subject) if own else (chain.uri, "")
    return {
        "subject": {"organization": organization, "commonName": common},
        "uri": chain.uri,
        "certChain": {"certificates": [{"rawBytes": _encode(data)} for data in chain.certificates]},
        "validFor": _range(chain.since, chain.until),
    }


def _range(since: str, until: str) -> dict[str, str]:
    return {"start": since or "1970-01-01T00:00:00Z"} | ({"end": until} if until else {})


def _read_chain(message: _AuthorityMessage) -> Chain:
    return Chain(
        certificates=tuple(decoded(raw.raw_bytes, "certChain") for raw in message.cert_chain.certificates),
        since=_moment(message.valid_for.start),
        until=_moment(message.valid_for.end),
        uri=message.uri,
    )


def _is_ours(chain: Chain) -> bool:
    """Tell whether certificates are of the kinds that are used here. What others issue is passed over, and so never
    believed."""
    try:
        return bool([read_certificate(data) for data in chain.certificates])
    except BadSignature:
        return False


def _read_key(message: _LogMessage) -> PublicKey | None:
    said = message.public_key
    spki = decoded(said.raw_bytes, "publicKey.rawBytes")
    since, until = _moment(said.valid_for.start), _moment(said.valid_for.end)
    if said.key_details == "PKIX_ED25519" and spki.startswith(_ED25519_PREFIX) and len(spki) == len(_ED25519_PREFIX) + 32:
        return PublicKey(algorithm="ed25519", spki=spki, since=since, retired=until)
    if said.key_details == "PKIX_ECDSA_P256_SHA_256":
        return PublicKey(algorithm="ecdsa-p256", spki=spki, since=since, retired=until)
    return None


def _moment(said: str) -> str:
    """Normalise a moment of protobuf's JSON to whole seconds in UTC, so that moments compare as texts."""
    if not said:
        return ""
    try:
        at = datetime.fromisoformat(said)
        return rfc3339(at)
    except ValueError as error:
        raise BadSignature("not a moment in RFC 3339", where="validFor") from error


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def trusted(roots: Iterable[Root]) -> Root:
    """Join roots into one that believes what any of them does."""
    every = list(roots)
    return Root(
        authorities=tuple(one for root in every for one in root.authorities),
        timestamps=tuple(one for root in every for one in root.timestamps),
        transparency=tuple(one for root in every for one in root.transparency),
        logs=tuple(one for root in every for one in root.logs),
        revoked=joined(one for root in every for one in root.revoked),
    )
