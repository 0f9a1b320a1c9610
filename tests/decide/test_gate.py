"""Quality gates: what is read, what is refused, and that the policies do what the conditions say."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.decide.decide import decide
from clearance.decide.gate import KNOWN, generate, read_gate
from clearance.decide.mutate import see, unnoticed
from clearance.decide.policy_set import Policies
from clearance.decide.table import FindingRow, Row, case_of
from clearance.facts.decision import Verdict
from clearance.facts.errors import BadFile
from clearance.facts.finding import Severity


def gate(*conditions: Any) -> str:
    return json.dumps({"name": "Ours", "conditions": conditions}, indent=1)


def condition(metric: str = "new_vulnerabilities", op: str = "GT", error: Any = "0") -> dict[str, Any]:
    return {"id": 1, "metric": metric, "op": op, "error": error}


ONE = '{"metric": "new_violations", "op": "GT", "error": "1"}'
REFUSED = [
    # the text, the line that is named, a part of what is said
    ("", 1, "not JSON"),
    ("{\n oops", 2, "not JSON"),
    ("[" * 100_000, 1, ""),
    ('{"conditions": []}', 1, "no conditions"),
    ('{"other": 1}', 1, "no conditions"),
    ("[]", 1, "no conditions"),
    ('{"conditions": [\n {"metric": "a",\n "metric": "b"}]}', 3, "stands twice"),
    ('{"conditions": [\n 3]}', 2, "no object"),
    ('{"conditions": [\n {"op": "GT", "error": "1"}]}', 2, "without a metric"),
    ('{"conditions": [\n {"metric": "new_violations", "op": "XX", "error": "1"}]}', 2, "unknown operator"),
    ('{"conditions": [\n\n {"metric": "new_violations", "op": "GT"}]}', 3, "no threshold"),
    ('{"conditions": [\n {"metric": "new_violations", "op": "GT", "error": [1]}]}', 2, "no number"),
    ('{"conditions": [\n {"metric": "new_violations", "op": "GT", "error": "1", "value": 1}]}', 2, "twice"),
    ('{"conditions": [\n {"metric": "new_violations", "opp": "GT", "error": "1"}]}', 2, "unknown key 'opp'"),
    (f'{{"conditions": [{ONE},\n{ONE}]}}', 2, "two conditions"),
    ('{"conditions": [\n {"metric": "new_violations", "op": "GT", "error": ' + "9" * 5_000 + "}]}", 1, "more digits"),
    ('{"conditions": [\n {"metric": "new_violations", "op": "GT", "error": " "}]}', 2, "no threshold"),
    ('{"conditions": [' + "0," * 300_000 + "0]}", 1, "300,001 conditions"),
    ('{"other": [' + '{"conditions": []}, ' * 30_000 + '0], "conditions": [\n 0]}', 1, "no object"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "what"), REFUSED)
def test_a_gate_that_is_none_is_refused_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(BadFile) as caught:
        read_gate(text, "gate.json")
    assert what in caught.value.what
    assert caught.value.where == f"gate.json:{line}"
    assert caught.value.next


NOT_EXPRESSED = [
    # metric, operator, threshold, a part of what is said, a part of what to do
    ("new_coverage", "LT", "80", "tests run", "nearest known"),
    ("new_duplicated_lines_density", "GT", "3", "stands twice", "--skip-unknown"),
    ("vulnerabilities", "GT", "0", "only what is new", "new_vulnerabilities"),
    ("new_vulnerabilitys", "GT", "0", "no such metric", "new_vulnerabilities"),
    ("new_vulnerabilities", "LT", "5", "bring fewer", "GT"),
    ("new_vulnerabilities", "GT", "1.5", "threshold", "whole number"),
    ("new_vulnerabilities", "GT", "501", "threshold", "500"),
    ("new_vulnerabilities", "GT", "-1", "threshold", "whole number"),
    ("new_security_rating", "LT", "1", "too bad", "GT"),
    ("new_security_rating", "GT", "5", "threshold", "1 to 4"),
    ("new_security_hotspots_reviewed", "LT", "80", "share", "LT 100"),
    ("new_security_hotspots", "GT", "3", "number", "GT 0"),
    ("new_\u202evulnerabilities\x1b[31m", "GT", "0", "cannot be enforced", "nearest"),
]


@pytest.mark.parametrize(("metric", "op", "error", "what", "more"), NOT_EXPRESSED)
def test_what_cannot_be_expressed_is_refused_by_name(metric: str, op: str, error: str, what: str, more: str) -> None:
    conditions = read_gate(gate(condition(), condition(metric, op, error)) if metric != "new_vulnerabilities"
                           else gate(condition(metric, op, error)), "gate.json")  # fmt: skip
    with pytest.raises(BadFile) as caught:
        generate(conditions, skip_unknown=False)
    assert what in caught.value.what
    assert more in caught.value.next
    assert caught.value.where.startswith("gate.json:")
    assert not {"\x1b", "\u202e"} & set(str(caught.value))


@pytest.mark.parametrize("threshold", ["5\n", " 5", "5.0", "5"])
def test_blanks_around_a_threshold_never_reach_the_policy(builtin: dict[str, str], schema: str, threshold: str) -> None:
    (made,), _ = generate(read_gate(gate(condition(error=threshold)), "g"), skip_unknown=False)
    assert made.text.startswith("// Made by `clearance policy import-gate` of the condition new_vulnerabilities GT 5")
    Policies.load(builtin, {f".clearance/policies/{made.id}.cedar": made.text}, schema)


def test_digits_of_other_scripts_are_no_threshold() -> None:
    with pytest.raises(BadFile, match="threshold cannot be used"):
        generate(read_gate(gate(condition(error="\u0665")), "g"), skip_unknown=False)


def test_what_is_skipped_is_named_with_its_reason() -> None:
    made, skipped = generate(read_gate(gate(condition(), condition("new_coverage", "LT", "80")), "g"), skip_unknown=True)
    assert [one.id for one in made] == ["gate-new-vulnerabilities"]
    assert [(one.said, bool(one.why)) for one in skipped] == [("new_coverage LT 80", True)]


def test_both_shapes_of_the_web_api_say_the_same() -> None:
    status = {
        "projectStatus": {
            "status": "ERROR",
            "conditions": [
                {"status": "ERROR", "metricKey": "new_vulnerabilities", "comparator": "GT", "periodIndex": 1,
                 "errorThreshold": "0", "actualValue": "2"}
            ],
            "ignoredConditions": False,
        }
    }  # fmt: skip
    ours, theirs = read_gate(gate(condition()), "g"), read_gate(json.dumps(status), "g")
    assert [one.said for one in ours] == [one.said for one in theirs] == ["new_vulnerabilities GT 0"]


EVERY = [
    *(condition(metric, "GT", "2") for metric in KNOWN[:10]),
    condition("new_violations", "EQ", 1), condition("new_minor_violations", "NE", "0"),
    *(condition("new_security_rating", "GT", letter) for letter in "ABCD"),
    condition("new_security_hotspots_reviewed", "LT", "100"), condition("new_security_hotspots", "GT", "0"),
    {"metric": "new_violations", "op": "GT", "warning": "0"},
]  # fmt: skip


@pytest.mark.parametrize("one", EVERY, ids=lambda one: f"{one['metric']} {one['op']}")
def test_cases_come_with_it_and_notice_every_mutant(builtin: dict[str, str], schema: str, one: dict[str, Any]) -> None:
    (made,), _ = generate(read_gate(gate(one), "g"), skip_unknown=False)
    policies = Policies.load(builtin, {f".clearance/policies/{made.id}.cedar": made.text}, schema)
    policy = policies.get(made.id)
    assert policy is not None
    rows = []
    for row, fires in made.cases:
        decision = decide(case_of(row), policies)
        fired = {reason.policy for reason in decision.reasons}
        assert (made.id in fired) is fires, row.name
        people = tuple(f"{need.people} {need.role}" for need in decision.reviews)
        rows.append(Row(**{name: getattr(row, name) for name in row.__struct_fields__} | {"reviews": people}))
    left = unnoticed(policies, policy, [see(policies, row) for row in rows])
    assert [mutant.change for mutant in left] == []


_COUNTED = {
    "new_violations": set(Severity), "new_blocker_violations": {Severity.CRITICAL},
    "new_critical_violations": {Severity.HIGH}, "new_major_violations": {Severity.MEDIUM},
    "new_minor_violations": {Severity.LOW}, "new_vulnerabilities": set(Severity),
}  # fmt: skip
_SAYS = {"GT": lambda a, b: a > b, "EQ": lambda a, b: a == b, "NE": lambda a, b: a != b}


@given(
    metric=st.sampled_from(sorted(_COUNTED)),
    op=st.sampled_from(sorted(_SAYS)),
    most=st.integers(0, 4),
    found=st.lists(st.tuples(st.sampled_from(Severity), st.booleans()), max_size=6),
)
def test_a_policy_fires_where_the_gate_fails(
    builtin: dict[str, str], schema: str, metric: str, op: str, most: int, found: list[tuple[Severity, bool]]
) -> None:
    (made,), _ = generate(read_gate(gate(condition(metric, op, str(most))), "g"), skip_unknown=False)
    policies = Policies.load(builtin, {f".clearance/policies/{made.id}.cedar": made.text}, schema)
    findings = tuple(FindingRow(severity=severity, introduced=new) for severity, new in found)
    decision = decide(case_of(Row(name="x", verdict=Verdict.ALLOW, findings=findings)), policies)
    count = sum(new and severity in _COUNTED[metric] for severity, new in found)
    assert (made.id in {reason.policy for reason in decision.reasons}) is _SAYS[op](count, most)


@given(st.text(max_size=200))
def test_any_text_is_a_gate_or_is_refused(text: str) -> None:
    for whole in (text, '{"conditions": [' + text + "]}", gate({"metric": text, "op": "GT", "error": "1"})):
        try:
            generate(read_gate(whole, "g"), skip_unknown=False)
        except BadFile as error:
            assert error.where.startswith("g:")  # noqa: PT017 -- either way is right, this one says where
