"""What workers answer, where a fact of the house does not say it already."""

from clearance.facts.fact import Fact
from clearance.facts.finding import Finding, Gap
from clearance.facts.outcome import RuleInfo


class Seen(Fact):
    """What stands in one text: findings (those that are not `introduced` are committed already), gaps, and the rules."""

    path: str
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    rules: tuple[RuleInfo, ...]


class Leaked(Fact, kw_only=False):
    """Something in a prompt that must not be told or cannot be seen: its line (from 1), `secret`, `personal` or `hidden`,
    the rule, what it is, what to do, how it was disguised. Never the thing itself."""

    line: int
    kind: str
    rule: str
    title: str
    fix: str
    disguise: str = ""


class Prompted(Fact, kw_only=False):
    """What was found in a prompt, the worst first, and what could not be looked at."""

    found: tuple[Leaked, ...]
    gaps: tuple[Gap, ...]


class Page(Fact, kw_only=False):
    """One rule page in a list."""

    family: str
    id: str
    title: str
    brief: str


class Advised(Fact, kw_only=False):
    """Rules for a task: their text, about how many tokens it takes, and their ids."""

    text: str
    tokens: int
    rules: tuple[str, ...]
