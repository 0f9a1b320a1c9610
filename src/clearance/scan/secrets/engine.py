"""Searches a text, and what stands in it in disguise: the prefilter names places, judges decide, spans are mapped back."""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, TypeVar

from clearance.scan.family import Budget, OutOfTime
from clearance.scan.secrets.prefilter import Places, Prefilter
from clearance.scan.secrets.probe import Disguise, Dropped, Found, Probe, Sheet, Undone, Whole

MAX_LAYERS = 3
TOO_DEEP = "encoded more than three times over"
_LAST_LOOKS = 64
"""How many disguises may be worn over each other."""
OUT_OF_TIME = "out of time; what was found before is told"
_MAX_FOUND = 1000
_MAX_ASKED = 20_000
_MAX_ASKED_IN_ALL = 100_000
_LEAST_UNDONE = 4_000
"""Attempts at a disguise that any file may have; larger ones have more, up to `_MAX_ASKED`."""
_MAX_PIECES = 2_000
_MAX_UNDONE = 8 << 20


_Judged = TypeVar("_Judged", Found, Dropped)


class Hit(NamedTuple):
    """A secret where it stands in the file, its `value` as it reads without its disguise, and what the disguise was."""

    found: Found
    value: bytes
    disguise: str = ""


class Searched(NamedTuple):
    """What a search gave: all hits and what was set aside, with spans in the file (they may overlap), and what there was too
    much of to look at all of it, in words."""

    hits: list[Hit]
    asides: list[Dropped]
    spent: list[str]


NOTHING = Searched([], [], [])


