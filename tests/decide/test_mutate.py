"""Small changes of policies: which there are, who notices them, and the case that would."""

import pytest

from clearance.decide.decide import decide
from clearance.decide.mutate import all_mutants, see, survivors, text_of, unnoticed
from clearance.decide.policy import Policy
from clearance.decide.policy_set import Policies
from clearance.decide.table import FindingRow, Row, case_of, read_table, run, said
from clearance.decide.witness import toml_of, witnesses
from clearance.facts.decision import Verdict
from clearance.facts.finding import Severity

WHERE = ".clearance/policies/mine.cedar"
HEAD = '@id("mine")\n@why("because")\n'


def with_mine(builtin: dict[str, str], schema: str, text: str) -> tuple[Policies, Policy]:
    policies = Policies.load(builtin, {WHERE: HEAD + text}, schema)
    mine = policies.get("mine")
    assert mine is not None
    return policies, mine


CHANGES = [
    # what the policy says, a change that there must be
    ("when { resource.tier >= 2 }", ">= number 0 becomes >"),
    ("when { resource.tier >= 2 }", ">= number 0 becomes <"),
    ("when { resource.tier >= 2 }", "2 number 3 becomes 3"),
    ("when { resource.tier >= 2 }", "2 number 3 becomes 1"),
    ('when { resource.source == "range" }', '"range" number 3 becomes another text'),
    ('when { resource.source == "range" }', "== number 0 becomes !="),
    ('when { resource.source like "ran*" }', "pattern number 0 loses star 4"),
    ('when { resource.source like "ran*" }', "pattern number 0 fits everything"),
    ("when { !(resource.tier == 2) }", "! number 0 dropped"),
    ("when { resource has tier }", "has number 0 becomes true"),
    ('when { resource.triggers.containsAll(["a"]) }', "containsAll number 0 becomes containsAny"),
    ("when { resource.tier == 2 }", 'forbids "go-further-unreviewed" instead'),
    ("when { resource.tier == 2 }", "dropped"),
]


@pytest.mark.parametrize(("condition", "change"), CHANGES)
def test_a_policy_is_changed_in_each_small_way(builtin: dict[str, str], schema: str, condition: str, change: str) -> None:
    text = f'forbid (principal, action == Action::"go-further", resource is Change)\n{condition};'
    policies, mine = with_mine(builtin, schema, text)
    told = [mutant.change for mutant in all_mutants(mine, policies)]
    head, _, tail = change.partition(" number ")
    assert any(one.startswith(head) and one.endswith(tail.partition(" ")[2]) for one in told), told


def test_fewer_people_are_a_change_that_only_a_case_with_reviews_notices(builtin: dict[str, str], schema: str) -> None:
    text = (
        '@people("1 security engineer, 2 reviewers")\n'
        'forbid (principal, action == Action::"go-further-unreviewed", resource is Change) when { resource.tier == 0 };'
    )
    policies, mine = with_mine(builtin, schema, text)
    row = Row(name="x", verdict=Verdict.ASK, tier=0, reasons=("mine",))
    stated = Row(name="x", verdict=Verdict.ASK, tier=0, reasons=("mine",), reviews=("1 security engineer", "2 reviewer"))
    left = {one.change for one in unnoticed(policies, mine, [see(policies, row)])}
    assert left >= {"@people: no security engineer", "@people: one reviewer fewer"}
    left = {one.change for one in unnoticed(policies, mine, [see(policies, stated)])}
    assert not {one for one in left if "@people" in one}


def test_a_case_that_would_notice_is_shown_and_does(builtin: dict[str, str], schema: str) -> None:
    text = (
        'forbid (principal, action == Action::"go-further-unreviewed", resource is Finding)\n'
        'when { resource.introduced && resource.classification >= 2 && resource.severity == Severity::"low" };'
    )
    policies, mine = with_mine(builtin, schema, text)
    left = unnoticed(policies, mine, [])
    found = witnesses(policies, mine, left, [])
    assert {one.change for one in left} == set(found)
    rows = [row for one in found.values() for row in read_table(toml_of(one), "t.toml")]
    assert run(policies, rows) == ()
    assert survivors(policies, rows, names=("mine",)) == ()


def test_the_search_for_a_case_is_bounded(builtin: dict[str, str], schema: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many literals in one policy: each could stand in each field of each row that is near."""
    listed = ", ".join(f'"f{number}"' for number in range(300))
    text = (
        f'forbid (principal, action == Action::"go-further-unreviewed", resource is Finding)\n'
        f"when {{ [{listed}].contains(resource.rule) && resource.classification >= 9 }};"
    )
    policies, mine = with_mine(builtin, schema, text)
    tried = []
    monkeypatch.setattr("clearance.decide.witness.firing", lambda *_: (bool(tried.append(1)) or True, set()))
    monkeypatch.setattr("clearance.decide.witness.see", lambda _policies, row: row)
    (mutant, *_) = (one for one in all_mutants(mine, policies) if one.change == "dropped")
    assert witnesses(policies, mine, [mutant], []) == {}
    assert 1_500 < len(tried) <= 3_000


def test_mutants_of_a_set_give_what_deciding_each_anew_gives(policies: Policies, rows: tuple[Row, ...]) -> None:
    """The short way, all mutants in one set, against the long way: a decision for each."""
    policy = policies.get("no-new-high-findings")
    assert policy is not None
    few = [row for row in rows if row.source == "range"][::6]
    seen = [see(policies, row) for row in few]
    left = {one.change for one in unnoticed(policies, policy, seen)}
    for mutant in all_mutants(policy, policies):
        if mutant.people is not None or mutant.change.startswith("forbids"):
            continue
        variant = policies.variant(policy.id, mutant.tree)
        same = all(said(decide(case_of(row), variant)) == said(decide(case_of(row), policies)) for row in few)
        assert same is (mutant.change in left), mutant.change


def test_a_mutant_is_shown_as_cedar(policies: Policies) -> None:
    policy = policies.get("tier-2-needs-a-reviewer")
    assert policy is not None
    shown = {one.change: text_of(one) for one in all_mutants(policy, policies)}
    assert shown["dropped"] == ""
    turned = next(text for change, text in shown.items() if change.endswith("becomes 3"))
    assert "resource.tier" in turned
    assert "== 3" in turned


def test_a_row_is_written_as_toml_that_reads_the_same() -> None:
    row = Row(
        name='odd "name"', verdict=Verdict.DENY, reasons=("a",), reviews=(), tier=3, files=("a", "b"),
        findings=(FindingRow(severity=Severity.LOW, path='we"ird'), FindingRow()),
    )  # fmt: skip
    assert read_table(toml_of(row), "t.toml") == (row,)
