"""Which pieces of known lines went into a text: runs are laid against it, shingle by shingle.

A text is read from front to back. Where a shingle is known, the run in which the longest piece goes on is followed for as
long as it fits (greedy parse, as in J. Ziv, A. Lempel, "A Universal Algorithm for Sequential Data Compression", 1977).
Pieces of one run that stand in order and near each other are one *match*; its weight says how much evidence it is. Time is
linear in the text and in the runs: a shingle has at most `_MOST_PLACES` places that are looked at, and each look is paid for
by what it skips."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from clearance.facts.trace import COUNT_BYTES, KEY_BYTES, SHORT_BYTES, Run
from clearance.trace.keys import WIDTH, KeyedText, numbers_of

_MOST_PLACES = 24
_LONGEST_LOOK = 48
_NEAR = 60
"""Tokens that may lie between two pieces of one match, on either side."""
_COMMON = 0.25
"""What a shingle weighs that stands in the target already, or in many runs."""
_MANY = 6


class Source:
    """A run with the number of its owner, cut for alignment; where its text is at hand, with that, and with the line of it
    (from 0) at which the run begins."""

    __slots__ = ("_counts", "first", "line_of", "own_end", "owner", "run", "shingles", "text")

    def __init__(self, owner: int, run: Run, text: KeyedText | None = None, low: int = 0) -> None:
        self.owner = owner
        self.run = run
        self.text = text
        self.first = text.starts[low] - run.lead if text else 0
        self.shingles = numbers_of(run.shingles, SHORT_BYTES)
        self.line_of = array("l")
        self._counts = numbers_of(run.counts, COUNT_BYTES)
        for line, count in enumerate(self._counts):
            self.line_of.extend([line] * count)
        self.own_end = run.lead + len(self.line_of)

    def is_blank(self, line: int) -> bool:
        """Tell whether the run has such a line, from 0, and it has no tokens."""
        return 0 <= line < len(self._counts) and not self._counts[line]

    def exact(self, line: int) -> bytes:
        """Give the exact key of a line, from 0."""
        return self.run.exact[line * KEY_BYTES : (line + 1) * KEY_BYTES]

    def shape(self, line: int) -> bytes:
        """Give the shape of a line, from 0."""
        return self.run.shape[line * SHORT_BYTES : (line + 1) * SHORT_BYTES]


class Piece(NamedTuple):
    """Shingles `at` to `at + length` of the text are those of the source from `start` on."""

    at: int
    start: int
    length: int


class Match:
    """Pieces of one source, in order."""

    __slots__ = ("pieces", "source", "text", "weight")

    def __init__(self, text: int, source: int, piece: Piece, weight: float) -> None:
        self.text = text
        self.source = source
        self.pieces = [piece]
        self.weight = weight

    @property
    def shingles(self) -> int:
        """How many shingles fit."""
        return sum(piece.length for piece in self.pieces)


class Index:
    """The places of all shingles of some sources. `known` tells how often a shingle stands in the target: such evidence
    weighs little."""

    def __init__(self, sources: Sequence[Source], known: Mapping[int, int], often: int) -> None:
        self.sources = sources
        self._known = known
        self._often = often
        self._places: dict[int, list[tuple[int, int]]] = {}
        for number, source in enumerate(sources):
            for at, shingle in enumerate(source.shingles):
                places = self._places.setdefault(shingle, [])
                if len(places) < _MOST_PLACES:
                    places.append((number, at))

    def matches(self, name: int, path: str, text: KeyedText, stretches: Sequence[tuple[int, int]]) -> list[Match]:
        """Lay the sources against stretches of lines (from 0, the second one not included) of the text with this number."""
        found: list[Match] = []
        newest: dict[int, Match] = {}
        for low, high in stretches:
            first, last = text.starts[low], text.starts[high]
            positions = max(0, first - WIDTH + 1), min(last, len(text.shingles))
            for source, piece in self._pieces(path, text.shingles, *positions):
                weight = sum(map(self._weight, text.shingles[piece.at : piece.at + piece.length]))
                match = newest.get(source)
                if match and _follows(match.pieces[-1], piece):
                    match.pieces.append(piece)
                    match.weight += weight
                else:
                    newest[source] = Match(name, source, piece, weight)
                    found.append(newest[source])
        return found

    def _weight(self, shingle: int) -> float:
        many = len(self._places.get(shingle, ())) > _MANY
        return _COMMON if many or self._known.get(shingle, 0) >= self._often else 1.0

    def _pieces(self, path: str, shingles: Sequence[int], at: int, end: int) -> Iterator[tuple[int, Piece]]:
        last = (-1, 0)  # the source that was left, and where in it
        while at < end:
            places = self._places.get(shingles[at])
            if not places:
                at += 1
                continue
            number, start = self._longest(path, shingles, at, end, places, last)
            inside = self.sources[number].shingles
            length = 1
            while at + length < end and start + length < len(inside) and inside[start + length] == shingles[at + length]:
                length += 1
            yield number, Piece(at, start, length)
            last = number, start + length
            at += length

    def _longest(
        self,
        path: str,
        shingles: Sequence[int],
        at: int,
        end: int,
        places: Sequence[tuple[int, int]],
        last: tuple[int, int],
    ) -> tuple[int, int]:
        """Choose the place from which the most goes on. Where more than one does, the one behind what was left, then one of
        the same path, then the first."""
        if len(places) == 1:
            return places[0]
        best, chosen = -1, places[0]
        for number, start in places:
            source = self.sources[number]
            inside, length = source.shingles, 1
            most = min(_LONGEST_LOOK, end - at, len(inside) - start)
            while length < most and inside[start + length] == shingles[at + length]:
                length += 1
            behind = number == last[0] and 0 <= start - last[1] <= _NEAR
            score = 4 * length + 2 * behind + (source.run.path == path)
            if score > best:
                best, chosen = score, (number, start)
        return chosen


def _follows(earlier: Piece, later: Piece) -> bool:
    ahead, inside = later.at - earlier.at - earlier.length, later.start - earlier.start - earlier.length
    return 0 <= ahead <= _NEAR and -WIDTH < inside <= _NEAR
