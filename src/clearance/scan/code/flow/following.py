"""Calls that are followed into functions of the tree, once for each shape of what they are given."""

from collections.abc import Sequence
from copy import copy
from typing import Any, Final

import msgspec

from clearance.scan.code import ir
from clearance.scan.code.flow import algebra
from clearance.scan.code.flow.entries import classes_of, entry, run
from clearance.scan.code.flow.event import Given, Where
from clearance.scan.code.flow.frame import (
    MAX_CONTEXTS,
    MAX_DEPTH,
    MAX_FOLLOWED,
    MAX_LEVELS,
    MAX_SHORT,
    Frame,
    Look,
    Summary,
    Unit,
)
from clearance.scan.code.flow.objects import fields
from clearance.scan.code.flow.parameters import give_receiver, take
from clearance.scan.code.flow.summaries import Renaming, general, is_remote, plain
from clearance.scan.code.flow.value import ANYTHING, Hop, Refers, Taint, Value

_replace = msgspec.structs.replace
_MAX_EVENTS: Final = 2000
"""Events that following one function gives."""
_PLAIN_CONTEXTS: Final = 2
_MAX_PLAIN_DEPTH: Final = 3
_FEW_CONTEXTS: Final = 8


def follow(frame: Frame, refers: Refers, given: Sequence[Given], this: Value | None, node: ir.Node) -> Summary:
    """Follow a call into a function; give what it gives and changes."""
    look = frame.look
    function: ir.Function = refers.node
    given = [*refers.given, *given] if refers.given and not (given and given[0] in refers.given) else given
    number = id(function)
    too_deep = (
        frame.depth >= MAX_DEPTH
        or (frame.depth >= _MAX_PLAIN_DEPTH and not is_remote(given, this))
        or look.active.count(number) >= (2 if function.owner is None else 1)
        or look.followed >= MAX_FOLLOWED
        or look.level > MAX_LEVELS - 60
        or "abstract" in function.flags
        or (not _worth(frame, refers.unit, function, given) and not is_remote(given, this))
    )
    if too_deep:
        return Summary(_made_of(given, this))
    outer: Frame | None = refers.outer
    name = function.name or "a function"
    step = frame.hop(node, f"passed to {name}")
    contexts = look.contexts.get(number, 0)
    key: object = None
    taints: list[Taint] = []
    loose = False
    if outer is None and not any(one.value.refers is not None and one.value.refers.outer is not None for one in given):
        if contexts >= _PLAIN_CONTEXTS:
            remote = is_remote(given, this)
            if not remote or contexts >= MAX_CONTEXTS - 4:
                given, loose = plain(given), not remote
                if this is not None and this.form == "object" and this.refers is not None and not remote:
                    this = fields(frame, this.refers)
            elif contexts >= _FEW_CONTEXTS:
                given = general(given)
        key, taints = look.shapes.key(number, this, given, loose=loose)
        known = look.memo.get(key)
        if known is not None:
            look.contexts[number] = contexts or 1  # it may have been followed where contexts were set back (`fields`)
            summary = Renaming(known[1], taints, known[2], step).summary(known[0])
            look.events += summary.events
            return _returned(frame, summary, node, name)
    if contexts >= MAX_CONTEXTS * (2 if key is None and is_remote(given, this) else 1):
        return Summary(_made_of(given, this))
    look.contexts[number] = contexts + 1
    look.followed += 1
    look.entered.add(number)
    summary = _run(frame, refers, given, this, step)
    if key is not None:
        look.memo[key] = (summary, taints, step)
    return _returned(frame, summary, node, name)


def _worth(frame: Frame, unit: Unit, function: ir.Function, given: Sequence[Given]) -> bool:
    """Tell whether a function is worth being followed into that is given nothing from elsewhere."""
    look = frame.look
    if unit is not look.unit:
        told = look.telling(unit, function)  # asked first: it makes the file's own sinks known
        return told and frame.unit is look.unit and "constructor" not in function.flags
    if look.whole or function.end - function.at < MAX_SHORT:
        return True
    # It is run on its own, too; whoever calls it is run again when that shows that what it is given matters.
    return frame.depth == 0 and look.telling(unit, function) and _says_something(given)


def _says_something(given: Sequence[Given]) -> bool:
    """Tell whether a call gives nothing that is tainted, but something that is known."""
    known = False
    for one in given:
        value = one.value
        if algebra.taints_of(value):
            return False
        known = known or value.constant or value.refers is not None
    return known


def _returned(frame: Frame, summary: Summary, node: ir.Node, name: str) -> Summary:
    """Say of what a call gave that it was returned, at this call."""
    if summary.ends:
        frame.ended = True
    if not summary.result.taints:
        return summary
    out = copy(summary)
    out.result = algebra.hop(summary.result, frame.hop(node, f"returned by {name}"))
    return out


