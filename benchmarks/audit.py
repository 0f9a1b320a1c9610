"""How fast a whole log is audited: by the Go program of tests/interop, and by our own `log verify`.

python -m benchmarks audit      prints a table; needs go and Debian's golang-golang-x-mod-dev

The first rows are about tiles and entries alone (hashes, no signature of an entry), in a log of many; the others about
everything: signatures, certificates, timestamps, proofs, evidence. `found` says how many changes of one byte were found.
"""

import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.append import furnish, sealed, timed
from benchmarks.measure import table
from clearance.attest.keyring import KeyRing
from clearance.attest.signers.memory import MemorySigner
from clearance.facts.entry import Checkpoint
from clearance.record.export import ORIGIN, Target, write_keys, write_tiles
from clearance.record.inspection import inspect_log
from clearance.record.merkle import leaf_hash
from clearance.record.names import CHECKPOINT, entry_name
from clearance.record.note import sign_checkpoint
from clearance.record.tiles import TiledTree
from clearance.stores.memory_log import MemoryPins, MemoryStore, MemoryView

MANY, WHOLE, MUTANTS = 200_000, 1_000, 1_000
LEAF = 1_300
SOURCES = Path(__file__).parent.parent / "tests" / "interop" / "go"


def built(folder: Path) -> Path:
    """Build the verifier."""
    settings = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(folder / "cache"), "GOFLAGS": ""}
    sources = sorted(SOURCES.glob("*.go"))
    subprocess.run(["go", "build", "-o", folder / "verify", *sources], env=os.environ | settings, check=True)
    return folder / "verify"


def by_go(verifier: Path, *arguments: str | Path) -> tuple[float, float]:
    """Run it; gives seconds of the clock and of the processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    ran = subprocess.run([verifier, *arguments], capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if not ran.stdout.startswith("ok "):
        raise SystemExit(ran.stdout)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def many(folder: Path) -> tuple[MemoryStore, KeyRing]:
    """A log of many entries that say nothing, in memory and as files."""
    signer = MemorySigner("ed25519", lambda: datetime.now(UTC))
    store = MemoryStore()
    leaves = [b"%09d" % number * (LEAF // 9) for number in range(MANY)]
    tree = TiledTree(0, store.bodies.get)
    store.bodies |= tree.grow([leaf_hash(leaf) for leaf in leaves])
    store.bodies |= {entry_name(number): leaf for number, leaf in enumerate(leaves)}
    head = Checkpoint(origin="clearance.local/benchmark", size=MANY, root=tree.root())
    store.bodies[CHECKPOINT] = sign_checkpoint(head, signer)
    target = Target(folder, head, (signer.public(),))
    target.write(ORIGIN, f"{head.origin}\n".encode())
    view = MemoryView(store.bodies)
    write_tiles(view, MANY, 0, target)
    write_keys(view, head, [signer.public()], target)
    target.write(CHECKPOINT, store.bodies[CHECKPOINT])
    return store, KeyRing(signer)


def row(name: str, entries: int, seconds: float, busy: float, found: str = "") -> list[str]:
    """Print rates."""
    return [name, f"{entries:,}", f"{entries / seconds:,.0f}", f"{entries / busy:,.0f}", found]


def main() -> None:
    """Audit, measure, print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        verifier = built(folder)
        store, ring = many(folder / "many")
        rows = [row("Go, tiles and entries", MANY, *by_go(verifier, "-quick", folder / "many"))]
        quick: Callable[[], object] = lambda: inspect_log(  # noqa: E731 -- one call, measured
            MemoryView(store.bodies), "memory", ring, MemoryPins(), quick=True
        )
        rows.append(row("clearance log verify --quick", *timed(MANY, quick)))
        made = furnish(folder)
        made.log.extend(sealed(made.house, range(WHOLE)))
        rows.append(row("clearance log verify", *timed(WHOLE, made.log.verify)))
        beside = {"trusted_root.json": made.house.trusted_root([made.log.origin()])}
        rows.append(row("clearance log export, new", *timed(WHOLE, lambda: made.log.export(folder / "whole", beside))))
        made.log.extend(sealed(made.house, range(WHOLE, WHOLE + 100)))
        rows.append(row("clearance log export, 100 more", *timed(100, lambda: made.log.export(folder / "whole", beside))))
        rows.append(row("Go, everything", WHOLE + 100, *by_go(verifier, folder / "whole")))
        few = furnish(folder / "few")
        few.log.extend(sealed(few.house, range(20)))
        few.log.export(folder / "few-files", {"trusted_root.json": few.house.trusted_root([few.log.origin()])})
        busy = by_go(verifier, "-mutants", str(MUTANTS), folder / "few-files")
        rows.append(row("Go, 20 entries with one byte changed", MUTANTS, *busy, f"{MUTANTS} of {MUTANTS}"))
        table("Auditing", ["", "entries", "per second", "per cpu-s", "found"], rows)


if __name__ == "__main__":
    main()
