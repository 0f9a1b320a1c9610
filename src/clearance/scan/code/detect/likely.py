"""Whether a block may hold at a place, told by the code as it is written there, before anything is run.

A call that is given only literals cannot hand data from elsewhere to anybody; a pattern that has to fit the text of an
argument can be tried on it at once. What cannot be told for certain may hold.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import Any, Final

from clearance.scan.code import ir
from clearance.scan.code.detect.conditions import Trial, names_of
from clearance.scan.code.detect.language import CodeBlock, Condition, Test
from clearance.scan.code.detect.match import is_silent, sinks_of
from clearance.scan.code.detect.reader import expression
from clearance.scan.code.detect.spelled import Spelled
from clearance.scan.code.detect.written import within
from clearance.scan.code.flow import algebra
from clearance.scan.code.source import Source

_LONGEST_SOURCE: Final = 600
_TO_COME: Final = frozenset({"built", "dynamic", "request", "parameter", "tainted", "function", "absent"})
"""Words of tests that no value holds which is made of literals."""
_BOUND: Final = {"python": b"partial", "javascript": b"bind"}
"""What gives a function arguments that are not written where it is called."""
_OPTIONS: Final = frozenset({"javascript", "go"})
_KINDS: Final = frozenset({"call", "catch", "assign", "return"})
_CONTAINERS: Final = (ir.Items, ir.Object, ir.Comprehension, ir.Lambda)
"""What is never text or a number itself, whatever it holds."""
_LEFT_OUT: Final = frozenset({"at", "end", "owner", "lower", "_body"})
_MOST_NODES: Final = 20_000
_TARGETS: Final[dict[type, Callable[[Any], Iterable[ir.Expr | None]]]] = {
    ir.Assign: lambda one: (one.target,),
    ir.Loop: lambda one: (one.target,),
    ir.Bind: lambda one: (one.target,),
    ir.With: lambda one: [target for _, target in one.items],
    ir.Comprehension: lambda one: [target for target, _, _ in one.clauses],
    ir.Case: lambda one: (one.pattern,),
    ir.Delete: lambda one: one.targets,
}
"""What is given something, by what gives it."""
_getters: dict[type, Callable[[Any], Any]] = {}


class Likely:
    """The places of one file at which blocks may hold, with the code that stands there."""

    def __init__(
        self, module: ir.Module, functions: Sequence[ir.Function], source: Source, engine: str, *, bare: bool = True
    ) -> None:
        self._module = module
        self._functions = functions
        self._source = source
        self._engine = engine
        self._bound = _BOUND.get(engine, b"\0") in source.data
        self._found: dict[int, dict[int, tuple[ir.Node, bool]]] = {}
        self._spelled = Spelled(source.data, bare=bare)

    def may(self, block: CodeBlock, at: int, number: int, places: Sequence[int]) -> bool:
        """Tell whether a block may hold at a place. `number` is that of the function around, -1 at the top; `places` are all
        places that are asked about, in order."""
        if block.kind not in _KINDS:
            return True
        nodes = self._found.get(number)
        if nodes is None:
            nodes = self._found[number] = self._nodes(number, places)
        found = nodes.get(at)
        if found is None:
            return True
        node, tried = found
        if block.kind == "catch":
            return tried or not isinstance(node, ir.Call)
        if block.kind == "call":
            if isinstance(node, ir.Name):
                return self._spelled.may_be(block, node.id)
            if not isinstance(node, ir.Call):
                return True
            return self._spelled.may_call(block, node) and not any(
                self._misses(one, node, block) for one in block.clause.conditions
            )
        if block.kind == "return":
            return not isinstance(node, ir.Return) or not any(
                self._fails(one, node.value, block) for one in block.clause.conditions if one.of == "value"
            )
        if isinstance(node, ir.Name | ir.Attr):  # it is read there; what lies under it may be given something elsewhere
            return any(text.endswith(".*") for text in block.names)
        if not isinstance(node, ir.Assign) or node.op or node.type is not None:
            return True
        if at != _word_at(node.target):
            return True
        if isinstance(node.target, ir.Name) and not names_of(block.names).fits(node.target.id.lower()):
            return False
        return not any(self._fails(one, node.value, block) for one in block.clause.conditions)

    # What is written there

    def _nodes(self, number: int, places: Sequence[int]) -> dict[int, tuple[ir.Node, bool]]:
        """Give what stands at the places within a function: the call or assignment whose word it is, and whether it lies
        where errors are passed over in silence."""
        found: dict[int, tuple[ir.Node, bool]] = {}
        stack: list[tuple[Any, bool]] = [(self._functions[number].body if number >= 0 else self._module.body, False)]
        steps = 0
        while stack and steps < _MOST_NODES:
            one, tried = stack.pop()
            kind = type(one)
            if kind is tuple:
                stack += [(inner, tried) for inner in one]
                continue
            if not isinstance(one, ir.Node):
                continue
            steps += 1
            here = bisect_left(places, one.at)
            if here == len(places) or places[here] >= one.end:
                continue
            if isinstance(one, ir.Function):
                stack += ((one.body, False), (one.params, False))
                continue
            if isinstance(one, ir.Call):
                found[_word_at(one.func)] = (one, tried)
            elif kind is ir.Name or kind is ir.Attr:
                found.setdefault(_word_at(one), (one, tried))
            elif kind in _TARGETS:
                for target in _TARGETS[kind](one):
                    for inner in within((target,)) if target is not None else ():  # type: ignore[arg-type]
                        found[_word_at(inner)] = (one, tried)
                if isinstance(one, ir.Assign) and not one.op and one.type is None:
                    found[_word_at(one.target)] = (one, tried)
            elif isinstance(one, ir.Return):
                found[one.at] = (one, tried)
            elif isinstance(one, ir.Try):
                tried = tried or any(map(is_silent, one.handlers))
            stack += [(inner, tried) for inner in _parts(kind)(one)]
        return found

    # Conditions

    def _misses(self, condition: Condition, node: ir.Call, block: CodeBlock) -> bool:
        """Tell whether a condition certainly does not hold for a call."""
        if condition.of == "receiver":
            base = node.func.base if isinstance(node.func, ir.Attr) else None
            return base is not None and self._fails(condition, base, block)
        if condition.of != "argument" or node.tagged or self._bound:
            return False
        if not condition.which:
            return all(self._fails(condition, one.value, block) for one in node.args if one.splat != "**")
        found = self._argument(node.args, condition.which)
        if found is None:
            return False
        if found is ...:
            return "absent" not in condition.test.words
        if condition.path:
            return isinstance(found, ir.Const)
        return self._fails(condition, found, block)

    def _argument(self, args: Sequence[ir.Arg], which: Iterable[int | str]) -> Any:
        """Give the argument that is meant; `...` where it is certainly not there, None where nobody can tell."""
        positional = [one for one in args if not one.name and one.splat != "**"]
        spread = len(positional) < sum(1 for one in args if not one.name)
        for one in which:
            if one == "**":
                if spread:
                    return None
                continue
            if isinstance(one, int):
                before = positional[: one + 1]
                if any(given.splat for given in before):
                    return None
                if one < len(before):
                    return before[one].value
                continue
            for given in args:
                if given.name == one:
                    return given.value
            if spread or (self._engine in _OPTIONS and not all(type(given.value) is ir.Const for given in positional)):
                return None
        return ...

    def _fails(self, condition: Condition, expr: ir.Expr | None, block: CodeBlock) -> bool:
        """Tell whether what an expression gives certainly does not pass a test."""
        test = condition.test
        if expr is None or (isinstance(expr, ir.Const) and expr.value is None):
            return False
        if test.named is not None and not expression(test.named).search(self._text(expr)[:_LONGEST_SOURCE]):
            return True
        if isinstance(expr, ir.Const):
            trial = Trial(sinks_of(block), self._text, self._engine)
            return not trial.test(test, algebra.of_literal(expr.value, expr.form), expr)
        if isinstance(expr, _CONTAINERS) and (test.equals or test.explosive or test.less or test.more):
            return True
        return _asks_for_more(test) and _closed(expr)

    def _text(self, node: ir.Node) -> str:
        return self._source.data[node.at : node.end].decode("utf-8", "replace")


def _asks_for_more(test: Test) -> bool:
    """Tell whether a test does not hold for anything that is made of literals."""
    if test.words and _TO_COME.issuperset(test.words):
        return True
    return bool(test.origins or test.call or test.type or test.name or test.equals)


def _word_at(node: ir.Node) -> int:
    """Give the place at which the last word of a name begins; -1 for what is no name."""
    if isinstance(node, ir.Name):
        return node.at
    return node.end - len(node.name.encode("utf-8", "replace")) if isinstance(node, ir.Attr) else -1


def _closed(expr: ir.Expr, depth: int = 4) -> bool:
    """Tell whether an expression is a list or mapping of nothing but literals."""
    if isinstance(expr, ir.Const):
        return True
    if depth <= 0:
        return False
    if isinstance(expr, ir.Items):
        return all(_closed(one, depth - 1) for one in expr.items)
    if isinstance(expr, ir.Object) and expr.type is None:
        return all(isinstance(key, ir.Const) and _closed(value, depth - 1) for key, value in expr.entries)
    return False


def _parts(kind: type) -> Callable[[Any], Any]:
    """Give what reads the fields of a node that may hold other nodes."""
    found = _getters.get(kind)
    if found is None:
        names = [name for name in kind.__struct_fields__ if name not in _LEFT_OUT]  # type: ignore[attr-defined]
        found = _getters[kind] = _several(names) if names else _nothing
    return found


def _nothing(_node: Any) -> tuple[()]:
    return ()


def _several(names: Sequence[str]) -> Callable[[Any], Any]:
    get = attrgetter(*names)
    return get if len(names) > 1 else lambda node: (get(node),)
