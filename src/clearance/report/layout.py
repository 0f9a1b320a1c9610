"""Text in terminal cells: how wide it is, where it breaks, how lines of differently styled pieces are laid out.

Widths follow `wcwidth`: two cells for wide characters, none for combining marks. Some marks take a cell only beside certain
characters (spacing marks, viramas, the emoji selector); they are always given it: a line may be narrower than counted, never
wider.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from wcwidth import wcswidth, wcwidth

_RUN = re.compile(r" +|[^ ]+")


class Piece(NamedTuple):
    """Text in one style. `style` holds the parameters of an SGR sequence (ECMA-48, 8.3.117): `1;31` is bold red."""

    text: str
    style: str = ""


Line = list[Piece]


@lru_cache(maxsize=8192)
def _cells(character: str) -> int:
    """Give the most cells that a character takes wherever it stands."""
    alone = wcwidth(character)
    if alone > 0:
        return alone
    beside = (
        wcswidth(f"a{character}a") - 2,
        wcswidth(f"\N{HEAVY BLACK HEART}{character}a") - 2,
        wcswidth(f"{character}a") - 1,
    )
    return max(0, *beside)


def cells(text: str) -> int:
    """Give the width of text without control characters, in cells."""
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def pad(text: str, width: int) -> str:
    """Fill up with spaces to a width in cells; text that is wider stays as it is."""
    return text + " " * (width - cells(text))


def split(text: str, width: int) -> tuple[str, str]:
    """Cut text so that the first part takes at most `width` cells; a mark stays with the character that it belongs to."""
    if text.isascii():
        return text[:width], text[width:]
    used = 0
    for at, character in enumerate(text):
        used += _cells(character)
        if used > width:
            return text[:at], text[at:]
    return text, ""


def tail(text: str, width: int) -> str:
    """Give the end of text, at most `width` cells of it, not starting with a mark that belongs to what is missing."""
    used, at = 0, len(text)
    while at and used + _cells(text[at - 1]) <= width:
        at -= 1
        used += _cells(text[at])
    while 0 < at < len(text) and _cells(text[at]) == 0:
        at += 1
    return text[at:]


def cut(text: str, width: int, dots: str) -> str:
    """Shorten text to a width in cells, with `dots` where something is missing."""
    if cells(text) <= width:
        return text
    return split(text, max(0, width - cells(dots)))[0] + dots


def wrap(text: str, width: int, *, first: int | None = None) -> list[str]:
    """Break text at spaces into lines of at most `width` cells (`first` for the first one). A word longer than a line is
    broken where the line ends; a character wider than a whole line stands alone. Gives at least one line."""
    lines, line, room = [], "", width if first is None else first
    for run in _RUN.findall(text):
        if cells(line) + cells(run) <= room:
            line += run
            continue
        if run[0] == " ":
            lines.append(line)
            line, room = "", width
            continue
        if line.strip():
            lines.append(line.rstrip(" "))
            line, room = "", width
        rest = run
        while cells(rest) > room:
            head, rest = split(rest, room)
            if not head:
                if room >= width:
                    head, rest = rest[0], rest[1:]
                else:
                    room = width
                    lines.append(line.rstrip(" "))
                    continue
            lines.append(head)
            room = width
        line = rest
    return [*lines, line.rstrip(" ")]


def flow(pieces: Iterable[Piece], width: int, *, indent: int, gap: int = 3) -> list[Line]:
    """Lay pieces out one after the other, `gap` spaces apart. What does not fit on the rest of a line goes to the next one,
    `indent` cells in; what does not fit on a line at all is wrapped there."""
    lines: list[Line] = [[]]
    used = 0
    for piece in pieces:
        wide = cells(piece.text)
        between = gap if lines[-1] else 0
        if used + between + wide <= width:
            lines[-1] += [Piece(" " * between), piece]
            used += between + wide
            continue
        start = 0
        if lines[-1]:
            lines.append([Piece(" " * indent)])
            start = indent
        parts = wrap(piece.text, max(1, width - indent), first=max(1, width - start))
        lines[-1].append(Piece(parts[0], piece.style))
        lines += [[Piece(" " * indent), Piece(part, piece.style)] for part in parts[1:]]
        used = cells(parts[-1]) + (indent if len(parts) > 1 else start)
    return lines


def hanging(label: Piece, text: Piece, width: int) -> list[Line]:
    """Give a label followed by wrapped text whose further lines stand below the first one."""
    indent = cells(label.text)
    parts = wrap(text.text, max(1, width - indent))
    return [[label, Piece(parts[0], text.style)], *([Piece(" " * indent), Piece(part, text.style)] for part in parts[1:])]


def paint(lines: Sequence[Line], *, color: bool) -> Iterator[str]:
    """Give the lines as text without spaces at their ends, with SGR sequences if `color`."""
    for line in lines:
        plain = "".join(piece.text for piece in line)
        if not color:
            yield plain.rstrip(" ")
            continue
        yield "".join(f"\x1b[{style}m{text}\x1b[0m" if style and text.strip() else text for text, style in line).rstrip(" ")
