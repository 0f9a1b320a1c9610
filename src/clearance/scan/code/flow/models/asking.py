"""What a model is given and what it gives; how receivers are told apart."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

import msgspec

from clearance.scan.code.flow.algebra import element, elements, join, made_of
from clearance.scan.code.flow.event import Given
from clearance.scan.code.flow.value import ANYTHING, UNKNOWN, Value

_replace = msgspec.structs.replace
_MOST = 40
MAX_COUNT: Final = 4000
"""Numbers above this are not counts that a constant may be folded with."""


class Outcome(NamedTuple):
    """What a call gives, what its receiver is afterwards (None: unchanged), and what arguments are afterwards, by
    position."""

    result: Value
    receiver: Value | None = None
    args: Mapping[int, Value] | None = None


class Ask(msgspec.Struct, eq=False):
    """A call: its language and names, what it is called on (ANYTHING for a plain call), and what it is given, `*rest`
    spread."""

    language: str
    names: Sequence[str]
    method: str
    receiver: Value
    args: list[Value]
    named: dict[str, Value]
    loose: bool = False
    """More may be given than `args` and `named` tell."""

    def arg(self, position: int, name: str = "") -> Value | None:
        """Give an argument by position or name, None where it is not given."""
        if position < len(self.args):
            return self.args[position]
        return self.named.get(name) if name else None

    def everything(self) -> list[Value]:
        """Give the receiver and all arguments."""
        return [self.receiver, *self.args, *self.named.values()]


Model: TypeAlias = Callable[[Ask], Outcome | None]
Methods: TypeAlias = Mapping[str, Mapping[str, Model]]
"""Models by method, then by the kind of receiver: `text`, `list`, `set`, `dict`, `builder`, `iterator`, `optional`,
`regex`; empty
for one that nothing is known of, `*` for any."""


class Tables(NamedTuple):
    """The models of one language."""

    calls: Mapping[str, Model]
    methods: Methods
    kinds: Mapping[str, str]
    """Kinds of receivers by the last part of the name of their type."""


def asked(language: str, names: Sequence[str], method: str, receiver: Value | None, given: Sequence[Given]) -> Ask:
    """Give a call in the form in which models read it."""
    args: list[Value] = []
    named: dict[str, Value] = {}
    loose = False
    for one in given[:_MOST]:
        if one.splat == "*":
            values = elements(one.value)
            if values is None:
                args.append(element(one.value))
                loose = True
            else:
                args.extend(values)
        elif one.splat:
            loose = True
            if one.value.items is None:
                named["**"] = element(one.value)
            else:
                named.update({str(key): inner for key, inner in one.value.items.items()})
        elif one.name:
            named[one.name] = one.value
        else:
            args.append(one.value)
    return Ask(language, names, method, ANYTHING if receiver is None else receiver, args, named, loose)


def kind_of(receiver: Value, kinds: Mapping[str, str]) -> str | None:
    """Give the kind of a receiver; empty where nothing is known, None where it is a module, or of a type that is no
    container."""
    form = receiver.form
    evident = bool(receiver.taints) or receiver.constant
    for name in receiver.names:
        if name.endswith("()"):
            kind = kinds.get(name[name.rfind(".", 0, -2) + 1 : -2])
            if kind is not None:
                return kind
            if not form and receiver.text is None and not evident:
                return None
        elif not (form or receiver.text is not None or evident or name[:1] == "?"):
            return None
    if form in ("list", "set", "dict", "regex"):
        return form
    if receiver.text is not None:
        return "text"
    if form:
        return None
    return "dict" if receiver.items is not None else ""


# Shapes that many models have


def gives(result: Value) -> Model:
    """Make a model that always gives the same."""
    outcome = Outcome(result)
    return lambda _ask: outcome


def unnamed(v: Value) -> Value:
    """Give a value without the names and the variable it was read from."""
    return v if not v.names and not v.key else _replace(v, names=(), key="")


def first_argument(ask: Ask) -> Outcome | None:
    """The result is the first argument."""
    return Outcome(unnamed(ask.args[0])) if ask.args else None


def the_receiver(ask: Ask) -> Outcome | None:
    """The result is the receiver."""
    return Outcome(unnamed(ask.receiver))


def of_all(ask: Ask) -> Outcome | None:
    """The result is made of all arguments."""
    return Outcome(made_of([*ask.args, *ask.named.values()]))


def of_everything(ask: Ask) -> Outcome | None:
    """The result is made of the receiver and all arguments."""
    return Outcome(made_of(ask.everything()))


def typed(v: Value, name: str) -> Value:
    """Give a value that is known as an instance of a type."""
    return _replace(v, names=(name,), key="")


def own_name(ask: Ask) -> tuple[str, ...]:
    """Give the names of what the call made, as an instance."""
    return tuple([f"{name}()" for name in ask.names])


def literals(values: Sequence[Value]) -> list[object] | None:
    """Give the literals of values, None where one is not known, or is a number that is no sensible count."""
    result: list[object] = []
    for value in values:
        literal = value.literal
        if literal is UNKNOWN or literal is ... or (isinstance(literal, int) and not -MAX_COUNT <= literal <= MAX_COUNT):
            return None
        result.append(literal)
    return result


def either(one: Value, other: Value | None) -> Value:
    """Give what is one or the other, where there is another."""
    return one if other is None else join(one, other)


def of_text(model: Model, **others: Model) -> dict[str, Model]:
    """Give the models of a method that text has and hardly anything else, so that its name is enough; and those of
    `others`."""
    return {"text": model, "": model, **others}


def only(model: Model, *kinds: str) -> dict[str, Model]:
    """Give the models of a method that only these kinds of receivers have."""
    return dict.fromkeys(kinds, model)
