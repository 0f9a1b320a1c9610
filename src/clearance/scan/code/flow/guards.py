"""What a condition that held, or did not, says about the values in it."""

import re
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from clearance.scan.code import ir
from clearance.scan.code.flow import algebra
from clearance.scan.code.flow.checks import absent, below, contains, lies_below, matched, member_of, prefixed
from clearance.scan.code.flow.frame import Asked, Frame, Summary
from clearance.scan.code.flow.spots import (
    change_spot,
    clean_wholes,
    cleaner,
    inner_call,
    parts_of,
    peek,
    same_spot,
    wholes,
)
from clearance.scan.code.flow.state import State, join
from clearance.scan.code.flow.value import ANYTHING, Value

_replace = msgspec.structs.replace
_MAX_PARTS: Final = 12
_MAX_DEPTH: Final = 24
_MAX_REFINED: Final = 2000
_EVERY: Final = frozenset({"*"})
_PATH: Final = frozenset({"path"})
_WEB: Final = frozenset({"url", "redirect"})
_BOUNDED: Final = frozenset({"number", "memory"})
_OPERATORS: Final = frozenset({"nosql"})
_HARMLESS_TYPES: Final = frozenset({
    "int", "float", "bool", "complex", "Decimal", "UUID", "datetime", "date", "time", "timedelta", "Number", "Integer",
    "Long", "Boolean",
    "Double", "Enum", "IPv4Address", "IPv6Address", "Integral", "Real",
})  # fmt: skip
_HARMLESS_TYPEOF: Final = frozenset({"number", "boolean", "bigint", "undefined", "function", "symbol"})
_TEXT_CHECKS: Final = frozenset({
    "isdigit", "isdecimal", "isnumeric", "isalnum", "isalpha", "isidentifier", "isInteger", "isNaN", "isFinite",
    "isSafeInteger",
    "isNumeric", "isAlphanumeric", "isAlpha", "isUUID", "isInt", "isMongoId", "isHexadecimal", "isHexColor", "isDigits",
    "isCreatable",
    "isValidUUID",
})  # fmt: skip
_MEMBER: Final = frozenset(
    {
        "has",
        "includes",
        "contains",
        "containsKey",
        "hasOwnProperty",
        "hasOwn",
        "Contains",
        "containsValue",
        "get",
        "__contains__",
    }
)
_MATCH: Final = frozenset(
    {"match", "fullmatch", "search", "test", "matches", "MatchString", "Match", "find", "lookingAt", "exec"}
)
_PREFIX: Final = frozenset({"startswith", "startsWith", "HasPrefix"})
_SUFFIX: Final = frozenset({"endswith", "endsWith", "HasSuffix"})
_BELOW: Final = frozenset({"is_relative_to", "is_subpath", "isSubPath"})
_CHECKS: Final = re.compile(
    r"(?i)valid|allow|safe|permit|whitelist|trusted|sanitary|legal\b|clean|harmless|authori[sz]ed_(?:host|url|path|file)"
)
_HOSTS: Final = re.compile(rb"\.(?:netloc|hostname|host|getHost|Hostname|Host)\b")
_BASENAMES: Final = frozenset({"basename", "secure_filename", "Base", "getName", "sanitize_filename"})


def refine(frame: Frame, node: ir.Expr | None, *, truth: bool, depth: int = 0) -> None:
    """Put what a condition says into the state of the frame, where it was true or false."""
    if node is None or frame.state is None or depth > _MAX_DEPTH:
        return
    look = frame.look
    look.refined = look.refined + 1 if depth else 0
    if look.refined > _MAX_REFINED:  # `or` within `and` within `or` … asks each part in two ways on each level
        return
    if type(node) is ir.Call:
        _call(frame, node, truth=truth, depth=depth)
    elif type(node) is ir.Compare:
        _compare(frame, node, truth=truth, depth=depth)
    elif type(node) is ir.Unary:
        if node.op == "not":
            refine(frame, node.operand, truth=not truth, depth=depth + 1)
    elif type(node) is ir.Binary:
        _binary(frame, node, truth=truth, depth=depth)
    elif type(node) is ir.Name or type(node) is ir.Attr:
        _plain(frame, node, truth=truth, depth=depth)
    elif type(node) is ir.Bind:
        refine(frame, node.value, truth=truth, depth=depth + 1)
        if not truth:
            change_spot(frame, node.target, _emptied)
    elif type(node) is ir.Index:
        _index(frame, node, truth=truth, depth=depth)
    elif type(node) is ir.Through:
        refine(frame, node.value, truth=truth, depth=depth + 1)


