"""How right and how fast configuration is judged: Clearance and its peers over the labelled pairs of `sets/infrastructure`.

Options: `--kind=docker,terraform`; `--part=dev`; `--peers=no`; `--only=accuracy` or `speed`. `--show` lists the pairs of
`dev` that were not told apart and what was said of good files; `--case=KIND/NAME` prints a pair of `dev` with its findings.
With `--held` both do so for `held`, too: that is for whoever examines, never for whoever tunes.

A pair is *told* when some rule has more findings in the bad example than in the repaired one. The peers' answers are kept
as long as the sets stay as they are.
"""

import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.code import Said, look, wilson
from benchmarks.infrastructure_peers import READS, Told, run_peers
from benchmarks.measure import CLEARANCE, WORK, Run, command, median, repeat, table
from benchmarks.sets.infrastructure import KINDS, Files, Good, Pair, labelled
from benchmarks.sets.infrastructure.large import large
from clearance.collect.memory import change_of
from clearance.rules.model import Rule
from clearance.scan.look import AnyFamily, look_at
from clearance.wiring.furnish import builtin_furnish

_FAMILIES = ("infra", "secrets", "packages", "code")
_ROUNDS = 3
_SECONDS = 10.0


class Answer(NamedTuple):
    """What was said of some files: by infra alone, by all families, and which gaps there were."""

    infra: tuple[Said, ...]
    every: tuple[Said, ...]
    gaps: tuple[str, ...]


class _Clearance:
    """Clearance in this process, as `clearance scan` would run it, without workers and without what an earlier run knew."""

    def __init__(self) -> None:
        WORK.mkdir(exist_ok=True)
        environment = {**os.environ, "CLEARANCE_CACHE": str(WORK / "infrastructure-cache")}
        families, self.rules = builtin_furnish(WORK, environment, sightings=False)()
        self.every: Sequence[AnyFamily] = [one for one in families if one.name in _FAMILIES]
        self.infra: Sequence[AnyFamily] = [one for one in families if one.name == "infra"]

    def look(self, files: Files) -> Answer:
        """Judge files as a change that adds them."""
        infra, gaps = look(files, self.infra, self.rules)
        every, _ = look(files, self.every, self.rules)
        return Answer(infra, every, gaps)


def main() -> None:
    """Print the tables that the options ask for."""
    options = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
    ours = _Clearance()
    kinds = options.get("kind", ",".join(KINDS)).split(",")
    if "case" in options:
        _one(options["case"], ours, held="held" in options)
        return
    if options.get("only") != "speed":
        _accuracy(kinds, options, ours)
    if options.get("only") != "accuracy":
        _speed(ours)


def _accuracy(kinds: Sequence[str], options: dict[str, str], ours: _Clearance) -> None:
    pairs, goods = [], []
    for kind in kinds:
        some, whole = labelled(kind)
        pairs += [one for one in some if options.get("part", one.part) == one.part]
        goods += whole
    sides = {(pair.kind, pair.name): (ours.look(pair.bad), ours.look(pair.good)) for pair in pairs}
    whole_files = {(good.kind, good.name): ours.look(good.files) for good in goods}
    peers: dict[str, Told] = {}
    if options.get("peers") != "no":
        given = [(f"{pair.kind}/{pair.name}/bad", pair.kind, pair.bad) for pair in pairs]
        given += [(f"{pair.kind}/{pair.name}/good", pair.kind, pair.good) for pair in pairs]
        given += [(f"{good.kind}/{good.name}", good.kind, good.files) for good in goods]
        peers = run_peers([one for one in given if any(one[1] in reads for reads in READS.values())])
    _print_pairs(pairs, sides, peers)
    _print_good(goods, whole_files, peers)
    gaps = Counter(gap for both in sides.values() for answer in both for gap in answer.gaps)
    if gaps:
        print("could not look:", ", ".join(f"{count} × {gap}" for gap, count in gaps.most_common(5)))
    if "show" in options:
        _show(pairs, sides, whole_files, goods, held="held" in options)


