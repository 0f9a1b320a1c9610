"""Checks of text and of membership: what they say about the value that is checked."""

import re
from typing import Final

import msgspec

from clearance.scan.code import ir
from clearance.scan.code.flow import algebra
from clearance.scan.code.flow.frame import Asked, Frame
from clearance.scan.code.flow.names import in_tree, is_capital
from clearance.scan.code.flow.patterns import harmless_kinds
from clearance.scan.code.flow.spots import change_spot, clean_wholes, cleaner, inner_call, peek
from clearance.scan.code.flow.value import ANYTHING, HARMLESS, REMOTE, Value

_replace = msgspec.structs.replace
_EVERY: Final = frozenset({"*"})
_PATH: Final = frozenset({"path"})
_WEB: Final = frozenset({"url", "redirect"})
_MAX_VIEWS: Final = 6
_VIEWS: Final = frozenset(
    {"toPath", "toFile", "toString", "getPath", "Path", "of", "get", "str", "String", "File", "toUri", "ToSlash"}
)
_RESOLVED: Final = frozenset({
    "abspath", "realpath", "normpath", "resolve", "normalize", "toRealPath", "getCanonicalPath", "getCanonicalFile", "Clean",
    "Abs", "EvalSymlinks", "realpathSync",
})  # fmt: skip
"""Calls that give a path without `..`, and (above) those that only write it differently."""
_ALLOWED: Final = re.compile(
    r"(?i)allow|white_?list|valid|permit|support|known|choices|accept|safe|trusted|column|field|table|registr|approved|legal|enabled"
)


# Membership


def member_of(frame: Frame, node: ir.Expr, container: ir.Expr) -> None:
    """`x in ALLOWED` held."""
    if type(container) is ir.Attr and container.name == "parents":
        change_spot(frame, container.base, below)
        return
    if type(container) is ir.Call and type(container.func) is ir.Attr and container.func.name in ("keys", "values", "split"):
        inner = inner_call(frame, container)
        held = inner.value if inner is not None else ANYTHING
        if not _closed(container, held):
            container = container.func.base
    held = peek(frame, container)
    if held.refers is not None and isinstance(held.refers.node, ir.Import) and not held.constant:
        held = in_tree(frame.look, held.refers) or held
    if not _closed(container, held):
        return
    clean_wholes(frame, node)
    known = algebra.elements(held) if held.form != "dict" and held.items is not None else None
    joined = algebra.joined(known) if known else HARMLESS
    result = _replace(joined, key="", taints=()) if joined.constant else HARMLESS
    change_spot(frame, node, lambda value: value if value.constant else _replace(result, key=value.key), peel=True)


def _closed(node: ir.Expr, held: Value) -> bool:
    """Tell whether what lies in a collection was written by who wrote the code."""
    if held.constant:
        return True
    taints = algebra.taints_of(held)
    if any(one.kind in REMOTE for one in taints):
        return False
    word = _last_word(node)
    if is_capital(word) or _ALLOWED.search(word):
        return True
    if taints:
        return False
    if held.form == "dict" and held.items:
        return True
    if held.items is not None and held.rest is None:
        return all(one.constant or one.form in ("function", "class") for one in held.items.values())
    return (
        type(node) is ir.Attr
        and type(node.base) is ir.Name
        and node.base.id in ("self", "this", "cls")
        and held.text is None
    )


def _last_word(node: ir.Expr) -> str:
    if type(node) is ir.Name:
        return node.id
    if type(node) is ir.Attr:
        return node.name
    if type(node) is ir.Call:
        return _last_word(node.func)
    if type(node) is ir.Index:
        return node.key.value if type(node.key) is ir.Const and isinstance(node.key.value, str) else _last_word(node.base)
    return ""


def absent(frame: Frame, node: ir.Expr, part: Value) -> None:
    """`".." in x` did not hold."""
    text = part.literal
    if not isinstance(text, str):
        return
    if text.strip("/\\") == ".." or text in ("/", "\\", "."):
        change_spot(frame, node, cleaner(_PATH), peel=True)
    elif text in ("\n", "\r", "\r\n"):
        change_spot(frame, node, cleaner(frozenset({"header", "log", "email"})), peel=True)
    elif text in ("://", "//", ":"):
        change_spot(frame, node, cleaner(_WEB), peel=True)


def contains(frame: Frame, node: ir.Expr, call: Asked, *, truth: bool) -> None:
    """`x.includes(part)`, `ALLOWED.includes(x)`, `strings.Contains(x, part)`, `ALLOWED.has(x)`."""
    receiver, given = call.receiver, call.given
    func = node.func if type(node) is ir.Call else None
    base = func.base if type(func) is ir.Attr else None
    module = receiver is not None and receiver.names and not receiver.taints and (
        receiver.names[0] in ("strings", "slices", "bytes", "Object", "maps", "StringUtils", "_", "lodash")
        or receiver.names[0].endswith(("StringUtils", "Arrays"))
    )  # fmt: skip
    if (module or base is None) and len(given) >= 2:
        held, part = given[0], given[1]
        if truth:
            member_of(frame, part.expr, held.expr)
        else:
            absent(frame, held.expr, part.value)
    elif base is not None and given:
        if truth:
            member_of(frame, given[0].expr, base)
        else:
            absent(frame, base, given[0].value)


# Functions of the tree that check


# Text


