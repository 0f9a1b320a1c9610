import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.attest.keys import read_public
from clearance.attest.signers.memory import MemorySigner
from clearance.facts.entry import Checkpoint
from clearance.facts.errors import LogTampered
from clearance.facts.key import PublicKey
from clearance.record.note import key_hash, open_checkpoint, sign_checkpoint, verifier_key

SIGNER = MemorySigner("ed25519", lambda: datetime(2026, 11, 22, tzinfo=UTC))
OTHER = MemorySigner("ed25519", lambda: datetime(2026, 11, 22, tzinfo=UTC))


def checkpoints() -> st.SearchStrategy[Checkpoint]:
    return st.builds(
        Checkpoint,
        origin=st.from_regex(r"[a-z]{1,9}\.local/[0-9a-f]{32}", fullmatch=True),
        size=st.integers(0, 1 << 50),
        root=st.binary(min_size=32, max_size=32),
    )


@settings(deadline=None)
@given(checkpoints())
def test_what_is_signed_is_what_is_read(checkpoint: Checkpoint) -> None:
    note = sign_checkpoint(checkpoint, SIGNER)
    assert open_checkpoint(note, SIGNER.known()) == checkpoint
    assert open_checkpoint(note, (*OTHER.known(), *SIGNER.known())) == checkpoint


@settings(deadline=None)
@given(checkpoint=checkpoints(), data=st.data())
def test_no_byte_of_a_note_may_change(checkpoint: Checkpoint, data: st.DataObject) -> None:
    note = bytearray(sign_checkpoint(checkpoint, SIGNER))
    note[data.draw(st.integers(0, len(note) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(LogTampered):
        open_checkpoint(bytes(note), SIGNER.known())


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_anything_else_is_refused(note: bytes) -> None:
    with pytest.raises(LogTampered):
        open_checkpoint(note, SIGNER.known())


def test_an_unknown_key_vouches_for_nothing() -> None:
    note = sign_checkpoint(Checkpoint(origin="a.local/b", size=1, root=bytes(32)), OTHER)
    with pytest.raises(LogTampered, match="no known key"):
        open_checkpoint(note, SIGNER.known())


def test_a_key_under_another_name_vouches_for_nothing() -> None:
    note = sign_checkpoint(Checkpoint(origin="a.local/b", size=1, root=bytes(32)), SIGNER)
    with pytest.raises(LogTampered):
        open_checkpoint(note.replace("— a.local/b".encode(), "— a.local/c".encode()), SIGNER.known())


def test_signatures_of_others_are_passed_over() -> None:
    checkpoint = Checkpoint(origin="a.local/b", size=1, root=bytes(32))
    line = sign_checkpoint(checkpoint, OTHER).splitlines(keepends=True)[-1]
    assert open_checkpoint(sign_checkpoint(checkpoint, SIGNER) + line, SIGNER.known()) == checkpoint


def test_a_known_key_whose_signature_does_not_fit_spoils_the_note() -> None:
    checkpoint = Checkpoint(origin="a.local/b", size=1, root=bytes(32))
    elsewhere = sign_checkpoint(Checkpoint(origin="a.local/b", size=2, root=bytes(32)), OTHER).splitlines(keepends=True)[-1]
    with pytest.raises(LogTampered, match="does not fit"):
        open_checkpoint(sign_checkpoint(checkpoint, SIGNER) + elsewhere, (*SIGNER.known(), *OTHER.known()))


def test_base64_has_one_spelling() -> None:
    note = sign_checkpoint(Checkpoint(origin="a.local/b", size=1, root=bytes(32)), SIGNER).decode()
    text = note.split("\n")[2]
    loose = text[:-2] + chr(ord(text[-2]) + 1) + "="
    assert base64.b64decode(loose) == base64.b64decode(text)
    with pytest.raises(LogTampered):
        open_checkpoint(note.replace(text, loose).encode(), SIGNER.known())


def test_the_published_verifier_key() -> None:
    # The example key of golang.org/x/mod/sumdb/note: PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW
    raw = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")[1:]
    assert key_hash("PeterNeumann", raw).hex() == "c74f20a3"
    spki = bytes.fromhex("302a300506032b6570032100") + raw
    key = read_public(PublicKey(algorithm="ed25519", spki=spki).pem.encode())
    assert key.raw == raw
    assert verifier_key("PeterNeumann", key) == "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
