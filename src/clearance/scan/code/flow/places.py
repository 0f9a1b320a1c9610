"""Where values go: variables (of this function, of those around it, of the file), attributes, entries, patterns."""

from collections.abc import Callable
from typing import Final

import msgspec

from clearance.scan.code import ir
from clearance.scan.code.flow import algebra
from clearance.scan.code.flow.event import Event
from clearance.scan.code.flow.frame import Frame
from clearance.scan.code.flow.names import is_own_field
from clearance.scan.code.flow.value import ANYTHING, HARMLESS, UNKNOWN, Refers, Value
from clearance.scan.code.names import last_word

_replace = msgspec.structs.replace
_LONGEST: Final = 80
Evaluate = Callable[[Frame, ir.Expr], Value]


def bind(frame: Frame, name: str, value: Value, node: ir.Node, *, declares: bool = False) -> None:
    """Give a variable a value, in the scope that holds it."""
    if value.taints:
        value = algebra.hop(value, frame.hop(node, f"goes into {name[:_LONGEST]}"))
    where = frame if declares else _holder(frame, name)
    if where is None:
        _own_field(frame, name, value)
        return
    put(frame, where, name, value, declares=declares)
    frame.rebound.add(name)


def put(frame: Frame, where: Frame, name: str, value: Value, *, declares: bool = False) -> None:
    """Write a variable of a frame; one of another frame than that which runs keeps what it was, too."""
    state = where.state
    if state is None:
        return
    came = value.key
    if came != name:
        value = _replace(value, key=name)
    if where is not frame:
        before = state.vars.get(name)
        if before is not None and before is not value:
            value = algebra.join(before, value)
            if value.key != name:
                value = _replace(value, key=name)
    elif declares and where.declared:
        where.declared[-1].setdefault(name, state.vars.get(name))
    state.set(name, value)
    if came and came != name and where is frame:
        state.copies[name] = came
    frame.writes += 1


def _holder(frame: Frame, name: str) -> Frame | None:
    """Give the frame that holds a variable that is assigned to; None where it is a field of the object itself (Java)."""
    state = frame.state
    if name in frame.globals:
        outer = frame.outer
        while outer is not None:
            if outer.function is not None and outer.state is not None and name in outer.state.vars:
                return outer
            outer = outer.outer
        return frame.unit.top or frame
    if state is None or name in state.vars or frame.function is None or frame.unit.language == "python":
        return frame
    outer = frame.outer
    while outer is not None:
        if outer.state is not None and name in outer.state.vars:
            return outer
        outer = outer.outer
    if is_own_field(frame, name):
        return None
    top = frame.unit.top
    return top if top is not None and top.state is not None and name in top.state.vars else frame


def _own_field(frame: Frame, name: str, value: Value) -> None:
    around: Frame | None = frame
    while around is not None:
        this = around.state.vars.get(frame.receiver) if around.state is not None else None
        if this is not None:
            put(frame, around, frame.receiver, algebra.store_attribute(this, name, _replace(value, key="")))
            return
        around = around.outer


def change(frame: Frame, node: ir.Expr | None, new: Value, evaluate: Evaluate) -> None:
    """Write back what an expression stands for after something changed it in place: `x`, `x.y`, `x[k]`."""
    for _ in range(6):
        if type(node) is ir.Unary and node.op in ("&", "*"):
            node = node.operand
        elif type(node) is ir.Through and node.how in ("cast", "assert", "await"):
            node = node.value
        else:
            break
    if type(node) is ir.Name:
        where: Frame | None = frame
        while where is not None:
            if where.state is not None and node.id in where.state.vars:
                put_changed(frame, where, node.id, new)
                return
            where = where.outer
        if is_own_field(frame, node.id):
            _own_field(frame, node.id, new)
            return
        top = frame.unit.top
        if top is not None and top.state is not None and node.id in top.state.vars:
            put_changed(frame, top, node.id, new)
    elif type(node) is ir.Call:
        asked = frame.asked.get(id(node))
        if asked is not None and asked.fluent and type(node.func) is ir.Attr:
            change(frame, node.func.base, new, evaluate)
    elif type(node) is ir.Attr:
        base = evaluate(frame, node.base)
        if base.form == "class" and base.refers is not None:
            _change_static(frame, base.refers, node.name, new)
        elif not _is_import(base):
            change(frame, node.base, algebra.store_attribute(base, node.name, _replace(new, key="")), evaluate)
    elif type(node) is ir.Index:
        base, key = evaluate(frame, node.base), evaluate(frame, node.key)
        change(frame, node.base, algebra.store_index(base, key, _replace(new, key="")), evaluate)


