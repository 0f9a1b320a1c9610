"""Whether the names that would be installed exist."""

from collections.abc import Iterator

from clearance.facts.finding import Confidence, Gap, Severity
from clearance.facts.index import IndexAnswer, Known
from clearance.facts.text import visible
from clearance.scan.family import Match
from clearance.scan.packages.checks.asked import Asked
from clearance.scan.packages.checks.binaries import is_binary
from clearance.scan.packages.checks.lookalike import likely, resembled
from clearance.scan.packages.checks.misnamed import provider, wrapped
from clearance.scan.packages.mention import Mention, Registry, canonical

PYPI = "package-does-not-exist"
NPM = "npm-package-unknown"
_OURS = (Registry.PYPI, "clearance")
"""The program that looks is there, whatever a list of names says; the workflow that installs it names it."""


def look(asked: Asked) -> Iterator[Match | Gap]:
    """Judge names that would be installed; each once a file."""
    for mention in asked.each(asked.wanted):
        registry = mention.registry
        if mention.key == _OURS:
            continue
        if asked.policy.is_allowed(registry, mention.name) or asked.policy.is_private(registry, mention.name):
            continue
        answer = asked.answer(mention)
        if answer is not None and answer.known is Known.ABSENT:
            if not asked.tree.is_own(*mention.key, asked.view.path):
                yield _absent(asked, mention, answer)
        elif answer is None and asked.knowledge.lists(registry):
            known = asked.knowledge.has(registry, mention.name) or asked.tree.is_own(*mention.key, asked.view.path)
            if not known and not is_binary(asked, mention):
                yield _unknown(asked, mention)
        elif answer is None:
            asked.doubt(mention, None, f"were not looked up: the data pack holds no names of {registry.value}")


def hint(asked: Asked, mention: Mention) -> str:
    """Ask whether another package is meant: only one that is widely used, because what is suggested gets installed."""
    meant = provider(asked, mention) or wrapped(asked, mention) or likely(asked, mention)
    return f'is "{meant}" meant? compare before anything is installed' if meant else ""


def _absent(asked: Asked, mention: Mention, answer: IndexAnswer) -> Match:
    """Report a name that the company's own index does not have."""
    once = asked.knowledge.lists(mention.registry) and asked.knowledge.has(mention.registry, mention.name)
    message = f'"{mention.name}" is not on {visible(answer.asked) or "the index of the settings"}, which was asked'
    if once:
        had = f"{mention.registry.value} had the name on {asked.knowledge.date}"
        message += f"; {had}: it was removed, or the index holds only a part"
    return _match(asked, mention, message, Severity.MEDIUM if once else Severity.HIGH, Confidence.HIGH)


def _unknown(asked: Asked, mention: Mention) -> Match:
    if asked.knowledge.complete(mention.registry):
        return _unknown_to_a_whole_list(asked, mention)
    return _unknown_to_a_part(asked, mention)


def _unknown_to_a_whole_list(asked: Asked, mention: Mention) -> Match:
    """Report a name that did not exist on the day of the list."""
    message = f'"{mention.name}" is not on {mention.registry.value} (names as of {asked.knowledge.date})'
    near = resembled(asked, mention)
    private = mention.private or asked.tree.is_private(mention.registry, asked.view.path)
    if private:
        message += "; another index is configured, which may have it"
    elif near:
        message += f' and looks like "{near}"'
    return _match(asked, mention, message, Severity.MEDIUM if private else None, Confidence.LOW if private else None)


def _unknown_to_a_part(asked: Asked, mention: Mention) -> Match:
    """Report a name that a list of the more used names lacks: made up, new, or hardly used."""
    registry, tree = mention.registry, asked.tree
    scope = mention.name.partition("/")[0].lower() if mention.name.startswith("@") else ""
    private = mention.private or tree.is_private(registry, asked.view.path) or scope in tree.private_scopes
    count = asked.knowledge.count(registry)
    message = f'"{mention.name}" is not among the {count:,} {registry.value} names known offline; ask the registry'
    if private:
        message += "; another registry is configured, which may have it"
    elif scope and not asked.knowledge.has_scope(scope):
        private = True
        message += f"; the scope {scope} is unknown too and may be private"
    elif near := resembled(asked, mention):
        message += f'; it looks like "{near}"'
    unsure = private or mention.optional
    return _match(asked, mention, message, Severity.LOW if unsure else None, Confidence.LOW if unsure else None)


def _match(asked: Asked, mention: Mention, message: str, severity: Severity | None, confidence: Confidence | None) -> Match:
    return Match(
        rule=NPM if mention.registry is Registry.NPM else PYPI,
        start=mention.start,
        end=mention.end,
        message=message,
        fix=hint(asked, mention),
        severity=severity,
        confidence=confidence,
        shape=f"{mention.registry.value} {canonical(mention.registry, mention.name)}",
    )
