"""Finds the places that are worth a closer look: Hyperscan, or Aho-Corasick where Hyperscan cannot be had."""

import platform
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, Protocol

import msgspec

from clearance.scan.family import Budget
from clearance.scan.secrets.probe import Disguise, Expression, Sheet, Sought

_CALLS = 65536
_MOST_EXACT = 65536
"""Places of one probe or disguise that are kept: more than any file may have judged."""
_WIDEST = 65536
"""A range of the text that is searched for keywords at once has at most these bytes, and a reach."""

Places = tuple[int, Iterable[int]]
"""The number of a probe or disguise, and the offsets of its keywords."""

Search = Callable[[bytes, int, int], list[int]]
"""Gives where keywords start in a range of the bytes, each once, rising. They may end behind it."""


Words = Callable[[int], Sequence[bytes]]
"""Gives the keywords of a probe or disguise by its number."""


class Run(msgspec.Struct, frozen=True, array_like=True):
    """Expressions of one probe or disguise that stand next to each other in the database, with the reach of each. A reach
    below zero: it is a keyword of that many bytes, and a match is the place itself."""

    owner: int
    reaches: tuple[int, ...]
    languages: frozenset[str | None] | None = None


class Prefilter(Protocol):
    """Gives, for each probe and disguise, where its keywords stand.

    A place may be left out only where no expression of it has a match around it; so whichever prefilter asks, the
    judges accept, and disguises undo, the same. What judges set aside may be more where more is asked.
    """

    bytes_a_place: int
    """How many bytes there should be to each place of a probe; a file with more places is not looked at to its end."""

    def places(self, sheet: Sheet, budget: Budget) -> Sequence[Places]:
        """Give numbers of probes with the offsets of their keywords, each offset once, rising.

        Raises:
            OutOfTime: the budget is spent.
        """
        ...


class HyperscanPrefilter:
    """Compiled databases of all expressions (block mode, no start of match): one for every text, and one for each set of
    languages that some expressions are for. Not to be used from two threads at once."""

    bytes_a_place = 1024

    def __init__(self, databases: Sequence[Any], runs: Sequence[Run], words: Words) -> None:
        self.runs = tuple(runs)
        self._words = words
        self._searches: dict[int, Search] = {}
        self._owners: list[int] = []
        self._reaches: list[int] = []
        for run in self.runs:
            self._owners += [run.owner] * len(run.reaches)
            self._reaches += run.reaches
        self._databases = tuple(zip(_groups(self.runs), databases, strict=True))

    @classmethod
    def compile(cls, sought: Sequence[Sought]) -> "HyperscanPrefilter":
        """Compile the expressions of all that is sought: about a second.

        Where Hyperscan refuses one (it takes most of RE2's syntax, but no very large counts), its keywords take its place.
        """
        import hyperscan

        owned = [(expression, one) for one in sought for expression in one.expressions]
        runs = _runs(sought)
        databases = []
        for numbers in _groups(runs).values():
            try:
                databases.append(_database({number: owned[number][0] for number in numbers}))
            except hyperscan.error:
                databases.append(_database({number: _sure(*owned[number]) for number in numbers}))
        return cls(databases, runs, lambda owner: sought[owner].keywords)

    @classmethod
    def load(cls, data: Sequence[bytes], runs: Sequence[Run], words: Words) -> "HyperscanPrefilter | None":
        """Read what `serialised` gave; None where it does not fit this library or machine. `words` is asked for the keywords
        of what has a place."""
        import hyperscan

        databases = []
        try:
            for one in data:
                database = hyperscan.loadb(one, hyperscan.HS_MODE_BLOCK)
                database.scratch = hyperscan.Scratch(database)
                databases.append(database)
        except hyperscan.error:
            return None
        return cls(databases, runs, words)

    def serialised(self) -> list[bytes]:
        """Give the databases as bytes, good for this version of the library on this kind of processor."""
        import hyperscan

        return [bytes(hyperscan.dumpb(database)) for _, database in self._databases]

    def places(self, sheet: Sheet, budget: Budget) -> Sequence[Places]:
        """Scan once, then look for keywords before the ends of matches."""
        ranges: dict[int, list[int]] = {}
        exact: dict[int, list[int]] = {}
        owners, reaches = self._owners, self._reaches
        calls = 0

        def note(expression: int, _start: int, end: int, _flags: int, _context: object) -> None:
            nonlocal calls
            calls += 1
            if not calls % _CALLS:
                budget.check()
            low = end - reaches[expression]
            if low >= end:
                places = exact.setdefault(owners[expression], [])
                if len(places) < _MOST_EXACT:
                    places.append(2 * end - low)
                return
            known = ranges.get(expression)
            if known is None:
                ranges[expression] = [low, end]
            elif known[-2] <= low <= known[-1] <= end <= known[-2] + _WIDEST:
                known[-1] = end
            elif low < known[-2] or end > known[-1]:
                known += (low, end)

        for languages, database in self._databases:
            if languages is None or sheet.language in languages:
                database.scan(sheet.data, match_event_handler=note)
        if not ranges and not exact:
            return ()
        found: list[Places] = [(owner, sorted(set(places))) for owner, places in exact.items()]
        joined: dict[int, list[int]] = {}
        for expression, known in ranges.items():
            owner = owners[expression]
            joined[owner] = joined[owner] + known if owner in joined else known
        found += [(owner, self._keywords(sheet.data, owner, known)) for owner, known in joined.items()]
        return sorted(found, key=itemgetter(0))

    def _keywords(self, data: bytes, owner: int, ranges: list[int]) -> Iterable[int]:
        """Give where keywords start in ranges: a list of starts and ends, one after the other."""
        search = self._searches.get(owner)
        if search is None:
            search = self._searches[owner] = _search(self._words(owner))
        if len(ranges) == 2:
            return search(data, max(ranges[0], 0), ranges[1])
        return _in_ranges(data, search, _rising(ranges))


