"""Entries with bundles: what is appended is what stock tools read, and every change of a row is found where it is."""

import base64
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from clearance.attest.dsse import seal
from clearance.attest.trust import Trust
from clearance.attest.trusted_root import read_root
from clearance.facts.bundle import BUNDLE_LIMIT
from clearance.facts.entry import ENTRY_LIMIT, Checkpoint, Sealed
from clearance.facts.errors import BadSignature, LogTampered, StoreError, UsageError
from clearance.facts.statement import STATEMENT_TYPE
from clearance.record.log import Log, Submission
from clearance.record.merkle import leaf_hash, verify_inclusion
from clearance.record.note import open_checkpoint, sign_checkpoint
from clearance.record.tiles import TiledTree
from clearance.stores.memory_log import MemoryPins, MemoryStore
from clearance.wiring.bundles import Wanted
from clearance.wiring.exported import verify_export
from clearance.wiring.trusting import House

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def flip(at: int, bit: int = 0) -> Callable[[bytes], bytes]:
    return lambda body: body[:at] + bytes([body[at] ^ 1 << bit]) + body[at + 1 :]


def problems_of(bundled: Any, bodies: dict[str, bytes]) -> list[tuple[str, str]]:
    return [(one.where, one.what) for one in bundled.over(bodies).inspect().problems]


def test_entries_of_both_forms_lie_in_one_log(house: Any, bundled: Any, furnished: Any) -> None:
    furnished.fill(2)
    ring = house.keyring()
    for key in (furnished.decisions.public(), furnished.checkpoints.public()):
        ring = ring.plus(key.pem.encode())
    log = Log(furnished.store, furnished.checkpoints, ring, furnished.pins)
    old = log.append(*furnished.sealed(8))
    new = log.append(*bundled.sealed(7))
    assert [entry.index for entry in (old, new)] == [2, 3]
    assert [bool(entry.sealed.bundle) for entry in log.entries()] == [False, False, False, True]
    assert [entry.signer is None for entry in log.entries()] == [True, True, True, False]
    assert next(log.entries(3)) == new
    assert new.time == "2026-11-22T12:00:00Z"
    found = log.verify()
    assert {use.key: use.entries for use in found.keys} == {furnished.decisions.public().id: 3, house.service.name: 1}
    with pytest.raises(UsageError, match="before there were bundles"):
        log.bundle(0)
    assert list(log.payloads(1)) == [(entry.index, entry.payload) for entry in log.entries(1)]


def test_an_export_of_both_forms_is_verified_and_an_old_entry_that_was_changed_is_found(
    house: House, tmp_path: Path
) -> None:
    said = {"_type": STATEMENT_TYPE, "subject": [], "predicateType": "t", "predicate": {"time": "2026-11-22T12:00:00Z"}}
    log = Log(MemoryStore(), house.signer("checkpoints"), house.keyring(), MemoryPins())
    log.extend([Submission(Sealed(leaf=seal(said, house.signer("decisions"))), {})])
    log.extend([Submission(sealed, {}) for sealed, _ in house.seal([said, said])])
    root = house.trusted_root([log.origin()])
    log.export(tmp_path / "out", {"trusted_root.json": root})
    trust = Trust(read_root(root))

    def told() -> list[tuple[bool, bool]]:
        return [(one.old, one.wrong) for one in verify_export(tmp_path / "out", trust, Wanted())]

    assert told() == [(True, False), (False, False), (False, False)]
    place = tmp_path / "out" / "entries" / "0.json"
    leaf = place.read_bytes()
    place.write_bytes(leaf.replace(b'"payload"', b'"paylaod"'))
    assert told()[0] == (False, True)
    place.write_bytes(leaf)
    (tmp_path / "out" / "bundles" / "2.sigstore.json").rename(tmp_path / "out" / "entries" / "2.json")
    assert (False, True) in told(), "no old entry follows one with a certificate"


