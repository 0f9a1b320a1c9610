"""Makes the sections of a pack from what people publish."""

import csv
import datetime as dt
import gzip
import io
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from clearance.scan.packages import lookalike
from clearance.scan.packages.mention import Registry, canonical
from clearance.scan.packages.pack.campaigns import imitated_before
from clearance.scan.packages.pack.databases import database_of
from clearance.scan.packages.pack.layout import Origin, Part
from clearance.scan.packages.pack.osv import Gathered, Line
from clearance.scan.packages.pack.record import Kept
from clearance.scan.packages.pack.records import pack_records
from clearance.scan.packages.pack.tables import (
    Names,
    Uses,
    cve_number,
    module_of,
    pack_modules,
    pack_names,
    pack_planes,
    pack_scores,
    pack_uses,
    pack_watched,
    unpack_watched,
    watch_hash,
)

_POPULAR = {Registry.NPM: 40_000}
"""How many names count as popular, where a list ranks that many; 15,000 in other registries."""
_MOST_TEXT = 512 << 20
_MOST_DISTRIBUTIONS = 8
_FEW = 2
_MODULE = re.compile(r"[^\W\d]\w*")
_SALT = b"clearance watch-list 1\n"
KEV_LICENCE = ("CISA Known Exploited Vulnerabilities Catalog", "CC0-1.0", "Cybersecurity and Infrastructure Security Agency")
EPSS_LICENCE = ("EPSS", "see first.org/epss", "Exploit Prediction Scoring System, FIRST, https://www.first.org/epss")


class BadSource(Exception):
    """What should become a section cannot be read; the text says what and why."""


def record_parts(gathered: Gathered, date: dt.date | None = None) -> list[Part]:
    """Make the sections of advisories and of malware. `date` is the day that they are complete to, where that is known;
    else it is that of the youngest record."""
    groups: dict[tuple[str, Registry], list[Line]] = {}
    for line in gathered.lines():
        groups.setdefault((line.part, line.registry), []).append(line)
    parts = []
    for (part, registry), lines in groups.items():
        day = date or gathered.newest(part, registry)
        by_name: dict[str, list[Kept]] = {}
        for line in lines:
            by_name.setdefault(line.key, []).append(line.kept)
        told = Counter(database_of(line.kept.id) for line in lines)
        sources = tuple(
            Origin(name=one.name, date=day, records=count, licence=one.licence, attribution=one.attribution)
            for one, count in sorted(told.items())
        )
        releases = " ".join(sorted({line.distribution for line in lines if line.distribution}))
        facts = {"distributions": releases} if releases else {}
        parts.append(Part(f"{part}.{registry.purl}", pack_records(by_name), day, len(lines), sources, facts))
    return parts


def cves_of(gathered: Iterable[Line]) -> set[str]:
    """Give the CVE ids that records name."""
    return {one for line in gathered for one in (line.kept.id, *line.kept.aliases) if cve_number(one)}


