"""Every built-in page keeps its word: what it says is caught is caught, what it says is clean is clean."""

import pytest

from clearance.controls.catalogue import known
from clearance.rules.catalogue import read_catalogue
from clearance.rules.model import Rule
from clearance.stores.pages import builtin_pages
from clearance.wiring import judge_examples

CATALOGUE = read_catalogue(builtin_pages())


def test_there_are_pages_and_every_one_can_be_read() -> None:
    assert len(CATALOGUE) > 0
    assert [f"{error} ({error.next})" for error in CATALOGUE.broken] == []


@pytest.mark.parametrize("rule", CATALOGUE.rules, ids=lambda rule: f"{rule.family}/{rule.id}")
def test_the_page_keeps_its_word(rule: Rule) -> None:
    failures = judge_examples(CATALOGUE, rule)
    told = [f"{rule.page}:{each.example.line}: expected {each.expected}, got {each.got}" for each in failures]
    assert told == []


@pytest.mark.parametrize("rule", CATALOGUE.rules, ids=lambda rule: f"{rule.family}/{rule.id}")
def test_the_page_names_controls_that_exist_and_says_where_it_knows_from(rule: Rule) -> None:
    assert [control for control in (*rule.cwe, *rule.controls, *rule.relations) if not known(control)] == []
    assert rule.sources
    assert rule.family == "triggers" or rule.cwe, "every finding has a weakness"
