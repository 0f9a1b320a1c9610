"""Lowers Java, 8 to 24: files, imports, types and their members.

What a method with the type of a number returns is a cast to that type. A record without a constructor of its own gets one,
and accessors for the components that have none. What can be called from other files is `public`: everything that is not
`private`.
"""

from collections.abc import Callable

from tree_sitter import Node

from clearance.scan.code import ir
from clearance.scan.code.lower.java_members import TYPES
from clearance.scan.code.lower.java_statements import JavaStatements
from clearance.scan.code.source import Source

_KINDS = {
    "class_declaration": "class", "interface_declaration": "interface", "enum_declaration": "enum",
    "record_declaration": "record", "annotation_type_declaration": "annotation",
}  # fmt: skip
_NUMBERS = frozenset({
    "byte", "short", "int", "long", "float", "double", "Byte", "Short", "Integer", "Long", "Float", "Double",
})  # fmt: skip
"""Types to which a method converts what it returns, so that no text is left of it."""
_FLAGS = frozenset({"static", "abstract"})


def lower(source: Source) -> ir.Module:
    """Lower a file of Java. What does not parse is in it as `Unknown` and `Opaque`."""
    return _Java(source).file()


class _Java(JavaStatements):
    """One file."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.statements = {
            **self.statements,
            **dict.fromkeys(TYPES, self._type_declaration),
            "import_declaration": self._import,
            "package_declaration": self._package,
            "method_declaration": self._loose_method,
            "module_declaration": self._skip,
            "field_declaration": self._local,
        }
        self._package_name = ""

    def file(self) -> ir.Module:
        """Lower the file."""
        body = self.block(self.source.tree.root_node.children)
        return self.module(body, self._package_name)

    def _skip(self, node: Node, out: list[ir.Stmt]) -> None:
        pass

    def _package(self, node: Node, out: list[ir.Stmt]) -> None:
        for child in self.named(node):
            if child.type in {"identifier", "scoped_identifier"}:
                self._package_name = self._dotted(child)

    def _dotted(self, node: Node) -> str:
        return "".join(self.text(node).split())

    def _import(self, node: Node, out: list[ir.Stmt]) -> None:
        path, star = "", False
        for child in self.named(node):
            if child.type in {"identifier", "scoped_identifier"}:
                path = self._dotted(child)
            elif child.type == "asterisk":
                star = True
        start, end = node.start_byte, node.end_byte
        if star:
            out.append(ir.Import(start, end, path, "*", ""))
        else:
            module, _, name = path.rpartition(".")
            out.append(ir.Import(start, end, module or name, name if module else "", name))

    # Types

    def _type_declaration(self, node: Node, out: list[ir.Stmt]) -> None:
        name = node.child_by_field_name("name")
        body = node.child_by_field_name("body")
        if name is None or body is None:
            self.unknown(node, out)
            return
        modifiers = _modifiers(node)
        bases: list[ir.Expr] = []
        for child in node.named_children:
            if child.type in {"superclass", "super_interfaces", "extends_interfaces"}:
                for one in self.named(child):
                    listed = self.named(one) if one.type == "type_list" else [one]
                    bases.extend(self.made_type(base) for base in listed if "annotation" not in base.type)
        definition = self._class(node, body, self.text(name), tuple(bases), _KINDS[node.type], modifiers)
        out.append(ir.ClassStatement(node.start_byte, node.end_byte, definition))

    def anonymous(self, node: Node, body: Node, base: ir.Expr) -> ir.ClassValue:
        """Lower the body of an anonymous class."""
        made = self._class(node, body, "", (base,), "class", None)
        made.at, made.end, made.public = body.start_byte, body.end_byte, False
        return ir.ClassValue(body.start_byte, body.end_byte, made)

    def _class(
        self, node: Node, body: Node, name: str, bases: tuple[ir.Expr, ...], kind: str, modifiers: Node | None
    ) -> ir.ClassDef:
        decorators = self.annotations(modifiers)
        before = self.members, self.class_name
        self.members = self.types.members(node, body, name, before[0], before[1])
        self.class_name = name
        methods: list[ir.Function] = []
        fields: list[ir.Stmt] = []
        rest: list[ir.Stmt] = []
        components = node.child_by_field_name("parameters") if kind == "record" else None
        params = self.parameters(components)
        for one in params:
            target = ir.Name(one.at, one.end, one.name)
            fields.append(ir.Assign(one.at, one.end, target, None, type=one.type, declares=True))
        self._members_of(body, params, methods, fields, rest)
        if kind == "record":
            self._complete(node, name, params, methods)
        self.members, self.class_name = before
        definition = ir.ClassDef(
            node.start_byte,
            node.end_byte,
            name,
            bases,
            decorators,
            tuple(methods),
            tuple([one for one in fields if isinstance(one, ir.Assign)]),
            tuple(rest),
            kind,
            "private" not in _words(modifiers),
        )
        for method in methods:
            method.owner = definition
            if not definition.public and (not bases or "constructor" in method.flags):
                method.public = False  # of a private class; methods that others declare are called by others
        return definition

    def _members_of(
        self,
        body: Node,
        params: tuple[ir.Param, ...],
        methods: list[ir.Function],
        fields: list[ir.Stmt],
        rest: list[ir.Stmt],
    ) -> None:
        for child in body.children:
            match child.type:
                case "field_declaration" | "constant_declaration":
                    self.coverage.nodes += 1
                    decorators = self.annotations(_modifiers(child))
                    written = child.child_by_field_name("type")
                    for one in child.children_by_field_name("declarator"):
                        self.declaration(one, written, decorators, fields, local=False)
                case "method_declaration" | "constructor_declaration" | "compact_constructor_declaration":
                    methods.append(self._method(child, params))
                case "annotation_type_element_declaration":
                    methods.append(self._method(child, ()))
                case "static_initializer":
                    block = next((kid for kid in self.named(child) if kid.type == "block"), None)
                    made = self.scoped(block) if block is not None else ()
                    rest.append(ir.Scope(child.start_byte, child.end_byte, made, "static"))
                case "enum_constant":
                    fields.append(self._constant(child))
                case "enum_body_declarations":
                    self._members_of(child, params, methods, fields, rest)
                case _ if child.is_named and child.type not in self.skipped:
                    self.stmt(child, rest)

    def _constant(self, node: Node) -> ir.Stmt:
        """Lower a constant of an enum: an object that is made of its arguments."""
        start, end = node.start_byte, node.end_byte
        name, given = node.child_by_field_name("name"), node.child_by_field_name("arguments")
        body = node.child_by_field_name("body")
        base = ir.Name(start, start, self.class_name)
        args = self.arguments(given) if given is not None else ()
        if body is not None:
            args += (ir.Arg(body.start_byte, body.end_byte, self.anonymous(node, body, base)),)
        made = ir.Call(start, end, base, args, new=True)
        target: ir.Expr = self.name(name) if name is not None else self.opaque(node)
        return ir.Assign(start, end, target, made, declares=True, decorators=self.annotations(_modifiers(node)))

    # Methods

    def _loose_method(self, node: Node, out: list[ir.Stmt]) -> None:
        out.append(ir.Def(node.start_byte, node.end_byte, self._method(node, ())))

    def _method(self, node: Node, components: tuple[ir.Param, ...]) -> ir.Function:
        self.coverage.nodes += 1
        name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        modifiers = _modifiers(node)
        words = _words(modifiers)
        flags = words & _FLAGS
        compact = node.type == "compact_constructor_declaration"
        if compact or node.type == "constructor_declaration":
            flags |= {"constructor"}
        elif body is None:
            flags |= {"abstract"}
        params = components if compact else self.parameters(node.child_by_field_name("parameters"))
        if len(params) == 1 and "static" in flags and name is not None and self.text(name) == "main":
            _mark_command_line(params[0])
        returns = self.type(node.child_by_field_name("type"), node.child_by_field_name("dimensions"))
        number = returns if isinstance(returns, ir.Name) and returns.id in _NUMBERS else None
        made = ir.Function(
            node.start_byte,
            node.end_byte,
            self.text(name) if name is not None else "",
            params,
            self.annotations(modifiers),
            self.delayed(self._body(body, params, number, compact=compact)),
            returns,
            "private" not in words,
            flags,
            None,
            name.start_byte if name is not None else -1,
        )
        return self.add(made)

    def _body(
        self, body: Node | None, params: tuple[ir.Param, ...], number: ir.Expr | None, *, compact: bool
    ) -> Callable[[], ir.Block]:
        def run() -> ir.Block:
            if body is None:
                return ()
            self.returns = number
            for param in params:
                self.hide(param.name)
            made = self.scoped(body)
            return made + _given(params) if compact else made

        return run

    def _complete(self, node: Node, name: str, params: tuple[ir.Param, ...], methods: list[ir.Function]) -> None:
        """Give a record the constructor and the accessors that it has without anybody writing them."""
        start = node.start_byte
        own = [method for method in methods if "constructor" in method.flags]
        if not any(len(method.params) == len(params) for method in own):
            methods.append(
                ir.Function(start, start, name, params, (), lambda: _given(params), flags=frozenset({"constructor"}))
            )
        known = {method.name for method in methods if not method.params}
        for param in params:
            if param.name and param.name not in known:
                value = ir.Attr(param.at, param.end, ir.Name(param.at, param.at, "this"), param.name)
                methods.append(_giving(param, value))


def _mark_command_line(param: ir.Param) -> None:
    """Give the parameter of `main` an annotation, so that vocabulary pages can speak of it: Java itself has none."""
    plain = param.type.base if isinstance(param.type, ir.Index) else param.type if param.kind == "*" else None
    if isinstance(plain, ir.Name) and plain.id in {"Array", "String"}:
        param.decorators = (*param.decorators, ir.Name(param.at, param.at, "MainArguments"))


def _giving(param: ir.Param, value: ir.Expr) -> ir.Function:
    """Make the accessor of a record's component."""
    if isinstance(param.type, ir.Name) and param.type.id in _NUMBERS:
        value = ir.Through(param.at, param.end, "cast", value, param.type)
    body = (ir.Return(param.at, param.end, value),)
    return ir.Function(param.at, param.end, param.name, (), (), lambda: body, param.type)


def _given(params: tuple[ir.Param, ...]) -> ir.Block:
    """Keep what a record is made of."""
    return tuple(
        [
            ir.Assign(
                one.at,
                one.end,
                ir.Attr(one.at, one.end, ir.Name(one.at, one.at, "this"), one.name),
                ir.Name(one.at, one.end, one.name),
            )
            for one in params
        ]
    )


def _modifiers(node: Node) -> Node | None:
    """Give the modifiers of a declaration: they stand first."""
    first = node.child(0)
    return first if first is not None and first.type == "modifiers" else None


def _words(modifiers: Node | None) -> frozenset[str]:
    """Give the modifiers that are words."""
    return frozenset([one.type for one in modifiers.children if not one.is_named]) if modifiers is not None else frozenset()
