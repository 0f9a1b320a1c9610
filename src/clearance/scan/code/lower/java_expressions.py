"""Java's expressions and types.

A name on its own may be a member of a class around: it is written out (`this.x`, `Outer.x`, `Outer.this.x`), so that readers
need to know nothing of Java's scopes. An array type `T[]` is `Array[T]`, `new T[n]` a call of `new Array.T(n)`. A switch
that is an expression where no statement can take its place is a call of a function that returns in each case.
"""

from collections.abc import Callable, Sequence
from typing import Final

from tree_sitter import Node

from clearance.scan.code import ir
from clearance.scan.code.lower.base import Lowering
from clearance.scan.code.lower.java_literals import number, text_block, unescape
from clearance.scan.code.lower.java_members import NO_MEMBERS, Members, Owner, TypeTable
from clearance.scan.code.source import Source

_BINARY: Final = {
    "+": "+", "-": "-", "*": "*", "/": "/", "%": "%", "&": "&", "|": "|", "^": "^", "<<": "<<", ">>": ">>", ">>>": ">>",
    "&&": "and", "||": "or", "==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
}  # fmt: skip
_LINKS: Final = frozenset({"method_invocation", "field_access", "array_access"})
_ASIDE: Final = frozenset({"line_comment", "block_comment", "ERROR", "type_arguments"})
_TOLD_NOTHING: Final = frozenset({"String", "Object", "CharSequence", "var"})
_LONGEST_NAME: Final = 50
ARROW: Final = frozenset({"arrow"})


