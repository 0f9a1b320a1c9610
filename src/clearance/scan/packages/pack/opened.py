"""An open data pack: it answers the questions of `Knowledge`."""

import datetime as dt
import struct
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import cache, cached_property
from typing import TypeVar

import msgspec

from clearance.scan.packages.knowledge import Advisory, Answered, Popularity, SourceInfo
from clearance.scan.packages.mention import Registry, canonical, fold
from clearance.scan.packages.pack.affected import Affected, affects
from clearance.scan.packages.pack.place import PackRefused, Place
from clearance.scan.packages.pack.record import SEVERITIES, Kept
from clearance.scan.packages.pack.records import SYSTEMS, Records, key_of, release_of
from clearance.scan.packages.pack.sections import PackFile
from clearance.scan.packages.pack.shipped import SHIPPED
from clearance.scan.packages.pack.tables import Modules, Names, Scores, Uses, Watched, unpack_planes

__all__ = ["SHIPPED", "Pack", "PackRefused", "Place", "open_pack"]

_Table = TypeVar("_Table")
_NOTHING = Answered(())


def open_pack(place: Place = SHIPPED) -> "Pack":
    """Open a data pack; the one that ships with the program where none is named.

    Raises:
        PackRefused: it is missing, or not what was signed.
    """
    return Pack(PackFile(place))


class Pack:
    """Answers what a pack knows. Its sections are read and verified when a question needs them: each method may raise
    `PackRefused`."""

    def __init__(self, file: PackFile) -> None:
        self._file = file
        self._tables: dict[str, object] = {}
        self._numbers = cache(self._number)

    @cached_property
    def date(self) -> dt.date:
        """The day of its oldest list of names, of its oldest section where it holds no names."""
        sections = self._file.head.told.sections
        days = [section.date for section in sections if section.name.startswith("names.")]
        return min(days or self._file.dates(), default=self._file.head.told.made.date())

    @property
    def sources(self) -> Sequence[SourceInfo]:
        """What it holds and where that comes from, each source once."""
        told = [
            SourceInfo(one.name, one.date, one.records, one.licence, one.attribution)
            for section in self._file.head.told.sections
            for one in section.sources
        ]
        return tuple(dict.fromkeys(told))

    def date_of(self, part: str, registry: Registry) -> dt.date | None:
        """The day of one part for a registry, or None where it holds none."""
        section = self._file.find(f"{part}.{registry.purl}")
        return section.date if section else None

    def lists(self, registry: Registry) -> bool:
        """Whether it holds names of this registry at all."""
        return self._file.find(f"names.{registry.purl}") is not None

    def complete(self, registry: Registry) -> bool:
        """Whether a name that it lacks did not exist on its day."""
        section = self._file.find(f"names.{registry.purl}")
        return section is not None and section.facts.get("complete") == "yes"

    def count(self, registry: Registry) -> int:
        """How many names of a registry it knows."""
        section = self._file.find(f"names.{registry.purl}")
        return section.records if section else 0

    def has(self, registry: Registry, name: str) -> bool:
        """Whether the name existed."""
        names = self._names(registry)
        return names is not None and canonical(registry, name) in names

    def has_scope(self, scope: str) -> bool:
        """Whether any npm name has the scope."""
        names = self._names(Registry.NPM)
        return names is not None and names.begins(f"{scope.lower()}/")

    def popularity(self, registry: Registry, name: str) -> Popularity:
        """How much a name is used."""
        uses = self._open(f"use.{registry.purl}", Uses)
        if uses is None:
            return Popularity()
        known = canonical(registry, name)
        number = self._numbers(registry, known)
        section = self._file.find(f"use.{registry.purl}")
        newest = section.date if section else self.date
        return Popularity(uses.rank(known), uses.downloads(number), uses.month(number, newest))

    def targets(self, registry: Registry) -> Sequence[str]:
        """The most downloaded names, the most downloaded first."""
        uses = self._open(f"use.{registry.purl}", Uses)
        return uses.targets if uses else ()

    def likeness(self, registry: Registry) -> bytes:
        """The table of `lookalike.compiled` over the targets; nothing where it holds none, or one of another form."""
        from clearance.scan.packages import lookalike

        name = f"likeness.{registry.purl}"
        section = self._file.find(name)
        if section is None or section.facts.get("form") != str(getattr(lookalike, "FORM", 1)):
            return b""
        return unpack_planes(self._file.bytes_of(name))

    def provides_module(self, module: str) -> bool:
        """Whether some distribution on PyPI provides this top-level Python module."""
        names, modules = self._names(Registry.PYPI), self._open("modules.pypi", Modules)
        folded = fold(module)
        return (names is not None and (folded in names or folded.strip("-") in names)) or (
            modules is not None and module in modules
        )

    def distributions_of(self, module: str) -> Sequence[str]:
        """Distributions that provide a Python module of another name, the most downloaded first."""
        names, modules = self._names(Registry.PYPI), self._open("modules.pypi", Modules)
        if names is None or modules is None:
            return ()
        return tuple(names.name(number) for number in modules.distributions(module))

    def watched(self, registry: Registry, name: str) -> bool:
        """Whether models are known to invent this name."""
        watched = self._open("watched", Watched)
        return watched is not None and watched.has(registry, name)

    def malicious(self, registry: Registry, name: str) -> Sequence[Advisory]:
        """The records that call any version of this name hostile."""
        records = self._open(f"malware.{registry.purl}", Records)
        kept = records.of(key_of(registry, name, "")) if records else ()
        return tuple(self._told(one, registry, name, malware=True) for one in kept)

    def recorded(self, registry: Registry, name: str) -> bool:
        """Whether any advisory, records of malware left out, names this package."""
        records = self._open(f"advisories.{registry.purl}", Records)
        return records is not None and bool(records.of(key_of(registry, name, "")))

    def advisories(self, registry: Registry, name: str, version: str, distribution: str = "") -> Answered:
        """The advisories that name this version, one for each weakness, hostile versions first."""
        found: list[Advisory] = []
        silent = ""
        for part in ("malware", "advisories"):
            section = self._file.find(f"{part}.{registry.purl}")
            release = release_of(distribution)
            if section is None or not _covers(section.facts.get("distributions"), registry, release):
                if part == "advisories":
                    silent = f"the data pack of {self.date} has none for {release or registry.value}"
                continue
            records = self._open(section.name, Records)
            kept = records.of(key_of(registry, name, release)) if records else []
            if kept:
                some, unsure = self._judged(kept, registry, name, version, malware=part == "malware")
                found += some
                silent = unsure or silent
        return Answered(tuple(_merged(found)), silent) if found or silent else _NOTHING

    def _judged(
        self, kept: Sequence[Kept], registry: Registry, name: str, version: str, *, malware: bool
    ) -> tuple[list[Advisory], str]:
        found, unsure = [], False
        for one in kept:
            said = affects(one.ranges, one.versions, registry, version)
            if said is Affected.YES:
                found.append(self._told(one, registry, name, malware=malware))
            unsure |= said is Affected.UNKNOWN
        return found, f"its version cannot be compared as {registry.value} does" if unsure else ""

    def _told(self, kept: Kept, registry: Registry, name: str, *, malware: bool) -> Advisory:
        cves = [one for one in (kept.id, *kept.aliases) if one.startswith("CVE-")]
        exploited = self._exploited
        scores = self._open("epss", Scores) if cves else None
        return Advisory(
            id=kept.id,
            aliases=kept.aliases,
            summary=kept.summary or (f"Malicious code in {name} ({registry.value})" if malware else ""),
            severity=SEVERITIES[kept.severity],
            score=kept.score / 10,
            fixed=tuple(kept.fixed),
            published=kept.published,
            malware=malware,
            exploited=any(cve in exploited for cve in cves),
            ransomware=any(exploited.get(cve, False) for cve in cves),
            epss=max((scores.get(cve) for cve in cves), default=-1.0) if scores else -1.0,
        )

    @cached_property
    def _exploited(self) -> dict[str, bool]:
        data = self._file.bytes_of("exploited")
        return msgspec.msgpack.decode(data, type=dict[str, bool]) if data else {}

    def _names(self, registry: Registry) -> Names | None:
        return self._open(f"names.{registry.purl}", Names)

    def _number(self, registry: Registry, known: str) -> int:
        names = self._names(registry)
        return names.number(known) if names is not None else -1

    def _open(self, name: str, kind: Callable[[bytes], _Table]) -> _Table | None:
        """Open a section on its first use; None where the pack has none of this name."""
        if name not in self._tables:
            data = self._file.bytes_of(name)
            try:
                self._tables[name] = kind(data) if data else None
            except (ValueError, TypeError, IndexError, zlib.error, struct.error, msgspec.DecodeError):
                # It is what was signed, and still not what this version reads.
                raise PackRefused(
                    f"the data pack's section {name} is of another form; `clearance data update` makes a new one"
                ) from None
        return self._tables[name]  # type: ignore[return-value]  # a name always has the same kind