def _in_ranges(data: bytes, search: Search, ranges: list[tuple[int, int]]) -> Iterator[int]:
    done = 0
    for low, high in ranges:
        if high > done:
            yield from search(data, max(low, done), high)
            done = high


def _rising(ranges: list[int]) -> list[tuple[int, int]]:
    """Give ranges in the order in which they start; of two that start alike the longer is enough."""
    longest: dict[int, int] = {}
    for low, high in zip(ranges[::2], ranges[1::2], strict=True):
        start = max(low, 0)
        longest[start] = max(high, longest.get(start, 0))
    return sorted(longest.items())


def _search(words: Sequence[bytes]) -> Search:
    """Make the search for some words."""
    if len(words) == 1:
        return partial(_one, words[0])
    return partial(_any, _automaton(words), max(map(len, words)))


def _one(word: bytes, data: bytes, low: int, high: int) -> list[int]:
    window = data[low : high + len(word) - 1].lower()
    found = []
    at = window.find(word)
    while at >= 0:
        found.append(low + at)
        at = window.find(word, at + 1)
    return found


def _any(automaton: Any, longest: int, data: bytes, low: int, high: int) -> list[int]:
    hits = automaton.find_matches_as_indexes(data[low : high + longest - 1].lower(), overlapping=True)
    if len(hits) > 1:
        return sorted({low + at for _, at, _ in hits if low + at < high})
    return [low + at for _, at, _ in hits if low + at < high]


def _runs(sought: Sequence[Sought]) -> list[Run]:
    runs = []
    for owner, one in enumerate(sought):
        texts = [_literal(each.pattern) for each in one.expressions]
        keywords = frozenset(one.keywords)
        exact = isinstance(one, Disguise) and all(text.lower() in keywords for text in texts)
        pairs = zip(one.expressions, texts, strict=True)
        for languages, same in groupby(pairs, key=lambda pair: pair[0].languages):
            reaches = tuple(-len(text) if exact else each.reach or one.reach for each, text in same)
            runs.append(Run(owner, reaches, languages))
    return runs


def _literal(pattern: str) -> bytes:
    """Give the text of an expression that is a literal; nothing for others."""
    text = re.sub(r"\\(\W)", r"\1", pattern)
    return text.encode() if re.escape(text) == pattern else b""


def _groups(runs: Sequence[Run]) -> dict[frozenset[str | None] | None, list[int]]:
    """Give the numbers of the expressions that go into one database, by their languages; those for all come first."""
    groups: dict[frozenset[str | None] | None, list[int]] = {None: []}
    first = 0
    for run in runs:
        groups.setdefault(run.languages, []).extend(range(first, first + len(run.reaches)))
        first += len(run.reaches)
    return {languages: numbers for languages, numbers in groups.items() if numbers}


def _database(expressions: Mapping[int, Expression]) -> Any:
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[one.pattern.encode() for one in expressions.values()],
        ids=list(expressions),
        elements=len(expressions),
        flags=[hyperscan.HS_FLAG_CASELESS if one.caseless else 0 for one in expressions.values()],
    )
    return database


def _sure(expression: Expression, owner: Sought) -> Expression:
    """Give an expression that Hyperscan compiles."""
    import hyperscan

    try:
        _database({0: expression})
    except hyperscan.error:
        return _any_keyword(owner)
    return expression


def _any_keyword(owner: Sought) -> Expression:
    return Expression("|".join(re.escape(word.decode("latin-1")) for word in owner.keywords), caseless=True)


class KeywordPrefilter:
    """An Aho-Corasick automaton over all keywords: finds more places than Hyperscan, with the same outcome."""

    bytes_a_place = 64

    def __init__(self, sought: Sequence[Sought]) -> None:
        words: dict[bytes, list[int]] = {}
        for number, one in enumerate(sought):
            for word in one.keywords:
                words.setdefault(word, []).append(number)
        self._owners = list(words.values())
        self._longest = max(map(len, words), default=0)
        self._automaton = _automaton(list(words))

    def places(self, sheet: Sheet, budget: Budget) -> Sequence[Places]:
        """Find all keywords in pieces, then hand them out by probe."""
        data = sheet.data
        by_probe: dict[int, set[int]] = {}
        step, overlap = 1 << 18, self._longest
        for low in range(0, len(data), step):
            budget.check()
            piece = data[low : low + step + overlap].lower()
            for word, start, _end in self._automaton.find_matches_as_indexes(piece, overlapping=True):
                for owner in self._owners[word]:
                    by_probe.setdefault(owner, set()).add(low + start)
        return [(owner, sorted(by_probe[owner])) for owner in sorted(by_probe)]


def _automaton(words: Sequence[bytes]) -> Any:
    import ahocorasick_rs

    return ahocorasick_rs.BytesAhoCorasick(words)


def engine_name() -> str:
    """Name the library and machine that a serialised database fits: version, platform, the processor's features. Empty where
    Hyperscan cannot be imported."""
    try:
        import hyperscan
    except ImportError:
        return ""
    return f"hyperscan-{vars(hyperscan)['__version__']}-{sys.platform}-{platform.machine()}-{_processor()}"


def _processor() -> str:
    """Name the processor's features: a database is compiled for its instruction set."""
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as lines:
            return next((line.strip() for line in lines if line.startswith(("flags", "Features"))), "")
    except OSError:
        return platform.processor()
