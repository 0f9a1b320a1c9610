"""What each rule does in the labelled sets: cases told rightly, cases told wrongly, by rule.

Options: `--only=code,secrets,infrastructure` runs some of the sets; `--write` puts the counts into the package
(`src/clearance/rules/effect.json`), from where `clearance rules effect` tells them; sets that were not run stay as they are.
Counts of the part `held` say how many cases a rule missed, never which.

What guidance does to an assistant that reads it is not measured here: that would take many runs of a model, and what came
out would be of that model. Guidance has tokens, and no effect that anybody claims.
"""

import hashlib
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from benchmarks.code import Answer, _Clearance
from benchmarks.infrastructure import _Clearance as _Infrastructure
from benchmarks.infrastructure import told
from benchmarks.measure import table
from benchmarks.sets.cases import LANGUAGES, SETS, right
from benchmarks.sets.infrastructure import KINDS, labelled
from benchmarks.sets.make import cases
from benchmarks.sets.secrets.corpus import corpus, digest
from benchmarks.sets.secrets.judge import Clearance, found, wrong_lines
from benchmarks.sets.secrets.labelled import Labelled
from benchmarks.sets.secrets.matrix import near_misses
from benchmarks.sets.secrets.vendors import vendors
from clearance import __version__
from clearance.rules.effect import NAME, Counts, MeasuredSet, detection, joined, read_effect, write_effect
from clearance.rules.model import Rule
from clearance.stores.pages import BUILTIN

Part = Literal["dev", "held"]
_PARTS: tuple[Part, Part] = ("dev", "held")
_ABOUT = {
    "code": "pairs of weak and safe code, and known-good files, in four languages; told at medium confidence or more",
    "secrets": "tokens of vendors, credentials in composed files, near misses; told at medium confidence or more",
    "infrastructure": "pairs of bad and repaired configuration; whole good files count as clean in dev",
}


class _Tally:
    """Counts by rule while a set is gone through."""

    def __init__(self) -> None:
        self.caught: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()
        self.clean: Counter[str] = Counter()
        self.cases = 0
        self.seen: list[str] = []

    def set(self, name: str, part: Part, rules: dict[str, Rule]) -> MeasuredSet:
        """Give what was counted; a rule of which no case says anything has no row."""
        ids = sorted({*self.caught, *self.missed, *self.wrong} & rules.keys())
        counts = {
            id: Counts(
                self.caught[id], self.missed[id], self.wrong[id], self.clean[id] or self.clean[""],
                detection(rules[id]),
            )
            for id in ids
        }  # fmt: skip
        return MeasuredSet(
            name=name,
            part=part,
            about=_ABOUT[name],
            date=datetime.now(UTC).date().isoformat(),
            digest=hashlib.sha256("\0".join(self.seen).encode()).hexdigest()[:12],
            cases=self.cases,
            version=__version__,
            rules=counts,
        )


def main() -> None:
    """Print a table a set, and write the counts where that is asked for."""
    options = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
    runs: dict[str, Callable[[], Iterator[MeasuredSet]]] = {
        "code": _code,
        "secrets": _secrets,
        "infrastructure": _infrastructure,
    }
    made = [one for name in options.get("only", ",".join(runs)).split(",") for one in runs[name]()]
    for one in made:
        _print(one)
    if "write" in options:
        path = BUILTIN / NAME
        known = read_effect(path.read_bytes(), path=NAME) if path.is_file() else ()
        path.write_bytes(write_effect(joined(known, made)))
        print(f"\nwritten to {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path.name}")


def _print(one: MeasuredSet) -> None:
    counts = one.rules.values()
    caught, wrong = sum(each.caught for each in counts), sum(each.wrong for each in counts)
    rows = [
        ("rules with a figure", str(len(one.rules))),
        ("cases", str(one.cases)),
        ("told rightly, all rules", str(caught)),
        ("told wrongly, all rules", str(wrong)),
        ("rules that told something wrongly", str(sum(each.wrong > 0 for each in counts))),
        ("rules that missed a case of theirs", str(sum(each.missed > 0 for each in counts))),
    ]
    table(f"{one.name} {one.part} (set {one.digest})", ("what", "count"), rows)


def _code() -> Iterator[MeasuredSet]:
    ours = _Clearance()
    rules = {rule.id: rule for rule in ours.rules.values() if rule.family == "code"}
    for part in _PARTS:
        tally = _Tally()
        for set_ in SETS:
            for language in LANGUAGES:
                for case in cases(set_, language):
                    if case.part == part:
                        _count_code(tally, ours.look(case), [one for one in rules.values() if language in one.languages])
        yield tally.set("code", part, rules)


def _count_code(tally: _Tally, answer: Answer, rules: Iterable[Rule]) -> None:
    case = answer.case
    tally.cases += 1
    tally.seen += [case.name, *(text for _, text in case.files)]
    sure = [one for one in answer.said if one.sure]
    if case.side == "good":
        tally.clean.update(rule.id for rule in rules)
        tally.wrong.update({one.rule for one in sure})
        return
    spoke = {one.rule for one in sure if right(case.labels, one.cwe)}
    meant = {rule.id for rule in rules if right(case.labels, rule.cwe)}
    if case.side == "weak":
        tally.caught.update(spoke)
        tally.missed.update(set() if spoke else meant)
    else:
        tally.clean.update(meant | spoke)
        tally.wrong.update(spoke)


def _secrets() -> Iterator[MeasuredSet]:
    ours = Clearance("secrets")
    rules = {rule.id: rule for rule in ours.rules.values() if rule.family == "secrets"}
    for part in _PARTS:
        tally = _Tally()
        true = [one for one in vendors() if one.part == part]
        composed, near = list(corpus(part)), [one for one in near_misses() if one.part == part]
        answers = ours.look([*true, *composed, *near])
        for file in (*true, *composed, *near):
            said = [one for one in answers.get(file.path, ()) if one.sure]
            for truth in file.truths:
                told_by = {one.rule for one in found(truth, said)}
                sole = [id for id in rules if any(word in id for word in truth.rules)]
                tally.caught.update(told_by)
                if len(sole) == 1 and not told_by:
                    tally.missed[sole[0]] += 1
            tally.wrong.update({one.rule for one in wrong_lines(file, said).values()})
        _seen(tally, [*true, *composed, *near])
        tally.clean[""] = len(composed) + len(near)
        yield tally.set("secrets", part, rules)


def _seen(tally: _Tally, files: list[Labelled]) -> None:
    tally.cases = len(files)
    tally.seen.append(digest(files))


def _infrastructure() -> Iterator[MeasuredSet]:
    ours = _Infrastructure()
    rules = {rule.id: rule for rule in ours.rules.values() if rule.family == "infra"}
    for part in _PARTS:
        tally = _Tally()
        for kind in KINDS:
            pairs, goods = labelled(kind)
            for pair in pairs:
                if pair.part != part:
                    continue
                tally.cases += 1
                tally.seen += [f"{kind}/{pair.name}", *(text for _, text in (*pair.bad, *pair.good))]
                tally.caught.update(told(ours.look(pair.bad).infra, ours.look(pair.good).infra))
            for good in goods if part == "dev" else ():
                tally.cases += 1
                tally.seen += [text for _, text in good.files]
                tally.clean.update(id for id in rules if id.startswith(kind.removesuffix("s")))
                tally.wrong.update({one.rule for one in ours.look(good.files).infra if one.medium})
        yield tally.set("infrastructure", part, rules)
