"""Names, parameters and modules that a library does not have: what an assistant invents reads well and fails when it runs.

Told is only what is certain: the module is known whole, the name is not bound to anything else in the file, no `try`,
`hasattr` or version check stands around it. Found by words first; the tree is asked only about what looks wrong, so that a
file without anything wrong is not parsed for it. Imports count where they stand at the start of a line.
"""

import difflib
import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple, cast

from tree_sitter import Node

from clearance.scan.code.mentions import named_places
from clearance.scan.code.properties.libraries import UNKNOWN, Libraries, node_modules
from clearance.scan.code.properties.stubs import Callee, Thing
from clearance.scan.code.source import Source

_GUARDS = re.compile(rb"hasattr|version|platform|TYPE_CHECKING|PY2|PY3|py2|py3|getattr|os\.name|implementation")
_MOST = 40
_MOST_ALIASES = 200
_OLD = frozenset({"distutils", "lib2to3", "asyncore", "imp"})
"""Modules that are gone from newer Pythons: what they had is not told apart."""
_CHAIN = re.compile(rb"(?:\s{0,3}\.\s{0,3}[A-Za-z_]\w{0,80}){1,4}")
_NAME = re.compile(rb"[A-Za-z_]\w*")
_ARGUMENTS = re.compile(rb"\(((?:[^()]|\((?:[^()]|\([^()]{0,300}\)){0,300}\)){0,600})\)")
_NESTED = re.compile(rb"\((?:[^()]|\([^()]*\))*\)|\[[^\]]*\]|\{[^}]*\}")
_KEYWORD = re.compile(rb",\s*([A-Za-z_]\w*)\s*=(?!=)")
_IMPORT = re.compile(
    rb"^import[ \t]+([^\n#;]+)|^from[ \t]+([A-Za-z_][\w.]*)[ \t]+import[ \t]+(?:\(([^)]*)\)|([^\n#;(]+))", re.MULTILINE
)
_ONE = re.compile(rb"([A-Za-z_][\w.]*)(?:[ \t]+as[ \t]+([A-Za-z_]\w*))?")
_COMMENT = re.compile(rb"#[^\n]*")


class Invented(NamedTuple):
    """Something that is not there: the span in bytes, what to say, and the nearest thing that is there."""

    at: int
    end: int
    message: str
    fix: str


def invented(source: Source, libraries: Libraries, check: Callable[[], None] | None = None) -> Iterator[Invented]:
    """Give what a file uses and no library has, at most 40. `check` is asked before a file of a library is read."""
    libraries.begin(check)
    if source.language == "python":
        yield from islice(_Python(source, libraries).find(), _MOST)
    elif source.language in ("javascript", "typescript", "tsx"):
        yield from islice(_Node(source).find(), _MOST)


_WITHIN = re.compile(rb"^[ \t]+(?:from[ \t]+[\w.]+[ \t]+)?import[ \t]+(\([^)]*\)|[^\n#;]+)", re.MULTILINE)
_WORDS = re.compile(rb"\w+")


class _Import(NamedTuple):
    """One imported thing: `import module as alias` has no name."""

    module: str
    name: str
    alias: str
    at: int
    end: int


def _imports(data: bytes) -> Iterator[_Import]:
    for found in _IMPORT.finditer(data):
        number = next(number for number in (1, 3, 4) if found[number] is not None)
        module = (found[2] or b"").decode("ascii", "replace")
        listed = _COMMENT.sub(lambda comment: b" " * len(comment[0]), found[number])
        at = found.start(number)
        for piece in listed.split(b","):
            one = _ONE.match(piece.strip())
            start = at + len(piece) - len(piece.lstrip())
            at += len(piece) + 1
            if one is None:
                continue
            word, alias = one[1].decode("ascii", "replace"), (one[2] or b"").decode("ascii", "replace")
            span = (start, start + len(one[1]))
            yield _Import(module, word, alias or word, *span) if module else _Import(word, "", alias, *span)


