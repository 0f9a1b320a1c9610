"""Edits JSON where it stands: every byte that is not ours stays. Reads comments and trailing commas, as many tools allow
them.

RFC 8259, with `//` and `/* */` comments and a comma before a closing bracket. A parser of our own: the grammar of
tree-sitter takes two documents for one, and calls a trailing comma an error."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from clearance.facts.errors import BadFile

MOST_BYTES = 1 << 19
_MOST_DEPTH = 200
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    |(?P<comment>//[^\r\n]*|/\*.*?\*/)
    |(?P<string>"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*+")
    |(?P<word>true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)(?![\w.+-])|(?P<sign>[\[\]{},:])""",
    re.VERBOSE | re.DOTALL,
)
_MARK = "\ufeff"
Pointer = tuple[str | int, ...]


class _Token(NamedTuple):
    kind: str
    start: int
    end: int


class Node:
    """One value: where it stands (offsets into the text), and for an object or array its children with their keys (strings,
    or places from 0), the offset where each begins (its key, for a member), and that of the comma behind it (-1: none)."""

    def __init__(self, kind: str, start: int) -> None:
        self.kind = kind
        self.start = start
        self.end = start
        self.children: list[Node] = []
        self.keys: list[str] = []
        self.begins: list[int] = []
        self.commas: list[int] = []

    def child(self, key: str | int) -> "Node | None":
        """Give a member or an item, or None."""
        if isinstance(key, int):
            return self.children[key] if self.kind == "[" and key < len(self.children) else None
        return self.children[self.keys.index(key)] if self.kind == "{" and key in self.keys else None


class Document:
    """A JSON text that was read. `blank`: nothing but white space and comments stands in it."""

    def __init__(self, text: str, where: str) -> None:
        self.text = text
        self.where = where
        self.tokens: list[_Token] = list(_tokens(text, where))
        self.root = _tree(self)

    @property
    def blank(self) -> bool:
        """Whether there is no value at all."""
        return self.root is None

    def at(self, pointer: Pointer) -> Node | None:
        """Find a value.

        Raises:
            BadFile: an object on the way holds a key twice, so that nobody can say which one counts.
        """
        node = self.root
        for key in pointer:
            if node is None:
                return None
            self.insist_single(node)
            node = node.child(key)
        if node is not None:
            self.insist_single(node)
        return node

    def insist_single(self, node: Node) -> None:
        """Refuse an object that holds a key twice.

        Raises:
            BadFile: it does.
        """
        seen: set[str] = set()
        for key, begin in zip(node.keys, node.begins, strict=False):
            if key in seen:
                raise BadFile(
                    f"the key {key!r} stands twice in one object",
                    where=f"{self.where}:{self.line(begin)}",
                    next="remove one of the two: readers disagree which one counts",
                )
            seen.add(key)

    def line(self, offset: int) -> int:
        """Give the line of an offset, from 1."""
        return self.text.count("\n", 0, offset) + 1

    def value(self, node: Node | None = None) -> Any:
        """Give a value (default: the whole) as built-ins; None for a blank text."""
        node = node or self.root
        if node is None:
            return None
        pieces: list[str] = []
        follows = ""  # the sign behind, for a comma with nothing behind it
        for token in reversed(self.tokens):
            if token.kind == "comment" or not node.start <= token.start < node.end:
                continue
            piece = self.text[token.start : token.end]
            if piece == "," and follows in {"]", "}"}:
                continue
            follows = piece
            pieces.append(piece)
        return json.loads("".join(reversed(pieces)), parse_int=_number)


def _number(digits: str) -> int | str:
    return int(digits) if len(digits) < 40 else digits  # what Python refuses to read is no timeout of anybody


@lru_cache(maxsize=4)
def read(data: bytes, where: str) -> Document:
    """Read JSON with comments. Nobody changes a document, so the same text is read once: several ask about one file in turn.

    Raises:
        BadFile: not UTF-8, larger than 512 KiB, nested deeper than 200, or not JSON; `where` gets the line.
    """
    if len(data) > MOST_BYTES:
        raise BadFile("larger than 512 KiB", where=where, next="settings are a few lines of JSON")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadFile("not UTF-8", where=f"{where}:{line}", next="save it as UTF-8") from None
    return Document(text, where)


def _bad(document_text: str, where: str, offset: int, what: str) -> BadFile:
    line = document_text.count("\n", 0, offset) + 1
    return BadFile(f"not valid JSON: {what}", where=f"{where}:{line}", next="mend it, then run the command again")


def _tokens(text: str, where: str) -> Iterator[_Token]:
    place = 1 if text.startswith(_MARK) else 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise _bad(text, where, place, f"{text[place : place + 12].splitlines()[0]!r} is not expected here")
        kind = found.lastgroup or ""
        if kind != "space":
            yield _Token(kind, place, found.end())
        place = found.end()


def _tree(document: Document) -> Node | None:
    """Build the tree without recursion; `expected` says what may come next."""
    text, where = document.text, document.where
    root: Node | None = None
    open_ones: list[Node] = []
    expected = "value"  # value, first (a value or the end), key, firstkey, colon, comma, end
    for kind, start, end in document.tokens:
        if kind == "comment":
            continue
        sign = text[start]
        top = open_ones[-1] if open_ones else None
        if kind == "sign" and sign in "]}":
            if (
                top is None
                or sign != {"[": "]", "{": "}"}[top.kind]
                or expected not in {"comma", "first", "firstkey", "key", "item"}
            ):
                raise _bad(text, where, start, f"{sign!r} is not expected here")
            top.end = end
            open_ones.pop()
            expected = "comma" if open_ones else "end"
        elif kind == "sign" and sign == ",":
            if expected != "comma" or top is None:
                raise _bad(text, where, start, "',' is not expected here")
            top.commas[-1] = start
            expected = "key" if top.kind == "{" else "item"
        elif kind == "sign" and sign == ":":
            if expected != "colon":
                raise _bad(text, where, start, "':' is not expected here")
            expected = "value"
        elif expected in {"key", "firstkey"} and kind == "string" and top is not None:
            top.keys.append(json.loads(text[start:end]))
            top.begins.append(start)
            top.commas.append(-1)
            expected = "colon"
        elif expected in {"value", "first", "item"}:
            node = Node(sign if kind == "sign" else "scalar", start)
            node.end = end
            if top is None:
                root = node
            else:
                top.children.append(node)
                if top.kind == "[":
                    top.begins.append(start)
                    top.commas.append(-1)
            if node.kind == "scalar":
                expected = "comma" if open_ones else "end"
            else:
                open_ones.append(node)
                expected = "first" if sign == "[" else "firstkey"
                if len(open_ones) > _MOST_DEPTH:
                    raise _bad(text, where, start, f"nested deeper than {_MOST_DEPTH}")
        else:
            raise _bad(text, where, start, f"{text[start:end][:12]!r} is not expected here")
    if open_ones or (root is None and any(one.kind != "comment" for one in document.tokens)):
        raise _bad(text, where, len(text), "it ends too early")
    return root
