"""Which bodies of evidence go, by rules and the time. Nothing is read or removed here."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from clearance.facts.evidence import Body, Due, Rules, plain_subject


def due(bodies: Iterable[Body], rules: Rules, now: datetime) -> tuple[Due, ...]:
    """Say for each rule which bodies go: those of its classification that are older than its days, and held back by nobody.
    A body whose classification no rule names stays. One from the future stays: a clock that went back erases nothing.

    Raises:
        ValueError: `now` has no time zone, or a body's time is none.
    """
    holding = {plain_subject(hold.subject) for hold in rules.hold}
    every = sorted(bodies, key=lambda body: (body.time, body.name))
    found = []
    for rule in rules.retain:
        own = [body for body in every if body.classification is rule.classification]
        old = [body for body in own if _moment(body.time) + timedelta(days=rule.days) < now]
        held = [body for body in old if rule.hold or plain_subject(body.subject) in holding]
        kept = {body.name for body in held}
        erased = tuple(body.name for body in old if body.name not in kept)
        found.append(Due(rule=rule, erased=erased, left=len(own) - len(erased) - len(held), held=len(held)))
    return tuple(found)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
