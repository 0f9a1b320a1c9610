"""Asks other scanners about a change: lays its files out, plants a canary, runs each tool, believes no empty answer.

A tool sees only files of the kinds that it reads, without the settings, ignore lists and hooks of the repository, in a
folder of ours with a home of ours; on Linux, where the system lets us, it has no network. It is alive when it reports
each canary and, where it counts, read as many files as were laid out. A tool for which there is nothing to read is not
started.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from clearance.facts.change import Contents, FileChange, Mode
from clearance.facts.errors import ClearanceError, CouldNotLook, UsageError
from clearance.facts.finding import Gap, GapKind
from clearance.facts.text import visible
from clearance.scan.imported.opinion import Opinion, Raw
from clearance.scan.imported.runners import Runner, audited, canaries, names, program_of, reads, runner, switches

_LARGEST = 8 << 20
_MOST_OUTPUT = 512 << 20
_MOST_ERRORS = 16 << 20
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "TMPDIR")
_CANARY = "clearance_canary"


class Asked(NamedTuple):
    """A tool to ask, and where the user's rules for it lie."""

    tool: str
    rules: Path | None = None


class _Started(NamedTuple):
    asked: Asked
    runner: Runner
    folder: Path
    canaries: tuple[str, ...]
    laid: frozenset[str]
    gaps: tuple[Gap, ...]
    process: "subprocess.Popen[bytes] | None"
    output: BinaryIO
    errors: BinaryIO | None = None


def read_asked(texts: Sequence[str], environment: Mapping[str, str]) -> tuple[Asked, ...]:
    """Read what a person wrote: `bandit`, `semgrep=rules/`.

    Raises:
        UsageError: no such tool, not installed, or its rules are missing.
    """
    asked = []
    for text in dict.fromkeys(texts):
        tool, _, rules = text.partition("=")
        if tool not in names():
            raise UsageError(
                f"no runner for {tool!r}", next=f"known: {', '.join(names())}; for other tools give their SARIF"
            )
        if program_of(tool, environment) is None:
            raise UsageError(f"{tool} is not installed", next=f"install it so that `{tool}` can be called, or leave it out")
        if runner(tool).NEEDS_RULES and not rules:
            raise UsageError(f"{tool} brings no rules of its own", next=f"name a file or folder of rules: {tool}=DIR")
        place = Path(rules).resolve() if rules else None
        if place is not None and not place.exists():
            raise UsageError("no such file or folder", where=rules, next=f"name where the rules for {tool} lie")
        asked.append(Asked(tool, place))
    return tuple(asked)


