"""The text of an HCL file, its tree, and places in it."""

import re
from functools import cached_property, lru_cache

from tree_sitter import Language, Node, Parser, Tree

from clearance.scan.family import Budget, OutOfTime
from clearance.scan.infra.node import Opaque, Span
from clearance.scan.utf8 import Utf8Text

_AT_ONCE = 128 << 10
"""Bytes of a text that is parsed without looking at the time."""
_MOST_BROKEN = 100
_ESCAPE = re.compile(r'\\(?:([nrt"\\])|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))|([$%])\4\{')
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


@lru_cache(maxsize=1)
def _parser() -> Parser:
    import tree_sitter_hcl

    return Parser(Language(tree_sitter_hcl.language()))


class Source(Utf8Text):
    """An HCL text. Offsets of the tree are bytes of UTF-8; spans count code points."""

    def __init__(self, text: str, budget: Budget) -> None:
        super().__init__(text)
        self.text = text
        self.budget = budget

    @cached_property
    def tree(self) -> Tree:
        """The syntax tree; what does not parse is in it as nodes of the type ERROR.

        Raises:
            OutOfTime: the budget is spent.
        """
        parser = _parser()
        if len(self.data) <= _AT_ONCE:
            return parser.parse(self.data)
        late: list[OutOfTime] = []

        def stop(_offset: int, _broken: bool) -> bool:  # noqa: FBT001 -- the parser's own signature
            try:
                self.budget.check()
            except OutOfTime as error:
                late.append(error)
            return bool(late)

        tree = None
        try:
            tree = parser.parse(lambda at, _point: self.data[at : at + 65_536], progress_callback=stop)
        except ValueError:
            parser.reset()
            if not late:
                raise
        if late or tree is None:
            parser.reset()
            raise OutOfTime
        return tree

    def span(self, node: Node) -> Span:
        """Give the span of a node."""
        if self._plain:
            return node.start_byte, node.end_byte
        return self.offset(node.start_byte), self.offset(node.end_byte)

    def raw(self, node: Node) -> bytes:
        """Give the bytes of a node."""
        return self.data[node.start_byte : node.end_byte]

    def words(self, node: Node) -> str:
        """Give the text of a node."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def broken(self) -> list[Opaque]:
        """Give the pieces that do not parse, at most 100."""
        found: list[Opaque] = []
        cursor = self.tree.walk()
        while True:
            node = cursor.node
            if node is not None and node.has_error:
                if node.is_error or node.is_missing:
                    what = "something is missing here" if node.is_missing else "this is no HCL"
                    found.append(Opaque(self.span(node), what))
                    if len(found) >= _MOST_BROKEN:
                        return found
                elif cursor.goto_first_child():
                    continue
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return found


def unescaped(text: str) -> str:
    """Give what a quoted template says: its escapes, and `$${` for `${`."""
    if "\\" not in text and "{" not in text:
        return text
    return _ESCAPE.sub(_unescape, text)


def _unescape(match: "re.Match[str]") -> str:
    if match[1]:
        return _PLAIN[match[1]]
    if match[4]:
        return f"{match[4]}{{"
    code = int(match[2] or match[3], 16)
    return chr(code) if code < 0x110000 else "\ufffd"
