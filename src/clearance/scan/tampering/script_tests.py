"""Reads the tests of a JavaScript or TypeScript file: Jest, Vitest, Mocha, Jasmine, node:test, Playwright, AVA."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from clearance.scan.tampering.cases import FAIR, STRONG, TRIVIAL, WEAK, Assertion, Case, Cases, Skip
from clearance.scan.tampering.syntax import Source, quoted, text_of

_TEST = re.compile(r"(?:[xf]?(?:it|test|specify)|Deno\.test|Cypress\.it|QUnit\.test)((?:\.\w+)*)")
_GROUP = re.compile(r"(?:[xf]?(?:describe|context|suite)|test\.describe|QUnit\.module)((?:\.\w+)*)")
_SKIPPING = re.compile(
    r"^(?:x(?:it|test|specify|describe|context)|f(?:it|describe))\b"
    r"|\.(?:skip|only|todo|failing|fails|fixme|skipIf)\b"
)
_STRONG = re.compile(
    r"to(?:Be|Equal|StrictEqual|MatchObject|HaveBeenCalledWith|HaveLength|BeNull|BeUndefined|HaveBeenCalledTimes|BeNaN|Throw\w+"
    r"|MatchSnapshot|MatchInlineSnapshot|HaveText|HaveProperty|HaveBeenNthCalledWith|HaveReturnedWith|HaveValue|HaveURL)"
    r"|(?:deep|strict|deepStrict)?[eE]qual\w*|rejects|throws\w*|is|eql?|same"
)
_WEAK = re.compile(
    r"toBe(?:Truthy|Falsy|Defined)|toHaveBeenCalled|toThrow|ok|exist|isOk|truthy|notEqual\w*|not\w*|pass|be|defined"
)
_CONSTANT = re.compile(r'(?:true|1|false|0|null|undefined|"[^"]*")')
_LITERALS = {
    "string",
    "number",
    "true",
    "false",
    "null",
    "undefined",
    "array",
    "object",
    "template_string",
    "unary_expression",
}
_BODY = {"arrow_function", "function_expression", "function", "function_declaration"}


def read(source: Source) -> Cases:
    """Give the tests of a file with their assertions and what skips them."""
    cases: list[Case] = []
    loose: list[Assertion] = []
    end_of_last = 0
    stack: list[tuple[Node, str, tuple[Skip, ...]]] = [(source.root, "", ())]
    while stack:
        source.budget.check()
        node, prefix, skips = stack.pop()
        called = _titled(source, node)
        if called:
            name, title, body, is_group = called
            own = _skipping(source, node, name)
            if is_group:
                stack.append((body, f"{prefix}{title} > ", (*skips, *own)))
            else:
                cases.append(_case(source, node, f"{prefix}{title}", body, (*skips, *own)))
            continue
        if node.type == "call_expression" and node.start_byte >= end_of_last:
            # Outside of tests: in a piece of a file the heads are missing.
            assertion = _assertion(source, node, _callee(source, node))
            if assertion:
                end_of_last = node.end_byte
                loose.append(assertion)
        stack.extend((child, prefix, skips) for child in reversed(node.children))
    outside = Case(name="", span=(0, 0), is_test=False, assertions=tuple(loose), skips=(), tokens=frozenset(), loops=0)
    return Cases((*cases, outside), ())


def _titled(source: Source, node: Node) -> tuple[str, str, Node, bool] | None:
    """Tell whether a node is `it("…", () => …)` or `describe("…", …)`; give the called name, title, body, and which."""
    if node.type != "call_expression":
        return None
    called, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if called is None or listed is None:
        return None
    name = source.head(called)
    table = called.type == "call_expression"
    name = name.partition("(")[0] if table else name.partition("`")[0]
    group, test = _GROUP.fullmatch(name), _TEST.fullmatch(name)
    arguments = [child for child in listed.named_children if child.type != "comment"]
    if not (group or test) or not arguments or arguments[0].type not in {"string", "template_string", "binary_expression"}:
        return None
    body = next((child for child in arguments[1:] if child.type in _BODY), listed)
    return name, quoted(text_of(arguments[0])).strip('"`'), body, bool(group)


def _skipping(source: Source, node: Node, name: str) -> Iterator[Skip]:
    if _SKIPPING.search(name):
        start, _ = source.span(node)
        yield Skip(name, start, start + len(name), conditional="skipIf" in name)


def _case(source: Source, node: Node, name: str, body: Node, skips: tuple[Skip, ...]) -> Case:
    start, end = source.span(node)
    header = source.view.text.find("\n", start, end)
    assertions, inside, loops, end_of_last = [], [], 0, 0
    for found in source.walk(body):
        if found.type in {"for_statement", "for_in_statement", "while_statement"}:
            loops += 1
        elif found.type == "call_expression":
            called = found.child_by_field_name("function")
            text = source.head(called, 400) if called is not None else ""
            loops += text.endswith((".forEach", ".map"))
            if re.fullmatch(r"(?:t|this|test|ctx|context)\.(?:skip|fixme|todo)", text):
                alone = found.parent is not None and found.parent.type == "expression_statement"
                inside.append(Skip(source.head(found, 80), *source.span(found), conditional=not alone))
            # What stands inside an assertion is a part of it.
            assertion = _assertion(source, found, text) if found.start_byte >= end_of_last else None
            if assertion:
                end_of_last = found.end_byte
                assertions.append(assertion)
    if body.type in _BODY:
        inside.extend(_returns(source, body))
    each = ".each" in source.head(node)
    return Case(
        name=name,
        span=(start, header if header > 0 else end),
        is_test=True,
        assertions=tuple(assertions),
        skips=(*skips, *inside),
        tokens=frozenset(source.tokens(body)),
        loops=loops + each,
    )


def _returns(source: Source, body: Node) -> Iterator[Skip]:
    """Give a `return` without a value after which something stands that is never reached."""
    block = body.child_by_field_name("body")
    statements = [child for child in block.named_children if child.type != "comment"] if block is not None else []
    for statement in statements[:-1]:
        if statement.type == "return_statement" and not statement.named_child_count:
            yield Skip("return", *source.span(statement), conditional=False)


def _assertion(source: Source, call: Node, called: str) -> Assertion | None:
    """Read `expect(x).toBe(y)`, `assert.equal(x, y)`, `t.is(x, y)`, `x.should.equal(y)`; None for other calls."""
    if called.startswith("expect") or ".should." in called:
        # The outermost call of the chain is the assertion.
        parent = call.parent  # a way from the top: not for each of many calls in calls
        if parent is not None and parent.type == "member_expression":
            return None
        matcher = called.rpartition(".")[2]
        negated = ".not." in called or ".to.not" in called
    elif called == "assert" or called.startswith(("assert.", "t.", "chai.assert")):
        matcher = called.rpartition(".")[2] if "." in called else "ok"
        negated = False
        if called.startswith("t.") and not (_STRONG.fullmatch(matcher) or _WEAK.fullmatch(matcher)):
            return None
    else:
        return None
    if called in {"expect", "expect.assertions", "expect.extend", "expect.hasAssertions", "expect.soft"}:
        return None
    start, end = source.span(call)
    listed = call.child_by_field_name("arguments")
    arguments = [child for child in listed.named_children if child.type != "comment"] if listed is not None else []
    subject, expected = _sides(source, call, arguments, called)
    literal = bool(arguments) and arguments[-1].type in _LITERALS
    strength = (
        STRONG if _STRONG.fullmatch(matcher) and not negated else WEAK if _WEAK.fullmatch(matcher) or negated else FAIR
    )
    if _CONSTANT.fullmatch(subject) or (subject and subject == expected):
        strength = TRIVIAL
    elif matcher == "toThrow" and arguments and not negated:
        strength = STRONG
    return Assertion(
        text=source.normal(call),
        strength=strength,
        start=start,
        end=end,
        about=frozenset(text_of(found) for found in source.walk(call) if found.type == "identifier")
        - {"expect", "assert", "t"},
        subject=subject,
        expected=expected if literal and strength == STRONG else "",
        swallowed=_swallowed(source, call),
        shown=source.head(call),
    )


def _sides(source: Source, call: Node, arguments: list[Node], called: str) -> tuple[str, str]:
    """Give what an assertion judges and what it expects."""
    if not called.startswith("expect"):
        first = source.normal(arguments[0]) if arguments else ""
        return first, source.normal(arguments[1]) if len(arguments) > 1 else ""
    node: Node | None = call
    while node is not None and _callee(source, node) not in {"expect", "expect.soft", "expect.poll"}:
        node = node.child_by_field_name("function") or node.child_by_field_name("object")
    listed = node.child_by_field_name("arguments") if node is not None else None
    judged = listed.named_children if listed is not None else []
    return (source.normal(judged[0]) if judged else ""), (source.normal(arguments[0]) if arguments else "")


def _callee(source: Source, node: Node) -> str:
    called = node.child_by_field_name("function")
    return source.head(called) if called is not None else ""


def _swallowed(source: Source, call: Node) -> bool:
    """Whether a `try` with a handler that neither throws nor checks stands around it."""
    child, parent = call, call.parent
    while parent is not None and parent.type not in _BODY:
        if parent.type == "try_statement" and child.type == "statement_block":
            handler = parent.child_by_field_name("handler")
            return handler is not None and not re.search(
                r"\b(?:throw|fail|expect|assert|done)\b", source.head(handler, 2_000)
            )
        child, parent = parent, parent.parent
    return False