def test_a_bare_key_signs_nothing_behind_a_certificate(house: Any, bundled: Any, furnished: Any) -> None:
    furnished.fill(1)
    ring = house.keyring()
    for key in (furnished.decisions.public(), furnished.checkpoints.public()):
        ring = ring.plus(key.pem.encode())
    log = Log(furnished.store, furnished.checkpoints, ring, furnished.pins)
    old, new = Submission(*furnished.sealed(8)), Submission(*bundled.sealed(7))
    with pytest.raises(BadSignature, match="bare key"):
        log.extend([new, old])
    assert log.size() == 1
    told = log.commit([old, new, old])
    assert [isinstance(one, BadSignature) for one in told] == [False, False, True]
    with pytest.raises(BadSignature, match="bare key"):
        log.extend([old])
    assert not log.inspect().problems
    leaf = furnished.sealed(9)[0].leaf
    with furnished.store.write() as draft:  # whoever holds both keys goes past our own append
        grown = TiledTree(3, draft.get)
        tiles = grown.grow([leaf_hash(leaf)])
        head = open_checkpoint(draft.get("checkpoint"), ring.public())
        note = sign_checkpoint(Checkpoint(origin=head.origin, size=4, root=grown.root()), furnished.checkpoints)
        draft.put_many([("entry/000000000003", leaf), *tiles.items(), ("checkpoint", note)])
    problems = [(one.where, one.what) for one in log.inspect().problems]
    assert ("entry 3", "signed by a bare key behind an entry with a certificate") in problems


def test_a_key_that_had_ended_covers_no_newer_entry(bundled: Any) -> None:
    class Ended:
        """A ring in which the checkpoint's key was retired a day before."""

        def public(self) -> Any:
            keys = bundled.house.keyring().public()
            return tuple(
                structs.replace(key, retired="2026-11-21T12:00:00Z") if key.algorithm == "ed25519" else key for key in keys
            )

        def unseal(self, sealed: Any, keys: Any) -> Any:
            return bundled.house.keyring().unseal(sealed, keys)

    found = Log(bundled.store, bundled.house.signer("checkpoints"), Ended(), bundled.log._pins).inspect()
    assert [(one.where, "retired at 2026-11-21" in one.what) for one in found.problems] == [("checkpoint", True)]


def test_a_bundle_is_complete(bundled: Any) -> None:
    entries = list(bundled.log.entries())
    head = open_checkpoint(bundled.store.bodies["checkpoint"], bundled.house.keyring().public())
    for entry in entries:
        bundle = json.loads(bundled.log.bundle(entry.index))
        assert bundle["mediaType"] == "application/vnd.dev.sigstore.bundle.v0.3+json"
        assert base64.b64decode(bundle["dsseEnvelope"]["payload"]) == entry.payload
        (told,) = bundle["verificationMaterial"]["tlogEntries"]
        proof = told["inclusionProof"]
        assert (told["logIndex"], proof["logIndex"], proof["treeSize"]) == (str(entry.index), str(entry.index), "3")
        leaf = base64.b64decode(told["canonicalizedBody"])
        assert leaf_hash(leaf).hex() == entry.leaf
        path = [base64.b64decode(step) for step in proof["hashes"]]
        verify_inclusion(leaf_hash(leaf), entry.index, 3, path, base64.b64decode(proof["rootHash"]))
        assert open_checkpoint(proof["checkpoint"]["envelope"].encode(), bundled.house.keyring().public()) == head
    for index in (-1, 3):
        with pytest.raises(UsageError, match="no such entry"):
            bundled.log.bundle(index)


def test_the_bundle_of_a_proven_entry_is_the_one_that_the_log_gives(housed: Any) -> None:
    (proven,) = housed.log.commit([housed.sealed(0)])
    assert proven.bundle == housed.log.bundle(0)
    assert proven.proof == housed.log.prove(0)
    assert proven.checkpoint == housed.log.checkpoint()


