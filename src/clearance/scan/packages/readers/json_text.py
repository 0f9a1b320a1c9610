"""Reads JSON and tells where its strings stand.

A walk without recursion, also over comments and trailing commas, is for what people write; a fast parse and a search in
order are for lock files.
"""

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from clearance.scan.family import Budget, Span
from clearance.scan.packages.mention import Unparsed

_TOKEN = re.compile(r'\s+|//[^\n]*|/\*|"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|[{}\[\],:]|[^\s,:{}\[\]"/]+')
_BYTE = re.compile(r"\(byte (\d+)\)")
_OBJECT = re.compile(r"\s*:\s*[{\[]")
_WITH_ESCAPES = re.compile(r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"')
_REMARK = r"//[^\n]*+|/\*(?s:.*?)(?:\*/|\Z)"
_LOOSE = re.compile(
    rf"""((?:[^",/]++|"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"?+|,(?!(?:\s|{_REMARK})*+[}}\]])|/(?![/*]))++)|{_REMARK}|."""
)
_DEEPEST = 64
_NEAR = 20_000
"""How far behind its object's key a member is sought, in characters."""


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
            raise Unparsed(f"line {line_of(text, at)}: not JSON")
        at = found.end()
        piece = found[0]
        match piece[0]:
            case '"':
                span = (found.start() + 1, found.end() - 1)
                level = levels[-1] if levels else None
                if level and not level.on_value:
                    level.step, level.key = _decoded(piece, text, at), span
                else:
                    path = tuple(one.step for one in levels)
                    yield JsonString(path, level.key if level else None, _decoded(piece, text, at), span)
            case "{" | "[":
                levels.append(_Level(is_object=piece == "{"))
                if len(levels) > _DEEPEST:
                    raise Unparsed(f"line {line_of(text, at)}: nested deeper than {_DEEPEST} levels")
            case "}" | "]":
                if not levels or levels.pop().is_object != (piece == "}"):
                    raise Unparsed(f"line {line_of(text, at)}: not JSON")
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
        raise Unparsed(f"line {line_of(text, len(text))}: not JSON, it ends too early")


def _decoded(piece: str, text: str, at: int) -> str:
    if "\\" not in piece:
        return piece[1:-1]
    try:
        return str(json.loads(piece, strict=False))
    except ValueError:
        raise Unparsed(f"line {line_of(text, at)}: not JSON, an escape that it does not have") from None


def line_of(text: str, offset: int) -> int:
    """Give the number of the line, from 1, in which an offset lies."""
    return text.count("\n", 0, offset) + 1


def load(text: str) -> dict[str, object]:
    """Parse a JSON object; of a key that stands twice the last value counts, as for `JSON.parse`.

    Raises:
        Unparsed: it is no JSON, no object, or nested too deeply for the parser; the text names the line.
    """
    try:
        value = msgspec.json.decode(text.removeprefix("\ufeff"))
    except msgspec.DecodeError as error:
        found = _BYTE.search(str(error))
        byte = int(found[1]) if found else len(text) * 4
        line = text.encode("utf-8", "surrogatepass").count(b"\n", 0, byte) + 1
        raise Unparsed(f"line {line}: {str(error).partition(' (')[0]}") from None
    except (UnicodeEncodeError, RecursionError) as error:
        raise Unparsed(f"line 1: not JSON that can be read: {type(error).__name__}") from None
    if not isinstance(value, dict):
        raise Unparsed("line 1: not a JSON object")
    return value


def objects(value: object) -> dict[str, dict[str, object]]:
    """Give the members of an object that are objects themselves; nothing where it is none."""
    return {key: entry for key, entry in value.items() if isinstance(entry, dict)} if isinstance(value, dict) else {}


def texts(value: object) -> dict[str, str]:
    """Give the members of an object that are strings; nothing where it is none."""
    return {key: entry for key, entry in value.items() if isinstance(entry, str)} if isinstance(value, dict) else {}


def strict(text: str) -> str:
    """Blank out comments and trailing commas, so that a parser of JSON takes it; all offsets stay."""
    return _LOOSE.sub(lambda found: found[1] or (found[0] if found[0] == '"' else _blank(found[0])), text)


def _blank(piece: str) -> str:
    return re.sub(r"[^\n]", " ", piece)


class Keys:
    """Finds keys of JSON objects that are asked for in the order in which they stand, so that all cost one walk."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._escaped: dict[str, Span] | None = None

    def line(self, offset: int) -> int:
        """Give the line on which a character stands."""
        return line_of(self._text, offset)

    def enter(self, key: str) -> None:
        """Go behind a key, when it stands further on."""
        found = re.compile(rf'"{re.escape(key)}"\s*:').search(self._text, self._at)
        self._at = found.end() if found else self._at

    def place(self, key: str) -> Span:
        """Give the span of the key of an object inside its quotes, or that of nothing at all where it cannot be found."""
        if self._escaped and key in self._escaped:
            return self._escaped[key]
        quoted = f'"{key}"'
        at = self._text.find(quoted, self._at)
        while at >= 0 and not _OBJECT.match(self._text, at + len(quoted)):
            at = self._text.find(quoted, at + len(quoted))
        if at < 0:
            return self._spelled(key)
        self._at = at + len(quoted)
        return at + 1, at + 1 + len(key)

    def value(self, key: str, value: str, after: int) -> Span:
        """Give the span of a member's string value, which stands behind `after` in an object; `(0, 0)` where it does not."""
        text = self._text
        at = text.find(f'"{key}"', after, after + _NEAR)
        if at < 0:
            return 0, 0
        start = text.find('"', at + len(key) + 2, at + len(key) + 40) + 1
        return (start, start + len(value)) if start and text.startswith(f'{value}"', start) else (0, 0)

    def _spelled(self, key: str) -> Span:
        """Find a key that is written with escapes."""
        if self._escaped is None:
            self._escaped = {}
            for found in _WITH_ESCAPES.finditer(self._text):
                if "\\" in found[0]:
                    decoded = _decoded(found[0], self._text, found.start())
                    self._escaped.setdefault(decoded, (found.start() + 1, found.end() - 1))
        return self._escaped.get(key, (0, 0))
