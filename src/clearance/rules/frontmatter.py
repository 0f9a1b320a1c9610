"""The head of a page: YAML of the plainest kind, and the keys that it may hold.

YAML is read event by event, without recursion. Anchors, aliases and tags are refused, nesting is bounded, and each scalar is
its text: `no`, `1_000` and `2026-11-22` are strings, and numbers are what a key's type makes of them.
"""

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Annotated, NamedTuple, cast, get_args

import msgspec
import yaml

from clearance.facts.control import AtMost, AuthorKind, Relation
from clearance.facts.errors import BadPage
from clearance.facts.finding import Confidence, Severity

_Word = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]{0,63}\Z")]
_Line = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{1,400}\Z")]
_Note = Annotated[str, msgspec.Meta(pattern=r"^[^\x00-\x1f\x7f]{0,400}\Z")]
_ControlId = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9-]*:[A-Za-z0-9][A-Za-z0-9.:/()@-]{0,99}\Z")]


class ControlEdge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A control that the rule serves, how it relates to it, and how much that claim is worth. Whoever writes the id alone
    claims the least: the two intersect."""

    to: _ControlId
    rel: Relation = Relation.INTERSECTS_WITH
    by: AuthorKind = "assistant"
    source: _Note = ""
    confidence: Confidence = Confidence.MEDIUM
    note: _Note = ""
    at_most: AtMost = ""


class FrontMatter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The keys of a page's head, as they are written."""

    id: _Word
    title: _Line
    brief: _Line
    severity: Severity | None = None
    confidence: Confidence | None = None
    languages: tuple[Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9+#-]{0,31}\Z")], ...] = ()
    cwe: tuple[Annotated[str, msgspec.Meta(pattern=r"^CWE-[1-9]\d{0,5}\Z")], ...] = ()
    controls: tuple[_ControlId | ControlEdge, ...] = ()
    detector: Annotated[str, msgspec.Meta(pattern=r"^(?:[a-z][a-z0-9-]{0,63})?\Z")] = ""
    options: dict[_Word, str] = {}
    tier: Annotated[int, msgspec.Meta(ge=0, le=3)] | None = None


class Head(NamedTuple):
    """The decoded head, and the line of the page on which each key stands (`controls[0].rel` for one further in)."""

    keys: FrontMatter
    lines: dict[str, int]


_MAX_DEPTH = 4
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS = {
    "severity": tuple(value.value for value in Severity),
    "confidence": tuple(value.value for value in Confidence),
    "rel": tuple(value.value for value in Relation),
    "by": get_args(AuthorKind),
    "at_most": get_args(AtMost)[1:],
}
_HINTS = {
    "id": "an id is made of lower-case letters, digits and hyphens, and starts with a letter",
    "title": "one line of at most 400 characters",
    "brief": "one line of at most 400 characters",
    "languages": "languages are lower-case words",
    "cwe": "weaknesses are written CWE-79",
    "controls": "controls are written {to: asvs:v5.0.0-1.2.5, rel: subset-of}, or asvs:v5.0.0-1.2.5 (intersects-with)",
    "detector": "the name of a detector is a lower-case word",
    "options": "option names are lower-case words, their values text",
    "tier": "a tier is 0, 1, 2 or 3",
}


def read_head(text: str, *, path: str, first_line: int) -> Head:
    """Read the YAML between the two `---` lines; `first_line` is where it starts on the page.

    Raises:
        BadPage: not plain YAML, or an unknown key, a missing one, or a value of the wrong kind.
    """
    values, lines = plain_yaml(text, path=path, first_line=first_line)
    try:
        return Head(msgspec.convert(values, FrontMatter, strict=False), lines)
    except msgspec.ValidationError as error:
        raise _explain(error, path, lines) from None


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known word is meant, or list all of them."""
    words = sorted(known)
    close = get_close_matches(word[:64], words, n=1)
    return f"did you mean {close[0]}?" if close else "it can be " + ", ".join(words)


def _explain(error: msgspec.ValidationError, path: str, lines: dict[str, int]) -> BadPage:
    """Turn msgspec's message into one that names the line and the way out."""
    said, _, place = str(error).partition(" - at ")
    inner = "".join(re.findall(r"\$\.?([^`]*)", place)[:1])
    innermost = inner.endswith((".rel", ".by", ".confidence"))
    key = re.split(r"[.\[]", inner)[-1 if innermost else 0]
    unknown = re.search(r"unknown field `(.*)`", said, re.DOTALL)
    if unknown:
        full = f"{inner}.{unknown[1]}" if inner else unknown[1]
        fields = (ControlEdge if inner else FrontMatter).__struct_fields__
        return BadPage(f"unknown key {unknown[1]!r}", where=f"{path}:{lines.get(full, 1)}", next=nearest(unknown[1], fields))
    missing = re.search(r"missing required field `(.*)`", said)
    if missing:
        return BadPage(
            f"the key {missing[1]!r} is missing", where=f"{path}:{lines.get(inner, 1)}", next="every page has one"
        )
    line = lines.get(inner, lines.get(key, 1))
    given = re.search(r"[Ii]nvalid enum value '(.*)'", said, re.DOTALL)
    value = given[1] if given else ""
    hint = nearest(value, _WORDS[key]) if key in _WORDS else _HINTS.get(key, "write one key a line")
    if " matching regex " in said:
        said = "not written as it should be"
    for technical, plain in (("`array`", "a list"), ("`object`", "a map"), ("`str`", "text"), ("`int`", "a number")):
        said = said.replace(technical, plain)
    return BadPage(f"{key or 'the head of the page'}: {said}", where=f"{path}:{line}", next=hint)


class _Open(NamedTuple):
    """A list or map that is not closed yet."""

    value: list[object] | dict[str, object]
    path: str


def _events(text: str, path: str, first_line: int) -> Iterator[yaml.Event]:
    """Give the parser's events; what it cannot read becomes BadPage."""
    try:
        yield from yaml.parse(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        raise BadPage(f"not YAML: {error.problem or error.context}", where=f"{path}:{line}", next=_YAML_HINT) from None
    except (yaml.YAMLError, ValueError, OverflowError):
        raise BadPage(
            "not YAML: a character that may not stand there", where=f"{path}:{first_line}", next=_YAML_HINT
        ) from None


_YAML_HINT = "quote text that holds `: `, `#` or starts with a sign"


def plain_yaml(text: str, *, path: str, first_line: int) -> tuple[dict[str, object], dict[str, int]]:
    """Build maps, lists and strings from events, with the line of each.

    Raises:
        BadPage: not plain YAML: an anchor, alias or tag, a key that stands twice, no map, nested too deeply.
    """
    root: dict[str, object] = {}
    lines: dict[str, int] = {}
    stack: list[_Open] = []
    key: str | None = None
    for event in _events(text, path, first_line):
        line = first_line + (event.start_mark.line if event.start_mark else 0)
        where = f"{path}:{line}"
        match event:
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                stack.pop()
                continue
            case yaml.ScalarEvent() | yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                _refuse_marks(event, where)
            case yaml.AliasEvent():
                raise BadPage("an alias (`*name`)", where=where, next="write the value out")
            case yaml.DocumentStartEvent() if lines:
                raise BadPage("a second YAML document", where=where, next="keep one")
            case _:
                continue
        owner = stack[-1] if stack else None
        if owner is None and (not isinstance(event, yaml.MappingStartEvent) or lines):
            raise BadPage("the head of the page is not a map of keys", where=where, next="write `key: value` lines")
        if owner is not None and isinstance(owner.value, dict) and key is None:
            key = _key(event, owner, where)
            lines[f"{owner.path}.{key}" if owner.path else key] = line
            continue
        value: object = event.value if isinstance(event, yaml.ScalarEvent) else {} if _is_map(event) else []
        full = _attach(owner, key, value)
        lines.setdefault(full, line)
        if owner is None:
            root = cast("dict[str, object]", value)
        key = None
        if not isinstance(value, str):
            if len(stack) == _MAX_DEPTH:
                raise BadPage("nested too deeply", where=where, next="keep the head flat")
            stack.append(_Open(cast("list[object] | dict[str, object]", value), full))
    return root, lines


def _is_map(event: yaml.Event) -> bool:
    return isinstance(event, yaml.MappingStartEvent)


def _refuse_marks(event: yaml.ScalarEvent | yaml.SequenceStartEvent | yaml.MappingStartEvent, where: str) -> None:
    """Refuse anchors and tags: plain data needs neither."""
    if event.anchor is not None:
        raise BadPage("an anchor (`&name`)", where=where, next="write the value out where it is used")
    if event.tag is not None:
        raise BadPage("a tag (`!name`)", where=where, next="leave it out; the key says what kind of value it takes")


def _key(event: yaml.Event, owner: _Open, where: str) -> str:
    """Give a map's next key; it is text and stands there once."""
    if not isinstance(event, yaml.ScalarEvent):
        raise BadPage("a key that is not text", where=where, next="write `key: value` lines")
    if event.value in owner.value:
        raise BadPage(f"the key {event.value!r} stands twice", where=where, next="keep one")
    return str(event.value)


def _attach(owner: _Open | None, key: str | None, value: object) -> str:
    """Put a value into the list or map that it belongs to, and name its place."""
    if owner is None:
        return ""
    if isinstance(owner.value, list):
        owner.value.append(value)
        return f"{owner.path}[{len(owner.value) - 1}]"
    owner.value[cast("str", key)] = value
    return f"{owner.path}.{key}" if owner.path else str(key)
