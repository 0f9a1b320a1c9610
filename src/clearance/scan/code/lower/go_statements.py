"""Go's statements, without declarations."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Final

from tree_sitter import Node

from clearance.scan.code import ir
from clearance.scan.code.lower.go_assignments import GoAssignments
from clearance.scan.code.source import Source

_BREAKS: Final = re.compile(rb"\b(?:break|fallthrough)\b")


class GoStatements(GoAssignments):
    """Lowers the statements of one file."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.statements = {
            **self.statements,
            "expression_statement": self._effect,
            "package_clause": self._nothing,
            "empty_statement": self._nothing,
            "fallthrough_statement": self._nothing,
            "block": self._scope,
            "statement_list": lambda node, out: out.extend(self.block(node.named_children)),
            "if_statement": self._if,
            "for_statement": self._for,
            "expression_switch_statement": self._switch,
            "type_switch_statement": self._type_switch,
            "select_statement": self._select,
            "return_statement": self._return,
            "break_statement": partial(self._jump, "break"),
            "continue_statement": partial(self._jump, "continue"),
            "goto_statement": partial(self._jump, "goto"),
            "labeled_statement": self._labelled,
            "defer_statement": partial(self._defer, "defer"),
            "go_statement": partial(self._defer, "go"),
            "send_statement": self._send,
        }

    def _nothing(self, node: Node, out: list[ir.Stmt]) -> None:
        """Leave out what needs no statement."""

    def _effect(self, node: Node, out: list[ir.Stmt]) -> None:
        for child in self.named(node):
            value = self.unwrapped(child)
            start, end = node.start_byte, node.end_byte
            if value.type == "call_expression" and self.data.startswith(b"delete(", value.start_byte):
                call = self.expr(value)
                if isinstance(call, ir.Call) and len(call.args) == 2:
                    target = ir.Index(start, end, call.args[0].value, call.args[1].value)
                    out.append(ir.Delete(start, end, (target,)))
                else:
                    out.append(ir.Eval(start, end, call))
            else:
                out.append(ir.Eval(start, end, self.expr(value)))

    def _scope(self, node: Node, out: list[ir.Stmt]) -> None:
        out.append(ir.Scope(node.start_byte, node.end_byte, self.block(node.children)))

    def _scoped(self, node: Node, before: Sequence[ir.Stmt], made: ir.Stmt, out: list[ir.Stmt]) -> None:
        """Put a statement at the end of a list, in a scope of its own with what comes before it."""
        out.append(ir.Scope(node.start_byte, node.end_byte, (*before, made)) if before else made)

    def _before(self, node: Node | None) -> list[ir.Stmt]:
        """Lower an init statement."""
        made: list[ir.Stmt] = []
        if node is not None:
            self.stmt(node, made)
        return made

    def _if(self, node: Node, out: list[ir.Stmt]) -> None:
        before = self._before(node.child_by_field_name("initializer"))
        branches: list[tuple[ir.Expr | None, ir.Block]] = []
        at: Node | None = node
        while at is not None:
            test, then = at.child_by_field_name("condition"), at.child_by_field_name("consequence")
            made = self.expr(test) if test is not None else self.opaque(at)
            branches.append((made, self.block(then.children) if then is not None else ()))
            at = at.child_by_field_name("alternative")
            if at is not None and at.type != "if_statement":
                branches.append((None, self.block(at.children)))
                at = None
            elif at is not None and at.child_by_field_name("initializer") is not None:
                nested: list[ir.Stmt] = []
                self.stmt(at, nested)
                branches.append((None, tuple(nested)))
                at = None
        self._scoped(node, before, ir.If(node.start_byte, node.end_byte, tuple(branches)), out)

    def _for(self, node: Node, out: list[ir.Stmt]) -> None:
        start, end = node.start_byte, node.end_byte
        body_node = node.child_by_field_name("body")
        head = next((child for child in self.named(node) if child != body_node), None)
        before: list[ir.Stmt] = []
        step: ir.Block = ()
        test: ir.Expr | None = None
        if head is not None and head.type == "range_clause":
            self._range(node, head, body_node, out)
            return
        if head is not None and head.type == "for_clause":
            before = self._before(head.child_by_field_name("initializer"))
            test = self.maybe(head.child_by_field_name("condition"))
            step = tuple(self._before(head.child_by_field_name("update")))
        elif head is not None:
            test = self.expr(head)
        test = test or ir.Const(start, start, value=True)
        body = self.block(body_node.children) if body_node is not None else ()
        kind = "for" if head is not None and head.type == "for_clause" else "while"
        self._scoped(node, before, ir.Loop(start, end, kind, body, test=test, step=step), out)

    def _range(self, node: Node, head: Node, body_node: Node | None, out: list[ir.Stmt]) -> None:
        left, right = head.child_by_field_name("left"), head.child_by_field_name("right")
        names = self.named(left) if left is not None else []
        iterable = self.expr(right) if right is not None else self.opaque(head)
        target: ir.Expr | None = None
        kind = "each keys"
        if len(names) > 1 and left is not None:
            kind = "each pairs"
            target = ir.Items(left.start_byte, left.end_byte, "tuple", tuple([self.target_of(name) for name in names]))
        elif names:
            target = self.target_of(names[0])
        body = self.block(body_node.children) if body_node is not None else ()
        out.append(ir.Loop(node.start_byte, node.end_byte, kind, body, target=target, iterable=iterable))

    def _cases(self, node: Node) -> list[tuple[Node, list[Node], bool]]:
        """Give each case with its statements and whether it falls through."""
        found: list[tuple[Node, list[Node], bool]] = []
        for case in node.named_children:
            if case.type.endswith("_case"):
                inside = [child for child in self.named(case) if child.type == "statement_list"]
                body = [child for listed in inside for child in self.named(listed)]
                found.append((case, body, bool(body) and body[-1].type == "fallthrough_statement"))
        return found

    def _switch(self, node: Node, out: list[ir.Stmt]) -> None:
        before = self._before(node.child_by_field_name("initializer"))
        subject = node.child_by_field_name("value")
        if subject is None:
            guards = [
                (self._any_of(case, [self.expr(test) for test in self._tests(case)]), case, self.block(body), falls)
                for case, body, falls in self._cases(node)
            ]
            self._scoped(node, before, self._guarded(node, guards), out)
            return
        value = self.expr(subject)
        cases = [
            ir.Case(case.start_byte, case.end_byte, self.exprs(self._tests(case)), self.block(body), falls=falls)
            for case, body, falls in self._cases(node)
        ]
        self._scoped(node, before, ir.Switch(node.start_byte, node.end_byte, value, tuple(cases)), out)

    def _tests(self, case: Node) -> list[Node]:
        listed = case.child_by_field_name("value")
        return self.named(listed) if listed is not None else []

    def _any_of(self, case: Node, tests: Sequence[ir.Expr]) -> ir.Expr | None:
        if len(tests) < 2:
            return tests[0] if tests else None
        return ir.Binary(case.start_byte, case.end_byte, "or", tuple(tests))

    def _guarded(self, node: Node, cases: Sequence[tuple[ir.Expr | None, Node, ir.Block, bool]]) -> ir.Stmt:
        """Make a switch of which each case has a condition of its own: branches, where no case leaves it early."""
        start, end = node.start_byte, node.end_byte
        if _BREAKS.search(self.data, start, end) is None:
            tested = [(test, body) for test, _, body, _ in cases if test is not None]
            default = [(None, body) for test, _, body, _ in cases if test is None]
            return ir.If(start, end, (*tested, *default[:1]))
        made = [
            ir.Case(case.start_byte, case.end_byte, (), body, guard=test, falls=falls) for test, case, body, falls in cases
        ]
        return ir.Switch(start, end, ir.Const(start, start, value=True), tuple(made))

    def _type_switch(self, node: Node, out: list[ir.Stmt]) -> None:
        before = self._before(node.child_by_field_name("initializer"))
        value = node.child_by_field_name("value")
        if value is None:
            self.unknown(node, out)
            return
        alias = node.child_by_field_name("alias")
        names = self.named(alias) if alias is not None else []
        subject = self.expr(value)
        start, end = value.start_byte, value.end_byte
        if names:
            name = self.target_of(names[0])
            before.append(ir.Assign(names[0].start_byte, end, name, subject, declares=True))
            subject = name
        guards: list[tuple[ir.Expr | None, Node, ir.Block, bool]] = []
        for case, body, falls in self._cases(node):
            kinds = [child for child in case.children_by_field_name("type") if child.is_named]
            tests = [self._is(kind, subject) for kind in kinds]
            block = self.block(body)
            if names and len(tests) == 1 and self.text(kinds[0]) != "nil":
                cast = ir.Through(start, end, "assert", subject, self.type_of(kinds[0]))
                bind = ir.Assign(kinds[0].start_byte, kinds[0].end_byte, subject, cast, declares=True)
                block = (bind, *block)
            guards.append((self._any_of(case, tests), case, block, falls))
        self._scoped(node, before, self._guarded(node, guards), out)

    def _is(self, kind: Node, subject: ir.Expr) -> ir.Expr:
        start, end = kind.start_byte, kind.end_byte
        if self.text(kind) == "nil":
            return ir.Compare(start, end, "==", subject, ir.Const(start, end, None))
        return ir.Compare(start, end, "instanceof", subject, self.type_of(kind))

    def _select(self, node: Node, out: list[ir.Stmt]) -> None:
        cases: list[ir.Case] = []
        for case, body, _ in self._cases(node):
            ready = case.child_by_field_name("communication")
            start, end = case.start_byte, case.end_byte
            block = (*self._before(ready), *self.block(body))
            guard = None if ready is None else ir.Opaque(start, start, "ready")
            cases.append(ir.Case(start, end, (), block, guard=guard))
        out.append(ir.Switch(node.start_byte, node.end_byte, None, tuple(cases)))

    def _send(self, node: Node, out: list[ir.Stmt]) -> None:
        channel, value = node.child_by_field_name("channel"), node.child_by_field_name("value")
        if channel is None or value is None:
            self.unknown(node, out)
            return
        start, end = node.start_byte, node.end_byte
        called = ir.Attr(start, channel.end_byte, self.expr(channel), "send")
        given = ir.Arg(value.start_byte, value.end_byte, self.expr(value))
        out.append(ir.Eval(start, end, ir.Call(start, end, called, (given,))))

    def _return(self, node: Node, out: list[ir.Stmt]) -> None:
        start, end = node.start_byte, node.end_byte
        values = [child for listed in self.named(node) for child in self.named(listed)]
        value: ir.Expr | None = None
        if len(values) == 1:
            value = self.expr(values[0])
        elif values:
            value = ir.Items(values[0].start_byte, values[-1].end_byte, "tuple", self.exprs(values))
        elif self.results:
            names = tuple([ir.Name(start, end, name) for name in self.results])
            value = names[0] if len(names) == 1 else ir.Items(start, end, "tuple", names)
        out.append(ir.Return(start, end, value))

    def _jump(self, kind: str, node: Node, out: list[ir.Stmt]) -> None:
        label = next((self.text(child) for child in self.named(node) if child.type == "label_name"), "")
        out.append(ir.Jump(node.start_byte, node.end_byte, kind, label))

    def _labelled(self, node: Node, out: list[ir.Stmt]) -> None:
        label = node.child_by_field_name("label")
        body = self.block([child for child in self.named(node) if child != label])
        out.append(ir.Scope(node.start_byte, node.end_byte, body, self.text(label) if label is not None else ""))

    def _defer(self, kind: str, node: Node, out: list[ir.Stmt]) -> None:
        inside = self.named(node)
        if inside:
            out.append(ir.Defer(node.start_byte, node.end_byte, kind, self.expr(inside[0])))
