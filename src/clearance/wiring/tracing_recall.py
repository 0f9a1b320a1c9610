"""Recalls code: everything that came from a model, an agent, a request, a package or a rule, and where it stands."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from clearance.collect.head import Past, head_of
from clearance.facts.entry import Entry
from clearance.facts.errors import UsageError
from clearance.facts.recall import Change, Lines, Named, Recall, Wanted
from clearance.facts.story import Rest
from clearance.facts.trace import Attribution, Origin
from clearance.record.reading import Reading
from clearance.wiring.asked_log import HERE, Asked, open_asked
from clearance.wiring.named_entries import requests_named
from clearance.wiring.tracing_head import Today, today
from clearance.wiring.tracing_index import GENERATION_TYPE, REQUEST_TYPE, Trail, TrailOf
from clearance.wiring.tracing_standing import settled_by
from clearance.wiring.tracing_told import Telling, checked, json, merged, rest_of, reviewed

SINCE = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}Z)?")
"""A full-date of RFC 3339, or a time in UTC, to the second."""
_WHOLE = 64
_MOST = 1_000_000
_Where = tuple[str, str]
"""The tree for which lines were settled first, and the digest of their generation (empty: it does not matter)."""


def recall(
    directory: Path, environment: Mapping[str, str], wanted: Wanted, revision: str, asked: Asked = HERE
) -> tuple[Recall, Reading]:
    """Find everything that came from there, and give the log that it rests on.

    Raises:
        UsageError: nothing is wanted, or in no known form.
        NotARepository, UnknownRevision, CollectError: git does not know the revision, or cannot read it.
        StoreError, BadSignature: the log cannot be read, or an entry is not as it was signed.
    """
    _check(wanted)
    log = open_asked(directory, asked)
    with head_of(directory, revision, environment) as head, TrailOf(log, environment) as trail:
        now = today(directory, environment, head, trail)
        made = _generations(trail, wanted)
        gaps: list[str] = []
        named: tuple[Named, ...] = ()
        if wanted.package or wanted.rule:
            from clearance.wiring.tracing_named import lines_named

            named, marked = lines_named((directory, environment), head, trail, wanted, gaps)
            changes = _of_marks(trail, now, marked, made if wanted.model or wanted.agent or wanted.request else None)
        else:
            changes = _of_generations(trail, now, made)
        return (
            Recall(
                wanted=wanted,
                revision=revision,
                commit=head.commit.oid,
                changes=tuple(changes),
                named=named,
                generations=len(made),
                gaps=tuple(dict.fromkeys(gaps)),
                log=log.place,
                entries=log.size(),
            ),
            log,
        )


def _check(wanted: Wanted) -> None:
    if not any((wanted.model, wanted.agent, wanted.request, wanted.package, wanted.rule, wanted.since)):
        raise UsageError("nothing is named", next="give --model, --agent, --request, --package, --rule, or --since")
    if wanted.since and not SINCE.fullmatch(wanted.since):
        raise UsageError("no date", where=f"--since {wanted.since}", next="write it as 2026-11-23 or 2026-11-23T09:30:00Z")


def _generations(trail: Trail, wanted: Wanted) -> dict[str, Entry]:
    """Give the generations that fit, by the digest of their payload. Names stand in statements in a smaller alphabet."""
    from clearance.attest.predicates.fields import word

    asked = _requests(trail, wanted.request) if wanted.request else [""]
    found: dict[str, Entry] = {}
    for request in asked:
        wishes = [("m", word(wanted.model)), ("a", word(wanted.agent)), ("q", request)]
        kind, key = next((one for one in wishes if one[1]), ("k", GENERATION_TYPE))
        for entry in trail.find(kind, key, _MOST):
            said = json(entry)
            if said.get("predicateType") == GENERATION_TYPE and _fits(said["predicate"], entry, wanted, request):
                found[entry.digest] = entry
    return found


def _requests(trail: Trail, asked: str) -> list[str]:
    """Give the digests of the request statements that are named: by an entry's index, or by the beginning of a digest."""
    if len(asked) == _WHOLE:  # quickly, by what was pointed from: a statement, or what it is about
        found = [*trail.find("d", asked), *trail.find("s", asked, _MOST)]
        digests = [entry.digest for entry in found if json(entry).get("predicateType") == REQUEST_TYPE]
        if digests:
            return list(dict.fromkeys(digests))
    return [one.digest for one in requests_named(trail.log, asked)]


def _fits(predicate: dict[str, Any], entry: Entry, wanted: Wanted, request: str) -> bool:
    from clearance.attest.predicates.fields import word

    return (
        (not wanted.model or predicate.get("model") == word(wanted.model))
        and (not wanted.agent or predicate["agent"]["name"] == word(wanted.agent))
        and (not request or predicate.get("request") == request)
        and (not wanted.since or (entry.time or predicate["time"]) >= wanted.since)
    )


