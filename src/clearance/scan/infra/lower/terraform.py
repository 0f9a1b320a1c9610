"""Terraform and OpenTofu: `.tf`, `.tofu`, and files of values (`.tfvars`); `terraform_json.py` reads the JSON forms.

Besides a unit for each block there are units for what stands in many forms and means the same: `terraform.statement` for the
statements of policies (JSON, `jsonencode`, `aws_iam_policy_document`), and `terraform.opening` for the ports that a security
group, network rule or firewall opens. Variables stand for their defaults and locals for their values where the files of the
folder say so; everything else is UNKNOWN.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from tree_sitter import Node as Syntax

from clearance.scan.family import Budget
from clearance.scan.infra.lower.hcl.blocks import Bodies, Piece
from clearance.scan.infra.lower.hcl.references import Definition, References
from clearance.scan.infra.lower.hcl.source import Source
from clearance.scan.infra.lower.hcl.units import Units
from clearance.scan.infra.lower.hcl.values import Values
from clearance.scan.infra.node import Document, Node, NotThis, Opaque

LARGEST = 4 << 20
"""Bytes of the largest text that is read: its tree takes a hundred times that."""


def lower(
    text: str,
    budget: Budget,
    references: References | None = None,
    *,
    source: Source | None = None,
    only: Callable[[str], object] | None = None,
) -> Document:
    """Read a file of blocks, or of values; `references` know the other files of its folder. `source` is the text where it is
    parsed already; with `only` no other blocks are read than those of which that holds.

    Raises:
        NotThis: nothing in it is HCL.
        OutOfTime: the budget is spent.
    """
    if len(text) > LARGEST:
        return Document((), (Opaque((0, text.find("\n") + 1 or 1), f"larger than {LARGEST >> 20} MiB"),))
    source = Source(text, budget) if source is None else source
    root = next((part for part in source.tree.root_node.named_children if part.type == "body"), None)
    broken = source.broken()
    if root is None:
        if broken:
            raise NotThis(f"line {text.count(chr(10), 0, broken[0].span[0]) + 1}: this is no HCL")
        return Document(())
    references = References() if references is None else references
    values = Values(source, references)
    bodies = Bodies(values)
    parts = list(bodies.pieces(root))
    blocks = [part for part in parts if isinstance(part, Piece)]
    variables, local = named_in(bodies, blocks)
    references.define(worked_out(values, variables), worked_out(values, local))
    units = Units(budget)
    for block in blocks:
        if only is None or only(text[block.span[0] : block.span[1]]):
            units.add(block.name, block.labels, block.head, bodies.map_of(block))
    given = Node.mapping(source.span(root))
    for part in parts:
        if not isinstance(part, Piece):
            bodies.attribute(given, *part)
    if given.items:
        units.add_values(given)
    return Document(tuple(units.found), (*broken, *values.opaque, *units.opaque))


def named_in(bodies: Bodies, blocks: Iterable[Piece]) -> tuple[dict[str, Syntax], dict[str, Syntax]]:
    """Give the defaults of variables and the locals that blocks define, by their names."""
    variables: dict[str, Syntax] = {}
    local: dict[str, Syntax] = {}
    for block in blocks:
        if block.body is None or not (block.name == "locals" or (block.name == "variable" and block.labels)):
            continue
        for part in bodies.pieces(block.body):
            expression = None if isinstance(part, Piece) else bodies.expression_of(part[1])
            if isinstance(part, Piece) or expression is None:
                continue
            if block.name == "locals":
                local[part[0]] = expression
            elif part[0] == "default":
                variables[block.labels[0]] = expression
    return variables, local


def worked_out(values: Values, named: Mapping[str, Syntax]) -> dict[str, Definition]:
    """Make of each expression what gives its value when somebody asks."""
    return {name: partial(values.expression, syntax) for name, syntax in named.items()}