def _emptied(value: Value) -> Value:
    """Give a value that was found to be empty, zero or null."""
    return value if value.constant else Value(constant=True, names=value.names, key=value.key)


def _plain(frame: Frame, node: ir.Name | ir.Attr, *, truth: bool, depth: int) -> None:
    if type(node) is ir.Name and frame.state is not None:
        test = frame.state.tests.get(node.id)
        if test is not None and depth < 4:
            refine(frame, test, truth=truth, depth=depth + 1)
            if frame.lost:
                return
    if not truth:
        change_spot(frame, node, _emptied)
        clean_wholes(frame, node)  # an address without a host stays where it is


def _index(frame: Frame, node: ir.Index, *, truth: bool, depth: int) -> None:
    """`MAP[x]` that gives something: `x` is a key of it. `f(x)[1]` of several results: what the call says."""
    if type(node.base) is ir.Call and type(node.key) is ir.Const:
        if node.key.value == 0:
            _call(frame, node.base, truth=truth, depth=depth + 1)
        else:
            _result(frame, node.base, node.key.value, truth=truth)
        return
    if truth:
        member_of(frame, node.key, node.base)
    else:
        change_spot(frame, node, _emptied)


def _binary(frame: Frame, node: ir.Binary, *, truth: bool, depth: int) -> None:
    parts = node.operands[:_MAX_PARTS]
    if node.op not in ("and", "or"):
        return
    if truth is (node.op == "and"):
        for part in node.operands[:64]:
            refine(frame, part, truth=truth, depth=depth + 1)
        return
    before = frame.state
    ways: State | None = None
    for at, part in enumerate(parts):
        if before is None:
            return
        frame.state = before.copy()
        refine(frame, part, truth=truth, depth=depth + 1)
        ways = join(ways, frame.state)
        if at + 1 < len(parts):
            frame.state = before
            refine(frame, part, truth=not truth, depth=depth + 1)
            before = frame.state
    frame.state = ways if len(parts) == len(node.operands) else before


# Comparisons


def _compare(frame: Frame, node: ir.Compare, *, truth: bool, depth: int) -> None:
    op, left, right = node.op, node.left, node.right
    if op in ("not in", "!=", "is not"):
        truth = not truth
        op = {"not in": "in", "!=": "==", "is not": "is"}[op]
    if op == "in":
        if truth:
            member_of(frame, left, right)
        else:
            absent(frame, right, peek(frame, left))
    elif op in ("==", "is"):
        _equal(frame, left, right, truth=truth, depth=depth)
        _equal(frame, right, left, truth=truth, depth=depth)
    elif op == "instanceof" and truth:
        names = peek(frame, right).names
        if any(name.rpartition(".")[2] in _HARMLESS_TYPES for name in names):
            change_spot(frame, left, cleaner(_EVERY))
    elif op in ("<", "<=", ">", ">="):
        _ordered(frame, op, left, right, truth=truth)


def _ordered(frame: Frame, op: str, left: ir.Expr, right: ir.Expr, *, truth: bool) -> None:
    less = (op in ("<", "<=")) is truth
    small, big = (left, right) if less else (right, left)
    if not algebra.taints_of(peek(frame, big)):
        change_spot(frame, small, cleaner(_BOUNDED))
        call = inner_call(frame, small)
        if call is not None and call.names and call.names[0].rpartition(".")[2] in ("len", "length", "size"):
            change_spot(frame, call.given[0].expr, cleaner(_BOUNDED)) if call.given else None
    for at, other in ((left, right), (right, left)):  # x.indexOf("..") < 0, s.find("/") >= 0
        call = inner_call(frame, at)
        bound = peek(frame, other).literal
        if call is None or bound not in (0, -1) or not call.names:
            continue
        if call.names[0].rpartition(".")[2] in ("indexOf", "find", "Index", "search", "lastIndexOf"):
            found = _found(op if at is left else {"<": ">", "<=": ">=", ">": "<", ">=": "<="}[op], int(bound))
            if found is not None:
                contains(frame, at, call, truth=found is truth)


