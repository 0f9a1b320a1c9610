"""Goes through a shell text as a shell would, without running anything, and lists the programs that it would start."""

import re
from collections.abc import Sequence

from clearance.scan.commands.built_ins import built_in
from clearance.scan.commands.expand import Expander, Output, TooMuch
from clearance.scan.commands.field import MAYBE, SOME, Field
from clearance.scan.commands.nested import go_inside, with_what_it_reads
from clearance.scan.commands.reader import Reader, TooDeep
from clearance.scan.commands.run import Directed, Hidden, Readout, Run
from clearance.scan.commands.said import output, said
from clearance.scan.commands.shell import Shell
from clearance.scan.commands.syntax import Command, Literal, Pipeline, Script, Simple, Substitution, Variable, Word
from clearance.scan.family import Budget

_MARKS = dict.fromkeys(range(57344, 57361), "�")
"""Signs by which words are marked while they are expanded; in the text itself they mean nothing."""
_MOST_RUNS = 5_000
_MOST_TEXT = 2 * 1024 * 1024
_MOST_CALLS = 200
_MOST_WRAPPERS = 12
_FILE = re.compile(r"[^/\\]*\Z")
_DECLARES = frozenset({"export", "local", "readonly", "declare", "typeset"})


def walked(text: str, budget: Budget) -> Readout:
    """Read a text and list what it would start. What cannot be read is named, and what is too much.

    Raises:
        OutOfTime: the budget is spent.
    """
    walker = Walker(budget)
    spent = ""
    try:
        reader = Reader(text.translate(_MARKS), budget)
        try:
            walker.script(reader.script(), Shell())
            walker.uncalled()
        finally:
            walker.mistakes.extend((one.at, one.said) for one in reader.mistakes)
    except TooDeep:
        spent = "it nests more deeply than is read"
    except (TooMuch, RecursionError) as error:
        spent = str(error) if isinstance(error, TooMuch) and error.args else "it expands to more than is read"
    names = frozenset(walker.functions) | frozenset(walker.aliases)
    return Readout(tuple(walker.runs), tuple(walker.hidden), tuple(walker.mistakes), spent, names)