def _lines_with(data: bytes, word: bytes) -> Iterator[int]:
    """Give where the lines begin that hold a word."""
    at = data.find(word)
    while at >= 0:
        yield data.rfind(b"\n", 0, at) + 1
        end = data.find(b"\n", at)
        at = data.find(word, end) if end >= 0 else -1


class _Finder:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.data = source.data

    def at(self, start: int, end: int) -> Node | None:
        return self.source.tree.root_node.descendant_for_byte_range(start, end)

    def uses(self, aliases: dict[bytes, object]) -> Iterator[tuple[bytes, int, list[tuple[bytes, int, int]]]]:
        """Give each `alias.name.name` with the spans of its names."""
        if not aliases:
            return
        for at, alias in sorted(named_places(self.data, aliases.keys())):
            chain = _CHAIN.match(self.data, at + len(alias)) if self.data[max(0, at - 1) : at] != b"." else None
            if chain:
                names = [(one[0], one.start(), one.end()) for one in _NAME.finditer(self.data, chain.start(), chain.end())]
                yield alias, at, names


class _Python(_Finder):
    def __init__(self, source: Source, libraries: Libraries) -> None:
        super().__init__(source)
        self.libraries = libraries

    def find(self) -> Iterator[Invented]:
        """Give what is not there."""
        modules: dict[bytes, object] = {}
        functions: dict[bytes, tuple[str, str]] = {}
        for one in islice(_imports(self.data), _MOST_ALIASES):
            if one.module.partition(".")[0] in _OLD or any(piece.startswith("_") for piece in one.module.split(".")[1:]):
                continue
            if one.name:
                yield from self._imported(one)
                functions[one.alias.encode()] = (one.module, one.name)
                if self.libraries.is_module(f"{one.module}.{one.name}"):
                    modules[one.alias.encode()] = f"{one.module}.{one.name}"
            else:
                if self.libraries.is_module(one.module) is False:
                    yield from self._no_module(one)
                # `import os.path` binds `os`, `import os.path as path` binds what it names.
                top = one.module.partition(".")[0]
                modules[(one.alias or top).encode()] = one.module if one.alias else top
        for alias in self._imported_within():  # a function that imports something else under the name
            modules.pop(alias, None)
            functions.pop(alias, None)
        yield from self._attributes(modules)
        yield from self._members({alias: origin for alias, origin in functions.items() if alias not in modules})
        yield from self._calls(functions)

    def _imported_within(self) -> set[bytes]:
        """Give the names that are imported anywhere but at the start of a line."""
        found: set[bytes] = set()
        done = 0
        for start in _lines_with(self.data, b"import"):
            line = _WITHIN.match(self.data, start) if start >= done else None
            if line is None:
                continue
            done = line.end()
            for piece in line[1].split(b","):
                words = _WORDS.findall(piece)
                found.update(words[-1:] if b"as" in words else words[:1])
        return found

    def _imported(self, statement: "_Import") -> Iterator[Invented]:
        if self.libraries.is_module(statement.module) is False:
            yield from self._no_module(statement)
        elif self.libraries.find(statement.module, statement.name) is None and not statement.name.startswith("_"):
            near = self._near(statement.module, statement.name)
            if self._is_import(statement):
                yield Invented(statement.at, statement.end, f"{statement.module} has no {statement.name}", near)

    def _no_module(self, statement: "_Import") -> Iterator[Invented]:
        above = statement.module.rpartition(".")[0]
        if above and self.libraries.is_module(above) and self._is_import(statement):
            yield Invented(statement.at, statement.end, f"there is no module {statement.module}", "")

    def _is_import(self, statement: "_Import") -> bool:
        """Whether the words are an import, and not part of a text."""
        node = self.at(statement.at, statement.end)
        while node is not None and node.type in ("identifier", "dotted_name", "aliased_import"):
            node = node.parent
        return node is not None and node.type in ("import_statement", "import_from_statement")

    def _near(self, module: str, name: str) -> str:
        shape = self.libraries.shape(module)
        near = difflib.get_close_matches(name, shape.names, n=1, cutoff=0.6) if shape else []
        return f"did you mean {module}.{near[0]}?" if near else f"look up what {module} offers"

    def _attributes(self, modules: dict[bytes, object]) -> Iterator[Invented]:
        for alias, start, names in self.uses(modules):
            module = str(modules[alias])
            said = self._walk(module, names)
            if said is None:
                continue
            thing, owner, (name, at, end) = said
            if thing is None:
                if name.startswith(b"_") or not self._certain(alias, start, at, end):
                    continue
                word = name.decode("utf-8", "replace")
                yield Invented(start, end, f"{owner} has no {word}", self._near(owner, word))
            elif isinstance(thing, Thing):
                yield from self._called(f"{owner}.{name.decode()}", thing, owner, alias, start, end)

    def _members(self, functions: dict[bytes, tuple[str, str]]) -> Iterator[Invented]:
        """Look at what is read from classes that are imported by name."""
        classes: dict[bytes, object] = {}
        for alias, (module, name) in functions.items():
            thing = self.libraries.find(module, name)
            if isinstance(thing, Thing) and thing.kind == "c":
                classes[alias] = thing
        for alias, start, names in self.uses(classes):
            thing = classes[alias]
            module, name = functions[alias]
            word = names[0][0].decode("utf-8", "replace")
            member = self.libraries.member(module, thing, word) if isinstance(thing, Thing) else UNKNOWN
            if member is None and not word.startswith("_") and self._certain(alias, start, *names[0][1:]):
                near = difflib.get_close_matches(word, thing.members if isinstance(thing, Thing) else (), n=1, cutoff=0.6)
                fix = f"did you mean {name}.{near[0]}?" if near else f"look up what {name} offers"
                yield Invented(start, names[0][2], f"{module}.{name} has no {word}", fix)
            elif isinstance(member, Thing):
                yield from self._called(f"{name}.{word}", member, module, alias, start, names[0][2])

    def _walk(self, module: str, names: list[tuple[bytes, int, int]]) -> tuple[object, str, tuple[bytes, int, int]] | None:
        """Follow names from a module as long as they lead to modules; give what the last one is, and of which module."""
        for number, one in enumerate(names):
            word = one[0].decode("utf-8", "replace")
            thing = self.libraries.find(module, word)
            if thing is UNKNOWN:
                return None
            if isinstance(thing, Thing) and thing.kind == "i" and not thing.origin[1] and number + 1 < len(names):
                inner = thing.origin[0]
                if inner.startswith(".") or self.libraries.shape(inner) is None:
                    return None
                module = inner
                continue
            if isinstance(thing, Thing) and thing.kind == "c" and number + 1 < len(names):
                following = names[number + 1]
                member = self.libraries.member(module, thing, following[0].decode("utf-8", "replace"))
                if member is None:
                    return None, f"{module}.{word}", following
                return None if member is UNKNOWN or number + 2 < len(names) else (member, f"{module}.{word}", following)
            return thing, module, one
        return None

    def _calls(self, functions: dict[bytes, tuple[str, str]]) -> Iterator[Invented]:
        """Look at calls of what is imported by name."""
        known: dict[bytes, Thing] = {}
        for alias, (module, name) in functions.items():
            thing = self.libraries.find(module, name)
            if isinstance(thing, Thing) and thing.kind in ("f", "c"):
                known[alias] = thing
        if not known:
            return
        data = self.data
        for at, alias in sorted(named_places(data, known.keys())):
            end = at + len(alias)
            if data.startswith(b"(", end) and data[max(0, at - 1) : at] != b".":
                module, name = functions[alias]
                yield from self._called(f"{module}.{name}", known[alias], module, alias, at, end)

    def _called(self, shown: str, thing: Thing, module: str, alias: bytes, start: int, end: int) -> Iterator[Invented]:
        """Compare the arguments of a call with the ways in which the thing can be called."""
        ways = self._ways(thing, module)
        if not ways or self.data[end : end + 1] != b"(" or any(way.more for way in ways):
            return
        arguments = _ARGUMENTS.match(self.data, end)
        if arguments is None:
            return
        accepted = {name for way in ways for name in (*way.names[way.positional :], *way.keywords)}
        flat = _NESTED.sub(b"", arguments[1])
        if all(name.decode("utf-8", "replace") in accepted for name in _KEYWORD.findall(b"," + flat)):
            return
        node = self.at(end, end + 1)
        call = node.parent.parent if node is not None and node.parent is not None else None
        if call is None or call.type != "call" or node is None or node.parent is None or node.parent.type != "argument_list":
            return
        for argument in node.parent.named_children:
            if argument.type == "dictionary_splat":
                return
            name_node = argument.child_by_field_name("name") if argument.type == "keyword_argument" else None
            if name_node is None:
                continue
            name = self.source.text(name_node)
            if name not in accepted and self._certain(alias, start, name_node.start_byte, name_node.end_byte):
                near = difflib.get_close_matches(name, accepted, n=1, cutoff=0.6)
                fix = f"did you mean {near[0]}?" if near else f"look up the parameters of {shown}"
                yield Invented(name_node.start_byte, argument.end_byte, f"{shown} takes no parameter {name}", fix)

    def _ways(self, thing: Thing, module: str) -> tuple[Callee, ...]:
        if thing.kind == "f":
            return thing.calls
        if thing.kind != "c" or thing.open:
            return ()
        ways: list[Callee] = []
        for name in ("__init__", "__new__"):
            made = self.libraries.member(module, thing, name)
            if isinstance(made, Thing) and made.kind == "f":
                ways += made.calls
            elif made is UNKNOWN and name == "__init__" and thing.bases:
                return ()
        return tuple(ways)

    def _certain(self, alias: bytes, start: int, at: int, end: int) -> bool:
        """Whether the name means the import here, and nothing around says that it may be missing."""
        node = self.at(at, end)
        if node is None or node.type != "identifier":
            return False
        above = node.parent
        if above is not None and above.type == "attribute":
            holder = above.parent
            if (
                holder is not None
                and holder.type in ("assignment", "augmented_assignment", "delete_statement")
                and (holder.child_by_field_name("left") == above or holder.type == "delete_statement")
            ):
                return False
        while above is not None:
            kind = above.type
            if kind == "try_statement":
                return False
            if kind in ("if_statement", "conditional_expression") and _GUARDS.search(self._test(above)):
                return False
            if kind in ("ERROR", "import_statement", "import_from_statement"):
                return False
            above = above.parent
        return not self._rebound(alias) and not self._patched(alias, at, end)

    def _test(self, node: Node) -> bytes:
        test = node.child_by_field_name("condition")
        if test is None:
            return self.data[node.start_byte : min(node.end_byte, node.start_byte + 2000)]
        return self.data[test.start_byte : test.end_byte]

    def _rebound(self, alias: bytes) -> bool:
        """Whether the file gives the name to something else anywhere."""
        word = re.escape(alias)
        return bool(
            re.search(
                rb"(?m)(?<![\w.])"
                + word
                + rb"\s*(?::[^\n=]{0,80})?=(?!=)|\b(?:for|as|def|class|global|del)\s+"
                + word
                + rb"\b(?!\s*$)"
                rb"|\b(?:def|lambda)\b[^\n:]*[(,\s*]" + word + rb"\s*[,):=]|,\s*" + word + rb"\s*(?:,|\)|:|\bin\b)[^\n]*=",
                re.sub(rb"(?m)^\s*(?:import|from)\s[^\n]*", b"", self.data),
            )
        )

    def _patched(self, alias: bytes, at: int, end: int) -> bool:
        """Whether the file itself puts the name there."""
        name = self.data[at:end]
        return bool(re.search(re.escape(alias) + rb"\." + re.escape(name) + rb"\s*=(?!=)", self.data))


