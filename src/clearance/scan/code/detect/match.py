"""Listens to what happens in code, and finds the blocks that hold."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from clearance.scan.code import ir
from clearance.scan.code.detect.conditions import Origin, Trial, is_asked, names_of
from clearance.scan.code.detect.language import ANY_NAME, FOLDED, NAMELESS, Clause, CodeBlock
from clearance.scan.code.detect.reader import expression
from clearance.scan.code.detect.vocabulary import FileWords
from clearance.scan.code.detect.written import Written, mentioned, within
from clearance.scan.code.flow.event import Event
from clearance.scan.code.flow.value import REMOTE, Taint, Value
from clearance.scan.code.names import NamePattern, last_word
from clearance.scan.code.source import Source

_LONGEST_STATEMENT: Final = 600
_SIZES: Final = frozenset({"memory", "number"})
"""Kinds of sinks for which a number is no safer than text."""
_FUNCTIONS_AROUND: Final = 2
_EQUAL: Final = frozenset({"==", "!="})
_EVERYTHING: Final = frozenset({"Exception", "BaseException", "Throwable", "Error", "RuntimeException"})
"""Types that a handler names and still catches nearly all."""
_LOOKING: Final = frozenset({"print", "len", "list", "str", "repr", "iter", "next", "enumerate", "isinstance", "bool", "id"})
"""Functions that look at what they are given, and keep nothing of it."""
_RANK: Final = {
    kind: rank for rank, kind in enumerate((
        "request", "upload", "model", "queue", "socket", "browser", "argument", "file", "database", "environment",
        "parameter",
    ))
}  # fmt: skip
_UNNAMED: Final = frozenset({*NAMELESS, "import"})


class Verdict(NamedTuple):
    """A block holds at an event. `origin` is where the value that decided comes from, where it comes from anywhere."""

    block: CodeBlock
    event: Event
    origin: Origin | None

    @property
    def rank(self) -> int:
        """How strong the origin is; 0 is the strongest."""
        return _RANK.get(self.origin.taint.kind, len(_RANK)) if self.origin is not None else len(_RANK)


class Matcher:
    """A watcher (flow/event.py) for one file. `active` are the words of the file with the blocks that ask for them."""

    def __init__(
        self,
        active: Mapping[bytes, Iterable[CodeBlock]],
        source: Source,
        path: str,
        words: FileWords,
        written: Callable[[ir.Module, str], Written],
        *,
        engine: str,
        partial: bool,
        source_of: Callable[[str], Source | None],
    ) -> None:
        self.path = path
        self.verdicts: list[Verdict] = []
        self._words = words
        self._written = written
        self._partial = partial
        self._engine = engine
        self._about: dict[tuple[str, str, tuple[str, ...]], tuple[CodeBlock, ...]] = {}
        self._imports: dict[tuple[str, tuple[str, ...]], bool] = {}
        self._handles: dict[tuple[int, str], bool] = {}
        self._routes: dict[CodeBlock, list[tuple[Event, bool]]] = {}
        self._source = source
        self._source_of = source_of
        self._by_word: dict[str, dict[str, dict[int, CodeBlock]]] = {}
        self._always: dict[str, dict[int, CodeBlock]] = {}
        self._wanted: dict[str, set[str]] = {}
        self._awaited: set[str] = set()
        """Words of calls that are asked for by what happens elsewhere: behind them, or in what catches their errors."""
        self._calls: dict[tuple[str, ...], str] = {}
        self.more(active)

    def more(self, active: Mapping[bytes, Iterable[CodeBlock]]) -> None:
        """Look for more: what may hold in another file that data is handed to."""
        self._about.clear()
        self._calls.clear()
        for word, blocks in active.items():
            for block in blocks:
                self._ask(block, word.decode("utf-8", "replace"))

    def _ask(self, block: CodeBlock, word: str) -> None:
        """Note that a word (up to the first hyphen of a name) is about a block."""
        kind = block.kind
        beyond = any(text.endswith(".*") for text in block.names)
        if kind in _UNNAMED or "*" in block.names or beyond:
            self._always.setdefault(kind, {})[block.order] = block
        else:
            self._by_word.setdefault(kind, {}).setdefault(word, {})[block.order] = block
            self._wanted.setdefault(kind, set()).add(word)
        if kind == "catch":  # the interpreter tells of handlers for the calls that it tells of
            self._awaited.add(word)
        self._awaited.update(map(last_word, (*block.after, *block.not_after)))
        self._wanted.setdefault("call", set()).update(self._awaited)

    def release(self) -> None:
        """Let go of what was found, once it was told."""
        self.verdicts = []
        self._written = _nothing_written

    # The protocol of flow/event.py

    def wants(self, kind: str, word: str) -> bool:
        """Tell whether events of a kind (or `*`) about a word are worth making."""
        if kind in self._always:
            return True
        if "-" in word:
            word = word.partition("-")[0]
        if kind != "*":
            wanted = self._wanted.get(kind)
            return wanted is not None and word in wanted
        return bool(self._always) or any(word in wanted for wanted in self._wanted.values())

    def about(self, kind: str, word: str, names: tuple[str, ...]) -> bool:
        """Tell whether an event of a kind about a word, known by these names, is worth making."""
        return self.wants(kind, word) and bool(self._blocks(kind, word, names))

    def call_word(self, names: tuple[str, ...]) -> str:
        """Give the word under which a call of something known by these names is told; empty where nobody wants it."""
        found = self._calls.get(names)
        if found is None:
            found = self._calls[names] = self._call_word(names)
        return found

    def _call_word(self, names: tuple[str, ...]) -> str:
        words = [name.rpartition(".")[2] for name in names]
        word = next((one for one in words if one and self.wants("call", one)), "")
        if not word or "catch" in self._always or not self._awaited.isdisjoint(words):
            return word
        return word if self._blocks("call", word, names) else ""

    def saw(self, event: Event) -> tuple[Taint, ...]:
        """Take an event; gives the taints that decided, so that callers are asked where one is a parameter."""
        told: dict[Taint, None] = {}
        for block in self._blocks(event.kind, event.word, event.names):
            if self._is_such(block, event) and self._around(block, event):
                taints = self._try(block, event)
                told.update(dict.fromkeys(taints))
        return tuple(told)

    def _blocks(self, kind: str, word: str, names: tuple[str, ...]) -> tuple[CodeBlock, ...]:
        """Give the blocks that look for such a thing with such a name, in the order of the pages; asked very often."""
        key = (kind, word, names)
        found = self._about.get(key)
        if found is None:
            asked = dict(self._always.get(kind, ()))
            by_word = self._by_word.get(kind)
            if by_word:
                words = {word.partition("-")[0]}
                words.update(last_word(name).partition("-")[0] for name in names)
                for one in words:
                    asked.update(by_word.get(one, ()))
            found = tuple(asked[order] for order in sorted(asked) if _is_about(asked[order], kind, word, names))
            self._about[key] = found
        return found

    # What it is about

    def _is_such(self, block: CodeBlock, event: Event) -> bool:
        if block.kind == "compare":
            return event.order in _EQUAL and not self._with_itself(event)
        return block.kind != "catch" or (event.handler is not None and is_silent(event.handler))

    def _with_itself(self, event: Event) -> bool:
        """Tell whether a value is compared with what a method makes of it (`text.lower() == text`): no secret is guessed."""
        node = event.node
        if not isinstance(node, ir.Compare):
            return False
        left, right = self._text(node.left, event), self._text(node.right, event)
        return any(one.endswith(")") and one.startswith(f"{other}.") for one, other in ((left, right), (right, left)))

    def _around(self, block: CodeBlock, event: Event) -> bool:
        """Tell whether the conditions on the surroundings hold."""
        if block.used and event.used != block.used:
            return False
        if block.imports and not self._partial and not self._imported(block, event):
            return False
        if block.decorated and not self._decorated(block.decorated, block, event):
            return False
        if block.not_decorated and self._decorated(block.not_decorated, block, event):
            return False
        if block.in_loop and not _in_loop(event):
            return False
        if block.bases and not self._based(block, event):
            return False
        if block.handler and not self._in_handler(event):
            return False
        if block.calls or block.not_calls:
            function = event.function if block.kind == "define" else next(iter(event.where.functions), None)
            called = self._facts(event).calls(function) if function is not None else frozenset[str]()
            if block.calls and not any(map(names_of(block.calls).fits, called)):
                return False
            if block.not_calls and any(map(names_of(block.not_calls).fits, called)):
                return False
        if block.after and not _came_before(block.after, event):
            return False
        if block.not_after and _came_before(block.not_after, event):
            return False
        return not (block.without and self._looked_after(block, event))

    def _imported(self, block: CodeBlock, event: Event) -> bool:
        key = (event.where.path, block.imports)
        known = self._imports.get(key)
        if known is None:
            patterns = names_of(block.imports).patterns
            modules = self._facts(event).modules
            fits = any(under(name, pattern) for name in modules for pattern in patterns)
            known = self._imports[key] = fits or not modules
        return known

    def _facts(self, event: Event) -> Written:
        return self._written(event.where.module, event.where.path)

    def _decorated(self, names: tuple[str, ...], block: CodeBlock, event: Event) -> bool:
        held = event.definition if block.kind == "class" else event.function if block.kind == "define" else None
        if held is None:
            held = next(iter(event.where.functions), None)
        if held is None:
            return False
        fits = names_of(names).fits
        return any(fits(name) for one in held.decorators for name in self._decorator(one, event))

    def _decorator(self, decorator: ir.Expr, event: Event) -> tuple[str, ...]:
        return self._facts(event).names(decorator.func if isinstance(decorator, ir.Call) else decorator)

    def _based(self, block: CodeBlock, event: Event) -> bool:
        definition = event.definition
        if definition is None:
            return False
        fits = names_of(block.bases).fits
        known = (name for base in definition.bases for name in self._facts(event).names(base))
        return any(map(fits, known)) or any(map(fits, event.names[1:]))

    def _in_handler(self, event: Event) -> bool:
        """Tell whether the function around answers requests; for a definition, that function."""
        functions = event.where.functions if event.function is None else (event.function,)
        return any(self.handles(function, self._facts(event)) for function in functions)

    def handles(self, function: ir.Function, facts: Written) -> bool:
        """Tell whether a function answers requests, by its decorators and parameters."""
        key = (id(function), facts.module.language)
        known = self._handles.get(key)
        if known is None:
            known = self._handles[key] = self._answers(function, facts)
        return known

    def _answers(self, function: ir.Function, facts: Written) -> bool:
        """Tell the same, the first time that it is asked."""
        for decorator in function.decorators:
            if self._words.handles(facts.names(decorator.func if isinstance(decorator, ir.Call) else decorator)):
                return True
        for param in function.params:
            own = tuple(
                name for one in param.decorators for name in facts.names(one.func if isinstance(one, ir.Call) else one)
            )
            if self._words.asks_for(param, facts.names(param.type), own):
                return True
        return False

    # Siblings

    def finish(self) -> None:
        """Decide what could not be told before the whole file was seen: which handlers lack what their siblings have."""
        for block, routes in self._routes.items():
            pattern = block.siblings or ""
            for number, (event, says) in enumerate(routes):
                if says:
                    continue
                if any(other for at, (_, other) in enumerate(routes) if at != number) or self._others_say(pattern, event):
                    self.verdicts.append(Verdict(block, event, None))
        self._routes.clear()

    def _says(self, pattern: str, event: Event) -> bool:
        """Tell whether a handler, or the call that registers one, says a name that fits."""
        facts = self._facts(event)
        search = expression(pattern).search
        if event.function is not None:
            return any(search(name) for name in facts.said(event.function))
        if any(search(name) for given in event.given for name in mentioned(given.expr)):
            return True
        functions = (one for given in event.given for one in facts.functions_of(given.expr))
        return any(search(name) for function in functions for name in facts.said(function))

    def _others_say(self, pattern: str, event: Event) -> bool:
        """Tell whether another handler that the file defines says a name that fits."""
        if event.function is None:
            return False
        facts = self._facts(event)
        search = expression(pattern).search
        return any(
            function is not event.function and self.handles(function, facts) and any(map(search, facts.said(function)))
            for function in facts.module.functions
        )

    def _looked_after(self, block: CodeBlock, event: Event) -> bool:
        """Tell whether a call of one of the names is given the variable that holds the result, or the variable leaves the
        function."""
        target = event.statement.target if isinstance(event.statement, ir.Assign) else None
        if isinstance(target, ir.Items) and target.items:
            target = target.items[0]  # Go: `f, err := os.Open(…)`
        if not isinstance(target, ir.Name):
            return target is not None or event.used in ("with", "returned", "passed")
        function = next(iter(event.where.functions), None)
        if function is None:
            return True  # a variable of the file lives as long as the program
        facts = self._facts(event)
        fits = names_of(block.without).fits
        for node in within(function.body):
            if isinstance(node, ir.Call):
                on = node.func.base if isinstance(node.func, ir.Attr) else None
                given = isinstance(on, ir.Name) and on.id == target.id
                given = given or any(isinstance(one.value, ir.Name) and one.value.id == target.id for one in node.args)
                if given and (_hands_over(node, target.id) or any(fits(name) for name in facts.names(node.func))):
                    return True
        return facts.hands_on(function, target.id)

    # Values

    def _try(self, block: CodeBlock, event: Event) -> tuple[Taint, ...]:
        """Hold one block against an event; notes a verdict, gives the parameters that decided."""
        sinks = sinks_of(block)
        trial = Trial(sinks, lambda node: self._text(node, event), self._engine)
        if self._holds(block.clause, trial, event) and not any(
            self._holds(clause, Trial(sinks, trial.show, self._engine), event) for clause in block.unless
        ):
            if block.siblings is not None:
                self._routes.setdefault(block, []).append((event, self._says(block.siblings, event)))
                return ()
            origin = min(trial.origins, key=_strength, default=None)
            self.verdicts.append(Verdict(block, event, origin))
            return tuple(one.taint for one in trial.origins if one.taint.function >= 0)
        if not any(_is_asked(value) for value in _values(event)):
            return ()
        trial = Trial(sinks, trial.show, self._engine, assume=True)
        return tuple(trial.closed) if self._holds(block.clause, trial, event) else ()

    def _holds(self, clause: Clause, trial: Trial, event: Event) -> bool:
        if clause.near is not None and not expression(clause.near).search(self._near(event)):
            return False
        if clause.not_near is not None and expression(clause.not_near).search(self._near(event)):
            return False
        return trial.holds(clause, event)

    def _text(self, node: ir.Node, event: Event) -> str:
        source = self._source if event.where.path == self.path else self._source_of(event.where.path)
        return source.data[node.at : node.end].decode("utf-8", "replace") if source is not None else ""

    def _near(self, event: Event) -> str:
        """Give the text of the statement around a place and the names of the functions around it."""
        at, end = event.statement.at, event.statement.end
        if not at <= event.node.at < end:
            at, end = event.node.at, event.node.end
        end = min(end, max(event.node.end, at + _LONGEST_STATEMENT))
        at = max(at, end - 2 * _LONGEST_STATEMENT)
        text = [self._text(ir.Node(at, end), event)]
        text.extend(function.name for function in event.where.functions[:_FUNCTIONS_AROUND])
        return "\n".join(text)


def _nothing_written(module: ir.Module, _path: str) -> Written:
    return Written(module, b"")


def sinks_of(block: CodeBlock) -> frozenset[str]:
    """Give the kinds of sinks for which cleaned values are harmless to a block."""
    return _sinks(block.sink, block.mark)


@lru_cache(maxsize=1024)
def _sinks(sink: str, mark: str) -> frozenset[str]:
    everything = "" if sink in _SIZES else "*"
    return frozenset(one for one in (sink, mark, everything) if one)


def _is_about(block: CodeBlock, kind: str, word: str, of: tuple[str, ...]) -> bool:
    """Tell whether something that happens has one of the names that a block looks for."""
    if kind in NAMELESS or (kind in ANY_NAME and "*" in block.names):
        return True
    names = names_of(block.names)
    known: Iterable[str] = of if of and kind != "class" else (word,)
    if kind in FOLDED:
        known = [name.lower() for name in known]
    if kind == "import":
        return any(under(name, pattern) for name in known for pattern in names.patterns)
    if kind == "key":
        return names.fits(word) or any(map(names.fits, known))
    if kind == "compare":
        known = [*known, word.lower(), *map(last_word, known)]
    elif kind in ("define", "class"):
        known = [*known, word.lower()]
    return any(map(names.fits, known))


def under(name: str, pattern: NamePattern) -> bool:
    """Tell whether an imported name is the one that is meant, or lies under it."""
    return pattern.fits(name) or name.startswith(f"{pattern.text}.")


def _strength(origin: Origin) -> tuple[int, bool]:
    return _RANK.get(origin.taint.kind, len(_RANK)), origin.taint.weak


def _values(event: Event) -> Iterator[Value]:
    for value in (event.value, event.other, event.receiver):
        if value is not None:
            yield value
    for given in event.given:
        yield given.value


def _is_asked(value: Value, depth: int = 2) -> bool:
    if any(map(is_asked, value.taints)):
        return True
    return depth > 0 and any(_is_asked(one, depth - 1) for one in list((value.items or {}).values())[:50])


def _came_before(texts: tuple[str, ...], event: Event) -> bool:
    """Tell whether an earlier call of one of the names was given the same variable."""
    names = names_of(texts)
    mine = {value.key for value in _values(event) if value.key}
    if event.result is not None and event.result.key:
        mine.add(event.result.key)
    for call in event.before:
        if any(map(names.fits, call.names)) and any(value.key in mine for value in _values(call) if value.key):
            return True
    return False


def _hands_over(node: ir.Call, variable: str) -> bool:
    """Tell whether a call gives a variable to a function or method of the code itself, which may look after it."""
    func = node.func
    own = isinstance(func, ir.Attr) and isinstance(func.base, ir.Name) and func.base.id in ("self", "cls")
    own = own or (isinstance(func, ir.Name) and func.id not in _LOOKING)
    return own and any(isinstance(one.value, ir.Name) and one.value.id == variable for one in node.args)


def _in_loop(event: Event) -> bool:
    """Tell whether a place lies in a loop of its function."""
    if event.loop:
        return True
    function = next(iter(event.where.functions), None)
    body = function.body if function is not None else event.where.module.body
    at = event.node.at
    return any(isinstance(node, ir.Loop) and node.at <= at < node.end for node in within(body))


def is_silent(handler: ir.Handler) -> bool:
    """Tell whether a handler catches everything and does nothing."""
    for caught in handler.types:
        inner = caught.items if isinstance(caught, ir.Items) else (caught,)
        if not any(
            (isinstance(one, ir.Name) and one.id in _EVERYTHING) or (isinstance(one, ir.Attr) and one.name in _EVERYTHING)
            for one in inner
        ):
            return False
    return all(
        isinstance(one, ir.Jump) or (isinstance(one, ir.Eval) and isinstance(one.value, ir.Const)) for one in handler.body
    )


def is_remote(origin: Origin | None) -> bool:
    """Tell whether somebody elsewhere controls the value that decided."""
    return origin is not None and origin.taint.kind in REMOTE
