"""Detectors of secrets in known places: URLs, Basic and Bearer headers, connection strings, command lines, key blocks."""

import re

from clearance.facts.finding import Confidence, Severity
from clearance.scan.secrets.checks import user_pass
from clearance.scan.secrets.probe import Expression, Found, Probe, Sheet
from clearance.scan.secrets.rarity import entropy
from clearance.scan.secrets.values import Kind, is_made_up, is_wordy, judge

_SCHEME = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-"
_URL = re.compile(
    rb"""://(?P<user>[^\s:/?\#@"'`<>\\]{0,128}+):(?P<password>[^\s/@"'`<>\\]{3,256}+)@(?P<host>[A-Za-z0-9\[_$%{][^\s"'`<>/?\\]{0,255}+)"""
)
_BASIC = re.compile(rb"""(?i:basic)[ \t]{1,4}+(?P<value>[A-Za-z0-9+/_-]{8,1024}+={0,2}+)""")
_AUTH = re.compile(rb""""auth"[ \t]{0,8}+:[ \t]{0,8}+"(?P<value>[A-Za-z0-9+/_-]{8,1024}+={0,2}+)\"""")
_BEARER = re.compile(rb"""(?i:bearer|token)[ \t]{1,4}+(?P<value>[A-Za-z0-9._~+/-]{16,2048}+={0,2}+)""")
_CONNECTION = re.compile(rb"""(?i:password|pwd)[ \t]{0,4}+=[ \t]{0,4}+(?P<value>[^\s;"'`<>{}$\\&]{4,128}+)""")
_CONNECTION_KEY = re.compile(
    rb"""(?i)(?:^|[;"'\s])(?:server|data[ ]source|host|hostaddr|addr|address|network[ ]address|endpoint|database|dbname|"""
    rb"""initial[ ]catalog|user[ ]?id|uid|user|username|dsn|driver|provider|port)[ \t]{0,4}=[^;\s]"""
)
_NEXT_KEY = re.compile(r"[A-Za-z_]{2,24}=[^=]")
_KEY_BEGIN = re.compile(rb"-----BEGIN (?P<kind>[A-Z0-9 ]{11,52}+)-----")
_KEY_END = re.compile(rb"-----END [A-Z0-9 ]{0,52}+-----")
_KEY_BODY = re.compile(rb"[A-Za-z0-9+/=]{16,}")
_LONGEST_KEY = 16384
_COMMANDS = (
    re.compile(
        rb"""\bcurl\b[^\r\n]{0,400}?[ \t](?:-u|--(?:proxy-)?user)[ \t=]{0,3}["']?[^\s:"']{1,64}:(?P<value>[^\s"']{3,128})"""
    ),
    re.compile(rb"""\bsshpass[ \t]{1,4}-p[ \t]{0,4}["']?(?P<value>[^\s"']{3,128})"""),
    re.compile(rb"""\bdocker[ \t]{1,4}login\b[^\r\n]{0,200}?[ \t]-p[ \t=]{1,3}["']?(?P<value>[^\s"']{3,256})"""),
    re.compile(
        rb"""\b(?:mysql|mysqldump|mysqladmin|mariadb)[ \t](?:[^\r\n]{0,200}?[ \t])?-p(?P<value>[^\s"'-][^\s"']{3,127})"""
    ),
)


def _report(sheet: Sheet, rule: str, span: tuple[int, int], confidence: Confidence, message: str) -> Found | None:
    """Give a finding; in tests only what is sure, and with low weight."""
    if not sheet.is_test:
        return Found(*span, rule, 1, confidence, None, message)
    if confidence is not Confidence.HIGH:
        return None
    return Found(*span, rule, 1, Confidence.LOW, Severity.LOW, message)


def url_credentials(rule: str) -> Probe:
    """`scheme://user:password@host` (RFC 3986, section 3.2.1)."""

    def look(sheet: Sheet, at: int) -> Found | None:
        found = _URL.match(sheet.data, at)
        before = sheet.data[max(0, at - 24) : at]
        if found is None or len(before.rstrip(_SCHEME)) == len(before):
            return None
        text = found["password"].decode("utf-8", "replace")
        confidence = judge(text, Kind.PASSWORD, literal=True)
        if confidence is None or found["user"].lower() == found["password"].lower():
            return None
        if re.match(
            rb"(?i)(?:[\w-]+\.)*example(?:\.(?:com|org|net|test))?\b|(?:host|hostname|server|domain)\b", found["host"]
        ):
            confidence = Confidence.LOW
        return _report(sheet, rule, found.span("password"), confidence, "a password stands in a URL")

    pattern = r"://[^\s:/?#@\"'`<>\\]*:[^\s/@\"'`<>\\]{3,}@[A-Za-z0-9\[_$%{]"
    return Probe(rule, (Expression(pattern),), (b"://",), 512, look)


def basic_auth(rule: str) -> Probe:
    """`Basic` and the base64 of `user:password` (RFC 7617), and the `auth` of Docker's configuration."""

    def look(sheet: Sheet, at: int) -> Found | None:
        found = (_BASIC if sheet.data[at : at + 1] != b'"' else _AUTH).match(sheet.data, at)
        pair = user_pass(found["value"].decode()) if found else None
        if found is None or pair is None:
            return None
        confidence = judge(pair[1], Kind.PASSWORD, literal=True)
        if confidence is None:
            return None
        return _report(sheet, rule, found.span("value"), confidence, "a user name and password in base64")

    patterns = (r"basic[ \t]+[A-Za-z0-9+/_-]{8}", r'"auth"[ \t]*:[ \t]*"[A-Za-z0-9+/_-]{8}')
    return Probe(rule, tuple(Expression(one, caseless=True) for one in patterns), (b"basic", b'"auth"'), 64, look)


