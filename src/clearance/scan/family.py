"""What a scanner family is, what it is given, and what it gives back."""

import time
from bisect import bisect_right
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple, Protocol, runtime_checkable

import msgspec

from clearance.facts.change import Contents, FileChange, SideName
from clearance.facts.finding import Confidence, Gap, GapKind, Look, Secret, Severity, Step
from clearance.facts.text import Decoded
from clearance.scan.language import language_of

Span = tuple[int, int]
"""Half-open range of offsets into `View.text`, in Unicode code points."""


class OutOfTime(Exception):
    """A budget is spent. The runner turns it into a gap; families let it pass."""


class Budget:
    """How long a family may look at one file. Whoever loops over input calls `check` every few thousand steps."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def check(self) -> None:
        """Raise `OutOfTime` once the time is spent."""
        if time.monotonic() > self._end:
            raise OutOfTime


class View:
    """One side of one file as text. `data` are the raw bytes, `text` what they say (line ends untouched)."""

    def __init__(self, path: str, side: SideName, data: bytes, decoded: Decoded, *, partial: bool = False) -> None:
        self.path = path
        self.side = side
        self.data = data
        self.text = decoded.text
        self.encoding = decoded.encoding
        self.partial = partial

    @cached_property
    def language(self) -> str | None:
        """The language (`python`, `javascript`, `typescript`, `tsx`, `json`, `yaml`, …) by name and first line, or None."""
        return language_of(self.path, self.text[:200])

    @cached_property
    def starts(self) -> list[int]:
        """The offset at which each line starts; lines end at `\\n`."""
        starts = [0]
        find = self.text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Give line and column of an offset, both counted from 1."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Give the text of a line, counted from 1, without its end."""
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[self.starts[number - 1] : end].rstrip("\r\n")


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """What a family saw in a view: a rule and a span.

    Empty fields are filled by the runner from the rule's page. `shape` is what makes this the same finding as
    one on the other side or in the next version of the file; empty means the lines of the span with white space folded and
    `secrets` masked. `secrets` are spans whose text must never leave the scanner. `identity` tells two secrets of one
    shape apart when sides are compared; it is kept in memory only, so a family may put a keyed digest here.
    """

    rule: str
    start: int
    end: int
    message: str = ""
    fix: str = ""
    severity: Severity | None = None
    confidence: Confidence | None = None
    shape: str = ""
    identity: str = ""
    secrets: tuple[Span, ...] = ()
    steps: tuple[Step, ...] = ()
    edits: tuple[tuple[int, int, str], ...] = ()
    """What mends it: spans of the text, each with what it becomes; they do not overlap."""
    whole_file: bool = False
    """The finding is about the file, not about a span of it; its line is 0."""
    side: SideName = "after"
    """The side on which the span lies. `before` for what is gone: a deleted test."""
    secret: Secret | None = None
    """What may be told of the secret, or of the personal data, that this is."""
    hidden: tuple[str, ...] = ()
    """What a disguised secret reads without its disguise; masked like `secrets` wherever it turns up."""


class SetAside(NamedTuple):
    """A span that looked like a match of a rule and is none, and why; on request it is shown, never dropped in silence."""

    rule: str
    start: int
    end: int
    reason: Look


class Unjudged(NamedTuple):
    """A thing of which a family can tell neither good nor bad. All that differ in `what` and `line` only make one gap.

    `what` names it, so that what stood there before is told apart from what is new (`left-pad 1.3.0`); `name` is the part of
    that for people. `subject`, `noun` and `said` make the sentence: `npm: 212 versions (left-pad, …) were not …`.
    """

    kind: GapKind
    subject: str
    noun: str
    said: str
    what: str
    name: str
    line: int


class Passing(NamedTuple):
    """Says that what a family gives for a file rests on more than bytes: on the day, or on what an index answered. It is
    given anew each time."""


class Read(NamedTuple):
    """How much of a text's syntax a family read: pieces in all, and those that it did not understand."""

    pieces: int
    opaque: int


class Pair(NamedTuple):
    """A changed file with those sides that could be read as text."""

    file: FileChange
    before: View | None
    after: View | None


@runtime_checkable
class Family(Protocol):
    """Looks at one side at a time; the runner compares sides to tell what a change introduced.

    `start` is called once in each process, before the first look. `look` gives the same matches for the same text
    wherever it runs, takes time linear in the text, never runs what it reads, and calls `budget.check` in loops. A gap
    that it gives names itself as `scanner`. Files larger than `max_bytes` never reach it (the runner records the gap).
    """

    name: str
    max_bytes: int

    def start(self, contents: Contents) -> None:
        """Open what is needed: a compiled database, an index, the list of first-party modules."""
        ...

    def look(self, view: View, budget: Budget) -> Iterable[Match | Gap | Read | SetAside | Unjudged | Passing]:
        """Give the matches and gaps of one side of one file, how much of it was understood, and what was set aside."""
        ...


@runtime_checkable
class AroundFamily(Family, Protocol):
    """A family that also tells what a changed file does to files around it that the change leaves alone.

    `start` hands over the contents by which it reads them (`clearance.scan.neighbours`), within bounds of its own: what it
    does not read is a gap. All that it gives is introduced, and stands in the changed file.
    """

    def around(self, pair: Pair, budget: Budget) -> Iterable[Match | Gap | Passing]:
        """Give the matches that come by what the file sets or takes away; also called for a file that is gone."""
        ...


@runtime_checkable
class ComparingFamily(Protocol):
    """Looks at both sides of a file at once, because what it seeks is a difference; all that it gives is introduced.

    The rest is as for `Family`.
    """

    name: str
    max_bytes: int

    def start(self, contents: Contents) -> None:
        """Open what is needed."""
        ...

    def compare(self, pair: Pair, budget: Budget) -> Iterable[Match | Gap]:
        """Give the matches and gaps of one changed file; also called where a side is missing or no text."""
        ...
