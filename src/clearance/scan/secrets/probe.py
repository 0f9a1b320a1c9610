"""What the engine looks for: a probe is a cheap expression for the prefilter and a judge that decides."""

from bisect import bisect_right
from collections.abc import Callable
from typing import NamedTuple

from clearance.facts.finding import Confidence, Severity
from clearance.scan.language import language_of

_TEST_FOLDERS = frozenset(
    {
        "test", "tests", "testing", "spec", "specs", "__tests__", "__mocks__", "fixture", "fixtures", "testdata", "mock",
        "mocks", "e2e", "cypress", "testcases",
    }
)  # fmt: skip
_TEST_ENDS = ("_test", "_tests", ".test", ".spec", "_spec", "-test", "test")
_SAMPLE_FOLDERS = frozenset({"doc", "docs", "documentation", "example", "examples", "samples", "demo", "demos", "tutorial"})
_LOCALE_FOLDERS = frozenset({"locale", "locales", "i18n", "l10n", "lang", "langs", "translations", "messages", "nls"})


class Found(NamedTuple):
    """A secret in the bytes of a sheet: its span, the rule, how sure it is, and what to say.

    `rank` settles overlaps, the lowest wins: 0 for a token of a known format, 1 for a known place (a URL, a header), 2 for
    a name that says so. `severity` and `message` may be left to the page.
    """

    start: int
    end: int
    rule: str
    rank: int
    confidence: Confidence
    severity: Severity | None = None
    message: str = ""


class Sheet:
    """The bytes that are looked at (UTF-8), with what the judges want to know about the file."""

    def __init__(self, path: str, data: bytes, language: str | None) -> None:
        self.path = path
        self.data = data
        self.language = language
        parts = path.lower().split("/")
        folders, name = set(parts[:-1]), parts[-1]
        stem = name.rsplit(".", 1)[0]
        self.name = name
        self.is_test = (
            not _TEST_FOLDERS.isdisjoint(folders)
            or name.startswith(("test_", "test-", "conftest."))
            or stem.endswith(_TEST_ENDS)
        )
        self.is_sample = not _SAMPLE_FOLDERS.isdisjoint(folders) or stem.startswith("examples")
        self.is_locale = not _LOCALE_FOLDERS.isdisjoint(folders)
        self.names: dict[int, bool] = {}
        """Starts of names that the assignment judge has seen: a name may hold several keywords."""

    @classmethod
    def of(cls, path: str, data: bytes, head: str) -> "Sheet":
        """Make a sheet, telling the language by the path and the first characters."""
        return cls(path, data, language_of(path, head))

    def line(self, at: int, limit: int) -> tuple[int, int]:
        """Give the span of the line that holds `at`, cut `limit` bytes before and after it."""
        start = self.data.rfind(b"\n", max(0, at - limit), at) + 1
        end = self.data.find(b"\n", at, at + limit)
        return start or max(0, at - limit), min(len(self.data), at + limit) if end < 0 else end


Judge = Callable[[Sheet, int], Found | None]
"""Decides about the keyword that stands at an offset. Looks at a bounded window around it only, and gives the same
answer whichever engine asks."""


class Expression(NamedTuple):
    """A pattern for the prefilter in the syntax that Hyperscan and RE2 share, over bytes."""

    pattern: str
    caseless: bool = False


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
