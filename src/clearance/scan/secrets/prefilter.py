"""Finds the places that are worth a closer look: Hyperscan, or Aho-Corasick where Hyperscan cannot be had."""

import platform
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from clearance.scan.family import Budget
from clearance.scan.secrets.probe import Probe

_BUCKET = 8
"""Ends of matches are kept in buckets of 2**8 bytes: memory stays small however many there are."""
_CALLS = 65536


class Prefilter(Protocol):
    """Gives, for each probe, where its keywords stand.

    A place may be left out only where no expression of the probe has a match around it; so whichever prefilter asks, the
    judges accept the same.
    """

    bytes_a_place: int
    """How many bytes there should be to each place of a probe; a file with more places is not looked at to its end."""

    def places(self, data: bytes, budget: Budget) -> Iterator[tuple[int, Iterator[int]]]:
        """Give numbers of probes with the offsets of their keywords, each offset once, rising.

        Raises:
            OutOfTime: the budget is spent.
        """
        ...


class HyperscanPrefilter:
    """A compiled database of all expressions (block mode, no start of match). Not to be used from two threads at once."""

    bytes_a_place = 1024

    def __init__(self, database: Any, probes: Sequence[Probe]) -> None:
        self._database = database
        self._probes = probes
        self._owners = [number for number, probe in enumerate(probes) for _ in probe.expressions]

    @classmethod
    def compile(cls, probes: Sequence[Probe]) -> "HyperscanPrefilter":
        """Compile the expressions of all probes: about a second."""
        import hyperscan

        expressions = [expression for probe in probes for expression in probe.expressions]
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(
            expressions=[expression.pattern.encode() for expression in expressions],
            ids=list(range(len(expressions))),
            elements=len(expressions),
            flags=[hyperscan.HS_FLAG_CASELESS if expression.caseless else 0 for expression in expressions],
        )
        return cls(database, probes)

    @classmethod
    def load(cls, data: bytes, probes: Sequence[Probe]) -> "HyperscanPrefilter | None":
        """Read what `serialised` gave for the same probes; None where it does not fit this library or machine."""
        import hyperscan

        try:
            database = hyperscan.loadb(data, hyperscan.HS_MODE_BLOCK)
            database.scratch = hyperscan.Scratch(database)
        except hyperscan.error:
            return None
        return cls(database, probes)

    def serialised(self) -> bytes:
        """Give the database as bytes, good for this version of the library on this kind of processor."""
        import hyperscan

        return bytes(hyperscan.dumpb(self._database))

    def places(self, data: bytes, budget: Budget) -> Iterator[tuple[int, Iterator[int]]]:
        """Scan once, then look for keywords around the ends of matches."""
        buckets: dict[int, set[int]] = {}
        owners = self._owners
        calls = 0

        def note(expression: int, _start: int, end: int, _flags: int, _context: object) -> None:
            nonlocal calls
            calls += 1
            if not calls % _CALLS:
                budget.check()
            owner = owners[expression]
            if owner in buckets:
                buckets[owner].add(end >> _BUCKET)
            else:
                buckets[owner] = {end >> _BUCKET}

        self._database.scan(data, match_event_handler=note)
        for owner in sorted(buckets):
            yield owner, self._keywords(data, self._probes[owner], sorted(buckets[owner]))

    @staticmethod
    def _keywords(data: bytes, probe: Probe, buckets: list[int]) -> Iterator[int]:
        done = 0
        for low, high in _ranges(buckets, probe.reach):
            window = data[low:high].lower()
            found: set[int] = set()
            for word in probe.keywords:
                at = window.find(word)
                while at >= 0:
                    found.add(low + at)
                    at = window.find(word, at + 1)
            for at in sorted(found):
                if at >= done:
                    done = at + 1
                    yield at


def _ranges(buckets: list[int], reach: int) -> Iterator[tuple[int, int]]:
    """Join the bytes around buckets into ranges of at most 64 KiB and a reach; neighbours overlap by the longest keyword."""
    low = high = -1
    for bucket in buckets:
        first, last = max(0, (bucket << _BUCKET) - reach), (bucket + 1) << _BUCKET
        if low < 0:
            low, high = first, last
        elif first <= high and last - low <= 65536:
            high = last
        else:
            yield low, high
            low, high = max(first, low), last
    if low >= 0:
        yield low, high


class KeywordPrefilter:
    """An Aho-Corasick automaton over all keywords: finds more places than Hyperscan, with the same outcome."""

    bytes_a_place = 64

    def __init__(self, probes: Sequence[Probe]) -> None:
        import ahocorasick_rs

        words: dict[bytes, list[int]] = {}
        for number, probe in enumerate(probes):
            for word in probe.keywords:
                words.setdefault(word, []).append(number)
        self._owners = list(words.values())
        self._automaton = ahocorasick_rs.BytesAhoCorasick(list(words))

    def places(self, data: bytes, budget: Budget) -> Iterator[tuple[int, Iterator[int]]]:
        """Find all keywords in pieces, then hand them out by probe."""
        by_probe: dict[int, set[int]] = {}
        step, overlap = 1 << 18, 64
        for low in range(0, len(data), step):
            budget.check()
            piece = data[low : low + step + overlap].lower()
            for word, start, _end in self._automaton.find_matches_as_indexes(piece, overlapping=True):
                for owner in self._owners[word]:
                    by_probe.setdefault(owner, set()).add(low + start)
        for owner in sorted(by_probe):
            yield owner, iter(sorted(by_probe[owner]))


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
