"""Tells whether edits left all of a text's syntax outside of them as it was.

Two trees are walked at once. What lies wholly within an edit is left out; of all else the kind, the place and, where it is
a leaf, the text must be the same.
"""

from collections.abc import Iterator, Sequence

from clearance.scan.grammar import PARSED, parser_for

Spans = Sequence[tuple[int, int, str]]
"""Start and end in code points, and the text that stands there afterwards; in order, none over another."""


def untouched(language: str, before: str, after: str, spans: Spans) -> bool:
    """Tell whether the syntax outside of the edits is the same; true for a language without a parser.

    `spans` are the edits that made `after` of `before`.
    """
    if language not in PARSED:
        return True
    old, new = _bytes_of(before, spans)
    ours = _outside(language, before.encode(), old)
    theirs = _outside(language, after.encode(), new)
    return all(one == other for one, other in _pairs(ours, theirs))


_Seen = tuple[int, str, bytes]
_Pieces = Sequence[tuple[int, int]]


def _pairs(ours: Iterator[_Seen], theirs: Iterator[_Seen]) -> Iterator[tuple[_Seen | None, _Seen | None]]:
    from itertools import zip_longest

    return zip_longest(ours, theirs)


def _bytes_of(text: str, spans: Spans) -> tuple[_Pieces, _Pieces]:
    """Give the spans in bytes, in the text before and in the one after."""
    old: list[tuple[int, int]] = []
    new: list[tuple[int, int]] = []
    at = here = grown = 0
    for start, end, code in spans:
        here += len(text[at:start].encode())
        taken = len(text[start:end].encode())
        given = len(code.encode())
        old.append((here, here + taken))
        new.append((here + grown, here + grown + given))
        grown += given - taken
        here += taken
        at = end
    return old, new


def _outside(language: str, data: bytes, spans: _Pieces) -> Iterator[_Seen]:
    """Give depth, kind and (of leaves) text of all nodes that do not lie within a span, in the order of the text."""
    cursor = parser_for(language).parse(data).walk()
    depth = number = 0
    while True:
        node = cursor.node
        if node is None:
            return
        while number < len(spans) and spans[number][1] <= node.start_byte and spans[number][0] < node.start_byte:
            number += 1
        start, end = spans[number] if number < len(spans) else (len(data) + 1, len(data) + 1)
        inside = start <= node.start_byte and node.end_byte <= end and start < end
        if not inside:
            leaf = node.child_count == 0
            cut = leaf and node.start_byte < end and start < node.end_byte
            yield (depth, node.type, b"" if not leaf or cut else data[node.start_byte : node.end_byte])
            if cursor.goto_first_child():
                depth += 1
                continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return
            depth -= 1
