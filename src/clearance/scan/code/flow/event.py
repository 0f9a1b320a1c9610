"""What the interpreter tells as it goes: calls, assignments, comparisons, with what is known of the values at that point.

An event is told only for code that can be reached, once for each way of looking at a function; who listens joins them by
span. Events in a function of another file that was followed from here carry that file's path.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import msgspec

from clearance.scan.code import ir
from clearance.scan.code.flow.value import Hop, Taint, Value


class Given(NamedTuple):
    """An argument as the call gives it. `splat` as in `ir.Arg`."""

    value: Value
    expr: ir.Expr
    name: str = ""
    splat: str = ""


class Where(msgspec.Struct, eq=False):
    """The surroundings of events: one for each function (or top level) of a file, in one way of looking at it.

    `functions` are those around, innermost first (empty at the top). `calls` are the events of all calls in the function
    that the
    watcher wants, in order; complete when events are told (for order and pairs: `Event.before`). `hops` lead from the file
    that is
    looked at to this one, for a function that was followed into.
    """

    path: str
    module: ir.Module
    functions: tuple[ir.Function, ...] = ()
    classes: tuple[ir.ClassDef, ...] = ()
    calls: "list[Event]" = []
    hops: tuple[Hop, ...] = ()
    entry: bool = True
    """The function was looked at on its own, not followed into from a call."""


class Event(msgspec.Struct, eq=False):
    """Something happens in the code.

    `kind`: `call` (also `new`, and tagged templates), `decorator` (annotations, too), `assign` (variable, attribute, entry
    by constant key, a parameter's
    default), `key` (entry of an object, keyword argument, JSX attribute), `use` (a name is mentioned), `import`, `define`
    (function), `class`,
    `compare`, `return`, `assert`, `catch`, `raise`. `word` is the last component of what it is about; `names` all dotted
    names, best
    first. `node` is shown in the finding; `statement` the statement around it. By kind: `given` for calls and decorators;
    `receiver` for calls of methods; `value` for assign, key, return, assert (test) and `left`; `other` for compare
    (one event for each operand that has a name); `handler` for catch, told for each call in the body of its `try`; `result`
    is what the call
    gives; `used` what becomes of that: `dropped`, `assigned`, `with`, `returned`, `passed`, or empty.
    """

    kind: str
    word: str
    names: tuple[str, ...]
    node: ir.Node
    statement: ir.Node
    where: Where
    given: Sequence[Given] = ()
    receiver: Value | None = None
    value: Value | None = None
    other: Value | None = None
    handler: ir.Handler | None = None
    function: ir.Function | None = None
    definition: ir.ClassDef | None = None
    result: Value | None = None
    used: str = ""
    order: str = ""
    """The operator of `compare`."""
    before: tuple["Event", ...] = ()
    """The calls of `where.calls` that certainly came before, on every way to here."""
    loop: bool = False
    """A call in a loop of its function."""
    told: bool = False
    """The interpreter's own note that the watcher has seen it."""


class Watcher(Protocol):
    """Listens to events. They are told when the function that was looked at is done, in order."""

    def wants(self, kind: str, word: str) -> bool:
        """Tell whether events of a kind (or `*`) about a word are worth making; asked very often, so a look-up."""
        ...

    def about(self, kind: str, word: str, names: tuple[str, ...]) -> bool:
        """Tell whether an event of a kind about a word, known by these names, is worth making."""
        ...

    def call_word(self, names: tuple[str, ...]) -> str:
        """Give the word under which a call of something known by these names is told; empty where nobody wants it."""
        ...

    def saw(self, event: Event) -> tuple[Taint, ...]:
        """Take an event. Gives the taints that decided a match, so that callers of the function are looked at when one of
        them is a parameter."""
        ...


class Source(NamedTuple):
    """What a name gives when it is read or called: taint of a kind, as the vocabulary page `page` says."""

    kind: str
    page: str
    message: str


class Asked(NamedTuple):
    """A parameter about which the vocabulary is asked.

    `types` are the dotted names of its declared type, `own` the decorators on the parameter itself, `decorators` those of
    the function
    (events of the kind `decorator`, with names and arguments), `bases` the dotted names of the class around, its bases
    first.
    `position` counts without `self`.
    """

    function: ir.Function
    param: ir.Param
    position: int
    types: tuple[str, ...]
    decorators: Sequence[Event]
    own: Sequence[Event]
    bases: tuple[str, ...]


class Vocabulary(Protocol):
    """What pages say about names, for one language. Names are those of `Value.names`, tried one after the other."""

    def source(self, names: Sequence[str], how: str) -> Source | None:
        """What reading (`how` is `read`), calling (`call`) or taking in a parameter of that type (`type`) brings in."""
        ...

    def parameter(self, asked: Asked) -> Source | str | None:
        """What a parameter is: a source (path parameter of a route), the dotted name of an object that it is an instance of
        (`flask.Request()` for one called `request`), `harmless` (given by the framework, or converted), or None."""
        ...

    def registered(self, names: Sequence[str], given: Sequence[Given], at: int) -> tuple[str, ...] | None:
        """What the parameters of a function are that is given as argument `at` to a call: the dotted names of the objects
        that they are
        instances of, empty for one that is not known; None where no page says anything about such calls."""
        ...

    def cleans(self, names: Sequence[str]) -> frozenset[str]:
        """The kinds of sinks for which the result of a call is harmless; `*` for all."""
        ...

    def passes(self, names: Sequence[str]) -> tuple[int | str, ...] | None:
        """Which arguments (positions, names, `receiver`, `*` for all) make the result of a call; None where no page says
        it."""
        ...

    def fills(self, names: Sequence[str]) -> Sequence[tuple[int | str, int | str]]:
        """Which argument flows into which other argument or the receiver (`copy(dst, src)` gives ((1, 0),),
        `sb.append(x)` ((0, "receiver"),))."""
        ...

    def guard(self, names: Sequence[str]) -> tuple[int | str, bool, frozenset[str]] | None:
        """A call that checks one of its arguments (position or `receiver`): which, the answer that means safe, and for which
        kinds of sinks (`*` for all)."""
        ...

    def ends(self, names: Sequence[str]) -> bool:
        """Whether a call never comes back (`sys.exit`, `abort`, `os.Exit`, `log.Fatal`)."""
        ...
