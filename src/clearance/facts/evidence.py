"""Bodies of evidence that rest encrypted: what is known of each, and the rules by which they stay or go."""

import unicodedata
from typing import Literal

from clearance.facts.classification import Level
from clearance.facts.fact import Fact

BodyKind = Literal["prompt", "transcript", "output", "diff"]
"""What a body is."""
HOLDER_BYTES = 32


def plain_subject(name: str) -> str:
    """Give what two spellings of a subject's name have in common: upper and lower case, and how accents are encoded, do not
    tell people apart, so that nobody is forgotten in an erasure."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


class Body(Fact):
    """What rests, encrypted, with a body.

    `name` is its salted SHA-256, under which it rests and which the log may name. `subject` is the person, or whatever else,
    under whose key it rests, `holder` the keyed digest of that name. `place` is the folder whose log was told of it, `about`
    the SHA-256 of the signed payload that it belongs to, or empty. `time` (RFC 3339 in UTC) never goes back: it is that of
    the newest body at least. `size` is in bytes.
    """

    name: str
    holder: str
    subject: str
    kind: BodyKind
    classification: Level
    size: int
    time: str
    place: str = ""
    about: str = ""


class Found(Fact):
    """A body that is there, or should be: what is known of it, or what is in the way of knowing it. `holder` is empty where
    nobody's key is there for it."""

    name: str
    holder: str
    body: Body | None = None
    problem: str = ""


class Rule(Fact):
    """How many days bodies of a classification are kept. `hold`: none of them goes, whatever the days say."""

    classification: Level
    days: int
    hold: bool = False


class Hold(Fact):
    """Nothing of a subject goes, by rule or by request, until this is taken back; `because` says why (a case's number)."""

    subject: str
    because: str = ""


class Rules(Fact):
    """What a person decided about evidence: rules of retention, and holds."""

    retain: tuple[Rule, ...] = ()
    hold: tuple[Hold, ...] = ()


class Due(Fact):
    """What a rule says of the bodies there are: which go, and how many stay and are held back."""

    rule: Rule
    erased: tuple[str, ...]
    left: int
    held: int
