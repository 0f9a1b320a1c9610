"""How fast each store of the log takes entries: SQLite, plain files, PostgreSQL, one after the other on the same disk.

python -m benchmarks stores [ENTRIES]      prints a table; PostgreSQL is started as the tests start it (initdb), and left
out where it is not installed

Entries are sealed before the clock starts, so the rows are about the store: the checks on the way in, the tiles, the signed
checkpoint, and the commit, durable in every one of them. What the server of PostgreSQL spends is no part of `per cpu-s`.
"""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.append import Furnished, batches, furnish, sealed, timed
from benchmarks.measure import table
from clearance.record.growth import Proven
from clearance.record.log import Submission

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from cluster import INITDB, cluster

SIZES = (1, 64, 1024)


@contextlib.contextmanager
def stores(folder: Path) -> Iterator[dict[str, str]]:
    """Give the URI of each kind of store."""
    uris = {"SQLite": "", "plain files": f"files:{folder}/files"}
    if not Path(INITDB).exists():
        yield uris
        return
    with cluster() as server:
        yield uris | {"PostgreSQL": server.database()}


def appended(made: Furnished, work: list[list[Submission]]) -> None:
    """Append batches and insist that all of it was taken."""
    for batch in work:
        assert all(isinstance(one, Proven) for one in made.log.commit(batch))


def rows(count: int, folder: Path) -> Iterator[list[str]]:
    """Rates of each store in each size of batch."""
    with stores(folder) as uris:
        for kind, uri in uris.items():
            for size in SIZES:
                made = furnish(folder / f"{kind.split()[-1]}-{size}", uri)
                made.log.extend(sealed(made.house, range(1)))
                total = min(count, 150 * size)
                work = [sealed(made.house, numbers) for numbers in batches(total, size)]
                took = timed(total, lambda m=made, w=work: appended(m, w))  # type: ignore[misc]
                yield took.row(f"{kind}, {size} a checkpoint")


def main(count: int = 4096) -> None:
    """Append, measure, print."""
    with tempfile.TemporaryDirectory() as name:
        head = ["append to", "entries", "per second", "per cpu-s", "load"]
        table("Appending to each store", head, list(rows(count, Path(name))))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
