"""Versions with known vulnerabilities: how bad each is, whether it is used in attacks, and the lowest version that
repairs it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from clearance.facts.finding import Gap, GapKind, Look, Severity
from clearance.scan.family import Match, SetAside
from clearance.scan.packages.checks.asked import Asked
from clearance.scan.packages.knowledge import Advisory
from clearance.scan.packages.mention import Mention
from clearance.scan.packages.pack.versions import Incomparable, Order, order_of

RULE = "package-vulnerable"
LIKELY = 0.5
"""EPSS from which a vulnerability counts as used in attacks: the model gives it even odds within 30 days
(first.org/epss)."""
_SHOWN = 3
_MOST_STEPS = 40
_SCORES = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))
"""The ratings of CVSS 3.1 and 4.0, section 5 and 6."""


class Repair(NamedTuple):
    """The lowest version above the one in use without known vulnerabilities, or, where there is none (`clean` false), the
    one that leaves the fewest; empty where no record names a repair."""

    version: str
    clean: bool


def look(asked: Asked) -> Iterator[Match | Gap | SetAside]:
    """Give each version that advisories name, and say of which versions nothing could be told."""
    for mention in asked.each(asked.installed):
        if not mention.version:
            asked.doubt(mention, None, "have no fixed version, so nothing was compared with advisories")
            continue
        said = asked.said(mention)
        if said.silent:
            asked.doubt(mention, GapKind.UNKNOWN, _silence(asked, mention, said.silent), "versions")
        known = joined([one for one in said.advisories if not one.malware])
        left = [one for one in known if not _lifted(asked, mention, one)]
        if left:
            yield _match(asked, mention, left)
        elif known:
            yield SetAside(RULE, *asked.place(mention), Look.VEX)


def severity_of(advisory: Advisory) -> Severity:
    """Give how bad an advisory is: critical where it is used in attacks or likely to be, else what its score or its
    authors say; high where nobody rated it, because old records of bad ones are among these."""
    if advisory.exploited or advisory.epss >= LIKELY:
        return Severity.CRITICAL
    if advisory.score:
        return next((severity for least, severity in _SCORES if advisory.score >= least), Severity.LOW)
    try:
        return Severity(advisory.severity)
    except ValueError:
        return Severity.HIGH


def joined(advisories: Sequence[Advisory]) -> list[Advisory]:
    """Join records of the same vulnerability (an id of one is an alias of the other), the worst first."""
    groups: list[tuple[set[str], list[Advisory]]] = []
    for one in advisories:
        ids = {one.id, *one.aliases}
        same = [group for group in groups if group[0] & ids]
        groups = [group for group in groups if not group[0] & ids]
        groups.append((ids.union(*(group[0] for group in same)), [*(old for group in same for old in group[1]), one]))
    return sorted((_one_of(ids, records) for ids, records in groups), key=_badness)


def repair(asked: Asked, mention: Mention, advisories: Iterable[Advisory]) -> Repair:
    """Find the version to update to. A version without these vulnerabilities is at least as high as the lowest repair of
    each, so the highest of these is asked next; what is known of that one leads on. Final versions go before
    pre-releases."""
    order = order_of(mention.registry)
    try:
        current = order(mention.version)
    except Incomparable:
        return Repair("", clean=False)
    left: Sequence[Advisory] = list(advisories)
    best, fewest = "", len(left)
    for _ in range(_MOST_STEPS):
        asked.budget.check()
        lowest = [found for one in left if (found := _lowest(one.fixed, order, current))]
        if not lowest:
            break
        current, version = max(lowest, key=lambda one: one[0])
        answer = asked.knowledge.advisories(mention.registry, mention.name, version, mention.details.distribution)
        left = answer.advisories
        if not left:
            return Repair(version, clean=not answer.silent)
        if len(left) < fewest and not any(one.malware for one in left):
            best, fewest = version, len(left)
    return Repair(best, clean=False)


def _lowest(versions: Iterable[str], order: Order, above: Any) -> tuple[Any, str] | None:
    """Give the lowest of the versions above another one, with its key; a pre-release only where there is no final one."""
    keys = []
    for version in versions:
        try:
            key = order(version)
        except Incomparable:
            continue
        if above < key:
            keys.append((key, version))
    finals = [one for one in keys if not _is_early(one[1])]
    return min(finals or keys, key=lambda one: one[0], default=None)


def _lifted(asked: Asked, mention: Mention, advisory: Advisory) -> bool:
    """Whether the team's VEX documents say that a vulnerability does not matter here."""
    if not asked.policy.vex:
        return False
    from clearance.scan.packages.inventory import purl
    from clearance.scan.packages.vex import spoken

    url = purl(mention.registry, mention.name, mention.version, mention.details.distribution)
    said = spoken(asked.policy.vex, mention.registry, url, (advisory.id, *advisory.aliases))
    if said is None or not said.status.lifts:
        return False
    reason = said.justification or said.impact or "no reason given"
    words = f"VEX: {said.status.value.replace('_', ' ')} by {_name(advisory)} ({reason})"
    asked.remark(mention, f"{words}, says {said.where}" if said.where else words)
    return True


