"""Reads a name and a value that stand in fields of their own: `name: X, value: Y`, `<name>X</name><value>Y</value>`,
a variable's default, an option's default."""

import re

from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.value import Value, value_of

_FIELD = rb"(?:value|content|default_?+value|default|initial|text|val|fallback|with)"
_PAIR = lazily(
    rb"""["']?+[ \t]{0,8}+,?+\s{0,40}+
    (?:["']?+\w{1,20}+["']?+[ \t]{0,2}+[=:][ \t]{0,2}+
      (?:"[^"\r\n;(){}<>]{0,80}+"|'[^'\r\n;(){}<>]{0,80}+'|[^\s"'=,;(){}<>]{1,24}+)
      [ \t]{0,2}+,?+\s{0,40}+){0,3}
    ["']?"""
    + _FIELD
    + rb"""["']?+[ \t]{0,8}+[:=][ \t]{0,8}+[burf]?+
    (?:["'](?P<inner>[^"'\r\n]{4,300}+)["']|(?P<value>[^\s"',}\]<>()]{4,300}+)(?=[\s"',}\]<>]|\Z))""",
    re.IGNORECASE | re.VERBOSE,
)
_BLOCK = lazily(rb"""["']?+\s{0,4}+\{[^{}]{0,240}?\bdefault\s{0,40}+=[ \t]{0,8}+"(?P<inner>[^\s"][^"\r\n]{3,300}+)\"""")
_TAGS = lazily(
    rb"""(?:(?P<attribute>["'])[ \t]{0,4}+>|</[a-z]{3,8}+>\s{0,40}+<(?:value|string|data)>)\s{0,40}+(?P<inner>"""
    rb"""[^<>\s]{4,300}+)\s{0,40}+</"""
)
_BEFORE = lazily(
    rb"""(?:["']?\b(?:value|content|default)["']?[ \t]{0,8}[:=][ \t]{0,8}["'](?P<inner>[^"'\r\n]{4,300})["']|<value>"""
    rb"""(?P<tag>[^<>\s]{4,300})</value>)"""
    rb"""[ \t]{0,4},?\s{0,40}(?:["']?(?:name|key|id|property)["']?[ \t]{0,8}[:=][ \t]{0,8}["']|<name>)\Z""",
    re.IGNORECASE,
)
_NAMED = lazily(rb"""(?:\b(?:name|key|id|property)["']?[ \t]{0,8}[:=][ \t]{0,8}["']|<name>)\Z""", re.IGNORECASE)
_REACH = 360


def value_of_pair(data: bytes, start: int, end: int, *, literal: bool, bare: bool) -> Value | None:
    """Give the value of the field that follows the one that holds the name at `start` to `end`, or None.

    `bare`: it may stand without quotes.
    """
    found = _PAIR.match(data, end)
    if found and (bare or found["inner"]):
        return value_of(found, "inner" if found["inner"] else "value", literal=literal)
    found = _BLOCK.match(data, end)
    if found is None and data[end : end + 1] in {b'"', b"'", b"<"}:
        found = _TAGS.match(data, end)
        literal = True
        if found and found["attribute"] and not _NAMED.search(data[max(0, start - 24) : start]):
            return None
    return value_of(found, "inner", literal=literal) if found else None


def reversed_pair(data: bytes, start: int, *, literal: bool) -> Value | None:
    """Give the value of the field that stands before the one that holds the name, which begins at `start`."""
    window = data[max(0, start - 24) : start]
    if _NAMED.search(window) is None:
        return None
    low = max(0, start - _REACH)
    window = data[low:start]
    at = max(
        window.rfind(b'value"'),
        window.rfind(b"value="),
        window.rfind(b"value:"),
        window.rfind(b"value'"),
        window.rfind(b"<value>"),
    )
    at = max(at, window.rfind(b"content="))
    found = _BEFORE.match(window, max(0, at - 1)) or _BEFORE.match(window, at) if at >= 0 else None
    if found is None:
        return None
    group = "inner" if found["inner"] else "tag"
    value = value_of(found, group, literal=literal)
    return value._replace(start=value.start + low, end=value.end + low) if value else None
