"""How fast the log takes entries: one receipt, batches, and group commit; beside them the bare disk and a plain hash chain.

python -m benchmarks append [ENTRIES]     prints tables; the disk is the one of the temporary directory

Every row is durable: SQLite with synchronous=FULL, one signed checkpoint a batch; `python -m benchmarks stores` has the
other stores. `per second` is by the clock and lies on a busy machine (each row says how many others wanted a processor);
`per cpu-s` is by the processor's time of this process with all its threads, and of the processes that seal for it.
"""

import hashlib
import itertools
import multiprocessing
import os
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from benchmarks.measure import table
from clearance.attest.bundle import seal_many
from clearance.attest.statement import decision_statement, evidence_of
from clearance.collect.memory import change_of
from clearance.facts.decision import Case, Decision, Verdict
from clearance.facts.fact import canonical_quickly, digest
from clearance.facts.risk import Risk
from clearance.record.committer import Committer
from clearance.record.growth import Proven
from clearance.record.log import Log, Submission
from clearance.record.store import Store
from clearance.stores.pins import FilePins
from clearance.stores.private import PrivateFolder
from clearance.stores.sqlite import SqliteStore
from clearance.wiring.log_stores import open_store
from clearance.wiring.sealing import Sealers
from clearance.wiring.trusting import House

BATCHES = (1, 64, 256, 1024)
OFFERED = 1000
"""Submissions a second that group commit is offered."""


def judged(number: int) -> tuple[Case, Decision]:
    """A change of ten files and its decision."""
    after = {f"src/module_{file}.py": b"value = %d\n" % number for file in range(10)}
    risk = Risk(tier=1, triggers=(), size=10, unknown_lines=10, reasons=("ten files",))
    case = Case(change=change_of({}, after).change, findings=(), gaps=(), risk=risk, ran=(), rules="0" * 64, version="0.1.0")
    return case, Decision(verdict=Verdict.ASK, reasons=(), reviews=(), policies="0" * 64, case=digest(case))


class Furnished(NamedTuple):
    """A log on the disk, the house that seals for it, and the environment that leads to its keys."""

    log: Log
    house: House
    environment: dict[str, str]


def furnish(folder: Path, uri: str = "") -> Furnished:
    """A new log in a folder, or in the store of a URI, with new keys."""
    keys = {"CLEARANCE_HOME": str(folder / "home")}
    house = House(keys)
    # With $CLEARANCE_LOG (`files:/tmp/logs`, `postgresql://…`) another store, in which each row makes a log of its own.
    uri = uri or os.environ.get("CLEARANCE_LOG", "")
    environment = {"CLEARANCE_LOG": f"{uri}{'&' if '?' in uri else '?'}log={folder.name}-{time.time_ns()}"} if uri else {}
    store: Store = SqliteStore(folder / "git" / "clearance" / "log")
    if uri:
        store = open_store(folder, environment)
    pins = FilePins(PrivateFolder(folder / "home").within("seen"))
    return Furnished(Log(store, house.signer("checkpoints"), house.keyring(), pins), house, keys)


def statement(number: int) -> dict[str, object]:
    """A statement of some 700 bytes."""
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": f"src/module_{number}.py", "digest": {"sha256": f"{number:064x}"}}],
        "predicateType": "urn:clearance:predicate:scan:v1",
        "predicate": {"time": "2026-11-22T12:00:00Z", "evidence": [], "text": "a word or two " * 30},
    }


class OneToken:
    """Gives the same token for every signature: what sealing costs without timestamps. Such entries do not verify."""

    def __init__(self, token: bytes) -> None:
        self._token = token

    def stamp(self, signature: bytes) -> bytes:
        """Give the token."""
        del signature
        return self._token

    def stamp_all(self, signatures: Sequence[bytes]) -> list[bytes]:
        """Give the token, once for each."""
        return [self._token for _ in signatures]


