"""Makes data packs: from files, from a mirror, from the public exports; signs them with this machine's key."""

import contextlib
import datetime as dt
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from clearance import __version__
from clearance.facts.errors import DataRefused, UsageError
from clearance.fetch.download import Fetched, Limits, NotFetched, download
from clearance.scan.packages.mention import Registry
from clearance.scan.packages.pack import build
from clearance.scan.packages.pack.layout import Head, Origin, Part, read_head, write_pack
from clearance.scan.packages.pack.merge import cves_in, merged, older, shrunk
from clearance.scan.packages.pack.osv import Gathered, NotRecords
from clearance.scan.packages.pack.place import PackRefused, Place
from clearance.scan.packages.pack.records import Records
from clearance.scan.packages.pack.sections import PackFile
from clearance.settings import PackagesSettings
from clearance.wiring.data import PACK, data_folder, data_signer, verified_pack

OSV_EXPORTS = "https://osv-vulnerabilities.storage.googleapis.com"
EXPLOITED = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"
SCORES = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"
ECOSYSTEMS = ("PyPI", "npm", "Go", "Maven", "crates.io", "RubyGems", "NuGet")
"""Whose records an update gets where nobody says which."""
_KEV, _EPSS = "known_exploited_vulnerabilities.json", "epss_scores-current.csv.gz"
_KEV_NAMES, _EPSS_NAMES = (_KEV, "kev.json"), (_EPSS, "epss.csv.gz", "epss.csv")
_MOST_SMALL = 64 << 20
Tell = Callable[[str], None]


class Ingredients(NamedTuple):
    """What a pack is made of; what is missing stays as the pack has it that is built upon.

    `osv` are archives (zip) or folders of records in OSV's layout. `names` are tables by the type of a package URL (`pypi`,
    `npm`). `watch` holds names that models invent, one `pypi:name` or `npm:name` a line. `day` is the day that the records
    are complete to; None: that of the youngest record.
    """

    osv: tuple[Path, ...] = ()
    exploited: Path | None = None
    scores: Path | None = None
    names: tuple[tuple[str, Path], ...] = ()
    watch: Path | None = None
    day: dt.date | None = None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to make a pack of."""
        return not (self.osv or self.exploited or self.scores or self.names or self.watch)


class Built(NamedTuple):
    """A pack that was written, where, how large it is in bytes, and what could not be used of what was read."""

    path: Path
    size: int
    head: Head
    left_out: Mapping[str, int]


class Workshop(NamedTuple):
    """Whose machine and settings count, what day it is, and who hears how it goes on."""

    packages: PackagesSettings
    environment: Mapping[str, str]
    today: dt.date
    tell: Tell


def found_in(mirror: Path) -> Ingredients:
    """Find what lies in a mirror directory: `<ecosystem>/all.zip` as in OSV's exports, other zip archives, folders of
    records, CISA's catalogue, EPSS scores, `pypi.tsv` and `npm.tsv`, `invented.txt`.

    Raises:
        UsageError: nothing of this lies there.
    """
    if not mirror.is_dir():
        raise UsageError("no such folder", where=str(mirror), next="name a folder, an https address, or a .pack file")
    archives = [*sorted(mirror.glob("*.zip")), *sorted(mirror.glob("*/all.zip"))]
    folders = [one for one in sorted(mirror.iterdir()) if one.is_dir() and not (one / "all.zip").exists()]
    records = [one for one in folders if next(one.glob("*.json"), None) is not None]
    tables = [(purl, mirror / f"{purl}.tsv") for purl in ("pypi", "npm")]
    watch = mirror / "invented.txt"
    found = Ingredients(
        osv=(*archives, *records),
        exploited=_first(mirror, _KEV_NAMES),
        scores=_first(mirror, _EPSS_NAMES),
        names=tuple((purl, path) for purl, path in tables if path.is_file()),
        watch=watch if watch.is_file() else None,
    )
    if found.empty:
        raise UsageError("nothing in it that a pack is made of", where=str(mirror), next="see docs/reference/data-pack.md")
    return found


def _first(folder: Path, names: Sequence[str]) -> Path | None:
    return next((folder / name for name in names if (folder / name).is_file()), None)


def build_pack(given: Ingredients, out: Path, shop: Workshop, *, base: Place | None, force: bool = False) -> Built:
    """Make a pack and write it to a file, whole or not at all.

    Raises:
        DataRefused: something given cannot be read, is older or much less than what the base holds (unless `force`), or the
            base is not what was signed.
        UsageError: nothing was given.
    """
    pack, left_out = _made(given, shop, base, force=force)
    _write(out, pack)
    return Built(out, len(pack), _head(pack), left_out)


def update_pack(
    source: str,
    ecosystems: Sequence[str],
    shop: Workshop,
    *,
    force: bool = False,
    limits: Limits = Limits(),  # noqa: B008
) -> Built:
    """Renew this machine's pack. `source` is a mirror directory, its https address, a pack (file or address), or empty for
    the public exports. The old pack stays until the new one is whole and verified; two updates at once wait for each other.

    Raises:
        DataRefused: something could not be had whole, or is older or much less than what is there (unless `force`).
        UsageError: the source is none.
    """
    folder = data_folder(shop.environment)
    left_out: Mapping[str, int] = {}
    with folder.locked(), tempfile.TemporaryDirectory(prefix="clearance-data-") as scratch:
        folder.sweep()
        base = _base(folder.directory / PACK, shop, force=force)
        if source.endswith(".pack"):
            pack = _ready(source, Path(scratch), shop, base, limits, force=force)
        else:
            given = (
                _downloaded(source, ecosystems, Path(scratch), shop, limits) if _remote(source) else found_in(Path(source))
            )
            pack, left_out = _made(given, shop, base, force=force)
        folder.replace(PACK, pack)
    return Built(folder.directory / PACK, len(pack), _head(pack), left_out)


def _remote(source: str) -> bool:
    return not source or "://" in source


def _base(own: Path, shop: Workshop, *, force: bool) -> Place | None:
    """Give the pack that an update builds upon: this machine's if it has one, else the shipped one."""
    from clearance.scan.packages.pack.shipped import SHIPPED

    if own.exists():
        try:
            return verified_pack(own, shop.packages, shop.environment, shop.today).place
        except DataRefused as error:
            if not force:
                raise
            shop.tell(f"{own.name} is refused and not built upon: {error.what}")
    return verified_pack(SHIPPED.path, shop.packages, shop.environment, shop.today).place


