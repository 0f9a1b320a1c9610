"""What one run of the interpreter shares: the look at a file, its files (units), and the function that is being looked
at."""

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from clearance.scan.code import ir
from clearance.scan.code.flow.event import Event, Given, Source, Vocabulary, Watcher, Where
from clearance.scan.code.flow.state import State
from clearance.scan.code.flow.value import Hop, Refers, Taint, Value
from clearance.scan.code.mentions import fields_written
from clearance.scan.code.source import ENGINE_OF
from clearance.scan.family import Budget

MAX_LEVELS = 400
"""Expressions and statements within each other, functions that are followed into included."""
MAX_DEPTH = 6
"""Functions that are followed into from one another."""
MAX_CONTEXTS = 24
"""Ways in which one function is followed into with different arguments."""
MAX_STEPS = 400_000
"""Expressions that one look evaluates."""
_MAX_MENTIONED = 80
MAX_SHORT = 300
"""Bytes of a function that is always followed into."""
MAX_FOLLOWED = 3000
"""Calls into functions that one look follows."""


class Files(Protocol):
    """Finds the file of the tree that an import means."""

    def unit(self, importer: "Unit", module: str) -> "tuple[Unit, ...]":
        """Give the lowered files that make up a module; none where it is not in the tree."""
        ...


class Unit:
    """A lowered file: what it imports, and what stands at its top."""

    __slots__ = (
        "assigned", "bases", "classes", "data", "done", "fields", "functions", "given", "imports", "language", "methods",
        "module", "path", "refers", "stars", "statics", "top", "values", "written",
    )  # fmt: skip

    def __init__(self, path: str, module: ir.Module, data: bytes) -> None:
        self.path = path
        self.module = module
        self.data = data
        self.language = ENGINE_OF.get(module.language, module.language)
        self.imports: dict[str, ir.Import] = {}
        self.given: set[str] = set()
        """Variables that are given something at the top."""
        self.stars: list[str] = []
        self.functions: dict[str, ir.Function] = {}
        self.classes: dict[str, ir.ClassDef] = {}
        self.values: dict[str, Value] = {}
        self.refers: dict[int, Refers] = {}
        self.fields: dict[int, Value | None] = {}
        self.assigned: dict[str, bool] = {}
        self.statics: dict[tuple[int, str], Value] = {}
        """Fields of classes themselves that were given something after their definition."""
        self.bases: dict[int, tuple[bool, list[tuple[Refers | None, tuple[str, ...]]]]] = {}
        """What the bases of a class were found to be, and whether the top had been run by then."""
        self.methods: dict[int, dict[str, list[ir.Function]]] = {}
        self.written: list[int] | None = None
        self.top: Frame | None = None
        self.done = False
        """The top was run to its end."""
        self._index(module.body)

    def _index(self, body: ir.Block) -> None:
        stack: list[Any] = [body]
        while stack:
            for one in stack.pop():
                kind = type(one)
                if kind is ir.Def:
                    self.functions.setdefault(one.function.name, one.function)
                elif kind is ir.ClassStatement:
                    self._class(one.definition, 0)
                elif kind is ir.Import:
                    if one.name == "*":
                        if len(self.stars) < 16:
                            self.stars.append(one.module)
                    else:
                        self.imports.setdefault(one.alias, one)
                elif kind is ir.Assign:
                    self._gives(one.target)
                elif kind is ir.If:
                    stack.extend(block for _, block in one.branches)
                elif kind is ir.Try:
                    stack += [one.body, one.other, one.final, *(handler.body for handler in one.handlers)]
                elif kind is ir.Loop:
                    self._gives(one.target)
                    stack.append(one.body)
                elif kind is ir.With:
                    for _, target in one.items:
                        self._gives(target)
                    stack.append(one.body)
                elif kind in (ir.Scope, ir.Unknown):
                    stack.append(one.body)

    def _gives(self, target: ir.Expr | None) -> None:
        """Note the variables that an assignment at the top gives something."""
        stack: list[Any] = [target]
        while stack:
            one = stack.pop()
            kind = type(one)
            if kind is ir.Name:
                self.given.add(one.id)
            elif kind in (ir.Attr, ir.Index):
                stack.append(one.base)
            elif kind is ir.Items:
                stack += one.items
            elif kind is ir.Object:
                stack += [inner for _, inner in one.entries]
            elif kind is ir.Bind:
                stack.append(one.target)
            elif kind is ir.Spread:
                stack.append(one.value)

    def release(self) -> None:
        """Let go of all that a look found out: it points back here."""
        self.top = None
        for held in (self.values, self.refers, self.fields, self.statics, self.bases, self.methods):
            held.clear()

    def methods_of(self, definition: ir.ClassDef, name: str) -> Sequence[ir.Function]:
        """Give the methods of a class that have a name, in order."""
        named = self.methods.get(id(definition))
        if named is None:
            named = self.methods[id(definition)] = {}
            for method in definition.methods:
                named.setdefault(method.name, []).append(method)
        return named.get(name, ())

    def writes_fields(self, function: ir.Function) -> bool:
        """Tell whether a function of Python or JavaScript gives a field of the object around something."""
        if self.written is None:
            self.written = fields_written(self.data)
        at = bisect_left(self.written, function.at)
        return at < len(self.written) and self.written[at] < function.end

    def lazy(self, name: str) -> bool:
        """Tell whether what a name stands for can be told without running the top of the file."""
        return self.top is None and self.language == "python" and name not in self.given and not self.stars

    def _class(self, definition: ir.ClassDef, depth: int) -> None:
        held = self.classes.get(definition.name)
        if held is None or (held.kind == "methods" and definition.kind != "methods"):
            self.classes[definition.name] = definition
        if depth < 8:
            for one in definition.body:
                if type(one) is ir.ClassStatement:
                    self._class(one.definition, depth + 1)

    def changes(self, name: str) -> bool:
        """Tell whether a variable at the top is given something else somewhere below: then its first value says little."""
        found = self.assigned.get(name)
        if found is None:
            word = re.escape(name).encode()
            if self.language == "python":
                said = b"global" in self.data
                found = said and re.search(rb"\bglobal\s[^\n]{0,200}?\b" + word + rb"\b", self.data) is not None
            else:
                pattern = rb"(?<![\w.$])" + word + rb"\s*(?:[-+*/|&^%]|\?\?|\|\||&&)?=(?![=>])"
                found = sum(1 for _ in zip(range(2), re.finditer(pattern, self.data), strict=False)) > 1
            self.assigned[name] = found
        return found


