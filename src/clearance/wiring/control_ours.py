"""Everything of ours by its name: what it is, what the policies make of it, its examples, and what the log shows of it."""

import os
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from clearance.controls.product import Own
from clearance.facts.decision import Verdict
from clearance.report.controls.view import Record, Serving
from clearance.wiring.control_records import Records, read_records
from clearance.wiring.control_tests import Cases
from clearance.wiring.verdicts import verdicts

if TYPE_CHECKING:
    from clearance.decide.policy import Policy
    from clearance.decide.policy_set import Policies
    from clearance.facts.waiver import Waiver
    from clearance.rules.catalogue import Catalogue as Rules
    from clearance.rules.model import Rule

TEAM = ".clearance/"
"""Where files of a team lie."""
DECIDING = frozenset({"hook-prompt", "hook-write", "hook-command", "hook-tool", "hook-stop", "pre-commit", "merge-gate"})
"""The checkpoints that stop something; all others tell, or leave evidence."""


class Ours:
    """Rules, policies, checkpoints and capabilities by their whole names (`rule:x`). What costs time is done once, when
    it is asked for."""

    def __init__(self, directory: Path, rules: "Rules", policies: "Policies", own: tuple[Own, ...]) -> None:
        self._directory = directory
        self._catalogue = rules
        self._set = policies
        self.rules: dict[str, Rule] = {name_of(rule): rule for rule in rules}
        self.policies: dict[str, Policy] = {f"policy:{one.id}": one for one in policies.all}
        self.own: dict[str, Own] = {one.name: one for one in own}
        self._ran: dict[str, str] = {}
        self._servings: dict[str, Serving] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """All names: rules, policies, then what the product does."""
        return (*self.rules, *self.policies, *self.own)

    def __contains__(self, name: str) -> bool:
        """Tell whether something of ours has this name."""
        return name in self.rules or name in self.policies or name in self.own

    def ran(self, found: Mapping[str, str]) -> None:
        """Take over what became of examples and cases that were run: `held` or `failed`, by name."""
        self._ran |= found
        self._servings.clear()

    @cached_property
    def records(self) -> Records:
        """What the log shows."""
        return read_records(self._directory, self._catalogue.digest, self._set.digest)

    @cached_property
    def cases(self) -> Cases:
        """The cases of policies: our own, and the team's."""
        return Cases(self._directory, self._set)

    def serving(self, name: str, *, light: bool = False) -> Serving:
        """Describe one thing of ours; `light`: without verdict, cases and records."""
        if name in self._servings:
            return self._servings[name]
        if name in self.rules:
            made = self._rule(name, self.rules[name], light=light)
        elif name in self.policies:
            made = self._policy(name, self.policies[name], light=light)
        else:
            made = self._capability(name, self.own[name], light=light)
        if not light:
            self._servings[name] = made
        return made

    @cached_property
    def _verdicts(self) -> Mapping[str, tuple[Verdict, tuple[str, ...]]]:
        return _verdicts_once(tuple(self.rules.values()), self._set)

    @cached_property
    def waivers(self) -> "tuple[Waiver, ...]":
        """The accepted risks that are in force, as `clearance risk list` tells them."""
        from clearance.wiring.risks import in_force, today

        return in_force(self._directory, os.environ, today())

    def _rule(self, name: str, rule: "Rule", *, light: bool) -> Serving:
        verdict, because = self._verdicts.get(rule.id, (None, ())) if not light else (None, ())
        return Serving(
            id=name,
            kind="trigger" if rule.family == "triggers" else "rule",
            title=rule.title,
            place=rule.page,
            languages=rule.languages,
            executable=rule.has_detector,
            tier=rule.tier,
            verdict=verdict.value if verdict else "",
            because=because,
            caught=len(rule.caught),
            clean=len(rule.clean),
            ran=self._ran.get(name, ""),
            team=rule.page.startswith(TEAM),
            accepted=() if light else tuple(_accepted(one) for one in self.waivers if one.rule == rule.id),
            record=None if light else self._record_of(rule),
        )

    def _record_of(self, rule: "Rule") -> Record:
        if rule.family == "triggers":
            return self.records.assessed()
        return self.records.scanner("code" if rule.family == "vocabulary" else rule.family, rule.id)

    def _policy(self, name: str, policy: "Policy", *, light: bool) -> Serving:
        return Serving(
            id=name,
            kind="policy",
            title=policy.why,
            place=policy.where,
            executable=policy.verdict is not Verdict.ALLOW,
            verdict=policy.verdict.value,
            caught=0 if light else self.cases.naming(policy.id),
            ran=self._ran.get(name, ""),
            team=policy.team,
            record=None if light else self.records.policy(policy.id, policy.action),
        )

    def _capability(self, name: str, own: Own, *, light: bool) -> Serving:
        return Serving(
            id=name,
            kind=own.kind,
            title=f"{own.title}: {own.does}",
            place=own.place,
            executable=own.id in DECIDING,
            shown_by=own.shown_by,
            record=None if light else self.records.own(own.id),
        )


@lru_cache(maxsize=2)
def _verdicts_once(rules: "tuple[Rule, ...]", policies: "Policies") -> Mapping[str, tuple[Verdict, tuple[str, ...]]]:
    """Ask once for as long as rules and policies stay the same: a second of work."""
    return verdicts(rules, policies)


def _accepted(waiver: "Waiver") -> str:
    return f"{waiver.id} in {', '.join(waiver.paths) or 'all files'}, until {waiver.expires}"


def name_of(rule: "Rule") -> str:
    """Name a rule as edges do: `rule:x`, or `trigger:x`."""
    return f"{'trigger' if rule.family == 'triggers' else 'rule'}:{rule.id}"
