"""The detector `prose-password`: passwords and tokens that people tell each other in sentences, tickets, tables, comments.

the password is …   pw: …   login with admin / …   | Password | … |   // pass: …   пароль: …
"""

import re

from clearance.facts.finding import Confidence, Look
from clearance.scan.secrets.credentials import report
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Dropped, Expression, Found, Probe, Sheet
from clearance.scan.secrets.values import Kind, is_wordy, judge

_PROSE = frozenset({"text", "markdown", "rst", "html", None})
_COMMENT = lazily(rb"(?:^|[\s;{})])(?://|#|/?\*|--|<!--|;|%|rem\b|'''|\"\"\")", re.IGNORECASE)
_NOUN = (
    rb"(?:pass(?:word|wd|phrase|code|wort)?|pwd?|psw|kennwort|senha|contrase(?:n|\xc3\xb1)a|mot de passe|wachtwoord|has"
    rb"(?:\xc5\x82)?lo|"
    rb"parola|\xd0\xbf\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c|\xd0\x9f\xd0\xb0\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c"
    rb"|\xe5\xaf\x86\xe7\xa0\x81|"
    rb"\xe5\xaf\x86\xe7\xa2\xbc|\xe5\x8f\xa3\xe4\xbb\xa4|\xe3\x83\x91\xe3\x82\xb9\xe3\x83\xaf\xe3\x83\xbc\xe3\x83\x89|"
    rb"\xeb\xb9\x84\xeb\xb0\x80\xeb\xb2\x88\xed\x98\xb8|secret|token|api[ _-]?key|access[ _-]?key|secret[ _-]?key|pin"
    rb"[ -]?code|seed)"
)
_SAID = lazily(
    _NOUN
    + rb"""["'`*_)]{0,4}+(?:[ \t]{1,4}(?:for|of|to|on|in)[ ][\w@.,/ -]{1,40}?)?
    (?:[ \t]{0,4}+(?P<sign>=|:|\xef\xbc\x9a|->|=>|\xe2\x86\x92|\xe2\x80\x93)[ \t]{0,4}+
      |[ \t]{1,4}(?P<verb>is|was|are|will[ ]be|set[ ]to|changed[ ]to|ist|lautet|est|es)(?:[ ]now|[ ]still)?
       [ \t]{0,2}:?[ \t]{1,4}
      |[ \t]{0,4}\|[ \t]{0,4}|[ \t]{1,4}(?=[`"']))
    [*_]{0,2}[ \t]{0,2}(?P<quote>[`"'\xe2\x80]{0,3})(?P<value>[^\s`"'|<>]{4,128}+)(?P<after>[`"']?)""",
    re.IGNORECASE | re.VERBOSE,
)
_PAIR = lazily(
    rb"""(?:log(?:ged)?[ -]?in|sign[ -]?in|credentials?|creds|account|user(?:name)?[ ]?[/|&+][ ]?pass(?:word)?|auth)
    \b[^\r\n`"']{0,24}?
    (?::|\bwith\b|\bas\b|\busing\b|\bis\b|\bare\b|=)[ \t]{0,4}[*_]{0,2}[`"']?(?P<user>[\w.@+-]{2,40}+)[`"']?
    (?:[ \t]{0,3}(?:/|\||\band\b)[ \t]{0,3}[`"']?|:)(?P<value>[^\s`"'|<>/]{4,64}+)(?P<after>[`"']?)""",
    re.IGNORECASE | re.VERBOSE,
)
_USED = lazily(_NOUN + rb"""[ \t]{1,2}+(?P<value>[^\s`"'|<>]{4,128}+)(?P<after>)""", re.IGNORECASE)
_USE = lazily(
    (
        rb"\b(?:(?:use|using|with|enter|try)[ ]{1,2}(?:the |this |my )?|user(?:name)?[ :]{1,2}[\w.@-]{1,40},?[ ]{1,2}"
        rb"(?:and )?)$"
    ),
    re.IGNORECASE,
)
_RULE = lazily(rb"[ \t|:+-]{3,200}$")
_KEYWORDS = (
    b"pass", b"pw", b"kennwort", b"senha", b"contrase", b"mot de passe", b"wachtwoord", b"secret", b"token", b"pin", b"seed",
    b"api key", b"api-key", b"api_key", b"apikey", b"access key", b"secret key", b"psw",
    b"log", b"sign", b"cred", b"account", b"user", b"auth", b"parola",
    "пароль".encode(), "Пароль".encode(), "密码".encode(), "密碼".encode(), "口令".encode(), "パスワード".encode(),
    "비밀번호".encode(),
)  # fmt: skip
_CODE_ENDS = (".map", ".po", ".pot", ".min.js", ".snap", ".svg", ".csv", ".lock")
_TAIL = b".,;:)]}!?\\"
_UNLIKELY = lazily(
    r".*[(){}\[\]].*|.*\\[nrt].*|[A-Za-z_]\w*(?:\.\w+)+|[\w.-]*\(|.*\)$|\d{1,4}(?:[./-]\d{1,4})+|--?\w.*|[\w-]+(?:/"
    r"[\w.-]+)+|.*[=;].*"
)


