"""Our log and its witnesses: what they say of its newest checkpoint."""

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clearance.facts.cosigned import Standing
from clearance.facts.errors import BadFile, ClearanceError, LogTampered, UsageError
from clearance.wiring.trust_file import trust_settings
from clearance.wiring.witness_policy import open_policy, read_policy_at

if TYPE_CHECKING:
    from clearance.record.log import Log
    from clearance.record.quorum import PolicyWitness, QuorumPolicy
    from clearance.record.signed import NoteSignature, SignedCheckpoint

_ALARMS = ("FORK", "ROLLED BACK")
"""How the words begin that say that the log is not what it was."""
_SIZE = re.compile(r"[0-9]{1,19}")


def ask(log: "Log", environment: Mapping[str, str], policy: "QuorumPolicy | None" = None) -> Standing | None:
    """Ask all witnesses of the policy to cosign the log's newest checkpoint, keep what they signed, and say how it stands;
    None where there is no policy, no witness in it, or no log.

    Raises:
        LogTampered: the checkpoint does not verify.
        StoreError: the log cannot be read or written.
        BadFile: the settings or the policy cannot be read.
    """
    from clearance.fetch.witness import Question, ask_witnesses
    from clearance.record.cosigning import keep_cosigned, last_sizes, merged, read_heads
    from clearance.record.quorum import standing_of

    policy = policy or open_policy(environment)
    heads = read_heads(log.store, log.keys) if policy and policy.witnesses else None
    if policy is None or heads is None:
        return None
    asked = heads.newest
    known = last_sizes(heads, policy)
    questions = {
        one.name: Question(one.url, known[one.name], lambda old: _request(log, asked, old))
        for one in policy.witnesses
        if one.url
    }
    replies = (
        ask_witnesses(questions, environment, seconds=trust_settings(environment).witnesses.seconds) if questions else {}
    )
    signatures: list[NoteSignature] = []
    refusals = {one.name: "has no address in the policy" for one in policy.witnesses if not one.url}
    alarmed = []
    for witness in policy.witnesses:
        if witness.name in replies:
            signed, why = _heard(asked, witness, replies[witness.name].status, replies[witness.name].body)
            signatures += signed
            refusals[witness.name] = why
            if why.startswith(_ALARMS):
                alarmed.append(witness.key)
    cosigned = merged(asked, signatures)
    if signatures:
        keep_cosigned(log.store, cosigned, policy, _now())
    # What a witness signed before it saw that the log is another one does not count for what the log is now.
    left = tuple(one for one in cosigned.signatures if not any(one.by(key) for key in alarmed))
    return standing_of(cosigned._replace(signatures=left), policy, _now(), refusals)


class Witnessed(NamedTuple):
    """What is told of the witnesses after an append: a line for people, empty where there are none; `enough`: nothing more
    is required."""

    line: str
    enough: bool


def after_append(log: "Log", environment: Mapping[str, str]) -> Witnessed:
    """Have the newest checkpoint cosigned where this machine has witnesses, within the seconds of its settings, and tell how
    that went. What goes wrong with witnesses takes nothing back of what was appended.

    Raises:
        BadFile: the settings cannot be read.
        StoreError: as above, or the log cannot be read or written.
    """
    required = trust_settings(environment).witnesses.quorum == "required"
    try:
        found = ask(log, environment)
    except (BadFile, UsageError) as error:
        return Witnessed(f"witnesses were not asked: {error}", not required)
    if found is None:
        return Witnessed("a quorum of witnesses is required, and no policy names one" if required else "", not required)
    signed = ", ".join(one.witness for one in found.cosigners)
    alarms = "; ".join(f"{one.witness}: {one.why}" for one in found.refusals if one.why.startswith(_ALARMS))
    if found.reached:
        told = f"cosigned by {signed}; the quorum is {found.quorum}" if signed else ""
    else:
        told = f"NO QUORUM: cosigned by {signed or 'none'}; the quorum is {found.quorum}; see `clearance log witness ask`"
    return Witnessed("; ".join(part for part in (told, alarms) if part), found.reached or not required)


def ask_for_rest(environment: Mapping[str, str]) -> list[str]:
    """Have the logs cosigned that this process appended to since witnesses were asked last; tell how that went, a line a
    log, where there is anything to tell."""
    from clearance.wiring.recording import unasked

    told = []
    while unasked:
        _, log = unasked.popitem()
        try:
            told.append(after_append(log, environment).line)
        except (ClearanceError, OSError) as error:
            told.append(f"witnesses were not asked: {error}")
    return [line for line in told if line]


class Audit(NamedTuple):
    """How a log stands with witnesses: its newest checkpoint; the newest one with a quorum, where the newest one has none;
    and whether that is enough."""

    newest: Standing
    older: Standing | None
    enough: bool


