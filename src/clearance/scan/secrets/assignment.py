"""The detector `secret-assignment`: a name that says secret, and a value that looks like one, in any common syntax.

password = "…"   "api_key": "…"   setPassword("…")   os.environ.get("TOKEN", "…")   DB_PASSWORD=…   password: …
<password>…</password>   {"name": "API_KEY", "value": "…"}   ?api_key=…&   --password …   IDENTIFIED BY '…'
"""

from clearance.facts.finding import Confidence, Look, Severity
from clearance.scan.secrets.expressions import EXPRESSIONS, LONGEST_NAME, REACH
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.names import KEYWORDS, field_kind, kind_of
from clearance.scan.secrets.probe import Dropped, Found, Probe, Sheet
from clearance.scan.secrets.syntax import NAME_BYTES, NAME_REST, value_after
from clearance.scan.secrets.value import Value
from clearance.scan.secrets.values import Kind, is_leet, is_wordy, judge
from clearance.scan.secrets.wrapped import unwrapped

_SAID = {
    Kind.PASSWORD: "a password is written down here",
    Kind.PASSPHRASE: "a passphrase is written down here",
    Kind.SECRET: "a secret is written down here",
    Kind.KEY: "a key or token is written down here",
    Kind.TOKEN: "a key or token is written down here",
    Kind.SALT: "a salt, nonce or seed is written down here",
    Kind.PIN: "a PIN is written down here",
    Kind.FAINT: "what looks like a key is written down here",
}
_FILLING = lazily(
    rb"""(?i)\b(?:fill|type|send_?keys|set_?value|fill_in|input_text)[ \t]{0,4}\(?[ \t]{0,4}["'][^"'\r\n]{0,40}$"""
)
_FILLED = lazily(rb"""(?i)["'`\])]{1,4}+\.(?:send_?keys|fill|type|set_?text|set_?value|val)\(""")
_LANGUAGE_CODE = lazily(
    r"(?:^|[._-])(?:ar|bg|bn|ca|cs|da|de|el|en|es|et|eu|fa|fi|fr|gl|he|hi|hr|hu|id|it|ja|ka|kk|ko|lt|lv|mk|ms|nb|nl|nn|no|pl|pt|ro|"
    r"ru|sk|sl|sq|sr|sv|ta|th|tr|uk|ur|vi|zh)(?:[_-][a-z]{2,4})?\.(?:json|ya?ml|properties|php|[jt]s|xlf|strings|arb|resx|po|html)$"
)
_PRETENDED = lazily(r"(?i)dummy|fake|mock|example|sample|placeholder|bogus|invalid|wrong|incorrect")
_SHORT_NAME = lazily(r"(?:[\w.$-]*[.$_-])?(?i:pass|pw|psw)|[\w.$]*[a-z](?:Pass|Pw)")
_SCHEME = lazily(r"(?i)(?:basic|bearer) ")
_KEY = lazily(rb"""(?i)[\w.$-]{0,40}key\w{0,12}+["']?+[ \t]{0,8}+[:=]>?+[ \t]{0,8}+["'][A-Za-z0-9+/=_-]{20}""")
_OFTEN_WORDS = frozenset({Kind.TOKEN, Kind.SALT, Kind.PIN})
_PROSE = frozenset({"text", "markdown", "rst", None})


def assignment_probe(rule: str) -> Probe:
    """Make the probe of the detector `secret-assignment`."""
    return Probe(rule, EXPRESSIONS, KEYWORDS, REACH, _Judge(rule))


