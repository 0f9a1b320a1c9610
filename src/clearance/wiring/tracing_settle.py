"""Settles where the lines of a merged tree come from, with what the log holds."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from clearance import __version__
from clearance.facts.change import FileChange, SideName, Tree
from clearance.facts.fact import canonical, digest
from clearance.facts.trace import Attribution, FileOrigins, Lines, Origin
from clearance.trace.counted import new_lines, of_kind
from clearance.trace.keys import split
from clearance.wiring.places import now
from clearance.wiring.recording import Scribe
from clearance.wiring.tracing_index import ATTRIBUTION_TYPE, Trail, TrailOf
from clearance.wiring.tracing_known import known_for
from clearance.wiring.tracing_notes import salt_of
from clearance.wiring.tracing_standing import Standings

if TYPE_CHECKING:
    from clearance.collect.trees import Trees
    from clearance.facts.entry import Entry
    from clearance.facts.statement import Statement
    from clearance.trace.file import Pair

MOST_PAST = 2_000
"""Trees of the target's past that are known by name."""
_MOST_NAMED = 400


class Sides(NamedTuple):
    """Both sides of a change, as settlement takes them: git's ids of the trees, and of the commits (empty: none), the exact
    tree that is settled, the files that differ, how a side of one is read (None: no text), and the trees of the target's
    past."""

    trees: tuple[str, str]
    commits: tuple[str, str]
    tree: Tree
    files: Sequence[FileChange]
    text: Callable[[FileChange, SideName], str | None]
    past: Callable[[], frozenset[str]]


class Settlement(NamedTuple):
    """What was settled, nothing of it recorded: between which sides, the origins, and how many new lines have which (of an
    origin here only kind, generation and person are set)."""

    sides: Sides
    attribution: Attribution
    new: Counter[Origin]


class Settled(NamedTuple):
    """What was settled: the entry that says so, whether it was there before, the attribution, and the new lines by the kind
    of their origin."""

    entry: "Entry"
    known: bool
    attribution: Attribution
    new: Counter[str]


def settle_trees(directory: Path, environment: Mapping[str, str], *, base: str | None, head: str) -> Settled:
    """Settle where the lines of `head`'s tree come from that `base`'s tree (none: its first parent's) has not, and record
    it. The same trees settled on the same evidence are recorded once.

    Raises:
        ClearanceError: the trees cannot be read, or the log not be written.
    """
    from clearance.collect.trees import two_trees

    scribe = Scribe(directory)
    with two_trees(directory, base, head, environment) as trees, TrailOf(scribe.log, environment) as trail:
        found = settlement(sides_of(trees), trail, salt_of(directory, environment))
        return keep(found, scribe, trail)


def sides_of(trees: "Trees") -> Sides:
    """Take the sides of two commits."""

    def text(file: FileChange, side: SideName) -> str | None:
        one = file.after if side == "after" else file.before
        return trees.text(one.git) if one is not None and one.git else None

    return Sides(
        trees=(trees.base_tree, trees.head.tree),
        commits=(trees.base.oid if trees.base else "", trees.head.oid),
        tree=trees.tree,
        files=trees.files,
        text=text,
        past=lambda: trees.past(MOST_PAST),
    )


def settlement(sides: Sides, trail: Trail, salt: bytes) -> Settlement:
    """Settle two sides with what the log holds, on top of what it settled before."""
    attribution = _standing(settled(sides, trail, salt), trail)
    return Settlement(sides, attribution, new_lines(sides.files, attribution))


def keep(found: Settlement, scribe: Scribe, trail: Trail) -> Settled:
    """Record a settlement, unless the newest one of this tree says the same.

    Raises:
        ClearanceError: the log cannot be written.
    """
    body = digest(found.attribution)
    kinds = Counter({kind: of_kind(found.new, kind) for kind in ("generation", "person", "unknown")})
    newest = _newest(trail, found.sides.tree.sha256)
    if newest is not None and msgspec.json.decode(newest.payload)["predicate"]["evidence"][0] == body:
        return Settled(newest, known=True, attribution=found.attribution, new=kinds)
    (entry,) = scribe.record([_attribution_statement(found, body, kinds)], {body: canonical(found.attribution)})
    return Settled(entry, known=False, attribution=found.attribution, new=kinds)


