"""Gathers what `policy lint` looks at: the team's files, the built-in policies and cases, and the names that exist here."""

from pathlib import Path

from clearance.decide.lint import Given, Report, lint
from clearance.decide.world import Names
from clearance.wiring.policies import builtin_rows, builtin_texts, schema_text, sources_of, top_of


def lint_policies(directory: Path) -> Report:
    """Look for mistakes in the policies of the working tree around `directory`.

    Raises:
        UsageError: there is no such folder.
    """
    place = top_of(directory)
    sources = sources_of(place)
    return lint(
        Given(
            builtin=builtin_texts(),
            team=sources.policies,
            cases=sources.cases,
            unread=sources.unread,
            schema=schema_text(),
            rows=builtin_rows(),
            names=names_here(place),
        )
    )


def names_here(place: Path) -> Names:
    """Give the names of rules, families and triggers: the built-in ones and the team's."""
    from clearance.assess.assess import LOCKED, OPAQUE, WEAKENED
    from clearance.scan.imported.merge import FAMILY as IMPORTED
    from clearance.wiring import FAMILIES, open_catalogue

    catalogue = open_catalogue(place)
    families = {rule.family for rule in catalogue} | set(FAMILIES) | {IMPORTED}
    triggers = {rule.id for rule in catalogue.family("triggers")} | {LOCKED, OPAQUE, WEAKENED}
    return Names(rules=frozenset(rule.id for rule in catalogue), families=frozenset(families), triggers=frozenset(triggers))
