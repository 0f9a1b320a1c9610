"""Reads a shell text into its commands, as the grammar of POSIX (IEEE 1003.1, chapter 2) and bash say.

One walk over the text; nested substitutions are read where they stand, down to 40 levels. A text that is no shell text
is read as far as it goes, and says where it broke: a shell, too, runs the lines before a mistake.
"""

import re

from clearance.scan.commands.syntax import (
    Assignment,
    Command,
    Compound,
    Literal,
    Part,
    Pipeline,
    Redirect,
    Script,
    Simple,
    Word,
)
from clearance.scan.commands.word_reader import (
    ENDS_WORD,
    PLAIN,
    Awaited,
    Mistake,
    TooDeep,
    WordReader,
    plain_text,
    unescaped,
)

__all__ = ["Mistake", "Reader", "TooDeep", "unescaped"]

_BLANKS = " \t"
_ASSIGNS = re.compile(r"([A-Za-z_]\w*)(?:\[[^\]\n]*\])?(\+?)=", re.ASCII)
_SIGN = re.compile(r"(\d{1,4}|\{\w+\})?(<<<|<<-|<<|<>|<&|&>>|&>|>>|>\||>&|<(?!\()|>(?!\())", re.ASCII)
_SEPARATORS = ("&&", "||", ";;&", ";;", ";&", ";", "&", "\n")
_OPENS = frozenset({"if", "while", "until", "for", "select", "case", "{", "function"})
_GOES_ON = frozenset({"then", "do", "else", "elif", "!", "time", "coproc"})
_CLOSES = frozenset({"fi", "done", "esac", "}"})
_DECLARES = frozenset({"export", "local", "readonly", "declare", "typeset"})


