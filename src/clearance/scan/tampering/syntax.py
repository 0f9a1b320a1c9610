"""Syntax trees of test files: parsing, walking without recursion, and texts that survive reformatting."""

from collections.abc import Iterator

from tree_sitter import Node

from clearance.scan.family import Budget, Span, View
from clearance.scan.grammar import parser_for

LANGUAGES = {"python", "javascript", "typescript", "tsx"}
_PUNCTUATION = {",", ";"}


class Source:
    """A view with its syntax tree; turns the parser's byte columns into offsets of the view's text."""

    def __init__(self, view: View, budget: Budget) -> None:
        """Parse a view whose language is in `LANGUAGES`; broken code gives a tree too."""
        self.view = view
        self.budget = budget
        data = view.text.encode("utf-8", "replace")
        self._data = data
        self._plain = len(data) == len(view.text)
        self.root = parser_for(view.language or "").parse(data).root_node
        self._steps = 0

    def offset(self, byte: int, point: tuple[int, int]) -> int:
        """Give the offset in the text of a byte position whose row and byte column are known."""
        if self._plain:
            return byte
        row, column = point
        line = self.view.line(row + 1)
        return self.view.starts[row] + len(line.encode("utf-8", "replace")[:column].decode("utf-8", "replace"))

    def span(self, node: Node) -> Span:
        """Give the span of a node in the text."""
        return self.offset(node.start_byte, node.start_point), self.offset(node.end_byte, node.end_point)

    def walk(self, top: Node, *, closed: str = "") -> Iterator[Node]:
        """Give a node and all below it, in the order of the text; nodes of the type `closed` are not entered."""
        stack = [top]
        while stack:
            self._steps += 1
            if not self._steps & 0xFFF:
                self.budget.check()
            node = stack.pop()
            yield node
            if node.type != closed:
                stack.extend(reversed(node.children))

    def node_text(self, node: Node) -> str:
        """Give the text of a node."""
        return self._data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def head(self, node: Node, limit: int = 200) -> str:
        """Give the first bytes of a node as text: enough to tell what it is, cheap where calls nest deeply."""
        return self._data[node.start_byte : min(node.end_byte, node.start_byte + limit)].decode("utf-8", "replace")

    def tokens(self, top: Node) -> list[str]:
        """Give the tokens below a node without comments, and strings in one kind of quotes."""
        found = []
        stack = [top]
        while stack:
            self._steps += 1
            if not self._steps & 0xFFF:
                self.budget.check()
            node = stack.pop()
            kind = node.type
            if kind == "comment":
                continue
            if kind in {"string", "template_string"} and node.child_count <= 3:
                found.append(quoted(text_of(node)))
            elif not node.child_count:
                found.append(text_of(node))
            else:
                stack.extend(reversed(node.children))
        return found

    def normal(self, node: Node) -> str:
        """Give the text of a node in a form that formatters do not change."""
        tokens = self.tokens(bare(node))
        kept = [
            token
            for token, following in zip(tokens, [*tokens[1:], ""], strict=True)
            if not (token in _PUNCTUATION and following in {")", "]", "}", ""})
        ]
        return " ".join(kept)


def text_of(node: Node | None) -> str:
    """Give the text of a node; nothing for no node."""
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def bare(node: Node) -> Node:
    """Take the parentheses off an expression."""
    while node.type == "parenthesized_expression" and node.named_child_count == 1:
        inner = node.named_children[0]
        if inner.type == "comment":
            break
        node = inner
    return node


def quoted(text: str) -> str:
    """Write a string literal with double quotes, where that changes nothing else."""
    if len(text) > 1 and text[0] == text[-1] == "'" and '"' not in text and "\\" not in text and not text.startswith("'''"):
        return f'"{text[1:-1]}"'
    return text
