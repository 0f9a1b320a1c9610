"""Tells a script that does something with a variable which it should not: runs text of the event, prints a secret.

The page's options: `from`, what an expression in `env` must be about (RE2, in lower case), and `line`, what a command must
look like, where NAME stands for the variable's name. `triggers` (optional): one of these events must start the workflow.
"""

import re
from collections.abc import Iterator
from typing import Final

import re2

from clearance.rules.model import Rule
from clearance.scan.family import Budget, Match
from clearance.scan.infra.lower.script import plain
from clearance.scan.infra.node import Document, Kind, Unit

ON: Final = ("github.step",)
_EXPRESSION = re.compile(r"\$\{\{((?:[^}]|\}(?!\}))*)\}\}")
_NAME = re.compile(r"\w{1,100}")
_MOST: Final = 50


def look(document: Document, rule: Rule, budget: Budget) -> Iterator[Match]:
    """Give a match for each command that uses such a variable in such a way."""
    said = re2.compile(rule.options["from"])
    for unit in document.units:
        lines = unit.body.items.get("lines") if unit.kind == "github.step" else None
        if lines is None:
            continue
        budget.check()
        names = [name for name in _names(unit, said) if _NAME.fullmatch(name)][:_MOST]
        if not names:
            continue
        wanted = re2.compile(rule.options["line"].replace("NAME", f"(?:{'|'.join(names)})"))
        for line in lines.values:
            if wanted.search(line.text):
                yield Match(
                    rule=rule.id,
                    start=line.span[0],
                    end=line.span[1],
                    message=rule.options["message"].replace("{name}", unit.name),
                    shape=f"{unit.kind} {unit.name} {line.text[:80]}",
                )


def _names(unit: Unit, said: "re2._Regexp") -> Iterator[str]:
    """Give the variables whose expressions are about that."""
    variables = unit.body.items.get("variables")
    for name, value in variables.items.items() if variables is not None else ():
        if value.kind is Kind.UNKNOWN and any(said.search(plain(one).strip()) for one in _EXPRESSION.findall(value.text)):
            yield name
