"""Functions that are passed to calls which go through collections: what they are given, and what becomes of their
results."""

from typing import Final

import msgspec

from clearance.scan.code.flow import algebra
from clearance.scan.code.flow.event import Given
from clearance.scan.code.flow.frame import Summary
from clearance.scan.code.flow.guards import answered
from clearance.scan.code.flow.names import instance_names
from clearance.scan.code.flow.value import ANYTHING, HARMLESS, Value

_replace = msgspec.structs.replace
EACH: Final = frozenset({
    "map", "filter", "forEach", "flatMap", "some", "every", "find", "findIndex", "findLast", "sort", "sorted", "reduce",
    "reduceRight",
    "then", "catch", "finally", "each", "ifPresent", "mapToObj", "peek", "anyMatch", "allMatch", "noneMatch", "removeIf",
    "replaceAll",
    "orElseGet", "computeIfAbsent", "any", "all", "apply", "applymap", "toSorted", "partition", "groupBy", "collect",
    "removeAll",
})  # fmt: skip
MAPPED: Final = frozenset({"map", "flatMap", "then", "mapToObj", "reduce", "reduceRight", "catch", "orElseGet"})
SAME: Final = frozenset({"filter", "sort", "sorted", "toSorted", "peek", "finally", "find", "findLast"})
_OPTIONAL: Final = ("java.util.Optional()",)
Back = tuple[Value, Value | None]
"""What a callback gives, and what a predicate found out about the element that it was given."""


def is_callable(value: Value) -> bool:
    """Tell whether a value is a thing with a name that can be called (`int`, `String::trim`)."""
    if value.constant or value.taints or value.text is not None or value.items is not None or not value.names:
        return False
    return (
        value.form in ("", "class", "function") and not value.names[0].endswith("()") and not value.names[0].startswith("?")
    )


def let_through(summary: Summary, args: list[Value]) -> Value | None:
    """Give what the element is for which a predicate answers yes."""
    inner = summary.frame
    params = (
        [param for param in inner.function.params if param.kind == ""]
        if inner is not None and inner.function is not None
        else []
    )
    if not params or not params[0].name or not args or len(summary.exits) > 8:
        return None
    found = answered(summary, [params[0].name], algebra.truth, truth=True)
    return found.get(params[0].name) if found else None


def given_to_each(method: str, receiver: Value | None, given: list[Given], at: int) -> list[Value]:
    """Give what a function is called with that goes through a collection."""
    if receiver is None or (
        receiver.names and receiver.names[0] in ("_", "lodash", "underscore", "async", "Arrays", "java.util.Arrays")
    ):
        others = [one.value for number, one in enumerate(given) if number != at and not one.name]
        return [algebra.element(other) for other in others]
    if method in ("then", "catch", "finally"):
        return [receiver]
    one = algebra.element(receiver) if receiver.form in ("list", "set", "dict") or receiver.items is not None else receiver
    if receiver.form == "" and receiver.items is None:
        one = Value(taints=receiver.taints, constant=receiver.constant)
    if method in ("reduce", "reduceRight"):
        start = given[at + 1].value if len(given) > at + 1 else one
        return [algebra.join(start, one), one]
    if method in ("sort", "toSorted"):
        return [one, one]
    return [one, HARMLESS, receiver]


def _of_optional(word: str, receiver: Value, value: Value, let_through: Value | None) -> Value:
    """Give what `Optional.map`, `flatMap`, `filter`, `or`, `orElseGet` give."""
    held = receiver.items["value"] if receiver.items is not None and "value" in receiver.items else algebra.element(receiver)
    if word in ("orElseGet", "or"):
        return _replace(algebra.join(held, value), key="") if word == "orElseGet" else algebra.join(receiver, value)
    if word == "flatMap":
        return _replace(value, key="")
    inner = value if word == "map" else let_through if let_through is not None else held
    return Value(form="object", names=_OPTIONAL, items={"value": _replace(inner, key="")})


def of_callback(word: str, receiver: Value | None, back: Back, names: tuple[str, ...], given: list[Given]) -> Value:
    """Give what a call gives that went through a collection with a function."""
    value, let_through = back
    if receiver is not None and receiver.names[:1] == _OPTIONAL:
        return _of_optional(word, receiver, value, let_through)
    if word in SAME:
        held = receiver
        if held is None:
            held = next((one.value for one in given[1:] if not one.name), ANYTHING)
        if let_through is not None and word in ("filter", "find", "findLast"):
            if word == "filter":
                return algebra.container({}, _replace(let_through, key=""), Value(form="list", names=instance_names(names)))
            return _replace(let_through, key="")
        return algebra.any_of(held) if word not in ("find", "findLast") else algebra.element(held)
    if word in ("map", "flatMap", "mapToObj"):
        if (
            receiver is not None
            and receiver.form == ""
            and receiver.items is None
            and not receiver.taints
            and value.constant
        ):
            return Value(names=instance_names(names))
        inner = algebra.element(value) if word == "flatMap" and value.items is not None else value
        return algebra.container({}, _replace(inner, key=""), Value(form="list", names=instance_names(names)))
    return _replace(value, key="")
