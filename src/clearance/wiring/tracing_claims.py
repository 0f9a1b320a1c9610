"""Takes what commits claim of themselves into the log, as generations of weaker evidence: trailers, git-ai notes."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clearance.facts.actor import Evidence
from clearance.facts.change import Range
from clearance.facts.trace import SCHEME, Generation, LineKeys, Run, Source
from clearance.trace.interchange import git_ai
from clearance.trace.interchange.bounds import joined, without
from clearance.trace.names import line_names
from clearance.wiring.places import now
from clearance.wiring.tracing_index import GENERATION_TYPE
from clearance.wiring.tracing_notes import runs_in, salt_of

if TYPE_CHECKING:
    from clearance.collect.trees import Claim, Trees
    from clearance.wiring.tracing_index import Trail

_MOST_COMMITS = 200


def record_claims(directory: Path, environment: Mapping[str, str], *, base: str | None, head: str) -> int:
    """Record the commits between two revisions that name an assistant as generations of weaker evidence: each of them speaks
    for its whole commit. A commit with lines that a hook saw, or that somebody recorded, needs none. Tells how many.

    Raises:
        ClearanceError: the commits cannot be read, or the log not be written.
    """
    from clearance.collect.trees import two_trees
    from clearance.wiring.recording import open_log
    from clearance.wiring.tracing import record_generations
    from clearance.wiring.tracing_index import TrailOf

    with two_trees(directory, base, head, environment) as trees:
        claims = trees.claimed(_MOST_COMMITS)
        if not claims:
            return 0
        salt = salt_of(directory, environment)
        with TrailOf(open_log(directory), environment) as trail:
            made = [found for claim in claims if (found := _of_claim(trees, claim, salt, trail)) is not None]
    if made:
        record_generations(directory, environment, made)
    return len(made)


def _of_claim(trees: "Trees", claim: "Claim", salt: bytes, trail: "Trail") -> Generation | None:
    runs: list[Run] = []
    told = _noted(claim)
    for file in claim.files:
        if file.added and not file.binary and file.after is not None and file.after.git:
            ranges = file.added if told is None else _both(file.added, told.get(file.path, ()))
            text = trees.text(file.after.git) if ranges else None
            runs += runs_in(file.path, text.encode("utf-8", "surrogatepass"), ranges, salt) if text else ()
    keys = LineKeys(scheme=SCHEME, salt=salt, runs=tuple(runs))
    if not runs or stronger_knows(keys, trail):
        return None
    source: Source = "note" if claim.author.evidence is Evidence.GIT_AI_NOTE else "trailer"
    return Generation(
        agent=claim.author.author.name,
        model="",
        source=source,
        keys=keys,
        time=now(),
        base=claim.parent,
        head=claim.commit,
    )


def _noted(claim: "Claim") -> dict[str, tuple[Range, ...]] | None:
    """Give the lines that a commit's note claims, by path; None where a trailer claims the whole commit, or the note names
    no lines."""
    if claim.author.evidence is not Evidence.GIT_AI_NOTE:
        return None
    claims = git_ai.read_note(claim.note, claim.commit).claims
    found: dict[str, list[Range]] = {}
    for one in claims:
        if one.whose == "ai":
            found.setdefault(one.path, []).extend(one.ranges)
    return {path: joined(ranges) for path, ranges in found.items()} or None


def _both(some: Sequence[Range], others: Sequence[Range]) -> tuple[Range, ...]:
    """Give the lines that stand in both."""
    return without(some, without(some, others))


def stronger_knows(keys: LineKeys, trail: "Trail") -> bool:
    """Tell whether stronger evidence has lines of these."""
    import msgspec

    for entry in trail.like(line_names(keys), 8):
        said = msgspec.json.decode(entry.payload)
        if said.get("predicateType") == GENERATION_TYPE and said["predicate"]["source"] in ("hook", "command"):
            return True
    return False
