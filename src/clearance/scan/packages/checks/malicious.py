"""Packages that are known to be hostile."""

from collections.abc import Iterator, Sequence

from clearance.facts.finding import Confidence, Gap
from clearance.scan.family import Match
from clearance.scan.packages.checks.asked import Asked
from clearance.scan.packages.knowledge import Advisory
from clearance.scan.packages.mention import Mention, Registry

RULE = "package-malicious"
_PLACEHOLDER = "0.0.1-security"
"""What npm publishes in place of a package that it took down (docs.npmjs.com, "Threats and mitigations")."""
_FIX = (
    "remove it, and treat each machine that installed it as taken over: change every secret that it could read, look at "
    "what it could write"
)


def look(asked: Asked) -> Iterator[Match | Gap]:
    """Give each name and version that a record calls hostile."""
    for mention in asked.each(asked.installed):
        if mention.version:
            records = [one for one in asked.said(mention).advisories if one.malware]
            if records:
                yield _match(mention, asked, f'"{mention.name}" {mention.version} is malware', records)
                continue
        elif not asked.knowledge.popularity(mention.registry, mention.name).rank:
            # Of a name in wide use single versions were hostile and are gone; of any other the name itself is.
            records = list(asked.knowledge.malicious(mention.registry, mention.name))
            if records:
                said = f'"{mention.name}" is known for malware, and no version is fixed'
                yield _match(mention, asked, said, records)
                continue
        answer = asked.answer(mention)
        if mention.registry is Registry.NPM and answer is not None and answer.latest == _PLACEHOLDER:
            yield _match(mention, asked, f'"{mention.name}" was malware: the registry took it down and holds its name', ())


def _match(mention: Mention, asked: Asked, said: str, records: Sequence[Advisory]) -> Match:
    ids = sorted({one.id for one in records})
    told = f" ({', '.join(ids[:3])}{', …' if len(ids) > 3 else ''})" if ids else ""
    date = asked.knowledge.date_of("malware", mention.registry)
    of = f"; records as of {date}" if date and ids else ""
    return Match(
        rule=RULE,
        start=mention.start,
        end=mention.end,
        message=f"{said}{told}{of}",
        fix=_FIX,
        confidence=Confidence.HIGH if mention.version or not ids else Confidence.MEDIUM,
        shape=f"{mention.registry.value} {mention.name} {mention.version}",
    )
