"""What the engine looks for: a probe is a cheap expression for the prefilter and a judge that decides."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

from clearance.facts.finding import Confidence, Look, Severity
from clearance.scan.language import language_of

_TEST_FOLDERS = frozenset(
    {
        "test", "tests", "testing", "spec", "specs", "__tests__", "__mocks__", "fixture", "fixtures", "testdata", "mock",
        "mocks", "e2e", "cypress", "testcases",
    }
)  # fmt: skip
_TEST_ENDS = ("_test", "_tests", ".test", ".spec", "_spec", "-test", "test")
_SAMPLE_FOLDERS = frozenset({"doc", "docs", "documentation", "example", "examples", "samples", "demo", "demos", "tutorial"})
_LANGUAGE_FOLDERS = (("language",), ("languages",))  # with a folder for each language in them
_LOCALE_FOLDERS = frozenset({"locale", "locales", "i18n", "l10n", "lang", "langs", "translations", "messages", "nls"})


class Found(NamedTuple):
    """A secret in the bytes of a sheet: its span, the rule, how sure it is, and what to say.

    `rank` settles overlaps, the lowest wins: 0 for a token of a known format, 1 for a known place (a URL, a header), 2 for
    a name that says so. `severity` and `message` may be left to the page. `tail` is how many characters at the end the
    vendor itself shows.
    """

    start: int
    end: int
    rule: str
    rank: int
    confidence: Confidence
    severity: Severity | None = None
    message: str = ""
    tail: int = 0


class Dropped(NamedTuple):
    """A span of a sheet that looked like a secret of a rule, and why it is none."""

    start: int
    end: int
    rule: str
    reason: Look


class Undone(NamedTuple):
    """A piece of a sheet as it reads without its disguise.

    `rows` tie `data` to the sheet: (start, end) in `data`, (start, end) in the sheet, both half-open and in bytes, rising,
    and covering all of `data`. A span within a row of equal lengths is at the same distance from its start; otherwise it is
    in proportion, rounded outwards. `how` says what the disguise was, for a person: `base64`, `joined from 3 literals`.
    `apart`: the data is a text of its own, in a language of its own. `solid`: where in the sheet a span of it stands cannot
    be told (it was compressed), so whatever is found in it covers all rows. `cut`: there is more of it than was read.
    """

    data: bytes
    rows: tuple[tuple[int, int, int, int], ...]
    how: str
    apart: bool = False
    solid: bool = False
    cut: bool = False

    @property
    def covers(self) -> tuple[int, int]:
        """The span of the sheet that it reads, half-open."""
        return self.rows[0][2], self.rows[-1][3]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Give the span of the sheet that a span of `data` (not empty) stands for."""
        if self.solid:
            return self.covers
        rows = self.rows
        first = rows[bisect_right(rows, start, key=itemgetter(0)) - 1]
        last = rows[bisect_right(rows, end - 1, key=itemgetter(0)) - 1]
        return _shift(first, start, up=False), _shift(last, end, up=True)


