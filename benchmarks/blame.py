"""How long the story of one line takes in a log of many entries: the cache of pointers made anew, then read.

python -m benchmarks.blame [ENTRIES]     default 100,000; a million takes some minutes to write

The log holds decisions, generations (20 lines each), attributions and reviews of a busy repository; the line that is asked
about came in halfway, through a squash merge. Sealing is left to one identity. Seconds are of the processor; `by the clock`
is beside them and lies on a busy machine. Each row of `clearance blame` is a fresh process.
"""

import hashlib
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.measure import table
from clearance.facts.fact import canonical, digest
from clearance.facts.trace import SCHEME, Attribution, FileOrigins, LineKeys, Lines, Origin
from clearance.record.log import Submission
from clearance.trace.keys import KeyedText
from clearance.wiring.recording import open_log
from clearance.wiring.tracing import Authored, record_lines
from clearance.wiring.tracing_blame import story
from clearance.wiring.tracing_index import ATTRIBUTION_TYPE, GENERATION_TYPE, TrailOf
from clearance.wiring.tracing_settle import settle_trees
from clearance.wiring.trusting import open_trust

BATCH = 512
_WORDS = [f"word_{number}" for number in range(4_000)]
_SALT = bytes(16)
_DECISION, _REVIEW = "urn:clearance:predicate:decision:v1", "urn:clearance:predicate:review:v1"
_WHO = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ann"), ("EMAIL", "a@b.example"))
}


def main(entries: int = 100_000) -> None:
    """Fill a log, ask, and print what it took."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        os.environ |= {"HOME": str(home), "CLEARANCE_HOME": str(home / "clearance"), "XDG_CACHE_HOME": str(home / "cache")}
        os.environ |= _WHO | {"GIT_CONFIG_GLOBAL": os.devnull, "CLEARANCE_RESIDENT": "off"}
        home.mkdir()
        repository = Path(folder) / "shop"
        _start(repository)

        def ask() -> None:
            told = story(repository, os.environ, "prices.py", (4, 4), "HEAD")[0]
            if told.parts[0].written is None or told.entries < entries:
                raise AssertionError("the story of the line was not found")

        rows = [("to fill half of the log", *_timed(lambda: _fill(repository, entries // 2, 1)))]
        _merge(repository)
        _fill(repository, entries - entries // 2, 2)
        rows += [(what, *_timed(lambda: _opened(repository))) for what in ("pointers, anew", "pointers, up to date")]
        rows += [(f"the story of a line, in this process, {number}", *_timed(ask)) for number in (1, 2)]
        rows += [(f"`clearance blame FILE:4`, process {number}", *_asked(repository)) for number in (1, 2, 3)]
        cache = sum(path.stat().st_size for path in home.rglob("*.pointers")) / (1 << 20)
        title = f"Blame in a log of {open_log(repository).size():,} entries; the pointers have {cache:,.0f} MiB"
    table(title, ["", "cpu-s", "by the clock"], [(what, f"{cpu:.3f}", f"{clock:.3f}") for what, cpu, clock in rows])


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    cpu, clock = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - clock


def _asked(repository: Path) -> tuple[float, float]:
    before, clock = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(
        [sys.executable, "-P", "-m", "clearance", "blame", "prices.py:4"], cwd=repository, check=True, capture_output=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, time.perf_counter() - clock


def _opened(repository: Path) -> None:
    with TrailOf(open_log(repository), os.environ):
        pass


def _git(repository: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=repository, check=True, capture_output=True)


def _start(repository: Path) -> None:
    repository.mkdir()
    _git(repository, "init", "-q", "-b", "main")
    (repository / "a.py").write_text("x = 1\n")
    _git(repository, "add", "-A")
    _git(repository, "commit", "-qm", "start")


def _merge(repository: Path) -> None:
    lines = [f"def price_of_{number}(order):\n    return order.rows[{number}].price * {number}\n" for number in range(20)]
    (repository / "prices.py").write_text("".join(lines))
    record_lines(repository, os.environ, Authored(agent="claude-code", model="opus-5"))
    _git(repository, "add", "-A")
    _git(repository, "commit", "-qm", "Prices (#1)")
    settle_trees(repository, os.environ, base=None, head="HEAD")


def _fill(repository: Path, entries: int, seed: int) -> None:
    log, house = open_log(repository), open_trust(os.environ)
    made = _statements(random.Random(seed))
    for start in range(0, entries, BATCH):
        batch = [next(made) for _ in range(min(BATCH, entries - start))]
        sealed = house.seal([statement for statement, _ in batch])  # type: ignore[misc] -- a mapping is as good as a fact
        log.commit([Submission(one, bodies, told) for (one, told), (_, bodies) in zip(sealed, batch, strict=True)])


def _statements(chance: random.Random) -> Iterator[tuple[dict[str, object], dict[str, bytes]]]:
    generations: list[str] = ["0" * 64]
    while True:
        kind = chance.choice("ddddddggar")
        tree = hashlib.sha1(chance.randbytes(8), usedforsecurity=False).hexdigest()
        subject: dict[str, object] = {
            "name": f"git-tree:{tree}",
            "digest": {"sha256": chance.randbytes(32).hex()},
            "annotations": {"gitTree": tree},
        }
        predicate: dict[str, object] = {"time": "2026-11-22T12:00:00Z", "evidence": [], "version": "0.1.0"}
        bodies: dict[str, bytes] = {}
        if kind == "g":
            lines = [" ".join(chance.choices(_WORDS, k=8)) for _ in range(20)]
            keys = LineKeys(scheme=SCHEME, salt=_SALT, runs=KeyedText(lines, _SALT).runs("src/a.py", [(1, 20)]))
            bodies[digest(keys)] = canonical(keys)
            predicate |= {
                "agent": {"name": "claude-code", "version": ""},
                "model": "opus-5",
                "source": "hook",
                "keys": {"scheme": SCHEME, "salt": _SALT.hex(), "body": digest(keys)},
                "evidence": [digest(keys)],
            }
            subject = {"name": "lines", "digest": {"sha256": digest(keys)}}
        elif kind == "a":
            blobs = [hashlib.sha1(chance.randbytes(8), usedforsecurity=False).hexdigest() for _ in range(5)]
            origin = Origin(kind="generation", generation=generations[-1], how="exact")
            files = tuple(FileOrigins(path=f"src/{blob[:4]}.py", blob=blob, runs=(Lines(1, 90, 0),)) for blob in blobs)
            body = canonical(Attribution(base="", head=tree, origins=(origin,), files=files))
            name = hashlib.sha256(body).hexdigest()
            bodies[name] = body
            predicate |= {"head": {"tree": tree, "commit": ""}, "generations": generations[-3:], "evidence": [name]}
        elif kind == "r":
            predicate |= {"answer": "approve", "reviewer": {"name": "bob@example.com", "kind": "person"}}
        else:
            predicate |= {"verdict": "ALLOW", "reasons": ["changes-may-go-further"], "tier": 1}
        type_ = {"g": GENERATION_TYPE, "a": ATTRIBUTION_TYPE, "r": _REVIEW, "d": _DECISION}[kind]
        statement = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [subject],
            "predicateType": type_,
            "predicate": predicate,
        }
        if kind == "g":
            generations.append(hashlib.sha256(canonical(statement)).hexdigest())
        yield statement, bodies


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
