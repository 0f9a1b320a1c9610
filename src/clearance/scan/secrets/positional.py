"""The detector `positional-credential`: calls whose callee says which argument is a password or a key.

login("joe", "…")   auth=("joe", "…")   new NetworkCredential("joe", "…")   DriverManager.getConnection(url, "joe", "…")
createHmac("sha256", "…")   Fernet("…")   jwt.encode(claims, "…")
"""

import re
from typing import NamedTuple

from clearance.facts.finding import Confidence, Look
from clearance.scan.secrets.arguments import Argument, read_arguments
from clearance.scan.secrets.credentials import report
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Dropped, Expression, Found, Probe, Sheet
from clearance.scan.secrets.values import Kind, is_wordy, judge


class _Callee(NamedTuple):
    """A callee, and which of its arguments (from 0) is the secret; -1 for the last string after a first one."""

    pattern: str
    argument: int
    kind: Kind = Kind.PASSWORD


_BASIC = r"basic_?auth(?:entication)?|http_?basic(?:_?auth)?|(?:http_?)?digest_?auth|http_?auth|ntlm_?auth"
_USER_AND = r"username_?password|user_?pass(?:word)?|network|password|basic_?auth|git|ntlm|ldap|vss_?basic"
_CALLEES = (
    _Callee(
        (
            r"(?:\w{1,12}_)?(?:smtp|do|try|admin|user|perform|client)?_?(?:log_?in|sign_?in)(?:_?(?:user|as|with_?\w{1,20}"
            r"|admin))?"
        ),
        1,
    ),
    _Callee(r"(?:try_?|perform_?)?authenticate(?:_?user|_?with_?\w{1,20})?", 1),
    _Callee(rf"(?:set_?|with_?|use_?|http_?|proxy_?|preemptive(?:\(\))?\.)?(?:{_BASIC})", 1),
    _Callee(r"auth", 1),
    _Callee(
        (
            r"(?:plain_?|(?:new_?)?static_?(?:aws_?)?|basic_?aws_?|aws_?basic_?|set_?|nt_?|with_?)?credentials?(?:\.create"
            r"|\.of|\.from)?"
        ),
        1,
    ),
    _Callee(
        rf"(?:new_?)?(?:{_USER_AND})_?(?:credentials?(?:_?provider)?|authentication(?:_?token)?|auth(?:enticator)?|token)", 1
    ),
    _Callee(r"(?:http_?basic_?)?authenticator|auth_?tokens?\.basic", 1),
    _Callee(
        (
            r"(?:create|add|new|make)_?(?:super_?|admin_?|test_?|db_?)?user|(?:reset|change|set|update)_?"
            r"(?:user_?)?password(?:_?for)?"
        ),
        -1,
    ),
    _Callee(r"mysql_real_connect", 3),
    _Callee(
        r"get_?connection|(?:mysqldb|pymysql|mysql)\.connect|mysqli?(?:_p?connect)?|pdo|sequelize|dbi(?:\.|->)connect", 2
    ),
    _Callee(r"ftp_login|ssh2_auth_password|imap_open|ldap_bind", 2),
    _Callee(r"(?:key_?store|trust_?store|ks)\.load", 1),
    _Callee(r"create_?hmac|create_?(?:de)?cipher(?:iv)?|jwts?\.(?:encode|sign|decode|verify)|sign_?with", 1, Kind.KEY),
    _Callee(r"openssl_(?:en|de)crypt|hash_hmac", 2, Kind.KEY),
    _Callee(
        r"(?:aes|des3?|blowfish|hmac|arc4|chacha20)\.new|fernet|symmetric_?security_?key|secret_?key_?spec", 0, Kind.KEY
    ),
)
_CALLEE = lazily(
    "|".join(f"(?P<c{number}>{callee.pattern})" for number, callee in enumerate(_CALLEES)).encode(), re.IGNORECASE
)
_OPEN = lazily(rb"[\"']?[ \t]{0,4}+(?:(?:=|:|=>)[ \t]{0,4}+(?:new[ ])?+[A-Za-z_.]{0,40}+[(\[{]|\()\s{0,60}+")
# What may stand between the opening and the secret; the expressions below say the same.
_BETWEEN = lazily(rb"(?:\{[^{}\r\n]*\})?[^{}\r\n]*(?:,\s*[\w.\[\] (]*)?")
_NAME_BYTES = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789"
_KEYWORDS = (
    b"login", b"log_in", b"signin", b"sign_in", b"authenticat", b"auth", b"credential", b"user", b"connect", b"mysql",
    b"pdo", b"sequelize", b"imap_open", b"password", b"http_basic", b"httpbasic", b"store.load", b"ldap_bind", b"hmac",
    b"cipher", b"jwt", b"signwith", b"sign_with", b"openssl_", b"aes.new", b"des3.new", b"fernet",
    b"securitykey", b"keyspec",
)  # fmt: skip


def positional_credential(rule: str) -> Probe:
    """Make the probe of the detector `positional-credential`."""

    def look(sheet: Sheet, at: int) -> Found | Dropped | None:
        data = sheet.data
        before = data[max(0, at - 40) : at]
        start = at - len(before) + len(before.rstrip(_NAME_BYTES))
        found = _CALLEE.match(data, start)
        opening = _OPEN.match(data, found.end()) if found else None
        if found is None or found.lastgroup is None or opening is None:
            return None
        callee = _CALLEES[int(found.lastgroup[1:])]
        value = _secret(read_arguments(data, opening.end()), callee.argument)
        if value is None or value.text is None or any(char.isspace() for char in value.text[:4]):
            return None
        if _BETWEEN.fullmatch(data[opening.end() : value.start - 1].rstrip(b"brfuL@N")) is None:
            return None
        judged = judge(value.text, callee.kind, literal=False)
        if isinstance(judged, Confidence) and is_wordy(value.text) and value.text.isalpha():
            judged = Look.WORDS
        if callee.kind is Kind.KEY and judged in {Look.WORDS, Look.WEAK}:
            return None
        said = "a password is written into a call" if callee.kind is Kind.PASSWORD else "a key is written into a call"
        return report(sheet, rule, (value.start, value.end), judged, said)

    return Probe(rule, tuple(Expression(one, caseless=True) for one in _EXPRESSIONS), _KEYWORDS, 800, look)


def _secret(arguments: list[Argument], index: int) -> Argument | None:
    """Give the argument that is the secret; None where there are too few, or it is no string."""
    if index >= 0:
        return arguments[index] if len(arguments) > index and arguments[index].text is not None else None
    if not arguments or arguments[0].text is None:
        return None
    strings = [one for one in arguments[1:4] if one.text is not None and "@" not in one.text[1:-1]]
    return strings[-1] if strings else None


_LAST = r"(?:\{[^{}\r\n]*\})?[^{}\r\n]*,\s*[\w.\[\] (]*@?[\"'][^\s\"']{4}"
_EXPRESSIONS = (
    (
        r"(?:log_?in|sign_?in|auth|basic|digest|credential|provider|token|user|connect|mysqli|pdo|sequelize|ftp_login"
        r"|imap_open|ldap_bind|"
        r"password|hmac|cipher|crypt|jwts?\.(?:encode|sign|decode|verify)|sign_?with|store\.load|ks\.load)[\w.]*[\"']?[ \t]*"
        rf"(?:[:=]>?[ \t]*[\w. ]*[(\[{{]|\()\s*{_LAST}"
    ),
    r"(?:\.new|fernet|securitykey|security_key|keyspec|key_spec)\(\s*[\w.\[\] (]*[\"'][^\s\"']{4}",
)