class Summary:
    """What following a function with certain arguments gave."""

    __slots__ = ("ends", "events", "exits", "fluent", "frame", "params", "receiver", "result")

    def __init__(self, result: Value, frame: "Frame | None" = None) -> None:
        self.result = result
        self.frame = frame
        self.receiver: Value | None = None
        self.params: dict[str, Value] = {}
        """Parameters that the function changed, not rebound: what callers find in what they gave."""
        self.events: list[Event] = []
        self.exits: list[tuple[ir.Expr | None, Value, State]] = []
        self.fluent = False
        """It gives its receiver back."""
        self.ends = False
        """It never comes back."""


class Asked:
    """A call as it was last evaluated in a frame: what guards want to know of it."""

    __slots__ = ("fluent", "given", "names", "receiver", "summary", "value")

    def __init__(
        self, names: tuple[str, ...], receiver: Value | None, given: Sequence[Given], value: Value, summary: Summary | None
    ) -> None:
        self.names = names
        self.receiver = receiver
        self.given = given
        self.value = value
        self.summary = summary
        self.fluent = False
        """It gave the receiver itself: what changes the result changes the receiver."""


class Jumps:
    """Where `break` and `continue` lead."""

    __slots__ = ("breaks", "continues", "label", "loop")

    def __init__(self, label: str, *, loop: bool) -> None:
        self.label = label
        self.loop = loop
        self.breaks: list[State | None] = []
        self.continues: list[State | None] = []


