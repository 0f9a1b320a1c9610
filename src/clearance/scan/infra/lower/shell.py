"""Shell text -> the simple commands that it runs, with their words. Enough of POSIX's shell language to say who runs what;
nothing is run. Sources: POSIX.1-2024, chapter 2 (tokens, quotes, expansions, pipelines); bash manual for `<(…)` and `&>`.

Characters `\\0` are nothing: whoever takes continuation lines out of a text puts them there, so that offsets stay true.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from clearance.scan.family import Budget
from clearance.scan.infra.node import Kind, Node, Span

MOST_COMMANDS: Final = 5_000
_DEEPEST: Final = 6
MOST_EXPANDED: Final = 1_000_000
"""Characters that variables may add to what is read of one file."""
_LONGEST_VALUE: Final = 2_000
_LONGEST_PIPE: Final = 20
_LONGEST_BUNDLE: Final = 6
_LONGEST_TEXT: Final = 2_000
_KEYWORDS: Final = frozenset({
    "if", "then", "else", "elif", "fi", "do", "done", "while", "until", "!", "{", "}", "time", "esac",
})  # fmt: skip
_WRAPPERS: Final = frozenset({
    "sudo", "env", "exec", "nohup", "command", "nice", "doas", "gosu", "su-exec", "eatmydata", "timeout", "xargs", "ionice",
    "stdbuf", "setpriv", "chroot",
})  # fmt: skip
_WITH_VALUE: Final = {
    "sudo": frozenset({"-u", "-g", "-h", "-p", "-C", "--user", "--group"}),
    "env": frozenset({"-u", "-C"}),
    "nice": frozenset({"-n"}),
    "xargs": frozenset({"-n", "-I", "-P", "-L", "-d", "-E", "-s", "-a"}),
    "timeout": frozenset({"-k", "-s"}),
    "ionice": frozenset({"-c", "-n"}),
}
_OPERANDS: Final = {"gosu": 1, "su-exec": 1, "timeout": 1, "chroot": 1}
"""Words of a wrapper before the command."""
_SHELLS: Final = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh"})
_ASSIGN = re.compile(r"[A-Za-z_]\w*\+?=")
_VARIABLE = re.compile(r"\$(?:\{([A-Za-z_]\w*)(?:(:?[-+?=])([^{}$`\"']*))?\}|([A-Za-z_]\w*))")
_PLAIN = re.compile(r"[^\s\0'\"\\$`;&|<>()#]+")
_BLANK = re.compile(r"[ \t\r\0]+")
_REDIRECT = re.compile(r"\d*(?:<<<|>>|>\||<>|>&|<&|>|<)|&>>?")


class Variables:
    """Values of variables by name. What is taken out is counted over a file: a long value that is named a million times,
    or one that doubles each time, is unknown from a bound on."""

    def __init__(self, values: Mapping[str, str] | None = None, left: list[int] | None = None) -> None:
        self._values = dict(values or {})
        self._left = [MOST_EXPANDED] if left is None else left

    def get(self, name: str) -> str | None:
        """Give a value, or None where it is not known or too much was taken out."""
        value = self._values.get(name)
        if value is not None:
            self._left[0] -= len(value)
            if self._left[0] < 0:
                return None
        return value

    def put(self, name: str, value: str | None) -> None:
        """Set a value; None and what is too long is not known."""
        if value is None or len(value) > _LONGEST_VALUE:
            self._values.pop(name, None)
        else:
            self._values[name] = value

    def copy(self) -> "Variables":
        """Give a copy that counts together with this one."""
        return Variables(self._values, self._left)

    def empty(self) -> "Variables":
        """Give an empty one that counts together with this one."""
        return Variables({}, self._left)


class Word(NamedTuple):
    """A word without its quotes. `whole`: all of it is an expansion that nobody can tell."""

    text: str
    span: Span
    whole: bool


class Command(NamedTuple):
    """A simple command. `into` are the programs that its output goes through, `via` the wrapper that starts it."""

    program: str
    words: list[Word]
    span: Span
    env: list[tuple[str, Word]]
    into: list[str]
    redirects: list[Word]
    via: str = ""
    inside: bool = False
    """It stands within a substitution or a text that a shell is given."""


class Shell:
    """Splits texts into commands. `known` are variables whose value can be told."""

    def __init__(self, known: Variables, budget: Budget) -> None:
        self._known = known
        self._budget = budget
        self.commands: list[Command] = []

    def split(self, text: str, start: int, end: int, pin: Span | None = None) -> list[Command]:
        """Give the commands of a part of a text, and of all parts before. With `pin`, all of them stand there: the text is
        not that of the file."""
        pending = [_Piece(text, start, end, pin, 0)]
        while pending and len(self.commands) < MOST_COMMANDS:
            piece = pending.pop()
            reader = _Reader(piece.text, piece.start, piece.end, self._known, self._budget)
            for pipeline in reader.pipelines():
                self._add(pipeline, piece)
            if piece.depth < _DEEPEST:
                deeper = piece.depth + 1
                pending.extend(_Piece(piece.text, a, b, piece.pin, deeper) for a, b in reader.nested)
                pending.extend(
                    _Piece(word.text, 0, len(word.text), piece.pin or word.span, deeper) for word in reader.scripts
                )
        self.commands.sort(key=lambda one: one.span)
        return self.commands

    def _add(self, pipeline: list["_Simple"], piece: "_Piece") -> None:
        pin = piece.pin
        unwrapped = [_unwrapped(one) for one in pipeline]
        for at, (simple, layers) in enumerate(zip(pipeline, unwrapped, strict=True)):
            into = [layer[-1][0] for layer in unwrapped[at + 1 : at + 1 + _LONGEST_PIPE] if layer]
            env = [(name, _pinned(value, pin)) for name, value in simple.env]
            redirects = [_pinned(word, pin) for word in simple.redirects]
            for via, (program, words, span) in zip(["", *(layer[0] for layer in layers)], layers, strict=False):
                said = [_pinned(word, pin) for word in words]
                self.commands.append(Command(program, said, pin or span, env, into, redirects, via, piece.depth > 0))


class _Piece(NamedTuple):
    """A text to split, and how deep it stands within others."""

    text: str
    start: int
    end: int
    pin: Span | None
    depth: int


class _Simple(NamedTuple):
    words: list[Word]
    env: list[tuple[str, Word]]
    redirects: list[Word]


_Layer = tuple[str, list[Word], Span]


def _pinned(word: Word, pin: Span | None) -> Word:
    return word if pin is None else Word(word.text, pin, word.whole)


def _unwrapped(simple: _Simple) -> list[_Layer]:
    """Give the command, and those that it starts in turn: `sudo env A=b curl …` is sudo, env and curl."""
    layers: list[_Layer] = []
    words = simple.words
    while words and len(layers) < _DEEPEST:
        program = words[0].text.rpartition("/")[2].rpartition("\\")[2] or words[0].text
        layers.append((program, words[1:], (words[0].span[0], words[-1].span[1])))
        if program not in _WRAPPERS:
            break
        words = _after(program, words[1:])
    return layers


def _after(program: str, words: list[Word]) -> list[Word]:
    """Give the words after a wrapper's own."""
    at, own = 0, _OPERANDS.get(program, 0)
    while at < len(words):
        text = words[at].text
        if text.startswith("-") and len(text) > 1:
            at += 2 if text in _WITH_VALUE.get(program, ()) else 1
            if text == "--":
                break
        elif program in ("env", "sudo") and _ASSIGN.match(text):
            at += 1
        elif own:
            own -= 1
            at += 1
        else:
            break
    return words[at:]


