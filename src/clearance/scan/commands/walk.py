"""Goes through a shell text as a shell would, without running anything, and lists the programs that it would start."""

import re
from collections.abc import Sequence

from clearance.scan.commands.carried import carried
from clearance.scan.commands.expand import Expander, Output, Scope, TooMuch
from clearance.scan.commands.field import HOME, MAYBE, SOME, Field, located
from clearance.scan.commands.reader import Reader, TooDeep
from clearance.scan.commands.run import Directed, Hidden, Readout, Run
from clearance.scan.commands.said import named_by, output, printed, said, starts_of
from clearance.scan.commands.syntax import Command, Script, Simple, Substitution, Variable, Word
from clearance.scan.commands.wrappers import SHELLS, unwrapped
from clearance.scan.family import Budget

_MARKS = dict.fromkeys(range(57344, 57361), "�")
"""Signs by which words are marked while they are expanded; in the text itself they mean nothing."""
_MOST_RUNS = 5_000
_MOST_TEXT = 2 * 1024 * 1024
_MOST_CALLS = 200
_MOST_WRAPPERS = 12
_MOST_WRITTEN = 100
_STDIN = frozenset({"/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"})
_FILE = re.compile(r"[^/\\]*\Z")
_DECLARES = frozenset({"export", "local", "readonly", "declare", "typeset"})


def walked(text: str, budget: Budget) -> Readout:
    """Read a text and list what it would start. What cannot be read is named, and what is too much.

    Raises:
        OutOfTime: the budget is spent.
    """
    walker = _Walker(budget)
    spent = ""
    try:
        reader = Reader(text.translate(_MARKS), budget)
        try:
            walker.script(reader.script(), _Shell())
            walker.uncalled()
        finally:
            walker.mistakes.extend((one.at, one.said) for one in reader.mistakes)
    except TooDeep:
        spent = "it nests more deeply than is read"
    except (TooMuch, RecursionError) as error:
        spent = str(error) if isinstance(error, TooMuch) and error.args else "it expands to more than is read"
    names = frozenset(walker.functions) | frozenset(walker.aliases)
    return Readout(tuple(walker.runs), tuple(walker.hidden), tuple(walker.mistakes), spent, names)


class _Shell:
    """The state of one shell: variables, folder, where it runs."""

    def __init__(self) -> None:
        self.scope = Scope()
        self.directory: str | None = ""
        self.previous: str | None = None
        self.via: tuple[str, ...] = ()
        self.host = ""
        self.depth = 0
        self.feeding: tuple[Run, ...] = ()
        self.stdin: str | None = None

    def sub(self) -> "_Shell":
        """Give a shell that starts where this one is and changes nothing of it."""
        other = _Shell()
        other.scope = self.scope.copy()
        other.directory, other.via, other.host, other.depth = self.directory, self.via, self.host, self.depth
        other.previous = self.previous
        other.feeding, other.stdin = self.feeding, self.stdin
        return other