def told(bad: Sequence[Said], good: Sequence[Said], *, medium: bool = False) -> list[str]:
    """The rules that say more of the bad example than of the good one."""
    counts = [Counter(one.rule for one in side if one.medium or not medium) for side in (bad, good)]
    return sorted(counts[0] - counts[1])


def _print_pairs(pairs: Sequence[Pair], sides: dict[tuple[str, str], tuple[Answer, Answer]], peers: dict[str, Told]) -> None:
    rows = []
    for kind in [*KINDS, "all"]:
        for part in ("dev", "held"):
            group = [pair for pair in pairs if kind in (pair.kind, "all") and pair.part == part]
            if not group:
                continue
            infra, every, medium, weakness, loud = 0, 0, 0, [], 0
            for pair in group:
                bad, good = sides[pair.kind, pair.name]
                infra += bool(told(bad.infra, good.infra))
                hit = bool(told(bad.every, good.every))
                every += hit
                medium += bool(told(bad.every, good.every, medium=True))
                loud += any(one.medium for one in good.infra)
                weakness += [] if pair.hygiene else [hit]
            row = [f"{kind} {part}", str(len(group)), _share(every, len(group)), _share(infra, len(group))]
            row += [_share(sum(weakness), len(weakness)), _share(medium, len(group)), _share(loud, len(group))]
            for name in READS:
                row.append(_peer(name, group, peers))
            rows.append(tuple(row))
    head = ("set", "pairs", "told", "by infra", "weaknesses told", "at medium+", "good halves at medium+", *READS)
    table("Pairs told apart, per cent [95 %]", head, rows)


def _peer(name: str, group: Sequence[Pair], peers: dict[str, Told]) -> str:
    mine = [pair for pair in group if pair.kind in READS[name]]
    if name not in peers or len(mine) < len(group):
        return "–"
    by_case = peers[name]
    hits = [
        bool(
            by_case.get(f"{pair.kind}/{pair.name}/bad", Counter()) - by_case.get(f"{pair.kind}/{pair.name}/good", Counter())
        )
        for pair in mine
    ]
    return _share(sum(hits), len(hits))


def _share(hits: int, of: int) -> str:
    if not of:
        return "–"
    low, high = wilson(hits, of)
    return f"{100 * hits / of:.0f} [{100 * low:.0f}–{100 * high:.0f}]"


def _print_good(goods: Sequence[Good], answers: dict[tuple[str, str], Answer], peers: dict[str, Told]) -> None:
    rows = []
    for kind in KINDS:
        group = [good for good in goods if good.kind == kind]
        if not group:
            continue
        said = [answers[good.kind, good.name].infra for good in group]
        medium = [sum(one.medium for one in some) for some in said]
        low = [len(some) - count for some, count in zip(said, medium, strict=True)]
        row = [kind, str(len(group)), str(sum(map(bool, medium))), str(sum(medium)), str(sum(low))]
        for name, reads in READS.items():
            count = (
                sum(sum(peers[name].get(f"{good.kind}/{good.name}", Counter()).values()) for good in group)
                if name in peers
                else 0
            )
            row.append(str(count) if name in peers and kind in reads else "–")
        rows.append(tuple(row))
    head = ("good files", "files", "with medium+", "findings medium+", "findings low", *READS)
    table("Whole good files: what is said of them (infra; the peers: any finding)", head, rows)


def _show(
    pairs: Sequence[Pair],
    sides: dict[tuple[str, str], tuple[Answer, Answer]],
    whole: dict[tuple[str, str], Answer],
    goods: Sequence[Good],
    *,
    held: bool,
) -> None:
    for pair in pairs:
        if pair.part == "held" and not held:
            continue
        bad, good = sides[pair.kind, pair.name]
        rules = told(bad.every, good.every)
        word = "told" if rules else "MISS"
        name = f"{pair.kind}/{pair.name}"
        print(f"{word} {name}{' [hygiene]' if pair.hygiene else ''}: {' '.join(rules) or _say(bad.every)}")
        if loud := [one for one in good.infra if one.medium]:
            print(f"LOUD {name}: {_say(loud)}")
    for one in goods:
        for said in whole[one.kind, one.name].infra:
            print(f"GOOD {'MEDIUM' if said.medium else 'low'} {one.kind}/{one.name}: {said.rule}@{said.place}")


