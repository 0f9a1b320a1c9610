"""What a function is given: its receiver, and its parameters, by a call or by what they say of themselves."""

from collections.abc import Sequence
from typing import Final

import msgspec

from clearance.scan.code import ir
from clearance.scan.code.flow import algebra
from clearance.scan.code.flow.definitions import decorators
from clearance.scan.code.flow.event import Asked as Question
from clearance.scan.code.flow.event import Event, Given, Source
from clearance.scan.code.flow.expressions import value_of
from clearance.scan.code.flow.filled import filled_in
from clearance.scan.code.flow.frame import (
    Frame,
)
from clearance.scan.code.flow.names import (
    class_names,
    class_of,
    instance_names,
    is_number,
    type_names,
    type_value,
)
from clearance.scan.code.flow.objects import blank_of, fields, reads_fields
from clearance.scan.code.flow.places import store
from clearance.scan.code.flow.value import ANYTHING, CLOSED, HARMLESS, Refers, Taint, Value

_replace = msgspec.structs.replace
_TEXTS: Final = ((), ("string()",), ("[]()",), ("interface()",), ("any()",), ("map()",))
"""Names of types of Go that can hold text."""


def give_receiver(frame: Frame, function: ir.Function, this: Value | None) -> None:
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
            if reads_fields(unit, function)
            else blank_of(frame.look, refers)
        )
        if unit.language == "go" and first is not None and this.items and frame.look.closed(unit, function, outer):
            this = _asked_fields(frame, function, first, this)
    elif this.items is not None and this.form == "object" and this.refers is not None and class_of(this.refers) is not None:
        blank = this.refers.unit.values.get(f"blank {this.refers.node.at}")
        if blank is not None and this.items is blank.items and reads_fields(unit, function):
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


def give_parameters(frame: Frame, around: Frame, told: Sequence[Event], *, tainted: bool) -> None:
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
