"""What comes first, what is left out, and why: in rows that read as sentences."""

from collections.abc import Callable

import pytest

from clearance.facts.finding import Confidence, Severity
from clearance.instruct import rank
from clearance.instruct.model import Candidate, Material, Situation
from clearance.instruct.rank import bound_to, candidates
from clearance.instruct.scopes import SCOPES, scopes_of
from clearance.rules.catalogue import Catalogue
from clearance.rules.model import Block, Rule
from instruct.situations import PYTHON_WEB, team_rule

Make = Callable[..., Material]


def ids(material: Material, scope: str) -> list[str]:
    return [one.rule for one in material.candidates[scope]]


def named(material: Material, rule: str) -> Candidate:
    return next(one for found in material.candidates.values() for one in found if one.rule == rule)


def test_a_rule_of_the_team_comes_before_all_others(material: Make) -> None:
    made = material(Situation(scopes={"python": 1}, told={"python-ssrf": 500}), team_rule())
    assert ids(made, "python")[:2] == ["own-rule", "python-ssrf"]
    assert named(made, "own-rule").why.startswith("a rule of your team")


def test_what_the_repository_itself_shows_comes_before_what_is_grave_elsewhere(material: Make) -> None:
    before = material(Situation(scopes={"python": 1}))
    after = material(Situation(scopes={"python": 1}, told={"python-log-injection": 3, "python-csrf-off": 1}))
    assert "python-log-injection" not in ids(before, "python")[:20]
    assert ids(after, "python")[:2] == ["python-log-injection", "python-csrf-off"]
    assert named(after, "python-log-injection").why.startswith("told 3 times here")


def test_one_more_finding_does_not_turn_the_order_over(material: Make) -> None:
    told = {"python-log-injection": 4, "python-csrf-off": 5}
    first = material(Situation(scopes={"python": 1}, told=told))
    second = material(Situation(scopes={"python": 1}, told={"python-log-injection": 6, "python-csrf-off": 7}))
    assert ids(first, "python") == ids(second, "python")


def test_a_page_about_one_vendors_token_is_silent_until_it_was_told_here(material: Make) -> None:
    made = material(Situation(scopes={"python": 1}, told={"stripe-secret-key": 2}))
    secrets = [one for one in made.candidates[""] if one.family == "secrets"]
    assert [one.rule for one in secrets] == ["stripe-secret-key", ""]
    assert "revoked" not in secrets[0].text
    assert "environment or a secret store" in secrets[1].text


def test_families_that_tell_an_assistant_nothing_stand_nowhere(material: Make) -> None:
    found = [one.family for each in material().candidates.values() for one in each]
    assert not {"triggers", "vocabulary", "prompts"} & set(found)


def test_what_the_words_about_the_gate_say_is_not_said_again(material: Make) -> None:
    assert not [rule for rule in ids(material(), "") if rule.startswith("guard-") or rule == "guard-changed"]


def rule_for(libraries: tuple[str, ...]) -> Rule:
    asked = ", ".join(f'"{name}"' for name in libraries)
    block = Block(engine="python", text=f"imports = [{asked}]", line=9)
    return team_rule(
        page="rules/code/bound.md", id="bound", severity=Severity.HIGH, confidence=Confidence.HIGH, detect=(block,)
    )


def test_a_rule_about_a_library_that_is_not_used_here_weighs_less() -> None:
    rule = rule_for(("django.db", "peewee"))
    assert bound_to(rule) == {"django.db", "django", "peewee"}

    def weight(*libraries: str) -> float:
        return candidates([rule], Situation(libraries=frozenset(libraries)))["python"][0].weight

    assert weight("flask") < weight() < weight("django")


def test_a_rule_with_a_block_that_needs_no_library_is_bound_to_none(catalogue: Catalogue) -> None:
    assert bound_to(catalogue["python-sql-string-build"]) == frozenset()


def test_each_name_in_the_lists_is_a_rule(catalogue: Catalogue) -> None:
    known = {rule.id for rule in catalogue}
    for listed in (rank._HABITS, rank._SAID_ELSEWHERE, rank._SELDOM):
        assert listed - known == set()


def test_each_topic_is_one_of_some_rule(catalogue: Catalogue) -> None:
    for mark, _ in rank._TOPICS:
        assert any(mark in rule.id for rule in catalogue), mark


