"""Tokens glued to a word: `mytokenghp_…`, `ghp_…_old`. Formats ask for a boundary that is not there."""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from clearance.scan.secrets.disguise.literals import is_dense
from clearance.scan.secrets.disguise.piece import Piece
from clearance.scan.secrets.disguise.words import patterns_of
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Probe, Sheet, Undone

_LONGEST = 2048
_BLOB = lazily(rb"[A-Za-z0-9+/]+")
_RUN = lazily(rb"[A-Za-z0-9_+/=.~%:-]{12,2048}")
_WORDY = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_LEAD = lazily(r"(?:\\b|\(\?:\^\|\[\^[^\]]+\]\))")
_TRAIL = lazily(r"(?:\\b|\(\?:\[\^[^\]]+\]\|\$\))\Z")
_CLASS = lazily(r"\[[^\]]+\]")


class Boundary:
    """Puts a boundary before and behind a token. Behind it only where what follows is of another alphabet: a longer
    run of the same one is another thing."""

    def __init__(self, probes: Sequence[Probe]) -> None:
        self._probes = probes
        self._known: dict[bytes, tuple[_Bare, ...]] = {}

    def _bare(self, word: bytes) -> tuple["_Bare", ...]:
        """Give the formats with a keyword that ask for a boundary at their end."""
        if word not in self._known:
            owned = (one for probe in self._probes if word in probe.keywords for one in patterns_of(probe))
            self._known[word] = tuple(_Bare(one) for one in owned if _TRAIL.search(one) is not None)
        return self._known[word]

    def __call__(self, sheet: Sheet, at: int, start: bytes) -> Undone | None:
        """Give what stands at a start with a boundary where there is none; None where both are there."""
        data = sheet.data
        run = _RUN.match(data, at)
        if run is None or not is_dense(run[0], 12):
            return None
        before = at > 0 and data[at - 1] in _WORDY
        if before and start.isalnum() and _BLOB.fullmatch(data, max(0, at - 40), at) is not None and at >= 40:
            return None
        for bare in self._bare(start.lower()):
            end = bare.end(data, at)
            if end is not None:
                return _cut(data, at, end, end)
        if before:
            return _cut(data, at, run.end(), min(len(data), run.end() + 1))
        return None


def _cut(data: bytes, start: int, end: int, last: int) -> Undone | None:
    piece = Piece(data)
    piece.put(b" ", start, start)
    piece.keep(start, last)
    if last == end:
        piece.put(b" ", end, end)
    return piece.undone("glued to a word")


class _Bare:
    """A format without the boundaries that it asks for."""

    def __init__(self, pattern: str) -> None:
        lead = _LEAD.match(pattern)
        self._body = _TRAIL.sub("", pattern[lead.end() :] if lead else pattern)

    @cached_property
    def _compiled(self) -> Any:
        import re2

        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.log_errors = False
        try:
            return re2.compile(self._body.encode(), options=options)
        except re2.error:
            return None

    @cached_property
    def _class(self) -> re.Pattern[bytes]:
        """Match a character of the last part."""
        return re.compile((_CLASS.findall(self._body) or [r"\w"])[-1].encode())

    def end(self, data: bytes, at: int) -> int | None:
        """Give where the token at `at` ends if a character of a word follows that is none of its own."""
        match = self._compiled.match(data[at : at + _LONGEST]) if self._compiled is not None else None
        if match is None:
            return None
        end: int = at + match.end()
        if end >= len(data) or data[end] not in _WORDY or self._class.match(data, end) is not None:
            return None
        return end
