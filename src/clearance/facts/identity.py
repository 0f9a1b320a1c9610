"""Who signed, as a certificate names them."""

import re
from typing import Literal

from clearance.facts.fact import Fact

IdentityKind = Literal["person", "agent", "service", "user"]

SEGMENT = r"(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._-]{1,128}"
"""A segment of a SPIFFE id's path: none that a reader of addresses resolves to another one (SPIFFE-ID, section 2.2)."""
_SPIFFE = re.compile(
    rf"spiffe://(?=[^/]{{1,255}}/)([a-z0-9_-]+(?:\.[a-z0-9_-]+)*)/(agent|ci|service|user)(?:/{SEGMENT}){{1,16}}", re.ASCII
)


class Identity(Fact):
    """Who signed: the one subject alternative name of their certificate, and who authenticated them.

    `name` is a mail address for a person, and a SPIFFE id (https://spiffe.io, `spiffe://<trust domain>/<kind>/…`) for an
    agent (`/agent/<assistant>…`), a service (`/service/…`, `/ci/…`) or a user (`/user/<login>`): an account of a machine, as
    that machine says of itself. `issuer` is a URI.
    """

    name: str
    issuer: str

    @property
    def kind(self) -> IdentityKind:
        """What kind of being this is. It follows from the form of the name, which the authority gives: whoever has a SPIFFE
        id is never a person, and whoever is named `agent` or `user` in it never a service. A name of no known form, which
        no authority gives, counts as little as one can: as an agent's."""
        found = _SPIFFE.fullmatch(self.name)
        if found is None:
            return "agent" if self.name.startswith("spiffe:") or "@" not in self.name else "person"
        match found[2]:
            case "agent" | "user" as kind:
                return kind
            case _:
                return "service"

    @property
    def domain(self) -> str:
        """The trust domain of a SPIFFE id; empty for every other name."""
        found = _SPIFFE.fullmatch(self.name)
        return found[1] if found else ""
