"""Runs switches."""

from clearance.scan.code import ir
from clearance.scan.code.flow import algebra
from clearance.scan.code.flow.blocks import scoped
from clearance.scan.code.flow.expressions import value_of
from clearance.scan.code.flow.frame import Frame, Jumps
from clearance.scan.code.flow.guards import refine
from clearance.scan.code.flow.loops import MAX_WAYS
from clearance.scan.code.flow.places import store
from clearance.scan.code.flow.spots import equal_to
from clearance.scan.code.flow.state import State, join, join_all
from clearance.scan.code.flow.value import ANYTHING, Value


def run_switch(frame: Frame, node: ir.Switch) -> None:
    """Run the cases that may be taken, each with what taking it says."""
    frame.statement = node
    subject = value_of(frame, node.subject) if node.subject is not None else None
    if frame.state is None:
        return
    jumps = Jumps("", loop=False)
    frame.jumps.append(jumps)
    outs: list[State | None] = []
    falling: State | None = None
    rest: State | None = frame.state
    ordered = [case for case in node.cases if case.tests or case.guard is not None or case.pattern is not None]
    plain = [case for case in node.cases if not (case.tests or case.guard is not None or case.pattern is not None)]
    chosen: dict[int, State | None] = {}
    for case in ordered:
        if rest is None:
            chosen[id(case)] = None
            continue
        chosen[id(case)], rest = _into_case(frame, node, case, subject, rest)
    for case in plain:
        chosen[id(case)], rest = rest, None
    for case in node.cases:  # bodies in the order of the text, so that what falls through arrives
        frame.state = join(chosen[id(case)], falling)
        falling = None
        if frame.state is None:
            continue
        scoped(frame, case.body)
        if case.falls:
            falling = frame.state
        else:
            outs.append(frame.state)
        if len(outs) > MAX_WAYS:
            outs = [join_all(outs)]
    frame.jumps.pop()
    frame.state = join_all([*outs, falling, rest, *jumps.breaks])


def _into_case(
    frame: Frame, node: ir.Switch, case: ir.Case, subject: Value | None, state: State
) -> tuple[State | None, State | None]:
    """Give the states in which a case is taken, and in which it is not."""
    language = frame.unit.language
    frame.state = state
    values = [value_of(frame, test) for test in case.tests]
    if frame.lost:
        return None, None
    answer: bool | None = None
    if values:
        if subject is None:
            answers = [algebra.truth(value, language) for value in values]
        else:
            answers = [algebra.compare("==", subject, value) for value in values]
        answer = True if True in answers else False if all(one is False for one in answers) else None
    elif case.pattern is not None:
        answer = True if isinstance(case.pattern, ir.Name) else None
    if answer is False:
        return None, state
    taken, other = state.copy(), state
    frame.state = taken
    if node.subject is not None and values:
        equal_to(frame, node.subject, case.tests)
    elif node.subject is None and len(case.tests) == 1:
        refine(frame, case.tests[0], truth=True)
    if case.pattern is not None and frame.state is not None:
        store(frame, case.pattern, subject if subject is not None else ANYTHING, value_of, declares=True)
    if case.guard is not None and frame.state is not None:
        decided = algebra.truth(value_of(frame, case.guard), language)
        if decided is False:
            return None, other
        if decided is None:
            answer = None
            refine(frame, case.guard, truth=True)
    taken_state = frame.state
    if answer is True:
        return taken_state, None
    frame.state = other
    if node.subject is None and len(case.tests) == 1:
        frame.state = other.copy()
        refine(frame, case.tests[0], truth=False)
    return taken_state, frame.state
