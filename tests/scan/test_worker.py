"""A worker may be furnished before its task is known, and ends with whoever hired it."""

import mmap
import multiprocessing
import os
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from clearance.collect.memory import change_of
from clearance.facts.finding import Confidence, Gap, GapKind, Severity
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match, View
from clearance.scan.look import AnyFamily
from clearance.scan.runner import Limits, Scanned, scan
from clearance.scan.worker import Reserve

RULE = Rule(
    id="found-it", family="toy", title="Here", severity=Severity.HIGH, confidence=Confidence.HIGH, brief="", guidance="",
    page="x",
)  # fmt: skip
NO_RESERVE = pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="nothing is furnished ahead where nothing is forked")


class Toy:
    """Finds each file."""

    name = "toy"
    max_bytes = 1_000_000

    def start(self, contents: object) -> None: ...

    def look(self, view: View, budget: Budget) -> Sequence[Match | Gap]:
        return [Match(rule="found-it", start=0, end=1)]


class Furnish(msgspec.Struct, frozen=True):
    """Builds a toy, and leaves a line in a file each time."""

    seen: str
    dies: bool = False

    def __call__(self) -> tuple[Sequence[AnyFamily], Mapping[str, Rule]]:
        with Path(self.seen).open("a") as file:
            file.write(f"{os.getpid()}\n")
        if self.dies:
            os.kill(os.getpid(), signal.SIGKILL)
        return [Toy()], {"found-it": RULE}


def furnished(furnish: Furnish) -> list[int]:
    """The processes that were furnished, in order."""
    path = Path(furnish.seen)
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def run(furnish: Furnish, reserve: Reserve | None, text: bytes = b"a = 1\n", files: int = 3) -> Scanned:
    change, contents, *_ = change_of({}, {f"{number}.py": text for number in range(files)})
    return scan(change, contents, furnish, ["toy"], Limits(seconds=5, total=30, workers=1), reserve=reserve)


def wait_until(what: str, true: object) -> None:
    end = time.monotonic() + 20
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end, what
        time.sleep(0.02)


def gone(process: int) -> bool:
    """Whether a process has ended (one that nobody has waited for counts as ended)."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


@NO_RESERVE
def test_a_worker_of_the_reserve_does_the_work_of_one_hired_later(tmp_path: Path) -> None:
    later, ahead = Furnish(str(tmp_path / "later")), Furnish(str(tmp_path / "ahead"))
    expected = run(later, None)
    with Reserve(ahead) as reserve:
        wait_until("the worker of the reserve is furnished", lambda: furnished(ahead))
        found = run(Furnish(ahead.seen), reserve)
    assert found == expected
    assert len(found.findings) == 3
    assert len(furnished(ahead)) == 1, "an equal way of furnishing needs no second worker"


@NO_RESERVE
def test_a_task_larger_than_any_pipe_reaches_the_reserve(tmp_path: Path) -> None:
    furnish = Furnish(str(tmp_path / "seen"))
    with Reserve(furnish) as reserve:
        found = run(furnish, reserve, text=b"x" * 4_000, files=2_000)
    assert len(found.findings) == 2_000
    assert len(furnished(furnish)) == 1


@NO_RESERVE
def test_a_reserve_that_was_furnished_otherwise_is_left_alone_and_ended(tmp_path: Path) -> None:
    ahead, wanted = Furnish(str(tmp_path / "ahead")), Furnish(str(tmp_path / "wanted"))
    with Reserve(ahead) as reserve:
        wait_until("the worker of the reserve is furnished", lambda: furnished(ahead))
        assert len(run(wanted, reserve).findings) == 3
        assert len(furnished(wanted)) == 1
    assert gone(furnished(ahead)[0])


@NO_RESERVE
def test_a_reserve_that_dies_is_a_gap_in_every_file(tmp_path: Path) -> None:
    furnish = Furnish(str(tmp_path / "seen"), dies=True)
    with Reserve(furnish) as reserve:
        wait_until("it died", lambda: furnished(furnish))
        found = run(furnish, reserve)
    assert [(gap.kind, gap.scanner) for gap in found.gaps] == [(GapKind.CRASH, "all")] * 3


@NO_RESERVE
@pytest.mark.parametrize("task", [False, True], ids=["waits for a task", "has a task"])
def test_no_worker_outlives_who_hired_it(tmp_path: Path, *, task: bool) -> None:
    furnish = Furnish(str(tmp_path / "seen"))

    def hire() -> None:
        with Reserve(furnish) as reserve:
            if task:
                change, contents, *_ = change_of({}, {"a.py": b"a = 1\n"})
                scan(change, contents, furnish, ["toy"], Limits(), None, lambda: time.sleep(600), reserve)
            time.sleep(600)

    boss = multiprocessing.get_context("fork").Process(target=hire)
    boss.start()
    wait_until("a worker is furnished", lambda: furnished(furnish))
    time.sleep(0.2)
    os.kill(boss.pid or 0, signal.SIGKILL)
    boss.join()
    wait_until("the worker heard that it is alone", lambda: all(map(gone, furnished(furnish))))


def test_a_worker_that_fails_shows_nothing_of_what_it_looked_at(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLEARANCE_TRACEBACK", raising=False)
    collected = change_of({}, {"a\udcff.txt": b"x = 1\n"})  # a name that no result can carry
    scanned = scan(collected.change, collected.contents, Furnish(str(tmp_path / "seen")), ("toy",), Limits(workers=1))
    assert GapKind.CRASH in {gap.kind for gap in scanned.gaps}
    assert "Traceback" not in capfd.readouterr().err


@NO_RESERVE
def test_a_worker_of_a_process_that_has_mapped_much_can_still_work(tmp_path: Path) -> None:
    furnish = Furnish(str(tmp_path / "seen"))
    no_reserve = 0x4000  # named by the module from Python 3.13 on
    with mmap.mmap(-1, 6 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | no_reserve):
        found = run(furnish, None, text=b"a = 1\n" * 100_000)
        with Reserve(furnish) as reserve:
            again = run(furnish, reserve, files=2_000)
    assert (len(found.findings), len(again.findings)) == (3, 2_000)
