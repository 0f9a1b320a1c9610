"""Reads YAML: as pnpm and Yarn write it line by line in linear time, as people write it through a parser with bounds."""

import re
from collections.abc import Container, Iterator
from typing import NamedTuple

from clearance.scan.family import Budget, Span
from clearance.scan.packages.mention import Unparsed

_LINE = re.compile(
    r"""(?m)^(?:[ \t]*+\r?\n)*+(\ *+)(?:(?:"((?:[^"\\\n]++|\\.)*+)"|'((?:[^'\n]++|'')*+)'|(?!-\ |[\#"'\[{&*!|>%@`\s])
     ((?:[^\s:]++|:(?=[^\s])|[ \t]++(?![\s\#:]))++))
    [ \t]*+:(?:[ \t]++([^\n]*+)|\r?(?=\n|\Z))|(-(?=[\s]|\Z)[^\n]*+|\#[^\n]*+|---[^\n]*+|\.\.\.[ \t]*+|\r?)$|([^\n]*+))""",
    re.VERBOSE,
)
_PAIR = re.compile(
    r"""[ ,\t\n]*+(?:"((?:[^"\\\n]++|\\.)*+)"|'((?:[^'\n]++|'')*+)'|([^\s:,{}\[\]"'#][^\s:,{}\[\]]*+))[ \t]*+:[ \t]*+
    (?:"((?:[^"\\\n]++|\\.)*+)"|'((?:[^'\n]++|'')*+)'|([^\s,{}\[\]"'][^,{}\[\]\n]*+)|(\[[^\[\]\n]*+\]))?""",
    re.VERBOSE,
)
_QUOTED = re.compile(r""""((?:[^"\\\n]++|\\.)*+)"|'((?:[^'\n]++|'')*+)'""")
_COMMENT = re.compile(r"[ \t]++#.*+")
_MARKS = frozenset("|>{&*!\"'[")
_MOST_NESTED = 64
_LARGEST = 2 << 20
"""Characters that the general parser is given; what pnpm and Yarn write may be larger."""
_MOST_EVENTS = 400_000


class Pair(NamedTuple):
    """A key with its value: all keys that lead to it, the span of the last one, a scalar (or a list in brackets as it
    stands), and its span. The value is None for what holds pairs itself. Items of a list share their list's path."""

    path: tuple[str, ...]
    key: Span
    value: str | None
    span: Span


class _Strange(Exception):
    """A line that machines do not write; the text names it."""


def pairs(text: str, budget: Budget, expand: Container[str] | None = None, *, strict: bool = False) -> Iterator[Pair]:
    """Give all pairs of all documents in a text; of maps in braces only those of the keys in `expand`, where it is given.
    What an alias stands for is given where its anchor stands; `strict`: a machine wrote this, and aliases are a problem.

    Raises:
        Unparsed: it is no YAML, or nested beyond 64 levels, or larger than 2 MiB and not as machines write it, or it has
            aliases and is `strict`; what could be read has been given.
    """
    small = len(text) <= _LARGEST
    given: set[tuple[tuple[str, ...], Span]] = set()
    try:
        for pair in _lines(text, budget, expand):
            if small:
                given.add(pair[:2])
            yield pair
    except _Strange as error:
        if not small:
            raise Unparsed(str(error)) from None
        for pair in _parsed(text, budget, strict=strict):
            if pair[:2] not in given:
                yield pair


def _strange(text: str, at: int, what: str) -> _Strange:
    return _Strange(f"line {text.count(chr(10), 0, at) + 1}: {what}")


def _lines(text: str, budget: Budget, expand: Container[str] | None) -> Iterator[Pair]:
    path: tuple[str, ...] = ()
    indents: list[int] = []
    scalar = -1  # indent of the key whose value goes on over lines; -1 for none
    match, at, steps, last = _LINE.match, 1 if text.startswith("\ufeff") else 0, 0, len(text)
    while at <= last:
        found = match(text, at)
        if not found:
            raise _strange(text, at, "not YAML as lock files have it")
        start, stop = found.span(1)
        end = found.end()
        at = end + 1
        steps += 1
        if not steps & 0xFFF:
            budget.check()
        kind = found.lastindex or 1
        indent = stop - start
        if scalar >= 0:
            if indent > scalar or end == stop:
                continue
            scalar = -1
        if kind >= 6:
            if kind == 7 or (found[6].startswith("-") and ": " in found[6]):
                raise _strange(text, start, "not YAML as lock files have it")
            if found[6].startswith("---"):
                path, indents = (), []
            continue
        number = 4 if found[4] is not None else 3 if found[3] is not None else 2
        key = found[number]
        if number == 3:
            key = key.replace("''", "'")
        elif number == 2 and "\\" in key:
            raise _strange(text, start, "an escape")
        while indents and indents[-1] >= indent:
            indents.pop()
        if len(indents) >= _MOST_NESTED:
            raise _strange(text, start, f"nested deeper than {_MOST_NESTED} levels")
        path = (*path[: len(indents)], key)
        indents.append(indent)
        value = found[5].rstrip() if kind == 5 else ""
        first = value[:1]
        if not first or first == "#":
            yield Pair(path, found.span(number), None, (0, 0))
        elif first not in _MARKS:
            yield Pair(path, found.span(number), *_scalar(value, found.start(5)))
        else:
            scalar = indent if first in "|>" or (first in "\"'" and not _QUOTED.match(value)) else -1
            if first == "{" and expand is not None and key not in expand:
                yield Pair(path, found.span(number), None, (0, 0))
            else:
                yield from _marked(text, path, found.span(number), value, found.start(5))