def _made(given: Ingredients, shop: Workshop, base: Place | None, *, force: bool) -> tuple[bytes, Mapping[str, int]]:
    """Make the bytes of a pack."""
    if given.empty:
        raise UsageError("nothing to make a pack of", next="give --osv, --kev, --epss, --names, --watch or --from")
    try:
        old = _parts_of(base) if base else []
        fresh, left_out = _fresh(given, shop, old)
    except (PackRefused, build.BadSource, NotRecords) as error:
        raise DataRefused(str(error), next="get it again; nothing was changed") from None
    except OSError as error:
        raise DataRefused(error.strerror or "cannot be read", where=str(error.filename or "")) from None
    wrong = [] if force else [*shrunk(old, fresh), *older(old, fresh)]
    if wrong:
        raise DataRefused("; ".join(wrong[:3]), next="the old pack stays; --force takes the new data all the same")
    parts = merged(old, fresh)
    shop.tell(f"signing {len(parts)} sections")
    pack = write_pack(parts, _now(shop.today), f"clearance {__version__}", _signing(shop.environment))
    _insist_on_whole(pack)
    return pack, left_out


def _fresh(given: Ingredients, shop: Workshop, old: Sequence[Part]) -> tuple[list[Part], Mapping[str, int]]:
    """Make the sections that are new."""
    gathered = Gathered(shop.today)
    for path in given.osv:
        shop.tell(f"reading {path.parent.name}/{path.name}")
        gathered.read(path, lambda count: shop.tell(f"{count:,} records"))
    fresh = build.record_parts(gathered, given.day)
    for purl, path in given.names:
        shop.tell(f"reading the names of {purl}")
        registry = _registry(purl)
        source = Origin(name=f"Names of {registry.value}", date=shop.today, records=0, licence="", attribution=path.name)
        day = given.day or shop.today
        malware = (
            [part for part in merged(old, fresh) if part.name == f"malware.{purl}"] if registry is Registry.PYPI else []
        )
        hostile = [name for part in malware for name in Records(part.data).names()]
        fresh += build.name_parts(registry, path, day, source, complete=registry is Registry.PYPI, hostile=hostile)
    if given.exploited:
        fresh.append(build.exploited_part(_small(given.exploited)))
    if given.scores:
        wanted = cves_in(merged(old, fresh))
        fresh.append(build.scores_part(_small(given.scores), wanted, given.day or shop.today))
    if given.watch:
        known = next((part.data for part in old if part.name == "watched"), b"")
        lines = _small(given.watch).decode("utf-8", "replace").splitlines()
        told = next((part.sources for part in old if part.name == "watched"), ())
        fresh.append(build.watched_part(given.day or shop.today, told, names=lines, base=known))
    return fresh, {name: count for name, count in gathered.counts.items() if name != "records" and count}


def _registry(purl: str) -> Registry:
    found = next((one for one in Registry if one.purl == purl), None)
    if found is None:
        known = ", ".join(sorted(one.purl for one in Registry))
        raise UsageError(f"no registry {purl!r}", next=f"there is {known}")
    return found