def audit(log: "Log", environment: Mapping[str, str], policy: Path | None) -> Audit | None:
    """Say how a log stands with the witnesses of a policy file, whose quorum it must have; or, without one, with those of
    this machine, whose quorum it must have where the settings say so. None where there is no policy or no log.

    Raises:
        BadFile, UsageError: the policy or the settings cannot be read.
        LogTampered: a checkpoint, or a cosignature by a known key, does not verify.
        StoreError: the log cannot be read.
    """
    from clearance.record.cosigning import read_heads
    from clearance.record.quorum import standing_of

    chosen = open_policy(environment) if policy is None else read_policy_at(policy)
    heads = read_heads(log.store, log.keys) if chosen else None
    if chosen is None or heads is None:
        return None
    newest = note_standing(heads.newest.note, chosen)
    older = standing_of(heads.cosigned, chosen, _now()) if heads.cosigned and not newest.reached else None
    required = policy is not None or trust_settings(environment).witnesses.quorum == "required"
    return Audit(newest, older if older and older.reached else None, newest.reached or not required)


def standing(log: "Log", policy: "QuorumPolicy") -> Standing | None:
    """Say how the newest checkpoint of a log stands with the witnesses of a policy; None where there is no log.

    Raises:
        LogTampered: the checkpoint does not verify.
        StoreError: the log cannot be read.
    """
    from clearance.record.cosigning import read_heads
    from clearance.record.quorum import standing_of

    heads = read_heads(log.store, log.keys)
    return None if heads is None else standing_of(heads.newest, policy, _now())


def note_standing(note: bytes, policy: "QuorumPolicy", *, where: str = "checkpoint") -> Standing:
    """Say how a checkpoint that is handed in stands with the witnesses of a policy. Where the policy names logs, one of them
    must have signed it; where it names none, its own signature is for the caller to verify.

    Raises:
        LogTampered: it is no checkpoint, a signature by a known key does not verify, or no log of the policy signed it.
    """
    from clearance.record.quorum import signed_by_log, standing_of
    from clearance.record.signed import read_signed

    signed = read_signed(note, where=where)
    if policy.logs:
        signed_by_log(signed, [log.key for log in policy.logs], where=where)
    return standing_of(signed, policy, _now())


def _request(log: "Log", asked: "SignedCheckpoint", old: int) -> bytes | None:
    """Write a request from a size; None where the log never had that size."""
    from clearance.record.proof import ConsistencyProof, consistency_file

    if not 0 <= old <= asked.head.size:
        return None
    return consistency_file(ConsistencyProof(old, log.consistency(old, asked.head.size).path, asked.note))


def _heard(
    asked: "SignedCheckpoint", witness: "PolicyWitness", status: int, body: bytes
) -> "tuple[list[NoteSignature], str]":
    """Give what counts of a reply: cosignatures by the witness's own key that fit; or why there are none."""
    from clearance.record.cosignature import cosigned_at
    from clearance.record.quorum import LEEWAY
    from clearance.record.signed import read_signature

    if status != 200:
        return [], _refusal(status, body, asked.head.size)
    where = f"the answer of {witness.name}"
    try:
        lines = body.decode().split("\n")
        if lines.pop() != "" or not lines:
            return [], "answered what is no signature line"
        ours = [one for one in (read_signature(line, where=where) for line in lines) if one.by(witness.key)]
        times = [cosigned_at(asked.text, one, witness.key, where=where) for one in ours]
    except (LogTampered, UnicodeDecodeError) as error:
        return [], f"answered wrongly: {getattr(error, 'what', 'not UTF-8')}"
    if not ours:
        return [], "answered without a signature by the key of the policy"
    if min(times) > _now() + LEEWAY:
        return [], "its clock is ahead of ours: the cosignature is dated in the future"
    return ours, ""


def _refusal(status: int, body: bytes, size: int) -> str:
    """Say in words what a status means (https://c2sp.org/tlog-witness)."""
    first = body.partition(b"\n")[0].decode("utf-8", "replace")[:200]
    match status:
        case 0:
            return first
        case 409 if first == str(size):
            return f"FORK: it cosigned {size} entries with another root"
        case 409 if _SIZE.fullmatch(first) and int(first) > size:
            return f"ROLLED BACK: it cosigned {first} entries, and the log holds {size}"
        case 422:
            return f"FORK: the log does not continue what it cosigned ({first})"
        case 404:
            return "it does not know this log: give it the key that `clearance log witness policy` prints"
        case 403:
            return f"it does not trust the key of this log ({first})"
        case _:
            return f"refused with status {status}: {first}"


def _now() -> int:
    return int(time.time())