class Look:
    """One look at a file."""

    def __init__(
        self, unit: Unit, vocabulary: Vocabulary, watcher: Watcher, budget: Budget, files: Files | None, *, partial: bool
    ) -> None:
        self.unit = unit
        self.vocabulary = vocabulary
        self.watcher = watcher
        self.wants = watcher.wants
        self.budget = budget
        self.files = files
        self.partial = partial
        self.events: list[Event] = []
        self.frames: list[Frame] = []
        """All that were made, so that they can be taken apart at the end."""
        self.memo: dict[object, tuple[Summary, list[Taint], Hop]] = {}
        self.shapes: Any = None
        self.contexts: dict[int, int] = {}
        self.active: list[int] = []
        self.entered: set[int] = set()
        self.registered: dict[int, tuple[str, ...]] = {}
        self.pending: list[tuple[ir.Function, Frame]] = []
        self.fluent: ir.Node | None = None
        self.level = 0
        self.whole = True
        """Whatever the function that is looked at calls is followed into, because what it gives may decide."""
        self.steps = 0
        self.followed = 0
        self.crowded = False
        """More happened than is told."""
        self.refined = 0
        """Parts of the condition that is being looked at that guards have taken apart so far."""
        self._sources: dict[tuple[str, tuple[str, ...]], Source | None] = {}
        self.cleaning: dict[tuple[str, ...], frozenset[str]] = {}
        self.constants: dict[int, Value] = {}
        self._mentioned: dict[int, frozenset[str]] = {}
        self.uses: dict[str, bool] = {}
        self.statements: Mapping[type, Callable[..., None]] = {}
        self.follow: Callable[..., Summary] = _not_yet
        self.construct: Callable[..., Value] = _not_yet
        self.callback: Callable[..., Summary] = _not_yet
        self.passed_on: Callable[..., Value] = _not_yet
        self.fields: Callable[..., Value] = _not_yet
        self.entry: Callable[..., Frame] = _not_yet
        self.member: Callable[..., Value] = _not_yet
        self.run_top: Callable[[Unit], None] = _not_yet
        self.closed: Callable[[Unit, ir.Function | None, Frame | None], bool] = _not_yet
        self.interesting: Callable[[Unit, ir.Function], bool] = _not_yet
        self.telling: Callable[[Unit, ir.Function], bool] = _not_yet

    def source(self, names: tuple[str, ...], how: str) -> Source | None:
        """Ask the vocabulary what a name brings in, once for each name."""
        key = (how, names)
        if key not in self._sources:
            self._sources[key] = self.vocabulary.source(names, how)
        return self._sources[key]

    def cleans(self, names: tuple[str, ...]) -> frozenset[str]:
        """Ask the vocabulary for what a call makes harmless, once for each name."""
        found = self.cleaning.get(names)
        if found is None:
            found = self.cleaning[names] = self.vocabulary.cleans(names)
        return found

    def top_of(self, unit: Unit) -> "Frame | None":
        """Give the top of a file, run once."""
        if unit.top is None:
            self.run_top(unit)
        return unit.top

    def frame_of(self, unit: Unit) -> "Frame":
        """Give the top of a file, or a frame that stands for it where it was not run yet."""
        return unit.top or Frame(self, unit, None, Where(path=unit.path, module=unit.module))

    def mentioned(self, node: ir.Expr) -> frozenset[str]:
        """Give the variables that an expression mentions, as far as one can see quickly."""
        found = self._mentioned.get(id(node))
        if found is None:
            names: set[str] = set()
            stack: list[Any] = [node]
            for _ in range(_MAX_MENTIONED):
                if not stack:
                    break
                one = stack.pop()
                if type(one) is ir.Name:
                    names.add(one.id)
                elif isinstance(one, tuple):
                    stack += one
                elif isinstance(one, ir.Node) and not isinstance(one, ir.Lambda | ir.ClassValue | ir.Const):
                    stack += [getattr(one, field) for field in one.__struct_fields__[2:]]
            found = self._mentioned[id(node)] = frozenset(names)
        return found

    def step(self) -> bool:
        """Tell whether there were not too many steps."""
        return self.steps < MAX_STEPS

    def release(self) -> None:
        """Take apart what points at each other when the look is done: what is left goes at once, and the collector of
        cycles, which would have to walk over all of it, finds next to nothing."""
        units = {id(frame.unit): frame.unit for frame in self.frames}
        for unit in (self.unit, *units.values()):
            unit.release()
        for frame in self.frames:
            frame.release()
        self.frames.clear()
        for held in (self.events, self.memo, self.constants, self.pending):
            held.clear()
        self.shapes = self.fluent = None
        self.wants = self.run_top = self.closed = self.interesting = self.telling = _not_yet


def _not_yet(*_given: Any, **_named: Any) -> Any:
    raise NotImplementedError


class Frame:
    """A function (or the top of a file) that is being looked at, in one way."""

    __slots__ = (
        "asked", "cls", "declared", "depth", "ended", "exits", "function", "globals", "jumps", "look", "outer", "own",
        "raises",
        "rebound", "receiver", "returned", "state", "statement", "stop", "top", "unit", "used", "where", "writes", "yielded",
    )  # fmt: skip

    def __init__(
        self,
        look: Look,
        unit: Unit,
        function: ir.Function | None,
        where: Where,
        outer: "Frame | None" = None,
        depth: int = 0,
    ) -> None:
        self.look = look
        self.unit = unit
        self.function = function
        self.where = where
        self.outer = outer
        self.depth = depth
        self.state: State | None = State({})
        self.statement: ir.Node = function if function is not None else ir.Unknown(0, 0, "")
        self.cls: Refers | None = None
        self.receiver = ""
        self.returned: Value | None = None
        self.yielded: Value | None = None
        self.exits: list[tuple[ir.Expr | None, Value, State]] = []
        self.jumps: list[Jumps] = []
        self.raises: list[list[State | None]] = []
        self.rebound: set[str] = set()
        self.globals: set[str] = set()
        self.declared: list[dict[str, Value | None]] = []
        self.asked: dict[int, Asked] = {}
        self.own: set[str] = set()
        self.stop: int | None = None
        """Statements that begin behind this place are not run."""
        self.ended = False
        self.writes = 0
        self.top: ir.Expr | None = None
        self.used = ""
        look.frames.append(self)

    def release(self) -> None:
        """Let go of all that was found out in this frame."""
        self.state = self.outer = self.cls = self.returned = self.yielded = None
        self.asked.clear()
        self.where.calls.clear()
        for held in (self.exits, self.jumps, self.raises):
            held.clear()

    @property
    def now(self) -> State:
        """The state; an empty one where this point cannot be reached."""
        if self.state is None:
            self.state = State({})
            self.ended = True
        return self.state

    @property
    def lost(self) -> bool:
        """Whether this point cannot be reached."""
        return self.state is None

    def hop(self, node: ir.Node, message: str) -> Hop:
        """Give a step of a way at a node of this file."""
        return Hop(self.unit.path, node.at, node.end, message)

    def taint(self, source: Source, node: ir.Node) -> Taint:
        """Give the taint of a source that is read at a node."""
        return Taint(source.kind, (Hop(self.unit.path, node.at, node.end, source.message),), source.page)
