"""Where words stand in a text."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from ahocorasick_rs import BytesAhoCorasick, MatchKind

_PART: Final = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$")
_GIVEN: Final = rb"([A-Za-z_$][\w$]*)(?:\[[^\]\n]{0,80}\])?\s*(?:[-+*/|&]|\?\?)?=(?!=)"
FIELDS: Final = tuple(re.compile(start + _GIVEN) for start in (rb"self\.", rb"this\.", rb"cls\."))
"""A field of an object that is given something. Each begins with plain letters, which are found quickly."""
_TOGETHER: Final = 3
"""So many words are sought together, fewer one after the other."""
_MANY: Final = 48
"""So many words are looked for in one go."""


def writes_fields(data: bytes, start: int, end: int) -> bool:
    """Tell whether a stretch of Python or JavaScript gives a field of the object around something."""
    return any(pattern.search(data, start, end) for pattern in FIELDS)


def fields_written(data: bytes) -> list[int]:
    """Give where fields of the object around are given something in Python or JavaScript, in order."""
    return sorted(found.start() for pattern in FIELDS for found in pattern.finditer(data))


def named_places(data: bytes, words: AbstractSet[bytes]) -> Iterator[tuple[int, bytes]]:
    """Give all places at which words stand, with the word; word by word where there are few."""
    plain = [word for word in words if word and word[0] in _PART]
    few = len(words) <= _MANY
    if few and len(plain) < _TOGETHER:
        for word in sorted(words):  # the same places in the same order, whatever the order of a set is
            yield from _places_of(data, word)
        return
    found = [(at, data[at:end]) for at, end in _spans(data, plain)]
    if few:
        found += [(at, word) for word in words if not word or word[0] not in _PART for at, _ in _places_of(data, word)]
        found.sort(key=_by_word)
    yield from found


def _by_word(one: tuple[int, bytes]) -> tuple[bytes, int]:
    return one[1], one[0]


def _spans(data: bytes, words: list[bytes]) -> Iterator[tuple[int, int]]:
    """Give where words stand, in order. None of two words that overlap can stand alone, but for the longer one."""
    last = len(data)
    search = BytesAhoCorasick(words, matchkind=MatchKind.LeftmostLongest)
    for _, at, end in search.find_matches_as_indexes(data):
        if not (at and data[at - 1] in _PART) and not (end < last and data[end] in _PART):
            yield at, end


def _places_of(data: bytes, word: bytes) -> Iterator[tuple[int, bytes]]:
    last, size = len(data), len(word)
    at = data.find(word) if word else -1
    while at >= 0:
        end = at + size
        if not (at and data[at - 1] in _PART) and not (end < last and data[end] in _PART):
            yield at, word
        at = data.find(word, end)
