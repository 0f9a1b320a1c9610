"""Detectors of secrets that a structure shows: JSON Web Keys, and the seeds of one-time passwords in addresses and calls."""

from clearance.facts.finding import Confidence, Look
from clearance.scan.secrets.credentials import report
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Dropped, Expression, Found, Probe, Sheet
from clearance.scan.secrets.rarity import entropy
from clearance.scan.secrets.specimens import is_specimen
from clearance.scan.secrets.values import Judgement, is_made_up, is_wordy

_REACH = 2048
_TYPE = lazily(rb"""kty\\{0,2}+["'][ \t]{0,4}+:[ \t]{0,4}+\\{0,2}+["'](?P<type>oct|RSA|EC|OKP|AKP)\\{0,2}+["']""")
_MEMBER = lazily(
    rb"""(?P<open>[{,\s]\\{0,2}+["'])(?P<name>d|k|priv)\\{0,2}+["'][ \t]{0,4}+:\s{0,4}+\\{0,2}+["'](?P<value>"""
    rb"""[A-Za-z0-9_=-]{16,1400}+)"""
)
_SEED = lazily(rb"otpauth://(?:totp|hotp)/[^\s\"'<>]{0,400}?[?&](?:amp;)?secret=(?P<value>[A-Za-z2-7]{16,256}+)")
_SEED_CALL = lazily(
    rb"""(?i:[th]otp|authenticator|(?:get|verify|check)_?code)[\w.:]{0,40}+\(\s{0,4}+(?:[\w.]{1,40}+\(\s{0,4}+)?+"""
    rb"""["'](?P<value>[A-Z2-7]{16,128}+)={0,6}+["']"""
)
_SEED_COMMAND = lazily(rb"""oathtool(?:[ \t]{1,4}+-[\w=-]{1,40}+){0,8}+[ \t]{1,4}+["']?(?P<value>[A-Z2-7]{16,128}+)\b""")


def json_web_key(rule: str) -> Probe:
    """A JSON Web Key with its private part: `d` of an RSA, EC or OKP key, `k` of a symmetric one (RFC 7517, RFC 7518)."""

    def look(sheet: Sheet, at: int) -> Found | Dropped | None:
        data = sheet.data
        kind = _TYPE.match(data, at)
        if kind is None:
            return None
        low = max(data.rfind(b"{", max(0, at - _REACH), at), at - _REACH, 0)
        high = data.find(b"}", kind.end(), at + _REACH)
        high = min(len(data), at + _REACH) if high < 0 else high
        names = {b"k"} if kind["type"] == b"oct" else {b"d", b"priv"}
        for member in _MEMBER.finditer(data, low, high):
            if member["name"] in names:
                return report(
                    sheet, rule, member.span("value"), _key(member["value"].decode()), "the private part of a JSON Web Key"
                )
        return None

    pattern = r"""kty\\{0,2}["'][ \t]*:[ \t]*\\{0,2}["'](?:oct|RSA|EC|OKP|AKP)"""
    return Probe(rule, (Expression(pattern),), (b"kty",), 64, look)


def _key(text: str) -> Judgement:
    if is_specimen(text) or is_made_up(text):
        return Look.PLACEHOLDER
    if is_wordy(text):
        return Look.WORDS
    return Confidence.HIGH if entropy(text) >= 3.2 else Look.WEAK


def otp_seed(rule: str) -> Probe:
    """The secret, in base32, of an `otpauth` address (the key URI format of authenticator apps), of a call that makes codes,
    or of the command oathtool."""

    def look(sheet: Sheet, at: int) -> Found | Dropped | None:
        start = sheet.data[at : at + 3].lower()
        found = (_SEED if start == b"otp" else _SEED_COMMAND if start == b"oat" else _SEED_CALL).match(sheet.data, at)
        if found is None:
            return None
        text = found["value"].decode()
        judged: Judgement = Confidence.HIGH if entropy(text) >= 2.5 else Look.WEAK
        if is_made_up(text) or is_specimen(text):
            judged = Look.PLACEHOLDER
        elif start != b"otp" and is_wordy(text):
            judged = Look.WORDS
        return report(sheet, rule, found.span("value"), judged, "the seed of one-time passwords")

    address = r"otpauth://(?:totp|hotp)/[^\s\"'<>]{0,400}secret=[A-Za-z2-7]{16}"
    words = ("totp", "hotp", "authenticator", "getcode", "get_code", "verifycode", "verify_code", "checkcode", "check_code")
    call = rf"""(?:{"|".join(words)})[\w.:]*\(\s*(?:[\w.]+\(\s*)?["'][A-Z2-7]{{16}}"""
    command = r"""oathtool[ \t-][\w \t=-]*["']?[A-Z2-7]{16}"""
    expressions = (Expression(address), Expression(call, caseless=True), Expression(command))
    return Probe(rule, expressions, (b"otpauth://", b"oathtool", *(word.encode() for word in words)), 512, look)
