"""What JavaScript brings with it: methods of strings, arrays, maps and sets, `Object`, `JSON`, `Math`, and Node's text
modules."""

import math
from collections.abc import Callable
from typing import Final

import msgspec

from clearance.scan.code.flow.algebra import (
    HARMLESS_TEXT,
    NULL,
    container,
    element,
    elements,
    keys_of,
    made_of,
    make_list,
    of_literal,
    pairs_of,
    text_of,
    text_with,
    values_of,
    with_path,
)
from clearance.scan.code.flow.models import containers, dicts, lists, members, numbers, stores, text
from clearance.scan.code.flow.models.asking import (
    Ask,
    Methods,
    Model,
    Outcome,
    Tables,
    first_argument,
    of_all,
    of_everything,
    of_text,
    only,
    own_name,
)
from clearance.scan.code.flow.models.numbers import harmless, harmless_named
from clearance.scan.code.flow.value import Value

_replace = msgspec.structs.replace

KINDS: Final = {
    "Map": "dict", "WeakMap": "dict", "Set": "set", "WeakSet": "set", "Array": "list", "String": "text", "string": "text",
    "RegExp": "regex",
    "Uint8Array": "text",
}  # fmt: skip


def _substring(given: str, low: int = 0, high: int | None = None) -> str:
    """Give `given.substring(low, high)`."""
    one, other = max(0, low), len(given) if high is None else max(0, high)
    return given[min(one, other) : max(one, other)]


def _substr(given: str, low: int, count: int | None = None) -> str:
    """Give `given.substr(low, count)`."""
    start = low if low >= 0 else max(0, len(given) + low)
    return given[start:] if count is None else given[start : start + max(0, count)]


def _slice(given: str, low: int = 0, high: int | None = None) -> str:
    return given[low:high]


def _at(given: str, position: int = 0) -> str:
    return given[position]


def _char_at(given: str, position: int = 0) -> str:
    return given[position] if 0 <= position < len(given) else ""


def _code_at(given: str, position: int = 0) -> int:
    return ord(given[position])


def _index_of(given: str, part: str, start: int = 0) -> int:
    return given.find(part, start)


def _includes(given: str, part: str) -> bool:
    return part in given


def _starts(given: str, part: str, start: int = 0) -> bool:
    return given.startswith(part, start)


def _ends(given: str, part: str) -> bool:
    return given.endswith(part)


def _split(given: str, separator: str | None = None, most: int | None = None) -> list[str]:
    if separator is None:
        return [given]
    return (given.split(separator) if separator else list(given))[:most]


def _pad_start(given: str, width: int, filler: str = " ") -> str:
    missing = max(0, width - len(given))
    return (filler * missing)[:missing] + given


def _pad_end(given: str, width: int, filler: str = " ") -> str:
    missing = max(0, width - len(given))
    return given + (filler * missing)[:missing]


def _shown(ask: Ask) -> Outcome | None:
    """`String(x)`."""
    return Outcome(text.kept(ask.args[0]) if ask.args else of_literal(""))


def _to_text(ask: Ask) -> Outcome | None:
    """`x.toString()`."""
    v = ask.receiver
    if v.form in ("list", "set"):
        return text.join_elements(_replace(ask, args=[]))
    return Outcome(text.kept(v))


def _array(ask: Ask) -> Outcome | None:
    """`new Array(n)`, `Array(a, b)`."""
    if len(ask.args) == 1 and ask.args[0].constant and ask.args[0].text is None:
        return Outcome(container({}, None, Value(form="list")))
    return Outcome(make_list(ask.args))


def _array_from(ask: Ask) -> Outcome | None:
    """`Array.from(list)`; a function as second argument is the interpreter's."""
    if not ask.args or (len(ask.args) > 1 and ask.args[1].form == "function"):
        return None
    return Outcome(containers.as_list(ask.args[0] if ask.args[0].form != "dict" else pairs_of(ask.args[0])))


def _new_map(ask: Ask) -> Outcome | None:
    """`new Map(pairs)`."""
    made = containers.dict_of_pairs(ask) if ask.args and ask.args[0].literal is not None else None
    like = Value(form="dict", names=own_name(ask))
    if made is None:
        return Outcome(container({}, None, like))
    return Outcome(container(dict(made.result.items or {}), made.result.rest, like))


def _new_set(ask: Ask) -> Outcome | None:
    """`new Set(list)`."""
    return containers.new_list("set")(ask)


def _regex(ask: Ask) -> Outcome | None:
    """`new RegExp(pattern, flags)`."""
    if not ask.args:
        return None
    return Outcome(_replace(text.kept(ask.args[0]), form="regex", names=own_name(ask)))


