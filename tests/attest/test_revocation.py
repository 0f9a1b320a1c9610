"""Certificates that are believed no more: the list, what it refuses, and what stays valid."""

import json
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.world import DOMAIN, NOON, SERVICE, World, later
from clearance.attest.bundle import read_bundle
from clearance.attest.keyring import KeyRing
from clearance.attest.revocation import (
    LIST_TYPE,
    Revocation,
    joined,
    read_revoked,
    read_serial,
    serial_text,
    write_revoked,
)
from clearance.attest.trust import Trust
from clearance.attest.trusted_root import Root
from clearance.facts.bundle import bundle_bytes
from clearance.facts.entry import Sealed
from clearance.facts.errors import BadSignature, NoLongerBelieved, Revoked, SigningError, UsageError
from clearance.facts.identity import Identity
from clearance.facts.moment import rfc3339

WHY = "issued to the wrong person"


@pytest.fixture
def world() -> World:
    return World()


def listed(serial: int, since: str = "") -> Revocation:
    return Revocation(serial=serial_text(serial), since=since, because=WHY, stated="2026-11-22T13:00:00Z")


def test_what_is_signed_under_a_revoked_certificate_is_refused_by_its_number_its_time_and_the_reason(world: World) -> None:
    bad, good = world.credential(), world.credential()
    serial = bad.certificate.serial
    root = world.root(revoked=(listed(serial),))
    with pytest.raises(Revoked) as told:
        Trust(root).unseal(world.sealed(credential=bad))
    assert told.value.where == "verificationMaterial.certificate.rawBytes"
    for part in (f"the certificate {serial:X} was revoked at 2026-11-22T13:00:00Z", "for all that was signed under it", WHY):
        assert part in told.value.what
    assert Trust(root).unseal(world.sealed(credential=good)).signer == SERVICE


@pytest.mark.parametrize(
    ("since", "refused"),
    [
        ("", [0, 4, 8]),
        ("2026-11-22T06:00:00Z", [0, 4, 8]),  # before it began
        ("2026-11-22T12:00:00Z", [0, 4, 8]),
        ("2026-11-22T12:04:00Z", [4, 8]),
        ("2026-11-22T12:04:01Z", [8]),
        ("2026-11-22T12:09:00Z", []),
    ],
)
def test_what_was_signed_before_the_moment_stays_valid(world: World, since: str, refused: list[int]) -> None:
    bad = world.credential()
    signed = {}
    for minute in (0, 4, 8):
        world.clock.now = NOON + timedelta(minutes=minute)
        signed[minute] = world.sealed(minute, bad)
    trust = Trust(world.root(revoked=(listed(bad.certificate.serial, since),)))
    found = []
    for minute, sealed in signed.items():
        try:
            trust.unseal(sealed)
        except Revoked as error:
            found.append((minute, error.what))
    assert [minute for minute, _ in found] == refused
    assert all(not since or f"since {since}" in what for _, what in found)


def test_what_was_changed_is_told_as_changed_and_never_passed_over_as_revoked(world: World) -> None:
    bad = world.credential()
    sealed = world.sealed(credential=bad)
    trust = Trust(world.root(revoked=(listed(bad.certificate.serial),)))
    bundle = read_bundle(sealed.bundle)
    other = msgspec.structs.replace(bundle.dsse_envelope, payload="e30=")
    for changed in (
        Sealed(leaf=sealed.leaf, bundle=bundle_bytes(msgspec.structs.replace(bundle, dsse_envelope=other))),
        Sealed(leaf=sealed.leaf[:-1] + b" ", bundle=sealed.bundle),
        Sealed(leaf=world.sealed(1).leaf, bundle=sealed.bundle),
    ):
        with pytest.raises(BadSignature) as told:
            trust.unseal(changed)
        assert not isinstance(told.value, NoLongerBelieved)


@pytest.mark.parametrize("part", ["authorities", "timestamps", "transparency"])
def test_only_what_ended_since_is_passed_over_and_not_what_never_counted(world: World, part: str) -> None:
    def moved(since: float, until: float) -> Root:
        start, end = (rfc3339(NOON + timedelta(minutes=by)) for by in (since, until))
        names = {"since": start, "retired" if part == "transparency" else "until": end}
        return world.root(**{part: tuple(msgspec.structs.replace(one, **names) for one in getattr(world.root(), part))})

    later(world, minutes=1)
    sealed = world.sealed()
    with pytest.raises(NoLongerBelieved):
        Trust(moved(-60, 0)).unseal(sealed)
    with pytest.raises(BadSignature) as told:
        Trust(moved(2, 60)).unseal(sealed)
    assert not isinstance(told.value, NoLongerBelieved)


def test_a_ring_that_is_handed_a_list_believes_no_more_what_it_names(world: World) -> None:
    bad = world.credential()
    sealed = world.sealed(credential=bad)
    ring = KeyRing(trust=lambda: Trust(world.root()))
    assert ring.unseal(sealed, ()).signer == SERVICE
    with pytest.raises(Revoked):
        ring.plus(write_revoked([listed(bad.certificate.serial)])).unseal(sealed, ())


@pytest.mark.parametrize(
    "said", ["4a1f00ff", "4A1F00FF", "4a:1f:00:ff", "serial=4A1F00FF", "0x4a1f00ff", " 4A1F00FF\n", "004A1F00FF"]
)
def test_a_serial_number_is_read_as_people_copy_it(said: str) -> None:
    assert read_serial(said) == "4A1F00FF"


