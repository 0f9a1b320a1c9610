"""Runs the examples of a rule page: what must be caught is caught by that rule, what is clean by no rule of its family."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from clearance.collect.memory import change_of
from clearance.collect.patch import patch
from clearance.facts.change import Collected
from clearance.facts.errors import BadPatch
from clearance.rules.catalogue import Catalogue
from clearance.rules.model import Example, Rule
from clearance.scan.look import AnyFamily, look_at

_SECONDS = 30.0
_LARGEST = 1 << 20

Open = Callable[[str], Sequence[AnyFamily]]
"""Gives the scanner families, not yet started, that look for rules of a family of pages."""


class Failure(NamedTuple):
    """An example that does not hold: what the page expects, what happened."""

    example: Example
    expected: str
    got: str


def judge_examples(catalogue: Catalogue, rule: Rule, open_families: Open) -> list[Failure]:
    """Judge all examples of a rule; an empty list means that the page keeps its word."""
    rules = {one.id: one for one in catalogue}
    families = open_families(rule.family)
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


def _got(hit: set[str] | str) -> str:
    if isinstance(hit, str):
        return hit
    return f"caught by {', '.join(sorted(hit))}" if hit else "caught by no rule"


def _rules_that_fire(
    example: Example, rule: Rule, families: Sequence[AnyFamily], rules: Mapping[str, Rule]
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
        trouble = [gap for gap in result.gaps if gap.matters]
        if trouble:
            return f"could not look: {trouble[0].kind.value} {trouble[0].detail}"
        fired |= {finding.rule for finding in result.findings if finding.introduced}
        fired |= {sighting.trigger for sighting in result.sightings if sighting.introduced}
    return {name for name in fired if rules[name].family == rule.family}


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
