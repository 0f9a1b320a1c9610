"""Reads values without quotes, by the rules of the language: configuration files, shells, and what people write."""

import re

from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Sheet
from clearance.scan.secrets.value import Value, cut

PLAIN_LANGUAGES = frozenset(
    {
        "dotenv", "ini", "properties", "yaml", "shell", "dockerfile", "text", "markdown", "rst", "makefile", "batch",
        "powershell", "xml", "html", None,
    }
)  # fmt: skip
"""Languages in which a value may stand without quotes; None is for text of which nothing is known."""
CONFIGURATION = frozenset({"dotenv", "ini", "properties", "yaml", "dockerfile"})
"""Languages that hold nothing but names and values."""
_PROSE = frozenset({"text", "markdown", "rst", "html", None})
_SHELLS = frozenset({"shell", "dockerfile", "makefile", "batch", "powershell"})
_PLAIN = lazily(
    rb"""["'*`]{0,3}+(?P<blank>[ \t]{0,40}+)(?P<op>[:?+]?=|:|\xef\xbc\x9a)(?P<after>[ \t]{0,40}+)[*]{0,2}+(?P<more>"""
    rb"""[ \t]{0,4}+)"""
    rb"""(?P<value>[^\s"'`*][^\r\n]{0,1030}+)"""
)
_DEFAULT = lazily(rb""":?[-=](?P<value>[^\s"'`{}$]{4,300}+)\}|:(?P<spring>[^\s"'`{}$]{4,300}+)\}""")
_SPACED = lazily(rb"""[ \t]{1,8}+["']?+(?P<value>[^\s"'=]{4,300}+)["']?+[ \t]{0,8}+\r?$""", re.MULTILINE)
_END = lazily(rb"[\s;&|<>]")
_COMMENT = lazily(rb"\s[#;]")
_YAML_COMMENT = lazily(rb"\s#")
_NEXT_FIELD = lazily(rb"&[\w.-]{1,40}=")
_CODE = lazily(rb"[()\[\]{}]")
_MARKS = {
    mark[0].encode(): tuple(char.encode() for char in mark[1:])
    for mark in (
        "\u201e\u201c\u201d", "\u201c\u201d", "\u201d\u201d", "\u201a\u2018\u2019", "\u2018\u2019", "\u2019\u2019",
        "\u00ab\u00bb", "\u00bb\u00ab", "\u2039\u203a", "\u203a\u2039", "\u300c\u300d", "\u300e\u300f",
        "\u300a\u300b", "\u3008\u3009", "\u3010\u3011", "\uff02\uff02", "\uff07\uff07",
    )
}  # fmt: skip
"""Quotation marks of other languages than those of programs, each with what closes it."""
_PROSE_END = lazily(rb"[\s`\"']|\*{1,3}(?=[\s.,;:!?)|]|$)|\\n|<br|</")
"""What ends a value in prose; an asterisk only where emphasis can end."""


def default_of(data: bytes, end: int) -> Value | None:
    """Give the default of the variable whose name ends at `end`: `${NAME:-default}` of shells, `${name:default}` of
    Spring."""
    default = _DEFAULT.match(data, end)
    if default is None:
        return None
    group = "value" if default["value"] else "spring"
    return cut(default.start(group), default[group], weak=True)


