"""Runs the examples of a rule page: what must be caught is caught by that rule, what is clean by no rule of its family.

A vocabulary page finds nothing itself. Where it names sources, the way of some finding must start at one of them in each
caught
example, and in no clean one; where it names none, caught examples are found by some rule of the code family, clean ones by
none.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from clearance.collect.memory import change_of
from clearance.collect.patch import patch
from clearance.facts.change import Collected
from clearance.facts.errors import BadPatch
from clearance.rules.catalogue import Catalogue
from clearance.rules.model import Example, Rule
from clearance.rules.page import VOCABULARY
from clearance.scan.family import Budget, View
from clearance.scan.look import AnyFamily, look_at, read_sides

_SECONDS = 30.0
_LARGEST = 1 << 20

CODE = "code"
"""The family of pages whose findings show that a vocabulary page keeps its word."""
_SOURCE = re.compile(r"^\s*(?:source|handler|handler-parameter)\s*=", re.MULTILINE)

Open = Callable[[str], Sequence[AnyFamily]]
"""Gives the scanner families, not yet started, that look for rules of a family of pages."""


@runtime_checkable
class Following(Protocol):
    """A family that follows values, and can tell which vocabulary pages know where they come from."""

    def origins(self, view: View, budget: Budget) -> frozenset[str]:
        """Name the vocabulary pages at whose sources the way of a finding starts."""
        ...


class Failure(NamedTuple):
    """An example that does not hold: what the page expects, what happened."""

    example: Example
    expected: str
    got: str


def judge_examples(catalogue: Catalogue, rule: Rule, open_families: Open) -> list[Failure]:
    """Judge all examples of a rule; an empty list means that the page keeps its word."""
    rules = {one.id: one for one in catalogue}
    families = open_families(rule.family)
    if rule.family == VOCABULARY:
        return _judge_vocabulary(rule, families, rules)
    failures = []
    for example in rule.caught:
        hit = _rules_that_fire(example, rule, families, rules)
        if isinstance(hit, str) or rule.id not in hit:
            failures.append(Failure(example, f"caught by {rule.id}", _got(hit)))
    for example in rule.clean:
        hit = _rules_that_fire(example, rule, families, rules)
        if isinstance(hit, str) or hit:
            failures.append(Failure(example, f"caught by no rule of the family {rule.family}", _got(hit)))
    return failures


def _judge_vocabulary(rule: Rule, families: Sequence[AnyFamily], rules: Mapping[str, Rule]) -> list[Failure]:
    sources = any(_SOURCE.search(block.text) for block in rule.detect)
    wanted = f"a way that starts at a source of {rule.id}" if sources else "caught by some rule of the family code"
    failures = []
    for example in (*rule.caught, *rule.clean):
        hit = _origins(example, families) if sources else _rules_that_fire(example, rule, families, rules, CODE)
        caught = example in rule.caught
        held = isinstance(hit, set) and ((rule.id in hit) if sources else bool(hit)) == caught
        if not held:
            got = (
                hit
                if isinstance(hit, str)
                else "ways start at: " + (", ".join(sorted(hit)) or "no page")
                if sources
                else _got(hit)
            )
            failures.append(Failure(example, wanted if caught else f"not {wanted}", got))
    return failures


def _origins(example: Example, families: Sequence[AnyFamily]) -> set[str] | str:
    """Name the vocabulary pages at whose sources the ways of findings start."""
    try:
        collected = _change(example)
    except BadPatch as error:
        return f"not a diff: {error}"
    pages: set[str] = set()
    for family in families:
        family.start(collected.contents)
        for file in collected.change.files:
            view = read_sides(file, collected.contents, _LARGEST).after
            if view is not None and isinstance(family, Following):
                pages |= family.origins(view, Budget(_SECONDS))
    return pages


def _got(hit: set[str] | str) -> str:
    if isinstance(hit, str):
        return hit
    return f"caught by {', '.join(sorted(hit))}" if hit else "caught by no rule"


def _rules_that_fire(
    example: Example, rule: Rule, families: Sequence[AnyFamily], rules: Mapping[str, Rule], of: str = ""
) -> set[str] | str:
    """Name the rules of the family that fire on an example, or say why nobody could look."""
    try:
        collected = _change(example)
    except BadPatch as error:
        return f"not a diff: {error}"
    fired = set()
    for family in families:
        family.start(collected.contents)
    for file in collected.change.files:
        result = look_at(file, collected.contents, families, rules, seconds=_SECONDS)
        trouble = [gap for gap in result.gaps if gap.stops]
        if trouble:
            return f"could not look: {trouble[0].kind.value} {trouble[0].detail}"
        fired |= {finding.rule for finding in result.findings if finding.introduced}
        fired |= {sighting.trigger for sighting in result.sightings if sighting.introduced}
    return {name for name in fired if rules[name].family == (of or rule.family)}


def _change(example: Example) -> Collected:
    """Give the change that an example stands for: a new file, or what a diff of whole files describes."""
    if not example.is_diff:
        return change_of({}, {example.name: example.text.encode()})
    collected = patch(example.text.encode(), name="example")
    before, after = {}, {}
    for file in collected.change.files:
        if file.before:
            before[file.old_path or file.path] = collected.contents.read(file.path, "before", _LARGEST)
        if file.after:
            after[file.path] = collected.contents.read(file.path, "after", _LARGEST)
    return change_of(before, after)
