"""The fields that predicates share: digests, moments, names, who acted, what is told of a prompt.

All of them have bounds and alphabets, which the JSON Schemas carry, too. None has room for prose: what people and models
wrote reaches a statement as a digest only. An empty text stands for "there is none", or "nobody knows".
"""

import re
from typing import Annotated, Literal

from msgspec import Meta

from clearance.facts.fact import Fact
from clearance.facts.identity import Identity
from clearance.facts.statement import END, MOMENT, Moment, Sha256

__all__ = ["Moment", "Sha256"]
_MOST = 9_007_199_254_740_991
"""The largest number that every JSON reader keeps exactly (RFC 8785)."""
_WORD = r"[A-Za-z0-9][A-Za-z0-9._:/@+#=~*()\[\]-]*"
_STRANGE = re.compile(r"[^A-Za-z0-9._:/@+#=~*()\[\]-]+")

NoSha256 = Annotated[str, Meta(pattern="^([0-9a-f]{64})?" + END, max_length=64)]
"""A SHA-256, or empty."""
Commit = Annotated[str, Meta(pattern="^([0-9a-f]{40}|[0-9a-f]{64})" + END, max_length=64)]
"""A git object id: 40 or 64 lower-case hexadecimal digits."""
NoCommit = Annotated[str, Meta(pattern="^([0-9a-f]{40}|[0-9a-f]{64})?" + END, max_length=64)]
"""A git object id, or empty."""
NoMoment = Annotated[str, Meta(pattern=f"^({MOMENT})?{END}", max_length=20)]
"""RFC 3339 in UTC, to the second, or empty."""
Day = Annotated[str, Meta(pattern="^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])" + END, max_length=10)]
"""A full-date of RFC 3339."""
Word = Annotated[str, Meta(pattern=f"^{_WORD}{END}", max_length=200)]
"""A name that a machine gives: letters, digits and `. _ : / @ + # = ~ * ( ) [ ] -`; no blanks. `word` makes one."""
NoWord = Annotated[str, Meta(pattern=f"^({_WORD})?{END}", max_length=200)]
"""A name that a machine gives, or empty."""
Name = Annotated[str, Meta(pattern="^[A-Za-z0-9][!-~]*" + END, max_length=320)]
"""A mail address, or a name that a machine gives: printable ASCII without blanks."""
Uri = Annotated[str, Meta(pattern="^[a-z][a-z0-9+.-]*:[!-~]+" + END, max_length=1_000)]
"""A URI (RFC 3986)."""
NoUri = Annotated[str, Meta(pattern="^([a-z][a-z0-9+.-]*:[!-~]+)?" + END, max_length=1_000)]
"""A URI, or empty."""
Ref = Annotated[str, Meta(pattern=r"^refs/[^\x00-\x20\x7f~^:?*\[\\]+" + END, max_length=400)]
"""The full name of a git reference (`refs/heads/main`)."""
Salt = Annotated[str, Meta(pattern="^[0-9a-f]{32,128}" + END, max_length=128)]
"""A salt in hexadecimal."""
Count = Annotated[int, Meta(ge=0, le=_MOST)]
"""How many there are."""
Level = Literal["public", "internal", "confidential", "restricted"]
"""How sensitive something is, as in `facts.classification`."""
Evidence = Annotated[tuple[Sha256, ...], Meta(max_length=64)]
"""Digests of the bodies beside the log."""
Digests = Annotated[tuple[Sha256, ...], Meta(max_length=400)]
"""SHA-256 digests of signed payloads, or of what else the field says."""
Words = Annotated[tuple[Word, ...], Meta(max_length=200)]
"""Names that a machine gives."""


class Party(Fact):
    """Somebody who acted.

    `name` is a mail address for a person, a SPIFFE id (or another machine-made name) for an agent or a service. `issuer` is
    the URI of who authenticated them, empty where nobody did and the name is what was said.
    """

    name: Name
    kind: Literal["person", "agent", "service", "unknown"]
    issuer: NoUri = ""


class Prompt(Fact):
    """All that a statement may tell of a prompt.

    `sha256` is a salted digest: whoever holds neither the salt nor the text can guess nothing. `size` is in bytes of UTF-8.
    `findings` are the ids of the rules that found something in it, sorted.
    """

    sha256: Sha256
    classification: Level
    size: Count
    findings: Words = ()


def word(text: str) -> str:
    """Make a name fit for a statement: other characters become a hyphen; empty where nothing is left."""
    return _STRANGE.sub("-", text).lstrip("._:/@+#=~*()[]-")[:200].rstrip("-")


def party(identity: Identity) -> Party:
    """Give whoever holds an identity. A user of a machine is `unknown`: nobody authenticated them."""
    return Party(name=identity.name, kind="unknown" if identity.kind == "user" else identity.kind, issuer=identity.issuer)
