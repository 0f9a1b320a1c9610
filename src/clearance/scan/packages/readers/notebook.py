"""Reads Jupyter notebooks (nbformat 4): commands of code cells, their imports, and the text of Markdown cells."""

import re
from collections.abc import Iterator

from clearance.scan.family import Budget
from clearance.scan.packages.mention import Mention, Registry
from clearance.scan.packages.readers import code, documents
from clearance.scan.packages.readers.commands import Session, has_tools, script_commands
from clearance.scan.packages.readers.imports import python_imports
from clearance.scan.packages.readers.installers import Named, moved
from clearance.scan.packages.readers.json_text import strings
from clearance.scan.packages.readers.placed import Placed, joined, unescaped

_SCRIPT = re.compile(r"\s*%%(?:bash|sh|shell|script(?:[ \t]+\S+)?|cmd|!|system|sx)\b[^\n]*")
_LINE = re.compile(
    r"^[ \t]*(?:[\w, ]{1,80}=[ \t]*)?(?:!{1,2}|%(?:pip|conda|mamba|micromamba|uv|sx|system|sh|bash)\b)", re.MULTILINE
)
_BARE = re.compile(r"^[ \t]*(?:pip3?|conda|mamba)[ \t]+install\b", re.MULTILINE)
_MAGIC = re.compile(r"^[ \t]*[!%?][^\n]*|^[^\n]*\?[ \t]*$", re.MULTILINE)


def notebook(text: str, budget: Budget) -> Iterator[Named]:
    """Read a notebook: `!pip install x`, `%pip install x`, `%%bash` cells, code that runs commands, imports, Markdown.

    Raises:
        Unparsed: it is no JSON.
    """
    session = Session()
    for kind, cell in _cells(text, budget):
        if kind == "markdown":
            if has_tools(cell.text):
                yield from moved(documents.markdown(cell.text, budget), cell)
        elif kind == "code":
            yield from _commands(cell, session, budget)
            if not _SCRIPT.match(cell.text) and ("import" in cell.text):
                plainly = _MAGIC.sub(lambda found: " " * len(found[0]), cell.text)
                imported = (one for one in python_imports(plainly, budget) if isinstance(one, Mention))
                yield from moved((one for one in imported if one.registry is Registry.PYPI), cell)


def _cells(text: str, budget: Budget) -> Iterator[tuple[str, Placed]]:
    """Give the kind and the source of each cell; the order of keys inside a cell does not matter."""
    number: int | str = -1
    kind, lines = "code", list[Placed]()
    for one in strings(text, budget):
        path = one.path[2:] if one.path[:1] == ("worksheets",) else one.path
        if len(path) < 3 or path[0] != "cells":
            continue
        if path[1] != number:
            if lines:
                yield kind, joined(lines)
            number, kind, lines = path[1], "code", []
        if path[2] == "cell_type":
            kind = one.value
        elif path[2] in {"source", "input"}:
            piece = unescaped(text, *one.span)
            lines.append(piece)
    if lines:
        yield kind, joined(lines)


def _commands(cell: Placed, session: Session, budget: Budget) -> Iterator[Named]:
    text = cell.text
    if not has_tools(text):
        return
    script = _SCRIPT.match(text)
    if script:
        yield from script_commands(cell.part(script.end(), len(text)), budget, session=session)
        return
    for pattern in (_LINE, _BARE):
        for found in pattern.finditer(text):
            start = found.start() if pattern is _BARE else _behind(text, found)
            end = _line_end(text, found.end())
            yield from script_commands(cell.part(start, end), budget, session=session)
    yield from moved(code.listed(text, budget), cell)


def _behind(text: str, found: re.Match[str]) -> int:
    """Give where the command begins: behind `!`, or at the name of a magic such as `%pip`."""
    sign = max(text.rfind("!", found.start(), found.end()), text.rfind("%", found.start(), found.end()))
    return sign + 1


def _line_end(text: str, at: int) -> int:
    while True:
        end = text.find("\n", at)
        if end < 0:
            return len(text)
        if not text[:end].endswith("\\") if end == 0 else text[end - 1] != "\\":
            return end
        at = end + 1
