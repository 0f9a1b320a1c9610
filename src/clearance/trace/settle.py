"""The origin of every line of a merged tree, settled once from the target tree, what was settled for it, and generations.

Invariants: evidence only (a line has a generation's origin only where keys of that generation fit it, or as a blank line
between such lines), conservation (every line has exactly one origin), inputs stay as they are, the same inputs give the same
answer. What nobody has evidence for is unknown, which policy treats as written by an AI.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from clearance.facts.trace import SCHEME, Attribution, FileOrigins, Known, Lines, Origin
from clearance.trace.align import Index, Source
from clearance.trace.file import Earlier, File, Pair, moved, origins_before
from clearance.trace.keys import KeyedText, sound
from clearance.trace.match import Fit, Text, fits

MOST_LINES = 1_000_000
"""New lines in one settlement; the rest stay unknown."""
_OFTEN_FOR_GENERATIONS = 1
_OFTEN_FOR_TARGET = 3


def settle(
    trees: tuple[str, str], pairs: Sequence[Pair], generations: Sequence[Known], earlier: Mapping[tuple[str, str], Earlier]
) -> Attribution:
    """Settle the files that differ between two trees (their git ids). `earlier` holds, by path and blob of the target side,
    what was settled before. Generations that come earlier in the sequence count first where two fit alike."""
    files = [File(pair, origins_before(pair, earlier)) for pair in pairs]
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
                found[line] = moved(origin, fit)
            elif other is not None:
                found[line] = other
            elif origin.kind == "generation":
                found[line] = moved(origin, fit)
        file.take({**file.replaced(found), **found})
    return _attribution(trees, files)


class _Target:
    """The lines that the change takes out of the target: they may only have moved, or been formatted."""

    def __init__(self, files: Sequence[File]) -> None:
        self.salt = bytes(16)  # never leaves this room
        self.files = files
        self.texts = [_text(file, self.salt) for file in files]
        self.olds = [KeyedText(file.pair.old, self.salt) for file in files]

    def fits(self) -> list[dict[int, tuple[Origin, Fit]]]:
        """Give, by file and new line, the origin of the line that went away and fits it."""
        sources: list[Source] = []
        origins: list[tuple[File, int]] = []
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
    files: Sequence[File], generations: Sequence[Known], target: _Target
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


def _text(file: File, salt: bytes) -> Text:
    paths = tuple(dict.fromkeys((file.pair.path, file.pair.old_path or file.pair.path)))
    return Text(paths, KeyedText(file.pair.new, salt), file.stretches)


def _budget(files: Sequence[File]) -> list[File]:
    """Give the files that are settled; once too many lines are new, the rest stay unknown."""
    left, taken = MOST_LINES, []
    for file in files:
        lines = sum(high - low for low, high in (*file.stretches, *file.gone))
        file.settled = lines <= left
        if file.settled:
            left -= lines
            taken.append(file)
    return taken


def _attribution(trees: tuple[str, str], files: Sequence[File]) -> Attribution:
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
