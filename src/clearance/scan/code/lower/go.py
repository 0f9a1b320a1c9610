"""Lowers Go, up to 1.26.

How Go looks in the common form, where it is not obvious:

- `v, ok := m[k]` is two assignments, of `ok` (`k in m`) and `v`; so are `v, ok := x.(T)` (`x instanceof T`) and
  `v, ok := <-ch`.
- `_ = f()` is `f()` for its effect: the result is dropped.
- `&T{…}`, `new(T)`, `make(map…)` and composite literals are `Object`s, slices and arrays `Items`; `append(l, a, b...)`
  is the list `*l, a, *b`. A call of `make` with a length that is no literal stays a call.
- `string(x)`, `[]byte(x)` and conversions to types of the file are a `Through` `cast`; `int(x)` and conversions to
  types of other packages (`template.HTML(x)`) stay calls, which rules and vocabularies can name.
- A `switch` without a value, and a type switch, is an `If` where nothing in it breaks or falls through, else a `Switch` with
  guards. A type switch assigns its variable in each case.
- `ch <- v` is the call `ch.send(v)`. A statement with an init statement is a `Scope` of both.
- Pointers of types are dropped, `[]T` is `Index` of the name `[]`, `map[K]V` of `map`, `chan T` of `chan`.
- A `return` of named results returns them.
- A file without any import is a snippet: it imports the well-known packages whose names it uses.
"""

from typing import Final

from tree_sitter import Node

from clearance.scan.code import ir
from clearance.scan.code.lower.go_statements import GoStatements
from clearance.scan.code.lower.go_words import implied_imports, package_alias, package_path, text_of
from clearance.scan.code.source import Source

_LONGEST_REPEATED: Final = 400
_LISTED: Final = frozenset({
    "ERROR", "block", "statement_list", "var_declaration", "const_declaration", "type_declaration", "import_declaration",
})  # fmt: skip
"""Of these every child is looked at, broken text included."""


def lower(source: Source) -> ir.Module:
    """Lower a file of Go. Statements at the top, which Go has not but snippets have, are lowered, too."""
    return _Go(source).file()


