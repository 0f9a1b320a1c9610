"""Walks XML with places, safely: no entities, no document types, nothing fetched, no recursion (expat gives events)."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from xml.parsers import expat

from clearance.scan.family import Budget, Span
from clearance.scan.packages.mention import Unparsed

_DEEPEST = 128
_PIECE = 1 << 16


class Element:
    """An element that has ended: its local name, attributes, own text, the places of both, and its children's."""

    __slots__ = ("attributes", "children", "end", "inside", "name", "start", "text")

    def __init__(self, name: str, attributes: dict[str, str], start: int) -> None:
        self.name = name
        self.attributes = attributes
        self.start = start
        self.inside = start
        self.end = start
        self.text = ""
        self.children: list[Element] = []

    def find(self, *names: str) -> "Element | None":
        """Give the first element below, by the names that lead to it."""
        here: Element | None = self
        for name in names:
            here = next((child for child in here.children if child.name == name), None) if here else None
        return here

    def value(self, name: str) -> str:
        """Give the text of a child without blanks around it, or nothing."""
        found = self.find(name)
        return found.text.strip() if found else ""


class Refused(NamedTuple):
    """Why a text is not read, and the line."""

    why: str
    line: int


class _Builder:
    """Takes expat's events; keeps elements in a tree that is bounded in depth and number."""

    def __init__(self, text: str, budget: Budget) -> None:
        self.root: Element | None = None
        self.open: list[Element] = []
        self.refused: Refused | None = None
        self._text = text
        self._budget = budget
        self._steps = 0
        self._bytes = 0
        self._characters = 0
        self._data = text.encode("utf-8", "replace")
        self._plain = len(self._data) == len(text)
        self.parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters_of
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.EntityDeclHandler = self._doctype

    def run(self) -> None:
        """Parse all of it."""
        for at in range(0, len(self._data), _PIECE):
            self._budget.check()
            self.parser.Parse(self._data[at : at + _PIECE], at + _PIECE >= len(self._data))
            if self.refused:
                return

    def _offset(self) -> int:
        """Give the present place in characters; expat counts bytes."""
        at = self.parser.CurrentByteIndex
        if self._plain:
            return at
        self._characters += len(self._data[self._bytes : at].decode("utf-8", "replace"))
        self._bytes = at
        return self._characters

    def _refuse(self, why: str) -> None:
        if not self.refused:
            self.refused = Refused(why, self.parser.CurrentLineNumber)
            self.parser.StartElementHandler = self.parser.EndElementHandler = self.parser.CharacterDataHandler = None

    def _doctype(self, *_: Any) -> None:
        self._refuse("a document type or entities are not read")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._steps += 1
        if not self._steps & 0xFF:
            self._budget.check()
        if len(self.open) >= _DEEPEST:
            self._refuse(f"nested deeper than {_DEEPEST} levels")
            return
        element = Element(name.rpartition(" ")[2], attributes, self._offset())
        if self.open:
            self.open[-1].children.append(element)
        elif self.root is None:
            self.root = element
        self.open.append(element)

    def _characters_of(self, data: str) -> None:
        if self.open and len(self.open[-1].text) < _PIECE:
            self.open[-1].text += data

    def _end(self, _: str) -> None:
        if self.open:
            self.open.pop().end = self._offset()


def tree(text: str, budget: Budget) -> Element:
    """Read a text as XML.

    Raises:
        Unparsed: it is no XML, has a document type, or nests deeper than 128 levels; the line is named.
    """
    builder = _Builder(text.removeprefix("\ufeff"), budget)
    # What an encoding declaration says is not so: the text is decoded already.
    try:
        builder.run()
    except expat.ExpatError as error:
        if builder.refused:
            raise Unparsed(f"line {builder.refused.line}: {builder.refused.why}") from None
        raise Unparsed(f"line {error.lineno}: not XML ({expat.errors.messages.get(error.code, error.code)})") from None
    if builder.refused:
        raise Unparsed(f"line {builder.refused.line}: {builder.refused.why}")
    if builder.root is None:
        raise Unparsed("line 1: not XML (it is empty)")
    return builder.root


def text_span(text: str, element: Element) -> Span:
    """Give where the text of an element stands, without blanks around it; the place of its tag if it cannot be told."""
    shift = 1 if text.startswith("\ufeff") else 0
    first = text.find(">", element.start + shift, element.end + shift) + 1
    value = element.text.strip()
    at = text.find(value, first, element.end + shift) if first and value else -1
    return (at, at + len(value)) if at >= 0 else (element.start + shift, element.start + shift + 1 + len(element.name))


def attribute_span(text: str, element: Element, name: str) -> Span:
    """Give where the value of an attribute stands inside its quotes; the tag if it cannot be told."""
    shift = 1 if text.startswith("\ufeff") else 0
    value = element.attributes.get(name, "")
    end = text.find(">", element.start + shift)
    at = text.find(name, element.start + shift, end)
    while at >= 0:
        opened = at + len(name)
        quote = text[opened:end].lstrip()[1:].lstrip()[:1] if text[opened:end].lstrip()[:1] == "=" else ""
        if quote in {'"', "'"}:
            first = text.find(quote, opened) + 1
            if text.startswith(value, first):
                return first, first + len(value)
        at = text.find(name, opened, end)
    return element.start + shift, element.start + shift + 1 + len(element.name)


def walk(root: Element, budget: Budget) -> Iterator[tuple[Element, ...]]:
    """Give each element with those above it, in the order in which they begin."""
    todo: list[tuple[Element, ...]] = [(root,)]
    steps = 0
    while todo:
        steps += 1
        if not steps & 0xFF:
            budget.check()
        path = todo.pop()
        yield path
        todo.extend((*path, child) for child in reversed(path[-1].children))
