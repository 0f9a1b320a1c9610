"""A change was merged: into what, out of what, on which decisions."""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from clearance.attest.predicates.fields import Commit, Count, Digests, Evidence, Moment, NoCommit, Party, Ref, Sha256, Word
from clearance.facts.fact import Fact

Control = Literal["no-force-push", "no-deletion", "gate-required", "review-required"]


class Rest(Fact):
    """A decision that a step rests on: the SHA-256 of its signed payload, its verdict, and which tree it is about: the very
    one that came out, or the one that was merged."""

    sha256: Sha256
    verdict: Literal["ALLOW", "ASK", "DENY"]
    about: Literal["result", "head"]


class Head(Fact):
    """A checkpoint of the log as it stood before this statement: origin, size, root hash in hexadecimal."""

    origin: Word
    size: Count
    root: Sha256


class MergePredicate(Fact, rename="camel"):
    """A change reached a target. Subject 0 is the exact tree that came out; its annotations name git's tree and commit."""

    TYPE: ClassVar[str] = "urn:clearance:predicate:merge:v1"

    target: Ref
    """The full name of the branch (`refs/heads/main`)."""
    method: Literal["merge", "squash", "rebase", "fast-forward", "unknown"]
    """How it was merged; `unknown`: one parent, and nobody said which commit was merged."""
    before: Commit
    """The target's tip before."""
    head: Commit
    """The tip of what was merged."""
    base: NoCommit
    """Where both parted."""
    commit: Commit
    """The target's tip after."""
    parents: Annotated[tuple[Commit, ...], Meta(max_length=16)]
    """The parents of that commit."""
    tree: Commit
    """Git's id of the tree that came out."""
    by: Party
    """Who merged it; the signer."""
    decisions: Annotated[tuple[Rest, ...], Meta(max_length=64)]
    """The newest decisions of this log about that tree, and about the one that was merged."""
    reviews: Digests
    """SHA-256 digests of the signed payloads of the reviews of these trees."""
    enforced: Annotated[tuple[Control, ...], Meta(max_length=8)]
    """What the forge enforced on the target then, as the service that merged says; empty: nobody says."""
    checkpoint: Head | None
    """The log as it stood before, null where there was none."""
    version: Word
    """Version of Clearance."""
    time: Moment
    """When this was stated."""
    evidence: Evidence = ()
    """Bodies beside the log."""
