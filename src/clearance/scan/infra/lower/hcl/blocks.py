"""Bodies of HCL: attributes as values, nested blocks as lists of maps under their names."""

from collections.abc import Iterator
from typing import NamedTuple

from tree_sitter import Node as Syntax

from clearance.scan.infra.lower.hcl.values import Values
from clearance.scan.infra.node import Kind, Node, Span

_MOST_OF_ONE = 64
_MOST_REPEATED = 2_000
LABEL = "label"
"""The key under which the label of a nested block stands: the `local-exec` of `provisioner "local-exec"`."""


class Piece(NamedTuple):
    """A block of a body: its name, its labels, its first words' span, and its body (None: it is empty)."""

    name: str
    labels: tuple[str, ...]
    head: Span
    span: Span
    body: Syntax | None


class Bodies:
    """Lowers bodies."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self._repeated = 0

    def pieces(self, body: Syntax) -> Iterator[tuple[str, Syntax] | Piece]:
        """Give the attributes (name, syntax) and blocks of a body in order."""
        source = self.values.source
        for part in body.named_children:
            if part.type == "attribute":
                name = next((one for one in part.named_children if one.type == "identifier"), None)
                if name is not None:
                    yield source.words(name), part
            elif part.type == "block":
                piece = self.piece(part)
                if piece is not None:
                    yield piece

    def piece(self, block: Syntax) -> Piece | None:
        """Read the head of a block."""
        source = self.values.source
        words = [part for part in block.named_children if part.type in ("identifier", "string_lit")]
        if not words:
            return None
        labels = tuple(source.words(word).strip('"') for word in words[1:])
        body = next((part for part in block.named_children if part.type == "body"), None)
        head = (source.offset(words[0].start_byte), source.offset(words[-1].end_byte))
        return Piece(source.words(words[0]), labels, head, source.span(block), body)

    def map_of(self, piece: Piece) -> Node:
        """Give the body of a block as a map; what is set to null is left out, as Terraform does."""
        node = Node.mapping(piece.span)
        if piece.body is None:
            return node
        if self.values.enter(piece.body):
            self._fill(node, piece.body)
        else:
            node.text = "…"  # open: what lies deeper is not known
        self.values.leave()
        return node

    def _fill(self, node: Node, body: Syntax) -> None:
        for part in self.pieces(body):
            if not isinstance(part, Piece):
                self.attribute(node, *part)
            elif part.name == "dynamic" and part.labels:
                self._dynamic(node, part)
            else:
                self._nested(node, part, part.name)

    def attribute(self, node: Node, name: str, syntax: Syntax) -> None:
        """Put an attribute into a map, unless it is null."""
        value = self.value(syntax)
        if value is not None and (value.kind is not Kind.SCALAR or value.value is not None):
            span = self.values.source.span(syntax)
            node.put(name, (span[0], span[0] + len(name)), value)

    def value(self, attribute: Syntax) -> Node | None:
        """Give the value of an attribute, or None where it does not parse."""
        found = self.expression_of(attribute)
        return None if found is None else self.values.expression(found)

    def expression_of(self, attribute: Syntax) -> Syntax | None:
        """Give the expression behind the equals sign."""
        return next((part for part in attribute.named_children if part.type == "expression"), None)

    def _nested(self, node: Node, piece: Piece, name: str) -> None:
        found = self.map_of(piece)
        if piece.labels and piece.name != "content" and LABEL not in found.items:
            found.put(LABEL, piece.head, Node.scalar(piece.labels[0], piece.head))
        _append(node, name, piece.head, found)

    def _dynamic(self, node: Node, piece: Piece) -> None:
        """Read a dynamic block as the blocks that it makes; one, with its iterator unknown, where they are not known."""
        if piece.body is None:
            return
        name, iterator = piece.labels[0], piece.labels[0]
        each: Node | None = None
        content: Piece | None = None
        for part in self.pieces(piece.body):
            if isinstance(part, Piece):
                content = part if part.name == "content" else content
            elif part[0] == "for_each":
                each = self.value(part[1])
            elif part[0] == "iterator":
                iterator = self.values.source.words(part[1]).partition("=")[2].strip()
        if content is None:
            return
        content = content._replace(head=piece.head)
        made = _elements(each)
        self._repeated += len(made)
        if not made or self._repeated > _MOST_REPEATED:
            self._nested(node, content, name)
            return
        for element in made:
            with self.values.references.binding(iterator, element):
                self._nested(node, content, name)


def _elements(each: Node | None) -> list[Node]:
    """Give what the iterator stands for, turn by turn; nothing where that is not wholly known."""
    if each is None or (each.text and each.kind is Kind.MAP):
        return []
    if each.kind is Kind.MAP:
        pairs = [(Node.scalar(key, each.key_spans[key]), value) for key, value in each.items.items()]
    elif each.kind is Kind.LIST:
        pairs = [(Node.scalar(number, one.span), one) for number, one in enumerate(each.values)]
    else:
        return []
    if len(pairs) > _MOST_OF_ONE:
        return []
    made = []
    for key, value in pairs:
        turn = Node.mapping(value.span)
        turn.put("key", key.span, key)
        turn.put("value", value.span, value)
        made.append(turn)
    return made


def _append(node: Node, name: str, head: Span, item: Node) -> None:
    """Add a block to the list under its name."""
    held = node.items.get(name)
    if held is None or held.kind is not Kind.LIST:
        held = Node.sequence(item.span)
        node.put(name, head, held)
    held.values.append(item)
    held.span = (min(held.span[0], item.span[0]), max(held.span[1], item.span[1]))