def _found(op: str, bound: int) -> bool | None:
    """Tell whether `index op bound` means that something was found."""
    return {(">=", 0): True, (">", -1): True, ("<", 0): False, ("<=", -1): False}.get((op, bound))


def _equal(frame: Frame, mine: ir.Expr, other: ir.Expr, *, truth: bool, depth: int) -> None:
    given = peek(frame, other)
    literal = given.literal
    call = inner_call(frame, mine)
    if literal is None:
        _null(frame, mine, truth=truth, depth=depth)
        return
    if literal is True or literal is False:
        refine(frame, mine, truth=truth is literal, depth=depth + 1)
        return
    if call is not None and call.names:
        word = call.names[0].rpartition(".")[2]
        if word in ("indexOf", "find", "Index", "search", "lastIndexOf") and literal == -1:
            contains(frame, mine, call, truth=not truth)
        elif truth and word in _BASENAMES:
            inner = call.given[0].expr if call.given else None
            if inner is not None and same_spot(inner, other):
                change_spot(frame, other, cleaner(_PATH))
        elif truth and word in ("commonpath", "commonprefix") and call.given:
            for one in parts_of(call.given[0].expr):
                change_spot(frame, one, below)
        elif word == "type" and truth and call.given and _harmless_type(given):
            change_spot(frame, call.given[0].expr, cleaner(_EVERY))
    if type(mine) is ir.Unary and mine.op == "typeof" and isinstance(literal, str):
        if truth and (literal in _HARMLESS_TYPEOF or literal == "string"):  # text is no object with operators
            change_spot(frame, mine.operand, cleaner(_OPERATORS if literal == "string" else _EVERY))
        return
    if truth and ((given.constant and not algebra.taints_of(given)) or next(wholes(frame, other), None) is not None):
        clean_wholes(frame, mine)
    if truth and given.constant and not algebra.taints_of(given):
        change_spot(frame, mine, lambda value: value if value.constant else _replace(given, key=value.key), peel=True)
    elif truth and type(mine) is ir.Call:
        _resolved_equal(frame, call)


def _resolved_equal(frame: Frame, call: Asked | None) -> None:
    """`os.path.dirname(path) == BASE`: the path lies directly in it."""
    if (
        call is not None
        and call.names
        and call.names[0].rpartition(".")[2] in ("dirname", "Dir", "getParent")
        and call.given
    ):
        change_spot(frame, call.given[0].expr, below)


def _null(frame: Frame, mine: ir.Expr, *, truth: bool, depth: int) -> None:
    """`x is None`, `err == nil`: what was null is constant; an error that is null means that what was checked is right."""
    test = frame.state.tests.get(mine.id) if type(mine) is ir.Name and frame.state is not None else None
    if test is not None and depth < 4:
        if type(test) is ir.Call:
            _result(frame, test, None, truth=not truth)
        elif type(test) is ir.Index and type(test.base) is ir.Call and type(test.key) is ir.Const:
            _result(frame, test.base, test.key.value, truth=not truth)
        elif type(test) is ir.Index:
            refine(frame, test, truth=not truth, depth=depth + 1)
    elif type(mine) is ir.Call and not truth:
        refine(frame, mine, truth=True, depth=depth + 1)
        return
    if truth:
        change_spot(frame, mine, _emptied)
    elif type(mine) is ir.Index or type(mine) is ir.Bind:
        refine(frame, mine, truth=True, depth=depth + 1)


def _harmless_type(value: Value) -> bool:
    return any(name.rpartition(".")[2] in _HARMLESS_TYPES for name in value.names)


