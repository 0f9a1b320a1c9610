"""Looks at one file: runs its top, then the functions that hold something of interest, then those that call them."""

import re
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Final

from clearance.scan.code import ir
from clearance.scan.code.flow.entries import entry
from clearance.scan.code.flow.event import Vocabulary, Watcher
from clearance.scan.code.flow.frame import MAX_SHORT, Files, Frame, Look, Unit
from clearance.scan.code.flow.functions import prepare, run_top
from clearance.scan.code.flow.value import CLOSED, Taint
from clearance.scan.code.mentions import named_places
from clearance.scan.code.source import Source
from clearance.scan.family import Budget

_STACK: Final = 12_000
"""Python frames that the interpreter may need for `MAX_LEVELS` of code within each other."""
_MAX_MENTIONS: Final = 60
_MAX_TIMES: Final = 1000
"""Ways in which one place is told of: functions that call each other in many ways multiply them."""
_MAX_WITHIN: Final = 8
"""Functions of classes within functions, that are asked whether they hold a place."""
_MAX_ENTRIES: Final = 4000
_SHORT_THERE: Final = 200
"""The same, of another file."""


_AFTER: Final = re.compile(rb"\s{0,8}([(,);\n])")
_HANDED: Final = re.compile(rb"[(,=:&]\s{0,8}(?:[\w$]{1,40}\.){0,2}\Z")
_GIVEN_ON: Final = re.compile(rb"[\w$]+(?:[ \t]*(?:$|[),;#\r\n\]}]|//)|[ \t]+as\b)", re.MULTILINE)
"""A word that is not called where it stands, but given another name, or to somebody else."""


