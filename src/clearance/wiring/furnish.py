"""Builds the scanner families and the rules that they look for."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from clearance import __version__
from clearance.facts.cache import Cache
from clearance.facts.errors import BadPage, UsageError
from clearance.facts.vex import VexStatement
from clearance.rules import catalogue as catalogues
from clearance.rules.catalogue import Catalogue, join, load, read_catalogue
from clearance.rules.model import Rule
from clearance.scan.family import Family
from clearance.scan.look import AnyFamily
from clearance.scan.packages.pack.place import Place
from clearance.scan.packages.pack.shipped import SHIPPED
from clearance.settings import LicenceSettings, PackagesSettings, PersonalSettings, Settings
from clearance.stores.cache import FileCache, cache_directory
from clearance.stores.pages import TEAM as TEAM_RULES
from clearance.stores.pages import builtin_pages, builtin_stamp, pages_in
from clearance.wiring.fingerprints import fingerprint_key
from clearance.wiring.places import cache, top

if TYPE_CHECKING:
    from clearance.examples import Failure
    from clearance.facts.index import LiveIndex
    from clearance.scan.packages.checks.asked import Policy

FAMILIES = ("secrets", "code", "packages", "infra", "tampering")
"""Families that look at each change; `personal` joins them where settings ask for it."""
OF_ACTS = {
    "command": ("secrets", "packages", "commands", "prompts"),
    "prompt": ("secrets", "personal", "prompts"),
    "tool": ("secrets", "prompts"),
}
"""Families that look at what an assistant is about to do, by the source of the change; at a write those of a change do."""
_LOOKED_FOR_BY = {"triggers": "code", "vocabulary": "code"}
"""Families of pages that another scanner looks for."""
TEXT_FAMILIES = ("secrets", "personal")
"""Families that look for what must not be told, in any text."""


_EXAMPLES_PRIVATE = ("acme-*", "@acme/*", "com.acme:*")
_EXAMPLES_DENIED = ("AGPL-3.0-only", "AGPL-3.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later")
"""Settings under which the examples of rule pages run."""


class Furnish(msgspec.Struct, frozen=True):
    """Builds the scanner families in each worker. Two that are equal build the same."""

    catalogue: Catalogue
    cache: Path
    today: date
    index_days: int
    sightings: bool = True
    """Whether anybody asks what calls for care; a scan without a verdict does not."""
    installed: tuple[Path, ...] = ()
    """Folders of installed packages, which are read as text."""
    names: tuple[str, ...] = FAMILIES
    """The families, in the order in which they look."""
    key: bytes = b""
    """Of the fingerprints of secrets; empty: there are none."""
    personal: PersonalSettings = PersonalSettings()
    people: tuple[str, ...] = ()
    """Names of people to look for."""
    packages: PackagesSettings = PackagesSettings()
    pack: Place = SHIPPED
    """The data about packages, chosen and verified."""
    vex: tuple[VexStatement, ...] = ()
    """What the team says of vulnerabilities."""
    prompts: bool = False
    """Whether what is looked at is a prompt or an answer, in which all data about people counts."""

    def __repr__(self) -> str:
        """Tell nothing of the key."""
        return f"Furnish({self.catalogue.digest!r}, {self.names!r})"

    def __call__(self) -> tuple[Sequence[AnyFamily], Mapping[str, Rule]]:
        """Build them."""
        rules = self._rules()
        return [self._family(name, rules) for name in self.names], {rule.id: rule for rule in rules}

    def one(self, name: str) -> AnyFamily:
        """Build one scanner family."""
        return self._family(name, self._rules())

    def _rules(self) -> tuple[Rule, ...]:
        rules = self.catalogue.rules
        return rules if self.sightings else tuple(rule for rule in rules if rule.tier is None)

    def rests_on(self, name: str) -> tuple[object, ...]:
        """Give all that a family is built from: where this is equal for two, one family serves both."""
        known: dict[str, tuple[object, ...]] = {
            "secrets": (self.key,),
            "personal": (self.key, self.people, self.personal, self.prompts),
            "code": (self.installed,),
            "packages": (self.today, self.pack, self.packages, self.vex, self.index_days),
        }
        return (name, self.catalogue.digest, self.sightings, *known.get(name, ()))

    def _family(self, name: str, rules: Sequence[Rule]) -> AnyFamily:
        """Build one scanner family with the rules that it looks for."""
        wanted = tuple(rule for rule in rules if _LOOKED_FOR_BY.get(rule.family, rule.family) == name)
        cache = FileCache(self.cache)
        match name:
            case "secrets":
                from clearance.scan.secrets.family import SecretsFamily

                return SecretsFamily(wanted, cache, key=self.key)
            case "personal":
                from clearance.scan.personal.family import PersonalFamily
                from clearance.scan.personal.names import NameLists

                return PersonalFamily(
                    wanted,
                    cache,
                    key=self.key,
                    names=NameLists(names=self.people),
                    scan=self.personal.scan,
                    prompts=self.prompts,
                    regions=self.personal.regions,
                    addresses=self.personal.addresses,
                )
            case "code":
                from clearance.scan.code.family import CodeFamily

                return CodeFamily(wanted, cache, installed=self.installed)
            case "packages":
                from clearance.scan.packages.family import PackagesFamily

                return PackagesFamily(wanted, self.today, pack=self.pack, policy=self._policy(), live=self._live(cache))
            case "commands":
                from clearance.scan.commands.family import CommandsFamily

                return CommandsFamily(wanted)
            case "prompts":
                from clearance.scan.prompts.family import PromptsFamily

                return PromptsFamily(wanted)
            case "infra":
                from clearance.scan.infra.family import InfraFamily

                return InfraFamily(wanted, cache)
            case _:
                from clearance.scan.tampering.family import TamperingFamily

                return TamperingFamily(wanted)

    def _policy(self) -> "Policy":
        """Give what the settings say about packages, as that family wants it."""
        from clearance.scan.packages.checks.asked import Policy

        own = self.packages
        return Policy(
            network=own.network,
            pypi=own.pypi,
            npm=own.npm,
            seconds=own.seconds,
            cooldown_days=own.cooldown_days,
            private=own.private,
            allow=own.allow,
            licences_allow=own.licences.allow,
            licences_deny=own.licences.deny,
            licences_unknown=own.licences.unknown,
            data_days=own.data_days,
            index_days=self.index_days,
            vex=self.vex,
        )

    def _live(self, cache: FileCache) -> "LiveIndex | None":
        """Give what asks the company's indexes, where the settings allow that."""
        if not self.packages.network:
            return None
        from clearance.facts.package import Registry
        from clearance.fetch.index import CompanyIndex

        addresses = {Registry.PYPI: self.packages.pypi, Registry.NPM: self.packages.npm}
        return CompanyIndex(addresses, os.environ, cache)


