"""Reads records in OSV's layout (https://ossf.github.io/osv-schema/) from archives and folders. They are input: anything
may be wrong with them, and what cannot be used is counted and told."""

import datetime as dt
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from clearance.scan.packages.mention import Registry
from clearance.scan.packages.pack.affected import Affected, affects
from clearance.scan.packages.pack.cvss import base_score, rating
from clearance.scan.packages.pack.cvss4 import base_score_4
from clearance.scan.packages.pack.databases import package_system
from clearance.scan.packages.pack.record import EVENTS, EVERY, Kept, day_of
from clearance.scan.packages.pack.records import SYSTEMS, key_of

_MOST_RECORD = 16 << 20
_MOST_TOTAL = 8 << 30
_MOST_FILES = 2_000_000
_MOST_NAME = 214
"""Characters; npm's limit, the longest of all registries but Maven's, whose names stay below it in practice."""
_MOST_EVENTS = 2_000
_MOST_VERSIONS = 20_000
_SUMMARY = 100
_WORDS = {"low": 1, "moderate": 2, "medium": 2, "high": 3, "important": 3, "critical": 4}
_HOSTILE = "CWE-506"
"""Embedded malicious code: how advisories say that a package itself is hostile."""


class NotRecords(Exception):
    """A file or folder is no set of OSV records; the text says why."""


class _Package(msgspec.Struct):
    ecosystem: str = ""
    name: str = ""


class _Range(msgspec.Struct):
    type: str = ""
    events: list[dict[str, str]] | None = None


class _Severity(msgspec.Struct):
    type: str = ""
    score: str = ""


class _Affected(msgspec.Struct):
    package: _Package | None = None
    ranges: list[_Range] | None = None
    versions: list[str] | None = None
    severity: list[_Severity] | None = None


class _Specific(msgspec.Struct):
    severity: str | None = None
    cwe_ids: list[str] | None = None


class _Record(msgspec.Struct):
    id: str
    modified: str = ""
    published: str = ""
    withdrawn: str | None = None
    aliases: list[str] | None = None
    summary: str = ""
    details: str = ""
    affected: list[_Affected] | None = None
    severity: list[_Severity] | None = None
    database_specific: msgspec.Raw = msgspec.Raw(b"{}")


_decoder = msgspec.json.Decoder(_Record)


class Line(NamedTuple):
    """What one record says of one package. `part` is `advisories` or `malware`, `key` that of `key_of`."""

    part: str
    registry: Registry
    distribution: str
    key: str
    kept: Kept


class Gathered:
    """Records from all archives and folders that were read; of two with one id the younger counts, withdrawn or not."""

    def __init__(self, today: dt.date) -> None:
        self._today = today
        self._records: dict[str, tuple[str, list[Line]]] = {}
        self._newest: dict[tuple[str, Registry], str] = {}
        self.counts: Counter[str] = Counter()
        """Of what was read: `records`, `withdrawn`, `broken`, `nothing` (that names no package or version of use here)."""

    def lines(self) -> Iterator[Line]:
        """Give what the records say, by their ids."""
        for _, (_, lines) in sorted(self._records.items()):
            yield from lines

    def newest(self, part: str, registry: Registry) -> dt.date:
        """Give the day of the youngest record of a part that is not of the future."""
        return dt.date.fromisoformat(self._newest.get((part, registry), str(self._today)))

    def read(self, path: Path, tell: Callable[[int], None] = lambda count: None) -> None:
        """Read an archive (zip) or a folder of JSON records; `tell` is called with the number of records read so far.

        Raises:
            NotRecords: it is neither, is broken, holds too much, or what it holds are no records.
        """
        before = self.counts["records"]
        broken = self.counts["broken"]
        for data in _folder(path) if path.is_dir() else _archive(path):
            self.add(data)
            if not (self.counts["records"] & 0xFFF):
                tell(self.counts["records"])
        read, bad = self.counts["records"] - before, self.counts["broken"] - broken
        if not read or bad * 20 > read:
            raise NotRecords(
                f"{path.name}: {bad} of {read} records cannot be read" if read else f"{path.name}: no records in it"
            )

    def add(self, data: bytes) -> None:
        """Take one record; what is broken is counted."""
        self.counts["records"] += 1
        try:
            record = _decoder.decode(data)
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            self.counts["broken"] += 1
            return
        if not _plain(record.id) or len(record.id) > 80:
            self.counts["broken"] += 1
            return
        known = self._records.get(record.id)
        if known is not None and known[0] >= record.modified:
            return
        lines = [] if record.withdrawn else list(self._lines(record))
        if record.withdrawn:
            self.counts["withdrawn"] += 1
        elif not lines:
            self.counts["nothing"] += 1
        self._records[record.id] = (record.modified, lines)
        day = record.modified[:10]
        if day_of(day) >= 0 and day <= str(self._today):
            for line in lines:
                at = (line.part, line.registry)
                self._newest[at] = max(self._newest.get(at, ""), day)

    def _lines(self, record: _Record) -> Iterator[Line]:
        specific = _specific(record)
        part = "malware" if record.id.startswith("MAL-") or _HOSTILE in (specific.cwe_ids or ()) else "advisories"
        said: dict[tuple[Registry, str, str], list[_Affected]] = {}
        for affected in record.affected or ():
            package = affected.package
            system = package_system(package.ecosystem) if package else None
            if package is None or system is None or not _plain(package.name) or len(package.name) > _MOST_NAME:
                continue
            said.setdefault((*system, package.name), []).append(affected)
        for (registry, distribution, name), parts in said.items():
            kept = _kept(record, specific, parts, registry, malware=part == "malware")
            if kept is not None:
                yield Line(part, registry, distribution, key_of(registry, name, distribution), kept)


