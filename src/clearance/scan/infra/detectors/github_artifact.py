"""Tells a job that uploads its whole workspace, the token that checkout left in it included."""

import re
from collections.abc import Iterator
from typing import Final

from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match
from clearance.scan.infra.node import Document, Kind, Node, Unit

ON: Final = ("github.step",)
_WHOLE: Final = re.compile(
    r"\s*(?:\.|\./|\*\*/?\*?|\./\*\*?|/?\.git/?|\$\{\{\s*github\.workspace\s*\}\}/?|\$\{?GITHUB_WORKSPACE\}?/?)\s*"
)


def look(document: Document, rule: Rule, budget: Budget) -> Iterator[Match]:
    """Give a match for each upload of a workspace that was checked out with its token, in the order of the steps."""
    keeps: Unit | None = None
    for unit in document.units:
        if unit.kind != "github.step":
            keeps = None
            budget.check()
            continue
        name = _text(_inside(unit.body, "action", "name"))
        if name == "actions/checkout":
            wanted = _inside(unit.body, "with", "persist-credentials")
            clears = wanted is not None and (wanted.kind is Kind.UNKNOWN or wanted.text.lower() == "false")
            keeps = None if clears else unit
        path = _inside(unit.body, "with", "path")
        if keeps is not None and name == "actions/upload-artifact" and path is not None and _is_whole(path):
            yield Match(
                rule=rule.id,
                start=path.span[0],
                end=path.span[1],
                message=f"the artifact holds .git with the token that {keeps.name or 'checkout'} left there",
                shape=f"{unit.kind} {unit.name} {unit.above.name if unit.above else ''} with.path",
            )


def _is_whole(path: Node) -> bool:
    return any(_WHOLE.fullmatch(line) for line in path.text.split("\n") if line.strip())


def _inside(node: Node, *keys: str) -> Node | None:
    at: Node | None = node
    for key in keys:
        at = at.items.get(key) if at is not None and at.kind is Kind.MAP else None
    return at


def _text(node: Node | None) -> str:
    return node.text if node is not None else ""
