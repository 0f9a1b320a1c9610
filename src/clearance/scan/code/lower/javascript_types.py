"""JavaScript: literals, names of modules, and the types of TypeScript."""

import re
from functools import lru_cache
from typing import Final

import msgspec
from tree_sitter import Node

from clearance.scan.code import ir
from clearance.scan.code.lower.base import Lowering
from clearance.scan.code.source import Source
from clearance.scan.grammar import parser_for

_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|[\s\S]))")
_MEANT = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": "", "\r\n": "", "\r": ""}
_UPWARDS = re.compile(r"(?:\.{1,2}/)*(?:\.{1,2}\Z)?")
_ENDING = re.compile(r"\.(?:[cm]?jsx?|[cm]?tsx?|json|vue|svelte)\Z")
_MOST_DIGITS = 4000


class Fields(msgspec.Struct, frozen=True):
    """Numbers of the fields of a grammar, 0 for one that it does not have: asking by number is several times faster."""

    alias: int
    alternative: int
    argument: int
    arguments: int
    attribute: int
    body: int
    condition: int
    consequence: int
    constructor: int
    declaration: int
    decorator: int
    finalizer: int
    flags: int
    function: int
    handler: int
    increment: int
    index: int
    initializer: int
    key: int
    kind: int
    label: int
    left: int
    name: int
    object: int
    open_tag: int
    operator: int
    parameter: int
    parameters: int
    pattern: int
    property: int
    return_type: int
    right: int
    source: int
    type: int
    value: int


@lru_cache(maxsize=4)
def _fields(language: str) -> Fields:
    grammar = parser_for(language).language
    if grammar is None:
        return Fields(*([0] * len(Fields.__struct_fields__)))
    return Fields(*(grammar.field_id_for_name(name) or 0 for name in Fields.__struct_fields__))


def module_name(text: str) -> str:
    """Write a module as a dotted name: `node:fs/promises` is `fs.promises`, `@nestjs/common` `nestjs.common`.

    `../db.js` is `..db`: of a relative one each level is one dot. Endings of files and the root of a
    project (`@/x`, `~/x`) are dropped.
    """
    if text[:1] == ".":
        found = _UPWARDS.match(text)
        steps = found[0] if found else ""
        levels = 1 + steps.count("..")
        return "." * levels + _ENDING.sub("", text[len(steps) :]).strip("/").replace("/", ".")
    for prefix in ("node:", "npm:", "@/", "~/", "@", "/"):
        text = text.removeprefix(prefix)
    return text.removesuffix(".js").strip("/").replace("/", ".")


def unescaped(text: str) -> str:
    """Resolve the escapes of a string literal."""
    return _ESCAPE.sub(_meant, text) if "\\" in text else text


def _meant(found: re.Match[str]) -> str:
    code = found[1] or found[2] or found[3]
    if code:
        number = int(code, 16)
        return chr(number) if number < 0x110000 else "\ufffd"
    return _MEANT.get(found[4], found[4])


def number_of(text: str) -> object:
    """Read a number literal; `...` where it is too long or none."""
    text = text.replace("_", "")
    if len(text) > _MOST_DIGITS:
        return ...
    big = text[-1:] == "n"
    if big:
        text = text[:-1]
    try:
        if text[:1] == "0" and len(text) > 1 and text[1] in "xXoObB":
            return int(text, 0)
        if text.isdigit():
            old = text[0] == "0" and len(text) > 1 and not ("8" in text or "9" in text)
            return int(text, 8 if old else 10)
        value = float(text)
    except ValueError:
        return ...
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


