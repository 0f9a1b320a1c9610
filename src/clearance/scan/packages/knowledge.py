"""What is known offline about packages, whoever holds it: the questions that a data pack answers."""

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from clearance.scan.packages.mention import Registry


class Popularity(NamedTuple):
    """How much a name is used: `rank` among the most downloaded of its registry, from 1, 0 for none of them; `downloads` a
    month, where a list says so, else -1; `month` is the first day of the month of its newest version, where a list says so.
    """

    rank: int = 0
    downloads: int = -1
    month: dt.date | None = None


class Advisory(NamedTuple):
    """One record about a package, as far as a verdict needs it.

    `id` is OSV's (`PYSEC-…`, `GHSA-…`, `MAL-…`), `aliases` the others, CVE ids among them. `score` is the CVSS base score,
    0 where the record has none; `severity` is `low`, `medium`, `high`, `critical` or empty. `exploited`: a CVE of it is in
    CISA's KEV; `ransomware`: KEV knows of its use in ransomware. `epss` is the probability of exploitation within 30 days,
    -1 where unknown. `fixed` are the versions with a repair, lowest first. `malware`: the package itself is hostile.
    `withdrawn` records are not given out.
    """

    id: str
    aliases: tuple[str, ...]
    summary: str
    severity: str
    score: float
    fixed: tuple[str, ...]
    published: dt.date | None
    malware: bool = False
    exploited: bool = False
    ransomware: bool = False
    epss: float = -1.0


class Answered(NamedTuple):
    """What the advisories say of one version. `silent` says for people why they say nothing (no data for the registry, a
    version that cannot be compared); then `advisories` may still hold what is sure. Empty and not silent means: none."""

    advisories: tuple[Advisory, ...]
    silent: str = ""


class SourceInfo(NamedTuple):
    """Where a part of the data comes from: what it is, of which day, how many records, under which licence, and what its
    authors ask to be said."""

    name: str
    date: dt.date
    records: int
    licence: str
    attribution: str


class Knowledge(Protocol):
    """A data pack. Everything answers without network. Parts are verified when they are first
    used: any question may raise `PackRefused`."""

    @property
    def date(self) -> dt.date:
        """The day of its oldest list of names; advisories may be younger (`sources`)."""
        ...

    @property
    def sources(self) -> Sequence[SourceInfo]:
        """What it holds and where that comes from."""
        ...

    def date_of(self, part: str, registry: Registry) -> dt.date | None:
        """The day of one part (`names`, `advisories`, `malware`) for a registry, or None where it holds none."""
        ...

    def lists(self, registry: Registry) -> bool:
        """Whether it holds names of this registry at all."""
        ...

    def complete(self, registry: Registry) -> bool:
        """Whether a name that it lacks did not exist on its day."""
        ...

    def count(self, registry: Registry) -> int:
        """How many names of a registry it knows."""
        ...

    def has(self, registry: Registry, name: str) -> bool:
        """Whether the name existed; compared as the registry compares names."""
        ...

    def has_scope(self, scope: str) -> bool:
        """Whether any npm name has the scope (`@types`)."""
        ...

    def popularity(self, registry: Registry, name: str) -> Popularity:
        """How much a name is used."""
        ...

    def targets(self, registry: Registry) -> Sequence[str]:
        """The most downloaded names, the most downloaded first: what squatters imitate."""
        ...

    def likeness(self, registry: Registry) -> bytes:
        """The index of names that look like the targets, as `lookalike.compiled` makes it; empty where there is none."""
        ...

    def provides_module(self, module: str) -> bool:
        """Whether some distribution on PyPI provides this top-level Python module."""
        ...

    def distributions_of(self, module: str) -> Sequence[str]:
        """Distributions that provide a Python module of another name, the most downloaded first; empty where none is
        known."""
        ...

    def watched(self, registry: Registry, name: str) -> bool:
        """Whether models are known to invent this name (a list of hashes)."""
        ...

    def malicious(self, registry: Registry, name: str) -> Sequence[Advisory]:
        """The records that call any version of this name hostile."""
        ...

    def recorded(self, registry: Registry, name: str) -> bool:
        """Whether any advisory, records of malware left out, names this package."""
        ...

    def advisories(self, registry: Registry, name: str, version: str, distribution: str = "") -> Answered:
        """The advisories, hostile versions among them, that name this version. `distribution` is that of `Details`."""
        ...
