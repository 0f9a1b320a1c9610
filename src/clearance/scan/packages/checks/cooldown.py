"""Versions that are younger than the cooldown: most hostile releases are found and taken down within a week."""

import datetime as dt
from collections.abc import Iterator

from clearance.facts.finding import Confidence, Gap, GapKind, Severity
from clearance.facts.index import Known
from clearance.scan.family import Match
from clearance.scan.packages.checks.asked import Asked
from clearance.scan.packages.checks.withdrawn import release_of
from clearance.scan.packages.mention import Mention

RULE = "package-too-young"
_UNDATED = "were not compared with the cooldown:"
_GRACE = 1
"""Days that a clock and a time zone may be apart."""


def look(asked: Asked) -> Iterator[Match | Gap]:
    """Give versions that were uploaded within the cooldown, or at a time that has not come.

    Only upload times that can be true are used: those of a lock file that holds them, and those of an index that is no
    mirror with dates of its own. A company's own packages may be new.
    """
    days = asked.policy.cooldown_days
    for mention in asked.each(asked.installed):
        if not mention.version or asked.policy.is_private(mention.registry, mention.name):
            continue
        uploaded = _uploaded(asked, mention)
        if uploaded is None:
            answer = asked.answer(mention)
            if days and answer is not None and answer.known is Known.PRESENT:
                asked.doubt(
                    mention, GapKind.UNKNOWN, f"{_UNDATED} {answer.asked} tells no upload time that can be true", "versions"
                )
            continue
        date = uploaded.date()
        age = (asked.today - date).days
        if age < -_GRACE:
            said = f"was uploaded on {date}, which has not come yet: the clock here is wrong, or the file was made up"
            yield _match(asked, mention, said, "find out which of the two it is before anything is installed", Severity.HIGH)
        elif age < days:
            until = date + dt.timedelta(days=days)
            said = f"was uploaded {_ago(age)} ({date}); the cooldown is {days} days"
            yield _match(asked, mention, said, f"wait until {until}, or keep the version that was there before", None)


def _uploaded(asked: Asked, mention: Mention) -> dt.datetime | None:
    answer = asked.answer(mention)
    if answer is not None and answer.dated:
        release = release_of(answer, mention)
        if release is not None and release.uploaded is not None:
            return release.uploaded
    return mention.details.uploaded


def _ago(age: int) -> str:
    return "today" if age < 1 else "yesterday" if age == 1 else f"{age} days ago"


def _match(asked: Asked, mention: Mention, said: str, fix: str, severity: Severity | None) -> Match:
    start, end = asked.place(mention)
    return Match(
        rule=RULE,
        start=start,
        end=end,
        message=f'"{mention.name}" {mention.version} {said}',
        fix=fix,
        severity=severity,
        confidence=Confidence.HIGH,
        shape=f"{mention.registry.value} {mention.name} {mention.version}",
    )
