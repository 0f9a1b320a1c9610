"""DSSE: a payload, its type, and signatures over both.

Format: https://github.com/secure-systems-lab/dsse (envelope.md, protocol.md), one signature an envelope.
"""

import base64
import binascii
from collections.abc import Iterable

import msgspec

from clearance.attest.keys import check_signature
from clearance.attest.signer import Signer
from clearance.facts.entry import Opened
from clearance.facts.errors import BadSignature
from clearance.facts.fact import Fact, canonical
from clearance.facts.key import PublicKey
from clearance.facts.statement import PAYLOAD_TYPE


class EnvelopeSignature(Fact):
    """A signature of an envelope: the key's id, and the signature in standard base64."""

    keyid: str
    sig: str


class Envelope(Fact, rename={"payload_type": "payloadType"}):
    """A DSSE envelope; `payload` is standard base64."""

    payload: str
    payload_type: str
    signatures: tuple[EnvelopeSignature, ...]


def pae(payload_type: str, payload: bytes) -> bytes:
    """Give the bytes that are signed: the pre-authentication encoding of DSSE v1."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def seal(statement: Fact, signer: Signer) -> bytes:
    """Sign a statement (of a decision, of a proof): a DSSE envelope in canonical JSON.

    Raises:
        SigningError: the signer cannot sign.
    """
    payload = canonical(statement)
    signature = signer.sign(pae(PAYLOAD_TYPE, payload))
    return canonical(
        Envelope(
            payload=base64.b64encode(payload).decode(),
            payload_type=PAYLOAD_TYPE,
            signatures=(EnvelopeSignature(keyid=signature.key, sig=base64.b64encode(signature.value).decode()),),
        )
    )


def unseal(bundle: bytes, keys: Iterable[PublicKey]) -> Opened:
    """Verify an envelope and give what it holds. The signature must be ECDSA P-256 by one of `keys`, the encoding canonical.

    Raises:
        BadSignature: it is no such envelope, its key is not among `keys`, or the signature does not fit.
    """
    envelope, payload, signature = _read(bundle)
    known = {key.id: key for key in keys if key.algorithm == "ecdsa-p256"}
    name = envelope.signatures[0].keyid
    key = known.get(name)
    if key is None:
        raise BadSignature(
            f"signed by the key {_short(name)}, which is not known here",
            next="if the entry was made elsewhere, hand in that key: `clearance log verify --key FILE`",
        )
    check_signature(key, signature, pae(envelope.payload_type, payload))
    return Opened(payload=payload, key=key)


def _read(bundle: bytes) -> tuple[Envelope, bytes, bytes]:
    """Decode an envelope strictly: the same content has one spelling only."""
    try:
        envelope = msgspec.json.decode(bundle, type=Envelope)
        payload = base64.b64decode(envelope.payload, validate=True)
        signature = base64.b64decode(envelope.signatures[0].sig, validate=True)
        again = canonical(envelope)
    except (msgspec.DecodeError, binascii.Error, ValueError, IndexError, RecursionError) as error:
        raise BadSignature("not a signed DSSE envelope") from error
    spelled = (base64.b64encode(payload).decode(), base64.b64encode(signature).decode())
    if again != bundle or spelled != (envelope.payload, envelope.signatures[0].sig) or len(envelope.signatures) != 1:
        raise BadSignature("a DSSE envelope in another spelling than canonical JSON with one signature")
    if envelope.payload_type != PAYLOAD_TYPE:
        raise BadSignature("the envelope holds something other than an in-toto statement")
    return envelope, payload, signature


def _short(name: str) -> str:
    """Cut a key id that came from outside to a length and alphabet fit for a message."""
    return ascii(name[:64])[1:-1]
