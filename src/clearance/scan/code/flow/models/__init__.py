"""Models of what languages bring with them: text, containers, numbers, conversions. Frameworks are vocabulary pages.

A model says what a call gives for what it is given, as the language does it where all is constant, and else which origins,
contents and holes go where. What is a method of many things (`get`, `add`, `append`) is only modelled where the receiver is
known to be one of ours.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from clearance.scan.code.flow.event import Given
from clearance.scan.code.flow.models import go, java, javascript, python
from clearance.scan.code.flow.models.asking import Outcome, Tables, asked, kind_of
from clearance.scan.code.flow.value import Value

__all__ = ["Outcome", "call"]

_TABLES: Final[Mapping[str, Tables]] = {
    "python": python.TABLES,
    "javascript": javascript.TABLES,
    "typescript": javascript.TABLES,
    "tsx": javascript.TABLES,
    "java": java.TABLES,
    "go": go.TABLES,
}


def call(language: str, names: Sequence[str], method: str, receiver: Value | None, given: Sequence[Given]) -> Outcome | None:
    """Give the outcome of a call, None where nothing here knows it.

    `names` are those of what is called, best first; `method` is the last part of it; `receiver` is what it is called on
    (None
    for a plain name). A list of two that a Go function gives stands for its two results.
    """
    tables = _TABLES.get(language)
    if tables is None:
        return None
    calls = tables.calls
    for name in names:
        model = calls.get(name)
        if model is not None:
            outcome = model(asked(language, names, method, receiver, given))
            if outcome is not None:
                return outcome
    by_kind = tables.methods.get(method)
    if by_kind is None or receiver is None:
        return None
    kind = kind_of(receiver, tables.kinds)
    model = by_kind.get(kind) if kind is not None else None
    if model is None:
        model = by_kind.get("*")
        if model is None:
            return None
    elif kind == "" and not receiver.taints and any(one.value.taints for one in given):
        return None  # something that nobody knows is given data: a name is not enough
    return model(asked(language, names, method, receiver, given))
