"""Where in a JSON text (RFC 8259) a value stands, and whether an object has one key twice.

Decoders tell neither. One pass over the tokens, no recursion, no more than 32 levels deep.
"""

import json
import re
from collections.abc import Iterator

Path = tuple[str | int, ...]
"""The way to a value from the root: keys of objects and places in arrays, from 0."""

_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],:]|[^\s{}\[\],:"]++', re.DOTALL)
_DEEPEST = 32


class _Open:
    """An object or array that is being read: its keys so far (None for an array), and the key or place of the next value."""

    __slots__ = ("at", "keys", "named")

    def __init__(self, *, keyed: bool) -> None:
        self.keys: set[str] | None = set() if keyed else None
        self.at: str | int = "" if keyed else 0
        self.named = False


def line_at(text: bytes, offset: int) -> int:
    """Give the line of a byte, from 1."""
    return text.count(b"\n", 0, offset) + 1


def line_of(text: bytes, path: Path) -> int:
    """Give the line of a value; where there is none, that of the last value on the way to it."""
    best, length = 0, 0
    for offset, stack, _ in _values(text):
        near = len(stack) == length + 1 <= len(path) and stack[-1].at == path[length]
        if near and all(each.at == key for each, key in zip(stack, path, strict=False)):
            best, length = offset, length + 1
            if length == len(path):
                break
    return line_at(text, best)


def doubled(text: bytes) -> tuple[int, str] | None:
    """Give the offset and the name of the first key that stands twice in one object, or None."""
    return next(((offset, str(stack[-1].at)) for offset, stack, twice in _values(text) if twice), None)


def _values(text: bytes) -> Iterator[tuple[int, list[_Open], bool]]:
    """Give the offset of each value, in the order of the text, what is open around it, and whether its key stood before in
    its object. The list is the same one each time."""
    stack: list[_Open] = []
    twice = False
    for token in _TOKEN.finditer(text):
        mark = token[0]
        top = stack[-1] if stack else None
        if mark == b":":
            continue
        if mark == b",":
            if top is not None and isinstance(top.at, int):
                top.at += 1
            elif top is not None:
                top.named = False
        elif mark in {b"}", b"]"}:
            twice = False
            if stack:
                stack.pop()
        elif top is not None and top.keys is not None and not top.named:
            top.at, top.named = _name(mark), True
            twice = top.at in top.keys
            top.keys.add(top.at)
        else:
            yield token.start(), stack, twice
            twice = False
            if mark in {b"{", b"["}:
                if len(stack) == _DEEPEST:
                    return
                stack.append(_Open(keyed=mark == b"{"))


def _name(mark: bytes) -> str:
    plain = mark[1:-1].decode("utf-8", "replace")
    if "\\" not in plain:
        return plain
    try:
        return str(json.loads(mark))
    except ValueError:
        return plain
