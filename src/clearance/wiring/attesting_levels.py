"""From the log and git to the level of SLSA's source track at which a commit can be said to be."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from clearance import __version__
from clearance.attest.kinds import checked, kinds
from clearance.attest.predicates.merge import MergePredicate
from clearance.attest.predicates.review import ReviewPredicate
from clearance.attest.standard.fields import Descriptor
from clearance.attest.standard.levels import PERSONS, History, Merged, Vote, level, persons, reason
from clearance.attest.standard.vsa import (
    CommitDigest,
    Revision,
    SourceRefs,
    VsaPredicate,
    VsaStatement,
    VsaVerifier,
)
from clearance.collect.commits import Commits, Revised
from clearance.facts.decision import ReviewNeed, Verdict
from clearance.facts.errors import UnknownRevision, UsageError
from clearance.facts.identity import Identity
from clearance.facts.statement import DECISION_TYPE, STATEMENT_TYPE
from clearance.wiring.attesting import now
from clearance.wiring.attesting_log import Kept, Shelf, decisions, refuse_ended

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_MERGES = 200
_MOST_INPUTS = 400


class Verdicts(NamedTuple):
    """A decision about a tree: its verdict, who must look, whether that list is whole, the digests of the policy set and of
    the signed payload."""

    verdict: Verdict
    reviews: tuple[ReviewNeed, ...]
    whole: bool
    policies: str
    sha256: str


class Enforcers(NamedTuple):
    """Whose statements of merges count for more than level 1: names of trust.toml, and providers that vouch for CI jobs."""

    names: frozenset[str]
    issuers: frozenset[str]

    def has(self, signer: Identity | None) -> bool:
        """Tell whether somebody is one. The default identity of a machine never is."""
        if signer is None or signer.kind != "service" or signer.name.endswith("/service/clearance"):
            return False
        return signer.name in self.names or signer.issuer in self.issuers


def enforcing(environment: Mapping[str, str]) -> Enforcers:
    """Give those who may say here and now what a forge enforces: as trust.toml names them.

    Raises:
        BadFile: trust.toml is not what it should be.
        StoreError: it cannot be read.
    """
    from clearance.wiring.trusting import open_trust

    settings = open_trust(environment).settings
    jobs = frozenset(one.issuer for one in settings.oidc if one.names != "people")
    return Enforcers(frozenset(settings.attest.enforcers), jobs)


class Examined(NamedTuple):
    """A verification summary: at which level a commit was verified, and why its level is what it is."""

    statement: VsaStatement
    why: str


def examined(
    directory: Path,
    environment: Mapping[str, str],
    by: Identity,
    *,
    commit: str = "HEAD",
    resource: str = "",
    now_decided: Verdicts | None = None,
) -> Examined:
    """State at which level a commit was verified, and say why. `resource` is where the repository is fetched from (default:
    the remote `origin`); `now_decided` is a decision about it that is not in the log yet.

    Raises:
        UsageError: nobody could tell which repository is meant, or nothing was decided about the commit.
        NoLongerBelieved: the newest decision about it is believed no more.
        ClearanceError: git or the log cannot be read.
    """
    if by.kind != "service":
        raise UsageError(f"{by.name} is no service", where="vsa", next="a service verifies: leave --as out, or name one")
    with Commits(directory, environment) as git:
        revised = git.read(commit)
        where = resource or git.origin()
        if not where:
            raise UsageError(
                "nobody could tell which repository is meant", where="the remote `origin`",
                next="add one, or name it: --resource-uri git+https://example.com/shop",
            )  # fmt: skip
        shelf = Shelf(directory, [DECISION_TYPE, MergePredicate.TYPE, ReviewPredicate.TYPE])
        decided = now_decided or _decision(shelf, revised.sha256)
        if decided is None:
            raise UsageError(
                "nothing was decided about its tree, so nothing can be said", where=revised.commit[:12],
                next="clearance check --base … --head …, then state it",
            )  # fmt: skip
        votes, reviews = _votes(shelf, vouching(environment))
        merges, used = _chain(shelf, git, revised.commit, enforcing(environment))
        authors = _authors(git, revised)
    history = History(named=True, commit=revised.commit, merges=merges)
    trees = {revised.sha256, *(one.tree for one in merges)}
    inputs = [decided.sha256, *used, *(sha256 for tree, sha256 in reviews if tree in trees)]
    approving = persons(votes, revised.sha256, authors)
    passed = _passed(decided, votes, revised.sha256, authors)
    levels = (
        [f"SLSA_SOURCE_LEVEL_{level(history, votes)}", *_properties(decided, approving, merges)] if passed else ["FAILED"]
    )
    made = _statement(revised, by, where, decided, tuple(dict.fromkeys(inputs))[:_MOST_INPUTS], tuple(levels))
    return Examined(made, reason(history, votes) if passed else "the decision about it does not allow it as it stands")


def _statement(
    revised: Revised, by: Identity, where: str, decided: Verdicts, inputs: "tuple[str, ...]", levels: "tuple[str, ...]"
) -> VsaStatement:
    predicate = VsaPredicate(
        verifier=VsaVerifier(id=by.name, version={"clearance": __version__}),
        time_verified=now(),
        resource_uri=where,
        policy=Descriptor(uri=f"urn:clearance:policies:{decided.policies}", digest={"sha256": decided.policies}),
        input_attestations=tuple(Descriptor(digest={"sha256": one}) for one in inputs if one),
        verification_result="FAILED" if levels == ("FAILED",) else "PASSED",
        verified_levels=levels,
    )
    refs = tuple(one for one in revised.refs if one.isascii())
    subject = Revision(
        name=f"git-commit:{revised.commit}",
        digest=CommitDigest(git_commit=revised.commit),
        annotations=SourceRefs(source_refs=refs),
    )
    made = VsaStatement(type=STATEMENT_TYPE, subject=(subject,), predicate_type=VsaPredicate.TYPE, predicate=predicate)
    found: VsaStatement = checked(kinds()["vsa"], made)
    return found


def _decision(shelf: Shelf, tree: str) -> Verdicts | None:
    """Give the newest decision about a tree.

    Raises:
        NoLongerBelieved: it is believed no more; an older one does not count instead.
    """
    for kept in decisions(shelf):
        if kept.said.subject[0].digest.sha256 == tree:
            refuse_ended(kept)
            said = kept.said.predicate
            return Verdicts(said.verdict, said.reviews, said.omitted.reviews == 0, said.policies, kept.sha256)
    return None


def vouching(environment: Mapping[str, str]) -> frozenset[str]:
    """Name the identity providers that vouch for people here now: those of trust.toml. One that was taken out again counts
    for nothing, whatever was signed meanwhile.

    Raises:
        BadFile: trust.toml is not what it should be.
        StoreError: it cannot be read.
    """
    from clearance.wiring.trusting import open_trust

    return frozenset(one.issuer for one in open_trust(environment).settings.oidc if one.names == "people")


def _votes(shelf: Shelf, vouching: frozenset[str]) -> tuple[tuple[Vote, ...], tuple[tuple[str, str], ...]]:
    """Give all reviews, oldest first, and of each the tree that it is about with the digest of what was signed. What counts
    is who signed, as the certificate says it, and that whoever vouched for them is one of `vouching`; never what a statement
    says of its reviewer. An answer that is believed no more approves nothing, and what the same reviewer answered before it
    stays replaced."""
    votes, trees = [], []
    for kept in reversed(list(shelf.words(ReviewPredicate.TYPE))):
        said, signer = kept.said.predicate, kept.signer
        if kept.ended:
            by, tree = said.reviewer.name, said.seen.tree
            votes.append(Vote(by=by, kind="person", vouched=True, tree=tree, answer="abstain", role=said.role))
            continue
        trees.append((said.seen.tree, kept.sha256))
        if signer is not None:
            votes.append(
                Vote(
                    by=signer.name, kind=signer.kind, vouched=signer.issuer in vouching, tree=said.seen.tree,
                    answer=said.answer, role=said.role,
                )
            )  # fmt: skip
    return tuple(votes), tuple(trees)


def _chain(shelf: Shelf, git: Commits, commit: str, enforcers: Enforcers) -> tuple[tuple[Merged, ...], list[str]]:
    """Give the merges that the log holds of the branch that a commit was merged into, oldest first, up to and with that
    one; and the digests of what was signed."""
    every = list(shelf.newest(MergePredicate.TYPE))
    last = next((number for number, kept in enumerate(every) if kept.said.predicate.commit == commit), None)
    if last is None:
        return (), []
    target = every[last].said.predicate.target
    line = _last_words(kept for kept in reversed(every[last:]) if kept.said.predicate.target == target)[-_MOST_MERGES:]
    return tuple(_merged(kept, git, enforcers) for kept in line), [kept.sha256 for kept in line]


def _last_words(merges: "Iterable[Kept]") -> list[Kept]:
    """Leave out a merge that was stated again later: the same two tips."""
    found: dict[tuple[str, str], Kept] = {}
    for kept in merges:
        found[kept.said.predicate.before, kept.said.predicate.commit] = kept
    return list(found.values())


def _merged(kept: Kept, git: Commits, enforcers: Enforcers) -> Merged:
    said: Any = kept.said.predicate
    try:
        authors = git.authors(said.before, said.commit)
    except UnknownRevision:
        authors = ()
    return Merged(
        before=said.before, after=said.commit, tree=kept.said.subject[0].digest.sha256,
        by_service=enforcers.has(kept.signer), by=kept.signer.name if kept.signer else "", enforced=said.enforced,
        decided=any(one.about == "result" and one.verdict != "DENY" for one in said.decisions), authors=authors,
    )  # fmt: skip


def _authors(git: Commits, revised: Revised) -> tuple[str, ...]:
    return git.authors(revised.parents[0], revised.commit) if revised.parents else ()


def _passed(decided: Verdicts, votes: tuple[Vote, ...], tree: str, authors: tuple[str, ...]) -> bool:
    """Tell whether the decision allows it, or asks for people who approved since."""
    if decided.verdict is Verdict.ALLOW:
        return True
    if decided.verdict is Verdict.DENY or not decided.whole or not decided.reviews:
        return False
    return all(len(persons(votes, tree, authors, need.role)) >= need.people for need in decided.reviews)


def _properties(decided: Verdicts, approving: frozenset[str], merges: tuple[Merged, ...]) -> list[str]:
    """Give what of ours holds of the commit."""
    found = ["ORG_SOURCE_CLEARANCE_ALLOWED"] if decided.verdict is Verdict.ALLOW else ["ORG_SOURCE_CLEARANCE_REVIEWED"]
    if approving:
        found.append("ORG_SOURCE_ONE_PERSON_APPROVED")
    if len(approving) >= PERSONS:
        found.append("ORG_SOURCE_TWO_PERSONS_APPROVED")
    if merges:
        found.append("ORG_SOURCE_MERGE_RECORDED")
    return found