def _path(ask: Ask) -> Outcome | None:
    """`path.join(a, b)`."""
    return Outcome(_replace(with_path(ask.args), names=())) if ask.args else None


def _for_each_of(ask: Ask) -> Outcome | None:
    """`list.find(function)`."""
    return Outcome(element(ask.receiver))


def _match(ask: Ask) -> Outcome | None:
    """`text.match(pattern)`, `pattern.exec(text)`: parts of the text."""
    given = ask.receiver if ask.method != "exec" else ask.args[0] if ask.args else NULL
    return Outcome(text.pieces_of(given))


def _fixed(_ask: Ask) -> Outcome | None:
    """`number.toFixed(2)`."""
    return Outcome(HARMLESS_TEXT)


def _raw(ask: Ask) -> Outcome | None:
    """A tagged template of text only: `String.raw`."""
    known = elements(ask.args[0]) if ask.args else None
    if known is None or len(ask.args) != len(known):
        return Outcome(made_of(ask.args))
    parts = [part for pair in zip(known, [*ask.args[1:], of_literal("")], strict=False) for part in pair]
    return Outcome(text_with("".join([text_of(part, "javascript") for part in parts]), parts))


_ADD: Final = lists.add()


def _added(ask: Ask) -> Outcome | None:
    """`set.add(element)`: gives the set."""
    outcome = _ADD(ask)
    return None if outcome is None or outcome.receiver is None else Outcome(outcome.receiver, outcome.receiver)


_MATH: Final[dict[str, Callable[..., object]]] = {
    "floor": math.floor, "ceil": math.ceil, "round": lambda one: math.floor(one + 0.5), "trunc": math.trunc, "abs": abs,
        "max": max,
    "sqrt": math.sqrt, "sign": lambda one: (one > 0) - (one < 0),
}  # fmt: skip
CALLS: Final[dict[str, Model]] = {
    "String": _shown,
    **dict.fromkeys(("Number", "parseFloat", "Number.parseFloat"), numbers.converted(numbers.decimal)),
    **dict.fromkeys(("parseInt", "Number.parseInt"), numbers.converted(numbers.leading_whole)),
    "Boolean": numbers.truth_of,
    **{f"Math.{name}": numbers.calculated(function) for name, function in _MATH.items()},
    **dict.fromkeys(
        (
            "Math.log", "Math.log2", "Math.log10", "Math.sin", "Math.cos", "Date.now", "Date.parse",
            "isNaN", "isFinite",
            "Number.isInteger", "Number.isNaN", "Number.isFinite", "Number.isSafeInteger", "Array.isArray",
            "performance.now", "Object.is",
            "Object.hasOwn", "crypto.timingSafeEqual", "Buffer.byteLength", "Buffer.isBuffer", "path.isAbsolute", "Symbol",
        ),
        harmless,
    ),
    **dict.fromkeys(("crypto.randomUUID", "Date"), harmless_named),
    "Math.min": numbers.smallest,
    **dict.fromkeys(("Math.pow", "BigInt"), numbers.counted),
    "String.fromCharCode": lambda _ask: Outcome(HARMLESS_TEXT),
    "String.raw": _raw,
    "Array": _array,
    "Array.of": containers.list_of(),
    "Array.from": _array_from,
    "Map": _new_map,
    "WeakMap": _new_map,
    "Set": _new_set,
    "WeakSet": _new_set,
    "RegExp": _regex,
    "Object": lambda ask: Outcome(ask.args[0]) if ask.args else containers.new_dict(ask),
    "Object.keys": dicts.with_given(keys_of),
    "Object.getOwnPropertyNames": dicts.with_given(keys_of),
    "Reflect.ownKeys": dicts.with_given(keys_of),
    "Object.values": dicts.with_given(values_of),
    "Object.entries": dicts.with_given(pairs_of),
    "Object.assign": dicts.assigned,
    "Object.fromEntries": containers.dict_of_pairs,
    "Object.create": lambda _ask: Outcome(container({}, None, Value(form="dict"))),
    **dict.fromkeys(("Object.freeze", "Object.seal", "Object.preventExtensions", "structuredClone", "Promise.resolve"),
        first_argument),
    **dict.fromkeys(("Promise.all", "Promise.allSettled", "Promise.race", "Promise.any"), first_argument),
    "JSON.parse": stores.json_read,
    "JSON.stringify": stores.json_write,
    "util.format": text.console_format,
    "util.inspect": of_all,
    **dict.fromkeys(("path.join", "path.posix.join", "path.win32.join"), _path),
    **dict.fromkeys(
        (
            "atob", "btoa", "escape", "unescape", "decodeURI", "decodeURIComponent", "Buffer.from", "Buffer",
            "Buffer.concat", "path.resolve",
            "path.normalize", "querystring.unescape",
        ),
        of_all,
    ),
}  # fmt: skip

