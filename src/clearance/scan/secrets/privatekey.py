"""The detector `private-key`: PEM, OpenPGP and PuTTY private key blocks."""

from clearance.facts.finding import Confidence, Look, Severity
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Dropped, Expression, Found, Probe, Sheet
from clearance.scan.secrets.rarity import entropy
from clearance.scan.secrets.values import is_made_up, is_wordy

_KEY_BEGIN = lazily(rb"-----BEGIN (?P<kind>[A-Z0-9 ]{11,52}+)-----")
_KEY_END = lazily(rb"-----END [A-Z0-9 ]{0,52}+-----")
_KEY_BODY = lazily(rb"[A-Za-z0-9+/=]{16,}")
_CODE = lazily(rb"""(?:\\+[nr]|\s)*+["'`]{1,3}\s*(?:\)|in\b|==|:|$)""")
_ZEROS = lazily(r"A{4,}")
_PUTTY = lazily(
    rb"(?i:Private-Lines): \d{1,3}+(?:\r?\n|\\n){1,2}+(?P<body>(?:[A-Za-z0-9+/=]{1,64}+(?:\r?\n|\\n){1,2}+){1,99}+)"
)
_LONGEST_KEY = 16384


def private_key(rule: str) -> Probe:
    """PEM and OpenPGP private key blocks (RFC 7468, RFC 9580), also escaped or cut into literals, and PuTTY's files."""

    def look(sheet: Sheet, at: int) -> Found | Dropped | None:
        if sheet.data[at : at + 1] in b"pP" and sheet.data[at + 7 : at + 8] == b"-":
            return _putty(sheet, at, rule)
        return _block(sheet, at, rule)

    expressions = (
        Expression(r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----"),
        Expression(r"private-lines: \d{1,3}", caseless=True),
    )
    return Probe(rule, expressions, (b"private key", b"private-lines"), 128, look)


def _block(sheet: Sheet, at: int, rule: str) -> Found | Dropped | None:
    start = at - 11 if sheet.data[at - 11 : at] == b"-----BEGIN " else sheet.data.rfind(b"-----BEGIN ", max(0, at - 52), at)
    begin = _KEY_BEGIN.match(sheet.data, start) if start >= 0 else None
    if begin is None or not begin["kind"].endswith((b"PRIVATE KEY", b"PRIVATE KEY BLOCK")):
        return None
    limit = min(len(sheet.data), begin.end() + _LONGEST_KEY)
    ends = sheet.data.find(b"-----", begin.end(), limit)
    body = sheet.data[begin.end() : ends if ends >= 0 else min(limit, begin.end() + 4096)]
    if b"BEGIN " in body or _CODE.match(body):
        return None
    runs = _KEY_BODY.findall(body)
    material = b"".join(runs).decode("ascii")
    if ends >= 0:
        closing = _KEY_END.match(sheet.data, ends)
        end = closing.end() if closing else ends
    else:
        end = begin.end() + (body.rfind(runs[-1]) + len(runs[-1]) if runs else 0)
    if len(material) < 40 or entropy(material[:2048]) < 3.6 or is_wordy(material[:64]) or _poor(material):
        # A name alone, as in a comparison, is no stand-in for a key.
        return Dropped(start, end, rule, Look.PLACEHOLDER) if ends >= 0 and body.strip() else None
    kind = begin["kind"].decode().removesuffix(" BLOCK").removesuffix("PRIVATE KEY").strip().lower() or "PKCS#8"
    return _found(sheet, (start, end), rule, kind)


def _putty(sheet: Sheet, at: int, rule: str) -> Found | None:
    found = _PUTTY.match(sheet.data, at)
    if found is None or len(found["body"]) < 40 or entropy(found["body"][:2048].decode()) < 3.6:
        return None
    return _found(sheet, found.span("body"), rule, "PuTTY")


def _found(sheet: Sheet, span: tuple[int, int], rule: str, kind: str) -> Found:
    confidence, severity = (Confidence.LOW, Severity.LOW) if sheet.is_test else (Confidence.HIGH, None)
    return Found(*span, rule, 1, confidence, severity, f"a private key ({kind})")


def _poor(material: str) -> bool:
    """Tell whether key material is a stand-in."""
    return len(material) < 400 and is_made_up(_ZEROS.sub("", material))
