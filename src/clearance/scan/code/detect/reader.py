"""Takes keys out of one block; all that it refuses names the page, the line, and the nearest valid word."""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NoReturn

import re2

from clearance.facts.errors import BadPage
from clearance.facts.glob import matcher
from clearance.rules.model import Block, Rule
from clearance.scan.code.detect.language import SINKS, TEST_KEYS, WORDS, Condition, Files, Test
from clearance.scan.code.flow.value import KINDS as ORIGINS
from clearance.scan.code.names import read_name

MANUAL = "see docs/reference/detect.md"


class Reader:
    """One block as a table."""

    def __init__(self, rule: Rule, block: Block, engines: tuple[str, ...]) -> None:
        self.rule = rule
        self.block = block
        if block.engine not in engines:
            self.refuse(f"no engine {block.engine!r}", "", nearest(block.engine, engines), line=block.line - 1)
        try:
            self.table: dict[str, Any] = tomllib.loads(block.text)
        except ValueError as error:
            found = re.search(r"at line (\d+)", str(error))
            line = block.line + (int(found[1]) - 1 if found else 0)
            self.refuse(f"not TOML: {error}", "", MANUAL, line=line)
        except RecursionError:
            self.refuse("nested too deeply", "", MANUAL, line=block.line)

    def refuse(self, what: str, key: str, next: str, *, line: int = 0) -> NoReturn:
        """Raise BadPage at the line on which a key stands."""
        if not line:
            line = self.block.line
            written = re.compile(rf"(?:^|[\s{{,.\"\[]){re.escape(key)}\"?\s*[=.\]]") if key else None
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
                self.refuse(f"unknown key {key!r}", key, nearest(key, keys))

    def take(self, table: Mapping[str, Any], key: str, kind: type, default: Any) -> Any:
        """Take a value of a kind, or the default."""
        value = table.get(key, default)
        if key in table and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
            self.refuse(f"{key!r} must be a {kind.__name__}", key, MANUAL)
        return value

    def strings(self, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        """Take a string or a list of strings."""
        value = table.get(key, ())
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            self.refuse(f"{key!r} must be a string or a list of strings", key, MANUAL)
        if key in table and not value:
            self.refuse(f"{key!r} is empty", key, "name something, or take the key out")
        return tuple(value)

    def choice(self, table: Mapping[str, Any], key: str, words: Iterable[str], what: str = "") -> tuple[str, ...]:
        """Take words out of a list of known ones."""
        words = tuple(words)
        given = self.strings(table, key)
        for word in given:
            if word not in words:
                self.refuse(f"no {what or key} {word!r}", key, nearest(word, words))
        return given

    def one(self, table: Mapping[str, Any], key: str, words: Iterable[str], what: str = "") -> str:
        """Take one known word, or none."""
        given = self.choice(table, key, words, what)
        if len(given) > 1:
            self.refuse(f"{key!r} takes one word", key, "split the block")
        return given[0] if given else ""

    def sinks(self, table: Mapping[str, Any]) -> tuple[str, ...]:
        """Take kinds of sinks."""
        return self.choice(table, "for", (*SINKS, "*"), "kind of sink")

    def names(
        self, table: Mapping[str, Any], key: str, change: Callable[[str], str] = str, *, star: bool = False
    ) -> tuple[str, ...]:
        """Take names, written as they are resolved; `*` alone is one where `star` says so."""
        if key not in table:
            return ()
        names = []
        for text in self.strings(table, key):
            name = text if star and text == "*" else self.name(change(text), key)
            names.append(name)
        return tuple(names)

    def name(self, text: str, key: str) -> str:
        """Read one name."""
        name = dotted(text)
        try:
            read_name(name)
        except ValueError as error:
            self.refuse(str(error), key, "write it like subprocess.run, *.execute, verify_*, or Crypto.Cipher.DES.*")
        return name

    def pattern(self, table: Mapping[str, Any], key: str) -> str | None:
        """Take an expression that compiles."""
        text = self.take(table, key, str, None)
        if text is None:
            return None
        try:
            expression(text)
        except re2.error as error:
            self.refuse(f"the expression of {key!r} does not compile: {error}", key, "only what RE2 knows may stand there")
        return str(text)

    def files(self) -> Files:
        """Take the keys that choose files."""
        return Files(
            paths=self.globs("paths"), not_paths=self.globs("not-paths"), tests=self.take(self.table, "tests", bool, True)
        )

    def globs(self, key: str) -> tuple[str, ...]:
        """Take path patterns."""
        if key not in self.table:
            return ()
        patterns = self.strings(self.table, key)
        try:
            matcher(patterns)
        except ValueError as error:
            self.refuse(str(error), key, "write it like **/settings/*.py")
        return patterns

    # Conditions

    def conditions(self, table: Mapping[str, Any], values: tuple[str, ...]) -> tuple[Condition, ...]:
        """Take the conditions on values."""
        conditions: list[Condition] = []
        for of in values:
            if of not in table:
                continue
            if of != "argument":
                conditions.append(Condition(of=of, test=self.test(table[of], of)))
                continue
            for selector, test in self.take(table, "argument", dict, {}).items():
                which, path = self.selector(selector)
                conditions.append(Condition(of=of, test=self.test(test, "argument"), which=which, path=path))
        return tuple(conditions)

    def selector(self, text: str) -> tuple[tuple[int | str, ...], tuple[str, ...]]:
        """Read `0`, `shell`, `1|timeout`, `any`, `**`, `options.verify_signature`."""
        if text == "any":
            return (), ()
        first, *path = text.split(".")
        which = tuple(int(one) if one.isdigit() else one for one in first.split("|"))
        if not all(one != "" for one in which) or not all(path):
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
        self.known(value, TEST_KEYS)
        equals = value.get("equals", ())
        equals = tuple(equals) if isinstance(equals, list | tuple) else (equals,)
        if not all(isinstance(one, str | bool | int | float) for one in equals):
            self.refuse("'equals' must be a constant or a list of constants", key, MANUAL)
        return Test(
            words=self.words(value, "is"),
            equals=equals,
            text=self.pattern(value, "text"),
            not_text=self.pattern(value, "not-text"),
            call=self.names(value, "call"),
            type=self.names(value, "type"),
            name=self.names(value, "name"),
            named=self.pattern(value, "named"),
            origins=self.choice(value, "from", ORIGINS, "origin"),
            less=self.number(value, "less"),
            more=self.number(value, "more"),
            explosive=self.only_true(value, "explosive"),
        )

    def only_true(self, table: Mapping[str, Any], key: str) -> bool:
        """Take a key that can only be switched on."""
        if key in table and table[key] is not True:
            self.refuse(f"{key!r} takes only true", key, f"write {key} = true, or take it out")
        return key in table

    def number(self, table: Mapping[str, Any], key: str) -> float | None:
        """Take a number."""
        value = table.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            self.refuse(f"{key!r} must be a number", key, MANUAL)
        return value

    def words(self, table: Mapping[str, Any], key: str) -> tuple[str, ...]:
        """Take words for kinds of values."""
        words = self.strings(table, key)
        for word in words:
            if word not in WORDS:
                self.refuse(f"no kind of value {word!r}", key, nearest(word, WORDS) + " (constants: {equals = …})")
        return words


def dotted(name: str) -> str:
    """Write the name of a package with a scope or a path (`@hapi/jwt`, `node:fs/promises`) as names are resolved: dotted."""
    return name.removeprefix("node:").removeprefix("@").replace("/", ".")


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word is meant, or list all of them."""
    known = tuple(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {near[0]!r}?" if near else "known: " + ", ".join(known)


@lru_cache(maxsize=8192)
def expression(text: str) -> Any:
    """Compile a pattern (google-re2, which has no types).

    Raises:
        re2.error: it does not compile.
    """
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 24
    return re2.compile(text, options)
