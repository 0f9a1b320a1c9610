"""What can be read off a lowered file without following values: imports, names as they are written, calls within
functions."""

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final

from clearance.scan.code import ir
from clearance.scan.code.names import last_word

_REQUIRED = re.compile(rb"\b(?:require|import|__import__|import_module)\(\s{0,20}[\"'`]([\w./:@-]{1,120})[\"'`]")
_MOST_NODES: Final = 20_000
_MOST_CALLED: Final = 400
_LONGEST: Final = 24


class Written:
    """A file as it is written; everything is worked out when somebody asks."""

    def __init__(self, module: ir.Module, data: bytes) -> None:
        self.module = module
        self._data = data
        self._roots: dict[str, tuple[str, ...]] | None = None
        self._modules: frozenset[str] | None = None
        self._calls: dict[int, frozenset[str]] = {}
        self._said: dict[int, frozenset[str]] = {}
        self._named: dict[str, list[ir.Function]] | None = None

    @property
    def roots(self) -> dict[str, tuple[str, ...]]:
        """The dotted names that variables at the top stand for: imports, and what was made by a call (`app = Flask()`)."""
        if self._roots is None:
            self._roots = {}
            for statement in top(self.module):
                self._bind(statement)
        return self._roots

    def _bind(self, statement: ir.Stmt) -> None:
        roots = self._roots if self._roots is not None else {}
        if isinstance(statement, ir.Import) and statement.alias and statement.name != "*":
            roots[statement.alias] = (imported(statement, self.module.language),)
        elif isinstance(statement, ir.Assign) and isinstance(statement.target, ir.Name) and not statement.op:
            names = self.names(statement.value)
            if names and names != (statement.target.id,):
                roots[statement.target.id] = (*names[:2], statement.target.id)

    def names(self, expr: ir.Expr | None) -> tuple[str, ...]:
        """Give the dotted names that an expression stands for, resolved and as it is written; none where it is no name."""
        tail: list[str] = []
        for _ in range(_LONGEST):
            match expr:
                case ir.Name():
                    rest = "".join(reversed(tail))
                    return tuple(dict.fromkeys(f"{root}{rest}" for root in (*self._root(expr.id), expr.id)))
                case ir.Attr():
                    tail.append(f".{expr.name}")
                    expr = expr.base
                case ir.Call():
                    tail.append("()")
                    expr = expr.func
                case ir.Through() if expr.value is not None:
                    expr = expr.value
                case None:
                    return ()
                case _:
                    return ("?" + "".join(reversed(tail)),) if tail else ()
        return ()

    def aliases(self, words: AbstractSet[str], above: AbstractSet[str] = frozenset()) -> set[str]:
        """Give the variables at the top that are, or may be, other names for what one of the words names, or for what lies
        under one that the words `above` name."""
        found = set()
        for name, known in self.roots.items():
            if name in words:
                continue
            if any(_last(one) in words or not above.isdisjoint(one.split(".")[:-1]) for one in known):
                found.add(name)
        for statement in top(self.module):
            if isinstance(statement, ir.Assign) and statement.value is not None:
                found.update(_bound(statement.target, statement.value, words))
        return found

    def below(self, above: AbstractSet[str]) -> set[str]:
        """Give the variables at the top that are what lies under one of some names."""
        return {
            name for name, known in self.roots.items() if any(not above.isdisjoint(one.split(".")[:-1]) for one in known)
        }

    def _root(self, name: str) -> tuple[str, ...]:
        return self._roots.get(name, ()) if self._roots is not None else self.roots.get(name, ())

    @property
    def modules(self) -> frozenset[str]:
        """The dotted names that the file imports, anywhere."""
        if self._modules is None:
            found = set()
            for statement in top(self.module):
                if isinstance(statement, ir.Import):
                    found |= {statement.module, imported(statement, self.module.language)}
            for match in _REQUIRED.finditer(self._data):
                text = match[1].decode("utf-8", "replace")
                found.add(text.removeprefix("node:").removeprefix("@").replace("/", "."))
            self._modules = frozenset(found)
        return self._modules

    def calls(self, function: ir.Function) -> frozenset[str]:
        """Give the names of all calls within a function, and within those functions of the file that it calls."""
        known = self._calls.get(id(function))
        if known is None:
            found: set[str] = set()
            waiting, seen = [function], {id(function)}
            while waiting and len(seen) < _MOST_CALLED:
                for call in calls_in(waiting.pop()):
                    names = self.names(call.func)
                    found.update(names)
                    for inner in self._functions(names):
                        if id(inner) not in seen:
                            seen.add(id(inner))
                            waiting.append(inner)
            known = self._calls[id(function)] = frozenset(found)
        return known

    def _functions(self, names: Iterable[str]) -> Iterator[ir.Function]:
        if self._named is None:
            self._named = {}
            for function in self.module.functions:
                if function.name:
                    self._named.setdefault(function.name, []).append(function)
        for name in names:
            root, _, last = name.rpartition(".")
            if root in ("", "self", "this", "cls"):
                yield from self._named.get(last, ())

    def said(self, function: ir.Function) -> frozenset[str]:
        """Give the names that a function says of itself: in its decorators, its parameters, and the calls of its body."""
        known = self._said.get(id(function))
        if known is None:
            parts: list[ir.Node | None] = [*function.decorators]
            for param in function.params:
                parts += [param.default, param.type, *param.decorators]
            if function.owner is not None:
                parts += function.owner.decorators
            found = {name for part in parts if part is not None for name in mentioned(part)}
            known = self._said[id(function)] = frozenset(found | self.calls(function))
        return known

    def functions_of(self, expr: ir.Expr) -> Iterator[ir.Function]:
        """Give the functions of the file that an expression is."""
        if isinstance(expr, ir.Lambda):
            yield expr.function
        elif isinstance(expr, ir.Name | ir.Attr):
            yield from self._functions(self.names(expr))

    def hands_on(self, function: ir.Function, variable: str) -> bool:
        """Tell whether a variable leaves a function, or is looked after by `with` or `defer`."""
        for node in within(function.body):
            match node:
                case ir.Return() | ir.Raise():
                    inner: ir.Node | None = node.value
                case ir.Through(how="yield" | "yield from"):
                    inner = node.value
                case ir.With():
                    if any(_mentions(value, variable) for value, _ in node.items):
                        return True
                    continue
                case ir.Assign() if not isinstance(node.target, ir.Name):
                    inner = node.value
                case _:
                    continue
            if inner is not None and _is_given(inner, variable):
                return True
        return False


