"""A fault before and after each write, death at any moment, a full disk, several processes at once: one oracle for all.

The oracle: reopened, the log is sound, holds every acknowledged entry at its index, and can be appended to.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from clearance.facts.errors import ClearanceError, StoreError
from clearance.record.log import Log
from clearance.record.store import Draft, Store

OnDisk = Callable[[Path], Any]


class Fault(Exception):
    """What a test breaks a write with."""


class FaultyDraft:
    """A draft that fails at its n-th write, before it or after it."""

    def __init__(self, draft: Draft, at: int, *, after: bool) -> None:
        self._draft = draft
        self._left = at
        self._after = after
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
        self._store = store
        self._at = at
        self._after = after
        self.place = store.place
        self.read = store.read

    @contextmanager
    def write(self) -> Iterator[Draft]:
        with self._store.write() as draft:
            yield FaultyDraft(draft, self._at, after=self._after)


def oracle(on_disk: OnDisk, root: Path, acknowledged: list[tuple[int, str]]) -> int:
    """Insist on the oracle; gives the number of entries."""
    opened = on_disk(root)
    found = opened.log.verify()
    entries = {entry.index: entry for entry in opened.log.entries()}
    assert len(entries) == found.size
    for index, digest in acknowledged:
        assert entries[index].digest == digest
    opened.append(10_000 + found.size)
    assert opened.log.verify().size == found.size + 1
    return int(found.size)


@pytest.mark.parametrize("after", [False, True])
def test_a_fault_around_any_write_leaves_the_log_as_it_was(on_disk: OnDisk, tmp_path: Path, *, after: bool) -> None:
    opened = on_disk(tmp_path)
    opened.append(0)
    sizes = set()
    for at in range(1, 20):
        before = opened.log.size()
        parts = opened.log
        faulty = Log(FaultyStore(opened.store, at, after=after), parts._signer, parts._keys, parts._pins)
        opened_faulty = opened._replace(log=faulty)
        try:
            opened_faulty.append(at)
        except Fault:
            assert opened.log.size() == before
            assert opened.log.verify().size == before
        else:
            break
        sizes.add(at)
    assert sizes == set(range(1, 7))  # entry, bundle, two bodies of evidence, tile, checkpoint
    oracle(on_disk, tmp_path, [(entry.index, entry.digest) for entry in opened.log.entries()])


def test_a_pin_that_cannot_be_written_leaves_a_sound_log(on_disk: OnDisk, tmp_path: Path) -> None:
    opened = on_disk(tmp_path)
    opened.append(0)
    (tmp_path / "home" / "seen" / "clearance.local").chmod(0o755)
    with pytest.raises(StoreError, match="group or others"):
        opened.append(1)
    (tmp_path / "home" / "seen" / "clearance.local").chmod(0o700)
    oracle(on_disk, tmp_path, [(entry.index, entry.digest) for entry in opened.log.entries()])


APPENDER = """
import importlib.util, json, os, resource, signal, sqlite3, sys, time
from pathlib import Path
spec = importlib.util.spec_from_file_location("furnishing", sys.argv[1])
furnishing = importlib.util.module_from_spec(spec)
spec.loader.exec_module(furnishing)
from clearance.facts.errors import StoreError
furnishing.furnish().fill(1)  # import everything once
from clearance.record.committer import Committer

def work(root, start, count, statement, limit, grouped):
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    if statement:
        left, real = [statement], sqlite3.connect
        def tick():
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        class Dying(sqlite3.Connection):
            def execute(self, *arguments):
                tick()
                done = super().execute(*arguments)
                tick()
                return done
        sqlite3.connect = lambda *a, **k: real(*a, factory=Dying, **k)
    opened = furnishing.on_disk.__wrapped__()(Path(root))
    numbers = range(start, start + count)
    if grouped:
        with Committer(opened.log, wait=0.002, most=grouped) as committer:
            for number in numbers:
                committer.submit(furnishing.submitted(opened.house, number)).add_done_callback(tell)
        return
    for number in numbers:
        try:
            entry = opened.log.append(*furnishing.submitted(opened.house, number))
        except StoreError as error:
            os.write(1, f"refused {error}\\n".encode())
            return
        os.write(1, f"{entry.index} {entry.digest}\\n".encode())

def tell(future):
    try:
        entry = future.result().entry
        os.write(1, f"{entry.index} {entry.digest}\\n".encode())
    except StoreError as error:
        os.write(1, f"refused {error}\\n".encode())

for together in json.loads(sys.argv[2]):
    children = []
    for root, start, count, statement, seconds, limit, grouped in together:
        child = os.fork()
        if not child:
            try:
                work(root, start, count, statement, limit, grouped)
            finally:
                os._exit(1)
        children.append((child, seconds))
    for child, seconds in children:
        if seconds:
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
        os.write(1, f"ended {os.WTERMSIG(os.waitpid(child, 0)[1])}\\n".encode())
