"""Calls: what is called, what it is given, what it gives, what it changes."""

import re
from collections.abc import Callable
from typing import Final

import msgspec

from clearance.scan.code import ir
from clearance.scan.code.flow import algebra, models
from clearance.scan.code.flow.callbacks import EACH, MAPPED, SAME, Back, given_to_each, is_callable, let_through, of_callback
from clearance.scan.code.flow.event import Event, Given
from clearance.scan.code.flow.frame import Asked, Frame, Summary
from clearance.scan.code.flow.methods import constructor_of, followed, implementation
from clearance.scan.code.flow.names import (
    bases,
    class_of,
    find_method,
    function_value,
    in_tree,
    instance_names,
    module_default,
    name_value,
)
from clearance.scan.code.flow.places import change
from clearance.scan.code.flow.special import rebound, special
from clearance.scan.code.flow.spots import change_spot
from clearance.scan.code.flow.telling import tell_call, tell_use
from clearance.scan.code.flow.value import ANYTHING, HARMLESS, UNKNOWN, Refers, Value

_replace = msgspec.structs.replace
_MAX_NAMES: Final = 4
_CLEANING: Final = re.compile(
    r"(?i)(?<!un)(?:sanitiz|sanitis|escap|quot|hash|digest|encrypt|slugify|strip_?tags|purif|bleach)|(?:^|[._])(?:clean|validate|allowed)(?=_|[A-Z]|\(|$)"
)
_ASKING: Final = re.compile(r"(?:^|[._])(?:is|has|can|should|exists|equals|contains)(?=[_A-Z]|$)")
_RESOLVING: Final = re.compile(
    r"(?i)^(?:realpath|abspath|normpath|normalize|getcanonicalpath|getcanonicalfile|torealpath|evalsymlinks|abs|absolute|clean)$"
)
_RESOLVING_HERE: Final = {
    "python": frozenset({"resolve"}),
    "javascript": frozenset({"resolve", "join"}),
    "go": frozenset({"Join"}),
}
_INVOKE: Final = frozenset({
    "run", "apply", "accept", "get", "call", "test", "applyAsInt", "applyAsLong", "getAsInt", "compare", "invoke",
    "__call__",
})  # fmt: skip
_ENDS: Final = frozenset(
    {"panic", "sys.exit", "exit", "quit", "os._exit", "os.abort", "process.exit", "java.lang.System.exit", "os.Exit"}
)
Evaluate = Callable[[Frame, ir.Expr], Value]
Member = Callable[..., Value]


def call(frame: Frame, node: ir.Call, evaluate: Evaluate, member: Member) -> Value:
    """Evaluate a call."""
    used = frame.used if frame.top is node else ""
    func = node.func
    receiver: Value | None = None
    method = ""
    if type(func) is ir.Attr:
        base = func.base
        if _is_super(base):
            return _super(frame, node, func.name, evaluate)
        receiver = evaluate(frame, base)
        method = func.name
        callee = member(frame, receiver, method, func, called=True, count=len(node.args))
        if (
            receiver.form == "function" and method in _INVOKE and receiver.refers is not None and callee.refers is None
            and frame.unit.language in ("java", "python")
        ):  # fmt: skip
            callee, receiver, method = receiver, receiver.refers.receiver, ""
        elif receiver.refers is not None and callee.refers is None and receiver.form != "class":
            callee = implementation(frame, receiver, method, callee)
    elif type(func) is ir.Name:
        if func.id in ("super", "this") and frame.cls is not None:
            return _super(frame, node, "", evaluate, own=func.id == "this")
        callee = _callee(frame, func, len(node.args))
        if callee.refers is not None and callee.refers.receiver is not None:
            receiver = callee.refers.receiver
    else:
        callee = evaluate(frame, func)
    if callee.names:
        for word in {method: 0, callee.names[0].rpartition(".")[2]: 0}:
            if word and frame.look.wants("use", word):
                tell_use(frame, func, word, callee.names)
    given = arguments(frame, node, evaluate)
    if callee.refers is not None and callee.refers.given:
        given = [*callee.refers.given, *given]
    if method in ("call", "apply", "bind") and frame.unit.language == "javascript" and receiver is not None and given:
        changed = rebound(method, receiver, given)
        if changed is not None:
            if method == "bind":
                return changed[0]
            callee, given, receiver, method = changed[0], changed[1], None, ""
    own = special(frame, node, callee, given, member, evaluate)
    if own is not None:
        return own
    result, summary = _outcome(frame, node, callee, receiver, method, given, evaluate)
    names = callee.names
    asked = Asked(names, receiver, given, result, summary)
    asked.fluent = frame.look.fluent is node or (summary is not None and summary.fluent)
    frame.asked[id(node)] = asked
    told = names
    if callee.form == "class" and class_of(callee.refers) is not None:  # a class of the tree is no builtin of that name
        told = tuple([name if "." in name else f"self.{name}" for name in names])
    tell_call(frame, node, told, receiver, given, result, used)
    if summary is None and names and (names[0] in _ENDS or frame.look.vocabulary.ends(names)):
        if frame.raises and frame.state is not None:
            frame.raises[-1].append(frame.state.copy())
        frame.ended = True
    return result