def _change_static(frame: Frame, refers: Refers, name: str, new: Value) -> None:
    """Write a field of a class itself, or `Outer.this`."""
    if name == "this":
        around: Frame | None = frame
        while around is not None:
            if around.cls is not None and around.cls.node is refers.node and around.state is not None:
                put(frame, around, around.receiver, new)
                return
            around = around.outer
        return
    statics = refers.unit.statics
    before = statics.get((id(refers.node), name))
    if before is None:
        known = frame.look.fields(frame, refers)
        before = known.items.get(name) if known.items is not None else None
    statics[id(refers.node), name] = _replace(new if before is None else algebra.join(before, new), key="")


def put_changed(frame: Frame, where: Frame, name: str, value: Value) -> None:
    """Write a variable whose value was changed in place; those that it was copied from, or to, are the same object."""
    state = where.state
    if state is None:
        return
    copies = dict(state.copies) if state.copies else {}
    put(frame, where, name, value)
    if copies and where is frame and value.items is not None:
        for one, of in copies.items():
            other = of if one == name else one if of == name else ""
            if other and other in state.vars:
                state.set(other, _replace(value, key=other))
        state.copies.update(copies)


def _is_import(value: Value) -> bool:
    return value.refers is not None and type(value.refers.node) is ir.Import


def store(
    frame: Frame, target: ir.Expr, value: Value, evaluate: Evaluate, *, declares: bool = False, node: ir.Node | None = None
) -> None:
    """Give what stands left of an assignment a value; tells of it."""
    if isinstance(target, ir.Name):
        bind(frame, target.id, value, target, declares=declares)
        tell_assigned(frame, target, (target.id,), value, node)
    elif isinstance(target, ir.Attr | ir.Index):
        _store_part(frame, target, value, evaluate, node)
    elif isinstance(target, ir.Items):
        _store_items(frame, target, value, evaluate, declares=declares, node=node)
    elif isinstance(target, ir.Object):
        _store_object(frame, target, value, evaluate, declares=declares, node=node)
    elif isinstance(target, ir.Spread):
        store(frame, target.value, value, evaluate, declares=declares, node=node)
    elif isinstance(target, ir.Bind):  # a default
        default = evaluate(frame, target.value)
        if value.constant and value.literal is None:
            value = default
        elif not (value.constant and value.literal is not UNKNOWN):
            value = _replace(algebra.join(value, default), key=value.key)
        store(frame, target.target, value, evaluate, declares=declares, node=node)
    elif isinstance(target, ir.Opaque):
        for part in target.parts:
            if isinstance(part, ir.Name):
                bind(frame, part.id, _replace(algebra.flat(value), literal=UNKNOWN, text=None), part, declares=declares)
    elif isinstance(target, ir.Unary):  # `*p = x`
        change(frame, target.operand, value, evaluate)
    elif isinstance(target, ir.Through) and target.value is not None:
        change(frame, target.value, value, evaluate)


def _store_part(frame: Frame, target: ir.Attr | ir.Index, value: Value, evaluate: Evaluate, node: ir.Node | None) -> None:
    base = evaluate(frame, target.base)
    if isinstance(target, ir.Attr):
        name = target.name
        if value.taints and not _is_import(base):
            value = algebra.hop(value, frame.hop(target, f"goes into {base.key + '.' if base.key else ''}{name}"[:_LONGEST]))
        if frame.look.wants("assign", name):
            tell_assigned(frame, target, algebra.attribute(base, name).names, value, node)
        changed = algebra.store_attribute(base, name, _replace(value, key=""))
    else:
        key = evaluate(frame, target.key)
        if value.taints:
            value = algebra.hop(value, frame.hop(target, f"goes into {base.key or 'an entry'}"[:_LONGEST]))
        if isinstance(key.literal, str) and frame.look.wants("assign", key.literal):
            names = tuple(f"{name}.{key.literal}" for name in base.names) or (f"?.{key.literal}",)
            tell_assigned(frame, target, names, value, node)
        elif key.taints and base.names:
            _tell_entry(frame, target, base.names, key, value)
        changed = algebra.store_index(base, key, _replace(value, key=""))
    if base.form == "class" and base.refers is not None and type(target) is ir.Attr:
        _change_static(frame, base.refers, target.name, value)
    elif not _is_import(base):
        change(frame, target.base, changed, evaluate)


