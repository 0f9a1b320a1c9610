"""Workflows and actions become jobs and steps, with their triggers, grants, actions, commands and expressions."""

from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clearance.scan.family import Budget
from clearance.scan.infra.lower.github import lower
from clearance.scan.infra.lower.script import commands, expressions, plain
from clearance.scan.infra.lower.yaml_text import read_yaml
from clearance.scan.infra.node import Document, Kind, Node, NotThis, Unit


def read(text: str) -> Document:
    return lower(dedent(text), Budget(60))


def unit(document: Document, kind: str) -> Unit:
    return next(one for one in document.units if one.kind == f"github.{kind}")


def texts(node: Node) -> list[str]:
    return [one.text for one in node.values]


WORKFLOW = """\
    name: build
    on:
      push:
      pull_request: {branches: [main]}
    permissions: {contents: read}
    jobs:
      test:
        runs-on: ubuntu-24.04
        permissions: {checks: write}
        steps:
          - uses: Actions/Checkout@v4
            with: {ref: "${{ github.head_ref }}"}
          - name: say
            if: ${{ github.event.issue.title == 'x' }}
            env: {A: "${{ secrets.A }}"}
            run: |
              # a comment ${{ github.event.x }}
              echo ${{ github.event['issue'].title }} \\
                | cat
              make && \\
                make test
      call:
        uses: ./.github/workflows/other.yml
"""


def test_a_workflow_has_jobs_and_jobs_have_steps() -> None:
    found = read(WORKFLOW)
    assert [(one.kind, one.type, one.name, one.above.name if one.above else "") for one in found.units] == [
        ("github.workflow", "workflow", "build", ""),
        ("github.job", "job", "test", "build"),
        ("github.step", "uses", "Actions/Checkout@v4", "test"),
        ("github.step", "run", "say", "test"),
        ("github.job", "call", "call", "build"),
    ]


@pytest.mark.parametrize("on", ["push", "[push]", "{push: }", "{push: ~}"])
def test_triggers_are_a_map_however_they_are_written(on: str) -> None:
    triggers = lower(f"on: {on}\njobs: {{}}\n", Budget(60)).units[0].body.items["triggers"]
    assert {key: value.value for key, value in triggers.items.items()} == {"push": True}


def test_on_is_a_word_and_not_true() -> None:
    assert "on" in unit(read(WORKFLOW), "workflow").body.items


def test_a_workflow_that_others_call_says_so() -> None:
    assert lower("on: workflow_call\njobs: {}\n", Budget(60)).units[0].type == "reusable"


def test_grants_are_the_jobs_own_or_the_workflows() -> None:
    jobs = [one for one in read(WORKFLOW).units if one.kind == "github.job"]
    assert [list(one.body.items["grants"].items) for one in jobs] == [["checks"], ["contents"]]
    assert "grants" not in lower("on: push\njobs: {a: {steps: []}}\n", Budget(60)).units[1].body.items


@pytest.mark.parametrize(
    ("uses", "wanted"),
    [
        ("Actions/Checkout@v4", {"name": "actions/checkout", "sort": "repository", "ref": "v4"}),
        ("a/b/c@main", {"name": "a/b/c", "sort": "repository", "ref": "main"}),
        ("a/b", {"name": "a/b", "sort": "repository"}),
        ("./x", {"name": "./x", "sort": "local"}),
        ("docker://x@sha256:0", {"name": "x@sha256:0", "sort": "image"}),
    ],
)
def test_what_a_step_uses_is_taken_apart(uses: str, wanted: dict[str, str]) -> None:
    text = f"on: push\njobs: {{a: {{steps: [{{uses: '{uses}'}}]}}}}\n"
    action = unit(lower(text, Budget(60)), "step").body.items["action"]
    assert {key: value.text for key, value in action.items.items()} == wanted


def test_commands_are_joined_and_stand_at_their_place() -> None:
    text = dedent(WORKFLOW)
    step = next(one for one in lower(text, Budget(60)).units if one.name == "say")
    lines = step.body.items["lines"]
    assert texts(lines) == ["echo ${{ github.event['issue'].title }} | cat", "make && make test"]
    assert [text[slice(*one.span)].split()[0] for one in lines.values] == ["echo", "make"]


def test_expressions_in_code_stand_at_their_place_and_are_written_one_way() -> None:
    text = dedent(WORKFLOW)
    step = next(one for one in lower(text, Budget(60)).units if one.name == "say")
    found = step.body.items["expressions"].values
    assert [(one.kind, one.text) for one in found] == [
        (Kind.UNKNOWN, "github.event.x"),
        (Kind.UNKNOWN, "github.event.issue.title"),
    ]
    assert text[slice(*found[1].span)] == "${{ github.event['issue'].title }}"


def test_values_that_expressions_decide_are_unknown_but_for_code_and_conditions() -> None:
    steps = [one for one in read(WORKFLOW).units if one.kind == "github.step"]
    assert steps[0].body.items["with"].items["ref"].kind is Kind.UNKNOWN
    assert steps[1].body.items["env"].items["A"].text == "${{ secrets.A }}"
    assert {key: steps[1].body.items[key].kind for key in ("if", "run")} == {"if": Kind.SCALAR, "run": Kind.SCALAR}


