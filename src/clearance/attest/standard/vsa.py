"""At which level of SLSA's source track a commit was verified (Verification Summary Attestation v1).

Formats: https://slsa.dev/spec/v1.2/verification_summary, and for source revisions
https://slsa.dev/spec/v1.2/source-requirements: the subject is named by `gitCommit`, its annotation `sourceRefs` lists the
references that stood on it. Verifiers that accept only SHA-256 (the sigstore command line) refuse such a subject; libraries
that leave subjects to their caller do not.
"""

from typing import Annotated, ClassVar, Literal

from msgspec import Meta

from clearance.attest.predicates.fields import Commit, Moment, Ref, Uri
from clearance.attest.standard.fields import Descriptor, Text
from clearance.facts.fact import Fact
from clearance.facts.statement import END

Result = Annotated[str, Meta(pattern="^(SLSA_SOURCE_LEVEL_[0-4]|ORG_SOURCE_[A-Z0-9_]+|FAILED)" + END, max_length=120)]
"""A level of the source track, a property of the organization, or FAILED."""


class CommitDigest(Fact, rename={"git_commit": "gitCommit"}):
    """How a revision is named: by git's id of the commit."""

    git_commit: Commit


class SourceRefs(Fact, rename="camel"):
    """The references that stood on a revision when it was verified."""

    source_refs: Annotated[tuple[Ref, ...], Meta(max_length=64)]


class Revision(Fact):
    """A source revision."""

    name: Text
    digest: CommitDigest
    annotations: SourceRefs


class VsaVerifier(Fact):
    """Who verified: the identity that signs, and the versions of what it used."""

    id: Uri
    version: dict[str, Text]


class VsaPredicate(Fact, rename="camel"):
    """A source revision was verified. The subject is the commit.

    Levels are what the log shows and nothing else; docs/reference/statements.md has the table. An agent or a service never
    counts as a person.
    """

    TYPE: ClassVar[str] = "https://slsa.dev/verification_summary/v1"

    verifier: VsaVerifier
    """Who verified."""
    time_verified: Moment
    """When."""
    resource_uri: Uri
    """Where the repository is fetched from, as an SPDX download location."""
    policy: Descriptor
    """The policy set, by digest."""
    input_attestations: Annotated[tuple[Descriptor, ...], Meta(max_length=400)]
    """All statements that were used, by the SHA-256 of their signed payload."""
    verification_result: Literal["PASSED", "FAILED"]
    """PASSED where the newest decision about the tree allows it, or asks for people and these approved."""
    verified_levels: Annotated[tuple[Result, ...], Meta(min_length=1, max_length=32)]
    """The highest level of the source track, and properties of ours; FAILED alone where verification failed."""
    slsa_version: Literal["1.2"] = "1.2"
    """The version of SLSA."""


class VsaStatement(Fact, rename={"type": "_type", "predicate_type": "predicateType"}):
    """A statement about a source revision."""

    type: str
    subject: tuple[Revision, ...]
    predicate_type: str
    predicate: VsaPredicate


STATEMENT = VsaStatement
