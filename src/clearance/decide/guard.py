"""What must be so before a policy can fire or fail: read from its text once, looked up for each question.

A *guard* is a set of keys, literal facts about one attribute each. It promises: where none of its keys holds, the policy
neither fires nor errs. So it need not be asked, and the answer is the same as if it had been. Where nothing can be promised
the guard is None. `tests/decide/test_index.py` holds the promise against the whole set, on generated policies and cases.

Cedar evaluates `&&` and `||` from the left and stops early, and strict validation leaves few ways to fail (overflow, an
extension's parser). A guard therefore counts only where nothing before it can fail.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from clearance.decide.policy import nodes

Path = tuple[str, ...]
"""`("resource", "change", "tier")`."""


class Key(NamedTuple):
    """One fact about one attribute. `how` is `=` (is), `has` or `lacks` (a set holds it or does not), `some` (a set holds
    anything), `prefix`, `suffix`, or a comparison of numbers."""

    how: str
    path: Path
    value: Any


_SAFE = frozenset({
    "Value", "Var", ".", "==", "!=", "&&", "||", "!", "in", "is", "like", "contains", "containsAll", "containsAny",
    "isEmpty", "has", "<", "<=", ">", ">=", "Set", "if-then-else",
    # parts of these
    "left", "right", "arg", "attr", "pattern", "Literal", "if", "then", "else", "entity_type", "__entity", "type", "id",
})  # fmt: skip
"""Cedar's JSON names of expressions that cannot fail once they are validated. All others might."""
_TURNED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_DEEPEST = 40
_ROOTS = ("principal", "resource", "context")

Guard = frozenset[Key] | None


def guard_of(conditions: Sequence[Mapping[str, Any]]) -> Guard:
    """Give the best guard of a policy's conditions, which Cedar joins with "and" in their order."""
    return _all([(one["body"], one["kind"] == "when") for one in conditions], 0)


def filters_of(conditions: Sequence[Mapping[str, Any]]) -> tuple[tuple[Path, frozenset[Any]], ...]:
    """Give attributes with the values that each must have before a policy can fire or fail: further guards, those that are
    looked up fastest."""
    parts = [(one["body"], one["kind"] == "when") for one in conditions]
    found: dict[tuple[Path, frozenset[Any]], None] = {}
    for guard in _each(_flat(parts), 0):
        paths = {key.path for key in guard}
        if len(paths) == 1 and all(key.how == "=" for key in guard):
            found[paths.pop(), frozenset(key.value for key in guard)] = None
    return tuple(found)


def roots_of(conditions: object) -> frozenset[str]:
    """Give which of `context`, `principal` and `change` (an attribute of every other subject) conditions could look at."""
    found = set()
    for node in nodes(conditions):
        found.add(node.get("Var", ""))
        found.add(node.get("attr", ""))
    return frozenset(found & {"context", "principal", "change"})


def names_of(conditions: object) -> frozenset[str]:
    """Give the names of all attributes that conditions look at, of whatever."""
    return frozenset(node["attr"] for node in nodes(conditions) if isinstance(node.get("attr"), str))


def _guard(tree: Mapping[str, Any], wanted: bool, depth: int) -> Guard:  # noqa: FBT001 -- which of two values, not a switch
    """Give keys such that, where none holds, an expression evaluates to the opposite of `wanted`, and does not fail."""
    if depth > _DEEPEST or len(tree) != 1:
        return None
    ((name, inner),) = tree.items()
    match name:
        case "&&" | "||":
            parts = [(part, wanted) for part in _chain(tree, name)]
            return _all(parts, depth + 1) if wanted is (name == "&&") else _any(parts, depth + 1)
        case "!":
            return _guard(inner["arg"], not wanted, depth + 1)
        case "Value":
            return frozenset() if inner is not wanted and isinstance(inner, bool) else None
        case ".":
            path = _path(tree)
            return frozenset({Key("=", path, wanted)}) if path else None
        case "==" | "!=":
            return _equal(inner) if wanted is (name == "==") else None
        case _ if name in _LEAVES and wanted:
            return _LEAVES[name](inner)
        case "isEmpty" if not wanted:
            path = _path(inner["arg"])
            return frozenset({Key("some", path, "")}) if path else None
        case "contains" | "containsAll" if not wanted:
            return _lacking(name, inner)
        case "<" | "<=" | ">" | ">=":
            return _compared(name, inner, wanted=wanted)
        case _:
            return None