def test_an_action_of_steps_is_read() -> None:
    found = read("""\
        name: greet
        runs:
          using: composite
          steps:
            - {shell: bash, run: "echo ${{ inputs.who }}"}
    """)
    assert [(one.kind, one.type, one.name) for one in found.units] == [
        ("github.action", "composite", "greet"),
        ("github.step", "run", "step 1"),
    ]
    assert texts(found.units[1].body.items["expressions"]) == ["inputs.who"]


def test_scripts_of_actions_are_code() -> None:
    given = "{script: 'x(${{ github.head_ref }})', other: '${{ github.sha }}'}"
    text = f"on: push\njobs: {{a: {{steps: [{{uses: a/b@c, with: {given}}}]}}}}\n"
    assert texts(unit(lower(text, Budget(60)), "step").body.items["expressions"]) == ["github.head_ref"]


def test_a_step_that_stands_twice_by_an_alias_is_read_twice() -> None:
    text = "on: push\njobs:\n  a: &a\n    steps: [{run: make}]\n  b: *a\n"
    assert [one.name for one in lower(text, Budget(60)).units] == ["", "a", "step 1", "b", "step 1"]


@pytest.mark.parametrize(
    "text",
    [
        "jobs: 1\n",
        "jobs: [a]\n",
        "jobs: {a: 1}\n",
        "jobs: {a: {steps: 1}}\n",
        "jobs: {a: {steps: [1, [], {}]}}\n",
        "on: {}\njobs: {a: {steps: [{run: [x], uses: {}}]}}\n",
        "runs: x\n",
        "runs: {using: [], steps: {a: 1}}\n",
        "on: [[push], {a: b}]\njobs:\n",
    ],
)
def test_what_is_written_wrong_is_passed_over(text: str) -> None:
    assert lower(text, Budget(60)).units


@pytest.mark.parametrize("text", ["a: 1\n", "- 1\n", "", "x\n"])
def test_what_is_no_workflow_is_refused(text: str) -> None:
    with pytest.raises(NotThis, match=r"^line 1: neither a workflow nor an action"):
        lower(text, Budget(60))


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        (" GitHub.Event.Issue.Title ", "github.event.issue.title"),
        ("github['event']['head_ref']", "github.event.head_ref"),
        ('github["event"].x', "github.event.x"),
        ("a\n ||  b", "a || b"),
        ("x[0].y", "x[0].y"),
    ],
)
def test_an_expression_is_written_in_one_way(expression: str, wanted: str) -> None:
    assert plain(expression) == wanted


def test_braces_in_a_string_do_not_end_an_expression() -> None:
    text = "x ${{ format('}}{0}', github.head_ref) }} ${{ a }} ${{ 'it''s' }} ${{ ' }}"
    found = expressions(text, (0, len(text)))
    assert [one.text for one in found] == ["format('}}{0}', github.head_ref)", "a", "'it''s'", "'"]


@pytest.mark.parametrize("text", ["${{" * 40_000, "${{ '" * 20_000, "${{ a }" * 20_000, "${{ " + "'" * 60_001])
def test_half_expressions_take_no_time(text: str) -> None:
    assert expressions(text, (0, len(text))) == []


@given(st.lists(st.text("ab #|\\&'\"", max_size=10), max_size=8))
@settings(max_examples=200, deadline=None)
def test_a_command_stands_where_it_is_said_to(lines: list[str]) -> None:
    text = "run: |\n" + "".join(f"  x{line}\n" for line in lines)
    node = read_yaml(text, Budget(60)).documents[0].items["run"]
    for command in commands(text, node):
        assert text[slice(*command.span)].startswith(command.text.split()[0])


def test_an_expression_brings_along_what_its_variable_or_output_holds() -> None:
    document = read("""\
        on: [issues]
        env: {BODY: "${{ github.event.issue.body }}", LEVEL: low}
        jobs:
          a:
            runs-on: x
            steps:
              - id: take
                env: {TITLE: "${{ github.event.issue.title }}"}
                run: |
                  echo "title=$TITLE" >> "$GITHUB_OUTPUT"
                  echo "level=$LEVEL" >> "$GITHUB_OUTPUT"
              - run: say ${{ env.BODY }} ${{ env.LEVEL }}
              - run: say ${{ steps.take.outputs.title }} ${{ steps.take.outputs.level }}
        """)
    steps = [one.body.items["expressions"] for one in document.units if one.kind == "github.step"]
    assert texts(steps[1]) == ["env.body", "env.level", "github.event.issue.body"]
    assert texts(steps[2]) == ["steps.take.outputs.title", "steps.take.outputs.level", "github.event.issue.title"]


def test_a_workflow_says_whether_it_runs_code() -> None:
    text = "on: [push]\njobs:\n  a: {runs-on: x, steps: [{uses: actions/labeler@v5}%s]}\n"
    bodies = [unit(read(text % more), "workflow").body for more in ("", ", {run: make}", ", {uses: actions/checkout@v4}")]
    assert [body.items["scripts"].value for body in bodies] == [False, True, True]
    assert bodies[0].items["alone"].value is True