def _callee(frame: Frame, func: ir.Name, count: int) -> Value:
    value = name_value(frame, func.id)
    if frame.unit.language != "java" or value.refers is not None:
        return value
    around: Frame | None = frame
    while around is not None:  # a method of the class around that is called without `this`
        if around.cls is not None:
            found = find_method(frame.look, around.cls, func.id, count)
            if found is not None:
                method, owner = found
                value = function_value(owner.unit, method, owner.outer)
                this = name_value(frame, "this")
                names = (f"self.{func.id}", *value.names)
                refers = value.refers
                if refers is not None and "static" not in method.flags:
                    refers = Refers(refers.node, refers.unit, refers.outer, this)
                return _replace(value, names=names, refers=refers)
        around = around.outer
    return value


def arguments(frame: Frame, node: ir.Call, evaluate: Evaluate) -> list[Given]:
    """Evaluate the arguments of a call."""
    given: list[Given] = []
    wants = frame.look.wants
    for arg in node.args:
        inner = arg.value
        if type(inner) is ir.Call or type(inner) is ir.Through:
            frame.top, frame.used = inner, "passed"
        value = evaluate(frame, inner)
        given.append(Given(value, inner, arg.name, arg.splat))
        if arg.name and wants("key", arg.name):
            frame.look.events.append(Event("key", arg.name, (arg.name,), arg, frame.statement, frame.where, value=value))
    return given


# What a call gives


def _outcome(
    frame: Frame, node: ir.Call, callee: Value, receiver: Value | None, method: str, given: list[Given], evaluate: Evaluate
) -> tuple[Value, Summary | None]:
    look = frame.look
    names = callee.names
    refers = callee.refers
    if refers is not None and type(refers.node) is ir.Import:
        found = in_tree(look, refers) if refers.node.name else module_default(look, refers)
        if found is not None:
            refers = found.refers
            names = (*names, *(one for one in found.names if one not in names))[:_MAX_NAMES]
            callee = _replace(found, names=names)
    asked = names
    if refers is not None and type(refers.node) in (ir.Function, ir.ClassDef):  # what the tree defines is no builtin
        asked = tuple(name for name in names if "." in name)
    if node.new and given and given[-1].value.form == "class" and type(given[-1].expr) is ir.ClassValue:
        made = given[-1].value  # an anonymous class
        own = instance_names(names)
        return _replace(look.construct(frame, made.refers, [], node), names=own, form="object"), None
    source = look.source(asked, "call") if asked else None
    summary: Summary | None = None
    kinds = look.cleans(asked) if asked else frozenset()
    if refers is not None and type(refers.node) is ir.Function:
        summary = followed(frame, node, refers, receiver, given, evaluate)
        result = summary.result
        if names and not result.constant:
            own = instance_names(names)
            result = _replace(result, names=(*result.names, *(one for one in own if one not in result.names))[:_MAX_NAMES])
    elif class_of(refers) is not None and callee.form == "class":
        result = look.construct(frame, refers, given, node)
    else:
        if class_of(refers) is not None and refers is not None:
            called = find_method(look, refers, "__call__")
            if called is not None and receiver is None:
                inner = function_value(called[1].unit, called[0], called[1].outer).refers
                if inner is not None:
                    summary = followed(frame, node, inner, callee, given, evaluate)
                    return summary.result, summary
        result = _known(frame, node, names, receiver, method, given, evaluate, sourced=source is not None)
    if source is not None and not any(one.kind == source.kind for one in result.taints):
        result = _replace(result, constant=False, literal=UNKNOWN, text=None, taints=(frame.taint(source, node),))
    if kinds:
        result = algebra.cleaned(result, kinds)
        if not kinds <= result.checked:
            result = _replace(result, checked=result.checked | kinds)
    if names:
        for at, to in look.vocabulary.fills(names):
            for where in range(len(given)) if to == "*" else (to,):
                _fill(frame, node, given, receiver, at, where, result, evaluate)
        word = names[0].rpartition(".")[2]
        resolves = _RESOLVING.match(word) or word in _RESOLVING_HERE.get(frame.unit.language, ())
        if resolves and "resolved" not in result.checked:
            result = _replace(result, checked=result.checked | {"resolved"})
    return result, summary


