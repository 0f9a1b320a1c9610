"""Finds the value that belongs to a name, by the ways in which languages and file formats write the two together.

All patterns are matched at one place, have bounded counts, and do not backtrack into them (possessive quantifiers).
"""

import re

from clearance.scan.secrets.arguments import read_arguments
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.pairs import reversed_pair, value_of_pair
from clearance.scan.secrets.plain import CONFIGURATION, PLAIN_LANGUAGES, default_of, plain_value
from clearance.scan.secrets.probe import Sheet
from clearance.scan.secrets.value import Value, cut, value_of

NAME_BYTES = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.$-"
NAME_REST = lazily(rb"[A-Za-z0-9_.$-]{0,65}+")

_PASSED_ON = (
    rb"(?:Secret(?:Str|Bytes)?|SecureString|String|str|string|Some|Ok|from|of|bytes|bytearray|bytestring|byte|fromhex"
    rb"|unhexlify|hex|"
    rb"b64decode|b64encode|decode|encode|[Dd]ecodeString|atob|btoa|b|secret|Buffer|_?T|_|TEXT|Text|quote|toBytes"
    rb"|GetBytes|literal|"
    rb"Value|value|parse|Password|password|StringValue|stringValue|Just|makeString|unsafe|const|val|env_default"
    rb"|QStringLiteral|QLatin1String|QString)"
)
_QUOTED = lazily(
    rb"""(?P<close>[\\"'`\])]{0,6}+)
    (?:[ \t]{0,4}+:[ \t]{0,4}+(?:&'static[ ]str|[A-Za-z_&*\[][\w\[\].<>?&:*,]{0,48}+(?:[ ]\|[ ]\w{1,20}+)?+)(?=[ \t]{0,4}+=)
      |[ \t]{1,4}+(?:string|As[ ]\w{3,20}+|n?varchar(?:\(\w{1,5}+\))?+)(?=[ \t]{1,4}+=)
      |\[\w{0,24}+\](?=[ \t]{0,4}+=)|[ \t]{0,4}+\{[ \t]{0,4}+get;[^{}"]{0,60}+\}(?=[ \t]{0,4}+=)
      |\.(?=send_?keys\(|fill\(|type\(|set_?text\(|set_?value\(|val\())?+
    [ \t]{0,40}+
    (?P<op>=>|:=|={1,3}+|!==?+|:|,|\(|\|\|=?+|\?\?=?+|\?:|or\b|to\b|<-|(?:send_?keys|fill|type|set_?text|set_?value|val)\()
    [ \t]{0,40}+(?:\\?+\r?+\n[ \t]{0,40}+)?+
    (?:(?:[brfuBRFU@$]{1,2}+|L|N)(?=["'])
      |(?:new[ ])?+(?:[A-Za-z_]\w{0,20}+(?:\.|::)){0,3}+"""
    + _PASSED_ON
    + rb"""(?:::from)?\([ \t]{0,4}+(?:b(?=["']))?+
      |[A-Za-z_][\w.]{0,40}+\([^"'()\r\n]{0,60}?(?:default|initial|value)[ ]?+=[ ]?+(?:[A-Za-z]{1,20}+\()?+
      |\[\]byte\(|[*&](?=["'])
      |\((?:[ \t]{0,8}+\r?\n[ \t]{0,40}+)?+|\[)?+
    (?P<quote>\\{0,2}+(?:"{3}|'{3}|["'`]))""",
    re.VERBOSE | re.IGNORECASE,
)
# name = something || "…"   name = cond ? "…" : …   name = read("X", "…")
_FALLBACK = lazily(
    rb"""[\\"'`\])]{0,6}+(?:[ \t]{0,4}+:[ \t]{0,4}+[A-Za-z_][\w\[\].<>?]{0,48}+(?=[ \t]{0,4}+=))?+
    [ \t]{0,40}+(?:=|:=|:|=>)[ \t]{0,40}+
    (?:[A-Za-z_$!][\w.$!?:>-]{0,60}+(?:[(\[]{1,2}[ \t]{0,4}+(?:["'][\w.:/-]{1,60}+["'])?+[ \t]{0,4}+)?+[)\]]{0,2}+)
    [ \t]{0,8}+(?:\r?\n[ \t]{0,40}+)?+(?P<op>\|\||\?\?|\?:|or\b|\?|(?<=["'])[ \t]{0,4}+,)
    [ \t]{0,8}+(?:[a-z]{1,12}=)?+(?P<quote>["'`])""",
    re.VERBOSE,
)
_VALUES = {
    b'"': lazily(rb'((?:[^"\\\r\n]|\\.){0,1030}+)"'),
    b"'": lazily(rb"((?:[^'\\\r\n]|\\.){0,1030}+)'"),
    b"`": lazily(rb"((?:[^`\\\r\n]|\\.){0,1030}+)`"),
    b'"""': lazily(rb'((?:[^"\\\r\n]|\\.){0,1030}+)"""'),
    b"'''": lazily(rb"((?:[^'\\\r\n]|\\.){0,1030}+)'''"),
}
_ESCAPED = lazily(rb"([^\"'\\\r\n]{0,1030}+)\\{1,2}+[\"']")
_BLOCK = lazily(rb"""[ \t]{0,4}+\{[ \t]{0,4}+["'](?P<value>[^"'\r\n]{4,300}+)["'][ \t]{0,4}+\}""")
_INSERT = lazily(rb"(?i)\binsert\s+(?:ignore\s+)?into\s[^;()]{1,80}$")
_VALUES_OF = lazily(rb"(?i)[`\"\]]?[^();]{0,300}+\)\s{0,40}+values\s{0,8}+\(")
_SECOND = lazily(rb"""[ \t]{0,4}+,[ \t]{0,4}+(?P<quote>["'`])""")
_ANOTHER = lazily(rb"""[ \t]{0,4}+,[ \t]{0,4}+[brfu]?+["']""")
_TUPLE = lazily(rb"(?:^|\n)[ \t]{0,24}+(?:(?:const|let|var|my|local)[ ])?+\(?+[\w$]{1,40}+,[ \t]{0,4}+$")
_OPTION = lazily(rb"""(?:[ \t]{1,4}+|=)["']?+(?P<value>[^\s"'\-][^\s"']{2,255}+)""")
_ELEMENT = lazily(rb"""(?:[ \t][^<>\r\n]{0,80}+)?+>(?:<!\[CDATA\[)?+(?P<value>[^<>\r\n\]]{4,1030}+)(?:\]\]>)?+</""")
_QUERY = lazily(rb"""=(?P<value>[^\s&"'`<>#;,)\]}\\]{4,300}+)""")
_INNER = lazily(rb"""(?:=|:[ ]?+)(?P<value>[^\s"'`&;,<>(){}\[\]\\|]{4,300}+)["'`&;,]""")
_SQL = lazily(
    (
        rb"""(?:[ \t]{1,8}+by)?+(?:[ \t]{1,8}+(?:as[ \t]{1,8}+|using[ \t]{1,8}+|values?[ \t]{0,4}+\()?+|\()N?(?P<quote>"""
        rb"""['"])(?P<value>[^'"\r\n]{4,128}+)(?P=quote)"""
    ),
    re.IGNORECASE,
)
_SQL_BEFORE = lazily(rb"(?i)(?:\b(?:user|role|login|with|identified|encrypted|set|for|alter|create|grant)\b)")
_LOGIN = lazily(rb"\blogin\s{1,8}[^\s]{1,64}\s{1,8}$")
_NETRC = lazily(rb"[ \t\r\n]{1,8}+(?P<value>[^\s\"'\\]{4,128}+)")
_WORD = lazily(rb"""[ \t]{1,8}+(?P<quote>["'])(?P<value>[^"'\r\n]{4,300}+)(?P=quote)""")
_WORD_LANGUAGES = frozenset({"groovy", "ruby", "kotlin", "ini"})
_ENDS = lazily(
    rb"[;+.]|[ \t\r\n]++(?![^\w\s]|or|to|by|as|using|value|string|n?varchar|content|default|initial|text|val|fallback|with)",
    re.IGNORECASE,
)
_SETTER = lazily(r"(?:^|[.$_-])(set|with|use|\.)(?=[A-Z_.])|\.[A-Za-z_]+$")
_IDENTIFIER = lazily(rb"[A-Za-z_.*:/-]+")
_STRING_AFTER = lazily(rb"""[ \t]{0,8}+,\s{0,40}+[bruf]{0,2}+["'`]""")
_STRING_BEFORE = lazily(rb"""["'`][ \t]{0,8},\s{0,40}[bruf]{0,2}["'`][^"'`\r\n]{0,30}\Z""")
_BARE = PLAIN_LANGUAGES | {"json", "toml", "hcl"}
_VALUE_FORMATS = CONFIGURATION | {"json", "toml", "hcl", "xml"}


