"""How right and how fast the analysis of code is: Clearance and its peers over the labelled sets of `benchmarks/sets`.

Options are written `--name=value` or `--name`. `--set=web,snippets`, `--language=python,go`, `--part=dev` choose cases;
`--peers=no` runs Clearance alone; `--only=accuracy` and `--only=speed` print half of the tables. `--show` lists the cases of
the part `dev` that were missed or wrongly found, `--case=NAME` prints a case of `dev` with what is found in it. With
`--held` both do so for the part `held`, too: that is for whoever examines, never for whoever tunes.
"""

import os
import statistics
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks.measure import CLEARANCE, WORK, command, table
from benchmarks.peers import run_peers
from benchmarks.scan import django, python_alone
from benchmarks.sets.cases import LANGUAGES, SETS, Case, right
from benchmarks.sets.make import cases
from clearance.collect.memory import change_of
from clearance.facts.finding import Confidence, Severity
from clearance.rules.model import Rule
from clearance.scan.look import AnyFamily, look_at
from clearance.wiring.furnish import builtin_furnish

_SECONDS = 10.0
_Z = 1.96


class Said(NamedTuple):
    """A finding: its weaknesses, rule and place; `sure`: confidence is above low; `medium`: severity is, too."""

    cwe: tuple[str, ...]
    rule: str
    place: str
    sure: bool = True
    medium: bool = True


class Answer(NamedTuple):
    """What one tool said about one case. `gaps` are things it could not look at."""

    case: Case
    said: tuple[Said, ...]
    seconds: float = 0.0
    gaps: tuple[str, ...] = ()


def main() -> None:
    """Print the tables that the options ask for."""
    options = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
    ours = _Clearance()
    if "case" in options:
        _one(options["case"], ours, held="held" in options)
        return
    if options.get("only") != "speed":
        _accuracy(options, ours)
    if options.get("only") != "accuracy":
        _speed(ours)


class _Clearance:
    """Clearance in this process, as `clearance check` would run it, without workers."""

    def __init__(self) -> None:
        WORK.mkdir(exist_ok=True)
        environment = {**os.environ, "CLEARANCE_CACHE": str(WORK / "code-cache")}
        furnish = builtin_furnish(WORK, environment, sightings=False)
        families, self.rules = furnish()
        self.families: Sequence[AnyFamily] = [one for one in families if one.name in ("code", "secrets")]

    def look(self, case: Case) -> Answer:
        """Judge the case as a change that adds its files."""
        began = time.perf_counter()
        said, gaps = look(case.files, self.families, self.rules)
        return Answer(case, said, time.perf_counter() - began, gaps)


def look(
    files: Iterable[tuple[str, str]], families: Sequence[AnyFamily], rules: dict[str, Rule] | object
) -> tuple[tuple[Said, ...], tuple[str, ...]]:
    """Look at files as at one change; gives findings and what could not be looked at."""
    collected = change_of({}, {path: text.encode() for path, text in files})
    for family in families:
        family.start(collected.contents)
    said, gaps = [], []
    for file in collected.change.files:
        result = look_at(file, collected.contents, families, rules, seconds=_SECONDS)  # type: ignore[arg-type]
        gaps += [f"{gap.kind.value} {gap.detail}" for gap in result.gaps if gap.matters]
        for one in result.findings:
            medium = one.severity is not Severity.LOW and one.confidence is not Confidence.LOW
            place = f"{one.place.path}:{one.place.line}"
            said.append(Said(one.cwe, one.rule, place, one.confidence is not Confidence.LOW, medium))
    return tuple(said), tuple(gaps)


def _accuracy(options: dict[str, str], ours: _Clearance) -> None:
    wanted = [
        case
        for set_ in options.get("set", ",".join(SETS)).split(",")
        for language in options.get("language", ",".join(LANGUAGES)).split(",")
        for case in cases(set_, language)
        if options.get("part", case.part) == case.part
    ]
    answers = {"clearance": [ours.look(case) for case in wanted]}
    if options.get("peers") != "no":
        for tool, by_case in run_peers(wanted).items():
            answers[tool] = [
                Answer(case, tuple(Said(*one) for one in by_case[case.name])) for case in wanted if case.name in by_case
            ]
    _print_pairs(answers)
    _print_classes(answers["clearance"])
    _print_good(answers)
    times = [answer.seconds for answer in answers["clearance"]]
    if times:
        print(f"\nseconds per case: median {statistics.median(times):.4f}, worst {max(times):.3f}, all {sum(times):.1f}")
    gaps = Counter(gap for answer in answers["clearance"] for gap in answer.gaps)
    if gaps:
        print("could not look:", ", ".join(f"{count} × {gap}" for gap, count in gaps.most_common(5)))
    if "show" in options:
        _show(answers["clearance"], held="held" in options)


