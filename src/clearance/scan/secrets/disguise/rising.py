"""Reads each stretch of a sheet once, however many keywords stand in it."""

from collections.abc import Callable
from typing import NamedTuple
from weakref import ref

from clearance.scan.secrets.probe import Sheet, Undone


class Reading(NamedTuple):
    """What a stretch that was read gave, and where it ends: keywords before it would give the same."""

    undone: Undone | None
    end: int


class Rising:
    """Asks about the keywords of a sheet, which come in rising order, and passes over those in what was read last.

    Without it, an expression of a thousand literals that hide nothing would be read a thousand times.
    """

    def __init__(self, read: Callable[[Sheet, int], Reading | None]) -> None:
        self._read = read
        self._sheet: ref[Sheet] | None = None
        self._asked = self._done = 0
        self.holds: Callable[[Sheet, int], bool] | None = None
        """Whether what was read at a keyword counts; where it does not, others in the stretch may."""

    def __call__(self, sheet: Sheet, at: int) -> Undone | None:
        """Give what the stretch around a keyword reads, once."""
        if self._sheet is None or self._sheet() is not sheet or at <= self._asked:
            self._sheet, self._done = ref(sheet), 0
        self._asked = at
        if at < self._done:
            return None
        reading = self._read(sheet, at)
        if reading is None or (reading.undone is not None and self.holds is not None and not self.holds(sheet, at)):
            return None
        self._done = reading.end
        return reading.undone
