"""The origin of every line of a merged tree, settled once from the target tree, what was settled for it, and generations.

Invariants: evidence only (a line has a generation's origin only where keys of that generation fit it, or as a blank line
between such lines), conservation (every line has exactly one origin), inputs stay as they are, the same inputs give the same
answer. What nobody has evidence for is unknown, which policy treats as written by an AI.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from clearance.facts.change import Range
from clearance.facts.trace import SCHEME, Attribution, FileOrigins, How, Known, Lines, Origin
from clearance.trace.align import Index, Source
from clearance.trace.keys import SALT_BYTES, KeyedText, sound
from clearance.trace.match import Fit, Text, fits

NO_RECORD = "no record says who wrote it"
NEVER_SETTLED = "it stood in the target before lines were traced"
TOO_LARGE = "the change has more lines than are settled"
NO_TEXT = "not text"
MOST_LINES = 1_000_000
"""New lines in one settlement; the rest stay unknown."""
_OFTEN_FOR_GENERATIONS = 1
_OFTEN_FOR_TARGET = 3
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


def settle(
    trees: tuple[str, str], pairs: Sequence[Pair], generations: Sequence[Known], earlier: Mapping[tuple[str, str], Earlier]
) -> Attribution:
    """Settle the files that differ between two trees (their git ids). `earlier` holds, by path and blob of the target side,
    what was settled before. Generations that come earlier in the sequence count first where two fit alike."""
    files = [_File(pair, _origins_before(pair, earlier)) for pair in pairs]
    taken = _budget(files)
    target = _Target(taken)
    from_target = target.fits()
    from_generations, written = _from_generations(taken, generations, target)
    for number, file in enumerate(taken):
        found = {line: owner for line, owner in from_generations[number].items() if line not in from_target[number]}
        for line, (origin, fit) in from_target[number].items():
            other = from_generations[number].get(line)
            if line in written[number] and origin.kind != "generation" and fit.how != "exact":
                found[line] = from_generations[number][line]  # this very text is on record, and it is new
            elif fit.how != "edited":  # nothing but its form or place changed: it is the line that it was
                found[line] = _moved(origin, fit)
            elif other is not None:
                found[line] = other
            elif origin.kind == "generation":
                found[line] = _moved(origin, fit)
        file.take({**file.replaced(found), **found})
    return _attribution(trees, files)


def _moved(origin: Origin, fit: Fit) -> Origin:
    how = "edited" if "edited" in (origin.how, fit.how) else origin.how
    return Origin(
        kind=origin.kind,
        generation=origin.generation,
        person=origin.person,
        how=how if origin.kind == "generation" else "",
        why=origin.why,
        since=origin.since,
    )


class _File:
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
                    made[line] = _moved(was, Fit(0, 0, "edited"))
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


class _Target:
    """The lines that the change takes out of the target: they may only have moved, or been formatted."""

    def __init__(self, files: Sequence[_File]) -> None:
        self.salt = bytes(16)  # never leaves this room
        self.files = files
        self.texts = [_text(file, self.salt) for file in files]
        self.olds = [KeyedText(file.pair.old, self.salt) for file in files]

    def fits(self) -> list[dict[int, tuple[Origin, Fit]]]:
        """Give, by file and new line, the origin of the line that went away and fits it."""
        sources: list[Source] = []
        origins: list[tuple[_File, int]] = []
        for file, old in zip(self.files, self.olds, strict=True):
            for low, high in file.gone:
                if old.starts[high] > old.starts[low]:
                    sources.append(Source(len(origins), old.run(file.pair.path, low, high), old, low))
                    origins.append((file, low))
        index = Index(sources, self.common(self.salt), _OFTEN_FOR_TARGET)
        found = fits(self.texts, index, [False] * len(sources))
        return [
            {line: (origins[fit.source][0].before[origins[fit.source][1] + fit.line], fit) for line, fit in lines.items()}
            for lines in found
        ]

    def common(self, salt: bytes) -> Counter[int]:
        """Count the shingles of the target's side of the files that changed."""
        counted: Counter[int] = Counter()
        for file, old in zip(self.files, self.olds, strict=True):
            counted.update(old.shingles if salt == self.salt else KeyedText(file.pair.old, salt).shingles)
        return counted


