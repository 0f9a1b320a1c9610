"""Versions that their authors took back (yanked, deprecated), and versions that no index has."""

from collections.abc import Iterator

from clearance.facts.finding import Gap, GapKind, Severity
from clearance.facts.index import IndexAnswer, Known, Release
from clearance.facts.text import visible
from clearance.scan.family import Match
from clearance.scan.packages.checks.asked import Asked
from clearance.scan.packages.mention import Mention
from clearance.scan.packages.pack.versions import Incomparable, order_of

RULE = "package-withdrawn"
_LONGEST = 160


def look(asked: Asked) -> Iterator[Match | Gap]:
    """Give versions that a lock file or the company's own index calls yanked or deprecated, or that the index does not
    have."""
    for mention in asked.each(asked.installed):
        if not mention.version:
            continue
        if mention.details.withdrawn:
            yield _match(asked, mention, "is deprecated", mention.details.withdrawn, Severity.LOW)
            continue
        why = asked.silent(mention)
        if why:
            asked.doubt(
                mention, GapKind.MISSING_DATA, f"were not settled by the index that the settings name: {why}", "versions"
            )
            continue
        answer = asked.answer(mention)
        if answer is None or answer.known is not Known.PRESENT:
            continue
        release = release_of(answer, mention)
        if release is None and answer.how_many:
            yield _missing(asked, mention, answer)
        elif release is not None and release.yanked:
            yield _match(asked, mention, "was yanked by its authors", release.reason, None)
        elif release is not None and release.deprecated:
            yield _match(asked, mention, "is deprecated", release.reason, Severity.LOW)


def release_of(answer: IndexAnswer, mention: Mention) -> Release | None:
    """Give what an index says of the version of a mention, however the two write it (`1.0` and `1.0.0`)."""
    exact = answer.release(mention.version)
    if exact is not None:
        return exact
    order = order_of(mention.registry)
    try:
        key = order(mention.version)
    except Incomparable:
        return None
    for release in answer.releases:
        try:
            if order(release.version) == key:
                return release
        except Incomparable:
            continue
    return None


def _match(asked: Asked, mention: Mention, what: str, why: str, severity: Severity | None) -> Match:
    start, end = asked.place(mention)
    reason = visible(" ".join(why[: 4 * _LONGEST].split())[:_LONGEST])
    return Match(
        rule=RULE,
        start=start,
        end=end,
        message=f'"{mention.name}" {mention.version} {what}' + (f": {reason}" if reason else ""),
        severity=severity,
        shape=f"{mention.registry.value} {mention.name} {mention.version}",
    )


def _missing(asked: Asked, mention: Mention, answer: IndexAnswer) -> Match:
    start, end = asked.place(mention)
    latest = f"; its latest is {answer.latest}" if answer.latest else ""
    return Match(
        rule=RULE,
        start=start,
        end=end,
        message=f'"{mention.name}" has no version {mention.version} among the {answer.how_many:,} on {answer.asked}{latest}',
        shape=f"{mention.registry.value} {mention.name} {mention.version}",
    )