def prose_password(rule: str) -> Probe:
    """Make the probe of the detector `prose-password`."""

    def look(sheet: Sheet, at: int) -> Found | Dropped | None:
        data = sheet.data
        if data[at - 1 : at].isalnum() or data[at - 1 : at] in {b"_", b"-", b".", b"$"}:
            return None
        if sheet.is_locale or sheet.name.endswith(_CODE_ENDS):
            return None
        line_start, _ = sheet.line(at, 240)
        if sheet.language not in _PROSE:
            # In code only comments, and only what is plainly a password.
            found = _SAID.match(data, at) if data[at : at + 1] in b"pP" and _COMMENT.search(data[line_start:at]) else None
            if found is None or (found["sign"] not in {b":", b"->"} and (found["verb"] or b"").lower() != b"is"):
                return None
            return _weighed(
                sheet, rule, found.start("value"), found["value"], kind=Kind.PASSWORD, quoted=bool(found["after"])
            )
        found = _SAID.match(data, at) or _PAIR.match(data, at)
        if found is None and _USE.search(data[max(0, at - 64) : at]):
            found = _USED.match(data, at)
        if found is None:
            return _table(sheet, at, rule)
        kind = Kind.TOKEN if data[at : at + 1] in b"tTaAsS" else Kind.PASSWORD
        return _weighed(sheet, rule, found.start("value"), found["value"], kind=kind, quoted=bool(found["after"]))

    return Probe(rule, _EXPRESSIONS, _KEYWORDS, 320, look)


def _weighed(sheet: Sheet, rule: str, start: int, raw: bytes, *, kind: Kind, quoted: bool) -> Found | Dropped | None:
    """Judge what a sentence gives as a secret: it must look like one, for most such words are prose."""
    if not quoted:
        bare = raw.rstrip(_TAIL)
        raw = raw[: len(bare) + 1] if raw[len(bare) : len(bare) + 1] == b"!" and not bare.isalpha() else bare
    raw = raw.rstrip(b"*_") if raw.endswith((b"**", b"__")) else raw
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    if b"badge" in sheet.data[max(0, start - 32) : start]:
        return None
    judged = judge(text, kind, literal=False)
    if isinstance(judged, Look):
        said = quoted and judged not in {Look.WORDS, Look.WEAK}
        return Dropped(start, start + len(raw), rule, judged) if said else None
    telling = sum(not char.isalpha() for char in text)
    if not telling and not (quoted and judged is not Confidence.LOW and not is_wordy(text)):
        return None
    if _UNLIKELY.fullmatch(text) or (
        is_wordy(text)
        and (not any(char.isdigit() for char in text) or not (quoted or judged is Confidence.HIGH or text[-1:].isdigit()))
    ):
        return None
    confidence = min(judged, Confidence.MEDIUM, key=lambda one: one.rank)
    return report(sheet, rule, (start, start + len(raw)), confidence, "a password or token is told in prose", 3)


