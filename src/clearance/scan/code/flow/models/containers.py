"""Makes containers: lists, sets, dicts, pairs."""

from typing import Final

import msgspec

from clearance.scan.code.flow.algebra import (
    NULL,
    any_of,
    container,
    element,
    elements,
    index,
    is_null,
    make_list,
    make_object,
    of_literal,
)
from clearance.scan.code.flow.models.asking import Ask, Model, Outcome, own_name
from clearance.scan.code.flow.value import ANYTHING, HARMLESS, Value

_replace = msgspec.structs.replace
_UNDEFINED: Final = NULL


def as_list(v: Value, form: str = "list", names: tuple[str, ...] = ()) -> Value:
    """Give a list (set, queue) with the same elements."""
    if v.items is None:
        known = elements(v)
        if known is not None:
            return container(dict(enumerate(known)), None, Value(form=form, names=names))
        if is_null(v):
            return container({}, None, Value(form=form, names=names))
        return container({}, element(v), Value(form=form, names=names))
    return container(dict(v.items), v.rest, Value(form=form, names=names, taints=v.taints))


def truth_value(decided: bool | None) -> Value:  # noqa: FBT001 what was decided
    """Give the value of what may have been decided."""
    return HARMLESS if decided is None else of_literal(decided)


def new_list(form: str = "list") -> Model:
    """Make a model of a constructor of lists or sets: empty, a copy, or with a size."""

    def model(ask: Ask) -> Outcome:
        source = ask.args[0] if ask.args else None
        names = own_name(ask)
        if source is None or (source.constant and source.items is None and source.text is None):
            return Outcome(container({}, None, Value(form=form, names=names)))
        return Outcome(as_list(source, form, names))

    return model


def list_of(form: str = "list", *, spread_one: bool = False) -> Model:
    """Make a model of a call that gives a list of its arguments. `spread_one`: a single list stands for its elements."""

    def model(ask: Ask) -> Outcome:
        names = own_name(ask)
        if spread_one and len(ask.args) == 1 and ask.args[0].form == "list":
            return Outcome(as_list(ask.args[0], form, names))
        made = make_list(ask.args, form)
        if ask.loose and ask.args:
            made = any_of(made)
        return Outcome(_replace(made, names=names))

    return model


def elements_given(form: str = "list") -> Model:
    """Make a model of a call that gives a list or set with the elements of its first argument."""

    def model(ask: Ask) -> Outcome:
        if not ask.args:
            return Outcome(container({}, None, Value(form=form)))
        return Outcome(as_list(ask.args[0], form))

    return model


def new_dict(ask: Ask) -> Outcome | None:
    """A new dict or map: empty, a copy, of pairs, of keyword arguments."""
    made = dict_of(ask.args[0]) if ask.args and not _scalar(ask.args[0]) else make_object([])
    if ask.named:
        more: list[tuple[Value | None, Value]] = [
            (of_literal(name), inner) for name, inner in ask.named.items() if name != "**"
        ]
        made = make_object([(None, made), *more, *([(None, ask.named["**"])] if "**" in ask.named else [])])
    return Outcome(_replace(made, names=own_name(ask)))


def _scalar(v: Value) -> bool:
    return v.constant and v.items is None


def dict_of(v: Value) -> Value:
    """Give a dict of another one, or of pairs."""
    if v.items is None or v.form == "dict" or any(isinstance(key, str) for key in v.items):
        return make_object([(None, v)])
    pairs = elements(v)
    if pairs is None:
        pair = element(v)
        return make_object([(ANYTHING, index(pair, of_literal(1)))])
    return make_object([(index(pair, of_literal(0)), index(pair, of_literal(1))) for pair in pairs])


def dict_of_pairs(ask: Ask) -> Outcome | None:
    """`Object.fromEntries(pairs)`."""
    return Outcome(dict_of(ask.args[0])) if ask.args else None


def dict_in_turns(ask: Ask) -> Outcome | None:
    """`Map.of(key, value, key, value …)`."""
    entries = [(key, value) for key, value in zip(ask.args[::2], ask.args[1::2], strict=False)]
    return Outcome(_replace(make_object(list(entries)), names=own_name(ask)))


def pair(ask: Ask) -> Outcome | None:
    """`Map.entry(key, value)`: a pair."""
    return Outcome(make_list(ask.args[:2]))


def dict_of_entries(ask: Ask) -> Outcome | None:
    """`Map.ofEntries(entry…)`."""
    return Outcome(_replace(dict_of(make_list(ask.args)), names=own_name(ask)))


def dict_from_keys(ask: Ask) -> Outcome | None:
    """`dict.fromkeys(keys, value)`."""
    if not ask.args:
        return None
    value = ask.args[1] if len(ask.args) > 1 else NULL
    keys = elements(ask.args[0])
    return Outcome(make_object([(key, value) for key in (keys if keys is not None else [ANYTHING])]))
