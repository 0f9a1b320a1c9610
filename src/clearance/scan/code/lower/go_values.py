"""Expressions, types and functions of Go; `go` tells how they look in the common form."""

import re
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Final

from tree_sitter import Node

from clearance.scan.code import ir
from clearance.scan.code.lower.base import Lowering
from clearance.scan.code.lower.go_words import number_of, rune_of, text_of
from clearance.scan.code.source import Source

_OPERATORS: Final = {
    "&&": "and", "||": "or", "==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
    "+": "+", "-": "-", "*": "*", "/": "//", "%": "%", "&": "&", "|": "|", "^": "^", "<<": "<<", ">>": ">>",
}  # fmt: skip
_WITH_FRACTIONS: Final = _OPERATORS | {"/": "/"}
_FRACTION: Final = re.compile(rb"\d\.\d|\bfloat(?:32|64)\b|\bmath\.")
_UNARY: Final = {"!": "not", "-": "-", "+": "+", "^": "~", "*": "*", "&": "&"}
_CASTS: Final = frozenset({"string", "error", "any", "interface"})
_WHOLE: Final = frozenset({
    "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "uintptr", "byte", "rune",
    "float32", "float64",
})  # fmt: skip
_PREDECLARED: Final = _WHOLE | _CASTS | {"bool", "complex64", "complex128", "comparable"}
_LISTS: Final = frozenset({"slice_type", "array_type", "implicit_length_array_type"})
_TYPES: Final = (
    "type_identifier", "qualified_type", "pointer_type", "generic_type", "slice_type", "array_type",
    "implicit_length_array_type", "map_type", "channel_type", "function_type", "interface_type", "struct_type",
    "parenthesized_type", "negated_type", "type_elem", "type_constraint",
)  # fmt: skip
_UNWRAPPED: Final = frozenset({"pointer_type", "parenthesized_type", "negated_type", "type_elem", "type_constraint"})


