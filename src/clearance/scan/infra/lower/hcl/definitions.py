"""What a file of a folder says of names: defaults of variables, locals, and the values that `.tfvars` files set.

Sources: Terraform's documentation, "Input Variables" (which files set values, and which one goes first), "Local Values".
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, NamedTuple

from tree_sitter import Node as Syntax

from clearance.scan.family import Budget
from clearance.scan.infra.lower.hcl.blocks import Bodies, Piece
from clearance.scan.infra.lower.hcl.json_text import JsonReader, NotJson
from clearance.scan.infra.lower.hcl.references import Definition, References
from clearance.scan.infra.lower.hcl.source import Source
from clearance.scan.infra.lower.hcl.values import Values
from clearance.scan.infra.lower.terraform import named_in
from clearance.scan.infra.lower.terraform_json import defined_in, is_plain
from clearance.scan.infra.node import Kind, Node, Span

Name = tuple[str, str]
"""`var` or `local`, and the name itself."""
_DEFINES: Final = re.compile(r"\b(?:variable|locals)\b")


class Definitions(NamedTuple):
    """The definitions of one file. Those of HCL are syntax of `source`, those of JSON are values."""

    text: str
    source: Source | None
    variables: Mapping[str, Syntax | Node]
    local: Mapping[str, Syntax | Node]
    given: Mapping[str, Syntax | Node]
    """What the file, one of values, sets."""

    def span(self, name: Name) -> Span | None:
        """Give where the file says what a name stands for."""
        root, word = name
        found = self.local.get(word) if root == "local" else self.given.get(word, self.variables.get(word))
        if found is None or isinstance(found, Node):
            return None if found is None else found.span
        return None if self.source is None else self.source.span(found)

    def said(self, name: Name) -> str:
        """Give the words by which the file defines a name, or nothing."""
        span = self.span(name)
        return "" if span is None else self.text[span[0] : span[1]]

    def names(self) -> set[Name]:
        """Give all names that the file defines or sets."""
        return {("var", one) for one in (*self.variables, *self.given)} | {("local", one) for one in self.local}

    def within(self, references: References, budget: Budget) -> "Worked":
        """Give the definitions as they are worked out together with others."""
        if self.source is None:
            return Worked(*({name: one for name, one in part.items() if isinstance(one, Node)} for part in self[2:]))
        self.source.budget = budget
        expression = Values(self.source, references).expression
        return Worked(
            *(
                {name: partial(expression, one) for name, one in part.items() if not isinstance(one, Node)}
                for part in (self.variables, self.local, self.given)
            )
        )


class Worked(NamedTuple):
    """Definitions that can be asked for their values."""

    variables: Mapping[str, Definition]
    local: Mapping[str, Definition]
    given: Mapping[str, Definition]


_NONE: Final[Mapping[str, Syntax | Node]] = {}


def definitions_of(path: str, text: str, budget: Budget, parsed: Callable[[], Source] | None = None) -> Definitions:
    """Read what a file says of names; one that cannot be read says nothing. `parsed` gives the text where it is parsed.

    Raises:
        OutOfTime: the budget is spent.
    """
    if path.endswith(".json"):
        return _of_json(path, text, budget)
    values = path.endswith(".tfvars")
    if not values and not _DEFINES.search(text):
        return Definitions(text, None, _NONE, _NONE, _NONE)
    source = Source(text, budget) if parsed is None else parsed()
    root = next((part for part in source.tree.root_node.named_children if part.type == "body"), None)
    if root is None:
        return Definitions(text, None, _NONE, _NONE, _NONE)
    bodies = Bodies(Values(source, References()))
    parts = list(bodies.pieces(root))
    variables, local = named_in(bodies, (part for part in parts if isinstance(part, Piece)))
    given = {
        part[0]: expression
        for part in parts
        if values and not isinstance(part, Piece) and (expression := bodies.expression_of(part[1])) is not None
    }
    return Definitions(text, source, variables, local, given)


def _of_json(path: str, text: str, budget: Budget) -> Definitions:
    nothing = Definitions(text, None, _NONE, _NONE, _NONE)
    try:
        root = JsonReader(text, lambda start, end: (start, end), budget).read()
    except NotJson:
        return nothing
    if root.kind is not Kind.MAP:
        return nothing
    if path.endswith(".tfvars.json"):
        return nothing._replace(given={name: one for name, one in root.items.items() if is_plain(one)})
    variables, local = defined_in(root)
    return nothing._replace(
        variables={name: one for name, one in variables.items() if is_plain(one)},
        local={name: one for name, one in local.items() if is_plain(one)},
    )
