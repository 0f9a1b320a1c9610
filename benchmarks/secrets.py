"""How much the scanner of secrets finds, how little it cries wolf, how fast: Clearance beside its peers in one run.

Options: `--only=vendors,tokens,further,credentials,near,clean,speed,hostile` prints some of the tables; `--peers=no` runs
Clearance alone, `--peers=kept` takes what peers said of the same files in an earlier run; `--show` lists what is missed or
wrongly told in the part `dev`, `--show=WORD` only where a line of the list holds the word; `--part=dev` leaves out the part
`held`, which nobody who works on the scanner looks at.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from benchmarks.measure import table
from benchmarks.sets.secrets.corpus import corpus, digest
from benchmarks.sets.secrets.judge import Answers, Clearance, Score, exact, found, score, wrong_lines
from benchmarks.sets.secrets.labelled import Labelled
from benchmarks.sets.secrets.matrix import further, matrix, near_misses
from benchmarks.sets.secrets.vendors import vendors

_ALL = ("vendors", "tokens", "further", "credentials", "near", "clean", "speed", "hostile")


def main() -> None:
    """Print the tables that the options ask for."""
    options = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
    wanted = options.get("only", ",".join(_ALL)).split(",")
    run = _Run(options)
    for name in _ALL:
        if name in wanted:
            run.tables[name]()


class _Run:
    """What one run knows: its options, Clearance, the peers."""

    def __init__(self, options: dict[str, str]) -> None:
        self.options = options
        self.ours = Clearance("secrets")
        self.tables: dict[str, Callable[[], None]] = {
            "vendors": self.vendors,
            "tokens": lambda: self.tokens(matrix(), "Tokens"),
            "further": lambda: self.tokens(further(), "In disguises beyond these: tokens"),
            "credentials": self.credentials,
            "near": self.near,
            "clean": self.clean,
            "speed": self.speed,
            "hostile": self.hostile,
        }

    def answers(self, files: Sequence[Labelled]) -> dict[str, Answers]:
        """Ask Clearance and, unless told otherwise, the peers."""
        given = {"clearance": self.ours.look(files)}
        if self.options.get("peers") != "no":
            from benchmarks.secret_peers import run_peers

            given |= run_peers(files, kept=self.options.get("peers") == "kept")
        return given

    def vendors(self) -> None:
        """Tokens of many vendors as they are usually written."""
        files = [one for one in vendors() if self._wanted(one)]
        given = self.answers(files)
        rows = []
        for part in ("dev", "held"):
            for group in ("by prefix", "by name"):
                members = [one for one in files if (one.part, one.group) == (part, group)]
                if not members:
                    continue
                kinds = sum(_right_kind(one, given["clearance"]) for one in members)
                shares = [_share(members, answers) for answers in given.values()]
                names = len({one.truths[0].kind for one in members})
                rows.append((f"{group}, {part}", str(names), shares[0], f"{100 * kinds / len(members):.1f}", *shares[1:]))
        others = [name for name in given if name != "clearance"]
        table(
            "Tokens of many vendors, plain: found, per cent", ("told", "formats", "clearance", "right kind", *others), rows
        )
        if "show" in self.options:
            self._show(files, given["clearance"], spans=True)

    def tokens(self, made: Iterable[Labelled], title: str) -> None:
        """Formats × disguises × surroundings."""
        files = [one for one in made if self._wanted(one)]
        given = self.answers(files)
        groups: dict[str, list[Labelled]] = defaultdict(list)
        for one in files:
            groups[one.group].append(one)
        rows = []
        for group, members in [*groups.items(), ("all", files)]:
            ours = given["clearance"]
            spans = sum(exact(one.truths[0], found(one.truths[0], ours.get(one.path, ())), one.text) for one in members)
            kinds = sum(_right_kind(one, ours) for one in members)
            shares = [_share(members, answers) for answers in given.values()]
            rows.append(
                (
                    group,
                    str(len(members)),
                    shares[0],
                    f"{100 * spans / len(members):.1f}",
                    f"{100 * kinds / len(members):.1f}",
                    *shares[1:],
                )
            )
        others = [name for name in given if name != "clearance"]
        formats = len({one.truths[0].kind for one in files})
        table(
            f"{title} of {formats} formats, by disguise: found, per cent (set {digest(files)})",
            ("disguise", "files", "clearance", "exact span", "right kind", *others),
            rows,
        )
        if "show" in self.options:
            self._show(files, given["clearance"], spans=True)

    def credentials(self) -> None:
        """Credentials of which no format tells, in composed files."""
        parts = {part: list(corpus(part)) for part in ("dev", "held") if self.options.get("part", part) == part}  # type: ignore[arg-type]
        for part, files in parts.items():
            given = self.answers(files)
            rows = []
            for name, answers in given.items():
                rows.append((name, *_row(score(files, answers))))
                if name == "clearance":
                    rows.append((f"{name}, medium and more", *_row(score(files, answers, sure=True))))
            truths = sum(len(one.truths) for one in files)
            tempting = sum(len(one.tempting) for one in files)
            title = (
                f"Credentials in {len(files):,} files, {part}: {truths:,} true, {tempting:,} tempting (set {digest(files)})"
            )
            table(title, ("tool", "found", "missed", "wrong", "recall", "precision", "F1"), rows)
            _by_kind(files, given, lambda _, kind, __: kind, f"Found by kind, {part}, per cent")
            _by_kind(files, given, lambda file, _, __: file.group, f"Found by syntax, {part}, per cent")
            if part == "dev" and "show" in self.options:
                self._show(files, given["clearance"])

    def near(self) -> None:
        """Near misses of the formats."""
        files = [one for one in near_misses() if self._wanted(one)]
        given = self.answers(files)
        reasons = sorted({one.group for one in files})
        rows = []
        for reason in [*reasons, "all"]:
            members = [one for one in files if reason in (one.group, "all")]
            flagged = [
                f"{100 * sum(bool(answers.get(one.path)) for one in members) / len(members):.1f}"
                for answers in given.values()
            ]
            rows.append((reason, str(len(members)), *flagged))
        table("What nearly is a token: flagged, per cent", ("why it is none", "files", *given), rows)
        if "show" in self.options:
            self._show(files, given["clearance"])

    def clean(self) -> None:
        """Findings in clean code."""
        from benchmarks.clean_code import clean

        clean(self.options, self.ours)

    def speed(self) -> None:
        """How fast."""
        from benchmarks.clean_code import speed

        speed(self.options, self.ours)

    def hostile(self) -> None:
        """Hostile inputs."""
        from benchmarks.hostile import hostile

        hostile()

    def _wanted(self, one: Labelled) -> bool:
        return self.options.get("part", one.part) == one.part

    def _show(self, files: Sequence[Labelled], answers: Answers, *, spans: bool = False) -> None:
        """List the misses and the wrong ones of `dev`."""
        word = self.options["show"]
        for file in files:
            if file.part != "dev":
                continue
            lines = file.text.split("\n")
            said = answers.get(file.path, [])
            notes = []
            for truth in file.truths:
                hits = found(truth, said)
                label = f"{truth.kind} {'' if spans else ' '.join(truth.rules)} {file.group}"
                if not hits:
                    notes.append(f"MISS {label} {file.path}:{truth.first}: {lines[truth.first - 1].strip()}")
                elif spans and not exact(truth, hits, file.text):
                    got = [file.text[slice(*one.span)] for one in hits if one.span]
                    notes.append(
                        f"SPAN {label} {file.path}:{truth.first}: told {got}, right {file.text[slice(*truth.spans[0])]!r}"
                    )
            for line, one in wrong_lines(file, said).items():
                why = dict(file.tempting).get(line, "no label")
                notes.append(
                    f"WRONG {why} {one.rule}{'' if one.sure else ' low'} {file.path}:{line}: {lines[line - 1].strip()}"
                )
            for note in notes:
                if word in note:
                    print(note[:260])


def _right_kind(file: Labelled, answers: Answers) -> bool:
    truth = file.truths[0]
    return any(word in one.rule for one in found(truth, answers.get(file.path, ())) for word in truth.rules)


def _share(files: Sequence[Labelled], answers: Answers) -> str:
    hits = sum(bool(found(truth, answers.get(one.path, ()))) for one in files for truth in one.truths)
    return f"{100 * hits / max(1, len(files)):.1f}"


def _row(one: Score) -> tuple[str, ...]:
    return str(one.hits), str(one.misses), str(one.wrong), f"{one.recall:.3f}", f"{one.precision:.3f}", f"{one.f1:.3f}"


def _by_kind(
    files: Sequence[Labelled], given: dict[str, Answers], key: Callable[[Labelled, str, int], str], title: str
) -> None:
    counts: Counter[str] = Counter()
    hits: dict[str, Counter[str]] = {name: Counter() for name in given}
    for file in files:
        for truth in file.truths:
            name = key(file, truth.kind, truth.first)
            counts[name] += 1
            for tool, answers in given.items():
                hits[tool][name] += bool(found(truth, answers.get(file.path, ())))
    rows = [
        (name, str(count), *(f"{100 * hits[tool][name] / count:.0f}" for tool in given))
        for name, count in counts.most_common()
    ]
    table(title, ("kind", "true", *given), rows)