def bearer(rule: str) -> Probe:
    """`Bearer` or `token` and a token, as in an Authorization header (RFC 6750)."""

    def look(sheet: Sheet, at: int) -> Found | None:
        found = _BEARER.match(sheet.data, at)
        if found is None:
            return None
        if found[0][:1] in b"tT" and b"uthorization" not in sheet.data[max(0, at - 32) : at]:
            return None
        confidence = judge(found["value"].decode(), Kind.KEY, literal=False)
        return _report(sheet, rule, found.span("value"), confidence, "a bearer token") if confidence else None

    patterns = (r"bearer[ \t]+[A-Za-z0-9._~+/-]{16}", r"uthorization[^\r\n]{0,24}token[ \t]+[A-Za-z0-9._~+/-]{16}")
    return Probe(rule, tuple(Expression(one, caseless=True) for one in patterns), (b"bearer", b"token"), 96, look)


def connection_string(rule: str) -> Probe:
    """`Server=…;User Id=…;Password=…` and `host=… password=…` (ODBC, ADO.NET, libpq)."""

    def look(sheet: Sheet, at: int) -> Found | None:
        found = _CONNECTION.match(sheet.data, at)
        if found is None:
            return None
        start, end = sheet.line(at, 300)
        if not _CONNECTION_KEY.search(sheet.data[start:at] + b";" + sheet.data[found.end() : end]):
            return None
        text = found["value"].decode("utf-8", "replace")
        if _NEXT_KEY.match(text):
            return None
        confidence = judge(text, Kind.PASSWORD, literal=b";" in sheet.data[start:end])
        return (
            _report(sheet, rule, found.span("value"), confidence, "a password in a connection string")
            if confidence
            else None
        )

    return Probe(
        rule,
        (Expression(r"(?:password|pwd)[ \t]*=[ \t]*[^\s;\"'`<>{}$\\&]{4}", caseless=True),),
        (b"password", b"pwd"),
        64,
        look,
    )


def command_line(rule: str) -> Probe:
    """Passwords in the arguments of curl, sshpass, docker login and the MySQL clients."""

    def look(sheet: Sheet, at: int) -> Found | None:
        window = sheet.data[max(0, at - 1) : at + 640]
        for command in _COMMANDS:
            found = command.match(window, min(1, at))
            if found:
                text = found["value"].decode("utf-8", "replace")
                confidence = judge(text, Kind.PASSWORD, literal=True)
                base = max(0, at - 1)
                span = (base + found.start("value"), base + found.end("value"))
                return _report(sheet, rule, span, confidence, "a password in a command line") if confidence else None
        return None

    patterns = (
        r"curl[^\r\n]*[ \t](?:-u|--user|--proxy-user)[ \t=]*[\"']?[^\s:\"']+:[^\s\"']{3}",
        r"sshpass[ \t]+-p",
        r"docker[ \t]+login[^\r\n]*[ \t]-p[ \t=]",
        r"(?:mysql|mysqldump|mysqladmin|mariadb)[ \t](?:[^\r\n]*[ \t])?-p[^\s\"'-]",
    )
    return Probe(rule, tuple(map(Expression, patterns)), (b"curl", b"sshpass", b"docker", b"mysql", b"mariadb"), 640, look)


def private_key(rule: str) -> Probe:
    """PEM and OpenPGP private key blocks (RFC 7468, RFC 9580), also escaped or cut into string literals."""

    def look(sheet: Sheet, at: int) -> Found | None:
        start = (
            at - 11 if sheet.data[at - 11 : at] == b"-----BEGIN " else sheet.data.rfind(b"-----BEGIN ", max(0, at - 52), at)
        )
        begin = _KEY_BEGIN.match(sheet.data, start) if start >= 0 else None
        if begin is None or not begin["kind"].endswith((b"PRIVATE KEY", b"PRIVATE KEY BLOCK")):
            return None
        limit = min(len(sheet.data), begin.end() + _LONGEST_KEY)
        ends = sheet.data.find(b"-----", begin.end(), limit)
        body = sheet.data[begin.end() : ends if ends >= 0 else min(limit, begin.end() + 4096)]
        runs = _KEY_BODY.findall(body)
        material = b"".join(runs).decode("ascii")
        if len(material) < 60 or entropy(material[:2048]) < 3.6 or is_wordy(material[:64]) or _poor(material):
            return None
        if ends >= 0:
            closing = _KEY_END.match(sheet.data, ends)
            end = closing.end() if closing else ends
        else:
            end = begin.end() + body.rfind(runs[-1]) + len(runs[-1])
        kind = begin["kind"].decode().removesuffix(" BLOCK").removesuffix("PRIVATE KEY").strip().lower() or "PKCS#8"
        severity = Severity.LOW if sheet.is_test else None
        return Found(
            start, end, rule, 1, Confidence.LOW if sheet.is_test else Confidence.HIGH, severity, f"a private key ({kind})"
        )

    return Probe(rule, (Expression(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"),), (b"private key",), 128, look)


def _poor(material: str) -> bool:
    """Tell whether key material is a stand-in."""
    return len(material) < 400 and is_made_up(material)
