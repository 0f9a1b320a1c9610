"""Reads JSON into nodes that know their places: `.tf.json` files, and policies that stand in a heredoc."""

import json
import re
from collections.abc import Callable

from clearance.scan.family import Budget
from clearance.scan.infra.node import Node, Span

MASK = "\ue000"
"""Stands for each character of an interpolation, so that places stay what they are."""
_DEEPEST = 60
_STEPS = 5_000
_TOKEN = re.compile(
    rf'[ \t\r\n]*(?:([{{}}\[\],:])|("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null)|({MASK}+))',
    re.DOTALL,
)
_WORDS = {"true": True, "false": False, "null": None}


class NotJson(ValueError):
    """The text is no JSON; `at` is the offset at which it stops being so."""

    def __init__(self, what: str, at: int) -> None:
        super().__init__(what)
        self.at = at


class JsonReader:
    """Reads one text. `place` gives the span of a range of it in the file; `original` gives back what a mask hides, where
    the text is a template: there `$${` stands for `${`.

    A key that stands twice counts as it stood last; `null` stays a value, so that the caller says what it means.
    """

    def __init__(
        self, text: str, place: Callable[[int, int], Span], budget: Budget, original: Callable[[int, int], str] | None = None
    ) -> None:
        self._text = text
        self._place = place
        self._budget = budget
        self._is_template = original is not None
        self._original = original or (lambda start, end: text[start:end])
        self._at = 0
        self._steps = 0

    def read(self) -> Node:
        """Give the one value of the text.

        Raises:
            NotJson: it is none.
            OutOfTime: the budget is spent.
        """
        node = self._value(*self._next(), 0)
        if self._text[self._at :].strip():
            raise NotJson("more than one value", self._at)
        return node

    def _next(self) -> tuple[str, int, int]:
        """Give the next piece and its range."""
        self._steps += 1
        if self._steps % _STEPS == 0:
            self._budget.check()
        match = _TOKEN.match(self._text, self._at)
        if match is None or match.lastindex is None:
            raise NotJson("no JSON", self._at)
        self._at = match.end()
        return match[match.lastindex], match.start(match.lastindex), match.end()

    def _value(self, piece: str, start: int, end: int, depth: int) -> Node:
        span = self._place(start, end)
        first = piece[0]
        if first in "{[":
            if depth > _DEEPEST:
                raise NotJson(f"deeper than {_DEEPEST} levels", start)
            node = self._map(start, depth) if first == "{" else self._list(start, depth)
            node.span = self._place(start, self._at)
            return node
        if first == '"':
            return self._string(piece, start, end)
        if first == MASK:
            return Node.unknown(self._original(start, end), span)
        if piece in _WORDS:
            return Node.scalar(_WORDS[piece], span, piece)
        if first in "}],:":
            raise NotJson(f"unexpected {first}", start)
        return Node.scalar(float(piece) if re.search(r"[.eE]", piece) else int(piece[:300]), span, piece)

    def _string(self, piece: str, start: int, end: int) -> Node:
        span = self._place(start, end)
        if MASK in piece:
            return Node.unknown(self._original(start + 1, end - 1), span)
        words = _words(piece, start)
        return Node.scalar(words.replace("$${", "${").replace("%%{", "%{") if self._is_template else words, span)

    def _map(self, start: int, depth: int) -> Node:
        node = Node.mapping((start, start))
        piece, at, end = self._next()
        while piece != "}":
            if piece[0] not in f'"{MASK}':
                raise NotJson("a key is missing", at)
            key = self._original(at, end).strip('"') if MASK in piece else _words(piece, at)
            if self._next()[0] != ":":
                raise NotJson("a colon is missing", end)
            node.put(key, self._place(at, end), self._value(*self._next(), depth + 1))
            piece, at, end = self._next()
            if piece == ",":
                piece, at, end = self._next()
            elif piece != "}":
                raise NotJson("a comma is missing", at)
        return node

    def _list(self, start: int, depth: int) -> Node:
        node = Node.sequence((start, start))
        piece, at, end = self._next()
        while piece != "]":
            node.values.append(self._value(piece, at, end, depth + 1))
            piece, at, end = self._next()
            if piece == ",":
                piece, at, end = self._next()
            elif piece != "]":
                raise NotJson("a comma is missing", at)
        return node


def _words(piece: str, at: int) -> str:
    """Give what a string says."""
    try:
        return str(json.loads(piece, strict=False))
    except ValueError:
        raise NotJson("an escape that JSON does not know", at) from None
