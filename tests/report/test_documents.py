"""What machines read: the documented JSON, SARIF, GitLab's report."""

import json
import os
import re
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft202012Validator

from clearance.facts.errors import UsageError
from clearance.facts.finding import Finding, Gap, GapKind, Place, Severity
from clearance.facts.outcome import Outcome
from clearance.report.document import document
from clearance.report.formats import sarif
from clearance.report.render import names
from clearance.report.schema import outcome_schema

Write = Callable[..., str]
TOP = Path(__file__).parents[2]
SCHEMAS = Path(__file__).parent / "schemas"
SARIF = Draft4Validator(json.loads((SCHEMAS / "sarif-2.1.0-rtm.5.json").read_text(encoding="utf-8")))
GITLAB = Draft202012Validator(json.loads((SCHEMAS / "gitlab-sast-15.2.4.json").read_text(encoding="utf-8")))


def run_of(text: str) -> dict[str, Any]:
    (run,) = json.loads(text)["runs"]
    return dict(run)


def test_formats_are_found_by_their_files_and_named_in_the_docs() -> None:
    assert names() == ("gitlab", "json", "markdown", "sarif", "text")
    page = (TOP / "docs" / "reference" / "formats.md").read_text(encoding="utf-8")
    for name in names():
        assert f"## {name}\n" in page


def test_a_name_that_no_format_has_is_refused_with_the_nearest_one(write: Write, outcomes: dict[str, Outcome]) -> None:
    with pytest.raises(UsageError, match="did you mean sarif"):
        write("sarfi", outcomes["denied"])
    with pytest.raises(UsageError, match=re.escape("one of gitlab, json")):
        write("../../x", outcomes["denied"])


def test_a_format_is_imported_when_it_is_named_and_not_before() -> None:
    asked = "import sys, clearance.report.render as r; r.names(); print([m for m in sys.modules if 'report.formats.' in m])"
    shown = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"


def test_the_same_run_gives_the_same_bytes(write: Write, outcome: Outcome) -> None:
    turned = msgspec.structs.replace(outcome, findings=outcome.findings[::-1], gaps=outcome.gaps[::-1])
    for name in names():
        assert write(name, outcome) == write(name, outcome)
        assert name == "json" or write(name, turned) == write(name, outcome)


# JSON


def test_the_schema_in_the_docs_is_the_one_that_the_types_give() -> None:
    page = TOP / "docs" / "reference" / "schema" / "outcome.json"
    if os.environ.get("CLEARANCE_WRITE_GOLDEN"):
        page.write_text(document(outcome_schema()), encoding="utf-8")
    assert page.read_text(encoding="utf-8") == document(outcome_schema()), "run once with CLEARANCE_WRITE_GOLDEN=1"


def test_the_schema_is_a_schema_and_describes_every_fact() -> None:
    schema = outcome_schema()
    Draft202012Validator.check_schema(schema)
    undescribed = [name for name, part in schema["$defs"].items() if "description" not in part]
    assert undescribed == []
    assert schema["$defs"]["RuleInfo"]["properties"]["help"]["description"] == "The page's guidance, Markdown."


def test_each_outcome_fits_the_schema(write: Write, outcome: Outcome) -> None:
    Draft202012Validator(outcome_schema()).validate(json.loads(write("json", outcome)))


def test_a_field_that_is_not_in_the_schema_is_refused(write: Write) -> None:
    shaped = json.loads(write("json", "denied"))
    shaped["findings"][0]["secret"] = "x"
    assert not Draft202012Validator(outcome_schema()).is_valid(shaped)


def test_json_keeps_the_order_of_its_keys_and_sorts_findings(write: Write) -> None:
    text = write("json", "denied")
    shaped = json.loads(text)
    assert list(shaped)[:4] == ["schema", "version", "change", "findings"]
    assert [finding["severity"] for finding in shaped["findings"]] == ["high", "high", "medium", "low", "low"]
    assert text.endswith("}\n")


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), st.lists))
def test_a_document_says_what_it_was_given(value: Any) -> None:
    # A lone surrogate has no UTF-8 form; everything else survives.
    expected = json.loads(re.sub(r"\\ud[89ab]..(?!\\ud[c-f])|(?<!\\ud[89ab]..)\\ud[c-f]..", r"\\ufffd", json.dumps(value)))
    assert json.loads(document(value)) == expected


# SARIF


def test_each_outcome_is_accepted_by_the_sarif_schema(write: Write, outcome: Outcome) -> None:
    SARIF.validate(json.loads(write("sarif", outcome)))


