"""Kills processes that append, at random moments, and counts what was lost.

python -m benchmarks kills      1,000 kills; `python -m benchmarks.kills 100` for fewer

Each process appends by group commit and tells each entry that it was promised. It is killed (SIGKILL) at a random moment.
Then the log is opened anew: every entry that was promised must be there as it was, and each checkpoint under which one was
promised must be one that the log continues.
"""

import os
import random
import select
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future
from functools import partial
from pathlib import Path

from benchmarks.append import Furnished, furnish, sealed
from benchmarks.measure import table
from clearance.facts.errors import ClearanceError
from clearance.record.committer import Committer
from clearance.record.growth import Proven
from clearance.record.log import Submission
from clearance.record.note import open_checkpoint

KILLS = 1_000
LONGEST = 0.06
"""Seconds that a process lives at most, or lives at most after its first promise."""
LATE = 0.8
"""The share of those that live until their first promise."""


def promise(pipe: int, done: "Future[Proven]") -> None:
    """Tell what was promised: the index, the leaf, and the checkpoint, in one write."""
    one = done.result()
    os.write(pipe, f"{one.entry.index} {one.entry.leaf} {one.checkpoint.hex()}\n".encode())


def append(pipe: int, folder: Path, ready: list[Submission]) -> None:
    """Append until killed."""
    with Committer(furnish(folder).log, wait=0.001, most=16) as committer:
        for one in ready:
            committer.submit(one).add_done_callback(partial(promise, pipe))


def killed(folder: Path, ready: list[Submission], luck: random.Random) -> Iterator[tuple[int, str, bytes]]:
    """Run one process and kill it; gives what it was promised."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            append(writing, folder, ready)
        finally:
            os._exit(0)
    os.close(writing)
    if luck.random() < LATE:
        select.select([reading], [], [], 5)  # the first promise
    time.sleep(luck.random() * LONGEST)
    os.kill(child, signal.SIGKILL)
    with os.fdopen(reading, "rb") as told:
        data = told.read()
    os.waitpid(child, 0)
    for line in data.splitlines(keepends=True):
        if line.endswith(b"\n"):
            index, leaf, note = line.decode().split()
            yield int(index), leaf, bytes.fromhex(note)


def checked(made: Furnished, promised: dict[int, str], notes: set[bytes]) -> tuple[int, int]:
    """Count promised entries that are not there, and checkpoints that the log does not continue."""
    keys = made.log.keys.public()
    heads = [open_checkpoint(note, keys) for note in notes]
    inconsistent = sum(head.size > made.log.size() or made.log.root_at(head.size) != head.root for head in heads)
    start = min(promised, default=0)
    there = {entry.index: entry.leaf for entry in made.log.entries(start)} if promised else {}
    return sum(there.get(index) != leaf for index, leaf in promised.items()), inconsistent


def main(kills: int = KILLS) -> None:
    """Kill, count, print."""
    luck = random.Random(20261123)
    counts = {"kills": 0, "entries promised": 0, "promised, and lost": 0, "checkpoints not continued": 0, "not sound": 0}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = furnish(folder)
        made.log.extend(sealed(made.house, range(1)))
        for number in range(kills):
            ready = sealed(made.house, range(number * 48, number * 48 + 48))
            told = list(killed(folder, ready, luck))
            promised = {index: leaf for index, leaf, _ in told}
            try:
                lost, inconsistent = checked(made, promised, {note for _, _, note in told})
            except ClearanceError as error:
                print(error, file=sys.stderr)
                lost, inconsistent = len(promised), 1
            counts["kills"] += 1
            counts["entries promised"] += len(promised)
            counts["promised, and lost"] += lost
            counts["checkpoints not continued"] += inconsistent
        counts["not sound"] = len(made.log.inspect().problems)
        size = made.log.size()
    rows = [[name, f"{count:,}"] for name, count in counts.items()]
    table("Killed while appending", ["", "count"], [*rows, ["entries in the log at the end", f"{size:,}"]])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
