"""What the statements of a function or file give to names: assignments, loops, parameters, imports; and which names
conditions check."""

import re
from bisect import bisect_left
from typing import NamedTuple

from tree_sitter import Node

from clearance.scan.code.source import Source
from clearance.scan.code.walk import FUNCTIONS, Frame
from clearance.scan.family import Budget

_BLOCKS = frozenset({
    "block", "if_statement", "elif_clause", "else_clause", "while_statement", "try_statement", "except_clause",
    "except_group_clause", "finally_clause", "match_statement", "case_clause", "with_statement", "for_statement", "module",
    "program", "statement_block", "do_statement", "catch_clause", "switch_statement", "switch_body", "switch_case",
    "switch_default", "labeled_statement", "for_in_statement", "export_statement", "ERROR",
})  # fmt: skip
"""Nodes that hold statements."""
_BRANCHES = frozenset({
    "block", "elif_clause", "else_clause", "except_clause", "except_group_clause", "finally_clause", "case_clause", "module",
    "program", "statement_block", "catch_clause", "switch_case", "switch_default", "lambda", "arrow_function",
})  # fmt: skip
"""Nodes whose statements run together."""
MAX_HOPS = 24
_CONDITION_STEPS = 64
_CHECKS = re.compile(
    r"valid|allow|safe|permitted|whitelist|matches|(?:^|_)is_\w*(?:id|name|token|local|trusted)$", re.IGNORECASE
)
_PREFIXED = frozenset({"is_relative_to", "startswith", "startsWith"})
LONGEST_NAME = 200


class Binding(NamedTuple):
    """A name gets something: `how` is

    `value` (of `node`), `element` (one of `node`), `property` (`key` of `node`), `augment` (what it was, and `node`),
    `import` (`key` is the dotted name), `parameter` (`node` is the parameter), `definition`, `other`.

    `at` is the offset from which it holds, `start` and `end` delimit the block whose statements run together with it;
    `target` is the node of the name.
    """

    how: str
    at: int
    target: Node
    node: Node | None
    key: str
    start: int
    end: int


class Guard(NamedTuple):
    """A check: between two offsets a name is known to be one of a collection (None where the check's own name says it all:
    `is_safe(x)`, `x.is_relative_to(…)`)."""

    start: int
    end: int
    container: Node | None


class Scope(NamedTuple):
    """The bindings of a function or file by name (`x`, `self.x`; in the order in which they hold), the modules whose
    names it took all of, the modules that it imports, and checks."""

    names: dict[str, list[Binding]]
    stars: tuple[str, ...]
    modules: tuple[str, ...]
    """The dotted names that it imports, whole."""
    guards: dict[str, list[Guard]]
    """The checks that conditions make, by the name that is checked."""


