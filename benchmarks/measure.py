"""What benchmarks share: a work folder, timing of whole commands with the memory of all their processes, tables."""

import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

WORK = Path(__file__).parent / ".work"
CLEARANCE = str(Path(sys.executable).parent / "clearance")


class Run(NamedTuple):
    """Seconds of wall clock, seconds of processor time of all processes, peak memory in MiB of the largest process and of
    all together, exit code."""

    seconds: float
    busy: float
    largest_mib: float
    together_mib: float
    code: int


def command(arguments: Sequence[str], *, cwd: Path, environment: dict[str, str] | None = None) -> Run:
    """Run a command once; memory is sampled every 5 ms over the process and its children (Linux)."""
    # An installed program has its modules compiled; where this variable is set, each run would compile them anew.
    given = {name: value for name, value in (environment or os.environ).items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    process = subprocess.Popen(arguments, cwd=cwd, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = [0.0]
    watcher = threading.Thread(target=_watch, args=(process, peak), daemon=True)
    if sys.platform == "linux":
        watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if watcher.is_alive():
        watcher.join()
    scale = 1024 if sys.platform == "linux" else 1024 * 1024
    busy = usage.ru_utime + usage.ru_stime
    return Run(seconds, busy, usage.ru_maxrss / scale, peak[0], process.returncode)


def _watch(process: "subprocess.Popen[bytes]", peak: list[float]) -> None:
    """Sum the proportional set size (shared pages counted once) of the process and all below it."""
    while process.returncode is None:
        try:
            pids = _below(process.pid)
            total = sum(_pss(pid) for pid in pids)
        except OSError:
            return
        peak[0] = max(peak[0], total)
        time.sleep(0.005)


def _below(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        try:
            text = Path(f"/proc/{one}/task/{one}/children").read_text(encoding="ascii")
        except FileNotFoundError:
            continue
        found += [int(child) for child in text.split()]
    return found


def _pss(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        pass
    return 0.0


def repeat(run: Callable[[], Run], times: int, warm: int = 1) -> list[Run]:
    """Run several times, after warm runs that do not count."""
    for _ in range(warm):
        run()
    return [run() for _ in range(times)]


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table with the machine's load, which says how far the figures can be trusted."""
    widths = [max(len(row[n]) for row in [header, *rows]) for n in range(len(header))]
    print(f"\n{title}")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}")
    for row in [header, ["-" * width for width in widths], *rows]:
        print(
            "  ".join(
                cell.ljust(width) if n == 0 else cell.rjust(width)
                for n, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
        )
    sys.stdout.flush()