class Walker:
    """Lists programs as it goes: the structure of a text and its words here; `built_ins` does what a shell does itself,
    `nested` goes into what a program starts. Both come back here with every text and every program that they find."""

    def __init__(self, budget: Budget) -> None:
        """Start with nothing seen."""
        self._budget = budget
        self.runs: list[Run] = []
        self.hidden: list[Hidden] = []
        self.mistakes: list[tuple[int, str]] = []
        self.functions: dict[str, Script] = {}
        self.aliases: dict[str, str] = {}
        self._called: set[str] = set()
        self.written: dict[str, str] = {}  # by path, what this very text writes
        self._calls = 0
        self.left = _MOST_TEXT  # so much more text may be read or written
        self._deep = 0

    # Structure

    def script(self, script: Script, shell: Shell) -> None:
        """Go through a list. What stands behind `&&` and `||` may not happen."""
        unsure, before = shell.scope.unsure, ""
        for pipeline in script.pipelines:
            shell.scope.unsure = unsure or before in {"&&", "||"}
            before = pipeline.separator
            self._pipeline(pipeline, shell)
        shell.scope.unsure = unsure

    def _pipeline(self, pipeline: Pipeline, shell: Shell) -> None:
        if len(pipeline.commands) == 1:
            self.command(pipeline.commands[0], shell)
        else:
            feeding, stdin = shell.feeding, shell.stdin
            for number, command in enumerate(pipeline.commands):
                stage = shell.sub()
                stage.feeding, stage.stdin = feeding, stdin
                first = len(self.runs)
                self.command(command, stage)
                made = tuple(self.runs[first:])
                stdin = (
                    said(made[-1]) if made and number + 1 < len(pipeline.commands) and isinstance(command, Simple) else None
                )
                feeding = made

    def command(self, command: Command, shell: Shell) -> None:
        """Go through one command."""
        self._budget.check()
        if isinstance(command, Simple):
            self._simple(command, shell)
            return
        redirects = self._directed(command, shell)
        match command.kind:
            case "function":
                if command.name:
                    self.functions[command.name] = command.body
            case "(":
                self.script(command.body, self._fed(shell.sub(), redirects))
            case "for" | "select":
                values = [field.text for word in command.words for field in self._fields(word, shell)]
                if command.name:
                    shell.scope.put(command.name, values or (SOME,))
                self._perhaps(command.body, self._fed(shell, redirects))
            case "{":
                self.script(command.body, self._fed(shell, redirects))
            case _:
                for word in command.words:
                    self._fields(word, shell)
                self._perhaps(command.body, self._fed(shell, redirects))
        if redirects:
            nothing = Field("", command.start, command.end)
            self._add(
                Run("", nothing, (), command.start, command.end, {}, redirects, shell.directory, shell.via, shell.host)
            )

    def _perhaps(self, script: Script, shell: Shell) -> None:
        """Go through the body of a branch or a loop, which may be left out."""
        unsure, shell.scope.unsure = shell.scope.unsure, True
        self.script(script, shell)
        shell.scope.unsure = unsure

    def uncalled(self) -> None:
        """Go through functions that nobody called: a trap or another shell may."""
        for name in [name for name in self.functions if name not in self._called]:
            self._called.add(name)
            self.script(self.functions[name], Shell())

    @staticmethod
    def _fed(shell: Shell, redirects: tuple[Directed, ...]) -> Shell:
        for one in redirects:
            if one.text is not None:
                shell.stdin = one.text
        return shell

    # Words

    def _fields(self, word: Word, shell: Shell, *, whole: bool = False) -> list[Field]:
        fields = Expander(shell.scope, lambda part: self._substituted(part, shell)).fields(word, whole=whole)
        for one in fields:
            if any("$(" in name or "`" in name for name in one.unset):
                self.hidden.append(Hidden(one.start, one.end, "a command stands in the subscript of a variable"))
        return fields

    def _substituted(self, part: Substitution, shell: Shell) -> Output:
        first = len(self.runs)
        inner = shell.sub()
        self.script(part.script, inner)
        made = tuple(self.runs[first:])
        return Output(output(made, part.script), made)

    def _directed(self, command: Command, shell: Shell) -> tuple[Directed, ...]:
        directed: list[Directed] = []
        for one in command.redirects:
            fields = self._fields(one.target, shell)
            targets = fields or [Field("", one.target.start, one.target.end)]
            text: str | None = None
            if one.body is not None:
                text = "".join(field.text for field in self._fields(one.body, shell, whole=True)[:1])
            elif one.sign.startswith("<<") and one.sign != "<<<":
                text = ""
            elif one.sign == "<<<":
                text = "\n".join(target.text for target in targets) + "\n"
            directed.extend(Directed(one.sign, one.descriptor, target, text) for target in targets)
        return tuple(directed)

    # Simple commands

    def _simple(self, command: Simple, shell: Shell) -> None:
        """Go through a simple command: for each value, where its program, or the word of git, is a variable with several."""
        known = [literal.text for word in command.words[:1] for literal in word.parts if isinstance(literal, Literal)]
        chosen = command.words[: 2 if known == ["git"] else 1]
        for part in (part for word in chosen for part in word.parts):
            values = shell.scope.values.get(part.name, ()) if isinstance(part, Variable) else ()
            if isinstance(part, Variable) and len(values) > 1 and part.name not in {"@", "*"}:
                for value in values:
                    shell.scope.put(part.name, (value,))
                    self._simple(command, shell)
                shell.scope.put(part.name, values)
                return
        self._single(command, shell)

    def _single(self, command: Simple, shell: Shell) -> None:
        fields = [field for word in command.words for field in self._fields(word, shell)]
        assigned: dict[str, Field] = {}
        for one in command.assigned:
            values = self._fields(one.value, shell, whole=True)
            if not fields or fields[0].text in _DECLARES:
                shell.scope.assign(one.name, [value.text for value in values], appends=one.appends)
            assigned[one.name] = values[0]
        redirects = self._directed(command, shell)
        if fields:
            self.started(fields, assigned, redirects, shell, (command.start, command.end))
        elif redirects or assigned:
            nothing = Field("", command.start, command.end)
            run = Run(
                "", nothing, (), command.start, command.end, assigned, redirects, shell.directory, shell.via, shell.host
            )
            self._add(run._replace(feeding=shell.feeding, stdin=shell.stdin, depth=shell.depth))

    def started(
        self,
        fields: Sequence[Field],
        assigned: dict[str, Field],
        redirects: tuple[Directed, ...],
        shell: Shell,
        span: tuple[int, int],
        wrapped: int = 0,
    ) -> None:
        """Note a program, and what it starts in turn."""
        if wrapped > _MOST_WRAPPERS:
            raise TooMuch(f"more than {_MOST_WRAPPERS} programs start each other")
        program = fields[0]
        name = self._name(program, shell)
        stdin = next((one.text for one in reversed(redirects) if one.text is not None), None)
        fed = [one.target for one in redirects if one.sign == "<"]
        if stdin is None:
            stdin = said(fed[-1].inner[-1]) if fed and fed[-1].file and fed[-1].inner else None if fed else shell.stdin
        run = Run(
            name, program, tuple(fields[1:]), *span, assigned, redirects, shell.directory, shell.via, shell.host,
            shell.feeding, stdin, shell.depth,
        )  # fmt: skip
        run = with_what_it_reads(self, run)
        self._add(run)
        if name in self.aliases and f"alias {name}" not in shell.via:
            inner = shell.sub()
            inner.via = (*shell.via, f"alias {name}")
            rest = " ".join(_quoted(one.text) for one in run.args)
            self.read(f"{self.aliases[name]} {rest}", inner, span)
        elif name in self.functions:
            self._call(name, run, shell)
        elif not built_in(self, run, shell):
            go_inside(self, run, redirects, shell, wrapped)
        if name == "" and not program.known:
            self.hidden.append(Hidden(program.start, program.end, "which program this is stands only at run time"))

    def _name(self, program: Field, shell: Shell) -> str:
        """Name a program. What may be empty counts as empty; what is not known otherwise has no name."""
        text = program.text
        if not program.known:
            text = text.replace(MAYBE, "")
            last = text.rpartition("/")[2]
            if SOME in last or (program.text.rpartition("/")[2].startswith(MAYBE) and not last) or not last:
                return ""
        name = _FILE.search(text.removeprefix("=") if len(text) > 1 else text)
        return (name[0] if name else text).lower().removesuffix(".exe")

    def _call(self, name: str, run: Run, shell: Shell) -> None:
        self._called.add(name)
        self._calls += 1
        if f"function {name}" in shell.via:
            return
        if self._calls > _MOST_CALLS:
            raise TooMuch(f"it calls functions more than {_MOST_CALLS} times")
        kept, via = {key: shell.scope.values.get(key) for key in "123456789@*"}, shell.via
        for number in range(1, 10):
            given = run.args[number - 1].text if number <= len(run.args) else ""
            shell.scope.put(str(number), (given,))
        shell.scope.put("@", run.words or ("",))
        shell.scope.put("*", (" ".join(run.words),))
        shell.via = (*via, f"function {name}")
        self.script(self.functions[name], shell)
        shell.via = via
        for key, values in kept.items():
            shell.scope.put(key, values if values is not None else ("",))

    def text(self, field: Field, shell: Shell, name: str) -> None:
        """Read a field as a text for a shell; one that is not known is hidden."""
        span = (field.start, field.end)
        text = field.text
        bare = text.replace(MAYBE, "").replace(SOME, "").strip()
        if not field.known and not bare:
            self.hidden.append(Hidden(*span, f"what `{name}` would run stands only at run time"))
            return
        self.read(text, shell, span)

    def read(self, text: str, shell: Shell, span: tuple[int, int]) -> None:
        """Read a text for a shell, which stands at `span` of the text that was handed in.

        Raises:
            TooMuch: with it, more was read than is read.
        """
        self.left -= len(text)
        if self.left < 0:
            raise TooMuch
        self._deep += 1
        try:
            reader = Reader(text, self._budget, depth=self._deep * 4, origin=span)
            # What is not known stays so when it is read again.
            script = reader.script()
            self.mistakes.extend((one.at, one.said) for one in reader.mistakes)
            self.script(script, shell)
        finally:
            self._deep -= 1

    def guess(self, text: str, run: Run, shell: Shell) -> None:
        """Read what is likely a text for a shell, in the words of another program. What it is not, is not told."""
        hidden, mistakes = len(self.hidden), len(self.mistakes)
        inner = shell.sub()
        inner.via = (*shell.via, run.name)
        self.read(text, inner, (run.start, run.end))
        del self.hidden[hidden:], self.mistakes[mistakes:]

    def _add(self, run: Run) -> None:
        if len(self.runs) >= _MOST_RUNS:
            raise TooMuch(f"it starts more than {_MOST_RUNS} programs")
        self.runs.append(run)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
