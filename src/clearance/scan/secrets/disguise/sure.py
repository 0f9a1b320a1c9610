"""Holds a disguise to its expressions: nothing is undone where none of them matches, so every prefilter gives the same."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from clearance.scan.secrets.disguise.rising import Rising
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Disguise, Expression, Sheet, Undone

_BACK = 96
"""Bytes before a keyword at which a match may begin."""
_PIECE = lazily(r"\\(?P<escape>.)|(?P<open>\[\^?\]?)|(?P<close>\])|(?P<end>\$\Z)|(?s:.)")


class Trigger:
    """Tells whether an expression has a match that ends behind a keyword, within its reach.

    The expressions are compiled by RE2, at the first use: `re` takes some hundred times as long for hundreds of them.
    """

    def __init__(self, expressions: Sequence[Expression], reach: int) -> None:
        self._expressions = expressions
        self._reach = reach

    @cached_property
    def _compiled(self) -> list[tuple[int, frozenset[str | None] | None, Any]]:
        """Give the reach and the languages of expressions, and what they compile to together."""
        import re2

        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.log_errors = False
        groups: dict[tuple[int, frozenset[str | None] | None], list[str]] = {}
        for one in self._expressions:
            pattern = f"(?{'i' if one.caseless else ''}:{_as_re2(one.pattern)})"
            groups.setdefault((one.reach or self._reach, one.languages), []).append(pattern)
        return [(*kind, re2.compile("|".join(patterns).encode(), options)) for kind, patterns in groups.items()]

    def __call__(self, sheet: Sheet, at: int) -> bool:
        """Tell it of the keyword at an offset."""
        data, compiled = sheet.data, self._compiled
        for start in range(min(at + self._reach, len(data)), max(-1, at - _BACK - 1), -1):
            for reach, languages, pattern in compiled:
                found = pattern.match(data, start)
                if found is None or not at < found.end() <= at + reach:
                    continue
                if languages is None or sheet.language in languages:
                    return True
        return False


def _as_re2(pattern: str) -> str:
    """Write a pattern so that RE2 reads it as Hyperscan and `re` do: white space has the vertical tab, and the end of the
    text may stand before a last line break."""
    parts: list[str] = []
    inside = False
    for found in _PIECE.finditer(pattern):
        piece = found[0]
        if found["escape"] == "s":
            piece = r"\s\v" if inside else r"[\s\v]"
        elif found["open"] and not inside:
            inside = True
        elif found["close"]:
            inside = False
        elif found["end"]:
            piece = r"(?:\n?\z)"
        parts.append(piece)
    return "".join(parts)


def sure_disguise(
    name: str,
    expressions: Sequence[Expression],
    keywords: tuple[bytes, ...],
    reach: int,
    undo: Callable[[Sheet, int], Undone | None],
    sought: Sequence[Expression] = (),
) -> Disguise:
    """Make a disguise that undoes only where one of its expressions matches. `sought` are for the prefilter instead of them:
    others, which match wherever something is undone, and cost less."""
    trigger = Trigger(expressions, reach)
    expressions = tuple(sought or expressions)
    if isinstance(undo, Rising):
        undo.holds = trigger
        return Disguise(name, expressions, keywords, reach, undo)

    def sure(sheet: Sheet, at: int) -> Undone | None:
        undone = undo(sheet, at)
        return undone if undone is not None and trigger(sheet, at) else None

    return Disguise(name, expressions, keywords, reach, sure)
