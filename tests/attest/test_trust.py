"""Who is believed, and when: certificates of every wrong kind, windows of authorities, timestamps out of time."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attest.world import DOMAIN, NOON, SERVICE, Said, Toy, World, later
from clearance.attest import certificate as certificates
from clearance.attest import der
from clearance.attest.authority import Credential, make_authority
from clearance.attest.bundle import read_bundle, seal, seal_opened
from clearance.attest.certificate import assemble, identity_body, identity_of, read_certificate, with_timestamps
from clearance.attest.keyring import KeyRing
from clearance.attest.keys import _ORDER, check_signature
from clearance.attest.sct import make_scts
from clearance.attest.timestamps import _attributes, _info, _parts, _response, read_own
from clearance.attest.trust import Trust
from clearance.attest.trusted_root import OWN_TIMESTAMPS, Chain, Root, read_root, write_root
from clearance.facts.bundle import Bundle, bundle_bytes
from clearance.facts.errors import BadSignature, SigningError
from clearance.facts.fact import canonical, canonical_quickly
from clearance.facts.identity import Identity
from clearance.facts.key import PublicKey
from clearance.facts.moment import rfc3339

MAIL = "ada@example.com"
PROVIDER = "https://login.example.com"
AGENT = f"spiffe://{DOMAIN}/agent/claude-code"


@pytest.fixture
def world() -> World:
    return World()


def refused(world: World, root: Root | None = None, **how: Any) -> BadSignature:
    with pytest.raises(BadSignature) as told:
        Trust(root or world.root()).unseal(world.sealed(**how))
    return told.value


@pytest.mark.parametrize(
    ("name", "issuer", "kind"),
    [
        (SERVICE.name, SERVICE.issuer, "service"),
        (AGENT, SERVICE.issuer, "agent"),
        (MAIL, PROVIDER, "person"),
        (f"spiffe://{DOMAIN}/ci/github/acme/shop", "https://token.actions.githubusercontent.com", "service"),
    ],
)
def test_who_signed_and_when_is_given_back(world: World, name: str, issuer: str, kind: str) -> None:
    identity = Identity(name=name, issuer=issuer)
    sealed, told = seal_opened(Toy(predicate=Said(number=1)), world.credential(identity), world.stamps())
    opened = Trust(world.root()).unseal(sealed)
    assert opened == told, "what sealing says is what unsealing finds"
    assert (opened.signer, opened.time, opened.signer and opened.signer.kind) == (identity, "2026-11-22T12:00:00Z", kind)


@pytest.mark.parametrize(
    ("name", "issuer"),
    [
        (MAIL, SERVICE.issuer),  # nobody authenticated this person
        (MAIL, "urn:clearance:local"),
        (AGENT, PROVIDER),  # a provider of people vouches for no agent
        (AGENT, "spiffe://other.example"),
        (f"spiffe://{DOMAIN}/agent/a b", SERVICE.issuer),
        (f"spiffe://{DOMAIN}/agent/ada@example.com", SERVICE.issuer),
        ("ada", PROVIDER),
        ("a@b@c", PROVIDER),
        ("ada@exa mple.com", PROVIDER),
        ("", PROVIDER),
    ],
)
def test_nobody_is_certified_whom_nobody_may_vouch_for(world: World, name: str, issuer: str) -> None:
    with pytest.raises(SigningError):
        world.credential(Identity(name=name, issuer=issuer))


# --- certificates that this authority signed, and that say what they must not

_KU, _EKU, _SAN, _BC = "2.5.29.15", "2.5.29.37", "2.5.29.17", "2.5.29.19"
_CODE, _STAMP, _TLS = (der.oid(one) for one in ("1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.2"))


def names(*parts: tuple[int, str]) -> bytes:
    return der.sequence(*(der.tlv(tag, said.encode()) for tag, said in parts))


def forged(world: World, changes: dict[str, bytes | None], *, minutes: float = 10, critical: bool = True) -> Credential:
    """Issue a certificate with extensions changed (None: left out), properly signed by the authority."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    spki = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    public = PublicKey(algorithm="ecdsa-p256", spki=spki)
    start = world.clock()
    body = identity_body(world.certificate, SERVICE, public, start, start + timedelta(minutes=minutes))
    *parts, last = der.inside(body, der.SEQUENCE)
    (listed,) = der.children(last)
    marks = {der.read_oid(der.children(one)[0]): one.whole for one in der.children(listed)}
    for dotted, value in changes.items():
        if value is None:
            marks.pop(dotted)
        else:
            marks[dotted] = certificates._extension(dotted, value, critical=critical)
    bare = der.sequence(*(part.whole for part in parts), der.tlv(0xA3, der.sequence(*marks.values())))
    body = with_timestamps(bare, make_scts(world.certificate.key, bare, start, world.keys["transparency"]))
    made = read_certificate(assemble(body, world.keys["authority"].sign(body).value))
    return Credential(key, made, SERVICE)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({_EKU: der.sequence(_TLS)}, "extendedKeyUsage is not codeSigning alone"),
        ({_EKU: der.sequence(_CODE, _STAMP)}, "extendedKeyUsage is not codeSigning alone"),
        ({_EKU: None}, "an extension is missing"),
        ({_KU: der.bits(b"\x84", 2)}, "keyUsage is not digitalSignature alone"),
        ({_KU: None}, "an extension is missing"),
        ({_BC: der.sequence(der.tlv(1, b"\xff"))}, "basicConstraints do not belong"),
        ({_SAN: None}, "an extension is missing"),
        ({_SAN: names((0x81, MAIL))}, "no identity provider vouches"),
        ({_SAN: names((0x86, AGENT), (0x81, MAIL))}, "not one mail address or one URI"),
        ({_SAN: names((0x82, "example.com"))}, "not one mail address or one URI"),
        ({_SAN: names((0x86, MAIL))}, "another form than its kind says"),
        ({_SAN: names((0x86, "spiffe://other.example/service/x"))}, "does not vouch for such a name"),
        ({_SAN: names((0x86, "spiffe://\u00e9"))}, "malformed"),
        ({"1.3.6.1.4.1.57264.1.8": der.text(PROVIDER)}, "names two issuers"),
        ({"1.3.6.1.4.1.57264.1.8": None}, "an extension is missing"),
        ({"1.2.3.4": der.octets(b"x")}, "an unknown critical extension 1.2.3.4"),
    ],
)
def test_a_certificate_that_says_what_it_must_not_is_refused_by_name(world: World, changes: Any, said: str) -> None:
    told = refused(world, credential=forged(world, changes))
    assert said in told.what
    assert told.where == "verificationMaterial.certificate.rawBytes"


