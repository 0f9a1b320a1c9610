"""What the gate does for origins beside its verdict: it takes the notes of hooks into the log, and settles the lines of a
change that stands in commits."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clearance.facts.actor import Evidence
from clearance.facts.change import Range
from clearance.facts.errors import ClearanceError
from clearance.facts.outcome import Outcome
from clearance.facts.text import visible
from clearance.facts.trace import SCHEME, Generation, LineKeys, Run, Source
from clearance.trace.interchange import git_ai
from clearance.trace.interchange.bounds import joined, without
from clearance.wiring.places import now
from clearance.wiring.tracing_notes import runs_in, salt_of, waiting

if TYPE_CHECKING:
    from clearance.collect.trees import Claim, Trees
    from clearance.wiring.tracing_index import Trail
    from clearance.wiring.tracing_settle import Settled

_MOST_NEW = 50_000
"""Entries that a gate reads into the cache of pointers in one run: a person waits."""
_MOST_COMMITS = 200


def after_check(directory: Path, outcome: Outcome, environment: Mapping[str, str]) -> list[str]:
    """Flush notes, and settle the change if it stands in commits and the log knows who wrote anything at all. Gives what
    came out or could not be done, for people; the verdict stands either way, and lines not settled are unknown."""
    try:
        if waiting(directory, environment):
            from clearance.wiring.tracing_capture import flush

            flush(directory, environment)
        change = outcome.change
        if change.source == "range" and change.head.commit and change.files:
            return _settle(directory, environment, change.base.commit if change.base else None, change.head.commit)
    except (ClearanceError, OSError) as error:
        return [f"where the lines come from was not settled: {visible(str(error))}"]
    return []


def _settle(directory: Path, environment: Mapping[str, str], base: str | None, head: str) -> list[str]:
    from clearance.wiring.recording import open_log
    from clearance.wiring.tracing_index import ATTRIBUTION_TYPE, GENERATION_TYPE, TrailOf
    from clearance.wiring.tracing_settle import settle_trees

    with TrailOf(open_log(directory), environment, most=_MOST_NEW) as trail:
        if trail.behind:
            return [f"where the lines come from was not settled: {trail.behind:,} entries of the log were not read yet"]
        known = bool(trail.indexes("k", GENERATION_TYPE, 1) or trail.indexes("k", ATTRIBUTION_TYPE, 1))
    if known or base is not None:
        claims = record_claims(directory, environment, base=base, head=head)
        if known or claims:
            return _told(settle_trees(directory, environment, base=base, head=head))
    return []


def _told(settled: "Settled") -> list[str]:
    """Say what came out, where any new line has an origin: the verdict above was given without it."""
    known = settled.new["generation"] + settled.new["person"]
    if not known:
        return []
    ai, of = settled.new["generation"], settled.new.total()
    return [f"origin: {ai} of {of} new lines by assistants that the log knows (entry {settled.entry.index})"]


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

    from clearance.wiring.tracing_index import GENERATION_TYPE, line_names

    for entry in trail.like(line_names(keys), 8):
        said = msgspec.json.decode(entry.payload)
        if said.get("predicateType") == GENERATION_TYPE and said["predicate"]["source"] in ("hook", "command"):
            return True
    return False
