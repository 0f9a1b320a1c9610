"""Where and how a vendor is asked, as the page of a rule says under `## Verify`."""

import base64
import re
import tomllib
from typing import Literal
from urllib.parse import quote, urlsplit

import msgspec

from clearance.facts.errors import BadPage
from clearance.facts.fact import Fact
from clearance.rules.model import Rule

_SLOT = re.compile(r"\{(secret|basic)\}")
_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}")


class Endpoint(Fact):
    """One question to a vendor.

    `{secret}` in the address or in a header stands for the secret, `{basic}` in a header for `secret:` as in RFC 7617. The
    answer's status says whether the secret works: one of `valid` or of `invalid`; any other says nothing. With `field`, a
    key of the answer's JSON must be true besides (or `equals` a text); where it is not, the secret does not work.
    """

    url: str
    method: Literal["GET", "POST", "HEAD"] = "GET"
    headers: dict[str, str] = {}
    body: str = ""
    valid: tuple[int, ...] = (200,)
    invalid: tuple[int, ...] = (401,)
    field: str = ""
    equals: str = ""

    @property
    def host(self) -> str:
        """The host that is asked, with its port where that is not 443."""
        return urlsplit(self.url).netloc

    @property
    def told(self) -> str:
        """Say what is sent where, without the secret: `GET https://api.github.com/user, the secret in the header X`."""
        places = [f"the header {name}" for name, value in self.headers.items() if _SLOT.search(value)]
        places += ["the address"] * ("{secret}" in self.url) + ["the body"] * ("{secret}" in self.body)
        return f"{self.method} {self.url}, the secret in {' and '.join(places)}"

    def target(self, secret: str) -> str:
        """Give path and query for a secret."""
        parts = urlsplit(self.url.replace("{secret}", quote(secret, safe=":")))
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def filled(self, secret: str) -> dict[str, str]:
        """Give the headers for a secret."""
        basic = base64.b64encode(f"{secret}:".encode()).decode()
        values = {"secret": secret, "basic": basic}
        return {name: _SLOT.sub(lambda found: values[found[1]], value) for name, value in self.headers.items()}


def read_endpoint(rule: Rule) -> Endpoint | None:
    """Read a page's `## Verify`; None where it has none.

    Raises:
        BadPage: it is no TOML, or no question that may be asked: not https, no secret in it.
    """
    if rule.verify is None:
        return None
    where = f"{rule.page}:{rule.verify.line}"
    try:
        endpoint = msgspec.convert(tomllib.loads(rule.verify.text), Endpoint)
        parts = urlsplit(endpoint.url)
        port = parts.port
    except (msgspec.ValidationError, ValueError) as error:
        raise BadPage(f"Verify: {error}", where=where, next="see docs/reference/detect-secrets.md") from None
    wrong = ""
    if parts.scheme != "https" or not _HOST.fullmatch(parts.hostname or "") or parts.username is not None or parts.fragment:
        wrong = "the address must be https://host/path"
    elif port == 0 or "{" in parts.netloc:
        wrong = "the secret must not name the host"
    elif not any(_SLOT.search(text) for text in (endpoint.url, endpoint.body, *endpoint.headers.values())):
        wrong = "nothing holds {secret}"
    elif not all(_NAME.fullmatch(name) and value.isprintable() for name, value in endpoint.headers.items()):
        wrong = "a header is none"
    if wrong:
        raise BadPage(f"Verify: {wrong}", where=where, next="see docs/reference/detect-secrets.md")
    return endpoint
