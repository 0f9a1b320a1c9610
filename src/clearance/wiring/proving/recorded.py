"""Proofs in the log: recorded, found again, and what a decision may know of the last one."""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearance.attest.liveness import LIVENESS_TYPE
from clearance.facts.errors import ClearanceError, LogTampered
from clearance.facts.fact import Fact
from clearance.facts.outcome import Receipt
from clearance.facts.proof import Proof, Pulse, Shot, Standing
from clearance.wiring.places import cache

if TYPE_CHECKING:
    from clearance.facts.entry import Entry
    from clearance.record.log import Log

_MOST_BACK = 20_000
"""How many entries are looked through, newest first, for a proof."""
_PIECE = 64


class Known(Fact):
    """What the log tells of proofs. `size` is how many entries were looked at, `whole` when the last proof of all guards was
    made, `proof` its digest, `inputs` what it rests on by kind, `shots` the newest shot of each guard, `lived` when each
    was alive last, `died` when it was found dead first since then (RFC 3339)."""

    place: str
    size: int = 0
    last: str = ""
    """Digest of the newest entry that was looked at, so that another log at the same place is noticed."""
    whole: str = ""
    proof: str = ""
    inputs: dict[str, str] = {}
    shots: tuple[Shot, ...] = ()
    tried: dict[str, str] = {}
    """When each kind of guard was tried last."""
    lived: dict[str, str] = {}
    died: dict[str, str] = {}


class _Predicate(msgspec.Struct, rename="camel"):
    """What is read back of a statement of liveness."""

    evidence: tuple[str, ...] = ()
    whole: bool = False
    tried: tuple[str, ...] = ()
    inputs: dict[str, str] = {}
    time: str = ""


class _Statement(msgspec.Struct, rename={"predicate_type": "predicateType"}):
    predicate_type: str = ""
    predicate: _Predicate | None = None


def record(
    proof: Proof, directory: Path, *, inputs: Mapping[str, str], tried: Sequence[str], whole: bool, reused: str
) -> Receipt:
    """Sign a proof and append it to the log of the repository around `directory`.

    Raises:
        ClearanceError: the log or the keys cannot be used.
    """
    from clearance.attest.liveness import evidence_of_proof, liveness_statement
    from clearance.wiring.recording import Scribe

    scribe = Scribe(directory)
    statement = liveness_statement(proof, inputs=inputs, tried=tried, whole=whole, reused=reused)
    (entry,) = scribe.record([statement], evidence_of_proof(proof))
    return scribe.receipt(entry)


def known(directory: Path, environment: Mapping[str, str]) -> Known:
    """Give what the log tells of proofs; of the part that was looked at before, a memory in the cache is enough.

    Raises:
        ClearanceError: the log cannot be read, or an entry does not verify.
    """
    from clearance.wiring.log_stores import open_store
    from clearance.wiring.recording import open_log

    place = open_store(directory, environment, create=False).place
    if place.startswith("/") and not os.path.lexists(place):
        return Known(place=place)
    log = open_log(directory, create=False)
    size = log.size()
    before = _remembered(place, environment)
    if not 0 < before.size <= size or _digest_at(log, before.size - 1) != before.last:
        before = Known(place=place)
    if before.size == size:
        return before
    found = _joined(before, list(_proofs(log, before.size, size)), size, _digest_at(log, size - 1))
    cache(environment).put(_key(place), msgspec.json.encode(found))
    return found


def standing(directory: Path, environment: Mapping[str, str], *, now: datetime | None = None) -> Standing:
    """Give what a decision may know: the age of the last proof of all guards, and the guards that were found dead and not
    alive since. A log that cannot be read gives no proof: it is no news that all is well."""
    try:
        found = known(directory, environment)
    except ClearanceError:
        return Standing()
    dead = tuple(sorted(shot.guard for shot in found.shots if shot.pulse is Pulse.DEAD))
    return Standing(hours=hours_since(found.whole, now or datetime.now(UTC)), dead=dead)


def hours_since(moment: str, now: datetime) -> int:
    """Give whole hours since a moment (RFC 3339); -1 where there is none, or where it is no moment of the past."""
    try:
        then = datetime.fromisoformat(moment)
    except ValueError:
        return -1
    hours = (now - then).total_seconds() / 3600
    # A clock that was set back a little is no reason to forget a proof; a proof from tomorrow proves nothing.
    return max(0, int(hours)) if hours > -1 else -1