def _of_generations(trail: Trail, now: Today, made: Mapping[str, Entry]) -> list[Change]:
    """Give the changes that brought lines of the generations: what each brought then, by the attributions that rest on them,
    and what of it stands now."""
    then: dict[_Where, list[Lines]] = {}
    for digest in made:
        for tree, body in _settled(trail, digest).items():
            found = list(_first_lines(body, digest))
            if found:
                then[tree, digest] = found
    here: dict[_Where, list[Lines]] = {}
    disputed: dict[_Where, list[Lines]] = {}
    for file in now.files:
        for first, last, origin in file.runs:
            if origin.generation in made:
                line = Lines(path=file.path, first=first, last=last, how=origin.how)
                here.setdefault((origin.since, origin.generation), []).append(line)
        for first, last, digest in file.others:
            if digest in made:
                others = _origins(file.runs, Lines(path=file.path, first=first, last=last))
                for origin, line in others:
                    disputed.setdefault((origin.since, digest), []).append(line)
    return _changes(trail, now, then, here, disputed)


def _settled(trail: Trail, digest: str) -> dict[str, Attribution]:
    """Give by tree what was settled last on a generation."""
    found: dict[str, Attribution] = {}
    for entry in trail.find("u", digest, _MOST):
        body = settled_by(trail, entry)
        if body is not None:
            found.setdefault(body.head, body)
    return found


def _first_lines(body: Attribution, digest: str) -> Iterator[Lines]:
    """Give the lines that have the generation in this tree for the first time."""
    for file in body.files:
        for run in file.runs:
            origin = body.origins[run.origin]
            if origin.generation == digest and not origin.since:
                yield Lines(path=file.path, first=run.first, last=run.last, how=origin.how)


def _of_marks(
    trail: Trail,
    now: Today,
    marked: Mapping[str, tuple[list[Lines], list[Lines]]],
    made: Mapping[str, Entry] | None,
) -> list[Change]:
    """Give the changes in which evidence named lines, by tree (empty: the one that brought a line): which lines then, and
    where they stand now, each with the generation that made it. With `made`, only lines of these generations count."""
    then: dict[_Where, list[Lines]] = {}
    here: dict[_Where, list[Lines]] = {}
    files = {file.path: file for file in now.files}
    for tree, (was, stands) in marked.items():
        if made is None:
            then.setdefault((tree, ""), []).extend(was)
        for line in stands:
            for origin, part in _origins(files[line.path].runs if line.path in files else (), line):
                if made is None or origin.generation in made:
                    here.setdefault((tree or origin.since, origin.generation), []).append(part)
    return _changes(trail, now, then, here, {})


def _origins(runs: Sequence[tuple[int, int, Origin]], line: Lines) -> Iterator[tuple[Origin, Lines]]:
    for first, last, origin in runs:
        low, high = max(first, line.first), min(last, line.last)
        if low <= high:
            yield origin, Lines(path=line.path, first=low, last=high, how=origin.how)


def _changes(
    trail: Trail,
    now: Today,
    then: Mapping[_Where, list[Lines]],
    here: Mapping[_Where, list[Lines]],
    disputed: Mapping[_Where, list[Lines]],
) -> list[Change]:
    telling = Telling(trail)
    found = []
    for tree, digest in {**then, **here, **disputed}:
        where = tree, digest
        lines = then.get(where, []), here.get(where, []), disputed.get(where, [])
        found.append(_change(telling, trail, where, now.past.get(tree), lines))
    return sorted(found, key=lambda one: (one.time, one.tree), reverse=True)


def _change(
    telling: Telling,
    trail: Trail,
    where: _Where,
    commit: Past | None,
    lines: tuple[list[Lines], list[Lines], list[Lines]],
) -> Change:
    tree, digest = where
    about = telling.statements(tree)
    rests: list[Rest] = [rest_of(entry, "attribution") for entry, _ in about if _rests_on(trail, entry, digest)][:1]
    written, asked = telling.written(Origin(kind="generation", generation=digest), rests) if digest else (None, None)
    return Change(
        tree=tree,
        commit=commit.commit if commit else "",
        author=commit.author if commit else "",
        time=commit.time if commit else written.time if written else "",
        summary=commit.summary if commit else "",
        then=_joined(lines[0]),
        now=_joined(lines[1]),
        disputed=_joined(lines[2]),
        written=written,
        asked=asked,
        checked=checked(about, rests),
        reviewed=tuple(reviewed(about, rests)),
        merged=merged(about, rests),
        rests=tuple(sorted({rest.entry: rest for rest in rests}.values(), key=lambda one: one.entry)),
    )


def _rests_on(trail: Trail, entry: Entry, digest: str) -> bool:
    body = settled_by(trail, entry)
    return body is not None and (not digest or any(origin.generation == digest for origin in body.origins))


def _joined(lines: list[Lines]) -> tuple[Lines, ...]:
    """Put runs of a file together that follow on each other and fit alike."""
    found: list[Lines] = []
    for one in sorted(lines, key=lambda line: (line.path, line.first)):
        last = found[-1] if found else None
        if last and last.path == one.path and last.last + 1 == one.first and last.how == one.how:
            found[-1] = Lines(path=last.path, first=last.first, last=one.last, how=last.how)
        else:
            found.append(one)
    return tuple(found)
