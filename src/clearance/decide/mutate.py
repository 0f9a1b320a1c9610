"""Mutation testing of policies: each is changed a little, and some case must notice.

DeMillo, Lipton, Sayward, "Hints on test data selection", 1978: a test that cannot tell a program from a slightly wrong one
has not tested the difference.
"""

import copy
from collections.abc import Iterator, Sequence
from typing import Any

from clearance.decide.decide import decide
from clearance.decide.policy import ACTS, Policy, nodes
from clearance.decide.policy_set import Policies
from clearance.decide.table import Row, case_of, said
from clearance.facts.decision import Verdict
from clearance.facts.fact import Fact

DROPPED = "dropped"


class Survivor(Fact):
    """A small change of a policy that no case notices. `change` says what was done to it; `DROPPED` is the whole policy."""

    policy: str
    change: str


def survivors(policies: Policies, rows: Sequence[Row], *, only_team: bool = False) -> tuple[Survivor, ...]:
    """Give each small change of each forbidding policy with which all cases still come out the same."""
    cases = [case_of(row) for row in rows]
    right = [said(decide(case, policies)) for case in cases]
    alive = []
    for policy in policies.all:
        if policy.verdict is Verdict.ALLOW or (only_team and not policy.team):
            continue
        # A policy about acts is never asked about a change, nor the other way round.
        asked = [
            (case, answer)
            for case, answer in zip(cases, right, strict=True)
            if case.change.is_act == (policy.action in ACTS)
        ]
        for change, tree in mutants(policy):
            variant = policies.variant(policy.id, tree)
            if all(said(decide(case, variant)) == answer for case, answer in asked):
                alive.append(Survivor(policy=policy.id, change=change))
    return tuple(alive)


def mutants(policy: Policy) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Give each small change with its name and the changed tree; None for no policy at all."""
    yield DROPPED, None
    for number, condition in enumerate(policy.tree["conditions"], 1):
        tree = copy.deepcopy(policy.tree)
        del tree["conditions"][number - 1]
        yield f"condition {number} ({condition['kind']}) dropped", tree
        tree = copy.deepcopy(policy.tree)
        tree["conditions"][number - 1]["kind"] = "unless" if condition["kind"] == "when" else "when"
        yield f"condition {number} ({condition['kind']}) turned", tree
    for number, node in enumerate(nodes(policy.tree["conditions"])):
        for operator in ("&&", "||"):
            for kept in ("left", "right") if operator in node else ():
                yield f"{operator} number {number} keeps only its {kept} side", _with(policy, number, node[operator][kept])
        for entry in range(len(node["Set"])) if "Set" in node else ():
            rest = node["Set"][:entry] + node["Set"][entry + 1 :]
            if rest:
                yield f"list number {number} loses entry {entry + 1}", _with(policy, number, {"Set": rest})


def _with(policy: Policy, number: int, replacement: dict[str, Any]) -> dict[str, Any]:
    """Copy a policy's tree with the nth node of its conditions replaced."""
    tree: dict[str, Any] = copy.deepcopy(policy.tree)
    node = next(node for at, node in enumerate(nodes(tree["conditions"])) if at == number)
    fresh = copy.deepcopy(replacement)
    node.clear()
    node.update(fresh)
    return tree
