"""JavaScript: functions, parameters, patterns and classes."""

from collections.abc import Callable, Sequence

from tree_sitter import Node

from clearance.scan.code import ir
from clearance.scan.code.lower.javascript_types import Types

FUNCTIONS = frozenset({"arrow_function", "function_expression", "generator_function", "function"})
"""Types of nodes that are a function as a value."""
_FLAGS = {"static": "static", "async": "async", "get": "getter", "set": "setter", "*": "generator"}
_CLOSED_TO_OTHERS = frozenset({"private", "protected"})
NOBODY, LISTED, PUBLIC = 0, 1, 2


class Definitions(Types):
    """Functions and classes."""

    standing = NOBODY
    """What a function that is met now is: nothing that has a name, one of the file, or one that others can call."""

    # Functions

    def function(
        self, node: Node, name: str, name_at: int, *, owner_public: bool = True, also: frozenset[str] = frozenset()
    ) -> ir.Function:
        """Make the function of a declaration, function expression, arrow function or method."""
        flags = set(also)
        decorators: list[ir.Expr] = []
        access = ""
        for child in node.children:
            kind = child.type
            if kind in _FLAGS:
                flags.add(_FLAGS[kind])
            elif kind == "decorator":
                decorators.extend(self.exprs(child.children))
            elif kind == "accessibility_modifier":
                access = self.text(child)
            elif kind in ("formal_parameters", "statement_block", "=>"):
                break
        standing = self.standing
        self.standing = NOBODY
        one = self.field(node, self.f.parameter)
        params, properties = (
            ((self._param(one),), []) if one is not None else self._params(self.field(node, self.f.parameters))
        )
        body = node.child_by_field_id(self.f.body)
        if node.type == "arrow_function":
            flags.add("arrow")
        made = ir.Function(
            node.start_byte,
            node.end_byte,
            name,
            params,
            tuple(decorators),
            self.later(self._run(body, properties)),
            returns=self.annotation(node, self.f.return_type),
            public=standing == PUBLIC
            and owner_public
            and name[:1] not in ("", "_", "#")
            and access not in _CLOSED_TO_OTHERS,
            flags=frozenset(flags),
            name_at=name_at,
        )
        self.standing = standing
        if standing:
            self.add(made)
        return made

    def _run(self, body: Node | None, properties: Sequence[ir.Stmt]) -> Callable[[], ir.Block]:
        def run() -> ir.Block:
            self.standing = NOBODY
            if body is None:
                return ()
            if body.type == "statement_block":
                return (*properties, *self.block(body.children))
            out: list[ir.Stmt] = []
            self.depth += 1  # the Return
            value = self.value_of(body, out)
            self.depth -= 1
            return (*out, ir.Return(body.start_byte, body.end_byte, value))

        return run

    def value_of(self, node: Node, out: list[ir.Stmt]) -> ir.Expr:
        """Lower a value; what runs before it (`a, b`) goes to the end of a list."""
        raise NotImplementedError

    def function_value(self, node: Node, name: str = "", name_at: int = -1) -> ir.Lambda:
        """Lower a function as a value; its own name goes before that of what takes it."""
        own = node.child_by_field_id(self.f.name)
        if own is not None:
            name, name_at = self.text(own), own.start_byte
        return ir.Lambda(node.start_byte, node.end_byte, self.function(node, name, name_at))

    def taken(self, node: Node, name: str, name_at: int) -> ir.Expr:
        """Lower a value that a variable or property takes, which names a function or class without a name."""
        node = self.unwrapped(node)
        if node.type in FUNCTIONS:
            self.coverage.nodes += 1
            return self.function_value(node, name, name_at)
        if node.type == "class":
            self.coverage.nodes += 1
            return ir.ClassValue(node.start_byte, node.end_byte, self.class_of(node, name))
        return self.expr(node)

    def _lambda(self, node: Node) -> ir.Expr:
        return self.function_value(node)

    # Parameters and patterns

    def _params(self, node: Node | None) -> tuple[tuple[ir.Param, ...], list[ir.Stmt]]:
        """Give parameters, and the assignments that TypeScript's parameter properties make in a constructor."""
        if node is None:
            return (), []
        params: list[ir.Param] = []
        properties: list[ir.Stmt] = []
        for child in self.named(node):
            if child.type == "ERROR":
                continue
            param = self._param(child)
            if param.name == "this":
                continue
            params.append(param)
            if param.name and child.type in ("required_parameter", "optional_parameter"):
                for part in child.children:
                    if part.type in ("accessibility_modifier", "readonly", "override_modifier"):
                        target = ir.Attr(param.at, param.end, ir.Name(param.at, param.at, "this"), param.name)
                        value = ir.Name(param.at, param.end, param.name)
                        properties.append(ir.Assign(param.at, param.end, target, value, type=param.type))
                        break
        return tuple(params), properties

    def _param(self, node: Node) -> ir.Param:
        start, end = node.start_byte, node.end_byte
        default: ir.Expr | None = None
        declared: ir.Expr | None = None
        decorators: tuple[ir.Expr, ...] = ()
        pattern: Node | None = node
        if node.type in ("required_parameter", "optional_parameter"):
            declared = self.annotation(node, self.f.type)
            default = self.maybe(node.child_by_field_id(self.f.value))
            found = [child for child in node.children if child.type == "decorator"]
            decorators = tuple(part for one in found for part in self.exprs(one.children)) if found else ()
            pattern = node.child_by_field_id(self.f.pattern)
        elif node.type == "assignment_pattern":
            default = self.maybe(node.child_by_field_id(self.f.right))
            pattern = node.child_by_field_id(self.f.left)
        kind = ""
        if pattern is not None and pattern.type == "rest_pattern":
            inner = self.named(pattern)
            pattern, kind = (inner[0] if inner else None), "*"
        if pattern is None:
            return ir.Param(start, end, "", default, declared, kind, None, decorators)
        if pattern.type in ("identifier", "this"):
            where = pattern.start_byte, pattern.end_byte
            return ir.Param(*where, self.text(pattern), default, declared, kind, None, decorators)
        return ir.Param(start, end, "", default, declared, kind, self.target(pattern), decorators)

    def target(self, node: Node) -> ir.Expr:
        """Lower what is assigned to: a name, a place, or a pattern."""
        node = self.unwrapped(node)
        start, end = node.start_byte, node.end_byte
        kind = node.type
        if kind in ("identifier", "shorthand_property_identifier_pattern"):
            return self.name(node)
        if kind not in (
            "array_pattern",
            "array",
            "object_pattern",
            "object",
            "assignment_pattern",
            "object_assignment_pattern",
        ):
            if kind == "rest_pattern":
                inner = self.named(node)
                return ir.Spread(start, end, self.target(inner[0]) if inner else ir.Opaque(start, end, kind))
            return self.expr(node)
        if self.depth >= ir.MAX_DEPTH:
            return self.deep(node)
        self.depth += 1
        made: ir.Expr
        if kind in ("assignment_pattern", "object_assignment_pattern"):
            left, right = node.child_by_field_id(self.f.left), node.child_by_field_id(self.f.right)
            if left is None or right is None:
                made = self.opaque(node)
            else:
                made = ir.Bind(start, end, self.target(left), self.expr(right))
        elif kind in ("array_pattern", "array"):
            made = ir.Items(start, end, "list", tuple(self._places(node)))
        else:
            made = ir.Object(start, end, tuple(self._entries(node)))
        self.depth -= 1
        return made

    def _places(self, node: Node) -> list[ir.Expr]:
        """Give the targets of `[a, , ...b]`; a place that is left out is an `Opaque`."""
        found: list[ir.Expr] = []
        empty = True
        for child in node.children[1:]:
            if child.type == ",":
                if empty:
                    found.append(ir.Opaque(child.start_byte, child.start_byte, "hole"))
                empty = True
            elif child.is_named and child.type not in self.skipped:
                empty = False
                if child.type == "spread_element":
                    inner = self.named(child)
                    value = self.target(inner[0]) if inner else self.opaque(child)
                    found.append(ir.Spread(child.start_byte, child.end_byte, value))
                else:
                    found.append(self.target(child))
        return found

    def _entries(self, node: Node) -> list[tuple[ir.Expr | None, ir.Expr]]:
        """Give the (key, target) pairs of `{a, b: c, d = 1, ...e}`."""
        found: list[tuple[ir.Expr | None, ir.Expr]] = []
        for child in self.named(node):
            kind = child.type
            if kind in ("rest_pattern", "spread_element"):
                inner = self.named(child)
                if inner:
                    found.append((None, self.target(inner[0])))
            elif kind in ("pair_pattern", "pair"):
                key, value = child.child_by_field_id(self.f.key), child.child_by_field_id(self.f.value)
                if key is not None and value is not None:
                    found.append((self.key_of(key), self.target(value)))
            elif kind != "ERROR":
                name = child.child_by_field_id(self.f.left) if kind == "object_assignment_pattern" else child
                at = name if name is not None else child
                found.append((ir.Const(at.start_byte, at.end_byte, self.text(at)), self._short(child)))
        return found

    def _short(self, node: Node) -> ir.Expr:
        return self.name(node) if node.type == "shorthand_property_identifier" else self.target(node)

    def key_of(self, node: Node) -> ir.Expr:
        """Lower the key of an object or class: a constant unless it is computed."""
        kind = node.type
        if kind == "computed_property_name":
            inner = self.named(node)
            return self.expr(inner[0]) if inner else self.opaque(node)
        if kind == "string":
            return self._string(node)
        if kind == "number":
            return self._number(node)
        return ir.Const(node.start_byte, node.end_byte, self.text(node))

    # Classes

    def class_of(self, node: Node, name: str = "", kind: str = "class", decorators: Sequence[ir.Expr] = ()) -> ir.ClassDef:
        """Make the class of a declaration or expression."""
        own = node.child_by_field_id(self.f.name)
        name = self.text(own) if own is not None else name
        before = list(decorators)
        bases: list[ir.Expr] = []
        for child in node.children:
            if child.type == "decorator":
                before.extend(self.exprs(child.children))
            elif child.type == "class_heritage":
                bases.extend(self._bases(child))
        body = node.child_by_field_id(self.f.body)
        public = self.standing == PUBLIC
        made = ir.ClassDef(node.start_byte, node.end_byte, name, tuple(bases), tuple(before), (), (), (), kind, public)
        if body is not None and self.depth < ir.MAX_DEPTH:
            self.depth += 1
            self._fill(made, body)
            self.depth -= 1
        return made

    def _bases(self, heritage: Node) -> list[ir.Expr]:
        found: list[ir.Expr] = []
        for child in self.named(heritage):
            if child.type == "extends_clause":
                value = child.child_by_field_id(self.f.value)
                found.extend([self.expr(value)] if value is not None else [])
            elif child.type == "implements_clause":
                found.extend(self.type_of(one) for one in self.named(child))
            else:
                found.append(self.expr(child))
        return found

    def _fill(self, made: ir.ClassDef, body: Node) -> None:
        """Put the members into a class."""
        methods: list[ir.Function] = []
        fields: list[ir.Assign] = []
        rest: list[ir.Stmt] = []
        waiting: list[ir.Expr] = []
        standing = self.standing
        self.standing = standing if not self.inside and standing else NOBODY
        for child in self.named(body):
            kind = child.type
            if kind == "decorator":
                waiting.extend(self.exprs(child.children))
                continue
            if kind in ("method_definition", "abstract_method_signature", "method_signature"):
                if kind != "method_signature" or made.kind != "class":  # in a class it is an overload
                    methods.append(self._method(child, made, waiting, abstract=kind != "method_definition"))
            elif kind in ("field_definition", "public_field_definition", "property_signature"):
                field = self._field(child, waiting)
                if isinstance(field.value, ir.Lambda):
                    field.value.function.owner = made  # `run = () => this.x`
                fields.append(field)
            elif kind == "class_static_block":
                block = child.child_by_field_id(self.f.body)
                inner = self.block(block.children) if block is not None else ()
                rest.append(ir.Scope(child.start_byte, child.end_byte, inner))
            elif kind not in ("index_signature", "call_signature", "construct_signature"):
                self.stmt(child, rest)
            waiting = []
        self.standing = standing
        made.methods, made.fields, made.body = tuple(methods), tuple(fields), tuple(rest)

    def _method(self, node: Node, owner: ir.ClassDef, waiting: Sequence[ir.Expr], *, abstract: bool) -> ir.Function:
        self.coverage.nodes += 1
        made = self.method(node, frozenset({"abstract"}) if abstract else frozenset(), public=owner.public)
        made.owner = owner
        if waiting:
            made.decorators = (*waiting, *made.decorators)
        return made

    def method(self, node: Node, also: frozenset[str] = frozenset(), *, public: bool = True) -> ir.Function:
        """Make the function of a method of a class or object."""
        own = node.child_by_field_id(self.f.name)
        if own is None or own.type == "computed_property_name":
            return self.function(node, "", -1, owner_public=public, also=also)
        if own.type == "string":
            name, name_at = self.string_text(own), own.start_byte + 1
        else:
            name, name_at = self.text(own), own.start_byte
        if name == "constructor":
            also |= {"constructor"}
        return self.function(node, name, name_at, owner_public=public, also=also)

    def _field(self, node: Node, waiting: Sequence[ir.Expr]) -> ir.Assign:
        self.coverage.nodes += 1
        own = self.field(node, self.f.property) or self.field(node, self.f.name)
        before = list(waiting)
        for child in node.children:
            if child.type == "decorator":
                before.extend(self.exprs(child.children))
        target: ir.Expr
        name, name_at = "", -1
        if own is None or own.type == "computed_property_name":
            key = self.key_of(own) if own is not None else self.opaque(node)
            target = ir.Index(node.start_byte, node.end_byte, ir.Name(node.start_byte, node.start_byte, "this"), key)
        else:
            name = self.string_text(own) if own.type == "string" else self.text(own)
            name_at = own.start_byte + (own.type == "string")
            target = ir.Name(own.start_byte, own.end_byte, name)
        value = node.child_by_field_id(self.f.value)
        return ir.Assign(
            node.start_byte,
            node.end_byte,
            target,
            None if value is None else self.taken(value, name, name_at),
            type=self.annotation(node, self.f.type),
            declares=True,
            decorators=tuple(before),
        )
