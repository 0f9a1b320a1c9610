"""What a shell text consists of: words of parts, simple commands, compound ones, pipelines, lists."""

from typing import NamedTuple, TypeAlias


class Literal(NamedTuple):
    """Text that stands for itself. `quoted`: no glob, brace or tilde in it means anything."""

    text: str
    quoted: bool


class Variable(NamedTuple):
    """`$name`, or `${name}` with what stands behind the name: `operator` (`:-`, `#`, `/`, …) and its word."""

    name: str
    quoted: bool
    operator: str = ""
    word: "Word | None" = None


class Substitution(NamedTuple):
    """The output of commands: `$(…)`, a pair of backticks, or as a file `<(…)` and `>(…)`, by `sign` (`$`, `<`, `>`)."""

    script: "Script"
    quoted: bool
    sign: str = "$"


class Arithmetic(NamedTuple):
    """A number that is computed: `$((…))`. Commands in it run."""

    inside: "Word"


Part: TypeAlias = Literal | Variable | Substitution | Arithmetic


class Word(NamedTuple):
    """A word before any expansion; `start` and `end` are offsets into the text."""

    parts: tuple[Part, ...]
    start: int
    end: int


class Redirect(NamedTuple):
    """`>`, `>>`, `<`, `<<` (a here-document), `<<<`, `&>`, `>|`, `<>`, `>&`, `<&`. `body` is the text of a here-document,
    with its expansions; `descriptor` what stands before the sign."""

    sign: str
    descriptor: str
    target: Word
    body: Word | None = None


class Simple(NamedTuple):
    """Assignments, words, redirections (a list, because the text of a here-document comes later)."""

    assigned: tuple["Assignment", ...]
    words: tuple[Word, ...]
    redirects: list[Redirect]
    start: int
    end: int


class Assignment(NamedTuple):
    """`NAME=value`, `NAME+=value`; of an array only the words of its values, in one word."""

    name: str
    value: Word
    appends: bool


class Compound(NamedTuple):
    """A group, loop, branch or function. `kind` is the word that opens it: `(`, `{`, `if`, `while`, `until`, `for`,
    `select`, `case`, `function`, `((`; `name` the loop's variable or the function's name, `words` what a loop goes over."""

    kind: str
    name: str
    words: tuple[Word, ...]
    body: "Script"
    redirects: list[Redirect]
    start: int
    end: int


Command: TypeAlias = Simple | Compound


class Pipeline(NamedTuple):
    """Commands, each of which reads what the one before it says; `separator` is what follows (`&&`, `;`, `&`, …)."""

    commands: tuple[Command, ...]
    separator: str


class Script(NamedTuple):
    """A list of pipelines."""

    pipelines: tuple[Pipeline, ...]