def _result(frame: Frame, call: ir.Expr, key: object, *, truth: bool) -> None:
    """One of the results of a call (`key`; None: the only one) is there, or it is null: `err != nil`, `ok`."""
    asked = inner_call(frame, call)
    if asked is None:
        return
    if asked.summary is not None and asked.summary.frame is not None:

        def decide(value: Value) -> bool | None:
            one = value if key is None else algebra.index(value, algebra.of_literal(key))
            if one.literal is None:
                return False
            if any(name.startswith(("errors.", "fmt.Errorf")) for name in one.names) or one.form:
                return True
            return algebra.truth(one)

        _from_summary(frame, asked, asked.summary, decide, truth)
        return
    if truth or not asked.names:
        return
    guard = frame.look.vocabulary.guard(asked.names)
    if guard is not None and type(call) is ir.Call:
        _clean_argument(frame, call, asked, guard[0], guard[2])
        return
    word = asked.names[0].rpartition(".")[2]
    if key in (1, -1, None) and (
        word in ("Atoi", "ParseInt", "ParseUint", "ParseFloat", "ParseBool", "ParseAddr", "ParseIP")
        or (word == "Parse" and "uuid" in asked.names[0])
    ):
        for one in asked.given[:1]:
            change_spot(frame, one.expr, cleaner(_EVERY), peel=True)
    elif _CHECKS.search(word):
        for one in asked.given[:3]:
            change_spot(frame, one.expr, cleaner(_EVERY), peel=True)


def _from_summary(
    frame: Frame,
    asked: Asked,
    summary: Summary,
    decide: Callable[[Value], bool | None],
    truth: bool,  # noqa: FBT001
) -> None:
    """Take over what a function that answers `truth` found out about what it was given."""
    inner = summary.frame
    if inner is None or inner.function is None or len(summary.exits) > 24:
        return
    names = [param.name for param in inner.function.params if param.name and param.kind in ("", "keyword")]
    found = answered(summary, names, decide, truth=truth)
    if not found:
        return
    positional = [one for one in asked.given if not one.name and not one.splat]
    for at, name in enumerate(names):
        if name not in found:
            continue
        given = next((one for one in asked.given if one.name == name), positional[at] if at < len(positional) else None)
        if given is None:
            continue
        after = found[name]
        if given.value.constant:
            continue
        if after.constant:
            change_spot(frame, given.expr, cleaner(_EVERY), peel=True)
        else:
            kinds = after.checked - given.value.checked
            if kinds:
                change_spot(frame, given.expr, cleaner(kinds), peel=True)


def answered(
    summary: Summary, names: Sequence[str], decide: Callable[[Value], bool | None], *, truth: bool
) -> dict[str, Value] | None:
    """Give what the parameters are found to be where a function answers `truth`."""
    inner = summary.frame
    if inner is None:
        return None
    found: dict[str, Value] | None = None
    saved = inner.state
    for expr, value, state in summary.exits:
        decided = decide(value)
        if decided is not None and decided is not truth:
            continue
        inner.state = state.copy()
        if decided is None and expr is not None:
            refine(inner, expr, truth=truth, depth=8)
        if inner.lost:
            continue
        here = {name: inner.state.vars[name] for name in names if name in inner.state.vars and name not in inner.rebound}
        found = (
            here if found is None else {name: algebra.join(one, here[name]) for name, one in found.items() if name in here}
        )
    inner.state = saved
    return found


# Calls


def _call(frame: Frame, node: ir.Call, *, truth: bool, depth: int) -> None:
    asked = frame.asked.get(id(node))
    if asked is None:
        return
    names = asked.names
    guard = frame.look.vocabulary.guard(names) if names else None
    if guard is not None:
        of, safe, kinds = guard
        if safe is truth:
            _clean_argument(frame, node, asked, of, kinds)
        return
    if asked.summary is not None and asked.summary.frame is not None:
        _from_summary(frame, asked, asked.summary, algebra.truth, truth)
        if truth and names and _CHECKS.search(names[0].rpartition(".")[2]) and _asks_for_host(asked.summary.frame):
            for one in asked.given[:3]:
                change_spot(frame, one.expr, cleaner(_WEB), peel=True)
        return
    word = names[0].rpartition(".")[2] if names else ""
    if not word and type(node.func) is ir.Attr:
        word = node.func.name
    _known_call(frame, node, asked, word, truth=truth, depth=depth)