class _Reader:
    """Reads one text. `nested` are spans of substitutions, `scripts` texts that a shell is given."""

    def __init__(self, text: str, start: int, end: int, known: Variables, budget: Budget) -> None:
        self._text = text
        self._at = start
        self._end = end
        self._known = known
        self._budget = budget
        self.nested: list[Span] = []
        self.scripts: list[Word] = []

    def pipelines(self) -> list[list[_Simple]]:
        """Give the pipelines in order."""
        found: list[list[_Simple]] = []
        pipeline: list[_Simple] = []
        simple = _Simple([], [], [])
        text = self._text
        steps = 0

        def close(*, whole: bool) -> None:
            nonlocal pipeline, simple
            if simple.words or simple.env:
                pipeline.append(simple)
                self._script_of(simple)
                simple = _Simple([], [], [])
            if whole and pipeline:
                found.append(pipeline)
                pipeline = []

        while self._at < self._end:
            steps += 1
            if not steps & 0x3FF:
                self._budget.check()
            blank = _BLANK.match(text, self._at, self._end)
            if blank:
                self._at = blank.end()
                continue
            char = text[self._at]
            if char in "\n;" or text.startswith("&&", self._at) or text.startswith("||", self._at):
                self._at += 1 if char in "\n;" else 2
                close(whole=True)
            elif char == "|":
                self._at += 2 if text.startswith("|&", self._at) else 1
                close(whole=False)
            elif char == "#":
                line = text.find("\n", self._at, self._end)
                self._at = self._end if line < 0 else line
            elif redirect := _REDIRECT.match(text, self._at, self._end):
                self._redirected(redirect, simple)
            elif char == "&" or char in "()":
                self._at += 1
                close(whole=True)
            else:
                self._worded(self._word(), simple)
        close(whole=True)
        return found

    def _redirected(self, redirect: re.Match[str], simple: _Simple) -> None:
        text = self._text
        if text.startswith("(", redirect.end()) and redirect[0] in ("<", ">"):
            start = redirect.start()
            self._at = self._closing(redirect.end() + 1)
            simple.words.append(Word(text[start : self._at].replace("\0", ""), (start, self._at), whole=False))
            return
        self._at = redirect.end()
        blank = _BLANK.match(text, self._at, self._end)
        self._at = blank.end() if blank else self._at
        if self._at < self._end and text[self._at] not in "\n;&|<>()":
            target = self._word()
            if ">" in redirect[0] and not redirect[0].endswith("&"):
                simple.redirects.append(target)

    @staticmethod
    def _worded(word: Word, simple: _Simple) -> None:
        if simple.words:
            simple.words.append(word)
        elif _ASSIGN.match(word.text):
            name, _, value = word.text.partition("=")
            simple.env.append((name.rstrip("+"), Word(value, word.span, word.whole)))
        elif word.text not in _KEYWORDS:
            simple.words.append(word)

    def _script_of(self, simple: _Simple) -> None:
        """Note the text that `sh -c` is given."""
        for program, words, _ in _unwrapped(simple):
            if program not in _SHELLS:
                continue
            flags = [at for at, word in enumerate(words) if re.fullmatch(r"-[a-z]*c[a-z]*", word.text)]
            if flags and flags[0] + 1 < len(words):
                said = words[flags[0] + 1]
                if not said.whole:
                    self.scripts.append(said)

    def _word(self) -> Word:
        text, start = self._text, self._at
        pieces: list[str] = []
        expanded = plain = False
        while self._at < self._end:
            found = _PLAIN.match(text, self._at, self._end)
            if found:
                pieces.append(found[0])
                plain = True
                self._at = found.end()
                continue
            char = text[self._at]
            if char == "\0":
                self._at += 1
            elif char == "#" and self._at > start:
                pieces.append(char)
                self._at += 1
            elif char == "'":
                close = text.find("'", self._at + 1, self._end)
                close = self._end if close < 0 else close
                pieces.append(text[self._at + 1 : close].replace("\0", ""))
                plain = True
                self._at = close + 1
            elif char == "\\":
                pieces.append(text[self._at + 1 : self._at + 2])
                plain = True
                self._at += 2
            elif char == '"':
                plain |= self._quoted(pieces)
                expanded = expanded or not plain
            elif char in "$`":
                known = self._expansion(pieces)
                plain, expanded = plain or known, expanded or not known
            else:
                break
        self._at = min(max(self._at, start + 1), self._end)
        return Word("".join(pieces), (start, self._at), expanded and not plain)

    def _quoted(self, pieces: list[str]) -> bool:
        """Read text in double quotes; tells whether any of it is plain."""
        text = self._text
        self._at += 1
        plain = self._at < self._end and text[self._at] == '"'
        while self._at < self._end and text[self._at] != '"':
            char = text[self._at]
            if char == "\\" and self._at + 1 < self._end:
                after = text[self._at + 1]
                pieces.append(after if after in '$`"\\' else char + after)
                plain = True
                self._at += 2
            elif char in "$`":
                plain |= self._expansion(pieces)
            else:
                # A backslash that ends the text is itself; so the search starts behind this character.
                stop = _next(text, self._at + 1, self._end)
                pieces.append(text[self._at : stop].replace("\0", ""))
                plain = True
                self._at = stop
        self._at += 1
        return plain

    def _expansion(self, pieces: list[str]) -> bool:
        """Read what starts with `$` or a backquote; tells whether its value is known."""
        text, start = self._text, self._at
        if text.startswith("$(", start):
            self._at = self._closing(start + 2)
        elif text[start] == "`":
            close = text.find("`", start + 1, self._end)
            self._at = self._end if close < 0 else close + 1
            self.nested.append((start + 1, self._at - 1))
        else:
            found = _VARIABLE.match(text, start, self._end)
            if found:
                self._at = found.end()
                value = value_of(found, self._known)
                pieces.append(found[0] if value is None else value)
                return value is not None
            if text.startswith("${", start):
                close = text.find("}", start, self._end)
                self._at = self._end if close < 0 else close + 1
            else:
                self._at = start + 1
                pieces.append("$")
                return True
        pieces.append(text[start : self._at].replace("\0", ""))
        return False

    def _closing(self, start: int) -> int:
        """Find the end of a substitution that opened before `start`, and note it."""
        text, depth, at = self._text, 1, start
        while at < self._end:
            char = text[at]
            if char == "\\":
                at += 1
            elif char == "'":
                close = text.find("'", at + 1, self._end)
                at = self._end if close < 0 else close
            elif char == "(":
                depth += 1
            elif char == ")":
                depth -= 1
                if not depth:
                    break
            at += 1
        self.nested.append((start, min(at, self._end)))
        return min(at + 1, self._end)


