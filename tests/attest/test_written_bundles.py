"""Leaves and bundles are written around their parts; what comes out is what encoding the whole record gives."""

import base64
import hashlib
import json
from collections.abc import Sequence
from datetime import timedelta

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from attest.world import Said, Toy, World
from clearance.attest.bundle import leaf_of, read_bundle, resting, seal_many, seal_opened
from clearance.attest.timestamps import OwnTimestamps, Stamp
from clearance.attest.trust import Trust
from clearance.facts.bundle import (
    BUNDLE_TYPE,
    Bundle,
    Envelope,
    EnvelopeSignature,
    Material,
    RawBytes,
    SignedTimestamp,
    TimestampData,
    bundle_bytes,
)
from clearance.facts.errors import SigningError
from clearance.facts.fact import canonical
from clearance.facts.key import Signature
from clearance.facts.statement import PAYLOAD_TYPE

PART = st.binary(max_size=300)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@given(PART, PART, PART, PART)
def test_a_written_bundle_is_the_encoded_one(payload: bytes, signature: bytes, certificate: bytes, token: bytes) -> None:
    encoded = Bundle(
        media_type=BUNDLE_TYPE,
        verification_material=Material(
            certificate=RawBytes(raw_bytes=b64(certificate)),
            tlog_entries=(),
            timestamp_verification_data=TimestampData(rfc3161_timestamps=(SignedTimestamp(signed_timestamp=b64(token)),)),
        ),
        dsse_envelope=Envelope(
            payload=b64(payload), payload_type=PAYLOAD_TYPE, signatures=(EnvelopeSignature(sig=b64(signature)),)
        ),
    )
    written = resting(payload, signature, certificate, token)
    assert written == bundle_bytes(encoded) == canonical(encoded)
    assert read_bundle(written, canonical_only=True) == encoded


@given(PART, PART, PART)
def test_a_written_leaf_is_canonical_json_of_its_parts(signed: bytes, signature: bytes, certificate: bytes) -> None:
    leaf = leaf_of(signed, signature, certificate)
    said = json.loads(leaf)
    assert rfc8785.dumps(said) == leaf
    hashed = said["spec"]["hashedRekordV002"]
    assert hashed["data"] == {"algorithm": "SHA2_256", "digest": b64(hashlib.sha256(signed).digest())}
    assert hashed["signature"]["content"] == b64(signature)
    assert hashed["signature"]["verifier"]["x509Certificate"]["rawBytes"] == b64(certificate)


def test_many_are_sealed_as_each_alone() -> None:
    world = World()
    credential, stamps, trust = world.credential(), world.stamps(), Trust(world.root())
    statements = [Toy(predicate=Said(number=number)) for number in range(5)]
    made = seal_many([canonical(one) for one in statements], credential, stamps)
    for statement, (sealed, told) in zip(statements, made, strict=True):
        assert told == seal_opened(statement, credential, stamps)[1] == trust.unseal(sealed)
    assert len({sealed.bundle for sealed, _ in made}) == 5
    assert seal_many([], credential, stamps) == []


def test_one_stamp_out_of_the_certificate_s_time_seals_none_of_many() -> None:
    world = World()
    credential = world.credential()

    class Late(OwnTimestamps):
        """Whose last token is of an hour later."""

        def stamp_all(self, signatures: Sequence[bytes]) -> list[Stamp]:
            *first, last = super().stamp_all(signatures)
            return [*first, last._replace(at=last.at + timedelta(hours=1))]

    late = Late(world.stamper, world.keys["timestamps"], world.clock)
    with pytest.raises(SigningError, match="the certificate is for"):
        seal_many([canonical(Toy(predicate=Said(number=number))) for number in range(3)], credential, late)


def test_a_key_of_timestamps_that_changes_among_many_is_told() -> None:
    world = World()
    signer = world.keys["timestamps"]

    class Changing:
        """Signs with another key from the fourth time on."""

        def __init__(self) -> None:
            self.count = 0

        def sign(self, data: bytes) -> Signature:
            self.count += 1
            return (signer if self.count < 4 else world.keys["authority"]).sign(data)

    stamps = OwnTimestamps(world.stamper, Changing(), world.clock)  # type: ignore[arg-type]
    assert len(stamps.stamp_all([b"1", b"2"])) == 2
    with pytest.raises(SigningError, match="another one than its certificate names"):
        stamps.stamp_all([b"3", b"4"])
