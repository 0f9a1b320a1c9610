"""What became of files that somebody handed in to be verified: bundles, entries, proofs."""

from collections.abc import Mapping

from clearance.facts.fact import Fact, plain


class Subject(Fact):
    """What a statement is about: a name and its SHA-256."""

    name: str
    sha256: str


class Verified(Fact):
    """A bundle that verified: who signed, vouched for by whom, when; what kind of statement about what; where it lies in
    which log. `time` is RFC 3339 in UTC."""

    signer: str
    kind: str
    issuer: str
    time: str
    type: str
    subjects: tuple[Subject, ...]
    log: str
    index: int
    size: int
    payload: str
    """SHA-256 of the statement."""
    witnesses: tuple[str, ...] = ()
    """Witnesses of the policy that cosigned the checkpoint."""


class Head(Fact):
    """A checkpoint that a proof is laid against: how many entries, their root (64 hexadecimal digits), the id of the key of
    the log that signed it, and until when that key counted (empty: still)."""

    size: int
    root: str
    key: str
    until: str = ""


class Proved(Fact):
    """A proof that verified: that entry `index`, whose leaf has the SHA-256 `leaf` (domain-separated, RFC 6962), is in a log
    as `head` signs it; or that this log begins with the log of `older`, and was only added to."""

    log: str
    head: Head
    index: int = -1
    leaf: str = ""
    entry: str = ""
    """The file that holds the entry."""
    verified: Verified | None = None
    """What the entry says, where it is a bundle and a trusted root was at hand."""
    older: Head | None = None
    extra: int = 0
    """Bytes that an application added to the proof; nobody signed them."""
    witnesses: tuple[str, ...] = ()
    """Witnesses of the policy that cosigned the checkpoint."""


class FileVerdict(Fact):
    """What became of one file: what it says or proves, or what is wrong, and in which field."""

    file: str
    verified: Verified | None = None
    proved: Proved | None = None
    where: str = ""
    what: str = ""
    old: bool = False
    """An entry of before there were certificates: it lies in the signed tree, and nobody is named who signed it."""
    refused: bool = False
    """It is as it was signed, and who signed it is believed no more: it does not verify."""
    left_out: bool = False
    """It is not here, and need not be: bodies that an export leaves out on purpose."""

    @property
    def wrong(self) -> bool:
        """Whether it does not verify."""
        return self.verified is None and self.proved is None and not self.old and not self.left_out


def fields(verdict: FileVerdict) -> Mapping[str, object]:
    """Give a verdict as JSON has it: `verified` or `proved`, else `where` and `what`."""
    said: dict[str, object] = {"file": verdict.file, "ok": not verdict.wrong}
    if verdict.verified:
        return said | {"verified": plain(verdict.verified)}
    if verdict.proved:
        return said | {"proved": plain(verdict.proved)}
    return said | {"where": verdict.where, "what": verdict.what} | ({"refused": True} if verdict.refused else {})
