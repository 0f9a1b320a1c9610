"""Which functions of a file may see data from elsewhere, and which may hand it to a place that cares: told by their words
alone, before anything is run."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from clearance.scan.code import ir
from clearance.scan.code.detect.vocabulary import Sign
from clearance.scan.code.mentions import named_places

_CALLERS: Final = 2
"""So many calls up it is asked who is given what a function with a source gives back."""
_CALLED: Final = 4
"""So many calls down it is asked for a function that holds a place of interest."""


class Reach:
    """The functions of a file and the names that they say. `signs` are the sources of data from elsewhere that the file may
    hold: their last word, and all words that go with it."""

    def __init__(self, module: ir.Module, data: bytes, signs: Iterable[Sign]) -> None:
        self._functions = sorted(module.functions, key=lambda one: one.at)
        self._starts = [one.at for one in self._functions]
        self._module = module
        self._data = data
        self._said: list[dict[bytes, list[int]]] | None = None
        self._named: dict[bytes, list[int]] = {}
        for number, function in enumerate(self._functions):
            self._named.setdefault(_name(function), []).append(number)
        self._named.pop(b"", None)
        self.sources: list[int] = []
        """Where data from elsewhere may come in, as far as one can see by the words."""
        self.anywhere = False
        """It comes in at the top of the file, where every function may find it."""
        self._holding = self._hold(tuple(signs))
        self.seeing = self._seeing()

    def _hold(self, signs: Sequence[Sign]) -> set[int]:
        """Give the functions in which data may come in: they say what it is read from."""
        if not signs:
            return set()
        within: dict[int, dict[bytes, list[int]]] = {}
        inside: set[bytes] = set()
        imports = [(one.at, one.end) for one in self._module.body if type(one) is ir.Import]
        for at, word in named_places(self._data, frozenset(word for _, needs in signs for word in needs)):
            number = self.number(at)
            if number >= 0:
                inside.add(word)
            elif any(start <= at < end for start, end in imports):
                continue
            within.setdefault(number, {}).setdefault(word, []).append(at)
        found: set[int] = set()
        asked = {
            frozenset(word for word in needs if word != key and word in inside) or frozenset((key,)) for key, needs in signs
        }
        for number, said in within.items():
            places = {at for needs in asked if needs <= said.keys() for word in needs for at in said[word]}
            if places:
                found.add(number)
                self.sources += places
        self.sources.sort()
        return found

    def number(self, at: int) -> int:
        """Give the number of the function around a place, -1 at the top."""
        number = bisect_right(self._starts, at) - 1
        return number if number >= 0 and at < self._functions[number].end else -1

    def _seeing(self) -> set[int]:
        """Give the functions that may see what comes in: they read it, share an object with one that does, or call one."""
        found = set(self._holding)
        if -1 in found:
            self.anywhere = True
            return set(range(len(self._functions)))
        owners = {id(self._functions[number].owner) for number in found}
        if not found:
            return found
        for number, one in enumerate(self._functions):
            if one.owner is not None and id(one.owner) in owners:
                found.add(number)
        for _ in range(_CALLERS):
            names = {_name(self._functions[number]) for number in found}
            more = {number for number, said in enumerate(self._all_said()) if not names.isdisjoint(said)} - found
            if not more:
                break
            found |= more
        return found

    def _all_said(self) -> list[dict[bytes, list[int]]]:
        """Give, for each function, the names of functions of the file that it says, and where."""
        if self._said is None:
            self._said = [{} for _ in self._functions]
            for at, word in named_places(self._data, self._named.keys()):
                number = self.number(at)
                if number >= 0:
                    self._said[number].setdefault(word, []).append(at)
        return self._said

    def handing(self, places: Iterable[int], also: AbstractSet[bytes] = frozenset()) -> set[int]:
        """Give the places at which functions that may see what comes in hand it on: to one of these places, to a function
        of the file that holds one, or to one of the names `also`."""
        found: set[int] = set()
        holding: set[int] = set()
        for at in places:
            number = self.number(at)
            if number < 0 or number in self.seeing:
                found.add(at)
            if number >= 0:
                holding.add(number)
        if not self.seeing:
            return found
        names = {_name(self._functions[number]) for number in holding}
        for _ in range(_CALLED):
            more = {
                _name(self._functions[number]) for number, said in enumerate(self._all_said()) if not names.isdisjoint(said)
            } - names
            if not more:
                break
            names |= more
        names.discard(b"")
        for number in self.seeing:
            said = self._all_said()[number]
            own = _name(self._functions[number])
            for name in names & said.keys():
                found.update(at for at in said[name] if name != own or at > self._functions[number].at + len(own) + 40)
        return found


def _name(function: ir.Function) -> bytes:
    """Give the name by which a function is called; constructors go by that of their class."""
    if "constructor" in function.flags and function.owner is not None:
        return function.owner.name.encode("utf-8", "replace")
    return function.name.encode("utf-8", "replace")
