"""A company's rules in Rego as a judge beside the policies: `.clearance/rego/*.rego` of the base of a change.

Rules are read before they run: what a process may not be asked for, what nobody would notice to be wrong (an input that does
not exist), and Rego v0 are refused with file and line. The rules run in a process of their own
(`scan/imported/rego/judge.py`) that is started with the first question and kept; what goes wrong there is a denial.
"""

import contextlib
import importlib.util
import json
import os
import re
import selectors
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from clearance.decide.judges import KEYS, Saying
from clearance.decide.policy_set import Policies
from clearance.facts.decision import Verdict
from clearance.facts.fact import digest
from clearance.facts.text import visible
from clearance.wiring.places import TEAM_REGO
from clearance.wiring.rego_text import read_rules

SECONDS = 10.0
"""For one case, the start of the process not counted; and for that start."""
_PROCESSOR_SECONDS = 600
_MEBIBYTES = 1024
_MOST_DOCUMENT = 32 << 20
_MOST_ANSWER = 4 << 20
_MOST_KEPT = 512
_NO_ANSWER = "the process gave no answer that can be read: {}"


class RegoJudge:
    """The rules of a team. `SECONDS` bound each answer; what was answered is remembered by the digest of its document."""

    def __init__(self, files: Mapping[str, str], *, seconds: float = SECONDS, mebibytes: int = _MEBIBYTES) -> None:
        self._files = dict(sorted(files.items()))
        self._seconds, self._mebibytes = seconds, mebibytes
        self.digest = digest({"rego": self._files, "document": KEYS})
        self._asked, self._where, faults = read_rules(self._files)
        self._problems = [_denied("rego", why) for why in faults]
        self._turn = threading.Lock()
        self.names: Sequence[tuple[str, str]] = tuple(
            (f"rego:{package}", where) for package, where in sorted(self._where.items())
        )
        self._process: subprocess.Popen[bytes] | None = None
        self._known: dict[str, tuple[Saying, ...]] = {}

    @property
    def problems(self) -> tuple[Saying, ...]:
        """What keeps the rules from being asked, with file and line."""
        return tuple(self._problems)

    def faults(self) -> tuple[str, ...]:
        """Say what keeps the rules from being asked, with file and line; for that they are handed to their process."""
        with self._turn:
            found = self._problems or ([] if self._process else self._opened())
        return tuple(why for one in found for why in one.about)

    def _opened(self) -> list[Saying]:
        try:
            self._start()
        except _Silent as error:
            self.close()
            return [self._lost(str(error))]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            self.close()
            return [self._lost(_NO_ANSWER.format(type(error).__name__))]
        return []

    def judge(self, document: Mapping[str, Any]) -> tuple[Saying, ...]:
        """Ask the rules about a case; as `clearance.decide.judges.Judge`."""
        if self._problems:
            return tuple(self._problems)
        try:
            line = json.dumps(document, sort_keys=True).encode("utf-8")
        except (ValueError, RecursionError) as error:
            return (self._lost(f"the case cannot be written down: {error}"),)
        if len(line) > _MOST_DOCUMENT:
            return (self._lost(f"the case is larger than {_MOST_DOCUMENT >> 20} MiB"),)
        name = digest({"document": line.decode("utf-8")})
        with self._turn:  # one pipe, one question at a time
            if name not in self._known:
                said = self._ask(line)
                if any(one.could_not_look for one in said):
                    return said
                if len(self._known) >= _MOST_KEPT:
                    self._known.clear()
                self._known[name] = said
            return self._known[name]

    def _ask(self, line: bytes) -> tuple[Saying, ...]:
        try:
            process = self._process or self._start()
            answer = _exchange(process, line, self._seconds)
            errors, said = dict(answer["errors"]), dict(answer["said"])
            found = [self._lost(f"{one}: {visible(str(why))}", one) for one, why in sorted(errors.items())]
            for package, rules in sorted(said.items()):
                found += _sayings(package, rules, self._where[package])
        except _Silent as error:
            self.close()
            return (self._lost(str(error)),)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            self.close()
            return (self._lost(_NO_ANSWER.format(type(error).__name__)),)
        return tuple(found)

    def _start(self) -> "subprocess.Popen[bytes]":
        if importlib.util.find_spec("regopy") is None:
            raise _Silent("rules in Rego need the library regopy, which is not installed: pip install 'clearance[rego]'")
        process = subprocess.Popen(
            [
                sys.executable, "-I", "-m", "clearance.scan.imported.rego.judge",
                str(_PROCESSOR_SECONDS), str(self._mebibytes),
            ],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={}, cwd="/",
            start_new_session=True,
        )  # fmt: skip
        self._process = process
        self._finish = weakref.finalize(self, _end, process)
        first = json.dumps({"modules": _rules(self._files), "asked": self._asked}).encode("utf-8")
        problems = _exchange(process, first, self._seconds)["problems"]
        if problems:
            path, why = min(problems.items())
            raise _Silent(f"{path}:{_line_in(why, path, self._files[path])}: no Rego: {_first(why)}")
        return process

    def close(self) -> None:
        """End the process, if there is one; the next question starts another."""
        if self._process is not None:
            self._process = None
            self._finish()

    def _lost(self, why: str, package: str = "") -> Saying:
        where = self._where.get(package) or next(iter(self._files), TEAM_REGO)
        return _denied(f"rego:{package}" if package else "rego", why if ":" in why.partition(" ")[0] else f"{where}: {why}")


