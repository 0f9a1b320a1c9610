"""Values of a Helm chart: what they say of pods and containers, wherever in the file; what they do not say is never missing.

A chart's templates put such maps into pods as they are, under names that charts have in common: `securityContext`,
`podSecurityContext`, `hostNetwork`, `extraVolumes`. Each map that holds one of them counts as an open pod and container.
"""

from typing import Final

from clearance.scan.family import Budget
from clearance.scan.infra.lower.yaml_text import HOLE, read_yaml
from clearance.scan.infra.node import Document, Kind, Node, Unit

_CONTAINER: Final = {
    "containerSecurityContext": "securityContext",
    "securityContext": "securityContext",
    "extraVolumeMounts": "volumeMounts",
    "volumeMounts": "volumeMounts",
    "extraArgs": "args",
}
_POD: Final = {
    "podSecurityContext": "securityContext",
    "hostNetwork": "hostNetwork",
    "hostPID": "hostPID",
    "hostIPC": "hostIPC",
    "shareProcessNamespace": "shareProcessNamespace",
    "extraVolumes": "volumes",
    "volumes": "volumes",
}
_MOST: Final = 2_000
_MOST_SEEN: Final = 50_000


def lower(text: str, budget: Budget) -> Document:
    """Read the values of a chart.

    Raises:
        NotThis: no YAML.
        OutOfTime: the budget is spent.
    """
    read = read_yaml(text, budget)
    units: list[Unit] = []
    waiting = [("chart", one) for one in reversed(read.documents) if one.kind is Kind.MAP]
    seen: set[int] = set()
    while waiting and len(seen) < _MOST_SEEN and len(units) < _MOST:
        name, node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.kind is Kind.MAP:
            units.extend(_units(name, node))
        inside = [*node.items.items(), *((name, one) for one in node.values)]
        waiting.extend((key, one) for key, one in reversed(inside) if one.kind in (Kind.MAP, Kind.LIST))
        budget.check()
    return Document(units, read.opaque)


def _units(name: str, node: Node) -> list[Unit]:
    """Give a pod and its container where a map speaks of them."""
    pod, container = _taken(node, _POD), _taken(node, _CONTAINER)
    if not pod.items and not container.items:
        return []
    first = next(iter({**container.key_spans, **pod.key_spans}.values()))
    whole = Node(Kind.MAP, node.span, text=HOLE)
    above = Unit("kubernetes.pod", "values", name, first, pod, Unit("kubernetes.object", "values", name, first, whole))
    return [above, Unit("kubernetes.container", "container", name, first, container, above)]


def _taken(node: Node, keys: dict[str, str]) -> Node:
    """Copy some keys of a map under the names that pods have; all maps among them are open."""
    made = Node(Kind.MAP, node.span, text=HOLE)
    for key, name in keys.items():
        value = node.items.get(key)
        if value is None or (value.kind is Kind.SCALAR and value.value is None):
            continue
        if value.kind is Kind.MAP and not value.text:
            value.text = HOLE
        made.put(name, node.key_spans.get(key, value.span), value)
    return made
