"""Blocks of Terraform as the units that rules speak of; HCL and its JSON form meet here."""

from collections.abc import Iterator, Sequence

from clearance.scan.family import Budget
from clearance.scan.infra.lower.hcl.openings import openings_of
from clearance.scan.infra.lower.hcl.statements import statements_of
from clearance.scan.infra.node import Kind, Node, Opaque, Span, Unit

_MOST = 50_000
_TYPED = {"resource": "terraform.resource", "data": "terraform.data", "ephemeral": "terraform.data"}
_NAMED = {"module": "terraform.module", "variable": "terraform.variable", "output": "terraform.output"}
_CHECK_EACH = 500


class Units:
    """Collects the units of a file."""

    def __init__(self, budget: Budget) -> None:
        self.found: list[Unit] = []
        self.opaque: list[Opaque] = []
        self._budget = budget

    def add(self, block: str, labels: Sequence[str], head: Span, body: Node) -> None:
        """Add what a block is; one that Terraform does not know is nothing to rules."""
        if len(self.found) >= _MOST:
            if not self.opaque:
                self.opaque.append(Opaque(head, f"more than {_MOST:,} blocks"))
            return
        if len(self.found) % _CHECK_EACH == 0:
            self._budget.check()
        first = labels[0] if labels else ""
        if block in _TYPED and len(labels) == 2:
            self._typed(Unit(_TYPED[block], first, labels[1], head, body))
        elif block in _NAMED and labels:
            self.found.append(Unit(_NAMED[block], "", first, head, body))
        elif block == "provider" and labels:
            self.found.append(Unit("terraform.provider", first, first, head, body))
        elif block == "locals":
            self.found.append(Unit("terraform.locals", "", "locals", head, body))
        elif block == "terraform":
            self._settings(Unit("terraform.settings", "", "terraform", head, body))

    def add_values(self, body: Node) -> None:
        """Add the values that a file sets outside of any block (`.tfvars`)."""
        first = next(iter(body.key_spans.values()), body.span)
        self.found.append(Unit("terraform.values", "", "values", first, body))

    def _typed(self, unit: Unit) -> None:
        self.found.append(unit)
        self.found.extend(statements_of(unit))
        self.found.extend(openings_of(unit))
        for item in listed(unit.body.items.get("provisioner")):
            self.found.extend(_labelled("terraform.provisioner", item, unit))

    def _settings(self, unit: Unit) -> None:
        self.found.append(unit)
        for item in listed(unit.body.items.get("backend")):
            self.found.extend(_labelled("terraform.backend", item, unit))
        for item in listed(unit.body.items.get("required_providers")):
            for name, value in item.items.items():
                self.found.append(Unit("terraform.requirement", name, name, item.key_spans[name], value, unit))


def _labelled(kind: str, item: Node, above: Unit) -> Iterator[Unit]:
    """Give the unit of a nested block with a label: `backend "s3" {}`, or in JSON `{"s3": {}}`."""
    label = item.items.get("label")
    if label is not None:
        yield Unit(kind, label.text, above.name, label.span, item, above)
        return
    for name, value in item.items.items():
        for body in listed(value):
            yield Unit(kind, name, above.name, item.key_spans[name], body, above)


def listed(node: Node | None) -> list[Node]:
    """Give the maps that a nested block is: a list of maps, or one map in the JSON form."""
    if node is None:
        return []
    return [one for one in (node.values if node.kind is Kind.LIST else [node]) if one.kind is Kind.MAP]