class JavaExpressions(Lowering):
    """Lowers expressions and types of one file."""

    names = frozenset({"identifier", "type_identifier"})
    skipped = frozenset({"line_comment", "block_comment"})

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.types = TypeTable(source.tree.root_node, source.data)
        self.members: Members = NO_MEMBERS
        self.class_name = ""
        """The class around; empty in an anonymous one."""
        self.expressions = {
            "identifier": self._identifier, "this": self._word, "super": self._word, "null_literal": self._null,
            "true": self._true, "false": self._false, "string_literal": self._string, "character_literal": self._character,
            "decimal_integer_literal": self._number, "hex_integer_literal": self._number,
            "octal_integer_literal": self._number, "binary_integer_literal": self._number,
            "decimal_floating_point_literal": self._number, "hex_floating_point_literal": self._number,
            "binary_expression": self._binary, "unary_expression": self._unary, "update_expression": self._update,
            "assignment_expression": self._bind, "ternary_expression": self._choice, "cast_expression": self._cast,
            "instanceof_expression": self._instanceof, "method_invocation": self._chain, "field_access": self._chain,
            "array_access": self._chain, "object_creation_expression": self._new, "lambda_expression": self._lambda,
            "array_creation_expression": self._new_array, "array_initializer": self._items,
            "element_value_array_initializer": self._items, "method_reference": self._reference,
            "class_literal": self._class_literal, "switch_expression": self._switch_value,
            "template_expression": self._template, "annotation": self.annotation, "marker_annotation": self.annotation,
            "type_identifier": self.name, "scoped_type_identifier": self._scoped, "scoped_identifier": self._scoped,
            "generic_type": self._generic, "array_type": self._array_type, "annotated_type": self._inner_type,
            "integral_type": self._word, "floating_point_type": self._word, "boolean_type": self._word,
            "void_type": self._word, "wildcard": self._inner_type, "type_arguments": self._inner_type,
        }  # fmt: skip

    # What declarations and statements add

    def anonymous(self, node: Node, body: Node, base: ir.Expr) -> ir.ClassValue:
        """Lower the body of an anonymous class."""
        raise NotImplementedError

    def returning(self, node: Node) -> ir.Block:
        """Lower a switch expression as statements that return its value."""
        raise NotImplementedError

    def scoped(self, body: Node) -> ir.Block:
        """Lower a statement, or the statements of a block, with variables of its own."""
        raise NotImplementedError

    # Scopes

    def delayed(self, run: Callable[[], ir.Block]) -> Callable[[], ir.Block]:
        """Make `Function.lower`: like `later`, and with the members that can be named here."""
        members, around = self.members, self.class_name

        def lower() -> ir.Block:
            before = self.members, self.class_name
            self.members, self.class_name = members, around
            try:
                return run()
            finally:
                self.members, self.class_name = before

        return self.later(lower)

    def hide(self, name: str) -> None:
        """Note a local variable: from here on it is what its name means."""
        self.members = self.members.without(name)

    def new_name(self, node: Node) -> ir.Name:
        """Lower the name of a variable that is being declared."""
        text = self.text(node)
        self.hide(text)
        return ir.Name(node.start_byte, node.end_byte, text)

    def _identifier(self, node: Node) -> ir.Expr:
        start, end = node.start_byte, node.end_byte
        text = self.data[start:end].decode("utf-8", "replace")
        owner = self.members.field(text)
        if owner is not None:
            return ir.Attr(start, end, _owner(owner, start), text)
        return ir.Name(start, end, text) if text else self.opaque(node, "MISSING")

    # Literals

    def _word(self, node: Node) -> ir.Expr:
        return ir.Name(node.start_byte, node.end_byte, self.text(node))

    def _null(self, node: Node) -> ir.Expr:
        return ir.Const(node.start_byte, node.end_byte, None)

    def _true(self, node: Node) -> ir.Expr:
        return ir.Const(node.start_byte, node.end_byte, True)

    def _false(self, node: Node) -> ir.Expr:
        return ir.Const(node.start_byte, node.end_byte, False)

    def _number(self, node: Node) -> ir.Expr:
        return ir.Const(node.start_byte, node.end_byte, number(self.text(node)))

    def _character(self, node: Node) -> ir.Expr:
        return ir.Const(node.start_byte, node.end_byte, unescape(self.text(node)[1:-1]))

    def _string(self, node: Node) -> ir.Expr:
        raw = self.text(node)
        start, end = node.start_byte, node.end_byte
        if any(child.type == "string_interpolation" for child in node.named_children):
            return self._interpolated(node)
        if raw.startswith('"""'):
            return ir.Const(start, end, text_block(raw[3:-3]))
        return ir.Const(start, end, unescape(raw[1:-1]))

    def _interpolated(self, node: Node) -> ir.Expr:
        parts: list[ir.Expr] = []
        for child in node.named_children:
            if child.type == "string_interpolation":
                parts.extend(self.exprs(child.named_children))
            elif child.type not in self.skipped:
                parts.append(ir.Const(child.start_byte, child.end_byte, unescape(self.text(child))))
        return ir.Text(node.start_byte, node.end_byte, tuple(parts))

    def _template(self, node: Node) -> ir.Expr:
        argument = node.child_by_field_name("template_argument")
        return self.opaque(node) if argument is None else self.expr(argument)

    # Types

    def type(self, node: Node | None, dimensions: Node | None = None) -> ir.Expr | None:
        """Lower a type; `var` is none. `dimensions` are those behind the variable's name (`String a[]`)."""
        if node is None:
            return None
        start, end = node.start_byte, node.end_byte
        if node.type == "type_identifier" and self.data[start:end] == b"var":
            return None
        made = self.expr(node)
        return made if dimensions is None else ir.Index(start, end, ir.Name(start, start, "Array"), made)

    def tells(self, kind: ir.Expr | None) -> bool:
        """Whether a declared type is worth an assignment of its own."""
        return kind is not None and not (isinstance(kind, ir.Name) and kind.id in _TOLD_NOTHING)

    def _scoped(self, node: Node) -> ir.Expr:
        whole, parts = node, list[Node]()
        while node.type in {"scoped_type_identifier", "scoped_identifier"}:
            kids = [kid for kid in self.kids(node) if kid.is_named and "annotation" not in kid.type]
            if len(kids) != 2:
                return self.opaque(node)
            parts.append(kids[1])
            node = kids[0]
            if len(parts) > _LONGEST_NAME:
                return self.deep(whole)
        made = self.made_type(node) if node.type == "generic_type" else self.name(node)
        for part in reversed(parts):
            made = ir.Attr(made.at, part.end_byte, made, self.text(part))
        return made

    def _generic(self, node: Node) -> ir.Expr:
        kids = self.named(node)
        base = self.expr(kids[0])
        arguments = self.exprs(kids[1].named_children) if len(kids) > 1 else ()
        if not arguments:
            return base
        key = arguments[0] if len(arguments) == 1 else ir.Items(kids[1].start_byte, kids[1].end_byte, "tuple", arguments)
        return ir.Index(node.start_byte, node.end_byte, base, key)

    def _array_type(self, node: Node) -> ir.Expr:
        element = node.child_by_field_name("element")
        if element is None:
            return self.opaque(node)
        base = ir.Name(node.start_byte, node.start_byte, "Array")
        return ir.Index(node.start_byte, node.end_byte, base, self.expr(element))

    def _inner_type(self, node: Node) -> ir.Expr:
        kids = [kid for kid in self.named(node) if "annotation" not in kid.type and kid.type != "super"]
        return self.expr(kids[-1]) if kids else ir.Name(node.start_byte, node.end_byte, "Object")

    def made_type(self, node: Node) -> ir.Expr:
        """Lower a type that is made, extended or compared with: without its type arguments."""
        made = self.expr(node)
        return _without_arguments(made) if node.type == "generic_type" else made

    # Annotations

    def annotation(self, node: Node) -> ir.Expr:
        """Lower an annotation: a name, or a call with its elements as keyword arguments."""
        name = node.child_by_field_name("name")
        if name is None:
            return self.opaque(node)
        func = self._scoped(name) if name.type == "scoped_identifier" else self.name(name)
        given = node.child_by_field_name("arguments")
        if given is None:
            return func
        args = []
        for child in self.named(given):
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            if child.type == "element_value_pair" and key is not None and value is not None:
                args.append(ir.Arg(child.start_byte, child.end_byte, self.expr(value), self.text(key)))
            else:
                args.append(ir.Arg(child.start_byte, child.end_byte, self.expr(child)))
        return ir.Call(node.start_byte, node.end_byte, func, tuple(args))

    def annotations(self, modifiers: Node | None) -> tuple[ir.Expr, ...]:
        """Lower the annotations among modifiers."""
        if modifiers is None:
            return ()
        return tuple([self.expr(one) for one in modifiers.named_children if one.type.endswith("annotation")])

    # Operators

    def _binary(self, node: Node) -> ir.Expr:
        return self.binary(node, _BINARY)

    def _unary(self, node: Node) -> ir.Expr:
        kids = self.kids(node)
        if len(kids) != 2:
            return self.opaque(node)
        op = kids[0].type
        start, end = node.start_byte, node.end_byte
        if op == "-" and kids[1].type.endswith("_literal"):
            inner = self.expr(kids[1])
            if isinstance(inner, ir.Const) and isinstance(inner.value, int | float):
                return ir.Const(start, end, -inner.value)
            return ir.Unary(start, end, op, inner)
        return ir.Unary(start, end, "not" if op == "!" else op, self.expr(kids[1]))

    def _update(self, node: Node) -> ir.Expr:
        """`++i` gives the new value, `i++` the old one: the new one less what was added."""
        kids = self.kids(node)
        if len(kids) != 2:
            return self.opaque(node)
        start, end = node.start_byte, node.end_byte
        before = kids[0].type in {"++", "--"}
        op = (kids[0] if before else kids[1]).type[0]
        made = ir.Bind(start, end, self.expr(kids[1 if before else 0]), ir.Const(start, end, 1), op)
        if before:
            return made
        return ir.Binary(start, end, "-" if op == "+" else "+", (made, ir.Const(start, end, 1)))

    def _bind(self, node: Node) -> ir.Expr:
        kids = self.kids(node)
        if len(kids) != 3:
            return self.opaque(node)
        target = self.expr(kids[0])
        return ir.Bind(node.start_byte, node.end_byte, target, self.expr(kids[2]), operator(kids[1].type))

    def _choice(self, node: Node) -> ir.Expr:
        kids = self.kids(node)
        if len(kids) != 5:
            return self.opaque(node)
        return ir.Choice(node.start_byte, node.end_byte, self.expr(kids[0]), self.expr(kids[2]), self.expr(kids[4]))

    def _cast(self, node: Node) -> ir.Expr:
        value = node.child_by_field_name("value")
        if value is None:
            return self.opaque(node)
        kind = self.type(node.child_by_field_name("type"))
        return ir.Through(node.start_byte, node.end_byte, "cast", self.expr(value), kind)

    def _instanceof(self, node: Node) -> ir.Expr:
        """`x instanceof T t` asks, and where the answer is yes gives `t` its value."""
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        name, pattern = node.child_by_field_name("name"), node.child_by_field_name("pattern")
        if left is None or (right is None and pattern is None):
            return self.opaque(node)
        start, end = node.start_byte, node.end_byte
        value = self.expr(left)
        if right is not None:
            kind = self.type(right)
            target: ir.Expr | None = None if name is None else self.new_name(name)
        elif pattern is not None:
            kind, target, _ = self.pattern(pattern)
        if kind is None:
            return self.opaque(node)
        plain = _without_arguments(kind)
        if target is None:
            return ir.Compare(start, end, "instanceof", value, plain)
        if not isinstance(value, ir.Name):
            value = ir.Bind(target.at, target.end, target, ir.Through(value.at, value.end, "cast", value, kind))
            return ir.Compare(start, end, "instanceof", value, plain)
        test = ir.Compare(start, end, "instanceof", value, plain)
        again = ir.Name(value.at, value.end, value.id)
        bound = ir.Bind(target.at, target.end, target, ir.Through(value.at, value.end, "cast", again, kind))
        return ir.Binary(start, end, "and", (test, bound))

    def pattern(self, node: Node) -> tuple[ir.Expr | None, ir.Expr | None, list[tuple[ir.Name, ir.Expr]]]:
        """Lower a type or record pattern: its type, what it binds as a target, and the types of the names in it."""
        typed: list[tuple[ir.Name, ir.Expr]] = []
        kids = self.named(node)
        if node.type == "pattern":
            return self.pattern(kids[0]) if len(kids) == 1 else (None, self.opaque(node), typed)
        if node.type == "record_pattern" and len(kids) >= 2:
            parts: list[ir.Expr] = []
            self.depth += 1
            for child in self.named(kids[1]):
                inner = self.named(child)
                nested = child if child.type != "record_pattern_component" else inner[0] if len(inner) == 1 else None
                if self.depth >= ir.MAX_DEPTH:
                    parts.append(self.deep(child))
                elif nested is None or nested.type == "underscore_pattern":
                    kind, name = self._typed_name(inner)
                    parts.append(name if name is not None else ir.Opaque(child.start_byte, child.end_byte, "_"))
                    if name is not None and kind is not None:
                        typed.append((name, kind))
                else:
                    _, target, more = self.pattern(nested)
                    parts.append(target if target is not None else ir.Opaque(child.start_byte, child.end_byte, "_"))
                    typed.extend(more)
            self.depth -= 1
            return self.expr(kids[0]), self._taken_apart(kids[0], kids[1], tuple(parts)), typed
        kind, name = self._typed_name(kids)
        if name is not None and kind is not None:
            typed.append((name, kind))
        return kind, name, typed

    def _taken_apart(self, record: Node, body: Node, parts: tuple[ir.Expr, ...]) -> ir.Expr:
        """Give the target of a record pattern: by the names of the components where the file declares the record."""
        start, end = body.start_byte, body.end_byte
        names = self.types.components(self.text(record))
        if len(names) != len(parts):
            return ir.Items(start, end, "tuple", parts)
        entries = tuple([(ir.Const(one.at, one.at, name), one) for name, one in zip(names, parts, strict=True)])
        return ir.Object(start, end, entries)

    def _typed_name(self, kids: Sequence[Node]) -> tuple[ir.Expr | None, ir.Name | None]:
        kids = [kid for kid in kids if kid.type != "modifiers"]
        kind = self.type(kids[0]) if kids else None
        last = kids[-1] if len(kids) > 1 else None
        return kind, self.new_name(last) if last is not None and last.type == "identifier" else None

    # Members, calls

    def _chain(self, node: Node) -> ir.Expr:
        """Lower `a.b(c).d[e]…` from its innermost part outwards."""
        links: list[tuple[Node, list[Node]]] = []  # outermost first
        at: Node = node
        made: ir.Expr | None = None
        while at.type in _LINKS:
            kids = at.children
            if any(kid.type in _ASIDE for kid in kids):
                kids = [kid for kid in self.kids(at) if kid.type != "type_arguments"]
            if at.type == "method_invocation" and len(kids) == 2:
                made = self._bare_call(at, kids)
                break
            if len(kids) < 3:
                made = self.opaque(at)
                break
            links.append((at, kids))
            at = self.unwrapped(kids[0])
        room = (ir.MAX_DEPTH - self.depth) // 2
        before = self.depth
        over = links[room:]
        self.depth = max(before, min(before + len(links) * 2, ir.MAX_DEPTH - 1))
        if made is None:
            made = self.expr(at)
        if over:
            self.depth = max(before, ir.MAX_DEPTH - 1)  # never less deep than the chain itself, or it has no end
            parts = [made]
            for link, kids in reversed(over):
                inner = self.named(kids[-1]) if link.type == "method_invocation" else [kids[2]]
                parts.extend(self.expr(one) for one in inner if link.type != "field_access")
            self.coverage.opaque["chain"] = self.coverage.opaque.get("chain", 0) + 1
            made = ir.Opaque(at.start_byte, over[0][0].end_byte, "chain", tuple(parts))
            del links[room:]
        for number_, (link, kids) in enumerate(reversed(links)):
            self.depth = before + 2 * (len(links) - number_) - 1
            made = self._link(link, kids, made)
        self.depth = before
        return made

    def _link(self, node: Node, kids: list[Node], base: ir.Expr) -> ir.Expr:
        start, end = node.start_byte, node.end_byte
        if node.type == "array_access":
            return ir.Index(start, end, base, self.expr(kids[2]))
        if node.type == "field_access":
            return ir.Attr(start, end, base, self.text(kids[-1]))
        name = kids[-2]
        func: ir.Expr = ir.Attr(min(start, base.at), name.end_byte, base, self.text(name))
        if len(kids) == 6:  # Outer.super.name(…)
            func = ir.Attr(start, name.end_byte, ir.Name(kids[2].start_byte, kids[2].end_byte, "super"), self.text(name))
        return ir.Call(start, end, func, self.arguments(kids[-1]))

    def _bare_call(self, node: Node, kids: list[Node]) -> ir.Expr:
        start, end = kids[0].start_byte, kids[0].end_byte
        name = self.text(kids[0])
        owner = self.members.method(name)
        func: ir.Expr = ir.Name(start, end, name) if owner is None else ir.Attr(start, end, _owner(owner, start), name)
        return ir.Call(node.start_byte, node.end_byte, func, self.arguments(kids[1]))

    def arguments(self, node: Node) -> tuple[ir.Arg, ...]:
        """Lower the arguments of a call."""
        return tuple([ir.Arg(one.start_byte, one.end_byte, self.expr(one)) for one in self.named(node)])

    def _new(self, node: Node) -> ir.Expr:
        kind, given = node.child_by_field_name("type"), node.child_by_field_name("arguments")
        if kind is None:
            return self.opaque(node)
        func = self.made_type(kind)
        args = self.arguments(given) if given is not None else ()
        for child in node.named_children:
            if child.type == "class_body":
                args += (ir.Arg(child.start_byte, child.end_byte, self.anonymous(node, child, func)),)
        return ir.Call(node.start_byte, node.end_byte, func, args, new=True)

    def _new_array(self, node: Node) -> ir.Expr:
        value = node.child_by_field_name("value")
        if value is not None:
            return self.expr(value)
        sizes: list[Node] = []
        for one in node.children_by_field_name("dimensions"):
            sizes.extend(self.named(one) if one.type == "dimensions_expr" else ())
        args = tuple([ir.Arg(size.start_byte, size.end_byte, self.expr(size)) for size in sizes])
        kind = node.child_by_field_name("type")
        element = self.made_type(kind) if kind is not None else None
        base: ir.Expr = ir.Name(node.start_byte, node.start_byte, "Array")
        if isinstance(element, ir.Name | ir.Attr):
            word = element.id if isinstance(element, ir.Name) else element.name
            base = ir.Attr(node.start_byte, element.end, base, word)
        return ir.Call(node.start_byte, node.end_byte, base, args, new=True)

    def _items(self, node: Node) -> ir.Expr:
        return ir.Items(node.start_byte, node.end_byte, "list", self.exprs(node.named_children))

    def _reference(self, node: Node) -> ir.Expr:
        kids = [kid for kid in self.kids(node) if kid.type != "type_arguments"]
        if len(kids) != 3:
            return self.opaque(node)
        base = self.made_type(kids[0])
        if kids[2].type == "new":
            return base
        start, end, name = node.start_byte, node.end_byte, self.text(kids[2])
        return ir.Attr(start, end, base, name)

    def _class_literal(self, node: Node) -> ir.Expr:
        kids = self.kids(node)
        return ir.Attr(node.start_byte, node.end_byte, self.made_type(kids[0]), "class")

    # Functions and switches as values

    def _lambda(self, node: Node) -> ir.Expr:
        parameters, body = node.child_by_field_name("parameters"), node.child_by_field_name("body")
        if parameters is None or body is None:
            return self.opaque(node)
        if parameters.type == "identifier":
            params: tuple[ir.Param, ...] = (ir.Param(parameters.start_byte, parameters.end_byte, self.text(parameters)),)
        elif parameters.type == "inferred_parameters":
            params = tuple([ir.Param(one.start_byte, one.end_byte, self.text(one)) for one in self.named(parameters)])
        else:
            params = self.parameters(parameters)

        def run() -> ir.Block:
            for param in params:
                self.hide(param.name)
            if body.type == "block":
                return self.scoped(body)
            return (ir.Return(body.start_byte, body.end_byte, self.expr(body)),)

        start, end = node.start_byte, node.end_byte
        return ir.Lambda(start, end, ir.Function(start, end, "", params, (), self.delayed(run), public=False, flags=ARROW))

    def _switch_value(self, node: Node) -> ir.Expr:
        start, end = node.start_byte, node.end_byte
        function = ir.Function(start, end, "", (), (), self.delayed(lambda: self.returning(node)), public=False, flags=ARROW)
        return ir.Call(start, end, ir.Lambda(start, end, function), ())

    def parameters(self, node: Node | None) -> tuple[ir.Param, ...]:
        """Lower parameters that are written with their types."""
        made = []
        for child in node.named_children if node is not None else ():
            kids = self.named(child)
            modifiers = kids[0] if kids and kids[0].type == "modifiers" else None
            start, end = child.start_byte, child.end_byte
            if child.type == "formal_parameter":
                name, kind = child.child_by_field_name("name"), child.child_by_field_name("type")
                shape = self.type(kind, child.child_by_field_name("dimensions"))
                text = self.text(name) if name is not None else ""
                made.append(ir.Param(start, end, text, type=shape, decorators=self.annotations(modifiers)))
            elif child.type == "spread_parameter":
                kinds = [kid for kid in kids if kid.type not in {"modifiers", "variable_declarator"}]
                name = kids[-1].child_by_field_name("name") if kids else None
                shape = self.type(kinds[0]) if kinds else None
                text = self.text(name) if name is not None else ""
                made.append(ir.Param(start, end, text, type=shape, kind="*", decorators=self.annotations(modifiers)))
        return tuple(made)


def _owner(owner: Owner, at: int) -> ir.Expr:
    """Write out what a member belongs to; it takes no room in the text."""
    made: ir.Expr = ir.Name(at, at, owner[0])
    for name in owner[1:]:
        made = ir.Attr(at, at, made, name)
    return made


def operator(written: str) -> str:
    """Give the operator of an assignment (`+` for `+=`)."""
    op = written[:-1]
    return ">>" if op == ">>>" else op


def _without_arguments(kind: ir.Expr) -> ir.Expr:
    """Drop type arguments; an array stays one."""
    if isinstance(kind, ir.Index) and not (isinstance(kind.base, ir.Name) and kind.base.id == "Array"):
        return kind.base
    return kind
