"""Reads the `infra` blocks of pages; the language is described in docs/reference/detect-infra.md."""

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import Final, NoReturn, TypeVar

import re2
import yaml

from clearance.facts.errors import BadPage
from clearance.facts.finding import Confidence, Severity
from clearance.facts.glob import matcher
from clearance.rules.frontmatter import nearest
from clearance.rules.model import Block as Fence
from clearance.rules.model import Rule
from clearance.scan.infra.expect import expression
from clearance.scan.infra.language import (
    BLOCK_KEYS,
    ENGINE,
    JOINTS,
    KINDS,
    OPERATORS,
    WITHOUT_KEYS,
    WORDS_OF_MESSAGES,
    Ask,
    Block,
    Expectation,
    Operation,
    Path,
    Target,
    Test,
    Without,
)
from clearance.scan.infra.node import Scalar
from clearance.scan.infra.paths import read_path

MANUAL: Final = "see docs/reference/detect-infra.md"
_MOST_LEVELS: Final = 12
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: Final[dict[str, Scalar]] = {
    "true": True, "yes": True, "on": True, "false": False, "no": False, "off": False, "null": None, "~": None, "": None,
}  # fmt: skip
_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})")
_DECIMAL = re.compile(r"-?\d{1,18}\.\d{1,18}")
_TYPE = re.compile(r"[A-Za-z0-9_*.:/@\[-][^\s]*|\S")
_INSERT = re.compile(r"\{([a-z.]*)\}")
_FLAGS: Final = frozenset({"missing", "present", "empty", "unknown"})
_PATTERNS: Final = frozenset({"matches", "not-matches", "refers", "key", "not-key"})
_CHOICE = TypeVar("_CHOICE", bound=Enum)


def read_blocks(rules: Iterable[Rule]) -> Iterator[Block]:
    """Read all blocks of the given pages, in the order of the pages.

    Raises:
        BadPage: a block is not what the manual describes; `where` is `page:line`.
    """
    for rule in rules:
        for fence in rule.detect:
            yield _Reader(rule, fence).block()


