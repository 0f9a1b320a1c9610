"""Evaluates expressions."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from clearance.scan.code import ir
from clearance.scan.code.flow import algebra
from clearance.scan.code.flow.calls import call
from clearance.scan.code.flow.event import Event, Given
from clearance.scan.code.flow.frame import MAX_LEVELS, MAX_STEPS, Frame
from clearance.scan.code.flow.guards import refine
from clearance.scan.code.flow.methods import follow_getter
from clearance.scan.code.flow.names import (
    class_of,
    class_value,
    find_method,
    function_value,
    in_tree,
    instance_names,
    is_number,
    module_member,
    name_value,
    type_value,
)
from clearance.scan.code.flow.places import change, store
from clearance.scan.code.flow.state import State, join
from clearance.scan.code.flow.telling import tell_use
from clearance.scan.code.flow.value import ANYTHING, HARMLESS, UNKNOWN, Refers, Value

_replace = msgspec.structs.replace
_MAX_ALTERNATIVES: Final = 12
_KEPT_AT: Final = frozenset({"path", "filepath", "tempFilePath", "destination", "temporary_file_path"})
"""Where the server itself keeps an upload: no client chooses that."""
_KEPT_AT_KINDS: Final = frozenset({"path", "shell", "url"})
_OPERAND_NAMES: Final = 3
"""Of so many names of an operand the watcher is asked."""


def value_of(frame: Frame, node: ir.Expr) -> Value:
    """Give what an expression may give, with all that its evaluation does."""
    look = frame.look
    look.steps = steps = look.steps + 1
    if not steps & 0xFF:
        look.budget.check()
    look.level = level = look.level + 1
    if level > MAX_LEVELS or steps > MAX_STEPS:
        look.level -= 1
        return ANYTHING
    value = _EXPRESSIONS[type(node)](frame, node)
    look.level -= 1
    return value


def _const(frame: Frame, node: ir.Const) -> Value:
    constants = frame.look.constants
    value = constants.get(id(node))
    if value is None:
        value = constants[id(node)] = algebra.of_literal(node.value, node.form)
    return value


def _name(frame: Frame, node: ir.Name) -> Value:
    name = node.id
    look = frame.look
    state = frame.state
    value = state.vars.get(name) if state is not None else None
    if value is None:
        value = name_value(frame, name)
    uses = look.uses
    wanted = uses.get(name)
    if wanted is None:
        wanted = uses[name] = look.wants("use", name)
    if value.names and not value.taints and (value.refers is not None or value is frame.unit.values.get(name)):
        value = with_source(frame, value, node)
    if wanted:
        tell_use(frame, node, name, value.names or (name,))
    elif value.refers is not None and value.names and value.names[0] != name:
        word = value.names[0].rpartition(".")[2]
        if word != name and look.wants("use", word):
            tell_use(frame, node, word, value.names)
    return value


def with_source(frame: Frame, value: Value, node: ir.Node) -> Value:
    """Add what the vocabulary says that reading a name brings in."""
    source = frame.look.source(value.names, "read")
    if source is None or any(one.kind == source.kind for one in value.taints):
        return value
    return _replace(value, constant=False, literal=UNKNOWN, text=None, taints=(frame.taint(source, node),))


def _attr(frame: Frame, node: ir.Attr) -> Value:
    name = node.name
    value = member(frame, value_of(frame, node.base), name, node)
    look = frame.look
    wanted = look.uses.get(name)
    if wanted is None:
        wanted = look.uses[name] = look.wants("use", name)
    if wanted:
        tell_use(frame, node, node.name, value.names)
    if name in _KEPT_AT and any(taint.kind == "upload" for taint in value.taints):
        value = algebra.cleaned(value, _KEPT_AT_KINDS)
    return value


def member(frame: Frame, base: Value, name: str, node: ir.Node, *, called: bool = False, count: int = -1) -> Value:
    """Give an attribute: a field, a method, a thing of a module, or what the vocabulary says that it brings in."""
    refers = base.refers
    value: Value | None = None
    if refers is not None and (called or base.items is None or name not in base.items):
        value = _known_member(frame, base, refers, name, node, called=called, count=count)
    if value is None:
        value = algebra.attribute(base, name)
    state = frame.state
    if state is not None and state.paths and value.key:
        value = state.paths.get(value.key, value)
    return value if called or not value.names else with_source(frame, value, node)


def _known_member(
    frame: Frame, base: Value, refers: Refers, name: str, node: ir.Node, *, called: bool, count: int
) -> Value | None:
    look = frame.look
    held = refers.node
    if type(held) is ir.Import:
        found = module_member(look, refers, name)
        if found is None and held.name:
            thing = in_tree(look, refers)
            if thing is not None and thing.refers is not refers:
                found = member(frame, thing, name, node, called=called, count=count)
                if not found.refers and found.literal is UNKNOWN and not found.taints and not found.items:
                    found = None
        if found is None:
            return None
        names = algebra.attribute(base, name).names
        return _replace(found, names=(*names, *(one for one in found.names if one not in names))[:4])
    if type(held) is not ir.ClassDef:
        return None
    if name == "this" and base.form == "class":
        return enclosing(frame, refers)
    method = find_method(look, refers, name, count)
    if method is None:
        stored: Value | None = refers.unit.statics.get((id(held), name)) if base.form == "class" else None
        if stored is not None:
            return stored
        if base.form == "class":
            fields: Value = look.fields(frame, refers)
            if fields.items is not None and name in fields.items:
                return _replace(fields.items[name], key="")
        return None
    function, owner = method
    value = function_value(owner.unit, function, owner.outer)
    if "getter" in function.flags and not called:
        return follow_getter(frame, value.refers, base, node)
    names = algebra.attribute(base, name).names
    bound = value.refers
    if not called and bound is not None and base.form != "class":
        bound = Refers(function, owner.unit, owner.outer, base)
    return _replace(value, names=(*names, *value.names)[:6], refers=bound)


def enclosing(frame: Frame, refers: Refers) -> Value:
    """Give `Outer.this`: the object around, where it is in sight, else any."""
    around: Frame | None = frame
    while around is not None:
        if around.cls is not None and around.cls.node is refers.node and around.state is not None:
            this = around.state.vars.get(around.receiver)
            if this is not None:
                return this
        around = around.outer
    value: Value = frame.look.fields(frame, refers)
    return value


def _index(frame: Frame, node: ir.Index) -> Value:
    base, key = value_of(frame, node.base), value_of(frame, node.key)
    value = algebra.index(base, key)
    state = frame.state
    if state is not None and state.paths and value.key:
        value = state.paths.get(value.key, value)
    literal = key.literal
    if literal is UNKNOWN and value.constant and value.literal is not UNKNOWN and base.literal is UNKNOWN:
        value = Value(
            constant=True, text=value.text, form=value.form, names=value.names, key=value.key
        )  # or it has no such key
    if isinstance(literal, str):
        if frame.look.wants("use", literal):
            tell_use(frame, node, literal, value.names)
        if value.names:
            value = with_source(frame, value, node)
    return value


def _slice(frame: Frame, node: ir.Slice) -> Value:
    base = value_of(frame, node.base)
    low = value_of(frame, node.low) if node.low is not None else None
    high = value_of(frame, node.high) if node.high is not None else None
    return algebra.slice_of(base, low, high)


def _text(frame: Frame, node: ir.Text) -> Value:
    return algebra.put_together([value_of(frame, part) for part in node.parts], frame.unit.language)


def _binary(frame: Frame, node: ir.Binary) -> Value:
    if node.op in ("and", "or", "??"):
        return _either(frame, node)
    return algebra.binary(node.op, [value_of(frame, one) for one in node.operands], frame.unit.language)


def _either(frame: Frame, node: ir.Binary) -> Value:
    """Evaluate `and`, `or`, `??`: what comes later runs only, and knows, what the earlier ones let through."""
    op, language = node.op, frame.unit.language
    skipped: State | None = None
    value: Value | None = None
    undecided = False
    writes = frame.writes
    last = len(node.operands) - 1
    for number, operand in enumerate(node.operands):
        one = value_of(frame, operand)
        if op == "??":
            answer = None if one.literal is UNKNOWN else not algebra.is_null(one)
        else:
            answer = algebra.truth(one, language)
        stops = answer is not None and answer is (op != "and")
        passes = answer is not None and not stops
        if op == "and":
            if answer is None and number < last:
                undecided = True
            value = one
        elif not passes or number == last:
            value = one if value is None else algebra.join(value, one)
        if stops or number == last:
            break
        if answer is None and frame.state is not None:
            before = frame.state
            frame.state = before.copy()
            if op != "??":
                refine(frame, operand, truth=op == "and")
            if frame.lost:
                frame.state = before
                break
            if skipped is None or writes != frame.writes:
                skipped = join(skipped, before)
                writes = frame.writes
    if skipped is not None:  # what guards found out within is forgotten, what was assigned is kept
        frame.state = skipped if frame.writes == writes else join(skipped, frame.state)
    if value is None:
        return HARMLESS
    if op == "and" and undecided and (value.literal is not UNKNOWN or value.constant):
        return HARMLESS
    return value


def _compare(frame: Frame, node: ir.Compare) -> Value:
    left, right = value_of(frame, node.left), value_of(frame, node.right)
    look = frame.look
    if node.op not in ("is", "is not"):
        for mine, own, other in ((node.left, left, right), (node.right, right, left)):
            names = written(frame, mine, own)
            words = [name.rpartition(".")[2].removesuffix("()") for name in names[:_OPERAND_NAMES]]
            if any(look.wants("compare", word) for word in words):
                look.events.append(
                    Event(
                        "compare", words[0], names, node, frame.statement, frame.where, value=own, other=other, order=node.op
                    )
                )
    answer = algebra.compare(node.op, left, right, strict=node.strict or frame.unit.language != "javascript")
    return HARMLESS if answer is None else algebra.TRUE if answer else algebra.FALSE


def written(frame: Frame, node: ir.Expr, value: Value) -> tuple[str, ...]:
    """Give the names under which an operand is known: as it is written, and what it stands for."""
    if type(node) is ir.Name:
        return (node.id, *(name for name in value.names if name != node.id))
    if type(node) is ir.Call:
        asked = frame.asked.get(id(node))
        return asked.names if asked is not None else ()
    if type(node) is ir.Attr:
        named = value.names
        if named and named[0].rpartition(".")[2] == node.name:
            return named
        return (f"{value.key or '?.' + node.name}", *named)
    if type(node) is ir.Index:
        return value.names
    if type(node) is ir.Through and node.value is not None:
        return written(frame, node.value, value)
    return ()


def _unary(frame: Frame, node: ir.Unary) -> Value:
    value = value_of(frame, node.operand)
    if node.op in ("&", "*"):
        return value
    if node.op == "delete":
        if type(node.operand) in (ir.Attr, ir.Index):
            _delete(frame, node.operand)
        return HARMLESS
    return algebra.unary(node.op, value)


def _delete(frame: Frame, node: Any) -> None:
    base = value_of(frame, node.base)
    key = algebra.of_literal(node.name) if type(node) is ir.Attr else value_of(frame, node.key)
    if base.items is not None:
        change(frame, node.base, algebra.removed(base, key), value_of)


def _choice(frame: Frame, node: ir.Choice) -> Value:
    answer = algebra.truth(value_of(frame, node.test), frame.unit.language)
    if answer is not None:
        return value_of(frame, node.then if answer else node.other)
    before = frame.state
    values: list[Value] = []
    after: State | None = None
    for truth, branch in ((True, node.then), (False, node.other)):
        frame.state = before.copy() if before is not None else None
        refine(frame, node.test, truth=truth)
        if frame.state is not None:
            writes = frame.writes
            values.append(value_of(frame, branch))
            if frame.writes != writes:
                after = join(after, frame.state)
    frame.state = before if after is None else join(before, after)
    if not values:
        return ANYTHING
    return values[0] if len(values) == 1 else algebra.join(values[0], values[1])


def _items(frame: Frame, node: ir.Items) -> Value:
    values: list[Value] = []
    rest: list[Value] = []
    for item in node.items:
        if type(item) is not ir.Spread:
            (rest or values).append(value_of(frame, item))
            continue
        spread = value_of(frame, item.value)
        if algebra.is_null(spread):
            continue
        known = algebra.elements(spread) if not rest else None
        if known is None:
            rest.append(algebra.element(spread))
        else:
            values.extend(known)
    if not rest:
        return algebra.make_list(values, node.form)
    return algebra.container(
        dict(enumerate(values)), algebra.joined(rest), Value(form="set" if node.form == "set" else "list")
    )


def _spread(frame: Frame, node: ir.Spread) -> Value:
    return value_of(frame, node.value)


def _object(frame: Frame, node: ir.Object) -> Value:
    entries: list[tuple[Value | None, Value]] = []
    look = frame.look
    made = type_value(frame, node.type) if node.type is not None else None
    names = instance_names(made.names) if made is not None else ()
    given: list[Given] = []
    for key, inner in node.entries:
        if key is None:
            entries.append((None, value_of(frame, inner)))
            continue
        named = value_of(frame, key) if made is None or type(key) is not ir.Name else algebra.of_literal(key.id)
        value = value_of(frame, inner)
        entries.append((named, value))
        word = named.literal
        if isinstance(word, str):
            given.append(Given(value, inner, word))
            if look.wants("key", word):
                spelled = (word, *(f"{name}.{word}" for name in names))
                whole = key if key.at < inner.at else inner
                place = ir.Opaque(whole.at, max(key.end, inner.end), "entry", (inner,))
                look.events.append(Event("key", word, spelled, place, frame.statement, frame.where, value=value))
    if made is not None and class_of(made.refers) is not None and frame.unit.language == "go":
        entries += _zeros(made.refers, {key.literal for key, _ in entries if key is not None})
    value = algebra.make_object(entries)
    if made is None:
        return value
    refers = made.refers if class_of(made.refers) is not None else None
    value = _replace(value, names=names, refers=refers, form="object" if refers is not None else value.form)
    if made.names:
        word = made.names[0].rpartition(".")[2]
        if look.wants("call", word):
            event = Event(
                "call", word, made.names, node, frame.statement, frame.where, given=given, result=value,
                before=frame.now.done, used=frame.used if frame.top is node else "",
            )  # fmt: skip
            look.events.append(event)
            frame.where.calls.append(event)
    return value


def _zeros(refers: Refers | None, given: set[object]) -> list[tuple[Value | None, Value]]:
    """Give the fields of a Go struct that a literal leaves out: they are empty."""
    out: list[tuple[Value | None, Value]] = []
    for field in refers.node.fields[:60] if refers is not None else ():
        if type(field.target) is not ir.Name or field.target.id in given:
            continue
        kind = field.type.base if type(field.type) is ir.Index else field.type
        word = kind.id if type(kind) is ir.Name else ""
        if word in ("[]", "map"):
            zero = algebra.make_list([], "list") if word == "[]" else algebra.make_object([])
        elif word in ("string", "int", "bool", "float64", "int64"):
            zero = algebra.of_literal("" if word == "string" else False if word == "bool" else 0)
        else:
            continue
        out.append((algebra.of_literal(field.target.id), zero))
    return out


def _comprehension(frame: Frame, node: ir.Comprehension) -> Value:
    saved = frame.state
    frame.state = saved.copy() if saved is not None else State({})
    for target, iterable, conditions in node.clauses:
        each = algebra.element(value_of(frame, iterable))
        store(frame, target, _replace(each, key=""), value_of, declares=True)
        for condition in conditions:
            value_of(frame, condition)
            refine(frame, condition, truth=True)
            if frame.lost:
                break
        if frame.lost:
            frame.state = saved
            return algebra.make_list([], node.form)
    element = value_of(frame, node.element)
    key = value_of(frame, node.key) if node.key is not None else None
    if key is not None:
        element = algebra.with_taints(element, ())
    frame.state = saved
    form = "dict" if node.form == "dict" else "set" if node.form == "set" else "list"
    keyed = algebra.taints_of(key) if key is not None else ()
    return algebra.container({}, _replace(element, key=""), Value(form=form), keyed)


def _lambda(frame: Frame, node: ir.Lambda) -> Value:
    function = node.function
    value = function_value(frame.unit, function, frame)
    tell_defined(frame, function)
    if id(function) not in frame.look.entered:
        frame.look.pending.append((function, frame))
    return value


def tell_defined(frame: Frame, function: ir.Function) -> None:
    """Tell of a function that is defined."""
    look = frame.look
    if function.name and look.wants("define", function.name):
        start = function.name_at if function.name_at >= 0 else function.at
        place = ir.Name(start, start + len(function.name.encode()), function.name)
        look.events.append(Event("define", function.name, (function.name,), place, function, frame.where, function=function))


def _class(frame: Frame, node: ir.ClassValue) -> Value:
    for method in node.definition.methods:
        frame.look.pending.append((method, frame))
    return class_value(frame.unit, node.definition, frame)


def _bind(frame: Frame, node: ir.Bind) -> Value:
    value = value_of(frame, node.value)
    if node.op:
        value = algebra.binary(node.op, [value_of(frame, node.target), value], frame.unit.language)
    store(frame, node.target, value, value_of, node=node)
    if type(node.target) is ir.Name and frame.state is not None:
        frame.state.remember(node.target.id, node.value, frame.look.mentioned(node.value))
        return frame.state.vars.get(node.target.id, value)
    return value


def _through(frame: Frame, node: ir.Through) -> Value:
    if node.value is None:
        return ANYTHING
    if frame.top is node:
        frame.top = node.value
    value = value_of(frame, node.value)
    if node.how in ("yield", "yield from"):
        given = algebra.element(value) if node.how == "yield from" else value
        frame.yielded = given if frame.yielded is None else algebra.join(frame.yielded, given)
        return ANYTHING
    if node.how == "receive":
        return _replace(algebra.element(value), key="") if value.items is not None else value
    if node.type is not None and not value.constant:
        if is_number(frame, node.type):
            return algebra.counted([value])
        of = type_value(frame, node.type)
        if of.names and value.form not in ("list", "dict", "function"):
            refers = of.refers if class_of(of.refers) is not None and value.refers is None else value.refers
            names = instance_names(of.names)
            value = _replace(value, names=(*names, *(one for one in value.names if one not in names))[:4], refers=refers)
    return value


def _opaque(frame: Frame, node: ir.Opaque) -> Value:
    values = [value_of(frame, part) for part in node.parts]
    return algebra.made_of(values) if values else ANYTHING


def _markup(frame: Frame, node: ir.Markup) -> Value:
    look = frame.look
    entries: list[tuple[Value | None, Value]] = []
    tag = value_of(frame, node.tag) if node.tag is not None else None
    for name, inner in node.attributes:
        value = value_of(frame, inner)
        entries.append((algebra.of_literal(name) if name is not None else None, value))
        if name is not None and look.wants("key", name):
            names = (name, *(f"{one}.{name}" for one in tag.names)) if tag is not None else (name,)
            look.events.append(Event("key", name, names, inner, frame.statement, frame.where, value=value))
    children = [value_of(frame, child) for child in node.children]
    if tag is not None and tag.refers is not None and type(tag.refers.node) is ir.Function:
        if children:
            entries.append((algebra.of_literal("children"), algebra.joined(children)))
        look.callback(frame, tag.refers, [algebra.make_object(entries)], node)
    return Value(form="object")


_EXPRESSIONS: Final[dict[Any, Callable[[Frame, Any], Value]]] = {
    ir.Const: _const, ir.Name: _name, ir.Attr: _attr, ir.Index: _index, ir.Slice: _slice, ir.Text: _text, ir.Binary: _binary,
    ir.Compare: _compare, ir.Unary: _unary, ir.Choice: _choice, ir.Items: _items, ir.Spread: _spread, ir.Object: _object,
    ir.Comprehension: _comprehension, ir.Lambda: _lambda, ir.ClassValue: _class, ir.Bind: _bind, ir.Through: _through,
    ir.Opaque: _opaque, ir.Markup: _markup, ir.Call: lambda frame, node: call(frame, node, value_of, member),
}  # fmt: skip
