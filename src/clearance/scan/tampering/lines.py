"""The lines that a change adds and removes, where moving or re-indenting a line is neither."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from clearance.facts.change import Range
from clearance.scan.family import Pair, View


class Line(NamedTuple):
    """A line with the offset at which it starts."""

    text: str
    start: int
    number: int


def changed(view: View | None, ranges: Iterable[Range]) -> list[Line]:
    """Give the lines of a side that the change touches."""
    if view is None:
        return []
    last = len(view.starts)
    numbers = (number for first, end in ranges for number in range(first, min(end, last) + 1))
    return [Line(view.line(number), view.starts[number - 1], number) for number in numbers]


def net(pair: Pair) -> tuple[list[Line], list[Line]]:
    """Give the lines that are really new and really gone: those that the other side does not have, white space folded."""
    added, removed = changed(pair.after, pair.file.added), changed(pair.before, pair.file.removed)
    return _without(added, removed), _without(removed, added)


def _without(lines: list[Line], others: list[Line]) -> list[Line]:
    left = Counter(folded(line.text) for line in others)
    kept = []
    for line in lines:
        key = folded(line.text)
        if left[key]:
            left[key] -= 1
        elif key:
            kept.append(line)
    return kept


def folded(text: str) -> str:
    """A line without what re-indenting changes."""
    return " ".join(text.split())
