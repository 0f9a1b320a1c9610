"""The built-in policies against their table, and the table against changed policies."""

import re
from pathlib import Path

import msgspec
import pytest

import clearance.decide
from clearance.controls.catalogue import known
from clearance.decide.decide import decide
from clearance.decide.mutate import DROPPED, mutants, survivors
from clearance.decide.policy_set import Policies
from clearance.decide.table import FindingRow, Row, case_of, read_table, run, said
from clearance.facts.decision import Verdict
from clearance.facts.errors import BadPolicy
from clearance.rules.catalogue import read_catalogue
from clearance.stores.pages import builtin_pages

_TABLE = (Path(clearance.decide.__file__).parent / "cases.toml").read_text("utf-8")


@pytest.mark.parametrize("row", read_table(_TABLE, "cases.toml"), ids=lambda row: row.name)
def test_the_built_in_policies_say(policies: Policies, row: Row) -> None:
    assert run(policies, [row]) == ()


def test_no_small_change_of_a_policy_goes_unnoticed(policies: Policies, rows: tuple[Row, ...]) -> None:
    assert survivors(policies, rows) == ()


def test_what_no_case_tells_apart_is_named(policies: Policies, rows: tuple[Row, ...]) -> None:
    few = [
        row
        for row in rows
        if row.source != "range"
        or ("tier 3" not in row.name and "everything" not in row.name and "weakened" not in row.name)
    ]
    alive = survivors(policies, few)
    assert {(one.policy, one.change) for one in alive} >= {("tier-3-needs-two-people", DROPPED)}
    assert {one.policy for one in alive} <= {
        "tier-3-needs-two-people",
        "tests-not-weakened",
        "unsure-findings-need-a-person",
    }


def test_mutants_leave_the_policy_itself_alone(policies: Policies) -> None:
    for policy in policies.all:
        before = msgspec.json.encode(policy.tree)
        trees = [tree for _, tree in mutants(policy) if tree is not None]
        assert all(msgspec.json.encode(tree) != before for tree in trees)
        assert msgspec.json.encode(policy.tree) == before


def test_a_row_that_is_wrong_fails_and_says_what_came_out(policies: Policies) -> None:
    row = Row(name="wrong on purpose", verdict=Verdict.ALLOW, tier=2)
    (failure,) = run(policies, [row])
    assert (failure.expected, failure.got) == (
        "ALLOW; to look: 1 reviewer",
        "ASK because of tier-2-needs-a-reviewer; to look: 1 reviewer",
    )


def test_every_policy_explains_itself_and_names_controls_that_exist(policies: Policies) -> None:
    for policy in policies.all:
        assert policy.why
        assert policy.fix or policy.verdict is Verdict.ALLOW
        for control in policy.controls:
            assert known(control), control


def test_json_and_toml_say_the_same() -> None:
    toml = read_table('[[case]]\nname = "one"\nverdict = "ASK"\ntier = 2\nreasons = ["a"]\n', "one.toml")
    json = read_table('{"case": [{"name": "one", "verdict": "ASK", "tier": 2, "reasons": ["a"]}]}', "one.json")
    assert toml == json


@pytest.mark.parametrize(
    ("text", "where", "place", "what"),
    [
        (
            '[[case]]\nname = "a"\nverdict = "ASK"\n\n[[case]]\nname = "b"\nverdict = "NO"\n',
            "t.toml",
            "t.toml:5",
            "NO",
        ),
        ('[[case]]\nname = "a"\nverdict = "ALLOW"\ntires = 3\n', "t.toml", "t.toml:1", "tires"),
        ('[[case]]\nname = "a"\nverdict = \n', "t.toml", "t.toml:3", "TOML"),
        ("[" * 5_000, "t.json", "t.json:1", "object"),
        ("[[case]]\nx = " + "[" * 5_000, "t.toml", "t.toml:1", "recursion"),
    ],
)
def test_a_table_that_is_none_is_refused_with_its_line(text: str, where: str, place: str, what: str) -> None:
    with pytest.raises(BadPolicy, match=re.escape(what)) as caught:
        read_table(text, where)
    assert caught.value.where == place


def test_what_came_out_is_said_in_one_line(policies: Policies) -> None:
    row = Row(name="x", verdict=Verdict.ALLOW)
    assert said(decide(case_of(row), policies)) == "ALLOW"


def test_every_page_about_tampering_is_a_matter_of_one_policy(policies: Policies) -> None:
    about = {}
    for rule in read_catalogue(builtin_pages()):
        if rule.family == "tampering":
            row = Row(name="x", verdict=Verdict.DENY, findings=(FindingRow(rule=rule.id, family="tampering"),))
            about[rule.id] = [reason.policy for reason in decide(case_of(row), policies).reasons]
    assert about
    for rule, fired in about.items():
        if rule.startswith("test-") or rule == "snapshot-regenerated":
            assert fired == ["tests-not-weakened"], rule
        elif rule.endswith("-suppressed"):
            assert fired == ["suppressions-need-a-person"], rule
        else:
            assert fired == ["guards-not-changed"], rule


def test_rules_that_policies_name_exist(policies: Policies) -> None:
    pages = {rule.id for rule in read_catalogue(builtin_pages())}
    for policy in policies.all:
        for name in re.findall(r'resource\.rule == "([^"]+)"', policy.text):
            assert name in pages
        for pattern in re.findall(r'resource\.rule like "([^"]+)"', policy.text):
            assert any(re.fullmatch(pattern.replace("*", ".*"), page) for page in pages)