def builtin_furnish(directory: Path, environment: Mapping[str, str], *, sightings: bool = True) -> Furnish:
    """What scanners are built from where a team says nothing of its own, which is not known before the change is."""
    from clearance.wiring.data import chosen_pack

    today = datetime.now(UTC).date()
    return Furnish(
        catalogue=builtin_catalogue(cache(environment)),
        cache=cache_directory(environment),
        today=today,
        pack=chosen_pack(PackagesSettings(), directory, environment, today),
        index_days=Settings().scan.index_days,
        sightings=sightings,
        installed=_installed(directory, environment),
        key=fingerprint_key(environment).key,
    )


def furnish_around(furnish: Furnish, directory: Path, environment: Mapping[str, str]) -> Furnish:
    """Give the same for another directory and environment, as `builtin_furnish` would."""
    from clearance.wiring.data import chosen_pack

    today = datetime.now(UTC).date()
    pack = chosen_pack(PackagesSettings(), directory, environment, today)
    return msgspec.structs.replace(
        furnish,
        cache=cache_directory(environment),
        today=today,
        pack=pack,
        installed=_installed(directory, environment),
        key=fingerprint_key(environment).key,
    )


def families_for_text(environment: Mapping[str, str], settings: Settings) -> tuple[Sequence[Family], Mapping[str, Rule]]:
    """Open the built-in families that look for what must not be told: secrets and personal data, without a repository. They
    are started: `look` may be called at once."""
    from clearance.collect.memory import HeldContents

    furnish = builtin_furnish(Path(), environment, sightings=False)
    furnish = for_prompts(msgspec.structs.replace(furnish, names=TEXT_FAMILIES), settings, Path(), environment)
    families, rules = furnish()
    nothing = HeldContents({}, {}, {})
    for family in families:
        family.start(nothing)
    return cast("Sequence[Family]", families), rules


def for_prompts(furnish: Furnish, settings: Settings, directory: Path, environment: Mapping[str, str]) -> Furnish:
    """Let the families look at a prompt or an answer: all data about people counts, the names of authors and owners too."""
    from clearance.collect.people import people
    from clearance.scan.personal.names import NameLists

    names = furnish.names if "personal" in furnish.names else (*furnish.names, "personal")
    known = set(furnish.people)
    if settings.personal.authors:
        found = people(directory, environment)
        known.update(NameLists.of(authors=found.authors, owners=found.owners).names)
    return msgspec.structs.replace(
        furnish, names=names, personal=settings.personal, people=tuple(sorted(known)), prompts=True
    )


