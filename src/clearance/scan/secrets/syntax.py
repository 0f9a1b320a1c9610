"""Finds the value that belongs to a name, by the ways in which languages and file formats write the two together.

All patterns are matched at one place, have bounded counts, and do not backtrack into them (possessive quantifiers).
"""

import re
from typing import NamedTuple

from clearance.scan.secrets.probe import Sheet

NAME_BYTES = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$-"
NAME_REST = re.compile(rb"[A-Za-z0-9_.$-]{0,65}+")

_QUOTED = re.compile(
    rb"""(?P<close>[\\"'`\])]{0,6}+)
    (?:[ \t]{0,4}+:[ \t]{0,4}+(?:&'static[ ]str|[A-Za-z_&*\[][\w\[\].<>?&:*,]{0,48}+(?:[ ]\|[ ]\w{1,20}+)?+)(?=[ \t]{0,4}+=)
      |[ \t]{1,4}+string(?=[ \t]{1,4}+=))?+
    [ \t]{0,40}+
    (?P<op>=>|:=|={1,3}+|!==?+|:|,|\(|\|\||\?\?=?+|\?:|or\b|<-)
    [ \t]{0,40}+(?:\\?+\r?+\n[ \t]{0,40}+)?+
    (?:[brfuBRFU@$]{1,2}+(?=["'])
      |(?:new[ ])?+(?:[A-Za-z_]{1,20}\.)?+(?:SecretStr|SecretBytes|Secret|String|str|Some|from|of|bytes|b64decode|secret)\(
      |\((?:[ \t]{0,8}+\r?\n[ \t]{0,40}+)?+|\[)?+
    (?P<quote>\\{0,2}+(?:"{3}|'{3}|["'`]))""",
    re.VERBOSE,
)
_VALUES = {
    b'"': re.compile(rb'((?:[^"\\\r\n]|\\.){0,1030}+)"'),
    b"'": re.compile(rb"((?:[^'\\\r\n]|\\.){0,1030}+)'"),
    b"`": re.compile(rb"((?:[^`\\\r\n]|\\.){0,1030}+)`"),
    b'"""': re.compile(rb'((?:[^"\\\r\n]|\\.){0,1030}+)"""'),
    b"'''": re.compile(rb"((?:[^'\\\r\n]|\\.){0,1030}+)'''"),
}
_ESCAPED = re.compile(rb"([^\"'\\\r\n]{0,1030}+)\\{1,2}+[\"']")
_PLAIN = re.compile(
    rb"""["']?+(?P<blank>[ \t]{0,40}+)(?P<op>[=:])(?P<after>[ \t]{0,40}+)(?P<value>[^\s"'`][^\r\n]{0,1030}+)"""
)
_OPTION = re.compile(rb"""(?:[ \t]{1,4}+|=)["']?+(?P<value>[^\s"'\-][^\s"']{2,255}+)""")
_ELEMENT = re.compile(rb"""(?:[ \t][^<>\r\n]{0,80}+)?+>(?P<value>[^<>\r\n]{4,300}+)</""")
_PAIR = re.compile(
    rb"""["']?+[ \t]{0,8}+,?+\s{0,40}+["']?+(?:value|content|default_?+value)["']?+[ \t]{0,8}+[:=][ \t]{0,8}+"""
    rb"""(?:["'](?P<inner>[^"'\r\n]{4,300}+)["']|(?P<value>[^\s"',}\]<>]{4,300}+))""",
    re.IGNORECASE,
)
_QUERY = re.compile(rb"""=(?P<value>[^\s&"'`<>#;,)\]}\\]{4,300}+)""")
_SQL = re.compile(rb"""(?:[ \t]{1,8}+by)?+[ \t]{1,8}+(?:as[ \t]{1,8}+)?+'(?P<value>[^'\r\n]{4,128}+)'""", re.IGNORECASE)
_SQL_BEFORE = re.compile(rb"(?i)(?:\b(?:user|role|login|with|identified|encrypted|set|for|alter|create|grant)\b)")
_NETRC = re.compile(rb"[ \t]{1,8}+(?P<value>[^\s\"'\\]{4,128}+)")

_PLAIN_LANGUAGES = frozenset(
    {"dotenv", "ini", "properties", "yaml", "shell", "dockerfile", "text", "markdown", "rst", "makefile", "batch", None}
)
_CONFIGURATION = frozenset({"dotenv", "ini", "properties", "yaml", "dockerfile"})
_PROSE = frozenset({"text", "markdown", "rst", None})
_SETTER = re.compile(r"(?:^|[.$_-])(set|with|use|\.)(?=[A-Z_.])|\.[A-Za-z]+$")


