"""Puts entries into a JSON text and takes them out again: only the bytes of the entry, a comma, and the space around it
change."""

import bisect
import json
from typing import Any, NamedTuple

from clearance.facts.errors import BadFile
from clearance.install.jsonc import Document, Pointer

_UNIT = "  "
_SPACE = " \t\r\n"
_LONG = 100


class Filled(NamedTuple):
    """An object or array that stood there empty and now holds something of ours: where, and what was between its
    brackets."""

    pointer: Pointer
    inside: str


class Inserted(NamedTuple):
    """A text with an entry, and the container that was empty before, if it was."""

    text: str
    filled: Filled | None = None


def insert(document: Document, pointer: Pointer, key: str | None, value: Any) -> Inserted:
    """Add a member `key` (None: an item) at the end of the object or array at `pointer`; what is missing on the way is made.

    Raises:
        BadFile: something else than an object or array stands on the way, or an object there holds a key twice.
    """
    for depth in range(len(pointer) + 1):
        node = document.at(pointer[:depth])
        if node is None:
            made: Any = [value] if key is None else {key: value}
            for name in reversed(pointer[depth:]):
                made = {str(name): made}
            return insert(document, pointer[: depth - 1], str(pointer[depth - 1]), made)
        wanted = "[" if depth == len(pointer) and key is None else "{"
        if node.kind != wanted:
            name = ".".join(map(str, pointer[:depth])) or "the whole"
            what = f"{name} is not {'a list' if wanted == '[' else 'an object'}"
            raise BadFile(what, where=f"{document.where}:{document.line(node.start)}", next="mend it, then run it again")
    return _splice(document, pointer, key, value)


def _splice(document: Document, pointer: Pointer, key: str | None, value: Any) -> Inserted:
    node = document.at(pointer)
    if node is None:
        raise KeyError(pointer)
    text, close = document.text, node.end - 1
    newline, unit = _newline(text), _unit(document)
    base = _indent_at(text, node.start)
    last = _token_before(document, close)
    end = document.tokens[last].end
    inside = text[node.start + 1 : close]
    if not node.children and not inside.strip(_SPACE):
        piece = _piece(key, value, base + unit, unit, newline)
        filled = Filled(pointer, inside)
        return Inserted(f"{text[: node.start + 1]}{newline}{base}{unit}{piece}{newline}{base}{text[close:]}", filled)
    first = node.begins[0] if node.children else document.tokens[_token_before(document, node.start + 1) + 1].start
    spread = "\n" in text[node.start : first] or text.startswith("//", document.tokens[last].start)
    if spread:
        indent = _indent_at(text, first) if "\n" in text[node.start : first] else base + unit
        piece = newline + indent + _piece(key, value, indent, unit, newline)
    else:
        piece = " " + _piece(key, value, "", None, newline)
        if len(piece) > _LONG:
            piece = " " + _piece(key, value, base, unit, newline)
    if not node.children:
        return Inserted(text[:end] + piece + text[end:])
    if node.commas[-1] >= 0:
        return Inserted(text[:end] + piece + "," + text[end:])
    behind = node.children[-1].end
    return Inserted(f"{text[:behind]},{text[behind:end]}{piece}{text[end:]}")


def remove(document: Document, pointer: Pointer) -> str:
    """Take the member or item at `pointer` out of a text.

    Raises:
        BadFile: an object on the way holds a key twice.
        KeyError: there is no such member or item.
    """
    parent = document.at(pointer[:-1])
    key = pointer[-1]
    if parent is None or document.at(pointer) is None:
        raise KeyError(pointer)
    place = key if isinstance(key, int) else parent.keys.index(key)
    text, begin, end = document.text, parent.begins[place], parent.children[place].end
    last = document.tokens[_token_before(document, begin)]
    comma = parent.commas[place]
    if comma >= 0:
        return _joined(text[: last.end], text[end:comma] + text[comma + 1 :], text, last.start)
    if place == 0:
        return _joined(text[: last.end], text[end:], text, last.start)
    comma = parent.commas[place - 1]
    return _joined(text[:comma] + text[comma + 1 : last.end], text[end:], text, last.start)


def _joined(before: str, after: str, text: str, last: int) -> str:
    """Join what is left; behind a comment to the end of the line, the line must end."""
    ends = after.lstrip(" \t").startswith(("\n", "\r\n"))
    return before + ("" if ends or not text.startswith("//", last) else _newline(text)) + after


def is_empty(document: Document, pointer: Pointer) -> bool:
    """Whether an object or array holds nothing, not even a comment."""
    node = document.at(pointer)
    return node is not None and not document.text[node.start + 1 : node.end - 1].strip(_SPACE) and node.kind in "[{"


def hollow(document: Document, pointer: Pointer, inside: str) -> str:
    """Put white space back between the brackets of an empty object or array."""
    node = document.at(pointer)
    if node is None:
        raise KeyError(pointer)
    return document.text[: node.start + 1] + inside + document.text[node.end - 1 :]


def fresh(value: Any, newline: str = "\n") -> str:
    """Write a whole JSON text."""
    return json.dumps(value, indent=2, ensure_ascii=False).replace("\n", newline) + newline


def _piece(key: str | None, value: Any, indent: str, unit: str | None, newline: str) -> str:
    shown = json.dumps(value, indent=unit, ensure_ascii=False).replace("\n", newline + indent)
    return shown if key is None else f"{json.dumps(key, ensure_ascii=False)}: {shown}"


def _newline(text: str) -> str:
    place = text.find("\n")
    return "\r\n" if place > 0 and text[place - 1] == "\r" else "\n"


def _unit(document: Document) -> str:
    """The indentation of the outermost member that stands on a line of its own."""
    text, root = document.text, document.root
    if root is None or not root.begins or "\n" not in text[root.start : root.begins[0]]:
        return _UNIT
    return _indent_at(text, root.begins[0])[len(_indent_at(text, root.start)) :] or _UNIT


def _indent_at(text: str, offset: int) -> str:
    """The white space at the start of the line of an offset."""
    start = text.rfind("\n", 0, offset) + 1
    line = text[start:offset].removeprefix("\ufeff")
    return line[: len(line) - len(line.lstrip(" \t"))]


def _token_before(document: Document, offset: int) -> int:
    """The place of the last token that begins before an offset."""
    return bisect.bisect_left(document.tokens, offset, key=lambda one: one.start) - 1