@pytest.mark.parametrize("told", [False, True])
def test_what_is_appended_is_the_same_whether_its_sealer_vouches_or_not(housed: Any, *, told: bool) -> None:
    submission = housed.sealed(0)
    entry = housed.log.append(*(submission if told else submission._replace(opened=None)))
    assert entry == next(housed.log.entries())
    assert entry.signer == housed.house.service


def test_changed_bytes_are_found_where_they_are(bundled: Any) -> None:
    luck = random.Random(20261123)
    names = [name for name in bundled.store.bodies if name.startswith(("entry/", "bundle/"))]
    places = [(name, at) for name in names for at in range(len(bundled.store.bodies[name]))]
    for name, at in luck.sample(places, 350):
        bodies = dict(bundled.store.bodies)
        bodies[name] = flip(at, luck.randrange(8))(bodies[name])
        problems = problems_of(bundled, bodies)
        assert [where for where, _ in problems] == [f"entry {int(name.partition('/')[2])}"], (name, at, problems)


def test_a_quick_inspection_finds_what_hashes_find(bundled: Any) -> None:
    for name, found in (("entry/000000000001", True), ("tile/0/000", True), ("bundle/000000000001", False)):
        bodies = dict(bundled.store.bodies)
        bodies[name] = flip(70)(bodies[name])
        assert bool(bundled.over(bodies).inspect(quick=True).problems) == found, name


def test_an_inspection_tells_how_far_it_is(bundled: Any) -> None:
    told: list[tuple[int, int]] = []
    bundled.log.inspect(told=lambda done, whole: told.append((done, whole)))
    assert told == [(0, 3)]


@pytest.mark.parametrize(
    ("change", "where", "what"),
    [
        (lambda rows: rows.pop("bundle/000000000001"), "entry 1", "the bundle beside it is missing"),
        (lambda rows: rows.pop("entry/000000000001"), "entry 1", "missing"),
        (lambda rows: swap(rows, "bundle/000000000000", "bundle/000000000002"), "entry 0", ""),
        (lambda rows: rows.update({"bundle/000000000000": rows["bundle/000000000001"]}), "entry 0", ""),
        (lambda rows: rows.update({"bundle/000000000003": b"{}"}), "bundle/000000000003", "nothing of this name"),
        (lambda rows: rows.update({"bundle/999999999999": b"{}"}), "bundle/999999999999", "nothing of this name"),
        (lambda rows: rows.update({"bundle/x": b"{}"}), "bundle/x", "nothing of this name"),
    ],
    ids=["bundle missing", "entry missing", "swapped", "another's", "added", "far away", "no index"],
)
def test_a_bundle_that_is_not_where_it_was_is_found(bundled: Any, change: Callable[..., Any], where: str, what: str) -> None:
    bodies = dict(bundled.store.bodies)
    change(bodies)
    problems = problems_of(bundled, bodies)
    assert problems
    assert any(at == where and what in said for at, said in problems), problems


def swap(rows: dict[str, bytes], one: str, other: str) -> None:
    rows[one], rows[other] = rows[other], rows[one]


def test_a_bundle_beside_an_entry_of_the_old_form_is_found(small: Any) -> None:
    store = MemoryStore()
    store.bodies = dict(small.store.bodies) | {"bundle/000000000001": b"{}"}
    log = Log(store, small.checkpoints, small.log.keys, small.pins)
    assert [one.where for one in log.inspect().problems] == ["bundle/000000000001"]


def test_reading_an_entry_whose_bundle_is_missing_or_anothers_is_refused(bundled: Any) -> None:
    bodies = dict(bundled.store.bodies)
    del bodies["bundle/000000000001"]
    with pytest.raises(LogTampered, match="bundle beside the entry is missing"):
        list(bundled.over(bodies).entries())
    bodies["bundle/000000000001"] = bodies["bundle/000000000002"]
    for use in (lambda log: list(log.entries(1)), lambda log: log.bundle(1)):
        with pytest.raises(BadSignature):
            use(bundled.over(bodies))


