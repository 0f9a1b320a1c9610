"""A real log in every store: a fault before and after each write, damage that is found, an export; one oracle for all."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from clearance.facts.entry import Entry
from clearance.record.log import Log, Submission
from clearance.record.store import Draft, Store
from clearance.stores.pins import FilePins
from clearance.stores.private import PrivateFolder
from clearance.wiring.trusting import House, open_trust
from cluster import INITDB

KINDS = [
    pytest.param("sqlite", id="sqlite"),
    pytest.param("files", id="files"),
    pytest.param("postgres", id="postgres", marks=pytest.mark.system(INITDB)),
]


class Fault(Exception):
    """What a test breaks a write with."""


class FaultyDraft:
    """A draft that fails at its n-th write, before it or after it."""

    def __init__(self, draft: Draft, at: int, *, after: bool) -> None:
        self._draft, self._left, self._after = draft, at, after
        self.get, self.items = draft.get, draft.items

    def put(self, name: str, body: bytes) -> None:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Fault
        self._draft.put(name, body)
        if self._left == 0:
            raise Fault

    def put_many(self, items: Iterable[tuple[str, bytes]]) -> None:
        for name, body in items:
            self.put(name, body)


class FaultyStore:
    """A store whose drafts fail."""

    def __init__(self, store: Store, at: int, *, after: bool) -> None:
        self._store, self._at, self._after = store, at, after
        self.place, self.read = store.place, store.read

    @contextmanager
    def write(self) -> Iterator[Draft]:
        with self._store.write() as draft:
            yield FaultyDraft(draft, self._at, after=self._after)


class Furnished(NamedTuple):
    """A log in a store and the house that seals for it."""

    log: Log
    store: Store
    house: House

    def sealed(self, number: int) -> Submission:
        """A statement that differs with its number, and the evidence that it names."""
        import hashlib

        body = b"evidence %d" % number
        digest = hashlib.sha256(body).hexdigest()
        statement: Any = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": f"n{number}", "digest": {"sha256": f"{number:064x}"}}],
            "predicateType": "urn:clearance:predicate:toy:v1",
            "predicate": {"time": "2026-11-22T12:00:00Z", "evidence": [digest]},
        }
        ((sealed, opened),) = self.house.seal([statement])
        return Submission(sealed, {digest: body}, opened)

    def append(self, start: int, count: int = 1) -> tuple[Entry, ...]:
        return self.log.extend([self.sealed(number) for number in range(start, start + count)])

    def over(self, store: Any) -> "Furnished":
        return self._replace(log=Log(store, self.log._signer, self.log._keys, self.log._pins))


@pytest.fixture
def furnished(make: Callable[[Path], Store], tmp_path: Path) -> Furnished:
    house, store = open_trust(os.environ), make(tmp_path)
    pins = FilePins(PrivateFolder(tmp_path / "home").within("seen"))
    return Furnished(Log(store, house.signer("checkpoints"), house.keyring(), pins), store, house)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("after", [False, True])
def test_a_fault_around_any_write_leaves_the_log_as_it_was(furnished: Furnished, kind: str, *, after: bool) -> None:
    furnished.append(0)
    for at in range(1, 20):
        try:
            furnished.over(FaultyStore(furnished.store, at, after=after)).append(at)
        except Fault:
            assert furnished.log.verify().size == 1
        else:
            break
    assert at == 6, "entry, bundle, evidence, tile, checkpoint"
    assert furnished.log.verify().size == 2
    assert [entry.index for entry in furnished.append(99)] == [2]


@pytest.mark.parametrize("kind", KINDS)
def test_a_log_of_several_tiles_verifies_proves_and_is_exported(furnished: Furnished, kind: str, tmp_path: Path) -> None:
    furnished.append(0, 250)
    furnished.append(250)
    furnished.append(251, 20)
    assert furnished.log.verify().size == 271
    assert furnished.log.verify().evidence == 271
    assert furnished.log.prove(255).startswith(b"c2sp.org/tlog-proof@v1")
    furnished.log.export(tmp_path / "out")
    assert (tmp_path / "out" / "tile" / "0" / "000").stat().st_size == 256 * 32
    if kind == "files":  # what is exported is what lies there
        for path in (
            "checkpoint",
            "tile/0/000",
            "tile/0/001.p/15",
            "tile/1/000.p/1",
            "tile/entries/000",
            "tile/entries/001.p/15",
        ):
            assert (Path(furnished.store.place) / path).read_bytes() == (tmp_path / "out" / path).read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_log_that_was_cut_back_is_found_and_not_grown(furnished: Furnished, kind: str) -> None:
    furnished.append(0, 3)
    with furnished.store.read() as view:
        note = view.get("checkpoint")
    furnished.append(3)
    with furnished.store.write() as draft:
        draft.put("checkpoint", note or b"")
    assert any("4" in problem.what for problem in furnished.log.inspect().problems)
    from clearance.facts.errors import LogTampered

    with pytest.raises(LogTampered):
        furnished.append(4)
