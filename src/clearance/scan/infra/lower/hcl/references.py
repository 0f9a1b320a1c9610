"""What names stand for: defaults of variables, locals, and the iterators of dynamic blocks."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import NamedTuple

from clearance.scan.infra.node import Kind, Node, Span

_MOST_SHARED = 4_000
_MOST_IN_ALL = 400_000
Definition = Node | Callable[[], Node]
"""What a name stands for, or how that is worked out."""
Step = str | int
NOWHERE: Span = (-1, -1)
"""The place of what another file says, until it is put where this one refers to it."""


class Names(NamedTuple):
    """What names stand for. `given` is what whoever uses the folder says of its variables: it goes before their defaults."""

    variables: Mapping[str, Definition] = MappingProxyType({})
    local: Mapping[str, Definition] = MappingProxyType({})
    given: Mapping[str, Definition] = MappingProxyType({})


class References:
    """Names of the files of one folder. `around` gives those of the other files, and is called when a name is asked for."""

    def __init__(self, around: "Callable[[References], Names] | None" = None) -> None:
        self._around = around
        self._variables: dict[str, Definition] = {}
        self._local: dict[str, Definition] = {}
        self._others = Names()
        self.depth = 0
        """Levels within one another that are being worked out, in all files together."""
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

    def define(self, variables: Mapping[str, Definition], local: Mapping[str, Definition]) -> None:
        """Take what a file says of names; what was said before stays."""
        self._variables = {**variables, **self._variables}
        self._local = {**local, **self._local}

    def follow(self, steps: Sequence[Step]) -> Node | None:
        """Give what `var.x`, `local.y["z"][0]` or `each.value` leads to, or None where that is not known here."""
        root = steps[0]
        if not isinstance(root, str):
            return None
        node: Node | None
        if root in self._bound:
            node, rest = self._bound[root], steps[1:]
        elif root in ("var", "local") and len(steps) > 1 and isinstance(steps[1], str):
            node, rest = self._defined(root, steps[1]), steps[2:]
        else:
            return None
        for step in rest:
            node = _stepped(node, step) if node is not None else None
        if node is None or node.kind is Kind.UNKNOWN or not self._affordable(node):
            return None
        return None if _bare(node) else node

    def _defined(self, root: str, name: str) -> Node | None:
        key = (root, name)
        if key not in self._known:
            self._known[key] = None  # while it is worked out: a definition by itself leads nowhere
            found, own = self._definition(root, name)
            value = found() if callable(found) else found
            # The places of another file say nothing here: `standing` puts those of the reference in their stead.
            self._known[key] = value if own or value is None else placed(value, NOWHERE)
        return self._known[key]

    def _definition(self, root: str, name: str) -> tuple[Definition | None, bool]:
        """Give what defines a name, and whether that stands in the file itself."""
        if self._around is not None:
            around, self._around = self._around, None
            self._others = around(self)
        others = self._others
        if root == "local":
            return (self._local[name], True) if name in self._local else (others.local.get(name), False)
        if name in others.given:
            return others.given[name], False
        return (self._variables[name], True) if name in self._variables else (others.variables.get(name), False)

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


def placed(node: Node, span: Span) -> Node:
    """Copy a value with all that is in it to one place. What is shared stays shared; beyond a bound it is left out."""
    root = Node(node.kind, span, value=node.value, text=node.text)
    waiting = [(node, root)]
    size = 0
    while waiting:
        old, new = waiting.pop()
        size += len(old.items) + len(old.values)
        if size > _MOST_SHARED:
            return Node.unknown(node.text, span)
        for key, child in old.items.items():
            made = Node(child.kind, span, value=child.value, text=child.text)
            new.put(key, span, made)
            waiting.append((child, made))
        for child in old.values:
            made = Node(child.kind, span, value=child.value, text=child.text)
            new.values.append(made)
            waiting.append((child, made))
    return root


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