def _newest(trail: Trail, tree: str) -> "Entry | None":
    """Give the newest attribution of a tree (SHA-256 of its listing) that a service signed."""
    for entry in trail.find("s", tree):
        by_service = entry.signer is not None and entry.signer.kind == "service"
        if by_service and msgspec.json.decode(entry.payload).get("predicateType") == ATTRIBUTION_TYPE:
            return entry
    return None


def settled(sides: Sides, trail: Trail, salt: bytes | None) -> Attribution:
    """Settle two sides with what the log holds; nothing is recorded."""
    from clearance.trace.file import Earlier
    from clearance.trace.settle import settle
    from clearance.trace.standing import merged

    pairs = pairs_of(sides.files, sides.text)
    standings = Standings(trail)
    earlier = {
        key: Earlier(*merged(found.lines.runs))
        for key in {(pair.old_path or pair.path, pair.before) for pair in pairs if pair.before}
        if (found := standings.of(*key)) is not None
    }
    known = known_for(trail, pairs, salt, _once(sides.past))
    return settle(sides.trees, pairs, known, earlier)


def _once(past: Callable[[], frozenset[str]]) -> Callable[[], frozenset[str]]:
    held: list[frozenset[str]] = []

    def ask() -> frozenset[str]:
        if not held:
            held.append(past())
        return held[0]

    return ask


def pairs_of(files: Sequence[FileChange], text: Callable[[FileChange, SideName], str | None]) -> "list[Pair]":
    """Give both sides of each file that differs between two trees; without lines where it is no text."""
    from clearance.facts.change import Mode
    from clearance.trace.file import Pair

    found = []
    for file in files:
        if file.after is None and file.before is None:
            continue
        plain = all(side is None or side.mode in (Mode.FILE, Mode.EXECUTABLE) for side in (file.before, file.after))
        old = text(file, "before") if plain and file.before else None
        new = text(file, "after") if plain and file.after else None
        found.append(
            Pair(
                path=file.path,
                old_path=file.old_path or "",
                blob=(file.after.git or "") if file.after else "",
                before=(file.before.git or "") if file.before else "",
                old=split(old) if old is not None else (),
                new=split(new) if new is not None else (),
                added=file.added,
                removed=file.removed,
            )
        )
    return found


def _standing(attribution: Attribution, trail: Trail) -> Attribution:
    """Lay a settlement on those that the log has of the same versions of files: what was told stays told."""
    standings = Standings(trail)
    numbers: dict[Origin, int] = {}
    files = []
    for file in attribution.files:
        own = tuple((run.first, run.last, attribution.origins[run.origin]) for run in file.runs)
        found = standings.of(file.path, file.blob, own) if file.blob else None
        runs = []
        for first, last, one in found.lines.runs if found else own:
            here = msgspec.structs.replace(one, since="") if one.since == attribution.head else one
            runs.append(Lines(first=first, last=last, origin=numbers.setdefault(here, len(numbers))))
        files.append(FileOrigins(path=file.path, blob=file.blob, runs=tuple(runs)))
    return Attribution(base=attribution.base, head=attribution.head, origins=tuple(numbers), files=tuple(files))


def _attribution_statement(found: Settlement, body: str, new: Counter[str]) -> "Statement[Any]":
    from clearance.attest.kinds import state
    from clearance.attest.predicates.attribution import AttributionPredicate, Lines, Side
    from clearance.facts.statement import DigestSet, Resource

    attribution, sides = found.attribution, found.sides
    generations = sorted({origin.generation for origin in attribution.origins if origin.generation})
    predicate = AttributionPredicate(
        base=Side(tree=sides.trees[0], commit=sides.commits[0]),
        head=Side(tree=sides.trees[1], commit=sides.commits[1]),
        files=len(attribution.files),
        lines=Lines(generation=new["generation"], person=new["person"], unknown=new["unknown"]),
        generations=tuple(generations[:_MOST_NAMED]),
        omitted=len(generations[_MOST_NAMED:]),
        version=__version__,
        time=now(),
        evidence=(body,),
    )
    tree = sides.tree
    subject = Resource(
        name=f"git-tree:{tree.git}",
        digest=DigestSet(sha256=tree.sha256),
        annotations={"kind": tree.kind, "gitTree": tree.git or "", "gitCommit": sides.commits[1]},
    )
    return state(predicate, [subject])
