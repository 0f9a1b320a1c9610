"""The family `packages`: looks up each name and version that a file would install or import."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from itertools import chain
from typing import NamedTuple

from clearance.facts.change import Contents
from clearance.facts.finding import Gap, GapKind
from clearance.facts.index import IndexAnswer, LiveIndex, Question
from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match, OutOfTime, Passing, SetAside, Unjudged, View
from clearance.scan.packages.checks.asked import Asked, Check, Key, Policy
from clearance.scan.packages.checks.binaries import is_binary
from clearance.scan.packages.checks.siblings import Siblings
from clearance.scan.packages.knowledge import Knowledge
from clearance.scan.packages.mention import Computed, ExtraIndex, Mention, Registry, Remote, Source, Unparsed
from clearance.scan.packages.pack.place import PackRefused, Place
from clearance.scan.packages.project import Project
from clearance.scan.packages.readers import claims, is_requirements, readers_for
from clearance.scan.packages.readers.installed import located

Found = Sequence[Mention | Remote | ExtraIndex]
_MOST_REMEMBERED = 100_000
_LIVE = (Registry.PYPI, Registry.NPM)
"""Registries of which a company's own index can be asked."""
_BY_DATA = ("malicious", "watched", "lookalike", "existence", "misnamed", "advisories", "imports")
"""Checks that ask the data pack, which therefore cannot run without it. Modules of `checks/`."""
_ORDER = ("malicious", "watched", "lookalike", "existence", "misnamed", "private", "advisories", "withdrawn", "cooldown",
          "remote", "hosts", "replaced", "scripts", "licences", "step", "pins", "imports")  # fmt: skip
"""All checks, those first whose findings make those of later ones about the same name needless."""
_GRACE = 1
"""Days by which the data may seem to be ahead of the clock: time zones."""
_SETTLING = frozenset({"package-malicious", "package-does-not-exist", "npm-package-unknown", "package-name-lookalike",
                       "package-name-invented"})  # fmt: skip
"""Rules after which nothing else needs to be said of a name: it must not be installed at all."""
_ALWAYS = frozenset({"package-vulnerable", "package-licence", "package-withdrawn", "package-install-script",
                     "lock-file-host", "lock-file-address", "package-too-young"})  # fmt: skip
"""Rules whose findings are facts and are told all the same: what settles a name may be a guess."""

OF_FILES = frozenset({"extra-index-beside-default", "index-without-tls", "lock-file-host", "package-unpinned",
                      "package-index-replaced"})  # fmt: skip
"""Rules about a file and no single name; their findings stand at the first name that they concern."""
_REFUSING = frozenset({"package-malicious", "package-does-not-exist", "package-name-lookalike"})
"""Those of them after which it does not matter that data is old or silent."""


_LATE = "what was judged before the time was over is told, the rest is not"
_HALF = "were not asked about in full: the time for the file was over"


def _open(place: Place | None) -> Knowledge:
    from clearance.scan.packages.pack.opened import SHIPPED, open_pack  # most changes name no package

    return open_pack(place or SHIPPED)


class Judged(NamedTuple):
    """One side of one file, judged: what the family gives for it, and what was asked. What could not be told of single
    names is in `asked.unjudged()`."""

    matches: tuple[Match, ...]
    gaps: tuple[Gap, ...]
    asides: tuple[SetAside, ...]
    asked: Asked | None
    """None where the file names nothing."""
    computed: tuple[Unjudged, ...] = ()
    """Names that only a run of the file tells."""


