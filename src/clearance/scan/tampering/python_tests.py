"""Reads the tests of a Python file: pytest and unittest."""

import re
from collections.abc import Container, Iterator
from typing import NamedTuple

from tree_sitter import Node

from clearance.scan.tampering.cases import FAIR, STRONG, TRIVIAL, WEAK, Assertion, Case, Cases, Skip
from clearance.scan.tampering.syntax import Source, bare, text_of

_CHECKING = re.compile(r"(?:assert|check|verify|expect|ensure|validate)[_A-Z]\w*|assert\w*")
_STRONG_CALLS = re.compile(
    r"assert(?:_?(?:Equals?|Is|(?:Dict|List|Set|Tuple|Sequence|MultiLine|Count)Equal|IsNone|HasCalls|RaisesRegex|WarnsRegex)"
    r"|_(?:equal|array_equal|frame_equal|series_equal|(?:any_|awaited_|called_)?(?:once_)?with|called_once_with|called_with"
    r"|has_calls|not_called|never_called))",
)
_WEAK_CALLS = re.compile(r"assert(?:True|False|_|NotEquals?|IsNotNone|_called|_awaited|_true|_false|_not_equal)")
_RAISES = {"raises", "assertRaises", "warns", "assertWarns", "deprecated_call"}
_BROAD = {"Exception", "BaseException", "Warning", "None", "( Exception )", ""}
_LITERALS = {"string", "integer", "float", "true", "false", "none", "list", "dictionary", "tuple", "set", "unary_operator",
             "concatenated_string"}  # fmt: skip
_SKIP = re.compile(r"\b(skipif|skipIf|skipUnless|skip|xfail|expectedFailure)\b")
_SKIP_CALL = re.compile(r"(?:pytest\.(?:skip|xfail)|self\.skipTest|unittest\.SkipTest|SkipTest)\b")
_HANDLED = re.compile(r"except\s*:|except\s+[^:]*\b(?:AssertionError|Exception|BaseException)\b")
_OPERATORS = {"==": STRONG, "is": STRONG, "in": FAIR, "not in": FAIR, "<": FAIR, ">": FAIR, "<=": FAIR, ">=": FAIR}
_LOOPS = {"for_statement", "while_statement", "for_in_clause"}
# As good as the expression alone, or its negation.
_LOOSE_ENDS = ("is not None", "!= None", "== True", "== False", "is True", "is False")
_FUNCTIONS = {"function_definition", "lambda"}


class _Function(NamedTuple):
    """A function, the decorators of it and of its classes, and all nodes of its tree."""

    name: str
    node: Node
    decorators: list[Node]
    nodes: list[Node]


def outline(source: Source) -> dict[str, int]:
    """Give a number for each function that changes with its text or its decorators; for functions of one name the last."""
    return {
        name: hash((source.node_text(node), *(text_of(decorator) for decorator in decorators)))
        for name, node, decorators in _functions(source)
    }


def read(source: Source, same: Container[str] = ()) -> Cases:
    """Give the functions of a file with their assertions and what skips them; of those in `same` only that they exist."""
    functions = [
        _Function(name, node, decorators, [] if name in same else list(source.walk(node)))
        for name, node, decorators in _functions(source)
    ]
    helpers = {
        function.name.rpartition(".")[2]
        for function in functions
        if not function.name.rpartition(".")[2].startswith("test") and "assert" in source.node_text(function.node)
    }
    cases = [_case(source, function, frozenset(helpers)) for function in functions]
    return Cases((*cases, _loose(source, frozenset(helpers))), tuple(_module_skips(source)))


def _loose(source: Source, helpers: frozenset[str]) -> Case:
    """Give what stands outside of functions as a case without a name: in a piece of a file the heads are missing."""
    outside = _Function("", source.root, [], list(source.walk(source.root, closed="function_definition")))
    return Case(
        name="",
        span=(0, 0),
        is_test=False,
        assertions=tuple(_assertions(source, outside, helpers)),
        skips=(),
        tokens=frozenset(),
        loops=0,
    )


def _functions(source: Source) -> Iterator[tuple[str, Node, list[Node]]]:
    """Give each function that stands in the module or in a class, with the decorators of it and of its classes."""
    stack: list[tuple[Node, str, list[Node]]] = [(source.root, "", [])]
    while stack:
        source.budget.check()
        node, prefix, decorators = stack.pop()
        match node.type:
            case "function_definition":
                yield prefix + text_of(node.child_by_field_name("name")), node, decorators
            case "decorated_definition":
                own = [child for child in node.children if child.type == "decorator"]
                definition = node.child_by_field_name("definition")
                if definition is not None:
                    stack.append((definition, prefix, [*decorators, *own]))
            case "class_definition":
                inner = f"{prefix}{text_of(node.child_by_field_name('name'))}."
                body = node.child_by_field_name("body")
                if body is not None:
                    stack.extend((child, inner, decorators) for child in reversed(body.children))
            case "module" | "block" | "if_statement" | "else_clause" | "try_statement" | "with_statement" | "ERROR":
                stack.extend((child, prefix, decorators) for child in reversed(node.children))
            case _:
                pass


