"""What the tests of this family share: the family with all its rules, a look at some files, and data that is made up."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from clearance.collect.memory import HeldContents
from clearance.facts.finding import Gap
from clearance.facts.text import decode
from clearance.rules.model import Rule
from clearance.rules.page import read_page
from clearance.scan.family import Budget, Match, Unjudged, View
from clearance.scan.packages import family as module
from clearance.scan.packages.checks.asked import Policy
from clearance.scan.packages.family import PackagesFamily
from clearance.scan.packages.knowledge import Advisory, Answered, Popularity, SourceInfo
from clearance.scan.packages.mention import Registry, canonical

TODAY = dt.date(2026, 12, 1)
PAGES = Path(module.__file__).parents[2] / "rules" / "packages"
NAMES = (
    "import-without-package", "npm-package-unknown", "package-does-not-exist", "package-from-url", "package-name-lookalike",
)  # fmt: skip
"""The rules that tell whether a name was read at all."""
OLD_IS_FINE = Policy(data_days=10_000)


def read_rules(*only: str) -> tuple[Rule, ...]:
    """Read the pages of this family, or those of some rules."""
    return tuple(
        read_page(page.read_text(encoding="utf-8"), path=f"rules/packages/{page.name}", family="packages")
        for page in sorted(PAGES.glob("*.md"))
        if not only or page.stem in only
    )


Seen = list[tuple[str, str, int, str]]
"""Path, rule (or gap's kind), line, the text of the span (or the gap's detail)."""


def look_at(
    files: Mapping[str, str],
    *,
    complete: bool = True,
    family: PackagesFamily | None = None,
    seconds: float = 20.0,
    changed: Sequence[str] | None = None,
    doubts: bool = False,
) -> Seen:
    """Look at all files of a tree, or at those that changed; by default for names alone. `doubts`: give what could not be
    told of single names, too."""
    tree = {path: text.encode("utf-8", "surrogatepass") for path, text in files.items()}
    family = family or PackagesFamily(read_rules(*NAMES), TODAY, policy=OLD_IS_FINE)
    sides = tree if changed is None else {path: tree[path] for path in changed}
    family.start(HeldContents({}, sides, tree, complete=complete))
    seen: Seen = []
    for path, data in sides.items():
        decoded = decode(data)
        if decoded is None:
            continue
        view = View(path, "after", data, decoded)
        for one in family.look(view, Budget(seconds)):
            match one:
                case Match():
                    line = 0 if one.whole_file else view.position(one.start)[0]
                    seen.append((path, one.rule, line, view.text[one.start : one.end]))
                case Gap():
                    seen.append((one.path, one.kind.value, 0, one.detail))
                case Unjudged() if doubts:
                    seen.append((path, one.kind.value, one.line, one.said))
    return seen


@pytest.fixture(scope="session")
def look() -> Callable[..., Seen]:
    return look_at


@pytest.fixture(scope="session")
def read() -> Callable[..., tuple[Rule, ...]]:
    return read_rules


class MadeUp:
    """A data pack that says what a test wants. All names exist but those that begin with `zz-`; `bad` are advisories by
    name, and name the versions for which they hold. What `without` names is not there (`advisories npm`), `silent` is why
    advisories say nothing."""

    def __init__(
        self,
        *,
        bad: Mapping[str, Sequence[tuple[Advisory, Sequence[str]]]] | None = None,
        popular: Sequence[str] = (),
        date: dt.date = TODAY,
        without: Sequence[str] = (),
        silent: str = "",
        dates: Mapping[str, dt.date] | None = None,
    ) -> None:
        self._bad = dict(bad or {})
        self._popular = list(popular)
        self._date = date
        self._without = frozenset(without)
        self._silent = silent
        self._dates = dict(dates or {})

    @property
    def date(self) -> dt.date:
        return self._date

    @property
    def sources(self) -> Sequence[SourceInfo]:
        return ()

    def date_of(self, part: str, registry: Registry) -> dt.date | None:
        if f"{part} {registry.value}" in self._without or part in self._without:
            return None
        return self._dates.get(part, self._date)

    def lists(self, registry: Registry) -> bool:
        return self.date_of("names", registry) is not None

    def complete(self, registry: Registry) -> bool:
        return registry is Registry.PYPI

    def count(self, registry: Registry) -> int:
        return 1_000 if self.lists(registry) else 0

    def has(self, registry: Registry, name: str) -> bool:
        return self.lists(registry) and not canonical(registry, name).startswith("zz-")

    def has_scope(self, scope: str) -> bool:
        return scope.startswith("@") and not scope.startswith("@zz")

    def popularity(self, registry: Registry, name: str) -> Popularity:
        known = canonical(registry, name)
        return Popularity(rank=self._popular.index(known) + 1 if known in self._popular else 0, downloads=10_000_000)

    def targets(self, registry: Registry) -> Sequence[str]:
        return self._popular

    def likeness(self, registry: Registry) -> bytes:
        return b""

    def recorded(self, registry: Registry, name: str) -> bool:
        return canonical(registry, name) in self._bad

    def provides_module(self, module: str) -> bool:
        return True

    def distributions_of(self, module: str) -> Sequence[str]:
        return ()

    def watched(self, registry: Registry, name: str) -> bool:
        return False

    def malicious(self, registry: Registry, name: str) -> Sequence[Advisory]:
        return [one for one, _ in self._bad.get(canonical(registry, name), ()) if one.malware]

    def advisories(self, registry: Registry, name: str, version: str, distribution: str = "") -> Answered:
        known = self._bad.get(canonical(registry, name), ())
        return Answered(tuple(one for one, versions in known if version in versions or "*" in versions), self._silent)


@pytest.fixture(scope="session")
def made_up() -> type[MadeUp]:
    return MadeUp


def advisory(id: str, **more: object) -> Advisory:
    """Make an advisory that says little."""
    plain = Advisory(id=id, aliases=(), summary="", severity="", score=0.0, fixed=(), published=None)
    return plain._replace(**more)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def record() -> Callable[..., Advisory]:
    return advisory
