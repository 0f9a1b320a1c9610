"""Timestamps of ours: what is encoded once and kept gives the same bytes, and the same verdicts, as encoding all of it."""

import hashlib
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.world import NOON, World
from clearance.attest import der, timestamps
from clearance.attest.certificate import Certificate, distinguished
from clearance.attest.timestamps import (
    OwnTimestamps,
    _attributes,
    _form,
    _info,
    _read_quickly,
    _read_slowly,
    _response,
    read_own,
)
from clearance.facts.errors import BadSignature

WORLD = World()
SIGNATURE = b"signature"
MOMENTS = st.integers(-(10**9), 10**9).map(lambda seconds: NOON + timedelta(seconds=seconds))


def authority(length: int) -> Certificate:
    """An authority whose name has so many letters: lengths of elements are written in one, two or three bytes."""
    name = distinguished("o" * length, "c")
    return WORLD.stamper._replace(issuer=name)


@given(
    length=st.integers(1, 72),
    digest=st.binary(min_size=32, max_size=32),
    serial=st.integers(1 << 62, (1 << 63) - 1),
    at=MOMENTS,
    filler=st.binary(min_size=72, max_size=72),
)
def test_a_kept_form_gives_what_encoding_gives(length: int, digest: bytes, serial: int, at: datetime, filler: bytes) -> None:
    stamper, signature = WORLD.stamper, filler[:length]
    moment = der.generalized(at)
    info = _info(digest, serial, moment)
    attributes = _attributes(info, stamper)
    form = _form(stamper.der, length)
    assert form.info(digest, serial.to_bytes(8, "big"), moment) == info
    told = hashlib.sha256(info).digest()
    assert form.signed(told) == der.set_of(attributes)
    whole = _response(info, attributes, stamper, signature)
    assert form.token(info, told, signature) == whole
    read = _read_quickly(whole, stamper)
    assert read is not None or length < 64  # where lengths of lengths differ, the long way reads it
    assert read is None or (read.digest, read.at, read.given) == (digest, at.replace(microsecond=0), signature)


@pytest.mark.parametrize("letters", [0, 1, 20, 40, 60, 90, 130, 200, 300])
def test_names_of_any_length_are_written_right(letters: int, monkeypatch: pytest.MonkeyPatch) -> None:
    named = authority(letters)._replace(der=b"a certificate of %d" % letters)
    monkeypatch.setattr(timestamps, "read_certificate", lambda data: named)
    info = _info(bytes(32), 1 << 62, der.generalized(NOON))
    for length in range(8, 73):
        whole = _response(info, _attributes(info, named), named, bytes(length))
        assert _form(named.der, length).token(info, hashlib.sha256(info).digest(), bytes(length)) == whole


def verdict(token: bytes, signature: bytes, *, slowly: bool, by: tuple[Certificate, ...] = (WORLD.stamper,)) -> object:
    """What is made of a token: the moment and the authority, or what is said against it."""
    try:
        return (_read_slowly if slowly else read_own)(token, signature, by)
    except BadSignature as error:
        return error.what


def test_every_changed_byte_gets_the_verdict_that_it_gets_the_long_way() -> None:
    token = WORLD.stamps().stamp(SIGNATURE).token
    assert verdict(token, SIGNATURE, slowly=False) == verdict(token, SIGNATURE, slowly=True) == (NOON, WORLD.stamper)
    for at in range(len(token)):
        for flip in (0x01, 0x80):
            changed = token[:at] + bytes((token[at] ^ flip,)) + token[at + 1 :]
            told = verdict(changed, SIGNATURE, slowly=False)
            assert isinstance(told, str), f"byte {at} of the token was changed, and it was believed"
            assert told == verdict(changed, SIGNATURE, slowly=True)


@given(st.binary(max_size=600))
def test_whatever_is_handed_in_is_refused(data: bytes) -> None:
    assert verdict(data, SIGNATURE, slowly=False) == verdict(data, SIGNATURE, slowly=True)
    assert isinstance(verdict(data, SIGNATURE, slowly=False), str)


@pytest.mark.parametrize("serial", [0, 1, 127, 128, (1 << 62) - 1, 1 << 63, 1 << 64, 1 << 100])
def test_serial_numbers_of_other_lengths_take_the_long_way(serial: int) -> None:
    info = _info(hashlib.sha256(SIGNATURE).digest(), serial, der.generalized(NOON))
    attributes = _attributes(info, WORLD.stamper)
    given = timestamps.lowest(WORLD.keys["timestamps"].sign(der.set_of(attributes)).value)
    token = _response(info, attributes, WORLD.stamper, given)
    assert verdict(token, SIGNATURE, slowly=False) == (NOON, WORLD.stamper)


def test_a_form_is_that_of_one_authority() -> None:
    other = WORLD.authority.certify_timestamps(WORLD.keys["timestamps"].public(), "other", NOON)
    tokens = {one.serial: WORLD.stamps(one).stamp(SIGNATURE).token for one in (WORLD.stamper, other)}
    for one in (WORLD.stamper, other):
        assert verdict(tokens[one.serial], SIGNATURE, slowly=False, by=(WORLD.stamper, other)) == (NOON, one)
    assert "nobody" in str(verdict(tokens[other.serial], SIGNATURE, slowly=False))


def test_a_clock_of_another_zone_stamps_the_same_moment() -> None:
    moment = NOON + timedelta(days=1)  # one that no other test had written
    stamps = OwnTimestamps(WORLD.stamper, WORLD.keys["timestamps"], lambda: moment.astimezone(timezone(timedelta(hours=5))))
    assert read_own(stamps.stamp(SIGNATURE).token, SIGNATURE, [WORLD.stamper])[0] == moment


def test_a_token_over_another_signature_is_told_so() -> None:
    token = WORLD.stamps().stamp(SIGNATURE).token
    for other in (b"", b"another", SIGNATURE + b"x"):
        assert verdict(token, other, slowly=False) == "the timestamp is over another signature"
