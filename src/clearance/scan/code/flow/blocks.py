"""Runs statements one after the other; what each kind of them does is in `interpret`."""

from clearance.scan.code import ir
from clearance.scan.code.flow.expressions import value_of
from clearance.scan.code.flow.frame import MAX_LEVELS, Frame
from clearance.scan.code.flow.value import Value


def run_block(frame: Frame, block: ir.Block) -> None:
    """Run statements one after the other, as far as they can be reached."""
    look = frame.look
    look.level += 1
    if look.level <= MAX_LEVELS:
        stop = frame.stop
        statements = look.statements
        for statement in block:
            if frame.state is None or (stop is not None and statement.at > stop and not frame.jumps):
                break
            statements[type(statement)](frame, statement)
            if frame.ended:
                frame.ended = False
                frame.state = None
    look.level -= 1


def scoped(frame: Frame, block: ir.Block) -> None:
    """Run a block with variables of its own: those that it declares again are put back."""
    if frame.unit.language == "python":
        run_block(frame, block)
        return
    held: dict[str, Value | None] = {}
    frame.declared.append(held)
    run_block(frame, block)
    frame.declared.pop()
    if frame.state is not None and held:
        for name, before in held.items():
            if before is not None:
                frame.state.vars[name] = before


def evaluated(frame: Frame, statement: ir.Node, value: ir.Expr, used: str) -> Value:
    """Evaluate the expression of a statement; `used` is what becomes of it."""
    frame.statement = statement
    frame.top, frame.used = value, used
    return value_of(frame, value)
