"""What a log holds that new lines may come from: the generations, and what was settled before."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from clearance.facts.entry import Entry
from clearance.facts.trace import Known
from clearance.trace.names import names_of_new
from clearance.wiring.tracing_index import GENERATION_TYPE, Trail, line_keys
from clearance.wiring.tracing_told import vouched

if TYPE_CHECKING:
    from clearance.trace.file import Earlier, Pair

_MOST_GENERATIONS = 256
"""Generations that one settlement takes to hand, those that share most with what is new."""
_ALL_OF_THEM = 64
"""Up to so many generations in a log are all taken to hand."""
_MOST_SALTS = 4


def no_past() -> frozenset[str]:
    """Give the trees of no history."""
    return frozenset()


def known_for(
    trail: Trail, pairs: "Sequence[Pair]", salt: bytes | None, past: Callable[[], frozenset[str]] = no_past
) -> list[Known]:
    """Give the generations that the new lines may come from, in the order of the log. `past` gives the trees of the target's
    history; it is asked only where something was settled on a generation."""
    newest = trail.indexes("k", GENERATION_TYPE, _ALL_OF_THEM + 1)
    entries = trail.believed(newest[:_ALL_OF_THEM])
    if len(newest) > _ALL_OF_THEM:
        like = trail.like(names_of_new(pairs, _salts(entries, salt)), _MOST_GENERATIONS)
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


def _salts(entries: "Sequence[Entry]", own: bytes | None) -> list[bytes]:
    """Give the salts that the newest generations use, and our own."""
    found = [own] if own is not None else []
    for entry in entries:
        said = msgspec.json.decode(entry.payload)
        found.append(bytes.fromhex(said["predicate"]["keys"]["salt"]))
    return list(dict.fromkeys(found))[:_MOST_SALTS]


def _stands(trail: Trail, generation: "Entry", past: Callable[[], frozenset[str]]) -> bool:
    """Tell whether a generation was settled for a tree of the target's past."""
    for entry in trail.find("u", generation.digest):
        said = msgspec.json.decode(entry.payload)
        if said.get("predicate", {}).get("head", {}).get("tree") in past():
            return True
    return False


class Holding(NamedTuple):
    """What holds for a version of a file: the entry that settled it so, the tree that this one is about, the origins of its
    lines, and the generations that other settlements name for lines (first, last, digest)."""

    entry: Entry
    tree: str
    lines: "Earlier"
    others: tuple[tuple[int, int, str], ...]


def settled_for(trail: Trail, path: str, blob: str) -> Holding | None:
    """Give what holds for a blob, at the same path where that was settled; None where nothing was settled."""
    from clearance.trace.file import Earlier
    from clearance.trace.standing import merged
    from clearance.wiring.tracing_standing import Standings

    found = Standings(trail).of(path, blob)
    return Holding(found.entry, found.tree, Earlier(*merged(found.lines.runs)), found.lines.others) if found else None
