"""Finds the places in a tree at which words of interest stand, without recursion and without visiting the rest."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from tree_sitter import Node, Tree

from clearance.scan.family import Budget

if TYPE_CHECKING:
    from clearance.scan.code.bindings import Scope

_WORDS = re.compile(rb"[A-Za-z_$][\w$]*")
_ABOVE = 12
_LONGEST_KEY = 80
_NONE = (-1, b"")
STRINGS = frozenset({"string_content", "string_fragment"})
"""Types of the leaves that hold the text of strings."""
FUNCTIONS = frozenset({
    "function_definition", "lambda", "function_declaration", "function_expression", "function", "arrow_function",
    "method_definition", "generator_function", "generator_function_declaration",
})  # fmt: skip
"""Types of nodes that open a scope of their own."""


class Frame:
    """A function around a place: its node, the nodes around that (innermost first), and the next function outwards.

    The outermost frame is the file.
    """

    __slots__ = ("above", "node", "outer", "scope")

    def __init__(self, node: Node, above: tuple[Node, ...], outer: "Frame | None") -> None:
        self.node = node
        self.above = above
        self.outer = outer
        self.scope: Scope | None = None


class Site:
    """A place at which a word of interest stands: the leaf (a whole name, or the whole text of a short string), the nodes
    around it (innermost first, at most 12), the function around it."""

    __slots__ = ("above", "frame", "leaf", "word")

    def __init__(self, leaf: Node, word: bytes, above: tuple[Node, ...], frame: Frame) -> None:
        self.leaf = leaf
        self.word = word
        self.above = above
        self.frame = frame


def words_of(data: bytes) -> set[bytes]:
    """Give all words of a text that could be names."""
    return set(_WORDS.findall(data))


def sites(tree: Tree, data: bytes, wanted: AbstractSet[bytes], top: Frame, budget: Budget) -> Iterator[Site]:
    """Give the places at which wanted words stand, in order. Time is linear in the text: no node is visited twice, children
    before the first hit are skipped by the cursor, and what holds no hit is not entered."""
    hits = iter([(found.start(), found[0]) for found in _WORDS.finditer(data) if found[0] in wanted])
    cursor = tree.walk()
    stack: list[Node] = []
    frames = [top]
    hit, word = next(hits, _NONE)
    steps = 0
    while hit >= 0:
        steps += 1
        if steps & 0xFFF == 0:
            budget.check()
        node = cursor.node
        if node is None:
            return
        end = node.end_byte
        if end <= hit:
            while not cursor.goto_next_sibling():
                if not stack or not cursor.goto_parent():
                    return
                if stack.pop().type in FUNCTIONS:
                    frames.pop()
        elif node.start_byte > hit:
            hit, word = next(hits, _NONE)
        elif cursor.goto_first_child_for_byte(hit) is not None:
            if node.type in FUNCTIONS:
                frames.append(Frame(node, tuple(stack[:-4:-1]), frames[-1]))
            stack.append(node)
        else:
            if node.start_byte == hit:
                if end - hit == len(word):
                    yield Site(node, word, tuple(stack[: -_ABOVE - 1 : -1]), frames[-1])
                elif end - hit <= _LONGEST_KEY and node.type in STRINGS:
                    yield Site(node, data[hit:end], tuple(stack[: -_ABOVE - 1 : -1]), frames[-1])
            while 0 <= hit < end:
                hit, word = next(hits, _NONE)
