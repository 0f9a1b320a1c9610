"""Looks up names of constants: the one literal that a name stands for."""

import re

from clearance.scan.secrets.disguise.literals import LITERAL, Span
from clearance.scan.secrets.lazy import lazily

_BACK = 4096
_AHEAD = 2048
_MOST = 24
"""Mentions of a name that are looked at."""
_ASSIGNED = lazily(
    rb"[ \t]{0,20}(?::[ \t]{0,4}[\w.<>\[\]]{1,40}[ \t]{0,4})?(?::=|=>|=(?!=)|:)[ \t]{0,20}"
    + LITERAL
    + rb"[ \t]{0,20}(?=[;,)}\r\n#/\\]|as |\Z)"
)
_WORD = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$")


def constant(data: bytes, name: bytes, near: int) -> Span | None:
    """Give the contents of the literal that `name` is assigned before `near`, the nearest one; or else behind it."""
    name = re.split(rb"\.|->|::", name)[-1].lstrip(b"$")
    low = max(0, near - _BACK)
    at, count = near, 0
    while count < _MOST and (at := data.rfind(name, low, at)) >= 0:
        count += 1
        if (found := _assigned(data, name, at)) is not None:
            return found
    at = near
    while count < _MOST and (at := data.find(name, at, near + _AHEAD)) >= 0:
        count += 1
        if (found := _assigned(data, name, at)) is not None:
            return found
        at += len(name)
    return None


def _assigned(data: bytes, name: bytes, at: int) -> Span | None:
    if at and data[at - 1] in _WORD and data[at - 1] != 0x24:
        return None
    match = _ASSIGNED.match(data, at + len(name), at + len(name) + 1024)
    if match is None:
        return None
    start, end = match.span("literal")
    return Span(start + 1, end - 1)
