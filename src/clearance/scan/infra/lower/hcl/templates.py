"""Templates of HCL, between quotes or as heredocs: as text, as the JSON that they write, or as decided elsewhere."""

import re
from collections.abc import Callable, Sequence
from typing import Protocol

from tree_sitter import Node as Syntax

from clearance.scan.family import Budget
from clearance.scan.infra.lower.hcl.json_text import MASK, JsonReader, NotJson
from clearance.scan.infra.lower.hcl.references import NOWHERE, placed
from clearance.scan.infra.lower.hcl.source import Source, unescaped
from clearance.scan.infra.node import Kind, Node, Span

LONGEST = 65_536
"""Characters of the longest text that is put together from pieces."""
_HEREDOC = re.compile(rb"<<(-?)[^\r\n]*\r?\n")
_EDGES = frozenset({"quoted_template_start", "quoted_template_end"})
_HOLES = frozenset({"template_interpolation", "template_directive"})


class Evaluates(Protocol):
    """Who knows what an expression says."""

    source: Source

    def expression(self, syntax: Syntax) -> Node:
        """Give the value of an expression."""
        ...

    def unknown(self, syntax: Syntax) -> Node:
        """Make a value that is decided elsewhere."""
        ...


def quoted(values: Evaluates, syntax: Syntax, whole: Syntax) -> Node:
    """Read a template between quotes."""
    pieces = [part for part in syntax.children if part.type not in _EDGES]
    if len(pieces) == 1 and pieces[0].type == "template_interpolation":
        return _interpolated(values, pieces[0], whole)
    span = values.source.span(whole)
    holes = [part for part in pieces if part.type in _HOLES]
    text = _joined(values, syntax.start_byte + 1, syntax.end_byte - 1, holes, unescaped)
    if text is None:
        return Node.unknown(values.unknown(whole).text.strip('"'), span)
    found = policy(text, lambda _start, _end: span, values.source.budget) if text.startswith("{") else None
    return found or Node.scalar(text, span)


def heredoc(values: Evaluates, syntax: Syntax, whole: Syntax) -> Node:
    """Read a heredoc: as the value that its JSON says, else as text."""
    source = values.source
    raw = source.raw(syntax)
    opening = _HEREDOC.match(raw)
    if opening is None:
        return values.unknown(whole)
    first = syntax.start_byte + opening.end()
    last = max(syntax.start_byte + raw.rfind(b"\n") + 1, first)
    holes = [part for part in syntax.children if part.type in _HOLES]
    body = source.data[first:last].decode("utf-8", "replace")
    if body.lstrip()[:1] in ("{", "["):
        found = _json(source, source.offset(first), body, holes)
        if found is not None:
            return found
    text = _joined(values, first, last, holes, _literal)
    if text is None:
        return Node.unknown(body[:LONGEST], source.span(whole))
    return Node.scalar(_outdented(text) if opening[1] else text, source.span(whole))


def policy(
    text: str, place: Callable[[int, int], Span], budget: Budget, original: Callable[[int, int], str] | None = None
) -> Node | None:
    """Read a text as a map or list in JSON, or give None."""
    try:
        node = JsonReader(text, place, budget, original).read()
    except NotJson:
        return None
    return node if node.kind in (Kind.MAP, Kind.LIST) else None


def _json(source: Source, first: int, body: str, holes: Sequence[Syntax]) -> Node | None:
    """Read a heredoc as JSON, with interpolations for values that are decided elsewhere."""
    pieces: list[str] = []
    at = 0
    for hole in holes:
        start, end = (offset - first for offset in source.span(hole))
        if hole.type != "template_interpolation" or not at <= start <= end <= len(body):
            return None
        pieces += body[at:start], MASK * (end - start)
        at = end
    masked = "".join([*pieces, body[at:]])

    def place(start: int, end: int) -> Span:
        return first + start, first + end

    return policy(masked, place, source.budget, lambda start, end: body[start:end])


def _interpolated(values: Evaluates, syntax: Syntax, whole: Syntax) -> Node:
    inner = next((part for part in syntax.named_children if part.type == "expression"), None)
    return values.unknown(whole) if inner is None else standing(values.expression(inner), values.source.span(whole))


def _joined(values: Evaluates, start: int, end: int, holes: Sequence[Syntax], said: Callable[[str], str]) -> str | None:
    """Put a template together, or give None where a piece of it is decided elsewhere. What stands between interpolations is
    cut out by their places: the tree leaves white space out."""
    data = values.source.data
    pieces: list[str] = []
    length = 0
    at = start
    for hole in holes:
        node = _interpolated(values, hole, hole) if hole.type == "template_interpolation" else None
        if node is None or node.kind is not Kind.SCALAR or node.value is None:
            return None
        pieces += said(data[at : hole.start_byte].decode("utf-8", "replace")), node.text
        length += len(node.text)
        at = hole.end_byte
        if length > LONGEST:
            return None
    return "".join([*pieces, said(data[at:end].decode("utf-8", "replace"))])


def _literal(text: str) -> str:
    return text.replace("$${", "${").replace("%%{", "%{")


def _outdented(text: str) -> str:
    """Take the indentation away that all lines share (`<<-`)."""
    lines = text.splitlines(keepends=True)
    least = min((len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()), default=0)
    return "".join(line[least:] if line.strip() else line.lstrip(" \t") for line in lines)


def standing(node: Node, span: Span) -> Node:
    """Give a value as it stands at another place: what is in it stays where it is, or comes along from another file."""
    if node.span == NOWHERE:
        return placed(node, span)
    found = Node(node.kind, span, value=node.value, text=node.text)
    found.items, found.key_spans, found.values = node.items, node.key_spans, node.values
    return found
