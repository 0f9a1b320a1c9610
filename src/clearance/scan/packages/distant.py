"""Finds the popular name that an unknown one misspells by several letters, separators left out or a word added.

What `lookalike` keeps for all popular names tells slips of one letter. This index is of the best known alone, written as the
eye keeps them (without separators), and it is made when the first unknown name asks for it.
"""

from collections.abc import Iterator, Sequence
from functools import cache

from clearance.scan.packages.lookalike import distance, skeleton, words_of

_KNOWN, _WELL_KNOWN = 14_000, 5_000
"""Places of the names that squatters imitate in ways that are this far away; only the first of them may be short."""
_SHORTEST = 7
_TWO_FROM, _THREE_FROM = 10, 18
"""Letters from which two and three edits still tell of one name."""
_TWO_OF_FIRST, _FIRST = 8, 1_000
_MOST = 24
"""Candidates of one piece that are compared, the best known first."""


class Distant:
    """The best known names of a registry, by pieces of what the eye keeps of them."""

    def __init__(self, targets: Sequence[str]) -> None:
        """Index popular names, the most downloaded first."""
        self._targets = targets
        self._bones: list[str] = []
        self._pieces: dict[str, int] = {}
        self._others: dict[str, list[int]] = {}
        """The second place of a piece and those after it: most pieces have one, and a number costs less than a list."""
        for place, name in enumerate(targets[:_KNOWN]):
            bone = skeleton(name)
            self._bones.append(bone)
            size = len(bone)
            if size < (_SHORTEST if place < _WELL_KNOWN else _TWO_FROM):
                continue
            for number, start, end in _cuts(size):
                piece = f"{size}.{number}{bone[start:end]}"
                if self._pieces.setdefault(piece, place) != place:
                    self._others.setdefault(piece, []).append(place)

    def near(self, name: str) -> Iterator[tuple[int, int]]:
        """Give the place of each name that this one misspells, and how many edits lie between."""
        bone = skeleton(name)
        length, places = len(bone), set[int]()
        if length < _SHORTEST:
            return
        most = _most_edits(length + 1)
        for size in range(max(_SHORTEST, length - most), length + most + 1):
            cuts = _cuts(size)
            for number, start, end in cuts:
                last = number == len(cuts) - 1
                for shift in (0,) if not number else (length - size,) if last else range(-most, most + 1):
                    piece = f"{size}.{number}{bone[start + shift : end + shift]}"
                    if start + shift >= 0 and piece in self._pieces:
                        places.add(self._pieces[piece])
                        places.update(self._others.get(piece, ())[:_MOST])
        signs = set(bone)
        for place in sorted(places):
            other = self._bones[place]
            edits = min(_edits(length, place), _edits(len(other), place))
            if len(signs.symmetric_difference(other)) > 2 * edits:
                continue
            apart = distance(bone, other, edits)
            if 0 < apart <= edits and _is_spread(name, self._targets[place]):
                yield place, apart


def without_a_word(name: str) -> Iterator[tuple[str, str]]:
    """Give what is left of a name of several words without its first or its last one, and that word."""
    words = words_of(name)
    if len(words) < 2 or name.startswith("@"):
        return
    separator = next((sign for sign in name if sign in "-_."), "-")
    yield separator.join(words[1:]), words[0]
    yield separator.join(words[:-1]), words[-1]


def _is_spread(name: str, target: str) -> bool:
    """Whether no word is simply another one (`d3-line`, `d3-time`), where both have as many words."""
    mine, theirs = words_of(name), words_of(target)
    if len(mine) != len(theirs) or len(mine) < 2:
        return True
    pairs = zip(mine, theirs, strict=True)
    return all(word == other or distance(word, other, 3) * 2 < max(len(word), len(other)) for word, other in pairs)


def _most_edits(size: int) -> int:
    return 3 if size >= _THREE_FROM else 2 if size >= _TWO_OF_FIRST else 1


def _edits(size: int, place: int) -> int:
    """How many edits count for a name of some letters."""
    return 1 if size < _TWO_FROM and not (size >= _TWO_OF_FIRST and place < _FIRST) else _most_edits(size)


@cache
def _cuts(size: int) -> list[tuple[int, int, int]]:
    """Number, start and end of equal parts, one more than edits: one of them is whole in what is misspelt."""
    parts = _most_edits(size) + 1
    return [(number, size * number // parts, size * (number + 1) // parts) for number in range(parts)]
