"""Takes notes and records of others in as weak evidence, and gives ours out in their formats."""

import hashlib
import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from clearance import __version__
from clearance.collect.head import head_of
from clearance.collect.notes import Notebook, notebook
from clearance.facts.claimed import Claimed, Record
from clearance.facts.trace import SCHEME, Attribution, Generation, LineKeys, Run
from clearance.trace.interchange import agent_trace, git_ai
from clearance.trace.interchange.bounds import joined
from clearance.trace.keys import KeyedText, split
from clearance.wiring.places import now
from clearance.wiring.recording import open_log
from clearance.wiring.tracing import record_generations
from clearance.wiring.tracing_claims import stronger_knows
from clearance.wiring.tracing_head import MOST_PAST
from clearance.wiring.tracing_index import ATTRIBUTION_TYPE, GENERATION_TYPE, Trail, TrailOf
from clearance.wiring.tracing_notes import salt_of
from clearance.wiring.tracing_standing import settled_by
from clearance.wiring.tracing_told import json as statement_of

Target = Literal["git-ai", "agent-trace"]
_MOST_PROBLEMS = 200


class Imported(NamedTuple):
    """What was taken in: how many records and generations, how many lines, how many were known already on better evidence or
    are said to be a person's (which nobody signed), the entries, and what was not understood."""

    records: int
    generations: int
    lines: int
    better: int
    people: int
    entries: tuple[int, ...]
    problems: tuple[str, ...]


def import_notes(directory: Path, environment: Mapping[str, str], ref: str) -> Imported:
    """Take in the git-ai notes of a reference.

    Raises:
        ClearanceError: git or the log cannot be read, or the log not be written.
    """
    with notebook(directory, environment) as book:
        records = (git_ai.read_note(text, commit) for commit, text in book.notes(ref))
        return _take(directory, environment, book, records)


def import_file(directory: Path, environment: Mapping[str, str], data: bytes) -> Imported:
    """Take in records of Agent Trace.

    Raises:
        BadFile: it holds none.
        ClearanceError: git or the log cannot be read, or the log not be written.
    """
    records = agent_trace.read_records(data)
    with notebook(directory, environment) as book:
        return _take(directory, environment, book, records)


def _take(directory: Path, environment: Mapping[str, str], book: Notebook, records: Iterable[Record]) -> Imported:
    salt = salt_of(directory, environment)
    made: list[Generation] = []
    problems: list[str] = []
    count = better = people = 0
    with TrailOf(open_log(directory), environment) as trail:
        for record in records:
            count += 1
            where = record.commit[:12] or f"record {count}"
            problems += [f"{where}: {problem}" for problem in record.problems]
            people += sum(last - first + 1 for one in record.claims if one.whose == "human" for first, last in one.ranges)
            for one in _generations(book, record, salt, problems):
                if stronger_knows(one.keys, trail):
                    better += one.keys.lines
                else:
                    made.append(one)
    entries, _ = record_generations(directory, environment, made)
    lines = sum(one.keys.lines for one in made)
    places = tuple(sorted({entry.index for entry in entries}))
    return Imported(count, len(made), lines, better, people, places, tuple(dict.fromkeys(problems))[:_MOST_PROBLEMS])


