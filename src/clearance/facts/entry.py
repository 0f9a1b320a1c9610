"""What the log holds and what it says about itself."""

from clearance.facts.fact import Fact
from clearance.facts.identity import Identity
from clearance.facts.key import PublicKey

ENTRY_LIMIT = 65_535
"""Bytes in an entry at most: its length is a uint16 in an entry bundle (C2SP tlog-tiles)."""


class Sealed(Fact):
    """A signed statement on its way into the log, and out of it.

    `leaf` is what is hashed into the tree: a Rekor v2 record (`hashedrekord` 0.0.2) of the signature, in canonical JSON.
    `bundle` rests beside it: a Sigstore bundle v0.3 in canonical JSON without `tlogEntries`, which are added when it is
    given out, because only the log knows them. Entries of before there were bundles have none: their leaf is the DSSE
    envelope itself.
    """

    leaf: bytes
    bundle: bytes = b""


class Opened(Fact):
    """A sealed statement whose signature, certificate and timestamp were verified: the payload, the key that vouches for it,
    who holds that key, and when it was signed (RFC 3339 in UTC, as the timestamp authority says). An old entry, signed by a
    bare key, has neither signer nor time."""

    payload: bytes
    key: PublicKey
    signer: Identity | None = None
    time: str = ""


class Entry(Fact):
    """One entry. `leaf` is its leaf hash (RFC 6962) and `digest` the SHA-256 of the signed payload, both hexadecimal; `key`
    is the id of the signing key; `sealed` is what was hashed and what rests beside it, byte for byte; `payload` the
    statement in it; `signer` and `time` as `Opened` has them."""

    index: int
    leaf: str
    digest: str
    key: str
    sealed: Sealed
    payload: bytes
    signer: Identity | None = None
    time: str = ""


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
    """One thing that is not as it was signed: the exact place, and what is wrong there. `refused`: the entry is as it was
    signed, and who signed it is believed no more."""

    where: str
    what: str
    refused: bool = False


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

    @property
    def broken(self) -> tuple[Problem, ...]:
        """The problems other than that somebody is believed no more: the log is not what was signed."""
        return tuple(one for one in self.problems if not one.refused)
