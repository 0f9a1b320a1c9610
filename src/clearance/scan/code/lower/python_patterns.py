"""Python's `match`: each case as the values that it compares with and the target that it binds."""

from typing import Final

from tree_sitter import Node

from clearance.scan.code import ir
from clearance.scan.code.lower.python_expressions import Expressions

_OF_ONE: Final = frozenset(
    {"str", "int", "float", "bool", "bytes", "bytearray", "dict", "list", "tuple", "set", "frozenset"}
)
"""Classes whose one positional pattern takes the subject itself."""
_LITERALS: Final = frozenset(
    {"string", "concatenated_string", "integer", "float", "true", "false", "none", "complex_pattern"}
)


class Patterns(Expressions):
    """`match` statements.

    A pattern that looks into its subject is an `Opaque` among `Case.tests` (so that it is no default) that holds the
    classes and literals it names; what it binds is `Case.pattern`.
    """

    def match(self, node: Node, out: list[ir.Stmt]) -> None:
        """Lower a `match_statement`."""
        subjects: list[Node] = []
        body: Node | None = None
        for kid in self.kids(node)[1:]:
            if kid.type == "block":
                body = kid
            elif kid.is_named:
                subjects.append(kid)
        if not subjects or body is None:
            self.unknown(node, out)
            return
        if len(subjects) == 1:
            subject = self.expr(subjects[0])
        else:
            subject = ir.Items(subjects[0].start_byte, subjects[-1].end_byte, "tuple", self.exprs(subjects))
        cases = tuple([self._case(kid) for kid in self.named(body) if kid.type == "case_clause"])
        out.append(ir.Switch(node.start_byte, node.end_byte, subject, cases))

    def _case(self, node: Node) -> ir.Case:
        patterns: list[Node] = []
        guard: ir.Expr | None = None
        body: ir.Block = ()
        trailing = False
        for kid in self.kids(node)[1:]:
            kind = kid.type
            if kind == "case_pattern":
                patterns.append(kid)
            elif kind == "if_clause":
                guard = self.maybe(next((part for part in self.kids(kid)[1:] if part.is_named), None))
            elif kind == "block":
                body = self.block(kid.children)
            elif kind == ",":
                trailing = True
        tests: tuple[ir.Expr, ...] = ()
        target: ir.Expr | None = None
        if len(patterns) == 1 and not trailing:
            tests, target = self._pattern(patterns[0])
            body = self._also(patterns[0], target, body)
        elif patterns:
            at, end = patterns[0].start_byte, patterns[-1].end_byte
            tests, target = self._sequence(at, end, "tuple", patterns)
        return ir.Case(node.start_byte, node.end_byte, tests, body, guard, target)

    def _also(self, node: Node, target: ir.Expr | None, body: ir.Block) -> ir.Block:
        """Take what the pattern before `as` binds out of the name after it, first thing in the body."""
        node = _inside(node)
        kids = self.kids(node)
        if node.type != "as_pattern" or not isinstance(target, ir.Name) or len(kids) < 3:
            return body
        inner = self._pattern(kids[0])[1]
        if inner is None:
            return body
        again = ir.Name(target.at, target.end, target.id)
        return (ir.Assign(node.start_byte, node.end_byte, inner, again), *body)

    def _pattern(self, node: Node) -> tuple[tuple[ir.Expr, ...], ir.Expr | None]:
        """Give the values that a pattern compares with (none: fits anything), and what it binds."""
        node = _inside(node)
        kind = node.type
        at, end = node.start_byte, node.end_byte
        if self.depth >= ir.MAX_DEPTH:
            return (self.deep(node),), None
        self.depth += 1
        self.coverage.nodes += 1
        made: tuple[tuple[ir.Expr, ...], ir.Expr | None]
        if kind == "_":
            made = (), None
        elif kind == "case_pattern":
            made = self._signed(self.kids(node)) or ((self.opaque(node),), None)
        elif kind == "complex_pattern":
            made = (ir.Const(at, end, ...),), None
        elif kind in _LITERALS:
            made = (self.expr(node),), None
        elif kind == "dotted_name":
            name = self.expr(node)
            made = ((), name) if isinstance(name, ir.Name) else ((name,), None)
        elif kind == "identifier":
            made = (), self.expr(node)
        elif kind == "as_pattern":
            kids = self.kids(node)
            made = self._pattern(kids[0])[0], (self.expr(kids[-1]) if kids[-1].type != "_" else None)
        elif kind == "union_pattern":
            made = self._either(node)
        elif kind in ("list_pattern", "tuple_pattern"):
            inner = [kid for kid in self.kids(node) if kid.is_named]
            alone = kind == "tuple_pattern" and len(inner) == 1 and not any(kid.type == "," for kid in node.children)
            if alone and _inside(inner[0]).type != "splat_pattern":
                made = self._pattern(inner[0])
            else:
                made = self._sequence(at, end, "list", inner)
        elif kind == "dict_pattern":
            made = self._mapping(node)
        elif kind == "class_pattern":
            made = self._instance(node)
        else:
            made = (self.opaque(node),), None
        self.depth -= 1
        return made

    def _signed(self, nodes: list[Node]) -> tuple[tuple[ir.Expr, ...], None] | None:
        """Give a number with the minus before it, which the grammar leaves apart."""
        if len(nodes) != 2 or nodes[0].type != "-" or nodes[1].type not in ("integer", "float"):
            return None
        made = self.expr(nodes[1])
        if isinstance(made, ir.Const) and isinstance(made.value, (int, float, complex)):
            made = ir.Const(nodes[0].start_byte, made.end, -made.value)
        return (made,), None

    def _either(self, node: Node) -> tuple[tuple[ir.Expr, ...], ir.Expr | None]:
        tests: list[ir.Expr] = []
        target: ir.Expr | None = None
        before: Node | None = None
        for kid in self.kids(node):
            sign, before = before, kid
            if not kid.is_named and kid.type != "_":
                continue
            some, bound = (self._signed([sign, kid]) if sign is not None else None) or self._pattern(kid)
            if not some:
                return (), bound or target  # an alternative that fits anything
            tests += some
            target = target or bound
        return tuple(tests), target

    def _sequence(self, at: int, end: int, form: str, nodes: list[Node]) -> tuple[tuple[ir.Expr, ...], ir.Expr | None]:
        items: list[ir.Expr] = []
        parts: list[ir.Expr] = []
        binds = False
        for node in nodes:
            inner = _inside(node)
            start, stop = inner.start_byte, inner.end_byte
            if inner.type == "splat_pattern":
                names = self.named(inner)
                name: ir.Expr = self.expr(names[0]) if names else ir.Opaque(start, stop, "_")
                items.append(ir.Spread(start, stop, name))
                binds = binds or bool(names)
                continue
            tests, bound = self._pattern(node)
            parts += tests
            items.append(bound or ir.Opaque(start, stop, "_"))
            binds = binds or bound is not None
        test = ir.Opaque(at, end, "sequence", tuple(parts))
        return (test,), ir.Items(at, end, form, tuple(items)) if binds else None

    def _mapping(self, node: Node) -> tuple[tuple[ir.Expr, ...], ir.Expr | None]:
        parts: list[ir.Expr] = []
        entries: list[tuple[ir.Expr | None, ir.Expr]] = []
        key: ir.Expr | None = None
        for kid in self.kids(node):
            if kid.type == "splat_pattern":
                entries += [(None, self.expr(name)) for name in self.named(kid)]
            elif kid.type == "case_pattern" and key is not None:
                tests, bound = self._pattern(kid)
                parts += tests
                if bound is not None:
                    entries.append((key, bound))
                key = None
            elif kid.is_named:
                tests, _ = self._pattern(kid)
                key = tests[0] if tests else ir.Opaque(kid.start_byte, kid.end_byte, "_")
        at, end = node.start_byte, node.end_byte
        return (ir.Opaque(at, end, "mapping", tuple(parts)),), ir.Object(at, end, tuple(entries)) if entries else None

    def _instance(self, node: Node) -> tuple[tuple[ir.Expr, ...], ir.Expr | None]:
        kids = [kid for kid in self.kids(node) if kid.is_named]
        if not kids:
            return (self.opaque(node),), None
        parts: list[ir.Expr] = [self.expr(kids[0])]
        entries: list[tuple[ir.Expr | None, ir.Expr]] = []
        at, end = node.start_byte, node.end_byte
        of_one = self.text(kids[0]) in _OF_ONE and len(kids) == 2
        for kid in kids[1:]:
            inner = _inside(kid)
            key: ir.Expr | None = None
            alias: ir.Expr | None = None
            if inner.type == "as_pattern":  # `P(x=Q() as y)`: the grammar takes `x=Q()` together
                halves = self.kids(inner)
                first = _inside(halves[0])
                if first.type == "keyword_pattern" and len(halves) > 2:
                    inner, alias = first, self.expr(halves[-1])
            if inner.type == "keyword_pattern":
                halves = self.kids(inner)
                if len(halves) < 3:
                    parts.append(self.opaque(inner))
                    continue
                key = ir.Const(halves[0].start_byte, halves[0].end_byte, self.text(halves[0]))
                tests, bound = self._signed(halves[2:]) or self._pattern(halves[2])
                bound = alias or bound
            else:
                tests, bound = self._pattern(inner)
            parts += tests
            if bound is not None:
                if of_one and key is None:
                    return (ir.Opaque(at, end, "instance", tuple(parts)),), bound
                entries.append((key, bound))
        return (ir.Opaque(at, end, "instance", tuple(parts)),), ir.Object(at, end, tuple(entries)) if entries else None


def _inside(node: Node) -> Node:
    """Go into `case_pattern`, a wrapper of one pattern; a number's sign stays with it."""
    while node.type == "case_pattern":
        kids = [kid for kid in node.children if kid.type not in ("comment", "line_continuation", "ERROR")]
        if len(kids) != 1:
            break
        node = kids[0]
    return node
