"""Expressions of Python, targets of assignments and types among them."""

import re
from typing import Final

from tree_sitter import Node

from clearance.scan.code import ir
from clearance.scan.code.lower.base import Lowering
from clearance.scan.code.lower.python_literals import number, unescape
from clearance.scan.code.source import Source

_OPERATORS: Final = {
    "+": "+", "-": "-", "*": "*", "/": "/", "//": "//", "%": "%", "**": "**", "&": "&", "|": "|", "^": "^",
    "<<": "<<", ">>": ">>", "@": "@", "and": "and", "or": "or",
}  # fmt: skip
_COMPARISONS: Final = {
    "==": "==", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "in": "in", "not in": "not in",
    "is": "is", "is not": "is not",
}  # fmt: skip
_QUOTED: Final = frozenset({"Literal", "Annotated"})
"""Types in whose brackets text is text, not a name."""
_FORWARD = re.compile(r"([^\W\d]\w*(?:\.[^\W\d]\w*){0,8})(?: ?\| ?None)?")


class Expressions(Lowering):
    """What may stand on the right, or on the left, of an assignment."""

    wrappers = frozenset({"parenthesized_expression", "type"})
    skipped = frozenset({"comment", "line_continuation"})

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.expressions = {
            "identifier": self.name, "dotted_name": self._dotted, "attribute": self._attribute, "call": self._call,
            "string": self._string, "concatenated_string": self._adjacent, "integer": self._number, "float": self._number,
            "true": self._true, "false": self._false, "none": self._none, "ellipsis": self._ellipsis,
            "subscript": self._subscript, "slice": self._slice, "binary_operator": self._binary,
            "boolean_operator": self._binary, "comparison_operator": self._comparison, "not_operator": self._not,
            "unary_operator": self._unary, "conditional_expression": self._conditional, "list": self._list,
            "tuple": self._tuple, "set": self._set, "expression_list": self._tuple, "pattern_list": self._tuple,
            "tuple_pattern": self._targets, "list_pattern": self._list, "dictionary": self._dictionary,
            "list_comprehension": self._comprehension, "set_comprehension": self._comprehension,
            "dictionary_comprehension": self._comprehension, "generator_expression": self._comprehension,
            "list_splat": self._spread, "dictionary_splat": self._spread, "list_splat_pattern": self._spread,
            "dictionary_splat_pattern": self._spread, "splat_type": self._spread, "lambda": self._lambda,
            "named_expression": self._named, "await": self._await, "yield": self._yield, "generic_type": self._generic,
            "union_type": self._union, "member_type": self._attribute, "as_pattern_target": self._target,
        }  # fmt: skip

    # Names and literals

    def _dotted(self, node: Node) -> ir.Expr:
        made: ir.Expr | None = None
        for child in node.named_children:
            if child.type == "identifier":
                made = self.name(child) if made is None else ir.Attr(node.start_byte, child.end_byte, made, self.text(child))
        return made or self.opaque(node, "MISSING")

    def _attribute(self, node: Node) -> ir.Expr:
        kids = node.children
        if len(kids) != 3:
            kids = self.kids(node)
            if len(kids) != 3:
                return self.opaque(node)
        start, end = kids[2].start_byte, kids[2].end_byte
        return ir.Attr(node.start_byte, node.end_byte, self.expr(kids[0]), self.data[start:end].decode("utf-8", "replace"))

    def _number(self, node: Node) -> ir.Expr:
        return ir.Const(node.start_byte, node.end_byte, number(self.text(node)))

    def _true(self, node: Node) -> ir.Expr:
        return ir.Const(node.start_byte, node.end_byte, True)

    def _false(self, node: Node) -> ir.Expr:
        return ir.Const(node.start_byte, node.end_byte, False)

    def _none(self, node: Node) -> ir.Expr:
        return ir.Const(node.start_byte, node.end_byte, None)

    def _ellipsis(self, node: Node) -> ir.Expr:
        return ir.Const(node.start_byte, node.end_byte, ...)

    def _string(self, node: Node) -> ir.Expr:
        kids = node.children
        if len(kids) == 3 and kids[1].type == "string_content" and kids[0].end_byte - kids[0].start_byte == 1:
            text = self.data[kids[1].start_byte : kids[1].end_byte]  # what most are: one quote, no prefix
            if b"\\" not in text and kids[0].type == "string_start" and self.data[kids[0].start_byte] != 0x60:
                return ir.Const(node.start_byte, node.end_byte, text.decode("utf-8", "replace"))
        return self._text(node, [node])

    def _adjacent(self, node: Node) -> ir.Expr:
        return self._text(node, [child for child in node.named_children if child.type == "string"])

    def _text(self, node: Node, strings: list[Node]) -> ir.Expr:
        """Join the pieces of adjacent literals; neighbouring constants become one."""
        pieces = _Pieces()
        form = ""
        template = False
        for string in strings:
            kids = string.children
            if not kids:
                return self.opaque(node, "MISSING")
            opening = self.text(kids[0])
            prefix = opening.rstrip("\"'").lower()
            if prefix[:1] == "`":  # Python 2's repr, whose contents the grammar does not read
                return self.opaque(node, "backticks")
            raw, octets, braces = "r" in prefix, "b" in prefix, "f" in prefix or "t" in prefix
            form = "bytes" if octets else form
            template = template or "t" in prefix
            for kid in kids[1:]:
                if kid.type == "string_content":
                    pieces.text(
                        kid.start_byte, kid.end_byte, unescape(self.text(kid), raw=raw, octets=octets, braces=braces)
                    )
                elif kid.type == "interpolation":
                    self._interpolation(kid, pieces)
                elif kid.type == "ERROR":
                    pieces.value(self.opaque(kid))
                elif kid.type == "string_end":  # takes in what it should not, where raw text begins with a backslash
                    end = kid.end_byte - len(opening) + len(prefix)
                    if end > kid.start_byte:
                        text = self.data[kid.start_byte : end].decode("utf-8", "replace")
                        pieces.text(kid.start_byte, end, unescape(text, raw=raw, octets=octets, braces=braces))
        at, end = node.start_byte, node.end_byte
        parts = pieces.parts("template" if template else form)
        if template:
            return _template(at, end, parts)
        if not parts:
            return ir.Const(at, end, "", form)
        if pieces.constant and isinstance(parts[0], ir.Const):
            return ir.Const(at, end, parts[0].value, form)
        return ir.Text(at, end, tuple(parts))

    def _interpolation(self, node: Node, pieces: "_Pieces") -> None:
        kids = node.children
        for kid in kids:
            if kid.type == "=":  # `{x=}` writes its own text first
                start = node.start_byte + 1
                pieces.text(start - 1, start, self.data[start : kid.end_byte].decode("utf-8", "replace"))
        for kid in kids:
            kind = kid.type
            if kind == "format_specifier":
                for part in kid.named_children:
                    for value in part.named_children:
                        if value.type in self.expressions or value.type in self.wrappers:
                            pieces.value(self.expr(value))
            elif kid.is_named and kind not in self.skipped and kind != "type_conversion":
                pieces.value(self.expr(kid))

    # Calls, entries

    def _call(self, node: Node) -> ir.Expr:
        kids = node.children
        if len(kids) != 2:
            kids = self.kids(node)
            if len(kids) != 2:
                return self.opaque(node)
        func, given = kids
        made = self.expr(func)
        if given.type == "argument_list":
            args = self.arguments(given)
        else:
            args = (ir.Arg(given.start_byte, given.end_byte, self.expr(given)),)
        return ir.Call(node.start_byte, node.end_byte, made, args)

    def arguments(self, node: Node) -> tuple[ir.Arg, ...]:
        """Lower an `argument_list`."""
        args: list[ir.Arg] = []
        for kid in node.named_children:
            kind = kid.type
            if kind == "keyword_argument":
                parts = self.kids(kid)
                if len(parts) == 3:
                    args.append(ir.Arg(kid.start_byte, kid.end_byte, self.expr(parts[2]), self.text(parts[0])))
                else:
                    args.append(ir.Arg(kid.start_byte, kid.end_byte, self.opaque(kid)))
            elif kind in ("list_splat", "dictionary_splat"):
                splat = "*" if kind == "list_splat" else "**"
                args.append(ir.Arg(kid.start_byte, kid.end_byte, self._splatted(kid), "", splat))
            elif kind not in self.skipped:
                args.append(ir.Arg(kid.start_byte, kid.end_byte, self.expr(kid)))
        return tuple(args)

    def _splatted(self, node: Node) -> ir.Expr:
        inner = self.named(node)
        return self.expr(inner[0]) if len(inner) == 1 else self.opaque(node)

    def _spread(self, node: Node) -> ir.Expr:
        return ir.Spread(node.start_byte, node.end_byte, self._splatted(node))

    def _subscript(self, node: Node) -> ir.Expr:
        kids = self.kids(node)
        at, end = node.start_byte, node.end_byte
        keys = [kid for kid in kids[2:] if kid.is_named]
        if len(kids) < 4 or kids[1].type != "[" or not keys:
            return self.opaque(node)
        base = self.expr(kids[0])
        if len(keys) > 1 or kids[-2].type == ",":
            items = ir.Items(keys[0].start_byte, keys[-1].end_byte, "tuple", self.exprs(keys))
            return ir.Index(at, end, base, items)
        if keys[0].type == "slice":
            parts = self._bounds(keys[0])
            if len(parts) < 3 or parts[2] is None:
                return ir.Slice(at, end, base, parts[0], parts[1])
        return ir.Index(at, end, base, self.expr(keys[0]))

    def _bounds(self, node: Node) -> list[ir.Expr | None]:
        """Give start, end and step of a slice, as many as are separated by colons."""
        parts: list[ir.Expr | None] = [None]
        for kid in node.children:
            if kid.type == ":":
                parts.append(None)
            elif kid.is_named and kid.type not in self.skipped:
                parts[-1] = self.expr(kid)
        return parts if len(parts) > 1 else [*parts, None]

    def _slice(self, node: Node) -> ir.Expr:
        parts = tuple(part for part in self._bounds(node) if part is not None)
        return ir.Opaque(node.start_byte, node.end_byte, "slice", parts)

    # Operators

    def _binary(self, node: Node) -> ir.Expr:
        return self.binary(node, _OPERATORS)

    def _comparison(self, node: Node) -> ir.Expr:
        kids = self.kids(node)
        if len(kids) < 3 or len(kids) % 2 == 0:
            return self.opaque(node)
        operands = [self.expr(kid) for kid in kids[::2]]
        made: list[ir.Expr] = []
        for number_, word in enumerate(kids[1::2]):
            left, right = operands[number_], operands[number_ + 1]
            op = _COMPARISONS.get(word.type)
            if op is None:
                return self.opaque(node)
            made.append(ir.Compare(kids[2 * number_].start_byte, kids[2 * number_ + 2].end_byte, op, left, right))
        return made[0] if len(made) == 1 else ir.Binary(node.start_byte, node.end_byte, "and", tuple(made))

    def _not(self, node: Node) -> ir.Expr:
        kids = self.kids(node)
        if len(kids) != 2:
            return self.opaque(node)
        return ir.Unary(node.start_byte, node.end_byte, "not", self.expr(kids[1]))

    def _unary(self, node: Node) -> ir.Expr:
        kids = self.kids(node)
        if len(kids) != 2:
            return self.opaque(node)
        op, operand = kids[0].type, self.expr(kids[1])
        if op == "-" and isinstance(operand, ir.Const) and type(operand.value) in (int, float, complex):
            return ir.Const(node.start_byte, node.end_byte, -operand.value)
        return ir.Unary(node.start_byte, node.end_byte, op, operand)

    def _conditional(self, node: Node) -> ir.Expr:
        kids = self.kids(node)
        if len(kids) != 5:
            return self.opaque(node)
        then, test, other = self.expr(kids[0]), self.expr(kids[2]), self.expr(kids[4])
        return ir.Choice(node.start_byte, node.end_byte, test, then, other)

    # Containers

    def _list(self, node: Node) -> ir.Expr:
        return ir.Items(node.start_byte, node.end_byte, "list", self.exprs(node.named_children))

    def _tuple(self, node: Node) -> ir.Expr:
        return ir.Items(node.start_byte, node.end_byte, "tuple", self.exprs(node.named_children))

    def _targets(self, node: Node) -> ir.Expr:
        kids = self.kids(node)
        if len(kids) == 3 and kids[1].is_named and kids[1].type != "list_splat_pattern":
            return self.expr(kids[1])  # `(a) = …`
        return self._tuple(node)

    def _set(self, node: Node) -> ir.Expr:
        return ir.Items(node.start_byte, node.end_byte, "set", self.exprs(node.named_children))

    def _target(self, node: Node) -> ir.Expr:
        inner = self.named(node)
        return self.expr(inner[0]) if len(inner) == 1 else self.opaque(node)

    def _dictionary(self, node: Node) -> ir.Expr:
        entries: list[tuple[ir.Expr | None, ir.Expr]] = []
        for kid in node.named_children:
            kind = kid.type
            if kind == "pair":
                parts = kid.children
                if len(parts) != 3:
                    parts = self.kids(kid)
                if len(parts) == 3:
                    entries.append((self.expr(parts[0]), self.expr(parts[2])))
                else:
                    entries.append((None, self.opaque(kid)))
            elif kind == "dictionary_splat":
                entries.append((None, self._splatted(kid)))
            elif kind not in self.skipped:
                entries.append((None, self.opaque(kid)))
        return ir.Object(node.start_byte, node.end_byte, tuple(entries))

    def _comprehension(self, node: Node) -> ir.Expr:
        kids = self.named(node)
        form = node.type.partition("_")[0]
        form = "dict" if form == "dictionary" else form
        clauses: list[tuple[ir.Expr, ir.Expr, list[ir.Expr]]] = []
        for kid in kids[1:]:
            parts = self.kids(kid)
            if kid.type == "for_in_clause":
                if parts and parts[0].type == "async":
                    parts = parts[1:]
                if len(parts) < 4:
                    return self.opaque(node)
                iterable = self.expr(parts[3]) if len(parts) == 4 else self.several(parts[3:])
                clauses.append((self.expr(parts[1]), iterable, []))
            elif kid.type == "if_clause" and clauses and len(parts) == 2:
                clauses[-1][2].append(self.expr(parts[1]))
            else:
                return self.opaque(node)
        key: ir.Expr | None = None
        if kids and kids[0].type == "pair":
            parts = self.kids(kids[0])
            if len(parts) != 3:
                return self.opaque(node)
            key, element = self.expr(parts[0]), self.expr(parts[2])
        elif kids and clauses:
            element = self.expr(kids[0])
        else:
            return self.opaque(node)
        made = tuple((target, iterable, tuple(tests)) for target, iterable, tests in clauses)
        return ir.Comprehension(node.start_byte, node.end_byte, form, element, key, made)

    def several(self, nodes: list[Node]) -> ir.Expr:
        """Lower what stands between commas, as a tuple."""
        return ir.Items(nodes[0].start_byte, nodes[-1].end_byte, "tuple", self.exprs(nodes))

    # Functions and what passes values on

    def parameters(self, node: Node, *, method: bool = False) -> tuple[ir.Param, ...]:
        """Lower `parameters` or `lambda_parameters`; the first one of a method is its receiver."""
        made: list[ir.Param] = []
        kind = ""
        for kid in node.named_children:
            what = kid.type
            if what in self.skipped or what == "positional_separator":
                continue
            if what == "keyword_separator":
                kind = "keyword"
                continue
            param = self._parameter(kid, kind)
            if param is None:
                continue
            if param.kind == "*":
                kind = "keyword"
            elif method and not made and not param.kind:
                param.kind = "self"
            made.append(param)
        return tuple(made)

    def _parameter(self, node: Node, kind: str) -> ir.Param | None:
        at, end = node.start_byte, node.end_byte
        default = annotation = None
        what = node.type
        if what in ("default_parameter", "typed_default_parameter"):
            default = self.maybe(node.child_by_field_name("value"))
        if what in ("typed_parameter", "typed_default_parameter"):
            annotation = self.annotation(node.child_by_field_name("type"))
        if what != "identifier" and what.endswith("parameter"):
            inner = self.named(node)
            if not inner:
                return None
            node = inner[0]
        if node.type in ("list_splat_pattern", "dictionary_splat_pattern"):
            kind = "*" if node.type == "list_splat_pattern" else "**"
            inner = self.named(node)
            if not inner:
                return None
            node = inner[0]
        if node.type == "identifier":
            return ir.Param(at, end, self.text(node), default, annotation, kind)
        if node.type == "tuple_pattern":  # Python 2
            return ir.Param(at, end, "", default, annotation, kind, self.expr(node))
        self.opaque(node)
        return None

    def annotation(self, node: Node | None) -> ir.Expr | None:
        """Lower a type; one that is quoted is read as the name that it quotes."""
        if node is None:
            return None
        made = self.expr(node)
        if isinstance(made, ir.Const) and isinstance(made.value, str) and (quoted := _FORWARD.fullmatch(made.value)):
            name, *parts = quoted[1].split(".")
            forward: ir.Expr = ir.Name(made.at, made.end, name)
            for part in parts:
                forward = ir.Attr(made.at, made.end, forward, part)
            return forward
        return made

    def _lambda(self, node: Node) -> ir.Expr:
        kids = self.kids(node)
        at, end = node.start_byte, node.end_byte
        if len(kids) < 3:
            return self.opaque(node)
        params = self.parameters(kids[1]) if kids[1].type == "lambda_parameters" else ()
        body = kids[-1]

        def lowered() -> ir.Block:
            return (ir.Return(body.start_byte, body.end_byte, self.expr(body)),)

        return ir.Lambda(at, end, ir.Function(at, end, "", params, (), self.later(lowered)))

    def _named(self, node: Node) -> ir.Expr:
        kids = self.kids(node)
        if len(kids) != 3:
            return self.opaque(node)
        return ir.Bind(node.start_byte, node.end_byte, self.expr(kids[0]), self.expr(kids[2]))

    def _await(self, node: Node) -> ir.Expr:
        kids = self.kids(node)
        if len(kids) != 2:
            return self.opaque(node)
        return ir.Through(node.start_byte, node.end_byte, "await", self.expr(kids[1]))

    def _yield(self, node: Node) -> ir.Expr:
        kids = self.kids(node)
        how = "yield from" if len(kids) > 1 and kids[1].type == "from" else "yield"
        given = [kid for kid in kids if kid.is_named]
        if len(given) > 1:
            value: ir.Expr | None = self.several(given)
        else:
            value = self.expr(given[0]) if given else None
        return ir.Through(node.start_byte, node.end_byte, how, value)

    # Types

    def _generic(self, node: Node) -> ir.Expr:
        kids = self.named(node)
        if len(kids) != 2 or kids[1].type != "type_parameter":
            return self.opaque(node)
        base = self.expr(kids[0])
        quoted = isinstance(base, (ir.Name, ir.Attr)) and (base.id if isinstance(base, ir.Name) else base.name) in _QUOTED
        inner = [self.expr(kid) if quoted else self.annotation(kid) for kid in self.named(kids[1])]
        given = tuple(kid for kid in inner if kid is not None)
        if len(given) == 1:
            return ir.Index(node.start_byte, node.end_byte, base, given[0])
        items = ir.Items(kids[1].start_byte, kids[1].end_byte, "tuple", given)
        return ir.Index(node.start_byte, node.end_byte, base, items)

    def _union(self, node: Node) -> ir.Expr:
        inner = [self.annotation(kid) for kid in self.named(node)]
        return ir.Binary(node.start_byte, node.end_byte, "|", tuple(kid for kid in inner if kid is not None))


