"""The answers that come with the package: complete, and carried by what is there."""

import re
from collections import Counter
from functools import cache

import pytest

from clearance.controls.coverage import Answer, answers, bounded, carries, cover
from clearance.facts.control import Relation
from clearance.facts.decision import Verdict
from clearance.frontends.cli.main import cli
from clearance.wiring.verdicts import verdicts
from controls.walk import ROOT, catalogue, parts, policies, rules, shown, sources, walk


def all_of(prefix: str, level: int | None = None) -> dict[str, Answer]:
    return {one.control: one for one in cover(catalogue(prefix), walk(), sources(), level)}


def appendix_c() -> dict[str, Answer]:
    return {name: one for name, one in all_of("aisvs").items() if "-AC." in name}


def test_all_seventy_of_level_one_are_classified() -> None:
    found = all_of("asvs", 1)
    assert len(found) == 70
    assert Counter(one.how for one in found.values())["none"] == 0
    assert all(one.control in answers() and one.reason and one.missing for one in found.values())


def test_all_sixty_eight_of_appendix_c_are_answered_by_a_test_a_record_or_not_us() -> None:
    found = appendix_c()
    assert len(found) == 68
    unanswered = [name for name, one in found.items() if not (one.tests or one.records or one.how == "not-us")]
    assert unanswered == []
    assert all(one.reason and one.missing for one in found.values())


def test_an_answer_in_words_is_what_the_edges_carry() -> None:
    """Where they disagree, `cover` takes the weaker one; nothing that ships may need that."""
    shown = all_of("asvs") | all_of("aisvs")
    wrong = {name: (written.how, shown[name].how) for name, written in answers().items() if shown[name].how != written.how}
    assert wrong == {}


def test_what_is_executable_is_enforced() -> None:
    for name, one in (all_of("asvs") | all_of("aisvs")).items():
        if one.how == "executable":
            enforcing = [sources()[edge.of] for edge in one.served[: one.enforced]]
            assert enforcing, name
            for source in enforcing:
                assert source.enforces
                if source.kind == "rule":
                    assert min(source.examples) >= 3, source.id


def test_what_only_overlaps_with_an_executable_answer_says_with_which_part() -> None:
    wrong = [
        f"{name}: {edge.of}"
        for name, one in (all_of("asvs", 1) | appendix_c()).items()
        for edge in one.served[: one.enforced]
        if one.how == "executable" and edge.rel is Relation.INTERSECTS_WITH
        if not edge.note and sources()[edge.of].kind != "policy"
    ]
    assert wrong == []


def test_one_criterion_decides_what_is_executable_on_level_one() -> None:
    """What carries such an answer by rules is called executable, and what does not is not. Appendix C asks for more than
    rules (people, the forge), so that an answer there may say less than its edges carry; it never says more."""
    for name, one in all_of("asvs", 1).items():
        carried = any(carries(sources()[edge.of], edge) for edge in one.served)
        assert (one.how == "executable") is carried, name
    for name, one in appendix_c().items():
        if one.how == "executable":
            assert any(carries(sources()[edge.of], edge) for edge in one.served), name


def test_an_overlap_with_a_page_of_several_severities_says_what_its_part_gets_at_most() -> None:
    """Else one requirement is shown the verdict that another part of the page gets."""
    wrong = []
    for rule in rules():
        for edge in rule.edges:
            if edge.at_most:
                wrong += (
                    [] if Verdict(edge.at_most) in parts(rule.id) else [f"{rule.id} {edge.to}: no part gets {edge.at_most}"]
                )
            elif edge.to in answers() and edge.rel is Relation.INTERSECTS_WITH and rule.tier is None:
                wrong += [f"{rule.id} {edge.to}: at_most is missing"] if len(parts(rule.id)) > 1 else []
    assert wrong == []


@pytest.mark.parametrize(
    ("control", "rule", "verdict"),
    [
        ("4.4.1", "javascript-cleartext-transport", "ALLOW"),
        ("12.2.1", "javascript-cleartext-transport", "ASK"),
        ("5.2.1", "javascript-upload-unchecked", "ASK"),
        ("5.3.2", "javascript-upload-unchecked", "DENY"),
        ("3.4.2", "terraform-aws-function-url", "ASK"),
        ("8.2.1", "terraform-aws-function-url", "DENY"),
    ],
)
def test_a_requirement_is_shown_the_verdict_of_its_own_part(control: str, rule: str, verdict: str) -> None:
    (edge,) = (one for one in walk().serving(f"asvs:v5.0.0-{control}") if one.of == f"rule:{rule}")
    assert bounded(sources()[edge.of].verdict, edge) == verdict


DATA_TELLS = frozenset({"package-withdrawn"})
"""Pages whose strictest finding needs an answer of the company's index, which no example holds."""


def test_no_row_of_level_one_is_stricter_than_what_examples_really_get() -> None:
    """Detectors lower confidence where a value comes over some way, so that what a page says is not yet what a hit gets."""
    wrong = set()
    for one in all_of("asvs", 1).values():
        for edge in one.served[: one.enforced]:
            page = rules().get(edge.of.removeprefix("rule:")) if edge.of.startswith("rule:") else None
            if (
                page is not None
                and page.id not in DATA_TELLS
                and shown_once(page.id).rank < Verdict(bounded(sources()[edge.of].verdict, edge)).rank
            ):
                wrong.add(f"{page.id}: {shown_once(page.id).value}, and {one.control} says {sources()[edge.of].verdict}")
    assert wrong == set()


