"""What Detect blocks and vocabulary blocks say, as plain data that can be written down; docs/reference/detect.md explains
it.

Names and patterns stay text here, and are compiled when a file first asks for them: most blocks meet no file of a run.
"""

from typing import Final

import msgspec

from clearance.facts.finding import Confidence, Severity
from clearance.scan.code.flow.value import KINDS as ORIGINS

Scalar = str | int | float | bool | None

CODE_ENGINES: Final = ("python", "javascript", "java", "go")
"""Engines that understand code; each is a file of the folder `lower`."""
ENGINES: Final = (*CODE_ENGINES, "text")
KINDS: Final = (
    "call", "decorator", "assign", "key", "use", "import", "define", "class", "compare", "return", "assert", "catch",
    "raise",
)  # fmt: skip
"""What a block can look for."""
NAMELESS: Final = ("return", "assert")
FOLDED: Final = frozenset({"assign", "define", "compare", "class"})
"""Kinds whose names the author of the code chose: they are compared without regard to case."""
ANY_NAME: Final = frozenset({"define", "class"})
"""Kinds for which the name `*` stands for all names, where another condition finds the place."""
WORDS: Final = (
    "constant", "literal", "text", "built", "dynamic", "request", "parameter", "tainted", "list", "dict", "function",
    "absent",
    "present",
)  # fmt: skip
"""Words of tests."""
FROM_OUTSIDE: Final = frozenset({"request", "parameter", "tainted"})
"""Words that ask where a value comes from."""
USES: Final = ("dropped", "assigned", "with", "returned", "passed")
SINKS: Final = (
    "sql", "nosql", "shell", "code", "template", "html", "script", "path", "url", "redirect", "header", "ldap", "xpath",
    "xml",
    "regex", "log", "deserialise", "format", "email", "csv", "memory", "number",
)  # fmt: skip
"""Kinds of sinks: the words of `for`."""
VALUES: Final[dict[str, tuple[str, ...]]] = {
    "call": ("argument", "receiver"), "decorator": ("argument",), "assign": ("value", "other"), "key": ("value",),
    "compare": ("value", "other"), "return": ("value",), "assert": ("value",), "raise": ("value",),
}  # fmt: skip
"""The values that the conditions of a kind of block may ask about."""
SAYS: Final = ("message", "fix", "severity", "confidence")
WHERE: Final = (
    "near", "not-near", "imports", "decorated", "not-decorated", "in-loop", "holds", "paths", "not-paths", "tests", "clean",
    "for",
    "unless", "calls", "not-calls",
    "handler", "rewrite",
)  # fmt: skip
"""Keys of all blocks for code."""
EXTRA: Final[dict[str, tuple[str, ...]]] = {
    "call": ("after", "not-after", "without", "used", "siblings"), "define": ("siblings",), "class": ("bases",), "assign":
    ("after", "not-after"),
    "compare": ("after", "not-after"), "return": ("after", "not-after"),
}  # fmt: skip
"""Keys that only some kinds of blocks have."""
TEXT_KEYS: Final = ("pattern", "paths", "not-paths", "tests", "first", *SAYS)
TEST_KEYS: Final = ("is", "equals", "text", "not-text", "call", "type", "name", "named", "from", "less", "more", "explosive")
REWRITE_KEYS: Final = ("callee", "argument", "remove", "value", "imports")
SUBJECTS: Final = (
    "source", "instance", "handler", "handler-parameter", "registered", "harmless-types", "cleans", "passes", "fills",
    "guard",
    "ends",
)  # fmt: skip
"""What a vocabulary block can be about."""
SUBJECT_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "source": ("from", "how", "message"), "instance": ("parameters", "types"),
    "handler": ("argument", "from", "except-types", "except-defaults", "converted", "message"),
    "handler-parameter": ("from", "message", "except-types"), "registered": ("argument", "instances"), "harmless-types": (),
    "cleans": ("for",), "passes": ("arguments",), "fills": ("flow",), "guard": ("of", "safe", "for"), "ends": (),
}  # fmt: skip
HOWS: Final = ("read", "call", "type")