def _chain(tree: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Give the parts of `a && b && c` in their order; the parser leaves them nested to the left."""
    parts = []
    while set(tree) == {name}:
        parts.append(tree[name]["right"])
        tree = tree[name]["left"]
    return [tree, *reversed(parts)]


def _all(parts: Sequence[tuple[Mapping[str, Any], bool]], depth: int) -> Guard:
    """All parts must come out as wanted: the guard of any part will do, as long as nothing before it can fail."""
    return min(_each(parts, depth), key=_weight, default=None)


def _each(parts: Sequence[tuple[Mapping[str, Any], bool]], depth: int) -> list[frozenset[Key]]:
    """Give the guards of parts that must all come out as wanted."""
    found: list[frozenset[Key]] = []
    for tree, wanted in parts:
        guard = _guard(tree, wanted, depth)
        if guard is not None:
            found.append(guard)
        if not _cannot_fail(tree):
            break
    return found


def _flat(parts: Sequence[tuple[Mapping[str, Any], bool]]) -> list[tuple[Mapping[str, Any], bool]]:
    """Take apart what must all come out as wanted, in the order in which it is evaluated."""
    found = []
    stack = [*reversed(parts)]
    while stack:
        tree, wanted = stack.pop()
        joined = "&&" if wanted else "||"
        if set(tree) == {"!"}:
            stack.append((tree["!"]["arg"], not wanted))
        elif set(tree) == {joined}:
            stack += [(part, wanted) for part in reversed(_chain(tree, joined))]
        else:
            found.append((tree, wanted))
    return found


def _any(parts: Sequence[tuple[Mapping[str, Any], bool]], depth: int) -> Guard:
    """One part must come out as wanted: each needs a guard."""
    keys: frozenset[Key] = frozenset()
    for tree, wanted in parts:
        guard = _guard(tree, wanted, depth)
        if guard is None:
            return None
        keys |= guard
    return keys


def _weight(guard: frozenset[Key]) -> tuple[int, int]:
    """Order guards, the one that lets the fewest subjects through first."""
    return max((_breadth(key) for key in guard), default=0), len(guard)


def _breadth(key: Key) -> int:
    match key.how:
        case "=" | "has" if isinstance(key.value, str):
            return 1
        case "prefix" | "suffix":
            return 2 if len(key.value) > 2 else 3
        case "=" if isinstance(key.value, bool):
            return 6
        case "=":
            return 4
        case _:
            return 5


def _cannot_fail(tree: object) -> bool:
    return all(_SAFE.issuperset(node) for node in nodes(tree))


def _path(tree: Mapping[str, Any]) -> Path:
    """Give the attribute that an expression is, or nothing. That it is the change itself promises nothing: a subject holds
    what the change says, not which entity it is."""
    names: list[str] = []
    while set(tree) == {"."}:
        names.append(tree["."]["attr"])
        tree = tree["."]["left"]
    root = tree.get("Var")
    return (root, *reversed(names)) if names and names[0] != "change" and root in _ROOTS else ()


def _literal(tree: Mapping[str, Any]) -> tuple[Any, ...]:
    """Give the literal that an expression is, in a tuple, or nothing."""
    if set(tree) != {"Value"} or (isinstance(tree["Value"], dict) and set(tree["Value"]) != {"__entity"}):
        return ()
    return (plain_value(tree["Value"]),)


def plain_value(value: Any) -> Any:
    """Give a value of an attribute so that it can be looked up: an entity is its type and id.

    Raises:
        KeyError: it is something else that has parts, which no key can be about.
    """
    if isinstance(value, dict):
        entity = value["__entity"]
        return (entity["type"], entity["id"])
    return value


def _equal(inner: Mapping[str, Any]) -> Guard:
    for one, other in ((inner["left"], inner["right"]), (inner["right"], inner["left"])):
        path, literal = _path(one), _literal(other)
        if path and literal:
            return frozenset({Key("=", path, literal[0])})
    return None


def _compared(name: str, inner: Mapping[str, Any], *, wanted: bool) -> Guard:
    how = name if wanted else _TURNED[name]
    for one, other, said in ((inner["left"], inner["right"], how), (inner["right"], inner["left"], _MIRRORED[how])):
        path, literal = _path(one), _literal(other)
        if path and literal and type(literal[0]) is int:
            return frozenset({Key(said, path, literal[0])})
    return None


def _in(inner: Mapping[str, Any]) -> Guard:
    # Nothing in the schema has parents, so that to be "in" something is to be it.
    path, right = _path(inner["left"]), inner["right"]
    values = [_literal(one) for one in (right["Set"] if set(right) == {"Set"} else [right])]
    return frozenset(Key("=", path, value[0]) for value in values) if path and all(values) else None


def _contains(inner: Mapping[str, Any]) -> Guard:
    path, literal = _path(inner["left"]), _literal(inner["right"])
    if path and literal:
        return frozenset({Key("has", path, literal[0])})
    listed, path = inner["left"], _path(inner["right"])
    values = [_literal(one) for one in listed["Set"]] if set(listed) == {"Set"} else [()]
    return frozenset(Key("=", path, value[0]) for value in values) if path and all(values) else None


def _contains_any(inner: Mapping[str, Any]) -> Guard:
    for one, other in ((inner["left"], inner["right"]), (inner["right"], inner["left"])):
        path = _path(one)
        values = [_literal(each) for each in other["Set"]] if set(other) == {"Set"} else [()]
        if path and all(values):
            return frozenset(Key("has", path, value[0]) for value in values)
    return None


def _contains_all(inner: Mapping[str, Any]) -> Guard:
    path, listed = _path(inner["left"]), inner["right"]
    first = _literal(listed["Set"][0]) if set(listed) == {"Set"} and listed["Set"] else ()
    return frozenset({Key("has", path, first[0])}) if path and first else None


def _lacking(name: str, inner: Mapping[str, Any]) -> Guard:
    path, right = _path(inner["left"]), inner["right"]
    listed = [right] if name == "contains" else right["Set"] if set(right) == {"Set"} else [{}]
    values = [_literal(one) for one in listed]
    return frozenset(Key("lacks", path, value[0]) for value in values) if path and all(values) else None


def _like(inner: Mapping[str, Any]) -> Guard:
    path, pattern = _path(inner["left"]), inner["pattern"]
    if not path:
        return None
    texts = ["" if one == "Wildcard" else one["Literal"] for one in pattern]
    stars = [at for at, one in enumerate(pattern) if one == "Wildcard"]
    if not stars:
        return frozenset({Key("=", path, "".join(texts))})
    prefix, suffix = "".join(texts[: stars[0]]), "".join(texts[stars[-1] + 1 :])
    if prefix:
        return frozenset({Key("prefix", path, prefix)})
    return frozenset({Key("suffix", path, suffix)}) if suffix else None


_LEAVES: Mapping[str, Callable[[Mapping[str, Any]], Guard]] = {
    "in": _in, "contains": _contains, "containsAny": _contains_any, "containsAll": _contains_all, "like": _like,
}  # fmt: skip
