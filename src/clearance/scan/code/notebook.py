"""Code cells of a Jupyter notebook as one text, with the place in the JSON of each of its characters."""

import json
import re
from array import array
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[{}\[\]:,]|[^\s{}\[\]:,"]+', re.DOTALL)
_PIECE: Final = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL)
_MAGIC: Final = re.compile(r"^[ \t]*(?:[%!].*|\w[\w.]*[ \t]*\?{1,2}[ \t]*|\?{1,2}\w.*)$", re.MULTILINE)
_ASSIGNED: Final = re.compile(r"^([ \t]*[\w., ]+=[ \t]*)[%!].*$", re.MULTILINE)
_OTHER_CELL: Final = re.compile(r"\s*%%(?!time|timeit|capture|prun|python)\w")
_NOT_A_LINE_END: Final = re.compile(r"[^\r\n]")
_DEEPEST: Final = 12


class Notebook(NamedTuple):
    """The code of a notebook: `places` are the offsets in the JSON of each character of `text` and of its end. `language`
    is what its
    kernel speaks."""

    text: str
    places: "array[int]"
    language: str


class _Open:
    """An object or list that is being read: where it stands, and what is known of it."""

    __slots__ = ("key", "kind", "path", "source", "waiting")

    def __init__(self, path: tuple[str, ...]) -> None:
        self.path = path
        self.key: str | None = None
        self.kind = ""
        self.source: list[tuple[int, int]] = []
        self.waiting = True


def read_notebook(text: str) -> Notebook | None:
    """Take the code out of a notebook; None where there is none. Time is linear in the text, and broken JSON gives what
    stands before."""
    cells: list[list[tuple[int, int]]] = []
    language = ""
    stack: list[_Open] = []
    for found in _TOKEN.finditer(text):
        sign = found[0]
        top = stack[-1] if stack else None
        if sign in "{[":
            path = () if top is None else (*top.path, top.key or "") if len(stack) < _DEEPEST else ("deep",)
            stack.append(_Open(path if sign == "{" else (*path, "[]")))
            if sign == "{" and path == ("cells", "[]", ""):
                stack[-1].path = ("cell",)
        elif sign in "}]":
            if not stack:
                break
            closed = stack.pop()
            if closed.path == ("cell",) and closed.kind == "code":
                cells.append(closed.source)
            elif stack and stack[-1].path == ("cell",) and closed.path == ("cell", "source", "[]"):
                stack[-1].source = closed.source
            if stack:
                stack[-1].waiting = True
        elif sign == ",":
            if top is not None:
                top.waiting = True
        elif sign == ":":
            if top is not None:
                top.waiting = False
        elif top is not None and sign[0] == '"' and sign[-1] == '"' and len(sign) > 1:
            _string(top, sign, found.start())
            if not top.waiting and top.key == "language" and top.path[-1:] == ("kernelspec",):
                language = language or sign[1:-1].lower()
            if not top.waiting and top.key == "name" and top.path[-1:] == ("language_info",):
                language = sign[1:-1].lower()
    return _joined(text, cells, language or "python") if cells else None


def _string(top: _Open, sign: str, at: int) -> None:
    """Take a string as a key, as the kind of a cell, or as a piece of its source."""
    if top.path[-1:] == ("[]",):
        if top.path == ("cell", "source", "[]"):
            top.source.append((at, at + len(sign)))
    elif top.waiting:
        top.key = sign[1:-1]
    elif top.path == ("cell",):
        if top.key == "cell_type":
            top.kind = sign[1:-1]
        elif top.key == "source":
            top.source = [(at, at + len(sign))]


def _joined(text: str, cells: list[list[tuple[int, int]]], language: str) -> Notebook:
    pieces: list[str] = []
    places = array("l")
    for cell in cells:
        letters: list[str] = []
        end = places[-1] if places else 0
        for start, stop in cell:
            for piece in _PIECE.finditer(text, start + 1, stop - 1):
                written = piece[0]
                letters.append(_letter(written) if len(written) > 1 else written)
                places.append(piece.start())
            end = stop - 1
        code = "".join(letters)
        pieces.append(_without_magic(code) if language == "python" else code)
        pieces.append("\n")
        places.append(end)
    places.append(places[-1] if places else 0)
    return Notebook("".join(pieces), places, language)


def _letter(written: str) -> str:
    try:
        letter = str(json.loads(f'"{written}"'))
    except ValueError:
        return " "
    return letter if len(letter) == 1 else " "


def _without_magic(code: str) -> str:
    """Blank what IPython understands and Python does not; lengths stay."""
    if _OTHER_CELL.match(code):
        return _NOT_A_LINE_END.sub(" ", code)
    code = _ASSIGNED.sub(lambda found: f"{found[1]}0{' ' * (len(found[0]) - len(found[1]) - 1)}", code)
    return _MAGIC.sub(lambda found: " " * len(found[0]), code)
