"""Strings that a call puts together: join, concat, append, and formats."""

import re

from clearance.scan.secrets.disguise.constants import constant
from clearance.scan.secrets.disguise.joined import assembled
from clearance.scan.secrets.disguise.literals import LITERAL, NAME, SPACE, WINDOW, Span, opening
from clearance.scan.secrets.disguise.rising import Reading, Rising
from clearance.scan.secrets.disguise.sure import sure_disguise
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Disguise, Expression, Sheet

_MOST = 256
_REACH = 32
_QUOTE = "[\"'`]"
_KEYWORDS = (b"join", b"concat", b"append", b"implode", b"paste0", b".plus")
_AHEAD = lazily(
    rb"(?i)(?P<word>join|concat\w{0,8}|append|implode|paste0|\.plus)(?:\s*+\(?\s*+(?:new\s+)?(?:[\w.\[\]<>]{1,24}\s*)?[\[({]?\s*(?=[\"'`]))?"
)
_ITEM = lazily(
    SPACE + rb"(?:,|\)?\s*;?\s*[\w$]{0,40}\s*(?:\.|->|::)\s*(?i:append|concat|plus|add|push)\s*\()?+"
    + SPACE + rb"(?:" + LITERAL + rb"|(?P<name>" + NAME + rb")(?!\s{0,2}[(.]))"
)  # fmt: skip
_SEPARATES = lazily(rb"(?i)join|implode")


def list_disguise() -> Disguise:
    """Strings that `join`, `concat`, `append` or their like put together."""
    expressions = [
        *(rf"{quote}\)?\.{word}\(\s*{_QUOTE}" for quote in "\"'`" for word in ("concat", "append", "plus", "Append")),
        *(rf"{word}\(\s*{_QUOTE}" for word in ("concat", "CONCAT", "Concat", "concat_ws", "implode", "paste0")),
        rf"[\"'`]\)\s*;?\s*[\w$]*\.append\(\s*{_QUOTE}",
        *(rf"{word}\({pair}\s*," for word in ("join", "Join", "implode") for pair in ('""', "''")),
        *(rf"{quote}\.join\(\s*[\[({{]?\s*{_QUOTE}" for quote in "\"'"),
        *(rf"{bracket}\.join\({_QUOTE}" for bracket in (r"\]", r"\)")),
        *(rf"{quote} ?,?\s*\]\.join" for quote in "\"'`"),
        *(rf"join {pair}," for pair in ('""', "''")),
        r"strings\.Join\(\[\]string",
    ]
    return sure_disguise("listed", tuple(map(Expression, expressions)), _KEYWORDS, _REACH, Rising(_undo))


def _undo(sheet: Sheet, at: int) -> Reading | None:
    data = sheet.data
    match = _AHEAD.match(data, at, at + 160)
    if match is None:
        return None
    bare = data[max(0, at - 64) : at].rstrip(b" \t\r\n.")
    before = at - min(64, at) + len(bare) - 1
    last = bare[-1:]
    if match["word"].lower() == b"join" and last in (b"]", b")", b"}"):
        return _list_before(sheet, before)
    if last in (b'"', b"'", b"`"):
        opened = opening(data, before)
        if opened < 0:
            return None
        if match["word"].lower() == b"join":
            return _items(sheet, match.end(), opened)
        return _items(sheet, opened, opened)
    if last == b")" and bare[-2:-1] in (b'"', b"'", b"`"):
        opened = opening(data, before - 1)
        return _items(sheet, opened, opened) if opened >= 0 else None
    return _items(sheet, match.end(), at, skip=_SEPARATES.match(match["word"]) is not None)


def _list_before(sheet: Sheet, closed: int) -> Reading | None:
    """Join the list that ends at `closed`."""
    data = sheet.data
    bracket = {0x5D: b"[", 0x29: b"(", 0x7D: b"{"}[data[closed]]
    opened = data.rfind(bracket, max(0, closed - WINDOW), closed)
    return _items(sheet, opened + 1, opened) if opened >= 0 else None


def _items(sheet: Sheet, at: int, first: int, *, skip: bool = False) -> Reading | None:
    """Join the constants that stand from `at` on, separated by commas or calls; `skip` leaves out the first, which is what
    stands between them, if it is empty or the others are a list of their own."""
    data = sheet.data
    high = min(len(data), at + WINDOW)
    spans: list[Span] = []
    while len(spans) < _MOST:
        match = _ITEM.match(data, at, high)
        if match is None:
            break
        start, end = match.span("literal")
        content = Span(start + 1, end - 1) if start >= 0 else constant(data, match["name"], at)
        if content is None or b" " in data[content.start : content.end]:
            break
        spans.append(content)
        at = match.end()
        if skip and len(spans) == 1:
            bracket = re.compile(rb"\s*,\s*(?:array|Arrays\.asList|List\.of|new\s+\w+\[\]\s*)?\s*[\[({]\s*").match(
                data, at, high
            )
            at = bracket.end() if bracket else at
    if skip and spans and spans[0].end - spans[0].start <= 1:
        del spans[0]
    return Reading(assembled(data, spans, min(first, spans[0].start) if spans else first), at)