class Test(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What a value must be; empty fields ask for nothing. `call`, `type` and `name` are names, `text`, `not_text` and
    `named` patterns."""

    words: tuple[str, ...] = ()
    equals: tuple[Scalar, ...] = ()
    text: str | None = None
    not_text: str | None = None
    call: tuple[str, ...] = ()
    type: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    named: str | None = None
    origins: tuple[str, ...] = ()
    less: float | None = None
    more: float | None = None
    explosive: bool = False
    """It is a regular expression that can take time without bound on a text that nearly matches."""


class Condition(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A test with the value that it asks about: `of` is `argument`, `value`, `receiver` or `other`; for arguments `which`
    are positions and names of which one must fit (empty: any argument), `path` the properties to go down."""

    of: str
    test: Test
    which: tuple[int | str, ...] = ()
    path: tuple[str, ...] = ()


class Clause(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Conditions that must all hold."""

    conditions: tuple[Condition, ...] = ()
    near: str | None = None
    not_near: str | None = None


class Saying(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What a match says in place of its page."""

    message: str = ""
    fix: str = ""
    severity: Severity | None = None
    confidence: Confidence | None = None

    def over(self, below: "Saying") -> "Saying":
        """Give what is said where this speaks before `below`."""
        return Saying(
            message=self.message or below.message,
            fix=self.fix or below.fix,
            severity=self.severity or below.severity,
            confidence=self.confidence or below.confidence,
        )


class Files(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Which files a block looks at: globs, and whether tests count."""

    paths: tuple[str, ...] = ()
    not_paths: tuple[str, ...] = ()
    tests: bool = True


class Rewrite(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A fix that is always safe: another name for what is called, code for keyword arguments or properties, what is taken
    out, code for the value of an assignment or entry, modules that the new code needs."""

    callee: str = ""
    arguments: dict[str, str] = {}
    remove: tuple[str, ...] = ()
    value: str = ""
    imports: tuple[str, ...] = ()


class CodeBlock(msgspec.Struct, frozen=True, kw_only=True, array_like=True, eq=False):
    """A block for code; compared by identity. `order` is its place among all blocks. `clean` are names of calls that make
    values
    harmless here, known to the interpreter as the kind of sink `mark`."""

    rule: str
    order: int
    engine: str
    kind: str
    names: tuple[str, ...]
    confidence: Confidence
    clause: Clause = Clause()
    unless: tuple[Clause, ...] = ()
    imports: tuple[str, ...] = ()
    decorated: tuple[str, ...] = ()
    not_decorated: tuple[str, ...] = ()
    bases: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    not_calls: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    clean: tuple[str, ...] = ()
    mark: str = ""
    sink: str = ""
    used: str = ""
    handler: bool = False
    siblings: str | None = None
    in_loop: bool = False
    holds: str | None = None
    files: Files = Files()
    saying: Saying = Saying()
    by_origin: dict[str, Saying] = {}
    rewrite: Rewrite | None = None


class TextBlock(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A block of `text`."""

    rule: str
    order: int
    pattern: str
    first: bool = False
    files: Files = Files()
    saying: Saying = Saying()


class WordBlock(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A block of a vocabulary page: what it is about (`subject`), the names, and whatever its keys say."""

    page: str
    engine: str
    subject: str
    names: tuple[str, ...]
    imports: tuple[str, ...] = ()
    origin: str = ""
    how: tuple[str, ...] = ()
    message: str = ""
    parameters: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    except_types: tuple[str, ...] = ()
    except_defaults: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    converted: str = ""
    argument: str = ""
    instances: tuple[str, ...] = ()
    sinks: tuple[str, ...] = ()
    arguments: tuple[int | str, ...] = ()
    flow: tuple[tuple[int | str, int | str], ...] = ()
    of: int | str = 0
    safe: bool = True


__all__ = [
    "ANY_NAME",
    "CODE_ENGINES",
    "ENGINES",
    "EXTRA",
    "FOLDED",
    "FROM_OUTSIDE",
    "HOWS",
    "KINDS",
    "NAMELESS",
    "ORIGINS",
    "REWRITE_KEYS",
    "SAYS",
    "SINKS",
    "SUBJECTS",
    "SUBJECT_KEYS",
    "TEST_KEYS",
    "TEXT_KEYS",
    "USES",
    "VALUES",
    "WHERE",
    "WORDS",
    "Clause",
    "CodeBlock",
    "Condition",
    "Files",
    "Rewrite",
    "Saying",
    "Scalar",
    "Test",
    "TextBlock",
    "WordBlock",
]  # fmt: skip
