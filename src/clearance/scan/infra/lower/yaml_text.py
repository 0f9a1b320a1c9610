"""YAML to values with the places at which they stand: events of libyaml, no objects, no recursion, everything bounded.

Plain scalars mean what YAML 1.1's core types make of them, as PyYAML's `SafeLoader` reads them; dates stay text. Keys are
always their text, so that a workflow's `on` is "on" and a port is "80". Aliases share the node of their anchor; merge keys
(`<<`) are resolved. A map to which keys are set elsewhere has a text. What can only be told by a program of its own (an
unknown tag, a template's expression) is `UNKNOWN`. JSON is YAML.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import yaml

from clearance.facts.text import visible
from clearance.scan.family import Budget
from clearance.scan.infra.lower.yaml_scalar import NotAValue, Value, plain_value, tagged_value
from clearance.scan.infra.node import Kind, Node, NotThis, Opaque, Span

HOLE = "\ue000"
"""Stands for each character of a template's expression (see `helm.py`); a scalar that holds it is `UNKNOWN`."""
MAX_VALUES = 400_000
"""Values of one file, those that aliases repeat counted each time."""
MAX_DEPTH = 100
_MAX_RESTARTS = 20
_MAX_OPAQUE = 100
_LONGEST_UNKNOWN = 2_000
_CHECK_EACH = 4_096
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PROPERTIES = re.compile(r"(?:(?:&[^\s,\[\]{}]+|!<[^>\s]*>|![^\s,\[\]{}]*)(?:\s+(?:#[^\n]*\s+)*|$|(?=[,\]}])))+")
_NEXT_DOCUMENT = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_TAG = "tag:yaml.org,2002:"
_COLLECTIONS = frozenset({_TAG + name for name in ("map", "seq", "set", "omap", "pairs")} | {"!"})


class Yaml(NamedTuple):
    """The documents of a text in order, and what was not understood. An empty document is a scalar with the value None."""

    documents: list[Node]
    opaque: list[Opaque]


class _TooMany(Exception):
    """More values than are read."""


class _Frame:
    """A map or list that is not closed yet. `key` is that whose value comes next; `size` counts values, `height` levels."""

    __slots__ = ("anchor", "height", "key", "key_span", "merges", "node", "size", "tag")

    def __init__(self, node: Node, anchor: str | None, tag: str | None) -> None:
        self.node = node
        self.anchor = anchor
        self.tag = tag
        self.key: str | _Role | None = None
        self.key_span: Span = (0, 0)
        self.merges: list[Node] = []
        self.size = 1
        self.height = 1


class _Role:
    """What a key is that is no name."""


_MERGE = _Role()
_DROPPED = _Role()


class _Anchored(NamedTuple):
    node: Node
    size: int
    height: int


def read_yaml(text: str, budget: Budget, *, original: str | None = None) -> Yaml:
    """Read all documents of a text. Where one does not parse, the next ones are still read, and what was lost is opaque.

    `original` is the text before its template expressions became `HOLE`; unknown values then tell what stood there.

    Raises:
        NotThis: no document could be read; the text names the line.
        OutOfTime: the budget is spent.
    """
    shift = 1 if text.startswith("\ufeff") else 0
    composer = _Composer(text, budget, original or text)
    for _ in range(_MAX_RESTARTS):
        trouble = _run(composer, text, shift)
        if trouble is None:
            return Yaml(composer.documents, composer.opaque)
        at, why = trouble
        again = _NEXT_DOCUMENT.search(text, max(at, shift + 1)) if why != _FULL else None
        line = text.count("\n", 0, at) + 1
        if again is None and not composer.documents:
            raise NotThis(f"line {line}: {why}")
        composer.tell((at, len(text) if again is None else again.start()), why)
        if again is None:
            return Yaml(composer.documents, composer.opaque)
        shift = again.start()
    composer.tell((shift, len(text)), "too many documents that are not YAML")
    if not composer.documents:
        raise NotThis(f"line {text.count(chr(10), 0, shift) + 1}: too many documents that are not YAML")
    return Yaml(composer.documents, composer.opaque)


_FULL = f"more than {MAX_VALUES:,} values"


