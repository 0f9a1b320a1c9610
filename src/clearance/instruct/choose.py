"""Which candidates fit a budget."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from clearance.instruct.model import MOST, Candidate

_OF_A_FAMILY = {"commands": 3, "guidance": 8, "packages": 4, "personal": 2, "secrets": 3, "tampering": 5}
"""How many lines of a family that holds in every task stand there at most; a team's own are not counted. Of guidance that
others wrote so many stand in each text."""

_PASSED = 3


class Chosen(NamedTuple):
    """What stands in a text, in its order, and what the budget left out."""

    taken: tuple[Candidate, ...]
    left: tuple[Candidate, ...]

    @property
    def tokens(self) -> int:
        """The tokens of what was taken."""
        return sum(one.tokens for one in self.taken)


def fill(found: Iterable[Candidate], budget: int, characters: int, most: int = MOST) -> Chosen:
    """Take the heaviest that fit `budget` tokens and `characters`, in their order. One that is too long is passed over a few
    times; then the text is full, and short lines of little weight do not fill it up."""
    passed = 0
    taken: list[Candidate] = []
    left: list[Candidate] = []
    counted: dict[str, int] = {}
    for one in found:
        full = not one.team and counted.get(one.family, 0) >= _OF_A_FAMILY.get(one.family, most)
        long = one.tokens > budget or len(one.text) > characters
        passed += long and not full
        if full or long or len(taken) >= most or passed > _PASSED:
            left.append(one)
            continue
        taken.append(one)
        counted[one.family] = counted.get(one.family, 0) + 1
        budget -= one.tokens
        characters -= len(one.text)
    return Chosen(tuple(taken), tuple(left))


def share(
    found: Mapping[str, Sequence[Candidate]],
    shares: Mapping[str, int],
    budget: int,
    characters: int,
    heading: Mapping[str, int],
) -> dict[str, Chosen]:
    """Divide a budget among scopes by their shares: the next line goes to the scope that has had least for its share.
    `heading` is what a scope costs besides its lines; a scope that cannot have three lines gets none."""
    waiting = {scope: list(found[scope]) for scope in shares if found.get(scope)}
    taken: dict[str, list[Candidate]] = {scope: [] for scope in waiting}
    left: dict[str, list[Candidate]] = {scope: [] for scope in waiting}
    spent = dict.fromkeys(waiting, 0.0)
    open_scopes = _affordable(waiting, shares, budget, heading)
    budget -= sum(heading[scope] for scope in open_scopes)
    while open_scopes:
        scope = min(open_scopes, key=lambda name: (spent[name] / shares[name], name))
        if not waiting[scope] or len(taken[scope]) >= MOST:
            open_scopes.remove(scope)
            continue
        one = waiting[scope].pop(0)
        if one.tokens > budget or len(one.text) > characters:
            left[scope].append(one)
            if len(left[scope]) > _PASSED:
                open_scopes.remove(scope)
            continue
        taken[scope].append(one)
        spent[scope] += one.tokens
        budget -= one.tokens
        characters -= len(one.text)
    return {scope: Chosen(tuple(taken[scope]), (*left[scope], *waiting[scope])) for scope in waiting}


def _affordable(
    waiting: Mapping[str, Sequence[Candidate]], shares: Mapping[str, int], budget: int, heading: Mapping[str, int]
) -> list[str]:
    """Name the scopes that can have a heading and three lines, the most important first."""
    held = []
    for scope in sorted(waiting, key=lambda name: (-shares[name], name)):
        least = heading[scope] + sum(one.tokens for one in waiting[scope][:3])
        if least > budget:
            continue
        budget -= least
        held.append(scope)
    return held
