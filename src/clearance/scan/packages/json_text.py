"""Walks JSON (also with comments and trailing commas) without recursion and tells where each string stands."""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from clearance.scan.family import Budget, Span
from clearance.scan.packages.mention import Unparsed

_TOKEN = re.compile(r'\s+|//[^\n]*|/\*|"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|[{}\[\],:]|[^\s,:{}\[\]"/]+')
_DEEPEST = 64


class JsonString(NamedTuple):
    """A string value: the keys and indexes that lead to it, the span of its key (if in an object) and its own, both
    inside the quotes."""

    path: tuple[str | int, ...]
    key: Span | None
    value: str
    span: Span


class _Level:
    """An object or list that is not closed yet, and where in it the walk stands."""

    def __init__(self, *, is_object: bool) -> None:
        self.is_object = is_object
        self.on_value = not is_object
        self.step: str | int = "" if is_object else 0
        self.key: Span | None = None

    def next(self) -> None:
        """Go past a comma."""
        self.on_value = not self.is_object
        if isinstance(self.step, int):
            self.step += 1


def strings(text: str, budget: Budget) -> Iterator[JsonString]:
    """Give each string value with its place.

    Raises:
        Unparsed: a piece that JSON does not have, a string that does not end, or nesting beyond 64 levels.
    """
    levels: list[_Level] = []
    at = 1 if text.startswith("\ufeff") else 0
    steps = 0
    while at < len(text):
        steps += 1
        if not steps & 0xFFF:
            budget.check()
        found = _TOKEN.match(text, at)
        if not found:
            raise Unparsed("not JSON")
        at = found.end()
        piece = found[0]
        match piece[0]:
            case '"':
                span = (found.start() + 1, found.end() - 1)
                level = levels[-1] if levels else None
                if level and not level.on_value:
                    level.step, level.key = _decoded(piece), span
                else:
                    path = tuple(one.step for one in levels)
                    yield JsonString(path, level.key if level else None, _decoded(piece), span)
            case "{" | "[":
                levels.append(_Level(is_object=piece == "{"))
                if len(levels) > _DEEPEST:
                    raise Unparsed(f"nested deeper than {_DEEPEST} levels")
            case "}" | "]":
                if not levels or levels.pop().is_object != (piece == "}"):
                    raise Unparsed("not JSON")
            case ",":
                if levels:
                    levels[-1].next()
            case ":":
                if levels:
                    levels[-1].on_value = True
            case _ if piece == "/*":
                end = text.find("*/", at)
                at = len(text) if end < 0 else end + 2
            case _:
                pass
    if levels:
        raise Unparsed("not JSON: it ends too early")


def _decoded(piece: str) -> str:
    if "\\" not in piece:
        return piece[1:-1]
    try:
        return str(json.loads(piece, strict=False))
    except ValueError:
        raise Unparsed("not JSON: an escape that it does not have") from None
