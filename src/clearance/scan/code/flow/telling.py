"""Tells of calls and of names that are mentioned, where the watcher wants it."""

from collections.abc import Sequence

from clearance.scan.code import ir
from clearance.scan.code.flow.event import Event, Given
from clearance.scan.code.flow.frame import Frame
from clearance.scan.code.flow.value import Value


def tell_use(frame: Frame, node: ir.Expr, word: str, names: tuple[str, ...]) -> None:
    """Tell of a name that is mentioned."""
    frame.look.events.append(Event("use", word, names, node, frame.statement, frame.where))


def tell_call(
    frame: Frame,
    node: ir.Node,
    names: tuple[str, ...],
    receiver: Value | None,
    given: Sequence[Given],
    result: Value,
    used: str,
) -> None:
    """Tell of a call, where the watcher wants it."""
    word = frame.look.watcher.call_word(names) if names else ""
    if not word:
        return
    state = frame.state
    event = Event(
        "call", word, names, node, frame.statement, frame.where, given=given, receiver=receiver, result=result, used=used,
        before=state.done if state is not None else (), loop=bool(frame.jumps) and frame.jumps[-1].loop,
    )  # fmt: skip
    frame.look.events.append(event)
    frame.where.calls.append(event)
    if state is not None:
        state.saw(event)
