"""Packages from addresses whose content can change."""

from collections.abc import Iterator

from clearance.facts.finding import Gap, Severity
from clearance.scan.family import Match
from clearance.scan.packages.checks.asked import Asked


def look(asked: Asked) -> Iterator[Match | Gap]:
    """Give the packages from an address that names no commit and no digest."""
    for remote in asked.remotes:
        if not remote.pinned:
            yield Match(
                rule="package-from-url",
                start=remote.start,
                end=remote.end,
                message=f'"{remote.name}" comes from an address whose content can change',
                severity=Severity.LOW if asked.is_document else None,
                shape=f"{remote.name} {remote.address}",
            )