class PackagesFamily:
    """Tells of each name and version whether it is good, bad, or unknown and why.

    Everything is answered from the data pack. Where the settings allow it, the company's own index settles what the pack
    cannot. Without the pack, or where it is old or silent, that is a gap and never a clean answer.
    """

    name = "packages"
    max_bytes = 32 << 20

    def __init__(
        self,
        rules: tuple[Rule, ...],
        today: dt.date,
        *,
        pack: Place | None = None,
        opener: Callable[[Place | None], Knowledge] = _open,
        policy: Policy = Policy(),  # noqa: B008 -- a tuple of plain values
        live: LiveIndex | None = None,
    ) -> None:
        """`rules` are the pages of this family; `pack` is the data pack that was chosen, the one that ships with the program
        for None; `opener` opens it when the first name asks for it; `live` is asked only where `policy` allows the
        network."""
        self._rules = frozenset(rule.id for rule in rules)
        self._today = today
        self._pack = pack
        self._opener = opener
        self._policy = policy
        self._live = live if policy.network else None
        self._contents: Contents | None = None
        self._project: Project | None = None
        self._siblings: Siblings | None = None
        self._knowledge: Knowledge | None = None
        self._missing = ""
        self._answers: dict[Question, IndexAnswer] = {}

    def claims(self, path: str) -> bool:
        """Whether a file names packages by its name, so that it must not pass unread."""
        return claims(path)

    def start(self, contents: Contents) -> None:
        """Remember the tree; it and the data are opened when the first name asks for them."""
        self._contents = contents
        self._project = None
        self._siblings = Siblings(contents)

    def look(self, view: View, budget: Budget) -> Iterator[Match | Gap | SetAside | Unjudged | Passing]:
        """Give what is wrong with the names in one side of a file.

        Raises:
            OutOfTime: the budget is spent.
        """
        judged = self.judge(view, budget)
        yield from judged.matches
        yield from judged.gaps
        yield from judged.asides
        yield from judged.computed
        if judged.asked is not None:
            yield from judged.asked.unjudged()
            if judged.asked.installed:
                yield Passing()  # verdicts rest on the day and on what an index says

    def judge(self, view: View, budget: Budget) -> Judged:
        """Judge one side of a file, keeping what was asked, so that verdicts can be made of it.

        Raises:
            OutOfTime: the budget is spent.
        """
        gaps: list[Gap] = []
        found: list[Mention | Remote | ExtraIndex] = []
        computed: list[Unjudged] = []
        for reader in readers_for(view):
            try:
                for one in reader(view.text, budget):
                    if isinstance(one, Computed):
                        computed.append(_computed(one, view))
                    else:
                        found.append(one)
            except Unparsed as error:
                gaps.append(Gap(scanner=self.name, path=view.path, kind=GapKind.UNPARSED, detail=str(error)))
        if is_requirements(view.path):
            from clearance.scan.packages.readers.python_requirements import included  # a reader: few changes need it

            computed.extend(_computed(one, view) for one in included(view.text, view.path))
        if not found and view.path.rpartition("/")[2] != "package.json":  # its scripts are judged, too
            return Judged((), tuple(gaps), (), None, tuple(computed))
        asked = self._asked(view, located(found, view.path, self._contents), budget)
        said: list[Match | Gap | SetAside] = []
        try:
            # One by one: what was said before the time was over stays said.
            for told in chain(self._age(asked) if asked.mentions else (), self._checked(asked)):
                said.append(told)  # noqa: PERF402
        except OutOfTime:
            said.append(Gap(scanner=self.name, path=view.path, kind=GapKind.TIMEOUT, detail=_LATE))
            for mention in asked.mentions:
                asked.doubt(mention, None, _HALF)
        except PackRefused as error:
            # A part of the pack that turns out to be wrong is as good as none: the file is judged anew without it.
            self._missing = str(error) or "refused"
            self._knowledge = None
            return self.judge(view, budget)
        gaps += [one for one in said if isinstance(one, Gap)]
        matches = tuple(one for one in said if isinstance(one, Match))
        asides = tuple(one for one in said if isinstance(one, SetAside))
        return Judged(matches, tuple(dict.fromkeys(gaps)), asides, asked, tuple(computed))

    def _asked(self, view: View, found: Found, budget: Budget) -> Asked:
        mentions = [one for one in found if isinstance(one, Mention)]
        return Asked(
            view,
            found,
            knowledge=self._opened() if mentions else None,
            policy=self._policy,
            today=self._today,
            budget=budget,
            rules=self._rules,
            contents=self._contents,
            siblings=self._siblings,
            tree=self._tree,
            answers=self._ask(mentions),
        )

    def _checked(self, asked: Asked) -> Iterator[Match | Gap | SetAside]:
        """Run the checks; what is said of a name after it was settled is left out."""
        names = asked.by_place
        for name in _ORDER:
            if name in _BY_DATA and not asked.has_knowledge:
                continue
            asked.budget.check()
            after: set[Key] = set()
            for one in _check(name)(asked):
                if isinstance(one, Match):
                    mention = None if one.rule in OF_FILES else names.get(one.start)
                    settled = mention is not None and one.rule not in _ALWAYS and mention.key in asked.settled
                    if settled or one.rule not in self._rules:
                        continue
                    if mention is not None and one.rule in _SETTLING:
                        after.add(mention.key)
                    if mention is not None and one.rule in _REFUSING:
                        asked.refused.add(mention.key)
                yield one
            asked.settled |= after

    def _age(self, asked: Asked) -> Iterator[Gap]:
        """Tell that the data is missing, or too old, or from days that have not come."""
        if not asked.has_knowledge:
            detail = f"data pack: {self._missing}"
            for mention in asked.mentions:
                asked.doubt(mention, None, f"were not looked up: {detail}")
            yield Gap(scanner=self.name, path="", kind=GapKind.MISSING_DATA, detail=detail)
            return
        for registry in dict.fromkeys(mention.registry for mention in asked.mentions):
            names = self._old("names", asked.knowledge, registry)
            if names:
                detail = f"{registry.value}: package {names}; `clearance data update` gets newer ones"
                yield Gap(scanner=self.name, path="", kind=GapKind.STALE, detail=detail)
            old = [said for part in ("advisories", "malware") if (said := self._old(part, asked.knowledge, registry))]
            for mention in asked.mentions:
                if mention.registry is registry and names:
                    asked.doubt(mention, None, f"were looked up in {names}")
            for mention in asked.installed if old else ():
                # What `npx` finds in the project is not installed by it.
                if mention.registry is registry and not is_binary(asked, mention):
                    asked.doubt(
                        mention, GapKind.UNKNOWN, f"were looked up in old data ({'; '.join(old)}; `clearance data update`)"
                    )

    def _old(self, part: str, knowledge: Knowledge, registry: Registry) -> str:
        """Say of a part of the data that it is too old, or from a day that has not come; empty where it is neither, or not
        there."""
        date = knowledge.date_of(part, registry)
        if date is None:
            return ""
        age = (self._today - date).days
        if age > (self._policy.index_days if part == "names" else self._policy.data_days):
            return f"{part} as of {date}, {age:,} days old"
        if age < -_GRACE:
            return f"{part} as of {date}, a day that has not come: the clock is wrong, or the data"
        return ""

    def _ask(self, mentions: Sequence[Mention]) -> Mapping[Key, IndexAnswer]:
        """Ask the company's own index about all names of a file at once; what was asked before is remembered."""
        if self._live is None or not mentions:
            return {}
        names: dict[Key, str] = {}
        versions: dict[Key, dict[str, None]] = {}
        for mention in mentions:
            if mention.registry in _LIVE and mention.source is not Source.IMPORT:
                names.setdefault(mention.key, mention.name)
                versions.setdefault(mention.key, {}).update({mention.version: None} if mention.version else {})
        questions = {key: Question(key[0], names[key], tuple(wanted)) for key, wanted in versions.items()}
        unasked = [question for question in questions.values() if question not in self._answers]
        if unasked:
            if len(self._answers) > _MOST_REMEMBERED:
                self._answers = {}
            self._answers.update(zip(unasked, self._live.ask(unasked, self._policy.seconds), strict=True))
        return {key: self._answers[question] for key, question in questions.items()}

    def _opened(self) -> Knowledge | None:
        if self._missing:
            return None
        if self._knowledge is None:
            try:
                self._knowledge = self._opener(self._pack)
            except PackRefused as error:
                self._missing = str(error) or "missing"
        return self._knowledge

    def _tree(self) -> Project:
        if self._project is None:
            if self._contents is None:
                raise RuntimeError("look before start")
            self._project = Project(self._contents)
        return self._project


def _check(name: str) -> Check:
    check: Check = import_module(f"clearance.scan.packages.checks.{name}").look
    return check


def _computed(one: Computed, view: View) -> Unjudged:
    line = view.position(one.start)[0]
    said = "are known only when a command runs, and were not looked at"
    what = f"{one.name} {view.line(line).strip()}"
    return Unjudged(GapKind.UNKNOWN, one.registry.value, "names", said, what, one.name, line)