class Rates(NamedTuple):
    """Counts of a group of pairs: weak cases found and all, safe cases wrongly found and all."""

    found: int
    weak: int
    wrong: int
    safe: int

    @property
    def tpr(self) -> float:
        """Share of the weak cases that were found."""
        return self.found / self.weak if self.weak else 0.0

    @property
    def fpr(self) -> float:
        """Share of the safe cases in which something of their class was found."""
        return self.wrong / self.safe if self.safe else 0.0

    def row(self) -> tuple[str, ...]:
        """TPR, FPR with Wilson's intervals, J with Newcombe's, in points."""
        low, high = wilson(self.found, self.weak)
        less, more = wilson(self.wrong, self.safe)
        j = self.tpr - self.fpr
        under = j - ((self.tpr - low) ** 2 + (more - self.fpr) ** 2) ** 0.5
        over = j + ((high - self.tpr) ** 2 + (self.fpr - less) ** 2) ** 0.5
        return (
            f"{100 * self.tpr:.0f} [{100 * low:.0f}-{100 * high:.0f}]",
            f"{100 * self.fpr:.1f} [{100 * less:.0f}-{100 * more:.0f}]",
            f"{100 * j:.0f} [{100 * under:.0f}-{100 * over:.0f}]",
        )


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    if not of:
        return 0.0, 1.0
    share, square = hits / of, _Z * _Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z / (1 + square / of) * (share * (1 - share) / of + square / (4 * of * of)) ** 0.5
    return max(0.0, middle - half), min(1.0, middle + half)


def rates(answers: Iterable[Answer], *, sure: bool) -> Rates:
    """Count; `sure` leaves out findings of confidence low."""
    counts = Counter((answer.case.side, _hit(answer, sure=sure)) for answer in answers)
    found, missed = counts["weak", True], counts["weak", False]
    wrong, clean = counts["safe", True], counts["safe", False]
    return Rates(found, found + missed, wrong, wrong + clean)


def _hit(answer: Answer, *, sure: bool) -> bool:
    return any(right(answer.case.labels, one.cwe) for one in answer.said if one.sure or not sure)


def _print_pairs(answers: dict[str, list[Answer]]) -> None:
    rows = []
    for set_ in SETS:
        for language in LANGUAGES:
            for part in ("dev", "held"):
                for tool, given in answers.items():
                    group = [
                        answer
                        for answer in given
                        if answer.case.side != "good"
                        and (answer.case.set, answer.case.language, answer.case.part) == (set_, language, part)
                    ]
                    if not group:
                        continue
                    every, sure = rates(group, sure=False), rates(group, sure=True)
                    safe = [answer for answer in group if answer.case.side == "safe"]
                    any_ = sum(any(one.sure for one in answer.said) for answer in safe)
                    rows.append(
                        (
                            f"{set_} {language} {part}",
                            tool,
                            str(every.weak),
                            *every.row(),
                            *sure.row(),
                            f"{100 * any_ / max(1, len(safe)):.1f}",
                        )
                    )
    if rows:
        table(
            "Pairs: found in the right class, in points [95 %]; all, then without confidence low; any class on safe",
            ("set", "tool", "pairs", "TPR", "FPR", "J", "TPR medium+", "FPR medium+", "J medium+", "any on safe"),
            rows,
        )


def _print_classes(answers: list[Answer]) -> None:
    groups: dict[tuple[str, str], list[Answer]] = defaultdict(list)
    for answer in answers:
        if answer.case.set == "web":
            groups[answer.case.language, answer.case.group].append(answer)
    rows = []
    for (language, group), given in groups.items():
        parts = []
        for part in ("dev", "held"):
            one = rates([answer for answer in given if answer.case.part == part], sure=True)
            parts += [f"{one.found}/{one.weak}", f"{one.wrong}/{one.safe}", f"{100 * (one.tpr - one.fpr):.0f}"]
        rows.append((f"{language} {group}", *parts))
    if rows:
        table(
            "Web by class, medium+: found, wrongly found, J",
            ("class", "dev found", "dev wrong", "dev J", "held found", "held wrong", "held J"),
            rows,
        )
        for language in dict.fromkeys(language for language, _ in groups):
            js = []
            for part in ("dev", "held"):
                ones = [
                    rates([answer for answer in given if answer.case.part == part], sure=True)
                    for (of, _), given in groups.items()
                    if of == language
                ]
                js.append(statistics.mean([100 * (one.tpr - one.fpr) for one in ones if one.weak] or [0.0]))
            print(f"mean of classes, {language}: J dev {js[0]:.1f}, held {js[1]:.1f}")