class Collector:
    """Walks the statements of one function or file, not into the functions and classes within."""

    def __init__(self, source: Source, frame: Frame, budget: Budget) -> None:
        self.source = source
        self.frame = frame
        self.budget = budget
        self.names: dict[str, list[Binding]] = {}
        self.stars: list[str] = []
        self.modules: list[str] = []
        self.guards: dict[str, list[Guard]] = {}
        self.block = (frame.node.start_byte, frame.node.end_byte)

    def collect(self) -> Scope:
        """Give all bindings, in the order of the text."""
        node = self.frame.node
        if node.type in FUNCTIONS:
            self._parameters(node)
            body = node.child_by_field_name("body")
            stack = [(body, self.block)] if body is not None else []
        else:
            stack = [(node, self.block)]
        steps = 0
        while stack:
            node, self.block = stack.pop()
            steps += 1
            if steps & 0x3FF == 0:
                self.budget.check()
            self._statement(node)
            if node.type in _BLOCKS:
                block = (node.start_byte, node.end_byte) if node.type in _BRANCHES else self.block
                stack.extend((child, block) for child in reversed(node.named_children))
        for bindings in self.names.values():
            bindings.sort(key=_at)
        for guards in self.guards.values():
            guards.sort(key=lambda guard: guard.start)
        return Scope(self.names, tuple(self.stars), tuple(self.modules), self.guards)

    def imported(self) -> tuple[str, ...]:
        """Give the dotted names that the frame's node, an import statement, takes."""
        self._statement(self.frame.node)
        return tuple(self.modules)

    def _statement(self, node: Node) -> None:
        kind = node.type
        if kind == "expression_statement":
            inner = node.named_child(0) if node.named_child_count else None
            if inner is not None:
                self._expression(inner)
        elif kind == "import_statement":
            self._import(node)
        elif kind == "import_from_statement":
            self._import_from(node)
        elif kind in ("lexical_declaration", "variable_declaration"):
            for child in node.named_children:
                if child.type == "variable_declarator":
                    self._pattern(child.child_by_field_name("name"), "value", child.child_by_field_name("value"))
        elif kind in ("for_statement", "for_in_statement"):
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is not None:
                self._pattern(left, "element", right)
        elif kind == "with_statement":
            self._with(node)
        elif kind in ("except_clause", "except_group_clause", "catch_clause"):
            self._handler(node)
        elif kind == "decorated_definition":
            self._definition(node.child_by_field_name("definition"))
        elif kind in (
            "function_definition", "class_definition", "function_declaration", "class_declaration",
            "generator_function_declaration",
        ):  # fmt: skip
            self._definition(node)
        elif kind in ("if_statement", "while_statement"):
            condition = node.child_by_field_name("condition")
            while condition is not None and condition.type == "parenthesized_expression" and condition.named_child_count:
                condition = condition.named_child(0)
            if condition is not None and condition.type == "named_expression":
                self._pattern(condition.child_by_field_name("name"), "value", condition.child_by_field_name("value"))
            elif condition is not None:
                self._condition(node, condition)

    def _condition(self, statement: Node, condition: Node) -> None:
        """Note which names a condition checks: `x in ALLOWED`, `is_safe(x)`, `x.is_relative_to(BASE)`, `/^a+$/.test(x)`."""
        text = self.source.data[condition.start_byte : condition.end_byte]
        inside = statement.child_by_field_name("consequence") or statement.child_by_field_name("body")
        if b"not " in text or b"!" in text or inside is None:  # `if x not in ALLOWED: raise`: holds from here on
            where = (statement.end_byte, self.frame.node.end_byte)
        else:
            where = (inside.start_byte, inside.end_byte)
        stack = [condition]
        steps = 0
        while stack and steps < _CONDITION_STEPS:
            node = stack.pop()
            steps += 1
            kind = node.type
            children = node.children
            if kind == "comparison_operator" and len(children) == 3 and children[1].type in ("in", "not in"):
                of, part = children[2].child_by_field_name("object"), children[2].child_by_field_name("attribute")
                if of is not None and part is not None and self.source.text(part) == "parents":
                    self._guard(of, Guard(*where, None))  # BASE in path.parents
                else:
                    self._guard(children[0], Guard(*where, children[2]))
            elif kind in ("call", "call_expression"):
                function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
                given = arguments.named_children if arguments is not None else []
                if function is None:
                    continue
                of = function.child_by_field_name("object")
                name = self.source.text(function)[-60:].rpartition(".")[2]
                if name in ("includes", "has", "test", "match", "fullmatch", "search", "get") and given and of is not None:
                    self._guard(given[-1], Guard(*where, given[0] if len(given) > 1 else of))
                elif name in _PREFIXED and of is not None:
                    self._guard(of, Guard(*where, None))
                elif _CHECKS.search(name):
                    for one in given[:3]:
                        self._guard(one, Guard(*where, None))
            elif node.child_count < 8:
                stack.extend(children)

    def _guard(self, node: Node, guard: Guard) -> None:
        if node.type == "keyword_argument":
            node = node.child_by_field_name("value") or node
        for _ in range(4):  # str(x), x.lower(), os.path.realpath(x), urlparse(x).hostname
            of = node.child_by_field_name("object")
            if of is not None and of.type in ("call", "call_expression", "new_expression"):
                node = of
            if node.type in ("identifier", "attribute", "member_expression"):
                break
            arguments, function = node.child_by_field_name("arguments"), node.child_by_field_name("function")
            inner = arguments.named_child(0) if arguments is not None and arguments.named_child_count else None
            inner = inner or (function.child_by_field_name("object") if function is not None else None)
            if inner is None:
                return
            node = inner
        self.guards.setdefault(self.source.text(node)[:LONGEST_NAME], []).append(guard)

    def _expression(self, node: Node) -> None:
        while node.type in ("parenthesized_expression", "await", "await_expression") and node.named_child_count:
            node = node.named_child(0)
        kind = node.type
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return
        if kind in ("assignment", "assignment_expression"):
            hops = 0
            value = right
            while value.type in ("assignment", "assignment_expression") and hops < MAX_HOPS:
                inner, below = value.child_by_field_name("right"), value.child_by_field_name("left")
                if inner is None:
                    break
                self._pattern(below, "value", _innermost(value))
                value, hops = inner, hops + 1
            self._pattern(left, "value", value)
        elif kind in ("augmented_assignment", "augmented_assignment_expression"):
            self._pattern(left, "augment", right)

    def _pattern(self, target: Node | None, how: str, value: Node | None) -> None:
        """Bind all names of a pattern; nested patterns are followed two levels down."""
        stack = [(target, how, value, 0)]
        while stack:
            node, way, given, depth = stack.pop()
            if node is None:
                continue
            kind = node.type
            if kind in ("identifier", "shorthand_property_identifier_pattern"):
                key = self.source.text(node) if kind != "identifier" and way == "property" else ""
                self._bind(self.source.text(node), way, node, given, key)
            elif kind in ("attribute", "member_expression"):
                self._bind(self.source.text(node), way, node, given)
            elif kind in ("pattern_list", "tuple_pattern", "list_pattern", "array_pattern", "expression_list"):
                inner = node.named_children
                given_all = given.named_children if given is not None and given.type in _TUPLES else []
                if way == "value" and len(given_all) == len(inner):
                    stack.extend((one, "value", part, depth + 1) for one, part in zip(inner, given_all, strict=True))
                elif depth < 3:
                    stack.extend((one, "element", given, depth + 1) for one in inner)
            elif kind == "object_pattern" and depth < 3:
                stack.extend(self._object_pattern(node, given, depth))
            elif kind in ("assignment_pattern", "object_assignment_pattern"):
                stack.append((node.child_by_field_name("left"), way, given, depth + 1))
            elif kind in ("list_splat_pattern", "rest_pattern", "as_pattern_target") and node.named_child_count:
                stack.append((node.named_child(0), "element", given, depth + 1))

    def _object_pattern(self, node: Node, given: Node | None, depth: int) -> list[tuple[Node | None, str, Node | None, int]]:
        """Take `{a, b: c, d = 1, ...rest}` apart."""
        out: list[tuple[Node | None, str, Node | None, int]] = []
        for child in node.named_children:
            if child.type == "pair_pattern":
                key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
                if value is not None and value.type == "assignment_pattern":
                    value = value.child_by_field_name("left")
                if key is not None and value is not None and value.type == "identifier":
                    self._bind(self.source.text(value), "property", value, given, self.source.text(key))
                else:
                    out.append((value, "element", given, depth + 1))
            elif child.type == "rest_pattern":
                out.append((child, "element", given, depth + 1))
            else:
                inner = child.child_by_field_name("left") if child.type == "object_assignment_pattern" else child
                if inner is not None:
                    self._bind(self.source.text(inner), "property", inner, given, self.source.text(inner))
        return out

    def _bind(self, name: str, how: str, target: Node, node: Node | None, key: str = "") -> None:
        if len(name) > LONGEST_NAME:
            return
        start, end = self.block
        at = node.end_byte if node is not None and how in ("value", "augment", "property", "element") else target.start_byte
        binding = Binding(how if node is not None or how == "import" else "other", at, target, node, key, start, end)
        self.names.setdefault(name, []).append(binding)

    def _definition(self, node: Node | None) -> None:
        name = node.child_by_field_name("name") if node is not None else None
        if node is not None and name is not None:
            self._bind(self.source.text(name), "definition", name, node)

    def _with(self, node: Node) -> None:
        for clause in node.named_children:
            if clause.type != "with_clause":
                continue
            for item in clause.named_children:
                value = item.child_by_field_name("value")
                if value is not None and value.type == "as_pattern":
                    alias = value.child_by_field_name("alias")
                    if alias is not None and alias.named_child_count:
                        self._pattern(alias.named_child(0), "value", value.named_child(0))

    def _handler(self, node: Node) -> None:
        value = node.child_by_field_name("value")
        alias = value.child_by_field_name("alias") if value is not None else node.child_by_field_name("parameter")
        if alias is not None and alias.type == "as_pattern_target" and alias.named_child_count:
            alias = alias.named_child(0)
        if alias is not None and alias.type == "identifier":
            self._bind(self.source.text(alias), "other", alias, None)

    def _parameters(self, function: Node) -> None:
        single = function.child_by_field_name("parameter")
        listed = function.child_by_field_name("parameters")
        for parameter in [single] if single is not None else listed.named_children if listed is not None else []:
            name: Node | None = parameter
            if parameter.type not in ("identifier", "object_pattern", "array_pattern"):
                name = (
                    parameter.child_by_field_name("name")
                    or parameter.child_by_field_name("pattern")
                    or parameter.child_by_field_name("left")
                    or (parameter.named_child(0) if parameter.named_child_count else None)
                )
            if (
                name is not None
                and name.type in ("list_splat_pattern", "dictionary_splat_pattern")
                and name.named_child_count
            ):
                name = name.named_child(0)
            if name is not None and name.type == "identifier":
                self._bind(self.source.text(name), "parameter", name, parameter)
            elif name is not None:
                for leaf in _names_in(name):
                    self._bind(self.source.text(leaf), "parameter", leaf, parameter, self.source.text(leaf))

    def _import(self, node: Node) -> None:
        source = node.child_by_field_name("source")
        if source is None:
            self._import_python(node)
            return
        module = module_name(string_text(source, self.source) or "")
        self.modules.append(module)
        for clause in node.named_children:
            if clause.type != "import_clause":
                continue
            for part in clause.named_children:
                if part.type == "identifier":
                    self._bind(self.source.text(part), "import", part, None, module)
                elif part.type == "namespace_import" and part.named_child_count:
                    self._bind(self.source.text(part.named_child(0)), "import", part.named_child(0), None, module)
                elif part.type == "named_imports":
                    self._specifiers(part, module)

    def _specifiers(self, node: Node, module: str) -> None:
        for one in node.named_children:
            name, alias = one.child_by_field_name("name"), one.child_by_field_name("alias")
            local = alias or name
            if local is not None:
                imported = self.source.text(name) if name is not None else "default"
                key = module if imported == "default" else f"{module}.{imported}"
                self.modules.append(key)
                self._bind(self.source.text(local), "import", local, None, key)

    def _import_python(self, node: Node) -> None:
        for one in node.children_by_field_name("name"):
            alias = one.child_by_field_name("alias")
            name = one.child_by_field_name("name") if alias is not None else one
            if name is None:
                continue
            dotted = self.source.text(name)
            self.modules.append(dotted)
            if alias is not None:
                self._bind(self.source.text(alias), "import", alias, None, dotted)
            else:
                first = dotted.split(".", 1)[0]
                self._bind(first, "import", one, None, first)

    def _import_from(self, node: Node) -> None:
        module = node.child_by_field_name("module_name")
        prefix = self.source.text(module) if module is not None else ""
        joint = "" if prefix.endswith(".") else "."
        for one in node.children_by_field_name("name"):
            alias = one.child_by_field_name("alias")
            name = one.child_by_field_name("name") if alias is not None else one
            if name is not None:
                local, dotted = alias or name, f"{prefix}{joint}{self.source.text(name)}"
                self.modules.append(dotted)
                self._bind(self.source.text(local), "import", local, None, dotted)
        if any(child.type == "wildcard_import" for child in node.named_children):
            self.stars.append(prefix)
            self.modules.append(prefix)