@pytest.mark.parametrize(
    ("scope", "libraries", "before", "after"),
    [
        ("javascript", {"express", "pg"}, "javascript-sql-string-build", "javascript-orm-raw-sql"),
        ("javascript", {"express", "pg"}, "javascript-ssrf", "javascript-electron-isolation"),
        ("javascript", {"electron"}, "javascript-electron-isolation", "javascript-ssrf"),
        ("javascript", {"express"}, "javascript-jwt-not-verified", "javascript-xpath-injection"),
        ("javascript", {"sequelize"}, "javascript-orm-raw-sql", "javascript-nosql-injection"),
        ("python", {"flask"}, "python-sql-string-build", "python-rpc-exposed"),
        ("python", {"flask"}, "python-debug-mode", "python-rpc-exposed"),
        ("python", {"flask"}, "python-ssrf", "python-ssh-host-key"),
        ("python", {"paramiko"}, "python-ssh-host-key", "python-ssrf"),
        ("kubernetes", set(), "kubernetes-runs-as-root", "kubernetes-api-server-open"),
        ("kubernetes", set(), "kubernetes-privileged", "kubernetes-tiller"),
    ],
)
def test_what_belongs_to_what_is_used_here_comes_first(
    material: Make, scope: str, libraries: set[str], before: str, after: str
) -> None:
    found = ids(material(Situation(scopes={scope: 5}, libraries=frozenset(libraries))), scope)
    assert before in found
    assert after not in found[: found.index(before)]


def test_com_and_org_are_no_library() -> None:
    assert bound_to(rule_for(("com.mongodb", "org.bson", "github.com/x/y"))) == {"com.mongodb", "org.bson", "github.com/x/y"}


def test_a_cloud_that_is_not_used_weighs_less(material: Make) -> None:
    made = material(Situation(scopes={"terraform": 5}, libraries=frozenset({"cloud:gcp"})))
    first = ids(made, "terraform")[:12]
    assert any(rule.startswith("terraform-gcp-") for rule in first)
    assert not any(rule.startswith(("terraform-aws-", "terraform-azure-")) for rule in first)


def test_weaknesses_of_many_kinds_come_before_many_rules_of_one_kind(material: Make, catalogue: Catalogue) -> None:
    first = [catalogue[rule].cwe[0] for rule in ids(material(), "python")[:15]]
    assert len(set(first)) >= 11


def test_a_second_rule_of_a_weakness_makes_room_for_another_weakness() -> None:
    made = {"severity": Severity.HIGH, "confidence": Confidence.MEDIUM, "page": "rules/code/x.md"}
    rules = [
        team_rule(id="a", brief="A.", cwe=("CWE-89",), **made),
        team_rule(id="b", brief="B.", cwe=("CWE-89",), **made),
        team_rule(id="c", brief="C.", cwe=("CWE-79",), **made),
    ]
    assert [one.rule for one in candidates(rules, Situation())["python"]] == ["a", "c", "b"]


def test_the_same_sentence_stands_once(material: Make) -> None:
    twice = [team_rule(id=id, page=f".clearance/rules/code/{id}.md") for id in ("own-a", "own-b")]
    found = ids(material(PYTHON_WEB, *twice), "python")
    assert "own-a" in found
    assert "own-b" not in found


def test_a_brief_that_had_to_be_made_harmless_is_told_to_people(material: Make) -> None:
    from clearance.instruct.build import build

    made = build(material(PYTHON_WEB, team_rule(brief="x <!-- y\u200b" + "z " * 300)), ["cursor"])
    (note,) = made.notes
    assert note.startswith(".clearance/rules/code/own-rule.md: brief: ")
    assert all(word in note for word in ("hidden", "markup", "cut from"))


def test_each_rule_that_speaks_belongs_to_a_scope(catalogue: Catalogue) -> None:
    known = {scope.name for scope in SCOPES} | {""}
    for rule in catalogue:
        assert set(scopes_of(rule)) <= known
        if rule.family in {"code", "infra"}:
            assert scopes_of(rule) != ("",), rule.id


@pytest.mark.parametrize(
    ("languages", "scopes"),
    [
        (("python",), ("python",)),
        (("javascript", "typescript"), ("javascript",)),
        (("ruby", "php"), ("ruby", "php")),
        (("cobol",), ("",)),
        ((), ("",)),
    ],
)
def test_a_rule_of_the_team_belongs_to_the_scopes_of_its_languages(
    languages: tuple[str, ...], scopes: tuple[str, ...]
) -> None:
    assert scopes_of(team_rule(languages=languages)) == scopes
