"""Does a line keep its origin? A model of people and assistants at work, over real git and real formatters.

python -m benchmarks.trace [PULL_REQUESTS] [SEED] [held-out]      default 25 and 1; `held-out`: the other half of the corpus

Assistants and people write whole functions, a few statements within functions, and change names, in pull requests that are
then amended, rebased, squashed, cherry-picked, moved, renamed, formatted with reflow (black, ruff, prettier) and touched up.
In half of what people write, an editor records the lines as theirs. The target goes on meanwhile. At the end every line of
HEAD is looked at, however much happened to it.

- right: lines of assistants whose exact generation is told; closed: those that count as written by an AI (all but people's)
- false: lines of people that are told to be an assistant's; false closed: those that count as written by an AI
- note: a note for each commit, exact, not migrated, looked up through `git blame`
- carry: exact line carry, our own reading of git-ai's rule (see `tracing/rivals.py`), with each operation seen at once
- trailer: `git blame`, and every line of a commit with a Co-Authored-By trailer is an assistant's
"""

import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.measure import table
from benchmarks.tracing.corpus import Corpus
from benchmarks.tracing.formatters import tools
from benchmarks.tracing.world import TRAILER, Case, World

EVERYTHING = ("amend", "edit", "move", "rename", "format", "edit", "move")
WAYS = ("merge", "squash", "rebase", "cherry-pick")
CASES = (
    Case("plain merge"),
    Case("amend", ("amend",)),
    Case("rebase", (), ("rebase",)),
    Case("squash", (), ("squash",)),
    Case("cherry-pick", (), ("cherry-pick",)),
    Case("block moved", ("move",)),
    Case("file renamed", ("rename",)),
    Case("formatter", ("format",)),
    Case("touched up", ("edit",)),
    Case("all together", EVERYTHING, WAYS, 0.5),
)
_PACKAGES = "CLEARANCE_CLIENTS"


def main(pull_requests: int = 25, seed: int = 1, half: str = "") -> None:
    """Run all cases, and print a table."""
    packages = Path(os.environ[_PACKAGES]) if os.environ.get(_PACKAGES) else None
    formatters, missing = tools(packages, Path(sys.executable).parent)
    total: Counter[str] = Counter()
    rows = []
    for number, case in enumerate(CASES):
        world = play(
            case, pull_requests, seed * 1_000 + number, held_out=half == "held-out", packages=packages, found=formatters
        )
        counted = score(world)
        total += counted
        rows.append(_row(case.name, counted))
    half = half or "first half"
    lines = total["nobody"] + total["ai"] + total["person"]
    print(f"{total['nobody']} of {lines} lines ({total['nobody, words']} with words) are left out: a diff may take either")
    print(f"{total['wrong generation']} AI lines with another generation; {total['failed']} conflicts, merged alone")
    without = ", ".join(missing) or "nothing"
    table(
        f"Lines of HEAD, {pull_requests} pull requests a case; seed {seed}, {half}; missing: {without}",
        [
            "",
            "AI lines",
            "right",
            "closed",
            "false",
            "false closed",
            "note",
            "carry",
            "trailer",
            "false note",
            "false carry",
            "false trailer",
        ],
        [*rows, _row("sum", total)],
    )


def play(
    case: Case, pull_requests: int, seed: int, *, held_out: bool, packages: Path | None, found: "dict[str, list[object]]"
) -> World:
    """Let a case happen; give the world at its end. Its folder is gone then: everything was asked."""
    corpus = Corpus(seed, held_out=held_out, packages=packages)
    folder = Path(tempfile.mkdtemp(prefix="clearance-trace-"))
    os.environ |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"} | _WHO
    world = World(folder / "work", corpus, seed, found)  # type: ignore[arg-type]
    for _ in range(pull_requests):
        world.pull_request(case)
    return world


_WHO = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ann"), ("EMAIL", "ann@example.com"))
}


def score(world: World) -> Counter[str]:
    """Hold every answer against the truth, line by line."""
    found: Counter[str] = Counter()
    for path, origins in world.origins().items():
        lines = world.main[path]
        carried = world.rivals.carried(path, len(lines))
        noted, said = world.rivals.blamed(path, len(lines), TRAILER)
        for at, line in enumerate(lines):
            if line.who is None:
                found["nobody"] += 1
                found["nobody, words"] += any(sign.isalnum() for sign in line.text)
                continue
            origin, by_ai = origins[at], line.who > 0
            kind = "ai" if by_ai else "person"
            found[kind] += 1
            if origin is not None and origin.kind == "generation":
                right = origin.generation == f"g{line.who:064d}" if by_ai else True
                found["right" if by_ai else "false"] += right
                found["wrong generation"] += not right
            found[f"closed {kind}"] += origin is None or origin.by_ai
            found[f"carry {kind}"] += carried[at] == line.who if by_ai else carried[at] is not None
            found[f"note {kind}"] += noted[at] == line.who if by_ai else noted[at] is not None
            found[f"trailer {kind}"] += said[at]
    found["failed"] = world.failed
    return found


def _row(name: str, found: Counter[str]) -> tuple[str, ...]:
    def part(key: str, of: str) -> str:
        return f"{100 * found[key] / max(1, found[of]):.2f} %"

    return (
        name,
        str(found["ai"]),
        part("right", "ai"),
        part("closed ai", "ai"),
        part("false", "person"),
        part("closed person", "person"),
        *(part(f"{rival} ai", "ai") for rival in ("note", "carry", "trailer")),
        *(part(f"{rival} person", "person") for rival in ("note", "carry", "trailer")),
    )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *sys.argv[3:4])
