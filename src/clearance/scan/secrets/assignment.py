"""The detector `secret-assignment`: a name that says secret, and a value that looks like one, in any common syntax.

password = "…"   "api_key": "…"   setPassword("…")   os.environ.get("TOKEN", "…")   DB_PASSWORD=…   password: …
<password>…</password>   {"name": "API_KEY", "value": "…"}   ?api_key=…&   --password …   IDENTIFIED BY '…'
"""

from clearance.facts.finding import Confidence, Severity
from clearance.scan.secrets.names import KEYWORDS, kind_of
from clearance.scan.secrets.probe import Expression, Found, Probe, Sheet
from clearance.scan.secrets.syntax import NAME_BYTES, NAME_REST, Value, value_after
from clearance.scan.secrets.values import Kind, is_wordy, judge

_SAID = {
    Kind.PASSWORD: "a password is written down here",
    Kind.PASSPHRASE: "a passphrase is written down here",
    Kind.SECRET: "a secret is written down here",
    Kind.KEY: "a key or token is written down here",
}
_LONGEST_NAME = 64
_REACH = 448
_WORDS = "|".join(keyword.decode() for keyword in KEYWORDS)
_NAME = rf"(?:{_WORDS})[\w.$-]*"
_CLOSE = r"[\\\"'`\])]*"
_TYPE = r"(?:[ \t]*:[ \t]*[A-Za-z_&*\[][^=\"`\r\n]*|[ \t]+string)?"
_OPERATOR = r"(?:=>|:=|={1,3}|!==?|:|,|\(|\|\||\?\?=?|\?:|or|<-)"
# Looser than what the judge reads (see syntax.py), so that the judge sees whatever it would accept.
_EXPRESSIONS = (
    (
        rf"{_NAME}{_CLOSE}{_TYPE}[ \t]*{_OPERATOR}[ \t]*(?:\\?\r?\n[ \t]*)?"
        rf"(?:[\w.@$ ]*\(\s*|\[|[brfu@$]+)?\\*[\"'`]{{1,3}}[^\s\"'`]"
    ),
    rf"{_NAME}[\"']?[ \t]*[=:][ \t]*[^\s\"'`]",
    rf"--[\w-]*{_NAME}[ \t=]+[\"']?[^\s\"'\-]",
    rf"<[\w:.-]*{_NAME}(?:[ \t][^<>\r\n]*)?>[^<>\r\n]",
    rf"{_NAME}[\"']?[ \t]*,?\s*[\"']?(?:value|content|default_?value)[\"']?[ \t]*[:=][ \t]*[^\s]",
    rf"{_NAME}(?:[ \t]+by)?[ \t]+(?:as[ \t]+)?'[^'\r\n]",
    r"password[ \t]+[^\s\"'=:(,]",
)


def assignment_probe(rule: str) -> Probe:
    """Make the probe of the detector `secret-assignment`."""
    return Probe(rule, tuple(Expression(one, caseless=True) for one in _EXPRESSIONS), KEYWORDS, _REACH, _Judge(rule))


class _Judge:
    """Reads the name around a keyword, then the value after it, and weighs both."""

    def __init__(self, rule: str) -> None:
        self.rule = rule

    def __call__(self, sheet: Sheet, at: int) -> Found | None:
        data = sheet.data
        before = data[max(0, at - _LONGEST_NAME) : at]
        start = at - len(before) + len(before.rstrip(NAME_BYTES))
        if start in sheet.names:
            return None
        sheet.names[start] = True
        rest = NAME_REST.match(data, at)
        end = rest.end() if rest else at
        if end - start > _LONGEST_NAME or (start == at - _LONGEST_NAME and start > 0):
            return None
        name = data[start:end].decode("ascii")
        kind = kind_of(name)
        if kind is None:
            return None
        value = value_after(sheet, name, start, end)
        return None if value is None else self._weigh(sheet, name, kind, value)

    def _weigh(self, sheet: Sheet, name: str, kind: Kind, value: Value) -> Found | None:
        text = value.text
        if text.lower() in name.lower() or name.lower() in text.lower():
            return None
        confidence = judge(text, kind, literal=value.literal)
        if confidence is None or (value.weak and _plain_word(text, confidence)):
            return None
        if confidence is not Confidence.HIGH and (sheet.is_locale or sheet.is_test or sheet.is_sample):
            return None
        severity = None
        if sheet.is_test:
            if is_wordy(text) and kind is not Kind.KEY:
                return None
            confidence, severity = Confidence.LOW, Severity.LOW
        elif sheet.is_sample:
            confidence = Confidence.MEDIUM
        message = _SAID[kind]
        return Found(value.start, value.end, self.rule, 2, confidence, severity, message)


def _plain_word(text: str, confidence: Confidence) -> bool:
    """Tell whether a value says too little for a place where labels stand as often as secrets."""
    dotted = "." in text and text.replace(".", "").isidentifier()
    return confidence is Confidence.LOW or dotted or (is_wordy(text) and not any(char.isdigit() for char in text))