_STOP = re.compile(r'["\\$`]')


def _next(text: str, start: int, end: int) -> int:
    found = _STOP.search(text, start, end)
    return found.start() if found else end


def value_of(found: re.Match[str], known: Variables) -> str | None:
    """Give the value of a variable that `$NAME` or `${NAME:-default}` names, or None where nobody can tell."""
    name = found[1] or found[4]
    value = known.get(name)
    operator, other = found[2] or "", found[3] or ""
    if operator in ("-", ":-", "=", ":="):
        return other if value is None or (operator[0] == ":" and not value) else value
    if operator in ("+", ":+"):
        return other if value else None
    return value


def expanded(text: str, known: Variables) -> tuple[str, bool]:
    """Put known variables into a text; tells too whether none is left that is not known."""
    if "$" not in text:
        return text, True
    sure = True

    def put(found: re.Match[str]) -> str:
        nonlocal sure
        value = value_of(found, known)
        if value is None:
            sure = False
            return found[0]
        return value

    return _VARIABLE.sub(put, text), sure


def command_node(command: Command, text: str) -> Node:
    """Give what rules ask of a command; `text` is that in which it stands."""
    body = Node.mapping(command.span)
    body.put("text", command.span, Node.scalar(_said(command.span, text), command.span))
    _list(body, "words", command.words, command.span)
    options, operands = Node.mapping(command.span), []
    last: tuple[str, Word] | None = None
    for word in command.words:
        if word.text.startswith("-") and len(word.text) > 1:
            name, equals, value = word.text.partition("=")
            last = None if equals else (name, word)
            node = Node.scalar(value if equals else True, word.span)
            options.put(name, word.span, node)
            if not name.startswith("--") and 2 < len(name) <= _LONGEST_BUNDLE:
                for letter in name[1:]:
                    options.put(f"-{letter}", word.span, node)
        else:
            operands.append(word)
            if last is not None:
                options.put(last[0], last[1].span, _word_node(word))
                last = None
    body.put("options", command.span, options)
    _list(body, "operands", operands, command.span)
    if operands:
        body.put("verb", operands[0].span, _word_node(operands[0]))
    into = Node.sequence(command.span)
    into.values = [Node.scalar(name, command.span) for name in command.into]
    body.put("into", command.span, into)
    _list(body, "redirects", command.redirects, command.span)
    env = Node.mapping(command.span)
    for name, word in command.env:
        env.put(name, word.span, _word_node(word))
    body.put("env", command.span, env)
    body.put("via", command.span, Node.scalar(command.via or None, command.span))
    body.put("inside", command.span, Node.scalar(command.inside, command.span))
    return body


def _said(span: Span, text: str) -> str:
    return " ".join(text[span[0] : min(span[1], span[0] + _LONGEST_TEXT)].replace("\0", "").split())


def _list(body: Node, key: str, words: list[Word], span: Span) -> None:
    node = Node(Kind.LIST, span)
    node.values = [_word_node(word) for word in words]
    body.put(key, span, node)


def _word_node(word: Word) -> Node:
    return Node.unknown(word.text, word.span) if word.whole else Node.scalar(word.text, word.span)