def faults_of(policies: Policies) -> tuple[str, ...]:
    """Say what keeps a team's rules in Rego from being asked; nothing where there are none, or nothing is wrong."""
    return policies.judge.faults() if isinstance(policies.judge, RegoJudge) else ()


def _rules(files: Mapping[str, str]) -> dict[str, str]:
    return {path: text for path, text in files.items() if not path.endswith("_test.rego")}


class _Silent(Exception):
    """There is no answer, and why."""


def _end(process: "subprocess.Popen[bytes]") -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
    with contextlib.suppress(OSError):
        process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)


def _exchange(process: "subprocess.Popen[bytes]", line: bytes, seconds: float) -> dict[str, Any]:
    """Write a line, read a line, both within a time.

    Raises:
        _Silent: it took longer, said too much, or ended.
    """
    if process.stdin is None or process.stdout is None:
        raise _Silent("the process has no pipes")
    deadline = time.monotonic() + seconds
    into, out = process.stdin.fileno(), process.stdout.fileno()
    os.set_blocking(into, False)
    left, said = memoryview(line + b"\n"), bytearray()
    with selectors.DefaultSelector() as waiting:
        waiting.register(out, selectors.EVENT_READ)
        waiting.register(into, selectors.EVENT_WRITE)
        while not said.endswith(b"\n"):
            ready = waiting.select(max(0.0, deadline - time.monotonic()))
            if not ready or time.monotonic() > deadline:
                raise _Silent(f"no answer after {seconds:g} seconds: make the rules cheaper")
            for key, _ in ready:
                if key.fd == into:
                    try:
                        left = left[os.write(into, left[: 1 << 16]) :]
                    except BlockingIOError:
                        continue
                    except BrokenPipeError:
                        raise _Silent("the process of the rules ended: too much memory, or it crashed") from None
                    if not left:
                        waiting.unregister(into)
                else:
                    piece = os.read(out, 1 << 16)
                    said += piece
                    if not piece:
                        raise _Silent("the process of the rules ended: too much memory or time, or it crashed")
                    if len(said) > _MOST_ANSWER:
                        raise _Silent(f"the rules say more than {_MOST_ANSWER >> 20} MiB")
    answer: dict[str, Any] = json.loads(said)
    return answer


def _sayings(package: str, rules: Mapping[str, Sequence[str]], where: str) -> Iterator[Saying]:
    """Give one saying for the denials of a package and one for its warnings."""
    for verdict in (Verdict.DENY, Verdict.ASK):
        spoken = [said for rule, said in rules.items() if rule.startswith("warn") is (verdict is Verdict.ASK)]
        told = sorted({visible(str(one)) for said in spoken for one in said})
        if told:
            yield Saying(
                judge=f"rego:{package}",
                verdict=verdict,
                why=told[0] if len(told) == 1 else f"{told[0]} (and {len(told) - 1} more)",
                fix=f"{where} says it",
                about=tuple(told),
            )


def _denied(judge: str, why: str) -> Saying:
    return Saying(
        judge=judge,
        verdict=Verdict.DENY,
        why="the company's rules in Rego could not be asked, and what could not be asked is denied",
        fix="mend the file that the message names; `clearance policy test` asks the rules",
        about=(visible(why)[:600],),
        could_not_look=True,
    )


def _first(why: str) -> str:
    found = re.search(r"errormsg \d+:([^)\n]*)", why)
    return (found[1] if found else " ".join(why.split()))[:160]


def _line_in(why: str, path: str, text: str) -> int:
    """Find the line of a syntax error, which the library tells as a place in bytes."""
    found = re.search(re.escape(path) + r"\|(\d+)\|", why)
    return text.encode("utf-8")[: int(found[1])].count(b"\n") + 1 if found else 1
