"""Reads the words of a shell text: quotes, escapes, expansions, and the substitutions in them."""

import re
from abc import ABC, abstractmethod
from typing import NamedTuple

from clearance.scan.commands.syntax import Arithmetic, Literal, Part, Redirect, Script, Substitution, Variable, Word
from clearance.scan.family import Budget, Span

DEEPEST = 40
"""Levels of substitutions, groups and nested shells that are read."""
PLAIN = re.compile(r"[^\s;&|<>()\\'\"$`]+")
"""Text outside of quotes that means itself."""
ENDS_WORD = frozenset(" \t\n;&|<>()")
"""What no word holds outside of quotes."""
_IN_DOUBLE = re.compile(r"[^\\\"$`]+")
_IN_BODY = re.compile(r"[^\\$`]+")
_IN_BRACES = re.compile(r"[^}\"'\\$`]+")
_NAME = re.compile(r"[A-Za-z_]\w*|[0-9]+|[@*#?$!-]", re.ASCII)
_BRACED = re.compile(r"[!#]?(?:[A-Za-z_]\w*(?:\[[^\]\n]*\])?|[0-9]+|[@*#?$!-])", re.ASCII)
_OPERATOR = re.compile(r":[-=+?]|[-=+?]|##?|%%?|//?|\^\^?|,,?|:|@", re.ASCII)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "v": "\v"}
_ANSI = re.compile(
    r"\\(?:([abeEfnrtv\\'\"?])|([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|c(.))"
)


class TooDeep(Exception):
    """More levels than are read."""


class Mistake(NamedTuple):
    """Where a text is no shell text, and why."""

    at: int
    said: str


class Awaited(NamedTuple):
    """A here-document whose text comes behind the line: where its redirection is kept, and how it ends."""

    redirects: list[Redirect]
    number: int
    mark: str
    literal: bool
    dedents: bool


