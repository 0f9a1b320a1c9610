"""Calls that mean something of their own: `require`, `getattr`, `partial`, `promisify`, `f.call(…)` and the like."""

from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from clearance.scan.code import ir
from clearance.scan.code.flow import algebra
from clearance.scan.code.flow.event import Event, Given
from clearance.scan.code.flow.frame import Asked, Frame
from clearance.scan.code.flow.names import in_tree
from clearance.scan.code.flow.places import change
from clearance.scan.code.flow.telling import tell_call
from clearance.scan.code.flow.value import ANYTHING, UNKNOWN, Refers, Value

_replace = msgspec.structs.replace
Evaluate = Callable[[Frame, ir.Expr], Value]
Member = Callable[..., Value]
_REQUIRE: Final = frozenset({"require", "import", "__import__", "importlib.import_module", "importlib.__import__"})


def rebound(method: str, receiver: Value, given: list[Given]) -> tuple[Value, list[Given]] | None:
    """`f.call(this, x)`, `f.apply(this, [x])`, `f.bind(this, x)` in JavaScript."""
    if receiver.form not in ("function", "") or receiver.taints or receiver.text is not None or receiver.items is not None:
        return None
    if receiver.form == "" and not (
        receiver.refers is not None or (receiver.names and not receiver.names[0].startswith("?"))
    ):
        return None
    if method == "apply":
        spread = [Given(given[1].value, given[1].expr, "", "*")] if len(given) > 1 else []
        return receiver, spread
    if method == "call":
        return receiver, given[1:]
    refers = receiver.refers or Refers(None, None)
    return _replace(receiver, refers=Refers(refers.node, refers.unit, refers.outer, refers.receiver, tuple(given[1:]))), []


class Ask(NamedTuple):
    """A call that may mean something of its own, with the ways to evaluate what it needs."""

    frame: Frame
    node: ir.Call
    name: str
    given: list[Given]
    member: Member
    evaluate: Evaluate


def special(
    frame: Frame, node: ir.Call, callee: Value, given: list[Given], member: Member, evaluate: Evaluate
) -> Value | None:
    """Give what a call gives that means something of its own; None for any other."""
    if not callee.names or not given:
        return None
    name = callee.names[0]
    found = _SPECIAL.get(name if name in _SPECIAL else name.rpartition(".")[2])
    if found is None or (callee.refers is not None and type(callee.refers.node) in (ir.Function, ir.ClassDef)):
        return None
    return found(Ask(frame, node, name, given, member, evaluate))


def _require(ask: Ask) -> Value | None:
    literal = ask.given[0].value.literal
    if ask.name not in _REQUIRE or not isinstance(literal, str):
        return None
    module = literal
    if ask.frame.unit.language == "javascript":
        module = literal.removeprefix("node:").removeprefix("@").replace("./", ".").replace("/", ".").removesuffix(".js")
    elif ask.name == "__import__":
        module = literal.split(".", 1)[0]
    made = ir.Import(ask.node.at, ask.node.end, module, "", module)
    value = Value(names=(module,), refers=Refers(made, ask.frame.unit))
    ask.frame.asked[id(ask.node)] = Asked((ask.name,), None, ask.given, value, None)
    _tell_put_together(ask, 0, value)
    if ask.frame.look.wants("import", module.rpartition(".")[2]):
        ask.frame.look.events.append(
            Event("import", module.rpartition(".")[2], (module,), ask.node, ask.frame.statement, ask.frame.where)
        )
    return value


def _tell_put_together(ask: Ask, position: int, value: Value) -> None:
    """Tell of a call whose name is known here, but is not written out: somebody may ask why."""
    if type(ask.given[position].expr) is not ir.Const:
        tell_call(ask.frame, ask.node, (ask.name,), None, ask.given, value, "passed")


def _getattr(ask: Ask) -> Value | None:
    if ask.name not in ("getattr", "builtins.getattr") or len(ask.given) < 2:
        return None
    word = ask.given[1].value.literal
    if isinstance(word, str):
        value = ask.member(ask.frame, ask.given[0].value, word, ask.node)
        _tell_put_together(ask, 1, value)
        if len(ask.given) > 2 and value.literal is UNKNOWN and not value.refers and not value.taints:
            value = _replace(algebra.join(value, ask.given[2].value), key="")
        return value
    tell_call(ask.frame, ask.node, (ask.name,), None, ask.given, ANYTHING, "passed")
    names = tuple(f"{one}.[]" for one in ask.given[0].value.names)
    return algebra.with_taints(Value(names=names), algebra.merged(algebra.taints_of(ask.given[0].value), ()))


def _setattr(ask: Ask) -> Value | None:
    if ask.name != "setattr" or len(ask.given) < 3:
        return None
    word = ask.given[1].value.literal
    if isinstance(word, str):
        change(
            ask.frame,
            ask.given[0].expr,
            algebra.store_attribute(ask.given[0].value, word, _replace(ask.given[2].value, key="")),
            ask.evaluate,
        )
    return None


def _partial(ask: Ask) -> Value | None:
    if ask.name not in ("functools.partial", "partial"):
        return None
    value = ask.given[0].value
    refers = value.refers or Refers(None, None)
    if type(refers.node) is ir.Import:
        found = in_tree(ask.frame.look, refers)
        refers = found.refers if found is not None and found.refers is not None else Refers(None, None)
    return _replace(
        value, refers=Refers(refers.node, refers.unit, refers.outer, refers.receiver, (*refers.given, *ask.given[1:]))
    )


def _promisify(ask: Ask) -> Value | None:
    return (
        ask.given[0].value
        if ask.name.rpartition(".")[2] in ("promisify", "callbackify", "memoize", "once", "debounce")
        else None
    )


def _assign(ask: Ask) -> Value | None:
    """`Object.assign(target, source)`."""
    if ask.name != "Object.assign" or len(ask.given) < 2:
        return None
    value = algebra.make_object([(None, one.value) for one in ask.given])
    tell_call(ask.frame, ask.node, (ask.name,), None, ask.given, value, ask.frame.used if ask.frame.top is ask.node else "")
    change(ask.frame, ask.given[0].expr, _replace(value, key=ask.given[0].value.key), ask.evaluate)
    return value


def _promise(ask: Ask) -> Value | None:
    """`new Promise((resolve, reject) => …)`: what is ask.given to `resolve` is not followed; the body is looked at."""
    refers = ask.given[0].value.refers
    if ask.name != "Promise" or refers is None or type(refers.node) is not ir.Function:
        return None
    ask.frame.look.callback(
        ask.frame, refers, [Value(form="function", names=("resolve",)), Value(form="function", names=("reject",))], ask.node
    )
    return Value(names=("Promise()",))


_SPECIAL: Final[dict[str, Callable[[Ask], Value | None]]] = {
    "require": _require, "import": _require, "__import__": _require, "import_module": _require, "importlib.import_module":
    _require,
    "getattr": _getattr, "setattr": _setattr, "partial": _partial, "promisify": _promisify, "Object.assign": _assign,
    "Promise": _promise,
    "callbackify": _promisify, "once": _promisify,
}  # fmt: skip