class _Go(GoStatements):
    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.statements = {
            **self.statements,
            "var_declaration": self._vars,
            "const_declaration": self._consts,
            "type_declaration": self._types,
            "function_declaration": self._function,
            "method_declaration": self._stray_method,
            "import_declaration": self._imports,
        }
        self._methods: dict[str, list[Node]] = {}
        self._classes: set[str] = set()

    def file(self) -> ir.Module:
        """Lower the file."""
        root = self.source.tree.root_node
        top = self.named(root)
        package = ""
        for node in top:
            match node.type:
                case "package_clause":
                    package = self.text(node.named_children[-1]) if node.named_children else ""
                case "type_declaration":
                    for spec in node.named_children:
                        self._note_type(spec)
                case "method_declaration":
                    self._methods.setdefault(self._receiver(node), []).append(node)
                case _:
                    pass
        body: list[ir.Stmt] = []
        if not any(node.type == "import_declaration" for node in top):
            body += [ir.Import(0, 0, module, "", alias) for alias, module in implied_imports(self.data).items()]
        if root.type == "ERROR":
            self.unknown(root, body)
        else:
            body.extend(self.block(top))
        return self.module(tuple(body), package)

    def stmt(self, node: Node, out: list[ir.Stmt]) -> None:
        """Lower a statement, and what stands broken in it."""
        super().stmt(node, out)
        if node.has_error and node.type not in _LISTED:
            for child in node.children:
                if child.type == "ERROR":
                    self.unknown(child, out)

    def _note_type(self, spec: Node) -> None:
        name = spec.child_by_field_name("name")
        kind = spec.child_by_field_name("type")
        if name is not None and kind is not None and spec.type == "type_spec":
            self.declared[self.text(name)] = kind

    def _receiver(self, method: Node) -> str:
        """Give the name of the type that a method belongs to."""
        given = method.child_by_field_name("receiver")
        listed = given.named_children if given is not None else []
        found = next((child for child in listed if child.type == "parameter_declaration"), None)
        kind = found.child_by_field_name("type") if found else None
        while kind is not None and kind.type not in {"type_identifier", "qualified_type"}:
            inner = self.named(kind)
            kind = inner[0] if inner else None
        return self.text(kind) if kind else ""

    # Declarations

    def _stray_method(self, node: Node, out: list[ir.Stmt]) -> None:
        """Lower the methods of a type that another file declares, where the first of them stands."""
        owner = self._receiver(node)
        if owner in self._classes or owner in self.declared or owner not in self._methods:
            return
        methods = self._take_methods(owner)
        made = ir.ClassDef(
            node.start_byte, node.end_byte, owner, (), (), methods, (), (), kind="methods", public=owner[:1].isupper()
        )
        _own(made)
        out.append(ir.ClassStatement(node.start_byte, node.end_byte, made))

    def _take_methods(self, owner: str) -> tuple[ir.Function, ...]:
        if self.inside:
            return ()
        self._classes.add(owner)
        return tuple([self._named_function(method) for method in self._methods.get(owner, ())])

    def _types(self, node: Node, out: list[ir.Stmt]) -> None:
        for spec in self.named(node):
            name = spec.child_by_field_name("name")
            kind = spec.child_by_field_name("type")
            if name is None or kind is None:
                self.unknown(spec, out)
            elif spec.type == "type_alias":
                target = self.name(name)
                out.append(ir.Assign(spec.start_byte, spec.end_byte, target, self.type_of(kind), declares=True))
            else:
                if self.inside:
                    self.declared.setdefault(self.text(name), kind)
                out.append(ir.ClassStatement(spec.start_byte, spec.end_byte, self._class(spec, self.text(name), kind)))

    def _class(self, spec: Node, name: str, kind: Node) -> ir.ClassDef:
        bases: list[ir.Expr] = []
        fields: list[ir.Assign] = []
        methods: tuple[ir.Function, ...] = ()
        form = "type"
        if kind.type == "struct_type":
            form = "struct"
            for field in self.field_nodes(kind):
                self._field(field, bases, fields)
        elif kind.type == "interface_type":
            form = "interface"
            found: list[ir.Function] = []
            for child in self.named(kind):
                if child.type == "method_elem":
                    label = child.child_by_field_name("name")
                    word, at = (self.text(label), label.start_byte) if label else ("", -1)
                    found.append(self.function_of(child, word, at, frozenset({"abstract"})))
                else:
                    bases.append(self.type_of(child))
            methods = tuple(found)
        else:
            bases.append(self.type_of(kind))
        methods += self._take_methods(name)
        made = ir.ClassDef(
            spec.start_byte, spec.end_byte, name, tuple(bases), (), methods, tuple(fields), (), kind=form,
            public=name[:1].isupper(),
        )  # fmt: skip
        _own(made)
        return made

    def _field(self, field: Node, bases: list[ir.Expr], fields: list[ir.Assign]) -> None:
        kind = field.child_by_field_name("type")
        names = [name for name in field.children_by_field_name("name") if name.is_named]
        declared = self.type_of(kind) if kind is not None else None
        if not names and declared is not None:
            bases.append(declared)
        tag = field.child_by_field_name("tag")
        tags = (self.expr(tag),) if tag is not None else ()
        for name in names:
            start, end = name.start_byte, name.end_byte
            target = ir.Name(start, end, self.text(name))
            fields.append(ir.Assign(start, field.end_byte, target, None, type=declared, declares=True, decorators=tags))

    def _imports(self, node: Node, out: list[ir.Stmt]) -> None:
        stack = self.named(node)[::-1]
        while stack:
            spec = stack.pop()
            if spec.type == "import_spec_list":
                stack.extend(self.named(spec)[::-1])
                continue
            path = spec.child_by_field_name("path")
            if path is None:
                self.unknown(spec, out)
                continue
            name = spec.child_by_field_name("name")
            module = package_path(text_of(self.data[path.start_byte : path.end_byte]))
            alias = self.text(name) if name is not None else package_alias(module, self.data)
            if name is not None and name.type == "dot":
                out.append(ir.Import(spec.start_byte, spec.end_byte, module, "*", ""))
            else:
                out.append(ir.Import(spec.start_byte, spec.end_byte, module, "", alias))

    def _vars(self, node: Node, out: list[ir.Stmt]) -> None:
        for child in self.named(node):
            for spec in self.named(child) if child.type == "var_spec_list" else [child]:
                if spec.type != "var_spec":
                    self.unknown(spec, out)
                    continue
                names = [name for name in spec.children_by_field_name("name") if name.is_named]
                kind = spec.child_by_field_name("type")
                value = spec.child_by_field_name("value")
                if value is not None:
                    self.assign(spec, names, self.named(value), out, kind=kind, declares=True)
                    continue
                declared = self.type_of(kind) if kind is not None else None
                for name in names:
                    start, end = name.start_byte, spec.end_byte
                    out.append(ir.Assign(start, end, self.expr(name), self.zero(kind), type=declared, declares=True))

    def _consts(self, node: Node, out: list[ir.Stmt]) -> None:
        before = self.iota
        values: list[Node] = []
        number = 0
        for spec in self.named(node):
            if spec.type != "const_spec":
                self.unknown(spec, out)
                continue
            names = [name for name in spec.children_by_field_name("name") if name.is_named]
            kind = spec.child_by_field_name("type")
            value = spec.child_by_field_name("value")
            if value is not None:
                values = self.named(value)
            elif values and values[-1].end_byte - values[0].start_byte > _LONGEST_REPEATED:
                values = []
            self.iota = number
            self.assign(spec, names, values[: len(names)], out, kind=kind, declares=True)
            number += 1
        self.iota = before


def _own(definition: ir.ClassDef) -> None:
    for method in definition.methods:
        method.owner = definition