def _known(
    frame: Frame, node: ir.Call, names: tuple[str, ...], receiver: Value | None, method: str, given: list[Given],
    evaluate: Evaluate, *, sourced: bool,
) -> Value:  # fmt: skip
    """Give what a call gives that leads out of the tree: by a model, by the vocabulary, or by what it is made of."""
    look = frame.look
    back = _callbacks(frame, node, names, receiver, method, given, evaluate)
    word = method or (names[0] if names else "")
    if back is not None and word in MAPPED | SAME:
        return of_callback(word, receiver, back, names, given)
    outcome = models.call(frame.unit.language, names, method, receiver, given)
    if outcome is not None:
        fluent = False
        if outcome.receiver is not None and type(node.func) is ir.Attr:
            change(frame, node.func.base, outcome.receiver, evaluate)
            fluent = outcome.result is outcome.receiver
        for at, changed in (getattr(outcome, "args", None) or {}).items():
            if at < len(given):
                change(frame, given[at].expr, changed, evaluate)
        _checks_number(frame, node, names, given)
        result = outcome.result
        if fluent:
            frame.look.fluent = node
        return result if result.names or not names else _replace(result, names=instance_names(names))
    passes = look.vocabulary.passes(names) if names else None
    if passes is not None:
        values = _chosen(passes, receiver, given)
        if len(values) == 1:
            own = instance_names(names)
            return _replace(
                values[0], names=(*own, *(one for one in values[0].names if one not in own))[:_MAX_NAMES], key=""
            )
        result = algebra.made_of(values) if values else ANYTHING
        return _replace(result, names=instance_names(names), key="")
    if sourced:
        return Value(names=instance_names(names))
    if method == "send" and frame.unit.language == "go" and given and receiver is not None and type(node.func) is ir.Attr:
        held = given[0].value if receiver.rest is None else algebra.join(receiver.rest, given[0].value)
        change(
            frame,
            node.func.base,
            algebra.container({}, _replace(held, key=""), Value(form="list", names=receiver.names)),
            evaluate,
        )
        return HARMLESS
    if not given and receiver is not None and receiver.form == "object" and receiver.items is not None:
        for field in (method, *_property_of(method)):
            if field in receiver.items:
                return receiver.items[field]
    value = _unknown(names, method, receiver, given, cleaning=not (names and look.cleans(names)))
    if back is not None and back[0].taints:
        value = algebra.with_taints(value, algebra.weakened(back[0]).taints)
    return value


def _property_of(method: str) -> tuple[str, ...]:
    """Give the field that a getter of generated code reads: `getName`, `isOpen`."""
    for prefix in ("get", "is"):
        if method.startswith(prefix) and method[len(prefix) : len(prefix) + 1].isupper():
            return (method[len(prefix)].lower() + method[len(prefix) + 1 :],)
    return ()


