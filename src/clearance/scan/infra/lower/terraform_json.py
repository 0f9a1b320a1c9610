"""Terraform and OpenTofu in JSON: `.tf.json`, `.tofu.json`, `.tfvars.json`."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from clearance.scan.family import Budget
from clearance.scan.infra.lower.hcl.json_text import JsonReader, NotJson
from clearance.scan.infra.lower.hcl.references import References
from clearance.scan.infra.lower.hcl.templates import policy, standing
from clearance.scan.infra.lower.hcl.units import Units, listed
from clearance.scan.infra.node import Document, Kind, Node, NotThis, Span

_REFERENCE: Final = re.compile(r"\$\{\s*(var|local)\.([\w-]+)\s*\}")
_LABELS: Final = {"resource": 2, "data": 2, "ephemeral": 2, "module": 1, "variable": 1, "output": 1, "provider": 1}
_BLOCKS: Final = frozenset({*_LABELS, "locals", "terraform"})
_STEPS: Final = 2_000


def lower(text: str, budget: Budget, references: References | None = None) -> Document:
    """Read a file of blocks, or of values; `references` know the other files of its folder.

    Raises:
        NotThis: it is not JSON, or no map.
        OutOfTime: the budget is spent.
    """
    try:
        root = JsonReader(text, lambda start, end: (start, end), budget).read()
    except NotJson as error:
        raise NotThis(f"line {text.count(chr(10), 0, error.at) + 1}: {error}") from None
    if root.kind is not Kind.MAP:
        raise NotThis("line 1: Terraform's JSON is a map")
    references = References() if references is None else references
    references.define(*defined_in(root))
    _Resolver(references, budget).resolve(root)
    units = Units(budget)
    given = Node.mapping(root.span)
    for name, value in root.items.items():
        if name in _BLOCKS:
            for labels, head, body in _blocks(value, _LABELS.get(name, 0)):
                units.add(name, labels, head if head is not None else root.key_spans[name], body)
        elif name != "//":
            given.put(name, root.key_spans[name], value)
    if given.items and not _BLOCKS & root.items.keys():
        units.add_values(given)
    return Document(tuple(units.found), tuple(units.opaque))


def defined_in(root: Node) -> tuple[dict[str, Node], dict[str, Node]]:
    """Give the defaults of variables and the locals of a file, by their names."""
    variables = {
        name: body.items["default"] for (name,), _, body in _blocks(root.items.get("variable"), 1) if "default" in body.items
    }
    local = {name: value for _, _, body in _blocks(root.items.get("locals"), 0) for name, value in body.items.items()}
    return variables, local


def is_plain(node: Node) -> bool:
    """Tell whether a value is a scalar or a list of scalars without references."""
    items = node.values if node.kind is Kind.LIST else [node]
    return all(one.kind is Kind.SCALAR and "${" not in one.text for one in items)


def _blocks(node: Node | None, labels: int) -> Iterator[tuple[tuple[str, ...], Span | None, Node]]:
    """Give the blocks under a word: labels are keys of maps within one another, and each map may be a list of maps."""
    waiting: list[tuple[tuple[str, ...], Span | None, Node]] = [((), None, one) for one in reversed(listed(node))]
    while waiting:
        named, head, body = waiting.pop()
        if len(named) == labels:
            yield named, head, body
            continue
        waiting.extend(
            ((*named, key), body.key_spans[key], one)
            for key, value in reversed(body.items.items())
            if key != "//"
            for one in reversed(listed(value))
        )


class _Resolver:
    """Puts values in the place of references, and drops what is null."""

    def __init__(self, references: References, budget: Budget) -> None:
        self._references = references
        self._budget = budget

    def resolve(self, root: Node) -> None:
        """Change a tree in place; what is put in is not looked at again."""
        waiting = [root]
        steps = 0
        while waiting:
            steps += 1
            if steps % _STEPS == 0:
                self._budget.check()
            node = waiting.pop()
            if node.kind is Kind.MAP:
                for key, value in list(node.items.items()):
                    if value.kind is Kind.SCALAR and value.value is None:
                        del node.items[key]
                    else:
                        node.items[key] = self._resolved(value, waiting)
            elif node.kind is Kind.LIST:
                node.values = [self._resolved(value, waiting) for value in node.values]

    def _resolved(self, node: Node, waiting: list[Node]) -> Node:
        if node.kind in (Kind.MAP, Kind.LIST):
            waiting.append(node)
            return node
        if not isinstance(node.value, str):
            return node
        if "${" in node.value.replace("$${", "") or "%{" in node.value.replace("%%{", ""):
            return self._referred(node)
        if node.value.lstrip().startswith("{"):
            span = node.span
            found = policy(node.value, lambda _start, _end: span, self._budget)
            return node if found is None else found
        return node

    def _referred(self, node: Node) -> Node:
        found = _REFERENCE.fullmatch(str(node.value))
        known: Node | None = None
        if found:
            steps: Sequence[str] = (found[1], found[2])
            known = self._references.follow(steps)
            if known is not None and not is_plain(known):
                known = None  # what is put in place of a reference must not hold one: it could be this one
        return Node.unknown(node.text, node.span) if known is None else standing(known, node.span)
