"""Places that guards speak about: what stands there, and how it is refined, with what it was copied from and to."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from clearance.scan.code import ir
from clearance.scan.code.flow import algebra
from clearance.scan.code.flow.frame import Asked, Frame
from clearance.scan.code.flow.names import name_value
from clearance.scan.code.flow.state import State
from clearance.scan.code.flow.value import ANYTHING, Value

_replace = msgspec.structs.replace
_MAX_DEPTH: Final = 24
_WEB: Final = frozenset({"url", "redirect"})
_HOSTS: Final = frozenset({
    "hostname", "netloc", "host", "origin", "Host", "Hostname", "authority", "getHost", "getAuthority", "protocol_and_host",
})  # fmt: skip
_PEEL: Final = frozenset({
    "lower", "upper", "strip", "lstrip", "rstrip", "trim", "toLowerCase", "toUpperCase", "casefold", "toString", "valueOf",
    "ToLower", "ToUpper",
    "TrimSpace", "intern",
})  # fmt: skip
_PEEL_CALLS: Final = frozenset({"str", "String", "bytes", "strings.ToLower", "strings.ToUpper", "strings.TrimSpace"})
Change = Callable[[Value], Value]


def cleaner(kinds: frozenset[str]) -> Change:
    """Give what makes a value harmless for kinds of sinks."""
    return lambda value: algebra.cleaned(value, kinds)


def inner_call(frame: Frame, node: ir.Expr | None) -> Asked | None:
    """Give a call as it was last evaluated, where the expression is one."""
    if type(node) is ir.Through or type(node) is ir.Bind:
        return inner_call(frame, node.value)
    return frame.asked.get(id(node)) if type(node) is ir.Call else None


def parts_of(node: ir.Expr) -> Iterable[ir.Expr]:
    """Give the elements of a written list, or the expression itself."""
    return node.items if type(node) is ir.Items else (node,)


def spot(node: ir.Expr) -> str:
    """Give the path of a variable, attribute or entry (`x`, `user.name`, `args['id']`), empty where it is none."""
    if type(node) is ir.Name:
        return node.id
    if type(node) is ir.Attr:
        base = spot(node.base)
        return f"{base}.{node.name}" if base else ""
    if type(node) is ir.Index and type(node.key) is ir.Const:
        base = spot(node.base)
        return f"{base}[{node.key.value!r}]" if base else ""
    return ""


def same_spot(one: ir.Expr, other: ir.Expr) -> bool:
    """Tell whether two expressions are the same place."""
    path = spot(one)
    return bool(path) and path == spot(other)


def peek(frame: Frame, node: ir.Expr | None, depth: int = 0) -> Value:
    """Give what an expression was found to be, without evaluating it again."""
    if node is None or depth > _MAX_DEPTH:
        return ANYTHING
    if type(node) is ir.Name:
        return name_value(frame, node.id)
    if type(node) is ir.Const:
        return algebra.of_literal(node.value, node.form)
    if isinstance(node, ir.Attr | ir.Index):
        base = peek(frame, node.base, depth + 1)
        if isinstance(node, ir.Attr):
            if (
                base.refers is not None
                and type(base.refers.node) is ir.ClassDef
                and (base.items is None or node.name not in base.items)
            ):
                fields = frame.look.fields(frame, base.refers)
                if fields.items is not None and node.name in fields.items:
                    return fields.items[node.name]
            value = algebra.attribute(base, node.name)
        else:
            value = algebra.index(base, peek(frame, node.key, depth + 1))
        if frame.state is not None and frame.state.paths and value.key:
            return frame.state.paths.get(value.key, value)
        return value
    if type(node) is ir.Items:
        return algebra.make_list([peek(frame, item, depth + 1) for item in node.items], node.form)
    if type(node) is ir.Object:
        return algebra.make_object(
            [
                (peek(frame, key, depth + 1) if key is not None else None, peek(frame, value, depth + 1))
                for key, value in node.entries
            ]
        )
    if type(node) is ir.Call:
        asked = frame.asked.get(id(node))
        return asked.value if asked is not None else ANYTHING
    if type(node) is ir.Through or type(node) is ir.Bind:
        return peek(frame, node.value, depth + 1)
    if type(node) is ir.Unary and node.op in ("-", "+"):
        return algebra.unary(node.op, peek(frame, node.operand, depth + 1))
    if type(node) is ir.Binary and node.op in ("+", "|"):
        return algebra.binary(node.op, [peek(frame, one, depth + 1) for one in node.operands], frame.unit.language)
    return ANYTHING


def change_spot(frame: Frame, node: ir.Expr, change: Change, *, peel: bool = False) -> None:
    """Refine what stands at a place, and the variables that it was copied from or to."""
    for _ in range(6):
        inner = peeled(frame, node) if peel else None
        if isinstance(node, ir.Through):
            inner = node.value
        elif isinstance(node, ir.Bind):
            inner = node.target
        if inner is None:
            break
        node = inner
    state = frame.state
    path = spot(node)
    if state is None or not path:
        return
    value = peek(frame, node)
    changed = change(value)
    if changed is value:
        return
    _refined(state, path, changed)
    seen = {path}
    pending = [path]
    while pending and len(seen) < 8:
        one = pending.pop()
        near = [state.copies.get(one)] + [name for name, of in state.copies.items() if of == one]
        for other in near:
            if other is None or other in seen:
                continue
            seen.add(other)
            pending.append(other)
            held = state.vars.get(other)
            _refined(state, other, change(held) if held is not None else changed)


def _refined(state: State, path: str, value: Value) -> None:
    if value.key != path:
        value = _replace(value, key=path)
    if "." in path or "[" in path:
        state.paths[path] = value
    else:
        state.vars[path] = value
        if state.paths:
            state.forget(path)


def peeled(frame: Frame, node: ir.Expr) -> ir.Expr | None:
    """Give what a call only writes differently: `x.lower()`, `str(x)`."""
    if type(node) is not ir.Call:
        return None
    if type(node.func) is ir.Attr and node.func.name in _PEEL and not node.args:
        return node.func.base
    asked = frame.asked.get(id(node))
    if asked is not None and asked.names and asked.names[0] in _PEEL_CALLS and node.args:
        return node.args[0].value
    return None


def wholes(frame: Frame, node: ir.Expr, depth: int = 0) -> Iterator[ir.Expr]:
    """Give the address, and the text that was parsed into it, of which an expression is the host: `urlparse(x).hostname`."""
    if depth > 4:
        return
    if type(node) is ir.Call and type(node.func) is ir.Attr:
        word, base = node.func.name, node.func.base
        if word not in _HOSTS:
            inner = peeled(frame, node)
            if inner is not None:
                yield from wholes(frame, inner, depth + 1)
            return
    elif type(node) is ir.Attr:
        word, base = node.name, node.base
    elif type(node) is ir.Name and frame.state is not None:  # host = urlparse(x).hostname
        test = frame.state.tests.get(node.id)
        if type(test) is ir.Call or type(test) is ir.Attr:
            yield from wholes(frame, test, depth + 1)
        return
    else:
        return
    if word not in _HOSTS:
        return
    yield base
    made: ir.Expr | None = base
    if type(base) is ir.Name and frame.state is not None:
        made = frame.state.tests.get(base.id)
    if type(made) is ir.Index:
        made = made.base
    asked = inner_call(frame, made)
    for one in asked.given[:2] if asked is not None else ():
        yield one.expr
        joined = inner_call(frame, one.expr)
        if (
            joined is not None
            and joined.names
            and joined.names[0].rpartition(".")[2] in ("urljoin", "unquote", "resolve", "join")
        ):
            yield from (each.expr for each in joined.given[:2])


def clean_wholes(frame: Frame, node: ir.Expr) -> None:
    """The host of an address was found to be good: so is the address."""
    for whole in wholes(frame, node):
        change_spot(frame, whole, cleaner(_WEB), peel=True)


def equal_to(frame: Frame, subject: ir.Expr, tests: tuple[ir.Expr, ...]) -> None:
    """`subject` was one of these values."""
    values = [peek(frame, test) for test in tests]
    if values and all(value.constant for value in values):
        joined = algebra.joined(values)
        change_spot(frame, subject, lambda value: value if value.constant else _replace(joined, key=value.key), peel=True)