class Took(NamedTuple):
    """Seconds of the clock and of the processor for so many entries."""

    entries: int
    seconds: float
    busy: float

    def row(self, name: str) -> list[str]:
        """Print both rates, and how many were running or waiting in the last minute, this one included."""
        rates = (self.entries / self.seconds, self.entries / self.busy)
        return [name, f"{self.entries:,}", *(f"{rate:,.0f}" for rate in rates), f"{os.getloadavg()[0]:.1f}"]


def timed(entries: int, work: Callable[[], object]) -> Took:
    """Measure a piece of work, with the processes that it starts and ends."""
    began, busy = time.perf_counter(), spent()
    work()
    return Took(entries, time.perf_counter() - began, spent() - busy)


def spent() -> float:
    """Processor seconds of this process and of those that it started, ended or not (Linux)."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    alive = 0
    for child in multiprocessing.active_children():  # proc(5): utime and stime, counted behind the name
        alive += sum(map(int, Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
    return time.process_time() + ended.ru_utime + ended.ru_stime + alive / os.sysconf("SC_CLK_TCK")


def batches(count: int, size: int) -> Iterator[range]:
    """Cut numbers into batches."""
    return (range(at, min(count, at + size)) for at in range(0, count, size))


def sealed(house: House, numbers: range, *, stamped: bool = True) -> list[Submission]:
    """Seal statements as the service; what the sealer says goes with them."""
    credential = house.credential(house.service)
    stamps = house.timestamps() if stamped else OneToken(house.timestamps().stamp(b"one"))
    payloads = [canonical_quickly(statement(number)) for number in numbers]  # type: ignore[arg-type]
    pairs = seal_many(payloads, credential, stamps)  # type: ignore[arg-type]
    return [Submission(one, {}, opened) for one, opened in pairs]


def rates(count: int, folder: Path) -> list[list[str]]:
    """Rates of each way of appending in each size of batch."""
    rows = []
    for size in BATCHES:
        total = min(count, 150 * size) if size == 1 else count
        numbers = list(batches(total, size))

        def fresh(name: str, size: int = size) -> Furnished:
            made = furnish(folder / f"{name}-{size}")
            made.log.extend(sealed(made.house, range(1)))
            return made

        one = fresh("only")
        before = [sealed(one.house, numbers_) for numbers_ in numbers]
        took = timed(total, lambda log=one.log, all_=before: [log.commit(batch) for batch in all_])
        rows.append(took.row(f"append, {size} a checkpoint"))
        two = fresh("signed")
        work = [(two, numbers_) for numbers_ in numbers]
        took = timed(total, lambda w=work: [m.log.commit(sealed(m.house, n, stamped=False)) for m, n in w])
        rows.append(took.row(f"sign, append, {size} a checkpoint"))
        three = fresh("stamped")
        work = [(three, numbers_) for numbers_ in numbers]
        took = timed(total, lambda w=work: [m.log.commit(sealed(m.house, n)) for m, n in w])
        rows.append(took.row(f"sign, timestamp, append, {size} a checkpoint"))
        if size >= BATCHES[2]:
            many = furnish(folder / f"many-{size}")
            many.log.extend(sealed(many.house, range(1)))
            took = timed(4 * total, lambda m=many, n=4 * total, s=size: by_processes(m, n, s))
            rows.append(took.row(f"sign, timestamp, append, {size} a checkpoint, {os.cpu_count()} processes that sign"))
        if size == BATCHES[2]:
            four = fresh("verified")
            strange = [[one._replace(opened=None) for one in batch] for batch in (sealed(four.house, n) for n in numbers)]
            took = timed(total, lambda log=four.log, all_=strange: [log.commit(batch) for batch in all_])
            rows.append(took.row(f"append what another process sealed (verified first), {size} a checkpoint"))
            for answer in four.log.commit(strange[0][:1]):
                assert isinstance(answer, Proven)
        rows.append(
            timed(total, lambda s=size, n=numbers: chain(folder / f"chain-{s}", n)).row(f"plain hash chain, {size} a commit")
        )
    return rows


def by_processes(made: Furnished, count: int, size: int) -> None:
    """Seal in as many processes as there are processors, and append meanwhile. Starting and ending them counts."""
    with Sealers(made.environment) as sealers:
        pairs = sealers.seal(statement(number) for number in range(count))  # type: ignore[misc]
        while batch := [Submission(one, {}, opened) for one, opened in itertools.islice(pairs, size)]:
            told = made.log.commit(batch)
            assert all(isinstance(one, Proven) for one in told)


def chain(path: Path, numbers: Sequence[range]) -> None:
    """What is commonly built instead: a table where each row holds the hash of the one before. Nothing is signed, and
    nothing can be proven to somebody who does not hold the table."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE entry(id INTEGER PRIMARY KEY, body BLOB, hash BLOB)")
    last = bytes(32)
    body = b"x" * 5000
    for batch in numbers:
        rows = []
        for number in batch:
            last = hashlib.sha256(last + b"%d" % number + body).digest()
            rows.append((number, body, last))
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO entry VALUES (?, ?, ?)", rows)
        connection.execute("COMMIT")
    connection.close()