def _from_generations(
    files: Sequence[_File], generations: Sequence[Known], target: _Target
) -> tuple[list[dict[int, Origin]], list[set[int]]]:
    """Give, by file and new line, the generation that fits it, and which lines an agent signed for, letter by letter. Each
    salt is looked at on its own."""
    found: list[dict[int, Origin]] = [{} for _ in files]
    strength: list[dict[int, tuple[int, int]]] = [{} for _ in files]
    for salt, known in _by_salt(generations):
        sources = [Source(number, run) for number, one in enumerate(known) for run in one.keys.runs if sound(run)]
        index = Index(sources, target.common(salt), _OFTEN_FOR_GENERATIONS)
        texts = [_text(file, salt) for file in files]
        for number, lines in enumerate(fits(texts, index, [known[source.owner].settled for source in sources])):
            for line, fit in lines.items():
                owner = known[sources[fit.source].owner]
                rank = (_standing(owner), _RANK[fit.how])
                if rank > strength[number].get(line, (0, 0)):
                    strength[number][line] = rank
                    found[number][line] = Origin(
                        kind="person" if owner.person else "generation",
                        generation=owner.digest,
                        person=owner.person,
                        how=fit.how,
                    )
    written = [{line for line, rank in lines.items() if rank == _WRITTEN} for lines in strength]
    return found, written


def _standing(one: Known) -> int:
    """Rank evidence: what an agent signed, then what a person signed, then what only a trailer or a note claims."""
    return 2 if one.person else 1 if one.weak else 3


_WRITTEN = (3, 3)
_RANK = {"exact": 3, "formatted": 2, "edited": 1, "between": 1, "": 1}


def _by_salt(generations: Sequence[Known]) -> Iterator[tuple[bytes, list[Known]]]:
    """Give generations of one salt and one standing together, the earliest first: whoever recorded lines later has no claim
    to them."""
    groups: dict[tuple[bytes, int], list[Known]] = {}
    for one in generations:
        if one.keys.scheme == SCHEME and len(one.keys.salt) == 16:
            groups.setdefault((one.keys.salt, _standing(one)), []).append(one)
    for (salt, _), known in sorted(groups.items()):
        yield salt, known


def _text(file: _File, salt: bytes) -> Text:
    paths = tuple(dict.fromkeys((file.pair.path, file.pair.old_path or file.pair.path)))
    return Text(paths, KeyedText(file.pair.new, salt), file.stretches)


def _budget(files: Sequence[_File]) -> list[_File]:
    """Give the files that are settled; once too many lines are new, the rest stay unknown."""
    left, taken = MOST_LINES, []
    for file in files:
        lines = sum(high - low for low, high in (*file.stretches, *file.gone))
        file.settled = lines <= left
        if file.settled:
            left -= lines
            taken.append(file)
    return taken


def _origins_before(pair: Pair, earlier: Mapping[tuple[str, str], Earlier]) -> list[Origin]:
    """Give the origin of each line of the target's side."""
    never = Origin(kind="unknown", why=NEVER_SETTLED)
    known = earlier.get((pair.old_path or pair.path, pair.before))
    if known is None:
        return [never] * len(pair.old)
    return [known.line(number) or never for number in range(len(pair.old))]


def _attribution(trees: tuple[str, str], files: Sequence[_File]) -> Attribution:
    numbers: dict[Origin, int] = {}
    made = []
    for file in files:
        runs: list[Lines] = []
        for line, origin in enumerate(file.whole(), 1):
            number = numbers.setdefault(origin, len(numbers))
            if runs and runs[-1].origin == number:
                runs[-1] = Lines(first=runs[-1].first, last=line, origin=number)
            else:
                runs.append(Lines(first=line, last=line, origin=number))
        made.append(FileOrigins(path=file.pair.path, blob=file.pair.blob, runs=tuple(runs)))
    return Attribution(base=trees[0], head=trees[1], origins=tuple(numbers), files=tuple(made))


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
