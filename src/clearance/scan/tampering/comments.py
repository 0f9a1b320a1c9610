"""Tells comments, strings and code apart, for many languages, in one pass and without a grammar."""

import re
from bisect import bisect_right
from typing import Literal, NamedTuple

from clearance.scan.family import Budget, Span

Part = Literal["comment", "string", "code"]


class _Syntax(NamedTuple):
    """What opens comments and strings: `hash_after_space` is for languages where `#` inside a word is text."""

    line: tuple[str, ...] = ()
    block: tuple[tuple[str, str], ...] = ()
    long: tuple[str, ...] = ()
    quotes: str = "\"'"
    hash_after_space: bool = False
    slash_regex: bool = False


_C = _Syntax(line=("//",), block=(("/*", "*/"),))
_HASH = _Syntax(line=("#",), hash_after_space=True)
_SCRIPT = _Syntax(line=("//",), block=(("/*", "*/"),), quotes="\"'`", slash_regex=True)
_SYNTAXES = {
    "python": _Syntax(line=("#",), long=('"""', "'''")),
    "javascript": _SCRIPT,
    "typescript": _SCRIPT,
    "tsx": _SCRIPT,
    "go": _Syntax(line=("//",), block=(("/*", "*/"),), quotes="\"'`"),
    "rust": _Syntax(line=("//",), block=(("/*", "*/"),), quotes='"'),
    "php": _Syntax(line=("//", "#"), block=(("/*", "*/"),)),
    "hcl": _Syntax(line=("#", "//"), block=(("/*", "*/"),), quotes='"', hash_after_space=True),
    "toml": _Syntax(line=("#",), long=('"""', "'''")),
    "ini": _Syntax(line=("#", ";"), quotes="", hash_after_space=True),
    "sql": _Syntax(line=("--",), block=(("/*", "*/"),)),
    "css": _Syntax(block=(("/*", "*/"),)),
    "ruby": _HASH,
    **dict.fromkeys(("shell", "yaml", "dockerfile", "makefile", "powershell", "dotenv", "properties"), _HASH),
    **dict.fromkeys(("java", "c", "cpp", "csharp", "kotlin", "swift", "scala", "groovy"), _C),
}
_BEFORE_REGEX = re.compile(r"(?:^|[(,=:\[!&|?{};+~^%<>-]|\b(?:return|typeof|case|in|of|do|else|void))[ \t\r\n]*\Z")
_REGEX = re.compile(r"/(?![*/])(?:[^\\/\[\n]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n])*\])+/")


class Parts:
    """The comments and strings of a text."""

    def __init__(self, text: str, language: str, budget: Budget) -> None:
        """Read the text once. A string or comment that does not end reaches to the end of its line or of the text."""
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._kinds: list[Part] = []
        self._read(text, _SYNTAXES[language], budget)

    @staticmethod
    def knows(language: str | None) -> bool:
        """Whether the language's comments are known."""
        return language in _SYNTAXES

    def at(self, offset: int) -> Part:
        """What stands at an offset."""
        index = bisect_right(self._starts, offset) - 1
        return self._kinds[index] if index >= 0 and offset < self._ends[index] else "code"

    def comments(self) -> list[Span]:
        """The spans of all comments."""
        return [
            (start, end) for start, end, kind in zip(self._starts, self._ends, self._kinds, strict=True) if kind == "comment"
        ]

    def _add(self, start: int, end: int, kind: Part) -> None:
        self._starts.append(start)
        self._ends.append(end)
        self._kinds.append(kind)

    def _read(self, text: str, syntax: _Syntax, budget: Budget) -> None:
        openers = [*(mark for mark, _ in syntax.block), *syntax.line, *syntax.long, *syntax.quotes]
        openers += ["/"] if syntax.slash_regex else []
        if not openers:
            return
        opener = re.compile("|".join(re.escape(mark) for mark in openers))
        blocks = dict(syntax.block)
        # Where a quote has found no partner on its line, the later ones of its kind there find none either.
        alone: dict[str, int] = {}
        at = steps = 0
        while found := opener.search(text, at):
            steps += 1
            if not steps & 0xFFF:
                budget.check()
            start, mark = found.start(), found[0]
            at = found.end()
            if mark in blocks:
                at = _after(text, at, blocks[mark], len(text))
                self._add(start, at, "comment")
            elif mark in syntax.line:
                if syntax.hash_after_space and start and text[start - 1] not in " \t\n;":
                    continue
                at = _after(text, at, "\n", len(text))
                self._add(start, at, "comment")
            elif mark == "/":
                regex = _REGEX.match(text, start) if _BEFORE_REGEX.search(text, max(0, start - 12), start) else None
                if regex:
                    at = regex.end()
                    self._add(start, at, "string")
            elif syntax.hash_after_space and mark == "'" and start and text[start - 1].isalnum():
                continue  # an apostrophe in a word
            elif start >= alone.get(mark, 0):
                end = self._string(text, start, mark, syntax)
                if end > at:
                    at = end
                    self._add(start, at, "string")
                else:
                    alone[mark] = _after(text, at, "\n", len(text))

    def _string(self, text: str, start: int, mark: str, syntax: _Syntax) -> int:
        """Give where a string ends; `start` when the mark opens none."""
        if mark in syntax.long or mark == "`":
            end = _closing(text, start + len(mark), mark)
            return len(text) if end < 0 else end
        short = _SHORT[mark].match(text, start)
        return short.end() if short else start


def _after(text: str, at: int, mark: str, otherwise: int) -> int:
    end = text.find(mark, at)
    return otherwise if end < 0 else end + (len(mark) if mark != "\n" else 0)


# Possessive quantifiers: a string that does not end is given up in one walk.
_SHORT = {mark: re.compile(rf"{mark}(?:[^{mark}\\\n]++|\\.)*+{mark}") for mark in "\"'"}


def _closing(text: str, at: int, mark: str) -> int:
    """Find where a string of several lines ends: at the first mark without a backslash that counts; -1 for nowhere."""
    while (at := text.find(mark, at)) >= 0:
        slashes = len(text[max(0, at - 64) : at]) - len(text[max(0, at - 64) : at].rstrip("\\"))
        if slashes % 2 == 0:
            return at + len(mark)
        at += 1
    return -1