def _unknown(
    names: tuple[str, ...], method: str, receiver: Value | None, given: list[Given], *, cleaning: bool = True
) -> Value:
    """Give what a call may give of which nothing is known: something made of what it is given."""
    word = names[0] if names else method
    called = instance_names(names)
    if _ASKING.search(word):
        return Value(names=called)
    taints = algebra.taints_of(receiver) if receiver is not None and receiver.form != "class" else ()
    for one in given:
        if one.value.form != "function":
            taints = algebra.merged(taints, algebra.taints_of(one.value))
    if not taints:
        return Value(names=called)
    value = algebra.weakened(Value(names=called, taints=taints))
    if cleaning and _CLEANING.search(word):
        return _replace(
            value, taints=tuple(_replace(one, cleaned=one.cleaned | {"*"}) for one in value.taints), checked=frozenset({"*"})
        )
    return value


def _chosen(which: tuple[int | str, ...], receiver: Value | None, given: list[Given]) -> list[Value]:
    positional = [one.value for one in given if not one.name]
    out: list[Value] = []
    for one in which:
        if one == "receiver":
            out += [receiver] if receiver is not None else []
        elif one == "*":
            out += [each.value for each in given]
        elif isinstance(one, int):
            out += positional[one : one + 1]
        else:
            out += [each.value for each in given if each.name == one]
    return out


def _fill(
    frame: Frame, node: ir.Call, given: list[Given], receiver: Value | None, at: int | str, to: int | str, result: Value,
    evaluate: Evaluate,
) -> None:  # fmt: skip
    values = [result] if at == "result" else _chosen((at,), receiver, given)
    if not values:
        return
    taints = algebra.taints_of(values[0])
    target: ir.Expr | None = None
    before = ANYTHING
    if to == "receiver":
        if type(node.func) is ir.Attr and receiver is not None:
            target, before = node.func.base, receiver
    elif isinstance(to, int):
        positional = [one for one in given if not one.name]
        if to < len(positional):
            target, before = positional[to].expr, positional[to].value
    else:
        target, before = next(((one.expr, one.value) for one in given if one.name == to), (None, ANYTHING))
    if target is None:
        return
    if taints or not values[0].constant:
        taints = algebra.merged(algebra.taints_of(before), taints)
        change(frame, target, Value(names=before.names, refers=before.refers, taints=taints, key=before.key), evaluate)


_NUMBERS: Final = frozenset({
    "int", "float", "Integer.parseInt", "Long.parseLong", "UUID.fromString", "java.lang.Integer.parseInt",
    "java.lang.Long.parseLong",
    "java.util.UUID.fromString", "uuid.UUID", "Integer.valueOf", "java.lang.Integer.valueOf", "java.lang.Long.valueOf",
    "BigInt",
    "ipaddress.ip_address", "decimal.Decimal", "Decimal", "java.lang.Double.parseDouble",
})  # fmt: skip


def _checks_number(frame: Frame, node: ir.Call, names: tuple[str, ...], given: list[Given]) -> None:
    """`int(x)` that comes back says that `x` is a number."""
    tried = bool(frame.raises) or (frame.top is node and frame.used == "dropped")
    if (
        tried
        and given
        and names
        and names[0] in _NUMBERS
        and type(given[0].expr) in (ir.Name, ir.Attr, ir.Index)
        and len(given) == 1
    ):
        if frame.raises and frame.state is not None:
            frame.raises[-1].append(frame.state.copy())
        change_spot(frame, given[0].expr, lambda value: algebra.cleaned(value, frozenset({"*"})), peel=True)


# Functions of the tree


def _is_super(node: ir.Expr) -> bool:
    if type(node) is ir.Name:
        return node.id == "super"
    return type(node) is ir.Call and type(node.func) is ir.Name and node.func.id == "super"


