"""What the log holds and what it says about itself."""

from clearance.facts.fact import Fact
from clearance.facts.key import PublicKey

ENTRY_LIMIT = 65_535
"""Bytes in an entry at most: its length is a uint16 in an entry bundle (C2SP tlog-tiles)."""


class Opened(Fact):
    """A bundle whose signature was verified: the payload, and the key that vouches for it."""

    payload: bytes
    key: PublicKey


class Entry(Fact):
    """One entry. `leaf` is its leaf hash (RFC 6962) and `digest` the SHA-256 of the signed payload, both hexadecimal; `key`
    is the id of the signing key; `bundle` is the DSSE envelope, byte for byte as it was hashed, `payload` what it holds."""

    index: int
    leaf: str
    digest: str
    key: str
    bundle: bytes
    payload: bytes


class Checkpoint(Fact):
    """A tree head (C2SP tlog-checkpoint): the log's name, how many entries, the root hash (32 bytes)."""

    origin: str
    size: int
    root: bytes


class Seen(Fact):
    """The newest checkpoint of a log that was seen, as a signed note, and where the log lay. `elsewhere`: a log still lies
    at that place, and it is another place than the one that was asked about."""

    note: bytes
    place: str
    elsewhere: bool = False


class Problem(Fact):
    """One thing that is not as it was signed: the exact place, and what is wrong there."""

    where: str
    what: str


class KeyUse(Fact):
    """How many entries a key vouches for."""

    key: str
    entries: int


class Inspection(Fact):
    """What an inspection of the whole log found. `root` is hexadecimal; no `problems` means the log is sound."""

    place: str
    origin: str
    size: int
    root: str
    keys: tuple[KeyUse, ...]
    evidence: int
    """Evidence bodies held."""
    seen: int
    """Size of the newest checkpoint that was seen before; 0 where none was."""
    problems: tuple[Problem, ...] = ()
