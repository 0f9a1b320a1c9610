"""Runs loops, and what jumps within them."""

from typing import Final

import msgspec

from clearance.scan.code import ir
from clearance.scan.code.flow import algebra
from clearance.scan.code.flow.blocks import run_block, scoped
from clearance.scan.code.flow.expressions import value_of
from clearance.scan.code.flow.frame import Frame, Jumps
from clearance.scan.code.flow.guards import refine
from clearance.scan.code.flow.places import store
from clearance.scan.code.flow.state import State, join, join_all, same_state
from clearance.scan.code.flow.value import ANYTHING, Value

_replace = msgspec.structs.replace
_ROUNDS: Final = 3
_DEEP_LOOPS: Final = 3
MAX_WAYS: Final = 400
"""Branches of one statement, or jumps out of one loop, that are kept apart until they join."""


def run_loop(frame: Frame, node: ir.Loop) -> None:
    """Run a loop until another round finds nothing new, within bounds."""
    frame.statement = node
    each = node.kind.startswith("each")
    items = _iterated(frame, node, value_of(frame, node.iterable)) if each and node.iterable is not None else ANYTHING
    if frame.state is None or frame.ended:
        return
    if each and items.items is not None and not items.items and items.rest is None:
        run_block(frame, node.other)
        return
    events, calls = len(frame.look.events), len(frame.where.calls)
    before = frame.state
    exits = (len(frame.exits), frame.returned, frame.yielded)
    outs: list[State | None] = []
    rounds = _ROUNDS if len(frame.jumps) < _DEEP_LOOPS else 1
    entered = before
    for number in range(rounds):
        del frame.look.events[events:]
        del frame.where.calls[calls:]
        del frame.exits[exits[0] :]
        frame.returned, frame.yielded = exits[1], exits[2]
        frame.state = entered.copy()
        outs, back = _round(frame, node, items, each=each)
        if back is None:
            break
        next_one = join(before, back)
        if next_one is None or same_state(next_one, entered):
            break
        if number + 1 < rounds:
            entered = next_one
    frame.state = join_all(outs)


def _iterated(frame: Frame, node: ir.Loop, value: Value) -> Value:
    if node.kind == "each keys":
        return algebra.keys_of(value)
    if node.kind == "each pairs":
        return algebra.pairs_of(value)
    if frame.unit.language == "python" and value.form == "dict":
        return algebra.keys_of(value)
    return value


def _round(frame: Frame, node: ir.Loop, items: Value, *, each: bool) -> tuple[list[State | None], State | None]:
    """Run a loop once; give the states after it, and that in which it would go round again."""
    jumps = Jumps("", loop=True)
    outs: list[State | None] = []
    language = frame.unit.language
    skipped: State | None = None
    if each:
        if frame.state is not None:
            skipped = frame.state.copy()
        if node.target is not None:
            one = algebra.element(items) if items.items is not None or items.constant else _any_of(items)
            store(frame, node.target, _replace(one, key=""), value_of, declares=True, node=node)
    elif node.kind != "until" and node.test is not None:
        answer = algebra.truth(value_of(frame, node.test), language)
        if frame.state is not None and answer is not True:
            skipped = frame.state.copy()
            frame.state, kept = skipped, frame.state
            refine(frame, node.test, truth=False)
            skipped, frame.state = frame.state, kept
        if answer is False:
            frame.state = None
        else:
            refine(frame, node.test, truth=True)
    frame.jumps.append(jumps)
    if frame.state is not None:
        scoped(frame, node.body)
    frame.jumps.pop()
    back = join_all([frame.state, *jumps.continues])
    frame.state = back
    if back is not None and node.step:
        run_block(frame, node.step)
    if frame.state is not None and node.test is not None and not each:
        answer = algebra.truth(value_of(frame, node.test), language)
        if answer is not True:
            done = frame.state.copy()
            kept, frame.state = frame.state, done
            refine(frame, node.test, truth=False)
            outs.append(frame.state)
            frame.state = kept if answer is None else None
    elif each:
        outs.append(frame.state)
    back = frame.state
    outs.append(skipped)
    if node.other:
        frame.state = join_all(outs)
        run_block(frame, node.other)
        outs = [frame.state]
    return [*outs, *jumps.breaks], back


def _any_of(value: Value) -> Value:
    """Give one of what an unknown collection gives."""
    return _replace(algebra.element(value), names=tuple(f"{name}.[]" for name in value.names))


def run_jump(frame: Frame, node: ir.Jump) -> None:
    """Leave, or go on with, the loop or block that is meant."""
    for jumps in reversed(frame.jumps):
        if node.label:
            if jumps.label != node.label:
                continue
        elif node.kind == "continue" and not jumps.loop:
            continue
        ways = jumps.continues if node.kind == "continue" and jumps.loop else jumps.breaks
        if node.kind in ("break", "continue"):
            ways.append(frame.state)
            if len(ways) > MAX_WAYS:
                ways[:] = [join_all(ways)]
        break
    frame.state = None


def run_scope(frame: Frame, node: ir.Scope) -> None:
    """Run a block with variables of its own."""
    if not node.label:
        scoped(frame, node.body)
        return
    jumps = Jumps(node.label, loop=False)
    frame.jumps.append(jumps)
    scoped(frame, node.body)
    frame.jumps.pop()
    frame.state = join_all([frame.state, *jumps.breaks])
