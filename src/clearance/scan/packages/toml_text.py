"""Walks TOML without recursion and tells where each string and key stands; more tolerant than TOML 1.0 itself."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from clearance.scan.family import Budget, Span

_TOKEN = re.compile(
    r"""[ \t\r]+|\#[^\n]*|\n|"{3}|'{3}|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*'|\[\[?|\]\]?|[{}=,.]|[^\s\[\]{}=,."'\#]+|."""
)
_BAREKEY = re.compile(r"[A-Za-z0-9_-]+")
_DEEPEST = 64


class TomlString(NamedTuple):
    """A string value: the table and keys that lead to it, and its span inside the quotes."""

    path: tuple[str, ...]
    value: str
    span: Span


class TomlKey(NamedTuple):
    """A key with any value: the table and keys that lead to it, and the span of its last part."""

    path: tuple[str, ...]
    span: Span


class _Walk:
    """Where in a document the walk stands."""

    def __init__(self) -> None:
        self.table: tuple[str, ...] = ()
        self.keys: list[tuple[str, ...]] = [()]
        """The key on each level: the line's key, then that of each open inline table or list (empty for a list)."""
        self.brackets: list[str] = []
        self.pending: list[tuple[str, Span]] = []
        self.on_value = False

    @property
    def path(self) -> tuple[str, ...]:
        """All keys that lead here."""
        return self.table + tuple(part for key in self.keys for part in key)


def walk(text: str, budget: Budget) -> Iterator[TomlString | TomlKey]:
    """Give each key and each string value with its place. What is no TOML is passed over."""
    state = _Walk()
    at, steps = 0, 0
    while at < len(text):
        steps += 1
        if not steps & 0x3FF:
            budget.check()
        found = _TOKEN.match(text, at)
        if not found:  # cannot be: the last alternative takes any character but a line end, which has its own
            return
        piece = found[0]
        at = found.end()
        if piece == "\n":
            if not state.brackets:
                state.pending, state.on_value, state.keys = [], False, [()]
        elif piece[0] in " \t\r#":
            continue
        elif piece in ('"""', "'''"):
            end = _close(text, at, piece)
            if state.on_value:
                yield TomlString(state.path, text[at:end], (at, end))
            at = end + 3
        elif not state.on_value and not state.brackets and not state.pending and piece[0] == "[":
            line = text.find("\n", at)
            line = len(text) if line < 0 else line
            state.table = _header(text[found.start() : line])
            at = line
        elif piece in ('"', "'"):
            # A quote without its partner: nothing more to read on this line.
            line = text.find("\n", at)
            at = len(text) if line < 0 else line
        else:
            yield from _step(state, piece, found.start())


def _step(state: _Walk, piece: str, start: int) -> Iterator[TomlString | TomlKey]:
    """Take one piece of a key or a value."""
    quoted = piece[0] in "\"'"
    span = (start + 1, start + len(piece) - 1) if quoted else (start, start + len(piece))
    match piece[0]:
        case "=" if not state.on_value:
            state.keys[-1] = tuple(part for part, _ in state.pending)
            if state.pending:
                yield TomlKey(state.path, state.pending[-1][1])
            state.pending, state.on_value = [], True
        case "{" | "[":
            for bracket in piece:
                if len(state.brackets) < _DEEPEST:
                    state.brackets.append(bracket)
                    state.keys.append(())
                    state.on_value = bracket == "["
        case "}" | "]":
            for _ in piece:
                if state.brackets:
                    state.brackets.pop()
                    state.keys.pop()
                    state.on_value = True
        case "," if state.brackets:
            state.on_value = state.brackets[-1] == "["
            state.pending = []
        case _ if state.on_value:
            if quoted:
                yield TomlString(state.path, piece[1:-1], span)
        case _ if quoted or _BAREKEY.fullmatch(piece):
            state.pending.append((piece[1:-1] if quoted else piece, span))


def _close(text: str, at: int, mark: str) -> int:
    """Find the end of a string of several lines; a basic one may hold escaped quotes."""
    end = text.find(mark, at)
    while end > 0 and mark == '"""' and text[end - 1] == "\\":
        end = text.find(mark, end + 1)
    return len(text) if end < 0 else end


def _header(line: str) -> tuple[str, ...]:
    """Read `[a.b."c"]` or `[[a.b]]`."""
    parts = re.findall(r'"([^"\n]*)"|\'([^\'\n]*)\'|([A-Za-z0-9_-]+)', line.partition("#")[0] if '"' not in line else line)
    return tuple(a or b or c for a, b, c in parts)
