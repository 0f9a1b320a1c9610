"""Holds the values of an event against the conditions of a block."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from msgspec.structs import replace

from clearance.scan.code import ir
from clearance.scan.code.detect.language import FROM_OUTSIDE, Clause, Condition, Scalar, Test
from clearance.scan.code.detect.reader import expression
from clearance.scan.code.flow.event import Event
from clearance.scan.code.flow.value import CLOSED, HOLE, REMOTE, UNKNOWN, Taint, Value
from clearance.scan.code.names import Names, read_name

_DEPTH = 3
_MOST_ITEMS = 200
_LONGEST_SOURCE = 600
_WRITTEN: Final = frozenset({"function", "dict", "list", "set", "class", "regex"})
"""Forms that are no data from elsewhere although they are not constant."""
_OPTIONS: Final = frozenset({"javascript", "go"})
"""Engines whose calls take options as the properties of an object."""
_NOT_GIVEN: Final = object()
_HIDDEN: Final = object()


@lru_cache(maxsize=16384)
def names_of(texts: tuple[str, ...]) -> Names:
    """Compile names, once."""
    return Names(tuple(map(read_name, texts)))


class Origin(NamedTuple):
    """A taint of a value for which a test held; `needed`: it would not have held without it."""

    taint: Taint
    needed: bool


class Trial:
    """One block and one event. `sinks` are the kinds of sinks for which cleaned values are harmless here.

    With `assume`, what comes from a parameter of a function passes every test: is this a place about which its callers in
    the file should be asked? `origins` holds where the values that decided come from, `closed` such parameters.
    """

    def __init__(self, sinks: frozenset[str], show: Callable[[ir.Node], str], engine: str, *, assume: bool = False) -> None:
        self.sinks = sinks
        self.show = show
        self.engine = engine
        self.options = engine in _OPTIONS
        self.assume = assume
        self.origins: list[Origin] = []
        self.closed: list[Taint] = []

    def holds(self, clause: Clause, event: Event) -> bool:
        """Tell whether all conditions on values hold."""
        return all(self.condition(one, event) for one in clause.conditions)

    def condition(self, condition: Condition, event: Event) -> bool:
        """Tell whether one condition holds."""
        test = condition.test
        if condition.of != "argument":
            value = {"value": event.value, "other": event.other, "receiver": event.receiver}[condition.of]
            return self.test(test, value, _written(event, condition.of))
        if not condition.which:
            return any(self.test(test, one.value, one.expr) for one in event.given if one.splat != "**")
        found = self.argument(event, condition.which)
        expr: ir.Expr | None = None
        if isinstance(found, tuple):
            found, expr = found
        for key in condition.path:
            if not isinstance(found, Value):
                break
            if found.items is None:
                return self._asked_about(found)
            found, expr = _entry(found, key), _spelled(expr, key)
        if isinstance(found, Value):
            return self.test(test, found, expr)
        return found is _NOT_GIVEN and "absent" in test.words

    def argument(self, event: Event, which: tuple[int | str, ...]) -> object:
        """Give the argument that is meant and its expression; `_NOT_GIVEN` where it is certainly not there, `_HIDDEN`
        where it may be."""
        certain = True
        positional = [one for one in event.given if not one.name and one.splat != "**"]
        for one in which:
            if one == "**":
                for given in event.given:
                    if given.splat == "**":
                        return given.value, given.expr
                continue
            if isinstance(one, int):
                before = positional[: one + 1]
                if any(given.splat for given in before):
                    certain = False
                elif one < len(before):
                    return before[one].value, before[one].expr
                continue
            for given in event.given:
                if given.name == one:
                    return given.value, given.expr
            for given in event.given:
                if given.splat == "**" and given.value.form == "dict" and given.value.items is not None:
                    spread = _entry(given.value, one)
                    if isinstance(spread, Value):
                        return spread, None
                    certain = certain and spread is _NOT_GIVEN
                else:
                    certain = certain and given.splat != "**"
            if self.options:
                found = _option([given.value for given in positional], one)
                if isinstance(found, Value):
                    exprs = (_spelled(given.expr, one) for given in positional)
                    return found, next((expr for expr in exprs if expr is not None), None)
                certain = certain and found is _NOT_GIVEN and not any(given.splat for given in positional)
        return _NOT_GIVEN if certain else _HIDDEN

    # Tests

    def _explodes(self, value: Value) -> bool:
        from clearance.scan.code.properties.redos import explosive

        return isinstance(value.literal, str) and explosive(value.literal, self.engine) is not None

    def taints(self, value: Value) -> list[Taint]:
        """Give the origins of a value, and of what lies in it, that matter to this kind of sink."""
        return [taint for taint in _all_taints(value) if self.sinks.isdisjoint(taint.cleaned)]

    def _asked_about(self, value: Value) -> bool:
        """In a trial of what callers may give: note the parameters that a value comes from."""
        closed = [taint for taint in self.taints(value) if is_asked(taint)] if self.assume else []
        self.closed.extend(closed)
        return bool(closed)

    def _harmless(self, value: Value) -> bool:
        """Tell whether a value was checked or cleaned for this kind of sink."""
        return not self.sinks.isdisjoint(value.checked) or (not self.taints(value) and bool(_all_taints(value)))

    def _texts(self, test: Test, value: Value) -> bool:
        if test.text is None and test.not_text is None:
            return True
        text = text_of(value, self._harmless)
        if test.text is not None and (text is None or not expression(test.text).search(text)):
            return False
        return test.not_text is None or text is None or not expression(test.not_text).search(text)

    def test(self, test: Test, value: Value | None, expr: ir.Expr | None) -> bool:
        """Tell whether a value is what a test asks for."""
        if value is None:
            return "absent" in test.words
        if test.named is not None and (expr is None or not expression(test.named).search(self.show(expr)[:_LONGEST_SOURCE])):
            return False
        if self._asked_about(value):
            return True
        taints = self.taints(value)
        outside = [taint for taint in taints if taint.kind != CLOSED]
        # What only a parameter with callers in sight brings is told where the callers are.
        elsewhere = len(taints) > len(outside) and not outside
        harmless = self._harmless(value)
        needed = bool(test.origins)
        if test.words:
            # Where even a number is dangerous, one that comes from somewhere is not constant.
            asked = replace(value, constant=False) if taints and value.constant and "*" not in self.sinks else value
            held = [word for word in test.words if _word(word, asked, outside, harmless=harmless, elsewhere=elsewhere)]
            if not held:
                return False
            needed = needed or all(word in FROM_OUTSIDE for word in held)
        if test.origins and not any(taint.kind in test.origins for taint in outside):
            return False
        if not _constants(test, value) or not _known_by(test, value) or not self._texts(test, value):
            return False
        if test.explosive and not self._explodes(value):
            return False
        kept = [taint for taint in outside if taint.kind in test.origins] if test.origins else outside
        self.origins.extend(Origin(taint, needed) for taint in kept)
        return True


def is_asked(taint: Taint) -> bool:
    """Tell whether a taint is a parameter of a function whose callers in the file may say more of it.

    Callers elsewhere may bring something harmless to a public function; one here that hands it a request is still told.
    """
    return taint.function >= 0 and taint.kind in (CLOSED, "parameter")


def _written(event: Event, of: str) -> ir.Expr | None:
    """Give the expression of a value that is no argument, where the event's node shows it."""
    node = event.node
    if of == "receiver" and isinstance(node, ir.Call) and isinstance(node.func, ir.Attr):
        return node.func.base
    if of == "value" and isinstance(node, ir.Assign | ir.Return | ir.Eval):
        return node.value
    if of == "value" and isinstance(node, ir.Assert):
        return node.test
    if of == "value" and isinstance(node, ir.Arg):
        return node.value
    if of == "value" and isinstance(node, ir.Opaque) and node.parts:
        return node.parts[0]
    if of in ("value", "other") and isinstance(node, ir.Compare):
        return None
    return node if of == "value" and event.kind == "key" else None  # type: ignore[return-value]