def test_sarif_rules_carry_what_code_scanning_shows(write: Write) -> None:
    driver = run_of(write("sarif", "denied"))["tool"]["driver"]
    assert (driver["name"], driver["semanticVersion"]) == ("Clearance", "0.1.0")
    by_id = {rule["id"]: rule for rule in driver["rules"]}
    rule = by_id["python-sql-string-build"]
    assert rule["name"] == "PythonSqlStringBuild"
    assert rule["properties"]["tags"] == ["external/cwe/cwe-089", "security", "code", "asvs:v5.0.0-1.2.4"]
    assert rule["properties"]["security-severity"] == "8.0"
    assert rule["properties"]["precision"] == "high"
    assert rule["defaultConfiguration"]["level"] == "error"
    assert rule["helpUri"] == "https://clearance.example/rules/code/python-sql-string-build.html"
    assert rule["help"]["markdown"].endswith("*change the query*.\n\nPass the value as a parameter.")
    # A page's path is no URI, and a rule without a page still has its texts.
    assert "helpUri" not in by_id["package-does-not-exist"]
    assert by_id["test-weakened"]["shortDescription"]["text"] == "test-weakened"


def test_a_sarif_result_stands_where_the_finding_is(write: Write) -> None:
    result = run_of(write("sarif", "denied"))["results"][0]
    assert result["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "app/orders.py", "uriBaseId": "%SRCROOT%"},
                "region": {"startLine": 41, "startColumn": 23, "endLine": 41, "endColumn": 71},
            }
        }
    ]
    assert result["partialFingerprints"] == {"primaryLocationLineHash": "0101010101010101:1"}
    assert result["fingerprints"] == {"clearance/v1": "01" * 32}
    assert result["baselineState"] == "new"
    assert result["properties"]["introduced"] is True


def test_sarif_tells_new_from_unchanged_only_where_there_was_a_comparison(write: Write) -> None:
    states = [result["baselineState"] for result in run_of(write("sarif", "denied"))["results"]]
    assert states == ["new", "new", "new", "unchanged", "unchanged"]
    assert all("baselineState" not in result for result in run_of(write("sarif", "scanned"))["results"])


def test_sarif_shows_the_way_of_the_data(write: Write) -> None:
    (flow,) = run_of(write("sarif", "followed"))["results"][0]["codeFlows"]
    lines = [step["location"]["physicalLocation"]["region"]["startLine"] for step in flow["threadFlows"][0]["locations"]]
    assert lines == [38, 39, 40, 41]


@pytest.mark.parametrize(
    ("name", "successful"), [("denied", True), ("asked", False), ("allowed", True), ("scanned", True), ("empty", False)]
)
def test_sarif_says_whether_everything_that_matters_was_looked_at(write: Write, name: str, *, successful: bool) -> None:
    (invocation,) = run_of(write("sarif", name))["invocations"]
    assert invocation["executionSuccessful"] is successful


def test_sarif_gives_a_notification_for_each_gap(write: Write) -> None:
    (invocation,) = run_of(write("sarif", "denied"))["invocations"]
    (note,) = invocation["toolExecutionNotifications"]
    assert note["descriptor"] == {"id": "gap/binary"}
    assert note["level"] == "note"
    assert note["message"] == {"text": "Not looked at: docs/logo.bin: binary"}
    assert invocation["startTimeUtc"] == "2026-11-22T06:12:00Z"


def test_sarif_cuts_at_the_limit_of_code_scanning_and_says_so(write: Write, outcomes: dict[str, Outcome]) -> None:
    findings = tuple(
        msgspec.structs.replace(
            outcomes["denied"].findings[0],
            introduced=number < 10,
            fingerprint=f"{number:064d}",
            severity=Severity.CRITICAL if number == 26_000 else Severity.LOW,
        )
        for number in range(26_001)
    )
    run = run_of(write("sarif", msgspec.structs.replace(outcomes["denied"], findings=findings)))
    assert len(run["results"]) == sarif.RESULTS
    assert sum(result["properties"]["introduced"] for result in run["results"]) == 10
    assert run["results"][10]["properties"]["severity"] == "critical"
    (*_, note) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("25,000 of 26,001 findings are in this file")


def test_sarif_stays_below_the_size_that_code_scanning_takes(
    write: Write, outcomes: dict[str, Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sarif, "COMPRESSED", 3_000)
    run = run_of(write("sarif", "many"))
    assert 0 < len(run["results"]) < len(outcomes["many"].findings)
    assert "the rest is left out" in json.dumps(run["invocations"])


def test_sarif_keeps_both_ends_of_a_very_long_way(write: Write, outcomes: dict[str, Outcome]) -> None:
    (finding,) = outcomes["followed"].findings
    steps = tuple(msgspec.structs.replace(finding.steps[0], message=f"step {number}") for number in range(1_500))
    changed = msgspec.structs.replace(outcomes["followed"], findings=(msgspec.structs.replace(finding, steps=steps),))
    (result,) = run_of(write("sarif", changed))["results"]
    shown = [step["location"]["message"]["text"] for step in result["codeFlows"][0]["threadFlows"][0]["locations"]]
    assert len(shown) == sarif.STEPS
    assert (shown[0], shown[-1]) == ("step 0", "step 1499")
    assert result["properties"]["stepsLeftOut"] == 500


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b.py", "a%20b.py"),
        ("名.py", "%E5%90%8D.py"),
        ("C:x", "C%3Ax"),
        ("a?b#c%20", "a%3Fb%23c%2520"),
        ("back\\slash", "back%5Cslash"),
    ],
)
def test_odd_names_are_percent_encoded(write: Write, outcomes: dict[str, Outcome], path: str, uri: str) -> None:
    assert uri_of(write, outcomes["denied"], path) == uri


