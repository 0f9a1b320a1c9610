"""Keys of lines: what is kept of an added line instead of its text.

Scheme `clearance-lines-1`. All hashes are BLAKE2b (RFC 7693) keyed with the log's salt. A *token* is a word (`\\w+`, lower
case) or one sign; signs that formatters add and remove as they like (quotes, commas, semicolons, round brackets,
backslashes) are none. Of each line:

    exact    8 bytes of the line without its line end
    loose    8 bytes of its tokens, joined by blanks
    shape    4 bytes of its tokens, each word as `w` and each number as `0`

and of each three tokens in a row, whatever lines they stand on, a *shingle*: ((a * P + b) * Q + c) mod (2^61 - 1), the low
32 bits, where a, b, c are the 8-byte hashes of the tokens. So a formatter that breaks lines anew changes no shingle.
Shingling for copies of text: U. Manber, "Finding similar files in a large file system" (USENIX Winter 1994).
"""

import hashlib
import struct
from array import array
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain, islice

from clearance.facts.change import Range
from clearance.facts.trace import COUNT_BYTES, KEY_BYTES, SHORT_BYTES, Run
from clearance.trace.signs import MOST_TOKENS, TOKEN, Signs

SALT_BYTES = 16
WIDTH = 3
"""Tokens in a shingle."""
_MODULUS = (1 << 61) - 1
_P, _Q = 0x9E3779B97F4A7C15 % _MODULUS, 0xC2B2AE3D27D4EB4F % _MODULUS
_LOW = 0xFFFFFFFF
_NONE = bytes(KEY_BYTES)
_NO_SHAPE = bytes(SHORT_BYTES)


