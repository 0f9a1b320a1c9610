"""Cuts a script into its simple commands: words without their quotes, literal variables put in, each with its place.

Enough of the POSIX shell grammar (IEEE 1003.1, chapter 2) to tell where a command begins: quotes, comments, continuations,
here-documents, substitutions, lists and pipelines. Nothing is run; what only a run would tell becomes `placed.UNKNOWN`.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from clearance.scan.family import Budget, OutOfTime
from clearance.scan.packages.readers.dialects import Dialect
from clearance.scan.packages.readers.placed import UNKNOWN, Placed, joined
from clearance.scan.packages.readers.shell_words import Command, Document, Frame, Scope, Word

_DEEPEST = 40
_LONGEST_VALUE = 8192
_MOST_FIELDS = 20_000
_MOST_LOST = 50
_ASSIGNMENT = re.compile(r"(?:--?\w+[ =])?([A-Za-z_]\w*)(?:\[\w*\])?(\+?=)(.*)", re.DOTALL)
_HEAD = re.compile(r"[A-Za-z_]\w*\+?=")
_DECLARES = frozenset(
    {"export", "local", "readonly", "declare", "typeset", "env", "set", "sudo", "then", "do", "else", "!", "{"}
)
_BRACES = re.compile(r"([^{}]*)\{([^{}]*,[^{}]*)\}([^{}]*)")
PROCESS = "<("
"""The hint of a word that is the output of a command as a file (`<(echo x)`)."""
_MARK = re.compile(r"[ \t]*\\?([\"']?)([\w.!-]+)\1")
_PARAMETER = re.compile(r"!?(\w+)(?:\[[@*\d]\])?(?:(:?[-=])(.*)|[#%/:,^].*)?", re.DOTALL)


class Lexer:
    """One walk over one script."""

    def __init__(self, script: Placed, dialect: Dialect, scope: Scope, budget: Budget, *, in_lines: bool = False) -> None:
        """`in_lines`: quotes that do not end on their line are no quotes (prose, templates, half scripts)."""
        self._script = script
        self._text = script.text
        self._dialect = dialect
        self._scope = scope
        self._budget = budget
        self._in_lines = in_lines
        self._frames = [Frame("top")]
        self._at = 0
        self._awaited: list[str] = []
        self._receivers: list[str] = []
        self._target = ""
        self._lost = 0
        self._left = _MOST_FIELDS

    def commands(self) -> Iterator[Command | Document]:
        """Give each simple command when it ends, and each here-document.

        Raises:
            OutOfTime: the budget is spent, or variables expand to more than 20,000 words.
        """
        steps = 0
        text, length = self._text, len(self._text)
        outside, inside = self._dialect.outside, self._dialect.inside
        while True:
            while self._at < length:
                steps += 1
                if not steps & 0x3FF:
                    self._budget.check()
                frame = self._frames[-1]
                found = (inside if frame.in_double else outside).match(text, self._at)
                if not found:
                    self._at += 1
                    continue
                self._at = found.end()
                kind = found.lastgroup or ""
                if frame.in_double:
                    self._step_inside(frame, kind, found)
                else:
                    yield from self._step(frame, kind, found)
            open_quote = next((frame.double_at for frame in self._frames if frame.in_double), 0)
            if not open_quote or self._in_lines:
                break
            # It never ends: then it was none, and from here on no quote spans lines.
            self._in_lines, self._frames, self._at = True, [Frame("top")], open_quote
        while self._frames:
            yield from self._finish()
            self._frames.pop()

    def _step_inside(self, frame: Frame, kind: str, found: re.Match[str]) -> None:
        match kind:
            case "double":
                frame.in_double = False
            case "line":
                if self._in_lines:
                    frame.in_double, self._at = False, found.start()
                else:
                    self._take(frame, found.start(), found.end())
            case "escaped":
                self._take(frame, found.start() + 1, found.end())
            case "cont":
                pass
            case "variable" | "template":
                self._expand(frame, found)
            case "substitution" | "tick":
                self._open(kind)
            case _:
                self._take(frame, found.start(), found.end())

    def _step(self, frame: Frame, kind: str, found: re.Match[str]) -> Iterator[Command | Document]:
        match kind:
            case "text":
                self._take(frame, found.start(), found.end())
            case "space":
                self._end_word(frame)
            case "cont":
                if self._dialect.is_windows:  # PowerShell parts words there; the others join them
                    self._end_word(frame)
            case "line":
                if frame.kind == "array":
                    self._end_word(frame)
                else:
                    yield from self._finish()
                if self._awaited:
                    yield from self._documents()
                self._receivers, self._target = [], ""
            case "operator":
                yield from self._finish(piped=found[0] in {"|", "|&"})
            case "single":
                self._single(frame, found)
            case "double":
                frame.started = frame.quoted = frame.in_double = True
                frame.double_at = found.end()
            case "variable" | "template":
                self._expand(frame, found)
            case "escaped":
                self._escaped(frame, found)
            case "redirect":
                self._redirect(frame, found)
            case "comment" if not frame.started:
                pass
            case "open":
                yield from self._parenthesis(frame, found)
            case "substitution" | "process":
                self._open(kind)
            case "tick":
                if frame.kind == "tick":
                    yield from self._close()
                else:
                    self._open("tick")
            case "close":
                yield from self._close() if len(self._frames) > 1 and frame.kind != "tick" else self._finish()
            case _:
                self._at = found.start() + 1
                self._take(frame, found.start(), self._at)

    def _take(self, frame: Frame, start: int, end: int) -> None:
        frame.started = True
        frame.pieces.append(self._script.part(start, end))

    def _single(self, frame: Frame, found: re.Match[str]) -> None:
        if self._in_lines and "\n" in found[0]:
            self._at = found.start() + 1
            return
        frame.quoted = True
        start = found.start() + (2 if found[0][0] == "$" else 1)
        self._take(frame, start, found.end() - 1)

    def _escaped(self, frame: Frame, found: re.Match[str]) -> None:
        # In prose a path of Windows is likelier than an escaped letter.
        keep = self._in_lines and found[0][1].isalpha()
        self._take(frame, found.start() + (not keep), found.end())

    def _expand(self, frame: Frame, found: re.Match[str]) -> None:
        frame.started = True
        groups = found.groupdict()
        inner = next((groups[name] for name in ("braced", "make", "name") if groups.get(name)), None)
        name = groups.get("var") or groups.get("late") or groups.get("auto") or ""
        default: Placed | None = None
        if inner is not None:
            stripped = inner.strip()
            parameter = _PARAMETER.fullmatch(stripped.removeprefix("env.").removeprefix("variables."))
            name = parameter[1] if parameter else re.sub(r"\W+", "_", stripped)
            if parameter and parameter[3]:
                start = found.end() - 1 - len(parameter[3])
                default = self._script.part(start, found.end() - 1)
        value = self._scope.get(name)
        if value:
            frame.pieces.append(value)
        elif default and default.text and not re.search(r"[$`{]", default.text):
            frame.pieces.append((default,))
        else:
            frame.hint = name
            frame.pieces.append(self._unknown(found.start()))

    def _unknown(self, at: int) -> Placed:
        return Placed(UNKNOWN, ((0, self._script.origin(at)),))

    def _redirect(self, frame: Frame, found: re.Match[str]) -> None:
        sign = found[0]
        if self._in_lines and frame.started and re.match(r"[<>]=|[<>]\d", self._text[found.start() : found.start() + 2]):
            # In prose a bound of a version is likelier than a file of that name.
            self._at = found.start() + 1
            self._take(frame, found.start(), self._at)
            return
        if len(frame.pieces) == 1 and isinstance(frame.pieces[0], Placed) and frame.pieces[0].text.isdigit():
            frame.clear()  # the number of a file descriptor
        self._end_word(frame)
        frame.is_target = True
        if self._dialect.is_posix and sign.endswith(("<<", "<<-")) and not sign.endswith("<<<"):
            mark = _MARK.match(self._text, self._at)
            if mark:
                self._at = mark.end()
                frame.is_target = False
                self._awaited.append(mark[2])

    def _documents(self) -> Iterator[Document]:
        for mark in self._awaited:
            end = None
            if self._lost < _MOST_LOST:
                end = re.compile(rf"^[ \t]*{re.escape(mark)}[ \t]*\r?$", re.MULTILINE).search(self._text, self._at)
            if not end:
                self._lost += 1
                continue
            yield Document(self._script.part(self._at, end.start()), tuple(self._receivers), self._target)
            self._at = end.end()
        self._awaited = []

    def _open(self, kind: str) -> None:
        if len(self._frames) < _DEEPEST:
            self._frames.append(Frame(kind))

    def _parenthesis(self, frame: Frame, found: re.Match[str]) -> Iterator[Command]:
        is_array = found[0] == "@(" or (frame.started and self._is_head(frame))
        loops = bool(frame.words) and frame.words[0].text.lower() in {"for", "foreach"}
        if not is_array and not loops:
            yield from self._finish()
        if len(self._frames) < _DEEPEST:
            self._frames.append(Frame("array" if is_array or loops else "paren"))

    def _is_head(self, frame: Frame) -> bool:
        return all(isinstance(piece, Placed) for piece in frame.pieces) and bool(
            _HEAD.fullmatch("".join(piece.text for piece in frame.pieces if isinstance(piece, Placed)))
        )

    def _close(self) -> Iterator[Command]:
        """Go back from a substitution, a group or an array to what holds it."""
        frame = self._frames[-1]
        if frame.kind == "array":
            self._end_word(frame)
            self._frames.pop()
            outer = self._frames[-1]
            inside = tuple(word.placed for word in frame.words)
            if outer.started:
                outer.pieces.append(inside or (self._unknown(self._at - 1),))
            elif len(frame.words) > 2 and frame.words[1].text.lower() == "in":
                self._assign(frame.words[0].hint, inside[2:])
            elif len(outer.words) == 3 and outer.words[2].text.lower() == "in":
                self._assign(outer.words[1].hint, inside)
                outer.words = []
            else:
                outer.words.extend(frame.words)
            return
        yield from self._finish()
        self._frames.pop()
        if frame.kind != "paren":
            outer = self._frames[-1]
            outer.started = True
            outer.hint = PROCESS if frame.kind == "process" else ""
            outer.pieces.append(_said(frame.last) or self._unknown(self._at - 1))

    def _end_word(self, frame: Frame) -> None:
        """Put the fields of a word that ends where they belong: to its command, a variable, a redirection."""
        if not frame.started:
            return
        fields = self._fields(frame)
        quoted, hint = frame.quoted, frame.hint
        is_plain = bool(frame.pieces) and isinstance(frame.pieces[0], Placed)
        frame.clear()
        if frame.is_target:
            frame.is_target = False
            if fields and "\0" not in fields[0].text:
                frame.target = self._target = fields[0].text
            return
        if fields and is_plain and all(word.text in _DECLARES or word.text.startswith("-") for word in frame.words):
            assigned = _ASSIGNMENT.fullmatch(fields[0].text)
            if assigned:
                first = fields[0].part(assigned.start(3), assigned.end(3))
                value = (first, *fields[1:]) if first.text else fields[1:]
                self._assign(assigned[1], value, more=assigned[2] == "+=")
                return
        if not quoted and self._dialect.is_posix and len(fields) == 1 and "{" in fields[0].text:
            fields = _alternatives(fields[0])
        self._left -= len(fields) - 1
        if self._left < 0:
            raise OutOfTime  # what variables of many words expand to has no end
        frame.words.extend(Word(field, quoted, hint) for field in fields)

    def _fields(self, frame: Frame) -> list[Placed]:
        """Join what stands side by side; a variable of several words makes several, but for one inside a longer string."""
        values = [piece for piece in frame.pieces if not isinstance(piece, Placed)]
        if not values:
            return [joined(piece for piece in frame.pieces if isinstance(piece, Placed))]
        split = not frame.quoted or len(frame.pieces) == 1
        done: list[Placed] = []
        current: list[Placed] = []
        for piece in frame.pieces:
            if isinstance(piece, Placed):
                current.append(piece)
                continue
            for number, field in enumerate(one for value in piece for one in _split(value)):
                if number and split:
                    done.append(joined(current))
                    current = []
                elif number:
                    current.append(Placed(" ", ((0, field.starts[0][1]),)))
                current.append(field)
        return [*done, joined(current)]

    def _assign(self, name: str, value: tuple[Placed, ...] | list[Placed], *, more: bool = False) -> None:
        if not name:
            return
        fields = (*(self._scope.get(name, ()) if more else ()), *value)
        known = all(UNKNOWN not in field.text for field in fields)
        short = sum(len(field.text) + 1 for field in fields) <= _LONGEST_VALUE
        self._scope[name] = fields if known and short else ()

    def _finish(self, *, piped: bool = False) -> Iterator[Command]:
        """End a command."""
        frame = self._frames[-1]
        self._end_word(frame)
        frame.is_target = False
        words, fed, target = tuple(frame.words), frame.fed, frame.target
        frame.words = []
        frame.target = ""
        frame.fed = words if piped else ()
        if words:
            alias = self._scope.get(f"alias {words[0].text}")
            if alias:
                words = (*(Word(field) for field in alias), *words[1:])
            frame.last = words
            self._receivers.append(words[0].text)
            self._remember(words)
            yield Command(words, fed, target)

    def _remember(self, words: tuple[Word, ...]) -> None:
        """Keep what a loop runs over, and what PowerShell and batch assign."""
        texts = [word.text for word in words[:3]]
        if texts[0] == "alias":
            for word in words[1:]:
                name, equals, _ = word.text.partition("=")
                if equals:
                    value = _split(word.placed.part(len(name) + 1, len(word.text)))
                    self._assign(f"alias {name}", value)
        elif len(words) > 3 and texts[0] == "for" and texts[2] == "in":
            self._assign(texts[1], [word.placed for word in words[3:]])
        elif not self._dialect.is_posix and len(words) > 2 and texts[1] == "=" and words[0].hint:
            self._assign(words[0].hint, [_without_comma(word.placed) for word in words[2:]])


def _said(words: tuple[Word, ...]) -> tuple[Placed, ...]:
    """Give what `echo` or `printf` writes, where that is literal; nothing for other commands."""
    if not words or words[0].text not in {"echo", "printf"}:
        return ()
    told = [word.placed for word in words[1:] if not word.text.startswith("-") and "%" not in word.text]
    return () if any(UNKNOWN in piece.text for piece in told) else tuple(told)


def _alternatives(word: Placed) -> list[Placed]:
    """Unfold `a{b,c}d`; one level, and no ranges."""
    found = _BRACES.fullmatch(word.text)
    if not found:
        return [word]
    ends = word.part(*found.span(1)), word.part(*found.span(3))
    cuts = [found.start(2) - 1, *(found.start(2) + at for at, sign in enumerate(found[2]) if sign == ","), found.end(2)]
    return [joined((ends[0], word.part(first + 1, last), ends[1])) for first, last in pairwise(cuts[:_MOST_LOST])]


def _without_comma(piece: Placed) -> Placed:
    return piece.part(0, len(piece.text) - 1) if piece.text.endswith(",") else piece


def _split(value: Placed) -> list[Placed]:
    if not re.search(r"\s", value.text):
        return [value]
    return [value.part(*found.span()) for found in re.finditer(r"\S+", value.text)]