def _marked(text: str, path: tuple[str, ...], key: Span, value: str, start: int) -> Iterator[Pair]:
    """Read a value that begins with a sign: a text in quotes or over lines, a map or list in brackets."""
    match value[0]:
        case "|" | ">":
            return
        case "{":
            yield from _flow(text, path, key, start, value)
        case "&" | "*" | "!":
            raise _strange(text, start, "an anchor, alias, or tag")
        case "[" if value.count("[") != value.count("]"):
            raise _strange(text, start, "a list that is not closed on its line")
        case _:
            yield Pair(path, key, *_scalar(value, start))


def _scalar(value: str, start: int) -> tuple[str, Span]:
    quoted = _QUOTED.match(value) if value[0] in "\"'" else None
    if quoted:
        kind = 1 if quoted[1] is not None else 2
        text = quoted[1] if kind == 1 else quoted[2].replace("''", "'")
        return text, (start + quoted.start(kind), start + quoted.end(kind))
    if "#" in value:
        value = _COMMENT.sub("", value)
    return value, (start, start + len(value))


def _flow(text: str, path: tuple[str, ...], key: Span, start: int, value: str) -> Iterator[Pair]:
    """Read `{integrity: sha512-…, tarball: https://…}` on one line."""
    end = start + len(value)
    yield Pair(path, key, None, (0, 0))
    if value == "{}" or _COMMENT.sub("", value) == "{}":
        return
    close = text.rfind("}", start, end)
    at = start + 1
    while found := _PAIR.match(text, at, close if close > 0 else end):
        at = found.end()
        name = next(index for index in (1, 2, 3) if found[index] is not None)
        given = next((index for index in (4, 5, 6, 7) if found[index] is not None), 0)
        span = found.span(given) if given else (0, 0)
        inner = found[given].rstrip() if given else ""
        yield Pair((*path, found[name]), found.span(name), inner, (span[0], span[0] + len(inner)))
    if close < 0 or text[at:close].strip(" ,\t"):
        raise _Strange(f"line {text.count(chr(10), 0, start) + 1}: a map that is not closed on its line")


def _parsed(text: str, budget: Budget, *, strict: bool) -> Iterator[Pair]:
    """Read YAML of any form by its events: aliases are never followed, depth and number are bounded."""
    import yaml

    open_: list[_Open] = []
    alias = 0
    shift = 1 if text.startswith("\ufeff") else 0
    try:
        for steps, event in enumerate(yaml.parse(text[shift:], Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))):
            if not steps & 0xFF:
                budget.check()
            if steps > _MOST_EVENTS or len(open_) > _MOST_NESTED:
                raise Unparsed(
                    f"line {_line(event)}: over {_MOST_EVENTS} values, or nested deeper than {_MOST_NESTED} levels"
                )
            above = open_[-1] if open_ else _Open((), is_map=False)
            match event:
                case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                    is_map = isinstance(event, yaml.MappingStartEvent)
                    path = above.path
                    if above.is_map and above.key:
                        path = (*path, above.key[0])
                        if is_map:
                            yield Pair(path, above.key[1], None, (0, 0))
                    open_.append(_Open(path, is_map=is_map))
                case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                    open_.pop()
                    if open_:
                        open_[-1].step()
                case yaml.ScalarEvent() if above.is_map:
                    span = _inside(event, text, shift)
                    if above.key:
                        yield Pair((*above.path, above.key[0]), above.key[1], event.value, span)
                        above.key = None
                    else:
                        above.key = (event.value, span)
                case yaml.AliasEvent():
                    alias = alias or _line(event)
                    above.step()
                case _:
                    pass
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise Unparsed(f"line {line}: not YAML: {getattr(error, 'problem', None) or type(error).__name__}") from None
    if alias and strict:
        raise Unparsed(f"line {alias}: an alias, which is not followed: what it stands for was not read here")


class _Open:
    """A map or list that is not closed yet: the keys that lead to it, and in a map the key whose value comes next."""

    def __init__(self, path: tuple[str, ...], *, is_map: bool) -> None:
        self.path = path
        self.is_map = is_map
        self.key: tuple[str, Span] | None = None

    def step(self) -> None:
        """Go past a node that is no scalar: the value of a key, or a key itself."""
        self.key = None if self.key else ("", (0, 0))


def _line(event: object) -> int:
    mark = getattr(event, "start_mark", None)
    return mark.line + 1 if mark else 1


def _inside(event: object, text: str, shift: int) -> Span:
    """Give the span of a scalar inside its quotes."""
    start, end = event.start_mark.index + shift, event.end_mark.index + shift  # type: ignore[attr-defined]
    quoted = text[start : start + 1] in {'"', "'"}
    return start + quoted, end - quoted
