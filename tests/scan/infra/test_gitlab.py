"""Pipelines become a file and its jobs, with their commands and what they inherit."""

from textwrap import dedent

import pytest

from clearance.scan.family import Budget
from clearance.scan.infra.lower.gitlab import lower
from clearance.scan.infra.node import Document, Kind, Node, NotThis, Unit


def read(text: str) -> Document:
    return lower(dedent(text), Budget(60))


def job(document: Document, name: str) -> Unit:
    return next(one for one in document.units if one.name == name)


def effective(document: Document, name: str) -> Node:
    return job(document, name).body.items["effective"]


PIPELINE = """\
    include: /ci/other.yml
    default:
      image: alpine:3
      before_script: [setup]
    variables: {A: "1"}
    .base:
      script:
        - one
        - [two, [three]]
      variables: {B: "2"}
      allow_failure: true
    test:
      extends: .base
      variables: {C: "3"}
    deploy:
      extends: [.elsewhere, .base]
      script: |
        # nothing
        ./deploy
      after_script:
        - !reference [.base, script]
    down:
      trigger: group/project
    stages: [test]
"""


def test_a_pipeline_has_jobs_hidden_ones_and_triggers() -> None:
    assert [(one.kind, one.type, one.name) for one in read(PIPELINE).units] == [
        ("gitlab.file", "", ""),
        ("gitlab.job", "hidden", ".base"),
        ("gitlab.job", "job", "test"),
        ("gitlab.job", "job", "deploy"),
        ("gitlab.job", "trigger", "down"),
    ]


def test_commands_are_those_of_all_scripts_lists_in_lists_too() -> None:
    found = read(PIPELINE)
    lines = {one.name: [line.text for line in one.body.items["lines"].values] for one in found.units}
    assert lines == {"": ["setup"], ".base": ["one", "two", "three"], "test": [], "deploy": ["./deploy"], "down": []}


def test_a_job_is_joined_with_what_it_extends_and_with_the_defaults() -> None:
    node = effective(read(PIPELINE), "test")
    assert node.items["allow_failure"].value is True
    assert {key: value.text for key, value in node.items["variables"].items.items()} == {"A": "1", "B": "2", "C": "3"}
    assert node.items["image"].text == "alpine:3"
    assert not node.text


def test_what_extends_a_job_of_another_file_is_open() -> None:
    node = effective(read(PIPELINE), "deploy")
    assert node.text == ".elsewhere"
    assert node.items["script"].text.strip().endswith("./deploy")


def test_of_several_that_a_job_extends_the_last_wins() -> None:
    node = effective(read(".a: {script: x, image: a}\n.b: {image: b}\nc: {extends: [.a, .b]}\n"), "c")
    assert (node.items["script"].text, node.items["image"].text) == ("x", "b")


def test_jobs_that_extend_each_other_end() -> None:
    node = effective(read("a: {extends: b, script: x}\nb: {extends: a, image: y}\n"), "a")
    assert (node.items["script"].text, node.items["image"].text, node.text) == ("x", "y", "")


def test_a_long_line_of_jobs_ends_and_leaves_the_job_open() -> None:
    text = "j0: {script: x}\n" + "".join(f"j{n}: {{extends: j{n - 1}}}\n" for n in range(1, 40))
    assert effective(read(text), "j39").text


@pytest.mark.parametrize(
    ("include", "count"),
    [("a.yml", 1), ("{local: a.yml}", 1), ("[a.yml, {remote: 'https://example.com/x'}]", 2), ("[]", 0)],
)
def test_includes_are_a_list_however_they_are_written(include: str, count: int) -> None:
    file = read(f"include: {include}\na: {{script: x}}\n").units[0]
    assert len(file.body.items["includes"].values) == count


def test_a_header_of_inputs_is_not_the_pipeline() -> None:
    found = read("spec:\n  inputs: {a: {default: b}}\n---\ntest: {script: make}\n")
    assert [one.name for one in found.units] == ["", "test"]


def test_a_reference_is_unknown_with_its_words() -> None:
    node = job(read(PIPELINE), "deploy").body.items["after_script"].values[0]
    assert (node.kind, node.text) == (Kind.UNKNOWN, "!reference [.base, script]")


@pytest.mark.parametrize(
    "text",
    ["a: 1\n", "a: [x]\ndefault: 1\nvariables: []\n", "a: {extends: {b: c}}\n", "a: {script: {b: c}}\n", "include: 1\n"],
)
def test_what_is_written_wrong_is_passed_over(text: str) -> None:
    assert read(text).units


@pytest.mark.parametrize("text", ["", "- a\n", "x\n"])
def test_what_is_no_pipeline_is_refused(text: str) -> None:
    with pytest.raises(NotThis, match=r"^line 1: no pipeline"):
        read(text)