def _case(source: Source, function: _Function, helpers: frozenset[str]) -> Case:
    node = function.node
    header = node.child_by_field_name("parameters") or node
    start, _ = source.span(node)
    tables = sum("parametrize" in text_of(decorator) or "given" in text_of(decorator) for decorator in function.decorators)
    loops = sum(
        found.type in _LOOPS or (found.type == "identifier" and found.text == b"subTest") for found in function.nodes
    )
    return Case(
        name=function.name,
        span=(start, source.span(header)[1]),
        is_test=function.name.rpartition(".")[2].startswith("test"),
        assertions=tuple(_assertions(source, function, helpers)),
        skips=(*_decorated(source, function.decorators), *_skips_inside(source, function)) if function.nodes else (),
        tokens=frozenset(text_of(found) for found in function.nodes if not found.child_count),
        loops=tables + loops + sum(found.type == "identifier" and text_of(found) in helpers for found in function.nodes),
    )


def _assertions(source: Source, function: _Function, helpers: frozenset[str]) -> Iterator[Assertion]:
    """Give what a function demands: assert statements, one for each part of an `and`, and calls that check."""
    inside = 0
    for node in function.nodes:
        # What stands inside an assertion is a part of it.
        if node.start_byte < inside:
            continue
        if node.type == "assert_statement" and node.named_child_count:
            inside = node.end_byte
            for part in _conjuncts(node.named_children[0]):
                yield _assertion(source, part, node)
        elif node.type == "call":
            called = node.child_by_field_name("function")
            last = called.child_by_field_name("attribute") if called is not None and called.type == "attribute" else called
            name = source.head(last) if last is not None and last.type == "identifier" else ""
            if name and (_CHECKING.fullmatch(name) or name in _RAISES or name in helpers):
                inside = node.end_byte
                yield _called(source, node, name, known=name in helpers)


def _conjuncts(expression: Node) -> Iterator[Node]:
    stack = [bare(expression)]
    while stack:
        node = bare(stack.pop())
        operator = node.child_by_field_name("operator") if node.type == "boolean_operator" else None
        if operator is not None and operator.type == "and":
            stack.extend(child for child in reversed(node.named_children))
        else:
            yield node


def _assertion(source: Source, expression: Node, statement: Node) -> Assertion:
    start, end = source.span(statement)
    text = source.normal(expression)
    strength, subject, expected = _judged(source, expression, text)
    return Assertion(
        text=text,
        strength=strength,
        start=start,
        end=end,
        about=_identifiers(source, expression),
        subject=subject,
        expected=expected,
        swallowed=_swallowed(source, statement),
        shown=source.head(expression),
    )


def _judged(source: Source, node: Node, text: str) -> tuple[int, str, str]:
    """How much an expression demands; its subject and expected value where it compares with a literal."""
    kind = node.type
    if kind in _LITERALS and kind not in {"false", "none"}:
        return TRIVIAL, "", ""
    if kind == "boolean_operator":
        trivial = text.endswith((" or True", " or 1")) or text.startswith("True or ")
        return (TRIVIAL if trivial else WEAK), "", ""
    if kind != "comparison_operator":
        checks_type = kind == "call" and text.startswith("isinstance ")
        return (FAIR if checks_type else WEAK), text, ""
    sides = [bare(child) for child in node.named_children]
    between = " ".join(child.type for child in node.children if not child.is_named)
    left, right = source.normal(sides[0]), source.normal(sides[-1])
    if left.startswith("type ( ") and between == "is":
        return FAIR, left, ""
    if left == right and between in {"==", "is", "<=", ">="}:
        return TRIVIAL, "", ""
    if text.endswith(_LOOSE_ENDS):
        return WEAK, left, ""
    if sides[-1].type in _LITERALS:
        return _OPERATORS.get(between, WEAK), left, right if between in {"==", "is"} else ""
    if sides[0].type in _LITERALS:
        return _OPERATORS.get(between, WEAK), right, left if between in {"==", "is"} else ""
    return _OPERATORS.get(between, WEAK), left, ""