class Value(NamedTuple):
    """A value's span and text. `literal`: nothing but a value can stand there. `weak`: the syntax says little, so the
    value must speak for itself."""

    start: int
    end: int
    text: str
    literal: bool = False
    weak: bool = False


def value_after(sheet: Sheet, name: str, start: int, end: int) -> Value | None:
    """Give the value of the name that stands at `start` to `end`, or None."""
    data = sheet.data
    if name.lower() == "identified":
        identified = _SQL.match(data, end)
        return _value(identified, "value", literal=True) if identified else None
    before = data[start - 1 : start] if start else b""
    if before in {b"?", b"&"}:
        return _query(data, end)
    if before == b"<" or (before in {b":", b"/"} and data[max(0, start - 24) : start].rfind(b"<") >= 0):
        element = _ELEMENT.match(data, end)
        if element:
            return _value(element, "value", literal=True)
    quoted = _QUOTED.match(data, end)
    if quoted and quoted["op"] != b",":
        return _quoted(data, name, quoted)
    if name.startswith("--"):
        option = _OPTION.match(data, end)
        return _value(option, "value", weak=True) if option else None
    pair = _PAIR.match(data, end)
    if quoted and not pair:
        return _quoted(data, name, quoted)
    if pair:
        return _value(pair, "inner" if pair["inner"] else "value", literal=sheet.language in _CONFIGURATION)
    if sheet.language in _PLAIN_LANGUAGES:
        plain = _PLAIN.match(data, end)
        if plain:
            return _plain(sheet, plain)
    return _worded(sheet, name, start, end)


def _value(found: "re.Match[bytes]", group: str, *, literal: bool = False, weak: bool = False) -> Value | None:
    return _cut(found.start(group), found[group], literal=literal, weak=weak)


def _cut(start: int, raw: bytes, *, literal: bool, weak: bool) -> Value | None:
    """Make a value of bytes; None where they are not whole characters, or begin or end with white space."""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return Value(start, start + len(raw), text, literal, weak) if text and text == text.strip() else None


def _query(data: bytes, end: int) -> Value | None:
    found = _QUERY.match(data, end)
    return _value(found, "value", weak=True) if found else None


def _quoted(data: bytes, name: str, found: "re.Match[bytes]") -> Value | None:
    """Read a string after an operator."""
    close, op, quote = found["close"], found["op"], found["quote"]
    weak = op in {b",", b"or", b"||", b"?:", b"??"}
    if op == b"," and (not close or b"\n" in found[0]):
        return None
    if op == b"(" and (close or not _SETTER.search(name)):
        return None
    inner = (_ESCAPED if quote.startswith(b"\\") else _VALUES[quote]).match(data, found.end())
    if inner is None:
        return None
    return _cut(inner.start(1), inner[1], literal=False, weak=weak)


def _plain(sheet: Sheet, found: "re.Match[bytes]") -> Value | None:
    """Read a value without quotes, by the rules of the language."""
    language = sheet.language
    raw = found["value"]
    op, spaced = found["op"], bool(found["blank"] or found["after"])
    if language in {"shell", "dockerfile"}:
        if op == b":" or (spaced and language == "shell"):
            return None
        raw = re.split(rb"[\s;&|<>]", raw, maxsplit=1)[0]
        if raw[:1] in b"$(`":
            return None
    elif language == "yaml":
        if op == b"=" or not found["after"]:
            return None
        raw = re.split(rb"\s#", raw, maxsplit=1)[0].rstrip()
        if raw[:1] in b"!&*|>{[":
            return None
    else:
        raw = re.split(rb"\s[#;]", raw, maxsplit=1)[0].rstrip()
        if language in _PROSE:
            if op == b":" and not found["after"]:
                return None
            raw = re.split(rb"\s", raw, maxsplit=1)[0].rstrip(b".,;:!?)")
    if re.search(rb"[()\[\]{}]", raw) or raw[:1] in b"<$":
        return None
    weak = language in _PROSE or language in {"makefile", "batch"}
    return _cut(found.start("value"), raw, literal=language in _CONFIGURATION or language == "shell", weak=weak)


def _worded(sheet: Sheet, name: str, start: int, end: int) -> Value | None:
    """Read what only words tie to the name: SQL (`IDENTIFIED BY '…'`) and netrc (`password …`)."""
    data = sheet.data
    sql = _SQL.match(data, end)
    netrc = _NETRC.match(data, end) if name.lower() == "password" else None
    if sql is None and netrc is None:
        return None
    line_start, line_end = sheet.line(start, 256)
    if sql and (sheet.language == "sql" or _SQL_BEFORE.search(data[line_start:start])):
        return _value(sql, "value")
    line = data[line_start:line_end]
    if netrc and (sheet.name in {".netrc", "_netrc", "netrc"} or (b"machine " in line and b"login " in line)):
        return _value(netrc, "value", literal=True)
    return None