class _Pieces:
    """Parts of a text in the order of the text, with neighbouring constants as one."""

    def __init__(self) -> None:
        self._parts: list[ir.Expr] = []
        self._texts: list[list[str]] = []
        """What each constant of ours among the parts is made of."""
        self._open = False
        self.constant = True

    def text(self, at: int, end: int, text: str) -> None:
        if self._open:
            self._texts[-1].append(text)
            self._parts[-1].end = end
            return
        self._texts.append([text])
        self._parts.append(ir.Const(at, end, "", "piece"))
        self._open = True

    def value(self, value: ir.Expr) -> None:
        self._parts.append(value)
        self._open = self.constant = False

    def parts(self, form: str) -> list[ir.Expr]:
        texts = iter(self._texts)
        made: list[ir.Expr] = []
        for part in self._parts:
            if part.__class__ is ir.Const and part.form == "piece":
                made.append(ir.Const(part.at, part.end, "".join(next(texts)), form))
            else:
                made.append(part)
        return made


def _template(at: int, end: int, parts: list[ir.Expr]) -> ir.Expr:
    """Write a template string (PEP 750) as the call of a tag: its values stay apart from its text."""
    texts: list[ir.Expr] = []
    values: list[ir.Arg] = []
    for part in parts:
        if isinstance(part, ir.Const) and part.form == "template":
            texts.append(ir.Const(part.at, part.end, part.value))
        else:
            values.append(ir.Arg(part.at, part.end, part))
    module = ir.Attr(at, at, ir.Name(at, at, "string"), "templatelib")
    first = ir.Arg(at, end, ir.Items(at, end, "list", tuple(texts)))
    return ir.Call(at, end, ir.Attr(at, at, module, "Template"), (first, *values), tagged=True)