def _super(frame: Frame, node: ir.Call, method: str, evaluate: Evaluate, *, own: bool = False) -> Value:
    """`super().m(…)`, `super(…)`, `this(…)`: a method of a base, called on the object itself."""
    look = frame.look
    around: Frame | None = frame
    while around is not None and around.cls is None:
        around = around.outer
    given = arguments(frame, node, evaluate)
    cls = around.cls if around is not None else None
    if around is None or cls is None:
        return _unknown(("super()." + method,), method, None, given)
    this = name_value(frame, around.receiver)
    names: tuple[str, ...] = ()
    word = method or ("__init__" if frame.unit.language == "python" else "constructor")
    targets: list[Refers] = [cls] if own else []
    if not own:
        for base, dotted in bases(look, cls):
            if base is not None:
                targets.append(base)
            names += tuple(f"{one}().{method}" if method else one for one in dotted)
    for target in targets:
        found = constructor_of(frame, target, len(node.args)) if not method else find_method(look, target, method)
        if found is None or found[0] is frame.function:
            continue
        refers = function_value(found[1].unit, found[0], found[1].outer).refers
        if refers is None:
            continue
        summary = look.follow(frame, refers, given, this, node)
        if summary.receiver is not None:
            change(
                frame, ir.Name(node.at, node.at, around.receiver), _replace(summary.receiver, key=around.receiver), evaluate
            )
        frame.asked[id(node)] = Asked(names, this, given, summary.result, summary)
        return summary.result
    names = names[:_MAX_NAMES] or (f"super().{word}",)
    result = _known(frame, node, names, this, method, given, evaluate, sourced=False)
    frame.asked[id(node)] = Asked(names, this, given, result, None)
    tell_call(frame, node, names, this, given, result, "")
    return result


# Callbacks


def _callbacks(
    frame: Frame,
    node: ir.Call,
    names: tuple[str, ...],
    receiver: Value | None,
    method: str,
    given: list[Given],
    evaluate: Evaluate,
) -> Back | None:
    """Look into functions that are passed to a call that leads out of the tree."""
    look = frame.look
    result: Back | None = None
    each = method in EACH or (bool(names) and names[0] in EACH)
    for at, one in enumerate(given):
        refers = one.value.refers
        callable_value = one.value
        if refers is None or type(refers.node) is not ir.Function:
            if not (each and at == 0 and is_callable(callable_value)):
                continue
            args = given_to_each(method or names[0], receiver, given, at)
            value = applied(frame, node, callable_value, args[:1], evaluate)
            result = (value, None)
            continue
        function: ir.Function = refers.node
        registered = look.vocabulary.registered(names, given, at) if names else None
        if registered is not None:
            look.registered[id(function)] = registered
            if refers.outer is None:
                continue
            look.entered.discard(id(function))
            look.pending.append((function, refers.outer))
            continue
        if each:
            args = given_to_each(method or names[0], receiver, given, at)
            summary = look.callback(frame, refers, args, node)
            found = summary.result
            back = found if result is None else algebra.join(result[0], found)
            result = (back, let_through(summary, args))
        elif refers.outer is not None and id(function) not in look.entered and not function.decorators:
            back = look.passed_on(frame, refers)
            result = (back if result is None else algebra.join(result[0], back), None)
    return result


def applied(frame: Frame, node: ir.Call, callee: Value, values: list[Value], evaluate: Evaluate) -> Value:
    """Give what a thing that leads out of the tree gives for these values (`map(int, …)`, `String::trim`)."""
    place = ir.Opaque(node.at, node.end, "callback")
    given = [Given(value, place) for value in values]
    made = ir.Call(node.at, node.end, place, ())
    word = callee.names[0].rpartition(".")[2]
    if callee.refers is None and values and models.call(frame.unit.language, callee.names, "", None, given) is None:
        outcome = models.call(frame.unit.language, (f"?.{word}",), word, values[0], given[1:])
        if outcome is not None:
            return outcome.result
    result, _ = _outcome(frame, made, callee, None, "", given, evaluate)
    tell_call(frame, node, callee.names, None, given, result, "")
    return result
