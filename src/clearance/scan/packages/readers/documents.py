"""Reads documents: what people are told to type, in Markdown, reStructuredText, AsciiDoc, Org, HTML and plain text."""

import re
from collections.abc import Iterator

from clearance.scan.family import Budget
from clearance.scan.packages.mention import Unparsed
from clearance.scan.packages.readers import json_commands, scripts
from clearance.scan.packages.readers.commands import Manner, has_tools, script_commands
from clearance.scan.packages.readers.installers import Named
from clearance.scan.packages.readers.placed import Placed, joined, plain

_FENCE = re.compile(r"^[ \t>*+-]*?(`{3,}|~{3,})([^\n`]*)$", re.MULTILINE)
_INFO = re.compile(r"[\w+#.-]+")
_DIRECTIVES = frozenset(
    {"code-block", "code", "sourcecode", "prompt", "parsed-literal", "code-cell", "tab", "literalinclude"}
)
_SHELLS = frozenset(
    {"", "sh", "bash", "shell", "console", "zsh", "terminal", "shell-session", "shellsession", "sh-session", "cmd",
     "powershell", "ps1", "ps", "pwsh", "text", "txt", "bat", "batch", "batchfile", "fish", "makefile", "make",
     "command", "cli", "none", "plaintext", "plain", "output", "ini", "bash-session", "session", "commandline",
     "command-line", "dos", "just", "default", "package-install", "npm", "ksh", "yaml", "yml", "diff", "nix", "nu"}
)  # fmt: skip
_SESSIONS = frozenset(
    {"console", "terminal", "shell-session", "shellsession", "sh-session", "bash-session", "session", "prompt"}
)
_NOTEBOOKS = frozenset({"python", "py", "python3", "ipython", "ipython3", "jupyter", "pycon", "ipynb", "code-cell"})
_SPAN = re.compile(r"(?<!`)(`{1,2})(?!`)([^`\n]{3,400})\1(?!`)")
_HTML = re.compile(r"<(?:code|pre|kbd|samp)\b[^<>]{0,200}>\s*([^<>]{3,400})<")
_INDENTED = re.compile(r"^(?: {4,}|[ >]*\t)[^\n]*", re.MULTILINE)
_LITERAL = re.compile(r"^[ \t]+[^\n]*", re.MULTILINE)
_RST_SPAN = re.compile(r"(?:``|:(?:command|kbd|code|program):`)([^`\n]{3,400})`")
_PROMPT = re.compile(
    r"[ \t]*(?:>[ ]+)?(?:\([\w.~/ -]{1,40}\)[ \t]*)?"
    r"(?:(?:[\w.-]{1,40}@[\w.-]{1,60}[:~/\w. -]{0,60}[$#]|[~\w/.:-]{0,40}[$%❯➜»λ]|PS(?: [A-Za-z]:[\\\w. ~-]{0,80})?>|"
    r"[A-Za-z]:[\\\w. ~-]{0,80}>|In ?\[\d*\]:|>{1,3}|\.\.\.|[-+*]|\d{1,2}[.)]|- ?run:|(?:run|script|command|cmd):)[ \t]+)*"
)
_ROOT = re.compile(r"[ \t]*#[ \t]+(?=\S)")
_MAGIC = re.compile(r"^[ \t]*(?:In ?\[\d*\]: *|>>> *)?(?=[!%])[^\n]*", re.MULTILINE)
_ASCIIDOC = re.compile(r"^(-{4,}|\.{4,})[ \t]*$", re.MULTILINE)
_ORG = re.compile(r"^[ \t]*#\+begin_(?:src|example)([^\n]*)\n(.*?)^[ \t]*#\+end_", re.MULTILINE | re.DOTALL | re.IGNORECASE)


def markdown(text: str, budget: Budget) -> Iterator[Named]:
    """Read fenced and indented blocks, and code spans."""
    if not has_tools(text):
        return
    opened, mark, language, at = -1, "", "", 0
    for fence in _FENCE.finditer(text):
        budget.check()
        info = fence[2].strip()
        if opened < 0:
            yield from _prose(text, at, fence.start(), budget)
            opened, mark, language = fence.end(), fence[1], _language(info)
        elif fence[1].startswith(mark) and not info:
            yield from _fenced(text, opened, fence.start(), language, budget)
            opened, at = -1, fence.end()
    if opened < 0:
        yield from _prose(text, at, len(text), budget)
    else:
        # A fence that is not closed holds all that follows.
        yield from _fenced(text, opened, len(text), language, budget)


