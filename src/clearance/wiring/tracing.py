"""Records which lines a generation added."""

import hmac
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from clearance import __version__
from clearance.facts.errors import UnknownRevision, UsageError
from clearance.facts.fact import canonical, digest
from clearance.facts.trace import SCHEME, Generation, LineKeys, Prompt, Run, Source
from clearance.wiring.places import log_folder, now
from clearance.wiring.recording import Scribe
from clearance.wiring.tracing_index import GENERATION_TYPE, Trail, TrailOf
from clearance.wiring.tracing_notes import MOST_BYTES, place_key, runs_in, salt_of

if TYPE_CHECKING:
    from clearance.facts.change import Collected
    from clearance.facts.entry import Entry
    from clearance.facts.identity import Identity
    from clearance.facts.statement import Statement

_MOST_LINES = 50_000
"""Lines in one generation statement; more become several."""
CLAIMED: frozenset[Source] = frozenset({"trailer", "note"})
"""Sources that nobody signed: what they say of an agent is a claim that the gate found."""


class Recorded(NamedTuple):
    """What `record_lines` did: the entries, whether they were there before, how many lines, files."""

    entries: "tuple[Entry, ...]"
    known: bool
    lines: int
    files: int


class Authored(NamedTuple):
    """Who made lines: an assistant's name, its version, its model, and what is known of what it was asked."""

    agent: str
    model: str = ""
    version: str = ""
    prompt: Prompt | None = None
    request: str = ""


def record_lines(
    directory: Path,
    environment: Mapping[str, str],
    author: Authored,
    *,
    base: str | None = None,
    head: str | None = None,
    source: Source = "command",
) -> Recorded:
    """Record the lines that the working tree, or the commit `head`, adds to `base` (none: to HEAD, or to where `head` left
    the default branch) as one generation.

    Raises:
        ClearanceError: the change cannot be collected, or the log not be written.
        UsageError: no lines were added.
    """
    from clearance.collect import git
    from clearance.wiring.places import close

    if head is None:
        collected = _working_tree(directory, base, environment)
    else:
        collected = git.between(directory, base, head, environment=environment)
    try:
        salt = salt_of(directory, environment)
        runs = _runs_of(collected, salt)
    finally:
        close(collected)
    if not runs:
        raise UsageError("no lines were added", where=collected.change.head.label, next="name another --base")
    ends = (collected.change.base.commit if collected.change.base else None, collected.change.head.commit)
    made = [
        Generation(
            agent=author.agent,
            model=author.model,
            version=author.version,
            source=source,
            keys=LineKeys(scheme=SCHEME, salt=salt, runs=part),
            time=now(),
            prompt=author.prompt,
            request=author.request,
            base=ends[0] or "",
            head=ends[1] or "",
        )
        for part in parted(runs)
    ]
    entries, known = record_generations(directory, environment, made)
    return Recorded(entries, known, sum(run.lines for run in runs), len({run.path for run in runs}))


def _working_tree(directory: Path, base: str | None, environment: Mapping[str, str]) -> "Collected":
    from clearance.collect import git

    try:
        return git.working_tree(directory, base=base or "HEAD", environment=environment)
    except UnknownRevision:
        if base is not None:
            raise
        return git.working_tree(directory, environment=environment)  # no commit yet


def _runs_of(collected: "Collected", salt: bytes) -> tuple[Run, ...]:
    found: list[Run] = []
    for file in collected.change.files:
        if file.added and not file.binary and file.after is not None:
            data = collected.contents.read(file.path, "after", MOST_BYTES + 1)
            found += runs_in(file.path, data, file.added, salt)
    return tuple(found)


def parted(runs: Iterable[Run]) -> list[tuple[Run, ...]]:
    """Part runs so that each part has not many more lines than one statement should speak for."""
    parts: list[list[Run]] = []
    lines = _MOST_LINES
    for run in runs:
        if lines >= _MOST_LINES:
            parts.append([])
            lines = 0
        parts[-1].append(run)
        lines += run.lines
    return [tuple(part) for part in parts]


def record_generations(
    directory: Path, environment: Mapping[str, str], made: Sequence[Generation]
) -> "tuple[tuple[Entry, ...], bool]":
    """Sign generations and append them; what the log has already is not recorded twice. What a hook saw or somebody recorded
    is signed as the agent; what only a trailer or a note claims as the service, which read it there. Gives the entries, and
    whether all of them were there."""
    scribe = Scribe(directory)
    entries: list[Entry] = []
    fresh: list[Generation] = []
    with TrailOf(scribe.log, environment) as trail:
        for one in (_blinded(_without_secrets(each, environment), environment) for each in made):
            held = _held(trail, one)
            if held is None:
                fresh.append(one)
            else:
                entries.append(held)
    for agent, own in dict.fromkeys((one.agent, one.source in ("hook", "command")) for one in fresh):
        batch = [one for one in fresh if (one.agent, one.source in ("hook", "command")) == (agent, own)]
        bodies = {name: body for one in batch for name, body in bodies_of(one).items()}
        statements = [generation_statement(one, directory, environment) for one in batch]
        entries += scribe.record(statements, bodies, by=agent_identity(agent, environment) if own else None)
    return tuple(entries), not fresh


