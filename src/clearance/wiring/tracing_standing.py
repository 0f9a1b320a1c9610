"""What holds for a version of a file, by all settlements of it that a log has."""

from typing import NamedTuple

import msgspec

from clearance.facts.entry import Entry
from clearance.facts.trace import Attribution, Lines, Origin
from clearance.trace.standing import BY_SOURCE, OF_A_PERSON, Settled, Standing, standing
from clearance.wiring.tracing_index import ATTRIBUTION_TYPE, GENERATION_TYPE, Trail, attribution
from clearance.wiring.tracing_told import vouched

_MOST = 1_000
BELIEVED_NO_MORE = "who signed its record is not believed any more"


class Stood(NamedTuple):
    """What holds for a version: the entry that settled it last as it holds, the tree that it is about, and the lines."""

    entry: Entry
    tree: str
    lines: Standing


class _One(NamedTuple):
    """One attribution: its entry, its tree, by blob and path the runs of lines, and its origins."""

    entry: Entry
    tree: str
    files: dict[str, dict[str, tuple[Lines, ...]]]
    origins: tuple[Origin, ...]


class Standings:
    """The settlements of a log by version of a file. Each body is read once; only what a service signed counts."""

    def __init__(self, trail: Trail) -> None:
        self._trail = trail
        self._read: dict[int, _One | None] = {}
        self._sources: dict[str, int] = {}

    def of(self, path: str, blob: str, more: Settled = ()) -> Stood | None:
        """Give what holds for a blob at a path (at another one, where nothing was settled for this one), with one more
        settlement laid on top; None where nothing was settled."""
        ones = [one for entry in reversed(self._trail.find("b", blob, _MOST)) if (one := self._one(entry)) is not None]
        ones = [one for one in ones if blob in one.files]
        if not ones:
            return None
        paths = {name for one in ones for name in one.files[blob]}
        chosen = path if path in paths else next(iter(ones[-1].files[blob]))
        held = [(one, self._runs(one.files[blob][chosen], one.origins)) for one in ones if chosen in one.files[blob]]
        found = standing([runs for _, runs in held] + ([more] if more else []), self.strength)
        last = next((one for one, runs in reversed(held) if _agree(runs, found.runs)), held[0][0])
        return Stood(last.entry, last.tree, found)

    def strength(self, origin: Origin) -> int:
        """Tell how strong the evidence of an origin is."""
        if origin.kind == "unknown":
            return 0
        if origin.kind == "person":
            return OF_A_PERSON
        if origin.generation not in self._sources:
            self._sources[origin.generation] = 0
            for entry in self._trail.find("d", origin.generation):
                said = msgspec.json.decode(entry.payload)
                if entry.digest == origin.generation and said.get("predicateType") == GENERATION_TYPE:
                    source = said["predicate"]["source"] if vouched(entry, said["predicate"]) else ""
                    self._sources[origin.generation] = BY_SOURCE.get(source, 1)
        return self._sources[origin.generation]

    def _runs(self, runs: tuple[Lines, ...], origins: tuple[Origin, ...]) -> Settled:
        """Give runs with their origins; what rests on a record that is believed no more is unknown again."""
        named = {run.origin for run in runs if 0 <= run.origin < len(origins)}
        known = {number: self._still(origins[number]) for number in named}
        return tuple((run.first, run.last, known[run.origin]) for run in runs if run.origin in known)

    def _still(self, origin: Origin) -> Origin:
        if origin.kind == "unknown" or not origin.generation or not self._trail.ended(origin.generation):
            return origin
        return Origin(kind="unknown", why=BELIEVED_NO_MORE, since=origin.since)

    def _one(self, entry: Entry) -> _One | None:
        if entry.index not in self._read:
            body = settled_by(self._trail, entry)
            self._read[entry.index] = _laid_out(entry, body) if body is not None else None
        return self._read[entry.index]


def settled_by(trail: Trail, entry: Entry) -> Attribution | None:
    """Read the body of an attribution; None where the entry is none, no service signed it, or its body is gone."""
    said = msgspec.json.decode(entry.payload)
    if said.get("predicateType") != ATTRIBUTION_TYPE or entry.signer is None or entry.signer.kind != "service":
        return None
    evidence = said.get("predicate", {}).get("evidence") or [""]
    return attribution(trail, evidence[0])


def _laid_out(entry: Entry, body: Attribution) -> _One:
    files: dict[str, dict[str, tuple[Lines, ...]]] = {}
    for file in body.files:
        files.setdefault(file.blob, {})[file.path] = file.runs
    origins = tuple(one if one.since else msgspec.structs.replace(one, since=body.head) for one in body.origins)
    return _One(entry, body.head, files, origins)


def _agree(some: Settled, others: Settled) -> bool:
    return [(a, b, c.generation, c.person) for a, b, c in some] == [(a, b, c.generation, c.person) for a, b, c in others]
