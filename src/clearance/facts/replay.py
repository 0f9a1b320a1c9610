"""What came out when logged decisions were given again."""

from typing import Literal

from clearance.facts.fact import Fact

Result = Literal["same", "differs", "missing"]


class Differs(Fact):
    """One thing that comes out otherwise: what, as it was signed, and as it comes out now. Empty: it is not there."""

    what: str
    signed: str
    now: str


class Again(Fact):
    """One logged decision, given again.

    `entry` is its index, `digest` that of what was signed, `time`, `source`, `verdict` and `version` are what it says:
    the version of Clearance that signed it. `policies` is the digest of its policies, and `found` says where their texts
    were found: in the log, or as the policies of today. `missing`: `why` it could not be given again, and what to do `next`.
    """

    entry: int
    digest: str
    result: Result
    time: str = ""
    source: str = ""
    verdict: str = ""
    version: str = ""
    policies: str = ""
    found: Literal["", "log", "today"] = ""
    differs: tuple[Differs, ...] = ()
    why: str = ""
    next: str = ""


class Replay(Fact):
    """What a replay showed. `version` is the one that replayed; `size` is how many entries the log holds, those about
    other things than decisions included; `same`, `differ` and `missing` count `entries`; `more`: older decisions were left
    out."""

    log: str
    version: str
    size: int
    more: bool
    same: int
    differ: int
    missing: int
    entries: tuple[Again, ...]