def exploited_part(data: bytes) -> Part:
    """Make the section of CVEs that are known to be exploited, from CISA's catalogue in JSON.

    Raises:
        BadSource: it is no such catalogue.
    """
    try:
        told = json.loads(data)
        day = dt.date.fromisoformat(str(told["dateReleased"])[:10])
        known = {
            str(one["cveID"]): str(one.get("knownRansomwareCampaignUse")) == "Known"
            for one in told["vulnerabilities"]
            if cve_number(str(one["cveID"]))
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadSource(f"no catalogue of exploited vulnerabilities ({type(error).__name__})") from None
    if not known:
        raise BadSource("a catalogue of exploited vulnerabilities without any")
    name, licence, attribution = KEV_LICENCE
    source = Origin(name=name, date=day, records=len(known), licence=licence, attribution=attribution)
    return Part("exploited", msgspec.msgpack.encode(dict(sorted(known.items()))), day, len(known), (source,))


_SCORE_DATE = re.compile(r"score_date:(\d{4}-\d\d-\d\d)")


def scores_part(data: bytes, wanted: set[str], date: dt.date) -> Part:
    """Make the section of EPSS scores from its CSV, packed by gzip or not, for the CVE ids that are wanted. `date` counts
    where the file does not tell its own.

    Raises:
        BadSource: it is no such file.
    """
    text = unpacked(data).decode("utf-8", "replace")
    lines = text.splitlines()
    said = _SCORE_DATE.search(lines[0]) if lines and lines[0].startswith("#") else None
    rows = csv.reader(lines[1:] if lines and lines[0].startswith("#") else lines)
    heading = next(rows, [])
    if heading[:2] != ["cve", "epss"]:
        raise BadSource("no file of EPSS scores: its first columns are not cve and epss")
    scores, read = {}, 0
    try:
        day = dt.date.fromisoformat(said[1]) if said else date
        for row in rows:
            read += 1
            if row[0] in wanted:
                scores[row[0]] = min(1.0, max(0.0, float(row[1])))
    except (ValueError, IndexError, csv.Error):
        raise BadSource(f"no file of EPSS scores: line {read + 1 + bool(said)}") from None
    name, licence, attribution = EPSS_LICENCE
    source = Origin(name=name, date=day, records=len(scores), licence=licence, attribution=attribution)
    return Part("epss", pack_scores(scores), day, len(scores), (source,))


def unpacked(data: bytes) -> bytes:
    """Unpack gzip, if it is that, within a limit.

    Raises:
        BadSource: it is broken, or too large.
    """
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            whole = file.read(_MOST_TEXT + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise BadSource(f"no whole gzip file ({type(error).__name__})") from None
    if len(whole) > _MOST_TEXT:
        raise BadSource("unpacks to too much")
    return whole


def name_parts(
    registry: Registry, path: Path, date: dt.date, source: Origin, *, complete: bool, hostile: Iterable[str] = ()
) -> list[Part]:
    """Make the sections of names and of their use from a table, tab-separated with a heading.

    The column `name` must be there; `month` (`2026-07`, of the newest version), `rank_among_15000_most_downloaded` or
    `rank`, and `downloads_a_month` may be. `complete`: a name that it lacks does not exist. `hostile` are names that
    records call hostile: what many of them imitate counts as a target, too.

    Raises:
        BadSource: it is no such table.
    """
    months: dict[str, dt.date] = {}
    ranks: dict[str, int] = {}
    downloads: dict[str, int] = {}
    known: set[str] = set()
    for row in _rows(path):
        name = canonical(registry, row["name"])
        known.add(name)
        if month := _month(row.get("month", "")):
            months[name] = max(months.get(name, month), month)
        if rank := _count(row.get("rank_among_15000_most_downloaded") or row.get("rank")):
            ranks[name] = rank
        if (count := _count(row.get("downloads_a_month"))) is not None:
            downloads[name] = max(downloads.get(name, 0), count)
    if not known:
        raise BadSource(f"{path.name}: no names in it")
    targets = sorted(ranks, key=lambda name: (ranks[name], name)) or sorted(
        downloads, key=lambda name: (-downloads[name], name)
    )
    targets = targets[: _POPULAR.get(registry, 15_000)]
    packed = pack_names(known)
    imitated = imitated_before(hostile, known.__contains__, set(targets))
    used = pack_uses(Names(packed), targets, months, downloads, date, imitated)
    targets += imitated
    source = msgspec.structs.replace(source, records=len(known))
    form = {"form": str(getattr(lookalike, "FORM", 1))}
    return [
        Part(f"names.{registry.purl}", packed, date, len(known), (source,), {"complete": "yes" if complete else "no"}),
        Part(f"use.{registry.purl}", used, date, len(months) or len(downloads), (source,)),
        Part(f"likeness.{registry.purl}", pack_planes(lookalike.compiled(targets)), date, len(targets), (source,), form),
    ]


def _rows(path: Path) -> Iterator[Mapping[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
            if "name" not in (reader.fieldnames or ()):
                raise BadSource(f"{path.name}: no column `name` in its first line")
            for row in reader:
                name = row["name"]
                if name and len(name) <= 214 and name.isprintable():
                    yield row
    except (OSError, UnicodeError, csv.Error) as error:
        raise BadSource(f"{path.name}: cannot be read ({type(error).__name__})") from None


def _month(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(f"{text}-01") if text else None
    except ValueError:
        return None


def _count(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 16 else None


def module_part(modules: Mapping[str, Iterable[str]], names: bytes, uses: bytes, date: dt.date, source: Origin) -> Part:
    """Make the section of modules that a distribution of another name provides, from modules and their distributions.
    `names` and `uses` are the sections of PyPI."""
    known, used = Names(names), Uses(uses)
    packed: dict[str, Sequence[int]] = {}
    for module, distributions in modules.items():
        if not _MODULE.fullmatch(module):
            continue
        own = module_of(module)
        others = {name for one in distributions if (name := canonical(Registry.PYPI, one)) != own and name in known}
        ranked = sorted((used.rank(name), name) for name in others if used.rank(name))
        chosen = [name for _, name in ranked[:_MOST_DISTRIBUTIONS]]
        if own not in known:
            rest = others.difference(chosen)
            young = sorted(rest, key=lambda name: (-_age(used, known.number(name), date), name))
            chosen += young[: max(0, _FEW - len(chosen))]
            packed[module] = [known.number(name) for name in chosen]
        elif chosen:
            packed[module] = [known.number(name) for name in chosen]
    source = msgspec.structs.replace(source, records=len(packed))
    return Part("modules.pypi", pack_modules(packed), date, len(packed), (source,))


def _age(used: Uses, number: int, date: dt.date) -> int:
    month = used.month(number, date)
    return month.toordinal() if month else 0


def watched_part(
    date: dt.date, sources: Sequence[Origin], *, hashes: Iterable[bytes] = (), names: Iterable[str] = (), base: bytes = b""
) -> Part:
    """Make the section of names that models invent: from hashes of the shipped list, from names of a team (`pypi:name`,
    `npm:name`), and from those that a pack holds already.

    Raises:
        BadSource: a line is no such name.
    """
    salt, known = unpack_watched(base) if base else (_SALT, set())
    known |= set(hashes)
    by_purl = {registry.purl: registry for registry in Registry}
    for line in names:
        kind, _, name = line.strip().partition(":")
        if not line.strip() or line.startswith("#"):
            continue
        if kind not in by_purl or not name:
            raise BadSource(f"{line.strip()[:60]!r} is no name; write pypi:name or npm:name, one a line")
        known.add(watch_hash(salt, by_purl[kind], name))
    return Part("watched", pack_watched(salt, known), date, len(known), tuple(sources))