def _covers(distributions: str | None, registry: Registry, release: str) -> bool:
    """Whether a section holds records of a distribution, where that matters."""
    return registry not in SYSTEMS or release in (distributions or "").split(" ")


def _merged(found: Iterable[Advisory]) -> list[Advisory]:
    """Make one of the records that several databases hold about one weakness: they name each other, or the same CVE."""
    merged: list[Advisory] = []
    by_id: dict[str, int] = {}
    for one in sorted(found, key=lambda one: (not one.malware, -one.score, one.id)):
        ids = (one.id, *one.aliases)
        at = next((by_id[name] for name in ids if name in by_id and merged[by_id[name]].malware is one.malware), None)
        if at is None:
            at = len(merged)
            merged.append(one)
        else:
            merged[at] = _joined(merged[at], one)
        by_id.update(dict.fromkeys(ids, at))
    return merged


def _joined(one: Advisory, other: Advisory) -> Advisory:
    aliases = dict.fromkeys((*one.aliases, other.id, *other.aliases))
    aliases.pop(one.id, None)
    return one._replace(
        aliases=tuple(aliases),
        summary=one.summary or other.summary,
        severity=one.severity or other.severity,
        score=one.score or other.score,
        fixed=tuple(dict.fromkeys((*one.fixed, *other.fixed))),
        exploited=one.exploited or other.exploited,
        ransomware=one.ransomware or other.ransomware,
        epss=max(one.epss, other.epss),
    )
