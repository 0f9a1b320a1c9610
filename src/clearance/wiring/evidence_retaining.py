"""Erases what rules of retention no longer keep; the log says so."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from clearance.attest.predicates.fields import word
from clearance.attest.predicates.retention import Kept, RetentionPredicate
from clearance.facts.errors import StoreError, UsageError
from clearance.facts.evidence import Body, Due, Found, Rules
from clearance.facts.fact import canonical, digest
from clearance.facts.moment import rfc3339
from clearance.record.retention import due
from clearance.wiring.evidence_plans import Done, Plan, places_of, tell, written
from clearance.wiring.evidence_prompts import ahead, logged_in
from clearance.wiring.evidence_rules import open_vault, settings
from clearance.wiring.trust_settings import EvidenceSettings

if TYPE_CHECKING:
    from clearance.facts.identity import Identity
    from clearance.stores.vault import Vault

_SKEW = timedelta(minutes=5)
_SPELL = timedelta(days=1)
"""How often a run of retention that found nothing to do is recorded."""


class Retained(NamedTuple):
    """What a run of retention did, or would do: by rule; how many bodies no rule names; what was recorded (None: nothing
    needed to be)."""

    due: tuple[Due, ...]
    unnamed: int
    unreadable: int
    done: Done | None


def retain(
    directory: Path, environment: Mapping[str, str], *, by: "Identity", dry: bool = False, sure: bool = False
) -> Retained:
    """Erase what the rules no longer keep, and record what was done; a second run finds nothing to do. A run that found
    nothing is recorded once a day, so that the log shows that it runs. `sure`: a person says that the clock is right.

    Raises:
        UsageError: there are no rules.
        StoreError: the clock went back or far ahead, or something cannot be read or erased.
    """
    told = settings(environment)
    if not told.retain:
        raise UsageError(
            "no rules: nothing is erased by age", where="[[evidence.retain]] in trust.toml",
            next='write classification = "restricted" and days = 30 there, one table for each classification',
        )  # fmt: skip
    vault = open_vault(environment, told)
    at = datetime.now(UTC)
    with vault.locked():
        found = vault.found()
        bodies = [one.body for one in found if one.body is not None]
        if not sure:
            _refuse_clock(vault, bodies, at)
        elif not dry:
            vault.believe(rfc3339(at))
        what = due(bodies, told.rules, at)
        named = {rule.classification for rule in told.retain}
        unnamed = sum(1 for body in bodies if body.classification not in named)
        unreadable = len(found) - len(bodies)
        plan = _retention_plan(directory, told, what, found)
        if dry or not (plan.bodies or _is_news(directory, plan, at)):
            return Retained(what, unnamed, unreadable, None)
        name = written(environment, plan) if plan.bodies else ""
        holders = {one.name: one.holder for one in found}
        for body in plan.bodies:
            vault.drop(body, holders[body])
        vault.seen(rfc3339(at))
        return Retained(what, unnamed, unreadable, tell(environment, name, plan, by))


def _retention_plan(directory: Path, told: EvidenceSettings, what: Sequence[Due], found: Sequence[Found]) -> Plan:
    names = tuple(sorted(name for one in what for name in one.erased))
    going = set(names)
    return Plan(
        kind="retention",
        nonce=secrets.token_hex(16),
        holder="",
        key="",
        bodies=names,
        places=places_of(directory, [one for one in found if one.name in going]),
        reason="retention",
        case="",
        claimed=word(logged_in()),
        rules=tuple(
            Kept(
                classification=one.rule.classification.value,
                days=one.rule.days,
                hold=one.rule.hold,
                left=one.left,
                erased=len(one.erased),
                held=one.held,
            )
            for one in what
        ),
        settings=rules_digest(told.rules),
    )


def rules_digest(rules: Rules) -> str:
    """Give the SHA-256 of rules, without the names of who is held: they would be in the log for ever."""
    return digest({"retain": [canonical(rule).decode() for rule in rules.retain], "holds": len(rules.hold)})


def _refuse_clock(vault: "Vault", bodies: Sequence[Body], at: datetime) -> None:
    newest = vault.newest() or max((body.time for body in bodies if body.time <= rfc3339(at)), default="")
    if newest and rfc3339(at + _SKEW) < newest:
        raise StoreError(
            f"the clock says {rfc3339(at)}, and {newest} was seen before: nothing is erased by a clock that went back",
            where=str(vault.keys.directory / "clock"),
            next=_SURE,
        )
    if rfc3339(at) > ahead(newest):
        raise StoreError(
            f"the clock says {rfc3339(at)}, and the newest moment that was seen is {newest}: nothing is erased by a clock "
            "that may run ahead",
            where=str(vault.keys.directory / "clock"),
            next=_SURE,
        )


_SURE = "set the clock; if it is right as it is, add --clock-is-right, once"


def _is_news(directory: Path, plan: Plan, at: datetime) -> bool:
    """Tell whether a run that erases nothing is worth an entry: the rules changed, or the last one is of another day."""
    from clearance.wiring.attesting_log import Shelf

    newest = next(Shelf(directory, [RetentionPredicate.TYPE]).newest(RetentionPredicate.TYPE), None)
    if newest is None:
        return True
    said = newest.said.predicate
    return bool(said.settings != plan.settings or said.time < rfc3339(at - _SPELL))
