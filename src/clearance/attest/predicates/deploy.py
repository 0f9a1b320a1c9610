"""A tree or an artifact went to an environment."""

from typing import Annotated, ClassVar

from msgspec import Meta

from clearance.attest.predicates.fields import Commit, Digests, Evidence, Moment, NoCommit, Party, Word
from clearance.attest.predicates.merge import Rest
from clearance.facts.fact import Fact


class DeployPredicate(Fact, rename="camel"):
    """Something was deployed. Subject 0 is the exact tree; the artifacts that were built from it follow."""

    TYPE: ClassVar[str] = "urn:clearance:predicate:deploy:v1"

    environment: Word
    """Where to (`production`)."""
    commit: Commit
    """Which commit."""
    tree: Commit
    """Git's id of its tree."""
    before: NoCommit
    """The commit that the log knows there before, empty where it knows none."""
    by: Party
    """Who did it; the signer."""
    decisions: Annotated[tuple[Rest, ...], Meta(max_length=64)]
    """The newest decision of this log about the tree."""
    merges: Digests
    """SHA-256 digests of the signed payloads of the merges that made this commit."""
    version: Word
    """Version of Clearance."""
    time: Moment
    """When this was stated."""
    evidence: Evidence = ()
    """Bodies beside the log."""
