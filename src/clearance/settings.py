"""The one reader of configuration: `.clearance/settings.toml`, taken from the base of a change."""

import difflib
import re
from collections.abc import Collection
from typing import Literal

from clearance.facts.classification import Level, Scheme
from clearance.facts.errors import BadSettings
from clearance.facts.fact import Fact
from clearance.facts.glob import matcher
from clearance.facts.typed_toml import line_of
from clearance.facts.waiver import MOST_DAYS

PLACE = ".clearance/settings.toml"
_MOST_BYTES = 256 * 1024


class ScanSettings(Fact):
    """`[scan]`: what is looked at, and for how long."""

    exclude: tuple[str, ...] = ()
    """Paths that are not looked at, as globs (`docs/**`, `*.min.js`); each is reported as a gap."""
    seconds_per_file: float = 10.0
    """How long one scanner may spend on one file before that is a gap."""
    seconds: float = 600.0
    """How long the whole scan may take before the rest is a gap."""
    workers: int = 0
    """How many processes may scan; 0 means one per core."""
    index_days: int = 180
    """From which age, in days, the offline index of package names counts as out of date."""


class ReportSettings(Fact):
    """`[report]`: how results are shown."""

    pages: str = "urn:clearance:rule:"
    """Where rule pages can be read: the rule's id is appended to this URI."""


class PersonalSettings(Fact):
    """`[personal]`: where data about people is looked for. Prompts always are, whatever stands here."""

    scan: Literal["off", "fixtures", "all"] = "off"
    """Files of a change: none, `fixtures` (data files, and folders of tests and samples), or `all`."""
    regions: tuple[str, ...] = ()
    """Countries (ISO 3166, `DE`) whose phone numbers may stand without a country code; none means a few large ones."""
    addresses: bool = False
    """Whether global IP addresses count in files, too."""
    authors: bool = True
    """Whether the names of authors in git and of owners in CODEOWNERS count in prompts."""
    directory: str = ""
    """A file in the repository with names of people, one a line or in the first column of a table; read from the base."""


class ClassificationSettings(Fact):
    """`[classification]`: how sensitive data is: `public`, `internal`, `confidential` or `restricted`."""

    default: Level = Level.INTERNAL
    """The level of files that no path names."""
    paths: dict[str, Level] = {}
    """Levels of files by glob (`"data/customers/**" = "restricted"`); of several that fit, the strictest counts."""
    kinds: dict[str, Level] = {}
    """Levels of what is found, by rule or family (`email-address = "internal"`). Built in: `secrets` and `personal` are
    restricted; mail addresses, phone numbers, names, dates of birth and IP addresses confidential."""

    def scheme(self) -> Scheme:
        """Give the levels as the room that assesses needs them."""
        return Scheme(default=self.default, paths=self.paths, kinds=self.kinds)


class LicenceSettings(Fact):
    """`[packages.licences]`: which licences of packages may come in, as SPDX ids (`MIT`, `Apache-2.0`)."""

    allow: tuple[str, ...] = ()
    """Only these; empty means all that are not denied. Of `A OR B` one is enough, of `A AND B` both count."""
    deny: tuple[str, ...] = ()
    """None of these."""
    unknown: Literal["ignore", "tell"] = "tell"
    """Whether a package whose licence nobody knows is told, where one of the lists is given."""


class PackagesSettings(Fact):
    """`[packages]`: what may be installed, and who is asked about it."""

    network: bool = False
    """Whether the indexes below may be asked. Without it everything is answered from the data pack."""
    pypi: str = ""
    """The company's index of Python packages, the address of its simple index (`https://pypi.example.com/simple/`)."""
    npm: str = ""
    """The company's registry of npm packages (`https://npm.example.com/`)."""
    seconds: float = 10.0
    """How long all questions about one file may take; what was not answered then is unknown."""
    cooldown_days: int = 7
    """How old a version must be before it may be installed; 0 switches this off."""
    private: tuple[str, ...] = ()
    """Names that belong to the company, as globs (`acme-*`, `@acme/*`): they must never come from a public index."""
    allow: tuple[str, ...] = ()
    """Names, as globs, that are known to be good (`pypi:acme-tools`, `npm:@acme/*`, or without a registry): their existence
    and likeness are not judged; advisories are."""
    licences: LicenceSettings = LicenceSettings()
    """See below."""
    data: str = ""
    """A data pack in the repository, or a folder of its own on the machine; empty means the newest that this machine has."""
    keys: tuple[str, ...] = ()
    """Keys (`ed25519:…`) that may sign data packs, beside those of the program and of this machine."""
    data_days: int = 30
    """From which age, in days, advisories and records of malware count as too old to call a version clean."""


class WaiverSettings(Fact):
    """`[waivers]`: how risks may be accepted."""

    most_days: int = MOST_DAYS
    """How many days ahead a waiver may expire; one that reaches further covers nothing. 0: none counts beyond today."""


class Settings(Fact):
    """All settings, each with a default; no file at all is a good file."""

    scan: ScanSettings = ScanSettings()
    report: ReportSettings = ReportSettings()
    personal: PersonalSettings = PersonalSettings()
    classification: ClassificationSettings = ClassificationSettings()
    packages: PackagesSettings = PackagesSettings()
    waivers: WaiverSettings = WaiverSettings()


