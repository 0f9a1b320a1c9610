"""Erases a subject's evidence, and says so in each log that was told of it."""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from clearance.attest.predicates.fields import word
from clearance.facts.errors import UsageError
from clearance.facts.evidence import Found, plain_subject
from clearance.wiring.attesting import refuse_secrets
from clearance.wiring.evidence import counted, subject_named
from clearance.wiring.evidence_plans import Done, Plan, Reason, places_of, statement_of, tell, written
from clearance.wiring.evidence_prompts import logged_in
from clearance.wiring.evidence_rules import open_vault, settings
from clearance.wiring.trust_settings import EvidenceSettings

if TYPE_CHECKING:
    from clearance.facts.identity import Identity


def rests(environment: Mapping[str, str], subject: str) -> bool:
    """Tell whether anything rests under a subject's name."""
    vault = open_vault(environment)
    return vault.exists() and vault.has(vault.holder_of(subject_named(subject)))


def resting(environment: Mapping[str, str], subject: str) -> list[Found]:
    """Give what rests under a subject's key.

    Raises:
        UsageError: nothing does, or it is held.
        StoreError: it cannot be read.
    """
    subject_named(subject)
    told = settings(environment)
    vault = open_vault(environment, told)
    nothing = UsageError(
        "nothing rests under that name: never did, or was erased", where=subject, next="`clearance evidence list` names all"
    )
    if not vault.exists():
        raise nothing
    with vault.locked():
        holder = vault.holder_of(subject)
        if not vault.has(holder):
            raise nothing
        _refuse_held(told, subject)
        return [one for one in vault.found() if one.holder == holder]


def _refuse_held(told: EvidenceSettings, subject: str) -> None:
    for hold in told.hold:
        if plain_subject(hold.subject) == plain_subject(subject):
            why = f": {hold.because}" if hold.because else ""
            raise UsageError(
                f"held, so nothing of it is erased{why}",
                where=subject,
                next="take the [[evidence.hold]] out of trust.toml when the duty to keep has ended",
            )


def erase(
    directory: Path,
    environment: Mapping[str, str],
    subject: str,
    *,
    by: "Identity",
    reason: Reason = "request",
    case: str = "",
) -> Done:
    """Destroy a subject's key, take away all that rests under it, and say so in each log that was told of it.

    Raises:
        UsageError: nothing rests there, it is held, or the case's number is none.
        StoreError: it cannot be erased.
    """
    if case and word(case) != case:
        raise UsageError("no number of a case", where=case[:80], next="letters, digits and . _ : / - (DSR-12)")
    found = resting(environment, subject)
    told = settings(environment)
    vault = open_vault(environment, told)
    with vault.locked():
        holder = vault.holder_of(subject)
        found = [one for one in vault.found() if one.holder == holder]
        plan = Plan(
            kind="erasure",
            nonce=secrets.token_hex(16),
            holder=holder,
            key=vault.key_id(holder),
            bodies=tuple(one.name for one in found),
            places=places_of(directory, found),
            reason=reason,
            case=case,
            claimed=word(logged_in()),
        )
        refuse_secrets([statement_of(plan, by)], by, environment)
        name = written(environment, plan)
        vault.erase(holder)
        return tell(environment, name, plan, by)


def summary(found: Sequence[Found]) -> str:
    """Say in a line what would be erased."""
    times = sorted(one.body.time for one in found if one.body)
    since = f", {times[0][:10]} to {times[-1][:10]}" if times else ""
    return f"{counted(found) or 'a key without bodies'}{since}"
