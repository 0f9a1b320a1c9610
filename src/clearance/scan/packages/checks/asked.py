"""What a check is asked about: one side of a file with all that it names, what is known, and what the settings say."""

import datetime as dt
import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Literal, NamedTuple

from clearance.facts.change import Contents
from clearance.facts.finding import Gap, GapKind
from clearance.facts.index import IndexAnswer, Known
from clearance.facts.vex import VexStatement
from clearance.scan.family import Budget, Match, SetAside, Unjudged, View
from clearance.scan.packages.checks.siblings import Siblings
from clearance.scan.packages.knowledge import Answered, Knowledge
from clearance.scan.packages.mention import ExtraIndex, Mention, Registry, Remote, Source, canonical
from clearance.scan.packages.project import Project

_DOCUMENTS = frozenset({"markdown", "rst", "html"})
_PREFIXES = {
    "pypi": Registry.PYPI, "npm": Registry.NPM, "conda": Registry.CONDA, "go": Registry.GO, "golang": Registry.GO,
    "maven": Registry.MAVEN, "cargo": Registry.CARGO, "crates.io": Registry.CARGO, "gem": Registry.RUBYGEMS,
    "rubygems": Registry.RUBYGEMS, "nuget": Registry.NUGET,
}  # fmt: skip

_FEW = 6_000
"""Up to so many names of a file all are compared with popular ones."""
_MOST_NEAR, _MOST_FAR = 10_000, 1_000
"""Of more, so many are compared with popular names, and those of which distant likeness counts, too: the costliest of
all look-ups. No file that people wrote or tools made for one project holds as many that are not popular."""

Key = tuple[Registry, str]
"""A registry, and a name as the registry compares names."""


class Policy(NamedTuple):
    """What the settings say about packages, with the defaults of `[packages]`; see there for what each means.

    `index_days` is that of `[scan]`. `licences_allow` and `licences_deny` are SPDX ids.
    """

    network: bool = False
    pypi: str = ""
    npm: str = ""
    seconds: float = 10.0
    cooldown_days: int = 7
    private: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    licences_allow: tuple[str, ...] = ()
    licences_deny: tuple[str, ...] = ()
    licences_unknown: Literal["ignore", "tell"] = "tell"
    data_days: int = 30
    index_days: int = 180
    vex: tuple[VexStatement, ...] = ()
    """What the team's VEX documents say, from the base of a change."""

    def is_private(self, registry: Registry, name: str) -> bool:
        """Whether a name belongs to the company by `private`."""
        return _fits(self.private, registry, name)

    def is_allowed(self, registry: Registry, name: str) -> bool:
        """Whether a name is known to be good by `allow`: its existence and likeness are not judged."""
        return _fits(self.allow, registry, name)

    @property
    def has_licences(self) -> bool:
        """Whether the settings say anything of licences."""
        return bool(self.licences_allow or self.licences_deny)


class Doubt(NamedTuple):
    """Why nothing could be told of some names. `kind` is that of the gap that it makes, None for what is told only in a
    verdict.

    `said` goes on after "npm: 212 versions": `were not compared with advisories: …`. `noun` is what is counted.
    """

    kind: GapKind | None
    registry: Registry
    said: str
    noun: str = "names"