def _generations(book: Notebook, record: Record, salt: bytes, problems: list[str]) -> Iterator[Generation]:
    """Make one generation of what a record says of each assistant, model and conversation."""
    commit = book.commit(record.commit) if record.commit else None
    if commit is None:
        if record.claims:
            problems.append(f"{record.commit[:12] or 'a record'}: this clone has no such commit")
        return
    by: dict[tuple[str, str, str], list[Run]] = {}
    texts: dict[str, KeyedText | None] = {}
    for one in record.claims:
        if one.whose not in ("ai", "mixed"):
            continue
        if one.path not in texts:
            text = book.file(commit, one.path)
            texts[one.path] = KeyedText(split(text), salt) if text is not None else None
        keyed = texts[one.path]
        if keyed is None or one.ranges[-1][1] > len(keyed.lines):
            problems.append(f"{record.commit[:12]}: it claims lines of a file that are not there")
        if keyed is not None:
            by.setdefault((one.agent, one.model, one.conversation), []).extend(keyed.runs(one.path, one.ranges))
    for (agent, model, conversation), runs in by.items():
        if runs:
            yield Generation(
                agent=agent,
                model=model,
                source="note",
                keys=LineKeys(scheme=SCHEME, salt=salt, runs=tuple(runs)),
                time=now(),
                conversation=hashlib.sha256(salt + conversation.encode("utf-8", "replace")).hexdigest()
                if conversation
                else "",
                base=commit.parents[0] if commit.parents else "",
                head=commit.oid,
            )


class Exported(NamedTuple):
    """What is known of one commit, in a format of others: the commit, the name for a file, the text."""

    commit: str
    name: str
    text: str


def export(directory: Path, environment: Mapping[str, str], to: Target, revision: str) -> list[Exported]:
    """Give what was settled for the commits of a revision's past in a format of others, the oldest first. A commit whose
    tree was never settled, or that brought no assistant's line, gives nothing.

    Raises:
        ClearanceError: git or the log cannot be read.
    """
    log = open_log(directory, create=False)
    found: list[Exported] = []
    with head_of(directory, revision, environment) as head, TrailOf(log, environment) as trail:
        made: dict[str, tuple[str, str, str]] = {}
        for one in reversed(head.past(MOST_PAST)):
            for entry in trail.find("s", one.tree):
                said = statement_of(entry)
                if said.get("predicateType") != ATTRIBUTION_TYPE or said["predicate"]["head"].get("tree") != one.tree:
                    continue
                body = settled_by(trail, entry)
                claims = list(_claims(body, lambda digest: _maker(trail, digest, made))) if body else []
                if claims:
                    found.append(_exported(to, one.commit, said["predicate"]["time"], claims))
                break
    return found


def _maker(trail: Trail, digest: str, made: dict[str, tuple[str, str, str]]) -> tuple[str, str, str]:
    if digest not in made:
        made[digest] = ("unnamed", "", "")
        for entry in trail.find("d", digest):
            said = statement_of(entry)
            if entry.digest == digest and said.get("predicateType") == GENERATION_TYPE:
                predicate = said["predicate"]
                made[digest] = predicate["agent"]["name"], predicate["model"], predicate["conversation"]
    return made[digest]


def _claims(body: Attribution, maker: Callable[[str], tuple[str, str, str]]) -> Iterator[Claimed]:
    """Give the lines that the tree has for the first time, by who made them."""
    for file in body.files:
        by: dict[tuple[str, str, str], list[tuple[int, int]]] = {}
        for run in file.runs:
            origin = body.origins[run.origin]
            if origin.kind == "generation" and not origin.since:
                by.setdefault(maker(origin.generation), []).append((run.first, run.last))
        for (agent, model, conversation), ranges in by.items():
            yield Claimed(
                path=file.path, ranges=joined(ranges), whose="ai", agent=agent, model=model, conversation=conversation
            )


def _exported(to: Target, commit: str, time: str, claims: Sequence[Claimed]) -> Exported:
    if to == "git-ai":
        return Exported(commit, f"{commit}.note", git_ai.write_note(claims, commit, __version__))
    id_ = str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:clearance:{commit}"))
    record = agent_trace.record_of(claims, commit, time, id_, __version__)
    return Exported(commit, f"{commit}.agent-trace.json", json.dumps(record, sort_keys=True) + "\n")


def write_notes(directory: Path, environment: Mapping[str, str], notes: Sequence[Exported], ref: str) -> int:
    """Hang notes on commits of the repository; a commit that has one keeps it. Gives how many were added."""
    with notebook(directory, environment) as book:
        return sum(book.add(ref, one.commit, one.text) for one in notes)
