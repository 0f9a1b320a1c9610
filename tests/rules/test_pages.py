"""Every built-in page keeps its word: what it says is caught is caught, what it says is clean is clean."""

import pytest

import built_in
from clearance.controls.catalogue import known
from clearance.rules.model import Rule
from clearance.wiring import judge_examples

CATALOGUE = built_in.catalogue()


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
    edges = tuple(edge.to for edge in rule.edges)
    assert [control for control in (*rule.cwe, *rule.controls, *edges) if not known(control)] == []
    assert rule.sources
    assert rule.family in ("triggers", "vocabulary") or rule.cwe, "every finding has a weakness"


@pytest.mark.parametrize("rule", CATALOGUE.family("code"), ids=lambda rule: rule.id)
def test_a_page_about_code_has_three_examples_a_side_in_each_language_and_names_few_weaknesses(rule: Rule) -> None:
    assert len(rule.caught) >= 3
    assert len(rule.clean) >= 3
    assert 1 <= len(rule.cwe) <= 3
    endings = {example.name.rpartition(".")[2] for example in rule.caught}
    for language, those in (("typescript", {"ts", "tsx"}), ("javascript", {"js", "jsx", "mjs", "html", "vue"})):
        assert language not in rule.languages or endings & those, f"nothing caught in {language}"
