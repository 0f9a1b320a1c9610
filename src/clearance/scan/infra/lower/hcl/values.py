"""What an expression of HCL says: literals, templates, lists, maps, and references to what the same file sets."""

import re
from collections.abc import Mapping, Sequence

from tree_sitter import Node as Syntax

from clearance.scan.infra.lower.hcl import functions
from clearance.scan.infra.lower.hcl.references import References, Step
from clearance.scan.infra.lower.hcl.source import Source
from clearance.scan.infra.lower.hcl.templates import LONGEST, heredoc, quoted, standing
from clearance.scan.infra.node import Kind, Node, Opaque, Scalar

DEEPEST = 40
"""Levels of lists, maps, blocks and references within one another."""
_STEPS = 2_000
_PLAIN = re.compile(rb'"([^"\\$%\n]*)"')
_NUMBER = re.compile(rb"-?\d{1,18}(\.\d{1,18})?")
_WORDS: Mapping[bytes, Scalar] = {b"true": True, b"false": False, b"null": None}


class Values:
    """Works out expressions of one file."""

    def __init__(self, source: Source, references: References) -> None:
        self.source = source
        self.references = references
        self.opaque: list[Opaque] = []
        self._steps = 0

    def enter(self, syntax: Syntax) -> bool:
        """Go one level down, from which `leave` goes up again; False where that is too deep, which is told once."""
        self.references.depth += 1
        self._steps += 1
        if self._steps % _STEPS == 0:
            self.source.budget.check()
        if self.references.depth > DEEPEST and not self.opaque:
            self.opaque.append(Opaque(self.source.span(syntax), f"deeper than {DEEPEST} levels"))
        return self.references.depth <= DEEPEST

    def leave(self) -> None:
        """Go one level up."""
        self.references.depth -= 1

    def expression(self, syntax: Syntax) -> Node:
        """Give the value of an expression; what is decided elsewhere is UNKNOWN with its text."""
        source = self.source
        raw = source.raw(syntax) if syntax.end_byte - syntax.start_byte < 256 else b""
        plain = _PLAIN.fullmatch(raw)
        if plain is not None:
            return Node.scalar(plain[1].decode("utf-8", "replace"), source.span(syntax))
        if raw in _WORDS:
            return Node.scalar(_WORDS[raw], source.span(syntax), raw.decode())
        number = _NUMBER.fullmatch(raw)
        if number is not None:
            text = raw.decode()
            return Node.scalar(float(text) if number[1] else int(text), source.span(syntax), text)
        fine = self.enter(syntax)
        found = self._compound(syntax) if fine else self.unknown(syntax)
        self.leave()
        return found

    def unknown(self, syntax: Syntax) -> Node:
        """Make a value that is decided elsewhere."""
        text = self.source.data[syntax.start_byte : min(syntax.end_byte, syntax.start_byte + LONGEST)]
        return Node.unknown(text.decode("utf-8", "replace"), self.source.span(syntax))

    def _compound(self, syntax: Syntax) -> Node:
        parts = [part for part in syntax.children if part.type != "comment"]
        if not parts:
            return self.unknown(syntax)
        first = parts[0]
        found: Node | None = None
        if first.type == "variable_expr":
            found = self._reference(parts, syntax)
        elif first.type == "(" and len(parts) == 3:
            found = self.expression(parts[1])
        elif len(parts) == 1:
            match first.type:
                case "literal_value" | "template_expr" | "collection_value":
                    found = self._single(first, syntax)
                case "expression":
                    found = self.expression(first)
                case "function_call":
                    found = self._call(first, syntax)
                case "conditional":
                    found = self._conditional(first)
                case "operation":
                    found = self._operation(first, syntax)
        return found or self.unknown(syntax)

    def _single(self, holder: Syntax, syntax: Syntax) -> Node | None:
        inner = holder.children[0] if holder.children else holder
        match inner.type:
            case "string_lit" | "quoted_template":
                return quoted(self, inner, syntax)
            case "heredoc_template":
                return heredoc(self, inner, syntax)
            case "tuple":
                node = Node.sequence(self.source.span(syntax))
                node.values = [self.expression(part) for part in inner.named_children if part.type == "expression"]
                return node
            case "object":
                return self._object(inner, syntax)
            case "numeric_lit":
                text = self.source.words(inner)
                return Node.scalar(_number(text), self.source.span(syntax), text)
            case _:
                return None

    def _object(self, syntax: Syntax, whole: Syntax) -> Node:
        node = Node.mapping(self.source.span(whole))
        for part in syntax.named_children:
            pair = [one for one in part.named_children if one.type == "expression"]
            if part.type == "object_elem" and len(pair) == 2:
                value = self.expression(pair[1])
                if value.kind is not Kind.SCALAR or value.value is not None:
                    node.put(self._key(pair[0]), self.source.span(pair[0]), value)
        return node

    def _key(self, syntax: Syntax) -> str:
        """Give the key of a map: a bare word is itself, between brackets or quotes it is what it stands for."""
        if not self.source.raw(syntax).startswith((b'"', b"(")):
            return self.source.words(syntax)
        return self.expression(syntax).text

    def _reference(self, parts: Sequence[Syntax], syntax: Syntax) -> Node | None:
        steps: list[Step] = [self.source.words(parts[0])]
        for part in parts[1:]:
            step = self._step(part)
            if step is None:
                return None
            steps.append(step)
        found = self.references.follow(steps)
        return None if found is None else standing(found, self.source.span(syntax))

    def _step(self, syntax: Syntax) -> Step | None:
        """Read `.name`, `["name"]` or `[0]`."""
        if syntax.type == "get_attr":
            name = next((one for one in syntax.named_children if one.type == "identifier"), None)
            return self.source.words(name) if name is not None else None
        if syntax.type != "index" or not syntax.named_children or not syntax.named_children[0].named_children:
            return None
        inner = syntax.named_children[0].named_children[0]
        if inner.type != "expression":
            return None
        value = self.expression(inner).value
        return value if isinstance(value, str | int) and not isinstance(value, bool) else None

    def _call(self, syntax: Syntax, whole: Syntax) -> Node | None:
        name = syntax.named_children[0] if syntax.named_children else None
        if name is None or (called := self.source.words(name)) not in functions.KNOWN:
            return None
        given = next((one for one in syntax.named_children if one.type == "function_arguments"), None)
        if given is None or any(one.type == "ellipsis" for one in given.children):
            return None
        arguments = [self.expression(one) for one in given.named_children if one.type == "expression"]
        found = functions.call(called, arguments, self.source.span(whole))
        return None if found is None or found.kind is Kind.UNKNOWN else found

    def _conditional(self, syntax: Syntax) -> Node | None:
        """Choose a branch where the condition is known."""
        parts = [one for one in syntax.named_children if one.type == "expression"]
        if len(parts) != 3:
            return None
        condition = self.expression(parts[0])
        if condition.kind is not Kind.SCALAR or not isinstance(condition.value, bool):
            return None
        return self.expression(parts[1] if condition.value else parts[2])

    def _operation(self, syntax: Syntax, whole: Syntax) -> Node | None:
        """Turn `!` and `-` round; nothing else is calculated."""
        unary = syntax.named_children[0] if syntax.named_children else None
        if unary is None or unary.type != "unary_operation" or len(unary.children) != 2 or not unary.named_children:
            return None
        sign = self.source.words(unary.children[0])
        text = self.source.words(unary.named_children[0])
        if sign == "!" and text in ("true", "false"):
            return Node.scalar(text == "false", self.source.span(whole), "true" if text == "false" else "false")
        if sign == "-" and re.fullmatch(r"\d{1,18}(\.\d{1,18})?", text):
            return Node.scalar(_number(f"-{text}"), self.source.span(whole), f"-{text}")
        return None


def _number(text: str) -> Scalar:
    for read in (int, float, lambda digits: int(digits, 16)):
        try:
            return read(text[:300])
        except ValueError:
            continue
    return text
