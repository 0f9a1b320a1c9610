"""Whether a regular expression can be made to backtrack for exponential time.

The expression becomes an automaton whose states are its characters. It is exponentially ambiguous when a state can come
back to itself on one text in two ways: by two different ways between two neighbours of a loop, or by a pair of different
states that lies on a loop with a pair of equal ones in the product of the automaton with itself (Allauzen, Mohri,
Rastogi: General algorithms for testing the ambiguity of finite automata, 2008). It does harm only where what follows the
loop can fail.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TypeVar

from clearance.scan.code.properties.regex import MANY, Chain, Chars, Check, Either, NotRead, Repeat, Tree, read

_MAX_STATES = 160
_MAX_PAIRS = 12_000
_MAX_EDGES = 60_000
_MAX_COPIES = 12
_LINEAR = frozenset({"go"})
"""Engines whose expressions run in linear time."""
_State = TypeVar("_State", int, tuple[int, int])


class _TooBig(Exception):
    """More states or ways than are looked at."""


@lru_cache(maxsize=2048)
def explosive(pattern: str, dialect: str = "python") -> str | None:
    """Say which part of an expression makes matching exponential; None where none does, or where it is too big to tell.

    `dialect` is the engine of the language: `python`, `javascript`, `java`, `go`.
    """
    if dialect in _LINEAR or not any(char in pattern for char in "*+{"):
        return None
    try:
        tree = read(pattern)
        return next((reason for one in (tree, *_inner(tree)) if (reason := _judged(one, whole=one is not tree))), None)
    except (NotRead, _TooBig, RecursionError):
        return None


def _inner(tree: Tree) -> list[Tree]:
    """Give what look-arounds hold: they are matched on their own."""
    found: list[Tree] = []
    waiting = [tree]
    while waiting:
        one = waiting.pop()
        match one:
            case Check(inner) if inner is not None:
                found.append(inner)
                waiting.append(inner)
            case Chain(parts):
                waiting.extend(parts)
            case Either(ways):
                waiting.extend(ways)
            case Repeat(inner, _, _):
                waiting.append(inner)
            case _:
                pass
    return found


def _judged(tree: Tree, *, whole: bool) -> str | None:
    machine = _Machine()
    _, exits, empty = machine.build(tree, depth=0)
    if not exits and not empty:
        return None
    machine.ends(exits, whole=whole)
    return machine.ambiguous()


class _Machine:
    """States are the characters of the expression; `next` counts in how many ways a state follows another (at most 2)."""

    def __init__(self) -> None:
        self.masks: list[int] = []
        self.next: list[dict[int, int]] = []
        self.checked: set[int] = set()
        self.free: set[int] = set()

    def build(self, tree: Tree, depth: int) -> tuple[dict[int, int], dict[int, int], int]:
        """Add a tree. Gives the states that it can begin with and end with, each with its number of ways, and the number of
        ways to match nothing; ways are counted up to 2."""
        match tree:
            case Chars(mask):
                if len(self.masks) >= _MAX_STATES:
                    raise _TooBig
                self.masks.append(mask)
                self.next.append({})
                state = len(self.masks) - 1
                return {state: 1}, {state: 1}, 0
            case Check():
                return {}, {}, 1
            case Chain(parts):
                return self._chain(parts, depth)
            case Either(ways):
                return self._either(ways, depth)
            case Repeat(inner, low, high):
                return self._repeat(inner, low, high, depth)

    def _chain(self, parts: Sequence[Tree], depth: int) -> tuple[dict[int, int], dict[int, int], int]:
        entries: dict[int, int] = {}
        exits: dict[int, int] = {}
        empty = 1
        for part in parts:
            first, last, nothing = self.build(part, depth + 1)
            self._join(exits, first)
            _add(entries, first, empty)
            if isinstance(part, Check):
                self.checked.update(exits)
                continue
            if nothing:
                _add(exits, last, 1)
            else:
                exits = dict(last)
            empty = min(2, empty * nothing)
        return entries, exits, empty

    def _either(self, ways: Sequence[Tree], depth: int) -> tuple[dict[int, int], dict[int, int], int]:
        entries: dict[int, int] = {}
        exits: dict[int, int] = {}
        empty = 0
        for way in ways:
            first, last, nothing = self.build(way, depth + 1)
            _add(entries, first, 1)
            _add(exits, last, 1)
            empty = min(2, empty + nothing)
        return entries, exits, empty

    def _repeat(self, inner: Tree, low: int, high: int, depth: int) -> tuple[dict[int, int], dict[int, int], int]:
        if high == MANY or high > _MAX_COPIES:
            # A repetition with a high bound behaves like one without. Copies before the loop add nothing to its ambiguity.
            first, last, nothing = self.build(inner, depth + 1)
            self._join(last, first)
            return first, last, 1 if nothing or low == 0 else 0
        # x{1,3} is x(x(x)?)?: each text is matched by as many copies as it needs, in one way.
        rest: Tree = Chain(())
        for _ in range(high - low):
            rest = Either((Chain((inner, rest)), Chain(())))
        return self._chain([*[inner] * low, rest], depth)

    def _join(self, exits: dict[int, int], entries: dict[int, int]) -> None:
        for before, ways in exits.items():
            following = self.next[before]
            for after, more in entries.items():
                following[after] = min(2, following.get(after, 0) + ways * more)

    def ends(self, exits: Iterable[int], *, whole: bool) -> None:
        """Note the states after which the expression is through, whatever comes next: there is nothing to go back for."""
        if not whole:
            self.free = {state for state in exits if state not in self.checked}

    def ambiguous(self) -> str | None:
        """Say which loop is exponentially ambiguous, if any is."""
        component = _components(range(len(self.masks)), lambda state: self.next[state])
        for before, following in enumerate(self.next):
            for after, ways in following.items():
                if ways > 1 and component[before] == component[after] and self._can_fail(component, before):
                    return "a repetition holds a repetition of the same characters"
        return self._twins(component)

    def _can_fail(self, component: dict[int, int], state: int) -> bool:
        """Whether from the loop of a state the expression is not already through."""
        members = [one for one in range(len(self.masks)) if component[one] == component[state]]
        return not any(one in self.free for one in members)

    def _twins(self, component: dict[int, int]) -> str | None:
        sizes: dict[int, int] = {}
        for number in component.values():
            sizes[number] = sizes.get(number, 0) + 1
        for number, size in sizes.items():
            members = [state for state in range(len(self.masks)) if component[state] == number]
            if size < 2 or size * size > _MAX_PAIRS or not self._can_fail(component, members[0]):
                continue
            inside = {state: [one for one in self.next[state] if component[one] == number] for state in members}
            if self._meets(members, inside):
                return "two alternatives of a repetition match the same characters"
        return None

    def _meets(self, members: Sequence[int], inside: dict[int, list[int]]) -> bool:
        edges = 0
        masks = self.masks
        following: dict[tuple[int, int], list[tuple[int, int]]] = {}
        waiting = [(state, state) for state in members]
        while waiting:
            pair = waiting.pop()
            if pair in following:
                continue
            pairs = [(one, other) for one in inside[pair[0]] for other in inside[pair[1]] if masks[one] & masks[other]]
            edges += len(pairs)
            if edges > _MAX_EDGES or len(following) > _MAX_PAIRS:
                raise _TooBig
            following[pair] = pairs
            waiting.extend(pairs)
        component = _components(following, following.__getitem__)
        equal = {component[(state, state)] for state in members if (state, state) in component}
        return any(number in equal for pair, number in component.items() if pair[0] != pair[1])


def _add(into: dict[int, int], more: dict[int, int], times: int) -> None:
    for state, ways in more.items():
        if times:
            into[state] = min(2, into.get(state, 0) + ways * times)


def _components(states: Iterable[_State], following: Callable[[_State], Iterable[_State]]) -> dict[_State, int]:
    """Number the strongly connected components (Tarjan's algorithm, without recursion)."""
    index: dict[_State, int] = {}
    low: dict[_State, int] = {}
    component: dict[_State, int] = {}
    stack: list[_State] = []
    count = 0
    for root in states:
        if root in index:
            continue
        work = [(root, iter(following(root)))]
        index[root] = low[root] = len(index)
        stack.append(root)
        while work:
            state, rest = work[-1]
            for one in rest:
                if one not in index:
                    index[one] = low[one] = len(index)
                    stack.append(one)
                    work.append((one, iter(following(one))))
                    break
                if one not in component:
                    low[state] = min(low[state], index[one])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[state])
                if low[state] == index[state]:
                    while True:
                        one = stack.pop()
                        component[one] = count
                        if one == state:
                            break
                    count += 1
    return component
