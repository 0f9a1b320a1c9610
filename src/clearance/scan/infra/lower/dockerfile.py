"""Dockerfiles and Containerfiles: stages, instructions, and the commands that they run.

Sources: the Dockerfile reference (format, parser directives, escape, variables, heredocs, flags, shell and exec form).
"""

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property
from typing import Final, NamedTuple

from clearance.scan.family import Budget
from clearance.scan.infra.lower.image_name import put_image
from clearance.scan.infra.lower.shell import MOST_COMMANDS, Shell, Variables, command_node, expanded
from clearance.scan.infra.node import Document, Node, NotThis, Opaque, Span, Unit

INSTRUCTIONS: Final = frozenset({
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD",
    "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
})  # fmt: skip
_MOST_OPAQUE: Final = 50
_MOST_STAGES: Final = 500
"""Each may take over what an earlier one holds."""
_DIRECTIVE = re.compile(r"#[ \t]*([A-Za-z]+)[ \t]*=[ \t]*(\S[^\r\n]*?)[ \t]*\r?(?:\n|\Z)")
_WORD = re.compile(r"[ \t\r\0\n]*([A-Za-z]+)(?=[\s\0]|$)")
_FLAG = re.compile(r"[ \t\r\n\0]*(--([A-Za-z][\w-]*)(?:=((?:\"[^\"\n]*\"|[^\s\0\"])*))?)(?=[\s\0]|$)")
_HEREDOC = re.compile(r"<<(-?)(?:\"([A-Za-z_]\w*)\"|'([A-Za-z_]\w*)'|([A-Za-z_]\w*))")
_WITH_HEREDOC = re.compile(r"[\s\0]*(?:ONBUILD\s+)?(?:RUN|COPY|ADD)\b", re.IGNORECASE)
_LONGEST_MARK: Final = 200
_TOKEN = re.compile(r"(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|\\.|[^\s\"'\\])+|[\"'\\]", re.DOTALL)
_SHEBANG = re.compile(r"#![ \t]*(?:\S*/)?(?:env[ \t]+)?(sh|bash|ash|dash|zsh)\b")
_SCRIPT = re.compile(r"(?:(?:/bin/|/usr/bin/)?(?:ba|da|a|z)?sh(?:[ \t]+-\w+)*[ \t]+)?<<-?[\"']?\w+[\"']?[\s\0]*$")
"""A command whose heredoc is what a shell runs."""
_SPACE: Final = " \t\r\n\0"


class _Statement(NamedTuple):
    """An instruction as it stands: its name, the span of its arguments, its logical text (see `shell.py`), heredocs."""

    name: str
    head: Span
    start: int
    end: int
    text: str
    heredocs: list[Span]
    """Spans of what stands in them."""
    onbuild: bool = False


def lower(text: str, budget: Budget) -> Document:
    """Give the file, its stages, their instructions and commands.

    Raises:
        NotThis: no instruction, or the first one is none.
        OutOfTime: the budget is spent.
    """
    return _Lowering(text, budget).document()


class _Stage:
    """A stage while its instructions are read."""

    def __init__(self, unit: Unit, known: Variables, user: Node | None) -> None:
        self.unit = unit
        self.known = known
        self.user = user
        self.lists: dict[str, Node] = {}