def _spelled(expr: ir.Expr | None, key: str) -> ir.Expr | None:
    """Give the expression of an entry, where the object is written out."""
    if isinstance(expr, ir.Through | ir.Unary):
        expr = expr.value if isinstance(expr, ir.Through) else expr.operand
    for name, value in expr.entries if isinstance(expr, ir.Object) else ():
        if (isinstance(name, ir.Const) and name.value == key) or (isinstance(name, ir.Name) and name.id == key):
            return value
    return None


def _all_taints(value: Value, depth: int = _DEPTH) -> list[Taint]:
    if not value.items and value.rest is None:
        return list(value.taints)
    found = dict.fromkeys(value.taints)
    if depth > 0:
        inner = list(value.items.values())[:_MOST_ITEMS] if value.items else []
        for one in (*inner, value.rest):
            if one is not None:
                found.update(dict.fromkeys(_all_taints(one, depth - 1)))
    return list(found)


def _word(word: str, value: Value, outside: list[Taint], *, harmless: bool, elsewhere: bool) -> bool:
    match word:
        case "constant":
            return value.constant or harmless
        case "literal":
            return value.literal is not UNKNOWN
        case "text":
            return value.constant and isinstance(value.literal, str)
        case "built":
            return value.built and not harmless and not elsewhere and not value.constant
        case "dynamic":
            return not value.constant and not harmless and not elsewhere and value.form not in _WRITTEN
        case "request":
            return not harmless and any(taint.kind in REMOTE for taint in outside)
        case "parameter":
            return not harmless and any(taint.kind in REMOTE or taint.kind == "parameter" for taint in outside)
        case "tainted":
            return not harmless and bool(outside)
        case "list" | "dict" | "function":
            return value.form == word
        case "present":
            return True
        case _:
            return False


