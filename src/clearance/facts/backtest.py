"""What other policies would have done to logged changes."""

from clearance.facts.fact import Fact


class Tried(Fact):
    """One logged decision about a change, judged by other policies.

    `entry` is its index; `time`, `source`, `then` (the verdict that was signed) and `author` (the kind of who wrote the
    change, not the name) are what it says; `now` is the verdict of the other policies. `newly` are the policies that
    stop it, or want somebody to look, and did not then; `no_longer` those that did and do not. `reviewers_then` and
    `reviewers_now` count people who have to look.
    """

    entry: int
    time: str
    source: str
    author: str
    then: str
    now: str
    newly: tuple[str, ...] = ()
    no_longer: tuple[str, ...] = ()
    reviewers_then: int = 0
    reviewers_now: int = 0


class Unjudged(Fact):
    """A logged decision that could not be judged again, why, and what to do."""

    entry: int
    why: str
    next: str = ""


class PolicyCount(Fact):
    """What one policy changes: in how many decisions it is a new reason, and in how many of these the verdict is stricter;
    in how many it is none any more, and in how many of these the verdict is milder."""

    policy: str
    newly: int
    stricter: int
    no_longer: int
    milder: int


class AuthorCount(Fact):
    """What happens to the changes of one kind of author: how many there are, how many more would have been stopped
    (DENY), asked about (ASK), and how many come out milder."""

    kind: str
    decisions: int
    stopped: int
    asked: int
    milder: int


class Passed(Fact):
    """A finding that a change brought and that was let through then, as far as it goes (the verdict was not DENY), and that
    the other policies would have stopped, by which `policies`. `entry` is the first such decision; `denied` is a later
    entry in which the same finding was a reason for DENY, `waived` one in which a waiver named it (-1: none). `commit` is
    the commit that was judged, where it was one; `incidents` name those that it became later."""

    finding: str
    rule: str
    severity: str
    path: str
    line: int
    entry: int
    policies: tuple[str, ...]
    denied: int = -1
    waived: int = -1
    commit: str = ""
    incidents: tuple[str, ...] = ()


class Became(Fact):
    """An incident as its newest statement, the entry `entry`, has it (`by` is who signed), and how many of the findings that
    it came from were let through and would have been stopped (`caught`)."""

    id: str
    severity: str
    opened: str
    by: str
    entry: int
    caught: int


class Move(Fact):
    """How many decisions went from one verdict to another, or stay."""

    then: str
    now: str
    decisions: int


class Backtest(Fact):
    """What a backtest showed.

    `new` is what was tried and `digest` its digest; `judged` counts decisions, `first` and `last` are their times; `more`:
    older ones were left out. `stopped`, `asked`, `milder` count those that come out stricter (DENY, ASK) or milder; `moves`
    has all pairs that occur. `incidents` are all that the newest part of the log states.
    `reviews_then` and `reviews_now` are people times decisions, of decisions that are not DENY.
    `findings` are what would not have passed, at most a thousand of `passed`; `entries` are the decisions that change.
    """

    log: str
    new: str
    digest: str
    judged: int
    first: str
    last: str
    more: bool
    stopped: int
    asked: int
    milder: int
    reviews_then: int
    reviews_now: int
    moves: tuple[Move, ...]
    policies: tuple[PolicyCount, ...]
    authors: tuple[AuthorCount, ...]
    passed: int
    findings: tuple[Passed, ...]
    incidents: tuple[Became, ...]
    entries: tuple[Tried, ...]
    missing: int
    unjudged: tuple[Unjudged, ...]