def _language(info: str) -> str:
    words = [word.lower() for word in _INFO.findall(info.partition("title=")[0])[:4]]
    named = next((word for word in words if word not in _DIRECTIVES), "")
    return words[0] if words and words[0] in {"prompt", "code-cell"} else named


def _prose(text: str, start: int, end: int, budget: Budget) -> Iterator[Named]:
    """Read what stands outside of fences."""
    piece = text[start:end]
    if not has_tools(piece):
        return
    for pattern, group in ((_SPAN, 2), (_HTML, 1)):
        for found in pattern.finditer(text, start, end):
            if has_tools(found[group]):
                yield from block(text, *found.span(group), budget)
    yield from _indented(text, start, end, _INDENTED, budget)


def _fenced(text: str, start: int, end: int, language: str, budget: Budget) -> Iterator[Named]:
    if not has_tools(text[start:end]):
        return
    if language in {"dockerfile", "docker", "containerfile"}:
        yield from scripts.dockerfile(text, budget, manner=Manner.IS_READ, start=start, end=end)
    elif language in {"json", "jsonc", "json5"}:
        try:
            yield from json_commands.settings(text[start:end], budget, offset=start, manner=Manner.IS_READ)
        except Unparsed:
            return  # an example of JSON is often a part of it
    elif language in _NOTEBOOKS:
        for found in _MAGIC.finditer(text, start, end):
            yield from block(text, *found.span(), budget)
    elif language in _SHELLS or language.startswith(("sh", "bash", "cmd")):
        yield from block(text, start, end, budget, language=language)


def block(text: str, start: int, end: int, budget: Budget, *, language: str = "") -> Iterator[Named]:
    """Read lines that a person is to type; prompts before them and what stands before a command in a list are left out."""
    lines: list[Placed] = []
    at = start
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop + 1
        prompt = _ROOT.match(text, at, stop) if language in _SESSIONS else None
        prompt = prompt or _PROMPT.match(text, at, stop)
        lines.append(plain(text, prompt.end() if prompt else at, stop))
        at = stop
    dialect = scripts.dialect_of(language)
    yield from script_commands(joined(lines), budget, manner=Manner.IS_READ, dialect=dialect)


def html(text: str, budget: Budget) -> Iterator[Named]:
    """Read what stands in `<code>` and `<pre>`."""
    if has_tools(text):
        for found in _HTML.finditer(text):
            if has_tools(found[1]):
                yield from block(text, *found.span(1), budget)


def restructured(text: str, budget: Budget) -> Iterator[Named]:
    """Read reStructuredText: indented lines, which literal blocks and directives are made of, and inline literals."""
    if has_tools(text):
        yield from _indented(text, 0, len(text), _LITERAL, budget)
        for found in _RST_SPAN.finditer(text):
            if has_tools(found[1]):
                yield from block(text, *found.span(1), budget)


def text_document(text: str, budget: Budget) -> Iterator[Named]:
    """Read plain text, AsciiDoc or Org: indented lines, blocks, and code spans."""
    if not has_tools(text):
        return
    yield from _indented(text, 0, len(text), _LITERAL, budget)
    for found in _SPAN.finditer(text):
        if has_tools(found[2]):
            yield from block(text, *found.span(2), budget)
    marks = list(_ASCIIDOC.finditer(text))
    for opened, closed in zip(marks[::2], marks[1::2], strict=False):
        if opened[1] == closed[1] and has_tools(text[opened.end() : closed.start()]):
            yield from block(text, opened.end(), closed.start(), budget)
    if "#+" in text:
        for found in _ORG.finditer(text):
            if _language(found[1]) in _SHELLS:
                yield from block(text, *found.span(2), budget)


def _indented(text: str, first: int, last: int, pattern: re.Pattern[str], budget: Budget) -> Iterator[Named]:
    """Read each run of indented lines as one block, so that a command may go on in the next line."""
    start = end = -2
    for found in pattern.finditer(text, first, last):
        budget.check()
        if found.start() != end + 1:
            if start >= 0 and has_tools(text[start:end]):
                yield from block(text, start, end, budget)
            start = found.start()
        end = found.end()
    if start >= 0 and has_tools(text[start:end]):
        yield from block(text, start, end, budget)