"""
FURNISHING = Path(__file__).with_name("conftest.py")


class Told(NamedTuple):
    """What processes said before they ended."""

    acknowledged: list[tuple[int, str]]
    refused: list[str]
    killed: int


def run(rounds: list[list[dict[str, Any]]]) -> Told:
    """Run processes that append, round by round; those of a round at once. Each may be told to die around its n-th SQL
    statement, to be killed after some seconds, or to write files up to a limit only; `grouped`: they hand in everything at
    once, for batches of so many."""
    plan = [
        [
            [
                str(p["root"]),
                p["start"],
                p["count"],
                p.get("statement", 0),
                p.get("seconds", 0),
                p.get("limit", 0),
                p.get("grouped", 0),
            ]
            for p in together
        ]
        for together in rounds
    ]
    ran = subprocess.run(
        [sys.executable, "-c", APPENDER, str(FURNISHING), json.dumps(plan)], capture_output=True, text=True, check=True
    )
    rows = [line.split(" ", 1) for line in ran.stdout.splitlines()]
    return Told(
        [(int(index), digest) for index, digest in rows if index.isdigit()],
        [text for word, text in rows if word == "refused"],
        sum(row == ["ended", "9"] for row in rows),
    )


def test_death_around_any_statement_loses_nothing(on_disk: OnDisk, tmp_path: Path) -> None:
    # A first append takes some twenty statements, half of them while the file is made; each is died before and after.
    rounds = [[{"root": tmp_path, "start": at * 100, "count": 2, "statement": at}] for at in range(1, 90)]
    told = run(rounds)
    assert told.killed > 50
    assert len(told.acknowledged) > 20
    oracle(on_disk, tmp_path, told.acknowledged)
    fresh = [[{"root": tmp_path / str(at), "start": 0, "count": 1, "statement": at}] for at in range(1, 44)]
    told = run(fresh)
    assert told.killed > 30
    for at in range(1, 44):
        assert oracle(on_disk, tmp_path / str(at), []) in {0, 1}


def test_death_at_any_moment_loses_nothing(on_disk: OnDisk, tmp_path: Path) -> None:
    rounds = [
        [{"root": tmp_path, "start": number * 1000, "count": 1000, "seconds": 0.02 + number * 0.0037}]
        for number in range(40)
    ]
    told = run(rounds)
    assert told.killed == 40
    acknowledged = told.acknowledged
    for seconds in (1, 2, 4, 8):  # a busy machine gets little done in the moments above
        if len(acknowledged) > 10:
            break
        late = run([[{"root": tmp_path, "start": 40_000 + seconds * 1000, "count": 1000, "seconds": seconds}]])
        assert late.killed == 1
        acknowledged += late.acknowledged
    assert oracle(on_disk, tmp_path, acknowledged) >= len(acknowledged) > 10


def test_several_processes_at_once_lose_nothing(on_disk: OnDisk, tmp_path: Path) -> None:
    told = run([[{"root": tmp_path, "start": 1000 * number, "count": 15} for number in range(4)]])  # no key, no log yet
    assert told.refused == []
    assert sorted(index for index, _ in told.acknowledged) == list(range(60))
    assert oracle(on_disk, tmp_path, told.acknowledged) == 60
    assert len(on_disk(tmp_path).house.signer("checkpoints").known()) == 1


def test_death_around_any_statement_of_a_group_commit_loses_nothing(on_disk: OnDisk, tmp_path: Path) -> None:
    rounds = [[{"root": tmp_path, "start": at * 100, "count": 9, "statement": at, "grouped": 4}] for at in range(20, 110, 3)]
    told = run(rounds)
    assert told.killed > 20
    assert len(told.acknowledged) > 20
    oracle(on_disk, tmp_path, told.acknowledged)


def test_group_commits_of_several_processes_lose_nothing(on_disk: OnDisk, tmp_path: Path) -> None:
    told = run([[{"root": tmp_path, "start": 1000 * number, "count": 40, "grouped": 16} for number in range(2)]])
    assert told.refused == []
    assert sorted(index for index, _ in told.acknowledged) == list(range(80))
    assert oracle(on_disk, tmp_path, told.acknowledged) == 80


@pytest.mark.parametrize("limit", [20_000, 200_000])
def test_a_full_disk_refuses_a_group_commit_as_a_whole(on_disk: OnDisk, tmp_path: Path, limit: int) -> None:
    on_disk(tmp_path).append(0)
    told = run([[{"root": tmp_path, "start": 1, "count": 200, "limit": limit, "grouped": 16}]])
    assert told.refused
    assert len(told.refused) + len(told.acknowledged) == 200
    oracle(on_disk, tmp_path, told.acknowledged)


@pytest.mark.parametrize("limit", [1, 5000, 20_000, 45_000, 90_000])
def test_a_full_disk_loses_nothing(on_disk: OnDisk, tmp_path: Path, limit: int) -> None:
    on_disk(tmp_path).append(0)
    told = run([[{"root": tmp_path, "start": 1, "count": 200, "limit": limit}]])
    assert len(told.refused) == 1
    assert "what was recorded before is whole" in told.refused[0] or "space on the disk" in told.refused[0]
    assert len(told.acknowledged) < 200
    oracle(on_disk, tmp_path, told.acknowledged)


def test_every_flip_of_a_file_that_sqlite_accepts_is_found(on_disk: OnDisk, tmp_path: Path) -> None:
    opened = on_disk(tmp_path)
    for number in range(2):
        opened.append(number)
    path = tmp_path / "git" / "clearance" / "log"

    def rows() -> dict[str, bytes]:
        with opened.store.read() as view:
            return dict(view.items(""))

    for beside in path.parent.glob("log-*"):
        beside.unlink()
    whole, before, found = path.read_bytes(), rows(), 0
    for at in range(0, len(whole), 53):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            sound = not opened.log.inspect().problems
        except ClearanceError:
            sound = False
        found += not sound
        assert not sound or rows() == before, f"byte {at}"
        for beside in path.parent.glob("log-*"):
            beside.unlink()
    assert found > 100
