"""A furnished log: real keys, real statements, in memory or in SQLite."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from clearance.attest.dsse import seal
from clearance.attest.keyring import KeyRing
from clearance.attest.signers.memory import MemorySigner
from clearance.attest.statement import decision_statement, evidence_of
from clearance.collect.memory import change_of
from clearance.facts.decision import Case, Decision, Verdict
from clearance.facts.entry import Sealed
from clearance.facts.fact import digest
from clearance.facts.risk import Risk
from clearance.record.log import Log, Submission
from clearance.stores.memory_log import MemoryPins, MemoryStore
from clearance.stores.pins import FilePins
from clearance.stores.private import PrivateFolder
from clearance.stores.sqlite import SqliteStore
from clearance.wiring.trusting import House

NOON = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


def judged(number: int = 0) -> tuple[Case, Decision]:
    """A small case that differs with its number, and its decision."""
    change = change_of({"app.py": b"a = 1\n"}, {"app.py": b"a = %d\n" % number, "new.py": b"print()\n"}).change
    risk = Risk(tier=0, triggers=(), size=2, unknown_lines=0, reasons=())
    case = Case(change=change, findings=(), gaps=(), risk=risk, ran=(), rules="a" * 64, version="0.1.0")
    return case, Decision(verdict=Verdict.ALLOW, reasons=(), reviews=(), policies="b" * 64, case=digest(case))


class Furnished(NamedTuple):
    """A log in memory and everything around it."""

    log: Log
    store: MemoryStore
    pins: MemoryPins
    decisions: MemorySigner
    checkpoints: MemorySigner

    def sealed(self, number: int, at: datetime = NOON) -> Submission:
        """A signed statement with its evidence."""
        case, decision = judged(number)
        return Submission(
            Sealed(leaf=seal(decision_statement(case, decision, at), self.decisions)), evidence_of(case, decision)
        )

    def fill(self, count: int, start: int = 0) -> None:
        """Append entries in one batch."""
        self.log.extend([self.sealed(number) for number in range(start, start + count)])


def furnish() -> Furnished:
    """A new log in memory with new keys."""
    decisions = MemorySigner("ecdsa-p256", lambda: NOON)
    checkpoints = MemorySigner("ed25519", lambda: NOON)
    store, pins = MemoryStore(), MemoryPins()
    log = Log(store, checkpoints, KeyRing(decisions, checkpoints), pins)
    return Furnished(log, store, pins, decisions, checkpoints)


@pytest.fixture
def furnished() -> Furnished:
    """An empty log in memory."""
    return furnish()


@pytest.fixture(scope="session")
def small() -> Furnished:
    """Three entries; whoever damages them copies first."""
    made = furnish()
    made.fill(3)
    return made


@pytest.fixture(scope="session")
def large() -> Furnished:
    """300 entries: one full and one partial tile at level 0, one partial tile at level 1."""
    made = furnish()
    made.fill(300)
    return made


def submitted(house: House, number: int, at: datetime = NOON, *, told: bool = True) -> Submission:
    """A statement sealed as the service of a house, with its evidence; `told`: with what its sealer says of it."""
    case, decision = judged(number)
    ((sealed, opened),) = house.seal([decision_statement(case, decision, at)])
    return Submission(sealed, evidence_of(case, decision), opened if told else None)


class Housed(NamedTuple):
    """A log in memory of entries with bundles, and the house that seals them."""

    log: Log
    store: MemoryStore
    pins: MemoryPins
    house: House

    def sealed(self, number: int, at: datetime = NOON, *, told: bool = True) -> Submission:
        """A sealed statement with its evidence."""
        return submitted(self.house, number, at, told=told)

    def over(self, bodies: dict[str, bytes]) -> Log:
        """The same log over other rows, with what was seen of it."""
        store = MemoryStore()
        store.bodies = bodies
        return Log(store, self.house.signer("checkpoints"), self.house.keyring(), self.pins)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """Keys, an authority and a timestamp authority, made once."""
    return House({"CLEARANCE_HOME": str(tmp_path_factory.mktemp("house") / "home")}, lambda: NOON)


def housed_in(house: House) -> Housed:
    """An empty log in memory whose entries get bundles."""
    store, pins = MemoryStore(), MemoryPins()
    return Housed(Log(store, house.signer("checkpoints"), house.keyring(), pins), store, pins, house)


@pytest.fixture
def housed(house: House) -> Housed:
    """An empty log in memory whose entries get bundles."""
    return housed_in(house)


@pytest.fixture(scope="session")
def bundled(house: House) -> Housed:
    """Three entries with bundles; whoever damages them copies first."""
    made = housed_in(house)
    made.log.extend([made.sealed(number) for number in range(3)])
    return made


class OnDisk(NamedTuple):
    """A log in SQLite with keys and pins in files."""

    log: Log
    store: SqliteStore
    house: House
    home: PrivateFolder

    def append(self, number: int) -> None:
        """Append one entry."""
        self.log.extend([submitted(self.house, number)])


@pytest.fixture
def on_disk() -> Callable[[Path], OnDisk]:
    """Open the log under a directory, as a new process would."""

    def furnish_in(root: Path) -> OnDisk:
        home = PrivateFolder(root / "home")
        house = House({"CLEARANCE_HOME": str(root / "home")}, lambda: NOON)
        store = SqliteStore(root / "git" / "clearance" / "log")
        log = Log(store, house.signer("checkpoints"), house.keyring(), FilePins(home.within("seen")))
        return OnDisk(log, store, house, home)

    return furnish_in
