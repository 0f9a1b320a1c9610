"""The pages of this family keep their word."""

from collections.abc import Callable
from pathlib import Path

import pytest

from clearance.rules.catalogue import Catalogue
from clearance.rules.model import Rule
from clearance.wiring import judge_examples, open_catalogue

RULES = [page.stem for page in sorted((Path(__file__).parents[3] / "src/clearance/rules/packages").glob("*.md"))]
Look = Callable[..., list[tuple[str, str, int, str]]]
ALONE = (
    "import-without-package", "npm-package-unknown", "package-does-not-exist", "package-from-url", "package-name-lookalike",
)  # fmt: skip


@pytest.fixture(scope="session")
def rules(read: Callable[..., tuple[Rule, ...]]) -> tuple[Rule, ...]:
    return read(*ALONE)


def test_what_is_caught_is_caught_by_its_rule_alone_and_what_is_clean_by_none(look: Look, rules: tuple[Rule, ...]) -> None:
    assert len(rules) == 5
    for rule in rules:
        for example in rule.caught:
            seen = {one[1] for one in look({example.name: example.text})}
            assert seen == {rule.id}, f"{rule.page}:{example.line}"
        for example in rule.clean:
            assert look({example.name: example.text}) == [], f"{rule.page}:{example.line}"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return open_catalogue(Path())


@pytest.mark.parametrize("id", RULES)
def test_a_page_finds_what_it_says_among_all_rules_and_nothing_in_what_is_clean(id: str, catalogue: Catalogue) -> None:
    assert judge_examples(catalogue, catalogue[id]) == []