class Reader(WordReader):
    """One walk over one text. `mistakes` are known after `script`."""

    def script(self) -> Script:
        """Read the whole text.

        Raises:
            TooDeep: it nests more than 40 levels.
            OutOfTime: the budget is spent.
        """
        pipelines: list[Pipeline] = []
        while True:
            pipelines.extend(self._list("").pipelines)
            if self._at >= len(self._text):
                break
            self._mistake(f"`{self._text[self._at]}` closes nothing")
            self._at += 1
        if self._awaited:
            self._mistake("a here-document has no text")
        return Script(tuple(pipelines))

    def _list(self, closing: str) -> Script:
        """Read pipelines until `closing` (`)`, `` ` ``, a reserved word such as `fi`), which is taken; empty: to the end."""
        pipelines: list[Pipeline] = []
        commands: list[Command] = []
        text = self._text
        while True:
            self._tick()
            self._blanks()
            if self._at >= len(text):
                if closing:
                    self._mistake(f"`{closing}` is missing")
                break
            letter = text[self._at]
            if letter == ")":
                if closing == ")":
                    self._at += 1
                elif closing:
                    self._mistake(f"`{closing}` is missing")
                break
            if separator := self._separator():
                self._end(pipelines, commands, separator)
                continue
            if letter == "|":
                self._at += 2 if text.startswith("|&", self._at) else 1
                self._blanks(lines=True)
                if not commands:
                    self._mistake("`|` has nothing before it")
                continue
            word = self._reserved()
            if word in _CLOSES:
                if word != closing:
                    self._mistake(f"`{word}` closes nothing")
                self._at += len(word)
                if word == closing:
                    break
                continue
            if word in _GOES_ON:
                self._at += len(word)
                if word == "time":
                    self._blanks()
                    self._reads("-p")
                continue
            commands.append(self._command(word))
        if commands:
            pipelines.append(Pipeline(tuple(commands), ""))
        return Script(tuple(pipelines))

    def _separator(self) -> str:
        """Give the sign here that ends a command, or nothing."""
        found = next((sign for sign in _SEPARATORS if self._text.startswith(sign, self._at)), "")
        return "" if found == "&" and self._text.startswith("&>", self._at) else found

    def _end(self, pipelines: list[Pipeline], commands: list[Command], separator: str) -> None:
        self._at += len(separator)
        if separator == "\n" and self._awaited:
            self._documents()
        if commands:
            pipelines.append(Pipeline(tuple(commands), separator))
            commands.clear()

    def _blanks(self, *, lines: bool = False) -> None:
        text = self._text
        while self._at < len(text):
            letter = text[self._at]
            if letter in _BLANKS or letter == "\r":
                self._at += 1
            elif lines and letter == "\n":
                self._at += 1
                if self._awaited:
                    self._documents()
            elif letter == "\\" and text.startswith("\n", self._at + 1):
                self._at += 2
            elif letter == "#":
                end = text.find("\n", self._at)
                self._at = len(text) if end < 0 else end
            else:
                break

    def _reserved(self) -> str:
        """Give the reserved word that stands here, where it is a word of its own."""
        found = PLAIN.match(self._text, self._at)
        word = found[0] if found else ""
        if word not in _OPENS and word not in _GOES_ON and word not in _CLOSES:
            return ""
        after = self._text[self._at + len(word) : self._at + len(word) + 1]
        return word if not after or after in ENDS_WORD or after == "\r" else ""

    def _command(self, word: str) -> Command:
        text = self._text
        start = self._at
        if text.startswith("((", start):
            inside = self._arithmetic(start + 2)
            if inside is not None:
                return self._compound("((", "", (inside,), Script(()), start)
        if text[start] == "(":
            self._at += 1
            return self._nested("(", "", (), ")", start)
        if word in _OPENS:
            self._at += len(word)
            match word:
                case "{":
                    return self._nested("{", "", (), "}", start)
                case "if":
                    return self._nested("if", "", (), "fi", start)
                case "while" | "until":
                    return self._nested(word, "", (), "done", start)
                case "for" | "select":
                    return self._loop(word, start)
                case "case":
                    return self._case(start)
                case _:
                    return self._function(start)
        return self._simple()

    def _nested(self, kind: str, name: str, words: tuple[Word, ...], closing: str, start: int) -> Compound:
        self._deeper()
        body = self._list(closing)
        self._depth -= 1
        return self._compound(kind, name, words, body, start)

    def _compound(self, kind: str, name: str, words: tuple[Word, ...], body: Script, start: int) -> Compound:
        redirects: list[Redirect] = []
        self._blanks()
        while self._redirect(redirects):
            self._blanks()
        return Compound(kind, name, words, body, redirects, *self._span(start))

    def _loop(self, kind: str, start: int) -> Compound:
        self._blanks()
        if self._text.startswith("((", self._at):
            inside = self._arithmetic(self._at + 2)
            return self._nested(kind, "", (inside,) if inside else (), "done", start)
        name = self._word()
        self._blanks(lines=True)
        words: list[Word] = []
        if self._reads("in"):
            while True:
                self._blanks()
                if self._at >= len(self._text) or self._text[self._at] in ";\n&|()":
                    break
                before = self._at
                words.append(self._word())
                if self._at == before:
                    self._at += 1
        return self._nested(kind, plain_text(name), tuple(words), "done", start)

    def _reads(self, word: str) -> bool:
        found = PLAIN.match(self._text, self._at)
        if found and found[0] == word:
            self._at += len(word)
            return True
        return False

    def _case(self, start: int) -> Compound:
        self._blanks()
        subject = self._word()
        self._blanks(lines=True)
        if not self._reads("in"):
            self._mistake("`case` without `in`")
        self._deeper()
        pipelines: list[Pipeline] = []
        while True:
            self._tick()
            self._blanks(lines=True)
            if self._at >= len(self._text):
                self._mistake("`esac` is missing")
                break
            if self._reads("esac"):
                break
            if not self._pattern():
                self._mistake("`esac` is missing")
                break
            closed = self._branch(pipelines)
            if closed:
                break
        self._depth -= 1
        return self._compound("case", "", (subject,), Script(tuple(pipelines)), start)

    def _pattern(self) -> bool:
        """Step over the patterns of a branch and their `)`."""
        text = self._text
        if text.startswith("(", self._at):
            self._at += 1
        while self._at < len(text):
            self._tick()
            self._blanks()
            letter = text[self._at : self._at + 1]
            if letter == ")":
                self._at += 1
                return True
            if letter in {"", ";", "\n", "&", "<", ">"}:
                return False
            if letter in "|(":
                self._at += 1
                continue
            self._word()
        return False

    def _branch(self, pipelines: list[Pipeline]) -> bool:
        """Read the commands of a branch up to `;;`; True where `esac` came."""
        commands: list[Command] = []
        text = self._text
        while True:
            self._tick()
            self._blanks()
            if self._at >= len(text):
                self._mistake("`esac` is missing")
                break
            if separator := self._separator():
                self._end(pipelines, commands, separator)
                if separator in {";;", ";&", ";;&"}:
                    return False
                continue
            if text[self._at] == "|":
                self._at += 1
                continue
            if text[self._at] == ")":
                self._mistake("`)` closes nothing")
                self._at += 1
                continue
            word = self._reserved()
            if word == "esac":
                self._at += 4
                break
            if word in _GOES_ON or word in _CLOSES:
                self._at += len(word)
                continue
            commands.append(self._command(word))
        if commands:
            pipelines.append(Pipeline(tuple(commands), ""))
        return True

    def _function(self, start: int) -> Compound:
        self._blanks()
        name = plain_text(self._word())
        self._blanks()
        if self._text.startswith("(", self._at):
            closing = self._text.find(")", self._at)
            self._at = closing + 1 if closing >= 0 else len(self._text)
        return self._function_body(name, start)

    def _function_body(self, name: str, start: int) -> Compound:
        self._blanks(lines=True)
        if self._at >= len(self._text):
            self._mistake("a function without a body")
            return self._compound("function", name, (), Script(()), start)
        self._deeper()
        body = self._command(self._reserved())
        self._depth -= 1
        return Compound("function", name, (), Script((Pipeline((body,), ""),)), [], *self._span(start))

    def _simple(self) -> Command:
        text = self._text
        start = self._at
        assigned: list[Assignment] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        while True:
            self._tick()
            self._blanks()
            if self._at >= len(text):
                break
            letter = text[self._at]
            if self._redirect(redirects):
                continue
            if letter in "<>" and text.startswith("(", self._at + 1):
                words.append(self._word())
                continue
            if letter in ";&|\n)":
                break
            if letter == "(":
                if len(words) == 1 and not assigned and (function := self._defined(words[0], start)):
                    return function
                self._mistake("`(` stands where no group can begin")
                break
            found = _ASSIGNS.match(text, self._at)
            if found and (not words or plain_text(words[0]) in _DECLARES):
                self._at = found.end()
                value = self._array() if text.startswith("(", self._at) else self._word()
                assigned.append(Assignment(found[1], value, bool(found[2])))
                continue
            words.append(self._word())
            if len(words) == 1 and plain_text(words[0]) == "[[":
                self._conditions(words)
        if self._at == start:
            self._at += 1
        return Simple(tuple(assigned), tuple(words), redirects, *self._span(start))

    def _conditions(self, words: list[Word]) -> None:
        """Read the words of `[[ … ]]`, in which signs are comparisons."""
        text = self._text
        while self._at < len(text):
            self._tick()
            self._blanks(lines=True)
            if self._at >= len(text):
                break
            letter = text[self._at]
            if letter in "<>&|();" and not text.startswith(("<(", ">("), self._at):
                self._at += 1
                continue
            before = self._at
            words.append(self._word())
            if plain_text(words[-1]) == "]]":
                return
            if self._at == before:
                self._at += 1
        self._mistake("`]]` is missing")

    def _defined(self, name: Word, start: int) -> Compound | None:
        """Read a function where `name ()` stands."""
        closing = self._at + 1
        while closing < len(self._text) and self._text[closing] in _BLANKS:
            closing += 1
        if not self._text.startswith(")", closing):
            return None
        self._at = closing + 1
        return self._function_body(plain_text(name), start)

    def _redirect(self, redirects: list[Redirect]) -> bool:
        found = _SIGN.match(self._text, self._at)
        if found is None:
            return False
        sign = found[2]
        self._at = found.end()
        self._blanks()
        target = self._word()
        if not target.parts:
            self._mistake(f"`{sign}` names no file")
        redirects.append(Redirect(sign, found[1] or "", target))
        if sign in {"<<", "<<-"}:
            literal = any(isinstance(part, Literal) and part.quoted for part in target.parts)
            raw = plain_text(target)
            self._awaited.append(Awaited(redirects, len(redirects) - 1, raw, literal, sign == "<<-"))
        return True

    def _documents(self) -> None:
        """Read the here-documents that begin on this line."""
        awaited, self._awaited = self._awaited, []
        for one in awaited:
            start = self._at
            lines, ended = self._document_lines(one)
            if not ended:
                self._mistake(f"the here-document does not end: no line `{one.mark[:40]}`")
            body = "".join(lines)
            if one.literal:
                word = Word((Literal(body, quoted=True),) if body else (), *self._span(start))
            else:
                word = self._body(body, start)
            old = one.redirects[one.number]
            one.redirects[one.number] = old._replace(body=word)

    def _document_lines(self, one: Awaited) -> tuple[list[str], bool]:
        lines: list[str] = []
        text = self._text
        while self._at < len(text):
            self._tick()
            end = text.find("\n", self._at)
            after = len(text) if end < 0 else end + 1
            line = text[self._at : after]
            bare = line.lstrip("\t") if one.dedents else line
            self._at = after
            if bare.rstrip("\r\n") == one.mark:
                return lines, True
            # A substitution may close behind the mark: `$(cat <<EOF … EOF)`.
            if one.mark and bare.startswith(one.mark) and bare[len(one.mark) :].lstrip().startswith(")"):
                self._at = after - len(bare) + len(one.mark)
                return lines, True
            lines.append(bare)
        return lines, False

    def _body(self, body: str, start: int) -> Word:
        """Read the expansions in the text of a here-document."""
        inner = self._inner(body, start)
        parts: list[Part] = []
        inner._pieces(parts)  # noqa: SLF001 -- another reader like this one
        return Word(tuple(parts), *self._span(start))
