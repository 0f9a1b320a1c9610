"""Opens the crosswalk: what we do, what standards ask for, and what shows it."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from clearance import __version__
from clearance.controls.catalogue import Catalogue, catalogues
from clearance.controls.coverage import Answer, Source, bounded, cover
from clearance.controls.crosswalk import Crosswalk, Problem, is_ours, own_edges, own_nothing
from clearance.controls.product import own_controls, own_none
from clearance.facts.control import Edge, Relation
from clearance.facts.errors import UsageError
from clearance.report.controls.oscal import Exported
from clearance.report.controls.view import Checked, Coverage, Listed, Logged, Named, Requirement, Serving
from clearance.wiring.control_files import team_catalogues, team_mappings
from clearance.wiring.control_names import Names
from clearance.wiring.control_ours import TEAM, Ours, name_of
from clearance.wiring.control_tests import run_examples
from clearance.wiring.furnish import open_catalogue
from clearance.wiring.recording import open_policies

if TYPE_CHECKING:
    from clearance.decide.policy_set import Policies
    from clearance.rules.catalogue import Catalogue as Rules


class Answers:
    """Answers what serves a control, and what a rule, policy or capability serves. What costs time is done once, when it is
    asked for."""

    def __init__(self, directory: Path, rules: "Rules", policies: "Policies") -> None:
        self.rules = rules
        self.policies = policies
        team = team_catalogues(directory)
        mapped = team_mappings(directory)
        self._teams = frozenset(one.prefix for one in team)
        self.catalogues: tuple[Catalogue, ...] = (*catalogues(), *team)
        own = own_controls()
        self.ours = Ours(directory, rules, policies, own)
        edges = [
            *(edge for rule in rules for edge in rule.edges),
            *(edge for policy in policies.all for edge in policy.edges),
            *(edge for one in own for edge in one.edges),
            *own_edges(),
            *mapped.edges,
        ]
        self.crosswalk = Crosswalk(edges, self.catalogues, (*own_nothing(), *own_none(), *mapped.nothing))
        self.names = Names(self.catalogues, self.ours.names)
        self._known: dict[tuple[str, int | None], tuple[Answer, ...]] = {}

    @property
    def log(self) -> Logged:
        """Where records come from."""
        return self.ours.records.log

    def requirement(self, reference: str) -> Requirement:
        """Answer one control."""
        catalogue = self._home(reference)
        (answer,) = (one for one in self._answered(catalogue, None) if one.control == reference)
        return self._shown(catalogue, answer)

    def coverage(self, prefix: str, level: int | None, at: str, checked: Checked | None = None) -> Coverage:
        """Answer all controls of a catalogue, up to a level (None: all).

        Raises:
            UsageError: there is no such catalogue, or it has no such level.
        """
        catalogue = self.catalogue(prefix)
        self.controls(prefix, level)
        return Coverage(
            version=__version__,
            at=at,
            framework=catalogue.prefix,
            title=catalogue.title,
            catalogue_version=catalogue.version,
            licence=catalogue.licence,
            source=catalogue.source,
            level=level,
            rules=self.rules.digest,
            policies=self.policies.digest,
            log=self.log,
            requirements=tuple(self._shown(catalogue, one) for one in self._answered(catalogue, level)),
            checked=checked,
            accepted=len(self.ours.waivers),
            accepted_findings=sum(not one.rule for one in self.ours.waivers),
        )

    def controls(self, prefix: str, level: int | None) -> tuple[str, ...]:
        """Name the controls of a catalogue, up to a level (None: all).

        Raises:
            UsageError: there is no such catalogue, or it has no such level.
        """
        catalogue = self.catalogue(prefix)
        if level is None:
            return tuple(catalogue.items)
        levels = sorted({item.level for item in catalogue.items.values() if item.level is not None})
        if level not in levels:
            has = f"it has {', '.join(map(str, levels))}" if levels else "it has no levels"
            raise UsageError(f"{catalogue.title} has no level {level}", next=has)
        return catalogue.level(level)

    def catalogue(self, prefix: str) -> Catalogue:
        """Give a catalogue by its prefix.

        Raises:
            UsageError: there is none.
        """
        return self.names.catalogue(prefix)

    def named(self, name: str) -> Named:
        """Say what one thing of ours serves; `name` is whole (`rule:x`)."""
        edges = self.crosswalk.of(name)
        labels = {edge.to: self.names.label(edge.to) for edge in edges}
        return Named(serving=self.ours.serving(name), edges=edges, labels=labels)

    def listing(self) -> tuple[Listed, ...]:
        """List the catalogues."""
        found = []
        for one in self.catalogues:
            reached = {name: self.crosswalk.serving(name) for name in one.items}
            levels = [item.level for item in one.items.values()]
            found.append(
                Listed(
                    prefix=one.prefix,
                    title=one.title,
                    version=one.version,
                    kind=one.kind,
                    source=one.source,
                    licence=one.licence,
                    reference=one.reference,
                    items=len(one.items),
                    levels={str(level): levels.count(level) for level in sorted({each for each in levels if each})},
                    edges=sum(map(len, reached.values())),
                    reached=sum(map(bool, reached.values())),
                    team=one.prefix in self._teams,
                )
            )
        return tuple(found)

    def problems(self) -> tuple[Problem, ...]:
        """Say what is wrong with the crosswalk, the team's part of it included."""
        return self.crosswalk.problems(set(self.ours.names))

    def exported(self, prefixes: Sequence[str], at: str, *, light: bool = True) -> Exported:
        """Give what OSCAL documents are made of: of some catalogues, or of all; `light`: without verdicts."""
        chosen = tuple(self.catalogue(prefix) for prefix in prefixes) or self.catalogues
        items = {name for one in chosen for name in one.items}
        everything = {name for one in self.catalogues for name in one.items}
        ours = set(self.ours.names)
        edges = tuple(
            edge for edge in self.crosswalk.edges if edge.to in items and (edge.of in ours or edge.of in everything)
        )
        used = {edge.of for edge in edges} - items
        others = tuple(one for one in self.catalogues if one not in chosen and used & one.items.keys())
        named = {edge.of: self.ours.serving(edge.of, light=light) for edge in edges if edge.of in ours}
        return Exported((*chosen, *others), edges, named, __version__, at)

    def run(self, references: Iterable[str], progress: Callable[[int, int], None]) -> Checked:
        """Run the examples of every page and policy that serves one of these controls, now."""
        serving = {edge.of for name in references for edge in self.crosswalk.serving(name)}
        rules = [
            self.ours.rules[name] for name in sorted(serving & self.ours.rules.keys()) if self.ours.rules[name].has_detector
        ]
        policies = [self.ours.policies[name].id for name in sorted(serving & self.ours.policies.keys())]
        ran = run_examples(self.rules, rules, progress)
        found = {name_of(rule): "failed" if rule.id in ran.failed else "held" for rule in rules}
        failed = self.ours.cases.failing(policies)
        found |= {f"policy:{id}": "failed" if id in failed else "held" for id in policies if self.ours.cases.naming(id)}
        self.ours.ran(found)
        names = [*(name_of(rule) for rule in rules if rule.id in ran.failed), *(f"policy:{id}" for id in sorted(failed))]
        cases = sum(self.ours.cases.naming(id) for id in policies)
        return Checked(pages=len(rules) + len(policies), examples=ran.examples + cases, failed=tuple(names))

    def _home(self, reference: str) -> Catalogue:
        return next(one for one in self.catalogues if reference in one.items)

    def _answered(self, catalogue: Catalogue, level: int | None) -> tuple[Answer, ...]:
        key = (catalogue.prefix, level)
        if key not in self._known:
            self._known[key] = cover(catalogue, self.crosswalk, self._sources, level)
        return self._known[key]

    @cached_property
    def _sources(self) -> dict[str, Source]:
        return {name: self._source(name) for name in self.ours.names}

    def _source(self, name: str) -> Source:
        one = self.ours.serving(name)
        return Source(
            id=name,
            kind=one.kind,
            title=one.title,
            executable=one.executable,
            languages=one.languages,
            verdict=one.verdict,
            examples=(one.caught, one.clean),
        )

    def _shown(self, catalogue: Catalogue, answer: Answer) -> Requirement:
        item = catalogue.items[answer.control]
        edges = [edge for edge in self.crosswalk.to(answer.control) if is_ours(edge.of) and edge.of in self.ours]
        order = {Relation.NO_RELATIONSHIP: 2, Relation.INTERSECTS_WITH: 1}
        edges.sort(key=lambda edge: (order.get(edge.rel, 0), edge.of))
        others = (*self.crosswalk.to(answer.control), *self.crosswalk.of(answer.control))
        return Requirement(
            control=answer.control,
            id=item.id,
            catalogue=catalogue.title,
            version=catalogue.version,
            label=answer.label or item.label,
            chapter=_chapter(catalogue, answer.control),
            how=answer.how,
            level=item.level,
            kind=item.kind,
            reason=answer.reason,
            missing=answer.missing,
            tests=answer.tests,
            records=answer.records,
            serving=tuple(self._with(edge) for edge in edges),
            related=tuple(edge for edge in others if not is_ours(edge.of)),
            derived=answer.derived,
        )

    def _says(self, id: str) -> str:
        policy = self.ours.policies.get(f"policy:{id}")
        return policy.verdict.value if policy else ""

    def _with(self, edge: Edge) -> Serving:
        one = self.ours.serving(edge.of)
        verdict = bounded(one.verdict, edge)
        return msgspec.structs.replace(
            one,
            verdict=verdict,
            because=tuple(id for id in one.because if verdict == one.verdict or self._says(id) == verdict),
            rel=edge.rel,
            confidence=edge.confidence,
            by=edge.by,
            source=edge.source,
            note=edge.note,
            where=edge.where,
            team=edge.where.startswith(TEAM),
        )


def open_crosswalk(directory: Path) -> Answers:
    """Open rules, policies, what the product does, the catalogues, and the team's own of each, from the working tree around
    `directory`.

    Raises:
        BadCatalogue: a catalogue or mapping of the team is none.
        BadPolicy: a policy of the team is none.
        BadPage: a rule page of the team is none.
    """
    rules = open_catalogue(directory)
    if rules.broken:
        raise rules.broken[0]
    return Answers(directory, rules, open_policies(directory))


def _chapter(catalogue: Catalogue, control: str) -> str:
    group = catalogue.chapters[control]
    return f"{group.id} {group.label}".strip() if group.label else group.id