def matched(frame: Frame, node: ir.Call, asked: Asked, word: str, *, truth: bool) -> bool:
    """Judge a check by a regular expression; tell whether it was one."""
    receiver, given = asked.receiver, asked.given
    base = node.func.base if type(node.func) is ir.Attr else None
    pattern: str | None = None
    target: ir.Expr | None = None
    own = pattern_of(receiver) if receiver is not None else None
    if own is not None:
        pattern, target = own, given[0].expr if given else None
        if target is None and base is not None:  # Java: PATTERN.matcher(x).matches()
            inner = inner_call(frame, base)
            target = inner.given[0].expr if inner is not None and inner.given else None
    elif (
        given
        and len(given) >= 2
        and (module := asked.names[0].rpartition(".")[0] if asked.names else "")
        and module.rpartition(".")[2] in ("re", "regex", "regexp", "Pattern", "re2")
    ):
        pattern, target = pattern_of(given[0].value) or _text(given[0].value), given[1].expr
    elif given and base is not None and word in ("match", "matches", "search"):
        of_given = pattern_of(given[0].value)
        if of_given is None and frame.unit.language == "java":
            of_given = _text(given[0].value)
        pattern, target = of_given, base
        if base is not None and type(base) is ir.Call and frame.unit.language == "java" and pattern is None:
            return False
    elif base is not None and not given and word in ("matches", "find", "lookingAt"):
        inner = inner_call(frame, base)
        if inner is not None and inner.receiver is not None and inner.given:
            pattern, target = pattern_of(inner.receiver), inner.given[0].expr
    if pattern is None or target is None:
        return word in ("test", "fullmatch", "MatchString", "exec") or (own is not None)
    whole = word == "fullmatch" or (word == "matches" and frame.unit.language == "java")
    start = (word == "match" and frame.unit.language == "python") or word == "lookingAt"
    if truth:
        kinds = harmless_kinds(pattern, whole=whole, start=start)
        if kinds:
            change_spot(frame, target, cleaner(kinds), peel=True)
    else:
        kinds = _refused(pattern)
        if kinds:
            change_spot(frame, target, cleaner(kinds), peel=True)
    return True


def _refused(pattern: str) -> frozenset[str]:
    """Give the kinds for which text is harmless in which a pattern was not found: `[^\\w]`, `\\W`."""
    body = pattern.rstrip("+*")
    if body in {"\\W", "\\D"}:
        return _EVERY
    if body.startswith("[^") and body.endswith("]") and "]" not in body[2:-1]:
        return harmless_kinds(f"^[{body[2:-1]}]+$", whole=True)
    return frozenset()


def pattern_of(value: Value) -> str | None:
    """Give the pattern of a compiled regular expression."""
    if value.form == "regex":
        return value.literal if isinstance(value.literal, str) else value.text
    return None


def _text(value: Value) -> str | None:
    return value.literal if isinstance(value.literal, str) else None


def prefixed(frame: Frame, node: ir.Expr, part: Value, *, truth: bool) -> None:
    """`x.startswith(part)` held, or did not."""
    texts = [one.literal for one in algebra.elements(part) or [part]] if part.form else [part.literal]
    if not truth:
        if all(one in ("..", "../", "..\\") for one in texts):
            change_spot(frame, node, cleaner(_PATH), peel=True)
            _relative(frame, node)
        return
    known = [one for one in texts if isinstance(one, str)]
    if len(known) == len(texts) and known and all(_is_origin(one) for one in known):
        change_spot(frame, node, cleaner(_WEB))
        return
    if algebra.taints_of(part) and any(one.kind in REMOTE for one in algebra.taints_of(part)):
        return
    lies_below(frame, node)


def lies_below(frame: Frame, node: ir.Expr) -> None:
    """A path was found to lie below another.

    Where it was resolved only for the question (`abspath(p).startswith(BASE)`), the path that was resolved does, too.
    """
    change_spot(frame, node, below)
    resolved = False
    for _ in range(_MAX_VIEWS):
        if type(node) is not ir.Call:
            break
        asked = inner_call(frame, node)
        names = asked.names if asked is not None else ()
        word = names[0].rpartition(".")[2] if names else node.func.name if type(node.func) is ir.Attr else ""
        if word not in _VIEWS and word not in _RESOLVED:
            return
        resolved = resolved or word in _RESOLVED
        if node.args:
            if len(node.args) > 1:
                return
            node = node.args[0].value
        elif type(node.func) is ir.Attr:
            node = node.func.base
        else:
            return
    if resolved:
        change_spot(frame, node, cleaner(_PATH))


def _relative(frame: Frame, node: ir.Expr) -> None:
    """`rel, err := filepath.Rel(base, path)` and `path.relative(base, p)`: what was asked about is below the base."""
    if type(node) is not ir.Name or frame.state is None:
        return
    test = frame.state.tests.get(node.id)
    call = test.base if type(test) is ir.Index else test
    asked = inner_call(frame, call) if call is not None else None
    if (
        asked is not None
        and asked.names
        and asked.names[0].rpartition(".")[2] in ("Rel", "relative", "relpath")
        and len(asked.given) >= 2
    ):
        for one in asked.given[:2]:
            change_spot(frame, one.expr, cleaner(_PATH))


def _is_origin(text: str) -> bool:
    """Tell whether text that starts so stays with one host: `https://example.com/`."""
    scheme, found, rest = text.partition("://")
    return bool(found) and scheme.isalpha() and "/" in rest and len(rest) > 1


def below(value: Value) -> Value:
    """Give a path that was found to lie below another: harmless where it had been resolved before."""
    if "resolved" in value.checked:
        return algebra.cleaned(value, _PATH)
    return value