class _Layer(NamedTuple):
    """A sheet to search; all but the file itself were undone from a piece of the layer below."""

    sheet: Sheet
    undone: Undone | None = None
    below: "_Layer | None" = None
    depth: int = 0

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Give the span of the file that a span of this layer stands for."""
        layer: _Layer | None = self
        while layer is not None and layer.undone is not None:
            start, end = layer.undone.place(start, end)
            layer = layer.below
        return start, end

    @property
    def disguise(self) -> str:
        """What was undone, from the outside in."""
        names: list[str] = []
        layer: _Layer | None = self
        while layer is not None and layer.undone is not None:
            names.append(layer.undone.how)
            layer = layer.below
        return " in ".join(names)


class Engine:
    """Runs probes and disguises over one sheet after another. To `prefilter`, disguises are numbered after the probes; those
    that have no place are never asked for."""

    def __init__(self, probes: Sequence[Probe], disguises: Sequence[Disguise], whole: Whole, prefilter: Prefilter) -> None:
        self.probes = tuple(probes)
        self.disguises = disguises
        self.whole = whole
        self.prefilter = prefilter

    def search(self, sheet: Sheet, budget: Budget) -> Searched:
        """Search a sheet and whatever it hides, as far as the budget goes.

        Raises:
            OutOfTime: the budget is spent, and nothing was found before.
        """
        pieces = tuple(self.whole(sheet))
        places = self.prefilter.places(sheet, budget)
        if not pieces and not places:
            return NOTHING
        search = _Search(self, len(sheet.data), budget)
        try:
            search.look(_Layer(sheet), pieces, places)
            search.rest()
        except OutOfTime:
            if not search.hits:
                raise
            search.spent[OUT_OF_TIME] = None
        return search.searched()


class _Search:
    """The search of one file: its layers, outermost first, and what is left of its allowances."""

    def __init__(self, engine: Engine, size: int, budget: Budget) -> None:
        self._engine = engine
        self._budget = budget
        self._waiting: deque[_Layer] = deque()
        dense = engine.prefilter.bytes_a_place
        self._most_asked = max(_MAX_ASKED, size // dense)
        self._most_undone = min(_MAX_ASKED, max(_LEAST_UNDONE, 16 * size // dense))
        self._asks_left = max(_MAX_ASKED_IN_ALL, 5 * self._most_asked)
        self._bytes_left = max(_MAX_UNDONE, 4 * size)
        self._pieces_left = max(_MAX_PIECES, size >> 10)
        self._asked: dict[int, int] = {}
        self._found: dict[str, int] = {}
        self._known: set[tuple[str, int, int, bytes]] = set()
        self.spent: dict[str, None] = {}
        self.hits: list[Hit] = []
        self._asides: list[Dropped] = []

    def searched(self) -> Searched:
        """Give all that was found."""
        if not self.hits and not self._asides and not self.spent:
            return NOTHING
        return Searched(self.hits, self._asides, list(self.spent))

    def rest(self) -> None:
        """Look at the layers that wait."""
        engine = self._engine
        while self._waiting:
            layer = self._waiting.popleft()
            pieces = engine.whole(layer.sheet) if layer.depth < MAX_LAYERS else ()
            self.look(layer, pieces, engine.prefilter.places(layer.sheet, self._budget))

    def look(self, layer: _Layer, pieces: Iterable[Undone], named: Iterable[Places]) -> None:
        """Judge the places of a layer, and let wait what is hidden in it."""
        engine = self._engine
        for undone in pieces:
            self._add(layer, undone)
        probes = len(engine.probes)
        for number, places in named:
            if number < probes:
                self._judge(layer, number, engine.probes[number], places)
            elif layer.depth < MAX_LAYERS:
                self._undo(layer, number, engine.disguises[number - probes], places)
            elif TOO_DEEP not in self.spent:
                self._note_depth(layer, number, engine.disguises[number - probes], places)

    def _judge(self, layer: _Layer, number: int, probe: Probe, places: Iterable[int]) -> None:
        sheet, judge = layer.sheet, probe.judge
        for at in self._allowed(number, places, probe.rule, self._most_asked):
            one = judge(sheet, at)
            if one is None:
                continue
            if isinstance(one, Dropped):
                self._asides.append(_moved(layer, one))
                continue
            if not self._keep(layer, probe.rule, one):
                self.spent[f"{probe.rule}: too many places that look alike"] = None
                return

    def _allowed(self, number: int, places: Iterable[int], name: str, most: int) -> Iterator[int]:
        """Give the places that there is an allowance for."""
        before = asked = self._asked.get(number, 0)
        limit = min(most, asked + self._asks_left)
        try:
            for at in places:
                if asked >= limit:
                    self.spent[f"{name}: too many places that look alike"] = None
                    break
                if not asked & 255:
                    self._budget.check()
                asked += 1
                yield at
        finally:
            self._asked[number] = asked
            self._asks_left -= asked - before

    def _keep(self, layer: _Layer, rule: str, one: Found) -> bool:
        """Keep a hit that is not known from a layer below or from a piece that overlaps; false where there are too many."""
        moved = _moved(layer, one)
        value = layer.sheet.data[one.start : one.end]
        place = (one.rule, moved.start, moved.end, value)
        if place in self._known:
            return True
        found = self._found.get(rule, 0)
        if found >= _MAX_FOUND:
            return False
        self._found[rule] = found + 1
        self._known.add(place)
        self.hits.append(Hit(moved, value, layer.disguise))
        return True

    def _undo(self, layer: _Layer, number: int, disguise: Disguise, places: Iterable[int]) -> None:
        done = 0
        outside = (at for at in places if at >= done)
        for at in self._allowed(number, outside, disguise.name, self._most_undone):
            undone = disguise.undo(layer.sheet, at)
            if undone is not None and undone.data:
                done = undone.covers[1]
                self._add(layer, undone)

    def _note_depth(self, layer: _Layer, number: int, disguise: Disguise, places: Iterable[int]) -> None:
        """Tell where a text of its own is encoded in the last layer: nobody looks into it."""
        for at in self._allowed(number, places, disguise.name, _LAST_LOOKS):
            undone = disguise.undo(layer.sheet, at)
            if undone is not None and undone.apart:
                self.spent[TOO_DEEP] = None
                return

    def _add(self, layer: _Layer, undone: Undone) -> None:
        """Let a piece wait for its search, unless an allowance is spent."""
        size = len(undone.data)
        if undone.cut:
            what = "compressed text that is too large" if undone.solid else "table that is too long"
            self.spent[f"a {what} to look at all of it"] = None
        if self._pieces_left < 1 or self._bytes_left < size:
            self.spent["too much that was decoded or joined to look at all of it"] = None
            return
        self._pieces_left -= 1
        self._bytes_left -= size
        self._waiting.append(_Layer(layer.sheet.within(undone.data, apart=undone.apart), undone, layer, layer.depth + 1))


def _moved(layer: _Layer, one: _Judged) -> _Judged:
    """Put what was judged in a layer where it stands in the file."""
    if layer.undone is None:
        return one
    start, end = layer.place(one.start, one.end)
    return one._replace(start=start, end=end)
