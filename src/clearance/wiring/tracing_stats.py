"""Counts how many lines of a revision come from whom."""

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from clearance.collect.head import head_of
from clearance.facts.errors import UsageError
from clearance.facts.recall import Share, Stats
from clearance.facts.trace import Origin
from clearance.wiring.asked_log import HERE, Asked, open_asked
from clearance.wiring.tracing_head import FileLines, Today, today
from clearance.wiring.tracing_index import GENERATION_TYPE, Trail, TrailOf
from clearance.wiring.tracing_told import json

By = Literal["path", "author", "model", "agent", "month"]
NOT_TRACED = "(before lines were traced)"
NOT_SAID = "(nobody says)"
_MOST_GROUPS = 400


def stats(
    directory: Path,
    environment: Mapping[str, str],
    revision: str,
    by: By,
    since: str,
    depth: int = 1,
    asked: Asked = HERE,
) -> Stats:
    """Count the lines of all text files of a revision by the kind of their origin, and by groups: folders of `depth` levels,
    authors or months of the commits that brought the lines into the tree, models, agents. With `since` (an RFC 3339 date),
    only lines that were settled for a commit of that day or later.

    Raises:
        UsageError: the date has no known form.
        NotARepository, UnknownRevision, CollectError: git does not know the revision, or cannot read it.
        StoreError, BadSignature: the log cannot be read, or an entry is not as it was signed.
    """
    from clearance.wiring.tracing_recall import SINCE

    if since and not SINCE.fullmatch(since):
        raise UsageError("no date", where=f"--since {since}", next="write it as 2026-11-23 or 2026-11-23T09:30:00Z")
    log = open_asked(directory, asked)
    with head_of(directory, revision, environment) as head, TrailOf(log, environment) as trail:
        now = today(directory, environment, head, trail)
        group = _grouping(by, now, trail, depth)
        total: Counter[str] = Counter()
        groups: dict[str, Counter[str]] = {}
        for file in now.files:
            for first, last, origin in file.runs:
                if not since or _time(now, origin) >= since:
                    total[origin.kind] += last - first + 1
                    groups.setdefault(group(file, origin), Counter())[origin.kind] += last - first + 1
        shares = sorted((_share(name, counted) for name, counted in groups.items()), key=lambda one: (-one.lines, one.name))
        return Stats(
            revision=revision,
            commit=head.commit.oid,
            by=by,
            since=since,
            total=_share("", total),
            groups=tuple(shares[:_MOST_GROUPS]),
            files=len(now.files),
            live=sum(file.live for file in now.files),
            entries=log.size(),
        )


def _grouping(by: By, now: Today, trail: Trail, depth: int) -> Callable[[FileLines, Origin], str]:
    match by:
        case "path":
            return lambda file, _: "/".join(file.path.split("/")[:-1][:depth]) or "."
        case "author":
            return lambda _, origin: now.past[origin.since].author if origin.since in now.past else NOT_TRACED
        case "month":
            return lambda _, origin: _time(now, origin)[:7] or NOT_TRACED
        case "model" | "agent":
            said: dict[str, str] = {}
            return lambda _, origin: _made(origin, by, trail, said)


def _time(now: Today, origin: Origin) -> str:
    return now.past[origin.since].time if origin.since in now.past else ""


def _made(origin: Origin, by: By, trail: Trail, said: dict[str, str]) -> str:
    """Give the model or the agent of a line; what no assistant made has none."""
    if origin.kind == "unknown":
        return "(unknown)"
    if origin.kind == "person":
        return "(a person)"
    if origin.generation not in said:
        said[origin.generation] = NOT_SAID
        for entry in trail.find("d", origin.generation):
            statement = json(entry)
            if entry.digest == origin.generation and statement.get("predicateType") == GENERATION_TYPE:
                predicate = statement["predicate"]
                said[origin.generation] = (predicate["agent"]["name"] if by == "agent" else predicate["model"]) or NOT_SAID
    return said[origin.generation]


def _share(name: str, counted: Counter[str]) -> Share:
    return Share(name=name, ai=counted["generation"], person=counted["person"], unknown=counted["unknown"])
