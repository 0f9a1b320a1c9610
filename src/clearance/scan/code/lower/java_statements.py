"""Java's statements.

What a declared type tells of a variable that a loop, a pattern or a resource makes is an assignment of the variable to
itself at the start of the body, with that type.
"""

from collections.abc import Callable, Iterable
from typing import Final

from tree_sitter import Node

from clearance.scan.code import ir
from clearance.scan.code.lower.java_expressions import JavaExpressions, operator
from clearance.scan.code.source import Source

Give = Callable[[Node, list[ir.Stmt]], None]
"""Takes the value of a switch expression's case to where it goes."""
_LEAVES: Final = (ir.Return, ir.Raise)


class JavaStatements(JavaExpressions):
    """Lowers statements of one file."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._give: Give | None = None
        """Where `yield` puts its value."""
        self.returns: ir.Expr | None = None
        """The type of number to which the method around converts what it returns."""
        self.statements = {
            "expression_statement": self._expression, "local_variable_declaration": self._local, "block": self._block,
            "if_statement": self._if, "while_statement": self._while, "do_statement": self._do, "for_statement": self._for,
            "enhanced_for_statement": self._each, "switch_expression": self._switch, "return_statement": self._return,
            "throw_statement": self._throw, "break_statement": self._jump, "continue_statement": self._jump,
            "yield_statement": self._yield, "try_statement": self._try, "try_with_resources_statement": self._try,
            "synchronized_statement": self._synchronized, "labeled_statement": self._labelled,
            "assert_statement": self._assert, "explicit_constructor_invocation": self._constructor_call,
            "constructor_body": self._block, "empty_statement": self._nothing,
        }  # fmt: skip

    def delayed(self, run: Callable[[], ir.Block]) -> Callable[[], ir.Block]:
        """Make `Function.lower`; a function within a switch expression does not yield to it."""

        def lower() -> ir.Block:
            before = self._give, self.returns
            self._give, self.returns = None, None
            try:
                return run()
            finally:
                self._give, self.returns = before

        return super().delayed(lower)

    def scoped(self, body: Node) -> ir.Block:
        """Lower a statement, or the statements of a block, with variables of its own."""
        before = self.members
        made = self.block(body.children if body.type in {"block", "constructor_body"} else (body,))
        self.members = before
        return made

    def _nothing(self, node: Node, out: list[ir.Stmt]) -> None:
        pass

    def _block(self, node: Node, out: list[ir.Stmt]) -> None:
        out.append(ir.Scope(node.start_byte, node.end_byte, self.scoped(node)))

    def _labelled(self, node: Node, out: list[ir.Stmt]) -> None:
        kids = self.kids(node)
        if len(kids) != 3:
            self.unknown(node, out)
            return
        out.append(ir.Scope(node.start_byte, node.end_byte, self.scoped(kids[2]), self.text(kids[0])))

    def _synchronized(self, node: Node, out: list[ir.Stmt]) -> None:
        body = node.child_by_field_name("body")
        lock = next((kid for kid in self.named(node) if kid.type == "parenthesized_expression"), None)
        if body is None or lock is None:
            self.unknown(node, out)
            return
        first = ir.Eval(lock.start_byte, lock.end_byte, self.expr(lock))
        out.append(ir.Scope(node.start_byte, node.end_byte, (first, *self.scoped(body))))

    # Assignments

    def _expression(self, node: Node, out: list[ir.Stmt]) -> None:
        for child in self.named(node):
            self._effect(child, node, out)

    def _effect(self, node: Node, shown: Node, out: list[ir.Stmt]) -> None:
        """Lower an expression that stands as a statement; `shown` is all of that."""
        inner = self.unwrapped(node)
        if inner.type == "assignment_expression":
            self._assign(inner, out)
        elif inner.type == "update_expression" and len(self.kids(inner)) == 2:
            first, second = self.kids(inner)
            word, target = (first, second) if first.type in {"++", "--"} else (second, first)
            one = ir.Const(inner.start_byte, inner.end_byte, 1)
            out.append(ir.Assign(inner.start_byte, inner.end_byte, self.expr(target), one, word.type[0]))
        elif inner.type in self.statements or inner.type == "ERROR":
            self.stmt(inner, out)
        else:
            out.append(ir.Eval(shown.start_byte, shown.end_byte, self.expr(inner)))

    def _assign(self, node: Node, out: list[ir.Stmt]) -> None:
        """Lower `a = b = value`: `b = value` first, then `a = b`."""
        links: list[tuple[Node, str, Node]] = []  # target, operator, the node; outermost first
        value = node
        while value.type == "assignment_expression":
            kids = self.kids(value)
            if len(kids) != 3:
                break
            links.append((kids[0], operator(kids[1].type), value))
            value = self.unwrapped(kids[2])
        if not links:
            out.append(ir.Eval(node.start_byte, node.end_byte, self.opaque(node)))
            return
        target, op, at = links.pop()

        def give(case: Node, body: list[ir.Stmt]) -> None:
            body.append(ir.Assign(at.start_byte, at.end_byte, self.expr(target), self.expr(case), op))

        if not self._switched(value, give, out):
            made = self._named(self.expr(value), target)
            out.append(ir.Assign(at.start_byte, at.end_byte, self.expr(target), made, op))
        while links:
            before = target
            target, op, at = links.pop()
            out.append(ir.Assign(at.start_byte, at.end_byte, self.expr(target), self.expr(before), op))

    def _named(self, value: ir.Expr, target: Node) -> ir.Expr:
        """Call a lambda by the name of what it is given to."""
        if isinstance(value, ir.Lambda) and target.type == "identifier":
            value.function.name = self.text(target)
        return value

    def _local(self, node: Node, out: list[ir.Stmt]) -> None:
        kids = node.children
        decorators = self.annotations(kids[0]) if kids[0].type == "modifiers" else ()
        written = node.child_by_field_name("type")
        for one in node.children_by_field_name("declarator"):
            self.declaration(one, written, decorators, out, local=True)

    def declaration(
        self, node: Node, written: Node | None, decorators: tuple[ir.Expr, ...], out: list[ir.Stmt], *, local: bool
    ) -> None:
        """Lower one variable of a declaration of locals or fields."""
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None:
            self.unknown(node, out)
            return
        start, end = node.start_byte, node.end_byte
        kind = self.type(written, node.child_by_field_name("dimensions"))

        def give(case: Node, body: list[ir.Stmt]) -> None:
            again = ir.Name(name.start_byte, name.end_byte, self.text(name))
            body.append(ir.Assign(start, end, again, self.expr(case)))

        if name.type != "identifier":  # `_`
            out.append(ir.Assign(start, end, self.opaque(name), self.maybe(value), type=kind, declares=True))
        elif value is None or not local:
            target = ir.Name(name.start_byte, name.end_byte, self.text(name))
            made = None if value is None else self._named(self.expr(value), name)
            if local:
                self.hide(target.id)
            out.append(ir.Assign(start, end, target, made, type=kind, declares=True, decorators=decorators))
        elif self._simple_switch(self.unwrapped(value)):
            target = self.new_name(name)
            out.append(ir.Assign(start, end, target, None, type=kind, declares=True, decorators=decorators))
            self._switched(self.unwrapped(value), give, out)
        else:
            made = self._named(self.expr(value), name)
            target = self.new_name(name)
            out.append(ir.Assign(start, end, target, made, type=kind, declares=True, decorators=decorators))

    def _again(self, name: ir.Name, kind: ir.Expr | None) -> ir.Block:
        """Tell the type of a variable that already has its value."""
        if not self.tells(kind):
            return ()
        value = ir.Name(name.at, name.end, name.id)
        return (ir.Assign(name.at, name.end, name, value, type=kind, declares=True),)

    # Branches and loops

    def _if(self, node: Node, out: list[ir.Stmt]) -> None:
        branches: list[tuple[ir.Expr | None, ir.Block]] = []
        at: Node | None = node
        while at is not None:
            test, then = at.child_by_field_name("condition"), at.child_by_field_name("consequence")
            if at.type != "if_statement" or test is None or then is None:
                branches.append((None, self.scoped(at)))
                break
            self.coverage.nodes += 1
            branches.append((self.expr(test), self.scoped(then)))
            self._lost(at, out)
            at = at.child_by_field_name("alternative")
        out.append(ir.If(node.start_byte, node.end_byte, tuple(branches)))

    def _lost(self, node: Node, out: list[ir.Stmt]) -> None:
        """Keep broken text that stands directly in a statement."""
        if node.has_error:
            for child in node.children:
                if child.type == "ERROR":
                    self.unknown(child, out)

    def _while(self, node: Node, out: list[ir.Stmt]) -> None:
        test, body = node.child_by_field_name("condition"), node.child_by_field_name("body")
        if test is None or body is None:
            self.unknown(node, out)
            return
        out.append(ir.Loop(node.start_byte, node.end_byte, "while", test=self.expr(test), body=self.scoped(body)))

    def _do(self, node: Node, out: list[ir.Stmt]) -> None:
        test, body = node.child_by_field_name("condition"), node.child_by_field_name("body")
        if test is None or body is None:
            self.unknown(node, out)
            return
        block = self.scoped(body)
        out.append(ir.Loop(node.start_byte, node.end_byte, "until", block, test=self.expr(test)))

    def _for(self, node: Node, out: list[ir.Stmt]) -> None:
        body = node.child_by_field_name("body")
        if body is None:
            self.unknown(node, out)
            return
        before = self.members
        for first in node.children_by_field_name("init"):
            self._effect(first, first, out)
        test = self.maybe(node.child_by_field_name("condition"))
        step: list[ir.Stmt] = []
        for one in node.children_by_field_name("update"):
            self._effect(one, one, step)
        block = self.scoped(body)
        out.append(ir.Loop(node.start_byte, node.end_byte, "for", block, test=test, step=tuple(step)))
        self.members = before

    def _each(self, node: Node, out: list[ir.Stmt]) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        body = node.child_by_field_name("body")
        if name is None or value is None or body is None:
            self.unknown(node, out)
            return
        iterable = self.expr(value)
        before = self.members
        target = self.new_name(name)
        kind = self.type(node.child_by_field_name("type"), node.child_by_field_name("dimensions"))
        block = (*self._again(target, kind), *self.scoped(body))
        out.append(ir.Loop(node.start_byte, node.end_byte, "each", block, target=target, iterable=iterable))
        self.members = before

    # Switch

    def _switch(self, node: Node, out: list[ir.Stmt]) -> None:
        out.append(self._cases(node, None))

    def returning(self, node: Node) -> ir.Block:
        """Lower a switch expression as statements that return its value."""
        before, self._give = self._give, self._give_back  # in a function of its own, where nothing is converted
        made = self._cases(node, self._give_back)
        self._give = before
        return (made,)

    def _give_back(self, case: Node, out: list[ir.Stmt]) -> None:
        out.append(ir.Return(case.start_byte, case.end_byte, self._converted(self.expr(case))))

    def _converted(self, value: ir.Expr) -> ir.Expr:
        """Write out the conversion to a number that a method makes of what it returns."""
        if self.returns is None or isinstance(value, ir.Const):
            return value
        return ir.Through(value.at, value.end, "cast", value, self.returns)

    def _switched(self, node: Node, give: Give, out: list[ir.Stmt]) -> bool:
        """Lower a switch expression as a switch whose cases give their values away, where it is simple enough."""
        if node.type != "switch_expression" or self.depth >= ir.MAX_DEPTH:
            return False
        if give != self._give_back and not self._simple_switch(node):
            return False
        before, self._give = self._give, give
        self.depth += 1
        out.append(self._cases(node, give))
        self.depth -= 1
        self._give = before
        return True

    def _simple_switch(self, node: Node) -> bool:
        """Whether it is a switch whose cases yield, if at all, at their ends only."""
        if node.type != "switch_expression":
            return False
        body = node.child_by_field_name("body")
        for case in body.named_children if body is not None else ():
            words = self.data[case.start_byte : case.end_byte].count(b"yield")
            if words:
                kids = self.named(case)
                last = kids[-1]
                if last.type == "block":
                    inner = self.named(last)
                    last = inner[-1] if inner else last
                if words > 1 or last.type != "yield_statement":
                    return False
        return True

    def _yield(self, node: Node, out: list[ir.Stmt]) -> None:
        value = next(iter(self.named(node)), None)
        if value is None:
            self.unknown(node, out)
        elif self._give is None:
            out.append(ir.Eval(node.start_byte, node.end_byte, self.expr(value)))
        elif not self._switched(self.unwrapped(value), self._give, out):
            self._give(value, out)

    def _cases(self, node: Node, give: Give | None) -> ir.Switch:
        subject, body = node.child_by_field_name("condition"), node.child_by_field_name("body")
        subject_ = self.maybe(subject)
        cases: list[ir.Case] = []
        before = self.members
        for child in self.named(body) if body is not None else ():
            if child.type == "switch_rule":
                self.members = before
                cases.append(self._rule(child, give))
            elif child.type == "switch_block_statement_group":
                cases.append(self._group(child))
            else:
                lost: list[ir.Stmt] = []
                self.stmt(child, lost)
                cases.append(ir.Case(child.start_byte, child.end_byte, (), tuple(lost)))
        self.members = before
        return ir.Switch(node.start_byte, node.end_byte, subject_, tuple(cases))

    def _labels(self, labels: Iterable[Node]) -> tuple[tuple[ir.Expr, ...], ir.Expr | None, ir.Expr | None, ir.Block]:
        """Lower labels: values, guard, what a pattern binds, and what its types tell."""
        tests: list[ir.Expr] = []
        guard: ir.Expr | None = None
        target: ir.Expr | None = None
        told: list[ir.Stmt] = []
        default = False
        for label in labels:
            for child in label.children:
                kind = child.type
                text = self.data[child.start_byte : child.end_byte] if kind in {"default", "identifier"} else b""
                if text == b"default":
                    default = True
                elif kind in {"pattern", "type_pattern", "record_pattern"}:
                    test, target, typed = self.pattern(child)
                    tests.append(test if test is not None else self.opaque(child))
                    for name, type_ in typed:
                        told.extend(self._again(name, type_))
                elif kind == "guard":
                    guard = next(iter(self.exprs(child.named_children)), None)
                elif kind == "identifier":
                    tests.append(self.name(child))
                elif child.is_named and kind not in self.skipped:
                    tests.append(self.expr(child))
        return (() if default else tuple(tests)), guard, target, tuple(told)

    def _rule(self, node: Node, give: Give | None) -> ir.Case:
        kids = self.kids(node)
        tests, guard, pattern, told = self._labels([kid for kid in kids if kid.type == "switch_label"])
        body: list[ir.Stmt] = [*told]
        last = kids[-1]
        if last.type == "expression_statement" and give is not None:
            inner = self.named(last)
            for value in inner:
                if not self._switched(self.unwrapped(value), give, body):
                    give(value, body)
        elif last.type == "block":
            body.extend(self.scoped(last))
        elif last.type != "switch_label":
            self.stmt(last, body)
        return ir.Case(node.start_byte, node.end_byte, tests, tuple(body), guard, pattern)

    def _group(self, node: Node) -> ir.Case:
        kids = self.named(node)
        tests, guard, pattern, told = self._labels([kid for kid in kids if kid.type == "switch_label"])
        body = [*told, *self.block(kid for kid in kids if kid.type != "switch_label")]
        last = body[-1] if body else None
        given = bool(kids) and kids[-1].type == "yield_statement"
        falls = not given and not isinstance(last, _LEAVES)
        if isinstance(last, ir.Jump) and falls:
            falls = False
            if last.kind == "break" and not last.label:
                body.pop()
        return ir.Case(node.start_byte, node.end_byte, tests, tuple(body), guard, pattern, falls)

    # Ways out

    def _return(self, node: Node, out: list[ir.Stmt]) -> None:
        value = next(iter(self.named(node)), None)
        if value is not None and self._switched(self.unwrapped(value), self._give_back, out):
            return
        made = None if value is None else self._converted(self.expr(value))
        out.append(ir.Return(node.start_byte, node.end_byte, made))

    def _throw(self, node: Node, out: list[ir.Stmt]) -> None:
        value = next(iter(self.named(node)), None)
        out.append(ir.Raise(node.start_byte, node.end_byte, self.maybe(value)))

    def _jump(self, node: Node, out: list[ir.Stmt]) -> None:
        label = next(iter(self.named(node)), None)
        word = node.type.removesuffix("_statement")
        out.append(ir.Jump(node.start_byte, node.end_byte, word, "" if label is None else self.text(label)))

    def _assert(self, node: Node, out: list[ir.Stmt]) -> None:
        kids = self.named(node)
        if not kids:
            self.unknown(node, out)
            return
        test = self.expr(kids[0])
        message = self.expr(kids[1]) if len(kids) > 1 else None
        out.append(ir.Assert(node.start_byte, node.end_byte, test, message))

    def _constructor_call(self, node: Node, out: list[ir.Stmt]) -> None:
        called, given = node.child_by_field_name("constructor"), node.child_by_field_name("arguments")
        if called is None or given is None:
            self.unknown(node, out)
            return
        func = ir.Name(called.start_byte, called.end_byte, self.text(called))
        call = ir.Call(node.start_byte, given.end_byte, func, self.arguments(given))
        out.append(ir.Eval(node.start_byte, node.end_byte, call))

    # Try

    def _try(self, node: Node, out: list[ir.Stmt]) -> None:
        body, resources = node.child_by_field_name("body"), node.child_by_field_name("resources")
        if body is None:
            self.unknown(node, out)
            return
        start, end = node.start_byte, node.end_byte
        before = self.members
        items: list[tuple[ir.Expr, ir.Expr | None]] = []
        told: list[ir.Stmt] = []
        for one in self.named(resources) if resources is not None else ():
            self._resource(one, items, told)
        block: ir.Block = (*told, *self.scoped(body))
        self.members = before
        if items:
            block = (ir.With(start, body.end_byte, tuple(items), block),)
        handlers: list[ir.Handler] = []
        final: ir.Block = ()
        for child in node.named_children:
            if child.type == "catch_clause":
                handlers.append(self._handler(child))
            elif child.type == "finally_clause":
                final = self.scoped(self.named(child)[0]) if self.named(child) else ()
        if handlers or final:
            out.append(ir.Try(start, end, block, tuple(handlers), (), final))
        elif resources is None:
            out.append(ir.Scope(start, end, block))
        else:
            out.extend(block)
        self._lost(node, out)

    def _resource(self, node: Node, items: list[tuple[ir.Expr, ir.Expr | None]], told: list[ir.Stmt]) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if value is None or name is None:
            items.extend((one, None) for one in self.exprs(node.named_children))
            return
        made = self.expr(value)
        target = self.new_name(name)
        items.append((made, target))
        if not (isinstance(made, ir.Call) and made.new):
            told.extend(self._again(ir.Name(target.at, target.end, target.id), self.type(node.child_by_field_name("type"))))

    def _handler(self, node: Node) -> ir.Handler:
        before = self.members
        types: tuple[ir.Expr, ...] = ()
        name = ""
        for child in node.named_children:
            if child.type == "catch_formal_parameter":
                for one in child.named_children:
                    if one.type == "catch_type":
                        types = self.exprs(one.named_children)
                found = child.child_by_field_name("name")
                name = self.text(found) if found is not None else ""
                self.hide(name)
        body = node.child_by_field_name("body")
        block = self.scoped(body) if body is not None else ()
        self.members = before
        return ir.Handler(node.start_byte, node.end_byte, types, name, block)