def test_an_extension_that_need_not_be_understood_is_passed_over(world: World) -> None:
    sealed = world.sealed(credential=forged(world, {"1.2.3.4": der.octets(b"x")}, critical=False))
    assert Trust(world.root()).unseal(sealed).signer == SERVICE


def test_a_certificate_for_longer_than_ten_minutes_is_refused(world: World) -> None:
    assert "longer than ten minutes" in refused(world, credential=forged(world, {}, minutes=11)).what


def test_a_certificate_of_the_timestamp_authority_signs_no_statement(world: World) -> None:
    credential = world.credential()
    with pytest.raises(BadSignature, match="an extension is missing"):
        identity_of(world.stamper)
    other = make_authority(world.keys["timestamps"], DOMAIN, NOON)
    root = world.root(authorities=(Chain(certificates=(other.der,), since=rfc3339(NOON)),))
    assert "no authority that is trusted" in refused(world, root, credential=credential).what


# --- time


@pytest.mark.parametrize(("seconds", "fine"), [(0, True), (600, True), (601, False), (-1, False), (86_400, False)])
def test_a_signature_counts_within_the_ten_minutes_of_its_certificate_only(
    world: World, seconds: int, *, fine: bool
) -> None:
    credential = world.credential()
    later(world, seconds=seconds)
    if fine:
        assert Trust(world.root()).unseal(world.sealed(credential=credential)).signer == SERVICE
        return
    with pytest.raises(SigningError, match="the certificate is for"):
        world.sealed(credential=credential)
    since = rfc3339(NOON - timedelta(days=1))
    stamper = Chain(certificates=world.root().timestamps[0].certificates, since=since, uri=OWN_TIMESTAMPS)
    told = refused_late(world, credential, world.root(timestamps=(stamper,)))
    assert "not valid then" in told.what or "lies outside" in told.what


