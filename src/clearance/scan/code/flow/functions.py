"""Functions: as entries of a look, followed into from calls, as constructors; what the fields of a class hold."""

import re
from collections.abc import Sequence
from copy import copy
from typing import Any, Final

import msgspec

from clearance.scan.code import ir
from clearance.scan.code.flow import algebra
from clearance.scan.code.flow.event import Asked as Question
from clearance.scan.code.flow.event import Event, Given, Source, Where
from clearance.scan.code.flow.expressions import member, value_of
from clearance.scan.code.flow.filled import filled_in, is_enumeration
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
from clearance.scan.code.flow.interpret import decorators, run_block
from clearance.scan.code.flow.methods import constructor_of
from clearance.scan.code.flow.names import (
    class_names,
    class_of,
    instance_names,
    is_number,
    lineage,
    type_names,
    type_value,
)
from clearance.scan.code.flow.places import store
from clearance.scan.code.flow.state import join_all
from clearance.scan.code.flow.summaries import Renaming, Shapes, general, is_remote, plain
from clearance.scan.code.flow.value import ANYTHING, CLOSED, HARMLESS, Hop, Refers, Taint, Value
from clearance.scan.code.mentions import FIELDS, writes_fields

_replace = msgspec.structs.replace
_FIELD_READ: Final = (
    re.compile(rb"self\.[A-Za-z_$][\w$]*+(?!\s*\()"), re.compile(rb"this(?:\.[A-Za-z_$][\w$]*+(?!\s*\()|\s*[,;})=])"),
)  # fmt: skip
"""A field of the object around that is read."""
_MAX_EVENTS: Final = 2000
"""Events that following one function gives."""
_TEXTS: Final = ((), ("string()",), ("[]()",), ("interface()",), ("any()",), ("map()",))
"""Names of types of Go that can hold text."""
_MAX_SCANNED: Final = 12
_PLAIN_CONTEXTS: Final = 2
_MAX_PLAIN_DEPTH: Final = 3
_FEW_CONTEXTS: Final = 8


def prepare(look: Look) -> None:
    """Tell a look how functions are run."""
    look.shapes = Shapes()
    look.follow = follow
    look.construct = construct
    look.callback = callback
    look.passed_on = passed_on
    look.fields = fields
    look.member = member
    look.run_top = lambda unit: run_top(look, unit)


def run_top(look: Look, unit: Unit, *, told: bool = False) -> None:
    """Run the top of a file, once. What happens there is told only for the file that is looked at."""
    where = Where(path=unit.path, module=unit.module, calls=[])
    frame = Frame(look, unit, None, where)
    unit.top = frame
    events, pending, level = len(look.events), len(look.pending), look.level
    run_block(frame, unit.module.body)
    look.level = level
    frame.state = join_all([frame.state, *(state for _, _, state in frame.exits)]) or frame.now
    unit.done = True
    if not told:
        del look.events[events:]
        del look.pending[pending:]


# Parameters


def entry(
    look: Look,
    unit: Unit,
    function: ir.Function,
    outer: Frame | None,
    *,
    passed: Frame | None = None,
    stop: int | None = None,
) -> Frame:
    """Look at a function on its own: nothing is known of what it is given but what its parameters say.

    `passed` is where it was passed to a call that leads out of the tree: who calls it is no stranger then. What stands
    behind `stop` is left out.
    """
    look.entered.add(id(function))
    around = outer if outer is not None else unit.top
    functions = (function, *(outer.where.functions if outer is not None else ()))
    where = Where(path=unit.path, module=unit.module, functions=functions, classes=_classes(function, outer), calls=[])
    frame = Frame(look, unit, function, where, outer, passed.depth + 1 if passed is not None else 0)
    frame.stop = stop
    _receiver(frame, function, None)
    if around is not None:
        told = decorators(around, function.decorators, function, None) if function.decorators else []
        _parameters(frame, around, told, tainted=passed is None)
    look.active.append(id(function))
    run(frame)
    look.active.pop()
    return frame