def open_catalogue(directory: Path) -> Catalogue:
    """Read the built-in rules and those that the working tree at `directory` holds in `.clearance/rules`."""
    own = pages_in(top(directory) / TEAM_RULES, shown=TEAM_RULES)
    return join(builtin_catalogue(cache(os.environ)), usable(read_catalogue(own)))


def judge_examples(catalogue: Catalogue, rule: Rule) -> "list[Failure]":
    """Run the examples of a rule page; an empty list means that it keeps its word.

    Raises:
        UsageError: the page is guidance only (`advisory`), so that there is nothing to run, which is no pass.
    """
    from clearance import examples

    if rule.advisory:
        raise UsageError("nothing detects what the page speaks of", where=rule.page, next="there is nothing to run")
    return examples.judge_examples(catalogue, rule, partial(_families_for, catalogue))


def _installed(directory: Path, environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Find the packages that are installed for a project: in the environment in or above its folder, or the active one."""
    around = [directory.absolute(), *list(directory.absolute().parents)[:4]]
    places = [above / name for above in around for name in (".venv", "venv", "env")]
    active = environment.get("VIRTUAL_ENV", "")
    if active.startswith("/"):
        places.append(Path(active))
    for place in places:
        if (place / "pyvenv.cfg").is_file():
            found = sorted(place.glob("lib/python3*/site-packages")) or sorted(place.glob("Lib/site-packages"))
            return tuple(one for one in found if one.is_dir())
    return ()


def _families_for(catalogue: Catalogue, family: str) -> Sequence[AnyFamily]:
    """Give the scanner that looks for the rules of a family of pages; one for all examples of a catalogue."""
    return _opened(catalogue.digest, family, catalogue.rules)


@lru_cache(maxsize=8)
def _opened(digest: str, family: str, rules: tuple[Rule, ...]) -> Sequence[AnyFamily]:  # noqa: ARG001 -- the digest is the key
    name = _LOOKED_FOR_BY.get(family, family)
    known = (*FAMILIES, "personal", "commands", "prompts")
    if name not in known:
        raise UsageError(
            f"no scanner looks for rules of a family {family!r}", next=f"families: {', '.join(known)}, triggers"
        )
    furnish = Furnish(
        Catalogue((), rules, ()), cache_directory(os.environ), datetime.now(UTC).date(), Settings().scan.index_days
    )
    personal = PersonalSettings(scan="all", addresses=True)
    packages = PackagesSettings(private=_EXAMPLES_PRIVATE, licences=LicenceSettings(deny=_EXAMPLES_DENIED))
    families, _ = msgspec.structs.replace(furnish, names=(name,), personal=personal, packages=packages)()
    return families


def usable(team: Catalogue) -> Catalogue:
    """Set aside the pages of a team that no scanner can use, so that one bad detector does not silence a whole family."""
    rules, broken = [], list(team.broken)
    for rule in team:
        try:
            _insist_on_detector(rule)
        except BadPage as error:
            broken.append(error)
        else:
            rules.append(rule)
    return Catalogue(team.pages, rules, broken)


def _insist_on_detector(rule: Rule) -> None:
    if rule.advisory:
        return
    scanner = _LOOKED_FOR_BY.get(rule.family, rule.family)
    if scanner == "code":
        from clearance.scan.code.family import CodeFamily

        CodeFamily((rule,))
    elif scanner == "secrets":
        from clearance.scan.secrets.detectors import read_tokens

        read_tokens((rule,))
    elif scanner == "infra":
        from clearance.scan.infra.family import InfraFamily

        InfraFamily((rule,))
    else:
        known = "code, guidance, infra, secrets, triggers, vocabulary"
        raise BadPage(
            f"a team's pages cannot be of the family {rule.family!r}", where=f"{rule.page}:1", next=f"families: {known}"
        )
    if not rule.detect and not rule.detector:
        raise BadPage("nothing stands under Detect, so nothing would be found", where=f"{rule.page}:1", next="write a block")


def builtin_catalogue(cache: Cache) -> Catalogue:
    """Give the built-in catalogue, compiled, from the cache where the pages are the same."""
    key = f"catalogue-{__version__}-{builtin_stamp()}"
    compiled = cache.get(key)
    if compiled is not None:
        try:
            return load(compiled)
        except ValueError:
            pass
    compiled = catalogues.compile(builtin_pages())
    cache.put(key, compiled)
    return load(compiled)