class _Judge:
    """Reads the name around a keyword, then the value after it, and weighs both."""

    def __init__(self, rule: str) -> None:
        self.rule = rule

    def __call__(self, sheet: Sheet, at: int) -> Found | Dropped | None:
        if sheet.language == "css":
            return None
        data = sheet.data
        before = data[max(0, at - LONGEST_NAME) : at]
        start = at - len(before) + len(before.rstrip(NAME_BYTES))
        if start in sheet.names:
            return None
        sheet.names[start] = True
        rest = NAME_REST.match(data, at)
        end = rest.end() if rest else at
        if end - start > LONGEST_NAME or (start == at - LONGEST_NAME and start > 0):
            return None
        name = data[start:end].decode("ascii")
        kind = kind_of(name) or _typed_into(data, name, start, end)
        if kind is None:
            return None
        if kind is Kind.FAINT and not _stands_clear(data, name, start):
            return None
        value = value_after(sheet, name, start, end)
        return None if value is None else self._weigh(sheet, name, start, kind, value)

    def _weigh(self, sheet: Sheet, name: str, start: int, kind: Kind, value: Value) -> Found | Dropped | None:
        if kind is Kind.FAINT and _SCHEME.match(value.text):
            return None  # the detectors of headers read these
        judged, value = _judged(sheet, name, kind, value)
        if kind is Kind.FAINT and isinstance(judged, Look):
            return None
        if isinstance(judged, Look):
            # Words after a colon in prose are no value that was set aside, but prose.
            if kind in _OFTEN_WORDS and judged in {Look.WORDS, Look.WEAK}:
                return None
            if value.weak and judged in {Look.WORDS, Look.WEAK} and sheet.language in _PROSE:
                return None
            return Dropped(value.start, value.end, self.rule, judged)
        severity = Severity.LOW if kind is Kind.SALT else None
        if sheet.is_test:
            judged, severity = Confidence.LOW, Severity.LOW
        elif kind is Kind.SALT or sheet.is_sample:
            judged = min(judged, Confidence.MEDIUM, key=lambda one: one.rank)
        if _is_remark(sheet, start) or (_is_manual(sheet) and is_leet(value.text)):
            judged = Confidence.LOW
        return Found(value.start, value.end, self.rule, 2, judged, severity, _SAID[kind])


def _is_manual(sheet: Sheet) -> bool:
    """Tell whether a file shows how a thing is used."""
    return sheet.is_sample or sheet.language in {"markdown", "rst"}


def _is_remark(sheet: Sheet, at: int) -> bool:
    """Tell whether a place lies in a comment or in an example of a docstring, in code."""
    start, _ = sheet.line(at, 240)
    if sheet.language in _PROSE:
        return sheet.data[start:at].lstrip(b" \t").startswith(b">>>")
    return sheet.data[start:at].lstrip(b" \t").startswith((b"#", b"//", b"*", b"/*", b">>>", b"...", b"--", b"<!--"))


def _stands_clear(data: bytes, name: str, start: int) -> bool:
    """Tell whether a name that says little has a long string of its own."""
    return "key" not in name.lower() or _KEY.match(data, start) is not None


def _typed_into(data: bytes, name: str, start: int, end: int) -> Kind | None:
    """Tell what is typed into a field of a form, where the name is the field's."""
    kind = field_kind(name)
    if kind is None:
        return None
    return kind if _FILLED.match(data, end) or _FILLING.search(data[max(0, start - 64) : start]) else None


def _judged(sheet: Sheet, name: str, kind: Kind, value: Value) -> tuple[Confidence | Look, Value]:
    """Judge a value by itself, its name and its place."""
    value = unwrapped(sheet, name, value)
    text = value.text
    if any(char.isspace() for char in text[:4]):
        return Look.WORDS, value
    judged = judge(text, kind, literal=value.literal)
    if isinstance(judged, Look):
        return judged, value
    if text.lower() in name.lower() or _repeats(name, text) or (kind_of(text) and text.isidentifier() and is_wordy(text)):
        return Look.WORDS, value
    if _PRETENDED.search(name) or b"badge" in sheet.data[max(0, value.start - 32) : value.start]:
        return Look.TEST, value
    if _SHORT_NAME.fullmatch(name) and text.isalpha() and is_wordy(text) and not value.literal:
        return Look.WORDS, value
    if sheet.is_test and _is_plain(text, name):
        return Look.TEST, value
    if value.weak and _plain_word(text, judged):
        return Look.WORDS, value
    if (sheet.is_locale or _LANGUAGE_CODE.search(sheet.name)) and (judged is not Confidence.HIGH or is_wordy(text)):
        return Look.WORDS, value
    return judged, value


def _is_plain(text: str, name: str) -> bool:
    """Tell whether a value in a test is one of the words that tests are full of, or the key of a test vector."""
    return (text.isalpha() and is_wordy(text)) or name.lower() == "key"


def _repeats(name: str, text: str) -> bool:
    """Tell whether the text says its name again, with little added: `db_password = "db_password1"`."""
    name, text = name.lower(), text.lower()
    return len(name) >= 4 and name in text and len(text) - len(name) < 4


def _plain_word(text: str, confidence: Confidence) -> bool:
    """Tell whether a value says too little for a place where labels stand as often as secrets."""
    dotted = "." in text and text.replace(".", "").isidentifier()
    telling = any(char.isdigit() or char in "!@#$%^&*+?" for char in text)
    return (confidence is Confidence.LOW and is_wordy(text)) or dotted or (is_wordy(text) and not telling)
