"""Detectors of secrets in known places: URLs, Basic and Bearer headers, connection strings."""

from clearance.facts.finding import Confidence, Look, Severity
from clearance.scan.secrets.checks import user_pass
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Dropped, Expression, Found, Probe, Sheet
from clearance.scan.secrets.specimens import is_specimen
from clearance.scan.secrets.values import Judgement, Kind, judge

_SCHEME = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-"
_URL = lazily(
    rb"""://(?P<user>[^\s:/?\#@"'`<>\\]{0,256}+):(?P<password>[^\s/@"'`<>\\]{3,256}+)@(?P<host>[A-Za-z0-9\[_$%{][^\s"'`<>/?\\]{0,255}+)"""
)
_TOKEN_URL = lazily(
    rb"""://(?P<password>[A-Za-z0-9_.~-]{16,256}+)(?::(?:x-oauth-basic|x-token-auth)?)?@(?P<host>[A-Za-z0-9\[_$%{][^\s"'`<>/?\\]{0,255}+)"""
)
_SAMPLE_HOST = lazily(
    rb"(?i)(?:[\w-]+\.)*example(?:\.(?:com|org|net|test))?\b|(?:host|hostname|server|domain|foo|bar|someserver|myhost)(?:\.\w+)?(?:[:,]|$)"
)
_BASIC = lazily(rb"""(?i:basic)[ \t]{1,4}+(?P<value>[A-Za-z0-9+/_-]{8,1024}+={0,2}+)""")
_AUTH = lazily(rb""""auth"[ \t]{0,8}+:[ \t]{0,8}+"(?P<value>[A-Za-z0-9+/_-]{8,1024}+={0,2}+)\"""")
_BEARER = lazily(rb"""(?i:bearer|token)[ \t]{1,4}+(?P<value>[A-Za-z0-9._~+/-]{16,2048}+={0,2}+)""")
_CONNECTION = lazily(rb"""(?i:password|pwd)[ \t]{0,4}+=[ \t]{0,4}+(?P<value>[^\s;"'`<>{}$\\&]{4,128}+)""")
_CONNECTION_KEY = lazily(
    rb"""(?i)(?:^|[;"'\s])(?:server|data[ ]source|host|hostaddr|addr|address|network[ ]address|endpoint|database|dbname|"""
    rb"""initial[ ]catalog|user[ ]?id|uid|user|username|dsn|driver|provider|port)[ \t]{0,4}=[^;\s=]"""
)
_GO_DSN = lazily(rb"""["'`\s=](?P<user>[\w.-]{1,64}):(?P<password>[^\s"'`@/]{3,128})$""")
_NEXT_KEY = lazily(r"[A-Za-z_]{2,24}=[^=]")
_CODE = lazily(r"[A-Za-z_][\w.]*[\[(,)]|.*[)\]],?$|[\w.]+,$")


def report(
    sheet: Sheet, rule: str, span: tuple[int, int], judged: Judgement, message: str, rank: int = 1
) -> Found | Dropped:
    """Give a finding, or what it is instead; in tests a finding has low weight."""
    if isinstance(judged, Look):
        return Dropped(*span, rule, judged)
    if sheet.is_locale and judged is not Confidence.HIGH:
        return Dropped(*span, rule, Look.WORDS)
    if sheet.is_test:
        return Found(*span, rule, rank, Confidence.LOW, Severity.LOW, message)
    return Found(*span, rule, rank, judged, None, message)


def url_credentials(rule: str) -> Probe:
    """`scheme://user:password@host` (RFC 3986, section 3.2.1), and a token in the place of the user."""

    def look(sheet: Sheet, at: int) -> Found | Dropped | None:
        before = sheet.data[max(0, at - 24) : at]
        if len(before.rstrip(_SCHEME)) == len(before):
            return None
        found = _URL.match(sheet.data, at)
        if found is None or found["password"] in {b"x-oauth-basic", b"x-token-auth"}:
            return _token_url(sheet, at, rule)
        text = found["password"].decode("utf-8", "replace")
        judged = judge(text, Kind.PASSWORD, literal=True)
        if found["user"].lower() == found["password"].lower():
            judged = Look.PLACEHOLDER
        if isinstance(judged, Confidence) and _SAMPLE_HOST.match(found["host"]):
            judged = Confidence.LOW
        return report(sheet, rule, found.span("password"), judged, "a password stands in a URL")

    expressions = (
        Expression(r"://[^\s:/?#@\"'`<>\\]*:[^\s/@\"'`<>\\]{3,}@[A-Za-z0-9\[_$%{]"),
        Expression(r"://[A-Za-z0-9_.~-]{16,}(?::(?:x-oauth-basic|x-token-auth)?)?@[A-Za-z0-9\[_$%{]"),
    )
    return Probe(rule, expressions, (b"://",), 640, look)


