"""Reads the Detect blocks of code pages; the language is described in docs/reference/detect.md."""

import difflib
import re as _re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn

import msgspec
import re2

from clearance.facts.errors import BadPage
from clearance.facts.finding import Confidence, Severity
from clearance.facts.glob import matcher
from clearance.rules.model import Block, Rule
from clearance.scan.code.names import NOTHING, Names, read_name

Pattern = Any
"""A compiled google-re2 expression (the library has no types)."""
Scalar = str | int | float | bool | None

ENGINES = ("python", "javascript", "text")
WORDS = (
    "constant", "literal", "text", "built", "dynamic", "request", "parameter", "list", "dict", "function", "absent",
    "present",
)  # fmt: skip
KINDS = ("call", "decorator", "assign", "key", "use", "import", "define", "compare", "return", "assert", "catch")
FOLDED = frozenset({"assign", "define", "compare"})
"""Kinds whose names the author of the code chose: they are compared without regard to case."""
_NAMELESS = ("return", "assert")
_VALUES = {
    "call": ("argument", "receiver"), "decorator": ("argument",), "assign": ("value",), "key": ("value",),
    "compare": ("other",), "return": ("value",), "assert": ("value",),
}  # fmt: skip
_SAYS = ("message", "fix", "severity", "confidence")
_WHERE = ("near", "not-near", "imports", "decorated", "paths", "not-paths", "tests", "clean", "unless", "request")
_TEXT_KEYS = ("pattern", "paths", "not-paths", "tests", "first", *_SAYS)
_TEST_KEYS = ("is", "equals", "text", "not-text", "call", "named")


class Test(msgspec.Struct, frozen=True, kw_only=True):
    """What a value must be; empty fields ask for nothing."""

    words: frozenset[str] = frozenset()
    equals: tuple[Scalar, ...] = ()
    text: Pattern = None
    not_text: Pattern = None
    call: Names = NOTHING
    named: Pattern = None


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """A test with the value that it asks about: `of` is `argument`, `value`, `receiver` or `other`; for arguments `which`
    are positions and names of which one must fit (empty: any argument), `path` the properties to go down."""

    of: str
    test: Test
    which: tuple[int | str, ...] = ()
    path: tuple[str, ...] = ()