@pytest.mark.parametrize(
    "said", ["", "authority", "4a1f", "4a1f00fg", "nowhere.json", "12", "4a1f 00ff", "-4a1f00ff", "4" * 41]
)
def test_what_is_no_serial_number_is_told(said: str) -> None:
    with pytest.raises(UsageError, match="neither a file nor the serial number"):
        read_serial(said)


@pytest.mark.parametrize("serial", [1, 0xF, 0x10, 0xABC, 0xFF << 120, (1 << 127) - 1])
def test_a_serial_number_is_written_as_openssl_does(serial: int) -> None:
    assert len(serial_text(serial)) % 2 == 0
    assert int(serial_text(serial), 16) == serial


MOMENTS = st.sampled_from(["", "2026-11-22T06:00:00Z", "2026-11-22T12:00:00Z", "2026-11-23T00:00:00Z"])
LISTS = st.lists(
    st.builds(
        Revocation, serial=st.sampled_from(["0A", "0B", "0C"]), since=MOMENTS, because=st.sampled_from(["a", "b"]),
        stated=MOMENTS.filter(bool),
    ),
    max_size=6,
)  # fmt: skip


@given(LISTS, LISTS)
def test_joined_lists_refuse_what_any_of_them_does_in_any_order(one: list[Revocation], other: list[Revocation]) -> None:
    both = joined([*one, *other])
    assert both == joined([*other, *one]) == joined(both)
    assert read_revoked(write_revoked(both)) == both
    for at in (NOON - timedelta(days=1), NOON, NOON + timedelta(days=1)):
        refused = {each.serial for each in (*one, *other) if each.covers(at)}
        assert {each.serial for each in both if each.covers(at)} == refused


ROW = {"serial": "4A1F", "since": "", "because": WHY, "stated": "2026-11-22T13:00:00Z"}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no list"),
        (b"[]", "no list"),
        (b"\xff", "no list"),
        (json.dumps({"mediaType": "text/plain", "revoked": []}).encode(), "not " + LIST_TYPE),
        (json.dumps({"mediaType": LIST_TYPE}).encode(), "missing required field `revoked`"),
        (json.dumps({"mediaType": LIST_TYPE, "revoked": [ROW], "else": 1}).encode(), "unknown field `else`"),
        (json.dumps({"mediaType": LIST_TYPE, "revoked": [ROW | {"serial": "4a1f"}]}).encode(), "serial"),
        (json.dumps({"mediaType": LIST_TYPE, "revoked": [ROW | {"serial": "4A1"}]}).encode(), "serial"),
        (json.dumps({"mediaType": LIST_TYPE, "revoked": [ROW | {"since": "today"}]}).encode(), "since"),
        (json.dumps({"mediaType": LIST_TYPE, "revoked": [ROW | {"because": "x" * 501}]}).encode(), "because"),
        (b'{"mediaType":"%s","revoked":[],"revoked":[]}' % LIST_TYPE.encode(), "revoked stands twice"),
        (b"[" * 100_000, "no list"),
    ],
)
def test_a_list_that_is_none_is_never_an_empty_one(data: bytes, said: str) -> None:
    with pytest.raises(SigningError) as told:
        read_revoked(data, where="root.revoked.json")
    assert said in told.value.what
    assert told.value.where.startswith("root.revoked.json")


@pytest.mark.parametrize("whose", ["authority", "timestamps", "service"])
@pytest.mark.parametrize(("since", "counts"), [("", "no"), ("2026-11-22T11:00:00Z", "no"), ("2026-11-22T12:30:00Z", "yes")])
def test_an_authority_whose_own_number_is_listed_counts_for_nothing(
    world: World, whose: str, since: str, counts: str
) -> None:
    sealed = world.sealed()
    held = world.root()
    timestamps = held.timestamps
    if whose == "service":
        timestamps = tuple(msgspec.structs.replace(one, uri="https://stamps.example.com") for one in timestamps)
    serial = (world.certificate if whose == "authority" else world.stamper).serial
    trust = Trust(world.root(timestamps=timestamps, revoked=(listed(serial, since),)))
    if counts == "yes":
        assert trust.unseal(sealed).signer == SERVICE
        return
    with pytest.raises(Revoked, match=f"the certificate {serial_text(serial)} was revoked"):
        trust.unseal(sealed)


@pytest.mark.parametrize("name", ["ada", "a.b", "ada-lovelace", "A_1"])
def test_a_user_of_a_machine_is_nobody_that_counts(world: World, name: str) -> None:
    from clearance.attest.predicates.fields import party
    from clearance.wiring.attesting_levels import Enforcers

    user = Identity(name=f"spiffe://{DOMAIN}/user/{name}", issuer=SERVICE.issuer)
    opened = Trust(world.root()).unseal(world.sealed(credential=world.credential(user)))
    assert opened.signer == user
    assert (user.kind, party(user).kind) == ("user", "unknown")
    assert not Enforcers(frozenset([user.name]), frozenset([user.issuer])).has(user)


@pytest.mark.parametrize(
    ("name", "issuer"),
    [("user/ada", "https://login.example.com"), ("user/ada@example.com", SERVICE.issuer), ("user/", SERVICE.issuer)],
)
def test_no_provider_makes_somebody_of_a_user(world: World, name: str, issuer: str) -> None:
    with pytest.raises(SigningError):
        world.credential(Identity(name=f"spiffe://{DOMAIN}/{name}", issuer=issuer))
