"""Takes what assistants' hooks noted into the log, as generations."""

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from clearance.attest.kinds import type_of
from clearance.facts.moment import rfc3339
from clearance.facts.trace import SCHEME, Generation, LineKeys, Noted, Prompt
from clearance.stores.spool import Spool, records
from clearance.wiring.tracing import parted, record_generations, request_statement
from clearance.wiring.tracing_index import REQUEST_TYPE, TrailOf
from clearance.wiring.tracing_notes import place_name, trace_folder

_MOST_LASTING = 50


def request_at(directory: Path, which: str) -> str:
    """Give the digest of the request statement that is named by an entry's index, or by the beginning of a digest: its own,
    its ticket's, its prompt's.

    Raises:
        UsageError: there is no such request, or there are several.
        StoreError, BadSignature: the log cannot be read, or the entry is not as it was signed.
    """
    from clearance.wiring.named_entries import request_named
    from clearance.wiring.recording import open_log

    return request_named(open_log(directory, create=False), which)


def flush(directory: Path, environment: Mapping[str, str], request: str = "") -> int:
    """Take what hooks noted about the repository around `directory` into its log, as one generation for each prompt of each
    conversation; tell how many. `request` is the digest of the request statement that they all came from; without it, each
    prompt becomes a request by nobody who is known. What cannot be recorded stays noted.

    Raises:
        ClearanceError: the notes cannot be read, or the log not be written.
    """
    folder = trace_folder(environment)
    if not os.path.lexists(folder.directory):
        return 0
    spool = Spool(folder, place_name(directory))
    with folder.locked():
        taken = spool.take()
        notes = _read(taken)
        made = list(_generations(notes))
        if made:
            requests = {} if request else _requests(directory, environment, notes, made)
            made = [_asked_in(one, requests, request) for one in made]
            record_generations(directory, environment, made)
        spool.let_go(taken)
        for note in _lasting(notes):
            spool.append(msgspec.msgpack.encode(note))
    return len(made)


def _requests(
    directory: Path, environment: Mapping[str, str], notes: Iterable[Noted], made: Iterable[Generation]
) -> dict[str, str]:
    """State the prompts that led to lines as requests, each once; give by their digests those of the statements."""
    from clearance.wiring.recording import Scribe

    led = {one.prompt.sha256 for one in made if one.prompt}
    prompts = {note.prompt.sha256: (note.prompt, note.time) for note in notes if note.prompt and note.prompt.sha256 in led}
    scribe, found = Scribe(directory), dict[str, str]()
    with TrailOf(scribe.log, environment) as trail:
        for sha256 in prompts:
            for entry in trail.find("s", sha256):
                if type_of(entry.payload) == REQUEST_TYPE:
                    found[sha256] = entry.digest
    fresh = [request_statement(*prompts[sha256]) for sha256 in prompts if sha256 not in found]
    for entry, statement in zip(scribe.record(fresh) if fresh else (), fresh, strict=True):
        found[statement.predicate.prompt.sha256] = entry.digest
    return found


def _asked_in(one: Generation, requests: Mapping[str, str], request: str) -> Generation:
    return msgspec.structs.replace(one, request=request or requests.get(one.prompt.sha256 if one.prompt else "", ""))


def _lasting(notes: Iterable[Noted]) -> list[Noted]:
    """Give the newest prompt of each conversation, if it is of the last day: lines that come of it may still follow."""
    newest = {(note.agent, note.session): note for note in notes if note.prompt is not None}
    since = rfc3339(datetime.now(UTC) - timedelta(days=1))
    return [note for note in newest.values() if note.time > since][-_MOST_LASTING:]


def _read(files: Sequence[Path]) -> list[Noted]:
    """Read notes, in the order in which they were written; what is none of ours is passed over."""
    found = []
    for path in files:
        for record in records(path):
            with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
                found.append(msgspec.msgpack.decode(record, type=Noted))
    return found


def _generations(notes: Iterable[Noted]) -> Iterable[Generation]:
    """Put the notes of one prompt of one conversation together."""
    prompts: dict[tuple[str, str], Prompt] = {}
    groups: dict[tuple[str, ...], list[Noted]] = {}
    asked: dict[tuple[str, ...], Prompt | None] = {}
    for note in notes:
        who = note.agent, note.session
        if note.prompt is not None:
            prompts[who] = note.prompt
        if note.runs:
            prompt = prompts.get(who)
            key: tuple[str, ...] = (*who, note.model, prompt.sha256 if prompt else "", note.salt.hex())
            groups.setdefault(key, []).append(note)
            asked[key] = prompt
    for key, group in groups.items():
        for part in parted([run for note in group for run in note.runs]):
            yield Generation(
                agent=group[0].agent,
                model=group[0].model,
                source="hook",
                keys=LineKeys(scheme=SCHEME, salt=group[0].salt, runs=part),
                time=group[-1].time,
                conversation=group[0].session,
                prompt=asked[key],
                tools=tuple(sorted({note.tool for note in group} - {""})),
            )