@pytest.mark.parametrize("told", [False, True])
def test_a_bundle_that_does_not_belong_to_its_leaf_is_not_appended(housed: Any, *, told: bool) -> None:
    one, other = housed.sealed(0, told=told), housed.sealed(1, told=told)
    for sealed in (
        Sealed(leaf=one.sealed.leaf, bundle=other.sealed.bundle),
        Sealed(leaf=other.sealed.leaf, bundle=one.sealed.bundle),
        Sealed(leaf=one.sealed.leaf),
        Sealed(leaf=b"{}", bundle=one.sealed.bundle),
    ):
        if told and sealed.leaf == one.sealed.leaf and sealed.bundle:
            continue  # the sealer's word is taken for what rests beside the leaf; `verify` finds it
        with pytest.raises(BadSignature):
            housed.log.append(*one._replace(sealed=sealed))
    assert housed.log.size() == 0


def test_an_entry_one_byte_too_long_is_refused(housed: Any) -> None:
    one = housed.sealed(0)
    for sealed, said in (
        (Sealed(leaf=b"x" * (ENTRY_LIMIT + 1), bundle=one.sealed.bundle), "an entry of 65536 bytes"),
        (Sealed(leaf=one.sealed.leaf, bundle=b"x" * (BUNDLE_LIMIT + 1)), f"a bundle of {BUNDLE_LIMIT + 1} bytes"),
    ):
        with pytest.raises(StoreError, match=said):
            housed.log.append(*one._replace(sealed=sealed))
        (refused,) = housed.log.commit([one._replace(sealed=sealed)])
        assert isinstance(refused, StoreError)
    assert housed.log.size() == 0


def test_a_clock_that_goes_back_does_not_break_the_log(housed: Any) -> None:
    for hours in (0, -30, 1):
        at = NOON + timedelta(hours=min(hours, 0))
        housed.log.append(*housed.sealed(hours + 100, at))
    assert [json.loads(entry.payload)["predicate"]["time"][:13] for entry in housed.log.entries()] == [
        "2026-11-22T12",
        "2026-11-21T06",
        "2026-11-22T12",
    ]
    assert housed.log.verify().size == 3


def test_a_statement_dated_after_its_signature_is_found(housed: Any) -> None:
    housed.log.append(*housed.sealed(0, NOON + timedelta(minutes=9)))
    assert housed.log.inspect().problems == ()
    housed.log.append(*housed.sealed(1, NOON + timedelta(minutes=11)))
    (problem,) = housed.log.inspect().problems
    assert (problem.where, "after it was signed" in problem.what) == ("entry 1", True)


def test_evidence_that_is_missing_is_told_at_each_door(housed: Any) -> None:
    one = housed.sealed(0)
    with pytest.raises(ValueError, match="is missing"):
        housed.log.append(*one._replace(evidence={}))
    assert housed.store.bodies == {}
    housed.log.append(*one)
    name = next(name for name in housed.store.bodies if name.startswith("evidence/"))
    del housed.store.bodies[name]
    assert [problem.where for problem in housed.log.inspect().problems] == [name.replace("/", " ")]
    with pytest.raises(UsageError, match="no such evidence"):
        housed.log.evidence(name.partition("/")[2])


def test_somebody_with_other_keys_cannot_append_and_is_told_what_to_do(bundled: Any, tmp_path: Path) -> None:
    other = House({"CLEARANCE_HOME": str(tmp_path / "other")}, lambda: NOON)
    store = MemoryStore()
    store.bodies = dict(bundled.store.bodies)
    log = Log(store, other.signer("checkpoints"), other.keyring(), MemoryPins())
    with pytest.raises(LogTampered, match="somebody else's key") as told:
        log.append(*bundled._replace(house=other).sealed(5))
    assert "CLEARANCE_HOME" in told.value.next
    assert store.bodies == bundled.store.bodies