class _Lowering:
    def __init__(self, text: str, budget: Budget) -> None:
        self._text = text
        self._budget = budget
        self._units: list[Unit] = []
        self._opaque: list[Opaque] = []
        self._globals = Variables()
        self._stages: list[_Stage] = []
        self._named: dict[str, _Stage] = {}
        self._commands = 0
        self._file = Unit("docker.file", "", "", (0, 0), Node.mapping((0, len(text))))

    def document(self) -> Document:
        """Lower all of it."""
        self._units.append(self._file)
        known = 0
        lines = _Lines(self._text, self._file.body, self._budget)
        for statement in lines.statements():
            if statement.name not in INSTRUCTIONS:
                if not known:
                    line = self._text.count("\n", 0, statement.head[0]) + 1
                    raise NotThis(
                        f"line {line}: no instruction {statement.name[:40] or self._text[statement.head[0] :][:40]!r}"
                    )
                self._not_understood(statement.head, "no instruction of a Dockerfile")
                continue
            known += 1
            self._instruction(statement)
        if not known:
            raise NotThis("line 1: no instruction")
        if self._stages:
            last = self._stages[-1].unit.body
            last.put("final", last.span, Node.scalar(value=True, span=last.span))
        self._finish()
        self._opaque.extend(lines.opaque[:_MOST_OPAQUE])
        return Document(self._units, self._opaque)

    def _not_understood(self, span: Span, why: str) -> None:
        if len(self._opaque) < _MOST_OPAQUE:
            self._opaque.append(Opaque(span, why))

    def _finish(self) -> None:
        """Tell of each stage the user in effect; a stage that starts from another one starts as its user."""
        for stage in self._stages:
            body = stage.unit.body
            if "final" not in body.items:
                body.put("final", body.span, Node.scalar(value=False, span=body.span))
            if stage.user is not None:
                body.put("user", stage.user.span, stage.user)

    # Instructions

    def _instruction(self, one: _Statement) -> None:
        if one.name == "FROM":
            self._from(one)
            return
        if one.name == "ONBUILD":
            inner = _WORD.match(one.text, one.start, one.end)
            if inner and inner[1].upper() in INSTRUCTIONS - {"FROM", "ONBUILD", "MAINTAINER"}:
                self._instruction(one._replace(name=inner[1].upper(), start=inner.end(), onbuild=True))
            else:
                self._not_understood(one.head, "ONBUILD without an instruction")
            return
        stage = self._stages[-1] if self._stages else None
        body = Node.mapping((one.start, one.end))
        unit = Unit("docker.instruction", one.name, "", one.head, body, stage.unit if stage else self._file)
        start = self._flags(one, body)
        known = stage.known if stage else self._globals
        said = one.text[start : one.end]
        body.put("args", (start, one.end), Node.scalar(" ".join(said.replace("\0", "").split()), (start, one.end)))
        body.put("onbuild", one.head, Node.scalar(one.onbuild, one.head))
        words = self._exec_form(one, start, body)
        if words is None:
            words = [
                _node(found[0], (found.start(), found.end()), known)
                for found in _TOKEN.finditer(one.text, start, one.end)
                if found[0].strip("\0")
            ]
        listed = Node.sequence((start, one.end))
        listed.values = words
        body.put("words", (start, one.end), listed)
        self._units.append(unit)
        if stage is not None:
            kept = stage.lists.setdefault(one.name, Node.sequence(one.head))
            kept.values.append(body)
            stage.unit.body.items["instructions"].put(one.name, one.head, kept)
        self._meaning(one, unit, stage, start, words)

    def _flags(self, one: _Statement, body: Node) -> int:
        """Take the flags of an instruction; gives where its arguments start."""
        flags = Node.mapping((one.start, one.start))
        at = one.start
        while found := _FLAG.match(one.text, at, one.end):
            at = found.end()
            span = found.span(1)
            value = Node.scalar(found[3].replace("\0", "").replace('"', "") if found[3] is not None else True, span)
            known = flags.items.get(found[2])
            if known is None:
                flags.put(found[2], span, value)
            elif known.values:
                known.values.append(value)
            else:
                both = Node.sequence(known.span)
                both.values = [known, value]
                flags.put(found[2], known.span, both)
        body.put("flags", (one.start, at), flags)
        while at < one.end and one.text[at] in _SPACE:
            at += 1
        return at

    def _exec_form(self, one: _Statement, start: int, body: Node) -> list[Node] | None:
        """Read `["a", "b"]`; None for the shell form."""
        listed: list[str] | None = None
        if one.text.startswith("[", start) and one.name not in ("ENV", "LABEL", "ARG"):
            try:
                value = json.loads(one.text[start : one.end].replace("\0", ""))
            except (ValueError, RecursionError):
                value = None
            if isinstance(value, list) and all(isinstance(item, str) for item in value):
                listed = value
        body.put("json", (start, one.end), Node.scalar(listed is not None, (start, one.end)))
        return None if listed is None else [Node.scalar(item, (start, one.end)) for item in listed]

    def _meaning(self, one: _Statement, unit: Unit, stage: _Stage | None, start: int, words: list[Node]) -> None:
        """Add what this instruction means."""
        body = unit.body
        match one.name:
            case "ARG" | "ENV" | "LABEL":
                self._pairs(one, unit, stage, start)
            case "USER" if stage is not None and not one.onbuild:
                stage.user = words[0] if words else None
            case "COPY" | "ADD":
                sources = Node.sequence(body.span)
                sources.values = [word for word in words[:-1] if not word.text.startswith("<<")]
                body.put("sources", body.span, sources)
                if words:
                    body.put("target", words[-1].span, words[-1])
                self._from_stage(body)
            case "RUN" | "CMD" | "ENTRYPOINT" | "HEALTHCHECK":
                if one.name == "RUN":
                    self._mounts(body)
                self._run(one, unit, stage, start, words)
            case _:
                pass

    def _pairs(self, one: _Statement, unit: Unit, stage: _Stage | None, start: int) -> None:
        known = stage.known if stage else self._globals
        pairs = Node.mapping((start, one.end))
        for name, span, value, where in _assignments(one.text, start, one.end, legacy=one.name != "ARG"):
            if value is None:
                pairs.put(name, span, Node.scalar(None, span, ""))
                if one.name == "ARG" and known.get(name) is None:
                    known.put(name, self._globals.get(name))
                continue
            said, sure = expanded(value, known)
            pairs.put(name, span, Node.scalar(said, where) if sure else Node.unknown(said, where))
            if one.name != "LABEL":
                known.put(name, said if sure else None)
        unit.body.put("pairs", pairs.span, pairs)

    def _from_stage(self, body: Node) -> None:
        """Say whether what is copied comes from a stage of this file."""
        given = body.items["flags"].items.get("from")
        if given is None or not self._stages:
            return
        said, sure = expanded(given.text, self._stages[-1].known)
        if not sure:
            body.items["flags"].put("from", given.span, Node.unknown(said, given.span))
        stage = self._named.get(said.lower())
        known = stage is not None and stage is not self._stages[-1]
        body.put("from-stage", given.span, Node.scalar(known, given.span))

    def _mounts(self, body: Node) -> None:
        """Read `--mount=type=secret,id=x` as maps."""
        given = body.items["flags"].items.get("mount")
        mounts = Node.sequence(body.span)
        for one in (given.values or [given]) if given is not None else ():
            mount = Node.mapping(one.span)
            for piece in one.text.split(",")[:40]:
                key, equals, value = piece.partition("=")
                mount.put(key, one.span, Node.scalar(value if equals else True, one.span))
            mounts.values.append(mount)
        body.put("mounts", body.span, mounts)

    def _run(self, one: _Statement, unit: Unit, stage: _Stage | None, start: int, words: list[Node]) -> None:
        """Add the commands that an instruction runs."""
        shell = Shell(stage.known if stage else self._globals, self._budget)
        if unit.body.items["json"].value:
            said = " ".join(_requoted(word.text) for word in words)
            commands = shell.split(said, 0, len(said), (start, one.end))
        else:
            found = _WORD.match(one.text, start, one.end) if one.name == "HEALTHCHECK" else None
            commands = shell.split(one.text, found.end() if found else start, one.end)
            if one.name == "RUN" and _SCRIPT.fullmatch(one.text, start, one.end):
                for first, last in one.heredocs:
                    if not self._text.startswith("#!", first) or _SHEBANG.match(self._text, first, last):
                        commands = shell.split(self._text, first, last)
        programs = Node.sequence(unit.head)
        programs.values = [Node.scalar(command.program, command.span) for command in commands[:MOST_COMMANDS]]
        unit.body.put("programs", unit.head, programs)
        self._commands += len(commands)
        if self._commands > MOST_COMMANDS:
            self._not_understood(one.head, f"more than {MOST_COMMANDS:,} commands")
            return
        for command in commands:
            node = command_node(command, one.text)
            self._units.append(Unit("docker.command", command.program, "", command.span, node, unit))

    # Stages

    def _from(self, one: _Statement) -> None:
        body = Node.mapping((one.start, one.end))
        start = self._flags(one, body)
        words = [found for found in _TOKEN.finditer(one.text, start, one.end) if found[0].strip("\0")]
        if not words or len(self._stages) >= _MOST_STAGES:
            why = f"more than {_MOST_STAGES:,} stages" if words else "FROM without an image"
            self._not_understood(one.head, why)
            return
        span = words[0].span()
        image, sure = expanded(words[0][0].replace("\0", "").strip("\"'"), self._globals)
        alias = words[2][0] if len(words) > 2 and words[1][0].upper() == "AS" else ""
        earlier = self._named.get(image.lower()) if sure else None
        put_image(body, image, span, sure=sure)
        under = earlier.unit.body.items["under"] if earlier is not None else body.items["image"]
        body.put("under", span, under)
        index = len(self._stages)
        for key, value in (("index", index), ("from-stage", earlier is not None), ("scratch", image == "scratch")):
            body.put(key, span, Node.scalar(value, span))
        body.put("instructions", one.head, Node.mapping(one.head))
        unit = Unit("docker.stage", image, alias or str(index), (one.head[0], words[-1].end()), body, self._file)
        if earlier is not None:
            # The image under the earlier stage is what this one stands on, too.
            body.put("instructions", one.head, _copied(earlier.unit.body.items["instructions"]))
        known = earlier.known.copy() if earlier is not None else self._globals.empty()
        stage = _Stage(unit, known, earlier.user if earlier is not None else None)
        if earlier is not None:
            stage.lists = dict(body.items["instructions"].items)
        self._stages.append(stage)
        self._units.append(unit)
        self._named[str(index)] = stage
        if alias:
            body.put("repeated", span, Node.scalar(alias.lower() in self._named, span))
            self._named[alias.lower()] = stage