def _shift(row: tuple[int, int, int, int], at: int, *, up: bool) -> int:
    """Give the offset in the sheet for one in the data, both within a row or at its end."""
    low, high, first, last = row
    far, size, wide = at - low, high - low, last - first
    if size == wide:
        return first + far
    return first + (-(-far * wide // size) if up else far * wide // size)


class Sheet:
    """The bytes that are looked at (UTF-8), with what the judges want to know about the file."""

    def __init__(self, path: str, data: bytes, language: str | None) -> None:
        self.path = path
        self.data = data
        self.language = language
        self.names: dict[int, bool] = {}
        """Starts of names that the assignment judge has seen: a name may hold several keywords."""

    @classmethod
    def of(cls, path: str, data: bytes, head: str) -> "Sheet":
        """Make a sheet, telling the language by the path and the first characters."""
        return cls(path, data, language_of(path, head))

    def within(self, data: bytes, *, apart: bool) -> "Sheet":
        """Make a sheet of a piece of this one as it reads otherwise; `apart` from it, in a language of its own."""
        language = language_of("", data[:200].decode("utf-8", "replace")) if apart else self.language
        return Sheet(self.path, data, language)

    @cached_property
    def name(self) -> str:
        """The file's name, in lower case."""
        return self.path.lower().rsplit("/", 1)[-1]

    @cached_property
    def is_test(self) -> bool:
        """Whether the file belongs to tests."""
        return (
            not _TEST_FOLDERS.isdisjoint(self._folders)
            or self.name.startswith(("test_", "test-", "conftest."))
            or self._stem.endswith(_TEST_ENDS)
        )

    @cached_property
    def is_sample(self) -> bool:
        """Whether the file is documentation or an example."""
        return not _SAMPLE_FOLDERS.isdisjoint(self._folders) or self._stem.startswith("examples")

    @cached_property
    def is_locale(self) -> bool:
        """Whether the file holds translations."""
        return not _LOCALE_FOLDERS.isdisjoint(self._folders) or self._folders[-2:-1] in _LANGUAGE_FOLDERS

    @cached_property
    def _folders(self) -> tuple[str, ...]:
        return tuple(self.path.lower().split("/")[:-1])

    @cached_property
    def _stem(self) -> str:
        return self.name.rsplit(".", 1)[0]

    def line(self, at: int, limit: int) -> tuple[int, int]:
        """Give the span of the line that holds `at`, cut `limit` bytes before and after it."""
        start = self.data.rfind(b"\n", max(0, at - limit), at) + 1
        end = self.data.find(b"\n", at, at + limit)
        return start or max(0, at - limit), min(len(self.data), at + limit) if end < 0 else end


Judge = Callable[[Sheet, int], Found | Dropped | None]
"""Decides about the keyword that stands at an offset. Looks at a bounded window around it only, and gives the same
answer whichever engine asks."""


class Expression(NamedTuple):
    """A pattern for the prefilter in the syntax that Hyperscan and RE2 share, over bytes.

    `reach` is for how many bytes before the end of a match keywords are looked for, where that is less than the `reach` of
    its probe; 0 for the probe's. `languages` are those of the sheets in which the judge accepts anything because of this
    expression; None for all.
    """

    pattern: str
    caseless: bool = False
    reach: int = 0
    languages: frozenset[str | None] | None = None


class Probe(NamedTuple):
    """What to look for.

    Wherever `judge` accepts a keyword at `k`, one of the `expressions` has a match that ends behind `k`, at most `reach`
    bytes after it. `keywords` are in lower case; case does not count for them.
    """

    rule: str
    expressions: tuple[Expression, ...]
    keywords: tuple[bytes, ...]
    reach: int
    judge: Judge


class Disguise(NamedTuple):
    """A way in which secrets are hidden.

    As for a probe, wherever `undo` would give something for a keyword at `k`, one of the `expressions` has a match that
    ends behind `k`, at most `reach` bytes after it. `undo` looks at a bounded window around the keyword and gives what
    stands there without the disguise, or None. What it gives is searched again, a few layers deep. Keywords within the span
    that was undone last are not asked about again. Where all expressions are literals and keywords, a keyword counts only as
    its expression spells it.
    """

    name: str
    expressions: tuple[Expression, ...]
    keywords: tuple[bytes, ...]
    reach: int
    undo: Callable[[Sheet, int], Undone | None]


Sought = Probe | Disguise
"""What a prefilter finds places of."""

Whole = Callable[[Sheet], Iterable[Undone]]
"""Gives a whole sheet as it reads otherwise: without its invisible characters, say."""


class Offsets:
    """Turns offsets into UTF-8 bytes into offsets into the text; asked in rising order it is linear in all."""

    _CONTINUATION = bytes(range(0x80, 0xC0))

    def __init__(self, data: bytes, *, plain: bool) -> None:
        self._data = data
        self._plain = plain
        self._bytes = [0]
        self._points = [0]

    def point(self, offset: int) -> int:
        """Give the code point that the byte at `offset` starts, or the one after it where it starts none."""
        if self._plain:
            return offset
        at = bisect_right(self._bytes, offset) - 1
        piece = self._data[self._bytes[at] : offset]
        points = self._points[at] + len(piece.translate(None, self._CONTINUATION))
        if at == len(self._bytes) - 1 and offset - self._bytes[at] > 4096:
            self._bytes.append(offset)
            self._points.append(points)
        return points