def _blinded(one: Generation, environment: Mapping[str, str]) -> Generation:
    """Give a generation whose body nobody can make anew who only guesses its lines. The nonce is an HMAC of the keys under
    this machine's own key, so that the same lines are still the same body here."""
    nonce = hmac.digest(place_key(environment), b"keys\0" + canonical(one.keys), "sha256")[:16]
    return msgspec.structs.replace(one, keys=msgspec.structs.replace(one.keys, nonce=nonce))


def _without_secrets(one: Generation, environment: Mapping[str, str]) -> Generation:
    """Give a generation with `unnamed` in place of names that hold a secret, where no person gave them: what an assistant
    or a commit hands in must not keep its lines out of the log. What a person typed is refused instead."""
    if one.source == "command":
        return one
    from clearance.wiring.attesting import secret_in

    def clean(text: str) -> str:
        return "unnamed" if text and secret_in([_word(text)], environment) else text

    return msgspec.structs.replace(
        one, agent=clean(one.agent), model=clean(one.model), version=clean(one.version), tools=tuple(map(clean, one.tools))
    )


def bodies_of(one: Generation) -> dict[str, bytes]:
    """Give the bodies beside the log that a generation names, by digest: the keys of its lines. The salt of a prompt's
    digest is none of them: it rests with the prompt, encrypted, or nowhere (`wiring/evidence_prompts.py`)."""
    return {digest(one.keys): canonical(one.keys)}


def request_statement(prompt: Prompt, time: str) -> "Statement[Any]":
    """State that somebody asked an assistant for something. A hook does not know who: nobody authenticated them.

    Raises:
        BadStatement: something of it does not fit a statement.
    """
    from clearance.attest.kinds import state
    from clearance.attest.predicates.fields import Party
    from clearance.attest.predicates.request import RequestPredicate
    from clearance.facts.statement import DigestSet, Resource

    predicate = RequestPredicate(
        id="",
        by=Party(name="unknown", kind="unknown"),
        ticket="",
        prompt=_told(prompt),
        version=__version__,
        time=time,
    )
    return state(predicate, [Resource(name="prompt", digest=DigestSet(sha256=prompt.sha256))])


def _told(prompt: Prompt) -> "Any":
    from clearance.attest.predicates.fields import Prompt as Told
    from clearance.attest.predicates.fields import word

    return Told(
        sha256=prompt.sha256,
        classification=cast("Any", prompt.classification or "internal"),
        size=prompt.size,
        findings=tuple(sorted({word(each) for each in prompt.findings} - {""})),
    )


def _held(trail: Trail, one: Generation) -> "Entry | None":
    """Give the entry that states the same lines of the same agent already."""
    for entry in trail.find("s", digest(one.keys)):
        said = msgspec.json.decode(entry.payload)
        predicate = said.get("predicate", {})
        if said.get("predicateType") == GENERATION_TYPE and predicate.get("agent", {}).get("name") == _word(one.agent):
            return entry
    return None


def agent_identity(agent: str, environment: Mapping[str, str]) -> "Identity":
    """Give the identity that statements of an agent are signed as.

    Raises:
        SigningError, StoreError: this machine's trust cannot be read.
    """
    from clearance.facts.identity import Identity
    from clearance.wiring.trusting import open_trust

    domain = open_trust(environment).domain
    name = re.sub("[^A-Za-z0-9._-]+", "-", agent).strip("-.")[:64] or "unnamed"
    return Identity(name=f"spiffe://{domain}/agent/{name}", issuer=f"spiffe://{domain}")


def generation_statement(one: Generation, directory: Path, environment: Mapping[str, str]) -> "Statement[Any]":
    """State a generation. Its subject is the body that holds the keys of its lines.

    Raises:
        BadStatement: something of it does not fit a statement.
        StoreError: this machine's key for names of places cannot be kept.
    """
    from clearance.attest.kinds import state
    from clearance.attest.predicates.fields import word
    from clearance.attest.predicates.generation import Agent, GenerationPredicate, Keys
    from clearance.facts.statement import DigestSet, Resource

    body = digest(one.keys)
    prompt = one.prompt
    predicate = GenerationPredicate(
        agent=Agent(name=_word(one.agent), version=word(one.version)),
        model=word(one.model),
        conversation=one.conversation,
        prompt=_told(prompt) if prompt else None,
        request=one.request,
        context=one.context,
        tools=tuple(dict.fromkeys(filter(None, map(word, one.tools))))[:200],
        source=one.source,
        repository=repository_digest(directory, environment),
        base=one.base,
        head=one.head,
        runs=len(one.keys.runs),
        files=len({run.path for run in one.keys.runs}),
        lines=one.keys.lines,
        keys=Keys(scheme=one.keys.scheme, salt=one.keys.salt.hex(), body=body),
        version=__version__,
        time=one.time,
        evidence=tuple(bodies_of(one)),
    )
    return state(predicate, [Resource(name="lines", digest=DigestSet(sha256=body))])


def _word(text: str) -> str:
    from clearance.attest.predicates.fields import word

    return word(text) or "unnamed"


def repository_digest(directory: Path, environment: Mapping[str, str]) -> str:
    """Tell repositories apart without naming them: HMAC-SHA256 of where the repository's log rests, under a key that never
    leaves this machine. In records of before, it is a SHA-256 behind the salt that stands beside it.

    Raises:
        StoreError: the key cannot be read or kept.
    """
    return hmac.digest(place_key(environment), os.fsencode(log_folder(directory)), "sha256").hex()
