"""What variables and outputs of a workflow hold: expressions that reach a script by way of `env` or of a step's output."""

import re
from collections.abc import Iterator, Mapping

from clearance.scan.infra.lower.script import expressions
from clearance.scan.infra.node import Kind, Node

_OUT = re.compile(r"GITHUB_OUTPUT|::set-output\b")
_NAMED = re.compile(r"(?:^|[\"'\s({])([A-Za-z_][\w-]*)=|::set-output\s+name=([\w-]+)::")
_VARIABLE = re.compile(r"\$\{?(?:env:)?(\w+)")
_CARRIED = re.compile(r"\b(?:env\.([\w-]+)|steps\.([\w-]+)\.outputs\.([\w-]+))")
_MOST = 50

Outputs = dict[tuple[str, str], list[Node]]
"""By a step's id and the name of its output, the expressions that are written there."""


def variables(text: str, *levels: Node) -> dict[str, list[Node]]:
    """Give the expressions in the variables that `env` sets, by name in lower case; the first level wins."""
    found: dict[str, list[Node]] = {}
    for level in reversed(levels):
        env = level.items.get("env")
        for name, value in env.items.items() if env is not None and env.kind is Kind.MAP else ():
            found[name.lower()] = expressions(text, value.span) if value.kind is Kind.UNKNOWN else []
    return found


def written(text: str, lines: Node, env: Mapping[str, list[Node]]) -> Iterator[tuple[str, list[Node]]]:
    """Give the outputs that a script writes, each with the expressions in its line or in the variables named there."""
    for line in lines.values[:_MOST] if _OUT.search(text, *lines.span) else ():
        if not _OUT.search(line.text):
            continue
        found = expressions(text, line.span)
        for variable in dict.fromkeys(_VARIABLE.findall(line.text)):
            found.extend(env.get(variable.lower(), ()))
        for named in _NAMED.finditer(line.text):
            yield (named[1] or named[2]).lower(), found[:_MOST]


def carried(said: list[Node], env: Mapping[str, list[Node]], outputs: Outputs) -> list[Node]:
    """Give what expressions stand for that name a variable or an output: what was found there, at the place of use."""
    found: list[Node] = []
    for one in said:
        for named in _CARRIED.finditer(one.text):
            meant = env.get(named[1], ()) if named[1] else outputs.get((named[2], named[3]), ())
            found.extend(Node.unknown(origin.text, one.span) for origin in meant)
    return found[:_MOST]
