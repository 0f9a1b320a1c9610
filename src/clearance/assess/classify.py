"""The highest level of data that a change or a prompt touches."""

from collections.abc import Iterable

from clearance.facts.classification import Classification, Ground, Level, Scheme
from clearance.facts.finding import Finding

_KINDS = ("finding", "path", "default")


def classify(paths: Iterable[str], findings: Iterable[Finding], scheme: Scheme) -> Classification:
    """Join the levels of files and of what was found in them.

    `paths` are the files that a change touches, old names included; none for a prompt, which is as sensitive as what is
    found in it, and at least of the scheme's default level. What stood in a touched file before counts as well: who
    changes a file has it before them.
    """
    grounds: dict[tuple[str, str, bool], Ground] = {}

    def add(level: Level, kind: str, what: str, path: str, *, introduced: bool = True) -> None:
        key = (kind, what, introduced)
        known = grounds.get(key)
        if known is None:
            grounds[key] = Ground(level=level, kind=kind, what=what, path=path, count=1, introduced=introduced)  # type: ignore[arg-type]
        else:
            grounds[key] = Ground(
                level=level,
                kind=known.kind,
                what=what,
                path=min(known.path, path),
                count=known.count + 1,
                introduced=introduced,
            )

    touched = sorted(set(paths))
    for path in touched:
        level, glob = scheme.of_path(path)
        add(level, "path" if glob else "default", glob, path)
    if not touched:
        add(scheme.default, "default", "", "")
    for finding in findings:
        found = scheme.of_kind(finding.rule, finding.family)
        if found is not None:
            add(found, "finding", finding.rule, finding.place.path, introduced=finding.introduced)
    ordered = sorted(grounds.values(), key=_order)
    return Classification(level=Level.join_all(ground.level for ground in ordered), grounds=tuple(ordered))


def _order(ground: Ground) -> tuple[object, ...]:
    return (-ground.level.rank, _KINDS.index(ground.kind), not ground.introduced, ground.what)
