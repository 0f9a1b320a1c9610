"""Terraform and OpenTofu: `.tf`, `.tofu`, and files of values (`.tfvars`); `terraform_json.py` reads the JSON forms.

Besides a unit for each block there are units for what stands in many forms and means the same: `terraform.statement` for the
statements of policies (JSON, `jsonencode`, `aws_iam_policy_document`), and `terraform.opening` for the ports that a security
group, network rule or firewall opens. Variables stand for their defaults and locals for their values where the same file
says so; everything else is UNKNOWN.
"""

from collections.abc import Iterable

from clearance.scan.family import Budget
from clearance.scan.infra.lower.hcl.blocks import Bodies, Piece
from clearance.scan.infra.lower.hcl.references import Definition, References
from clearance.scan.infra.lower.hcl.source import Source
from clearance.scan.infra.lower.hcl.units import Units
from clearance.scan.infra.lower.hcl.values import Values
from clearance.scan.infra.node import Document, Node, NotThis, Opaque

LARGEST = 4 << 20
"""Bytes of the largest text that is read: its tree takes a hundred times that."""


def lower(text: str, budget: Budget) -> Document:
    """Read a file of blocks, or of values.

    Raises:
        NotThis: nothing in it is HCL.
        OutOfTime: the budget is spent.
    """
    if len(text) > LARGEST:
        return Document((), (Opaque((0, text.find("\n") + 1 or 1), f"larger than {LARGEST >> 20} MiB"),))
    source = Source(text, budget)
    root = next((part for part in source.tree.root_node.named_children if part.type == "body"), None)
    broken = source.broken()
    if root is None:
        if broken:
            raise NotThis(f"line {text.count(chr(10), 0, broken[0].span[0]) + 1}: this is no HCL")
        return Document(())
    references = References()
    values = Values(source, references)
    bodies = Bodies(values)
    parts = list(bodies.pieces(root))
    blocks = [part for part in parts if isinstance(part, Piece)]
    references.variables, references.local = _defaults(bodies, blocks), _locals(bodies, blocks)
    units = Units(budget)
    for block in blocks:
        units.add(block.name, block.labels, block.head, bodies.map_of(block))
    given = Node.mapping(source.span(root))
    for part in parts:
        if not isinstance(part, Piece):
            bodies.attribute(given, *part)
    if given.items:
        units.add_values(given)
    return Document(tuple(units.found), (*broken, *values.opaque, *units.opaque))


def _defaults(bodies: Bodies, blocks: Iterable[Piece]) -> dict[str, Definition]:
    """Give what each variable is where nobody sets it."""
    found: dict[str, Definition] = {}
    for block in blocks:
        if block.name == "variable" and block.labels and block.body is not None:
            for part in bodies.pieces(block.body):
                if not isinstance(part, Piece) and part[0] == "default":
                    expression = bodies.expression_of(part[1])
                    if expression is not None:
                        found[block.labels[0]] = expression
    return found


def _locals(bodies: Bodies, blocks: Iterable[Piece]) -> dict[str, Definition]:
    found: dict[str, Definition] = {}
    for block in blocks:
        if block.name == "locals" and block.body is not None:
            for part in bodies.pieces(block.body):
                expression = None if isinstance(part, Piece) else bodies.expression_of(part[1])
                if not isinstance(part, Piece) and expression is not None:
                    found[part[0]] = expression
    return found
