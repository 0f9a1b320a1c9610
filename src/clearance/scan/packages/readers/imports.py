"""Finds imports: fast by pattern, and surely by syntax tree for the few whose name nobody knows."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from clearance.scan.family import Budget
from clearance.scan.packages.mention import Mention, Registry, Source

if TYPE_CHECKING:
    from tree_sitter import Node

_PYTHON = re.compile(
    r"[ \t]*(?:from[ \t]+([^\W\d]\w*)((?:\.\w+)*)[ \t]+import\b(?:[ \t]+\(?[ \t]*(\w+))?"
    r"|import[ \t]+([^\W\d][\w.]*(?:[ \t]+as[ \t]+\w+)?"
    r"(?:[ \t]*,[ \t]*[^\W\d][\w.]*(?:[ \t]+as[ \t]+\w+)?)*))"
)
_WORD = "import"
_LONGEST = 500
_PYTHON_CALL = re.compile(r"""(?:import_module|__import__)\(\s*["']([^\W\d]\w*)((?:\.[\w.]*)?)["']""")
_NAME = re.compile(r"([^\W\d]\w*)([\w.]*)(?:[ \t]+as[ \t]+\w+)?")
_SCRIPT = re.compile(
    r"""(?:\bfrom|\bimport)[ \t]*(["'])([^"'\n]{1,300})\1"""
    r"""|\b(?:require|import)(?:\.resolve|\.meta\.resolve|\.actual)?\(\s*(["'`])([^"'`\n$]{1,300})\3\s*[,)]"""
    r"""|\b(?:jest|vi)\.(?:(?:un|do|dont)?[mM]ock|requireActual|requireMock|importActual|importMock)\(\s*(["'])([^"'\n]{1,300})\5\s*[,)]"""
)
_FRONT = re.compile(r"\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*$", re.DOTALL | re.MULTILINE)
_SCRIPT_HEAD = re.compile(r"<script\b[^>]{0,500}>", re.IGNORECASE)
_NOT_LINE_END = re.compile(r"[^\r\n]")
_SPECIFIER = re.compile(r"(?:@[a-z0-9~-][\w.~-]*/)?[a-z0-9~-][\w.~-]*", re.IGNORECASE)
_HANDLERS = {"except_clause", "except_group_clause"}
_TOLERANT = re.compile(r"\b(?:ImportError|ModuleNotFoundError|Exception|BaseException)\b|^except\s*:")


def python_imports(text: str, budget: Budget) -> Iterator[Mention]:
    """Give the top-level names of absolute imports, the whole dotted name (with the first thing that `from` takes of it) as
    `wanted`; some may stand in strings (see `confirmed`)."""
    steps, done = 0, -1
    at = text.find(_WORD)
    while at >= 0:
        steps += 1
        if not steps & 0x3FF:
            budget.check()
        # The statement starts its line, or follows a `;` or a `:` there.
        line = text.rfind("\n", max(0, at - _LONGEST), at) + 1 or max(0, at - _LONGEST)
        start = max(line, text.rfind(";", line, at) + 1, text.rfind(":", line, at) + 1, done)
        found = _PYTHON.match(text, start)
        if found and found[1]:
            dotted = f"{found[1]}{found[2]}" + (f".{found[3]}" if found[3] else "")
            yield Mention(Registry.PYPI, found[1], *found.span(1), Source.IMPORT, wanted=dotted)
        elif found:
            for name in _NAME.finditer(text, *found.span(4)):
                yield Mention(Registry.PYPI, name[1], *name.span(1), Source.IMPORT, wanted=name[1] + name[2])
        else:
            call = _PYTHON_CALL.match(text, at - 2 if text.startswith("__", at - 2) else at)
            if call:
                yield Mention(Registry.PYPI, call[1], *call.span(1), Source.IMPORT, optional=True, wanted=call[1] + call[2])
        done = found.end() if found else at + len(_WORD)
        at = text.find(_WORD, done)


def script_imports(text: str, budget: Budget) -> Iterator[Mention]:
    """Give the packages that JavaScript or TypeScript imports or requires; `name` is the whole specifier."""
    for steps, found in enumerate(_SCRIPT.finditer(text)):
        if not steps & 0xFF:
            budget.check()
        group = 2 if found[2] else 4 if found[4] else 6
        yield Mention(Registry.NPM, found[group], *found.span(group), Source.IMPORT)


def component_imports(text: str, budget: Budget) -> Iterator[Mention]:
    """Give what the scripts of a component of Vue, Svelte or Astro import; see `script_imports`."""
    yield from script_imports(scripts_of(text), budget)


def scripts_of(text: str) -> str:
    """Give a component with all but its scripts blanked, so that offsets stay."""
    kept: list[tuple[int, int]] = []
    front = _FRONT.match(text)
    if front:
        kept.append(front.span(1))
    at = front.end() if front else 0
    while (head := _SCRIPT_HEAD.search(text, at)) is not None:
        end = text.find("</script", head.end())
        at = len(text) if end < 0 else end
        kept.append((head.end(), at))
    pieces, done = [], 0
    for start, end in kept:
        pieces += [_NOT_LINE_END.sub(" ", text[done:start]), text[start:end]]
        done = end
    return "".join([*pieces, _NOT_LINE_END.sub(" ", text[done:])])


def package_of(specifier: str) -> str:
    """Take the package out of a specifier: `@scope/name/sub/path` to `@scope/name`; empty for what is no package."""
    if specifier.startswith("~"):
        return ""
    found = _SPECIFIER.match(specifier)
    return found[0] if found and specifier[found.end() : found.end() + 1] in {"", "/"} else ""


def confirmed(text: str, language: str, mentions: Iterable[Mention]) -> Iterator[Mention]:
    """Give those mentions that the syntax tree sees as imports, marked as optional where the code goes on without them."""
    from clearance.scan.grammar import parser_for

    # Offsets count code points; the parser counts bytes of UTF-8.
    data = text.encode("utf-8", "replace")
    tree = parser_for(language).parse(data)
    plain = len(data) == len(text)
    for mention in mentions:
        at = mention.start if plain else len(text[: mention.start].encode("utf-8", "replace"))
        node = tree.root_node.descendant_for_byte_range(at, at + 1)
        if node is None or not _is_import(node):
            continue
        yield mention._replace(optional=mention.optional or _is_optional(node))


def _is_import(node: "Node") -> bool:
    """Whether a name or string is what a statement or call imports, and not part of another string."""
    parent = node.parent
    if node.type in {"string_fragment", "string_content"} and parent is not None:
        node, parent = parent, parent.parent
    if parent is None:
        return False
    if node.type in {"string", "template_string"}:
        if parent.type in {"arguments", "argument_list"}:
            return parent.parent is not None and parent.parent.type in {"call", "call_expression"}
        return parent.type in {"import_statement", "export_statement", "external_module_reference", "import_require_clause"}
    while parent is not None and parent.type in {"dotted_name", "aliased_import"}:
        parent = parent.parent
    return node.type == "identifier" and parent is not None and parent.type in {"import_statement", "import_from_statement"}


def _is_optional(node: "Node") -> bool:
    """Whether the import stands in a `try` whose handler takes a missing module."""
    current: Node | None = node
    for _ in range(40):
        if current is None:
            return False
        parent = current.parent
        if current.type == "block" and parent is not None and parent.type == "try_statement":
            for child in parent.children:
                if child.type in _HANDLERS and _TOLERANT.search((child.text or b"")[:200].decode("utf-8", "replace")):
                    return True
        if current.type == "statement_block" and parent is not None and parent.type == "try_statement":
            return True
        if current.type == "if_statement":
            condition = current.child_by_field_name("condition")
            if condition is not None and b"TYPE_CHECKING" in (condition.text or b"")[:200]:
                return True
        current = parent
    return False