def imported(statement: ir.Import, language: str) -> str:
    """Give the dotted name that an import binds."""
    module, name = statement.module, statement.name
    if not name:
        if language == "python" and "." in module[1:] and statement.alias == module.split(".", 1)[0]:
            return statement.alias  # `import os.path` binds `os`
        return module
    if name in ("default", "*"):
        return module
    return f"{module}{name}" if module.endswith(".") else f"{module}.{name}"


def top(module: ir.Module) -> Iterator[ir.Stmt]:
    """Give the statements at the top of a file, those within `if`, `try` and blocks too."""
    stack: list[ir.Block] = [module.body]
    steps = 0
    while stack and steps < _MOST_NODES:
        for statement in stack.pop():
            steps += 1
            yield statement
            match statement:
                case ir.If():
                    stack.extend(block for _, block in statement.branches)
                case ir.Try():
                    stack += [statement.body, statement.other, statement.final]
                    stack.extend(handler.body for handler in statement.handlers)
                case ir.Scope() | ir.With() | ir.Unknown():
                    stack.append(statement.body)


def calls_in(function: ir.Function) -> Iterator[ir.Call]:
    """Give all calls in the body of a function, those of inner functions too."""
    for node in within(function.body):
        if isinstance(node, ir.Call):
            yield node


def within(block: ir.Block) -> Iterator[ir.Node]:
    """Give all nodes of some statements, in no certain order."""
    stack: list[object] = [block]
    steps = 0
    while stack and steps < _MOST_NODES:
        one = stack.pop()
        if isinstance(one, tuple):
            stack.extend(one)
        elif isinstance(one, ir.Function):
            steps += 1
            stack.append(one.body)
        elif isinstance(one, ir.Node):
            steps += 1
            yield one
            stack.extend(value for value in _parts(one) if isinstance(value, tuple | ir.Node))


def _parts(node: ir.Node) -> list[object]:
    return [getattr(node, name) for name in _fields(type(node))]


_FIELDS: dict[type, tuple[str, ...]] = {}


def _fields(kind: type) -> tuple[str, ...]:
    known = _FIELDS.get(kind)
    if known is None:
        names: tuple[str, ...] = kind.__struct_fields__  # type: ignore[attr-defined]
        known = _FIELDS[kind] = tuple(name for name in names if name not in ("at", "end", "owner", "lower"))
    return known


def mentioned(node: ir.Node) -> set[str]:
    """Give all names that an expression mentions."""
    found = set()
    for one in within((node,)):  # type: ignore[arg-type]
        if isinstance(one, ir.Name):
            found.add(one.id)
        elif isinstance(one, ir.Attr):
            found.add(one.name)
        elif isinstance(one, ir.Const) and isinstance(one.value, str):
            found.add(one.value)
    return found


def _last(name: str) -> str:
    return last_word(name).partition("-")[0]


def _bound(target: ir.Expr, value: ir.Expr, words: AbstractSet[str]) -> Iterator[str]:
    """Give the names of `const { exec: e } = …` and `const e = promisify(exec)` where the word that matters is `exec`."""
    if isinstance(target, ir.Object):
        for key, inner in target.entries:
            bound = inner.target if isinstance(inner, ir.Bind) else inner
            named = key.value if isinstance(key, ir.Const) else key.id if isinstance(key, ir.Name) else None
            if named in words and isinstance(bound, ir.Name):
                yield bound.id
    elif isinstance(target, ir.Name) and isinstance(value, ir.Call):
        for one in value.args:
            name = (
                one.value.name if isinstance(one.value, ir.Attr) else one.value.id if isinstance(one.value, ir.Name) else ""
            )
            if name in words:
                yield target.id


def _is_given(node: ir.Node, variable: str) -> bool:
    """Tell whether an expression is a variable, or holds it as an element."""
    if isinstance(node, ir.Name):
        return node.id == variable
    if isinstance(node, ir.Items):
        return any(isinstance(one, ir.Name) and one.id == variable for one in node.items)
    if isinstance(node, ir.Call):
        return any(isinstance(one.value, ir.Name) and one.value.id == variable for one in node.args)
    return False


def _mentions(node: ir.Node, variable: str) -> bool:
    return any(isinstance(one, ir.Name) and one.id == variable for one in within((node,)))  # type: ignore[arg-type]
