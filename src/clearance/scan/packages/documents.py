"""Finds the install commands in scripts, build files, CI files, documents and notebooks."""

import re
from collections.abc import Callable, Iterator

from clearance.scan.family import Budget
from clearance.scan.packages.commands import TOOLS, escaped_commands, listed_commands, shell_commands
from clearance.scan.packages.json_text import strings
from clearance.scan.packages.mention import Mention, Read, Registry, Remote

_HASH_COMMENT = re.compile(r"(?:^|(?<=[ \t]))#[^\n]*", re.MULTILINE)
_FENCE = re.compile(r"^[ \t>]*(`{3,}|~{3,})[ \t]*([\w+-]*)[^\n]*$", re.MULTILINE)
_SHELLS = {"", "sh", "bash", "shell", "console", "zsh", "terminal", "shell-session", "cmd", "powershell", "ps1", "text",
           "dockerfile", "docker", "yaml", "yml", "makefile", "bat", "fish"}  # fmt: skip
_TOOL = r"(?:pip3?|uv|uvx|pipx|poetry|pdm|npm|pnpm|yarn|npx|bun|python3? -m pip)"
_INLINE = re.compile(rf"`(?:\$ ?|!)?({_TOOL} [^`\n]+)`")
_LITERAL = re.compile(rf"^[ \t]+(?:\$ )?(?:sudo )?({_TOOL} [^\n]+)$", re.MULTILINE)


def plain(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read a script, Dockerfile, Makefile or YAML file: commands stand on lines, `#` starts a comment."""
    if not any(tool in text for tool in TOOLS):
        return
    at = 0
    pieces = [found.span() for found in _HASH_COMMENT.finditer(text)]
    for start, end in [*pieces, (len(text), len(text))]:
        yield from shell_commands(text, at, start, budget)
        at = end
    yield from listed_commands(text, budget)


def listed(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read code: only commands that are lists of strings."""
    if any(f'"{tool}' in text or f"'{tool}" in text for tool in TOOLS):
        yield from listed_commands(text, budget)


def markdown(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read fenced blocks of a shell (or of no language) and code spans that start with a tool's name."""
    if not any(tool in text for tool in TOOLS):
        return
    opened, mark, language, at = -1, "", "", 0
    for fence in _FENCE.finditer(text):
        budget.check()
        if opened < 0:
            yield from _inline(text, at, fence.start(), budget)
            opened, mark, language = fence.end(), fence[1], fence[2].lower()
        elif fence[1].startswith(mark) and not fence[2]:
            if language in _SHELLS:
                yield from _block(text, opened, fence.start(), budget)
            opened, at = -1, fence.end()
    if opened < 0:
        yield from _inline(text, at, len(text), budget)


def _inline(text: str, start: int, end: int, budget: Budget) -> Iterator[Mention | Remote]:
    for found in _INLINE.finditer(text, start, end):
        yield from shell_commands(text, *found.span(1), budget)


def _block(text: str, start: int, end: int, budget: Budget) -> Iterator[Mention | Remote]:
    at = start
    for comment in _HASH_COMMENT.finditer(text, start, end):
        yield from shell_commands(text, at, comment.start(), budget)
        at = comment.end()
    yield from shell_commands(text, at, end, budget)


def restructured(text: str, budget: Budget) -> Iterator[Mention | Remote]:
    """Read reStructuredText: indented lines that are a command."""
    if any(tool in text for tool in TOOLS):
        for found in _LITERAL.finditer(text):
            yield from shell_commands(text, *found.span(1), budget)


def notebook(text: str, budget: Budget, imports: Callable[[str, Budget], Read]) -> Iterator[Mention | Remote]:
    """Read a Jupyter notebook: `!pip install x`, `%pip install x`, and the imports of its code cells.

    Raises:
        Unparsed: it is no JSON.
    """
    for one in strings(text, budget):
        if len(one.path) < 3 or one.path[0] != "cells" or one.path[2] != "source":
            continue
        start, end = one.span
        line = text[start:end]
        if line.lstrip().startswith(("!", "%")):
            yield from escaped_commands(text, start, end, budget)
        elif "\\n" not in line[:-2] and line.lstrip().startswith(("import ", "from ")):
            for found in imports(one.value, budget):
                if isinstance(found, Mention) and found.registry is Registry.PYPI:
                    yield found._replace(start=found.start + start, end=found.end + start)
