"""Where every line of a revision comes from: by what was settled, and carried on by content from there."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from clearance.collect.head import Head, Past, Standing
from clearance.facts.trace import Lines, Origin
from clearance.trace.standing import Settled
from clearance.wiring.tracing_index import ATTRIBUTION_TYPE, Trail
from clearance.wiring.tracing_notes import held_salt
from clearance.wiring.tracing_standing import Standings

MOST_PAST = 20_000
"""Commits of the past that are looked at."""
NOT_SETTLED = "nothing was settled for this version of the file"


class FileLines(NamedTuple):
    """A text file of the revision: its path, its blob, and the origin of each run of lines. `others` are generations
    that other settlements name for lines. `live`: carried just now, from the newest tree of the past that was settled."""

    path: str
    blob: str
    runs: Settled
    others: tuple[tuple[int, int, str], ...] = ()
    live: bool = False


class Today(NamedTuple):
    """A revision: its files with text, in order, and the commits of its past by their trees, the oldest one of each tree."""

    files: list[FileLines]
    past: dict[str, Past]


def today(directory: Path, environment: Mapping[str, str], head: Head, trail: Trail) -> Today:
    """Say where all lines of a revision come from.

    Raises:
        CollectError: git cannot read something of it.
        StoreError, BadSignature: the log cannot be read, or an entry is not as it was signed.
    """
    commits = head.past(MOST_PAST)
    past: dict[str, Past] = {}
    for commit in commits:
        past[commit.tree] = commit
    standings = Standings(trail)
    standing = head.files()
    counts = head.counts([one.blob for one in standing])
    known = {one: standings.of(*one) for one in standing if one.blob in counts}
    missing = [one for one, found in known.items() if found is None and counts[one.blob]]
    carried = _carried(directory, environment, commits, trail) if missing else {}
    files = []
    for one, stood in known.items():
        if stood is not None:
            files.append(FileLines(one.path, one.blob, stood.lines.runs, stood.lines.others))
        else:
            files.append(FileLines(one.path, one.blob, carried.get(one) or _unknown(counts[one.blob]), (), one in carried))
    return Today(files, past)


def _carried(
    directory: Path, environment: Mapping[str, str], commits: Sequence[Past], trail: Trail
) -> dict[Standing, Settled]:
    """Settle, without recording it, what came after the newest tree of the past for which something was settled."""
    from clearance.collect.trees import two_trees
    from clearance.wiring.tracing_settle import settled, sides_of

    base = next((one for one in commits if _is_settled(trail, one.tree)), None)
    if base is None or base is commits[0]:
        return {}
    with two_trees(directory, base.commit, commits[0].commit, environment) as trees:
        body = settled(sides_of(trees), trail, held_salt(directory, environment))
    return {Standing(file.path, file.blob): _runs(file.runs, body.origins) for file in body.files if file.runs}


def _is_settled(trail: Trail, tree: str) -> bool:
    for entry in trail.find("s", tree):
        said = msgspec.json.decode(entry.payload)
        if said.get("predicateType") == ATTRIBUTION_TYPE and said["predicate"].get("head", {}).get("tree") == tree:
            return True
    return False


def _runs(runs: Sequence[Lines], origins: Sequence[Origin]) -> Settled:
    return tuple((run.first, run.last, origins[run.origin]) for run in runs if 0 <= run.origin < len(origins))


def _unknown(count: int) -> Settled:
    return ((1, count, Origin(kind="unknown", why=NOT_SETTLED)),) if count else ()
