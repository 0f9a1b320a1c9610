"""When a policy fires, as logic: what its conditions say in a normal form, whether they can hold, and whether they follow
from another policy's.

Cedar's JSON form becomes a formula of literals without negation (negation normal form), and that a list of clauses
(disjunctive normal form), of which one must hold. Everything here errs to one side: `None` or `TooComplex` where it cannot
be told, and what is claimed is so. Sizes and depths are bounded, so a formula that nobody can read costs no more than one
that somebody can.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from clearance.decide.policy import Policy, nodes
from clearance.decide.terms import WILD, Form, Formula, Literal, Pattern, TooComplex, path, value

MOST_CLAUSES = 128
_MOST_DEPTH = 40
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1
_PLAIN = frozenset(
    {
        "&&", "||", "!", "==", "!=", "<", "<=", ">", ">=", "in", "like", "contains", "containsAll", "containsAny", "isEmpty",
        "if-then-else", "has", "is", ".", "Value", "Set", "Var", "arg", "Literal", "__entity",
    }
)  # fmt: skip
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


def formula(policy: Policy) -> Form:
    """Give when a policy fires.

    Raises:
        TooComplex: its conditions cannot be worked out.
    """
    for node in nodes(policy.tree["conditions"]):
        if len(node) == 1 and not _PLAIN.issuperset(node):
            raise TooComplex  # arithmetic, extension functions: what may fail while it is asked
    parts = [_normal(one["body"], so=one["kind"] == "when", depth=0) for one in policy.tree["conditions"]]
    return _joined("and", parts)


def _normal(node: dict[str, Any], *, so: bool, depth: int) -> Form:
    """Push negation down to literals; chains of one operator are walked without recursion."""
    if depth > _MOST_DEPTH:
        raise TooComplex
    while "!" in node:
        node, so = node["!"]["arg"], not so
    for op, whole in (("&&", "and"), ("||", "or")):
        if op in node:
            parts = [_normal(part, so=so, depth=depth + 1) for part in _chain(node, op)]
            return _joined(whole if so else ("or" if whole == "and" else "and"), parts)
    if "if-then-else" in node:
        inner = node["if-then-else"]
        ways = [(inner["if"], True, inner["then"]), (inner["if"], False, inner["else"])]
        return _joined(
            "or",
            [
                _joined("and", [_normal(test, so=yes, depth=depth + 1), _normal(then, so=so, depth=depth + 1)])
                for test, yes, then in ways
            ],
        )
    return _atom(node, so=so)


def _chain(node: dict[str, Any], op: str) -> Iterator[dict[str, Any]]:
    stack = [node]
    while stack:
        one = stack.pop()
        if op in one:
            stack += [one[op]["right"], one[op]["left"]]
        else:
            yield one


def _joined(op: str, parts: Iterable[Form]) -> Form:
    """Join parts, with constants taken out and the same operator flattened."""
    kept: list[Form] = []
    for part in parts:
        if isinstance(part, bool):
            if part is (op == "or"):
                return part
        elif isinstance(part, Formula) and part.op == op:
            kept += part.parts
        else:
            kept.append(part)
    if not kept:
        return op == "and"
    return kept[0] if len(kept) == 1 else Formula(op, tuple(kept))


def _atom(node: dict[str, Any], *, so: bool) -> Form:
    if "Value" in node and isinstance(node["Value"], bool):
        return node["Value"] is so
    term = path(node)
    if term:
        return Literal("is", term, frozenset({"true"}), so)
    for op, read in _READERS.items():
        if op in node:
            found = read(op, node[op], so=so)
            if found is not None:
                return found
    return Literal("other", _canonical(node), None, so)


def _canonical(node: object) -> str:
    try:
        return json.dumps(node, sort_keys=True, ensure_ascii=False)
    except RecursionError:
        raise TooComplex from None


def _sides(inner: dict[str, Any]) -> tuple[str, str | int | None, bool]:
    """Give the path and the constant of a comparison; the last says whether they stand the other way round."""
    left, right = inner["left"], inner["right"]
    if path(left):
        return path(left), value(right), False
    return path(right), value(left), True


def _equal(op: str, inner: dict[str, Any], *, so: bool) -> Form | None:
    term, constant, _ = _sides(inner)
    holds = so is (op == "==")
    if not term:
        left, right = value(inner["left"]), value(inner["right"])
        return None if left is None or right is None else (left == right) is holds
    if constant is None:
        sides = sorted((_canonical(inner["left"]), _canonical(inner["right"])))
        return Literal("other", " == ".join(sides), None, holds)
    if isinstance(constant, int):
        return _between(term, constant, constant, so=holds)
    return Literal("is", term, frozenset({constant}), holds)


def _between(term: str, low: int, high: int, *, so: bool) -> Form:
    if so:
        return Literal("between", term, (low, high), True)
    ways: list[Form] = []
    if low > _LEAST:
        ways.append(Literal("between", term, (_LEAST, low - 1), True))
    if high < _MOST:
        ways.append(Literal("between", term, (high + 1, _MOST), True))
    return _joined("or", ways)


def _ordered(op: str, inner: dict[str, Any], *, so: bool) -> Form | None:
    term, constant, turned = _sides(inner)
    if not term or not isinstance(constant, int):
        return None
    op = _FLIPPED[op] if turned else op
    low, high = {
        "<": (_LEAST, constant - 1), "<=": (_LEAST, constant), ">": (constant + 1, _MOST), ">=": (constant, _MOST),
    }[op]  # fmt: skip
    if low > high:
        return not so
    return _between(term, low, high, so=so)


def _members(node: dict[str, Any]) -> list[str | int] | None:
    """Give the constants of a set that is written out."""
    found = [value(one) for one in node["Set"]] if "Set" in node else [None]
    return None if any(one is None for one in found) else [one for one in found if one is not None]


def _among(term: str, members: list[str | int], *, so: bool) -> Form:
    numbers = [one for one in members if isinstance(one, int)]
    words = frozenset(one for one in members if isinstance(one, str))
    if not members:
        return not so
    if words:
        return Literal("is", term, words, so)
    ways = [_between(term, one, one, so=so) for one in sorted(set(numbers))]
    return _joined("or" if so else "and", ways)


def _in(_: str, inner: dict[str, Any], *, so: bool) -> Form | None:
    term = path(inner["left"])
    members = _members(inner["right"]) if "Set" in inner["right"] else [value(inner["right"])]
    if not term or members is None or not all(isinstance(one, str) for one in members):
        return None
    return _among(term, [one for one in members if one is not None], so=so)


def _contains(_: str, inner: dict[str, Any], *, so: bool) -> Form | None:
    left, right = path(inner["left"]), path(inner["right"])
    members = _members(inner["left"])
    if right and members is not None:
        return _among(right, members, so=so)
    constant = value(inner["right"])
    return Literal("holds", left, str(constant), so) if left and constant is not None else None


def _contains_some(op: str, inner: dict[str, Any], *, so: bool) -> Form | None:
    """`containsAny` either way round, `containsAll` of a path."""
    term, listed = path(inner["left"]), inner["right"]
    if op == "containsAny" and not term:
        term, listed = path(inner["right"]), inner["left"]
    members = _members(listed)
    if not term or members is None:
        return None
    parts = [Literal("holds", term, str(one), so) for one in members]
    return _joined("or" if (op == "containsAny") is so else "and", parts)


def _empty(_: str, inner: dict[str, Any], *, so: bool) -> Form | None:
    term = path(inner["arg"])
    if term:
        return Literal("empty", term, None, so)
    return (not inner["arg"]["Set"]) is so if "Set" in inner["arg"] else None


def _like(_: str, inner: dict[str, Any], *, so: bool) -> Form | None:
    term = path(inner["left"])
    pattern = _pattern(inner["pattern"])
    if not term:
        return None
    if pattern == (WILD,):
        return so
    if WILD not in pattern:
        return Literal("is", term, frozenset({json.dumps("".join(one or "" for one in pattern), ensure_ascii=False)}), so)
    return Literal("like", term, pattern, so)


def _pattern(parts: Iterable[object]) -> Pattern:
    """Read Cedar's JSON of a pattern; wildcards that follow each other are one."""
    found: list[str | None] = []
    for part in parts:
        if isinstance(part, dict):
            found += str(part["Literal"])
        elif not found or found[-1] is not WILD:
            found.append(WILD)
    return tuple(found)


