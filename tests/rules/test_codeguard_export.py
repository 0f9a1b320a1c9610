"""Our pages as CodeGuard files: what stands in them can be read back, and CodeGuard takes them."""

import msgspec
import pytest

import built_in
from clearance.facts.finding import Severity
from clearance.rules.catalogue import Catalogue, read_catalogue
from clearance.rules.codeguard import LANGUAGES, TAGS, read_codeguard
from clearance.rules.codeguard_export import ROOM, Export, Said, export, read_export
from clearance.rules.model import Rule

GUIDE = """---
description: Uploads
languages:
- go
alwaysApply: false
---
Store them elsewhere.
"""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return built_in.catalogue()


@pytest.fixture(scope="module", params=["by topic", "by rule"])
def made(request: pytest.FixtureRequest, catalogue: Catalogue) -> Export:
    return export(catalogue, {}, by_rule=request.param == "by rule")


def whole(rule: Rule) -> Said:
    return Said(
        id=rule.id, title=rule.title, severity=rule.severity.value, confidence=rule.confidence.value,
        named=(*rule.cwe, *rule.controls), brief=rule.brief, guidance=rule.guidance, fix=rule.fix,
    )  # fmt: skip


def short(rule: Rule) -> Said:
    return Said(id=rule.id, severity=rule.severity.value, confidence=rule.confidence.value, brief=rule.brief)


def test_each_page_that_is_written_is_read_back_with_all_that_was_written(made: Export, catalogue: Catalogue) -> None:
    for file in made.files:
        said = {one.id: one for one in read_export(read_codeguard(file.text, path=file.name).body)}
        assert set(said) == set(file.rules)
        for rule in map(catalogue.__getitem__, file.rules):
            assert said[rule.id] in (whole(rule), short(rule))


def test_each_page_stands_in_one_file_or_is_left_out_with_the_reason(made: Export, catalogue: Catalogue) -> None:
    written = [rule for file in made.files for rule in file.rules]
    left = [one.rule for one in made.left_out]
    assert sorted(written + left) == sorted(rule.id for rule in catalogue)
    assert all(one.why for one in made.left_out)


def test_names_tags_and_languages_are_those_that_codeguard_knows(made: Export) -> None:
    for file in made.files:
        read = read_codeguard(file.text, path=file.name)
        assert set(read.tags) <= TAGS
        assert set(read.languages) <= LANGUAGES
        assert read.always is file.always
        assert file.name.startswith("codeguard-1-clearance-" if file.always else "codeguard-0-clearance-")


def test_a_page_by_itself_is_written_whole(catalogue: Catalogue) -> None:
    for file in export(catalogue, {}, by_rule=True).files:
        assert read_export(file.text) == (whole(catalogue[file.rules[0]]),)


def test_topics_stay_small_and_what_is_always_there_is_lines_alone(catalogue: Catalogue) -> None:
    for file in export(catalogue, {}).files:
        said = read_export(file.text)
        sections = [one for one in said if one.title]
        assert sum(len(one.guidance) + len(one.fix) for one in sections) <= ROOM
        assert not (file.always and sections)


def test_a_task_in_one_language_does_not_load_another(catalogue: Catalogue) -> None:
    for file in export(catalogue.family("code"), {}).files:
        read = read_codeguard(file.text, path=file.name)
        for rule in file.rules:
            assert set(catalogue[rule].languages) <= set(read.languages)
            assert set(read.languages) <= {"javascript", "typescript"} or len(read.languages) == 1


def test_a_typescript_page_of_a_team_stands_with_those_of_javascript(catalogue: Catalogue) -> None:
    own = msgspec.structs.replace(catalogue["javascript-ssrf"], id="own", languages=("typescript",))
    (file,) = export([own], {}).files
    assert file.name == "codeguard-0-clearance-data-javascript.md"
    assert read_codeguard(file.text, path=file.name).languages == ("javascript", "typescript")


def test_a_file_that_came_from_codeguard_goes_out_as_it_came() -> None:
    file = read_codeguard(GUIDE, path="codeguard-0-uploads.md")
    catalogue = read_catalogue({".clearance/rules/guidance/codeguard-0-uploads.md": GUIDE})
    made = export(catalogue, {file.id: file})
    assert [(one.name, one.text, one.imported) for one in made.files] == [("codeguard-0-uploads.md", GUIDE, True)]


def test_the_gravest_pages_come_first(catalogue: Catalogue) -> None:
    order = [Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM, Severity.LOW]
    for file in export(catalogue, {}).files:
        ranks = [order.index(catalogue[rule].severity) for rule in file.rules]
        assert ranks == sorted(ranks)


def test_the_same_pages_give_the_same_files(catalogue: Catalogue) -> None:
    assert export(catalogue, {}) == export(list(catalogue), {})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "## A title (`an-id`)\n",
        "## A title (`an-id`)\n\nprose\n",
        "- `an-id`: prose\n",
        "```\n## T (`an-id`)\n\n_x_\n```\n",
    ],
)
def test_text_that_is_not_ours_says_nothing(text: str) -> None:
    assert read_export(text) == ()
