"""Kubernetes manifests: objects, the pod specifications in them, and their containers; Helm's templates and what it renders.

A document is an object when it has `apiVersion` and `kind`; those in a `List` count each. An object that lacks what the API
demands of its kind is a patch (Kustomize): it is read, but what it does not say is not missing.
Source: the Kubernetes API reference, version 1.34.
"""

from collections.abc import Iterator

from clearance.scan.family import Budget
from clearance.scan.infra.lower.helm import is_template, with_holes
from clearance.scan.infra.lower.yaml_text import HOLE, Yaml, read_yaml
from clearance.scan.infra.node import Document, Kind, Node, NotThis, Opaque, Span, Unit

_PODS = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_TEMPLATE = ("spec", "template", "spec")
_CONTAINERS = (("containers", "container"), ("initContainers", "init"), ("ephemeralContainers", "ephemeral"))
_SELECTED = frozenset({"Deployment", "DaemonSet", "StatefulSet", "ReplicaSet"})
_MAX_LISTS = 4
_MOST_OPENED = 100_000


def lower(text: str, budget: Budget) -> Document:
    """Read a manifest.

    Raises:
        NotThis: no YAML, or no document is an object of Kubernetes.
        OutOfTime: the budget is spent.
    """
    read = _read(text, budget)
    units: list[Unit] = []
    opaque = list(read.opaque)
    for document in read.documents:
        for node in _objects(document, opaque):
            units.extend(_units(node))
            budget.check()
    if not units and not opaque:
        raise NotThis("line 1: no document has apiVersion and kind")
    return Document(units, opaque)


def _read(text: str, budget: Budget) -> Yaml:
    """Read the text as it stands, or with holes where it is a template."""
    if not is_template(text):
        return read_yaml(text, budget)
    punched = with_holes(text)
    if punched is None:
        raise NotThis("line 1: a template with too many expressions")
    try:
        return read_yaml(punched, budget, original=text)
    except NotThis as error:
        line, _, why = str(error).partition(": ")
        raise NotThis(f"{line}: a template that is no YAML where its expressions are left open: {why}") from None


def _objects(document: Node, opaque: list[Opaque]) -> Iterator[Node]:
    """Give the objects of a document, those of lists one by one."""
    waiting = [(document, 0)]
    while waiting:
        node, depth = waiting.pop()
        if node.kind is not Kind.MAP or not {"apiVersion", "kind"} <= node.items.keys():
            continue
        items = node.items.get("items")
        if node.items["kind"].text.endswith("List") and items is not None and items.kind is Kind.LIST:
            if depth < _MAX_LISTS:
                waiting.extend((one, depth + 1) for one in reversed(items.values))
            else:
                opaque.append(Opaque(items.span, "lists of objects in lists of objects"))
            continue
        yield node


def _units(node: Node) -> Iterator[Unit]:
    kind = node.items["kind"]
    type_ = kind.text if kind.kind is Kind.SCALAR else ""
    named = _at(node, ("metadata", "name"))
    name, head = _name(named, kind.span)
    spec = _at(node, _PODS.get(type_, _TEMPLATE))
    is_pod = spec is not None and spec.kind is Kind.MAP and (type_ in _PODS or "containers" in spec.items)
    if _is_patch(node, type_, spec if is_pod else None):
        _open(node)
    above = Unit("kubernetes.object", type_, name, head, node)
    yield above
    if is_pod and spec is not None:
        pod = Unit("kubernetes.pod", type_, name, head, spec, above)
        yield pod
        # What aliases repeat stands at one place, and is asked about once.
        seen: set[int] = set()
        for key, sort in _CONTAINERS:
            listed = spec.items.get(key)
            for one in listed.values if listed is not None and listed.kind is Kind.LIST else ():
                if one.kind is Kind.MAP and id(one) not in seen:
                    seen.add(id(one))
                    yield _container(one, sort, pod)


def _container(node: Node, sort: str, pod: Unit) -> Unit:
    named = node.items.get("name") or node.items.get("image")
    name, head = _name(named, (node.span[0], node.span[0]))
    return Unit("kubernetes.container", sort, name, head, node, pod)


def _name(node: Node | None, otherwise: Span) -> tuple[str, Span]:
    """Give the name that an object has, and where it stands."""
    if node is None or node.kind in (Kind.MAP, Kind.LIST):
        return "", otherwise
    return node.text if node.kind is Kind.SCALAR else "", node.span


def _at(node: Node, path: tuple[str, ...]) -> Node | None:
    """Walk plain keys down through maps."""
    at: Node | None = node
    for key in path:
        at = at.items.get(key) if at is not None and at.kind is Kind.MAP else None
    return at


def _is_patch(node: Node, type_: str, spec: Node | None) -> bool:
    """Tell an object that only says what to change in another one."""
    if "$patch" in node.items:
        return True
    if node.text or spec is None:
        return False
    outer = node.items.get("spec")
    if type_ in _SELECTED and outer is not None and outer.kind is Kind.MAP and "selector" not in outer.items:
        return not outer.text
    if spec.text:
        return False
    listed = spec.items.get("containers")
    if listed is None or listed.kind is not Kind.LIST:
        return listed is None
    return any(one.kind is Kind.MAP and not one.text and "image" not in one.items for one in listed.values)


def _open(node: Node) -> None:
    """Say of all maps of an object that they may hold more than they say."""
    waiting = [node]
    seen = 0
    while waiting and seen < _MOST_OPENED:
        one = waiting.pop()
        seen += 1
        if one.kind is Kind.MAP:
            one.text = one.text or HOLE
        waiting.extend(one.children())
