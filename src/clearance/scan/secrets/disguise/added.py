"""Strings that grow over several statements: `token = "…"`, then `token += "…"`."""

import re

from clearance.scan.secrets.disguise.joined import assembled
from clearance.scan.secrets.disguise.literals import LITERAL, SPACE, WINDOW, Span
from clearance.scan.secrets.disguise.rising import Reading, Rising
from clearance.scan.secrets.disguise.sure import sure_disguise
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Disguise, Expression, Sheet

_REACH = 8
_MOST = 128
_BACK = 1024
_MENTIONS = 16
_APPENDS = rb"(?:\+=|\.=|&=|\.\.=|\|\|=|<<)"
_EXPRESSIONS = [
    *(rf"{one} ?[\"'`][A-Za-z0-9_+/=.~-]" for one in (r"\+=", r"\.=", "&=", r"\|=", "<<")),
    *(rf"{one} ?[@$fb][\"'`][A-Za-z0-9_+/=.~-]" for one in (r"\+=", r"\.=")),
]
_KEYWORDS = (b"+=", b".=", b"&=", b"|=", b"<<")
_VALUE = lazily(rb"[ \t]{0,40}" + LITERAL)
_TAIL = lazily(rb"(?P<name>\$?[A-Za-z_][\w.]{0,60}(?:->\w{1,40})?)[ \t]{0,40}\Z")
_HEAD = lazily(
    rb"(?:^|(?<=[;{(\s,]))(?P<name>\$?[A-Za-z_][\w.]{0,60}(?:->\w{1,40})?)[ \t]{0,20}"
    rb"(?::[ \t]{0,4}[\w.]{1,40}[ \t]{0,4})?:?=[ \t]{0,40}" + LITERAL
)
_AGAIN = lazily(
    rb"[ \t]{0,20}[)]?;?" + SPACE + rb"(?P<name>\$?[A-Za-z_][\w.]{0,60}(?:->\w{1,40})?)[ \t]{0,20}"
    rb"(?:" + _APPENDS + rb"|=[ \t]{0,8}(?P=name)[ \t]{0,8}(?:\+|\.\.?|&|\|\|))[ \t]{0,40}" + LITERAL
)


def added_disguise() -> Disguise:
    """Literals that are appended to a variable one after the other."""
    return sure_disguise("added", tuple(map(Expression, _EXPRESSIONS)), _KEYWORDS, _REACH, Rising(_undo))


def _undo(sheet: Sheet, at: int) -> Reading | None:
    data = sheet.data
    size = 2
    if _VALUE.match(data, at + size, at + WINDOW) is None:
        return None
    tail = _TAIL.search(data[max(0, at - 128) : at].rstrip(b"."))
    if tail is None:
        return None
    name = tail["name"]
    head = _head(data, name, at)
    if head is None:
        return None
    spans = [_content(head)]
    high = min(len(data), at + WINDOW)
    while len(spans) < _MOST:
        further = _AGAIN.match(data, spans[-1].end + 1, high)
        if further is None or further["name"] != name:
            break
        spans.append(_content(further))
    return Reading(assembled(data, spans, spans[0].start - 1), spans[-1].end)


def _head(data: bytes, name: bytes, at: int) -> re.Match[bytes] | None:
    """Give the last assignment of a literal to a name before a place."""
    low, before = max(0, at - _BACK), at
    for _ in range(_MENTIONS):
        before = data.rfind(name, low, before)
        if before < 0:
            return None
        match = _HEAD.match(data, before, at)
        if match is not None and match["name"] == name:
            return match
    return None


def _content(match: re.Match[bytes]) -> Span:
    start, end = match.span("literal")
    return Span(start + 1, end - 1)
