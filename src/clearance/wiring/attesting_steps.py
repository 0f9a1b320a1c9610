"""Makes the statements of steps that happen outside of a check: merge, deploy. All that can be known is read from git and
the log, so that nobody writes JSON by hand."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from clearance import __version__
from clearance.attest.predicates.deploy import DeployPredicate
from clearance.attest.predicates.fields import party
from clearance.attest.predicates.merge import MergePredicate
from clearance.attest.predicates.review import ReviewPredicate
from clearance.collect.commits import Commits, Revised
from clearance.facts.errors import UsageError
from clearance.facts.identity import Identity
from clearance.facts.statement import DECISION_TYPE, DigestSet, Resource, Statement
from clearance.wiring.attesting import now, stated
from clearance.wiring.attesting_log import Shelf, decided

CONTROLS = ("no-force-push", "no-deletion", "gate-required", "review-required")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/@+-]{0,190}")
_MOST_REVIEWS = 400


def tree_subject(revised: Revised) -> Resource:
    """Name the tree of a commit as a decision about it does, with the commit beside it."""
    return Resource(
        name=f"git-tree:{revised.tree}",
        digest=DigestSet(sha256=revised.sha256),
        annotations={"kind": "git-tree", "gitTree": revised.tree, "gitCommit": revised.commit},
    )


def subject_of(directory: Path, environment: Mapping[str, str], commit: str) -> tuple[Resource, ...]:
    """Name the tree of a revision; nothing where none is named.

    Raises:
        UnknownRevision: git knows no such commit.
    """
    if not commit:
        return ()
    with Commits(directory, environment) as git:
        return (tree_subject(git.read(commit)),)


def merged(
    directory: Path,
    environment: Mapping[str, str],
    by: Identity,
    *,
    commit: str = "HEAD",
    base: str = "",
    head: str = "",
    target: str = "",
    enforced: Sequence[str] = (),
) -> Statement[Any]:
    """State a merge: into `target` (default: the branch that is checked out), whose tip is `commit` now and was `base`
    before (default: the first parent), of the change whose tip is `head` (default: the second parent, or the commit).

    Raises:
        UsageError: these are no ends of a merge.
        ClearanceError: git or the log cannot be read.
    """
    with Commits(directory, environment) as git:
        after = git.read(commit)
        if not after.parents and not base:
            raise UsageError("the first commit of all merged nothing", where=after.commit, next="name --base and --head")
        before = git.read(base or after.parents[0])
        tip = git.read(head) if head else git.read(after.parents[1]) if len(after.parents) > 1 else after
        if before.commit == after.commit or not git.reaches(before.commit, after.commit):
            raise UsageError(
                f"{after.commit[:12]} does not come after it, so this is no merge into it", where=before.commit[:12],
                next="--base is the tip of the target before, --commit (default HEAD) the one after",
            )  # fmt: skip
        branch = _reference(target) if target else git.branch()
        if not branch:
            raise UsageError("no branch is checked out", where=str(directory), next="name it: --target main")
        method = _method(before, tip, after, said=bool(head), others={*after.refs} - {branch})
        parted = git.parted(before.commit, tip.commit)
    shelf = Shelf(directory, [DECISION_TYPE, ReviewPredicate.TYPE])
    trees = {after.sha256: "result"} | ({tip.sha256: "head"} if tip.sha256 != after.sha256 else {})
    predicate = MergePredicate(
        target=branch, method=method, before=before.commit, head=tip.commit, base=parted, commit=after.commit,
        parents=after.parents, tree=after.tree, by=party(by), decisions=decided(shelf, trees),
        reviews=_reviews(shelf, trees), enforced=tuple(sorted(set(enforced))), checkpoint=shelf.checkpoint(),  # type: ignore[arg-type]
        version=__version__, time=now(),
    )  # fmt: skip
    return stated(predicate, [tree_subject(after)])


def _reference(name: str) -> str:
    return name if name.startswith("refs/") else f"refs/heads/{name}"


def _method(
    before: Revised, tip: Revised, after: Revised, *, said: bool, others: "set[str]"
) -> Literal["merge", "squash", "rebase", "fast-forward", "unknown"]:
    """Tell how it was merged. A commit with one parent that nobody named as what was merged, and on which no other branch
    stands, may have come by a squash as well as by a fast-forward."""
    if len(after.parents) > 1:
        return "merge"
    if tip.commit == after.commit:
        return "fast-forward" if said or any(one.startswith("refs/heads/") for one in others) else "unknown"
    return "squash" if after.parents == (before.commit,) else "rebase"


def _reviews(shelf: Shelf, trees: Mapping[str, str]) -> tuple[str, ...]:
    """Give the reviews of these trees, oldest first."""
    found = [kept.sha256 for kept in shelf.newest(ReviewPredicate.TYPE) if kept.said.predicate.seen.tree in trees]
    return tuple(reversed(found[:_MOST_REVIEWS]))


def deployed(
    directory: Path,
    environment: Mapping[str, str],
    by: Identity,
    *,
    to: str,
    commit: str = "HEAD",
    artifacts: Sequence[Resource] = (),
) -> Statement[Any]:
    """State that a commit, or artifacts built from it, went to an environment.

    Raises:
        UsageError: no environment is called so.
        ClearanceError: git or the log cannot be read.
    """
    if not _NAME.fullmatch(to):
        raise UsageError("no name of an environment", where=to[:80], next="letters, digits and . _ / @ + - (production)")
    with Commits(directory, environment) as git:
        what = git.read(commit)
    shelf = Shelf(directory, [DECISION_TYPE, MergePredicate.TYPE, DeployPredicate.TYPE])
    earlier = next((kept for kept in shelf.newest(DeployPredicate.TYPE) if kept.said.predicate.environment == to), None)
    merges = _merges(shelf, what.commit)
    predicate = DeployPredicate(
        environment=to, commit=what.commit, tree=what.tree,
        before=earlier.said.predicate.commit if earlier else "", by=party(by),
        decisions=decided(shelf, {what.sha256: "result"}), merges=merges[:8], version=__version__, time=now(),
    )  # fmt: skip
    return stated(predicate, [tree_subject(what), *artifacts])


def _merges(shelf: Shelf, commit: str) -> tuple[str, ...]:
    """Give the merges of a commit, the newest first. One that the same signer stated again, as a job does that is run twice,
    is left out: its last word counts."""
    found: dict[tuple[str, str], str] = {}
    for kept in shelf.newest(MergePredicate.TYPE):
        if kept.said.predicate.commit == commit:
            signer = kept.signer.name if kept.signer else ""
            found.setdefault((kept.said.predicate.before, signer), kept.sha256)
    return tuple(found.values())
