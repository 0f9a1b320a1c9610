"""Explanations name the facts that mattered; the manual is what the policies say."""

import re
from pathlib import Path

import clearance
from clearance.decide.decide import decide
from clearance.decide.explain import describe, explain
from clearance.decide.manual import manual
from clearance.decide.policy_set import Policies
from clearance.decide.table import FindingRow, Row, TriggerRow, case_of
from clearance.facts.decision import Verdict
from clearance.facts.finding import Severity


def test_a_fired_policy_names_its_subject_and_the_facts_it_looked_at(policies: Policies) -> None:
    row = Row(
        name="x",
        verdict=Verdict.ASK,
        findings=(FindingRow(severity=Severity.MEDIUM, path="app/db.py"), FindingRow(severity=Severity.LOW)),
    )
    account = next(one for one in explain(case_of(row), policies) if one.policy == "medium-findings-by-ai-need-a-person")
    assert account.fired
    (ground,) = account.grounds
    assert ground.label == "python-sql-string-build at app/db.py:1"
    assert dict(ground.facts) == {
        "principal.byAi": "yes",
        "resource.introduced": "yes",
        "resource.severity": "medium",
        "resource.confidence": "high",
        "resource.family": "code",
        "resource.waived": "no",
    }


def test_a_policy_that_did_not_fire_shows_what_it_let_pass(policies: Policies) -> None:
    row = Row(name="x", verdict=Verdict.ALLOW, triggers=(TriggerRow(id="database-query", tier=1),))
    accounts = {one.policy: one for one in explain(case_of(row), policies)}
    assert not accounts["tier-3-needs-two-people"].fired
    assert accounts["tier-3-needs-two-people"].grounds[0].facts == (("resource.tier", "1"),)
    assert (accounts["no-secrets"].asked, accounts["no-secrets"].grounds) == (0, ())


def test_what_is_explained_as_fired_is_what_was_decided(policies: Policies, rows: tuple[Row, ...]) -> None:
    for row in rows:
        case = case_of(row)
        decided = {reason.policy for reason in decide(case, policies).reasons if reason.verdict is not Verdict.ALLOW}
        assert {one.policy for one in explain(case, policies) if one.fired} == decided


def test_a_description_holds_the_whole_policy(policies: Policies) -> None:
    for policy in policies.all:
        text = describe(policy)
        assert policy.why in text
        assert policy.text.strip() in text


def test_the_manual_in_the_docs_is_what_the_policies_say(policies: Policies) -> None:
    page = Path(clearance.__file__).parents[2] / "docs/reference/policies.md"
    assert page.read_text("utf-8") == manual(policies), "write it again: clearance policy show --manual"


def test_the_example_in_the_manual_is_a_good_policy(builtin: dict[str, str], schema: str, policies: Policies) -> None:
    text = manual(policies)
    found = re.search(r"```cedar\n(@id\(\"payments-need-a-person\"\).*?)```", text, re.DOTALL)
    assert found is not None
    team = Policies.load(builtin, {".clearance/policies/payments-need-a-person.cedar": found[1]}, schema)
    row = Row(name="x", verdict=Verdict.ASK, files=("src/payments/charge.py",))
    assert decide(case_of(row), team).verdict is Verdict.ASK
