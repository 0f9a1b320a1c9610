"""Reading what other tools wrote."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearance.facts.errors import BadFile
from clearance.facts.finding import Confidence, Severity
from clearance.scan.imported.opinion import Raw
from clearance.scan.imported.sarif import read

PATHS = ("src/a.py", "src/b b.py", "a.py")


def result(uri: str = "src/a.py", **more: Any) -> dict[str, Any]:
    place = {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": 3, "startColumn": 5}}}
    return {"ruleId": "R1", "message": {"text": "bad"}, "locations": [place], **more}


def log(*results: Any, rules: Any = (), **run: Any) -> bytes:
    driver = {"name": "tool", "version": "1.2", "rules": list(rules)}
    return json.dumps({"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": list(results), **run}]}).encode()


def one(data: bytes) -> Raw:
    (opinion,) = read(data, PATHS, where="x.sarif")
    (raw,) = opinion.raws
    return raw


def test_a_result_is_read_with_its_place_and_words() -> None:
    raw = one(log(result(level="error")))
    assert (raw.tool, raw.rule, raw.path, raw.line, raw.column, raw.message) == ("tool", "R1", "src/a.py", 3, 5, "bad")
    assert raw.severity is Severity.HIGH


@pytest.mark.parametrize(
    ("uri", "run", "expected"),
    [
        ("src/b%20b.py", {}, "src/b b.py"),
        ("./src/a.py", {}, "src/a.py"),
        ("src/x/../a.py", {}, "src/a.py"),
        ("file:///builds/7/repo/src/a.py", {}, "src/a.py"),
        ("other/z.py", {}, "other/z.py"),
        ("../../etc/passwd", {}, "etc/passwd"),
    ],
)
def test_paths_are_those_of_the_change(uri: str, run: dict[str, Any], expected: str) -> None:
    assert one(log(result(uri), **run)).path == expected


def test_a_base_with_a_folder_is_followed() -> None:
    data = log(result("a.py"), originalUriBaseIds={"ROOT": {"uri": "file:///builds/7/repo/src/"}})
    changed = json.loads(data)
    changed["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uriBaseId"] = "ROOT"
    assert one(json.dumps(changed).encode()).path == "src/a.py"


@pytest.mark.parametrize(
    ("more", "rule", "severity"),
    [
        ({}, {}, Severity.MEDIUM),
        ({"level": "note"}, {}, Severity.LOW),
        ({"level": "note"}, {"properties": {"security-severity": "9.3"}}, Severity.CRITICAL),
        ({}, {"defaultConfiguration": {"level": "error"}}, Severity.HIGH),
        ({}, {"properties": {"security-severity": "not a number"}}, Severity.MEDIUM),
    ],
)
def test_severity_is_the_score_or_else_the_level(more: dict[str, Any], rule: dict[str, Any], severity: Severity) -> None:
    assert one(log(result(**more), rules=[{"id": "R1", **rule}])).severity is severity


def test_the_rule_gives_weakness_precision_and_words() -> None:
    rule = {
        "id": "R1",
        "shortDescription": {"text": "A title"},
        "messageStrings": {"default": {"text": "{0} is bad"}},
        "properties": {"tags": ["security", "external/cwe/cwe-089"], "precision": "very-high"},
    }
    raw = one(log(result(message={"id": "default", "arguments": ["this"]}, ruleIndex=0), rules=[rule]))
    assert (raw.cwe, raw.confidence, raw.message, raw.title) == (("CWE-89",), Confidence.HIGH, "this is bad", "A title")


def test_a_suppressed_result_stays_and_says_so() -> None:
    assert one(log(result(suppressions=[{"kind": "inSource"}]))).silenced
    assert not one(log(result(suppressions=[{"kind": "inSource", "status": "rejected"}]))).silenced


def test_a_path_is_kept_as_steps() -> None:
    step = {"location": {**result()["locations"][0], "message": {"text": "enters"}}}
    raw = one(log(result(codeFlows=[{"threadFlows": [{"locations": [step, step]}]}])))
    assert [(one.place.path, one.place.line, one.message) for one in raw.steps] == [("src/a.py", 3, "enters")] * 2


def test_passes_are_no_results_and_results_without_a_place_are_counted() -> None:
    (opinion,) = read(log(result(kind="pass"), {"ruleId": "R2", "message": {"text": "m"}}), PATHS, where="x.sarif")
    assert opinion.raws == ()
    assert [gap.detail for gap in opinion.gaps] == ["1 results of x.sarif name no place"]


def test_a_failed_run_is_a_gap() -> None:
    data = log(invocations=[{"executionSuccessful": False}])
    (opinion,) = read(data, PATHS, where="x.sarif")
    assert [gap.detail for gap in opinion.gaps] == ["the tool says that its run failed"]


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"version": "1.0.0", "runs": []}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_sarif_is_refused_with_a_way_out(data: bytes) -> None:
    with pytest.raises(BadFile) as caught:
        read(data, PATHS, where="x.sarif")
    assert caught.value.where == "x.sarif"
    assert caught.value.next


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*result(), "uri", "rules", "level"]), inner)
    ),
    max_leaves=12,
)


@given(JSON, JSON, JSON)
def test_odd_values_never_break_the_reader(results: Any, tool: Any, rest: Any) -> None:
    run = {"results": [results, {**result(), "suppressions": rest, "codeFlows": results}], "tool": tool, "artifacts": rest}
    read(json.dumps({"version": "2.1.0", "runs": [run, rest]}).encode(), PATHS, where="x")


@pytest.mark.parametrize(
    "more",
    [
        {"kind": ["fail"]},
        {"message": {"id": ["d"]}},
        {"ruleId": ["R1"], "rule": {"id": {}}},
        {"properties": {"security-severity": 10**400}},
        {"properties": {"security-severity": "nan"}},
        {"taxa": [{"id": [79], "toolComponent": "CWE"}]},
    ],
)
def test_values_of_the_wrong_type_lose_no_result(more: dict[str, Any]) -> None:
    assert one(log(result(**more))).path == "src/a.py"


@pytest.mark.parametrize("uri", ["http://[", "file://[::"])
def test_an_address_that_is_none_names_no_place(uri: str) -> None:
    (opinion,) = read(log(result(uri)), PATHS, where="x.sarif")
    assert not opinion.raws
    assert [gap.detail for gap in opinion.gaps] == ["1 results of x.sarif name no place"]


def test_a_line_that_is_no_number_is_none() -> None:
    place = {"physicalLocation": {"artifactLocation": {"uri": "a.py"}, "region": {"startLine": True, "startColumn": "3"}}}
    raw = one(log(result(locations=[place])))
    assert (raw.line is False or raw.line is True, raw.line, raw.column) == (False, 0, 0)