def _token_url(sheet: Sheet, at: int, rule: str) -> Found | Dropped | None:
    found = _TOKEN_URL.match(sheet.data, at)
    if found is None:
        return None
    judged = judge(found["password"].decode(), Kind.TOKEN, literal=True)
    if b"sentry" in found["host"]:
        return None  # the public key of a Sentry DSN
    # A user's name stands here as well: what is no token says nothing.
    return (
        report(sheet, rule, found.span("password"), judged, "a token stands in a URL")
        if isinstance(judged, Confidence)
        else None
    )


def basic_auth(rule: str) -> Probe:
    """`Basic` and the base64 of `user:password` (RFC 7617), and the `auth` of Docker's configuration."""

    def look(sheet: Sheet, at: int) -> Found | Dropped | None:
        found = (_BASIC if sheet.data[at : at + 1] != b'"' else _AUTH).match(sheet.data, at)
        pair = user_pass(found["value"].decode()) if found else None
        if found is None or pair is None:
            return None
        judged = judge(pair[1], Kind.PASSWORD, literal=True)
        if is_specimen(found["value"].decode()):
            judged = Look.PLACEHOLDER
        return report(sheet, rule, found.span("value"), judged, "a user name and password in base64")

    patterns = (r"basic[ \t]+[A-Za-z0-9+/_-]{8}", r'"auth"[ \t]*:[ \t]*"[A-Za-z0-9+/_-]{8}')
    return Probe(rule, tuple(Expression(one, caseless=True) for one in patterns), (b"basic", b'"auth"'), 64, look)


def bearer(rule: str) -> Probe:
    """`Bearer` or `token` and a token, as in an Authorization header (RFC 6750)."""

    def look(sheet: Sheet, at: int) -> Found | Dropped | None:
        found = _BEARER.match(sheet.data, at)
        if found is None:
            return None
        if found[0][:1] in b"tT" and b"uthorization" not in sheet.data[max(0, at - 32) : at]:
            return None
        judged = judge(found["value"].decode(), Kind.TOKEN, literal=False)
        return None if judged is Look.WORDS else report(sheet, rule, found.span("value"), judged, "a bearer token")

    patterns = (r"bearer[ \t]+[A-Za-z0-9._~+/-]{16}", r"uthorization[^\r\n]{0,24}token[ \t]+[A-Za-z0-9._~+/-]{16}")
    return Probe(rule, tuple(Expression(one, caseless=True) for one in patterns), (b"bearer", b"token"), 96, look)


def connection_string(rule: str) -> Probe:
    """`Server=…;User Id=…;Password=…` and `host=… password=…` (ODBC, ADO.NET, libpq)."""

    def look(sheet: Sheet, at: int) -> Found | Dropped | None:
        if sheet.data[at : at + 1] == b"@":
            return _go_dsn(sheet, at, rule)
        found = _CONNECTION.match(sheet.data, at)
        if found is None or sheet.data[at - 1 : at].isalnum():
            return None
        start, end = sheet.line(at, 300)
        line = sheet.data[start:end]
        if not _CONNECTION_KEY.search(sheet.data[start:at] + b";" + sheet.data[found.end() : end]):
            return None
        text = found["value"].decode("utf-8", "replace")
        semicolons = b";" in line.rstrip(b"\r\n ;")
        if _NEXT_KEY.match(text) or (not semicolons and _CODE.match(text)):
            return None
        return report(
            sheet,
            rule,
            found.span("value"),
            judge(text, Kind.PASSWORD, literal=semicolons),
            "a password in a connection string",
        )

    expression = Expression(r"(?:password|pwd)[ \t]*=[ \t]*[^\s;\"'`<>{}$\\&]{4}", caseless=True)
    address = Expression(r":[^\s\"'`@/]{3,}@(?:tcp|unix)\(")
    return Probe(rule, (expression, address), (b"password", b"pwd", b"@tcp(", b"@unix("), 64, look)


def _go_dsn(sheet: Sheet, at: int, rule: str) -> Found | Dropped | None:
    """Read `user:password@tcp(host:port)/database`, the form of Go's driver for MySQL."""
    found = _GO_DSN.search(sheet.data[max(0, at - 200) : at])
    if found is None:
        return None
    base = max(0, at - 200)
    span = (base + found.start("password"), base + found.end("password"))
    judged = judge(found["password"].decode("utf-8", "replace"), Kind.PASSWORD, literal=True)
    return report(sheet, rule, span, judged, "a password in a connection string")
