"""Runs the examples of rule pages and the cases of policies behind an answer, now."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clearance.wiring.places import top

if TYPE_CHECKING:
    from clearance.decide.policy_set import Policies
    from clearance.decide.table import Row
    from clearance.rules.catalogue import Catalogue as Rules
    from clearance.rules.model import Rule


class Ran(NamedTuple):
    """How many examples ran, and the ids of the rules whose pages do not keep their word."""

    examples: int
    failed: frozenset[str]


def run_examples(catalogue: "Rules", rules: Sequence["Rule"], progress: Callable[[int, int], None]) -> Ran:
    """Run all examples of some rules."""
    from clearance.wiring.furnish import judge_examples

    failed = set()
    for done, rule in enumerate(rules):
        progress(done, len(rules))
        if judge_examples(catalogue, rule):
            failed.add(rule.id)
    return Ran(sum(len(rule.caught) + len(rule.clean) for rule in rules), frozenset(failed))


class Cases:
    """The cases that say what policies do: our own about our own policies, the team's about all of them."""

    def __init__(self, directory: Path, policies: "Policies") -> None:
        """Read them.

        Raises:
            BadPolicy: a file of the team's is a link, too large, or no table of cases.
        """
        from clearance.decide.table import read_table
        from clearance.wiring.policies import builtin_rows, sources_of

        self._policies = policies
        self._own: Sequence[Row] = builtin_rows()
        self._team: list[Row] = []
        sources = sources_of(top(directory))
        if sources.unread:
            raise sources.unread[0]
        for path, text in sources.cases.items():
            self._team += read_table(text, path)
        self._naming = Counter(policy for row in (*self._own, *self._team) for policy in {*row.reasons})

    def naming(self, policy: str) -> int:
        """Count the cases in which a policy fires."""
        return self._naming[policy]

    def failing(self, policies: Collection[str]) -> frozenset[str]:
        """Run the cases that name some policies, and give the policies of those that do not come out as they say."""
        from clearance.decide.table import run
        from clearance.wiring.recording import builtin_policies

        wanted = frozenset(policies)
        failed: set[str] = set()
        for rows, judged in ((self._own, builtin_policies), (self._team, lambda: self._policies)):
            chosen = [row for row in rows if wanted & {*row.reasons}]
            names = {one.name for one in run(judged(), chosen)} if chosen else set()
            failed |= {policy for row in chosen if row.name in names for policy in row.reasons}
        return frozenset(failed & wanted)