class Asked:
    """One side of one file, for all checks.

    `mentions`, `remotes`, `extras` are what the readers gave. `answers` are those of the company's own index by key,
    asked once for the file; empty without network. `rules` are the ids that are looked for. Checks must not look at
    `answers` of names that they did not check for `SILENT`.
    """

    def __init__(
        self,
        view: View,
        found: Iterable[Mention | Remote | ExtraIndex],
        *,
        knowledge: Knowledge | None,
        policy: Policy,
        today: dt.date,
        budget: Budget,
        rules: frozenset[str],
        contents: Contents | None,
        siblings: Siblings | None,
        tree: Callable[[], Project],
        answers: Mapping[Key, IndexAnswer] | None = None,
    ) -> None:
        """`tree` opens the facts about the whole tree when the first check asks for them; `contents` is what was collected,
        `siblings` reads other files of it."""
        everything = list(found)
        self.view = view
        self.mentions = [one for one in everything if isinstance(one, Mention)]
        self.remotes = [one for one in everything if isinstance(one, Remote)]
        self.extras = [one for one in everything if isinstance(one, ExtraIndex)]
        self._knowledge = knowledge
        self.policy = policy
        self.today = today
        self.budget = budget
        self.rules = rules
        self.contents = contents
        self.siblings = siblings
        self.answers: Mapping[Key, IndexAnswer] = answers or {}
        self.doubts: dict[Doubt, list[Mention]] = {}
        self.remarks: dict[int, list[str]] = {}
        self.settled: set[Key] = set()
        self.refused: set[Key] = set()
        self._near: set[Key] = set()
        self._far: set[Key] = set()
        self._tree = tree
        self._said: dict[tuple[Registry, str, str], Answered] = {}

    @property
    def is_document(self) -> bool:
        """Whether the file is for people to read: what it names is installed only by whoever follows it."""
        return self.view.language in _DOCUMENTS

    @property
    def has_knowledge(self) -> bool:
        """Whether the data pack is there; checks that need it are not run without."""
        return self._knowledge is not None

    @property
    def knowledge(self) -> Knowledge:
        """The data pack."""
        if self._knowledge is None:
            raise RuntimeError("asked the data pack, which is missing")
        return self._knowledge

    @cached_property
    def by_place(self) -> Mapping[int, Mention]:
        """The mentions by the offsets at which a finding about them starts: that of the name, and of the version."""
        placed: dict[int, Mention] = {}
        for mention in self.mentions:
            placed.setdefault(mention.start, mention)
            if mention.place[1]:
                placed.setdefault(mention.place[0], mention)
        return placed

    @property
    def tree(self) -> Project:
        """Facts about the whole tree; read when the first check asks."""
        return self._tree()

    @cached_property
    def installed(self) -> Sequence[Mention]:
        """The names that would be installed (all but imports), each name and version once: where it stands first."""
        first: dict[tuple[Key, str], Mention] = {}
        for mention in self.mentions:
            if mention.source is not Source.IMPORT:
                first.setdefault((mention.key, mention.version), mention)
        return list(first.values())

    @cached_property
    def named(self) -> Sequence[Mention]:
        """The names that would be installed, each once whatever its version: where it stands first."""
        first: dict[Key, Mention] = {}
        for mention in self.installed:
            first.setdefault(mention.key, mention)
        return list(first.values())

    @cached_property
    def wanted(self) -> Sequence[Mention]:
        """Those of `named` that somebody asked for by name, not what an image is found to hold."""
        return [mention for mention in self.named if mention.source is not Source.INSTALLED]

    @cached_property
    def imported(self) -> Sequence[Mention]:
        """The imports, as the reader gave them."""
        return [mention for mention in self.mentions if mention.source is Source.IMPORT]

    def each(self, mentions: Sequence[Mention]) -> Iterator[Mention]:
        """Give mentions one by one and look at the clock from time to time.

        Raises:
            OutOfTime: the budget is spent.
        """
        for steps, mention in enumerate(mentions):
            if not steps & 0xFF:
                self.budget.check()
            yield mention

    def said(self, mention: Mention) -> Answered:
        """What advisories and records of malware say of a mention that fixes a version."""
        asked = (mention.registry, mention.name, mention.version)
        if asked not in self._said:
            self._said[asked] = self.knowledge.advisories(*asked, mention.details.distribution)
            if mention.registry is Registry.GO and mention.source is Source.COMMAND:
                self._said[asked] = self._of_module(mention, self._said[asked])
        return self._said[asked]

    def _of_module(self, mention: Mention, said: Answered) -> Answered:
        """Say of a package of Go what is said of its module: a command names a path below it."""
        path = mention.name
        while not said.advisories and path.count("/") > 1:
            path = path.rpartition("/")[0]
            said = self.knowledge.advisories(mention.registry, path, mention.version)
        return said

    def place(self, mention: Mention) -> tuple[int, int]:
        """Where a finding about the version stands: at the version, or at the name where the version has no place of its
        own."""
        return mention.place if mention.place[1] else (mention.start, mention.end)

    def answer(self, mention: Mention) -> IndexAnswer | None:
        """What the company's own index says of the name; None where it was not asked, or said nothing that can be
        trusted."""
        answer = self.answers.get(mention.key) if self.answers else None
        return None if answer is None or answer.known is Known.SILENT else answer

    def silent(self, mention: Mention) -> str:
        """Why the company's own index, which was asked, said nothing of the name; empty where it was not asked, or did
        answer."""
        answer = self.answers.get(mention.key) if self.answers else None
        return (answer.why or "it did not answer") if answer is not None and answer.known is Known.SILENT else ""

    def may_compare(self, mention: Mention, *, far: bool) -> bool:
        """Whether a name may still be compared with popular ones (`far`: with those that are a few letters off, too), or
        the file has had its share of that. The answer about a name stays the same."""
        compared, most = (self._far, _MOST_FAR) if far else (self._near, _MOST_NEAR)
        if len(self.wanted) <= _FEW:
            return True
        if mention.key not in compared:
            if len(compared) >= most:
                return False
            compared.add(mention.key)
        return True

    def doubt(self, mention: Mention, kind: GapKind | None, said: str, noun: str = "names") -> None:
        """Say that something could not be told of a name. One gap a file, registry and reason comes of all of these; the
        verdict of the name becomes unknown. `said` must not hold the name; `noun` is what is counted (`versions`)."""
        self.doubts.setdefault(Doubt(kind, mention.registry, said, noun), []).append(mention)

    def remark(self, mention: Mention, said: str) -> None:
        """Say something of a name for its verdict that makes the verdict no worse."""
        self.remarks.setdefault(id(mention), []).append(said)

    def unjudged(self) -> Iterator[Unjudged]:
        """Give what the doubts are about, one by one, so that what is new can be told from what stood there; but for
        names that are known to be bad."""
        for doubt, mentions in self.doubts.items():
            for mention in mentions if doubt.kind is not None else ():
                if mention.key in self.refused:
                    continue
                yield Unjudged(
                    kind=doubt.kind or GapKind.UNKNOWN,
                    subject=doubt.registry.value,
                    noun=doubt.noun,
                    said=doubt.said,
                    what=f"{mention.key[1]} {mention.version}",
                    name=mention.name,
                    line=self.view.position(mention.start)[0],
                )


Check = Callable[[Asked], Iterable[Match | Gap | SetAside]]
"""One check: gives what is wrong, and what could not be looked at; raises `OutOfTime` and nothing else."""


def _fits(globs: tuple[str, ...], registry: Registry, name: str) -> bool:
    expression = _expression(globs, registry) if globs else None
    return expression is not None and expression.fullmatch(canonical(registry, name)) is not None


@lru_cache(maxsize=256)
def _expression(globs: tuple[str, ...], registry: Registry) -> re.Pattern[str] | None:
    """Join the globs that concern a registry. `*` crosses `/`, so that `github.com/acme/*` covers all below."""
    wanted = []
    for glob in globs:
        prefix, colon, rest = glob.partition(":")
        named = _PREFIXES.get(prefix.lower()) if colon else None
        if named is not None and named is not registry:
            continue
        wanted.append(fnmatch.translate(canonical(registry, rest if named is not None else glob)))
    return re.compile("|".join(wanted)) if wanted else None