def check_kinds(settings: Settings, known: Collection[str], *, text: str, where: str = PLACE) -> None:
    """Refuse levels for what nobody finds; `known` are the ids of all rules and the families.

    Raises:
        BadSettings: `[classification.kinds]` names something else; the nearest known name is told.
    """
    for kind in settings.classification.kinds:
        if kind not in known:
            near = difflib.get_close_matches(kind, known, n=1, cutoff=0)
            hint = f"the nearest known name is {near[0]!r}" if near else "see docs/reference/rules.md"
            raise BadSettings(
                f"classification.kinds: no rule or family {kind!r}",
                where=_at(text, where, "classification", "kinds", kind),
                next=hint,
            )


def read_settings(text: str | None, *, where: str = PLACE) -> Settings:
    """Read settings from TOML, or give the defaults for None.

    Raises:
        BadSettings: not TOML, an unknown key (with the nearest known one), or a value of the wrong kind.
    """
    if text is None:
        return Settings()
    if len(text) > _MOST_BYTES:
        raise BadSettings("larger than 256 KiB", where=where, next="settings are a few lines of TOML")
    from clearance.facts.typed_toml import BadTable, read_typed  # most repositories have no settings

    try:
        settings = read_typed(text, Settings)
    except BadTable as error:
        place = f"{where}:{error.line}" if error.line else where
        raise BadSettings(error.what, where=place, next=error.next or "see docs/reference/settings.md") from None
    return _in_range(settings, text, where)


def _at(text: str, where: str, *path: str) -> str:
    """Give where a key stands, as `path:line`; the path alone if it is written in another way."""
    line = line_of(text, path)
    return f"{where}:{line}" if line else where


def _in_range(settings: Settings, text: str, where: str) -> Settings:
    scan = settings.scan
    try:
        matcher(scan.exclude)
    except ValueError as error:
        place = _at(text, where, "scan", "exclude")
        raise BadSettings(f"scan.exclude: {error}", where=place, next="patterns are globs, such as docs/**") from None
    for name, value, low, high in (
        ("scan.seconds_per_file", scan.seconds_per_file, 0.1, 3_600),
        ("scan.seconds", scan.seconds, 1, 86_400),
        ("scan.workers", scan.workers, 0, 256),
        ("scan.index_days", scan.index_days, 1, 3_650),
        ("packages.seconds", settings.packages.seconds, 0.1, 600),
        ("packages.cooldown_days", settings.packages.cooldown_days, 0, 3_650),
        ("packages.data_days", settings.packages.data_days, 1, 3_650),
        ("waivers.most_days", settings.waivers.most_days, 0, 3_650),
    ):
        if not low <= value <= high:
            place = _at(text, where, *name.split("."))
            raise BadSettings(f"{name} is {value:g}", where=place, next=f"it must lie between {low:g} and {high:g}")
    _check_personal(settings.personal, text, where)
    _check_packages(settings.packages, text, where)
    for glob in settings.classification.paths:
        try:
            matcher((glob,))
        except ValueError as error:
            place = _at(text, where, "classification", "paths", glob)
            raise BadSettings(
                f"classification.paths: {error}", where=place, next="paths are globs, such as data/**"
            ) from None
    return settings


def _check_packages(packages: PackagesSettings, text: str, where: str) -> None:
    for key, address in (("pypi", packages.pypi), ("npm", packages.npm)):
        local = re.match(r"http://(?:localhost|127\.0\.0\.1|\[::1\])[:/]", address)
        if address and not local and re.match(r"https://[^\s/?#@]+(?:/[^\s?#]*)?\Z", address) is None:
            raise BadSettings(
                f"packages.{key} is no address of an index",
                where=_at(text, where, "packages", key),
                next="write https://host/path/ without credentials: those belong into .netrc",
            )
    if packages.network and not (packages.pypi or packages.npm):
        raise BadSettings(
            "packages.network allows the network, but no index is named",
            where=_at(text, where, "packages", "network"),
            next="set packages.pypi or packages.npm to the company's index",
        )
    for key in packages.keys:
        if re.fullmatch(r"ed25519:[0-9a-f]{64}", key) is None:
            raise BadSettings(
                f"packages.keys: {key[:80]!r} is no key",
                where=_at(text, where, "packages", "keys"),
                next="`clearance data show` prints keys",
            )


def _check_personal(personal: PersonalSettings, text: str, where: str) -> None:
    for region in personal.regions:
        if re.fullmatch(r"[A-Z]{2}", region) is None:
            place = _at(text, where, "personal", "regions")
            raise BadSettings(
                f"personal.regions: {region!r} is no country", where=place, next="write ISO 3166 codes, such as DE"
            )
    parts = personal.directory.split("/")
    if personal.directory and (personal.directory.startswith("/") or ".." in parts or "\\" in personal.directory):
        raise BadSettings(
            f"personal.directory is {personal.directory!r}",
            where=_at(text, where, "personal", "directory"),
            next="name a file in the repository, such as .clearance/people.txt",
        )
