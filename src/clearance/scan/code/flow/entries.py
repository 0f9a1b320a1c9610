"""Functions that are looked at on their own: nothing is known of what they are given but what their parameters say."""

from clearance.scan.code import ir
from clearance.scan.code.flow import algebra
from clearance.scan.code.flow.blocks import run_block
from clearance.scan.code.flow.definitions import decorators
from clearance.scan.code.flow.event import Where
from clearance.scan.code.flow.frame import (
    Frame,
    Look,
    Unit,
)
from clearance.scan.code.flow.parameters import give_parameters, give_receiver
from clearance.scan.code.flow.state import join_all


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
    where = Where(path=unit.path, module=unit.module, functions=functions, classes=classes_of(function, outer), calls=[])
    frame = Frame(look, unit, function, where, outer, passed.depth + 1 if passed is not None else 0)
    frame.stop = stop
    give_receiver(frame, function, None)
    if around is not None:
        told = decorators(around, function.decorators, function, None) if function.decorators else []
        give_parameters(frame, around, told, tainted=passed is None)
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


def classes_of(function: ir.Function, outer: Frame | None) -> tuple[ir.ClassDef, ...]:
    """Give the classes around a function, the nearest first."""
    around = outer.where.classes if outer is not None else ()
    owner = function.owner
    return (owner, *around) if owner is not None and owner not in around else around
