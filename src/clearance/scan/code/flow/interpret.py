"""Runs statements: assignments, branches, exceptions, exits."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from clearance.scan.code import ir
from clearance.scan.code.flow import algebra
from clearance.scan.code.flow.blocks import evaluated, run_block, scoped
from clearance.scan.code.flow.definitions import run_class, run_def, run_import
from clearance.scan.code.flow.event import Event
from clearance.scan.code.flow.expressions import value_of
from clearance.scan.code.flow.frame import Frame
from clearance.scan.code.flow.guards import refine
from clearance.scan.code.flow.loops import MAX_WAYS, run_jump, run_loop, run_scope
from clearance.scan.code.flow.names import (
    class_of,
    instance_names,
    is_number,
    type_value,
)
from clearance.scan.code.flow.places import bind, forget_variable, put, store
from clearance.scan.code.flow.spots import peek
from clearance.scan.code.flow.state import State, join_all
from clearance.scan.code.flow.switches import run_switch
from clearance.scan.code.flow.value import ANYTHING, Value

_replace = msgspec.structs.replace


def _assign(frame: Frame, node: ir.Assign) -> None:
    if node.value is None:
        if node.declares and type(node.target) is ir.Name:
            value = Value(constant=True, literal=None) if frame.unit.language == "javascript" else ANYTHING
            if node.type is not None:
                value = _typed(frame, node.type, ANYTHING)
            bind(frame, node.target.id, value, node.target, declares=True)
        return
    value = evaluated(frame, node, node.value, "assigned")
    if frame.state is None:
        return
    if node.op:
        before = value_of(frame, node.target)
        if node.op in ("and", "or", "??"):
            value = algebra.join(before, value)
        else:
            value = algebra.binary(node.op, [before, value], frame.unit.language)
    if node.type is not None:
        value = _typed(frame, node.type, value)
    store(frame, node.target, value, value_of, declares=node.declares, node=node)
    _remember(frame, node.target, node.value)


def _typed(frame: Frame, written_type: ir.Expr, value: Value) -> Value:
    """Give a value of a declared type the names of that type."""
    if not value.constant and is_number(frame, written_type):
        return algebra.counted([value])
    if value.constant or value.form or value.refers is not None:
        return value
    of = type_value(frame, written_type)
    if not of.names:
        return value
    names = instance_names(of.names)
    refers = of.refers if class_of(of.refers) is not None else None
    return _replace(value, names=(*value.names, *(one for one in names if one not in value.names))[:4], refers=refers)


def _remember(frame: Frame, target: ir.Expr, value: ir.Expr) -> None:
    """Keep a condition that goes into a variable: `ok = x in ALLOWED`, `n, err := strconv.Atoi(x)`."""
    state = frame.state
    if state is None:
        return
    if type(value) is ir.Through and value.value is not None:
        value = value.value
    kind = type(value)
    if type(target) is ir.Name:
        if kind in (ir.Compare, ir.Call, ir.Binary, ir.Unary, ir.Index, ir.Bind, ir.Attr):
            state.remember(target.id, value, frame.look.mentioned(value))
    elif type(target) is ir.Items and kind in (ir.Call, ir.Index, ir.Through):
        for at, one in enumerate(target.items[:8]):
            if type(one) is ir.Name and one.id != "_":
                if kind is ir.Index:  # value, ok := MAP[key]
                    state.remember(one.id, value, frame.look.mentioned(value))
                else:
                    part = ir.Index(value.at, value.end, value, ir.Const(value.at, value.at, at))
                    state.remember(one.id, part, frame.look.mentioned(value))


def _eval(frame: Frame, node: ir.Eval) -> None:
    evaluated(frame, node, node.value, "dropped")


def _if(frame: Frame, node: ir.If) -> None:
    after: list[State | None] = []
    language = frame.unit.language
    for test, body in node.branches:
        if frame.state is None:
            break
        if test is None:
            scoped(frame, body)
            after.append(frame.state)
            frame.state = None
            break
        frame.statement = node
        answer = algebra.truth(value_of(frame, test), language)
        if frame.state is None or frame.ended:
            frame.ended = False
            frame.state = None
            break
        otherwise: State | None = None
        if answer is None:
            otherwise = frame.state.copy()
        elif answer is False:
            continue
        refine(frame, test, truth=True)
        if frame.state is not None:
            scoped(frame, body)
            after.append(frame.state)
        frame.state = otherwise
        if otherwise is not None:
            refine(frame, test, truth=False)
        if len(after) > MAX_WAYS:
            after = [join_all(after)]
    after.append(frame.state)
    frame.state = join_all(after)


def _try(frame: Frame, node: ir.Try) -> None:
    if frame.state is None:
        return
    before = frame.state.copy()
    events = len(frame.look.events)
    raised: list[State | None] = []
    frame.raises.append(raised)
    scoped(frame, node.body)
    frame.raises.pop()
    told = frame.look.events[events:]
    body = frame.state
    caught = join_all([before, body, *raised])
    if frame.state is not None and node.other:
        run_block(frame, node.other)
    after: list[State | None] = [frame.state]
    for handler in node.handlers:
        frame.state = caught.copy() if caught is not None else None
        if frame.state is None:
            break
        _tell_catch(frame, node, handler, told)
        if handler.name:
            names = tuple(name for kind in handler.types for name in instance_names(peek(frame, kind).names))
            raised_value = frame.state.vars.get("*raised", ANYTHING)
            put(frame, frame, handler.name, _replace(raised_value, names=names[:4] or ("?",)), declares=True)
        scoped(frame, handler.body)
        after.append(frame.state)
    frame.state = join_all(after)
    if node.final:
        if frame.state is None:  # what is final runs however the rest is left
            frame.state = caught.copy() if caught is not None else None
            run_block(frame, node.final)
            frame.state = None
        else:
            run_block(frame, node.final)


def _tell_catch(frame: Frame, node: ir.Try, handler: ir.Handler, told: list[Event]) -> None:
    look = frame.look
    for event in told:
        if event.kind == "call" and event.where is frame.where and look.wants("catch", event.word):
            look.events.append(
                Event(
                    "catch", event.word, event.names, event.node, node, frame.where, given=event.given,
                    receiver=event.receiver,
                    handler=handler, result=event.result,
                )
            )  # fmt: skip


def _with(frame: Frame, node: ir.With) -> None:
    for value, target in node.items:
        given = evaluated(frame, node, value, "with")
        if frame.state is None:
            return
        if target is not None:
            store(frame, target, given, value_of, declares=True, node=node)
    scoped(frame, node.body)


def _return(frame: Frame, node: ir.Return) -> None:
    value = evaluated(frame, node, node.value, "returned") if node.value is not None else algebra.NULL
    state = frame.state
    if state is None or frame.ended:
        return
    look = frame.look
    if look.wants("return", ""):
        look.events.append(Event("return", "", (), node, node, frame.where, value=value))
    frame.returned = value if frame.returned is None else algebra.join(frame.returned, value)
    if len(frame.exits) < MAX_WAYS:
        frame.exits.append((node.value, value, state))
    frame.state = None


def _raise(frame: Frame, node: ir.Raise) -> None:
    value = evaluated(frame, node, node.value, "raised") if node.value is not None else ANYTHING
    look = frame.look
    names = value.names
    word = names[0].rpartition(".")[2].removesuffix("()") if names else ""
    if look.wants("raise", word):
        look.events.append(
            Event("raise", word, tuple(name.removesuffix("()") for name in names), node, node, frame.where, value=value)
        )
    if frame.raises and frame.state is not None:
        if algebra.taints_of(value):
            frame.state.vars["*raised"] = value
        ways = frame.raises[-1]
        ways.append(frame.state)
        if len(ways) > MAX_WAYS:
            ways[:] = [join_all(ways)]
    frame.state = None


def _assert(frame: Frame, node: ir.Assert) -> None:
    value = evaluated(frame, node, node.test, "asserted")
    if frame.look.wants("assert", ""):
        frame.look.events.append(Event("assert", "", (), node, node, frame.where, value=value))
    if node.message is not None and frame.state is not None:
        value_of(frame, node.message)
    refine(frame, node.test, truth=True)


def _defer(frame: Frame, node: ir.Defer) -> None:
    evaluated(frame, node, node.call, "deferred")


def _delete(frame: Frame, node: ir.Delete) -> None:
    for target in node.targets:
        if type(target) in (ir.Index, ir.Attr):
            value_of(frame, ir.Unary(target.at, target.end, "delete", target))
        else:
            forget_variable(frame, target)


def _global(frame: Frame, node: ir.Global) -> None:
    frame.globals.update(node.names)


def _unknown(frame: Frame, node: ir.Unknown) -> None:
    run_block(frame, node.body)


STATEMENTS: Final[dict[type, Callable[[Frame, Any], None]]] = {
    ir.Assign: _assign, ir.Eval: _eval, ir.If: _if, ir.Loop: run_loop, ir.Switch: run_switch, ir.Try: _try, ir.With: _with,
    ir.Return: _return, ir.Raise: _raise, ir.Jump: run_jump, ir.Defer: _defer, ir.Delete: _delete, ir.Assert: _assert,
    ir.Global: _global, ir.Import: run_import, ir.Def: run_def, ir.ClassStatement: run_class, ir.Scope: run_scope,
    ir.Unknown: _unknown,
}  # fmt: skip
"""What runs a statement, by its kind."""
