"""Runs all families over all files in worker processes, and survives whatever happens there.

A worker that dies or does not come back within the hard limit is replaced; the family and file that it was in become a gap
and everything else is still looked at.
"""

import os
import time
from collections import Counter, deque
from collections.abc import Callable, Container, Sequence
from multiprocessing.connection import wait

import msgspec

from clearance.facts.change import Change, Contents, FileChange
from clearance.facts.decision import Ran
from clearance.facts.finding import Aside, Finding, Gap, GapKind, Sighting
from clearance.scan.compare import FileResult
from clearance.scan.look import Skip
from clearance.scan.memory import Memory
from clearance.scan.worker import IDLE, STARTING, Chunk, Furnish, Reserve, Task, Worker

_CHUNK_BYTES = 256 * 1024
_CHUNK_FILES = 64
_START_SECONDS = 120.0
_READ_SECONDS = 60.0
_GRACE = 2.0
_MOST_ASIDES = 10_000
"""Look-alikes that are listed for all files together; the rest is counted."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Budgets: `seconds` a family may spend on one file, `total` seconds for all, `workers` at most (0: all cores)."""

    seconds: float = 10.0
    total: float = 600.0
    workers: int = 0


class Scanned(msgspec.Struct, frozen=True, kw_only=True):
    """What all families saw in all files, in a stable order: by path, line, rule."""

    findings: tuple[Finding, ...]
    sightings: tuple[Sighting, ...]
    gaps: tuple[Gap, ...]
    ran: tuple[Ran, ...]
    asides: tuple[Aside, ...] = ()
    more_asides: int = 0
    set_aside: dict[str, int] = {}
    """By reason, how many look-alikes are introduced, listed or not."""


Progress = Callable[[int, int], None]
"""Told how many of how many files are done."""


def scan(
    change: Change,
    contents: Contents,
    furnish: Furnish,
    names: Sequence[str],
    limits: Limits,
    progress: Progress | None = None,
    meanwhile: Callable[[], object] | None = None,
    reserve: Reserve | None = None,
    memory: Memory | None = None,
) -> Scanned:
    """Look at a change with the families that `furnish` gives, whose names are `names`.

    `meanwhile` is called once while the workers work, to use the time. `reserve` holds a worker that may already be
    furnished. `memory` holds results of an earlier look, and takes those of this one.
    """
    supervisor = _Supervisor(change, contents, furnish, names, limits, progress, reserve, memory)
    try:
        supervisor.begin()
        if meanwhile:
            meanwhile()
        supervisor.run()
    finally:
        supervisor.end()
    if memory is not None:
        memory.save(change.files)
    return gather(supervisor.results, supervisor.gaps, names)


def gather(results: Sequence[FileResult], gaps: Sequence[Gap], names: Sequence[str]) -> Scanned:
    """Join the results of files into one, in a stable order."""
    findings = [finding for result in results for finding in result.findings]
    sightings = [sighting for result in results for sighting in result.sightings]
    all_gaps = dict.fromkeys([*gaps, *(gap for result in results for gap in result.gaps)])
    looked = Counter(name for result in results for name in result.looked)
    by_family = Counter(finding.family for finding in findings)
    gap_counts = Counter(gap.scanner for gap in all_gaps)
    asides = sorted((one for result in results for one in result.asides), key=_aside_order)
    reasons: Counter[str] = Counter()
    for result in results:
        reasons.update(result.set_aside)
    return Scanned(
        findings=tuple(sorted(findings, key=finding_order)),
        sightings=tuple(sorted(sightings, key=lambda one: (one.place.path, one.place.line, one.place.column, one.trigger))),
        gaps=tuple(sorted(all_gaps, key=gap_order)),
        ran=tuple(
            Ran(
                scanner=name,
                files=looked[name],
                findings=by_family[name],
                gaps=gap_counts[name],
                pieces=sum(result.read[name].pieces for result in results if name in result.read),
                opaque=sum(result.read[name].opaque for result in results if name in result.read),
            )
            for name in names
        ),
        asides=tuple(asides[:_MOST_ASIDES]),
        more_asides=sum(result.more_asides for result in results) + max(0, len(asides) - _MOST_ASIDES),
        set_aside=dict(sorted(reasons.items(), key=lambda one: (-one[1], one[0]))),
    )


def gap_order(gap: Gap) -> tuple[str, ...]:
    """Give the order in which gaps are told: by place."""
    return (gap.path, gap.scanner, gap.kind.value, gap.detail)


def _aside_order(aside: Aside) -> tuple[object, ...]:
    return (not aside.introduced, aside.place.path, aside.place.line, aside.place.column, aside.rule)


def finding_order(finding: Finding) -> tuple[object, ...]:
    """Give the order in which findings are told: the worst first, then by place."""
    place = finding.place
    return (-finding.severity.rank, place.path, place.line, place.column, finding.rule, finding.fingerprint)