def _kept(record: _Record, specific: _Specific, parts: list[_Affected], registry: Registry, *, malware: bool) -> Kept | None:
    ranges = [events for part in parts for one in part.ranges or () if (events := _events(one))]
    versions = list(dict.fromkeys(one for part in parts for one in part.versions or () if _plain(one) and len(one) < 200))
    if sum(map(len, ranges)) > _MOST_EVENTS or len(versions) > _MOST_VERSIONS:
        return None
    if not ranges and not versions:
        if not malware:
            return None
        ranges = EVERY
    severity, score = _severity(record, specific, parts)
    return Kept(
        id=record.id,
        aliases=tuple(one for one in (record.aliases or ())[:20] if _useful(one, malware=malware)),
        summary="" if malware else _summary(record),
        severity=severity,
        score=round(score * 10),
        day=day_of(record.published),
        ranges=ranges,
        versions=_unsaid(ranges, versions, registry),
    )


def _events(one: _Range) -> list[str]:
    """Give the events of a range as the pack keeps them; none for ranges of commits."""
    if one.type == "GIT":
        return []
    return [
        EVENTS[kind] + version for event in one.events or () for kind, version in event.items() if kind in EVENTS and version
    ]


def _unsaid(ranges: list[list[str]], versions: list[str], registry: Registry) -> list[str]:
    """Leave out the versions that the ranges say already."""
    if not ranges or not versions:
        return versions
    if ranges == EVERY or registry in SYSTEMS:  # there the list is made from the ranges
        return []
    return [one for one in versions if affects(ranges, (), registry, one) is not Affected.YES]


def _severity(record: _Record, specific: _Specific, parts: list[_Affected]) -> tuple[int, float]:
    """Give rating and base score: by the vectors, else by the word that the database says."""
    said = [*(record.severity or ()), *(one for part in parts for one in part.severity or ())]
    score = max((base_score(one.score) for one in said if one.type == "CVSS_V3"), default=0.0)
    score = score or max((base_score_4(one.score) for one in said if one.type == "CVSS_V4"), default=0.0)
    if score:
        return rating(score), score
    word = (specific.severity or "").lower() or next((one.score.lower() for one in said if one.type == "Ubuntu"), "")
    return _WORDS.get(word, 0), 0.0


def _specific(record: _Record) -> _Specific:
    try:
        return msgspec.json.decode(record.database_specific, type=_Specific)
    except (msgspec.DecodeError, RecursionError):
        return _Specific()


def _summary(record: _Record) -> str:
    text = " ".join((record.summary or record.details.strip().split("\n", 1)[0]).split())
    return text if len(text) <= _SUMMARY else text[: _SUMMARY - 1].rsplit(" ", 1)[0] + "…"


def _useful(alias: str, *, malware: bool) -> bool:
    """Whether an alias is kept: of malware only CVE ids, since its other names lead nowhere else and weigh more than the
    rest."""
    return _plain(alias) and len(alias) < 80 and (not malware or alias.startswith("CVE-"))


def _plain(text: str) -> bool:
    """Whether a text is one line of printable characters."""
    return bool(text) and text.isprintable()


def _archive(path: Path) -> Iterator[bytes]:
    """Give the records in a zip archive, within limits: what its directory tells of sizes may be a lie."""
    total = 0
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if entry.filename.endswith(".json") and not entry.is_dir()]
            if len(entries) > _MOST_FILES:
                raise NotRecords(f"{path.name}: too many files in it")
            for entry in entries:
                if entry.file_size > _MOST_RECORD:
                    raise NotRecords(f"{path.name}: a record in it is too large")
                with archive.open(entry) as file:
                    data = file.read(_MOST_RECORD + 1)
                total += len(data)
                if len(data) > _MOST_RECORD or total > _MOST_TOTAL:
                    raise NotRecords(f"{path.name}: holds too much")
                yield data
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError) as error:
        raise NotRecords(f"{path.name}: no whole zip archive ({type(error).__name__})") from None
    except OSError as error:
        raise NotRecords(f"{path.name}: {error.strerror or 'cannot be read'}") from None


def _folder(path: Path) -> Iterator[bytes]:
    """Give the records below a folder, in the order of their paths; links are not followed."""
    total = 0
    for number, file in enumerate(sorted(path.rglob("*.json"))):
        if file.is_symlink() or not file.is_file():
            continue
        if number > _MOST_FILES or total > _MOST_TOTAL:
            raise NotRecords(f"{path.name}: holds too much")
        try:
            if file.stat().st_size > _MOST_RECORD:
                raise NotRecords(f"{file.name}: too large for a record")
            data = file.read_bytes()
        except OSError as error:
            raise NotRecords(f"{file.name}: {error.strerror}") from None
        total += len(data)
        yield data
