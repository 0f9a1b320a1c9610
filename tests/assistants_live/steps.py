"""What the scripted model does: a turn is one answer, which says something or calls tools."""

from typing import Any, NamedTuple


class Call(NamedTuple):
    """The model calls `tool` with `arguments`."""

    tool: str
    arguments: dict[str, Any]


class Turn(NamedTuple):
    """One answer of the model: `text` and then the calls, which an assistant may run side by side."""

    text: str = ""
    calls: tuple[Call, ...] = ()


def call(tool: str, **arguments: Any) -> Turn:
    """A turn that calls one tool."""
    return Turn(calls=(Call(tool, arguments),))


def say(text: str) -> Turn:
    """A turn that only says something: the assistant then thinks that it is done."""
    return Turn(text=text)
