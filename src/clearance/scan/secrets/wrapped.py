"""Values that are wrapped in something of their own: base64 in a Kubernetes Secret, a scheme before a credential."""

import re

from clearance.scan.secrets.checks import decoded
from clearance.scan.secrets.lazy import lazily
from clearance.scan.secrets.probe import Sheet
from clearance.scan.secrets.value import Value

_SCHEME = lazily(
    (
        r"(?:basic|bearer|token|digest|apikey|api-key|key|jwt|ssws|negotiate|oauth|genie?key|bot|access_token)[ :=]{1,3}"
        r"(?=\S{4})"
    ),
    re.IGNORECASE,
)
_UNICODE = lazily(r"\\u([0-9A-Fa-f]{4})")
_KIND = lazily(rb"^kind:[ \t]{0,4}Secret\b", re.MULTILINE)
_DATA = lazily(rb"^data:", re.MULTILINE)
_FORM = 65536


def unwrapped(sheet: Sheet, name: str, value: Value) -> Value:
    """Give the value without the scheme before it; the text of base64 in a Kubernetes Secret, at the same place."""
    if "\\u" in value.text:
        return value._replace(text=_UNICODE.sub(lambda found: chr(int(found[1], 16)), value.text))
    scheme = _SCHEME.match(value.text) if "auth" in name.lower() else None
    if scheme:
        return value._replace(start=value.start + scheme.end(), text=value.text[scheme.end() :])
    if ("cred" in name.lower() or "userpwd" in name.lower()) and ":" in value.text and value.text.split(":", 1)[0].isalnum():
        at = value.text.index(":") + 1
        return value._replace(start=value.start + len(value.text[:at].encode()), text=value.text[at:])
    if sheet.language == "yaml" and value.text.endswith("=") | (len(value.text) % 4 == 0) and _is_kubernetes_secret(sheet):
        data = decoded(value.text)
        if data is not None and len(data) >= 3:
            try:
                text = data.decode("ascii")
            except UnicodeDecodeError:
                return value
            if text.strip().isprintable():
                return value._replace(text=text.strip(), literal=True)
    return value


def _is_kubernetes_secret(sheet: Sheet) -> bool:
    head = sheet.data[:_FORM]
    return _KIND.search(head) is not None and _DATA.search(head) is not None