def _say(said: Sequence[Said]) -> str:
    return "said: " + (" ".join(f"{one.rule}@{one.place.rpartition(':')[2]}" for one in said) or "nothing")


def _one(name: str, ours: _Clearance, *, held: bool) -> None:
    kind, _, rest = name.partition("/")
    for pair in labelled(kind)[0]:
        if pair.name.startswith(rest) and (pair.part == "dev" or held):
            for side, files in (("bad", pair.bad), ("good", pair.good)):
                print(f"=== {pair.kind}/{pair.name} {side}")
                for path, text in files:
                    print(f"--- {path}\n{text}")
                for one in ours.look(files).every:
                    print("   ", one.rule, one.place, "" if one.medium else "low")


def _speed(ours: _Clearance) -> None:
    rows = []
    for kind in KINDS:
        pairs, goods = labelled(kind)
        changes = [(dict(pair.good), dict(pair.bad)) for pair in pairs]
        changes += [({}, {path: text}) for good in goods for path, text in good.files]
        rows.append((kind, str(len(changes)), *_times(changes, ours)))
    big = [(path, text) for path, text in large().items() if len(text) < 1 << 20]
    rows += [
        (f"{path}, {len(text) / 1000:.0f} KB", str(_ROUNDS), *_times([({}, {path: text})] * _ROUNDS, ours))
        for path, text in big
    ]
    table(
        "A changed file (good half to bad; large ones added) in a warm process, processor milliseconds (goal: p95 30)",
        ("files", "how many", "p50", "p95", "worst", "all families: p95"),
        rows,
    )
    _cold()


def _times(changes: Sequence[tuple[dict[str, str], dict[str, str]]], ours: _Clearance) -> tuple[str, ...]:
    columns = []
    for families in (ours.infra, ours.every):
        _busy(changes[0], families, ours.rules)
        times = sorted(_busy(one, families, ours.rules) for one in changes for _ in range(_ROUNDS))
        columns.append((statistics.median(times), times[int(0.95 * (len(times) - 1))], times[-1]))
    return (*(f"{value:.1f}" for value in columns[0]), f"{columns[1][1]:.1f}")


def _busy(change: tuple[dict[str, str], dict[str, str]], families: Sequence[AnyFamily], rules: dict[str, Rule]) -> float:
    before, after = ({path: text.encode() for path, text in side.items()} for side in change)
    collected = change_of(before, after)
    began = time.process_time()
    for family in families:
        family.start(collected.contents)
    for file in collected.change.files:
        look_at(file, collected.contents, families, rules, seconds=_SECONDS)
    return 1000 * (time.process_time() - began)


def _cold() -> None:
    rows = []
    top = WORK / "infrastructure-cold"
    top.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "CLEARANCE_CACHE": str(WORK / "infrastructure-cold-cache")}

    def run(name: str, text: str, times: int) -> list[Run]:
        for path in top.iterdir():
            path.unlink()
        (top / name).write_text(text, encoding="utf-8")
        return repeat(
            lambda: command([CLEARANCE, "scan", "--fresh", "."], cwd=top, environment=environment), times, int(times > 1)
        )

    files = {"empty.md": "\n"}
    for kind in ("docker", "kubernetes", "terraform"):
        files[KINDS[kind].rpartition("/")[2]] = labelled(kind)[1][0].files[0][1]
    for name, text in {**files, **large()}.items():
        runs = run(name, text, 1 if len(text) > 1 << 20 else _ROUNDS)
        busy, seconds = median([one.busy for one in runs]), median([one.seconds for one in runs])
        mib = max(one.together_mib for one in runs)
        rows.append((name, f"{len(text) / 1e6:.2f}", f"{busy:.2f}", f"{seconds:.2f}", f"{mib:.0f}", str(runs[0].code)))
    table(
        "`clearance scan --fresh` of a folder with one file, all families",
        ("file", "MB", "processor s", "seconds", "MiB together", "exit"),
        rows,
    )
