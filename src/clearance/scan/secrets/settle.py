"""Which of the hits that overlap stands: one finding a secret."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from clearance.scan.secrets.engine import Hit
from clearance.scan.secrets.probe import Dropped


def settled(hits: Iterable[Hit]) -> list[Hit]:
    """Give one hit a secret, in the order in which they stand. Where two overlap: the one of better rank, then the longer,
    then the one without a disguise, then the first by name."""
    ordered = sorted(hits, key=_preference)
    taken = _Taken(hit.found[:2] for hit in ordered)
    kept = [hit for hit in ordered if taken.take(hit.found.start, hit.found.end)]
    return sorted(kept, key=lambda hit: hit.found.start)


def _preference(hit: Hit) -> tuple[int, int, int, bool, str, str]:
    found = hit.found
    return found.rank, found.start - found.end, found.start, bool(hit.disguise), found.rule, hit.disguise


def set_aside(asides: Sequence[Dropped], kept: Sequence[Hit]) -> list[Dropped]:
    """Give what was set aside and overlaps no finding, once each, in the order in which it stands."""
    ends = [hit.found.end for hit in kept]
    left = []
    for one in sorted(set(asides), key=lambda one: (one.start, one.end, one.rule, one.reason.value)):
        at = bisect_left(ends, one.start + 1)
        if at == len(kept) or kept[at].found.start >= one.end:
            left.append(one)
    return left


class _Taken:
    """Which of many spans are taken: one byte for each stretch between two of their ends."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        points = sorted({point for span in spans for point in span})
        self._number = {point: number for number, point in enumerate(points)}
        self._stretches = bytearray(len(points))

    def take(self, start: int, end: int) -> bool:
        """Take a span, unless a part of it is taken."""
        first, last = self._number[start], self._number[end]
        if self._stretches.find(1, first, last) >= 0:
            return False
        self._stretches[first:last] = b"\1" * (last - first)
        return True