def _small(path: Path) -> bytes:
    """Read a file that is not one of the large ones."""
    if path.stat().st_size > _MOST_SMALL:
        raise build.BadSource(f"{path.name}: larger than {_MOST_SMALL >> 20} MiB")
    return path.read_bytes()


def _parts_of(base: Place) -> list[Part]:
    file = PackFile(base)
    return [
        Part(one.name, file.bytes_of(one.name), one.date, one.records, one.sources, one.facts)
        for one in file.head.told.sections
    ]


def _ready(source: str, scratch: Path, shop: Workshop, base: Place | None, limits: Limits, *, force: bool) -> bytes:
    """Take a pack that somebody else made, if its key is trusted and it is not older than what is there."""
    path = Path(source)
    if _remote(source):
        path = scratch / PACK
        _get(source, path, shop, limits)
    head = verified_pack(path, shop.packages, shop.environment, shop.today).head
    if base is not None and not force:
        there = PackFile(base).head.told
        if head.told.made < there.made and base.path.name == PACK:
            raise DataRefused(
                f"made on {head.told.made:%Y-%m-%d}, there is one of {there.made:%Y-%m-%d}",
                where=source, next="the old pack stays; --force takes the new one all the same",
            )  # fmt: skip
    pack = path.read_bytes()
    if _head(pack).digest != head.digest:
        raise DataRefused("it changed while it was read", where=source, next="try again")
    _insist_on_whole(pack)
    return pack


def _downloaded(source: str, ecosystems: Sequence[str], scratch: Path, shop: Workshop, limits: Limits) -> Ingredients:
    """Download what a pack is made of. The public exports must all be there; a mirror may lack some, and keeps what is
    old."""
    chosen = ecosystems or ECOSYSTEMS
    place = source.rstrip("/") or OSV_EXPORTS
    archives, days = [], []
    for ecosystem in chosen:
        folder = scratch / secrets.token_hex(4)
        folder.mkdir()
        path = folder / "all.zip"
        got = _get(
            f"{place}/{quote(ecosystem, safe=':')}/all.zip", path, shop, limits, may_lack=bool(source) and not ecosystems
        )
        if got:
            archives.append(path)
            days.append(min(got.modified.date(), shop.today) if got.modified else None if source else shop.today)
    files: dict[str, Path | None] = {}
    for name, public in ((_KEV, EXPLOITED), (_EPSS, SCORES)):
        path = scratch / name
        address = f"{place}/{name}" if source else public
        files[name] = path if _get(address, path, shop, limits._replace(size=_MOST_SMALL), may_lack=bool(source)) else None
    known = [day for day in days if day]
    day = min(known) if known and len(known) == len(days) else None
    found = Ingredients(osv=tuple(archives), exploited=files[_KEV], scores=files[_EPSS], day=day)
    if found.empty:
        raise DataRefused("nothing there that a pack is made of", where=place, next="see docs/reference/data-pack.md")
    return found


def _get(address: str, path: Path, shop: Workshop, limits: Limits, *, may_lack: bool = False) -> Fetched | None:
    shop.tell(f"downloading {address}")
    try:
        return download(address, path, shop.environment, limits=limits)
    except NotFetched as error:
        if error.missing and may_lack:
            shop.tell(f"not there: {address}; what the pack knows of it stays")
            return None
        raise DataRefused(str(error), where=address, next="the old pack stays; try again, or `--from` a mirror") from None


def _signing(environment: Mapping[str, str]) -> Callable[[bytes], tuple[bytes, bytes]]:
    signer = data_signer(environment)
    return lambda data: (signer.public().raw, signer.sign(data).value)


def _head(pack: bytes) -> Head:
    return read_head(lambda at, size: pack[at : at + size], len(pack))


def _insist_on_whole(pack: bytes) -> None:
    """Open what was made and read all of it, before it takes the place of anything."""
    with _aside(pack) as path:
        try:
            file = PackFile(Place(path=path, digest=_head(pack).digest))
            for section in file.head.told.sections:
                file.bytes_of(section.name)
        except PackRefused as error:
            raise DataRefused(str(error), next="nothing was changed") from None


@contextlib.contextmanager
def _aside(pack: bytes) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="clearance-data-") as folder:
        path = Path(folder) / PACK
        path.write_bytes(pack)
        yield path


def _write(out: Path, pack: bytes) -> None:
    """Put a file in place in one step."""
    stray = out.with_name(f".{out.name}.{secrets.token_hex(8)}")
    try:
        with stray.open("xb") as file:
            file.write(pack)
            file.flush()
            os.fsync(file.fileno())
        stray.replace(out)
    except OSError as error:
        stray.unlink(missing_ok=True)
        raise DataRefused(error.strerror or "cannot be written", where=str(out), next="name another file") from None


def _now(today: dt.date) -> dt.datetime:
    """Give the time at which a pack is made; on another day than the clock's where somebody says so."""
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    return now if now.date() == today else dt.datetime.combine(today, now.timetz())