class Types(Lowering):
    """Fields, literals and types. Types are expressions: `A.B` an `Attr`, `A<B>` an `Index`, `A | B` a `Binary`."""

    names: frozenset[str] = frozenset({
        "identifier", "type_identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern",
    })  # fmt: skip
    skipped: frozenset[str] = frozenset({"comment", "html_comment", "hash_bang_line", "empty_statement"})

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self.f: Final = _fields(source.language)

    def field(self, node: Node, number: int) -> Node | None:
        """Give the child in a field, by the field's number in `self.f`."""
        return node.child_by_field_id(number) if number else None

    # Literals

    def string_text(self, node: Node) -> str:
        """Give the value of a string literal."""
        return unescaped(self.data[node.start_byte + 1 : node.end_byte - 1].decode("utf-8", "replace"))

    def _string(self, node: Node) -> ir.Expr:
        return ir.Const(node.start_byte, node.end_byte, self.string_text(node))

    def _number(self, node: Node) -> ir.Expr:
        return ir.Const(node.start_byte, node.end_byte, number_of(self.text(node)))

    def _true(self, node: Node) -> ir.Expr:
        return ir.Const(node.start_byte, node.end_byte, value=True)

    def _false(self, node: Node) -> ir.Expr:
        return ir.Const(node.start_byte, node.end_byte, value=False)

    def _nothing(self, node: Node) -> ir.Expr:
        return ir.Const(node.start_byte, node.end_byte, None)

    def _regex(self, node: Node) -> ir.Expr:
        """Lower a regular expression. Of the flags only `m` is kept, as `(?m)`: with it `^` and `$` are ends of lines."""
        kids = node.children
        pattern = self.text(kids[1]) if len(kids) > 2 else ""
        if len(kids) > 3 and b"m" in self.data[kids[3].start_byte : kids[3].end_byte]:
            pattern = "(?m)" + pattern
        return ir.Const(node.start_byte, node.end_byte, pattern, "regex")

    # Types

    def annotation(self, node: Node, number: int) -> ir.Expr | None:
        """Lower the type in a field (`: T`), if there is one."""
        found = node.child_by_field_id(number) if number else None
        if found is None:
            return None
        inner = self.named(found)
        return self.type_of(inner[0]) if found.type == "type_annotation" and inner else None

    def type_of(self, node: Node) -> ir.Expr:
        """Lower a type. What is neither a name nor made of names is an `Opaque` that does not count as misunderstood."""
        start, end = node.start_byte, node.end_byte
        kind = node.type
        if kind in ("type_identifier", "identifier", "predefined_type", "this_type"):
            return ir.Name(start, end, self.text(node))
        if kind in ("nested_type_identifier", "nested_identifier", "member_expression"):
            return self._dotted(node)
        if self.depth >= ir.MAX_DEPTH:
            return ir.Opaque(start, end, "deep")
        self.depth += 1
        made = self._compound(node, kind)
        self.depth -= 1
        return made

    def _compound(self, node: Node, kind: str) -> ir.Expr:
        start, end = node.start_byte, node.end_byte
        kids = self.named(node)
        match kind:
            case "generic_type" if kids:
                base = self.type_of(kids[0])
                arguments = [self.type_of(kid) for kid in self.named(kids[-1])] if len(kids) > 1 else []
                if not arguments:
                    return base
                key = arguments[0] if len(arguments) == 1 else ir.Items(kids[-1].start_byte, end, "tuple", tuple(arguments))
                return ir.Index(start, end, base, key)
            case "array_type" if kids:
                return ir.Index(start, end, ir.Name(start, start, "Array"), self.type_of(kids[0]))
            case "union_type" | "intersection_type":
                return ir.Binary(start, end, "|" if kind == "union_type" else "&", self._members(node, kind))
            case "parenthesized_type" | "readonly_type" | "literal_type" | "optional_type" | "type_annotation" if kids:
                return self.type_of(kids[0])
            case "string":
                return self._string(node)
            case "number":
                return self._number(node)
            case "true" | "false":
                return ir.Const(start, end, kind == "true")
            case "null" | "undefined":
                return ir.Const(start, end, None)
            case "object_type":
                return ir.Object(start, end, tuple(self._signatures(kids)))
        return ir.Opaque(start, end, kind)

    def _members(self, node: Node, kind: str) -> tuple[ir.Expr, ...]:
        """Give the members of `A | B | …`, which the grammar nests to the left."""
        found: list[ir.Expr] = []
        at: Node | None = node
        while at is not None and at.type == kind:
            kids = self.named(at)
            found.extend(self.type_of(kid) for kid in kids[:0:-1])
            at = kids[0] if kids and len(kids) > 1 else None
            if at is None and kids:
                found.append(self.type_of(kids[0]))
        if at is not None:
            found.append(self.type_of(at))
        return tuple(found[::-1])

    def _signatures(self, nodes: list[Node]) -> list[tuple[ir.Expr | None, ir.Expr]]:
        found: list[tuple[ir.Expr | None, ir.Expr]] = []
        for node in nodes:
            if node.type != "property_signature":
                continue
            name = self.field(node, self.f.name)
            declared = self.annotation(node, self.f.type)
            if name is not None and declared is not None:
                found.append((ir.Const(name.start_byte, name.end_byte, self.text(name)), declared))
        return found

    def _dotted(self, node: Node) -> ir.Expr:
        """Lower `A.B.C` where a type stands."""
        links: list[tuple[int, str]] = []
        at = node
        while True:
            kids = self.kids(at)
            if at.type not in ("nested_type_identifier", "nested_identifier", "member_expression") or len(kids) < 2:
                break
            links.append((at.end_byte, self.text(kids[-1])))
            at = kids[0]
        made: ir.Expr = ir.Name(at.start_byte, at.end_byte, self.text(at))
        for end, name in links[: -ir.MAX_DEPTH - 1 : -1]:
            made = ir.Attr(node.start_byte, end, made, name)
        return made