def refused_late(world: World, credential: Credential, root: Root) -> BadSignature:
    """Seal as a machine would that does not look at the clock."""
    sealed = seal(Toy(predicate=Said(number=1)), world.credential(), world.stamps())
    bundle = msgspec.json.decode(sealed.bundle, type=Bundle)
    now, world.clock.now = world.clock.now, credential.certificate.start
    early = seal(Toy(predicate=Said(number=1)), credential, world.stamps())
    world.clock.now = now
    import base64

    from clearance.facts.entry import Sealed

    signature = base64.b64decode(read_bundle(early.bundle).dsse_envelope.signatures[0].sig)
    stamped = base64.b64encode(world.stamps().stamp(signature).token).decode()
    held = read_bundle(early.bundle).verification_material
    data = msgspec.structs.replace(
        bundle.verification_material.timestamp_verification_data,
        rfc3161_timestamps=(type(held.timestamp_verification_data.rfc3161_timestamps[0])(signed_timestamp=stamped),),
    )
    material = msgspec.structs.replace(held, timestamp_verification_data=data)
    late = msgspec.structs.replace(read_bundle(early.bundle), verification_material=material)
    with pytest.raises(BadSignature) as told:
        Trust(root).unseal(Sealed(leaf=early.leaf, bundle=bundle_bytes(late)))
    return told.value


@pytest.mark.parametrize("part", ["authorities", "timestamps", "transparency"])
@pytest.mark.parametrize(("since", "until"), [(1, 0), (-20, -10)])
def test_who_did_not_count_yet_or_any_more_vouches_for_nothing(world: World, part: str, since: int, until: int) -> None:
    start, end = (rfc3339(NOON + timedelta(minutes=minutes)) if minutes else "" for minutes in (since, until))
    whole = world.root()
    moved: Any
    if part == "transparency":
        moved = tuple(msgspec.structs.replace(one, since=start, retired=end) for one in whole.transparency)
    else:
        moved = tuple(msgspec.structs.replace(one, since=start, until=end) for one in getattr(whole, part))
    told = refused(world, world.root(**{part: moved}))
    assert ("timestamp" if part == "timestamps" else "certificate") in told.where
    assert "count" in told.what or "outside the time" in told.what


def test_a_timestamp_has_one_form(world: World) -> None:
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

    stamped = world.stamps().stamp(b"signature")
    assert read_own(stamped.token, b"signature", [world.stamper])[0] == stamped.at
    *_, signer = der.children(der.children(der.children(der.children(der.read(stamped.token))[1])[1])[0])
    given = der.children(der.children(signer)[0])[-1].value
    r, s = decode_dss_signature(given)
    other = encode_dss_signature(r, _ORDER - s)
    check_signature(world.stamper.key, other, der.set_of(_attributes(_info(*_said(stamped.token)), world.stamper)))
    info = _info(*_said(stamped.token))
    again = _response(info, _attributes(info, world.stamper), world.stamper, other)
    with pytest.raises(BadSignature, match="does not fit"):
        read_own(again, b"signature", [world.stamper])


def _said(token: bytes) -> tuple[bytes, int, bytes]:
    serial, moment, digest, _ = _parts(token)
    return digest, serial, moment


def test_an_authority_that_is_not_one_is_not_believed(world: World) -> None:
    chain = Chain(certificates=(world.stamper.der,), since=rfc3339(NOON))
    with pytest.raises(BadSignature, match="do not lead from one to the next"):
        Trust(world.root(authorities=(chain,)))
    with pytest.raises(BadSignature, match="without certificates"):
        Trust(world.root(authorities=(Chain(certificates=(), since=""),)))


def test_what_stands_first_must_be_for_what_it_is_used_for(world: World) -> None:
    above = Chain(certificates=(world.stamper.der, world.certificate.der), since=rfc3339(NOON), uri=OWN_TIMESTAMPS)
    with pytest.raises(BadSignature, match=r"not for issuing others|do not lead from one"):
        Trust(world.root(authorities=(above,)))
    alone = Chain(certificates=(world.certificate.der,), since=rfc3339(NOON), uri=OWN_TIMESTAMPS)
    with pytest.raises(BadSignature, match="not for timestamps alone"):
        Trust(world.root(timestamps=(alone,)))
    signer = world.credential().certificate
    named = Chain(certificates=(signer.der, world.certificate.der), since=rfc3339(NOON), uri=OWN_TIMESTAMPS)
    with pytest.raises(BadSignature, match="not for timestamps alone"):
        Trust(world.root(timestamps=(named,)))
    assert certificates.may_stand_above(world.certificate, 0)
    assert not certificates.may_stand_above(world.certificate, 1), "it may issue no authority"


