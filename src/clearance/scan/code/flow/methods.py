"""Functions and methods of the tree that are called: which one, on what, and what they change."""

from collections.abc import Callable

import msgspec

from clearance.scan.code import ir
from clearance.scan.code.flow.event import Given
from clearance.scan.code.flow.frame import Frame, Summary
from clearance.scan.code.flow.names import bases, class_of, find_method, function_value, lineage
from clearance.scan.code.flow.places import change
from clearance.scan.code.flow.spots import change_spot
from clearance.scan.code.flow.value import ANYTHING, Refers, Value

_replace = msgspec.structs.replace
Evaluate = Callable[[Frame, ir.Expr], Value]


def followed(
    frame: Frame, node: ir.Call, refers: Refers, receiver: Value | None, given: list[Given], evaluate: Evaluate
) -> Summary:
    """Follow a call into a function of the tree; write back what it changed."""
    function: ir.Function = refers.node
    this: Value | None = None
    if function.owner is not None and "static" not in function.flags:
        this = refers.receiver if refers.receiver is not None else receiver
        if this is not None and this.form == "class" and frame.unit.language == "python":
            takes = function.params[0].name if function.params else ""
            if takes != "cls":
                this = None
    summary = frame.look.follow(frame, refers, given, this, node)
    for name, value in summary.params.items():
        target = _argument_of(function, name, given)
        if target is not None:
            key = target.value.key
            change_argument(frame, target, _replace(value, key=key), evaluate)
    if summary.receiver is not None and this is not None:
        if type(node.func) is ir.Attr:
            change(frame, node.func.base, _replace(summary.receiver, key=this.key), evaluate)
        else:
            change(frame, ir.Name(node.at, node.at, "this"), _replace(summary.receiver, key="this"), evaluate)
    return summary


def change_argument(frame: Frame, target: Given, value: Value, evaluate: Evaluate) -> None:
    """Write back what a function made of what it was given: a refinement, or contents."""
    if value.items is not None or target.value.items is not None:
        change(frame, target.expr, value, evaluate)
    else:
        change_spot(frame, target.expr, lambda _before: value)


def _argument_of(function: ir.Function, name: str, given: list[Given]) -> Given | None:
    for one in given:
        if one.name == name:
            return one
    at = 0
    for param in function.params:
        if param.kind == "self":
            continue
        if param.name == name:
            break
        at += 1
    plain = [one for one in given if not one.name and not one.splat]
    return plain[at] if at < len(plain) else None


def follow_getter(frame: Frame, refers: Refers | None, base: Value, node: ir.Node) -> Value:
    """Give what reading a property gives."""
    if refers is None:
        return ANYTHING
    result: Value = frame.look.follow(frame, refers, [], base, node).result
    return result


def implementation(frame: Frame, receiver: Value, method: str, callee: Value) -> Value:
    """Give the method of the one class of the file that implements what the receiver is declared as."""
    of = class_of(receiver.refers)
    if of is None or of.kind not in ("interface", "class") or receiver.refers is None:
        return callee
    unit = receiver.refers.unit
    for other in list(unit.classes.values())[:60]:
        if other is of or not other.bases:
            continue
        refers = Refers(other, unit)
        if any(base is not None and base.node is of for base, _ in bases(frame.look, refers)):
            found = find_method(frame.look, refers, method)
            if found is not None:
                value = function_value(found[1].unit, found[0], found[1].outer)
                return _replace(value, names=callee.names)
    return callee


def constructor_of(frame: Frame, refers: Refers, count: int) -> tuple[ir.Function, Refers] | None:
    """Give the constructor of a class of the tree."""
    for one in lineage(frame.look, refers):
        made = [method for method in one.node.methods if "constructor" in method.flags and method.name != "__post_init__"]
        if made:
            made.sort(key=lambda method: sum(param.kind != "self" for param in method.params) != count)
            return made[0], one
    return None