def _match(asked: Asked, mention: Mention, known: Sequence[Advisory]) -> Match:
    start, end = asked.place(mention)
    many = len(known)
    shown = ", ".join(_told(one) for one in known[:_SHOWN])
    more = f" and {many - _SHOWN} more" if many > _SHOWN else ""
    date = asked.knowledge.date_of("advisories", mention.registry)
    has = "a known vulnerability" if many == 1 else f"{many} known vulnerabilities"
    return Match(
        rule=RULE,
        start=start,
        end=end,
        message=f'"{mention.name}" {mention.version} has {has}: {shown}{more} (advisories as of {date})',
        fix=_advice(asked, mention, known),
        severity=Severity.LOW if asked.is_document else max(map(severity_of, known), key=lambda severity: severity.rank),
        shape=" ".join((mention.registry.value, mention.name, mention.version, *sorted(one.id for one in known))),
    )


def _advice(asked: Asked, mention: Mention, known: Sequence[Advisory]) -> str:
    found = repair(asked, mention, known)
    if found.clean:
        return f"update to {found.version} or later"
    if found.version:
        return f"update to {found.version}, which repairs some of this; no version without known vulnerabilities is known"
    return "no version with a repair is known: do without it, or keep what it does away from data that others control"


def _told(advisory: Advisory) -> str:
    """Name one vulnerability, and say what makes it worse."""
    name = _name(advisory)
    words = (
        [advisory.severity or "no rating"]
        if not advisory.score
        else [severity_of(advisory._replace(exploited=False, epss=-1)).value]
    )
    if advisory.score:
        words.append(f"CVSS {advisory.score:g}")
    if advisory.exploited:
        words.append("used in attacks (KEV), ransomware too" if advisory.ransomware else "used in attacks (KEV)")
    if advisory.epss >= 0.01:
        words.append(f"EPSS {advisory.epss:.0%}")
    return f"{name} ({', '.join(words)})" if words else name


def _name(advisory: Advisory) -> str:
    """Give its CVE id where it has one."""
    return next((one for one in (advisory.id, *sorted(advisory.aliases)) if one.startswith("CVE-")), advisory.id)


def _one_of(ids: set[str], records: Sequence[Advisory]) -> Advisory:
    """Make one record of several about the same vulnerability: the strictest of what they say."""
    first = min(records, key=lambda one: one.id)
    if len(records) == 1:
        return first
    worst = min(records, key=_badness)
    return worst._replace(
        id=first.id,
        aliases=tuple(sorted(ids - {first.id})),
        fixed=tuple(dict.fromkeys(version for one in records for version in one.fixed)),
        exploited=any(one.exploited for one in records),
        ransomware=any(one.ransomware for one in records),
        epss=max(one.epss for one in records),
    )


def _badness(advisory: Advisory) -> tuple[int, float, float, str]:
    return -severity_of(advisory).rank, -advisory.score, -advisory.epss, advisory.id


def _is_early(version: str) -> bool:
    """Whether a version is a pre-release, as far as its spelling tells: letters after a number (`1.0rc1`,
    `2.0.0-beta.1`)."""
    return any(sign.isalpha() for sign in version.lstrip("v").partition("+")[0].replace("post", ""))


def _silence(asked: Asked, mention: Mention, why: str) -> str:
    if asked.knowledge.date_of("advisories", mention.registry) is None:
        pack = asked.knowledge.date
        why = f"the data pack of {pack} has none for {mention.registry.value}; `clearance data update` gets them"
    return f"were not compared with advisories: {why}"