_READERS = {
    "==": _equal, "!=": _equal, "<": _ordered, "<=": _ordered, ">": _ordered, ">=": _ordered, "in": _in,
    "contains": _contains, "containsAny": _contains_some, "containsAll": _contains_some, "isEmpty": _empty, "like": _like,
}  # fmt: skip


def clauses(form: Form) -> tuple[tuple[Literal, ...], ...]:
    """Give the ways in which a formula can hold, each a list of literals that hold together.

    Raises:
        TooComplex: there are more than `MOST_CLAUSES`.
    """
    if isinstance(form, bool):
        return ((),) if form else ()
    if isinstance(form, Literal):
        return ((form,),)
    if form.op == "or":
        found = [one for part in form.parts for one in clauses(part)]
    else:
        found = [()]
        for part in form.parts:
            ways = clauses(part)
            if len(found) * len(ways) > MOST_CLAUSES:
                raise TooComplex
            found = [(*one, *other) for one in found for other in ways]
    if len(found) > MOST_CLAUSES:
        raise TooComplex
    return tuple(found)


def literals(form: Form | None) -> Iterator[Literal]:
    """Give all literals of a formula, from left to right."""
    if isinstance(form, Literal):
        yield form
    elif isinstance(form, Formula):
        for part in form.parts:
            yield from literals(part)
