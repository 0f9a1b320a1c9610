"""Clearance in this process over labelled texts, and how answers are counted, ours and those of others alike."""

import os
import time
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

import msgspec

from benchmarks.measure import WORK
from benchmarks.sets.secrets.labelled import Labelled, Truth
from clearance.collect.memory import change_of
from clearance.facts.finding import Confidence
from clearance.scan.look import look_at
from clearance.wiring.furnish import builtin_furnish

_SECONDS = 30.0


class Said(NamedTuple):
    """One finding: lines from 1, the exact span where the tool tells it (code points), rule, whether it is sure."""

    first: int
    last: int
    rule: str
    span: tuple[int, int] | None = None
    sure: bool = True
    text: str | None = None


Answers = dict[str, list[Said]]
"""By path."""


class Clearance:
    """The families of one name in this process, as `clearance scan` would run them, without workers."""

    def __init__(self, *names: str, prompts: bool = False, people: Sequence[str] = ()) -> None:
        WORK.mkdir(exist_ok=True)
        environment = {**os.environ, "CLEARANCE_CACHE": str(WORK / "secrets-cache")}
        furnish = builtin_furnish(WORK, environment, sightings=False)
        everywhere = msgspec.structs.replace(furnish.personal, scan="all")
        wanted = msgspec.structs.replace(furnish, names=names, prompts=prompts, people=tuple(people), personal=everywhere)
        self.families, self.rules = wanted()
        if sorted(one.name for one in self.families) != sorted(names):
            raise SystemExit(f"no scanner family is called {' or '.join(names)}")
        self.gaps: list[str] = []
        self.busy = 0.0
        """Processor seconds spent so far."""

    def look(self, files: Sequence[Labelled], *, personal: bool = False) -> Answers:
        """Judge files as one change."""
        old = {one.path: one.before.encode() for one in files if one.before is not None}
        collected = change_of(old, {one.path: one.text.encode() for one in files})
        for family in self.families:
            family.start(collected.contents)
        texts = {one.path: one.text for one in files}
        answers: Answers = {}
        began = time.process_time()
        for file in collected.change.files:
            result = look_at(file, collected.contents, self.families, self.rules, seconds=_SECONDS)
            self.gaps += [f"{gap.kind.value} {gap.detail}" for gap in result.gaps if gap.matters]
            for one in result.findings:
                if one.family not in ("secrets", "personal") or not one.introduced:
                    continue
                if (one.secret is not None and one.secret.personal) != personal:
                    continue
                starts = _starts(texts[file.path])
                place = one.place
                end_line = place.end_line or place.line
                span = (starts[place.line - 1] + place.column - 1, starts[end_line - 1] + place.end_column - 1)
                sure = one.confidence is not Confidence.LOW
                answers.setdefault(file.path, []).append(Said(place.line, end_line, one.rule, span, sure))
        self.busy += time.process_time() - began
        return answers


@cache
def _starts(text: str) -> list[int]:
    starts = [0]
    at = text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return starts


def exact(truth: Truth, said: Iterable[Said], text: str) -> bool:
    """Whether some answer tells a span that is exact, or at least the text that stands there."""
    wanted = {text[begin:end] for begin, end in truth.spans}
    return any(
        one.span in truth.spans or (one.span is None and one.text in wanted) or _within(one.span, truth) for one in said
    )


def _within(span: tuple[int, int] | None, truth: Truth) -> bool:
    if span is None or not truth.inner:
        return False
    return any(begin <= span[0] and span[1] <= end and span[1] - span[0] >= truth.inner for begin, end in truth.spans)


def found(truth: Truth, said: Iterable[Said]) -> list[Said]:
    """Give the answers that touch a line of the secret."""
    return [one for one in said if one.first <= truth.last and one.last >= truth.first]


class Score(NamedTuple):
    """Counts over files by line: secrets found and missed, lines wrongly told."""

    hits: int
    misses: int
    wrong: int

    @property
    def recall(self) -> float:
        """Share of the secrets that were found."""
        return self.hits / max(1, self.hits + self.misses)

    @property
    def precision(self) -> float:
        """Share of what was told that is true."""
        return self.hits / max(1, self.hits + self.wrong)

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        return 2 * self.recall * self.precision / max(1e-9, self.recall + self.precision)


def wrong_lines(file: Labelled, said: Sequence[Said]) -> dict[int, Said]:
    """Give the lines that are told and hold no secret, with one answer each; a long answer counts once, where it begins."""
    lines: dict[int, Said] = {}
    for one in said:
        if any(one.first <= truth.last and one.last >= truth.first for truth in file.truths):
            continue
        if one.first not in file.open:
            lines.setdefault(one.first, one)
    return lines


def score(files: Iterable[Labelled], answers: Answers, *, sure: bool = False) -> Score:
    """Count; `sure` leaves out what is told with low confidence."""
    hits = misses = wrong = 0
    for file in files:
        said = [one for one in answers.get(file.path, ()) if one.sure or not sure]
        for truth in file.truths:
            if found(truth, said):
                hits += 1
            else:
                misses += 1
        wrong += len(wrong_lines(file, said))
    return Score(hits, misses, wrong)


def line_at(text: str, offset: int) -> int:
    """Give the line of an offset, from 1."""
    return bisect_right(_starts(text), offset)
