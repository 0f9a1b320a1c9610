"""Another index in the place of the default one: whoever runs it decides what every name stands for."""

import re
from collections.abc import Iterator
from typing import Final

from clearance.facts.finding import Gap, Severity
from clearance.scan.family import Match
from clearance.scan.packages.checks.asked import Asked
from clearance.scan.packages.checks.origins import configured, default_host, host_of, is_default
from clearance.scan.packages.mention import ExtraIndex, Registry

RULE: Final = "package-index-replaced"
_HERE: Final = re.compile(r"localhost|127(?:\.\d+){3}|\[::1\]|0\.0\.0\.0|.*\.localhost")
_BUILDS: Final = frozenset({"download.pytorch.org", "pypi.nvidia.com", "pypi.anaconda.org", "plugins.gradle.org"})
"""Hosts where those who make a package keep builds of it for other machines; told, but as advice."""


def look(asked: Asked) -> Iterator[Match | Gap]:
    """Give each index that takes the default's place and that neither the settings nor a file that stays as it is name."""
    known: set[str] | None = None
    seen: set[tuple[Registry, str]] = set()
    for extra in asked.extras:
        host = host_of(extra.address)
        if not extra.only or extra.part or not host or (extra.registry, host) in seen:
            continue
        seen.add((extra.registry, host))
        if is_default(extra.registry, extra.address) or _HERE.fullmatch(host):
            continue
        if known is None:
            known = {host_of(asked.policy.pypi), host_of(asked.policy.npm)}
            known |= configured(asked.view.path, asked.siblings, stays=True) if asked.siblings is not None else set()
        if host not in known:
            yield _match(asked, extra, host)


def _match(asked: Asked, extra: ExtraIndex, host: str) -> Match:
    old = _before(asked, extra.registry) or default_host(extra.registry)
    what = "this command asks" if extra.once else "packages come from"
    low = asked.is_document or host in _BUILDS
    return Match(
        rule=RULE,
        start=extra.start,
        end=extra.end,
        message=f"{what} {host} instead of {old}, for every name of {extra.registry.value}",
        severity=Severity.LOW if low else None,
        shape=f"{extra.registry.value} {host}",
    )


def _before(asked: Asked, registry: Registry) -> str:
    """Give the host that the file named in its place before the change."""
    siblings = asked.siblings
    found = siblings.stood(asked.view.path, asked.budget) if siblings is not None and asked.view.side == "after" else ()
    hosts = [host_of(one.address) for one in found if isinstance(one, ExtraIndex) and one.only and one.registry is registry]
    return next((host for host in hosts if host), "")