def _constants(test: Test, value: Value) -> bool:
    literal = value.literal
    if test.equals and not any(_same(literal, one) for one in test.equals):
        return False
    if test.less is None and test.more is None:
        return True
    if isinstance(literal, bool) or not isinstance(literal, int | float):
        return False
    return (test.less is None or literal < test.less) and (test.more is None or literal > test.more)


def _same(literal: object, one: Scalar) -> bool:
    if isinstance(literal, int | float) and isinstance(one, int | float):
        return isinstance(literal, bool) == isinstance(one, bool) and literal == one
    return type(literal) is type(one) and literal == one


def _known_by(test: Test, value: Value) -> bool:
    if test.call and not _given_by(names_of(test.call), value.names):
        return False
    if test.type and not _given_by(names_of(test.type), value.names):
        return False
    return not test.name or any(map(names_of(test.name).fits, value.names))


def _given_by(names: Names, known: Iterable[str]) -> bool:
    """Tell whether a value is what a call of one of the names gave, or an instance of such a type."""
    return any(names.fits(name[:-2]) or names.fits(name) for name in known if name.endswith("()"))


def text_of(value: Value, harmless: Callable[[Value], bool] | None = None) -> str | None:
    """Give the text of a value as far as it is known; that of a list is the text of its elements, one a line. What is
    harmless in it leaves no hole."""
    if value.form not in ("list", "set") or value.items is None:
        return value.text
    pieces = []
    for one in (*list(value.items.values())[:_MOST_ITEMS], *((value.rest,) if value.rest is not None else ())):
        piece = _piece(one)
        pieces.append(piece.replace(HOLE, "") if harmless is not None and HOLE in piece and harmless(one) else piece)
    return "\n".join(pieces)


def _piece(value: Value) -> str:
    if value.text is not None:
        return value.text
    if not value.constant:
        return HOLE
    return str(value.literal) if isinstance(value.literal, str | int) else ""


def _entry(value: Value, key: str) -> object:
    items = value.items or {}
    if key in items:
        return items[key]
    if key.isdigit() and int(key) in items:
        return items[int(key)]
    return _NOT_GIVEN if value.rest is None else _HIDDEN


def _option(positional: list[Value], key: str) -> object:
    """Give the property of an options object among the arguments."""
    certain = True
    for number, value in enumerate(positional):
        if value.form in ("dict", "object") and value.items is not None:
            found = _entry(value, key)
            if isinstance(found, Value):
                return found
            certain = certain and found is _NOT_GIVEN
        elif number and not value.constant and value.form not in ("function", "list", "class") and value.text is None:
            certain = False
    return _NOT_GIVEN if certain else _HIDDEN
