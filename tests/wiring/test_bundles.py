"""Whole bundles: the time of the log's key, and what was signed, which every reader must see alike."""

from datetime import timedelta

import pytest
from msgspec import structs

from attest.world import NOON, ORIGIN, World
from clearance.attest.trust import Trust
from clearance.attest.trusted_root import LogKey
from clearance.facts.errors import BadSignature
from clearance.facts.moment import rfc3339
from clearance.wiring.bundles import statement_in, verify_bundle

FINE = b'{"_type":"https://in-toto.io/Statement/v1","subject":[],"predicateType":"x","predicate":{}}'


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("since", "retired", "fine"),
    [
        (0, None, True),
        (0, 1, True),
        (-120, -1, True),  # minutes: within what two clocks may differ
        (-120, -60, False),
        (-90_000, -86_400, False),
        (60, None, True),  # a new key signs over old entries, too
        (60, 0, False),  # no time at all
    ],
)
def test_a_key_of_a_log_that_had_ended_vouches_for_nothing_newer(
    world: World, since: int, retired: int | None, *, fine: bool
) -> None:
    end = "" if retired is None else rfc3339(NOON + timedelta(minutes=retired))
    key = structs.replace(world.log.public(), since=rfc3339(NOON + timedelta(minutes=since)), retired=end)
    trust = Trust(world.root(logs=(LogKey(origin=ORIGIN, key=key),)))
    data = world.whole(world.sealed())
    if fine:
        assert verify_bundle(data, trust).index == 2
        return
    with pytest.raises(BadSignature) as told:
        verify_bundle(data, trust)
    assert told.value.where == "verificationMaterial.tlogEntries[0].logId.keyId"


@pytest.mark.parametrize(
    "payload",
    [
        FINE.decode().encode("utf-16"),
        b"\xef\xbb\xbf" + FINE,
        FINE.replace(b'"predicateType":"x"', b'"predicateType":"y","predicateType":"x"'),
        FINE.replace(b"{}", b'{"a":{"b":1,"b":2}}'),
        FINE.replace(b"{}", b'{"a":NaN}'),
        FINE.replace(b"https://in-toto.io/Statement/v1", b"evil"),
        FINE.replace(b'"_type"', b'"type"'),
        FINE.replace(b"[]", b"{}"),
        FINE.replace(b'"x"', b"7"),
        b"[" * 100_000,
        b"[]",
        b"",
        b"\xff",
    ],
)
def test_what_two_readers_could_read_differently_is_no_statement(payload: bytes) -> None:
    assert statement_in(FINE)["predicateType"] == "x"
    with pytest.raises(BadSignature) as told:
        statement_in(payload)
    assert told.value.where.startswith("dsseEnvelope.payload")