def _print_good(answers: dict[str, list[Answer]]) -> None:
    rows = []
    for language in LANGUAGES:
        for part in ("dev", "held"):
            for tool, given in answers.items():
                group = [
                    answer
                    for answer in given
                    if answer.case.side == "good" and (answer.case.language, answer.case.part) == (language, part)
                ]
                if group:
                    medium = sum(any(one.medium for one in answer.said) for answer in group)
                    any_ = sum(bool(answer.said) for answer in group)
                    low, high = (100 * one for one in wilson(medium, len(group)))
                    rows.append(
                        (
                            f"{language} {part}",
                            tool,
                            str(len(group)),
                            f"{100 * medium / len(group):.1f} [{low:.0f}-{high:.0f}]",
                            f"{100 * any_ / len(group):.1f}",
                        )
                    )
    if rows:
        table("Known good: files with a finding, per cent", ("set", "tool", "files", "medium+", "any"), rows)


def _show(answers: list[Answer], *, held: bool) -> None:
    for answer in answers:
        case = answer.case
        if case.part == "held" and not held:
            continue
        said = (
            " ".join(f"{one.rule}({','.join(one.cwe)}{'' if one.sure else ' low'})@{one.place}" for one in answer.said)
            or "nothing"
        )
        if case.side == "weak" and not _hit(answer, sure=True):
            low = "LOW  " if _hit(answer, sure=False) else "MISS "
            print(f"{low} {case.name} [{' '.join(case.labels)}] said: {said}")
        elif case.side == "safe" and _hit(answer, sure=False):
            print(f"WRONG {case.name} [{' '.join(case.labels)}] said: {said}")
        elif case.side != "weak" and answer.said:
            print(f"OTHER {case.name} said: {said}")


def _one(name: str, ours: _Clearance, *, held: bool) -> None:
    set_, language, *_ = name.split("/")
    for case in cases(set_, language):
        if case.name.startswith(name) and (case.part == "dev" or held):
            print(f"=== {case.name} [{' '.join(case.labels)}]")
            for path, text in case.files:
                print(f"--- {path}\n{text}")
            for one in ours.look(case).said:
                print("   ", *one)


def _speed(ours: _Clearance) -> None:
    top = django()
    files = _cut(top)
    code = [one for one in ours.families if one.name == "code"]
    for path, text in files[:5]:
        look([(path, text)], ours.families, ours.rules)
    rows = []
    for name, families in (("code", code), ("code and secrets", ours.families)):
        times = []
        for path, text in files[5:]:
            began = time.perf_counter()
            look([(path, text)], families, ours.rules)
            times.append(1000 * (time.perf_counter() - began))
        times.sort()
        rows.append(
            (
                name,
                str(len(times)),
                f"{statistics.median(times):.1f}",
                f"{times[int(0.95 * len(times))]:.1f}",
                f"{times[-1]:.1f}",
            )
        )
    table("A Python file of 200 lines in a warm process, milliseconds", ("families", "files", "p50", "p95", "worst"), rows)
    folder = python_alone(top)
    lines = sum(path.read_bytes().count(b"\n") for path in folder.rglob("*.py"))
    cache = WORK / f"code-scan-cache-{os.getpid()}"
    environment = {**os.environ, "CLEARANCE_CACHE": str(cache)}
    run = partial(command, [CLEARANCE, "scan", "."], cwd=folder, environment=environment)
    rows = []
    for name in ("cold cache", "warm cache"):
        one = run()
        rows.append(
            (name, f"{one.seconds:.1f}", f"{one.busy:.1f}", f"{lines / one.seconds:,.0f}", f"{one.together_mib:.0f}")
        )
    table(
        f"`clearance scan` over Django's Python files ({lines:,} lines), all families",
        ("run", "seconds", "processor s", "lines/s", "MiB together"),
        rows,
    )


def _cut(top: Path, wanted: int = 45, length: int = 200) -> list[tuple[str, str]]:
    """Give the heads of files of the framework, each cut before a top-level statement at about 200 lines."""
    files = []
    for path in sorted((top / "django").rglob("*.py")):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)
        if len(lines) < length:
            continue
        end = next((n for n in range(length, len(lines)) if lines[n][:1].isalpha() or lines[n][:1] == "@"), len(lines))
        if end < length * 1.15:
            files.append((str(path.relative_to(top)), "".join(lines[:end])))
    step = max(1, len(files) // wanted)
    return files[::step][:wanted]
