"""Runs statements: branches, loops, exceptions, jumps."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from clearance.scan.code import ir
from clearance.scan.code.flow import algebra
from clearance.scan.code.flow.event import Event, Given
from clearance.scan.code.flow.expressions import tell_defined, value_of
from clearance.scan.code.flow.frame import MAX_LEVELS, Frame, Jumps
from clearance.scan.code.flow.guards import refine
from clearance.scan.code.flow.names import (
    class_names,
    class_of,
    class_value,
    dotted,
    function_value,
    import_value,
    instance_names,
    is_number,
    type_value,
)
from clearance.scan.code.flow.places import bind, forget_variable, put, store
from clearance.scan.code.flow.spots import equal_to, peek
from clearance.scan.code.flow.state import State, join, join_all, same_state
from clearance.scan.code.flow.value import ANYTHING, Value

_replace = msgspec.structs.replace
_ROUNDS: Final = 3
_DEEP_LOOPS: Final = 3
_MAX_WAYS: Final = 400
"""Branches of one statement, or jumps out of one loop, that are kept apart until they join."""


def run_block(frame: Frame, block: ir.Block) -> None:
    """Run statements one after the other, as far as they can be reached."""
    look = frame.look
    look.level += 1
    if look.level <= MAX_LEVELS:
        stop = frame.stop
        for statement in block:
            if frame.state is None or (stop is not None and statement.at > stop and not frame.jumps):
                break
            _STATEMENTS[type(statement)](frame, statement)
            if frame.ended:
                frame.ended = False
                frame.state = None
    look.level -= 1


def _scoped(frame: Frame, block: ir.Block) -> None:
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


def _top(frame: Frame, statement: ir.Node, value: ir.Expr, used: str) -> Value:
    frame.statement = statement
    frame.top, frame.used = value, used
    return value_of(frame, value)


def _assign(frame: Frame, node: ir.Assign) -> None:
    if node.value is None:
        if node.declares and type(node.target) is ir.Name:
            value = Value(constant=True, literal=None) if frame.unit.language == "javascript" else ANYTHING
            if node.type is not None:
                value = _typed(frame, node.type, ANYTHING)
            bind(frame, node.target.id, value, node.target, declares=True)
        return
    value = _top(frame, node, node.value, "assigned")
    if frame.state is None:
        return
    if node.op:
        before = value_of(frame, node.target)
        if node.op in ("and", "or", "??"):
            value = algebra.join(before, value)
        else:
            value = algebra.binary(node.op, [before, value], frame.unit.language)
    if node.type is not None:
        value = _typed(frame, node.type, value)
    store(frame, node.target, value, value_of, declares=node.declares, node=node)
    _remember(frame, node.target, node.value)


def _typed(frame: Frame, written_type: ir.Expr, value: Value) -> Value:
    """Give a value of a declared type the names of that type."""
    if not value.constant and is_number(frame, written_type):
        return algebra.counted([value])
    if value.constant or value.form or value.refers is not None:
        return value
    of = type_value(frame, written_type)
    if not of.names:
        return value
    names = instance_names(of.names)
    refers = of.refers if class_of(of.refers) is not None else None
    return _replace(value, names=(*value.names, *(one for one in names if one not in value.names))[:4], refers=refers)


def _remember(frame: Frame, target: ir.Expr, value: ir.Expr) -> None:
    """Keep a condition that goes into a variable: `ok = x in ALLOWED`, `n, err := strconv.Atoi(x)`."""
    state = frame.state
    if state is None:
        return
    if type(value) is ir.Through and value.value is not None:
        value = value.value
    kind = type(value)
    if type(target) is ir.Name:
        if kind in (ir.Compare, ir.Call, ir.Binary, ir.Unary, ir.Index, ir.Bind, ir.Attr):
            state.remember(target.id, value, frame.look.mentioned(value))
    elif type(target) is ir.Items and kind in (ir.Call, ir.Index, ir.Through):
        for at, one in enumerate(target.items[:8]):
            if type(one) is ir.Name and one.id != "_":
                if kind is ir.Index:  # value, ok := MAP[key]
                    state.remember(one.id, value, frame.look.mentioned(value))
                else:
                    part = ir.Index(value.at, value.end, value, ir.Const(value.at, value.at, at))
                    state.remember(one.id, part, frame.look.mentioned(value))


def _eval(frame: Frame, node: ir.Eval) -> None:
    _top(frame, node, node.value, "dropped")


def _if(frame: Frame, node: ir.If) -> None:
    after: list[State | None] = []
    language = frame.unit.language
    for test, body in node.branches:
        if frame.state is None:
            break
        if test is None:
            _scoped(frame, body)
            after.append(frame.state)
            frame.state = None
            break
        frame.statement = node
        answer = algebra.truth(value_of(frame, test), language)
        if frame.state is None or frame.ended:
            frame.ended = False
            frame.state = None
            break
        otherwise: State | None = None
        if answer is None:
            otherwise = frame.state.copy()
        elif answer is False:
            continue
        refine(frame, test, truth=True)
        if frame.state is not None:
            _scoped(frame, body)
            after.append(frame.state)
        frame.state = otherwise
        if otherwise is not None:
            refine(frame, test, truth=False)
        if len(after) > _MAX_WAYS:
            after = [join_all(after)]
    after.append(frame.state)
    frame.state = join_all(after)


# Loops


def _loop(frame: Frame, node: ir.Loop) -> None:
    frame.statement = node
    each = node.kind.startswith("each")
    items = _iterated(frame, node, value_of(frame, node.iterable)) if each and node.iterable is not None else ANYTHING
    if frame.state is None or frame.ended:
        return
    if each and items.items is not None and not items.items and items.rest is None:
        run_block(frame, node.other)
        return
    events, calls = len(frame.look.events), len(frame.where.calls)
    before = frame.state
    exits = (len(frame.exits), frame.returned, frame.yielded)
    outs: list[State | None] = []
    rounds = _ROUNDS if len(frame.jumps) < _DEEP_LOOPS else 1
    entered = before
    for number in range(rounds):
        del frame.look.events[events:]
        del frame.where.calls[calls:]
        del frame.exits[exits[0] :]
        frame.returned, frame.yielded = exits[1], exits[2]
        frame.state = entered.copy()
        outs, back = _round(frame, node, items, each=each)
        if back is None:
            break
        next_one = join(before, back)
        if next_one is None or same_state(next_one, entered):
            break
        if number + 1 < rounds:
            entered = next_one
    frame.state = join_all(outs)


def _iterated(frame: Frame, node: ir.Loop, value: Value) -> Value:
    if node.kind == "each keys":
        return algebra.keys_of(value)
    if node.kind == "each pairs":
        return algebra.pairs_of(value)
    if frame.unit.language == "python" and value.form == "dict":
        return algebra.keys_of(value)
    return value


def _round(frame: Frame, node: ir.Loop, items: Value, *, each: bool) -> tuple[list[State | None], State | None]:
    """Run a loop once; give the states after it, and that in which it would go round again."""
    jumps = Jumps("", loop=True)
    outs: list[State | None] = []
    language = frame.unit.language
    skipped: State | None = None
    if each:
        if frame.state is not None:
            skipped = frame.state.copy()
        if node.target is not None:
            one = algebra.element(items) if items.items is not None or items.constant else _any_of(items)
            store(frame, node.target, _replace(one, key=""), value_of, declares=True, node=node)
    elif node.kind != "until" and node.test is not None:
        answer = algebra.truth(value_of(frame, node.test), language)
        if frame.state is not None and answer is not True:
            skipped = frame.state.copy()
            frame.state, kept = skipped, frame.state
            refine(frame, node.test, truth=False)
            skipped, frame.state = frame.state, kept
        if answer is False:
            frame.state = None
        else:
            refine(frame, node.test, truth=True)
    frame.jumps.append(jumps)
    if frame.state is not None:
        _scoped(frame, node.body)
    frame.jumps.pop()
    back = join_all([frame.state, *jumps.continues])
    frame.state = back
    if back is not None and node.step:
        run_block(frame, node.step)
    if frame.state is not None and node.test is not None and not each:
        answer = algebra.truth(value_of(frame, node.test), language)
        if answer is not True:
            done = frame.state.copy()
            kept, frame.state = frame.state, done
            refine(frame, node.test, truth=False)
            outs.append(frame.state)
            frame.state = kept if answer is None else None
    elif each:
        outs.append(frame.state)
    back = frame.state
    outs.append(skipped)
    if node.other:
        frame.state = join_all(outs)
        run_block(frame, node.other)
        outs = [frame.state]
    return [*outs, *jumps.breaks], back


def _any_of(value: Value) -> Value:
    """Give one of what an unknown collection gives."""
    return _replace(algebra.element(value), names=tuple(f"{name}.[]" for name in value.names))


def _jump(frame: Frame, node: ir.Jump) -> None:
    for jumps in reversed(frame.jumps):
        if node.label:
            if jumps.label != node.label:
                continue
        elif node.kind == "continue" and not jumps.loop:
            continue
        ways = jumps.continues if node.kind == "continue" and jumps.loop else jumps.breaks
        if node.kind in ("break", "continue"):
            ways.append(frame.state)
            if len(ways) > _MAX_WAYS:
                ways[:] = [join_all(ways)]
        break
    frame.state = None


def _scope(frame: Frame, node: ir.Scope) -> None:
    if not node.label:
        _scoped(frame, node.body)
        return
    jumps = Jumps(node.label, loop=False)
    frame.jumps.append(jumps)
    _scoped(frame, node.body)
    frame.jumps.pop()
    frame.state = join_all([frame.state, *jumps.breaks])


# Switches


def _switch(frame: Frame, node: ir.Switch) -> None:
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
        _scoped(frame, case.body)
        if case.falls:
            falling = frame.state
        else:
            outs.append(frame.state)
        if len(outs) > _MAX_WAYS:
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


# Exceptions, exits


def _try(frame: Frame, node: ir.Try) -> None:
    if frame.state is None:
        return
    before = frame.state.copy()
    events = len(frame.look.events)
    raised: list[State | None] = []
    frame.raises.append(raised)
    _scoped(frame, node.body)
    frame.raises.pop()
    told = frame.look.events[events:]
    body = frame.state
    caught = join_all([before, body, *raised])
    if frame.state is not None and node.other:
        run_block(frame, node.other)
    after: list[State | None] = [frame.state]
    for handler in node.handlers:
        frame.state = caught.copy() if caught is not None else None
        if frame.state is None:
            break
        _tell_catch(frame, node, handler, told)
        if handler.name:
            names = tuple(name for kind in handler.types for name in instance_names(peek(frame, kind).names))
            raised_value = frame.state.vars.get("*raised", ANYTHING)
            put(frame, frame, handler.name, _replace(raised_value, names=names[:4] or ("?",)), declares=True)
        _scoped(frame, handler.body)
        after.append(frame.state)
    frame.state = join_all(after)
    if node.final:
        if frame.state is None:  # what is final runs however the rest is left
            frame.state = caught.copy() if caught is not None else None
            run_block(frame, node.final)
            frame.state = None
        else:
            run_block(frame, node.final)


def _tell_catch(frame: Frame, node: ir.Try, handler: ir.Handler, told: list[Event]) -> None:
    look = frame.look
    for event in told:
        if event.kind == "call" and event.where is frame.where and look.wants("catch", event.word):
            look.events.append(
                Event(
                    "catch", event.word, event.names, event.node, node, frame.where, given=event.given,
                    receiver=event.receiver,
                    handler=handler, result=event.result,
                )
            )  # fmt: skip


def _with(frame: Frame, node: ir.With) -> None:
    for value, target in node.items:
        given = _top(frame, node, value, "with")
        if frame.state is None:
            return
        if target is not None:
            store(frame, target, given, value_of, declares=True, node=node)
    _scoped(frame, node.body)


def _return(frame: Frame, node: ir.Return) -> None:
    value = _top(frame, node, node.value, "returned") if node.value is not None else algebra.NULL
    state = frame.state
    if state is None or frame.ended:
        return
    look = frame.look
    if look.wants("return", ""):
        look.events.append(Event("return", "", (), node, node, frame.where, value=value))
    frame.returned = value if frame.returned is None else algebra.join(frame.returned, value)
    if len(frame.exits) < _MAX_WAYS:
        frame.exits.append((node.value, value, state))
    frame.state = None


def _raise(frame: Frame, node: ir.Raise) -> None:
    value = _top(frame, node, node.value, "raised") if node.value is not None else ANYTHING
    look = frame.look
    names = value.names
    word = names[0].rpartition(".")[2].removesuffix("()") if names else ""
    if look.wants("raise", word):
        look.events.append(
            Event("raise", word, tuple(name.removesuffix("()") for name in names), node, node, frame.where, value=value)
        )
    if frame.raises and frame.state is not None:
        if algebra.taints_of(value):
            frame.state.vars["*raised"] = value
        ways = frame.raises[-1]
        ways.append(frame.state)
        if len(ways) > _MAX_WAYS:
            ways[:] = [join_all(ways)]
    frame.state = None


def _assert(frame: Frame, node: ir.Assert) -> None:
    value = _top(frame, node, node.test, "asserted")
    if frame.look.wants("assert", ""):
        frame.look.events.append(Event("assert", "", (), node, node, frame.where, value=value))
    if node.message is not None and frame.state is not None:
        value_of(frame, node.message)
    refine(frame, node.test, truth=True)


def _defer(frame: Frame, node: ir.Defer) -> None:
    _top(frame, node, node.call, "deferred")


def _delete(frame: Frame, node: ir.Delete) -> None:
    for target in node.targets:
        if type(target) in (ir.Index, ir.Attr):
            value_of(frame, ir.Unary(target.at, target.end, "delete", target))
        else:
            forget_variable(frame, target)


def _global(frame: Frame, node: ir.Global) -> None:
    frame.globals.update(node.names)


# Definitions


def _import(frame: Frame, node: ir.Import) -> None:
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


def _def(frame: Frame, node: ir.Def) -> None:
    function = node.function
    tell_defined(frame, function)
    value = function_value(frame.unit, function, frame)
    if frame.state is not None:
        frame.state.set(function.name, value)
    if frame.function is not None:
        frame.look.pending.append((function, frame))


def _class(frame: Frame, node: ir.ClassStatement) -> None:
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
    value = _top(frame, field, field.value, "assigned")
    name = field.target.id if type(field.target) is ir.Name else ""
    if name and frame.look.wants("assign", name):
        frame.look.events.append(Event("assign", name, (name,), field, field, frame.where, value=value))


def _unknown(frame: Frame, node: ir.Unknown) -> None:
    run_block(frame, node.body)


_STATEMENTS: Final[dict[Any, Callable[[Frame, Any], None]]] = {
    ir.Assign: _assign, ir.Eval: _eval, ir.If: _if, ir.Loop: _loop, ir.Switch: _switch, ir.Try: _try, ir.With: _with,
    ir.Return: _return, ir.Raise: _raise, ir.Jump: _jump, ir.Defer: _defer, ir.Delete: _delete, ir.Assert: _assert,
    ir.Global: _global, ir.Import: _import, ir.Def: _def, ir.ClassStatement: _class, ir.Scope: _scope, ir.Unknown: _unknown,
}  # fmt: skip