class Clause(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions that must all hold."""

    conditions: tuple[Condition, ...] = ()
    near: Pattern = None
    not_near: Pattern = None


class Saying(msgspec.Struct, frozen=True, kw_only=True):
    """What a match says in place of its page."""

    message: str = ""
    fix: str = ""
    severity: Severity | None = None
    confidence: Confidence | None = None


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """Which files a block looks at."""

    paths: Callable[[str], bool] | None = None
    not_paths: Callable[[str], bool] | None = None
    tests: bool = True

    def fit(self, path: str) -> bool:
        """Tell whether a path is to be looked at."""
        if not self.tests and TEST_PATH.search(path):
            return False
        if self.paths is not None and not self.paths(path):
            return False
        return self.not_paths is None or not self.not_paths(path)


class CodeBlock(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A block of `python` or `javascript`; compared by identity."""

    rule: str
    order: int
    language: str
    kind: str
    names: Names
    clause: Clause
    unless: tuple[Clause, ...] = ()
    imports: Names = NOTHING
    decorated: Names = NOTHING
    clean: Names = NOTHING
    files: Files = Files()
    saying: Saying = Saying()
    on_request: Saying = Saying()


class TextBlock(msgspec.Struct, frozen=True, kw_only=True):
    """A block of `text`."""

    rule: str
    order: int
    pattern: Pattern
    source: str
    first: bool = False
    files: Files = Files()
    saying: Saying = Saying()


TEST_PATH = _re.compile(
    r"(?:^|/)(?:tests?|testing|__tests__|specs?|e2e|fixtures)/|(?:^|/)(?:test_[^/]*|[^/]*_test|conftest)\.py$"
    r"|\.(?:test|spec|cy)\.[cm]?[jt]sx?$",
    _re.IGNORECASE,
)
"""Paths of tests."""


def read_rules(rules: Iterable[Rule]) -> tuple[list[CodeBlock], list[TextBlock]]:
    """Read all blocks of the given pages, in the order of the pages.

    Raises:
        BadPage: a block is not what docs/reference/detect.md describes; `where` is `page:line`.
    """
    code: list[CodeBlock] = []
    texts: list[TextBlock] = []
    for rule in rules:
        for block in rule.detect:
            order = len(code) + len(texts)
            reader = _Reader(rule, block)
            if block.engine == "text":
                texts.append(reader.text_block(order))
            else:
                code.append(reader.code_block(order))
    return code, texts


class _Reader:
    """Reads one block; all that it refuses names the line of the key."""

    def __init__(self, rule: Rule, block: Block) -> None:
        self.rule = rule
        self.block = block
        if block.engine not in ENGINES:
            self.refuse(f"no engine {block.engine!r}", "", _nearest(block.engine, ENGINES), line=block.line - 1)
        try:
            self.table: dict[str, Any] = tomllib.loads(block.text)
        except tomllib.TOMLDecodeError as error:
            found = _re.search(r"at line (\d+)", str(error))
            line = block.line + (int(found[1]) - 1 if found else 0)
            self.refuse(f"not TOML: {error}", "", "see docs/reference/detect.md", line=line)
        except RecursionError:
            self.refuse("nested too deeply", "", "see docs/reference/detect.md", line=block.line)

    def refuse(self, what: str, key: str, next: str, *, line: int = 0) -> NoReturn:
        """Raise BadPage at the line on which a key stands."""
        if not line:
            line = self.block.line
            written = _re.compile(rf"(?:^|[\s{{,.\"\[]){_re.escape(key)}\"?\s*[=.\]]") if key else None
            for number, text in enumerate(self.block.text.split("\n") if written else ()):
                if written and written.search(text):
                    line += number
                    break
        raise BadPage(what, where=f"{self.rule.page}:{line}", next=next)

    def known(self, table: Mapping[str, Any], keys: Iterable[str]) -> None:
        """Refuse keys that are not among the given ones."""
        keys = tuple(keys)
        for key in table:
            if key not in keys:
                self.refuse(f"unknown key {key!r}", key, _nearest(key, keys))

    def take(self, table: Mapping[str, Any], key: str, kind: type, default: Any) -> Any:
        """Take a value of a kind, or the default."""
        value = table.get(key, default)
        if key in table and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            self.refuse(f"{key!r} must be a {kind.__name__}", key, "see docs/reference/detect.md")
        return value

    def strings(self, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        """Take a string or a list of strings."""
        value = table.get(key, ())
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            self.refuse(f"{key!r} must be a string or a list of strings", key, "see docs/reference/detect.md")
        if key in table and not value:
            self.refuse(f"{key!r} is empty", key, "name something, or take the key out")
        return tuple(value)

    def names(self, table: Mapping[str, Any], key: str, change: Callable[[str], str] = str) -> Names:
        """Take names."""
        if key not in table:
            return NOTHING
        names = []
        for text in self.strings(table, key):
            try:
                names.append(read_name(change(_dotted(text))))
            except ValueError as error:
                self.refuse(str(error), key, "write it like subprocess.run, *.execute, verify_*, or Crypto.Cipher.DES.*")
        return Names(tuple(names))

    def pattern(self, table: Mapping[str, Any], key: str) -> Pattern:
        """Take an expression, compiled."""
        text = self.take(table, key, str, None)
        return None if text is None else self.compiled(text, key)

    def compiled(self, text: str, key: str) -> Pattern:
        """Compile an expression."""
        try:
            return re2.compile(text, _quiet())
        except re2.error as error:
            self.refuse(f"the expression of {key!r} does not compile: {error}", key, "only what RE2 knows may stand there")

    def files(self) -> Files:
        """Take the keys that choose files."""
        return Files(
            paths=self.matcher("paths"),
            not_paths=self.matcher("not-paths"),
            tests=self.take(self.table, "tests", bool, True),
        )

    def matcher(self, key: str) -> Callable[[str], bool] | None:
        """Take path patterns."""
        if key not in self.table:
            return None
        try:
            return matcher(self.strings(self.table, key))
        except ValueError as error:
            self.refuse(str(error), key, "write it like **/settings/*.py")

    def saying(self, table: Mapping[str, Any]) -> Saying:
        """Take what a match says."""
        if not any(key in table for key in _SAYS):
            return Saying()
        made: dict[str, Any] = {key: self.take(table, key, str, "") for key in _SAYS}
        for key, kind in (("severity", Severity), ("confidence", Confidence)):
            words = [one.value for one in kind]
            if made[key] and made[key] not in words:
                self.refuse(f"no {key} {made[key]!r}", key, _nearest(made[key], words))
            made[key] = kind(made[key]) if made[key] else None
        return Saying(**made)

    def text_block(self, order: int) -> TextBlock:
        """Read a block of `text`."""
        self.known(self.table, _TEXT_KEYS)
        source = self.take(self.table, "pattern", str, "")
        if not source:
            self.refuse("no 'pattern'", "", "a text block has one")
        return TextBlock(
            rule=self.rule.id,
            order=order,
            pattern=self.pattern(self.table, "pattern"),
            source=source,
            first=self.take(self.table, "first", bool, False),
            files=self.files(),
            saying=self.saying(self.table),
        )

    def code_block(self, order: int) -> CodeBlock:
        """Read a block of `python` or `javascript`."""
        kinds = [key for key in self.table if key in KINDS]
        if len(kinds) != 1:
            self.known(self.table, (*KINDS, *_WHERE, *_SAYS, "argument", "receiver", "value", "other"))
            self.refuse("a block has exactly one of " + ", ".join(KINDS), "", "split the block, or add the key")
        kind = kinds[0]
        values = _VALUES.get(kind, ())
        self.known(self.table, (kind, *values, *_WHERE, *_SAYS))
        names = NOTHING
        if kind in _NAMELESS:
            if self.table[kind] is not True:
                self.refuse(f"{kind!r} takes only true", kind, f"write {kind} = true")
        else:
            names = self.names(self.table, kind, str.lower if kind in FOLDED else str)
        request = self.take(self.table, "request", dict, {})
        self.known(request, _SAYS)
        return CodeBlock(
            rule=self.rule.id,
            order=order,
            language=self.block.engine,
            kind=kind,
            names=names,
            clause=self.clause(self.table, values),
            unless=self.unless(values),
            imports=self.names(self.table, "imports"),
            decorated=self.names(self.table, "decorated"),
            clean=self.names(self.table, "clean"),
            files=self.files(),
            saying=self.saying(self.table),
            on_request=self.saying(request),
        )

    def unless(self, values: tuple[str, ...]) -> tuple[Clause, ...]:
        """Take the tables of `unless`."""
        tables = self.table.get("unless", [])
        if isinstance(tables, dict):
            tables = [tables]
        if not isinstance(tables, list) or not all(isinstance(one, dict) and one for one in tables):
            self.refuse("'unless' must be a table or a list of tables", "unless", "see docs/reference/detect.md")
        for table in tables:
            self.known(table, (*values, "near", "not-near"))
        return tuple(self.clause(table, values) for table in tables)

    def clause(self, table: Mapping[str, Any], values: tuple[str, ...]) -> Clause:
        """Take conditions."""
        conditions: list[Condition] = []
        for of in values:
            if of not in table:
                continue
            if of != "argument":
                conditions.append(Condition(of=of, test=self.test(table[of], of)))
                continue
            arguments = self.take(table, "argument", dict, {})
            for selector, test in arguments.items():
                which, path = self.selector(selector)
                conditions.append(Condition(of=of, test=self.test(test, "argument"), which=which, path=path))
        return Clause(
            conditions=tuple(conditions), near=self.pattern(table, "near"), not_near=self.pattern(table, "not-near")
        )

    def selector(self, text: str) -> tuple[tuple[int | str, ...], tuple[str, ...]]:
        """Read `0`, `shell`, `1|timeout`, `any`, `options.verify_signature`."""
        if text == "any":
            return (), ()
        first, *path = text.split(".")
        which = tuple(int(one) if one.isdigit() else one for one in first.split("|"))
        if not all(which_ != "" for which_ in which) or not all(path):
            self.refuse(f"{text!r} names no argument", "argument", "write it like 0, shell, 1|timeout, options.verify")
        return which, tuple(path)

    def test(self, value: Any, key: str) -> Test:
        """Read a test."""
        if isinstance(value, bool | int | float):
            return Test(equals=(value,))
        if isinstance(value, str | list):
            return Test(words=self.words({key: value}, key))
        if not isinstance(value, dict) or not value:
            self.refuse(f"{key!r} has no test", key, "a word, a constant, or a table")
        self.known(value, _TEST_KEYS)
        equals = value.get("equals", ())
        equals = tuple(equals) if isinstance(equals, list | tuple) else (equals,)
        if not all(isinstance(one, str | bool | int | float) for one in equals):
            self.refuse("'equals' must be a constant or a list of constants", key, "see docs/reference/detect.md")
        return Test(
            words=self.words(value, "is"),
            equals=equals,
            text=self.pattern(value, "text"),
            not_text=self.pattern(value, "not-text"),
            call=self.names(value, "call"),
            named=self.pattern(value, "named"),
        )

    def words(self, table: Mapping[str, Any], key: str) -> frozenset[str]:
        """Take words for kinds of values."""
        words = self.strings(table, key)
        for word in words:
            if word not in WORDS:
                self.refuse(f"no kind of value {word!r}", key, _nearest(word, WORDS) + " (constants: {equals = …})")
        return frozenset(words)


def _dotted(name: str) -> str:
    """Write the name of a package with a scope or a path (`@hapi/jwt`, `node:fs/promises`) as names are resolved: dotted."""
    return name.removeprefix("node:").removeprefix("@").replace("/", ".")


def _quiet() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 24
    return options


def _nearest(word: str, known: Iterable[str]) -> str:
    known = tuple(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else "known: " + ", ".join(known)