def value_after(sheet: Sheet, name: str, start: int, end: int) -> Value | None:
    """Give the value of the name that stands at `start` to `end`, or None."""
    data = sheet.data
    if sheet.language not in PLAIN_LANGUAGES and name[:1] != "-" and _ENDS.match(data, end):
        return None  # most names of code: nothing that ties a value to them follows
    if name.lower() == "identified":
        identified = _SQL.match(data, end)
        return value_of(identified, "value", literal=True) if identified else None
    before = data[start - 1 : start] if start else b""
    if before in {b"?", b"&"}:
        return _query(data, end)
    if before == b"<" or (before in {b":", b"/"} and data[max(0, start - 24) : start].rfind(b"<") >= 0):
        element = _ELEMENT.match(data, end)
        if element:
            return value_of(element, "value", literal=True)
    quoted = _QUOTED.match(data, end)
    if quoted and quoted["op"] != b",":
        return _quoted(sheet, name, start, quoted)
    option = _OPTION.match(data, end) if name.startswith("-") else None
    if option:
        return value_of(option, "value", weak=True)
    if data[max(0, start - 2) : start] == b"${":
        return default_of(data, end)
    return _spread(sheet, name, (start, end), quoted, before)


def _spread(sheet: Sheet, name: str, span: tuple[int, int], quoted: "re.Match[bytes] | None", before: bytes) -> Value | None:
    """Read a value that stands farther from its name: pairs, fallbacks, unquoted text, words."""
    data = sheet.data
    start, end = span
    pair = value_of_pair(data, start, end, literal=sheet.language in _VALUE_FORMATS, bare=sheet.language in _BARE)
    if pair is None and before in {b'"', b"'", b">"}:
        pair = reversed_pair(data, start, literal=sheet.language in _VALUE_FORMATS)
    if pair:
        return pair
    if quoted:
        return _quoted(sheet, name, start, quoted)
    if before in {b'"', b"'", b"`", b";"} and data[end : end + 1] in {b"=", b":"}:
        inner = _INNER.match(data, end)
        if inner:
            return value_of(inner, "value", weak=True)
    if sheet.language in PLAIN_LANGUAGES:
        plain = plain_value(sheet, start, end)
        if plain:
            return plain
    fallback = _FALLBACK.match(data, end)
    if fallback:
        inner = _VALUES[fallback["quote"]].match(data, fallback.end())
        return cut(inner.start(1), inner[1], weak=True) if inner else None
    return _worded(sheet, name, start, end)


