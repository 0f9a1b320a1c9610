"""A furnished log: real keys, real statements, in memory or in SQLite."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from clearance.attest.dsse import seal
from clearance.attest.keyring import KeyRing
from clearance.attest.signers.file import FileSigner
from clearance.attest.signers.memory import MemorySigner
from clearance.attest.statement import decision_statement, evidence_of
from clearance.collect.memory import change_of
from clearance.facts.decision import Case, Decision, Verdict
from clearance.facts.fact import digest
from clearance.facts.risk import Risk
from clearance.record.log import Log, Sealed
from clearance.stores.memory_log import MemoryPins, MemoryStore
from clearance.stores.pins import FilePins
from clearance.stores.private import PrivateFolder
from clearance.stores.sqlite import SqliteStore

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

    def sealed(self, number: int, at: datetime = NOON) -> Sealed:
        """A signed statement with its evidence."""
        case, decision = judged(number)
        return Sealed(seal(decision_statement(case, decision, at), self.decisions), evidence_of(case, decision))

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


class OnDisk(NamedTuple):
    """A log in SQLite with keys and pins in files."""

    log: Log
    store: SqliteStore
    decisions: FileSigner
    checkpoints: FileSigner
    home: PrivateFolder

    def append(self, number: int) -> None:
        """Append one entry."""
        case, decision = judged(number)
        bundle = seal(decision_statement(case, decision, NOON), self.decisions)
        self.log.append(bundle, evidence_of(case, decision))


@pytest.fixture
def on_disk() -> Callable[[Path], OnDisk]:
    """Open the log under a directory, as a new process would."""

    def furnish_in(root: Path) -> OnDisk:
        home = PrivateFolder(root / "home")
        decisions = FileSigner(home, "decisions", lambda: NOON)
        checkpoints = FileSigner(home, "checkpoints", lambda: NOON)
        store = SqliteStore(root / "git" / "clearance" / "log")
        log = Log(store, checkpoints, KeyRing(decisions, checkpoints), FilePins(home.within("seen")))
        return OnDisk(log, store, decisions, checkpoints, home)

    return furnish_in