@pytest.mark.parametrize(
    ("name", "issuer"),
    [
        ("bob\0@example.com", PROVIDER),
        ("bob\x1b@example.com", PROVIDER),
        ("agent/x@example.com", PROVIDER),
        ("spiffe//x@example.com", PROVIDER),
        ("a@-.", PROVIDER),
        ("a@example..com", PROVIDER),
        (MAIL, "https://"),
        (MAIL, "https://x y"),
        (MAIL, "https:///path"),
        (f"spiffe://{DOMAIN}/service/../agent/x", SERVICE.issuer),
        (f"spiffe://{DOMAIN}/service/.", SERVICE.issuer),
        (f"spiffe://{DOMAIN}/agents/x", SERVICE.issuer),
        (f"spiffe://{DOMAIN}/Agent/x", SERVICE.issuer),
        (f"spiffe://{DOMAIN}/person", SERVICE.issuer),
        ("spiffe://../agent/x", "spiffe://.."),
    ],
)
def test_a_name_that_others_read_differently_is_never_certified(name: str, issuer: str) -> None:
    with pytest.raises(SigningError):
        certificates.check_identity(Identity(name=name, issuer=issuer))


def test_a_name_of_no_known_form_counts_as_little_as_one_can() -> None:
    for name in ("spiffe://x/Service/y", "spiffe://x/services/y", "somebody", "spiffe://x/service/../y"):
        assert Identity(name=name, issuer="spiffe://x").kind == "agent"


def test_a_certificate_timestamp_by_another_key_is_refused(world: World) -> None:
    assert "not trusted" in refused(world, world.root(transparency=World().root().transparency)).what


# --- reading and writing


def test_a_root_survives_the_file(world: World) -> None:
    root = world.root()
    assert read_root(write_root(root)) == root
    assert read_root(write_root(Root())) == Root()
    for wrong in (b"", b"{}", b"[]", b'{"mediaType": "x"}', b"\xff", write_root(root).replace(b"rawBytes", b"rawbytes")):
        with pytest.raises(SigningError) as told:
            read_root(wrong)
        assert told.value.next


def test_a_ring_takes_a_root_as_a_file(world: World) -> None:
    sealed = world.sealed()
    ring = KeyRing()
    with pytest.raises(BadSignature):
        ring.unseal(sealed, ring.public())
    wider = ring.plus(write_root(world.root()))
    assert wider.unseal(sealed, wider.public()).signer == SERVICE
    assert [key.id for key in wider.public()] == [world.log.public().id]


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=12,
    )
)
def test_quick_canonical_json_is_the_same(value: Any) -> None:
    try:
        expected = canonical({"a": value})
    except ValueError:
        return
    assert canonical_quickly({"a": value}) == expected  # type: ignore[arg-type]


@given(st.binary(max_size=80))
def test_what_is_no_der_is_refused_and_never_crashes(data: bytes) -> None:
    try:
        element = der.read(data)
    except der.Malformed:
        return
    assert element.whole == data
    with pytest.raises(BadSignature):
        read_certificate(data)


@given(st.integers(0, 2**70), st.lists(st.integers(0, 2**40), min_size=0, max_size=6), st.binary(max_size=300))
def test_numbers_names_and_bytes_survive_der(number: int, arcs: list[int], data: bytes) -> None:
    assert der.read_integer(der.read(der.integer(number))) == number
    dotted = ".".join(str(arc) for arc in (2, 5, *arcs))
    assert der.read_oid(der.read(der.oid(dotted))) == dotted
    assert der.read(der.octets(data), der.OCTETS).value == data
    assert der.read_bits(der.read(der.bits(data))) == (data, 0) if data else True


def test_our_certificates_are_what_another_reader_sees(world: World) -> None:
    from cryptography import x509

    mine = world.credential(Identity(name=MAIL, issuer=PROVIDER)).certificate
    seen = x509.load_der_x509_certificate(mine.der)
    assert (seen.serial_number, seen.not_valid_before_utc, seen.not_valid_after_utc) == (mine.serial, mine.start, mine.end)
    assert seen.tbs_certificate_bytes == mine.tbs
    assert seen.tbs_precertificate_bytes == mine.bare
    names_ = seen.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert (names_.critical, names_.value.get_values_for_type(x509.RFC822Name)) == (True, [MAIL])
    assert [sct.entry_type.name for sct in seen.extensions.get_extension_for_class(
        x509.PrecertificateSignedCertificateTimestamps).value] == ["PRE_CERTIFICATE"]  # fmt: skip
    seen.verify_directly_issued_by(x509.load_der_x509_certificate(world.certificate.der))