def _query(data: bytes, end: int) -> Value | None:
    found = _QUERY.match(data, end)
    return value_of(found, "value", weak=True) if found else None


def _quoted(sheet: Sheet, name: str, start: int, found: "re.Match[bytes]") -> Value | None:
    """Read a string after an operator."""
    data = sheet.data
    close, op, quote = found["close"], found["op"], found["quote"]
    if op == b"to" and not close:
        return None
    weak = op in {b",", b"or", b"||", b"?:", b"??"}
    if (
        op == b","
        and (
            b"\n" in found[0]
            or b")" in close
            or sheet.name.endswith(".map")  # of sources: a list of the names in them
            or not (close or data[start - 1 : start] == b"{" or _compared(data, start) or "USERPWD" in name)
        )
    ):
        return None
    if op == b"(" and (close or not (_SETTER.search(name) or _called(sheet, start))):
        return None
    inner = (_ESCAPED if quote.startswith(b"\\") else _VALUES[quote]).match(data, found.end())
    if inner is None:
        return None
    if op == b"," and _in_list_of_names(data, start, inner):
        return None
    if op == b"(" and _ANOTHER.match(data, inner.end()):
        return None  # a call that takes a name and a password in this order
    if op in {b"=", b":="} and _TUPLE.search(data[max(0, start - 48) : start]):
        second = _SECOND.match(data, inner.end())
        other = _VALUES[second["quote"]].match(data, second.end()) if second else None
        if other:
            return cut(other.start(1), other[1])
    return cut(inner.start(1), inner[1], literal=sheet.language in _VALUE_FORMATS and not weak, weak=weak)


