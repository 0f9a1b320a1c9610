"""What a configuration says, whatever it is written in: values with the places at which they stand."""

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import NamedTuple

Span = tuple[int, int]
"""Half-open range of offsets into the text of the file, in Unicode code points."""
Scalar = str | bool | int | float | None


class Kind(Enum):
    """What a node is."""

    MAP = "map"
    LIST = "list"
    SCALAR = "scalar"
    UNKNOWN = "unknown"
    """A value that is decided elsewhere: a template's expression, a variable without a default, a reference."""


class Node:
    """One value. A map keeps its keys in order with their spans (`key_spans`); of a key that stands twice the last counts.

    `value` is a scalar's value: what YAML 1.1's core types, HCL or the format at hand make of it; formats without types give
    strings. `text` is what stands there (of an `UNKNOWN` too: the expression, so that a rule may ask what it refers to).
    """

    __slots__ = ("items", "key_spans", "kind", "span", "text", "value", "values")

    def __init__(self, kind: Kind, span: Span, *, value: Scalar = None, text: str = "") -> None:
        self.kind = kind
        self.span = span
        self.value = value
        self.text = text
        self.items: dict[str, Node] = {}
        """Of a map."""
        self.key_spans: dict[str, Span] = {}
        self.values: list[Node] = []
        """Of a list."""

    @classmethod
    def scalar(cls, value: Scalar, span: Span, text: str | None = None) -> "Node":
        """Make a scalar; `text` is what stands there, by default the value's own words."""
        return cls(Kind.SCALAR, span, value=value, text=str(value) if text is None else text)

    @classmethod
    def unknown(cls, text: str, span: Span) -> "Node":
        """Make a value that is decided elsewhere."""
        return cls(Kind.UNKNOWN, span, text=text)

    @classmethod
    def mapping(cls, span: Span) -> "Node":
        """Make an empty map."""
        return cls(Kind.MAP, span)

    @classmethod
    def sequence(cls, span: Span) -> "Node":
        """Make an empty list."""
        return cls(Kind.LIST, span)

    def put(self, key: str, key_span: Span, value: "Node") -> None:
        """Set a key of a map."""
        self.items[key] = value
        self.key_spans[key] = key_span

    def children(self) -> Iterator["Node"]:
        """The values of a map or list."""
        yield from self.items.values()
        yield from self.values


class Unit(NamedTuple):
    """One thing that a file configures, of which rules speak.

    `kind` says what it is (`docker.stage`, `kubernetes.container`, `terraform.resource`, `github.step`; the list stands
    in docs/reference/detect-infra.md), `type` what sort of it (`aws_s3_bucket`, `Deployment`, `RUN`), `name` its own name.
    `head` is the span at which something missing is told: its name or first line. `above` is the unit that it is part of
    (a container's pod, a step's job).
    """

    kind: str
    type: str
    name: str
    head: Span
    body: Node
    above: "Unit | None" = None


class Opaque(NamedTuple):
    """A piece of a file that was not understood, and why; the family tells it as a gap."""

    span: Span
    why: str


class Document(NamedTuple):
    """What a file was lowered to: its units in order, and what was not understood."""

    units: Sequence[Unit]
    opaque: Sequence[Opaque] = ()


class NotThis(Exception):
    """The text is not what the file's name or language promises; the error's text names the line (`line 12: …`)."""
