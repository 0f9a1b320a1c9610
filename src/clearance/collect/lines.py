"""Which lines differ between two texts, in time that input cannot make quadratic."""

import codecs
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise
from typing import NamedTuple

from clearance.facts.change import Range
from clearance.facts.text import decode

SNIFF = 8192
"""How many first bytes `facts.text.decode` needs to tell text from binary."""
_SMALL = 10_000
_LEVELS = 8


class LineChange(NamedTuple):
    """Line ranges that are new on the after side and gone from the before side; `binary`: there is no text to compare."""

    added: tuple[Range, ...]
    removed: tuple[Range, ...]
    binary: bool


def encoding_of(head: bytes) -> str | None:
    """Name the codec in which bytes are text, by their first `SNIFF` bytes, or None for binary."""
    decoded = decode(head[:SNIFF])
    return decoded.encoding if decoded else None


def by_bytes(encoding: str) -> bool:
    """Tell whether lines in this encoding end at the byte 0x0A and nowhere else."""
    return encoding.startswith("utf-8")


def whole(count: int) -> tuple[Range, ...]:
    """Give the ranges that cover lines 1 to `count`."""
    return ((1, count),) if count else ()


class LineCounter:
    """Counts the lines of text that arrives in pieces; a last line without its end counts."""

    def __init__(self, encoding: str) -> None:
        self._decoder = None if by_bytes(encoding) else codecs.getincrementaldecoder(encoding)("replace")
        self._ends = 0
        self._open = False

    def feed(self, piece: bytes) -> None:
        """Take the next bytes."""
        data = piece if self._decoder is None else self._decoder.decode(piece).encode("utf-8", "surrogatepass")
        if data:
            self._ends += data.count(b"\n")
            self._open = not data.endswith(b"\n")

    @property
    def count(self) -> int:
        """How many lines there were so far."""
        return self._ends + self._open


def split(data: bytes) -> list[bytes] | None:
    """Cut bytes into lines in UTF-8, ends included, at `\\n` only (as `View` counts them); None for binary."""
    decoded = decode(data)
    if decoded is None:
        return None
    text = data if by_bytes(decoded.encoding) else decoded.text.encode("utf-8", "surrogatepass")
    pieces = text.split(b"\n")
    last = pieces.pop()
    lines = [piece + b"\n" for piece in pieces]
    return [*lines, last] if last else lines


def compare(before: bytes | None, after: bytes | None) -> LineChange:
    """Compare two sides of a file, either of which may be missing."""
    old = split(before) if before is not None else []
    new = split(after) if after is not None else []
    if new is None or (old is None and after is None):
        return LineChange((), (), binary=True)
    if old is None:
        return LineChange(whole(len(new)), (), binary=False)
    kept = list(_kept(old, new))
    return LineChange(_others([at for _, at in kept], len(new)), _others([at for at, _ in kept], len(old)), binary=False)


def _others(kept: Sequence[int], count: int) -> tuple[Range, ...]:
    """Give the ranges of lines 1 to `count` whose indexes (from 0, ascending) are not among `kept`."""
    ranges: list[Range] = []
    start = 0
    for index in (*kept, count):
        if index > start:
            ranges.append((start + 1, index))
        start = index + 1
    return tuple(ranges)


def _kept(old: list[bytes], new: list[bytes]) -> Iterator[tuple[int, int]]:
    """Give the index pairs of lines that stay, ascending: patience diff (B. Cohen), level by level.

    Lines that are unique on both sides anchor the comparison; what lies between two anchors is compared in the same way.
    The levels are bounded and each one costs O(n log n); what is left and small goes to difflib, what is left and large
    counts as changed.
    """
    stack = [(0, len(old), 0, len(new), 0)]
    while stack:
        low, high, start, end, level = stack.pop()
        while low < high and start < end and old[low] == new[start]:
            yield low, start
            low, start = low + 1, start + 1
        tail = 0
        while low < high - tail and start < end - tail and old[high - tail - 1] == new[end - tail - 1]:
            tail += 1
        if tail:
            stack.append((high - tail, high, end - tail, end, level))
        high, end = high - tail, end - tail
        if low == high or start == end:
            continue
        anchors = _anchors(old[low:high], new[start:end]) if level < _LEVELS else []
        if anchors:
            bounds = [*((low + i, start + j) for i, j in anchors), (high, end)]
            pieces = [(low, bounds[0][0], start, bounds[0][1], level + 1)]
            pieces += [(a, c, b, d, level + 1) for (a, b), (c, d) in pairwise(bounds)]
            stack.extend(reversed(pieces))
        elif (high - low) * (end - start) <= _SMALL:
            for i, j, size in SequenceMatcher(None, old[low:high], new[start:end], autojunk=False).get_matching_blocks():
                yield from ((low + i + step, start + j + step) for step in range(size))


def _anchors(old: list[bytes], new: list[bytes]) -> list[tuple[int, int]]:
    """Give the longest ascending run of lines that stand exactly once on each side, as index pairs."""
    single = {line for line, count in Counter(old).items() if count == 1}
    single &= {line for line, count in Counter(new).items() if count == 1}
    place = {line: at for at, line in enumerate(new) if line in single}
    pairs = [(at, place[line]) for at, line in enumerate(old) if line in single]
    tails: list[int] = []
    ends: list[int] = []
    previous: list[int] = []
    for number, (_, at) in enumerate(pairs):
        spot = bisect_left(tails, at)
        previous.append(ends[spot - 1] if spot else -1)
        if spot == len(tails):
            tails.append(at)
            ends.append(number)
        else:
            tails[spot], ends[spot] = at, number
    run: list[tuple[int, int]] = []
    number = ends[-1] if ends else -1
    while number >= 0:
        run.append(pairs[number])
        number = previous[number]
    return run[::-1]
