"""What an expression gives: constant, built, from a request; followed through local variables within a function.

The evaluator is cut off by depth and by a number of steps per question, so that hostile nesting costs a constant; what lies
beyond counts as not constant.
"""

import re
from bisect import bisect_right
from collections.abc import Callable
from typing import ClassVar, NamedTuple

from tree_sitter import Node

from clearance.scan.code import sources
from clearance.scan.code.bindings import Binding, Guard, bound_before
from clearance.scan.code.names import NOTHING, Names
from clearance.scan.code.scopes import Scopes
from clearance.scan.code.walk import FUNCTIONS, Frame

UNKNOWN = object()
"""A constant whose value is not known."""
HOLE = "{}"
_MAX_DEPTH = 40
_MAX_STEPS = 800
_MAX_TEXT = 4000
_MAX_GUARDS = 16
_MAX_ITEMS = 50
_MAX_BINDINGS = 100
_CAPITALS = re.compile(r"[A-Z][A-Z0-9_]+\Z")
_PERCENT = re.compile(r"%%|%(?:\(\w+\))?[-#0 +]*\d*(?:\.\d+)?[sdrifxa]")
_BRACES = re.compile(r"\{\{|\}\}|\{[^{}]*\}")
_DOUBLED = {"%%": "%", "{{": "{", "}}": "}"}
Trail = tuple[tuple[Node, str], ...]
"""The way from a source, each step with what happens there."""


class Value(NamedTuple):
    """What is known of an expression.

    `literal` is the value of a constant, or UNKNOWN; `text` is text as far as it is known, with `{}` for what is not;
    `form` is `list`, `dict`, `function`, or `request` for a request itself; `call` names the call that gave it.
    """

    constant: bool = False
    literal: object = UNKNOWN
    text: str | None = None
    built: bool = False
    source: Trail = ()
    parameter: bool = False
    form: str = ""
    call: str = ""
    node: Node | None = None
    frame: Frame | None = None


_DYNAMIC = Value()
_HARMLESS = Value(constant=True)


def _join(one: Value, other: Value) -> Value:
    """Give what is known of something that is one or the other."""
    return Value(
        constant=one.constant and other.constant,
        literal=one.literal if one.literal == other.literal and type(one.literal) is type(other.literal) else UNKNOWN,
        text=other.text if other.built or one.text is None else one.text,
        built=one.built or other.built,
        source=one.source or other.source,
        parameter=one.parameter or other.parameter,
        form=one.form if one.form == other.form else "",
        call=one.call or other.call,
        node=one.node,
        frame=one.frame,
    )