class WordReader(ABC):
    """A place in a text, and the words that begin there. What lies between words is for `Reader`."""

    def __init__(self, text: str, budget: Budget, *, depth: int = 0, origin: Span | None = None) -> None:
        """`origin`: the text comes from this span of another one (the words of `sh -c`), and so all spans are this one.

        Raises:
            TooDeep: `depth`, the levels around it, is more than 40.
        """
        if depth > DEEPEST:
            raise TooDeep
        self._text = text
        self._budget = budget
        self._origin = origin
        self._at = 0
        self._depth = depth
        self._steps = 0
        self._awaited: list[Awaited] = []
        self.mistakes: list[Mistake] = []

    def _mistake(self, said: str) -> None:
        if len(self.mistakes) < 20:
            at = min(self._at, len(self._text)) if self._origin is None else self._origin[0]
            self.mistakes.append(Mistake(at, said))

    def _span(self, start: int) -> Span:
        """Give the span from `start` to here."""
        return self._origin or (start, min(self._at, len(self._text)))

    def _inner(self, text: str, start: int) -> "WordReader":
        """Open a reader for a text that stands here with other quotes."""
        inner = type(self)(text, self._budget, depth=self._depth + 1, origin=self._span(start))
        inner.mistakes = self.mistakes
        return inner

    def _tick(self) -> None:
        self._steps += 1
        if not self._steps & 0x3FF:
            self._budget.check()

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise TooDeep

    def _word(self) -> Word:
        text = self._text
        start = self._at
        parts: list[Part] = []
        while self._at < len(text):
            self._tick()
            letter = text[self._at]
            if letter in "<>" and self._at == start and text.startswith("(", self._at + 1):
                self._at += 2
                parts.append(Substitution(self._inside(")"), quoted=False, sign=letter))
                continue
            if letter == "(" and parts and _is_extglob(parts[-1]):
                self._extglob(parts)
                continue
            if letter in ENDS_WORD or (letter == "\r" and text[self._at + 1 : self._at + 2] in {"", "\n"}):
                break
            match letter:
                case "'":
                    end = text.find("'", self._at + 1)
                    if end < 0:
                        self._mistake("a quote does not end")
                        end = len(text)
                    parts.append(Literal(text[self._at + 1 : end], quoted=True))
                    self._at = end + 1
                case '"':
                    self._double(parts)
                case "\\":
                    if not text.startswith("\n", self._at + 1):
                        parts.append(Literal(text[self._at + 1 : self._at + 2], quoted=True))
                    self._at += 2
                case "$" | "`":
                    self._dollar(parts, quoted=False)
                case _:
                    found = PLAIN.match(text, self._at)
                    if found is None:  # white space that parts no words for a shell
                        parts.append(Literal(letter, quoted=False))
                        self._at += 1
                    else:
                        parts.append(Literal(found[0], quoted=False))
                        self._at = found.end()
        self._at = min(self._at, len(text))
        return Word(tuple(parts), *self._span(start))

    def _extglob(self, parts: list[Part]) -> None:
        """Take `(a|b)` behind one of `?*+@!` as part of the word."""
        depth = 0
        start = self._at
        while self._at < len(self._text):
            letter = self._text[self._at]
            depth += (letter == "(") - (letter == ")")
            self._at += 1
            if depth == 0 or letter == "\n":
                break
        parts.append(Literal(self._text[start : self._at], quoted=False))

    def _double(self, parts: list[Part]) -> None:
        self._at += 1
        text = self._text
        before = len(parts)
        while True:
            self._tick()
            if self._at >= len(text):
                self._mistake("a quote does not end")
                break
            if text[self._at] == '"':
                self._at += 1
                break
            self._piece(parts, _IN_DOUBLE, '\\$`"\n')
        if len(parts) == before:
            parts.append(Literal("", quoted=True))

    def _pieces(self, parts: list[Part]) -> None:
        """Take the whole text as that of a here-document."""
        while self._at < len(self._text):
            self._piece(parts, _IN_BODY, "\\$`\n")

    def _piece(self, parts: list[Part], plain: re.Pattern[str], escapable: str) -> None:
        """Take one piece of a quoted text."""
        text = self._text
        self._tick()
        found = plain.match(text, self._at)
        if found:
            parts.append(Literal(found[0], quoted=True))
            self._at = found.end()
        elif text[self._at] == "\\":
            escaped = text[self._at + 1 : self._at + 2]
            if escaped and escaped in escapable:
                if escaped != "\n":
                    parts.append(Literal(escaped, quoted=True))
            else:
                parts.append(Literal("\\" + escaped, quoted=True))
            self._at += 2
        elif text[self._at] in "$`":
            self._dollar(parts, quoted=True)
        else:
            parts.append(Literal(text[self._at], quoted=True))
            self._at += 1

    def _dollar(self, parts: list[Part], *, quoted: bool) -> None:
        text = self._text
        at = self._at
        if text[at] == "`":
            parts.append(Substitution(self._ticked(), quoted=quoted))
            return
        if text.startswith("$((", at):
            inside = self._arithmetic(at + 3)
            if inside is not None:
                parts.append(Arithmetic(inside))
                return
        if text.startswith("$(", at):
            self._at += 2
            parts.append(Substitution(self._inside(")"), quoted=quoted))
        elif text.startswith("${", at):
            self._braced(parts, quoted=quoted)
        elif text.startswith("$[", at):
            end = text.find("]", at)
            self._at = end + 1 if end >= 0 else len(text)
            parts.append(Variable("", quoted=quoted))
        elif not quoted and text.startswith("$'", at):
            self._ansi(parts)
        elif not quoted and text.startswith('$"', at):
            self._at += 1
            self._double(parts)
        elif found := _NAME.match(text, at + 1):
            name = found[0] if not found[0].isdigit() else found[0][0]
            parts.append(Variable(name, quoted=quoted))
            self._at = at + 1 + len(name)
        else:
            parts.append(Literal("$", quoted=True))
            self._at += 1

    def _inside(self, closing: str) -> Script:
        """Read the commands of a substitution. Here-documents that begin in it mostly end in it."""
        self._deeper()
        outer, self._awaited = self._awaited, []
        script = self._list(closing)
        self._awaited = outer + self._awaited
        self._depth -= 1
        return script

    def _ticked(self) -> Script:
        """Read the commands between backticks, in which a backslash frees `` ` ``, `$` and itself."""
        text = self._text
        start = at = self._at + 1
        while at < len(text) and text[at] != "`":
            at += 2 if text[at] == "\\" else 1
        if at >= len(text):
            self._mistake("a backtick does not end")
        self._at = at + 1
        return self._inner(re.sub(r"\\([`$\\])", r"\1", text[start:at]), start).script()

    def _arithmetic(self, at: int) -> Word | None:
        """Read up to `))`; None where this is a substitution of a group instead."""
        text = self._text
        depth = 0
        end = at
        while end < len(text):
            letter = text[end]
            if letter == "(":
                depth += 1
            elif letter == ")":
                if depth == 0:
                    break
                depth -= 1
            elif letter == "\n":
                return None
            end += 1
        if not text.startswith("))", end):
            return None
        self._deeper()
        before = self._at
        self._at = at
        parts: list[Part] = []
        while self._at < end:
            if text[self._at] in "$`":
                self._dollar(parts, quoted=True)
            else:
                self._at += 1
        self._depth -= 1
        if self._at > end:
            self._at = before
            return None
        self._at = end + 2
        return Word(tuple(parts), *self._span(at))

    def _braced(self, parts: list[Part], *, quoted: bool) -> None:
        text = self._text
        self._at += 2
        if text.startswith((" ", "\t", "\n", "|"), self._at):  # bash 5.3: the output of commands in this shell
            self._at += text.startswith("|", self._at)
            parts.append(Substitution(self._inside("}"), quoted=quoted))
            return
        found = _BRACED.match(text, self._at)
        name = found[0] if found else ""
        self._at = found.end() if found else self._at
        operator = _OPERATOR.match(text, self._at)
        sign = operator[0] if operator and not text.startswith("}", self._at) else ""
        self._at += len(sign)
        self._deeper()
        inner: list[Part] = []
        start = self._at
        while self._at < len(text) and text[self._at] != "}":
            self._tick()
            letter = text[self._at]
            if letter == '"':
                self._double(inner)
            elif letter == "'" and not quoted:
                end = text.find("'", self._at + 1)
                end = len(text) if end < 0 else end
                inner.append(Literal(text[self._at + 1 : end], quoted=True))
                self._at = end + 1
            elif letter == "\\":
                inner.append(Literal(text[self._at + 1 : self._at + 2], quoted=True))
                self._at += 2
            elif letter in "$`":
                self._dollar(inner, quoted=quoted)
            else:
                chunk = _IN_BRACES.match(text, self._at)
                inner.append(Literal(chunk[0] if chunk else letter, quoted=quoted))
                self._at += len(chunk[0]) if chunk else 1
        if self._at >= len(text):
            self._mistake("`}` is missing")
        self._depth -= 1
        parts.append(Variable(name, quoted, sign, Word(tuple(inner), *self._span(start)) if sign else None))
        self._at += 1

    def _ansi(self, parts: list[Part]) -> None:
        """Read `$'…'`."""
        text = self._text
        end = self._at + 2
        while end < len(text) and text[end] != "'":
            end += 2 if text[end] == "\\" else 1
        if end >= len(text):
            self._mistake("a quote does not end")
        parts.append(Literal(unescaped(text[self._at + 2 : end]), quoted=True))
        self._at = end + 1

    def _array(self) -> Word:
        start = self._at
        self._at += 1
        parts: list[Part] = []
        while True:
            self._tick()
            self._blanks(lines=True)
            if self._at >= len(self._text):
                self._mistake("`)` is missing")
                break
            letter = self._text[self._at]
            if letter == ")":
                self._at += 1
                break
            if letter in ";&|<>(" and not self._text.startswith(("<(", ">("), self._at):
                self._at += 1
                continue
            if parts:
                parts.append(Literal(" ", quoted=False))
            parts.extend(self._word().parts)
        return Word(tuple(parts), *self._span(start))

    @abstractmethod
    def script(self) -> Script:
        """Read the whole text."""

    @abstractmethod
    def _list(self, closing: str) -> Script:
        """Read commands up to `closing`, which is taken."""

    @abstractmethod
    def _blanks(self, *, lines: bool = False) -> None:
        """Step over what parts words; with `lines` over line ends, too."""


def unescaped(text: str) -> str:
    """Undo the escapes of `$'…'` and of `echo -e`."""

    def letter(found: re.Match[str]) -> str:
        simple, octal, *others, control = found.groups()
        if simple:
            return _ESCAPES.get(simple, simple)
        if control:
            return chr(ord(control) & 0x1F)
        number = int(octal, 8) & 0xFF if octal else int(next(one for one in others if one), 16)
        return chr(number) if 0 < number < 0x110000 else ""

    return _ANSI.sub(letter, text)


def plain_text(word: Word) -> str:
    """The text of a word that holds nothing to expand; what is to be expanded counts as nothing."""
    return "".join(part.text for part in word.parts if isinstance(part, Literal))


def _is_extglob(part: Part) -> bool:
    return isinstance(part, Literal) and not part.quoted and part.text[-1:] in {"?", "*", "+", "@", "!"}