def _store_items(
    frame: Frame, target: ir.Items, value: Value, evaluate: Evaluate, *, declares: bool, node: ir.Node | None
) -> None:
    items = target.items
    known = algebra.elements(value) if not isinstance(value.literal, str) else None
    if known is None and value.refers is not None and type(value.refers.node) is ir.ClassDef and value.items:
        known = [  # a record taken apart
            value.items.get(field.target.id, ANYTHING)
            for field in value.refers.node.fields[:60]
            if type(field.target) is ir.Name
        ]
    spread = next((at for at, one in enumerate(items) if type(one) is ir.Spread), None)
    if known is not None and (len(known) == len(items) or (spread is not None and len(known) >= len(items) - 1)):
        after = 0 if spread is None else len(items) - spread - 1
        for at, one in enumerate(items):
            if at == spread:
                given = algebra.make_list(known[at : len(known) - after], "list")
            elif spread is not None and at > spread:
                given = known[len(known) - (len(items) - at)]
            else:
                given = known[at]
            if at == 0 and not given.names and value.names and frame.unit.language == "go":
                given = _replace(given, names=value.names)
            store(frame, one, given, evaluate, declares=declares, node=node)
        return
    results = frame.unit.language == "go" and value.items is None and not value.constant
    for at, one in enumerate(items):
        if results:  # of several results, the first one is what the call is known for
            error = at > 0 and type(one) is ir.Name and one.id in ("err", "ok", "_")
            given = value if at == 0 else ANYTHING if error else Value(taints=value.taints)
        elif type(one) is ir.Spread:
            given = algebra.any_of(value)
        else:
            given = algebra.index(value, algebra.of_literal(at)) if spread is None or at < spread else algebra.element(value)
            if at == 0 and not given.names and value.names and frame.unit.language == "go":
                given = _replace(given, names=value.names)
        store(frame, one, _replace(given, key=""), evaluate, declares=declares, node=node)


def _store_object(
    frame: Frame, target: ir.Object, value: Value, evaluate: Evaluate, *, declares: bool, node: ir.Node | None
) -> None:
    rest = value
    for key, inner in target.entries:
        if key is None:
            store(frame, inner, _replace(rest, key=""), evaluate, declares=declares, node=node)
            continue
        name = key.value if type(key) is ir.Const else evaluate(frame, key).literal
        if isinstance(name, str) and rest.items is not None and name in rest.items:
            rest = algebra.removed(rest, algebra.of_literal(name))
        given = frame.look.member(frame, value, name, key) if isinstance(name, str) else algebra.element(value)
        store(frame, inner, given, evaluate, declares=declares, node=node)


def tell_assigned(frame: Frame, target: ir.Node, names: tuple[str, ...], value: Value, node: ir.Node | None) -> None:
    """Tell of an assignment."""
    if not names:
        return
    word = names[0].rpartition(".")[2]
    if frame.look.watcher.about("assign", word, names):
        frame.look.events.append(
            Event("assign", word, names, node if node is not None else target, frame.statement, frame.where, value=value)
        )


def _tell_entry(frame: Frame, target: ir.Node, bases: tuple[str, ...], key: Value, value: Value) -> None:
    """Tell that an entry is given a value whose key is not constant: the assignment of `base[]`, with the key as `other`."""
    word = last_word(bases[0])
    if frame.look.wants("assign", word):
        names = tuple(f"{name}[]" for name in bases)
        frame.look.events.append(Event("assign", word, names, target, frame.statement, frame.where, value=value, other=key))


def forget_variable(frame: Frame, target: ir.Expr) -> None:
    """Take a deleted variable or entry away."""
    state = frame.state
    if state is None:
        return
    if type(target) is ir.Name:
        state.set(target.id, HARMLESS)
    elif type(target) is ir.Items:
        for one in target.items:
            forget_variable(frame, one)
