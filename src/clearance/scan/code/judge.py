"""Compares a place in the code with the blocks that ask for the word that stands there."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from tree_sitter import Node

from clearance.scan.code.arguments import Arguments
from clearance.scan.code.candidates import CALLS, Candidate, Finder, under
from clearance.scan.code.detect import Clause, CodeBlock, Condition, Test
from clearance.scan.code.names import NamePattern
from clearance.scan.code.scopes import Scopes
from clearance.scan.code.source import Source
from clearance.scan.code.value import UNKNOWN, Evaluator, Value, decorators
from clearance.scan.code.walk import FUNCTIONS, Frame, Site

_STATEMENTS = frozenset({
    "expression_statement", "return_statement", "lexical_declaration", "variable_declaration", "assert_statement", "pair",
    "if_statement", "raise_statement", "throw_statement", "field_definition", "public_field_definition", "for_statement",
    "with_item", "default_parameter", "typed_default_parameter", "keyword_argument", "decorator", "while_statement",
})  # fmt: skip
_BODIES = frozenset({"block", "statement_block", "module", "program", "class_body"})
_LONGEST_STATEMENT = 600
_REACH = 4
"""So many nodes around a name may lie between it and the call that it names."""


class Verdict(NamedTuple):
    """A block holds at a node; `value` is the one that comes from a request, where one does."""

    block: CodeBlock
    node: Node
    value: Value | None


class Judge:
    """Judges the places of one file."""

    def __init__(self, source: Source, scopes: Scopes, language: str, *, partial: bool) -> None:
        self.source = source
        self.scopes = scopes
        self.language = language
        self.partial = partial
        self._evaluators: dict[tuple[NamePattern, ...], Evaluator] = {}
        self._finder = Finder(source, scopes)

    def judge(self, site: Site, blocks: tuple[CodeBlock, ...]) -> Iterator[Verdict]:
        """Give the blocks that hold at a place."""
        called = any(node.type in CALLS for node in site.above[:_REACH])
        for block in blocks:
            if not called and block.kind == "call":  # what is cheap to tell comes first: most places are no calls
                continue
            candidate = self._finder.find(site, block)
            if candidate is None or not self._around(block, site):
                continue
            evaluator = self._evaluators.get(block.clean.patterns)
            if evaluator is None:
                evaluator = self._evaluators[block.clean.patterns] = Evaluator(self.scopes, self.language, block.clean)
            asked: list[Value] = []
            if not self._holds(block.clause, candidate, site, evaluator, asked):
                continue
            if any(self._holds(clause, candidate, site, evaluator, []) for clause in block.unless):
                continue
            yield Verdict(block, candidate.node, next((value for value in asked if value.source), None))

    # Where

    def _around(self, block: CodeBlock, site: Site) -> bool:
        if block.imports and not self.partial:
            modules = self.scopes.modules()
            if not any(under(name, pattern) for name in modules for pattern in block.imports.patterns):
                return False
        if block.decorated:
            frame = site.frame
            found = list(site.above[1].named_children) if block.kind == "define" and len(site.above) > 1 else []
            found = [one for one in found if one.type == "decorator"] if found else decorators(frame)
            names = [self._decorator_name(one, frame) for one in found]
            return any(map(block.decorated.fits, names))
        return True

    def _decorator_name(self, decorator: Node, frame: Frame) -> str:
        inner = decorator.named_child(0) if decorator.named_child_count else None
        if inner is not None and inner.type in CALLS:
            inner = inner.child_by_field_name("function")
        return self.scopes.resolve(inner, frame.outer or frame) or "?" if inner is not None else "?"

    def _near(self, site: Site) -> str:
        """Give the text of the statement around a place and the names of the functions around it."""
        chosen = site.leaf
        for node in site.above:
            if node.type in _BODIES or node.type in FUNCTIONS:
                break
            chosen = node
            if node.type in _STATEMENTS and node.type not in ("pair", "keyword_argument"):
                break
        end = min(chosen.end_byte, max(site.leaf.end_byte, chosen.start_byte + _LONGEST_STATEMENT))
        start = max(chosen.start_byte, end - 2 * _LONGEST_STATEMENT)
        text = [self.source.data[start:end].decode("utf-8", "replace")]
        frame: Frame | None = site.frame
        for _ in range(2):
            if frame is None:
                break
            name = frame.node.child_by_field_name("name")
            if name is None and frame.above and frame.above[0].type in ("variable_declarator", "pair"):
                name = frame.above[0].child_by_field_name("name") or frame.above[0].child_by_field_name("key")
            if name is not None:
                text.append(self.source.text(name))
            frame = frame.outer
        return "\n".join(text)

    # Conditions

    def _holds(self, clause: Clause, candidate: Candidate, site: Site, evaluator: Evaluator, asked: list[Value]) -> bool:
        if clause.near is not None and not clause.near.search(self._near(site)):
            return False
        if clause.not_near is not None and clause.not_near.search(self._near(site)):
            return False
        return all(self._condition(one, candidate, site.frame, evaluator, asked) for one in clause.conditions)

    def _condition(
        self, condition: Condition, candidate: Candidate, frame: Frame, evaluator: Evaluator, asked: list[Value]
    ) -> bool:
        if condition.of == "argument":
            return self._argument(condition, candidate.arguments, frame, evaluator, asked)
        node = {"value": candidate.value, "other": candidate.other, "receiver": candidate.receiver}[condition.of]
        return self._test(condition.test, node, frame, evaluator, asked)

    def _argument(
        self, condition: Condition, arguments: Node | None, frame: Frame, evaluator: Evaluator, asked: list[Value]
    ) -> bool:
        given = Arguments(arguments, self.source, frame, evaluator)
        if not condition.which:
            return any(self._test(condition.test, node, frame, evaluator, asked) for node in given.all())
        node, certain, where = given.find(condition.which)
        for key in condition.path:
            if node is None:
                break
            value = evaluator.ask(node, where)
            if value.form != "dict" or value.frame is None:
                return False
            node, certain = evaluator.entry(value, key)
            where = value.frame
        if node is None:
            words = condition.test.words
            return "absent" in words and certain
        return self._test(condition.test, node, where, evaluator, asked)

    def _test(self, test: Test, node: Node | None, frame: Frame, evaluator: Evaluator, asked: list[Value]) -> bool:
        if node is None:
            return "absent" in test.words
        if test.named is not None and not test.named.search(self.source.text(node)[:_LONGEST_STATEMENT]):
            return False
        value = evaluator.ask(node, frame)
        asked.append(value)
        if test.words and not any(_WORDS[word](value) for word in test.words):
            return False
        if test.equals and not any(value.literal == one and type(value.literal) is type(one) for one in test.equals):
            return False
        if test.call and not test.call.fits(value.call):
            return False
        if test.text is None and test.not_text is None:
            return True
        text = evaluator.text_of(value)
        if test.text is not None and (text is None or not test.text.search(text)):
            return False
        return test.not_text is None or text is None or not test.not_text.search(text)


_WORDS: dict[str, Callable[[Value], bool]] = {
    "constant": lambda value: value.constant,
    "literal": lambda value: value.literal is not UNKNOWN,
    "text": lambda value: value.constant and isinstance(value.literal, str),
    "built": lambda value: value.built,
    "dynamic": lambda value: not value.constant and value.form not in ("function", "dict", "list"),
    "request": lambda value: bool(value.source),
    "parameter": lambda value: bool(value.source) or (value.parameter and not value.constant and value.form != "request"),
    "list": lambda value: value.form == "list",
    "dict": lambda value: value.form == "dict",
    "function": lambda value: value.form == "function",
    "absent": lambda _value: False,
    "present": lambda _value: True,
}
