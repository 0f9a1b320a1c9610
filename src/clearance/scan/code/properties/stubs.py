"""What a module offers, read from its stub or source as text: names, functions with their parameters, classes with members.

Every branch of an `if` and `try` counts, because which one runs depends on version and platform. A module that makes names
while it runs (`__getattr__`, `globals()`, `setattr`) is open: nothing is said to be missing from it.
"""

import msgspec

from clearance.scan.code import ir
from clearance.scan.code.lower import lower
from clearance.scan.code.source import Source

_MOST_NAMES = 20_000
_HARMLESS = frozenset({"final", "disjoint_base", "type_check_only", "runtime_checkable", "deprecated", "total_ordering"})
"""Decorators of classes that change nothing of what they offer."""
_DYNAMIC = (b"globals()", b"setattr(sys.modules", b"sys.modules[__name__]", b"vars()[", b"lazy_loader", b"_LazyModule")


class Callee(msgspec.Struct, frozen=True, array_like=True):
    """One way to call something: names that may be given by position or keyword, how many of these only by position, names
    only by keyword, whether there is a `*rest` and a `**rest`. `self` is not among them."""

    names: tuple[str, ...] = ()
    positional: int = 0
    keywords: tuple[str, ...] = ()
    rest: bool = False
    more: bool = False


class Thing(msgspec.Struct, array_like=True):
    """A name of a module or class.

    `kind`: `f` function, `c` class, `v` anything else, `i` imported from `origin` (module and name; an empty name is the
    module itself). `calls` are the ways to call a function; `bases` and `members` are those of a class. `open`: more may be
    there than what is written.
    """

    kind: str = "v"
    calls: tuple[Callee, ...] = ()
    bases: tuple[str, ...] = ()
    members: "dict[str, Thing]" = {}
    origin: tuple[str, str] = ("", "")
    open: bool = False


class Shape(msgspec.Struct, array_like=True):
    """A module: its names, the modules all of whose names it takes in, and whether it is open."""

    names: dict[str, Thing] = {}
    stars: tuple[str, ...] = ()
    open: bool = False


def read_package(text: str) -> Shape:
    """Read a stub or a source of Python. One that does not parse is open: nobody can tell what it holds."""
    source = Source(text, "python")
    shape = Shape(open=any(sign in source.data for sign in _DYNAMIC))
    stars: list[str] = []
    waiting = list(reversed(lower(source).body))
    while waiting and len(shape.names) < _MOST_NAMES:
        statement = waiting.pop()
        if isinstance(statement, ir.Import) and statement.name == "*":
            stars.append(statement.module)
        waiting.extend(reversed(_inside(statement)))
        _take(statement, shape.names)
    shape.stars = tuple(stars)
    shape.open |= bool(waiting) or source.tree.root_node.has_error or "__getattr__" in shape.names
    return shape


def _inside(statement: ir.Stmt) -> list[ir.Stmt]:
    match statement:
        case ir.If():
            return [one for _, body in statement.branches for one in body]
        case ir.Try():
            bodies = [statement.body, *(handler.body for handler in statement.handlers), statement.other, statement.final]
            return [one for body in bodies for one in body]
        case ir.With() | ir.Loop() | ir.Scope() | ir.Unknown():
            return list(statement.body)
        case _:
            return []


def _take(statement: ir.Stmt, names: dict[str, Thing]) -> None:
    match statement:
        case ir.Def():
            _add_function(statement.function, names, method=False)
        case ir.ClassStatement():
            names[statement.definition.name] = _class(statement.definition)
        case ir.Assign():
            _assigned(statement, names)
        case ir.Import():
            _imported(statement, names)
        case ir.Loop() if statement.target is not None:
            _bind(statement.target, names)
        case ir.With():
            for _, target in statement.items:
                if target is not None:
                    _bind(target, names)
        case _:
            pass


def _imported(statement: ir.Import, names: dict[str, Thing]) -> None:
    if statement.name == "*":
        return
    if statement.name:
        names[statement.alias or statement.name] = Thing("i", origin=(statement.module, statement.name))
    elif statement.alias:
        names[statement.alias] = Thing("i", origin=(statement.module, ""))
    else:
        names[statement.module.partition(".")[0]] = Thing("i", origin=(statement.module.partition(".")[0], ""))


def _assigned(statement: ir.Assign, names: dict[str, Thing]) -> None:
    value = statement.value
    if isinstance(statement.target, ir.Name) and isinstance(value, ir.Name) and value.id in names:
        names[statement.target.id] = names[value.id]
        return
    _bind(statement.target, names)


def _bind(target: ir.Expr, names: dict[str, Thing]) -> None:
    waiting = [target]
    while waiting:
        one = waiting.pop()
        if isinstance(one, ir.Name):
            names.setdefault(one.id, Thing())
        elif isinstance(one, ir.Items):
            waiting.extend(one.items)
        elif isinstance(one, ir.Spread):
            waiting.append(one.value)


def _add_function(function: ir.Function, names: dict[str, Thing], *, method: bool) -> None:
    decorators = {_last(one) for one in function.decorators}
    known = names.get(function.name)
    if method and decorators & {"property", "cached_property", "setter", "getter", "deleter"}:
        names[function.name] = Thing()
        return
    opaque = bool(
        decorators - {"overload", "staticmethod", "classmethod", "abstractmethod", "deprecated", "final", "override"}
    )
    call = Callee(more=True, rest=True) if opaque else _callee(function, bound=method and "staticmethod" not in decorators)
    before = known.calls if known is not None and known.kind == "f" else ()
    names[function.name] = Thing("f", calls=(*before, call))


def _last(decorator: ir.Expr) -> str:
    if isinstance(decorator, ir.Call):
        decorator = decorator.func
    if isinstance(decorator, ir.Attr):
        return decorator.name
    return decorator.id if isinstance(decorator, ir.Name) else "?"


def _callee(function: ir.Function, *, bound: bool) -> Callee:
    names: list[str] = []
    keywords: list[str] = []
    positional = 0
    rest = more = False
    for number, param in enumerate(function.params):
        if number == 0 and bound:
            continue
        if param.kind == "*":
            rest = rest or bool(param.name)
        elif param.kind == "**":
            more = True
        elif param.kind == "keyword":
            keywords.append(param.name)
        else:
            names.append(param.name)
            if param.name.startswith("__") and not param.name.endswith("__"):
                positional = len(names)
    return Callee(tuple(names), positional, tuple(keywords), rest, more)


def _class(definition: ir.ClassDef) -> Thing:
    members: dict[str, Thing] = {}
    for function in definition.methods:
        _add_function(function, members, method=True)
    for field in definition.fields:
        _bind(field.target, members)
    waiting = list(reversed(definition.body))
    while waiting:
        statement = waiting.pop()
        waiting.extend(reversed(_inside(statement)))
        if isinstance(statement, ir.Def):
            _add_function(statement.function, members, method=True)
        else:
            _take(statement, members)
    bases = tuple(_dotted(base) for base in definition.bases)
    opaque = (
        bool({_last(one) for one in definition.decorators} - _HARMLESS)
        or bool(definition.keywords)
        or "__getattr__" in members
        or "?" in bases
    )
    return Thing("c", bases=bases, members=members, open=opaque)


def _dotted(node: ir.Expr) -> str:
    if isinstance(node, ir.Index):
        node = node.base
    if isinstance(node, ir.Name):
        return node.id
    if isinstance(node, ir.Attr) and isinstance(node.base, ir.Name):
        return f"{node.base.id}.{node.name}"
    return "?"
