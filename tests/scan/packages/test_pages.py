"""The pages of this family keep their word."""

from collections.abc import Callable

import pytest

from clearance.rules.model import Rule

Look = Callable[..., list[tuple[str, str, int, str]]]


@pytest.fixture(scope="session")
def rules(read: Callable[[], tuple[Rule, ...]]) -> tuple[Rule, ...]:
    return read()


def test_what_is_caught_is_caught_by_its_rule_alone_and_what_is_clean_by_none(look: Look, rules: tuple[Rule, ...]) -> None:
    assert len(rules) == 5
    for rule in rules:
        for example in rule.caught:
            seen = {one[1] for one in look({example.name: example.text})}
            assert seen == {rule.id}, f"{rule.page}:{example.line}"
        for example in rule.clean:
            assert look({example.name: example.text}) == [], f"{rule.page}:{example.line}"
