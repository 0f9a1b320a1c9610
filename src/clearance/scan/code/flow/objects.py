"""Objects of classes of the tree: made by their constructors, and as their methods find them."""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from clearance.scan.code import ir
from clearance.scan.code.flow import algebra
from clearance.scan.code.flow.event import Given
from clearance.scan.code.flow.expressions import value_of
from clearance.scan.code.flow.filled import is_enumeration
from clearance.scan.code.flow.frame import (
    Frame,
    Look,
    Unit,
)
from clearance.scan.code.flow.methods import constructor_of
from clearance.scan.code.flow.names import (
    class_names,
    class_of,
    instance_names,
    lineage,
    type_value,
)
from clearance.scan.code.flow.value import ANYTHING, HARMLESS, Refers, Value
from clearance.scan.code.mentions import FIELDS, writes_fields

_replace = msgspec.structs.replace
_MAX_SCANNED: Final = 12
_FIELD_READ: Final = (
    re.compile(rb"self\.[A-Za-z_$][\w$]*+(?!\s*\()"), re.compile(rb"this(?:\.[A-Za-z_$][\w$]*+(?!\s*\()|\s*[,;})=])"),
)  # fmt: skip
"""A field of the object around that is read."""


def construct(frame: Frame, refers: Refers, given: Sequence[Given], node: ir.Node) -> Value:
    """Make an instance of a class of the tree."""
    look = frame.look
    if frame.unit.language == "python" and is_enumeration(look, refers):
        return _replace(HARMLESS, names=instance_names(class_names(look, refers)))  # one of its members, or an error
    started = blank_of(look, refers)
    made = constructor_of(frame, refers, len(given))
    if made is None:
        return _by_fields(frame, refers, started, given)
    function, owner = made
    if "getter" in function.flags or function.name == "__new__":
        return started
    summary = look.follow(frame, Refers(function, owner.unit, owner.outer), given, started, node)
    value = summary.receiver if summary.receiver is not None else started
    return _replace(value, key="", refers=refers, names=started.names, form="object")


def blank_of(look: Look, refers: Refers) -> Value:
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
        return known if known is not None else blank_of(look, refers)
    unit.fields[number] = None
    if unit.language != "python":
        look.top_of(unit)
    value = blank_of(look, refers)
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
            inner = look.entry(look, one.unit, method, one.outer)
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


def reads_fields(unit: Unit, function: ir.Function) -> bool:
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
        return unit.writes_fields(method)
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