def _called(source: Source, call: Node, name: str, *, known: bool) -> Assertion:
    start, end = source.span(call)
    listed = call.child_by_field_name("arguments")
    arguments = [child for child in listed.named_children if child.type != "comment"] if listed is not None else []
    first = source.normal(arguments[0]) if arguments else ""
    second = source.normal(arguments[1]) if len(arguments) > 1 else ""
    if name in _RAISES:
        strength = WEAK if first in _BROAD and name != "deprecated_call" else STRONG
    elif name in {"assertTrue", "assert_"} and arguments:
        strength = min(WEAK, _judged(source, bare(arguments[0]), first)[0])
    elif first and first == second and name in {"assertEqual", "assertEquals", "assertIs"}:
        strength = TRIVIAL
    elif second in {"True", "False"}:
        strength = WEAK
    elif known or _STRONG_CALLS.fullmatch(name):
        # A helper of this file is judged where it stands.
        strength = STRONG
    else:
        strength = WEAK if _WEAK_CALLS.fullmatch(name) else FAIR
    literal = len(arguments) > 1 and arguments[1].type in _LITERALS and name in {"assertEqual", "assertEquals", "assertIs"}
    return Assertion(
        text=source.normal(call),
        strength=strength,
        start=start,
        end=end,
        about=_identifiers(source, call) - {name},
        # Of two expected exceptions one takes the place of the other.
        subject=name if name in _RAISES else first,
        expected=second if literal else "",
        swallowed=_swallowed(source, call),
        shown=source.head(call),
    )


def _identifiers(source: Source, node: Node) -> frozenset[str]:
    return frozenset(text_of(found) for found in source.walk(node) if found.type == "identifier") - {"self", "pytest", "len"}


def _swallowed(source: Source, node: Node) -> bool:
    """Whether a `try` around it, or `suppress`, takes the failure and goes on."""
    child, parent = node, node.parent
    while parent is not None and parent.type not in _FUNCTIONS:
        if parent.type == "try_statement" and child.type == "block":
            for handler in parent.children:
                text = source.head(handler, 400)
                if (
                    handler.type == "except_clause"
                    and _HANDLED.match(text)
                    and not re.search(r"\b(?:raise|fail|assert)\b", text)
                ):
                    return True
        if parent.type == "with_statement" and re.match(
            r"(?:async\s+)?with\s+(?:contextlib\.)?suppress\([^)]*(?:AssertionError|Exception)", source.head(parent)
        ):
            return True
        child, parent = parent, parent.parent
    return False


def _decorated(source: Source, decorators: list[Node]) -> Iterator[Skip]:
    for decorator in decorators:
        text = text_of(decorator)
        found = _SKIP.search(text.partition("(")[0])
        if found:
            name = text.partition("(")[0]
            conditional = bool(re.search(r"(?i)_if|if_|skipif|unless", name)) or (
                found[1] == "xfail" and "strict=True" in text
            )
            sure = re.search(r"\(\s*(?:True|1)\s*[,)]", text) if found[1] != "skipUnless" else re.search(r"\(\s*False", text)
            yield Skip(text, *source.span(decorator), conditional=conditional and not sure)


def _skips_inside(source: Source, function: _Function) -> Iterator[Skip]:
    """Give calls that skip the test while it runs, and a `return` before its end."""
    body = function.node.child_by_field_name("body")
    statements = [child for child in body.named_children if child.type != "comment"] if body is not None else []
    # What follows a `return` of the test itself is never reached.
    for statement in statements[:-1]:
        if statement.type == "return_statement":
            yield Skip("return", *source.span(statement), conditional=False)
    for node in function.nodes:
        if node.type not in {"call", "raise_statement"}:
            continue
        text = source.head(node)
        if not _SKIP_CALL.match(text.removeprefix("raise").lstrip()):
            continue
        parent = node.parent  # a way from the top: not for each of many calls in calls
        if parent is None or parent.type != "raise_statement":
            holder = parent if node.type == "call" and parent is not None else node
            own = holder.parent is not None and body is not None and holder.parent.id == body.id
            yield Skip(text, *source.span(node), conditional=not own)


def _module_skips(source: Source) -> Iterator[Skip]:
    """Give what skips a whole file: `pytestmark`, `allow_module_level`, `__test__ = False`."""
    for statement in source.root.named_children:
        text = source.head(statement)
        whole = text.startswith("pytestmark") and _SKIP.search(text)
        if whole or ("allow_module_level" in text and text.startswith("pytest.skip")) or text.startswith("__test__ = False"):
            yield Skip(text, *source.span(statement), conditional="skipif" in text)
