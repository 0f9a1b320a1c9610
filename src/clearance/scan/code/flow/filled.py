"""Parameters that a framework fills with instances of classes of the tree (pydantic models, enumerations)."""

from typing import Final

import msgspec

from clearance.scan.code import ir
from clearance.scan.code.flow.frame import Frame, Look
from clearance.scan.code.flow.names import class_names, class_of, type_value
from clearance.scan.code.flow.value import HARMLESS, Refers, Value

_replace = msgspec.structs.replace
_CONVERTED: Final = frozenset({
    "int", "float", "bool", "Decimal", "UUID", "date", "datetime", "PositiveInt", "NonNegativeInt",
})  # fmt: skip
"""Types of fields to which frameworks hold what they fill in."""


def filled_in(frame: Frame, around: Frame, param: ir.Param, value: Value) -> Value:
    """Give what a framework fills a parameter with whose type is a class of the tree: it converts the fields that are
    numbers, and a member of an enumeration is one that the code wrote."""
    refers = type_value(around, param.type).refers
    if frame.unit.language != "python" or class_of(refers) is None or refers is None:
        return value
    if is_enumeration(frame.look, refers):
        return _replace(HARMLESS, names=value.names)
    counts: dict[str | int, Value] = {
        one.target.id: HARMLESS
        for one in refers.node.fields[:200]
        if type(one.target) is ir.Name and type(one.type) is ir.Name and one.type.id in _CONVERTED
    }
    return Value(items=counts, rest=Value(taints=value.taints), names=value.names, form="object") if counts else value


def is_enumeration(look: Look, refers: Refers) -> bool:
    """Tell whether a class is an enumeration of Python: its instances are those that the code wrote."""
    return any(name.startswith("enum.") for name in class_names(look, refers))