class _Supervisor:
    def __init__(
        self,
        change: Change,
        contents: Contents,
        furnish: Furnish,
        names: Sequence[str],
        limits: Limits,
        progress: Progress | None,
        reserve: Reserve | None,
        memory: Memory | None,
    ) -> None:
        self.files = change.files
        self.contents = contents
        self.furnish = furnish
        self.names = names
        self.limits = limits
        self.progress = progress
        self.reserve = reserve
        self.results: list[FileResult] = []
        self.gaps: list[Gap] = []
        self.done = 0
        self.broken: set[str] = set()
        self.deadline = time.monotonic() + limits.total
        self.memory = memory
        known = memory.recall(self.files) if memory is not None else {}
        for result in known.values():
            self._finish(result)
        self.queue = deque(_chunks(self.files, known))
        self.workers: list[Worker] = []

    def begin(self) -> None:
        """Start as many workers as the work is worth, and give each its first chunk."""
        wanted = min(self.limits.workers or len(_cores()), len(self.queue))
        for _ in range(wanted):
            self._hire()

    def run(self) -> None:
        """Hand out chunks and take results until all is done or the time is spent."""
        while self.workers:
            by_connection = {worker.connection: worker for worker in self.workers}
            ready = wait(list(by_connection), timeout=0.2)
            for connection in ready:
                self._take(by_connection[connection])  # type: ignore[index]
            now = time.monotonic()
            for worker in list(self.workers):
                if now > self._hard_end(worker):
                    self._lose(worker, GapKind.TIMEOUT, f"after {self.limits.seconds:g} s")
            if now > self.deadline:
                self._stop_short()

    def end(self) -> None:
        """Leave no process behind."""
        for worker in self.workers:
            worker.dismiss()
        self.workers = []

    def _hire(self) -> None:
        task = Task(self.files, self.contents, self.limits.seconds, frozenset(self.broken))
        ready = self.reserve.take(self.furnish, task) if self.reserve else None
        worker = ready or Worker(self.furnish, task)
        self.workers.append(worker)
        self._give(worker)

    def _give(self, worker: Worker) -> None:
        if not self.queue:
            self.workers.remove(worker)
            worker.dismiss(kindly=True)
            return
        worker.give(self.queue.popleft())

    def _take(self, worker: Worker) -> None:
        try:
            kind, value = worker.connection.recv()
        except (EOFError, OSError):
            self._lose(worker, GapKind.CRASH, "the scanner's process died")
            return
        if kind == "broken":
            name, reason = value
            if name not in self.broken:
                self.broken.add(name)
                self.gaps.append(Gap(scanner=name, path="", kind=GapKind.CRASH, detail=f"could not start: {reason}"))
            return
        result = msgspec.msgpack.decode(value, type=FileResult)
        if self.memory is not None:
            self.memory.keep(self.files[worker.chunk[0][0]], result, value)
        self._finish(result)
        worker.chunk.pop(0)
        if not worker.chunk:
            self._give(worker)

    def _finish(self, result: FileResult) -> None:
        self.results.append(result)
        self.done += 1
        if self.progress:
            self.progress(self.done, len(self.files))

    def _hard_end(self, worker: Worker) -> float:
        began = float(worker.state[2])
        if worker.state[0] == STARTING:  # of one family: the first run of all compiles its patterns
            return began + _START_SECONDS
        if worker.state[1] == IDLE:
            return began + _READ_SECONDS
        return began + 2 * self.limits.seconds + _GRACE

    def _lose(self, worker: Worker, kind: GapKind, detail: str) -> None:
        """Replace a worker that died or hangs, and blame the family and file that it was in."""
        index, family = int(worker.state[0]), int(worker.state[1])
        self.workers.remove(worker)
        worker.dismiss()
        rest = worker.chunk
        if index == STARTING:
            # The families themselves do not start: nobody can look.
            name = self.names[family] if family >= 0 else "all"
            if name == "all" or name in self.broken:
                self._give_up(rest, kind, detail)
                return
            self.broken.add(name)
            self.gaps.append(Gap(scanner=name, path="", kind=kind, detail=f"while starting: {detail}"))
        elif rest and family >= 0:
            name = self.names[family]
            gap = Gap(scanner=name, path=self.files[index].path, kind=kind, detail=detail)
            rest = [(number, [*skips, Skip(name, gap)] if number == index else skips) for number, skips in rest]
        elif rest:
            # It died while reading: the file itself is to blame.
            gap = Gap(scanner="all", path=self.files[rest[0][0]].path, kind=kind, detail=detail)
            self._finish(FileResult(gaps=(gap,)))
            rest = rest[1:]
        if rest:
            self.queue.appendleft(rest)
        if self.queue:
            self._hire()

    def _give_up(self, rest: Chunk, kind: GapKind, detail: str) -> None:
        for chunk in [rest, *self.queue]:
            for index, _ in chunk:
                self._finish(FileResult(gaps=(Gap(scanner="all", path=self.files[index].path, kind=kind, detail=detail),)))
        self.queue.clear()

    def _stop_short(self) -> None:
        left = [*self.queue, *(worker.chunk for worker in self.workers)]
        self.end()
        self.queue.clear()
        detail = f"the whole scan may take {self.limits.total:g} s"
        for chunk in left:
            for index, _ in chunk:
                gap = Gap(scanner="all", path=self.files[index].path, kind=GapKind.TIMEOUT, detail=detail)
                self._finish(FileResult(gaps=(gap,)))


def _cores() -> Sequence[int]:
    affinity = getattr(os, "sched_getaffinity", None)
    return sorted(affinity(0)) if affinity else range(os.cpu_count() or 1)


def _chunks(files: Sequence[FileChange], known: Container[int] = ()) -> list[Chunk]:
    """Split files that are not known into chunks of like cost, the largest files first, so that no worker is left with one
    at the end."""

    def cost(index: int) -> int:
        file = files[index]
        return sum(side.size for side in (file.before, file.after) if side is not None)

    chunks: list[Chunk] = [[]]
    size = 0
    for index in sorted((number for number in range(len(files)) if number not in known), key=cost, reverse=True):
        if chunks[-1] and (size + cost(index) > _CHUNK_BYTES or len(chunks[-1]) >= _CHUNK_FILES):
            chunks.append([])
            size = 0
        chunks[-1].append((index, []))
        size += cost(index)
    return [chunk for chunk in chunks if chunk]