class _Reader:
    """One block of a page."""

    def __init__(self, rule: Rule, fence: Fence) -> None:
        self._rule = rule
        self._fence = fence
        if fence.engine != ENGINE:
            hint = f"blocks of this family are written in {ENGINE!r}"
            raise BadPage(f"no engine {fence.engine!r}", where=f"{rule.page}:{fence.line - 1}", next=hint)

    def block(self) -> Block:
        """Read it."""
        root = self._composed()
        keys = self._entries(root, BLOCK_KEYS)
        for needed in ("on", "find"):
            if needed not in keys:
                self._refuse(f"no {needed!r}", root, "a block says on what units it looks, and what it finds")
        find = keys["find"]
        tests = find.value if isinstance(find, yaml.SequenceNode) else [find]
        if not tests:
            self._refuse("'find' is empty", find, MANUAL)
        return Block(
            rule=self._rule.id,
            on=self._targets(keys["on"]),
            find=tuple(self._test(one, 0) for one in tests),
            given=self._test(keys["given"], 0) if "given" in keys else None,
            at=self._path(keys["at"]) if "at" in keys else None,
            without=self._without(keys["without"]) if "without" in keys else None,
            message=self._message(keys["message"]) if "message" in keys else "",
            fix=self._text(keys["fix"]) if "fix" in keys else "",
            severity=self._choice(keys["severity"], Severity) if "severity" in keys else None,
            confidence=self._choice(keys["confidence"], Confidence) if "confidence" in keys else None,
            secret=self._flag(keys["secret"]) if "secret" in keys else False,
            paths=self._paths(keys["paths"]) if "paths" in keys else (),
        )

    # YAML

    def _composed(self) -> yaml.Node:
        line = self._fence.line
        try:
            _levels(self._fence.text)
            root = yaml.compose(self._fence.text, Loader=_LOADER)
        except _NotPlain as error:
            where = f"{self._rule.page}:{line + error.line}"
            raise BadPage(error.what, where=where, next=MANUAL) from None
        except yaml.MarkedYAMLError as error:
            at = line + (error.problem_mark.line if error.problem_mark else 0)
            said = error.problem or "it cannot be read"
            raise BadPage(f"not YAML: {said}", where=f"{self._rule.page}:{at}", next=MANUAL) from None
        except yaml.YAMLError as error:
            said = str(error).splitlines()[0]
            raise BadPage(f"not YAML: {said}", where=f"{self._rule.page}:{line}", next=MANUAL) from None
        if root is None:
            raise BadPage("the block is empty", where=f"{self._rule.page}:{line}", next=MANUAL)
        return root

    def _refuse(self, what: str, node: yaml.Node, next: str) -> NoReturn:
        raise BadPage(what, where=f"{self._rule.page}:{self._fence.line + node.start_mark.line}", next=next)

    def _map(self, node: yaml.Node) -> dict[str, tuple[yaml.Node, yaml.Node]]:
        """Give the entries of a map: for each key its node and its value. Keys are text, whatever they look like."""
        if not isinstance(node, yaml.MappingNode) or not node.value:
            self._refuse("a map is wanted here", node, MANUAL)
        found: dict[str, tuple[yaml.Node, yaml.Node]] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._refuse("a key is text", key, MANUAL)
            if key.value in found:
                self._refuse(f"the key {key.value[:80]!r} stands twice", key, "join the two")
            found[key.value] = (key, value)
        return found

    def _entries(self, node: yaml.Node, known: Sequence[str]) -> dict[str, yaml.Node]:
        entries = self._map(node)
        for name, (key, _) in entries.items():
            if name not in known:
                self._refuse(f"unknown key {name[:80]!r}", key, nearest(name, known))
        return {name: value for name, (_, value) in entries.items()}

    def _scalar(self, node: yaml.Node) -> Scalar:
        if not isinstance(node, yaml.ScalarNode):
            self._refuse("a single value is wanted here", node, MANUAL)
        text: str = node.value
        if node.style in ("'", '"', "|", ">"):
            return text
        if text.lower() in _WORDS:
            return _WORDS[text.lower()]
        if _INTEGER.fullmatch(text):
            return int(text)
        return float(text) if _DECIMAL.fullmatch(text) else text

    def _text(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.value:
            self._refuse("text is wanted here", node, MANUAL)
        return str(node.value)

    def _texts(self, node: yaml.Node) -> list[tuple[yaml.Node, str]]:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if not nodes:
            self._refuse("the list is empty", node, "name something, or take the key out")
        return [(one, self._text(one)) for one in nodes]

    def _flag(self, node: yaml.Node) -> bool:
        value = self._scalar(node)
        if not isinstance(value, bool):
            self._refuse("true or false is wanted here", node, MANUAL)
        return value

    def _choice(self, node: yaml.Node, kind: type[_CHOICE]) -> _CHOICE:
        text, words = self._text(node), [str(one.value) for one in kind]
        if text not in words:
            self._refuse(f"no {kind.__name__.lower()} {text[:80]!r}", node, nearest(text, words))
        return kind(text)

    # Keys of a block

    def _targets(self, node: yaml.Node) -> tuple[Target, ...]:
        found = []
        for one, text in self._texts(node):
            kind, _, type_ = text.partition(" ")
            if kind not in KINDS:
                self._refuse(f"no kind of unit {kind[:80]!r}", one, nearest(kind, KINDS))
            if type_ and not _TYPE.fullmatch(type_):
                self._refuse(f"no type {type_[:80]!r}", one, "after the kind stands one type; `*` in it fits any text")
            found.append(Target(kind, type_))
        return tuple(found)

    def _without(self, node: yaml.Node) -> Without:
        keys = self._entries(node, WITHOUT_KEYS)
        if "on" not in keys:
            self._refuse("no 'on'", node, "say which units are looked for")
        on = self._targets(keys["on"])
        if "where" not in keys:
            return Without(on, Test())
        where = keys["where"]
        entries = self._map(where)
        refers = [name for name, (_, value) in entries.items() if self._refers_to_us(value)]
        paths = tuple(self._path(entries[name][0]) for name in refers)
        where.value = [(key, value) for key, value in where.value if key.value not in refers]
        return Without(on, self._test(where, 0) if where.value else Test(), paths)

    def _refers_to_us(self, node: yaml.Node) -> bool:
        """Tell whether an expectation is `{refers: true}`."""
        if not isinstance(node, yaml.MappingNode) or len(node.value) != 1:
            return False
        key, value = node.value[0]
        return (key.value, value.value) == ("refers", "true")

    def _message(self, node: yaml.Node) -> str:
        text = self._text(node)
        for found in _INSERT.finditer(text):
            if found[1] not in WORDS_OF_MESSAGES and not found[1].startswith("."):
                self._refuse(f"a message has no {found[0]!r}", node, nearest(found[1], WORDS_OF_MESSAGES))
        return text

    def _paths(self, node: yaml.Node) -> tuple[str, ...]:
        patterns = tuple(text for _, text in self._texts(node))
        try:
            matcher(patterns)
        except ValueError as error:
            self._refuse(str(error), node, "write it like **/prod/*.yaml")
        return patterns

    # Tests

    def _path(self, node: yaml.Node) -> Path:
        try:
            return read_path(self._text(node))
        except ValueError as error:
            self._refuse(str(error), node, "write it like spec.ports.*.port")

    def _test(self, node: yaml.Node, depth: int) -> Test:
        asks: list[Ask] = []
        joined: dict[str, tuple[Test, ...]] = {}
        for name, (key, value) in self._map(node).items():
            if name not in JOINTS:
                asks.append(Ask(self._path(key), self._expectation(value, depth)))
                continue
            if not isinstance(value, yaml.SequenceNode) or not value.value:
                self._refuse(f"{name!r} takes a list of tests", value, "a path of that name is written in quotes")
            joined[name] = tuple(self._test(one, depth + 1) for one in value.value)
        return Test(tuple(asks), **joined)

    def _expectation(self, node: yaml.Node, depth: int) -> Expectation:
        if isinstance(node, yaml.ScalarNode):
            return (Operation("is", (self._compared(node),)),)
        if isinstance(node, yaml.SequenceNode):
            return (Operation("in", self._scalars(node)),)
        operations = []
        for name, (key, value) in self._map(node).items():
            if name not in OPERATORS:
                self._refuse(f"no operator {name[:80]!r}", key, nearest(name, OPERATORS))
            operations.append(self._operation(name, value, depth))
        return tuple(operations)

    def _operation(self, name: str, node: yaml.Node, depth: int) -> Operation:
        if name in _FLAGS:
            return Operation(name, flag=self._flag(node))
        if name in _PATTERNS:
            return Operation(name, pattern=self._pattern(node))
        if name in ("over", "under"):
            number = self._scalar(node)
            if isinstance(number, bool) or not isinstance(number, int | float):
                self._refuse(f"{name!r} compares with a number", node, MANUAL)
            return Operation(name, number=float(number))
        if name in ("any-item", "no-item"):
            return Operation(name, expected=self._expectation(node, depth + 1))
        if name == "holds":
            return Operation(name, test=self._test(node, depth + 1))
        many = isinstance(node, yaml.SequenceNode)
        return Operation(name, self._scalars(node) if many else (self._compared(node),))

    def _compared(self, node: yaml.Node) -> Scalar:
        value = self._scalar(node)
        if value is None:
            self._refuse("nothing to compare with", node, "write `missing: true` for what is not there")
        return value

    def _scalars(self, node: yaml.Node) -> tuple[Scalar, ...]:
        if not node.value:
            self._refuse("the list is empty", node, "name something, or take the key out")
        return tuple(self._compared(one) for one in node.value)

    def _pattern(self, node: yaml.Node) -> str:
        text = self._text(node)
        try:
            expression(text)
        except re2.error as error:
            self._refuse(f"the expression does not compile: {_said(error)}", node, "only what RE2 knows may stand there")
        return text


class _NotPlain(Exception):
    """A block is nested deeper than any test needs, or repeats itself by aliases."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(what)
        self.what = what
        self.line = line


def _levels(text: str) -> None:
    """Refuse what is nested too deeply, and aliases, before the tree is built."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line if event.start_mark is not None else 0
        if isinstance(event, yaml.AliasEvent):
            raise _NotPlain("aliases cannot stand here", line)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MOST_LEVELS:
            raise _NotPlain("nested too deeply", line)


def _said(error: Exception) -> str:
    """Give what RE2 says, which it says in bytes."""
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