def _copied(instructions: Node) -> Node:
    copy = Node.mapping(instructions.span)
    for name, listed in instructions.items.items():
        again = Node.sequence(listed.span)
        again.values = list(listed.values)
        copy.put(name, instructions.key_spans[name], again)
    return copy


def _node(text: str, span: Span, known: Variables) -> Node:
    text, sure = expanded(text.replace("\0", ""), known)
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    return Node.scalar(text, span) if sure else Node.unknown(text, span)


def _requoted(word: str) -> str:
    return word if re.fullmatch(r"[\w./:=@,+%-]+", word) else "'" + word.replace("'", "'\\''") + "'"


def _assignments(text: str, start: int, end: int, *, legacy: bool) -> Iterator[tuple[str, Span, str | None, Span]]:
    """Give name and value of `A=b C="d e"`, of `ENV A b c`, and of `ARG A`."""
    tokens = list(_TOKEN.finditer(text, start, end))
    tokens = [token for token in tokens if token[0].strip("\0")]
    if tokens and legacy and "=" not in tokens[0][0]:
        name = tokens[0][0].replace("\0", "")
        if len(tokens) > 1:
            where = (tokens[1].start(), tokens[-1].end())
            yield name, tokens[0].span(), _unquoted(text[where[0] : where[1]]), where
        return
    for token in tokens:
        name, equals, value = token[0].replace("\0", "").partition("=")
        at = token.start() + token[0].find("=") + 1
        yield (
            _unquoted(name),
            token.span(),
            _unquoted(value) if equals else None,
            (at if equals else token.start(), token.end()),
        )


