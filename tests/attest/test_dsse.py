import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.attest.dsse import pae, seal, unseal
from clearance.attest.keyring import KeyRing
from clearance.attest.signers.memory import MemorySigner
from clearance.facts.change import Revision
from clearance.facts.decision import Verdict
from clearance.facts.entry import Sealed
from clearance.facts.errors import BadSignature
from clearance.facts.fact import canonical
from clearance.facts.statement import Author, Counts, DecisionPredicate, DigestSet, Omitted, Resource, Statement

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
SIGNER = MemorySigner("ecdsa-p256", lambda: NOON)
STATEMENT = Statement(
    type="https://in-toto.io/Statement/v1",
    subject=(Resource(name="git-tree:1", digest=DigestSet(sha256="0" * 64)),),
    predicate_type="urn:clearance:predicate:decision:v1",
    predicate=DecisionPredicate(
        verdict=Verdict.ALLOW,
        reasons=(),
        case="0" * 64,
        policies="0" * 64,
        rules="0" * 64,
        tier=0,
        introduced=Counts(),
        existing=Counts(),
        ran=(),
        gaps=(),
        reviews=(),
        author=Author(name="n", kind="agent", evidence="option", detail=""),
        source="staged",
        base=None,
        head=Revision(label="staged"),
        files=0,
        omitted=Omitted(),
        evidence=(),
        version="0.1.0",
        time="2026-11-22T12:00:00Z",
    ),
)
BUNDLE = seal(STATEMENT, SIGNER)


def test_the_pre_authentication_encoding_is_the_published_one() -> None:
    # The test vector of the DSSE protocol document.
    assert pae("http://example.com/HelloWorld", b"hello world") == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"


def test_what_was_sealed_is_given_back() -> None:
    opened = unseal(BUNDLE, SIGNER.known())
    assert opened.payload == canonical(STATEMENT)
    assert opened.key == SIGNER.public()


def test_every_changed_bit_is_found() -> None:
    for at in range(len(BUNDLE)):
        wrong = bytearray(BUNDLE)
        wrong[at] ^= 1 << at % 8
        with pytest.raises(BadSignature):
            unseal(bytes(wrong), SIGNER.known())


@given(
    st.one_of(st.binary(max_size=200), st.recursive(st.none() | st.text(), st.lists).map(lambda v: json.dumps(v).encode()))
)
def test_anything_else_is_refused(bundle: bytes) -> None:
    with pytest.raises(BadSignature):
        unseal(bundle, SIGNER.known())


def test_a_deep_nest_is_refused() -> None:
    with pytest.raises(BadSignature):
        unseal(b"[" * 1_000_000, SIGNER.known())


@pytest.mark.parametrize(
    "change",
    [
        lambda e: e | {"signatures": []},
        lambda e: e | {"signatures": e["signatures"] * 2},
        lambda e: e | {"payloadType": "application/json"},
        lambda e: e | {"more": 1},
        lambda e: {key: value for key, value in e.items() if key != "payloadType"},
        lambda e: e | {"signatures": [{"keyid": "", "sig": e["signatures"][0]["sig"]}]},
        lambda e: e | {"payload": e["payload"].replace("=", "")},
        lambda e: e | {"payload": base64.urlsafe_b64encode(b"\xff\xfe" + base64.b64decode(e["payload"])).decode()},
    ],
)
def test_another_shape_is_refused(change: Any) -> None:
    with pytest.raises(BadSignature):
        unseal(canonical(change(json.loads(BUNDLE))), SIGNER.known())


def test_another_spelling_of_the_same_content_is_refused() -> None:
    envelope = json.loads(BUNDLE)
    for bundle in (json.dumps(envelope).encode(), BUNDLE + b"\n", json.dumps(envelope, indent=1).encode()):
        with pytest.raises(BadSignature):
            unseal(bundle, SIGNER.known())


def test_only_known_keys_of_the_right_kind_vouch() -> None:
    stranger = MemorySigner("ecdsa-p256", lambda: NOON)
    ed25519 = MemorySigner("ed25519", lambda: NOON)
    with pytest.raises(BadSignature, match="not known"):
        unseal(BUNDLE, stranger.known())
    with pytest.raises(BadSignature, match="not known"):
        unseal(seal(STATEMENT, ed25519), ed25519.known())
    forged = json.loads(seal(STATEMENT, stranger))
    forged["signatures"][0]["keyid"] = SIGNER.public().id
    with pytest.raises(BadSignature, match="does not fit"):
        unseal(canonical(forged), SIGNER.known())


def test_a_ring_knows_new_keys_at_once_and_what_is_handed_in() -> None:
    stranger = MemorySigner("ecdsa-p256", lambda: NOON)
    ring = KeyRing(SIGNER)
    stranger_bundle = seal(STATEMENT, stranger)
    with pytest.raises(BadSignature):
        ring.unseal(Sealed(leaf=stranger_bundle), ring.public())
    wider = ring.plus(stranger.public().pem.encode())
    assert wider.unseal(Sealed(leaf=stranger_bundle), wider.public()).payload == canonical(STATEMENT)
    before = len(ring.public())
    SIGNER.rotate()
    assert len(ring.public()) == before + 1
    assert ring.unseal(Sealed(leaf=BUNDLE), ring.public()).key.retired
    # A key that is handed in again without its end stays retired.
    old = next(key for key in ring.public() if key.retired)
    assert next(key for key in ring.plus(old.pem.encode()).public() if key.id == old.id).retired
