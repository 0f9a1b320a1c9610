"""JavaScript, TypeScript and JSX: statements; the rest lies in the files beside this one.

What is written for its effect becomes a statement: `a && b()` an `If`, `a, b` two statements, `a = b = c` two
assignments. Function declarations go to the start of their block, since they can be called before they stand.
"""

from collections.abc import Callable, Iterable, Mapping

from tree_sitter import Node

from clearance.scan.code import ir
from clearance.scan.code.lower.javascript_definitions import FUNCTIONS, LISTED, NOBODY
from clearance.scan.code.lower.javascript_modules import Modules
from clearance.scan.code.source import Source

_PLACES = frozenset({"identifier", "member_expression"})
_ENDS = (ir.Return, ir.Raise, ir.Jump)


def lower(source: Source) -> ir.Module:
    """Lower a text of JavaScript, TypeScript or TSX. Never fails on what it reads."""
    lowering = _JavaScript(source)
    root = source.tree.root_node
    lowering.read_exports(root)
    return lowering.module(lowering.block(root.children))


class _JavaScript(Modules):
    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.statements: Mapping[str, Callable[[Node, list[ir.Stmt]], None]] = {
            "expression_statement": self._expression,
            "lexical_declaration": self._variables,
            "variable_declaration": self._variables,
            "using_declaration": self._variables,
            "function_declaration": self._function,
            "generator_function_declaration": self._function,
            "function_signature": self._skip,
            "class_declaration": self._class_statement,
            "abstract_class_declaration": self._class_statement,
            "interface_declaration": self._interface,
            "enum_declaration": self._enum,
            "type_alias_declaration": self._type_alias,
            "internal_module": self._namespace,
            "module": self._namespace,
            "ambient_declaration": self._ambient,
            "import_statement": self.import_,
            "import_alias": self.alias,
            "export_statement": self.export,
            "statement_block": self._scope,
            "if_statement": self._if,
            "switch_statement": self._switch,
            "for_statement": self._for,
            "for_in_statement": self._each,
            "while_statement": self._while,
            "do_statement": self._do,
            "with_statement": self._with,
            "try_statement": self._try,
            "labeled_statement": self._labelled,
            "return_statement": self._return,
            "throw_statement": self._throw,
            "break_statement": self._jump,
            "continue_statement": self._jump,
            "debugger_statement": self._skip,
            "empty_statement": self._skip,
        }

    # Blocks

    def block(self, nodes: Iterable[Node]) -> ir.Block:
        """Lower statements; function declarations come first, and `using` takes what follows into its `With`."""
        out: list[ir.Stmt] = []
        hoisted: list[ir.Stmt] = []
        open_ones: list[tuple[ir.Assign, int]] = []
        top = not self.inside and self.depth == 0
        for node in nodes:
            if not node.is_named:
                continue
            kind = node.type
            if kind in self.skipped:
                continue
            if top:
                self.standing = LISTED
            size = len(out)
            self.stmt(node, out)
            if kind in ("function_declaration", "generator_function_declaration", "export_statement"):
                defs = [one for one in out[size:] if isinstance(one, ir.Def)]
                if defs:
                    hoisted += defs
                    out[size:] = [one for one in out[size:] if not isinstance(one, ir.Def)]
            elif kind == "using_declaration":
                open_ones += [(one, size) for one in out[size:] if isinstance(one, ir.Assign)][:1]
        if top:
            self.standing = NOBODY
        for made, start in reversed(open_ones[: max(0, ir.MAX_DEPTH - self.depth)]):
            out[start:] = [ir.With(made.at, made.end, ((made.value or made.target, made.target),), tuple(out[start + 1 :]))]
        return (*hoisted, *out) if hoisted else tuple(out)

    def _body(self, node: Node | None) -> ir.Block:
        """Lower the body of a branch or loop: a block, or one statement."""
        if node is None or node.type == "empty_statement":
            return ()
        if node.type == "else_clause":
            return self.block(node.children)
        return self.block(node.children if node.type == "statement_block" else (node,))

    def _skip(self, node: Node, out: list[ir.Stmt]) -> None:
        """Leave out what does nothing."""

    def _scope(self, node: Node, out: list[ir.Stmt]) -> None:
        out.append(ir.Scope(node.start_byte, node.end_byte, self.block(node.children)))

    # Expressions for their effect

    def _expression(self, node: Node, out: list[ir.Stmt]) -> None:
        for child in self.named(node):
            self._effect(child, out)

    def _effect(self, node: Node, out: list[ir.Stmt]) -> None:
        """Lower an expression whose value nobody takes."""
        node = self.unwrapped(node)
        kind = node.type
        if kind == "sequence_expression":
            for step in self.steps(node):
                self._effect(step, out)
        elif kind == "assignment_expression":
            self.value_of(node, out)
        elif kind == "augmented_assignment_expression":
            self.coverage.nodes += 1
            left, right = node.child_by_field_id(self.f.left), node.child_by_field_id(self.f.right)
            if left is None or right is None:
                out.append(ir.Eval(node.start_byte, node.end_byte, self.opaque(node)))
                return
            value = self.value_of(right, out)
            out.append(ir.Assign(node.start_byte, node.end_byte, self.target(left), value, self.assigning(node)))
        elif kind in self.statements:
            self.stmt(node, out)
        elif kind == "ERROR":
            self.unknown(node, out)
        else:
            self._told(self.expr(node), out)

    def _told(self, made: ir.Expr, out: list[ir.Stmt]) -> None:
        """Put an expression at the end of a list as the statement that it amounts to."""
        start, end = made.at, made.end
        match made:
            case ir.Bind():
                out.append(ir.Assign(start, end, made.target, made.value, made.op))
            case ir.Unary(op="delete"):
                out.append(ir.Delete(start, end, (made.operand,)))
            case ir.Binary(op="and" | "or"):
                *tests, last = made.operands
                test = tests[0] if len(tests) == 1 else ir.Binary(start, tests[-1].end, made.op, tuple(tests))
                if made.op == "or":
                    test = ir.Unary(test.at, test.end, "not", test)
                out.append(ir.If(start, end, ((test, self._alone(last)),)))
            case ir.Choice():
                branches = (made.test, self._alone(made.then)), (None, self._alone(made.other))
                out.append(ir.If(start, end, branches))
            case _:
                out.append(ir.Eval(start, end, made))

    def _alone(self, made: ir.Expr) -> ir.Block:
        out: list[ir.Stmt] = []
        self._told(made, out)
        return tuple(out)

    def value_of(self, node: Node, out: list[ir.Stmt]) -> ir.Expr:
        """Lower a value; the steps and assignments that run before it go to the end of a list as statements."""
        lefts: list[tuple[Node, Node]] = []
        node = self.unwrapped(node)
        while node.type in ("sequence_expression", "assignment_expression"):
            if node.type == "sequence_expression":
                if lefts:
                    break
                *before, node = self.steps(node)
                for step in before:
                    self._effect(step, out)
            else:
                left, right = node.child_by_field_id(self.f.left), node.child_by_field_id(self.f.right)
                if left is None or right is None:
                    break
                lefts.append((left, node))
                node = right
            node = self.unwrapped(node)
        if not lefts:
            return self.expr(node)
        self.coverage.nodes += len(lefts)
        standing = self.standing
        self.standing = max((self.standing_at(left) for left, _ in lefts), default=NOBODY)
        innermost = lefts[-1][0]
        value = self.taken(node, *self.name_of(innermost))
        self.standing = standing
        for left, whole in reversed(lefts):
            target = self.target(left)
            out.append(ir.Assign(whole.start_byte, whole.end_byte, target, value))
            if (
                not isinstance(value, ir.Const | ir.Name)
                and left.type in _PLACES
                and b"(" not in self.data[target.at : target.end]
            ):
                value = self.target(left)
        return value

    # Declarations

    def _variables(self, node: Node, out: list[ir.Stmt]) -> None:
        for one in self.named(node):
            if one.type == "variable_declarator":
                self._variable(one, out)
            elif one.type == "ERROR":
                self.unknown(one, out)

    def _variable(self, node: Node, out: list[ir.Stmt]) -> None:
        self.coverage.nodes += 1
        name = node.child_by_field_id(self.f.name)
        value = node.child_by_field_id(self.f.value)
        if name is None:
            self.unknown(node, out)
            return
        plain = name.type == "identifier"
        made: ir.Expr | None = None
        if value is not None:
            value = self.unwrapped(value)
            if value.type in ("call_expression", "await_expression", "member_expression") and self.required(
                name, value, out
            ):
                return
            if plain and (value.type in FUNCTIONS or value.type in ("class", "object")):
                word = self.text(name)
                standing = self.standing
                self.standing = max(standing, self.standing_of(word)) if standing else NOBODY
                made = self.taken(value, word, name.start_byte)
                self.standing = standing
            else:
                made = self.value_of(value, out)
        declared = self.annotation(node, self.f.type)
        out.append(ir.Assign(node.start_byte, node.end_byte, self.target(name), made, type=declared, declares=True))

    def _function(self, node: Node, out: list[ir.Stmt]) -> None:
        own = node.child_by_field_id(self.f.name)
        name = self.text(own) if own is not None else ""
        standing = self.standing
        if standing:
            self.standing = max(standing, self.standing_of(name))
        made = self.function(node, name, own.start_byte if own is not None else -1)
        self.standing = standing
        out.append(ir.Def(node.start_byte, node.end_byte, made))

    def _class_statement(self, node: Node, out: list[ir.Stmt]) -> None:
        self._define(node, "class", [], out)

    def _define(self, node: Node, kind: str, decorators: list[ir.Expr], out: list[ir.Stmt]) -> None:
        own = node.child_by_field_id(self.f.name)
        standing = self.standing
        if standing and own is not None:
            self.standing = max(standing, self.standing_of(self.text(own)))
        made = self.class_of(node, "", kind, decorators)
        self.standing = standing
        out.append(ir.ClassStatement(node.start_byte, node.end_byte, made))

    def declared(self, node: Node, out: list[ir.Stmt], decorators: list[ir.Expr]) -> None:
        """Lower the declaration that an `export` holds."""
        if decorators and node.type in ("class_declaration", "abstract_class_declaration"):
            self._define(node, "class", decorators, out)
        else:
            self.stmt(node, out)

    def _interface(self, node: Node, out: list[ir.Stmt]) -> None:
        bases = [
            self.type_of(base)
            for child in self.named(node)
            if child.type == "extends_type_clause"
            for base in self.named(child)
        ]
        made = self.class_of(node, "", "interface")
        made.bases = tuple(bases)
        out.append(ir.ClassStatement(node.start_byte, node.end_byte, made))

    def _type_alias(self, node: Node, out: list[ir.Stmt]) -> None:
        """Lower `type A = B & { … }`: an interface with the named types as bases."""
        own, value = node.child_by_field_id(self.f.name), node.child_by_field_id(self.f.value)
        if own is None or value is None:
            return
        made = self.type_of(value)
        parts = made.operands if isinstance(made, ir.Binary) and made.op == "&" else (made,)
        fields: list[ir.Assign] = []
        for part in parts:
            if isinstance(part, ir.Object):
                fields += [
                    ir.Assign(key.at, kind.end, ir.Name(key.at, key.end, key.value), None, type=kind, declares=True)
                    for key, kind in part.entries
                    if isinstance(key, ir.Const)
                ]
        start, end = node.start_byte, node.end_byte
        bases = tuple(part for part in parts if not isinstance(part, ir.Object))
        definition = ir.ClassDef(start, end, self.text(own), bases, (), (), tuple(fields), (), "interface")
        out.append(ir.ClassStatement(start, end, definition))

    def _enum(self, node: Node, out: list[ir.Stmt]) -> None:
        own, body = node.child_by_field_id(self.f.name), node.child_by_field_id(self.f.body)
        if own is None or body is None:
            return
        fields: list[ir.Assign] = []
        following: object = 0
        for one in self.named(body):
            name, value = one, one.child_by_field_id(self.f.value) if one.type == "enum_assignment" else None
            if one.type == "enum_assignment":
                name = one.child_by_field_id(self.f.name) or one
            word = self.string_text(name) if name.type == "string" else self.text(name)
            made = self.expr(value) if value is not None else ir.Const(one.end_byte, one.end_byte, following)
            known = made.value if isinstance(made, ir.Const) else ...
            following = known + 1 if isinstance(known, int | float) else ...
            target = ir.Name(name.start_byte, name.end_byte, word)
            fields.append(ir.Assign(one.start_byte, one.end_byte, target, made, declares=True))
        start, end = node.start_byte, node.end_byte
        definition = ir.ClassDef(start, end, self.text(own), (), (), (), tuple(fields), (), "enum")
        out.append(ir.ClassStatement(start, end, definition))

    def _namespace(self, node: Node, out: list[ir.Stmt]) -> None:
        """Lower `namespace A { … }` as a class whose functions are static and whose variables are fields."""
        own, body = node.child_by_field_id(self.f.name), node.child_by_field_id(self.f.body)
        if own is None or body is None:
            return
        block = self.block(body.children)
        methods: list[ir.Function] = []
        fields: list[ir.Assign] = []
        rest: list[ir.Stmt] = []
        for one in block:
            if isinstance(one, ir.Def):
                one.function.flags |= {"static"}
                methods.append(one.function)
            elif isinstance(one, ir.Assign) and one.declares and isinstance(one.target, ir.Name):
                fields.append(one)
            else:
                rest.append(one)
        start, end = node.start_byte, node.end_byte
        name = self.text(own)
        made = ir.ClassDef(start, end, name, (), (), tuple(methods), tuple(fields), tuple(rest), "namespace")
        for method in methods:
            method.owner = made
        out.append(ir.ClassStatement(start, end, made))

    def _ambient(self, node: Node, out: list[ir.Stmt]) -> None:
        """Lower what `declare` only describes: variables with a type; the rest has no code."""
        for child in self.named(node):
            if child.type in ("lexical_declaration", "variable_declaration"):
                self.stmt(child, out)

    # Branches

    def _if(self, node: Node, out: list[ir.Stmt]) -> None:
        branches: list[tuple[ir.Expr | None, ir.Block]] = []
        at: Node | None = node
        while at is not None:
            test = at.child_by_field_id(self.f.condition)
            then = at.child_by_field_id(self.f.consequence)
            branches.append((self.expr(test) if test is not None else self.opaque(at), self._body(then)))
            other = at.child_by_field_id(self.f.alternative)
            at = None
            if other is not None:
                inner = self.named(other)
                if len(inner) == 1 and inner[0].type == "if_statement":
                    at = inner[0]
                    self.coverage.nodes += 1
                else:
                    branches.append((None, self._body(inner[0]) if len(inner) == 1 else self.block(inner)))
        out.append(ir.If(node.start_byte, node.end_byte, tuple(branches)))

    def _switch(self, node: Node, out: list[ir.Stmt]) -> None:
        value, body = node.child_by_field_id(self.f.value), node.child_by_field_id(self.f.body)
        cases: list[ir.Case] = []
        tests: list[ir.Expr] = []
        default = False
        found = self.named(body) if body is not None else []
        last = len(found) - 1
        start = node.start_byte
        for number, one in enumerate(found):
            if not tests and not default:
                start = one.start_byte
            inner = self.named(one)
            if one.type == "switch_case" and inner:
                tests.append(self.expr(inner[0]))
                inner = inner[1:]
            else:
                default = True
            if not inner and number != last:
                continue
            if len(inner) == 1 and inner[0].type == "statement_block":
                inner = self.named(inner[0])
            statements = self.block(inner)
            ends = bool(statements) and isinstance(statements[-1], _ENDS)
            if ends and isinstance(statements[-1], ir.Jump) and (statements[-1].kind, statements[-1].label) == ("break", ""):
                statements = statements[:-1]
            falls = not ends and number != last
            cases.append(ir.Case(start, one.end_byte, () if default else tuple(tests), statements, falls=falls))
            tests, default = [], False
        subject = self.expr(value) if value is not None else None
        out.append(ir.Switch(node.start_byte, node.end_byte, subject, tuple(cases)))

    # Loops

    def _for(self, node: Node, out: list[ir.Stmt]) -> None:
        first = node.child_by_field_id(self.f.initializer)
        if first is not None and first.type != "empty_statement":
            if first.type in self.statements:
                self.stmt(first, out)
            else:
                self._effect(first, out)
        test = node.child_by_field_id(self.f.condition)
        step = node.child_by_field_id(self.f.increment)
        condition: ir.Expr | None = None
        if test is not None and test.is_named and test.type != "empty_statement":
            inner = self.named(test) if test.type == "expression_statement" else [test]
            condition = self.expr(inner[0]) if inner else None
        steps: list[ir.Stmt] = []
        if step is not None:
            self._effect(step, steps)
        body = self._body(node.child_by_field_id(self.f.body))
        out.append(ir.Loop(node.start_byte, node.end_byte, "for", body, condition, step=tuple(steps)))

    def _each(self, node: Node, out: list[ir.Stmt]) -> None:
        left, right = node.child_by_field_id(self.f.left), node.child_by_field_id(self.f.right)
        if left is None or right is None:
            self.unknown(node, out)
            return
        operator = node.child_by_field_id(self.f.operator)
        kind = "each keys" if operator is not None and operator.type == "in" else "each"
        iterable = self.expr(right)
        target = self.target(left)
        body = self._body(node.child_by_field_id(self.f.body))
        out.append(ir.Loop(node.start_byte, node.end_byte, kind, body, target=target, iterable=iterable))

    def _while(self, node: Node, out: list[ir.Stmt]) -> None:
        test, body = node.child_by_field_id(self.f.condition), node.child_by_field_id(self.f.body)
        out.append(ir.Loop(node.start_byte, node.end_byte, "while", self._body(body), self.maybe(test)))

    def _do(self, node: Node, out: list[ir.Stmt]) -> None:
        test, body = node.child_by_field_id(self.f.condition), node.child_by_field_id(self.f.body)
        out.append(ir.Loop(node.start_byte, node.end_byte, "until", self._body(body), self.maybe(test)))

    def _with(self, node: Node, out: list[ir.Stmt]) -> None:
        value = node.child_by_field_id(self.f.object)
        if value is not None:
            self._effect(value, out)
        body = self._body(node.child_by_field_id(self.f.body))
        out.append(ir.Scope(node.start_byte, node.end_byte, body))

    # Ends and errors

    def _labelled(self, node: Node, out: list[ir.Stmt]) -> None:
        label, body = node.child_by_field_id(self.f.label), node.child_by_field_id(self.f.body)
        word = self.text(label) if label is not None else ""
        out.append(ir.Scope(node.start_byte, node.end_byte, self._body(body), word))

    def _return(self, node: Node, out: list[ir.Stmt]) -> None:
        inner = self.named(node)
        value = self.value_of(inner[0], out) if inner else None
        out.append(ir.Return(node.start_byte, node.end_byte, value))

    def _throw(self, node: Node, out: list[ir.Stmt]) -> None:
        inner = self.named(node)
        value = self.value_of(inner[0], out) if inner else None
        out.append(ir.Raise(node.start_byte, node.end_byte, value))

    def _jump(self, node: Node, out: list[ir.Stmt]) -> None:
        label = node.child_by_field_id(self.f.label)
        kind = "break" if node.type == "break_statement" else "continue"
        out.append(ir.Jump(node.start_byte, node.end_byte, kind, self.text(label) if label is not None else ""))

    def _try(self, node: Node, out: list[ir.Stmt]) -> None:
        body = node.child_by_field_id(self.f.body)
        handler = node.child_by_field_id(self.f.handler)
        final = node.child_by_field_id(self.f.finalizer)
        handlers: tuple[ir.Handler, ...] = ()
        if handler is not None:
            caught = handler.child_by_field_id(self.f.parameter)
            inner = self._body(handler.child_by_field_id(self.f.body))
            name = self.text(caught) if caught is not None and caught.type == "identifier" else ""
            if caught is not None and not name:
                start, end = caught.start_byte, caught.end_byte
                taken = ir.Assign(start, end, self.target(caught), ir.Opaque(start, end, "caught"), declares=True)
                inner = (taken, *inner)
            handlers = (ir.Handler(handler.start_byte, handler.end_byte, (), name, inner),)
        last = self._body(final.child_by_field_id(self.f.body)) if final is not None else ()
        out.append(ir.Try(node.start_byte, node.end_byte, self._body(body), handlers, (), last))