def run(frame: Frame) -> None:
    """Run the body of a function; the state afterwards is that of all its ends."""
    look = frame.look
    level = look.level
    if frame.function is not None:
        run_block(frame, frame.function.body)
    look.level = level
    if frame.state is not None:
        frame.exits.append((None, algebra.NULL, frame.state))
        if frame.returned is not None:
            frame.returned = algebra.join(frame.returned, algebra.NULL)
    after = join_all([state for _, _, state in frame.exits])
    if after is not None:
        frame.state = after


def _classes(function: ir.Function, outer: Frame | None) -> tuple[ir.ClassDef, ...]:
    around = outer.where.classes if outer is not None else ()
    owner = function.owner
    return (owner, *around) if owner is not None and owner not in around else around


def _receiver(frame: Frame, function: ir.Function, this: Value | None) -> None:
    """Give a method its `self` or `this`."""
    owner = function.owner
    if owner is None:
        return
    unit = frame.unit
    held = unit.classes.get(owner.name)
    if unit.language == "go" and held is not None and held is not owner:
        owner = held
    outer = frame.outer
    refers = unit.refers.get(id(owner))
    if refers is None or refers.outer is not outer:
        refers = unit.refers[id(owner)] = Refers(owner, unit, outer)
    first = function.params[0] if function.params and function.params[0].kind == "self" else None
    frame.cls = refers
    frame.receiver = first.name if first is not None else "this"
    if "static" in function.flags and first is None:
        return
    if this is None:
        this = (
            Value(form="class", names=(owner.name,), refers=refers)
            if first is not None and first.name == "cls"
            else fields(frame, refers)
            if _reads(unit, function)
            else _blank(frame.look, refers)
        )
        if unit.language == "go" and first is not None and this.items and frame.look.closed(unit, function, outer):
            this = _asked_fields(frame, function, first, this)
    elif this.items is not None and this.form == "object" and this.refers is not None and class_of(this.refers) is not None:
        blank = this.refers.unit.values.get(f"blank {this.refers.node.at}")
        if blank is not None and this.items is blank.items and _reads(unit, function):
            this = fields(frame, this.refers)  # the caller had no need to know
    state = frame.now
    state.vars[frame.receiver] = _replace(this, key=frame.receiver)


def _asked_fields(frame: Frame, function: ir.Function, first: ir.Param, this: Value) -> Value:
    """Give the receiver of a private method of Go as callers in sight may make it: literals of structs stand there."""
    taint = Taint(CLOSED, (frame.hop(first, f"the fields of {first.name}"),), function=function.at)
    items = dict(this.items or {})
    for name, value in items.items():
        if not value.constant and not value.form and not value.taints and value.names[:1] in _TEXTS:
            items[name] = _replace(value, taints=(taint,))
    return _replace(this, items=items)


def _parameters(frame: Frame, around: Frame, told: Sequence[Event], *, tainted: bool) -> None:
    """Give the parameters of an entry what the vocabulary says, else the taint of a parameter."""
    function = frame.function
    if function is None:
        return
    look = frame.look
    bases: tuple[str, ...] = class_names(look, frame.cls) if frame.cls is not None else ()
    registered = look.registered.get(id(function))
    position = -1
    for param in function.params:
        if param.kind == "self":
            continue
        position += 1
        types = type_names(around, param.type)
        own = decorators(around, param.decorators, function, None) if param.decorators else ()
        known: Source | str | None = None
        if registered is not None and position < len(registered) and registered[position]:
            known = look.source((registered[position],), "type") or registered[position]
        else:
            known = look.vocabulary.parameter(Question(function, param, position, types, told, own, bases))
        strange = tainted and (registered is None or position >= len(registered))
        value = _parameter(frame, around, param, position, known, types, tainted=strange)
        if param.default is not None:
            default = value_of(around, param.default)
            _tell_default(frame, param, default)
            if not value.taints and not value.names:
                value = algebra.join(value, default)
        _put_parameter(frame, param, value)