def _in_list_of_names(data: bytes, start: int, value: "re.Match[bytes]") -> bool:
    """Tell whether name and value are two of a list of names: another string stands beside them, and the value reads as an
    identifier."""
    if _IDENTIFIER.fullmatch(value[1]) is None:
        return False
    after = _STRING_AFTER.match(data, value.end())
    return after is not None or _STRING_BEFORE.search(data[max(0, start - 80) : start]) is not None


def _inserted(data: bytes, start: int, end: int) -> Value | None:
    """Read the value of a column of `INSERT INTO table (name, …) VALUES ('…', …)`; of the first row."""
    head = data[max(0, start - 400) : start]
    opening = head.rfind(b"(")
    if opening < 0 or _INSERT.search(head[:opening]) is None:
        return None
    values = _VALUES_OF.match(data, end)
    column = head.count(b",", opening)
    row = read_arguments(data, values.end(), 12) if values else []
    if len(row) <= column or row[column].text is None:
        return None
    return cut(row[column].start, data[row[column].start : row[column].end])


def _compared(data: bytes, start: int) -> bool:
    """Tell whether the name is an argument of a comparison: `strcmp(password, "…")`."""
    return data[max(0, start - 24) : start].lower().rstrip(b" *&$").endswith((b"cmp(", b"equals(", b"equal(", b"compare("))


def _called(sheet: Sheet, start: int) -> bool:
    """Tell whether a call by the name of a secret sets it: a builder's method, a function of SQL."""
    before = sheet.data[max(0, start - 8) : start]
    return sheet.language == "sql" or before.endswith((b".", b"string ", b"String "))


def _worded(sheet: Sheet, name: str, start: int, end: int) -> Value | None:
    """Read what only words tie to the name: SQL (`IDENTIFIED BY '…'`), netrc (`password …`), `#define NAME "…"`, DSLs."""
    data = sheet.data
    line_start, _ = sheet.line(start, 256)
    before = data[line_start:start]
    word = _WORD.match(data, end)
    if word and (
        sheet.language in _WORD_LANGUAGES
        or before.strip() in {b"#define", b"# define"}
        or before.endswith((b":", b"(define "))
    ):
        return value_of(word, "value", literal=before.strip()[:1] == b"#")
    inserted = _inserted(data, start, end)
    if inserted:
        return inserted
    block = _BLOCK.match(data, end) if sheet.language in _WORD_LANGUAGES else None
    if block:
        return value_of(block, "value")
    sql = _SQL.match(data, end)
    if sql and (sheet.language == "sql" or _SQL_BEFORE.search(before)):
        return value_of(sql, "value")
    if name.lower() in {"requirepass", "masterauth", "bindpw", "rootpw"}:
        setting = _NETRC.match(data, end) if not before.strip() else None
        return value_of(setting, "value", literal=True) if setting else None
    netrc = _NETRC.match(data, end) if name.lower() == "password" else None
    if netrc and _LOGIN.search(data[max(0, start - 96) : start]):
        is_netrc = (
            sheet.name in {".netrc", "_netrc", "netrc", ".authinfo"} or b"machine " in data[max(0, start - 256) : start]
        )
        return value_of(netrc, "value", literal=True) if is_netrc else None
    return None