class Analysis:
    """A look at one file.

    `project` finds the files of the tree that imports mean; `opened` is told of each that is followed into, and gives where
    its sources stand. `partial` says that only pieces of the file are there.
    `stopped` is true where a bound
    was hit, so that something may not have been seen.
    """

    def __init__(
        self,
        module: ir.Module,
        source: Source,
        path: str,
        vocabulary: Vocabulary,
        watcher: Watcher,
        budget: Budget,
        project: Files | None = None,
        *,
        partial: bool = False,
        opened: Callable[[Unit], Sequence[int]] | None = None,
    ) -> None:
        self.unit = Unit(path, module, source.data)
        self.look = Look(self.unit, vocabulary, watcher, budget, project, partial=partial)
        self.look.closed = self._closed
        self.look.interesting = self._interesting
        self.look.telling = self._telling
        self.source = source
        self.watcher = watcher
        self._words: list[int] | None = None
        self._ends: list[int] | None = None
        self._also: list[int] | None = None
        self._queue: list[tuple[ir.Function, Frame | None]] = []
        self._queued: set[int] = set()
        self._asked: set[int] = set()
        self._times: dict[int, int] = {}
        self._callers: dict[int, bool] = {}
        self._opened = opened
        self._sources: list[int] | None = None
        self._whole: set[int] = set()
        """Functions that are run to their ends, because they call one whose parameter decides."""
        self._others: dict[str, list[int] | None] = {}
        self._functions = {function.at: function for function in module.functions}
        self._starts = [function.at for function in module.functions]
        self._said: dict[str, list[int]] = {}
        prepare(self.look)

    def release(self) -> None:
        """Take apart what the look made, once all of it was told."""
        self.look.release()
        for function in self.unit.module.functions:
            function.owner = None
        self._queue.clear()
        self._opened = None

    @property
    def stopped(self) -> bool:
        """Whether a bound was hit, so that something was not looked at."""
        return bool(self._queue) or not self.look.step()

    @property
    def crowded(self) -> bool:
        """Whether something was looked at in some of the ways that lead there, and not in all."""
        return self.look.crowded

    def run(self, words_at: Sequence[int] | None, also_at: Sequence[int] | None = None, telling: Iterable[int] = ()) -> None:
        """Look at the top of the file and at the functions that hold one of these offsets (None: at all of them).

        `also_at` are offsets of words that sources go by: longer functions that hold neither are not followed into
        unless they are given something that comes from outside for certain. None: any function may be followed.

        Raises:
            OutOfTime: the budget is spent.
        """
        self._words = None if words_at is None else sorted(words_at)
        self._ends = None if words_at is None else sorted({*words_at, *telling})
        self._sources = sorted(also_at) if also_at is not None else None
        self._also = None if words_at is None or also_at is None else sorted({*words_at, *also_at, *telling})
        before = sys.getrecursionlimit()
        sys.setrecursionlimit(max(before, _STACK))
        try:
            self._run()
        finally:
            sys.setrecursionlimit(before)

    def _run(self) -> None:
        look = self.look
        run_top(look, self.unit, told=True)
        for function in self.unit.module.functions:
            if self._interesting(self.unit, function):
                self._add(function, None)
        self._tell()
        self._take_pending()
        done = 0
        while self._queue and done < _MAX_ENTRIES:
            batch, self._queue = self._queue, []
            for function, outer in sorted(batch, key=_at):
                done += 1
                look.budget.check()
                self._enter(function, outer)
            if not self._queue:
                self._open()

    def _open(self) -> None:
        """Look again at functions whose callers were thought to be in sight, and that nobody called."""
        for at in sorted(self._asked):
            function = self._functions.get(at)
            if function is not None and self._callers.get(id(function)) and not self.look.contexts.get(id(function)):
                self._callers[id(function)] = False
                self._queue.append((function, None))

    def _add(self, function: ir.Function, outer: Frame | None) -> None:
        if id(function) not in self._queued:
            self._queued.add(id(function))
            self._queue.append((function, outer))

    def _enter(self, function: ir.Function, outer: Frame | None) -> None:
        look = self.look
        if outer is not None and id(function) in look.entered and id(function) not in look.registered:
            return  # a closure that was called where it stands
        look.level = 0
        look.active.clear()
        look.whole = self._also is None or id(function) in self._whole
        entry(look, self.unit, function, outer, stop=self._stop(function, outer))
        self._tell()
        self._take_pending()

    def _stop(self, function: ir.Function, outer: Frame | None) -> int | None:
        """Give where a function may be left, because nothing behind that place is of interest."""
        ends = self._ends
        if ends is None or self._also is None or outer is not None or id(function) in self._whole:
            return None
        at = bisect_left(ends, function.end)
        first = bisect_left(ends, function.at)
        if at <= first or self._crossed(function):
            return None
        if any(_GIVEN_ON.match(self.source.data, place) for place in ends[first:at]):
            return None
        return ends[at - 1]

    def _crossed(self, function: ir.Function) -> bool:
        return self.look.files is not None and _holds(self._sources, function)

    def _take_pending(self) -> None:
        """Queue the functions that were made within the one that was looked at, unless somebody called them."""
        made, self.look.pending = self.look.pending, []
        for function, outer in made:
            if outer.unit is self.unit and self._interesting(self.unit, function):
                self._add(function, outer if outer.function is not None else None)

    def _tell(self) -> None:
        """Tell the watcher what happened; callers of functions whose parameters decided become interesting."""
        events, self.look.events = self.look.events, []
        for at, event in enumerate(events):
            if event.told:
                continue
            if not at & 0xFF:
                self.look.budget.check()
            event.told = True
            place = id(event.node)
            times = self._times[place] = self._times.get(place, 0) + 1
            if times > _MAX_TIMES:  # judged in so many ways: one more is a bound like that of contexts, and no gap
                continue
            for taint in self.watcher.saw(event):
                self._ask(taint)

    def _ask(self, taint: Taint) -> None:
        if taint.kind not in (CLOSED, "parameter") or taint.function in self._asked or taint.function < 0:
            return
        if taint.trail and taint.trail[0].path != self.unit.path:
            return
        self._asked.add(taint.function)
        function = self._functions.get(taint.function)
        if function is None:
            return
        names = [function.name]
        if "constructor" in function.flags and function.owner is not None:
            names = [function.owner.name]
        for name in names:
            for at in self._mentions(name):
                caller = self._around(at)
                if caller is not None and caller is not function:
                    if id(caller) not in self._whole:
                        self._whole.add(id(caller))
                        self._queued.discard(id(caller))
                    self._add(caller, None)

    def _mentions(self, name: str) -> list[int]:
        known = self._said.get(name)
        if known is None:
            words = frozenset((name.encode("utf-8", "replace"),)) if name else frozenset[bytes]()
            known = self._said[name] = [at for at, _ in islice(named_places(self.source.data, words), _MAX_MENTIONS)]
        return known

    def _around(self, at: int) -> ir.Function | None:
        """Give the function at the top, or method, that holds an offset."""
        number = bisect_right(self._starts, at)
        for function in reversed(self.unit.module.functions[max(0, number - _MAX_WITHIN) : number]):
            if at < function.end:
                return function
        return None

    def _interesting(self, unit: Unit, function: ir.Function) -> bool:
        return unit is self.unit and _holds(self._words, function)

    def _telling(self, unit: Unit, function: ir.Function) -> bool:
        """Tell whether a function is worth being followed into, whatever it is given."""
        if unit is not self.unit:
            return _holds(self._other(unit), function) or function.end - function.at < _SHORT_THERE
        return function.end - function.at < MAX_SHORT or _holds(self._also, function)

    def _other(self, unit: Unit) -> list[int] | None:
        if unit.path not in self._others:
            self._others[unit.path] = sorted(self._opened(unit)) if self._opened is not None else None
            self.look.uses.clear()
        return self._others[unit.path]

    def _closed(self, unit: Unit, function: ir.Function | None, outer: Frame | None) -> bool:
        """Tell whether all callers of a function are in sight: it is private, and somebody in the file mentions it."""
        if function is None or not function.name:
            return False
        known = self._callers.get(id(function))
        if known is None:
            hidden = self.unit.language == "python" and function.owner is not None and not function.owner.public
            private = not function.public or hidden or outer is not None
            known = private and unit is self.unit and self._called(function)
            self._callers[id(function)] = known
        return known

    def _called(self, function: ir.Function) -> bool:
        """Tell whether the text of the file calls a function, or hands it on, anywhere but where it is defined."""
        called = function.owner if function.owner is not None and "constructor" in function.flags else function
        if not called.name:
            return False
        start, end, data = function.at, function.end, self.source.data
        size = len(called.name.encode("utf-8", "replace"))
        for at in self._mentions(called.name):
            if start <= at < end and not (function.body and at >= function.body[0].at):
                continue
            after = _AFTER.match(data, at + size)
            if after is None:
                continue
            if after[1] == b"(":
                called_here = not data.endswith(b"class ", max(0, at - 6), at)
            else:
                called_here = _HANDED.search(data, max(0, at - 100), at) is not None
            if called_here:
                return True
        return False


def _holds(words: list[int] | None, function: ir.Function) -> bool:
    if words is None:
        return True
    at = bisect_left(words, function.at)
    return at < len(words) and words[at] < function.end


def _at(one: tuple[ir.Function, Frame | None]) -> int:
    return one[0].at