def _tell_default(frame: Frame, param: ir.Param, default: Value) -> None:
    if param.name and frame.look.wants("assign", param.name):
        frame.look.events.append(Event("assign", param.name, (param.name,), param, param, frame.where, value=default))


def _put_parameter(frame: Frame, param: ir.Param, value: Value) -> None:
    if param.target is not None:
        frame.statement = param
        store(frame, param.target, value, value_of, declares=True, node=param)
    elif param.name:
        frame.now.vars[param.name] = value if value.key == param.name else _replace(value, key=param.name)
    frame.rebound.clear()


def _parameter(
    frame: Frame, around: Frame, param: ir.Param, position: int, known: Source | str | None, types: tuple[str, ...], *,
    tainted: bool,
) -> Value:  # fmt: skip
    function = frame.function
    names = instance_names(types)
    if known == "harmless" or is_number(around, param.type):
        return _replace(HARMLESS, names=names)
    form = "dict" if param.kind == "**" else "list" if param.kind == "*" else ""
    if isinstance(known, Source):
        value = Value(taints=(frame.taint(known, param),), names=names, form=form)
        return filled_in(frame, around, param, value) if param.type is not None and not form else value
    if isinstance(known, str):
        return Value(names=(known, *(name for name in names if name != known)))
    refers = None
    if param.type is not None:
        of = type_value(around, param.type)
        refers = of.refers if class_of(of.refers) is not None else None
    given: tuple[Taint, ...] = ()
    if tainted and not (position == 0 and param.name in ("self", "cls")):  # of a method that was cut out of its class
        name = param.name or "a parameter"
        of_function = function.name if function is not None and function.name else "this function"
        hop = frame.hop(param, f"the parameter {name} of {of_function}")
        closed = frame.look.closed(frame.unit, function, frame.outer)
        at = function.at if function is not None else -1
        given = (Taint(CLOSED if closed else "parameter", (hop,), function=at, position=position),)
    return Value(names=names or ("?",), taints=given, refers=refers, form="object" if refers is not None else form)


# Following


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
        path=unit.path, module=unit.module, functions=functions, classes=_classes(function, outer), calls=[],
        hops=(*frame.where.hops, step)[:12], entry=False,
    )  # fmt: skip
    inner = Frame(look, unit, function, where, outer, frame.depth + 1)
    _receiver(inner, function, this)
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


class _Spread:
    """What a call gives, spread: by position, by name, and what more may come either way."""

    def __init__(self, given: Sequence[Given]) -> None:
        self.positional: list[Value] = []
        self.named: dict[str, Value] = {}
        self.more: Value | None = None
        self.more_named: Value | None = None
        for one in given:
            if one.splat == "*":
                known = algebra.elements(one.value)
                if known is None:
                    self.more = algebra.element(one.value)
                else:
                    self.positional.extend(known)
            elif one.splat:
                if one.value.items is not None:
                    self.named.update({str(key): value for key, value in one.value.items.items()})
                if one.value.items is None or one.value.rest is not None:
                    self.more_named = algebra.element(one.value)
            elif one.name:
                self.named[one.name] = one.value
            else:
                self.positional.append(one.value)


