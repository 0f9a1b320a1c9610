"""One file while it is settled: both sides, the lines that are new, and the origins that are known so far."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from clearance.facts.change import Range
from clearance.facts.trace import How, Lines, Origin
from clearance.trace.keys import SALT_BYTES, KeyedText
from clearance.trace.match import Fit

NO_RECORD = "no record says who wrote it"
NEVER_SETTLED = "it stood in the target before lines were traced"
TOO_LARGE = "the change has more lines than are settled"
_Ends = tuple[int, int]


class Pair(NamedTuple):
    """Both sides of a file: lines without line ends, and which of them are added and removed (from 1, as changes have them).
    `before` is the blob's id on the target side, empty for a new file; `text`: there are lines to look at."""

    path: str
    old_path: str
    blob: str
    before: str
    old: Sequence[str] = ()
    new: Sequence[str] = ()
    added: tuple[Range, ...] = ()
    removed: tuple[Range, ...] = ()


class Earlier(NamedTuple):
    """What was settled before for a blob: its lines' origins, in order."""

    runs: tuple[Lines, ...]
    origins: tuple[Origin, ...]

    def line(self, number: int) -> Origin | None:
        """Give the origin of a line, from 0; None where nothing was settled for it."""
        at = bisect_right(self.runs, number + 1, key=lambda run: run.first) - 1
        if at < 0 or number + 1 > self.runs[at].last or not 0 <= self.runs[at].origin < len(self.origins):
            return None
        return self.origins[self.runs[at].origin]


def moved(origin: Origin, fit: Fit) -> Origin:
    """Give the origin of a line that was another one: edited stays edited."""
    how = "edited" if "edited" in (origin.how, fit.how) else origin.how
    return Origin(
        kind=origin.kind,
        generation=origin.generation,
        person=origin.person,
        how=how if origin.kind == "generation" else "",
        why=origin.why,
        since=origin.since,
    )


class File:
    """One file on its way: which line of the target each kept line is, and the origins that are known."""

    def __init__(self, pair: Pair, before: "list[Origin]") -> None:
        self.pair = pair
        self.before = before
        self.origins: list[Origin | None] = [None] * len(pair.new)
        self.stretches = _cut(pair.added, len(pair.new))
        self.gone = _cut(pair.removed, len(pair.old))
        kept = [line for low, high in _others(self.stretches, len(pair.new)) for line in range(low, high)]
        stood = [line for low, high in _others(self.gone, len(pair.old)) for line in range(low, high)]
        for line, was in zip(kept, stood, strict=False):
            self.origins[line] = before[was]
        self.settled = True

    def replaced(self, found: Mapping[int, Origin]) -> dict[int, Origin]:
        """Give assistants' lines of which so much was changed that nothing fits them any more: as many new lines as went
        away stand in their place, and each has the shape of the one that it replaces."""
        gone = {low - before: (low, high) for (low, high), before in _with_sums(self.gone)}
        made: dict[int, Origin] = {}
        for (low, high), before in _with_sums(self.stretches):
            first, last = gone.get(low - before, (0, 0))
            if high - low != last - first:
                continue
            for line in range(low, high):
                was = self.before[first + line - low]
                if was.kind == "generation" and line not in found and self._alike(first + line - low, line):
                    made[line] = moved(was, Fit(0, 0, "edited"))
        return made

    def _alike(self, old: int, new: int) -> bool:
        sides = KeyedText((self.pair.old[old], self.pair.new[new]), bytes(SALT_BYTES))
        return bool(sides.words[0]) and sides.shape(0) == sides.shape(1)

    def take(self, found: Mapping[int, Origin]) -> None:
        """Give the new lines their origins."""
        for line, origin in found.items():
            self.origins[line] = origin

    def whole(self) -> list[Origin]:
        """Give all origins: lines without tokens take their neighbours', what is left is unknown."""
        unknown = Origin(kind="unknown", why=NO_RECORD if self.settled else TOO_LARGE)
        for low, high in self.stretches:
            self._fill(low, high, unknown)
        return [origin or unknown for origin in self.origins]

    def _fill(self, low: int, high: int, unknown: Origin) -> None:
        """Give the lines of a stretch that carry no evidence of their own the origin of the lines around them, if these
        agree. At a border a bracket goes with what it closes; a blank line goes with what was there before, or is
        unknown."""
        bare = {line for line in range(low, high) if self.origins[line] is None and _is_bare(self.pair.new[line])}
        for line in range(low, high):
            if self.origins[line] is None and line not in bare:
                self.origins[line] = unknown
        below = self.origins[high] if high < len(self.origins) else None
        after: dict[int, Origin | None] = {}
        for line in range(high - 1, low - 1, -1):
            after[line] = below
            below = self.origins[line] or below
        above = self.origins[low - 1] if low else None
        for line in range(low, high):
            if line in bare:
                self.origins[line] = _bare(self.pair.new[line], above, after[line]) or unknown
            else:
                above = self.origins[line]


def _bare(line: str, above: Origin | None, below: Origin | None) -> Origin | None:
    """Give the origin of a line without evidence of its own between two others; None where they do not tell."""
    near = above if line.strip() and above else below if above is None else above
    if near is None or near.kind == "unknown":
        return near
    agree = above is None or below is None or _same(above, below)
    if not agree and not line.strip():
        return None
    return Origin(kind=near.kind, generation=near.generation, person=near.person, how=_BETWEEN[near.kind], since=near.since)


_BETWEEN: Mapping[str, How] = {"generation": "between", "person": "", "unknown": ""}


def _same(one: Origin, other: Origin) -> bool:
    return (one.kind, one.generation, one.person) == (other.kind, other.generation, other.person)


def origins_before(pair: Pair, earlier: Mapping[tuple[str, str], Earlier]) -> list[Origin]:
    """Give the origin of each line of the target's side."""
    never = Origin(kind="unknown", why=NEVER_SETTLED)
    known = earlier.get((pair.old_path or pair.path, pair.before))
    if known is None:
        return [never] * len(pair.old)
    return [known.line(number) or never for number in range(len(pair.old))]


def _cut(ranges: Sequence[Range], count: int) -> tuple[_Ends, ...]:
    """Give ranges of changes as stretches within a text, in order, none over another."""
    found: list[_Ends] = []
    for first, last in sorted(ranges):
        low, high = max(first - 1, found[-1][1] if found else 0), min(last, count)
        if low < high:
            found.append((low, high))
    return tuple(found)


def _with_sums(stretches: Sequence[_Ends]) -> Iterator[tuple[_Ends, int]]:
    """Give each stretch with how many lines of stretches stand before it."""
    before = 0
    for low, high in stretches:
        yield (low, high), before
        before += high - low


def _others(stretches: Sequence[_Ends], count: int) -> Iterator[_Ends]:
    at = 0
    for low, high in stretches:
        yield at, low
        at = high
    yield at, count


def _is_bare(line: str) -> bool:
    """Tell whether a line is blank or holds only signs that open and close."""
    return not line.strip(" \t\r\f\v()[]{};,'\"`\\")
