"""JavaScript: expressions."""

from collections.abc import Sequence

from tree_sitter import Node

from clearance.scan.code import ir
from clearance.scan.code.lower.javascript_definitions import FUNCTIONS, NOBODY, Definitions
from clearance.scan.code.lower.javascript_types import unescaped
from clearance.scan.code.source import Source

_BINARY = {
    "&&": "and", "||": "or", "??": "??", "===": "==", "!==": "!=", "==": "==", "!=": "!=", "<": "<", "<=": "<=", ">": ">",
    ">=": ">=", "in": "in", "instanceof": "instanceof", "+": "+", "-": "-", "*": "*", "/": "/", "%": "%", "**": "**",
    "&": "&", "|": "|", "^": "^", "<<": "<<", ">>": ">>", ">>>": ">>",
}  # fmt: skip
_UNARY = {"!": "not", "-": "-", "+": "+", "~": "~", "typeof": "typeof", "void": "void", "delete": "delete"}
_LINKS = frozenset({"member_expression", "call_expression", "subscript_expression", "non_null_expression"})
_NAMES = (
    "identifier", "private_property_identifier", "shorthand_property_identifier", "this", "super", "import",
)  # fmt: skip


class Expressions(Definitions):
    """Expressions."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.expressions = {
            **dict.fromkeys(_NAMES, self.name),
            **dict.fromkeys(_LINKS, self._chain),
            **dict.fromkeys(FUNCTIONS, self._lambda),
            "string": self._string,
            "number": self._number,
            "true": self._true,
            "false": self._false,
            "null": self._nothing,
            "undefined": self._nothing,
            "regex": self._regex,
            "template_string": self._template,
            "binary_expression": self._binary,
            "unary_expression": self._unary,
            "ternary_expression": self._ternary,
            "await_expression": self._await,
            "yield_expression": self._yield,
            "as_expression": self._cast,
            "satisfies_expression": self._cast,
            "type_assertion": self._assertion,
            "instantiation_expression": self._first,
            "array": self._array,
            "object": self._object,
            "class": self._class,
            "new_expression": self._new,
            "assignment_expression": self._assignment,
            "augmented_assignment_expression": self._assignment,
            "update_expression": self._update,
            "sequence_expression": self._sequence,
            "meta_property": self._meta,
            "spread_element": self._spread,
            "jsx_element": self._element,
            "jsx_self_closing_element": self._element,
            "jsx_expression": self._first,
        }

    def _first(self, node: Node) -> ir.Expr:
        """Lower what only wraps its first part: `f<T>`, `{x}` in JSX."""
        inner = self.named(node)
        return self.expr(inner[0]) if inner else ir.Const(node.start_byte, node.end_byte, None)

    def _class(self, node: Node) -> ir.Expr:
        return ir.ClassValue(node.start_byte, node.end_byte, self.class_of(node))

    # Names, calls, members

    def _chain(self, node: Node) -> ir.Expr:
        """Lower `a.b(c)[d]!…` from the inside out, without recursion; a too long one begins with an `Opaque`."""
        links: list[Node] = []
        at = node
        while at.type in _LINKS:
            links.append(at)
            at = at.children[0]
        self.coverage.nodes += len(links) - 1
        standing, self.standing = self.standing, NOBODY
        before = self.depth
        over = max(0, len(links) - max(1, ir.MAX_DEPTH - before))
        self.depth = before + len(links) - over
        made = self.expr(at)
        if over:
            made = self._shortened(made, links[-over:])
            links = links[:-over]
        while links:
            link = links.pop()
            self.depth = before + len(links) + 1
            made = self._link(made, link)
        self.depth = before
        self.standing = standing
        return made

    def _shortened(self, base: ir.Expr, links: Sequence[Node]) -> ir.Opaque:
        self.coverage.opaque["chain"] = self.coverage.opaque.get("chain", 0) + 1
        parts = [base]
        for link in reversed(links):
            last = link.children[-1]
            if last.type == "arguments":
                parts.extend(self.exprs(last.children))
        return ir.Opaque(links[0].start_byte, links[0].end_byte, "chain", tuple(parts))

    def _link(self, base: ir.Expr, node: Node) -> ir.Expr:
        start, end = node.start_byte, node.end_byte
        kind = node.type
        kids = node.children
        last = kids[-1]
        if kind == "member_expression":
            if last.type in ("property_identifier", "private_property_identifier") and last.start_byte < last.end_byte:
                return ir.Attr(start, end, base, self.data[last.start_byte : last.end_byte].decode("utf-8", "replace"))
            return ir.Opaque(start, end, kind, (base,))
        if kind == "call_expression":
            if last.type == "arguments":
                return ir.Call(start, end, base, self._arguments(last))
            if last.type == "template_string":
                return ir.Call(start, end, base, self._pieces(last), tagged=True)
            return ir.Opaque(start, end, kind, (base,))
        if kind == "subscript_expression":
            index = node.child_by_field_id(self.f.index)
            return (
                ir.Index(start, end, base, self.expr(index)) if index is not None else ir.Opaque(start, end, kind, (base,))
            )
        return ir.Through(start, end, "assert", base)

    def _arguments(self, node: Node) -> tuple[ir.Arg, ...]:
        found: list[ir.Arg] = []
        for child in node.children:
            if not child.is_named:
                continue
            kind = child.type
            if kind in self.skipped:
                continue
            if kind == "spread_element":
                inner = self.named(child)
                value = self.expr(inner[0]) if inner else self.opaque(child)
                found.append(ir.Arg(child.start_byte, child.end_byte, value, splat="*"))
            else:
                found.append(ir.Arg(child.start_byte, child.end_byte, self.expr(child)))
        return tuple(found)

    def _pieces(self, node: Node) -> tuple[ir.Arg, ...]:
        """Give the arguments of a tagged template: the list of its constant pieces, then the values."""
        texts: list[ir.Expr] = []
        values: list[ir.Arg] = []
        at = node.start_byte + 1
        for child in node.children:
            if child.type == "template_substitution":
                texts.append(self._piece(at, child.start_byte))
                at = child.end_byte
                values.append(ir.Arg(child.start_byte, child.end_byte, self._first(child)))
        texts.append(self._piece(at, max(at, node.end_byte - 1)))
        pieces = ir.Items(node.start_byte, node.end_byte, "list", tuple(texts))
        return (ir.Arg(node.start_byte, node.end_byte, pieces), *values)

    def _piece(self, start: int, end: int) -> ir.Const:
        return ir.Const(start, end, unescaped(self.data[start:end].decode("utf-8", "replace")))

    def _template(self, node: Node) -> ir.Expr:
        parts: list[ir.Expr] = []
        at = node.start_byte + 1
        for child in node.children:
            if child.type == "template_substitution":
                if child.start_byte > at:
                    parts.append(self._piece(at, child.start_byte))
                at = child.end_byte
                parts.append(self._first(child))
        end = node.end_byte - 1
        if not parts:
            return ir.Const(node.start_byte, node.end_byte, self._piece(at, max(at, end)).value)
        if end > at:
            parts.append(self._piece(at, end))
        return ir.Text(node.start_byte, node.end_byte, tuple(parts))

    def _new(self, node: Node) -> ir.Expr:
        standing, self.standing = self.standing, NOBODY
        made = node.child_by_field_id(self.f.constructor)
        given = node.child_by_field_id(self.f.arguments)
        func = self.expr(made) if made is not None else self.opaque(node)
        arguments = self._arguments(given) if given is not None else ()
        self.standing = standing
        return ir.Call(node.start_byte, node.end_byte, func, arguments, new=True)

    def _meta(self, node: Node) -> ir.Expr:
        """Lower `import.meta` and `new.target`."""
        word, _, name = self.text(node).partition(".")
        return ir.Attr(
            node.start_byte, node.end_byte, ir.Name(node.start_byte, node.start_byte + len(word), word.strip()), name.strip()
        )

    # Operators

    def _binary(self, node: Node) -> ir.Expr:
        return self.binary(node, _BINARY)

    def _unary(self, node: Node) -> ir.Expr:
        kids = self.kids(node)
        if len(kids) != 2 or kids[0].type not in _UNARY:
            return self.opaque(node)
        value = self.expr(kids[1])
        op = _UNARY[kids[0].type]
        if op == "-" and isinstance(value, ir.Const) and isinstance(value.value, int | float):
            return ir.Const(node.start_byte, node.end_byte, -value.value)
        return ir.Unary(node.start_byte, node.end_byte, op, value)

    def _ternary(self, node: Node) -> ir.Expr:
        test = node.child_by_field_id(self.f.condition)
        then = node.child_by_field_id(self.f.consequence)
        other = node.child_by_field_id(self.f.alternative)
        if test is None or then is None or other is None:
            return self.opaque(node)
        return ir.Choice(node.start_byte, node.end_byte, self.expr(test), self.expr(then), self.expr(other))

    def _await(self, node: Node) -> ir.Expr:
        return ir.Through(node.start_byte, node.end_byte, "await", self._first(node))

    def _yield(self, node: Node) -> ir.Expr:
        inner = self.named(node)
        how = "yield from" if any(child.type == "*" for child in node.children[1:2]) else "yield"
        return ir.Through(node.start_byte, node.end_byte, how, self.expr(inner[0]) if inner else None)

    def _cast(self, node: Node) -> ir.Expr:
        """Lower `x as T` and `x satisfies T`; `x as const` is `x`."""
        inner = self.named(node)
        if len(inner) < 2:
            return self._first(node)
        return ir.Through(node.start_byte, node.end_byte, "cast", self.expr(inner[0]), self.type_of(inner[1]))

    def _assertion(self, node: Node) -> ir.Expr:
        inner = self.named(node)
        if len(inner) != 2:
            return self.opaque(node)
        types = self.named(inner[0])
        return ir.Through(
            node.start_byte, node.end_byte, "cast", self.expr(inner[1]), self.type_of(types[0]) if types else None
        )

    def _assignment(self, node: Node) -> ir.Expr:
        left, right = node.child_by_field_id(self.f.left), node.child_by_field_id(self.f.right)
        if left is None or right is None:
            return self.opaque(node)
        value = self.taken(right, *self.name_of(left))
        return ir.Bind(node.start_byte, node.end_byte, self.target(left), value, self.assigning(node))

    def assigning(self, node: Node) -> str:
        """Give the operator of an assignment in words of the IR, empty for a plain one."""
        operator = self.field(node, self.f.operator)
        if operator is None:
            return ""
        word = operator.type[:-1]
        return _BINARY.get(word, word)

    def name_of(self, target: Node) -> tuple[str, int]:
        """Give the name that a variable or property gives to the function that it takes, and where it stands."""
        if target.type == "identifier":
            return self.text(target), target.start_byte
        if target.type == "member_expression":
            last = target.children[-1]
            name = self.text(last)
            if name == "exports" and self.text(target.children[0]) == "module":
                return "default", -1
            return name, last.start_byte
        return "", -1

    def _update(self, node: Node) -> ir.Expr:
        place = node.child_by_field_id(self.f.argument)
        if place is None:
            return self.opaque(node)
        op = "-" if any(child.type == "--" for child in node.children) else "+"
        return ir.Bind(node.start_byte, node.end_byte, self.target(place), ir.Const(node.end_byte, node.end_byte, 1), op)

    def _sequence(self, node: Node) -> ir.Expr:
        """Lower `a, b`: the last value, taken out of a tuple of all. Values that do nothing are left out."""
        made = [self.expr(one) for one in self.steps(node)]
        last = made.pop()
        before = [one for one in made if not isinstance(one, ir.Const | ir.Name)]
        if not before:
            return last
        values = ir.Items(node.start_byte, node.end_byte, "tuple", (*before, last))
        return ir.Index(node.start_byte, node.end_byte, values, ir.Const(node.end_byte, node.end_byte, len(before)))

    def steps(self, node: Node) -> list[Node]:
        """Give the expressions of `a, b, c`, which some grammars nest."""
        found: list[Node] = []
        stack = [node]
        while stack:
            at = stack.pop()
            if at.type == "sequence_expression":
                stack.extend(self.named(at)[::-1])
            else:
                found.append(at)
        return found

    # Containers

    def _spread(self, node: Node) -> ir.Expr:
        return ir.Spread(node.start_byte, node.end_byte, self._first(node))

    def _array(self, node: Node) -> ir.Expr:
        found: list[ir.Expr] = []
        empty = True
        for child in node.children[1:]:
            if child.is_named:
                if child.type not in self.skipped:
                    found.append(self.expr(child))
                    empty = False
            elif child.type == ",":
                if empty:
                    found.append(ir.Const(child.start_byte, child.start_byte, None))
                empty = True
        return ir.Items(node.start_byte, node.end_byte, "list", tuple(found))

    def _object(self, node: Node) -> ir.Expr:
        found: list[tuple[ir.Expr | None, ir.Expr]] = []
        for child in self.named(node):
            kind = child.type
            if kind == "pair":
                key, value = child.child_by_field_id(self.f.key), child.child_by_field_id(self.f.value)
                if key is None or value is None:
                    found.append((None, self.opaque(child)))
                    continue
                made = self.key_of(key)
                name = made.value if isinstance(made, ir.Const) and isinstance(made.value, str) else ""
                found.append((made, self.taken(value, name, key.start_byte + (key.type == "string"))))
            elif kind == "shorthand_property_identifier":
                found.append((ir.Const(child.start_byte, child.end_byte, self.text(child)), self.name(child)))
            elif kind == "method_definition":
                own = child.child_by_field_id(self.f.name)
                at = own if own is not None else child
                found.append((self.key_of(at), ir.Lambda(child.start_byte, child.end_byte, self.method(child))))
            elif kind == "spread_element":
                found.append((None, self._first(child)))
            else:
                found.append((None, self.opaque(child)))
        return ir.Object(node.start_byte, node.end_byte, tuple(found))

    # Markup

    def _element(self, node: Node) -> ir.Expr:
        opened = self.field(node, self.f.open_tag) or node
        name = self.field(opened, self.f.name)
        attributes: list[tuple[str | None, ir.Expr]] = []
        for child in self.named(opened):
            if child.type == "jsx_attribute":
                inner = self.named(child)
                if not inner:
                    continue
                value = self.expr(inner[1]) if len(inner) > 1 else ir.Const(child.start_byte, child.end_byte, value=True)
                attributes.append((self.text(inner[0]), value))
            elif child.type == "jsx_expression":
                inner = self.named(child)
                if inner and inner[0].type == "spread_element":
                    attributes.append((None, self._first(inner[0])))
        children: list[ir.Expr] = []
        for child in self.named(node) if opened is not node else ():
            kind = child.type
            if kind == "jsx_text":
                text = self.text(child)
                if not text.isspace():
                    children.append(ir.Const(child.start_byte, child.end_byte, text))
            elif kind == "jsx_expression":
                inner = self.named(child)
                if inner:
                    children.append(self.expr(inner[0]))
            elif kind not in ("jsx_opening_element", "jsx_closing_element", "html_character_reference"):
                children.append(self.expr(child))
        tag: ir.Expr | None = None
        if name is not None:
            where = name.start_byte, name.end_byte
            tag = ir.Name(*where, self.text(name)) if name.type == "jsx_namespace_name" else self.expr(name)
        return ir.Markup(node.start_byte, node.end_byte, tag, tuple(attributes), tuple(children))
