"""What names stand for: defaults of variables, locals, and the iterators of dynamic blocks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from tree_sitter import Node as Syntax

from clearance.scan.infra.node import Kind, Node

_MOST_SHARED = 4_000
_MOST_IN_ALL = 400_000
Definition = Syntax | Node
Step = str | int


class References:
    """Names of one file. `variables` and `local` are what the names stand for: syntax, or values where they are known."""

    def __init__(self) -> None:
        self.variables: Mapping[str, Definition] = {}
        self.local: Mapping[str, Definition] = {}
        self._known: dict[tuple[str, str], Node | None] = {}
        self._bound: dict[str, Node] = {}
        self._shared = 0

    @contextmanager
    def binding(self, name: str, value: Node) -> Iterator[None]:
        """Let a name stand for a value: the iterator of a dynamic block."""
        before = self._bound.get(name)
        self._bound[name] = value
        try:
            yield
        finally:
            if before is None:
                del self._bound[name]
            else:
                self._bound[name] = before

    def follow(self, steps: Sequence[Step], expression: Callable[[Syntax], Node]) -> Node | None:
        """Give what `var.x`, `local.y["z"][0]` or `each.value` leads to, or None where that is not known here."""
        root = steps[0]
        if not isinstance(root, str):
            return None
        node: Node | None
        if root in self._bound:
            node, rest = self._bound[root], steps[1:]
        elif root in ("var", "local") and len(steps) > 1 and isinstance(steps[1], str):
            node, rest = self._defined(root, steps[1], expression), steps[2:]
        else:
            return None
        for step in rest:
            node = _stepped(node, step) if node is not None else None
        if node is None or node.kind is Kind.UNKNOWN or not self._affordable(node):
            return None
        return None if _bare(node) else node

    def _defined(self, root: str, name: str, expression: Callable[[Syntax], Node]) -> Node | None:
        key = (root, name)
        if key not in self._known:
            self._known[key] = None  # while it is worked out: a definition by itself leads nowhere
            found = (self.variables if root == "var" else self.local).get(name)
            self._known[key] = found if found is None or isinstance(found, Node) else expression(found)
        return self._known[key]

    def _affordable(self, node: Node) -> bool:
        """Tell whether a value may be referred to: lists of lists of references must not grow without end."""
        if node.kind is Kind.SCALAR:
            return True
        size = 0
        waiting = [node]
        while waiting and size <= _MOST_SHARED:
            one = waiting.pop()
            size += 1
            waiting.extend(one.children())
        self._shared += size
        return size <= _MOST_SHARED and self._shared <= _MOST_IN_ALL


def _stepped(node: Node, step: Step) -> Node | None:
    if node.kind is Kind.MAP:
        return node.items.get(str(step))
    if node.kind is Kind.LIST and isinstance(step, int) and 0 <= step < len(node.values):
        return node.values[step]
    return None


def _bare(node: Node) -> bool:
    """Tell whether a default only says that whoever uses the module has to set it: null, nothing, or an empty text."""
    if node.kind is Kind.SCALAR:
        return node.value is None or node.value == ""
    return not node.items and not node.values
