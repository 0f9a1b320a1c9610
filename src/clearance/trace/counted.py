"""How many of the new lines of a change come from where."""

from collections import Counter
from collections.abc import Sequence

from clearance.facts.change import FileChange
from clearance.facts.trace import Attribution, Origin, OriginKind


def new_lines(files: Sequence[FileChange], attribution: Attribution) -> Counter[Origin]:
    """Count the new lines of files by their origin, whatever way they fit it and since when: of an origin here only kind,
    generation and person are set. What the attribution has no line of is not counted."""
    bare = [Origin(kind=one.kind, generation=one.generation, person=one.person) for one in attribution.origins]
    by_path = {file.path: file for file in attribution.files}
    found: Counter[Origin] = Counter()
    for file in files:
        runs = by_path[file.path].runs if file.path in by_path else ()
        at = 0
        for first, last in sorted(file.added):
            while at < len(runs) and runs[at].last < first:
                at += 1
            for run in runs[at:]:
                if run.first > last:
                    break
                found[bare[run.origin]] += min(last, run.last) - max(first, run.first) + 1
    return found


def of_kind(counted: Counter[Origin], kind: OriginKind) -> int:
    """How many lines have an origin of a kind."""
    return sum(lines for origin, lines in counted.items() if origin.kind == kind)