class GoValues(Lowering):
    """What is within statements."""

    names = frozenset({"identifier", "type_identifier", "package_identifier"})

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.expressions = {
            "identifier": self.name,
            "blank_identifier": self.name,
            "field_identifier": self.name,
            "package_identifier": self.name,
            "true": self._literal,
            "false": self._literal,
            "nil": self._literal,
            "iota": self._literal,
            "int_literal": self._literal,
            "float_literal": self._literal,
            "imaginary_literal": self._literal,
            "rune_literal": self._literal,
            "interpreted_string_literal": self._literal,
            "raw_string_literal": self._literal,
            "selector_expression": self._selector,
            "call_expression": self._call,
            "binary_expression": self._binary,
            "unary_expression": self._unary,
            "composite_literal": self._composite,
            "literal_value": lambda node: self._value_of(None, node),
            "func_literal": self._closure,
            "index_expression": self._index,
            "slice_expression": self._slice,
            "type_assertion_expression": self._assertion,
            "type_conversion_expression": self._conversion,
            "type_instantiation_expression": self.type_of,
            **dict.fromkeys(_TYPES, self.type_of),
        }
        self.iota: int | None = None
        self.results: tuple[str, ...] = ()
        """The named results of the function that is being lowered."""
        self.declared: dict[str, Node] = {}
        """The types of the file by their names: what each is, as a node."""

    # Expressions

    def _literal(self, node: Node) -> ir.Expr:
        start, end = node.start_byte, node.end_byte
        written = self.data[start:end]
        match node.type:
            case "interpreted_string_literal" | "raw_string_literal":
                return ir.Const(start, end, text_of(written))
            case "int_literal" | "float_literal" | "imaginary_literal":
                return ir.Const(start, end, number_of(written))
            case "rune_literal":
                return ir.Const(start, end, rune_of(written))
            case "iota":
                return ir.Name(start, end, "iota") if self.iota is None else ir.Const(start, end, self.iota)
            case "nil":
                return ir.Const(start, end, None)
            case kind:
                return ir.Const(start, end, kind == "true")

    def _selector(self, node: Node) -> ir.Expr:
        kids = node.children
        if len(kids) != 3:
            kids = self.kids(node)
        if len(kids) != 3:
            return self.opaque(node)
        return ir.Attr(node.start_byte, node.end_byte, self.expr(kids[0]), self.text(kids[2]))

    def _binary(self, node: Node) -> ir.Expr:
        start, end = node.start_byte, node.end_byte
        kids = node.children
        if len(kids) == 3 and kids[1].type == "&^":
            right = ir.Unary(kids[2].start_byte, kids[2].end_byte, "~", self.expr(kids[2]))
            return ir.Binary(start, end, "&", (self.expr(kids[0]), right))
        if self.data.find(b"/", start, end) >= 0 and _FRACTION.search(self.data, start, end):
            return self.binary(node, _WITH_FRACTIONS)
        return self.binary(node, _OPERATORS)

    def _unary(self, node: Node) -> ir.Expr:
        start, end = node.start_byte, node.end_byte
        kids = node.children
        if len(kids) != 2:
            kids = self.kids(node)
        if len(kids) != 2:
            return self.opaque(node)
        word = kids[0].type
        inner = self.expr(kids[1])
        if word == "<-":
            return ir.Through(start, end, "receive", inner)
        if word == "&" and isinstance(inner, ir.Object | ir.Items):
            return inner
        if word == "-" and isinstance(inner, ir.Const) and isinstance(inner.value, int | float):
            return ir.Const(start, end, -inner.value)
        return ir.Unary(start, end, _UNARY.get(word, "+"), inner)

    def _index(self, node: Node) -> ir.Expr:
        base = node.child_by_field_name("operand")
        key = node.child_by_field_name("index")
        if base is None or key is None:
            return self.opaque(node)
        return ir.Index(node.start_byte, node.end_byte, self.expr(base), self.expr(key))

    def _slice(self, node: Node) -> ir.Expr:
        base = node.child_by_field_name("operand")
        if base is None:
            return self.opaque(node)
        low = self.maybe(node.child_by_field_name("start"))
        high = self.maybe(node.child_by_field_name("end"))
        return ir.Slice(node.start_byte, node.end_byte, self.expr(base), low, high)

    def _assertion(self, node: Node) -> ir.Expr:
        value = node.child_by_field_name("operand")
        if value is None:
            return self.opaque(node)
        kind = self.maybe(node.child_by_field_name("type"))
        return ir.Through(node.start_byte, node.end_byte, "assert", self.expr(value), kind)

    def _closure(self, node: Node) -> ir.Expr:
        return ir.Lambda(node.start_byte, node.end_byte, self.function_of(node, ""))

    # Calls and conversions

    def _call(self, node: Node) -> ir.Expr:
        start, end = node.start_byte, node.end_byte
        kids = node.children
        if len(kids) == 2:
            called, given = kids
        else:
            found = node.child_by_field_name("function")
            arguments = node.child_by_field_name("arguments")
            if found is None or arguments is None:
                return self.opaque(node)
            called, given = found, arguments
        inside = [child for child in given.named_children if child.type not in self.skipped]
        if called.type == "identifier":
            word = self.text(called)
            made = self._builtin(word, node, inside)
            if made is not None:
                return made
        elif called.type == "parenthesized_expression" and len(inside) == 1:
            inner = self.unwrapped(called)
            if inner.type == "unary_expression" and inner.children[0].type == "*":
                return ir.Through(start, end, "cast", self.expr(inside[0]), self.expr(inner.children[-1]))
        return ir.Call(start, end, self.expr(called), self._args(inside))

    def _args(self, nodes: Sequence[Node]) -> tuple[ir.Arg, ...]:
        made: list[ir.Arg] = []
        for node in nodes:
            start, end = node.start_byte, node.end_byte
            if node.type == "variadic_argument":
                spread = self.named(node)
                made.append(ir.Arg(start, end, self.expr(spread[0] if spread else node), "", "*"))
            elif node.type == "ERROR":
                made.append(ir.Arg(start, end, self.opaque(node)))
            else:
                made.append(ir.Arg(start, end, self.expr(node)))
        return tuple(made)

    def _builtin(self, word: str, node: Node, inside: Sequence[Node]) -> ir.Expr | None:
        """Lower a call of `append`, `make`, `new`, or a conversion; None for any other call."""
        start, end = node.start_byte, node.end_byte
        count = len(inside)
        if count == 1 and (word in _CASTS or word in self.declared):
            kind = ir.Name(start, start + len(word.encode("utf-8", "replace")), word)
            return ir.Through(start, end, "cast", self.expr(inside[0]), kind)
        if word == "append" and count:
            items = [self._spread(inside[0])]
            for child in inside[1:]:
                if child.type == "variadic_argument":
                    items += [self._spread(inner) for inner in self.named(child)[:1]]
                else:
                    items.append(self.expr(child))
            return ir.Items(start, end, "list", tuple(items))
        if word == "new" and count == 1 and inside[0].type in {"identifier", *_TYPES}:
            return ir.Object(start, end, (), self.type_of(inside[0]))
        if word == "make" and (count == 1 or (count == 2 and inside[1].type == "int_literal")):
            kind_node = self._resolved(inside[0])
            if kind_node.type == "map_type":
                return ir.Object(start, end, ())
            if kind_node.type in _LISTS and count == 2 and self.text(inside[1]) == "0":
                return ir.Items(start, end, "list", ())
            if kind_node.type in {"channel_type", "qualified_type"}:
                return ir.Object(start, end, (), self.type_of(inside[0]))
        return None

    def _spread(self, node: Node) -> ir.Expr:
        return ir.Spread(node.start_byte, node.end_byte, self.expr(node))

    def _conversion(self, node: Node) -> ir.Expr:
        """Lower a conversion; the grammar takes the call of a generic function, or of an entry of a map, for one, too."""
        start, end = node.start_byte, node.end_byte
        kind = node.child_by_field_name("type")
        value = node.child_by_field_name("operand")
        if kind is None or value is None:
            return self.opaque(node)
        if kind.type == "generic_type":
            base = kind.child_by_field_name("type")
            if base is not None and self.text(base) not in self.declared:
                return ir.Call(start, end, self._entry(kind, base), self._args([value]))
        return ir.Through(start, end, "cast", self.expr(value), self.type_of(kind))

    def _entry(self, kind: Node, base: Node) -> ir.Expr:
        """Lower what stands before the parentheses of `f[int](x)` and `handlers[key](x)`."""
        given = kind.child_by_field_name("type_arguments")
        keys = self.named(given) if given else []
        key = keys[0] if len(keys) == 1 else None
        while key is not None and key.type == "type_elem" and key.named_child_count == 1:
            key = key.named_children[0]
        if key is not None and key.type == "type_identifier":
            word = self.text(key)
            if word[:1].islower() and word not in _PREDECLARED and word not in self.declared:
                return ir.Index(kind.start_byte, kind.end_byte, self.type_of(base), self.name(key))
        return self.type_of(base)

    # Composite literals

    def _composite(self, node: Node) -> ir.Expr:
        kind = node.child_by_field_name("type")
        body = node.child_by_field_name("body")
        return self.opaque(node) if body is None else self._value_of(kind, body, node)

    def _resolved(self, kind: Node) -> Node:
        """Follow a type of the file to what it stands for, without pointers; at most a few steps."""
        for _ in range(8):
            if kind.type in {"type_identifier", "identifier"}:
                known = self.declared.get(self.text(kind))
            elif kind.type == "generic_type":
                inner = kind.child_by_field_name("type")
                known = self.declared.get(self.text(inner)) if inner else None
            elif kind.type in {"pointer_type", "parenthesized_type"}:
                known = next(iter(self.named(kind)), None)
            else:
                return kind
            if known is None:
                return kind
            kind = known
        return kind

    def _value_of(self, kind: Node | None, body: Node, whole: Node | None = None) -> ir.Expr:
        """Lower the braces of a composite literal of a type; None where nothing tells the type."""
        start = (whole or body).start_byte
        end = body.end_byte
        entries = self.named(body)
        shape = self._resolved(kind) if kind is not None else None
        if shape is not None and shape.type in _LISTS:
            element = shape.child_by_field_name("element")
            return ir.Items(start, end, "list", tuple([self._element(entry, element) for entry in entries]))
        if shape is None and not any(entry.type == "keyed_element" for entry in entries):
            return ir.Items(start, end, "list", tuple([self._element(entry, None) for entry in entries]))
        written = None if shape is None or kind is None or kind.type in {"map_type", "struct_type"} else self.type_of(kind)
        inner = shape.child_by_field_name("value") if shape is not None and shape.type == "map_type" else None
        fields = self._fields(shape) if shape is not None and shape.type == "struct_type" else []
        local = shape is not None and shape.type == "struct_type"
        made: list[tuple[ir.Expr | None, ir.Expr]] = []
        for number, entry in enumerate(entries):
            if entry.type == "keyed_element":
                key = entry.child_by_field_name("key")
                name = self._key(key, is_map=inner is not None, is_struct=local) if key is not None else None
            else:
                name = ir.Const(entry.start_byte, entry.start_byte, fields[number] if number < len(fields) else number)
            made.append((name, self._element(entry, inner)))
        return ir.Object(start, end, tuple(made), written)

    def _element(self, entry: Node, kind: Node | None) -> ir.Expr:
        """Lower one element, of which the type may be left out in the text."""
        while entry.type in {"keyed_element", "literal_element"}:
            inside = self.named(entry)
            if not inside:
                return self.opaque(entry)
            entry = inside[-1]
        if entry.type != "literal_value":
            return self.expr(entry)
        if self.depth >= ir.MAX_DEPTH:
            return self.deep(entry)
        self.coverage.nodes += 1
        self.depth += 1
        made = self._value_of(kind, entry)
        self.depth -= 1
        return made

    def _key(self, node: Node, *, is_map: bool, is_struct: bool) -> ir.Expr:
        """Lower a key: a field's name is a constant. Without the type, a name in lower case may be a variable or a field."""
        while node.type == "literal_element":
            inside = self.named(node)
            if not inside:
                return self.opaque(node)
            node = inside[0]
        if node.type == "identifier" and not is_map:
            word = self.text(node)
            if is_struct or word[:1].isupper():
                return ir.Const(node.start_byte, node.end_byte, word)
        return self._element(node, None)

    def _fields(self, struct: Node) -> list[str]:
        """Give the names of a struct's fields, in order."""
        found: list[str] = []
        for field in self.field_nodes(struct):
            names = [self.text(name) for name in field.children_by_field_name("name") if name.is_named]
            kind = field.child_by_field_name("type")
            found += names or ([self.text(kind).rpartition(".")[2].lstrip("*")] if kind else [])
        return found

    def field_nodes(self, struct: Node) -> Iterable[Node]:
        """Give the field declarations of a struct type."""
        for listed in struct.named_children:
            if listed.type == "field_declaration_list":
                yield from (child for child in listed.named_children if child.type == "field_declaration")

    # Types

    def type_of(self, node: Node) -> ir.Expr:
        """Lower a type, without its pointers."""
        while node.type in _UNWRAPPED:
            inside = self.named(node)
            if not inside:
                return self.opaque(node)
            node = inside[0]
        start, end = node.start_byte, node.end_byte
        if self.depth >= ir.MAX_DEPTH:
            return self.deep(node)
        self.depth += 1
        made: ir.Expr
        match node.type:
            case "type_identifier" | "identifier" | "package_identifier":
                made = self.name(node)
            case "qualified_type":
                package, name = node.child_by_field_name("package"), node.child_by_field_name("name")
                made = ir.Attr(start, end, self.name(package), self.text(name)) if package and name else self.opaque(node)
            case "generic_type" | "type_instantiation_expression":
                base = node.child_by_field_name("type")
                made = self.type_of(base) if base else self.opaque(node)
            case "slice_type" | "array_type" | "implicit_length_array_type":
                made = self._indexed(node, "[]", "element")
            case "map_type":
                made = self._indexed(node, "map", "key", "value")
            case "channel_type":
                made = self._indexed(node, "chan", "value")
            case "function_type":
                made = ir.Name(start, end, "func")
            case "interface_type":
                made = ir.Name(start, end, "interface")
            case "struct_type":
                made = ir.Name(start, end, "struct")
            case _:
                made = self.expr(node)
        self.depth -= 1
        return made

    def _indexed(self, node: Node, word: str, *fields: str) -> ir.Expr:
        start, end = node.start_byte, node.end_byte
        inner = [self.type_of(child) for field in fields if (child := node.child_by_field_name(field)) is not None]
        key = inner[0] if len(inner) == 1 else ir.Items(start, end, "tuple", tuple(inner))
        return ir.Index(start, end, ir.Name(start, start, word), key)

    def zero(self, node: Node | None) -> ir.Expr | None:
        """Give the value of a variable that is declared without one; None where it is an instance of its type."""
        if node is None:
            return None
        start, end = node.start_byte, node.end_byte
        shape = self._resolved(node)
        match shape.type:
            case "type_identifier":
                word = self.text(shape)
                if word in _WHOLE:
                    return ir.Const(start, end, 0)
                return {
                    "string": ir.Const(start, end, ""), "bool": ir.Const(start, end, value=False),
                    "error": ir.Const(start, end, None), "any": ir.Const(start, end, None),
                }.get(word)  # fmt: skip
            case "slice_type":
                return ir.Items(start, end, "list", ())
            case "map_type":
                return ir.Object(start, end, ())
            case "interface_type" | "function_type" | "channel_type":
                return ir.Const(start, end, None)
            case _:
                return None

    # Functions

    def _params(self, node: Node | None, kind: str = "") -> tuple[ir.Param, ...]:
        if node is None:
            return ()
        made: list[ir.Param] = []
        for child in node.named_children:
            if child.type not in {"parameter_declaration", "variadic_parameter_declaration"}:
                continue
            written = child.child_by_field_name("type")
            declared = self.type_of(written) if written is not None else None
            form = "*" if child.type == "variadic_parameter_declaration" else kind
            names = [name for name in child.children_by_field_name("name") if name.is_named]
            for name in names or [child]:
                word = self.text(name) if names else ""
                made.append(ir.Param(name.start_byte, name.end_byte, "" if word == "_" else word, None, declared, form))
        return tuple(made)

    def function_of(self, node: Node, name: str, name_at: int = -1, flags: frozenset[str] = frozenset()) -> ir.Function:
        """Make the function of a declaration, a literal or a method."""
        receiver = self._params(node.child_by_field_name("receiver"), "self")
        params = receiver + self._params(node.child_by_field_name("parameters"))
        result = node.child_by_field_name("result")
        returns: ir.Expr | None = None
        named: tuple[tuple[str, Node, Node | None], ...] = ()
        if result is not None and result.type == "parameter_list":
            kinds: list[ir.Expr] = []
            found: list[tuple[str, Node, Node | None]] = []
            for child in self.named(result):
                kind = child.child_by_field_name("type")
                names = [inner for inner in child.children_by_field_name("name") if inner.is_named]
                found += [(self.text(inner), inner, kind) for inner in names]
                kinds += [self.type_of(kind) if kind is not None else self.opaque(child)] * max(1, len(names))
            returns = ir.Items(result.start_byte, result.end_byte, "tuple", tuple(kinds))
            named = tuple(found)
        elif result is not None:
            returns = self.type_of(result)
        body = node.child_by_field_name("body")
        run = self.later(partial(self._body, body, named)) if body is not None else _empty
        public = name[:1].isupper()
        return ir.Function(
            node.start_byte, node.end_byte, name, params, (), run, returns, public=public, flags=flags, name_at=name_at
        )

    def _body(self, node: Node, named: Sequence[tuple[str, Node, Node | None]]) -> ir.Block:
        before = self.results, self.iota
        self.results, self.iota = tuple(name for name, _, _ in named), None
        try:
            out: list[ir.Stmt] = []
            for name, at, kind in named:
                if name != "_":
                    target = ir.Name(at.start_byte, at.end_byte, name)
                    declared = self.type_of(kind) if kind is not None else None
                    out.append(ir.Assign(at.start_byte, at.end_byte, target, self.zero(kind), type=declared, declares=True))
            out.extend(self.block(node.children))
            return tuple(out)
        finally:
            self.results, self.iota = before

    def _named_function(self, node: Node) -> ir.Function:
        name = node.child_by_field_name("name")
        return self.add(self.function_of(node, self.text(name) if name else "", name.start_byte if name else -1))

    def _function(self, node: Node, out: list[ir.Stmt]) -> None:
        out.append(ir.Def(node.start_byte, node.end_byte, self._named_function(node)))


def _empty() -> ir.Block:
    return ()