def _proofs(log: "Log", start: int, end: int) -> Iterator[tuple[_Predicate, Proof]]:
    """Give the proofs among entries `start` to `end`, oldest first: of a long log only as many as are needed to know the
    last proof of all guards."""
    low = end
    found: list[tuple[_Predicate, Proof]] = []
    while low > max(start, end - _MOST_BACK):
        high, low = low, max(start, low - _PIECE)
        piece = [read for entry in _entries(log, low, high) if (read := _read(log, entry))]
        found[:0] = piece
        if start == 0 and sum(predicate.whole for predicate, _ in found) > 1:
            break
    yield from found


def _entries(log: "Log", low: int, high: int) -> Iterator["Entry"]:
    yield from log.entries(low, high)


def _read(log: "Log", entry: "Entry") -> tuple[_Predicate, Proof] | None:
    """Read a proof; None for an entry of another kind."""
    if LIVENESS_TYPE.encode() not in entry.payload:
        return None
    statement = msgspec.json.decode(entry.payload, type=_Statement)
    if statement.predicate_type != LIVENESS_TYPE or statement.predicate is None:
        return None
    try:
        return statement.predicate, msgspec.json.decode(log.evidence(statement.predicate.evidence[0]), type=Proof)
    except (IndexError, msgspec.DecodeError) as error:
        raise LogTampered("a proof that cannot be read", where=f"entry {entry.index}") from error


def _joined(before: Known, proofs: Sequence[tuple[_Predicate, Proof]], size: int, last: str) -> Known:
    """Add newer proofs to what is known."""
    whole, named, inputs = before.whole, before.proof, dict(before.inputs)
    shots = {shot.guard: shot for shot in before.shots}
    lived, died, tried = dict(before.lived), dict(before.died), dict(before.tried)
    for predicate, proof in proofs:
        if predicate.whole:
            whole, named = proof.at, predicate.evidence[0]
        kinds = set(predicate.tried)
        inputs |= {kind: digest for kind, digest in predicate.inputs.items() if kind in kinds}
        tried |= dict.fromkeys(kinds, proof.at)
        shots = _after(shots, proof, kinds, whole=predicate.whole)
        for shot in proof.shots:
            if shot.pulse is Pulse.ALIVE and (shot.kind in kinds or predicate.whole):
                lived[shot.guard] = proof.at
                died.pop(shot.guard, None)
            elif shot.pulse is Pulse.DEAD:
                died.setdefault(shot.guard, proof.at)
    return Known(
        place=before.place, size=size, last=last, whole=whole, proof=named, inputs=inputs,
        shots=tuple(shots[guard] for guard in sorted(shots)), tried=tried, lived=lived, died=died,
    )  # fmt: skip


def _after(shots: Mapping[str, Shot], proof: Proof, kinds: set[str], *, whole: bool) -> dict[str, Shot]:
    """Give the newest shot of each guard after a proof. That nobody could try a guard is no news of it: what was known
    stands, above all that it was dead."""
    untried = {shot.guard for shot in proof.shots if shot.pulse is Pulse.UNTRIED}
    kept = {
        guard: shot
        for guard, shot in shots.items()
        if guard in untried or shot.kind in untried or not (whole or shot.kind in kinds)
    }
    fresh = {shot.guard: shot for shot in proof.shots if not (shot.guard in untried and _stands_for(shot, kept))}
    return kept | fresh


def _stands_for(untried: Shot, kept: Mapping[str, Shot]) -> bool:
    """Tell whether more is known than that a guard was not tried; one by the name of its kind stands for all of the kind."""
    whole = untried.guard == untried.kind and any(one.kind == untried.kind for one in kept.values())
    return untried.guard in kept or whole


def _digest_at(log: "Log", index: int) -> str:
    return log.entry(index).digest


def _key(place: str) -> str:
    return f"proofs-3-{place}"


def _remembered(place: str, environment: Mapping[str, str]) -> Known:
    kept = cache(environment).get(_key(place))
    try:
        return msgspec.json.decode(kept, type=Known) if kept else Known(place=place)
    except msgspec.DecodeError:
        return Known(place=place)
