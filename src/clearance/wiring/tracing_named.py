"""Lines that evidence named: findings of a rule, or a package, in the cases of all decisions of a log, carried to today's
files by content."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from clearance.collect.head import Head
from clearance.collect.trees import two_trees
from clearance.facts.errors import ClearanceError
from clearance.facts.recall import Lines, Named, Wanted
from clearance.facts.statement import DECISION_TYPE
from clearance.facts.text import decode, visible
from clearance.facts.trace import Lines as Run
from clearance.facts.trace import Origin
from clearance.trace.names import package_words
from clearance.wiring.tracing_index import CaseFinding, Trail, findings_in
from clearance.wiring.tracing_told import json

_MOST_DECISIONS = 200_000
_MOST_TREES = 400
_MARK = Origin(kind="person", person="named")
_REST = Origin(kind="unknown")
_Around = tuple[Path, Mapping[str, str]]


class _Seen(NamedTuple):
    finding: CaseFinding
    named: Named


def lines_named(
    around: _Around, head: Head, trail: Trail, wanted: Wanted, gaps: list[str]
) -> tuple[tuple[Named, ...], dict[str, tuple[list[Lines], list[Lines]]]]:
    """Give what was named, and by tree which lines that were then, and where they stand now. A package is named by its
    findings, and by the manifests and lock files that hold it today. What cannot be carried is told in `gaps`."""
    seen = list(_in_decisions(trail, wanted, gaps))
    trees: dict[str, list[_Seen]] = {}
    for one in seen:
        trees.setdefault(one.named.tree, []).append(one)
    if len(trees) > _MOST_TREES:
        gaps.append(f"only the newest {_MOST_TREES} of {len(trees)} trees with such findings were followed to today's files")
    marked: dict[str, tuple[list[Lines], list[Lines]]] = {}
    for tree, ones in list(trees.items())[:_MOST_TREES]:
        then = _distinct(Lines(path=one.finding.place.path, first=one.finding.place.line, last=_end(one)) for one in ones)
        marked[tree] = then, _carried(around, head, ones[0].named.commit, then, gaps)
    named = [one.named for one in seen]
    if wanted.package:
        places = list(_packages(head, wanted.package, gaps))
        named += places
        lines = [Lines(path=one.path, first=one.line, last=one.line) for one in places]
        if lines:
            marked.setdefault("", ([], []))[1].extend(lines)
    return tuple(dict.fromkeys(named)), marked


def _end(one: _Seen) -> int:
    return max(one.finding.place.line, one.finding.place.end_line)


def _distinct(lines: Iterator[Lines]) -> list[Lines]:
    return list(dict.fromkeys(lines))


def _in_decisions(trail: Trail, wanted: Wanted, gaps: list[str]) -> Iterator[_Seen]:
    """Go through the cases that may name it, the newest first. A body without the wanted word is not read any further."""
    kind, key = ("r", wanted.rule) if wanted.rule else ("p", wanted.package.lower())
    indexes = trail.indexes(kind, key, _MOST_DECISIONS + 1)
    if len(indexes) > _MOST_DECISIONS:
        gaps.append(f"only the newest {_MOST_DECISIONS:,} decisions that name it were looked at")
    needle = (wanted.rule or wanted.package).encode()
    for index in indexes[:_MOST_DECISIONS]:
        entry = trail.believes(index)
        said = json(entry) if entry is not None else {}
        if entry is None or said.get("predicateType") != DECISION_TYPE:
            continue
        predicate = said["predicate"]
        if wanted.since and (entry.time or predicate["time"]) < wanted.since:
            break
        body = trail.body(predicate["case"])
        if body is None:
            gaps.append(f"the case of entry {index} is no longer there")
        elif needle in body:
            yield from (
                _Seen(one, _named(one, entry.index, said, entry.time)) for one in findings_in(body) if _fits(one, wanted)
            )


def _fits(finding: CaseFinding, wanted: Wanted) -> bool:
    if wanted.rule and finding.rule != wanted.rule:
        return False
    return not wanted.package or (finding.family == "packages" and _mentions(finding.message, wanted.package))


def _mentions(message: str, package: str) -> bool:
    return package.lower() in package_words(message)


def _named(finding: CaseFinding, entry: int, said: dict[str, Any], time: str) -> Named:
    predicate = said["predicate"]
    notes = said["subject"][0].get("annotations", {}) if said.get("subject") else {}
    end = predicate.get("head") or {}
    return Named(
        what=f"{finding.rule}: {finding.message}",
        path=finding.place.path,
        line=finding.place.line,
        entry=entry,
        time=time or predicate["time"],
        tree=notes.get("gitTree", ""),
        commit=end.get("commit") or "",
        verdict=predicate["verdict"],
        introduced=finding.introduced,
    )


def _carried(around: _Around, head: Head, commit: str, lines: Sequence[Lines], gaps: list[str]) -> list[Lines]:
    """Carry lines of a commit to the files of today: where nothing changed they stay, elsewhere content tells."""
    from clearance.trace.file import Earlier
    from clearance.trace.settle import settle
    from clearance.wiring.tracing_settle import pairs_of, sides_of

    if not commit:
        gaps.append("a finding in a working tree was never committed as it was; its lines are not followed")
        return []
    try:
        with two_trees(around[0], commit, head.commit.oid, around[1]) as trees:
            pairs = pairs_of(trees.files, sides_of(trees).text)
            changed = {pair.old_path or pair.path: pair for pair in pairs}
            earlier = {
                (path, pair.before): Earlier(_marks(lines, path, len(pair.old)), (_REST, _MARK))
                for path, pair in changed.items()
            }
            found = settle((trees.base_tree, trees.tree.git or ""), pairs, (), earlier)
    except ClearanceError as error:
        gaps.append(f"lines of commit {commit[:8]} are not followed: {visible(str(error))}")
        return []
    stands = [line for line in lines if line.path not in changed]
    for file in found.files:
        stands += [
            Lines(path=file.path, first=run.first, last=run.last) for run in file.runs if found.origins[run.origin].person
        ]
    return stands


def _marks(lines: Sequence[Lines], path: str, count: int) -> tuple[Run, ...]:
    """Mark lines of a file; the runs cover all of its lines."""
    marked = {number for line in lines if line.path == path for number in range(line.first, min(line.last, count) + 1)}
    runs: list[Run] = []
    for number in range(1, count + 1):
        origin = int(number in marked)
        if runs and runs[-1].origin == origin:
            runs[-1] = Run(first=runs[-1].first, last=number, origin=origin)
        else:
            runs.append(Run(first=number, last=number, origin=origin))
    return tuple(runs)


def _packages(head: Head, package: str, gaps: list[str]) -> Iterator[Named]:
    """Give the places of today's manifests and lock files that name the package."""
    from clearance.scan.family import View
    from clearance.scan.packages.inventory import inventory, may_name_packages
    from clearance.scan.packages.readers import readers_for

    views = []
    for file in head.files():
        if may_name_packages(file.path):
            decoded = decode(head.bytes(file.blob) or b"")
            view = View(file.path, "after", b"", decoded) if decoded else None
            if view is not None and readers_for(view):
                views.append(view)
    found = inventory(views, 10.0)
    gaps += [f"{visible(gap.path)}: {visible(gap.detail)}" for gap in found.gaps]
    head_, at, version = package[1:].partition("@")  # the first letter may be the @ of a scope
    name = package[:1] + head_ if at else package
    for one in found.packages:
        if one.name.lower() == name.lower() and (not version or one.version == version):
            what = f"{one.registry.value} {one.name} {one.version or one.wanted}".strip()
            for place in one.places:
                yield Named(
                    what=what,
                    path=place.path,
                    line=place.line,
                    entry=-1,
                    time="",
                    tree=head.commit.tree,
                    commit=head.commit.oid,
                )