class Evaluator:
    """Evaluates expressions of one file. `clean` names calls whose results are harmless for who asks."""

    def __init__(self, scopes: Scopes, language: str, clean: Names = NOTHING) -> None:
        self.scopes = scopes
        self.text = scopes.source.text
        self.language = language
        self.clean = clean
        self._memo: dict[int, Value] = {}
        self._local: dict[str, Value] = {}
        self._busy: set[int] = set()
        self._depth = 0
        self._steps = 0

    def ask(self, node: Node, frame: Frame) -> Value:
        """Give what is known of an expression of a function or file."""
        self._steps = 0
        self._depth = 0
        return self._of(node, frame)

    def text_of(self, value: Value) -> str | None:
        """Give the text of a value as far as it is known; that of a list is the text of its elements, one a line."""
        if value.form != "list" or value.node is None or value.frame is None:
            return value.text
        items = [child for child in value.node.named_children[:_MAX_ITEMS] if child.type != "comment"]
        return "\n".join(_known_text(self._of(item, value.frame)) for item in items)

    def _of(self, node: Node | None, frame: Frame) -> Value:
        if node is None:
            return _DYNAMIC
        known = self._memo.get(node.id)
        if known is not None:
            return known
        self._steps += 1
        if self._depth >= _MAX_DEPTH or self._steps > _MAX_STEPS:
            return _DYNAMIC
        handler = self._handlers.get(node.type)
        if handler is None:
            return _DYNAMIC
        self._depth += 1
        value = handler(self, node, frame)
        self._depth -= 1
        if not self._local:
            self._memo[node.id] = value
        return value

    # Literals

    def _number(self, node: Node, _frame: Frame) -> Value:
        text = self.text(node).replace("_", "")[:40]
        try:
            return Value(constant=True, literal=int(text, 0))
        except ValueError:
            try:
                return Value(constant=True, literal=int(text, 8) if text.isdigit() else float(text))
            except ValueError:
                return _HARMLESS

    def _word(self, node: Node, _frame: Frame) -> Value:
        return Value(constant=True, literal={"true": True, "false": False}.get(node.type.lower()))

    def _string(self, node: Node, frame: Frame) -> Value:
        pieces: list[Value] = []
        for child in node.named_children:
            kind = child.type
            if kind in ("interpolation", "template_substitution"):
                inner = child.child_by_field_name("expression") or (
                    child.named_child(0) if child.named_child_count else None
                )
                pieces.append(self._of(inner, frame))
            elif kind not in ("string_start", "string_end"):
                text = self.text(child)
                pieces.append(Value(constant=True, literal=text, text=text))
        return self._put_together(pieces or [Value(constant=True, literal="", text="")])

    def _concatenated(self, node: Node, frame: Frame) -> Value:
        return self._put_together([self._of(child, frame) for child in node.named_children])

    def _put_together(self, pieces: list[Value]) -> Value:
        """Give text made of pieces, at least one of which is text."""
        constant = all(piece.constant for piece in pieces)
        text = "".join(_known_text(piece) for piece in pieces)[:_MAX_TEXT]
        literal = text if all(isinstance(piece.literal, str | int) for piece in pieces) else UNKNOWN
        return Value(
            constant=constant,
            literal=literal if constant else UNKNOWN,
            text=text,
            built=not constant,
            source=next((piece.source for piece in pieces if piece.source), ()),
            parameter=any(piece.parameter for piece in pieces),
        )

    def _list(self, node: Node, frame: Frame) -> Value:
        return self._of_all(node.named_children, frame, node, "list")

    def _of_all(self, nodes: list[Node], frame: Frame, node: Node, form: str) -> Value:
        constant, parameter = True, False
        source: Trail = ()
        for child in nodes:
            value = self._of(child, frame)
            constant = constant and value.constant
            parameter = parameter or value.parameter
            source = source or value.source
            if self._steps > _MAX_STEPS:
                break
        return Value(constant=constant, source=source, parameter=parameter, form=form, node=node, frame=frame)

    def _dict(self, node: Node, frame: Frame) -> Value:
        values = [child.child_by_field_name("value") or child for child in node.named_children if child.type != "comment"]
        return self._of_all(values, frame, node, "dict")

    def _splat(self, node: Node, frame: Frame) -> Value:
        return self._of(node.named_child(0) if node.named_child_count else None, frame)

    def _function(self, node: Node, frame: Frame) -> Value:
        return Value(form="function", node=node, frame=frame)

    # Operators

    def _binary(self, node: Node, frame: Frame) -> Value:
        operator = node.child_by_field_name("operator")
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        kind = operator.type if operator is not None else ""
        if kind == "+":
            return self._plus(node, frame)
        if kind in ("and", "or", "||", "&&", "??"):
            return _join(self._of(left, frame), self._of(right, frame))
        one, other = self._of(left, frame), self._of(right, frame)
        if kind == "%" and one.text is not None:
            return self._filled(one, [other], _PERCENT)
        if kind == "*" and (one.text is not None or one.form == "list"):
            return one._replace(literal=UNKNOWN)
        if kind == "/" and (one.source or other.source or one.parameter or other.parameter or one.text or other.text):
            return self._passed([one, other])  # pathlib
        return _HARMLESS if one.constant and other.constant else _DYNAMIC

    def _plus(self, node: Node, frame: Frame) -> Value:
        operands: list[Node | None] = []
        at: Node | None = node
        while at is not None and at.type in ("binary_operator", "binary_expression"):
            operator = at.child_by_field_name("operator")
            if operator is None or operator.type != "+" or len(operands) > _MAX_STEPS:
                break
            operands.append(at.child_by_field_name("right"))
            at = at.child_by_field_name("left")
        operands.append(at)
        values = [self._of(operand, frame) for operand in reversed(operands)]
        if any(value.text is not None for value in values):
            return self._put_together(values)
        form = "list" if any(value.form == "list" for value in values) else ""
        return self._passed(values)._replace(form=form)

    def _filled(self, template: Value, pieces: list[Value], holes: re.Pattern[str]) -> Value:
        """Give a template's text with its holes filled."""
        constant = template.constant and all(piece.constant for piece in pieces)
        filling = "" if constant else HOLE
        return Value(
            constant=constant,
            text=holes.sub(lambda hole: _DOUBLED.get(hole[0], filling), template.text or ""),
            built=not constant,
            source=template.source or next((piece.source for piece in pieces if piece.source), ()),
            parameter=template.parameter or any(piece.parameter for piece in pieces),
        )

    def _passed(self, values: list[Value]) -> Value:
        """Give what is made of values, and is not known to be text."""
        return Value(
            constant=all(value.constant for value in values),
            built=any(value.built for value in values),
            source=next((value.source for value in values if value.source), ()),
            parameter=any(value.parameter for value in values),
        )

    def _unary(self, node: Node, frame: Frame) -> Value:
        operator = node.child_by_field_name("operator")
        inner = self._of(node.child_by_field_name("argument") or node.named_child(0), frame)
        if operator is not None and operator.type == "!" and isinstance(inner.literal, int):
            return Value(constant=True, literal=not inner.literal)
        if operator is not None and operator.type == "-" and isinstance(inner.literal, int | float):
            return Value(constant=True, literal=-inner.literal)
        return _HARMLESS

    def _harmless(self, _node: Node, _frame: Frame) -> Value:
        return _HARMLESS

    def _choice(self, node: Node, frame: Frame) -> Value:
        one, other = node.child_by_field_name("consequence"), node.child_by_field_name("alternative")
        if one is None and node.named_child_count >= 3:
            one, other = node.named_child(0), node.named_child(2)
        return _join(self._of(one, frame), self._of(other, frame))

    def _inner(self, node: Node, frame: Frame) -> Value:
        return self._of(node.named_child(0) if node.named_child_count else None, frame)

    def _assigned(self, node: Node, frame: Frame) -> Value:
        return self._of(node.child_by_field_name("right") or node.child_by_field_name("value"), frame)

    def _comprehension(self, node: Node, frame: Frame) -> Value:
        clauses = [child for child in node.named_children if child.type == "for_in_clause"]
        before = dict(self._local)
        for clause in clauses:
            given = _element(self._of(clause.child_by_field_name("right"), frame))
            left = clause.child_by_field_name("left")
            for name in re.findall(r"\w+", self.text(left)[:200]) if left is not None else ():
                self._local[name] = given
        for clause in node.named_children:
            test = clause.named_child(0) if clause.type == "if_clause" and clause.named_child_count else None
            parts = test.children if test is not None and test.type == "comparison_operator" else []
            if len(parts) == 3 and parts[1].type == "in" and self._of(parts[2], frame).constant:
                self._local[self.text(parts[0])] = _HARMLESS
        value = self._of(node.child_by_field_name("body"), frame)
        self._local = before
        return value._replace(form="list", literal=UNKNOWN, node=None)

    # Names

    def _identifier(self, node: Node, frame: Frame) -> Value:
        name = self.text(node)
        if name in self._local:
            return self._local[name]
        found = self.scopes.lookup(name, frame)
        if found is None:
            return self._unbound(name, node)
        bindings, where = found
        if self._guarded(name, node, where):
            return _HARMLESS
        return self._bound(bindings, node.start_byte if where is frame else None, where)

    def _unbound(self, name: str, node: Node) -> Value:
        if name in ("undefined", "NaN", "__file__", "__dirname", "__name__"):
            return Value(constant=True, literal=None if name == "undefined" else UNKNOWN)
        if name in ("request", "req"):
            return Value(form="request")
        if name == "location" and self.language == "javascript":
            return Value(source=((node, "the address of the page"),))
        return _HARMLESS if _CAPITALS.match(name) else _DYNAMIC

    def _guarded(self, name: str, node: Node, where: Frame) -> bool:
        """Tell whether the code before has compared the name with a constant collection."""
        scope = self.scopes.of(where)
        guards = scope.guards.get(name)
        if not guards:
            return False
        bindings = scope.names[name]
        bound = bound_before(bindings, node.start_byte + 1)
        since = bindings[bound - 1].at if bound else -1
        last = bisect_right(guards, node.start_byte, key=_start)
        for guard in guards[max(0, last - _MAX_GUARDS) : last]:
            if guard.end <= node.start_byte or guard.start < since:
                continue
            if guard.container is None or self._of(guard.container, where).constant:
                return True
        return False

    def _bound(self, bindings: list[Binding], before: int | None, frame: Frame) -> Value:
        """Join what a name may hold at a place: of the bindings before it, those after the last that certainly ran."""
        if before is None:
            live = bindings
        else:
            live = []
            for number in range(bound_before(bindings, before) - 1, -1, -1):
                binding = bindings[number]
                live.append(binding)
                if (binding.how != "augment" and binding.start <= before <= binding.end) or len(live) >= _MAX_BINDINGS:
                    break
            live.reverse()
            live = live or bindings[:_MAX_BINDINGS]
        value: Value | None = None
        for binding in live[:_MAX_BINDINGS]:
            if binding.how == "augment":
                value = self._augmented(value or _DYNAMIC, binding, frame)
                continue
            one = self._from(binding, frame)
            value = one if value is None else _join(value, one)
        return value or _DYNAMIC

    def _augmented(self, value: Value, binding: Binding, frame: Frame) -> Value:
        more = self._of(binding.node, frame)
        pieces = [value, more]
        result = self._put_together(pieces) if value.text is not None or more.text is not None else self._passed(pieces)
        return self._stepped(result, binding)

    def _stepped(self, value: Value, binding: Binding) -> Value:
        """Add the assignment to the way of a value that comes from a source."""
        if not value.source or len(value.source) > 8 or value.source[-1][0].id == binding.target.id:
            return value
        return value._replace(source=(*value.source, (binding.target, f"goes into {self.text(binding.target)[:60]}")))

    def _from(self, binding: Binding, frame: Frame) -> Value:
        if binding.how == "import":
            if binding.key in sources.ROOTS:
                return Value(form="request")
            return _HARMLESS if _CAPITALS.match(binding.key.rpartition(".")[2]) else _DYNAMIC
        if binding.how == "parameter":
            return self._parameter(binding, frame)
        if binding.how == "definition":
            return Value(form="function")
        if binding.node is None or binding.target.id in self._busy:
            return _DYNAMIC
        self._busy.add(binding.target.id)
        value = self._of(binding.node, frame)
        self._busy.discard(binding.target.id)
        if binding.how == "element":
            value = _element(value)
        elif binding.how == "property":
            value = self._property(value, binding.key, binding.target)
        return self._stepped(value, binding)

    def _parameter(self, binding: Binding, frame: Frame) -> Value:
        """Tell what a parameter may hold: a request, request data, or whatever callers give."""
        parameter, name = binding.node, self.text(binding.target)
        if parameter is None:
            return Value(parameter=True)
        kind_node = parameter.child_by_field_name("type")
        annotation = self.text(kind_node).lstrip(": ") if kind_node is not None else ""
        if name in sources.ROOT_NAMES[self.language] or annotation.rpartition(".")[2] in sources.ROOT_TYPES:
            return Value(form="request", parameter=True)
        siblings = frame.node.child_by_field_name("parameters")
        if name == "event" and siblings is not None and "context" in self.text(siblings)[:200]:
            return Value(source=((parameter, "an event from outside"),), parameter=True)
        if name == "searchParams" and binding.key:
            return Value(source=((parameter, "the query of the page"),), parameter=True)
        default = parameter.child_by_field_name("value")
        route = self._route(frame) if self.language == "python" and name not in ("self", "cls") else None
        if route is not None and not sources.is_given(annotation, self.text(default) if default is not None else ""):
            if sources.is_number(annotation, route, name):
                return _HARMLESS
            return Value(source=((parameter, f"{name} comes from the request"),), parameter=True)
        if sources.is_number(annotation, "", name):
            return _HARMLESS._replace(parameter=True)
        return Value(parameter=True)

    def _route(self, frame: Frame) -> str | None:
        """Give the route of a function that answers requests, or None."""
        for decorator in decorators(frame):
            call = decorator.named_child(0) if decorator.named_child_count else None
            if call is None or call.type != "call":
                continue
            function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
            first = arguments.named_child(0) if arguments is not None and arguments.named_child_count else None
            if function is None or first is None or first.type != "string":
                continue
            route = self.text(first).strip("rf\"'")
            if sources.is_handler(self.text(function), route):
                return route
        return None

    # Parts

    def _attribute(self, node: Node, frame: Frame) -> Value:
        leaf = node.child_by_field_name("attribute") or node.child_by_field_name("property")
        key = self.text(leaf) if leaf is not None else ""
        names = self.scopes.of(frame).names
        if node.end_byte - node.start_byte < 80:
            found = names.get(self.text(node))
            if found and any(one.at < node.start_byte for one in found):
                return self._bound(found, node.start_byte, frame)
        return self._property(self._of(node.child_by_field_name("object"), frame), key, node, frame)

    def _property(self, value: Value, key: str, node: Node, frame: Frame | None = None) -> Value:
        """Give what is known of a property of a value."""
        if value.form == "request":
            if key in sources.ROOT_PARTS:
                return value
            if key in sources.DATA[self.language]:
                return Value(source=((node, f"{self.text(node)[:60]} comes from the request"),))
            return _DYNAMIC
        if key in sources.ROOT_PARTS and frame is not None:
            return Value(form="request")
        if value.source:
            return (
                _HARMLESS if key in ("length", "size") else value._replace(text=None, built=False, form="", literal=UNKNOWN)
            )
        if value.form == "dict" and value.node is not None and value.frame is not None:
            found, certain = self.entry(value, key)
            if found is not None:
                return self._of(found, value.frame)
            return _DYNAMIC if not certain else Value(constant=True, literal=None)
        if _CAPITALS.match(key) or key in sources.CONSTANT_ATTRIBUTES or key == "length":
            return _HARMLESS
        if frame is not None and self.language == "javascript" and key in _BROWSER_KEYS:
            name = self.scopes.resolve(node, frame)
            if name in sources.BROWSER:
                return Value(source=((node, f"{name} comes from the address of the page"),))
        return Value(parameter=value.parameter)

    def entry(self, value: Value, key: str) -> tuple[Node | None, bool]:
        """Give the node of an entry of a dict or object that is written out, and whether its absence is certain."""
        certain = True
        for child in value.node.named_children if value.node is not None else ():
            if child.type in ("dictionary_splat", "spread_element"):
                certain = False
            elif child.type == "shorthand_property_identifier" and self.text(child) == key:
                return child, True
            elif child.type == "method_definition":
                continue
            else:
                name = child.child_by_field_name("key")
                if name is None:
                    continue
                if name.type in ("identifier", "computed_property_name"):
                    certain = certain and self.language == "python" and _CAPITALS.match(self.text(name)) is not None
                elif self.text(name).strip("\"'`") == key:
                    return child.child_by_field_name("value"), True
        return None, certain

    def _subscript(self, node: Node, frame: Frame) -> Value:
        value = self._of(node.child_by_field_name("value") or node.child_by_field_name("object"), frame)
        if value.form == "request":
            return _DYNAMIC
        index = node.child_by_field_name("subscript") or node.child_by_field_name("index")
        key = self._of(index, frame).literal if index is not None else UNKNOWN
        if value.form == "list" and value.node is not None and isinstance(key, int) and value.frame is not None:
            items = value.node.named_children
            return self._of(items[key], value.frame) if -len(items) <= key < len(items) else _DYNAMIC
        if isinstance(key, str) and not value.source:
            return self._property(value, key, node)
        if value.constant:
            return _HARMLESS
        return value._replace(text=None, built=False, form="", literal=UNKNOWN, node=None)

    # Calls

    def _call(self, node: Node, frame: Frame) -> Value:
        function = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        arguments = node.child_by_field_name("arguments")
        if function is None or arguments is None or arguments.type == "template_string":
            return _DYNAMIC
        name = self.scopes.resolve(function, frame) or "?"
        if self.clean.fits(name) or name in sources.HARMLESS_CALLS:
            return _HARMLESS._replace(call=name)
        given = arguments.named_children if arguments.type != "generator_expression" else [arguments]
        given = [one.child_by_field_name("value") or one if one.type == "keyword_argument" else one for one in given]
        if name in sources.SAME_CALLS and given:
            return self._of(given[0], frame)._replace(call=name)
        if name in sources.PASSING_CALLS:
            return self._passed([self._of(one, frame) for one in given[:20]])._replace(call=name)
        if function.type in ("attribute", "member_expression"):
            return self._method(function, given, name, frame)._replace(call=name)
        return Value(call=name)

    def _method(self, function: Node, given: list[Node], name: str, frame: Frame) -> Value:
        leaf = function.child_by_field_name("attribute") or function.child_by_field_name("property")
        method = self.text(leaf) if leaf is not None else ""
        of = self._of(function.child_by_field_name("object"), frame)
        if of.form == "request":
            return self._property(of, method, function)
        if method in sources.HARMLESS_METHODS:
            return _HARMLESS
        if method in ("format", "replace", "concat", "replaceAll") and of.text is not None:
            if name.endswith("sql.SQL().format"):
                return _HARMLESS
            pieces = [self._of(one, frame) for one in given[:20]]
            if method == "format":
                return self._filled(of, pieces, _BRACES)
            return self._put_together([of, *(pieces[1:] if method != "concat" else pieces)])
        if method == "join" and given and of.text is not None:
            return self._joined(self._of(given[0], frame))
        if method == "join" and of.form == "list":
            return self._joined(of)
        if method in sources.SAME_METHODS:
            return of
        if of.source:
            return of._replace(text=None, built=False, form="", literal=UNKNOWN)
        if method in ("get", "pop") and of.form == "dict" and of.node is not None and given:
            key = self._of(given[0], frame).literal
            if isinstance(key, str):
                return self._property(of, key, function)
        if of.constant and of.form in ("list", "dict"):
            return _HARMLESS
        if method in ("map", "filter", "slice", "split", "splitlines", "keys", "values", "items", "get", "pop", "partition"):
            return of._replace(text=None, built=False, form="list" if of.form == "list" else "", literal=UNKNOWN, node=None)
        if method in ("joinpath", "with_name"):
            return self._passed([of, *(self._of(one, frame) for one in given[:20])])
        if method in ("get_argument", "get_query_argument", "get_body_argument") and self.language == "python":
            return Value(source=((function, "the argument comes from the request"),))
        return _DYNAMIC

    def _joined(self, pieces: Value) -> Value:
        if pieces.constant:
            return Value(constant=True, text="")
        return Value(text=HOLE, built=True, source=pieces.source, parameter=pieces.parameter)

    _handlers: ClassVar[dict[str, Callable[["Evaluator", Node, Frame], Value]]] = {
        **dict.fromkeys(("integer", "float", "number"), _number),
        **dict.fromkeys(("true", "false", "none", "null", "undefined", "True", "False", "None"), _word),
        **dict.fromkeys(("string", "template_string"), _string),
        "concatenated_string": _concatenated,
        **dict.fromkeys(("list", "tuple", "set", "array", "expression_list"), _list),
        **dict.fromkeys(("dictionary", "object"), _dict),
        **dict.fromkeys(("list_splat", "spread_element", "dictionary_splat"), _splat),
        **dict.fromkeys(FUNCTIONS, _function),
        **dict.fromkeys(("binary_operator", "binary_expression", "boolean_operator"), _binary),
        **dict.fromkeys(("unary_operator", "unary_expression", "not_operator"), _unary),
        **dict.fromkeys(("comparison_operator", "regex"), _harmless),
        **dict.fromkeys(("conditional_expression", "ternary_expression"), _choice),
        **dict.fromkeys(
            (
                "parenthesized_expression", "await", "await_expression", "as_expression", "non_null_expression",
                "satisfies_expression", "type_assertion", "jsx_expression",
            ),
            _inner,
        ),
        **dict.fromkeys(("named_expression", "assignment_expression"), _assigned),
        **dict.fromkeys(
            ("generator_expression", "list_comprehension", "set_comprehension", "dictionary_comprehension"),
            _comprehension,
        ),
        **dict.fromkeys(("identifier", "shorthand_property_identifier"), _identifier),
        **dict.fromkeys(("attribute", "member_expression"), _attribute),
        **dict.fromkeys(("subscript", "subscript_expression"), _subscript),
        **dict.fromkeys(("call", "call_expression", "new_expression"), _call),
    }  # fmt: skip


_BROWSER_KEYS = frozenset(name.rpartition(".")[2] for name in sources.BROWSER)


def _start(guard: Guard) -> int:
    return guard.start


def _known_text(piece: Value) -> str:
    if piece.text is not None:
        return piece.text
    if not piece.constant:
        return HOLE
    return str(piece.literal) if isinstance(piece.literal, str | int) else ""


def _element(value: Value) -> Value:
    """Give what is known of one element of a collection."""
    if value.form == "request":
        return _DYNAMIC
    return Value(constant=value.constant, source=value.source, parameter=value.parameter)


def decorators(frame: Frame) -> list[Node]:
    """Give the decorators of a function."""
    if frame.above and frame.above[0].type == "decorated_definition":
        return [child for child in frame.above[0].named_children if child.type == "decorator"]
    return []
