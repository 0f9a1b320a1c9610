"""Which names were imitated before: real names with many hostile ones a letter away, whatever their own use."""

import string
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator

_LEAST = 15
"""Hostile names a letter away from which on a name was a campaign's target; neighbours of such a target have fewer."""
_SHORTEST, _LONGEST = 6, 40
_SIGNS = string.ascii_lowercase + string.digits + "-"


def imitated_before(hostile: Iterable[str], has: Callable[[str], bool], known: Collection[str] = ()) -> list[str]:
    """Give the real names that squatters imitated many times, the most imitated first.

    `hostile` are names that records call hostile, `has` tells whether a registry has a name; both in canonical form. `known`
    are left out. Takes about a millisecond for each hostile name: for the making of a data pack, not for a check.
    """
    bad = set(hostile)
    counts: Counter[str] = Counter()
    for name in bad:
        if _SHORTEST <= len(name) <= _LONGEST:
            counts.update(near for near in set(_slips(name)) if near not in bad and has(near))
    return [
        name
        for name, many in sorted(counts.items(), key=lambda one: (-one[1], one[0]))
        if many >= _LEAST and name not in known
    ]


def _slips(name: str) -> Iterator[str]:
    for at in range(len(name)):
        yield name[:at] + name[at + 1 :]
        yield name[:at] + name[at : at + 2][::-1] + name[at + 2 :]
        for sign in _SIGNS:
            yield name[:at] + sign + name[at:]
            yield name[:at] + sign + name[at + 1 :]
    yield from (name + sign for sign in _SIGNS)
