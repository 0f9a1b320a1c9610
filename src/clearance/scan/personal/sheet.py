"""A text as the detectors of personal data see it, and what they say about it."""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple

import re2

from clearance.facts.finding import Confidence, Look
from clearance.scan.family import Budget

MOST_FOUND = 1000
"""How many findings of one rule are told for one file."""
_MOST_ASKED = 100_000
_BYTES_A_PLACE = 8
_OPTIONS = re2.Options()
_OPTIONS.encoding = re2.Options.Encoding.LATIN1

# Signs that stand for a space, a hyphen, a digit or an `@` in text that was typeset or copied from a page; one for one, so
# that offsets stay.
_SPACES = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_HYPHENS = "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"
_FOLDED = {
    **dict.fromkeys(map(ord, _SPACES), " "),
    **dict.fromkeys(map(ord, _HYPHENS), "-"),
    **{0xFF10 + digit: str(digit) for digit in range(10)},
    **{0xFF21 + letter: chr(0x41 + letter) for letter in range(26)},
    **{0xFF41 + letter: chr(0x61 + letter) for letter in range(26)},
    0xFF20: "@", 0xFF0B: "+", 0xFF0E: ".", 0xFF08: "(", 0xFF09: ")", 0xFF0F: "/", 0xFF1A: ":",
}  # fmt: skip
_TO_FOLD = re.compile("[" + "".join(map(chr, _FOLDED)) + "]")
_TEST_FOLDERS = frozenset(
    {"test", "tests", "testing", "spec", "specs", "__tests__", "fixture", "fixtures", "testdata", "mock", "mocks", "seed",
     "seeds", "samples", "data", "dumps", "cassettes"}
)  # fmt: skip
_DATA_ENDS = (
    ".csv", ".tsv", ".psv", ".json", ".jsonl", ".ndjson", ".geojson", ".yaml", ".yml", ".xml", ".sql", ".log", ".txt",
    ".ldif",
    ".vcf", ".ics", ".eml", ".mbox", ".har", ".dump", ".fixture", ".toml", ".ini", ".properties", ".env", ".edn",
)  # fmt: skip


class Found(NamedTuple):
    """Personal data at a span of the text.

    `value` is its canonical form (digits only, lower case), which two spellings share. `rank` settles overlaps, the lowest
    wins: 0 where check digits fit, 1 for a shape, 2 for a context alone.
    """

    start: int
    end: int
    rule: str
    rank: int
    confidence: Confidence
    value: str
    message: str = ""


class Dropped(NamedTuple):
    """A span that looked like a match of a rule, and why it is none."""

    start: int
    end: int
    rule: str
    reason: Look


Seen = Found | Dropped


def pattern(expression: str) -> Any:
    """Compile an expression for `Sheet.spans`: RE2 over one byte for each code point."""
    return re2.compile(expression.encode("latin-1"), _OPTIONS)


class Sheet:
    """One text. `data` has one byte for each code point (`?` for what is not Latin-1), so its offsets are those of the text.

    `prose`: a prompt, a message, a document to read, where everything counts; otherwise code, where what looks like
    personal data mostly is none.
    """

    def __init__(self, path: str, text: str, budget: Budget, *, prose: bool) -> None:
        self.path = path
        self.text = text
        self.prose = prose
        self.spent: set[str] = set()
        """Rules with more places to look at than were looked at."""
        self._budget = budget
        parts = path.lower().split("/")
        self.name = parts[-1]
        self.is_data = self.name.endswith(_DATA_ENDS)
        self.is_fixture = self.is_data or not _TEST_FOLDERS.isdisjoint(parts[:-1])

    @cached_property
    def data(self) -> bytes:
        """The text, one byte for each code point."""
        text = self.text
        if not text.isascii() and _TO_FOLD.search(text):
            text = text.translate(_FOLDED)
        return text.encode("latin-1", "replace")

    def spans(self, expression: Any, rule: str) -> Iterator[tuple[int, int]]:
        """Give the matches of an expression in order, as far as there are not too many of them.

        Raises:
            OutOfTime: the budget is spent.
        """
        most = max(_MOST_ASKED, len(self.data) // _BYTES_A_PLACE)
        for count, found in enumerate(expression.finditer(self.data)):
            if not count % 256:
                self._budget.check()
            if count >= most:
                self.spent.add(rule)
                return
            yield found.span()

    def check(self) -> None:
        """Raise `OutOfTime` once the time is spent."""
        self._budget.check()

    def piece(self, start: int, end: int) -> str:
        """Give a range of `data` as text; beyond the ends there is nothing."""
        return self.data[max(0, start) : end].decode("latin-1") if end > 0 else ""

    def line(self, at: int, limit: int = 400) -> tuple[int, int]:
        """Give the span of the line that holds `at`, cut `limit` characters before and after it."""
        start = self.data.rfind(b"\n", max(0, at - limit), at) + 1
        end = self.data.find(b"\n", at, at + limit)
        return start or max(0, at - limit), min(len(self.data), at + limit) if end < 0 else end
