"""How sensitive data is, and what of it a change or a prompt touches."""

from collections.abc import Iterable
from enum import Enum
from functools import reduce
from typing import Literal

from clearance.facts.fact import Fact
from clearance.facts.glob import matcher


class Level(Enum):
    """A lattice, `public < internal < confidential < restricted`, joined by maximum."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"

    @property
    def rank(self) -> int:
        """0 for public to 3 for restricted."""
        return _RANKS[self.value]

    def join(self, other: "Level") -> "Level":
        """Give the stricter of the two."""
        return max(self, other, key=lambda level: level.rank)

    @staticmethod
    def join_all(levels: "Iterable[Level]") -> "Level":
        """Join any number of levels. Nothing at all is public: it holds no data."""
        return reduce(Level.join, levels, Level.PUBLIC)


_RANKS = {level.value: rank for rank, level in enumerate(Level)}
BUILTIN_KINDS = {
    "secrets": Level.RESTRICTED,
    "personal": Level.RESTRICTED,
    "birth-date": Level.CONFIDENTIAL,
    "email-address": Level.CONFIDENTIAL,
    "ip-address": Level.CONFIDENTIAL,
    "person-name": Level.CONFIDENTIAL,
    "phone-number": Level.CONFIDENTIAL,
}
"""The level of what is found, by family or rule, where a team says nothing else. All numbers of cards, accounts and persons
are restricted."""


class Scheme(Fact):
    """Which level what has: files by path (globs), findings by rule or family; `default` for files that no glob fits."""

    default: Level = Level.INTERNAL
    paths: dict[str, Level] = {}
    kinds: dict[str, Level] = {}

    def __hash__(self) -> int:
        """Hash by what is in it, because maps have no hash."""
        return hash(
            (self.default, tuple(sorted((key, level.value) for key, level in (*self.paths.items(), *self.kinds.items()))))
        )

    def of_path(self, path: str) -> tuple[Level, str]:
        """Give the level of a file and the glob that gives it (empty: the default). Of several, the strictest counts, so
        that the order in which they are written says nothing."""
        fitting = [(level, glob) for glob, level in self.paths.items() if matcher((glob,))(path)]
        if not fitting:
            return self.default, ""
        return max(fitting, key=lambda one: (one[0].rank, one[1]))

    def of_kind(self, rule: str, family: str) -> Level | None:
        """Give the level of what a rule finds; None where it finds no data. A team's word on a rule comes before its word on
        the family, and both before the built-in ones."""
        for kinds in (self.kinds, BUILTIN_KINDS):
            for name in (rule, family):
                if name in kinds:
                    return kinds[name]
        return None


class Ground(Fact):
    """One reason for a level. `what` is a rule for `kind` finding, a glob for path, empty for default; `path` is the first
    file that it is true of, `count` how many findings or files there are. `introduced`: the change brings it (a finding), or
    touches it (a path)."""

    level: Level
    kind: Literal["finding", "path", "default"]
    what: str
    path: str
    count: int
    introduced: bool = True

    @property
    def sentence(self) -> str:
        """Say it in a few words: `iban in data/seed.sql`, `2 files fit data/customers/**`."""
        match self.kind:
            case "finding" if self.count > 1:
                return f"{self.count} × {self.what}, first in {self.path}"
            case "finding":
                return f"{self.what} in {self.path}"
            case "path" if self.count > 1:
                return f"{self.count} files fit {self.what}"
            case "path":
                return f"{self.path} fits {self.what}"
            case _:
                return "the default"


class Classification(Fact):
    """The highest level of all that a change or a prompt touches, with the reasons, the weightiest first."""

    level: Level = Level.PUBLIC
    grounds: tuple[Ground, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reasons for the level itself, one short sentence each."""
        return tuple(ground.sentence for ground in self.grounds if ground.level is self.level)

    def of_rule(self, rule: str) -> Level:
        """Give the level of what a rule found; public where it found no data."""
        return Level.join_all(ground.level for ground in self.grounds if ground.kind == "finding" and ground.what == rule)