class _Walker:
    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.runs: list[Run] = []
        self.hidden: list[Hidden] = []
        self.mistakes: list[tuple[int, str]] = []
        self.functions: dict[str, Script] = {}
        self.aliases: dict[str, str] = {}
        self._called: set[str] = set()
        self._written: dict[str, str] = {}
        self._calls = 0
        self._left = _MOST_TEXT
        self._deep = 0

    # Structure

    def script(self, script: Script, shell: _Shell) -> None:
        """Go through a list."""
        for pipeline in script.pipelines:
            if len(pipeline.commands) == 1:
                self.command(pipeline.commands[0], shell)
                continue
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

    def command(self, command: Command, shell: _Shell) -> None:
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
                self.script(command.body, self._fed(shell, redirects))
            case _:
                for word in command.words:
                    self._fields(word, shell)
                self.script(command.body, self._fed(shell, redirects))
        if redirects:
            nothing = Field("", command.start, command.end)
            self._add(
                Run("", nothing, (), command.start, command.end, {}, redirects, shell.directory, shell.via, shell.host)
            )

    def uncalled(self) -> None:
        """Go through functions that nobody called: a trap or another shell may."""
        for name in [name for name in self.functions if name not in self._called]:
            self._called.add(name)
            self.script(self.functions[name], _Shell())

    @staticmethod
    def _fed(shell: _Shell, redirects: tuple[Directed, ...]) -> _Shell:
        for one in redirects:
            if one.text is not None:
                shell.stdin = one.text
        return shell

    # Words

    def _fields(self, word: Word, shell: _Shell, *, whole: bool = False) -> list[Field]:
        fields = Expander(shell.scope, lambda part: self._substituted(part, shell)).fields(word, whole=whole)
        for one in fields:
            if any("$(" in name or "`" in name for name in one.unset):
                self.hidden.append(Hidden(one.start, one.end, "a command stands in the subscript of a variable"))
        return fields

    def _substituted(self, part: Substitution, shell: _Shell) -> Output:
        first = len(self.runs)
        inner = shell.sub()
        self.script(part.script, inner)
        made = tuple(self.runs[first:])
        return Output(output(made, part.script), made)

    def _directed(self, command: Command, shell: _Shell) -> tuple[Directed, ...]:
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

    def _simple(self, command: Simple, shell: _Shell) -> None:
        """Go through a simple command: for each value, where its program is a variable with several."""
        for part in command.words[0].parts if command.words else ():
            values = shell.scope.values.get(part.name, ()) if isinstance(part, Variable) else ()
            if isinstance(part, Variable) and len(values) > 1 and part.name not in {"@", "*"}:
                for value in values:
                    shell.scope.put(part.name, (value,))
                    self._simple(command, shell)
                shell.scope.put(part.name, values)
                return
        self._single(command, shell)

    def _single(self, command: Simple, shell: _Shell) -> None:
        fields = [field for word in command.words for field in self._fields(word, shell)]
        assigned: dict[str, Field] = {}
        for one in command.assigned:
            values = self._fields(one.value, shell, whole=True)
            if not fields or fields[0].text in _DECLARES:
                shell.scope.put(one.name, [value.text for value in values], appends=one.appends)
            assigned[one.name] = values[0]
        redirects = self._directed(command, shell)
        if fields:
            self._started(fields, assigned, redirects, shell, (command.start, command.end))
        elif redirects or assigned:
            nothing = Field("", command.start, command.end)
            run = Run(
                "", nothing, (), command.start, command.end, assigned, redirects, shell.directory, shell.via, shell.host
            )
            self._add(run._replace(feeding=shell.feeding, stdin=shell.stdin, depth=shell.depth))

    def _started(
        self,
        fields: Sequence[Field],
        assigned: dict[str, Field],
        redirects: tuple[Directed, ...],
        shell: _Shell,
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
        run = run._replace(args=self._more(run))
        self._add(run)
        if name in self.aliases and f"alias {name}" not in shell.via:
            inner = shell.sub()
            inner.via = (*shell.via, f"alias {name}")
            rest = " ".join(_quoted(one.text) for one in run.args)
            self._read(f"{self.aliases[name]} {rest}", inner, span)
        elif name in self.functions:
            self._call(name, run, shell)
        elif not self._builtin(run, shell):
            self._inside(run, redirects, shell, wrapped)
        if name == "" and not program.known:
            self.hidden.append(Hidden(program.start, program.end, "which program this is stands only at run time"))

    def _name(self, program: Field, shell: _Shell) -> str:
        """Name a program. What may be empty counts as empty; what is not known otherwise has no name."""
        text = program.text
        if not program.known:
            text = text.replace(MAYBE, "")
            last = text.rpartition("/")[2]
            if SOME in last or (program.text.rpartition("/")[2].startswith(MAYBE) and not last) or not last:
                return ""
        name = _FILE.search(text.removeprefix("=") if len(text) > 1 else text)
        return (name[0] if name else text).lower().removesuffix(".exe")

    @staticmethod
    def _more(run: Run) -> tuple[Field, ...]:
        """Give the arguments, for `xargs` with those that it reads."""
        if run.name not in {"xargs", "parallel"}:
            return run.args
        text = run.stdin if run.stdin is not None else SOME
        read = [
            Field(one, run.start, run.end, inner=run.feeding, globs=any(sign in one for sign in "*?["))
            for one in text.split()[:64]
        ]
        marks = [
            number
            for number, one in enumerate(run.args)
            if one.text in {"-I", "-i", "--replace"} or one.text.startswith("-I")
        ]
        if not marks:
            return (*run.args, *read)
        mark = run.args[marks[0]].text[2:] or (run.args[marks[0] + 1].text if marks[0] + 1 < len(run.args) else "{}")
        with_text = read[0].text if read else SOME
        return tuple(
            one._replace(text=one.text.replace(mark, with_text), inner=one.inner + run.feeding)
            if mark and mark in one.text and number > marks[0] + 1
            else one
            for number, one in enumerate(run.args)
        )

    def _call(self, name: str, run: Run, shell: _Shell) -> None:
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

    def _builtin(self, run: Run, shell: _Shell) -> bool:
        """Do what a shell does itself; False for a program."""
        match run.name:
            case "cd" | "pushd" | "chdir":
                targets = [one for one in run.words if not one.startswith("-") or one == "-"]
                target = targets[0] if targets else HOME
                if target == "-":
                    shell.directory, shell.previous = shell.previous, shell.directory
                    return True
                shell.previous = shell.directory
                known = MAYBE not in target and SOME not in target and not target.startswith("+")
                shell.directory = _within(shell.directory, target) if known else None
            case "popd":
                shell.directory = None
            case "shift":
                _shifted(run.words, shell.scope)
            case "eval":
                self._evaluated(run, shell)
            case "alias":
                for one in run.words:
                    key, sign, value = one.partition("=")
                    if sign:
                        self.aliases[key] = value
            case "trap":
                if run.words and run.words[0] not in {"", "-", "--", "-l", "-p"}:
                    self._text(run.args[0], shell.sub(), "trap")
            case "read" | "mapfile" | "readarray" | "unset":
                for one in run.words:
                    if not one.startswith("-"):
                        shell.scope.values.pop(one, None)
                        if run.stdin is not None:
                            shell.scope.put(one, (run.stdin.strip(),))
            case "set":
                rest = _set(run.words)
                for number, value in enumerate(rest[:9], 1):
                    shell.scope.put(str(number), (value,))
                if rest:
                    shell.scope.put("@", rest)
                    shell.scope.put("*", (" ".join(rest),))
            case "printf" if run.words[:1] == ("-v",):
                if len(run.words) > 2:
                    shell.scope.put(run.words[1], (printed(run.words[2:]),))
            case _:
                return False
        return True

    def _evaluated(self, run: Run, shell: _Shell) -> None:
        text = " ".join(run.words)
        span = (run.start, run.end)
        if MAYBE not in text and SOME not in text:
            self._read(text, shell, span)
            return
        inner = tuple(run.inner())
        usual = bool(inner) and all(one.name in _SETS_UP for one in inner)
        said = f"what `eval` would run is the output of `{inner[0].name}`" if inner else "what `eval` would run is not known"
        self.hidden.append(Hidden(*span, said, usual))
        if not inner and text.strip(f"{MAYBE}{SOME} \t\n"):
            self._read(text, shell.sub(), span)

    def _inside(self, run: Run, redirects: tuple[Directed, ...], shell: _Shell, wrapped: int) -> None:
        """Go into what a program starts: `sudo X`, `sh -c X`, `find -exec X`."""
        span = (run.start, run.end)
        self._note(run)
        for text in carried(run):
            self._guess(text, run, shell)
        if run.name in SHELLS or run.name in {"source", "."}:
            self._nested_shell(run, shell)
            return
        written = self._written.get(run.at(run.program.text)) if "/" in run.program.text else None
        if written is not None:
            self._read(written, shell.sub(), span)
            return
        if run.name in {"find", "fd", "fdfind"}:
            self._found(run, shell, wrapped)
            return
        inside = unwrapped(run.name, run.args)
        if inside is None:
            return
        inner = shell.sub()
        inner.via = (*shell.via, run.name)
        inner.host = inside.host or shell.host
        if inside.host:
            inner.directory = None
        if inside.directory is not None:
            inner.directory = _within(shell.directory, inside.directory.text)
        assigned = dict(run.environment)
        for one in inside.assigned:
            key, _, value = one.text.partition("=")
            assigned[key] = one._replace(text=value)
        if inside.text is not None:
            self._text(inside.text, inner, run.name)
        elif inside.words:
            inner.depth += 1
            self._started(inside.words, assigned, redirects, inner, span, wrapped + 1)

    def _nested_shell(self, run: Run, shell: _Shell) -> None:
        """Read what a shell is handed: behind `-c`, or on its standard input."""
        args = run.args
        at, takes, reads = _handed(run)
        script = args[at] if takes and at < len(args) else None
        inner = shell.sub()
        inner.via = (*shell.via, run.name)
        if script is not None:
            for number, one in enumerate(args[at + 1 : at + 11]):
                inner.scope.put(str(number), (one.text,))
            inner.scope.put("@", [one.text for one in args[at + 2 :]] or [""])
            inner.scope.put("*", (" ".join(one.text for one in args[at + 2 :]),))
            self._text(script, inner, run.name)
        elif at < len(args) and (known := self._script(args[at], run)) is not None:
            self._read(known, inner, (run.start, run.end))
        elif run.stdin is not None and (at >= len(args) or reads or args[at].text in _STDIN):
            self._read(run.stdin, inner, (run.start, run.end))

    def _script(self, field: Field, run: Run) -> str | None:
        """Give the text of a script that this very text writes, or hands over as `<(…)`; None for any other."""
        if field.file and field.inner:
            return said(field.inner[-1])
        return self._written.get(run.at(field.text))

    def _note(self, run: Run) -> None:
        """Remember what a program writes, so that it can be read when it is run."""
        targets = [(one.target.text, ">>" in one.sign) for one in run.redirects if one.writes]
        if run.name == "tee":
            adds = "-a" in run.words or "--append" in run.words
            targets = [(one, adds) for one in run.words if not one.startswith("-")]
        text = said(run) if targets else None
        if text is None:
            return
        for one, adds in targets:
            path = run.at(one)
            self._left -= len(text)
            self._written[path] = self._written.get(path, "") + text if adds else text
        if len(self._written) > _MOST_WRITTEN or self._left < 0:
            raise TooMuch(f"it writes more than {_MOST_WRITTEN} files, or more than is read")

    def _found(self, run: Run, shell: _Shell, wrapped: int) -> None:
        """Go into `find … -exec X {} ;`."""
        starts = starts_of(run.words) or named_by(run.words) if run.name == "find" else ()
        given = starts or tuple(
            f"{one}/{SOME}" for one in (run.words[:1] if run.words[:1] and run.words[0][:1] not in "-(!" else ["."])
        )
        at = 0
        marks = {"-exec", "-execdir", "-ok", "-okdir", "-x", "-X", "--exec", "--exec-batch"}
        while at < len(run.args):
            if run.args[at].text not in marks:
                at += 1
                continue
            end = next(
                (number for number in range(at + 1, len(run.args)) if run.args[number].text in {";", "+"}), len(run.args)
            )
            words = [
                one._replace(text=one.text.replace("{}", start))
                for one in run.args[at + 1 : end]
                for start in (given if "{}" in one.text else (".",))
            ]
            if words:
                inner = shell.sub()
                inner.via = (*shell.via, run.name)
                inner.feeding = ()
                self._started(words, dict(run.environment), (), inner, (run.start, run.end), wrapped + 1)
            at = end + 1

    def _text(self, field: Field, shell: _Shell, name: str) -> None:
        """Read a field as a text for a shell; one that is not known is hidden."""
        span = (field.start, field.end)
        text = field.text
        bare = text.replace(MAYBE, "").replace(SOME, "").strip()
        if not field.known and not bare:
            self.hidden.append(Hidden(*span, f"what `{name}` would run stands only at run time"))
            return
        self._read(text, shell, span)

    def _read(self, text: str, shell: _Shell, span: tuple[int, int]) -> None:
        self._left -= len(text)
        if self._left < 0:
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

    def _guess(self, text: str, run: Run, shell: _Shell) -> None:
        """Read what is likely a text for a shell, in the words of another program. What it is not, is not told."""
        hidden, mistakes = len(self.hidden), len(self.mistakes)
        inner = shell.sub()
        inner.via = (*shell.via, run.name)
        self._read(text, inner, (run.start, run.end))
        del self.hidden[hidden:], self.mistakes[mistakes:]

    def _add(self, run: Run) -> None:
        if len(self.runs) >= _MOST_RUNS:
            raise TooMuch(f"it starts more than {_MOST_RUNS} programs")
        self.runs.append(run)


_SETS_UP = frozenset(
    {
        "ssh-agent", "pyenv", "rbenv", "nodenv", "jenv", "goenv", "direnv", "brew", "conda", "mamba", "micromamba",
        "starship", "zoxide", "fnm", "mise", "rtx", "asdf", "opam", "luarocks", "dircolors", "docker-machine", "minikube",
        "thefuck", "fzf", "register-python-argcomplete", "kubectl", "helm", "gh", "npm", "pip", "uv", "poetry",
        "keychain", "gpg-agent", "nix", "devbox", "hatch", "pipenv", "fasd", "atuin", "rustup", "perl", "resize",
        "lesspipe", "tmuxifier", "getopt", "dbus-launch",
    }
)  # fmt: skip
"""Programs whose output is made for `eval`."""


def _handed(run: Run) -> tuple[int, bool, bool]:
    """Give where the first operand of a shell stands, whether it is a text (`-c`), and whether standard input is one
    (`-s`)."""
    at, takes, reads = 0, False, False
    power = run.name in {"pwsh", "powershell"}
    while at < len(run.args):
        text = run.args[at].text
        if text[:1] not in {"-", "+"} or not text:
            break
        at += 1
        if text in {"-Command", "-command"} or (power and text == "-c"):
            return at, True, reads
        if text in {"-", "--"}:
            break
        if text in {"--rcfile", "--init-file", "-File", "-ExecutionPolicy"}:
            at += 1
        elif not power and text[1:].isalpha() and len(text) < 9:
            takes |= text[0] == "-" and "c" in text
            reads |= text[0] == "-" and "s" in text
            at += "o" in text.lower()
    return at, takes, reads


def _shifted(words: Sequence[str], scope: Scope) -> None:
    """Do what `shift` does to the arguments."""
    count = int(words[0]) if words and words[0].isdigit() and len(words[0]) < 4 else 1
    rest = scope.values.get("@", ())[count:]
    for number in range(1, 10):
        scope.put(str(number), (rest[number - 1] if number <= len(rest) else "",))
    scope.put("@", rest or ("",))
    scope.put("*", (" ".join(rest),))


def _set(words: Sequence[str]) -> Sequence[str]:
    """Give the arguments that `set` sets."""
    at = 0
    while at < len(words) and words[at][:1] in {"-", "+"}:
        if words[at] in {"--", "-"}:
            return words[at + 1 :]
        at += 1 + ("o" in words[at])
    return words[at:]


def _within(directory: str | None, target: str) -> str | None:
    if directory is None and not target.startswith(("/", HOME)):
        return None
    path = located(directory, target)
    return "" if path == "." else path


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
