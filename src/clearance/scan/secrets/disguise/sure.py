"""Holds a disguise to its expressions: nothing is undone where none of them matches, so every prefilter gives the same."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property

from clearance.scan.secrets.disguise.rising import Rising
from clearance.scan.secrets.probe import Disguise, Expression, Sheet, Undone

_BACK = 96
"""Bytes before a keyword at which a match may begin."""


class Trigger:
    """Tells whether an expression has a match that ends behind a keyword, within its reach."""

    def __init__(self, expressions: Sequence[Expression], reach: int) -> None:
        self._expressions = expressions
        self._reach = reach

    @cached_property
    def _compiled(self) -> re.Pattern[bytes]:
        patterns = [f"((?{'i' if one.caseless else ''}:{one.pattern}))" for one in self._expressions]
        return re.compile("|".join(patterns).encode())

    def __call__(self, sheet: Sheet, at: int) -> bool:
        """Tell it of the keyword at an offset."""
        data, match = sheet.data, self._compiled.match
        for start in range(min(at + self._reach, len(data)), max(-1, at - _BACK - 1), -1):
            found = match(data, start)
            if found is None or found.end() <= at:
                continue
            one = self._expressions[(found.lastindex or 1) - 1]
            if found.end() <= at + (one.reach or self._reach) and (one.languages is None or sheet.language in one.languages):
                return True
        return False


def sure_disguise(
    name: str,
    expressions: Sequence[Expression],
    keywords: tuple[bytes, ...],
    reach: int,
    undo: Callable[[Sheet, int], Undone | None],
) -> Disguise:
    """Make a disguise that undoes only where one of its expressions matches."""
    trigger = Trigger(expressions, reach)
    if isinstance(undo, Rising):
        undo.holds = trigger
        return Disguise(name, tuple(expressions), keywords, reach, undo)

    def sure(sheet: Sheet, at: int) -> Undone | None:
        undone = undo(sheet, at)
        return undone if undone is not None and trigger(sheet, at) else None

    return Disguise(name, tuple(expressions), keywords, reach, sure)
