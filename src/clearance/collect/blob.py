"""What one pass over the bytes of a file tells."""

import hashlib
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from clearance.collect.lines import SNIFF, LineCounter, encoding_of


class Blob(NamedTuple):
    """What is known of a blob after one pass; `encoding` is None for binary, and `lines` 0 then."""

    size: int
    sha256: str
    encoding: str | None
    lines: int
    head: bytes
    """The first bytes, enough to tell what it is."""


def look(pieces: Iterator[bytes]) -> Blob:
    """Go through the bytes of a file once, in constant memory."""
    summed = hashlib.sha256()
    size = 0
    head = next(pieces, b"")
    while len(head) < SNIFF and (piece := next(pieces, b"")):
        head += piece
    encoding = encoding_of(head)
    counter = LineCounter(encoding) if encoding else None
    for piece in chain((head,), pieces):
        summed.update(piece)
        size += len(piece)
        if counter:
            counter.feed(piece)
    lines = counter.count if counter else 0
    return Blob(size, summed.hexdigest(), encoding, lines, head[:SNIFF])
