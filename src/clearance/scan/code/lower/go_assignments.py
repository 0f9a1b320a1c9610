"""Go's assignments: of one value or many, with `ok`, from a channel."""

from collections.abc import Sequence
from functools import partial

from tree_sitter import Node

from clearance.scan.code import ir
from clearance.scan.code.lower.go_values import GoValues
from clearance.scan.code.source import Source


class GoAssignments(GoValues):
    """Lowers the assignments of one file."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.statements = {
            **self.statements,
            "short_var_declaration": self._declare,
            "assignment_statement": self._assign,
            "inc_statement": partial(self._step, "+"),
            "dec_statement": partial(self._step, "-"),
            "receive_statement": self._receive,
        }

    def _declare(self, node: Node, out: list[ir.Stmt]) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            self.unknown(node, out)
        else:
            self.assign(node, self.named(left), self.named(right), out, declares=True)

    def _assign(self, node: Node, out: list[ir.Stmt]) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        word = node.child_by_field_name("operator")
        if left is None or right is None:
            self.unknown(node, out)
            return
        op = word.type[:-1] if word is not None else ""
        if not op:
            self.assign(node, self.named(left), self.named(right), out)
            return
        for target, value in zip(self.named(left), self.named(right), strict=False):
            made = self.expr(value)
            if op == "&^":
                op, made = "&", ir.Unary(value.start_byte, value.end_byte, "~", made)
            out.append(ir.Assign(node.start_byte, node.end_byte, self.target_of(target), made, op if op != "/" else "//"))

    def _step(self, op: str, node: Node, out: list[ir.Stmt]) -> None:
        start, end = node.start_byte, node.end_byte
        inside = self.named(node)
        if inside:
            out.append(ir.Assign(start, end, self.target_of(inside[0]), ir.Const(end, end, 1), op))

    def target_of(self, node: Node) -> ir.Expr:
        """Lower what is assigned to; what a pointer points at is written as the pointer."""
        node = self.unwrapped(node)
        while node.type == "unary_expression" and node.children[0].type == "*":
            node = self.unwrapped(node.children[-1])
        return self.expr(node)

    def assign(
        self, node: Node, left: Sequence[Node], right: Sequence[Node], out: list[ir.Stmt], *,
        kind: Node | None = None, declares: bool = False,
    ) -> None:  # fmt: skip
        """Lower an assignment of some values to some targets."""
        start, end = node.start_byte, node.end_byte
        if len(left) == 2 and len(right) == 1 and self._with_ok(node, left, right[0], out, declares=declares):
            return
        declared = self.type_of(kind) if kind is not None else None
        value: ir.Expr | None = None
        if len(right) == 1:
            value = self._named_value(left[0], right[0]) if left else self.expr(right[0])
        elif right:
            value = ir.Items(right[0].start_byte, right[-1].end_byte, "tuple", self.exprs(right))
        if value is not None and all(self.data[name.start_byte : name.end_byte] == b"_" for name in left):
            out.append(ir.Eval(start, end, value))
        elif len(left) == 1:
            out.append(ir.Assign(start, end, self.target_of(left[0]), value, type=declared, declares=declares))
        elif left:
            targets = tuple([self.target_of(name) for name in left])
            target = ir.Items(left[0].start_byte, left[-1].end_byte, "tuple", targets)
            out.append(ir.Assign(start, end, target, value, type=declared, declares=declares))

    def _named_value(self, target: Node, value: Node) -> ir.Expr:
        """Lower a value; a function literal is called like the variable that it is given to."""
        made = self.expr(value)
        if isinstance(made, ir.Lambda) and target.type in {"identifier", "selector_expression"}:
            made.function.name = self.text(target).rpartition(".")[2]
        return made

    def _with_ok(self, node: Node, left: Sequence[Node], value: Node, out: list[ir.Stmt], *, declares: bool) -> bool:
        """Lower `v, ok := m[k]` and its like; tells whether it is one."""
        value = self.unwrapped(value)
        made: ir.Expr
        start, end = value.start_byte, value.end_byte
        if value.type not in {"index_expression", "type_assertion_expression", "unary_expression"}:
            return False
        made = self.expr(value)
        ok: ir.Expr
        match made:
            case ir.Index(base=base, key=key):
                ok = ir.Compare(start, end, "in", key, base)
            case ir.Through(how="assert", value=ir.Node() as inner, type=ir.Node() as kind):
                ok = ir.Compare(start, end, "instanceof", inner, kind)
            case ir.Through(how="receive", value=ir.Node() as inner):
                ok = ir.Opaque(start, end, "open", (inner,))
            case _:
                return False
        for target, given in ((left[1], ok), (left[0], made)):
            if self.text(target) != "_":
                out.append(ir.Assign(node.start_byte, node.end_byte, self.target_of(target), given, declares=declares))
        return True

    def _receive(self, node: Node, out: list[ir.Stmt]) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if right is None:
            self.unknown(node, out)
        elif left is None:
            out.append(ir.Eval(node.start_byte, node.end_byte, self.expr(right)))
        else:
            self.assign(node, self.named(left), [right], out, declares=True)
