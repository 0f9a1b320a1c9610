"""What a file holds and who wrote each line, through edits and formatters: the truth that answers are held against."""

import ast
import keyword
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from clearance.collect.lines import compare

_WORD = re.compile(r"\w+")
_NAME = re.compile(r"(?<![\w'\"%\\])[a-z_][a-z0-9_]{3,}(?![\w'\"])")
_STARTS = re.compile(r"(?:@|def |async |class |function\b|const |export )")
_JS_WORDS = {
    "function", "const", "return", "async", "await", "class", "this", "null", "true", "false", "throw", "typeof",
    "else", "undefined", "constructor", "static", "while", "break", "switch", "case", "default", "continue", "yield",
    "delete", "super", "export", "extends", "void", "instanceof", "catch", "finally", "import", "from",
}  # fmt: skip


class Line:
    """A line and who wrote it: 0 what stood there from the start, a positive number an assistant's generation, a negative
    one a person's step, None nobody can say (the same text stands on both sides of a border between two authors).
    `touched`: somebody else changed a part of it."""

    __slots__ = ("text", "touched", "who")

    def __init__(self, text: str, who: int | None, *, touched: bool = False) -> None:
        self.text = text
        self.who = who
        self.touched = touched


Files = dict[str, list[Line]]


def put(lines: list[Line], at: int, block: Sequence[Line]) -> None:
    """Put lines in before `at`. Where the same text stands at its border, a diff may take either for the new one: nobody can
    say then whose these lines are."""
    step = 1
    while step <= min(at, len(block)) and lines[at - step].text == block[-step].text:
        lines[at - step].who = block[-step].who = None
        step += 1
    step = 0
    while step < min(len(lines) - at, len(block)) and lines[at + step].text == block[step].text:
        lines[at + step].who = block[step].who = None
        step += 1
    lines[at:at] = block


def take(lines: list[Line], low: int, high: int) -> list[Line]:
    """Take lines away. Where the same text stays at the border, a diff may take either for the one that went."""
    block = lines[low:high]
    step = 1
    while step <= min(low, len(block)) and lines[low - step].text == block[-step].text:
        lines[low - step].who = block[-step].who = None
        step += 1
    step = 0
    while step < min(len(lines) - high, len(block)) and lines[high + step].text == block[step].text:
        lines[high + step].who = block[step].who = None
        step += 1
    del lines[low:high]
    return block


def text_of(lines: Sequence[Line]) -> str:
    """Give the text of a file."""
    return "".join(f"{line.text}\n" for line in lines)


def boundaries(lines: Sequence[Line]) -> list[int]:
    """Give the places where a whole function may be put in, from 0."""
    found = [at for at in range(1, len(lines)) if not lines[at - 1].text and _STARTS.match(lines[at].text)]
    return [*found, len(lines)]


def inside(lines: Sequence[Line]) -> list[int]:
    """Give the places in a Python file before which a statement of four blanks may be put in; none where it is no Python."""
    try:
        body = ast.parse(text_of(lines)).body
    except SyntaxError:
        return []
    functions = [node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [one.lineno - 1 for node in functions for one in node.body[1:] if one.col_offset == 4 and _alone(lines, one)]


def _alone(lines: Sequence[Line], node: ast.stmt) -> bool:
    return not lines[node.lineno - 1].text[:4].strip() and not isinstance(node, ast.ClassDef)


def statements(block: Sequence[str], chance: random.Random) -> list[str]:
    """Give a few simple statements out of a Python function, at four blanks; none where it has none."""
    try:
        node = ast.parse("\n".join(block)).body[0]
    except SyntaxError:
        return []
    if not isinstance(node, ast.FunctionDef):
        return []
    simple = [one for one in node.body if isinstance(one, ast.Assign | ast.Expr | ast.AugAssign | ast.If | ast.For)]
    simple = [one for one in simple if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
    if not simple:
        return []
    at = chance.randrange(len(simple))
    chosen = simple[at : at + chance.randint(1, 3)]
    lines = [line for one in chosen for line in block[one.lineno - 1 : one.end_lineno]]
    return lines if 1 <= len(lines) <= 8 and all(line[:4].isspace() or not line for line in lines) else []


def changed(text: str, chance: random.Random, words: Sequence[str]) -> str | None:
    """Change one name of a line to another one; None where it has none."""
    found = [one for one in _NAME.finditer(text) if not keyword.iskeyword(one[0]) and one[0] not in _JS_WORDS]
    if not found or text.lstrip().startswith(("#", "//", "*", "import", "from", "def ", "class ", "function", "@")):
        return None
    one = chance.choice(found)
    other = chance.choice([word for word in words if word != one[0]] or ["value"])
    return text[: one.start()] + other + text[one.end() :]


def names(lines: Iterable[Line]) -> list[str]:
    """Give the names that lines use, each once."""
    found = {one[0] for line in lines for one in _NAME.finditer(line.text)}
    return sorted(word for word in found if not keyword.iskeyword(word) and word not in _JS_WORDS)


def formatted(before: Sequence[Line], text: str) -> list[Line]:
    """Say who wrote the lines of a text that a formatter made of others.

    Formatters keep words in their order, so the words of both are laid side by side; a line is whose most words are. A line
    without words is that of the lines around it, if they agree.
    """
    old = [(word, line) for line in before for word in _WORD.findall(line.text.lower())]
    rows = text.split("\n")[:-1]
    new = [(word, row) for row, line in enumerate(rows) for word in _WORD.findall(line.lower())]
    kept = compare(_rows(word for word, _ in old), _rows(word for word, _ in new))
    gone, fresh = _numbers(kept.removed), _numbers(kept.added)
    stood = [line for at, (_, line) in enumerate(old, 1) if at not in gone]
    here = [row for at, (_, row) in enumerate(new, 1) if at not in fresh]
    votes: dict[int, Counter[int | None]] = {}
    touched: set[int] = set()
    for line, row in zip(stood, here, strict=True):
        votes.setdefault(row, Counter())[line.who] += 1
        if line.touched:
            touched.add(row)
    made = [Line(row, votes[at].most_common(1)[0][0] if at in votes else None) for at, row in enumerate(rows)]
    for at in touched:
        made[at].touched = True
    said = [at for at in range(len(made)) if at in votes]
    for at, line in enumerate(made):
        if at not in votes:
            above = max((one for one in said if one < at), default=None)
            below = min((one for one in said if one > at), default=None)
            near = {made[one].who for one in (above, below) if one is not None}
            line.who = near.pop() if len(near) == 1 else None
    return made


def _rows(words: Iterable[str]) -> bytes:
    return "".join(f"{word}\n" for word in words).encode()


def _numbers(ranges: Iterable[tuple[int, int]]) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}
