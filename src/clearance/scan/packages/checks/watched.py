"""Names that models are known to make up and that somebody has registered since."""

from collections.abc import Iterator

from clearance.facts.finding import Gap
from clearance.facts.index import Known
from clearance.scan.family import Match
from clearance.scan.packages.checks.asked import Asked
from clearance.scan.packages.mention import Registry, canonical

RULE = "package-name-invented"


def look(asked: Asked) -> Iterator[Match | Gap]:
    """Give names of the watch-list; each once a file. What does not exist is left to `existence`."""
    for mention in asked.each(asked.wanted):
        registry = mention.registry
        if not asked.knowledge.watched(registry, mention.name) or asked.policy.is_allowed(registry, mention.name):
            continue
        if registry is Registry.PYPI and asked.knowledge.popularity(registry, mention.name).rank:
            continue
        answer = asked.answer(mention)
        listed = asked.knowledge.has(registry, mention.name)
        if (answer is not None and answer.known is Known.ABSENT) or (
            answer is None and not listed and asked.knowledge.complete(registry)
        ):
            continue
        yield Match(
            rule=RULE,
            start=mention.start,
            end=mention.end,
            message=f'"{mention.name}" is a name that models are known to make up; whoever registered it may wait for that',
            fix="find out which package is meant, and who publishes this one since when, before it is installed",
            shape=f"{registry.value} {canonical(registry, mention.name)}",
        )