def uri_of(write: Write, outcome: Outcome, path: str) -> str:
    finding = msgspec.structs.replace(outcome.introduced[0], place=Place(path=path, line=1))
    (result,) = run_of(write("sarif", msgspec.structs.replace(outcome, findings=(finding,))))["results"]
    return str(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("uses {0} and {name}", "uses {{0}} and {name}"),
        ("see [this](1)", "see \\[this](1)"),
        ("a[0] is (1)", "a[0] is (1)"),
    ],
)
def test_a_message_holds_no_placeholder_and_no_link(
    write: Write, outcomes: dict[str, Outcome], message: str, text: str
) -> None:
    finding = msgspec.structs.replace(outcomes["denied"].introduced[0], message=message, fix="")
    (result,) = run_of(write("sarif", msgspec.structs.replace(outcomes["denied"], findings=(finding,))))["results"]
    assert result["message"]["text"] == text


# GitLab


def test_each_outcome_gives_gitlab_the_fields_that_it_documents(write: Write, outcome: Outcome) -> None:
    GITLAB.validate(json.loads(write("gitlab", outcome)))


def test_gitlab_gets_stable_ids_severities_and_identifiers(write: Write, outcomes: dict[str, Outcome]) -> None:
    report = json.loads(write("gitlab", "denied"))
    again = json.loads(write("gitlab", "scanned"))
    first = report["vulnerabilities"][0]
    assert uuid.UUID(first["id"]).version == 5
    assert first["id"] == again["vulnerabilities"][0]["id"]
    assert len({one["id"] for one in report["vulnerabilities"]}) == len(outcomes["denied"].findings)
    assert first["severity"] == "High"
    assert [(one["type"], one["value"]) for one in first["identifiers"]] == [
        ("clearance_rule", "python-sql-string-build"),
        ("cwe", "89"),
    ]
    assert first["location"] == {"file": "app/orders.py", "start_line": 41, "end_line": 41}
    assert report["scan"]["start_time"] == "2026-11-22T06:12:00"
    assert report["scan"]["status"] == "success"


def test_gitlab_hears_of_a_scan_that_could_not_look(write: Write) -> None:
    scan = json.loads(write("gitlab", "asked"))["scan"]
    assert scan["status"] == "failure"
    assert {"level": "warn", "value": "Not looked at: packages: data out of date, names as of 2025-01-02"} in scan[
        "messages"
    ]


def test_gitlab_is_told_which_findings_are_seldom_sure(write: Write) -> None:
    flagged = [bool(one.get("flags")) for one in json.loads(write("gitlab", "denied"))["vulnerabilities"]]
    assert flagged == [False, False, False, True, True]


# Gaps are told alike everywhere


@pytest.mark.parametrize(
    ("gaps", "said"),
    [
        ((Gap(scanner="code", path="a", kind=GapKind.TIMEOUT),), "a: out of time (code)"),
        ((Gap(scanner="all", path="a", kind=GapKind.UNREADABLE),), "a: unreadable"),
        ((Gap(scanner="packages", path="", kind=GapKind.STALE, detail="d"),), "packages: data out of date, d"),
        ((Gap(scanner="all", path="", kind=GapKind.TIMEOUT),), "the change: out of time"),
        (
            tuple(Gap(scanner=name, path="a", kind=GapKind.BINARY) for name in ("secrets", "code", "packages", "tampering")),
            "a: binary",
        ),
    ],
)
def test_a_gap_is_told_once_with_the_scanners_that_it_concerns(
    write: Write, outcomes: dict[str, Outcome], gaps: tuple[Gap, ...], said: str
) -> None:
    outcome = msgspec.structs.replace(outcomes["denied"], gaps=gaps)
    assert f"! not looked at   {said}\n" in write("text", outcome)
    (invocation,) = run_of(write("sarif", outcome))["invocations"]
    assert [note["message"]["text"] for note in invocation["toolExecutionNotifications"]] == [f"Not looked at: {said}"]


def test_a_finding_about_a_whole_file_has_a_place_everywhere(write: Write, outcomes: dict[str, Outcome]) -> None:
    finding: Finding = msgspec.structs.replace(outcomes["denied"].introduced[0], place=Place(path="tests/gone.py", line=0))
    outcome = msgspec.structs.replace(outcomes["denied"], findings=(finding,))
    assert "tests/gone.py   " in write("text", outcome, width=140)
    (result,) = run_of(write("sarif", outcome))["results"]
    assert result["locations"][0]["physicalLocation"]["region"] == {"startLine": 1}
    assert result["properties"]["wholeFile"] is True
    (vulnerability,) = json.loads(write("gitlab", outcome))["vulnerabilities"]
    assert vulnerability["location"] == {"file": "tests/gone.py"}
