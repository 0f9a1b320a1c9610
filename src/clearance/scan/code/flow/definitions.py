"""Runs what gives names a meaning: imports, functions, classes, with their decorators."""

import msgspec

from clearance.scan.code import ir
from clearance.scan.code.flow.blocks import evaluated, run_block
from clearance.scan.code.flow.event import Event, Given
from clearance.scan.code.flow.expressions import tell_defined, value_of
from clearance.scan.code.flow.frame import Frame
from clearance.scan.code.flow.names import (
    class_names,
    class_value,
    dotted,
    function_value,
    import_value,
)
from clearance.scan.code.flow.value import ANYTHING

_replace = msgspec.structs.replace


def run_import(frame: Frame, node: ir.Import) -> None:
    """Bind what is imported, and tell of it."""
    look = frame.look
    name = dotted(node, frame.unit.language)
    full = f"{node.module}{'' if node.module.endswith('.') else '.'}{node.name}" if node.name else node.module
    for word in dict.fromkeys((full.rpartition(".")[2], name.rpartition(".")[2], *full.split(".")[:-1])):
        if word and look.wants("import", word):
            look.events.append(
                Event("import", word, tuple(dict.fromkeys((full, name, node.module))), node, node, frame.where)
            )
    if node.name == "*" or node.exported or not node.alias:
        return
    value = import_value(frame.unit, node)
    if frame.state is not None:
        before = frame.state.vars.get(node.alias)
        if before is not None and before is not value and before.refers is not None:
            value = _replace(value, names=(*before.names, *(one for one in value.names if one not in before.names))[:4])
        frame.state.set(node.alias, value)


def decorators(
    frame: Frame, given: tuple[ir.Expr, ...], function: ir.Function | None, definition: ir.ClassDef | None
) -> list[Event]:
    """Evaluate decorators and annotations; tell of them."""
    out: list[Event] = []
    look = frame.look
    for one in given:
        frame.statement = one
        arguments: list[Given] = []
        value = ANYTHING
        if type(one) is ir.Call:
            callee = value_of(frame, one.func)
            for arg in one.args:
                inner = value_of(frame, arg.value)
                arguments.append(Given(inner, arg.value, arg.name, arg.splat))
            names = callee.names
        else:
            value = value_of(frame, one)
            names = value.names
        word = names[0].rpartition(".")[2] if names else ""
        event = Event(
            "decorator",
            word,
            names,
            one,
            one,
            frame.where,
            given=arguments,
            value=value,
            function=function,
            definition=definition,
        )
        out.append(event)
        if look.wants("decorator", word):
            look.events.append(event)
    return out


def run_def(frame: Frame, node: ir.Def) -> None:
    """Bind a function, and tell of it."""
    function = node.function
    tell_defined(frame, function)
    value = function_value(frame.unit, function, frame)
    if frame.state is not None:
        frame.state.set(function.name, value)
    if frame.function is not None:
        frame.look.pending.append((function, frame))


def run_class(frame: Frame, node: ir.ClassStatement) -> None:
    """Bind a class, and run its body."""
    define_class(frame, node.definition)


def define_class(frame: Frame, definition: ir.ClassDef) -> None:
    """Run the body of a class: its fields, its decorators; its methods are looked at later."""
    look = frame.look
    value = class_value(frame.unit, definition, frame)
    refers = value.refers
    if frame.state is not None and definition.kind != "methods":
        frame.state.set(definition.name, value)
    if definition.decorators:
        decorators(frame, definition.decorators, None, definition)
    if refers is not None and look.wants("class", definition.name):
        names = (definition.name, *class_names(look, refers))
        look.events.append(
            Event("class", definition.name, names, definition, definition, frame.where, definition=definition)
        )
    saved = frame.where
    frame.where = msgspec.structs.replace(saved, classes=(definition, *saved.classes))
    for field in definition.fields:
        _field(frame, field)
    for method in definition.methods:
        tell_defined(frame, method)
        if frame.function is not None:
            look.pending.append((method, frame))
    for one in definition.body:
        if type(one) is ir.ClassStatement:
            define_class(frame, one.definition)
        elif type(one) is not ir.Def:
            run_block(frame, (one,))
    frame.where = saved


def _field(frame: Frame, field: ir.Assign) -> None:
    """Evaluate a field of a class for what it does and says; its value is asked for by `fields`."""
    if field.decorators:
        decorators(frame, field.decorators, None, None)
    if field.value is None or frame.state is None:
        return
    value = evaluated(frame, field, field.value, "assigned")
    name = field.target.id if type(field.target) is ir.Name else ""
    if name and frame.look.wants("assign", name):
        frame.look.events.append(Event("assign", name, (name,), field, field, frame.where, value=value))
