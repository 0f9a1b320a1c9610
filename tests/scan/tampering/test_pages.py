"""The pages of this family keep their word, and no example is caught by another page as well."""

from collections.abc import Callable

import pytest

from clearance.rules.model import Rule

Compare = Callable[[dict[str, str], dict[str, str]], list[tuple[str, str, str, int]]]
Apply = Callable[[str], tuple[dict[str, str], dict[str, str]]]


@pytest.fixture(scope="session")
def rules(read: Callable[[], tuple[Rule, ...]]) -> tuple[Rule, ...]:
    return read()


def test_what_is_caught_is_caught_by_its_rule_alone(compare: Compare, apply: Apply, rules: tuple[Rule, ...]) -> None:
    assert len(rules) >= 16
    for rule in rules:
        for example in rule.caught:
            assert {seen[0] for seen in compare(*apply(example.text))} == {rule.id}, f"{rule.page}:{example.line}"


def test_what_is_clean_is_caught_by_none(compare: Compare, apply: Apply, rules: tuple[Rule, ...]) -> None:
    for rule in rules:
        for example in rule.clean:
            assert compare(*apply(example.text)) == [], f"{rule.page}:{example.line}"


def test_no_change_of_an_example_in_any_direction_is_tampering(
    compare: Compare, apply: Apply, rules: tuple[Rule, ...]
) -> None:
    for rule in rules:
        for example in (*rule.caught, *rule.clean):
            for side in apply(example.text):
                assert compare(side, side) == []
