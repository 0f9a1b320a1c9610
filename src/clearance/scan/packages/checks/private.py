"""Dependency confusion: names of the company that a public index may answer for."""

from collections.abc import Iterator

from clearance.facts.finding import Confidence, Gap, Severity
from clearance.scan.family import Match
from clearance.scan.packages.checks.asked import Asked
from clearance.scan.packages.checks.origins import host_of, is_public
from clearance.scan.packages.mention import ExtraIndex, Mention, Registry, Source

PUBLIC = "private-package-public-index"
BESIDE = "extra-index-beside-default"
UNSCOPED = "npm-private-name-unscoped"
_SHOWN = 3


def look(asked: Asked) -> Iterator[Match | Gap]:
    """Give private names that a public index answers for or may, and indexes that are asked beside the default one."""
    beside = {extra.registry for extra in asked.extras if not extra.only}
    internal: list[Mention] = []
    for mention in asked.each(asked.named):
        private = asked.policy.is_private(mention.registry, mention.name)
        if private and not asked.tree.is_own(*mention.key):
            internal.append(mention)
            yield from _private(asked, mention, shared=mention.registry in beside)
        elif not private and mention.registry in beside and _is_unknown(asked, mention):
            internal.append(mention)
    for extra in asked.extras:
        if not extra.only:
            yield _beside(extra, [one for one in internal if one.registry is extra.registry])


def _private(asked: Asked, mention: Mention, *, shared: bool) -> Iterator[Match]:
    """Judge one private name. `shared`: the file asks a second index, of which another finding tells."""
    host = host_of(mention.details.host or mention.details.address)
    said, severity, confidence = "", None, Confidence.HIGH
    if mention.source is Source.LOCKFILE:
        if is_public(mention.registry, host):
            said, severity = f"is locked to the public index {host}", Severity.CRITICAL
    elif not shared and mention.source is not Source.INSTALLED and not _has_home(asked, mention):
        said, confidence = "is asked of the public index: nothing here names another one", Confidence.MEDIUM
        if asked.has_knowledge and asked.knowledge.has(mention.registry, mention.name):
            said += ", and somebody has registered it there"
            severity, confidence = Severity.CRITICAL, Confidence.HIGH
    if said:
        yield Match(
            rule=PUBLIC,
            start=mention.start,
            end=mention.end,
            message=f'"{mention.name}" is a private name by the settings and {said}',
            severity=severity,
            confidence=confidence,
            shape=f"{mention.registry.value} {mention.name} {host}",
        )
    elif mention.registry is Registry.NPM and not mention.name.startswith("@") and mention.source is Source.MANIFEST:
        yield Match(
            rule=UNSCOPED,
            start=mention.start,
            end=mention.end,
            message=f'"{mention.name}" is a private name without a scope, which anybody can register on the public registry',
            shape=f"npm {mention.name}",
        )


def _has_home(asked: Asked, mention: Mention) -> bool:
    """Whether something says which index has a private name: the line itself, the tree, or the settings."""
    tree = asked.tree
    if mention.private or tree.is_private(mention.registry, asked.view.path):
        return True
    if mention.registry is Registry.NPM:
        scope = mention.name.partition("/")[0].lower()
        return scope in tree.private_scopes or bool(asked.policy.npm)
    return bool(asked.policy.pypi) if mention.registry is Registry.PYPI else True


def _is_unknown(asked: Asked, mention: Mention) -> bool:
    """Whether a name is on no public index, so that whoever registers it there first is installed."""
    known = asked.knowledge if asked.has_knowledge else None
    return (
        known is not None
        and known.complete(mention.registry)
        and not known.has(mention.registry, mention.name)
        and not asked.policy.is_allowed(mention.registry, mention.name)
    )


def _beside(extra: ExtraIndex, internal: list[Mention]) -> Match:
    host = host_of(extra.address) or "another index"
    names = ", ".join(f'"{one.name}"' for one in internal[:_SHOWN]) + (", …" if len(internal) > _SHOWN else "")
    whose = f"; {names} {'is' if len(internal) == 1 else 'are'} not public and may be registered there by anybody"
    return Match(
        rule=BESIDE,
        start=extra.start,
        end=extra.end,
        message=f"{host} is asked beside the default index, and the higher version wins, whoever has it"
        + (whose if internal else ""),
        severity=Severity.HIGH if internal else Severity.LOW,
        confidence=Confidence.HIGH if internal else Confidence.MEDIUM,
        shape=f"{extra.registry.value} {host} {len(internal) > 0}",
    )
