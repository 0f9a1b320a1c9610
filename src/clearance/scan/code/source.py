"""One text as a syntax tree, with offsets turned back into code points."""

import re
from functools import cached_property

from tree_sitter import Node, Tree

from clearance.scan.grammar import parser_for
from clearance.scan.utf8 import Utf8Text

_SCRIPT = re.compile(r"<script\b([^>]{0,400})>", re.IGNORECASE)
_SCRIPT_END = re.compile(r"</script", re.IGNORECASE)
_NO_CODE = re.compile(r"\btype\s*=\s*[\"']?(?!module|text/(?:java|ecma|type)script|application/javascript)", re.IGNORECASE)
_TYPED = re.compile(r"\blang\s*=\s*[\"']?tsx?", re.IGNORECASE)
_NOT_A_LINE_END = re.compile(r"[^\r\n]")

ENGINE_OF = {
    "python": "python",
    "javascript": "javascript",
    "typescript": "javascript",
    "tsx": "javascript",
    "java": "java",
    "go": "go",
}
"""Which engine's blocks look at a language."""


def scripts_only(text: str) -> tuple[str, str]:
    """Blank everything of an HTML, Vue or Svelte file that is no script, so that offsets stay; give that and its language.

    An empty text means that there is no script.
    """
    pieces: list[str] = []
    at = 0
    language = "javascript"
    for found in _SCRIPT.finditer(text):
        if found.start() < at or _NO_CODE.search(found[1]):
            continue
        end = _SCRIPT_END.search(text, found.end())
        stop = end.start() if end else len(text)
        if not text[found.end() : stop].strip():
            continue
        if _TYPED.search(found[1]):
            language = "typescript"
        pieces += (_NOT_A_LINE_END.sub(" ", text[at : found.end() - 1]), ";", text[found.end() : stop])
        at = stop
    return ("".join(pieces), language) if pieces else ("", language)


class Source(Utf8Text):
    """A text in a language, and its tree once somebody asks for it."""

    def __init__(self, text: str, language: str) -> None:
        super().__init__(text)
        self.language = language

    @cached_property
    def tree(self) -> Tree:
        """The syntax tree; text that does not parse is in it as nodes of the type ERROR."""
        return parser_for(self.language).parse(self.data)

    def position(self, byte: int) -> tuple[int, int]:
        """Give line and column of an offset in bytes, both counted from 1, columns in code points."""
        start = self.data.rfind(b"\n", 0, byte) + 1
        return self.data.count(b"\n", 0, start) + 1, self.offset(byte) - self.offset(start) + 1

    def text(self, node: Node) -> str:
        """Give the text of a node."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")


def broken_share(tree: Tree, data: bytes) -> float:
    """Tell how much of the text stands in no understood construct, from 0 to 1.

    Counted are the bytes of the tokens that lie directly under an ERROR node, as a share of all bytes but white space.
    """
    root = tree.root_node
    if not root.has_error:
        return 0.0
    lost = 0
    cursor = tree.walk()
    inside = [root.type == "ERROR"]
    if not cursor.goto_first_child():
        return 1.0
    while True:
        node = cursor.node
        if node is not None:
            if inside[-1] and node.child_count == 0:
                lost += node.end_byte - node.start_byte
            if (node.has_error or node.type == "ERROR") and cursor.goto_first_child():
                inside.append(node.type == "ERROR")
                continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent() or len(inside) == 1:
                return lost / max(1, len(data.translate(None, b" \t\r\n\f")))
            inside.pop()
