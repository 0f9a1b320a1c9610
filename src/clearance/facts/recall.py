"""What a recall finds: everything that came from a model, an agent, a request, a package or a rule, and where it stands now.
And how many lines of a revision come from whom."""

from clearance.facts.fact import Fact
from clearance.facts.story import Asked, Checked, Merged, Rest, Reviewed, Written
from clearance.facts.trace import How


class Wanted(Fact):
    """What is recalled; empty: whatever it is. All of them must hold. `since` is an RFC 3339 date or time."""

    model: str = ""
    agent: str = ""
    request: str = ""
    package: str = ""
    rule: str = ""
    since: str = ""


class Lines(Fact):
    """Lines of a file, from 1, both included, and how they fit their evidence."""

    path: str
    first: int
    last: int
    how: How = ""


class Change(Fact):
    """A change that came from what is recalled: the tree for which it was settled and the commit that has it (empty: no
    commit of this history has that tree), which lines it brought then, and which of them stand now."""

    tree: str
    commit: str
    author: str
    time: str
    summary: str
    then: tuple[Lines, ...]
    now: tuple[Lines, ...]
    disputed: tuple[Lines, ...] = ()
    """Lines that stand now and that a settlement gave to this, while the origin that holds for them is another one."""
    written: Written | None = None
    asked: Asked | None = None
    checked: Checked | None = None
    reviewed: tuple[Reviewed, ...] = ()
    merged: Merged | None = None
    rests: tuple[Rest, ...] = ()

    @property
    def gone(self) -> int:
        """How many of the lines do not stand any more."""
        return max(0, count(self.then) - count(self.now) - count(self.disputed))


class Named(Fact):
    """Something that a decision's evidence named: a finding of the rule, or the package itself as the revision has it.
    `entry` is the decision's, -1 where it is the tree of today."""

    what: str
    path: str
    line: int
    entry: int
    time: str
    tree: str
    commit: str
    verdict: str = ""
    introduced: bool = False


class Recall(Fact):
    """All that came from there: changes, the newest first; what evidence named; what could not be looked at."""

    wanted: Wanted
    revision: str
    commit: str
    changes: tuple[Change, ...]
    named: tuple[Named, ...]
    generations: int
    gaps: tuple[str, ...]
    log: str
    entries: int

    @property
    def rests(self) -> tuple[Rest, ...]:
        """The entries that it rests on, each once."""
        found = {rest.entry: rest for change in self.changes for rest in change.rests}
        return tuple(found[index] for index in sorted(found))


class Share(Fact):
    """Lines of a group by the kind of their origin."""

    name: str
    ai: int
    person: int
    unknown: int

    @property
    def lines(self) -> int:
        """All lines."""
        return self.ai + self.person + self.unknown


class Stats(Fact):
    """How many lines of a revision come from whom, all together and by groups, the largest first."""

    revision: str
    commit: str
    by: str
    since: str
    total: Share
    groups: tuple[Share, ...]
    files: int
    live: int
    """Files whose origins were carried just now, because their version was never settled."""
    entries: int


def count(lines: tuple[Lines, ...]) -> int:
    """How many lines there are."""
    return sum(one.last - one.first + 1 for one in lines)
