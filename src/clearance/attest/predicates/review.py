"""Somebody looked at a change, and answered."""

from typing import ClassVar, Literal

from clearance.attest.predicates.fields import Evidence, Moment, NoCommit, NoMoment, NoSha256, NoUri, Party, Sha256, Word
from clearance.facts.fact import Fact

Answer = Literal["approve", "reject", "abstain"]


class Seen(Fact):
    """Exactly what a reviewer saw: the tree (SHA-256 as in subject 0), git's ids of the two commits between which they saw
    it (empty: none), the SHA-256 of the page or diff that was shown, and of the payload of the decision beside it."""

    tree: Sha256
    base: NoCommit
    head: NoCommit
    page: NoSha256
    decision: NoSha256


class First(Fact):
    """The judgement that the reviewer gave before they saw anybody else's, the gate's included; empty time: not asked."""

    answer: Literal["approve", "reject", "abstain", ""]
    time: NoMoment


class Authentication(Fact):
    """How it is known who the reviewer is.

    `oidc`: an identity provider said so; `passkey`: their authenticator signed, too; `certificate`: the machine itself
    vouches, which it does for agents and services only.
    """

    method: Literal["oidc", "passkey", "certificate"]
    issuer: NoUri


class ReviewPredicate(Fact, rename="camel"):
    """Somebody looked and answered. Subject 0 is the exact tree; the statement is signed by the reviewer."""

    TYPE: ClassVar[str] = "urn:clearance:predicate:review:v1"

    seen: Seen
    """What was seen."""
    reviewer: Party
    """Who looked; the signer."""
    role: Literal["reviewer", "security engineer"]
    """As who."""
    answer: Answer
    """What they answer."""
    first: First
    """What they thought on their own."""
    authenticated: Authentication
    """How it is known who they are."""
    version: Word
    """Version of Clearance."""
    time: Moment
    """When this was stated."""
    evidence: Evidence = ()
    """Bodies beside the log: comments, say."""
