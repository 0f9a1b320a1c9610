"""The one form into which every language is lowered: structured statements over expressions, with constant operators.

`at` and `end` are offsets in bytes of the UTF-8 text. Operators and words are spelled alike for all languages. Bodies of
functions are lowered when somebody first asks for them (`Function.body`), so that a file costs what is looked at. What a
lowering does not understand is an `Opaque` with the parts that it could lower; it is counted in `Coverage`, never dropped.

Nothing here is nested deeper than the text that a person would write: a lowering turns what lies deeper than
`MAX_DEPTH` into `Opaque`, and writes chains (`a + b + c …`, `elif …`, `case …`) flat, so that readers may recurse.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec

MAX_DEPTH = 150
"""Levels of expressions and statements, together, inside one function body."""


class Node(msgspec.Struct, gc=True, eq=False):
    """What all share: a span of the text."""

    at: int
    end: int


# Expressions


class Const(Node):
    """A literal: text (of bytes, too, as Latin-1), number, truth value, or None (null, nil, undefined). `value` is
    `...` where the literal is understood, but its value is not kept (a regular expression's flags, a huge number)."""

    value: Any
    form: str = ""
    """`regex` for a regular expression literal (value: its pattern), `bytes` for bytes, else empty."""


class Name(Node):
    """A name on its own, also `self`, `this` (written `this` in all languages but Python), `super`."""

    id: str


class Attr(Node):
    """`base.name`, `base?.name`, Go's `pkg.Name`, Java's `Class.field`; `base.class` in Java has the name `class`."""

    base: "Expr"
    name: str


class Index(Node):
    """`base[key]`; also `map.get`-like syntax that is an index in its language."""

    base: "Expr"
    key: "Expr"


class Slice(Node):
    """`base[low:high]`."""

    base: "Expr"
    low: "Expr | None"
    high: "Expr | None"


class Arg(Node):
    """An argument. `name` is that of a keyword argument; `splat` is `*` for a spread sequence, `**` for a spread mapping."""

    value: "Expr"
    name: str = ""
    splat: str = ""


class Call(Node):
    """A call. `new`: written as the making of an object (`new X()`, Go's `&X{}` is an `Object`). A tagged template is a call
    with `tagged` set whose first argument is a list of the constant pieces and whose others are the values."""

    func: "Expr"
    args: tuple[Arg, ...]
    new: bool = False
    tagged: bool = False


class Text(Node):
    """Text put together by syntax: an f-string, a template literal, adjacent literals. Parts in order; `spec` of
    f-strings is dropped when constant, else a part of its own."""

    parts: tuple["Expr", ...]


class Binary(Node):
    """An operator of two or more operands, flat for chains of the same operator (`a + b + c`).

    `op`: `+ - * / // % ** & | ^ << >> @`, and `and`, `or`, `??` (in all languages; `&&` is `and`).
    """

    op: str
    operands: tuple["Expr", ...]


class Compare(Node):
    """`left op right`; `op`: `== != < <= > >= in`, `not in`, `is`, `is not`, `instanceof`. `===` is `==`; a chain `a <
    b < c` is a `Binary` `and` of its parts. `strict`: written `===` or `!==`."""

    op: str
    left: "Expr"
    right: "Expr"
    strict: bool = False


class Unary(Node):
    """`op`: `not - + ~ typeof void delete`, and `*` and `&` of Go; `++`/`--` are `Assign`s."""

    op: str
    operand: "Expr"


class Choice(Node):
    """`test ? then : other`."""

    test: "Expr"
    then: "Expr"
    other: "Expr"


class Items(Node):
    """A list, tuple, set or array: `form` is `list`, `tuple`, `set`. A spread element is a `Spread`."""

    form: str
    items: tuple["Expr", ...]


class Spread(Node):
    """`*x`, `...x`, `**x` where an element or entry may stand."""

    value: "Expr"


class Object(Node):
    """A dict, object literal or composite literal. A key is an expression (`Const` for a plain one), None for a spread
    entry. `type` is the type that is written, as an expression (Go's `http.Cookie{…}`), else None."""

    entries: tuple[tuple["Expr | None", "Expr"], ...]
    type: "Expr | None" = None


class Comprehension(Node):
    """`form`: `list`, `set`, `dict`, `generator`; `key` only for dict. Clauses are (target, iterable, conditions)."""

    form: str
    element: "Expr"
    key: "Expr | None"
    clauses: tuple[tuple["Expr", "Expr", tuple["Expr", ...]], ...]


class Lambda(Node):
    """A function as a value: lambda, arrow function, function expression, Go's function literal, a Java lambda. A Java
    method reference `X::m` is an `Attr`."""

    function: "Function"


class ClassValue(Node):
    """A class as a value: a class expression; the body of an anonymous class is the `ClassDef` of a `Call` with `new`, given
    as an extra argument."""

    definition: "ClassDef"


class Bind(Node):
    """An assignment that is an expression: `(x := f())`, `while ((n = read()) > 0)`. Gives the value."""

    target: "Expr"
    value: "Expr"
    op: str = ""


class Through(Node):
    """Something that hands its value on. `how`: `await`, `yield`, `yield from`, `cast` (with `type`), `assert` (`x!`,
    `x.(T)` with `type`), `receive` (Go's `<-ch`)."""

    how: str
    value: "Expr | None"
    type: "Expr | None" = None


class Opaque(Node):
    """What the lowering does not understand; `parts` are the expressions that it could lower within. `kind` is the
    grammar's name."""

    kind: str
    parts: tuple["Expr", ...] = ()


class Markup(Node):
    """A JSX element. `tag` is its name as an expression; `attributes` are (name or None for a spread, value); children
    follow."""

    tag: "Expr | None"
    attributes: tuple[tuple[str | None, "Expr"], ...]
    children: tuple["Expr", ...]


Expr: TypeAlias = (
    Const | Name | Attr | Index | Slice | Call | Text | Binary | Compare | Unary | Choice | Items | Spread | Object
    | Comprehension | Lambda | ClassValue | Bind | Through | Opaque | Markup
)  # fmt: skip


# Statements


class Assign(Node):
    """`target = value`; `op` is the operator of an augmented one (`+` for `+=`). Targets: `Name`, `Attr`, `Index`,
    `Items` (with `Spread`), `Object` (a pattern: entries (key, target); a default is a `Bind` target), `Opaque`. `a = b
    = c` is two of them. `type` is a declared type. `value` is None for a declaration without one. `declares`: it makes
    a new variable in this scope (`let`, `var`, `:=`, a typed Java local, a class field)."""

    target: Expr
    value: Expr | None
    op: str = ""
    type: Expr | None = None
    declares: bool = False
    decorators: tuple[Expr, ...] = ()


class Eval(Node):
    """An expression for its effect."""

    value: Expr


class If(Node):
    """Branches in order, `elif` written flat: (test, body); the last test is None for `else`."""

    branches: tuple[tuple[Expr | None, "Block"], ...]


class Loop(Node):
    """A loop. `kind`: `while` (`test`), `until` (test after the body: do-while), `for` (with `test` and `step`; what
    comes before the loop is lowered before it), `each` (`target` takes each of `iterable`; `each keys` where it takes
    keys or indexes, as JavaScript's `for…in`; Go's `range` binds (index, value) with `Items` as target and `each pairs`)."""

    kind: str
    body: "Block"
    test: Expr | None = None
    target: Expr | None = None
    iterable: Expr | None = None
    step: "Block" = ()
    other: "Block" = ()


class Case(Node):
    """A case of a switch: `tests` are values (empty: default); `guard` a further condition; `pattern` what it binds, as
    a target (match statements, Java patterns, Go type switches); `falls`: goes on with the next case when its body ends."""

    tests: tuple[Expr, ...]
    body: "Block"
    guard: Expr | None = None
    pattern: Expr | None = None
    falls: bool = False


class Switch(Node):
    """`switch`, `match`, Go's `select` (subject None). A switch that is an expression is a `Bind`-free `Opaque` of its
    values unless it stands as value of an assignment or return, where it is written as a statement that assigns or
    returns in each case."""

    subject: Expr | None
    cases: tuple[Case, ...]


class Handler(Node):
    """`types` are what is caught (empty: everything)."""

    types: tuple[Expr, ...]
    name: str
    body: "Block"


class Try(Node):
    """`other` runs when nothing was raised, `final` always."""

    body: "Block"
    handlers: tuple[Handler, ...]
    other: "Block" = ()
    final: "Block" = ()


class With(Node):
    """`with`, try-with-resources, `using`: (value, target or None)."""

    items: tuple[tuple[Expr, Expr | None], ...]
    body: "Block"


class Return(Node):
    """`return`, with a value or None; several values are an `Items` tuple. An arrow function's expression is one, too."""

    value: Expr | None


class Raise(Node):
    """`raise`, `throw`; Go's `panic(…)` stays a call."""

    value: Expr | None


class Jump(Node):
    """`break`, `continue`, `goto`; `label` where one is given."""

    kind: str
    label: str = ""


class Defer(Node):
    """Go's `defer` and `go`: `kind`."""

    kind: str
    call: Expr


class Delete(Node):
    """`del x`."""

    targets: tuple[Expr, ...]


class Assert(Node):
    """`assert test, message`."""

    test: Expr
    message: Expr | None = None


class Global(Node):
    """`global`, `nonlocal`."""

    names: tuple[str, ...]


class Import(Node):
    """One imported thing: `import module as alias` has no `name`; `from module import name as alias`; `name` `*` is all
    of it.

    `module` is dotted: slashes are dots, a scope's `@` and `node:` are dropped, relative ones keep one dot a level
    (`./db` is `.db`, `../db` is `..db`). Java: `import a.b.C` is module `a.b`, name `C`; static: module `a.b.C`, name
    `m`. Go: module `net.http` (slashes as dots, a version suffix `/v5` dropped), alias the package's name. `export …
    from` is one, too.
    """

    module: str
    name: str
    alias: str
    exported: bool = False


class Param(Node):
    """A parameter. `kind`: empty, `*` (rest), `**` (keyword rest), `keyword` (keyword only), `self` (receiver: first
    parameter of a Python method, Go's receiver). `target` is a pattern where it is destructured (name is then empty).
    `decorators`: Java's annotations, Nest's decorators. `type` is the annotation."""

    name: str
    default: Expr | None = None
    type: Expr | None = None
    kind: str = ""
    target: Expr | None = None
    decorators: tuple[Expr, ...] = ()


def _lowered() -> "Block":
    raise RuntimeError("a body is lowered once")


class Function(Node):
    """A function, method, constructor or lambda. `name` is empty for a lambda (a lowering puts the name of the variable or
    property that it is given to at once). `public` as the language says it: no leading underscore, `export`, `public`, a
    capital in Go. `flags`: of `async`, `generator`, `static`, `getter`, `setter`, `constructor`, `abstract`, `arrow`."""

    name: str
    params: tuple[Param, ...]
    decorators: tuple[Expr, ...]
    lower: Callable[[], "Block"]
    """Lowers the body; called once, by `body`."""
    returns: Expr | None = None
    public: bool = True
    flags: frozenset[str] = frozenset()
    owner: "ClassDef | None" = None
    name_at: int = -1
    """Where the name stands (its end is `name_at + len(name)` in bytes), -1 where there is none."""
    _body: "Block | None" = None

    @property
    def body(self) -> "Block":
        """The statements, lowered on first use."""
        if self._body is None:
            self._body = self.lower()
            self.lower = _lowered
        return self._body


class Def(Node):
    """A function as a statement."""

    function: Function


class ClassDef(Node):
    """A class, interface, enum, struct or record. `methods` are its functions, `fields` the assignments in its body (struct
    fields of Go and fields without value included, with `type`), `body` whatever else stands there (nested classes as
    `ClassStatement`, blocks). `bases` in order; embedded fields of Go are bases. Go's methods are put into the struct
    of the same file; where there is none, into a `ClassDef` made for them with `kind` `methods`."""

    name: str
    bases: tuple[Expr, ...]
    decorators: tuple[Expr, ...]
    methods: tuple[Function, ...]
    fields: tuple[Assign, ...]
    body: "Block"
    kind: str = "class"
    public: bool = True
    keywords: tuple[Arg, ...] = ()
    """Python's keyword arguments of a class (`metaclass=…`)."""


class ClassStatement(Node):
    """A class as a statement."""

    definition: ClassDef


class Scope(Node):
    """A block with variables of its own (`{ … }`, labelled blocks, Java's `synchronized`)."""

    body: "Block"
    label: str = ""


class Unknown(Node):
    """A statement that the lowering does not understand, or text that does not parse; `body` is what could be lowered
    within."""

    kind: str
    body: "Block" = ()


Stmt: TypeAlias = (
    Assign | Eval | If | Loop | Switch | Try | With | Return | Raise | Jump | Defer | Delete | Assert | Global | Import | Def
    | ClassStatement | Scope | Unknown
)  # fmt: skip
Block: TypeAlias = tuple[Stmt, ...]


class Coverage(msgspec.Struct):
    """How much a lowering understood so far: counted nodes and opaque ones, by the grammar's name."""

    nodes: int = 0
    opaque: dict[str, int] = {}

    @property
    def share(self) -> float:
        """The share of counted nodes that was understood, from 0 to 1; 1 where there was nothing."""
        return 1 - sum(self.opaque.values()) / self.nodes if self.nodes else 1.0


class Module(msgspec.Struct, eq=False):
    """A lowered file. `body` holds the statements at the top in order, with functions and classes as `Def` and
    `ClassStatement`; `package` is Java's and Go's package, dotted. `functions` are all functions that stand at the top
    or in a class at any depth of classes, in the order of the text (not those within functions)."""

    language: str
    body: Block
    package: str = ""
    functions: tuple[Function, ...] = ()
    coverage: Coverage = msgspec.field(default_factory=Coverage)