METHODS: Final[Methods] = {
    "toLowerCase": of_text(text.same_text(str.lower, on_parts=True)),
    "toUpperCase": of_text(text.same_text(str.upper, on_parts=True)),
    "toLocaleLowerCase": of_text(text.same_text(str.lower, on_parts=True)),
    "toLocaleUpperCase": of_text(text.same_text(str.upper, on_parts=True)),
    "trim": of_text(text.same_text(str.strip)),
    "trimStart": of_text(text.same_text(str.lstrip)),
    "trimEnd": of_text(text.same_text(str.rstrip)),
    "trimLeft": of_text(text.same_text(str.lstrip)),
    "trimRight": of_text(text.same_text(str.rstrip)),
    "normalize": only(text.same_text(), "text"),
    "padStart": of_text(text.same_text(_pad_start)),
    "padEnd": of_text(text.same_text(_pad_end)),
    "valueOf": only(text.same_text(), "text"),
    "toString": only(_to_text, "text", "list", "set", ""),
    "toFixed": only(_fixed, "*"),
    "toPrecision": only(_fixed, "*"),
    "toISOString": only(_fixed, "*"),
    "getTime": only(harmless, "*"),
    "substring": of_text(text.cut(_substring)),
    "substr": of_text(text.cut(_substr)),
    "charAt": of_text(text.cut(_char_at)),
    "charCodeAt": of_text(text.asks(_code_at)),
    "codePointAt": of_text(text.asks(_code_at)),
    "localeCompare": of_text(text.asks()),
    "startsWith": of_text(text.asks(_starts)),
    "endsWith": of_text(text.asks(_ends)),
    "includes": {"text": text.asks(_includes), "list": members.contains, "": harmless},
    "indexOf": {"text": text.asks(_index_of), "list": harmless, "": harmless},
    "lastIndexOf": {"text": harmless, "list": harmless, "": harmless},
    "search": only(harmless, "text"),
    "test": only(harmless, "regex"),
    "exec": only(_match, "regex"),
    "match": of_text(_match),
    "matchAll": of_text(_match),
    "split": of_text(text.pieces(_split)),
    "replace": only(text.replace_method, "text", ""),
    "replaceAll": of_text(text.replace_method),
    "repeat": of_text(text.repetition),
    "concat": {"text": text.concatenation, "list": lists.concat},
    "slice": {"text": text.cut(_slice), "list": lists.cut_list},
    "at": {"text": text.cut(_at), "list": lists.get},
    "join": {"list": text.join_elements},
    "push": {"list": lists.add(numbers.HARMLESS_RESULT.result)},
    "unshift": only(lists.add_first, "list"),
    "pop": only(lists.take(), "list"),
    "shift": only(lists.take(0), "list"),
    "splice": only(lists.splice, "list"),
    "reverse": only(lists.reversed_list, "list"),
    "toReversed": only(lists.as_any, "list"),
    "sort": only(lists.shuffled(), "list"),
    "toSorted": only(lists.as_any, "list"),
    "fill": only(lists.fill, "list"),
    "flat": only(lists.flat_list, "list"),
    "filter": only(lists.as_any, "list"),
    "find": only(_for_each_of, "list"),
    "findLast": only(_for_each_of, "list"),
    "findIndex": only(harmless, "list"),
    "some": only(harmless, "list"),
    "every": only(harmless, "list"),
    "keys": {"list": members.numbers, "dict": dicts.keys, "set": lists.as_elements},
    "values": {"list": lists.as_elements, "dict": dicts.values, "set": lists.as_elements},
    "entries": {"list": dicts.indexes, "dict": dicts.entries},
    "get": only(dicts.get_key, "dict"),
    "set": only(dicts.put(), "dict"),
    "has": only(members.contains, "dict", "set"),
    "delete": {"dict": dicts.take_key, "set": lists.remove},
    "add": only(_added, "set"),
    "clear": only(lists.clear, "dict", "set"),
    "hasOwnProperty": only(members.contains, "dict", "list"),
    "digest": only(lambda _ask: Outcome(HARMLESS_TEXT), "*"),
    "toJSON": only(of_everything, "text", "dict", "list"),
}  # fmt: skip
TABLES: Final = Tables(CALLS, METHODS, KINDS)