class _Node(_Finder):
    """What Node's own modules export."""

    def find(self) -> Iterator[Invented]:
        """Give what is not there."""
        aliases: dict[bytes, object] = {}
        for found in islice(_REQUIRED.finditer(self.data), _MOST_ALIASES):
            module = (found[3] or found[6]).decode("ascii", "replace")
            known = node_modules().get(module)
            if known is None:
                continue
            alias, listed = found[1] or found[4], found[2] or found[5]
            if alias:
                aliases[alias] = (module, known)
            start = found.start(2) if found[2] is not None else found.start(5)
            for piece in listed.split(b",") if listed else ():
                word = _NAME.match(piece.strip())
                at = start + len(piece) - len(piece.lstrip())
                start += len(piece) + 1
                if word and word[0] not in (b"type", b"default") and word[0].decode() not in known:
                    node = self.at(at, at + len(word[0]))
                    if node is not None and node.type in _NAMED:
                        yield self._said(module, word[0].decode(), known, at, at + len(word[0]))
        for alias, start, names in self.uses(aliases):
            origin, exported = cast("tuple[str, frozenset[str]]", aliases[alias])
            name = names[0][0].decode("utf-8", "replace")
            if name not in exported and name not in _EVERYWHERE and self._certain(alias, names[0][1], names[0][2]):
                yield self._said(origin, name, exported, start, names[0][2])

    def _said(self, module: str, name: str, known: frozenset[str], start: int, end: int) -> Invented:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
        return Invented(start, end, f"{module} has no {name}", f"did you mean {near[0]}?" if near else f"look up {module}")

    def _certain(self, alias: bytes, at: int, end: int) -> bool:
        node = self.at(at, end)
        if node is None or node.type not in ("property_identifier", "identifier"):
            return False
        above = node.parent
        while above is not None:
            if above.type in ("try_statement", "ERROR"):
                return False
            if above.type == "assignment_expression" and node.parent == above.child_by_field_name("left"):
                return False
            if above.type in ("if_statement", "ternary_expression", "binary_expression"):
                test = above.child_by_field_name("condition") or above.child_by_field_name("left")
                if test is not None and self.data[at:end] in self.data[test.start_byte : test.end_byte]:
                    return False
            above = above.parent
        if re.search(rb"[?]\.\s*$", self.data[max(0, at - 8) : at]) or re.match(rb"\s*[?]\.", self.data[end : end + 8]):
            return False
        word = re.escape(alias)
        bound = (
            rb"(?<![\w.$])(?:const|let|var|function|class|import)\s+(?:\*\s+as\s+)?" + word + rb"\b"
            rb"|[(,]\s*" + word + rb"\s*(?:[,)]|=[^=])[^\n]*(?:=>|\{)"
        )
        return len(re.findall(bound, self.data)) <= 1


_NAMED = frozenset(
    ("identifier", "property_identifier", "shorthand_property_identifier_pattern", "shorthand_property_identifier")
)
_REQUIRED = re.compile(
    rb"""(?m)^(?:const|let|var)\s+(?:([A-Za-z_$][\w$]*)|\{([^{}]{0,400})\})\s*=\s*require\(\s*["'](?:node:)?([a-z_/]+)["']\s*\)"""
    rb"""|^import\s+(?:(?:\*\s+as\s+)?([A-Za-z_$][\w$]*)|\{([^{}]{0,400})\})\s+from\s+["'](?:node:)?([a-z_/]+)["']"""
)
_EVERYWHERE = frozenset({
    "default", "then", "constructor", "toString", "hasOwnProperty", "prototype", "name", "length", "call", "apply", "bind",
    "mock", "promisified", "__esModule",
})  # fmt: skip