def plain_value(sheet: Sheet, start: int, end: int) -> Value | None:
    """Give the value without quotes that follows the name at `start` to `end`, or None."""
    data = sheet.data
    found = _PLAIN.match(data, end)
    if found is None:
        return _instruction(sheet, start, end)
    if found["op"] == b":" and data[start:end] == b"PASS":  # --- PASS: TestLogin
        return None
    raw = _raw(sheet, found, start)
    if raw is not None and raw[:1] >= b"\xc2":
        marked = _marked(found)
        if marked is not None:
            return marked
    if raw is not None and b"&" in raw:
        raw = _NEXT_FIELD.split(raw, maxsplit=1)[0]
    if raw is not None and raw.startswith(b"//"):
        return None
    if raw is None or raw[:1] in b"$<{%" or raw.startswith((b"[[", b"((")):
        # A reference is shown as such; anything else that begins so is code.
        return None if raw is None or len(raw) < 4 or raw[:2] == b"$(" else cut(found.start("value"), raw, weak=True)
    if raw.startswith((b"ENC(", b"ENC[")):
        return cut(found.start("value"), raw, literal=True)
    if _CODE.search(raw[:4]) or b"," in raw[:4] or b";" in raw[:4]:
        return None
    if _CODE.search(raw) and (sheet.language not in CONFIGURATION or raw[:1] in b"([{" or raw[-1:] in b")]}"):
        return None
    directory = sheet.name.endswith(".ldif")  # RFC 2849: nothing but names and values
    weak = (sheet.language in _PROSE and not directory) or sheet.language in {"makefile", "batch", "xml"}
    weak = weak or (sheet.language == "shell" and found["op"] == b":")
    literal = sheet.language in CONFIGURATION or sheet.language == "shell" or directory
    return cut(found.start("value"), raw, literal=literal and not weak, weak=weak)


def _marked(found: "re.Match[bytes]") -> Value | None:
    """Give what stands between the quotation marks of a language, where a value begins with one and holds its other half."""
    text = found["value"]
    size = 2 if text[:2] in _MARKS else 3
    ends = [at for mark in _MARKS.get(text[:size], ()) if (at := text.find(mark, size)) > 0]
    if not ends:
        return None
    return cut(found.start("value") + size, text[size : min(ends)], weak=True)


def _raw(sheet: Sheet, found: "re.Match[bytes]", start: int) -> bytes | None:
    """Cut what follows the operator to the value."""
    raw, op, language = found["value"], found["op"], sheet.language
    spaced = bool(found["blank"] or found["after"])
    if language in _SHELLS or (language == "yaml" and op == b"="):
        if language == "shell" and op == b":" and found["after"] and not found["blank"] and _begins(sheet, start):
            return _END.split(raw, maxsplit=1)[0]  # a line of YAML or LDIF in a here document
        if op[-1:] != b"=" or (spaced and language in {"shell", "yaml", "batch"}):
            return None
        return _END.split(raw, maxsplit=1)[0].rstrip(b"\\\"'`,")
    if language == "yaml":
        if not found["after"]:
            return None
        raw = _YAML_COMMENT.split(raw, maxsplit=1)[0].rstrip()
        return None if raw[:1] in b"!&*|>[" or raw[:1] == b"{" != raw[1:2] else raw.rstrip(b",")
    if language == "xml":  # <!-- password=… -->, and connection strings of their own
        return None
    if op == b":" and sheet.data[start - 1 : start] == b":":
        return None  # a part of a longer name: arn:aws:…:secret:…
    raw = _COMMENT.split(raw, maxsplit=1)[0].rstrip()
    if language not in _PROSE:
        return raw
    if op == b":" and not (found["after"] or found["more"]):
        return None
    raw = _PROSE_END.split(raw, maxsplit=1)[0]
    return raw.rstrip(b".,;:)") if start else raw


def _begins(sheet: Sheet, at: int) -> bool:
    """Tell whether nothing but blanks stands before a place in its line."""
    start, _ = sheet.line(at, 40)
    return not sheet.data[start:at].strip() and sheet.data[start - 1 : start] in {b"", b"\n"}


def _instruction(sheet: Sheet, start: int, end: int) -> Value | None:
    """Read `ENV NAME value` of a Dockerfile."""
    if sheet.language != "dockerfile":
        return None
    line_start, _ = sheet.line(start, 80)
    found = _SPACED.match(sheet.data, end) if sheet.data[line_start:start].strip().upper() == b"ENV" else None
    return cut(found.start("value"), found["value"], literal=True) if found else None
