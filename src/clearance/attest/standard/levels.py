"""Which level of SLSA's source track can be said of a commit, from what the log shows and nothing else.

Source: SLSA 1.2, Source track (https://slsa.dev/spec/v1.2/source-requirements). What the log cannot show is not claimed:

- 1, version controlled, revisions can be named: it is a commit, and where the repository is fetched from is known.
- 2, continuous history, recorded as it happens: all merges of the branch that the log holds, each signed by an enforcer,
  lead to this commit one after the other without a gap.
- 3, technical controls, enforced continuously: with each of these merges the enforcer says that the forge forbade force
  pushes and deletion and demanded the gate, and each rests on a decision that does not deny.
- 4, two trusted persons agree to the final revision: with each of these merges a review was demanded, and two persons who
  are none of its authors approved the very tree that came out.

An enforcer is a service that somebody else than the machine itself stands for: a job that a CI provider's token names, or a
name that a person wrote into trust.toml. The identity that everything on a machine signs with by default never is one: any
process could say that a forge enforces something.

A trusted person is one for whom an identity provider vouched and who signed the review. Agents, services, and authors never
count. That is stricter than SLSA, where the person who wrote a change is one of the two.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from clearance.facts.fact import Fact

_L3 = frozenset({"no-force-push", "no-deletion", "gate-required"})
_L4 = _L3 | {"review-required"}
PERSONS = 2


class Vote(Fact):
    """A review as the log shows it: who signed it, of which kind they are, whether an identity provider vouched for them,
    the tree that they saw (SHA-256), their answer, and as who they looked. A later vote of the same person replaces an
    earlier one."""

    by: str
    kind: str
    vouched: bool
    tree: str
    answer: str
    role: str = "reviewer"


class Merged(Fact):
    """A merge as the log shows it: the tips of the branch before and after, the tree that came out (SHA-256), whether an
    enforcer signed it, what the forge enforced, whether it rests on a decision about that tree that does not deny, and the
    mail addresses of the authors of what was merged, and the name of who signed it."""

    before: str
    after: str
    tree: str
    by_service: bool
    enforced: tuple[str, ...]
    decided: bool
    authors: tuple[str, ...]
    by: str = ""


class History(Fact):
    """All that is known of a commit: whether it can be named (where it is fetched from is known), and the merges that the
    log holds of one branch, oldest first, up to and with the one that made it; none: nobody recorded one."""

    named: bool
    commit: str
    merges: tuple[Merged, ...] = ()


def persons(votes: Iterable[Vote], tree: str, authors: Iterable[str], role: str = "") -> frozenset[str]:
    """Give the trusted persons who approve a tree, oldest vote first: the last word of each counts; nobody who is an author.
    With a role, only those who looked as such."""
    own = {one.casefold() for one in authors}
    last: dict[str, Vote] = {}
    for vote in votes:
        if vote.tree == tree and vote.kind == "person" and vote.vouched:
            last[vote.by.casefold()] = vote
    return frozenset(
        name for name, vote in last.items() if vote.answer == "approve" and name not in own and role in ("", vote.role)
    )


def level(history: History, votes: Sequence[Vote]) -> int:
    """Give the highest level of the source track that what is known shows: 0 to 4."""
    if not history.named or not history.commit:
        return 0
    chain = history.merges
    if not chain or chain[-1].after != history.commit or not _unbroken(chain):
        return 1
    if not all(_L3.issubset(one.enforced) and one.decided for one in chain):
        return 2
    if not all(_L4.issubset(one.enforced) and len(persons(votes, one.tree, one.authors)) >= PERSONS for one in chain):
        return 3
    return 4


def reason(history: History, votes: Sequence[Vote]) -> str:
    """Say in a sentence why the level is what it is: what is missing for the next one."""
    chain, found = history.merges, level(history, votes)
    since = f"{len(chain)} recorded, since commit {chain[0].before[:12]}" if chain else ""
    if found <= 1:
        weak = next((one for one in chain if not one.by_service), None)
        if not found:
            return "nobody could tell which repository it is"
        if weak is not None:
            return (
                f"level 2 takes merges stated by a CI job's token or by a name in trust.toml, [attest] enforcers; "
                f"that of {weak.after[:12]} was stated by {weak.by or 'nobody who is named'}"
            )
        return f"the merges leave a gap ({since})" if chain else "no merge that made it is recorded"
    if found == 2:
        return f"not with every merge three controls and a decision that allows it are named ({since})"
    if found == 3:
        return f"not every merge demanded a review and was approved by two trusted persons ({since})"
    return f"every merge was enforced, decided and approved by two trusted persons ({since})"


def _unbroken(chain: Sequence[Merged]) -> bool:
    """Tell whether each merge begins where the one before it ended, and an enforcer signed each."""
    return all(one.by_service for one in chain) and all(one.after == other.before for one, other in pairwise(chain))