def _run(composer: "_Composer", text: str, shift: int) -> tuple[int, str] | None:
    """Feed the events of the text from `shift` on; give the offset and reason of what ends it before the end."""
    composer.begin(shift)
    try:
        for event in yaml.parse(text[shift:] if shift else text, Loader=_LOADER):
            composer.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        why = visible(f"{error.problem or error.context or 'not YAML'}")[:120]
        return min(shift + (mark.index if mark else 0), len(text)), why
    except yaml.reader.ReaderError as error:
        # libyaml counts bytes here, the Python parser characters; both fit once what stands before is encoded.
        before = text[shift:].encode("utf-8", "replace")[: error.position].decode("utf-8", "ignore")
        return min(shift + len(before), len(text)), "a character that YAML does not allow"
    except UnicodeEncodeError as error:
        return shift + error.start, "half of a surrogate pair, which is no text"
    except _TooMany:
        return composer.last, _FULL
    return None


class _Composer:
    """Builds nodes from events."""

    def __init__(self, text: str, budget: Budget, original: str) -> None:
        self.documents: list[Node] = []
        self.opaque: list[Opaque] = []
        self.last = 0
        self._text = text
        self._original = original
        self._budget = budget
        self._shift = 0
        self._stack: list[_Frame] = []
        self._anchors: dict[str, _Anchored | None] = {}
        self._root: Node | None = None
        self._total = 0
        self._events = 0
        self._skipping = 0
        self._plain: dict[str, Value] = {}

    def begin(self, shift: int) -> None:
        """Start at an offset of the text; what was half read is dropped."""
        self._shift = shift
        self._stack.clear()
        self._anchors.clear()
        self._root = None
        self._skipping = 0

    def tell(self, span: Span, why: str) -> None:
        """Note what was not understood; the first hundred pieces are enough to act on."""
        if len(self.opaque) < _MAX_OPAQUE:
            self.opaque.append(Opaque(span, why))

    def take(self, event: yaml.Event) -> None:
        """Take the next event."""
        self._events += 1
        if self._events % _CHECK_EACH == 0:
            self._budget.check()
        if isinstance(event, yaml.ScalarEvent):
            if not self._skipping:
                self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._open(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._close(event)
        elif isinstance(event, yaml.AliasEvent):
            if not self._skipping:
                self._alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._anchors.clear()
            self._root = None
        elif isinstance(event, yaml.DocumentEndEvent) and self._root is not None:
            self.documents.append(self._root)

    def _span(self, event: yaml.Event) -> Span:
        """Where an event stands in the whole text."""
        start, end = event.start_mark, event.end_mark
        if start is None or end is None:
            return self.last, self.last
        return start.index + self._shift, end.index + self._shift

    def _count(self, size: int) -> None:
        self._total += size
        if self._total > MAX_VALUES:
            raise _TooMany

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        start, end = self._span(event)
        self.last = start
        self._count(1)
        value, tag = event.value, event.tag
        if event.anchor or tag:
            start = self._past_properties(start, end)
        if event.style in ("|", ">"):
            end = start + len(self._text[start:end].rstrip())
        span = (start, end)
        if HOLE in value:
            node = Node.unknown(self._original[start:end][:_LONGEST_UNKNOWN], span)
        elif tag is None and event.implicit[0]:
            node = Node.scalar(self._of_plain(value), span, value)
        elif tag is None or tag == "!":
            node = Node.scalar(value, span, value)
        else:
            node = self._tagged(tag, value, span)
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(node, 1, 1)
        is_merge = value == "<<" and tag is None and event.implicit[0]
        self._attach(node, 1, 1, is_merge=is_merge)

    def _tagged(self, tag: str, text: str, span: Span) -> Node:
        known = tagged_value(tag, text)
        if isinstance(known, NotAValue):
            return Node.unknown(self._slice(span, tag), span)
        return Node.scalar(known, span, text)

    def _of_plain(self, text: str) -> Value:
        if text in self._plain:
            return self._plain[text]
        value = plain_value(text)
        if len(self._plain) < 10_000:
            self._plain[text] = value
        return value

    def _slice(self, span: Span, tag: str) -> str:
        """The text of a value of an unknown tag, the tag with it."""
        name = tag if tag.startswith("!") else f"!<{tag}>"
        return f"{name} {self._original[span[0] : span[1]]}"[:_LONGEST_UNKNOWN]

    def _past_properties(self, start: int, end: int) -> int:
        found = _PROPERTIES.match(self._text, start, end)
        return found.end() if found else start

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        self.last = start = self._span(event)[0]
        if self._skipping or len(self._stack) >= MAX_DEPTH:
            if not self._skipping:
                self.tell((start, start), f"nested deeper than {MAX_DEPTH} levels")
                self._attach(Node.unknown("", (start, start)), 1, 1)
            self._skipping += 1
            return
        self._count(1)
        if event.anchor:
            self._anchors[event.anchor] = None
        kind = Kind.MAP if isinstance(event, yaml.MappingStartEvent) else Kind.LIST
        self._stack.append(_Frame(Node(kind, (start, start)), event.anchor, event.tag))

    def _close(self, event: yaml.Event) -> None:
        if self._skipping:
            self._skipping -= 1
            return
        frame = self._stack.pop()
        node = frame.node
        start, end = node.span[0], self._span(event)[1]
        if frame.anchor or frame.tag:
            start = self._past_properties(start, end)
        elif end > start and self._text[end - 1] not in "]}":
            end = start + len(self._text[start:end].rstrip()) if end - start < 100_000 else end
        node.span = (start, max(start, end))
        if frame.merges:
            self._merge(frame)
        if frame.tag and frame.tag not in _COLLECTIONS:
            node = Node.unknown(self._slice(node.span, frame.tag), node.span)
        if frame.anchor:
            self._anchors[frame.anchor] = _Anchored(node, frame.size, frame.height)
        self._attach(node, frame.size, frame.height)

    def _alias(self, event: yaml.AliasEvent) -> None:
        start, end = self._span(event)
        self.last = start
        known = self._anchors.get(str(event.anchor))
        why = ""
        if known is None:
            why = "an alias of what it stands in" if str(event.anchor) in self._anchors else "an alias of no anchor"
        elif self._total + known.size > MAX_VALUES:
            why = f"aliases make it more than {MAX_VALUES:,} values"
        elif len(self._stack) + known.height > MAX_DEPTH:
            why = f"aliases make it deeper than {MAX_DEPTH} levels"
        if known is None or why:
            self.tell((start, end), why)
            self._count(1)
            self._attach(Node.unknown(self._text[start:end], (start, end)), 1, 1)
            return
        self._count(known.size)
        self._attach(known.node, known.size, known.height, place=(start, end))

    def _attach(self, node: Node, size: int, height: int, *, is_merge: bool = False, place: Span | None = None) -> None:
        """Put a whole value where it belongs. `place` is where an alias of it stands."""
        if not self._stack:
            self._root = node
            return
        frame = self._stack[-1]
        frame.size += size
        frame.height = max(frame.height, height + 1)
        into = frame.node
        if into.kind is Kind.LIST:
            into.values.append(node)
        elif frame.key is None:
            self._key(frame, node, place or node.span, is_merge=is_merge)
        else:
            key, frame.key = frame.key, None
            if key is _MERGE:
                frame.merges.append(node)
            elif isinstance(key, str):
                self._put(into, key, frame.key_span, node)

    def _key(self, frame: _Frame, node: Node, span: Span, *, is_merge: bool) -> None:
        frame.key_span = span
        if is_merge:
            frame.key = _MERGE
        elif node.kind is Kind.SCALAR:
            frame.key = node.text
        else:
            frame.key = _DROPPED
            if node.kind is Kind.UNKNOWN:
                frame.node.text = node.text or HOLE
            else:
                self.tell(span, "a key that is no plain name")

    def _put(self, into: Node, key: str, span: Span, node: Node) -> None:
        if key in into.items:
            if self._original is not self._text:
                # Two branches of a template: which of them counts is decided elsewhere.
                node = Node.unknown(node.text, node.span)
            else:
                self.tell(span, f"the key {visible(key[:60])!r} stands twice; the last one was read")
        into.put(key, span, node)

    def _merge(self, frame: _Frame) -> None:
        """Resolve merge keys: of several maps in a list the first wins, and the map's own keys win over all."""
        node = frame.node
        own, own_spans = node.items, node.key_spans
        node.items, node.key_spans = {}, {}
        for source in _merged(frame.merges):
            if source.kind is not Kind.MAP:
                node.text = source.text or "<<"
                if source.kind is not Kind.UNKNOWN:
                    self.tell(source.span, "a merge key that names no map")
                continue
            self._count(len(source.items))
            node.text = node.text or source.text
            node.items.update(source.items)
            node.key_spans.update(source.key_spans)
        node.items.update(own)
        node.key_spans.update(own_spans)


def _merged(merges: list[Node]) -> Iterator[Node]:
    """The maps that merge keys name, those that win last."""
    for node in merges:
        if node.kind is Kind.LIST:
            yield from reversed(node.values)
        else:
            yield node
