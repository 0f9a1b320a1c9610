"""Accepted risks in reports: what a waiver covers, until when, and who answers for it."""

from collections.abc import Iterator
from typing import NamedTuple

from clearance.facts.outcome import Outcome
from clearance.facts.waiver import SOON_DAYS, Cover


class Told(NamedTuple):
    """What a report says about a waiver: its id, how it stands, and whether it covers nothing."""

    id: str
    said: str
    refused: bool


def waived(cover: Cover) -> str:
    """Say that a finding is waived: `waived by legacy-sql until 2027-02-01 (71 days left), owner Dana`."""
    waiver = cover.waiver
    ticket = f", {waiver.ticket}" if waiver.ticket else ""
    return f"waived by {waiver.id} until {waiver.expires} ({cover.standing}), owner {waiver.owner}{ticket}"


def justification(cover: Cover) -> str:
    """Say why a finding is accepted, for programs that keep that beside it."""
    waiver = cover.waiver
    return f"{waived(cover)}. Reason: {waiver.reason.rstrip('.')}. Instead: {waiver.compensating}"


def told(outcome: Outcome) -> Iterator[Told]:
    """Give the waivers that a person should know of: those that name something new and cover nothing, and those that expire
    soon."""
    counted = set(outcome.decision.waivers) if outcome.decision else set()
    introduced = {finding.fingerprint for finding in outcome.introduced}
    for cover in outcome.waivers:
        waiver = cover.waiver
        about = f"owner {waiver.owner}, {waiver.where}" if waiver.where else f"owner {waiver.owner}"
        if waiver.id not in counted:
            if outcome.decision and introduced.intersection(cover.findings):
                yield Told(waiver.id, f"covers nothing: {_why_not(cover)} ({about})", refused=True)
        elif cover.days <= SOON_DAYS:
            yield Told(waiver.id, f"{cover.standing}, until {waiver.expires} ({about})", refused=False)


def _why_not(cover: Cover) -> str:
    if cover.days < 0:
        return cover.standing
    if cover.days > cover.most:
        return f"it reaches {cover.days:,} days ahead, and {cover.most:,} are allowed"
    return "a policy forbids it"
