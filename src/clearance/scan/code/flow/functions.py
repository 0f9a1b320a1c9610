"""How functions are run, as the other parts of a look ask for it; and the tops of files."""

from clearance.scan.code.flow.blocks import run_block
from clearance.scan.code.flow.entries import entry
from clearance.scan.code.flow.event import Where
from clearance.scan.code.flow.expressions import member
from clearance.scan.code.flow.following import callback, follow, passed_on
from clearance.scan.code.flow.frame import (
    Frame,
    Look,
    Unit,
)
from clearance.scan.code.flow.interpret import STATEMENTS
from clearance.scan.code.flow.objects import construct, fields
from clearance.scan.code.flow.state import join_all
from clearance.scan.code.flow.summaries import Shapes


def prepare(look: Look) -> None:
    """Tell a look how functions are run."""
    look.shapes = Shapes()
    look.statements = STATEMENTS
    look.follow = follow
    look.construct = construct
    look.callback = callback
    look.passed_on = passed_on
    look.fields = fields
    look.entry = entry
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