def _unquoted(text: str) -> str:
    text = text.replace("\0", "").strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    return text.replace('"', "") if '"' in text else text


def _directives(text: str, file: Node) -> tuple[int, str]:
    """Read `# syntax=…` and `# escape=…`, which stand before anything else; gives where they end, and the escape."""
    at, escape = 0, "\\"
    known = Node.mapping((0, 0))
    while found := _DIRECTIVE.match(text, at):
        name = found[1].lower()
        if name not in ("syntax", "escape", "check") or name in known.items:
            break
        known.put(name, found.span(1), Node.scalar(found[2], found.span(2)))
        escape = "`" if name == "escape" and found[2] == "`" else escape
        at = found.end()
    file.put("directives", (0, at), known)
    return at, escape


class _Lines:
    """Cuts a file into instructions, and makes its logical text: what joins lines becomes `\\0`, so that offsets stay."""

    def __init__(self, text: str, file: Node, budget: Budget) -> None:
        self._text = text
        self._budget = budget
        self._at, self._escape = _directives(text, file)
        self._pieces = [text[: self._at]]
        self._spans: list[tuple[int, int, list[Span]]] = []
        self.opaque: list[Opaque] = []

    def statements(self) -> Iterator[_Statement]:
        """Give the instructions in order."""
        count = 0
        while self._at < len(self._text):
            count += 1
            if not count & 0xFF:
                self._budget.check()
            end = self._line_end(self._at)
            bare = self._text[self._at : end].strip()
            if not bare or bare.startswith("#"):
                self._keep(end + 1)
            else:
                self._joined()
        logical = "".join(self._pieces)
        for start, end, heredocs in self._spans:
            found = _WORD.match(logical, start, end)
            name = found[1].upper() if found else ""
            head = (found.start(1) if found else start, min(self._line_end(start), end))
            head = (head[0], head[0] + len(self._text[head[0] : head[1]].rstrip(" \t\r\\`")))
            yield _Statement(name, head, found.end() if found else start, end, logical, heredocs)

    def _line_end(self, at: int) -> int:
        end = self._text.find("\n", at)
        return len(self._text) if end < 0 else end

    def _keep(self, end: int) -> None:
        self._pieces.append(self._text[self._at : end])
        self._at = end

    def _joined(self) -> None:
        """Take the lines of one instruction."""
        start, first, more = self._at, len(self._pieces), True
        stop = start
        while more and self._at < len(self._text):
            end = self._line_end(self._at)
            line = self._text[self._at : end]
            bare = line.rstrip(" \t\r")
            if self._at > start and (not bare or bare.lstrip().startswith("#")):
                # Comments and empty lines between continued lines are nothing.
                self._pieces.append("\0" * (min(end + 1, len(self._text)) - self._at))
            elif bare.endswith(self._escape):
                self._pieces.append(bare[:-1])
                self._pieces.append("\0" * (min(end + 1, len(self._text)) - self._at - len(bare) + 1))
                stop = self._at + len(bare) - 1
            else:
                self._pieces.append(self._text[self._at : end + 1])
                stop = self._at + len(bare)
                more = False
            self._at = end + 1
        self._spans.append((start, stop, self._heredocs(start, "".join(self._pieces[first:]))))

    def _heredocs(self, start: int, statement: str) -> list[Span]:
        """Take the lines of heredocs that an instruction opens."""
        found: list[Span] = []
        if "<<" not in statement or not _WITH_HEREDOC.match(statement):
            return found
        for opened in _HEREDOC.finditer(statement):
            name = opened[2] or opened[3] or opened[4]
            close = self._closing(name, tabs=bool(opened[1]))
            if close is None:
                self.opaque.append(Opaque((start + opened.start(), start + opened.end()), "the heredoc does not end"))
                break
            found.append((self._at, close[0]))
            self._keep(close[1])
        return found

    @cached_property
    def _by_line(self) -> dict[str, list[int]]:
        """Offsets of short lines by their text: where a heredoc can end."""
        lines: dict[str, list[int]] = {}
        at = 0
        for line in self._text.split("\n"):
            if len(line) < _LONGEST_MARK:
                lines.setdefault(line.strip("\t\r"), []).append(at)
            at += len(line) + 1
        return lines

    def _closing(self, name: str, *, tabs: bool) -> Span | None:
        """Give the span of the line that closes a heredoc."""
        places = self._by_line.get(name, [])
        for at in places[bisect_left(places, self._at) :]:
            if tabs or not self._text.startswith("\t", at):
                return at, self._line_end(at) + 1
        return None
