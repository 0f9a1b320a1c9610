"""What is known of a value: constants, text with holes, contents, names, and where it comes from."""

from typing import Any, Final, NamedTuple

import msgspec

UNKNOWN: Final = object()
"""The literal of a value that is not known."""
HOLE: Final = "{}"
"""Stands in `Value.text` for what is not constant."""

KINDS: Final = (
    "request", "socket", "queue", "model", "upload", "browser", "argument", "environment", "file", "database", "parameter",
)  # fmt: skip
"""Where data can come from. `request`: what a client of a server sends (headers, path, cookies and bodies too); `upload`:
name or
bytes of an uploaded file; `browser`: what the sender of a link controls in a page; `socket`, `queue`: other peers, messages;
`model`: output of a language model; `argument`: the command line, standard input; `environment`: variables; `file`:
contents of
files; `database`: rows; `parameter`: a parameter of a function whose callers are not in sight."""
REMOTE: Final = frozenset({"request", "socket", "queue", "model", "upload", "browser"})
"""Kinds that somebody elsewhere controls; the word `request` of Detect blocks means all of these."""
CLOSED: Final = "inner parameter"
"""A parameter of a function whose callers are in sight: what it brings is told where they are, not here."""


class Hop(NamedTuple):
    """One step of a way: a span of bytes in the file at `path`, and what happens there."""

    path: str
    at: int
    end: int
    message: str


class Taint(msgspec.Struct, frozen=True):
    """One origin of a value. Two taints are the same origin where kind and first hop agree.

    `page` is the vocabulary page that declares the source (empty for parameters). `cleaned` are the kinds of sinks for which
    it was made harmless (`shell`, `sql`, …). `weak`: it went through a call that nobody can look into. `function` and
    `position` tell
    which parameter of which function it is, for the kinds `parameter` and CLOSED.
    """

    kind: str
    trail: tuple[Hop, ...]
    page: str = ""
    cleaned: frozenset[str] = frozenset()
    weak: bool = False
    function: int = -1
    position: int = -1


class Refers(msgspec.Struct, frozen=True, gc=True, eq=False):
    """What a value is in the code that is looked at: `node` is an `ir.Function`, `ir.ClassDef` or `ir.Import`.

    `unit` is the file that holds it, `outer` the function around it (a closure), `receiver` the object of a bound method,
    `given` the
    arguments that were bound before (`functools.partial`). `unit` and `outer` belong to the interpreter.
    """

    node: Any
    unit: Any
    outer: Any = None
    receiver: "Value | None" = None
    given: tuple[Any, ...] = ()


class Value(msgspec.Struct, frozen=True, gc=True, eq=False):
    """What an expression may give. The default knows nothing: not constant, from nowhere.

    `constant`: made of literals only; then `literal` is the value or UNKNOWN. `text`: text as far as it is known, with HOLE
    for
    what is not (constants, too). `built`: text put together with something that is not constant. `form`: `list`, `dict`,
    `set`, `function`, `class`, `object`, `regex` where it is known to be one. `items` are the contents of a list by
    position, of a dict or
    object by key or field (constant keys only); `rest` is what else may lie in it (None: nothing else, the contents are
    known whole). `names` are the dotted names by which it is known, best first: `subprocess.run` for a
    thing, `requests.Session()` for what a call of it gave or an instance of that type; a root that nothing explains is `?`.
    `taints` are origins of the value itself, contents included where they were merged. `refers` tells the function, class or
    import that it is, or the class of which it is an instance (`form` is then `object`). `key` is the path of the variable
    that it was last read from (`user.name`), else empty.
    `checked` are the kinds of checks that guards on the way made, in words of the vocabulary.
    """

    constant: bool = False
    literal: object = UNKNOWN
    text: str | None = None
    built: bool = False
    form: str = ""
    items: "dict[str | int, Value] | None" = None
    rest: "Value | None" = None
    names: tuple[str, ...] = ()
    taints: tuple[Taint, ...] = ()
    refers: Refers | None = None
    key: str = ""
    checked: frozenset[str] = frozenset()


ANYTHING: Final = Value()
HARMLESS: Final = Value(constant=True)
"""Constant as far as an attack is concerned: a number, a truth value, a digest."""