class Panel:
    """Tools that are asked about one change. `begin` starts them and comes back at once, `finish` waits for answers."""

    def __init__(self, asked: Sequence[Asked], environment: Mapping[str, str], seconds: float) -> None:
        self.asked = tuple(asked)
        self._environment = environment
        self._seconds = seconds
        self._started: list[_Started] = []
        self._work: Path | None = None
        self._end = 0.0

    def __bool__(self) -> bool:
        return bool(self.asked)

    def begin(self, files: Sequence[FileChange], contents: Contents) -> None:
        """Lay the files out and start all tools."""
        if not self.asked:
            return
        self._work = Path(tempfile.mkdtemp(prefix="clearance-panel-"))
        self._end = time.monotonic() + self._seconds
        for number, asked in enumerate(self.asked):
            self._started.append(self._start(asked, self._work / str(number), files, contents))

    def finish(self) -> list[Opinion]:
        """Give what each tool says; one that says nothing believable leaves a gap."""
        try:
            return [self._answer(one) for one in self._started]
        finally:
            self.end()

    def end(self) -> None:
        """Leave no process and no file behind."""
        for one in self._started:
            if one.process is not None:
                _kill(one.process)
            one.output.close()
            if one.errors is not None:
                one.errors.close()
        self._started = []
        if self._work is not None:
            shutil.rmtree(self._work, ignore_errors=True)
            self._work = None

    def _start(self, asked: Asked, work: Path, files: Sequence[FileChange], contents: Contents) -> _Started:
        tool = runner(asked.tool)
        folder, scratch, home = work / "files", work / "scratch", work / "home"
        for one in (folder, scratch, home):
            one.mkdir(parents=True, mode=0o700)
        laid, gaps = _lay_out(asked.tool, tool, folder, files, contents)
        output = (work / "output").open("w+b")
        if not laid:
            return _Started(asked, tool, folder, (), laid, gaps, None, output)
        planted = tuple(_plant(folder, canaries(tool, sorted(laid))))
        (folder / ".semgrepignore").touch()  # else Semgrep leaves out tests and more
        environment = {
            **{key: value for key, value in self._environment.items() if key in _KEPT},
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home),
            "XDG_CACHE_HOME": str(home),
            "NO_COLOR": "1",
            "PYTHONSAFEPATH": "1",
            "SEMGREP_SEND_METRICS": "off",
            "SEMGREP_ENABLE_VERSION_CHECK": "0",
            "SEMGREP_USER_AGENT_APPEND": "clearance",
            "GOFLAGS": "-mod=mod",
            "GOPROXY": "off",
            **switches(tool),
        }
        errors = (work / "errors").open("w+b") if hasattr(tool, "audited") else None
        process = None
        program = program_of(asked.tool, self._environment) or asked.tool
        try:
            process = subprocess.Popen(
                [*_alone(), *tool.command(program, asked.rules, scratch, [*sorted(laid), *planted])],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors or subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            gaps = (
                *gaps,
                Gap(scanner=asked.tool, path="", kind=GapKind.CRASH, detail=error.strerror or "cannot be started"),
            )
        return _Started(asked, tool, folder, planted, laid, gaps, process, output, errors)

    def _answer(self, one: _Started) -> Opinion:
        name = one.asked.tool

        def gap(kind: GapKind, detail: str) -> Opinion:
            return Opinion(tool=name, files=0, gaps=(*one.gaps, Gap(scanner=name, path="", kind=kind, detail=detail)))

        if one.process is None:
            return Opinion(tool=name, files=0, gaps=one.gaps)
        try:
            code = one.process.wait(max(0.0, self._end - time.monotonic()))
        except subprocess.TimeoutExpired:
            return gap(GapKind.TIMEOUT, f"after {self._seconds:g} s")
        one.output.seek(0)
        data = one.output.read(_MOST_OUTPUT + 1)
        if len(data) > _MOST_OUTPUT:
            return gap(GapKind.TOO_LARGE, "it wrote more than 512 MiB")
        if code not in one.runner.GOOD_EXITS:
            return gap(GapKind.CRASH, f"it ended with {code}")
        try:
            opinion = one.runner.parse(data)
        except (ValueError, msgspec.DecodeError, RecursionError) as error:
            return gap(GapKind.CRASH, f"its answer cannot be read: {str(error)[:200]}")
        return _proved(one, opinion)


def _lay_out(
    name: str, tool: Runner, folder: Path, files: Sequence[FileChange], contents: Contents
) -> tuple[frozenset[str], tuple[Gap, ...]]:
    """Write the files that a tool reads."""
    laid, gaps = set(), []
    for file in files:
        if file.after is None or file.after.mode not in (Mode.FILE, Mode.EXECUTABLE) or not reads(tool, file.path):
            continue
        if file.partial:
            gaps.append(Gap(scanner=name, path=file.path, kind=GapKind.PARTIAL))
            continue
        if file.after.size > _LARGEST:
            gaps.append(Gap(scanner=name, path=file.path, kind=GapKind.TOO_LARGE, detail=f"{file.after.size:,} bytes"))
            continue
        pieces = file.path.split("/")
        place = folder.joinpath(*pieces)
        if any(piece in ("", ".", "..") for piece in pieces) or pieces[0] == _CANARY:
            gaps.append(Gap(scanner=name, path=file.path, kind=GapKind.UNREADABLE, detail="its path cannot be laid out"))
            continue
        try:
            data = contents.read(file.path, "after", _LARGEST)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        except (CouldNotLook, ClearanceError, KeyError, OSError, ValueError) as error:
            gaps.append(Gap(scanner=name, path=file.path, kind=GapKind.UNREADABLE, detail=visible(str(error))[:200]))
        else:
            laid.add(file.path)
    return frozenset(laid), tuple(gaps)


def _proved(one: _Started, opinion: Opinion) -> Opinion:
    """Insist on the canary and on the count of files; give paths as the change writes them."""
    name = one.asked.tool
    root = f"{one.folder.resolve()}/"
    written = f"{one.folder}/"
    seen: set[str] = set()
    raws: list[Raw] = []
    for raw in opinion.raws:
        path = raw.path.removeprefix(root).removeprefix(written).removeprefix("./")
        if path.startswith(f"{_CANARY}/"):
            seen.add(path)
        elif path in one.laid:
            raws.append(raw._replace(path=path, rule=_own(raw.rule)))
    gaps = [*one.gaps]
    for gap in opinion.gaps:
        path = gap.path.removeprefix(root).removeprefix(written).removeprefix("./")
        gaps.append(msgspec.structs.replace(gap, path=path if path in one.laid else ""))
    alive = seen.issuperset(one.canaries)
    if not alive:
        detail = "it did not report what was planted for it: its answer proves nothing"
        gaps.append(Gap(scanner=name, path="", kind=GapKind.CRASH, detail=detail))
    gaps.extend(_left_out(one, {gap.path for gap in gaps}))
    files = opinion.files - len(one.canaries) if opinion.files >= 0 else -1
    unread = {gap.path for gap in gaps if gap.path in one.laid}
    asked = len(one.laid) - len(unread)
    if 0 <= files < asked:
        gaps.append(Gap(scanner=name, path="", kind=GapKind.CRASH, detail=f"it read {files} of {asked} files"))
    return Opinion(
        tool=name,
        version=opinion.version,
        raws=tuple(raws),
        files=(files if files >= 0 else asked) if alive else 0,
        gaps=tuple(dict.fromkeys(gaps)),
    )


def _left_out(one: _Started, told: AbstractSet[str]) -> Iterator[Gap]:
    """Tell the files that a tool, by its own account, did not look at."""
    if one.errors is None:
        return
    one.errors.seek(0)
    looked = audited(one.runner, one.errors.read(_MOST_ERRORS))
    for path in sorted(one.laid - told - looked) if looked is not None else ():
        yield Gap(scanner=one.asked.tool, path=path, kind=GapKind.UNPARSED, detail="it did not look at it")


def _plant(folder: Path, wanted: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Write canaries, and give their paths."""
    for name, text in wanted:
        place = folder / _CANARY / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        yield f"{_CANARY}/{name}"


@lru_cache(maxsize=1)
def _alone() -> tuple[str, ...]:
    """Give the words that take the network away from a program, where the system knows and allows them."""
    unshare = shutil.which("unshare", path="/usr/bin:/bin") if sys.platform == "linux" else None
    if unshare is None:
        return ()
    words = (unshare, "--user", "--net", "--")
    try:
        tried = subprocess.run([*words, "true"], env={"PATH": "/usr/bin:/bin"}, capture_output=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return words if tried.returncode == 0 else ()


def _own(rule: str) -> str:
    """A rule's name without the folders of this machine that Semgrep puts before it."""
    return re.sub(r"^(?:tmp|home|root|var|Users|private|work|opt|srv|mnt)\.(?:[\w-]+\.)*", "", rule)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(OSError):  # its children, too, where it left some behind
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        process.wait(5)
