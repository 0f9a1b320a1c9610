"""Lowers Python: 3.14, and older ones back to 2."""

from typing import Final

from tree_sitter import Node

from clearance.scan.code import ir
from clearance.scan.code.lower.python_patterns import Patterns
from clearance.scan.code.source import Source

_FLAGS: Final = {
    "staticmethod": "static",
    "property": "getter",
    "cached_property": "getter",
    "functools.cached_property": "getter",
    "abc.abstractproperty": "getter",
    "abstractmethod": "abstract",
    "abc.abstractmethod": "abstract",
}
"""What a decorator says of its method."""
_CONSTRUCTORS: Final = frozenset({"__init__", "__new__"})
_NESTED: Final = frozenset({"function_definition", "class_definition", "lambda"})


def lower(source: Source) -> ir.Module:
    """Lower a Python text. Bodies of functions are lowered when they are asked for."""
    made = _Python(source)
    return made.module(made.block(source.tree.root_node.children))


class _Python(Patterns):
    """Statements, functions and classes."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._members: list[ir.Function] | None = None
        """The functions so far of the class whose body is being lowered."""
        self.statements = {
            "expression_statement": self._expression_statement, "if_statement": self._if, "for_statement": self._for,
            "while_statement": self._while, "try_statement": self._try, "with_statement": self._with,
            "match_statement": self.match, "return_statement": self._return, "raise_statement": self._raise,
            "break_statement": self._jump, "continue_statement": self._jump, "pass_statement": self._pass,
            "delete_statement": self._delete, "assert_statement": self._assert, "global_statement": self._global,
            "nonlocal_statement": self._global, "import_statement": self._import, "import_from_statement": self._import_from,
            "future_import_statement": self._import_from, "function_definition": self._def,
            "decorated_definition": self._decorated, "class_definition": self._class,
            "type_alias_statement": self._type_alias, "print_statement": self._print, "exec_statement": self._exec,
            "assignment": self._assignment, "augmented_assignment": self._augmented,
        }  # fmt: skip

    # Simple statements

    def _expression_statement(self, node: Node, out: list[ir.Stmt]) -> None:
        kids = self.named(node)
        if len(kids) == 1:
            kind = kids[0].type
            if kind == "assignment":
                self.coverage.nodes += 1
                self._assignment(kids[0], out)
            elif kind == "augmented_assignment":
                self.coverage.nodes += 1
                self._augmented(kids[0], out)
            else:
                out.append(ir.Eval(node.start_byte, node.end_byte, self.expr(kids[0])))
        elif kids:  # `a, b`
            value = ir.Items(node.start_byte, node.end_byte, "tuple", self.exprs(kids))
            out.append(ir.Eval(node.start_byte, node.end_byte, value))

    def _assignment(self, node: Node, out: list[ir.Stmt]) -> None:
        """Lower `a = b = value`: `a` takes the value, `b` takes what `a` has, where `a` can be read again."""
        at, end = node.start_byte, node.end_byte
        targets: list[ir.Expr] = []
        annotation: ir.Expr | None = None
        value: ir.Expr | None = None
        while True:
            right: Node | None = None
            after = ""
            for number, kid in enumerate(self.kids(node)):
                kind = kid.type
                if number == 0:
                    targets.append(self.expr(kid))
                elif not kid.is_named:
                    after = kind
                elif kind == "type" and after == ":":
                    annotation = self.annotation(kid)
                elif after == "=":
                    right = kid
            if right is None or right.type != "assignment":
                break
            self.coverage.nodes += 1
            node = right
        if right is not None and right.type == "augmented_assignment":
            self._augmented(right, out)  # broken code: `a = b += 1`
        elif right is not None:
            value = self.expr(right)
        if isinstance(value, ir.Lambda) and isinstance(targets[0], (ir.Name, ir.Attr)):
            value.function.name = targets[0].id if isinstance(targets[0], ir.Name) else targets[0].name
        declares = self._members is not None
        for target in targets:
            out.append(ir.Assign(at, end, target, value, "", annotation, declares))
            if isinstance(target, ir.Name) and not isinstance(value, (ir.Const, ir.Name)):
                value = ir.Name(target.at, target.end, target.id)

    def _augmented(self, node: Node, out: list[ir.Stmt]) -> None:
        kids = self.kids(node)
        if len(kids) < 3:
            self.unknown(node, out)
            return
        value = self.expr(kids[2]) if len(kids) == 3 else self.several(kids[2:])
        op = kids[1].type.removesuffix("=")
        out.append(ir.Assign(node.start_byte, node.end_byte, self.expr(kids[0]), value, op))

    def _pass(self, node: Node, out: list[ir.Stmt]) -> None:
        pass

    def _jump(self, node: Node, out: list[ir.Stmt]) -> None:
        out.append(ir.Jump(node.start_byte, node.end_byte, node.type.removesuffix("_statement")))

    def _return(self, node: Node, out: list[ir.Stmt]) -> None:
        out.append(ir.Return(node.start_byte, node.end_byte, self._given(self.named(node))))

    def _given(self, nodes: list[Node]) -> ir.Expr | None:
        if len(nodes) > 1:
            return self.several(nodes)
        return self.expr(nodes[0]) if nodes else None

    def _raise(self, node: Node, out: list[ir.Stmt]) -> None:
        values: list[Node] = []
        cause = False
        for kid in self.kids(node)[1:]:
            if kid.type == "from":
                cause = True
            elif cause and kid.type not in ("identifier", "none"):  # whatever it calls happens before
                out.append(ir.Eval(node.start_byte, node.end_byte, self.expr(kid)))
            elif kid.is_named and not cause:
                values.append(kid)
        out.append(ir.Raise(node.start_byte, node.end_byte, self._given(values)))

    def _delete(self, node: Node, out: list[ir.Stmt]) -> None:
        targets: list[ir.Expr] = []
        for kid in self.named(node):
            made = self.expr(kid)
            targets += made.items if isinstance(made, ir.Items) else (made,)
        out.append(ir.Delete(node.start_byte, node.end_byte, tuple(targets)))

    def _assert(self, node: Node, out: list[ir.Stmt]) -> None:
        kids = self.named(node)
        if not kids:
            self.unknown(node, out)
            return
        message = self.expr(kids[1]) if len(kids) > 1 else None
        out.append(ir.Assert(node.start_byte, node.end_byte, self.expr(kids[0]), message))

    def _global(self, node: Node, out: list[ir.Stmt]) -> None:
        names = tuple(self.text(kid) for kid in node.named_children if kid.type == "identifier")
        out.append(ir.Global(node.start_byte, node.end_byte, names))

    def _type_alias(self, node: Node, out: list[ir.Stmt]) -> None:
        kids = self.named(node)
        if len(kids) != 2:
            self.unknown(node, out)
            return
        name = self.unwrapped(kids[0])
        if name.type == "generic_type" and name.named_child_count:
            name = name.named_children[0]
        out.append(ir.Assign(node.start_byte, node.end_byte, self.expr(name), self.annotation(kids[1])))

    def _print(self, node: Node, out: list[ir.Stmt]) -> None:
        """Lower Python 2's `print a, b` and `print >>file, a`, as the call that they became."""
        at, end = node.start_byte, node.end_byte
        args: list[ir.Arg] = []
        for kid in self.named(node):
            if kid.type == "chevron":
                inner = self.named(kid)
                if inner:
                    args.append(ir.Arg(kid.start_byte, kid.end_byte, self.expr(inner[0]), "file"))
            else:
                args.append(ir.Arg(kid.start_byte, kid.end_byte, self.expr(kid)))
        call = ir.Call(at, end, ir.Name(at, at + 5, "print"), tuple(args))
        out.append(ir.Eval(at, end, call))

    def _exec(self, node: Node, out: list[ir.Stmt]) -> None:
        at, end = node.start_byte, node.end_byte
        args = [ir.Arg(kid.start_byte, kid.end_byte, self.expr(kid)) for kid in self.named(node)]
        call = ir.Call(at, end, ir.Name(at, at + 4, "exec"), tuple(args))
        out.append(ir.Eval(at, end, call))

    # Imports: `alias` is the name that the statement binds, written or not

    def _import(self, node: Node, out: list[ir.Stmt]) -> None:
        for kid in self.named(node):
            name, alias = self._imported(kid)
            if name:
                out.append(ir.Import(kid.start_byte, kid.end_byte, name, "", alias or name.split(".", 1)[0]))

    def _import_from(self, node: Node, out: list[ir.Stmt]) -> None:
        module = ""
        after = False
        for kid in self.kids(node):
            kind = kid.type
            if kind == "__future__":
                module = kind
            elif kind == "import":
                after = True
            elif not kid.is_named:
                continue
            elif not after:
                module = self._module(kid)
            elif kind == "wildcard_import":
                out.append(ir.Import(kid.start_byte, kid.end_byte, module, "*", ""))
            else:
                name, alias = self._imported(kid)
                if name:
                    out.append(ir.Import(kid.start_byte, kid.end_byte, module, name, alias or name))

    def _imported(self, node: Node) -> tuple[str, str]:
        if node.type != "aliased_import":
            return self._module(node), ""
        names = self.named(node)
        return self._module(names[0]) if names else "", self.text(names[1]) if len(names) > 1 else ""

    def _module(self, node: Node) -> str:
        return "".join(self.text(node).replace("\\", " ").split())

    # Branches and loops

    def _body(self, node: Node | None) -> ir.Block:
        return () if node is None else self.block(node.children)

    def _if(self, node: Node, out: list[ir.Stmt]) -> None:
        branches: list[tuple[ir.Expr | None, ir.Block]] = [self._branch(self.kids(node)[1:], node)]
        for kid in node.children:
            kind = kid.type
            if kind == "elif_clause":
                branches.append(self._branch(self.kids(kid)[1:], kid))
            elif kind == "else_clause":
                branches.append((None, self._suite(kid)))
            elif kind == "ERROR":
                self.unknown(kid, out)
        out.append(ir.If(node.start_byte, node.end_byte, tuple(branches)))

    def _branch(self, kids: list[Node], node: Node) -> tuple[ir.Expr, ir.Block]:
        """Lower a condition and the block behind it."""
        test: ir.Expr | None = None
        for kid in kids:
            if kid.type == "block":
                return test or self.opaque(node, "condition"), self.block(kid.children)
            if kid.is_named and test is None:
                test = self.expr(kid)
        return test or self.opaque(node, "condition"), ()

    def _suite(self, node: Node) -> ir.Block:
        """Lower the block of a clause."""
        for kid in node.children:
            if kid.type == "block":
                return self.block(kid.children)
        return ()

    def _while(self, node: Node, out: list[ir.Stmt]) -> None:
        test, body = self._branch(self.kids(node)[1:], node)
        other = next((self._suite(kid) for kid in node.children if kid.type == "else_clause"), ())
        out.append(ir.Loop(node.start_byte, node.end_byte, "while", body, test, other=other))

    def _for(self, node: Node, out: list[ir.Stmt]) -> None:
        target: ir.Expr | None = None
        iterable: list[Node] = []
        body: ir.Block = ()
        other: ir.Block = ()
        inside = False
        for kid in self.kids(node):
            kind = kid.type
            if kind == "in":
                inside = True
            elif not kid.is_named:
                continue
            elif kind == "block":
                body = self.block(kid.children)
            elif kind == "else_clause":
                other = self._suite(kid)
            elif inside:
                iterable.append(kid)
            else:
                target = self.expr(kid)
        value = self._given(iterable)
        if target is None or value is None:
            self.unknown(node, out)
            return
        at, end = node.start_byte, node.end_byte
        out.append(ir.Loop(at, end, "each", body, target=target, iterable=value, other=other))

    def _try(self, node: Node, out: list[ir.Stmt]) -> None:
        body: ir.Block = ()
        other: ir.Block = ()
        final: ir.Block = ()
        handlers: list[ir.Handler] = []
        for kid in node.children:
            kind = kid.type
            if kind == "block":
                body = self.block(kid.children)
            elif kind in ("except_clause", "except_group_clause"):
                handlers.append(self._handler(kid))
            elif kind == "else_clause":
                other = self._suite(kid)
            elif kind == "finally_clause":
                final = self._suite(kid)
            elif kind == "ERROR":
                self.unknown(kid, out)
        out.append(ir.Try(node.start_byte, node.end_byte, body, tuple(handlers), other, final))

    def _handler(self, node: Node) -> ir.Handler:
        values = [kid for kid in self.kids(node) if kid.is_named and kid.type != "block"]
        name = ""
        if len(values) == 2 and values[1].type == "identifier" and self.text(values[1])[:1].islower():
            name = self.text(values.pop())  # Python 2: `except KeyError, error`
        types: list[ir.Expr] = []
        for value in values:
            if value.type == "as_pattern":
                kids = self.kids(value)
                name = self.text(kids[-1]) if len(kids) > 2 else ""
                made = self.expr(kids[0])
            else:
                made = self.expr(value)
            types += made.items if isinstance(made, ir.Items) else (made,)
        return ir.Handler(node.start_byte, node.end_byte, tuple(types), name, self._suite(node))

    def _with(self, node: Node, out: list[ir.Stmt]) -> None:
        items: list[tuple[ir.Expr, ir.Expr | None]] = []
        body: ir.Block = ()
        for kid in node.children:
            if kid.type == "block":
                body = self.block(kid.children)
            elif kid.type == "with_clause":
                for item in kid.named_children:
                    if item.type == "with_item":
                        items += [self._managed(inner) for inner in self.named(item)]
            elif kid.type == "ERROR":
                self.unknown(kid, out)
        out.append(ir.With(node.start_byte, node.end_byte, tuple(items), body))

    def _managed(self, node: Node) -> tuple[ir.Expr, ir.Expr | None]:
        if node.type == "as_pattern":
            kids = self.kids(node)
            if len(kids) == 3:
                return self.expr(kids[0]), self.expr(kids[2])
        return self.expr(node), None

    # Functions and classes

    def _decorated(self, node: Node, out: list[ir.Stmt]) -> None:
        decorators: list[ir.Expr] = []
        for kid in node.children:
            kind = kid.type
            if kind == "decorator":
                decorators += self.exprs(kid.named_children)
            elif kind == "function_definition":
                self._function(kid, node, tuple(decorators), out)
            elif kind == "class_definition":
                self._class_of(kid, node, tuple(decorators), out)
            elif kind == "ERROR":
                self.unknown(kid, out)

    def _def(self, node: Node, out: list[ir.Stmt]) -> None:
        self._function(node, node, (), out)

    def _function(self, node: Node, around: Node, decorators: tuple[ir.Expr, ...], out: list[ir.Stmt]) -> None:
        flags: set[str] = set()
        name = ""
        name_at = -1
        given: Node | None = None
        returns: Node | None = None
        body: Node | None = None
        for kid in node.children:
            kind = kid.type
            if kind == "identifier":
                name, name_at = self.text(kid), kid.start_byte
            elif kind == "parameters":
                given = kid
            elif kind == "block":
                body = kid
            elif kind == "type":
                returns = kid
            elif kind == "async":
                flags.add("async")
        for decorator in decorators:
            written = _written(decorator)
            if flag := _FLAGS.get(written):
                flags.add(flag)
            elif written.endswith(".setter"):
                flags.add("setter")
        members = self._members
        method = members is not None
        if method and name in _CONSTRUCTORS:
            flags.add("constructor")
        if body is not None and b"yield" in self.data[body.start_byte : body.end_byte] and _yields(body):
            flags.add("generator")
        params = () if given is None else self.parameters(given, method=method and "static" not in flags)
        public = name[:1] != "_" or (name[:2] == "__" and name[-2:] == "__")
        function = ir.Function(
            around.start_byte, around.end_byte, name, params, decorators, self.later(lambda: self._inner(body)),
            self.annotation(returns), public, frozenset(flags), None, name_at,
        )  # fmt: skip
        if members is not None:
            members.append(function)
        self.add(function)
        out.append(ir.Def(around.start_byte, around.end_byte, function))

    def _inner(self, body: Node | None) -> ir.Block:
        members, self._members = self._members, None
        try:
            return self._body(body)
        finally:
            self._members = members

    def _class(self, node: Node, out: list[ir.Stmt]) -> None:
        self._class_of(node, node, (), out)

    def _class_of(self, node: Node, around: Node, decorators: tuple[ir.Expr, ...], out: list[ir.Stmt]) -> None:
        name = ""
        given: tuple[ir.Arg, ...] = ()
        body: Node | None = None
        for kid in node.children:
            kind = kid.type
            if kind == "identifier":
                name = self.text(kid)
            elif kind == "argument_list":
                given = self.arguments(kid)
            elif kind == "block":
                body = kid
        before, self._members = self._members, []
        statements = self._body(body)
        members, self._members = self._members, before
        definition = ir.ClassDef(
            around.start_byte, around.end_byte, name,
            tuple([arg.value for arg in given if not arg.name and arg.splat != "**"]),
            decorators,
            tuple(members),
            tuple([each for each in statements if isinstance(each, ir.Assign)]),
            tuple([each for each in statements if not isinstance(each, (ir.Assign, ir.Def))]),
            public=name[:1] != "_",
            keywords=tuple([arg for arg in given if arg.name or arg.splat == "**"]),
        )  # fmt: skip
        for member in members:
            member.owner = definition
        out.append(ir.ClassStatement(around.start_byte, around.end_byte, definition))


def _written(expr: ir.Expr) -> str:
    """Give the dotted name that an expression is, or that it calls."""
    if isinstance(expr, ir.Call):
        expr = expr.func
    parts: list[str] = []
    while isinstance(expr, ir.Attr):
        parts.append(expr.name)
        expr = expr.base
    return ".".join([expr.id, *parts[::-1]]) if isinstance(expr, ir.Name) else ""


def _yields(body: Node) -> bool:
    """Tell whether a body holds a `yield` of its own, not one of a function within."""
    stack = [body]
    while stack:
        node = stack.pop()
        if node.type == "yield" and node.is_named:
            return True
        if node.type not in _NESTED:
            stack.extend(node.named_children)
    return False