def take(frame: Frame, function: ir.Function, given: Sequence[Given], this: Value | None) -> None:
    """Give the parameters of a function what a call gives them."""
    spread = _Spread(given)
    positional, named, more, more_named = spread.positional, spread.named, spread.more, spread.more_named
    at = 0
    params = function.params
    if this is None and params and params[0].kind == "self" and positional:  # Class.method(instance, …)
        _put_parameter(frame, params[0], positional[0])
        at = 1
    for param in params:
        if param.kind == "self":
            continue
        if param.kind == "*":
            rest = positional[at:]
            at = len(positional)
            value = (
                algebra.make_list(rest, "list")
                if more is None
                else algebra.container(dict(enumerate(rest)), more, Value(form="list"))
            )
        elif param.kind == "**":
            entries = [(algebra.of_literal(key), one) for key, one in named.items()]
            value = algebra.make_object(entries)
            if more_named is not None:
                value = algebra.container(dict(value.items or {}), more_named, Value(form="dict"))
        elif param.name in named:
            value = named.pop(param.name)
        elif param.kind == "" and at < len(positional):
            value = positional[at]
            at += 1
        elif more is not None and param.kind == "":
            value = more
        elif more_named is not None:
            value = more_named
        elif param.default is not None:
            value = value_of(frame, param.default)
        else:
            value = Value(constant=True, literal=None) if frame.unit.language == "javascript" else ANYTHING
        if not value.constant and is_number(frame, param.type):
            value = algebra.counted([value])
        if param.type is not None and not value.names and not value.constant and not value.form:
            value = _replace(value, names=instance_names(type_names(frame, param.type)))
        _put_parameter(frame, param, value)
    if frame.unit.language == "javascript" and function.owner is None:
        state = frame.now
        if b"arguments" in frame.unit.data[function.at : function.end]:
            state.vars.setdefault("arguments", algebra.make_list(positional, "list"))


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


# Classes


def construct(frame: Frame, refers: Refers, given: Sequence[Given], node: ir.Node) -> Value:
    """Make an instance of a class of the tree."""
    look = frame.look
    if frame.unit.language == "python" and is_enumeration(look, refers):
        return _replace(HARMLESS, names=instance_names(class_names(look, refers)))  # one of its members, or an error
    started = _blank(look, refers)
    made = constructor_of(frame, refers, len(given))
    if made is None:
        return _by_fields(frame, refers, started, given)
    function, owner = made
    if "getter" in function.flags or function.name == "__new__":
        return started
    summary = follow(frame, Refers(function, owner.unit, owner.outer), given, started, node)
    value = summary.receiver if summary.receiver is not None else started
    return _replace(value, key="", refers=refers, names=started.names, form="object")


def _blank(look: Look, refers: Refers) -> Value:
    """Give an instance before its constructor ran: what the class body gives its fields."""
    unit: Unit = refers.unit
    key = f"blank {refers.node.at}"
    known = unit.values.get(key)
    if known is not None and refers.outer is None:
        return known
    names = instance_names(class_names(look, refers))
    unit.values[key] = Value(form="object", names=names, refers=refers, rest=ANYTHING, items={})
    items: dict[str | int, Value] = {}
    for one in reversed(lineage(look, refers)):
        frame = one.outer if one.outer is not None else look.frame_of(one.unit)
        for field in one.node.fields[:200]:
            if type(field.target) is not ir.Name:
                continue
            value = value_of(frame, field.value) if field.value is not None else ANYTHING
            if field.type is not None and not value.constant and not value.form and value.refers is None:
                of = type_value(frame, field.type)
                inner = of.refers if class_of(of.refers) is not None else None
                value = _replace(value, names=(*value.names, *instance_names(of.names))[:4], refers=inner)
                if inner is not None:
                    value = _replace(value, form="object")
            if value.names or value.constant or value.form or value.taints:
                items[field.target.id] = _replace(value, key="")
    result = Value(form="object", names=names, refers=refers, rest=ANYTHING, items=items)
    unit.values[key] = result
    return result


def _by_fields(frame: Frame, refers: Refers, started: Value, given: Sequence[Given]) -> Value:
    """Make an instance of a class without a constructor in sight: a dataclass, a record, a model."""
    names = [
        field.target.id for one in reversed(lineage(frame.look, refers)) for field in one.node.fields[:200]
        if type(field.target) is ir.Name and (field.type is not None or one.unit.language != "python")
    ]  # fmt: skip
    value = started
    at = 0
    for one in given:
        if one.splat or (not one.name and at >= len(names)):
            taints = algebra.taints_of(one.value)
            if taints:
                value = algebra.with_taints(value, taints)
            continue
        name = one.name
        if not name:
            name = names[at]
            at += 1
        value = algebra.store_attribute(value, name, _replace(one.value, key=""))
    return _replace(value, key="")


