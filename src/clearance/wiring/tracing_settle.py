"""Settles where the lines of a merged tree come from, with what the log holds."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from clearance import __version__
from clearance.facts.fact import canonical, digest
from clearance.facts.trace import SCHEME, Attribution, FileOrigins, Known, LineKeys, Lines, Origin
from clearance.trace.keys import KeyedText, split
from clearance.wiring.places import now
from clearance.wiring.recording import Scribe
from clearance.wiring.tracing_index import ATTRIBUTION_TYPE, GENERATION_TYPE, Trail, TrailOf
from clearance.wiring.tracing_notes import salt_of
from clearance.wiring.tracing_told import vouched

if TYPE_CHECKING:
    from clearance.collect.trees import Trees
    from clearance.facts.change import FileChange
    from clearance.facts.entry import Entry
    from clearance.facts.statement import Statement
    from clearance.trace.settle import Earlier, Pair

_MOST_GENERATIONS = 256
"""Generations that one settlement takes to hand, those that share most with what is new."""
_ALL_OF_THEM = 64
"""Up to so many generations in a log are all taken to hand."""
_MOST_SALTS = 4
_PAST = 2_000
"""Trees of the target's past that are known by name."""
_MOST_NAMED = 400


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
        attribution = _standing(settled(trees, trail, salt_of(directory, environment)), trail)
        new = _new_lines(trees.files, attribution)
        body = digest(attribution)
        newest = _newest(trail, trees.tree.sha256)
        if newest is not None and msgspec.json.decode(newest.payload)["predicate"]["evidence"][0] == body:
            return Settled(newest, known=True, attribution=attribution, new=new)
        statement = _attribution_statement(trees, attribution, body, new)
    (entry,) = scribe.record([statement], {body: canonical(attribution)})
    return Settled(entry, known=False, attribution=attribution, new=new)


def _newest(trail: Trail, tree: str) -> "Entry | None":
    """Give the newest attribution of a tree (SHA-256 of its listing) that a service signed."""
    for entry in trail.find("s", tree):
        by_service = entry.signer is not None and entry.signer.kind == "service"
        if by_service and msgspec.json.decode(entry.payload).get("predicateType") == ATTRIBUTION_TYPE:
            return entry
    return None


def settled(trees: "Trees", trail: Trail, salt: bytes) -> Attribution:
    """Settle two trees with what the log holds; nothing is recorded."""
    from clearance.trace.settle import settle

    pairs = pairs_of(trees)
    earlier = {
        key: found
        for key in {(pair.old_path or pair.path, pair.before) for pair in pairs if pair.before}
        if (found := earlier_of(trail, *key)) is not None
    }
    known = known_for(trail, pairs, salt, trees.past(_PAST))
    return settle((trees.base_tree, trees.tree.git or ""), pairs, known, earlier)


def pairs_of(trees: "Trees") -> "list[Pair]":
    """Give both sides of each file that differs between two trees; without lines where it is no text."""
    from clearance.facts.change import Mode
    from clearance.trace.settle import Pair

    found = []
    for file in trees.files:
        if file.after is None and file.before is None:
            continue
        plain = all(side is None or side.mode in (Mode.FILE, Mode.EXECUTABLE) for side in (file.before, file.after))
        old = trees.text(file.before.git) if plain and file.before and file.before.git else None
        new = trees.text(file.after.git) if plain and file.after and file.after.git else None
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


def earlier_of(trail: Trail, path: str, blob: str) -> "Earlier | None":
    """Give what was settled last for a blob; None where nothing was."""
    found = settled_for(trail, path, blob)
    return found[2] if found else None


def settled_for(trail: Trail, path: str, blob: str) -> "tuple[Entry, str, Earlier] | None":
    """Give what holds for a blob, at the same path where that was settled: the entry that settled it so, the tree that this
    one is about, and the origins of its lines; None where nothing was settled."""
    from clearance.trace.settle import Earlier
    from clearance.trace.standing import merged
    from clearance.wiring.tracing_standing import Standings

    found = Standings(trail).of(path, blob)
    return (found.entry, found.tree, Earlier(*merged(found.lines.runs))) if found else None


def _standing(attribution: Attribution, trail: Trail) -> Attribution:
    """Lay a settlement on those that the log has of the same versions of files: what was told stays told."""
    from clearance.wiring.tracing_standing import Standings

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


