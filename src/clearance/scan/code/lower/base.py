"""What all lowerings share: dispatch by the grammar's names, depth, coverage, broken text, flat chains, lazy bodies.

A lowering is a subclass that fills `expressions` and `statements` in its `__init__` and offers a function `lower`:

    class _Java(Lowering):
        def __init__(self, source: Source) -> None:
            super().__init__(source)
            self.expressions = {"identifier": self.name, "method_invocation": self._call, …}
            self.statements = {"if_statement": self._if, …}

`expr` and `stmt` are the only ways down: they count depth and coverage and turn what nobody handles into `Opaque` and
`Unknown`. Positions among `node.children` shift where a comment or an ERROR stands between them: look at `len(children)`,
and take `kids(node)` when it is not the usual number. Never ask for `node.parent` or siblings: those search from the root.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from tree_sitter import Node

from clearance.scan.code import ir
from clearance.scan.code.source import Source

COMPARED: Final = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "not in", "is", "is not", "instanceof"})
"""Operators of the IR that make a `Compare`, not a `Binary`."""
_MOST_VISITED = 2000
_MOST_NAMES = 64


class Lowering:
    """One file as it is lowered."""

    names: frozenset[str] = frozenset({"identifier"})
    """Types of nodes that are a plain name; kept of what lies too deep."""
    skipped: frozenset[str] = frozenset({"comment"})
    """Types of nodes that may stand anywhere and mean nothing."""
    wrappers: frozenset[str] = frozenset({"parenthesized_expression"})
    """Types of nodes that hand on the one expression in them: `(`, expression, `)`."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.data = source.data
        self.coverage = ir.Coverage(opaque={})
        self.functions: list[ir.Function] = []
        self.expressions: Mapping[str, Callable[[Node], ir.Expr]] = {}
        """What lowers an expression, by the type of its node."""
        self.statements: Mapping[str, Callable[[Node, list[ir.Stmt]], None]] = {}
        """What lowers a statement and puts what comes of it at the end of a list."""
        self.depth = 0
        self.inside = False
        """A function's body is being lowered."""

    # Ways down

    def expr(self, node: Node) -> ir.Expr:
        """Lower an expression. What lies too deep keeps only the names in it."""
        self.coverage.nodes += 1
        kind = node.type
        if kind in self.wrappers:
            node = self.unwrapped(node)
            kind = node.type
        make = self.expressions.get(kind)
        if make is None:
            return self.opaque(node)
        if self.depth >= ir.MAX_DEPTH:
            return self.deep(node)
        self.depth += 1
        made = make(node)
        self.depth -= 1
        return made

    def maybe(self, node: Node | None) -> ir.Expr | None:
        """Lower an expression where there is one."""
        return None if node is None else self.expr(node)

    def exprs(self, nodes: Iterable[Node]) -> tuple[ir.Expr, ...]:
        """Lower the named ones of some nodes, without comments."""
        return tuple([self.expr(node) for node in nodes if node.is_named and node.type not in self.skipped])

    def stmt(self, node: Node, out: list[ir.Stmt]) -> None:
        """Lower a statement; an expression that stands as one becomes an `Eval`."""
        self.coverage.nodes += 1
        kind = node.type
        make = self.statements.get(kind)
        if make is None:
            if kind in self.expressions or kind in self.wrappers:
                out.append(ir.Eval(node.start_byte, node.end_byte, self.expr(node)))
            else:
                self.unknown(node, out)
        elif self.depth >= ir.MAX_DEPTH:
            out.append(ir.Eval(node.start_byte, node.end_byte, self.deep(node)))
        else:
            self.depth += 1
            make(node, out)
            self.depth -= 1

    def block(self, nodes: Iterable[Node]) -> ir.Block:
        """Lower the statements among some nodes: braces, other tokens and comments are left out."""
        out: list[ir.Stmt] = []
        for node in nodes:
            if node.is_named and node.type not in self.skipped:
                self.stmt(node, out)
        return tuple(out)

    def later(self, run: Callable[[], ir.Block]) -> Callable[[], ir.Block]:
        """Make `Function.lower`: lowers a body when it is asked for, as deep as the function itself lies."""
        depth = self.depth

        def lower() -> ir.Block:
            before = self.depth, self.inside
            self.depth, self.inside = depth, True
            try:
                return run()
            finally:
                self.depth, self.inside = before

        return lower

    def add(self, function: ir.Function) -> ir.Function:
        """Take a function for `Module.functions`, unless it stands in another one's body."""
        if not self.inside:
            self.functions.append(function)
        return function

    def module(self, body: ir.Block, package: str = "") -> ir.Module:
        """Make the module."""
        functions = tuple(sorted(self.functions, key=_at))
        self.functions = []  # what is lowered later points here
        return ir.Module(self.source.language, body, package, functions, self.coverage)

    # Pieces

    def text(self, node: Node) -> str:
        """Give the text of a node."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def name(self, node: Node) -> ir.Expr:
        """Lower a plain name; one that the parser made up is `Opaque`."""
        start, end = node.start_byte, node.end_byte
        if start == end:
            return self.opaque(node, "MISSING")
        return ir.Name(start, end, self.data[start:end].decode("utf-8", "replace"))

    def kids(self, node: Node) -> list[Node]:
        """Give the children without comments and broken text, which is counted."""
        kids = [child for child in node.children if child.type not in self.skipped]
        if not node.has_error:
            return kids
        whole = [child for child in kids if child.type != "ERROR"]
        if lost := len(kids) - len(whole):
            self.coverage.nodes += lost
            self.coverage.opaque["ERROR"] = self.coverage.opaque.get("ERROR", 0) + lost
        return whole

    def named(self, node: Node) -> list[Node]:
        """Give the named children without comments; broken text is among them."""
        return [child for child in node.named_children if child.type not in self.skipped]

    def unwrapped(self, node: Node) -> Node:
        """Go into parentheses, however many."""
        while node.type in self.wrappers:
            inner = [child for child in node.named_children if child.type not in self.skipped and child.type != "ERROR"]
            if len(inner) != 1:
                break
            node = inner[0]
        return node

    # What is not understood

    def opaque(self, node: Node, kind: str = "") -> ir.Opaque:
        """Make an `Opaque` of the expressions in a node, however far down they begin."""
        kind = kind or node.type
        self.coverage.opaque[kind] = self.coverage.opaque.get(kind, 0) + 1
        if self.depth >= ir.MAX_DEPTH:
            return ir.Opaque(node.start_byte, node.end_byte, kind, self._names(node))
        self.depth += 1
        parts: list[ir.Expr] = []
        stack = node.named_children[::-1]
        while stack:
            child = stack.pop()
            if child.type in self.expressions:
                parts.append(self.expr(child))
            elif child.type not in self.skipped:
                stack.extend(child.named_children[::-1])
        self.depth -= 1
        return ir.Opaque(node.start_byte, node.end_byte, kind, tuple(parts))

    def unknown(self, node: Node, out: list[ir.Stmt]) -> None:
        """Put an `Unknown` with the statements and expressions in a node at the end of a list."""
        kind = node.type
        self.coverage.opaque[kind] = self.coverage.opaque.get(kind, 0) + 1
        if self.depth >= ir.MAX_DEPTH:
            names = ir.Opaque(node.start_byte, node.end_byte, kind, self._names(node))
            out.append(ir.Eval(node.start_byte, node.end_byte, names))
            return
        self.depth += 1
        body: list[ir.Stmt] = []
        stack = node.named_children[::-1]
        while stack:
            child = stack.pop()
            if child.type in self.statements or child.type in self.expressions:
                self.stmt(child, body)
            elif child.type not in self.skipped:
                stack.extend(child.named_children[::-1])
        self.depth -= 1
        out.append(ir.Unknown(node.start_byte, node.end_byte, kind, tuple(body)))

    def deep(self, node: Node) -> ir.Opaque:
        """Make an `Opaque` of what lies too deep: only names are kept."""
        self.coverage.opaque["deep"] = self.coverage.opaque.get("deep", 0) + 1
        return ir.Opaque(node.start_byte, node.end_byte, "deep", self._names(node))

    def _names(self, node: Node) -> tuple[ir.Expr, ...]:
        found: list[ir.Expr] = []
        stack = [node]
        visited = 0
        while stack and visited < _MOST_VISITED and len(found) < _MOST_NAMES:
            node = stack.pop()
            visited += 1
            if node.type not in self.names:
                stack.extend(node.named_children[:_MOST_NAMES][::-1])
            elif node.start_byte < node.end_byte:
                found.append(ir.Name(node.start_byte, node.end_byte, self.text(node)))
        return tuple(found)

    # Chains

    def binary(self, node: Node, operators: Mapping[str, str]) -> ir.Expr:
        """Lower a binary operator (children: left, operator, right) with all operators down its left side, flat.

        `operators` are the IR's operators by how the language writes them; one that is not among them makes an `Opaque`.
        Neighbours of the same operator become one `Binary`; a chain of ever changing operators that goes too
        deep becomes an `Opaque` of its operands.
        """
        links: list[tuple[str, Node, Node]] = []  # operator, right operand, the node; outermost first
        kind = node.type
        at = node
        while at.type == kind:
            kids = at.children
            if len(kids) != 3:
                kids = self.kids(at)
            if len(kids) != 3:
                break
            links.append((kids[1].type, kids[2], at))
            at = self.unwrapped(kids[0])
        if not links:
            return self.opaque(node)
        self.coverage.nodes += len(links)
        groups: list[list[tuple[str, Node, Node]]] = []  # innermost first, neighbours of one operator together
        for link in reversed(links):
            known = operators.get(link[0], "")
            if groups and groups[-1][0][0] == link[0] and known and known not in COMPARED:
                groups[-1].append(link)
            else:
                groups.append([link])
        before = self.depth
        room = max(1, (ir.MAX_DEPTH - before) // 2)  # the other half is for the operands
        over = max(0, len(groups) - room)
        self.depth = before + len(groups) - over
        if at.type == kind:
            left: ir.Expr = self.opaque(at)
        else:
            left = self.expr(at)
        if over:
            parts = [left, *(self.expr(right) for group in groups[: over + 1] for _, right, _ in group)]
            end = groups[over][-1][2]
            left = ir.Opaque(end.start_byte, end.end_byte, "chain", tuple(parts))
            self.coverage.opaque["chain"] = self.coverage.opaque.get("chain", 0) + 1
            groups = groups[over + 1 :]
        for number, group in enumerate(groups):
            self.depth = before + len(groups) - number
            left = self._joined(left, group, operators)
        self.depth = before
        return left

    def _joined(self, left: ir.Expr, group: Sequence[tuple[str, Node, Node]], operators: Mapping[str, str]) -> ir.Expr:
        word, right, node = group[0]
        start, end = node.start_byte, group[-1][2].end_byte
        op = operators.get(word)
        if op is None:
            self.coverage.opaque[word] = self.coverage.opaque.get(word, 0) + 1
            return ir.Opaque(start, end, word, (left, self.expr(right)))
        if op in COMPARED:
            return ir.Compare(start, end, op, left, self.expr(right), len(word) == 3 and word[-2:] == "==")
        return ir.Binary(start, end, op, (left, *[self.expr(right) for _, right, _ in group]))


def _at(function: ir.Function) -> int:
    return function.at