def _table(sheet: Sheet, at: int, rule: str) -> Found | Dropped | None:
    """Read the first row of a Markdown table under a heading that says password."""
    if sheet.language not in {"markdown", "text", None}:
        return None
    data = sheet.data
    start, end = sheet.line(at, 300)
    column = data.count(b"|", start, at)
    if not column or b"pass" not in data[at : at + 5].lower():
        return None
    ruler_end = data.find(b"\n", end + 1, end + 300)
    if ruler_end < 0 or _RULE.match(data[end + 1 : ruler_end].rstrip()) is None:
        return None
    cells_end = data.find(b"\n", ruler_end + 1, ruler_end + 400)
    row = data[ruler_end + 1 : cells_end if cells_end >= 0 else ruler_end + 400]
    cells = row.split(b"|")
    if len(cells) <= column:
        return None
    cell = cells[column]
    begin = ruler_end + 1 + sum(len(one) + 1 for one in cells[:column])
    begin += len(cell) - len(cell.lstrip(b" \t`*"))
    value = cell.strip(b" \t`*\r")
    return (
        _weighed(sheet, rule, begin, value, kind=Kind.PASSWORD, quoted=b"`" in cell) if value and b" " not in value else None
    )


_NOUNS = (
    r"(?:pass(?:word|wd|phrase|code|wort)?|pwd?|psw|kennwort|senha|contrase.{1,2}a|mot de passe|wachtwoord|has\w*lo"
    r"|parola|secret|token|"
    r"(?:api|access|secret)[ _-]?key|pin[ -]?code|seed|\xd1\x80\xd0\xbe\xd0\xbb\xd1\x8c|\xe5\xaf\x86\xe7\xa0\x81"
    r"|\xe5\xaf\x86\xe7\xa2\xbc|"
    r"\xe5\x8f\xa3\xe4\xbb\xa4|\xe3\x83\xaf\xe3\x83\xbc\xe3\x83\x89|\xeb\xb2\x88\xed\x98\xb8)"
)
_END = r"[*_]{0,2}[ \t]{0,2}[`\"'\xe2\x80]{0,3}[^\s`\"'|<>]{4}"
_FOR = r"[\"'`*_)]{0,4}(?:[ \t]+(?:for|of|to|on|in) [\w@.,/ -]+)?"
_SIGN = r"[ \t]*(?:=|:|\xef\xbc\x9a|->|=>|\xe2\x86\x92|\xe2\x80\x93|\|)[ \t]*"
_VERB = r"[ \t]+(?:is|was|are|will be|set to|changed to|ist|lautet|est|es)(?: now| still)?[ \t]*:?[ \t]+"
_ROWS = r"[^\r\n]*\|[^\r\n]*\r?\n[ \t]*[ \t|:+-]{3,}\r?\n[^\r\n]{4}"
_EXPRESSIONS = (
    Expression(
        rf"{_NOUNS}(?:{_FOR}(?:{_SIGN}|{_VERB}){_END}|[ \t]+[`\"']{_END}|{_ROWS})",
        caseless=True,
        reach=320,
        languages=_PROSE,
    ),
    Expression(
        (
            rf"(?:(?:use|using|with|enter|try) (?:the |this |my )?|user(?:name)?[ :]+[\w.@-]+,? +(?:and )?){_NOUNS}[ \t]+"
            rf"[^\s`\"'|<>]{{4}}"
        ),
        caseless=True,
        reach=64,
        languages=_PROSE,
    ),
    Expression(
        r"(?:log(?:ged)?[ -]?in|sign[ -]?in|credentials?|creds|account|user(?:name)? ?[/|&+] ?pass(?:word)?|auth)"
        r"[^\r\n`\"']*"
        r"(?::|with|as|using|is|are|=)[ \t]*[*_]{0,2}[`\"']?[\w.@+-]{2,}[`\"']?(?:[ \t]*(?:/|\||and)[ \t]*[`\"']?|:)"
        r"[^\s`\"'|<>/]{4}",
        caseless=True,
        reach=192,
        languages=_PROSE,
    ),
    Expression(
        (
            rf"[^\w.$-](?:pass(?:word|wd|phrase|code|wort)?|pwd?){_FOR}(?:[ \t]*(?::|->)[ \t]*|[ \t]+is(?: now| still)?"
            rf"[ \t]*:?[ \t]+){_END}"
        ),
        caseless=True,
        reach=160,
    ),
)
