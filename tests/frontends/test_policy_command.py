"""`clearance policy`, as it is typed."""

import importlib.util
import json
import os
import subprocess
from pathlib import Path

import msgspec
import pytest

from clearance.decide.table import FindingRow, Row, case_of
from clearance.facts.decision import Verdict
from clearance.frontends.cli.main import run
from frontends.payments import CASES, POLICY

MORE_CASES = """
[[case]]
name = "a person may"
author = "person"
files = ["src/payments/charge.py"]
verdict = "ALLOW"

[[case]]
name = "elsewhere an AI may"
files = ["src/shop.py"]
verdict = "ALLOW"
"""


@pytest.fixture
def team(team: Path) -> Path:
    (team / "tests" / "payments.toml").write_text(CASES + MORE_CASES)
    return team


def test_the_list_names_built_in_and_team_policies(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "list"]) == 0
    shown = capsys.readouterr().out
    assert "no-secrets                           DENY for a finding" in shown
    assert "no AI changes the payment code alone   (the team's own)" in shown


def test_one_policy_is_shown_whole(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "show", "payments-need-a-person"]) == 0
    shown = capsys.readouterr().out
    assert POLICY in shown
    assert "people     1 reviewer" in shown


def test_an_unknown_policy_is_an_error_that_names_the_nearest(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "show", "no-secret"]) == 2
    assert "Did you mean 'no-secrets'?" in capsys.readouterr().err
    assert run(["policy", "explain", "no-secret", "--case", "x"]) == 2


def test_the_schema_and_the_manual_are_shown(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "show", "--schema"]) == 0
    assert "entity Finding {" in capsys.readouterr().out
    assert run(["policy", "show", "--manual"]) == 0
    assert capsys.readouterr().out.startswith("# Policies\n")
    assert run(["policy", "show"]) == 2


def test_the_team_s_cases_are_run_and_its_policies_changed(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "test"]) == 0
    assert capsys.readouterr().out == "3 cases, 0 failed; 0 changes of policies that no case notices\n"


