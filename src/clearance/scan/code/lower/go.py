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

import re
from collections.abc import Sequence
from functools import partial
from typing import Final

from tree_sitter import Node

from clearance.scan.code import ir
from clearance.scan.code.lower.go_values import GoValues
from clearance.scan.code.lower.go_words import implied_imports, package_alias, package_path, text_of
from clearance.scan.code.source import Source

_BREAKS: Final = re.compile(rb"\b(?:break|fallthrough)\b")
_LONGEST_REPEATED: Final = 400
_LISTED: Final = frozenset({
    "ERROR", "block", "statement_list", "var_declaration", "const_declaration", "type_declaration", "import_declaration",
})  # fmt: skip
"""Of these every child is looked at, broken text included."""


def lower(source: Source) -> ir.Module:
    """Lower a file of Go. Statements at the top, which Go has not but snippets have, are lowered, too."""
    return _Go(source).file()


class _Go(GoValues):
    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.statements = {
            "expression_statement": self._effect,
            "short_var_declaration": self._declare,
            "assignment_statement": self._assign,
            "inc_statement": partial(self._step, "+"),
            "dec_statement": partial(self._step, "-"),
            "var_declaration": self._vars,
            "const_declaration": self._consts,
            "type_declaration": self._types,
            "function_declaration": self._function,
            "method_declaration": self._stray_method,
            "import_declaration": self._imports,
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
            "receive_statement": self._receive,
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
                    self._given(spec, names, self.named(value), out, kind=kind, declares=True)
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
            self._given(spec, names, values[: len(names)], out, kind=kind, declares=True)
            number += 1
        self.iota = before

    # Assignments

    def _declare(self, node: Node, out: list[ir.Stmt]) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            self.unknown(node, out)
        else:
            self._given(node, self.named(left), self.named(right), out, declares=True)

    def _assign(self, node: Node, out: list[ir.Stmt]) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        word = node.child_by_field_name("operator")
        if left is None or right is None:
            self.unknown(node, out)
            return
        op = word.type[:-1] if word is not None else ""
        if not op:
            self._given(node, self.named(left), self.named(right), out)
            return
        for target, value in zip(self.named(left), self.named(right), strict=False):
            made = self.expr(value)
            if op == "&^":
                op, made = "&", ir.Unary(value.start_byte, value.end_byte, "~", made)
            out.append(ir.Assign(node.start_byte, node.end_byte, self._target(target), made, op if op != "/" else "//"))

    def _step(self, op: str, node: Node, out: list[ir.Stmt]) -> None:
        start, end = node.start_byte, node.end_byte
        inside = self.named(node)
        if inside:
            out.append(ir.Assign(start, end, self._target(inside[0]), ir.Const(end, end, 1), op))

    def _target(self, node: Node) -> ir.Expr:
        """Lower what is assigned to; what a pointer points at is written as the pointer."""
        node = self.unwrapped(node)
        while node.type == "unary_expression" and node.children[0].type == "*":
            node = self.unwrapped(node.children[-1])
        return self.expr(node)

    def _given(
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
            out.append(ir.Assign(start, end, self._target(left[0]), value, type=declared, declares=declares))
        elif left:
            targets = tuple([self._target(name) for name in left])
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
                out.append(ir.Assign(node.start_byte, node.end_byte, self._target(target), given, declares=declares))
        return True

    # Statements

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
            target = ir.Items(left.start_byte, left.end_byte, "tuple", tuple([self._target(name) for name in names]))
        elif names:
            target = self._target(names[0])
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
            name = self._target(names[0])
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

    def _receive(self, node: Node, out: list[ir.Stmt]) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if right is None:
            self.unknown(node, out)
        elif left is None:
            out.append(ir.Eval(node.start_byte, node.end_byte, self.expr(right)))
        else:
            self._given(node, self.named(left), [right], out, declares=True)

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


def _own(definition: ir.ClassDef) -> None:
    for method in definition.methods:
        method.owner = definition