def test_what_is_process_only_or_not_us_is_enforced_by_nothing() -> None:
    wrong = {
        name: [edge.of for edge in one.served[: one.enforced]]
        for name, one in (all_of("asvs") | all_of("aisvs")).items()
        if one.how in ("process-only", "not-us") and one.enforced
    }
    assert wrong == {}


def test_what_is_process_only_is_pointed_at_by_nothing() -> None:
    wrong = {
        name: [edge.of for edge in one.served]
        for name, one in all_of("asvs").items()
        if one.how == "process-only" and one.served
    }
    assert wrong == {}


def test_what_is_assisted_is_pointed_at_by_something_or_shown_by_a_record() -> None:
    wrong = [name for name, one in all_of("asvs").items() if one.how == "assisted" and not (one.served or one.derived)]
    wrong += [name for name, one in appendix_c().items() if one.how == "assisted" and not (one.served or one.records)]
    assert wrong == []


def test_only_what_enforces_is_named_as_stopping() -> None:
    """A word such as "stopped" in a reason needs a verdict of DENY behind it, "wait for a person" one of ASK or DENY."""
    wrong = []
    for name, one in all_of("asvs", 1).items():
        verdicts = {bounded(sources()[edge.of].verdict, edge) for edge in one.served[: one.enforced]}
        if "stopped" in one.reason and "DENY" not in verdicts:
            wrong.append(f"{name}: stopped")
        if re.search(r"\bwaits? for a person", one.reason) and not verdicts & {"ASK", "DENY"}:
            wrong.append(f"{name}: waits")
    assert wrong == []


def test_what_is_executable_on_level_one_is_stopped_when_it_happens() -> None:
    """Of each such answer, the real policies stop what the real detectors find in an example of at least one page."""
    idle = []
    for name, one in all_of("asvs", 1).items():
        if one.how == "executable":
            pages = [
                rules()[edge.of.removeprefix("rule:")] for edge in one.served[: one.enforced] if edge.of.startswith("rule:")
            ]
            if not any(stopped(page.id) for page in pages):
                idle.append(name)
    assert idle == []


@cache
def shown_once(rule: str) -> Verdict:
    return shown(rules()[rule])


def stopped(rule: str) -> bool:
    return shown_once(rule) is not Verdict.ALLOW


@pytest.mark.parametrize("family", ["packages", "commands", "prompts"])
def test_a_detector_gets_no_stricter_verdict_than_is_told(family: str) -> None:
    """Detectors in Python give their findings severities of their own."""
    told = verdicts(rules().family(family), policies())
    wrong = [
        f"{rule.id}: {told[rule.id][0].value}, and its examples get {got.value}"
        for rule in rules().family(family)
        if (got := shown(rule)).rank > told[rule.id][0].rank
    ]
    assert wrong == []


@pytest.mark.parametrize("word", ["Python", "JavaScript", "Go", "Java"])
def test_a_language_that_a_reason_names_has_a_page(word: str) -> None:
    """It is looked at by a rule, or marked for a person by a trigger."""
    wrong = []
    for name, one in all_of("asvs", 1).items():
        if re.search(rf"\b{word}\b", one.reason):
            spoken = {language for edge in one.served for language in sources()[edge.of].languages}
            wrong += [name] if word.lower() not in spoken else []
    assert wrong == []


@pytest.mark.parametrize("path", sorted({path for one in answers().values() for path in one.tests}))
def test_every_test_that_is_named_exists(path: str) -> None:
    assert re.search(r"^def test_", (ROOT / path).read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize(
    "command", sorted({found for one in answers().values() for text in (*one.records, one.reason, one.missing)
                       for found in re.findall(r"`clearance ([^`]+)`", text)})
)  # fmt: skip
def test_every_command_that_is_named_exists(command: str) -> None:
    import click

    place: click.Command = cli
    for word in command.split():
        if word.startswith("-"):
            names = {option for parameter in place.params for option in parameter.opts}
            assert word in names, command
            break
        assert isinstance(place, click.Group), command
        found = place.get_command(click.Context(place), word)
        assert found is not None, command
        place = found
        if not isinstance(place, click.Group):
            break


def test_levels_two_and_three_are_computed_from_edges_alone() -> None:
    found = all_of("asvs")
    higher = [one for one in found.values() if one.level != 1]
    assert len(higher) == 275
    for one in higher:
        within = any(edge.rel is Relation.SUBSET_OF and sources()[edge.of].enforces for edge in walk().serving(one.control))
        assert (one.how == "executable") is within


def test_a_rule_that_is_taken_away_is_missed() -> None:
    """The answer about SQL rests on rules: without them it says so by itself."""
    sql = "asvs:v5.0.0-1.2.4"
    fewer = {name: one for name, one in sources().items() if not re.search("sql", name)}
    gone = {name: one for name, one in fewer.items() if one.kind != "rule"}
    by_name = {one.control: one for one in cover(catalogue("asvs"), walk(), gone, 1)}
    assert by_name[sql].how == "assisted"
    assert len(rules()) > 1000
