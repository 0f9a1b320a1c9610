"""How long one receipt takes: state, sign, append, checkpoint, fsync, pin; and how long `verify` takes.

python benchmarks/append.py [ENTRIES]     prints a table; the disk is the one of the temporary directory
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from clearance.attest.dsse import seal
from clearance.attest.keyring import KeyRing
from clearance.attest.signers.file import FileSigner
from clearance.attest.statement import decision_statement, evidence_of
from clearance.collect.memory import change_of
from clearance.facts.decision import Case, Decision, Verdict
from clearance.facts.fact import digest
from clearance.facts.risk import Risk
from clearance.record.log import Log
from clearance.stores.pins import FilePins
from clearance.stores.private import PrivateFolder
from clearance.stores.sqlite import SqliteStore


def now() -> datetime:
    """The clock of the keys."""
    return datetime.now(UTC)


def judged(number: int) -> tuple[Case, Decision]:
    """A change of ten files and its decision."""
    after = {f"src/module_{file}.py": b"value = %d\n" % number for file in range(10)}
    risk = Risk(tier=1, triggers=(), size=10, unknown_lines=10, reasons=("ten files",))
    case = Case(change=change_of({}, after).change, findings=(), gaps=(), risk=risk, ran=(), rules="0" * 64, version="0.1.0")
    return case, Decision(verdict=Verdict.ASK, reasons=(), reviews=(), policies="0" * 64, case=digest(case))


def row(name: str, seconds: list[float]) -> None:
    """Print a row of the table, in milliseconds."""
    ordered = sorted(seconds)
    p50, p99 = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    print(f"{name:<44} {len(seconds):>6} {p50 * 1e3:>9.2f} {p99 * 1e3:>9.2f}")


def timed(work: Callable[[], object]) -> float:
    """How long a call takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def fsync_alone(path: Path) -> float:
    """How long this disk takes, now, to keep 4 KiB: no receipt can be faster."""
    with path.open("ab") as file:
        file.write(bytes(4096))
        file.flush()
        return timed(lambda: os.fsync(file.fileno()))


def main(count: int = 500) -> None:
    """Append, measure, print."""
    with tempfile.TemporaryDirectory() as folder:
        home = PrivateFolder(Path(folder) / "home")
        decisions, checkpoints = FileSigner(home, "decisions", now), FileSigner(home, "checkpoints", now)
        store = SqliteStore(Path(folder) / "git" / "clearance" / "log")
        log = Log(store, checkpoints, KeyRing(decisions, checkpoints), FilePins(home.within("seen")))
        print(f"{'milliseconds':<44} {'runs':>6} {'p50':>9} {'p99':>9}")
        states, appends, wholes, disk = [], [], [], []
        for number in range(count + 1):
            case, decision = judged(number)
            disk.append(fsync_alone(Path(folder) / "plain"))
            began = time.perf_counter()
            bundle = seal(decision_statement(case, decision, now()), decisions)
            evidence = evidence_of(case, decision)
            sealed = time.perf_counter()
            log.append(bundle, evidence)
            done = time.perf_counter()
            states.append(sealed - began)
            appends.append(done - sealed)
            wholes.append(done - began)
        row("fsync of 4 KiB on this disk, in between", disk)
        row("first receipt: keys and log are made", wholes[:1])
        row("state and sign", states[1:])
        row("append, checkpoint, fsync, pin (batch 1)", appends[1:])
        row("whole receipt", wholes[1:])
        row(f"verify {count + 1} entries", [timed(log.verify) for _ in range(3)])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