def test_a_case_that_fails_is_shown(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = '[[case]]\nname = "a person may not"\nauthor = "person"\nfiles = ["src/payments/a.py"]\nverdict = "DENY"\n'
    (team / "tests" / "wrong.toml").write_text(wrong)
    assert run(["policy", "test"]) == 1
    assert "✗ a person may not\n    expected  DENY\n    got       ALLOW\n" in capsys.readouterr().out


def test_a_policy_that_no_case_would_miss_fails(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (team / "tests" / "payments.toml").unlink()
    assert run(["policy", "test"]) == 1
    assert "✗ payments-need-a-person: no case notices it dropped\n" in capsys.readouterr().out


needs_regopy = pytest.mark.skipif(importlib.util.find_spec("regopy") is None, reason="the library is not installed")
"""Only looked for: once it is loaded into this process, re2 crashes."""


def rego(team: Path, body: str) -> None:
    folder = team.parent / "rego"
    folder.mkdir(exist_ok=True)
    (folder / "a.rego").write_text(f"package main\n\nimport rego.v1\n\ndeny contains msg if {{\n\t{body}\n}}\n")


@needs_regopy
def test_rules_in_rego_are_listed_as_a_judge(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rego(team, 'input.change.tier > 2\n\tmsg := "large"')
    assert run(["policy", "list"]) == 0
    out = capsys.readouterr().out
    assert "rules in Rego, .clearance/rego/a.rego   (the team's own)" in out
    assert "cannot be asked" not in out


@needs_regopy
@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('input.chnage.tier > 2\n\tmsg := "x"', "a.rego:6: there is no input.chnage; the nearest is input.change"),
        ("input.change.tier >\n\tmsg := (", ".clearance/rego/a.rego:"),
    ],
)
def test_rules_in_rego_that_cannot_be_asked_are_named_with_their_line(
    team: Path, capsys: pytest.CaptureFixture[str], body: str, said: str
) -> None:
    rego(team, body)
    assert run(["policy", "list"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("rego"))
    assert "rules in Rego that cannot be asked: " in line
    assert said in line
    assert run(["policy", "test"]) == 1
    out = capsys.readouterr().out
    assert "3 cases, 0 failed; 0 changes of policies" in out
    assert f"✗ .clearance/rego/{said.removeprefix('.clearance/rego/')}" in out
    assert "every change is DENY, exit 4; the cases were judged without" in out


@needs_regopy
def test_a_rule_in_rego_that_makes_cases_fail_is_named_with_what_it_says(
    team: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rego(team, 'input.author.byAi\n\tmsg := "no AI here"')
    assert run(["policy", "test", "--all"]) == 1
    out = capsys.readouterr().out
    assert "2 failed; 0 changes of policies that no case notices" in out
    assert "2 of them failed because of rego:main alone (.clearance/rego/a.rego), which says DENY: " in out
    assert "no AI here" in out
    assert "name rego:main in `reasons`" in out


def test_clearance_s_own_cases_are_run_when_asked_for(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "test", "--all"]) == 0
    assert " 0 failed; 0 changes of policies" in capsys.readouterr().out


def test_a_policy_with_an_error_names_file_and_line(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (team / "payments-need-a-person.cedar").write_text(POLICY.replace("resource.path", "resource.paht"))
    for command in (["list"], ["test"], ["show", "no-secrets"]):
        assert run(["policy", *command]) == 2
        error = capsys.readouterr().err
        assert ".clearance/policies/payments-need-a-person.cedar:4: attribute `paht`" in error


def test_a_link_among_the_cases_is_not_followed(team: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (team / "tests" / "linked.toml").symlink_to("/etc/hostname")
    assert run(["policy", "test"]) == 2
    assert "tests/linked.toml: a link, which is not followed" in capsys.readouterr().err


def test_cases_are_found_from_a_folder_below_and_a_cut_file_is_no_half_table(
    team: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    below = team / "deeper"
    below.mkdir()
    assert run(["policy", "test", "-C", str(below)]) == 0
    assert capsys.readouterr().out.startswith("3 cases")
    (team / "tests" / "long.toml").write_text("# " + "ü" * 600_000)
    assert run(["policy", "test"]) == 2
    assert "long.toml:1: larger than 1024 KiB" in capsys.readouterr().err


@pytest.mark.parametrize("made", ["linked", "piped", "below"])
def test_policies_that_would_be_passed_over_are_told(made: str, team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if made == "linked":
        team.rename(team.with_name("elsewhere"))
        team.symlink_to("elsewhere")
    elif made == "piped":
        os.mkfifo(team / "pipe.cedar")
    else:
        (team / "payments").mkdir()
        (team / "payments" / "more.cedar").write_text(POLICY)
    for command in (["list"], ["test"], ["explain"]):
        assert run(["policy", *command]) == 2
        error = capsys.readouterr().err
        assert ".clearance/policies" in error
        assert any(word in error for word in ("a link", "not a plain file", "passed over"))


@pytest.mark.parametrize(
    "path",
    [
        "policies/a/b/c.cedar",
        "policies/tests/x.cedar",
        "policies/X.CEDAR",
        "rego/pay/a.rego",
        "rego/a/b/C.REGO",
        "rego/A.Rego",
    ],
)
def test_files_at_any_depth_that_would_be_passed_over_are_named(
    path: str, team: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = team.parent / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(POLICY)
    for command, code in (["list"], 2), (["test"], 2), (["lint"], 1):
        assert run(["policy", *command]) == code
        said = capsys.readouterr()
        assert f".clearance/{path}: it would be passed over" in said.out + said.err


def test_a_case_is_explained(team: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = case_of(Row(name="x", verdict=Verdict.DENY, findings=(FindingRow(path="app/\x1b[31mdb.py"),)))
    file = tmp_path / "case.json"
    file.write_bytes(msgspec.json.encode(case))
    assert run(["policy", "explain", "--case", str(file), "no-new-high-findings", "no-secrets"]) == 0
    assert capsys.readouterr().out == (
        "DENY because of no-new-high-findings\n"
        "\nno-new-high-findings   fired (DENY)\n"
        "    python-sql-string-build at app/\\x1b[31mdb.py:1: resource.introduced = yes, resource.severity = high, "
        "resource.waived = no, resource.confidence = high, resource.family = code\n"
        "\nno-secrets   did not fire; 1 subject asked\n"
        "    python-sql-string-build at app/\\x1b[31mdb.py:1: resource.introduced = yes, resource.family = code, "
        "resource.confidence = high\n"
    )


@pytest.mark.parametrize("text", ["", "[]", "{}", "[" * 100_000, json.dumps({"schema": "urn:clearance:outcome:v1"})])
def test_what_is_no_case_is_refused(team: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    (tmp_path / "case.json").write_text(text)
    assert run(["policy", "explain", "--case", str(tmp_path / "case.json")]) == 2
    assert "no case" in capsys.readouterr().err


def test_without_a_case_the_last_decision_of_the_log_is_explained(
    team: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["policy", "explain"]) == 2
    assert "no decision is in the log yet" in capsys.readouterr().err
    git = ["git", "-C", str(tmp_path), "-c", "user.name=A", "-c", "user.email=a@shop.example"]
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "policies"], check=True)
    (tmp_path / "src" / "payments").mkdir(parents=True)
    (tmp_path / "src" / "payments" / "charge.py").write_text("price = 3\n")
    assert run(["check"]) == 3
    checked = capsys.readouterr().out
    assert "payments-need-a-person" in checked
    assert run(["policy", "explain", "payments-need-a-person"]) == 0
    assert "src/payments/charge.py: principal.byAi = yes, resource.path = src/payments/charge.py" in capsys.readouterr().out
