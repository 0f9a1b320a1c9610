"""`clearance check` on a 400-line change in a repository of 2,000 files, and `clearance --help`; nothing resident."""

import os
import random
import shutil
import subprocess
from functools import partial
from pathlib import Path

from benchmarks.measure import CLEARANCE, WORK, Run, command, median, repeat, table

FILES = 2_000
LINES = 400
TIMES = 15


def main() -> None:
    """Build the repository, run, print."""
    top = WORK / "check"
    shutil.rmtree(top, ignore_errors=True)
    repository = top / "repository"
    _build(repository)
    environment = {**os.environ, "CLEARANCE_HOME": str(top / "home"), "CLEARANCE_CACHE": str(top / "cache")}
    rows = []
    for name, arguments, times in (
        ("clearance --help", ["--help"], TIMES),
        ("clearance check, first run (no cache, no key)", ["check"], 1),
        ("clearance check", ["check"], TIMES),
        ("clearance check --format sarif", ["check", "--format", "sarif"], TIMES),
    ):
        run = partial(command, [CLEARANCE, *arguments], cwd=repository, environment=environment)
        runs = repeat(run, times, warm=0 if times == 1 else 2)
        rows.append(_row(name, runs))
    git_diff = partial(command, ["git", "diff", "--stat", "HEAD"], cwd=repository)
    rows.append(_row("git diff --stat (for scale)", repeat(git_diff, TIMES)))
    table(
        f"A change of {LINES} lines in {FILES:,} files",
        ("command", "median s", "worst s", "processor s", "largest MiB", "together MiB", "exit"),
        rows,
    )


def _row(name: str, runs: list[Run]) -> tuple[str, ...]:
    seconds = [run.seconds for run in runs]
    return (
        name,
        f"{median(seconds):.3f}",
        f"{max(seconds):.3f}",
        f"{median([run.busy for run in runs]):.3f}",
        f"{max(run.largest_mib for run in runs):.0f}",
        f"{max(run.together_mib for run in runs):.0f}",
        str(runs[-1].code),
    )


def _build(repository: Path) -> None:
    """Write 2,000 Python and TypeScript files of about 120 lines, commit them, then change four by 400 lines in all."""
    made = random.Random(7)
    repository.mkdir(parents=True)
    for number in range(FILES):
        python = number % 3 != 0
        path = repository / f"area{number % 40}" / (f"part{number}.py" if python else f"part{number}.ts")
        path.parent.mkdir(exist_ok=True)
        path.write_text("".join(_function(made, n, python=python) for n in range(12)), encoding="utf-8")
    (repository / "requirements.txt").write_text("flask==3.1.2\nrequests==2.32.5\n", encoding="utf-8")
    git = ["git", "-c", "user.name=b", "-c", "user.email=b@example.com", "-c", "commit.gpgsign=false"]
    for step in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "base"]):
        subprocess.run([*git, *step], cwd=repository, check=True)
    for number in (1, 3, 4, 6):
        path = next(repository.glob(f"area*/part{number}.*"))
        python = path.suffix == ".py"
        added = "".join(_function(made, 100 + n, python=python) for n in range(LINES // 4 // 10))
        path.write_text(path.read_text(encoding="utf-8") + added, encoding="utf-8")


def _function(made: random.Random, number: int, *, python: bool) -> str:
    words = [made.choice(("order", "price", "count", "label", "stock", "total", "batch", "route")) for _ in range(6)]
    a, b, c = f"{words[0]}_{number}", words[1], made.randrange(1000)
    if python:
        return (
            f"def {a}({b}, limit={c}):\n    rows = []\n"
            f"    for item in {b}:\n        if item.{words[2]} > limit:\n"
            f"            rows.append((item.{words[3]}, item.{words[4]} * {c}))\n"
            f"        else:\n            rows.append(None)\n"
            f'    text = "{words[5]}: " + str(len(rows))\n    return rows, text\n\n'
        )
    return (
        f"export function {a}({b}: Item[], limit = {c}) {{\n  const rows: Row[] = [];\n  for (const item of {b}) {{\n"
        f"    if (item.{words[2]} > limit) {{\n      rows.push([item.{words[3]}, item.{words[4]} * {c}]);\n    }}\n  }}\n"
        f"  return `{words[5]}: ${{rows.length}}`;\n}}\n\n"
    )
