"""Templates of Helm as YAML with holes: what an expression prints is decided elsewhere, all that stands around it is read.

Each expression `{{ … }}` becomes as many characters `HOLE`, so that every place in the text stays what it was. A line of
control (`if`, `range`, `with`, `end`, …) becomes blank: what stands in a branch is read as if the branch were taken. A line
that is all expression becomes a key of an open map, or an item of a list, at the column that `nindent` names. Templates are
those of Go's text/template with Helm's functions (helm.sh/docs/chart_template_guide).
"""

import re
from collections.abc import Iterator

from clearance.scan.infra.lower.yaml_text import HOLE

_TOKEN = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|`[^`]*`|\}\}")
_PLAIN = re.compile(r"\{\{[^{}\n]*\}\}")
_COMMENT = re.compile(r"\{\{-?\s{0,8}/\*")
_OF_HELM = re.compile(
    r"\{\{-?\s*(?:/\*|\(|(?:if|else|end|range|with|include|template|define|block|toYaml|tpl|default|required|printf|quote|lookup|ternary"
    r"|coalesce|fail)\b|\$?\.(?:Values|Release|Chart|Capabilities|Files|Template)\b|\$\w*\s*:?=)"
)
_CONTROL = re.compile(r"\{\{-?\s*(?:/\*|(?:if|else|end|range|with|define|block|break|continue|fail)\b|\$\w+\s*:?=)")
_INDENT = re.compile(r"\bn?indent\s+(\d{1,3})")
_KEY_ALONE = re.compile(r"^\s*(?:-\s+)*[\w./\"'-]+:\s*$")
_MOST = 20_000
_LONGEST = 5_000
_BESIDE = 2_000
_FAR = 200
_LETTER = re.compile(r"[^\n]")


def is_template(text: str) -> bool:
    """Tell whether a text holds expressions of Helm; those of other templates (Prometheus alerts in a string) are none."""
    return "{{" in text and _OF_HELM.search(text) is not None


def with_holes(text: str) -> str | None:
    """Give the text with its expressions replaced, of the same length; None where it holds too many of them."""
    marked = _mark(text)
    if marked is None:
        return None
    lines = marked.split("\n")
    sources = text.split("\n")
    for index, line in enumerate(lines):
        if _WHOLE in line:
            lines[index] = _printed(lines, index, sources[index])
    return "\n".join(lines)


_WHOLE = "\ue001"
"""Marks a line that is all expression while the lines around it are not settled yet."""


def _actions(text: str) -> Iterator[tuple[int, int]]:
    """Give where expressions start and end; behind one that does not end there are none."""
    at = text.find("{{")
    while at >= 0:
        end = _end(text, at)
        if end < 0:
            return
        yield at, end
        at = text.find("{{", end)


def _end(text: str, start: int) -> int:
    """Give where an expression ends: at braces that stand in no string."""
    at = start + 2
    if _COMMENT.match(text, start):
        at = text.find("*/", start)
        if at < 0:
            return -1
    for found in _TOKEN.finditer(text, at, at + _LONGEST):
        if found[0] == "}}":
            return found.end()
    return -1


def _mark(text: str) -> str | None:
    pieces: list[str] = []
    at = 0
    for number, (start, end) in enumerate(_actions(text)):
        if number >= _MOST:
            return None
        said = text[start:end]
        pieces.append(text[at:start])
        at = end
        first, last = text.rfind("\n", max(0, start - _BESIDE), start) + 1, text.find("\n", end, end + _BESIDE)
        before = text[first:start] if first or start < _BESIDE else HOLE
        after = text[end:last] if last >= 0 else text[end : end + _BESIDE]
        alone = not _PLAIN.sub("", before).strip() and not _PLAIN.sub("", after).strip()
        if _CONTROL.match(said) and (alone or (_KEY_ALONE.match(before) and not after.strip())):
            pieces.append(_LETTER.sub(" ", said))
        elif alone:
            pieces.append(_WHOLE + _LETTER.sub(" ", said[1:]))
        else:
            line, *rest = said.split("\n")
            pieces.append("\n".join([HOLE * len(line), *(" " * len(one) for one in rest)]))
    pieces.append(text[at:])
    return "".join(pieces)


def _printed(lines: list[str], index: int, source: str) -> str:
    """Put a key or an item where a line prints something of its own."""
    length = len(lines[index])
    named = _INDENT.search(source)
    indent = int(named[1]) if named else length - len(source.lstrip()) if source.strip() else 0
    above = _near(lines, index, -1, len(lines[index]))
    after = _near(lines, index, 1, len(lines[index]))
    own = len(above) - len(above.lstrip())
    if above.rstrip().endswith(":") and indent <= own and not _starts_item(after, indent):
        indent = own + 2
    item = _starts_item(after, indent) or _starts_item(_near(lines, index, -1, indent), indent)
    hole = f"- {HOLE}" if item else f"{HOLE}: {HOLE}"
    indent = max(0, min(indent, length - len(hole)))
    return (" " * indent + hole).ljust(length)[:length]


def _starts_item(line: str, indent: int) -> bool:
    return len(line) - len(line.lstrip()) == indent and line.lstrip().startswith(("- ", "-\n"))


def _near(lines: list[str], index: int, step: int, indent: int) -> str:
    """The next line in a direction that says something and starts at that column or before it."""
    for at in range(index + step, max(-1, min(len(lines), index + step * _FAR)), step):
        line = lines[at]
        text = line.lstrip()
        if text and len(line) - len(text) <= indent and not text.startswith("#") and _WHOLE not in line:
            return line
    return ""