def latency(seconds: float, folder: Path) -> list[list[str]]:
    """From submission to proof at a steady offer, by group commit."""
    made = furnish(folder / "latency")
    total = int(seconds * OFFERED)
    ready = sealed(made.house, range(total))
    waits: list[float] = []
    busy = time.process_time()
    with Committer(made.log) as committer:
        began = time.perf_counter()
        for number, one in enumerate(ready):
            wait = began + number / OFFERED - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            at = time.perf_counter()
            committer.submit(one).add_done_callback(
                lambda done, at=at: (len(done.result().proof), waits.append(time.perf_counter() - at))
            )
        offered = total / (time.perf_counter() - began)
    busy = time.process_time() - busy
    return [[f"submit to proof, {offered:,.0f}/s offered", f"{total:,}", *of(waits), f"{busy / total * 1e6:,.0f}"]]


def of(seconds: Sequence[float]) -> list[str]:
    """Give p50 and p99 in milliseconds."""
    ordered = sorted(seconds)
    return [f"{ordered[len(ordered) * part // 100] * 1e3:.2f}" for part in (50, 99)]


def receipts(count: int, folder: Path) -> list[list[str]]:
    """One receipt after the other, as `clearance check` makes them, and the bare disk in between."""
    made = furnish(folder / "receipts")
    disk, whole = [], []
    busy = time.process_time()
    for number in range(count + 1):
        disk.append(fsync_alone(folder / "plain"))
        case, decision = judged(number)
        began = time.perf_counter()
        ((one, opened),) = made.house.seal([decision_statement(case, decision, datetime.now(UTC))])
        made.log.append(one, evidence_of(case, decision), opened)
        whole.append(time.perf_counter() - began)
    busy = (time.process_time() - busy) / (count + 1) * 1e6
    return [
        ["fsync of 4 KiB on this disk", f"{count:,}", *of(disk), ""],
        ["first receipt: keys and log are made", "1", *of(whole[:1]), ""],
        ["receipt: state, sign, timestamp, append", f"{count:,}", *of(whole[1:]), f"{busy:,.0f}"],
    ]


def fsync_alone(path: Path) -> float:
    """How long this disk takes, now, to keep 4 KiB: no receipt can be faster."""
    with path.open("ab") as file:
        file.write(bytes(4096))
        file.flush()
        began = time.perf_counter()
        os.fsync(file.fileno())
        return time.perf_counter() - began


def main(count: int = 4096) -> None:
    """Append, measure, print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        head = ["entries of about 5 KB", "entries", "per second", "per cpu-s", "load"]
        table("Appending", head, rates(count, folder))
        rows = list(itertools.chain(receipts(200, folder), latency(count / OFFERED, folder)))
        table("Waiting, in milliseconds", ["", "runs", "p50", "p99", "cpu-µs each"], rows)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