def _asks_for_host(inner: Frame) -> bool:
    """Tell whether a check of the tree takes an address apart, however it then compares what it finds."""
    function = inner.function
    return function is not None and _HOSTS.search(inner.unit.data, function.at, function.end) is not None


def _known_call(frame: Frame, node: ir.Call, asked: Asked, word: str, *, truth: bool, depth: int) -> None:
    given = asked.given
    base = node.func.base if type(node.func) is ir.Attr else None
    if word in ("isinstance", "is_a") and truth and len(given) >= 2:
        types = algebra.elements(given[1].value) or [given[1].value]
        if types and all(_harmless_type(one) for one in types):
            change_spot(frame, given[0].expr, cleaner(_EVERY))
    elif word in _TEXT_CHECKS:
        if truth is (word != "isNaN"):
            target = given[0].expr if given else base
            if target is not None:
                change_spot(frame, target, cleaner(_EVERY), peel=True)
    elif word in ("all", "any", "every", "some") and given:
        _of_all(frame, node, word, truth=truth)
    elif word in ("equals", "equalsIgnoreCase", "EqualFold", "contentEquals", "equal") and given:
        left, right = (base, given[0].expr) if base is not None and len(given) == 1 else (given[0].expr, given[-1].expr)
        if left is not None and right is not left:
            _equal(frame, left, right, truth=truth, depth=depth)
            _equal(frame, right, left, truth=truth, depth=depth)
    elif word in _MATCH and matched(frame, node, asked, word, truth=truth):
        return
    elif word in _MEMBER:
        contains(frame, node, asked, truth=truth)
    elif word in _PREFIX:
        held = base if base is not None and len(given) == 1 else given[0].expr if given else None
        part = given[-1].value if given else ANYTHING
        if held is not None:
            prefixed(frame, held, part, truth=truth)
    elif word in _SUFFIX and truth and given:
        held = base if base is not None and len(given) == 1 else given[0].expr
        texts = [one.literal for one in algebra.elements(given[-1].value) or [given[-1].value]]
        if held is not None and all(isinstance(one, str) and one.startswith(".") and one.count(".") > 1 for one in texts):
            clean_wholes(frame, held)
    elif word in _BELOW and base is not None and truth:
        lies_below(frame, base)
    elif word in ("isAbsolute", "isabs", "IsAbs", "is_absolute"):
        return
    elif truth and _CHECKS.search(word) and not word.startswith("in"):
        for one in given[:3]:
            change_spot(frame, one.expr, cleaner(_EVERY), peel=True)


def _of_all(frame: Frame, node: ir.Call, word: str, *, truth: bool) -> None:
    """`all(c in ALLOWED for c in x)`, `any(c not in ALLOWED for c in x)`."""
    inner = node.args[0].value if node.args else None
    if type(inner) is not ir.Comprehension or len(inner.clauses) != 1 or truth is (word not in ("all", "every")):
        return
    target, iterable, conditions = inner.clauses[0]
    test = inner.element
    if conditions or type(target) is not ir.Name or frame.state is None:
        return
    saved = frame.state
    frame.state = saved.copy()
    before = algebra.element(peek(frame, iterable))
    frame.state.set(target.id, _replace(before, key=target.id))
    refine(frame, test, truth=truth)
    after = frame.state.vars.get(target.id) if frame.state is not None else None
    frame.state = saved
    if after is not None and after.constant and not before.constant:
        change_spot(frame, iterable, cleaner(_EVERY), peel=True)


def _clean_argument(frame: Frame, node: ir.Call, asked: Asked, of: int | str, kinds: frozenset[str]) -> None:
    if of == "receiver":
        if type(node.func) is ir.Attr:
            change_spot(frame, node.func.base, cleaner(kinds), peel=True)
        return
    positional = [one for one in asked.given if not one.name]
    if isinstance(of, int):
        if of >= len(positional):  # given by name: in the order in which they are written
            positional = list(asked.given)
        target = positional[of].expr if of < len(positional) else None
    else:
        target = next((one.expr for one in asked.given if one.name == of), None)
    if target is not None:
        change_spot(frame, target, cleaner(kinds), peel=True)