def known_for(trail: Trail, pairs: "Sequence[Pair]", salt: bytes, past: frozenset[str]) -> list[Known]:
    """Give the generations that the new lines may come from, in the order of the log. `past` are the trees of the target's
    history."""
    from clearance.wiring.tracing_index import line_keys, line_names, shingle_names

    newest = trail.indexes("k", GENERATION_TYPE, _ALL_OF_THEM + 1)
    entries = [trail.entry(index) for index in newest[:_ALL_OF_THEM]]
    if len(newest) > _ALL_OF_THEM:
        names: set[bytes] = set()
        for one in _salts(entries, salt):
            for pair in pairs:
                keyed = KeyedText(pair.new, one)
                runs = keyed.runs(pair.path, pair.added)
                names |= line_names(LineKeys(scheme=SCHEME, salt=one, runs=runs))
                for first, last in pair.added:
                    low, high = keyed.starts[min(first - 1, len(pair.new))], keyed.starts[min(last, len(pair.new))]
                    names |= shingle_names(one, keyed.shingles[max(0, low - 2) : high], every=True)
        like = trail.like(names, _MOST_GENERATIONS)
        entries = list({entry.index: entry for entry in (*entries, *like)}.values())
    known = []
    for entry in sorted(entries, key=lambda one: one.index):
        said = msgspec.json.decode(entry.payload)
        if said.get("predicateType") != GENERATION_TYPE:
            continue
        keys = line_keys(trail, said["predicate"]["keys"]["body"])
        if keys is not None:
            person = entry.signer.name if entry.signer and entry.signer.kind == "person" else ""
            known.append(
                Known(
                    digest=entry.digest,
                    keys=keys,
                    time=said["predicate"]["time"],
                    person=person,
                    settled=_stands(trail, entry, past),
                    weak=said["predicate"]["source"] in ("trailer", "note") or not vouched(entry, said["predicate"]),
                )
            )
    return known


def _salts(entries: "Sequence[Entry]", own: bytes) -> list[bytes]:
    """Give the salts that the newest generations use, and our own."""
    found = [own]
    for entry in entries:
        said = msgspec.json.decode(entry.payload)
        found.append(bytes.fromhex(said["predicate"]["keys"]["salt"]))
    return list(dict.fromkeys(found))[:_MOST_SALTS]


def _stands(trail: Trail, generation: "Entry", past: frozenset[str]) -> bool:
    """Tell whether a generation was settled for a tree of the target's past."""
    for entry in trail.find("u", generation.digest):
        said = msgspec.json.decode(entry.payload)
        if said.get("predicate", {}).get("head", {}).get("tree") in past:
            return True
    return False


def _new_lines(files: "Sequence[FileChange]", attribution: Attribution) -> Counter[str]:
    """Count the new lines by the kind of their origin."""
    by_path = {file.path: file for file in attribution.files}
    found: Counter[str] = Counter()
    for file in files:
        runs = by_path[file.path].runs if file.path in by_path else ()
        for first, last in file.added:
            for run in runs:
                low, high = max(first, run.first), min(last, run.last)
                if low <= high:
                    found[attribution.origins[run.origin].kind] += high - low + 1
    return found


def _attribution_statement(trees: "Trees", attribution: Attribution, body: str, new: Counter[str]) -> "Statement[Any]":
    from clearance.attest.kinds import state
    from clearance.attest.predicates.attribution import AttributionPredicate, Lines, Side
    from clearance.facts.statement import DigestSet, Resource

    generations = sorted({origin.generation for origin in attribution.origins if origin.generation})
    predicate = AttributionPredicate(
        base=Side(tree=trees.base_tree, commit=trees.base.oid if trees.base else ""),
        head=Side(tree=trees.head.tree, commit=trees.head.oid),
        files=len(attribution.files),
        lines=Lines(generation=new["generation"], person=new["person"], unknown=new["unknown"]),
        generations=tuple(generations[:_MOST_NAMED]),
        omitted=len(generations[_MOST_NAMED:]),
        version=__version__,
        time=now(),
        evidence=(body,),
    )
    tree = trees.tree
    subject = Resource(
        name=f"git-tree:{tree.git}",
        digest=DigestSet(sha256=tree.sha256),
        annotations={"kind": tree.kind, "gitTree": tree.git or "", "gitCommit": trees.head.oid},
    )
    return state(predicate, [subject])
