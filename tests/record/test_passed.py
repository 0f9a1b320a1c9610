"""Entries that are believed no more: they stay in the tree, count for nothing, and block nobody."""

import copy
from datetime import timedelta
from pathlib import Path

import pytest

from clearance.attest.revocation import serial_text
from clearance.facts.errors import BadSignature, LogTampered, NoLongerBelieved, Revoked
from clearance.record.names import bundle_name, entry_name
from clearance.record.proof import verify_tlog_proof
from clearance.wiring.trusting import House
from record.conftest import NOON, Housed, housed_in

ON = timedelta(minutes=20)


class Turning(House):
    """A house with a clock that a test moves."""

    def __init__(self, home: Path) -> None:
        self.at = NOON
        super().__init__({"CLEARANCE_HOME": str(home)}, lambda: self.at)


@pytest.fixture(scope="module")
def turned(tmp_path_factory: pytest.TempPathFactory) -> Housed:
    """Five entries, each under a certificate of its own; those of 1 and 3 were revoked."""
    house = Turning(tmp_path_factory.mktemp("turning"))
    made = housed_in(house)
    serials = []
    for number in range(5):
        made.log.extend([made.sealed(number, house.at)])
        serials.append(serial_text(house.credential(house.service).certificate.serial))
        house.at += ON
    for at in (1, 3):
        house.revoke(serials[at], f"reason {at}")
    return made


def copied(housed: Housed) -> Housed:
    """The same log, to be damaged or grown."""
    pins = copy.deepcopy(housed.pins)
    log = housed._replace(pins=pins).over(dict(housed.store.bodies))
    return Housed(log, log.store, pins, housed.house)  # type: ignore[arg-type]


def test_readers_pass_over_them_and_say_which(turned: Housed) -> None:
    log = copied(turned).log
    assert [entry.index for entry in log.entries()] == [0, 2, 4]
    assert list(log.passed) == [1, 3]
    assert "reason 1" in log.passed[1]
    again = copied(turned).log
    assert [entry.index for entry in again.entries(2, 4)] == [2]
    assert list(again.passed) == [3]


def test_one_that_is_asked_for_is_that_one_or_an_error(turned: Housed) -> None:
    log = copied(turned).log
    assert log.entry(2).index == 2
    assert log.believed(2) == log.entry(2)
    with pytest.raises(Revoked, match="reason 3") as told:
        log.entry(3)
    assert (told.value.where, dict(log.passed)) == ("entry 3", {})
    assert (log.believed(3), list(log.passed)) == (None, [3])


def test_their_place_in_the_log_stays_proven(turned: Housed) -> None:
    log = copied(turned).log
    leaf = turned.store.bodies[entry_name(3)]
    assert verify_tlog_proof(log.prove(3), leaf, list(turned.house.signer("checkpoints").known())).size == 5


def test_an_inspection_names_each_and_nothing_else(turned: Housed) -> None:
    inspection = copied(turned).log.inspect()
    assert [(one.where, one.refused) for one in inspection.problems] == [("entry 1", True), ("entry 3", True)]
    assert inspection.broken == ()
    assert [use.entries for use in inspection.keys] == [3]
    with pytest.raises(LogTampered, match="reason 1"):
        copied(turned).log.verify()


def test_writers_go_on(turned: Housed) -> None:
    grown = copied(turned)
    (entry,) = grown.log.extend([grown.sealed(7, turned.house.at)])  # type: ignore[attr-defined]
    assert (entry.index, grown.log.entry(5).index) == (5, 5)


def test_an_export_holds_them_whole_at_once_and_bit_by_bit(turned: Housed, tmp_path: Path) -> None:
    whole = copied(turned)
    assert whole.log.export(tmp_path / "out").new == 5
    names = {f"bundles/{index}.sigstore.json" for index in range(5)}
    assert all((tmp_path / "out" / name).is_file() for name in names)
    grown = housed_in(turned.house)
    grown.log.extend([grown.sealed(0)])
    grown.log.export(tmp_path / "grown")
    grown.log.extend([grown.sealed(number) for number in (1, 2)])
    turned.house.revoke(serial_text(turned.house.credential(turned.house.service).certificate.serial), "later")
    assert grown.log.export(tmp_path / "grown").new == 2
    assert (tmp_path / "grown" / "bundles" / "2.sigstore.json").is_file()
    assert [entry.index for entry in grown.log.entries()] == []


def test_what_was_changed_still_stops_every_reader(turned: Housed) -> None:
    bodies = dict(turned.store.bodies)
    bodies[bundle_name(3)] = bodies[bundle_name(3)].replace(b'"payload":"', b'"payload":"AAAA')
    log = turned.over(bodies)
    with pytest.raises(BadSignature) as told:
        list(log.entries())
    assert not isinstance(told.value, NoLongerBelieved)
    assert [one.where for one in log.inspect().broken] == ["entry 3"]


def test_what_was_signed_by_a_clock_that_was_ahead_is_named(turned: Housed) -> None:
    log = copied(turned).log
    now = "2026-11-22T12:50:00Z"  # entry 3 was signed at 13:00, entry 4 at 13:20
    found = {one.where: one.what for one in log.inspect(now=now).broken}
    assert found == {"entry 4": f"signed at 2026-11-22T13:20:00Z, and it is {now} here: a clock is wrong"}
