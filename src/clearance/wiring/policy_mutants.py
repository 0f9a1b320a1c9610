"""Mutation testing of the policies of a working tree: each set against the cases that belong to it."""

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clearance.decide.mutate import all_mutants, see, text_of, unnoticed
from clearance.decide.table import Row, read_table
from clearance.facts.decision import Verdict
from clearance.facts.errors import UsageError
from clearance.facts.fact import Fact
from clearance.wiring.places import top
from clearance.wiring.policies import builtin_rows, policies_of, sources_of

if TYPE_CHECKING:
    from clearance.decide.policy import Policy
    from clearance.decide.policy_set import Policies


class Unnoticed(Fact):
    """A mutant that no case notices: what was done to which policy, the mutant as Cedar (empty: no policy at all, or only
    its annotations changed), and a case as TOML that would notice it (empty: none was found)."""

    policy: str
    change: str
    text: str
    case: str


class Mutated(Fact):
    """What mutation testing showed: how many policies, cases and mutants, and the mutants that nobody noticed."""

    policies: int
    cases: int
    mutants: int
    alive: tuple[Unnoticed, ...]


def mutated(
    directory: Path,
    names: Sequence[str],
    *,
    everything: bool,
    progress: Callable[[int, int], object] = lambda _done, _all: None,
) -> Mutated:
    """Change the team's policies, those named, or all, and tell what their cases do not notice. The built-in policies are
    held by their own cases alone: a stricter team's policies would fire in these, too.

    Raises:
        BadPolicy: a policy or a file of cases is none.
        UsageError: no policy has such a name.
    """
    sources = sources_of(top(directory))
    if sources.unread:
        raise sources.unread[0]
    whole = policies_of(sources.policies)
    rows = tuple(row for path, text in sources.cases.items() for row in read_table(text, path))
    for name in names:
        if whole.get(name) is None:
            near = difflib.get_close_matches(name, [policy.id for policy in whole.all], n=1)
            raise UsageError(f"no policy {name!r}", next=f"did you mean {near[0]}?" if near else "see `policy list`")
    wanted = [one for one in whole.all if one.verdict is not Verdict.ALLOW]
    wanted = [one for one in wanted if one.id in names] if names else [one for one in wanted if one.team or everything]
    work: list[tuple[Policies, list[Policy], Sequence[Row]]] = [(whole, [one for one in wanted if one.team], rows)]
    own = [one for one in wanted if not one.team]
    if own:
        work.append((policies_of({}) if sources.policies else whole, own, builtin_rows()))
    return _mutated(work, len(wanted), progress)


def _mutated(
    work: "Sequence[tuple[Policies, list[Policy], Sequence[Row]]]", count: int, progress: Callable[[int, int], object]
) -> Mutated:
    from clearance.decide.witness import toml_of, witnesses

    alive: list[Unnoticed] = []
    cases = mutants = done = 0
    for policies, wanted, rows in work:
        if not wanted:
            continue
        cases += len(rows)
        seen = [see(policies, row) for row in rows]
        for policy in wanted:
            progress(done, count)
            done += 1
            among = all_mutants(policy, policies)
            mutants += len(among)
            left = unnoticed(policies, policy, seen, among)
            shown = witnesses(policies, policy, left, seen) if left else {}
            for one in left:
                case = toml_of(shown[one.change]) if one.change in shown else ""
                alive.append(Unnoticed(policy=policy.id, change=one.change, text=text_of(one), case=case))
    progress(count, count)
    return Mutated(policies=count, cases=cases, mutants=mutants, alive=tuple(alive))
