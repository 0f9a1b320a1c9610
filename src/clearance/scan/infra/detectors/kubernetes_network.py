"""Tells a namespace that is made together with its workloads and without a network policy."""

from collections.abc import Iterator
from typing import Final

from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match
from clearance.scan.infra.node import Document

ON: Final = ("kubernetes.pod",)
_POLICIES: Final = frozenset(
    {"NetworkPolicy", "CiliumNetworkPolicy", "CiliumClusterwideNetworkPolicy", "GlobalNetworkPolicy", "AuthorizationPolicy"}
)


def look(document: Document, rule: Rule, budget: Budget) -> Iterator[Match]:
    """Give a match for each namespace of a file that holds workloads and no policy of any kind."""
    objects = [unit for unit in document.units if unit.kind == "kubernetes.object"]
    budget.check()
    if any(unit.type in _POLICIES or not unit.type for unit in objects):
        return
    for unit in objects:
        if unit.type == "Namespace":
            yield Match(
                rule=rule.id,
                start=unit.head[0],
                end=unit.head[1],
                message=f"the namespace {unit.name} has workloads here and no network policy",
                shape=f"{unit.kind} {unit.type} {unit.name}",
            )