def fields(frame: Frame, refers: Refers) -> Value:
    """Give an instance of a class as its methods find it: the join of what the constructor and other methods give the
    fields."""
    look = frame.look
    unit: Unit = refers.unit
    number = id(refers.node)
    if number in unit.fields:
        known = unit.fields[number]
        return known if known is not None else _blank(look, refers)
    unit.fields[number] = None
    if unit.language != "python":
        look.top_of(unit)
    value = _blank(look, refers)
    unit.fields[number] = value
    written: list[Value] = []
    lost: set[str] = set()
    events, pending, level = len(look.events), len(look.pending), look.level
    entered, contexts, active = set(look.entered), dict(look.contexts), list(look.active)
    looked = 0
    for one in lineage(look, refers):
        for method in one.node.methods:
            if "static" in method.flags or looked >= _MAX_SCANNED:
                continue
            made = "constructor" in method.flags
            if not made and not _writes(one.unit, method):
                continue
            if one.unit is not look.unit or (not made and not look.telling(one.unit, method)):
                lost |= _written(one.unit, method)
                continue
            looked += 1
            inner = entry(look, one.unit, method, one.outer)
            after = inner.state.vars.get(inner.receiver) if inner.state is not None else None
            if after is not None and after.items is not None:
                if made:
                    value = _replace(after, key="")
                    unit.fields[number] = value
                else:
                    written.append(after)
    del look.events[events:]
    del look.pending[pending:]
    look.level, look.entered, look.contexts, look.active = level, entered, contexts, active
    items = dict(value.items or {})
    for after in written:
        for key, one_value in (after.items or {}).items():
            had = items.get(key)
            items[key] = _replace(one_value if had is None else algebra.join(had, one_value), key="")
    for name in lost & items.keys():
        items[name] = _replace(algebra.join(items[name], ANYTHING), key="")
    result = Value(form="object", names=value.names, refers=refers, rest=ANYTHING, items=items)
    unit.fields[number] = result
    return result


def _reads(unit: Unit, function: ir.Function) -> bool:
    """Tell whether a method reads fields of its object."""
    if unit.language not in ("python", "javascript"):
        return True
    return any(pattern.search(unit.data, function.at, function.end) for pattern in _FIELD_READ)


def _written(unit: Unit, method: ir.Function) -> set[str]:
    """Give the fields that a method which is not looked at gives something."""
    names = (name for pattern in FIELDS for name in pattern.findall(unit.data, method.at, method.end))
    return {name.decode("utf-8", "replace") for name in names}


def _writes(unit: Unit, method: ir.Function) -> bool:
    if unit.language in ("python", "javascript"):
        return writes_fields(unit.data, method.at, method.end)
    text = unit.data[method.at : method.end]
    if unit.language == "java":
        return b"=" in text and len(text) < 4000 and _gives_field(unit, method)
    if unit.language == "go":
        first = method.params[0].name.encode() if method.params and method.params[0].kind == "self" else b""
        return bool(first) and re.search(rb"\b" + re.escape(first) + rb"\.\w+\s*=[^=]", text) is not None
    return writes_fields(text, 0, len(text))


def _gives_field(unit: Unit, method: ir.Function) -> bool:
    """Tell whether a Java method gives a field of its class something, with `this` or without."""
    if method.owner is None:
        return True
    names = [re.escape(one.target.id).encode() for one in method.owner.fields[:200] if type(one.target) is ir.Name]
    own = rb"|(?<![\w$.])(?:" + b"|".join(names) + rb")\s*(?:[-+*/|&]|<<|>>)?=(?!=)" if names else b""
    return re.search(rb"\bthis\.[\w$]+\s*(?:[-+*/|&]|<<|>>)?=(?!=)" + own, unit.data[method.at : method.end]) is not None