def _run(frame: Frame, refers: Refers, given: Sequence[Given], this: Value | None, step: Hop) -> Summary:
    look = frame.look
    function: ir.Function = refers.node
    unit: Unit = refers.unit
    outer: Frame | None = refers.outer
    if unit.language != "python":
        look.top_of(unit)
    functions = (function, *(outer.where.functions if outer is not None else ()))
    where = Where(
        path=unit.path, module=unit.module, functions=functions, classes=classes_of(function, outer), calls=[],
        hops=(*frame.where.hops, step)[:12], entry=False,
    )  # fmt: skip
    inner = Frame(look, unit, function, where, outer, frame.depth + 1)
    give_receiver(inner, function, this)
    started = inner.now.vars.get(inner.receiver) if inner.receiver else None
    passed = [one._replace(value=_stepped(one.value, step)) for one in given]
    take(inner, function, passed, this)
    before = dict(inner.now.vars)
    look.active.append(id(function))
    events, pending = len(look.events), len(look.pending)
    run(inner)
    look.active.pop()
    result = inner.returned if inner.returned is not None else algebra.NULL
    if inner.yielded is not None:
        result = algebra.container({}, _replace(inner.yielded, key=""), Value(form="list"))
    elif "generator" in function.flags:
        result = algebra.make_list([], "list")
    summary = Summary(_replace(result, key="") if result.key else result, inner)
    summary.ends = not inner.exits and "generator" not in function.flags
    summary.exits = inner.exits
    if inner.exits and inner.state is not None:
        _changes(summary, inner, function, before, started)
    run_pending(look, pending, inner)
    # Each call of it tells them all again: they must not multiply. A whole file may stand in a function that is called once.
    most = _MAX_EVENTS if look.contexts.get(id(function), 0) > 1 else 20 * _MAX_EVENTS
    if len(look.events) - events > most:
        del look.events[events + most :]
        look.crowded = True
    summary.events = look.events[events:]
    return summary


def _changes(summary: Summary, inner: Frame, function: ir.Function, before: dict[str, Value], started: Value | None) -> None:
    """Note what a function made of its parameters and of its receiver."""
    state = inner.now
    for param in function.params:
        had = before.get(param.name)
        now = state.vars.get(param.name)
        if had is not None and now is not None and now is not had and param.name not in inner.rebound and param.kind == "":
            summary.params[param.name] = now
    if started is not None:
        after = state.vars.get(inner.receiver)
        if after is not None and after is not started and inner.receiver not in inner.rebound:
            summary.receiver = after
    summary.fluent = bool(inner.receiver) and all(
        type(expr) is ir.Name and expr.id == inner.receiver for expr, _, _ in inner.exits
    )


def run_pending(look: Look, start: int, inner: Frame) -> None:
    """Look at the functions that were made within one that was followed, and that nobody called."""
    made = look.pending[start:]
    del look.pending[start:]
    if inner.depth > 2:
        return
    for function, outer in made:
        if id(function) not in look.entered and look.interesting(outer.unit, function):
            entry(look, outer.unit, function, outer)


def _stepped(value: Value, step: Any) -> Value:
    return algebra.hop(value, step) if value.taints or value.items else value


def _made_of(given: Sequence[Given], this: Value | None) -> Value:
    values = [one.value for one in given if one.value.form != "function"]
    if this is not None and this.taints:
        values.append(this)
    taints = algebra.merged_all([algebra.taints_of(one) for one in values])
    return algebra.weakened(Value(taints=taints)) if taints else ANYTHING


def callback(frame: Frame, refers: Refers, values: Sequence[Value], node: ir.Node) -> Summary:
    """Call a function that was passed somewhere with what it gets there."""
    place = ir.Opaque(node.at, node.end, "callback")
    given = [Given(value, place) for value in values]
    ended = frame.ended
    summary = follow(frame, refers, given, refers.receiver, node)
    frame.ended = ended
    return summary


def passed_on(frame: Frame, refers: Refers) -> Value:
    """Run a function that was passed to a call that leads out of the tree, with what its parameters say."""
    look = frame.look
    function: ir.Function = refers.node
    number = id(function)
    if number in look.active or frame.depth >= MAX_DEPTH or look.level > MAX_LEVELS - 60:
        return ANYTHING
    if look.contexts.get(number, 0) >= MAX_CONTEXTS:
        return ANYTHING
    look.contexts[number] = look.contexts.get(number, 0) + 1
    inner = entry(look, refers.unit, function, refers.outer, passed=frame)
    return inner.returned if inner.returned is not None else ANYTHING