def _at(binding: Binding) -> int:
    return binding.at


def bound_before(bindings: list[Binding], offset: int) -> int:
    """Tell how many of the bindings of a name hold before an offset."""
    return bisect_left(bindings, offset, key=_at)


def import_names(statement: Node, source: Source, budget: Budget) -> tuple[str, ...]:
    """Give the dotted names that an import statement takes, and its module."""
    return Collector(source, Frame(statement, (), None), budget).imported()


_TUPLES = frozenset({"expression_list", "tuple", "list", "array"})


def _innermost(node: Node) -> Node:
    """Give the value at the end of `a = b = value`."""
    for _ in range(MAX_HOPS):
        right = node.child_by_field_name("right")
        if node.type not in ("assignment", "assignment_expression") or right is None:
            break
        node = right
    return node


def _names_in(pattern: Node) -> list[Node]:
    """Give the names that a destructuring parameter binds."""
    found: list[Node] = []
    stack = [(pattern, 0)]
    while stack:
        node, depth = stack.pop()
        if node.type in ("identifier", "shorthand_property_identifier_pattern"):
            found.append(node)
        elif node.type == "pair_pattern":
            inner = node.child_by_field_name("value")
            stack += [(inner, depth + 1)] if inner is not None else []
        elif node.type in ("assignment_pattern", "object_assignment_pattern"):
            inner = node.child_by_field_name("left")
            stack += [(inner, depth + 1)] if inner is not None else []
        elif depth < 6:
            stack.extend((child, depth + 1) for child in node.named_children)
    return found


def module_name(text: str) -> str:
    """Write the name of a JavaScript module as a dotted name: without `node:`; the slashes of a path become dots."""
    return text.removeprefix("node:").removeprefix("@").replace("./", ".").replace("/", ".").removesuffix(".js")


def string_text(node: Node, source: Source) -> str | None:
    """Give the text of a plain string literal, and None for anything else."""
    if node.type != "string":
        return None
    inner = [child for child in node.named_children if child.type not in ("string_start", "string_end")]
    if not inner:
        return ""
    if len(inner) == 1 and inner[0].type in ("string_content", "string_fragment"):
        return source.text(inner[0])
    return None
