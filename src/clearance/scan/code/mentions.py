"""Where words stand in a text."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Final

_WORDS: Final = re.compile(rb"[A-Za-z_$][\w$]*")
_PART: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$")
_MANY: Final = 48
"""So many words are looked for in one go."""


def named_places(data: bytes, words: AbstractSet[bytes]) -> Iterator[tuple[int, bytes]]:
    """Give all places at which words stand, with the word; word by word where there are few."""
    if len(words) > _MANY:
        for found in _WORDS.finditer(data):
            if found[0] in words:
                yield found.start(), found[0]
        return
    last = len(data)
    for word in sorted(words):  # the same places in the same order, whatever the order of a set is
        size = len(word)
        at = data.find(word)
        while at >= 0:
            end = at + size
            if not (at and data[at - 1] in _PART) and not (end < last and data[end] in _PART):
                yield at, word
            at = data.find(word, end)
