"""What holds where the lines of one version of a file were settled more than once.

A line keeps the origin that it had first. A later settlement may only fill in what was unknown, or put stronger evidence in
the place of weaker: what a hook saw counts before what was recorded by hand or signed by a person, and that before what only
a trailer or a note claims. So nobody who can append a record takes lines that were told to be another's. Where a later
settlement disagrees, both are told.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from clearance.facts.trace import Lines, Origin

Strength = Callable[[Origin], int]
"""How strong the evidence of an origin is: 0 for none."""
BY_SOURCE: Mapping[str, int] = {"hook": 3, "command": 2, "trailer": 1, "note": 1}
OF_A_PERSON = 2
Settled = tuple[tuple[int, int, Origin], ...]
"""First and last line (from 1), and their origin; in order, without overlap."""


class Standing(NamedTuple):
    """What holds, and which generations other settlements name for lines, by their ends."""

    runs: Settled
    others: tuple[tuple[int, int, str], ...]


def standing(settlements: Sequence[Settled], strength: Strength) -> Standing:
    """Lay settlements of the same version of a file on each other, the first one first."""
    if not settlements:
        return Standing((), ())
    if len(set(settlements)) == 1:
        return Standing(settlements[0], ())
    count = max((runs[-1][1] for runs in settlements if runs), default=0)
    held: list[Origin | None] = [None] * count
    others: list[tuple[int, int, str]] = []
    for runs in settlements:
        for first, last, origin in runs:
            for line in range(first - 1, last):
                was = held[line]
                if was is None or _same(was, origin) or strength(origin) > strength(was):
                    held[line], less = origin, was
                else:
                    less = origin
                if less is not None and less.generation and not _same(less, held[line] or less):
                    others.append((line + 1, line + 1, less.generation))
    found: list[tuple[int, int, Origin]] = []
    for line, one in enumerate(held, 1):
        if one is None:
            continue
        if found and found[-1][1] == line - 1 and found[-1][2] == one:
            found[-1] = found[-1][0], line, one
        else:
            found.append((line, line, one))
    return Standing(tuple(found), _joined(others))


def _same(one: Origin, other: Origin) -> bool:
    return (one.kind, one.generation, one.person) == (other.kind, other.generation, other.person)


def _joined(others: Sequence[tuple[int, int, str]]) -> tuple[tuple[int, int, str], ...]:
    found: list[tuple[int, int, str]] = []
    for first, last, generation in sorted(set(others), key=lambda one: (one[2], one[0])):
        if found and found[-1][2] == generation and found[-1][1] + 1 == first:
            found[-1] = found[-1][0], last, generation
        else:
            found.append((first, last, generation))
    return tuple(found)


def merged(runs: Settled) -> tuple[tuple[Lines, ...], tuple[Origin, ...]]:
    """Give runs as attributions hold them: lines that name their origin by its number."""
    numbers: dict[Origin, int] = {}
    lines = tuple(Lines(first=first, last=last, origin=numbers.setdefault(one, len(numbers))) for first, last, one in runs)
    return lines, tuple(numbers)
