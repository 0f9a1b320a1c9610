"""A labelled text: where its secrets stand, which lines only look like it, which say nothing either way."""

from typing import NamedTuple

from benchmarks.sets.cases import Part


class Truth(NamedTuple):
    """A secret: its first and last line (from 1), its kind, the half-open spans (code points) any of which is exact, and
    words of which one stands in the id of the right rule. Where `inner` is set, a span within the first one is exact, too,
    if it has that many characters: the secret part of a URL."""

    first: int
    last: int
    kind: str
    spans: tuple[tuple[int, int], ...] = ()
    rules: tuple[str, ...] = ()
    inner: int = 0


class Labelled(NamedTuple):
    """A file. `tempting` names the class of lines that must not be found; `open` are lines on which either answer is right.
    `before` is an earlier version of the file, where the secret comes with a change."""

    path: str
    text: str
    truths: tuple[Truth, ...]
    part: Part
    group: str = ""
    tempting: tuple[tuple[int, str], ...] = ()
    open: tuple[int, ...] = ()
    before: str | None = None


def line_of(text: str, offset: int) -> int:
    """Give the line of an offset, from 1."""
    return text.count("\n", 0, offset) + 1
