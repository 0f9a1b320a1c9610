"""Shell scripts in YAML: their commands, line by line, and the expressions in them, each at its exact place."""

import re

from clearance.scan.infra.node import Kind, Node, Span

_BRACKET = re.compile(r"\[\s*(?:'([\w-]+)'|\"([\w-]+)\")\s*\]")
_GOES_ON = re.compile(r"(?:\\|\||&&)\s*$")
_BLOCK = re.compile(r"[|>][-+0-9]*[ \t]*(?:#[^\n]*)?\r?\n")
_MOST_LINES = 20_000
_LONGEST = 20_000
_FAR = 5_000


def commands(text: str, node: Node) -> list[Node]:
    """Give the commands of a script: a scalar each, without comments, lines that go on joined. `text` is the file."""
    if node.kind is not Kind.SCALAR or not isinstance(node.value, str):
        return []
    start, end = node.span
    block = _BLOCK.match(text, start, end)
    if block is None and "\n" in node.value:
        return _inside(node.value, node.span)
    if block is None:
        return [Node.scalar(node.value[:_LONGEST], node.span)] if node.value.strip() else []
    made: list[Node] = []
    joined = ""
    first = at = block.end()
    for line in text[at:end].split("\n")[:_MOST_LINES]:
        stripped = line.strip()
        after = at + len(line)
        if not joined:
            first = at + len(line) - len(line.lstrip())
        if stripped and not (stripped.startswith("#") and not joined):
            joined = f"{joined} {stripped}".lstrip()
            if _GOES_ON.search(stripped) and len(joined) < _LONGEST:
                joined = joined.removesuffix("\\").rstrip() if stripped.endswith("\\") else joined
            else:
                made.append(Node.scalar(joined[:_LONGEST], (first, at + len(line.rstrip()))))
                joined = ""
        at = after + 1
    if joined:
        made.append(Node.scalar(joined[:_LONGEST], (first, end)))
    return made


def _inside(value: str, span: Span) -> list[Node]:
    """Give the commands of a quoted script, all at the place of the whole."""
    lines = value.replace("\\\n", " ").split("\n")[:_MOST_LINES]
    return [
        Node.scalar(line.strip()[:_LONGEST], span) for line in lines if line.strip() and not line.lstrip().startswith("#")
    ]


def expressions(text: str, span: Span) -> list[Node]:
    """Give the expressions `${{ … }}` between two places: unknown values whose text is the expression in lower case, with
    `a['b']` written `a.b`."""
    found: list[Node] = []
    at = text.find("${{", *span)
    while at >= 0:
        end = _end(text, at + 3, span[1])
        if end < 0:
            break
        if text[at + 3 : end].strip():
            found.append(Node.unknown(plain(text[at + 3 : end]), (at, end + 2)))
        at = text.find("${{", end + 2, span[1])
    return found


def _end(text: str, start: int, end: int) -> int:
    """Give where an expression ends: at the first braces that stand in no string, else at the first ones."""
    first = text.find("}}", start, end)
    at, quotes, done = first, 0, start
    while 0 <= at < start + _FAR:
        quotes += text.count("'", done, at)
        if quotes % 2 == 0:
            return at
        done = at
        at = text.find("}}", at + 1, end)
    return first


def plain(expression: str) -> str:
    """Write an expression in one way: contexts and functions are not case-sensitive, and brackets mean dots."""
    return _BRACKET.sub(lambda found: "." + (found[1] or found[2]), " ".join(expression.split())).lower()[:_LONGEST]