class KeyedText:
    """The lines of a text with what keys are made of. `lines` have no line ends; `salt` is 16 bytes."""

    def __init__(self, lines: Sequence[str], salt: bytes) -> None:
        if len(salt) != SALT_BYTES:
            raise ValueError(f"a salt of {len(salt)} bytes")
        self.lines = lines
        self._salt = salt

    @cached_property
    def words(self) -> list[list[str]]:
        """The tokens of each line; of one with very many, the first 65,535."""
        return [TOKEN.findall(line.lower())[:MOST_TOKENS] for line in self.lines]

    @cached_property
    def signs(self) -> Signs:
        """What stands between the tokens."""
        return Signs(self.lines, self.words)

    @cached_property
    def starts(self) -> list[int]:
        """The number of the first token of each line, and at the end how many tokens there are."""
        found, at = [0], 0
        for words in self.words:
            at += len(words)
            found.append(at)
        return found

    @cached_property
    def line_of(self) -> "array[int]":
        """The line, from 0, of each token."""
        found = array("l")
        for number, words in enumerate(self.words):
            found.extend([number] * len(words))
        return found

    @cached_property
    def shingles(self) -> list[int]:
        """One number for each token but the last two."""
        # Each token is multiplied once, not each time that it stands somewhere: the sums are the same.
        last = {word: self._number(word) for word in self._different}
        middle = {word: value * _Q % _MODULUS for word, value in last.items()}
        first = {word: value * _P % _MODULUS for word, value in middle.items()}
        tokens = list(chain.from_iterable(self.words))
        thirds = zip(tokens, islice(tokens, 1, None), islice(tokens, 2, None), strict=False)
        return [(first[one] + middle[two] + last[three]) % _MODULUS & _LOW for one, two, three in thirds]

    @cached_property
    def _different(self) -> dict[str, str]:
        """The form of each token that stands anywhere, in their order."""
        return {word: _form(word) for word in dict.fromkeys(chain.from_iterable(self.words))}

    @cached_property
    def _shapes(self) -> dict[str, bytes]:
        """Hashes of shapes that were asked for: lines of a text share a few."""
        return {}

    def exact(self, line: int) -> bytes:
        """Give the exact key of a line, from 0."""
        return self._hash(self.lines[line].encode("utf-8", "surrogatepass"), KEY_BYTES)

    def loose(self, line: int) -> bytes:
        """Give the loose key of a line; zero bytes where it has no tokens."""
        words = self.words[line]
        return self._hash(" ".join(words).encode("utf-8", "surrogatepass"), KEY_BYTES) if words else _NONE

    def shape(self, line: int) -> bytes:
        """Give the shape of a line; zero bytes where it has no tokens."""
        words = self.words[line]
        if not words:
            return _NO_SHAPE
        text = " ".join(map(self._different.__getitem__, words))
        found = self._shapes.get(text)
        if found is None:
            found = self._shapes[text] = self._hash(text.encode("utf-8", "surrogatepass"), SHORT_BYTES)
        return found

    def run(self, path: str, low: int, high: int) -> Run:
        """Give lines `low` to `high` (from 0, the second one not included) as a run."""
        numbers = range(low, high)
        start, end = self.starts[low], self.starts[high]
        lead, tail = min(WIDTH - 1, start), min(WIDTH - 1, self.starts[-1] - end)
        near = self.shingles[start - lead : max(start - lead, end + tail - WIDTH + 1)]
        return Run(
            path=path,
            first=low + 1,
            exact=b"".join(map(self.exact, numbers)),
            loose=b"".join(map(self.loose, numbers)),
            shape=b"".join(map(self.shape, numbers)),
            counts=b"".join(len(self.words[number]).to_bytes(COUNT_BYTES) for number in numbers),
            shingles=struct.pack(f">{len(near)}I", *near) if end > start else b"",
            lead=lead,
            tail=tail,
        )

    def runs(self, path: str, ranges: Iterable[Range]) -> tuple[Run, ...]:
        """Give line ranges (from 1, both ends included, as changes have them) as runs. What has no tokens at all is none."""
        last = len(self.lines)
        cut = ((max(first, 1) - 1, min(end, last)) for first, end in ranges)
        return tuple(self.run(path, low, high) for low, high in cut if low < high and self.starts[high] > self.starts[low])

    def _number(self, word: str) -> int:
        return int.from_bytes(self._hash(word.encode("utf-8", "surrogatepass"), KEY_BYTES))

    def _hash(self, data: bytes, size: int) -> bytes:
        return hashlib.blake2b(data, digest_size=size, key=self._salt).digest()


def _form(word: str) -> str:
    first = word[0]
    return "0" if first.isdigit() else "w" if first.isalpha() or first == "_" else word


def split(text: str) -> list[str]:
    """Cut a text into lines as changes count them: at line feeds only. A last line without its end counts; a carriage return
    before a line feed belongs to the end."""
    pieces = text.split("\n")
    if not pieces[-1]:
        pieces.pop()
    return [piece.removesuffix("\r") for piece in pieces]


def keys_of(joined: bytes, size: int) -> list[bytes]:
    """Cut joined keys of `size` bytes apart."""
    return [joined[at : at + size] for at in range(0, len(joined), size)]


def numbers_of(joined: bytes, size: int) -> list[int]:
    """Read joined numbers of `size` bytes, big-endian."""
    return [int.from_bytes(joined[at : at + size]) for at in range(0, len(joined), size)]


def sound(run: Run) -> bool:
    """Tell whether the parts of a run fit each other; one that came from outside may hold anything."""
    lines, counts = run.lines, numbers_of(run.counts, COUNT_BYTES)
    if not lines or len(run.exact) % KEY_BYTES or len(run.loose) != lines * KEY_BYTES:
        return False
    if len(run.shape) != lines * SHORT_BYTES or len(run.counts) != lines * COUNT_BYTES:
        return False
    if not (0 <= run.lead < WIDTH and 0 <= run.tail < WIDTH) or run.first < 1:
        return False
    tokens = run.lead + sum(counts) + run.tail
    return len(run.shingles) == max(0, tokens - WIDTH + 1) * SHORT_BYTES
