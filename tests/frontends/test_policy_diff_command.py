"""`clearance policy diff`, as it is typed."""

import json
import subprocess
from pathlib import Path

import pytest

from clearance.frontends.cli.main import run
from frontends.payments import POLICY


@pytest.fixture
def team(team: Path, place: Path) -> Path:
    commit(place, "policies")
    return team


def commit(place: Path, message: str) -> None:
    git = ["git", "-C", str(place), "-c", "user.name=A", "-c", "user.email=a@shop.example"]
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", message], check=True)


def test_what_became_milder_is_told_with_the_case_that_shows_it(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (team / "payments-need-a-person.cedar").write_text(POLICY.replace("src/payments/*", "src/payments/card/*"))
    assert run(["policy", "diff", "main", ".", "--exit-code"]) == 1
    shown = capsys.readouterr().out
    assert shown.startswith("main → .: 1 changed\n\n~ payments-need-a-person   milder\n")
    assert (
        "    conditions  fires on less: no longer: path is like src/payments/*; now: path is like src/payments/card/*\n"
        in shown
    )
    assert (
        "  milder         an AI touches the payment code\n"
        "                 ASK because of payments-need-a-person; to look: 1 reviewer  →  ALLOW\n"
    ) in shown
    assert shown.endswith("\nSomething became milder.\n")
    assert run(["policy", "diff", "main", "."]) == 0


def test_the_other_way_round_it_is_stricter(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (team / "payments-need-a-person.cedar").write_text(POLICY.replace("src/payments/*", "src/payments/card/*"))
    assert run(["policy", "diff", ".", "main", "--exit-code"]) == 0
    assert "~ payments-need-a-person   stricter" in capsys.readouterr().out


def test_against_the_built_in_policies_a_team_s_are_added(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "diff", "builtin", "HEAD"]) == 0
    shown = capsys.readouterr().out
    assert "+ payments-need-a-person   stricter\n    ASK for a file, 1 reviewer: no AI changes" in shown
    assert "    fires       an AI or an unknown author wrote it, and path is like src/payments/*\n" in shown
    assert "  stricter       an AI touches the payment code\n" in shown


def test_a_removed_policy_is_milder(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (team / "payments-need-a-person.cedar").unlink()
    (team / "tests" / "payments.toml").unlink()
    commit(team.parents[1], "no policies")
    assert run(["policy", "diff", "HEAD~1", "HEAD", "--exit-code"]) == 1
    assert "- payments-need-a-person   milder" in capsys.readouterr().out


def test_the_same_is_said_in_one_line(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "diff", "main", ".", "--exit-code"]) == 0
    assert "main → .: the same policies; " in capsys.readouterr().out


def test_json_holds_all_of_it(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "diff", "builtin", ".", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["milder"] is False
    assert [(one["kind"], one["policy"], one["direction"]) for one in found["entries"]] == [
        ("added", "payments-need-a-person", "stricter")
    ]
    assert found["cases"][0]["after"] == "ASK because of payments-need-a-person; to look: 1 reviewer"
    assert found["digests"]["before"] != found["digests"]["after"]


def test_a_folder_with_a_permit_is_a_whole_set(team: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    (whole / "all.cedar").write_text('@id("all")\n@why("so")\npermit (principal, action, resource);\n')
    assert run(["policy", "diff", "builtin", "whole", "--exit-code"]) == 1
    shown = capsys.readouterr().out
    assert "- no-secrets   milder" in shown
    assert "DENY because of no-secrets  →  ALLOW" in shown


@pytest.mark.parametrize(
    "name", ["nowhere", "--", "HEAD~9", "", ".clearance/policies/payments-need-a-person.cedar", "a\x1b[31m"]
)
def test_what_is_neither_a_folder_nor_a_revision_is_refused(
    team: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert run(["policy", "diff", "builtin", "--", name]) == 2
    assert "\x1b" not in capsys.readouterr().err


def test_outside_of_a_repository_there_are_no_revisions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["policy", "diff", "builtin", "main"]) == 2
    assert "no folder, and no git revision" in capsys.readouterr().err
    assert run(["policy", "diff", "builtin", "."]) == 0


def test_in_an_unborn_repository_the_working_tree_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)
    assert run(["policy", "diff", "builtin", "."]) == 0
    assert run(["policy", "diff", "HEAD", "."]) == 2


def test_a_broken_policy_names_the_side_that_holds_it(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (team / "payments-need-a-person.cedar").write_text(POLICY.replace("resource.path", "resource.paht"))
    assert run(["policy", "diff", "main", "."]) == 2
    assert ".: .clearance/policies/payments-need-a-person.cedar:4: attribute `paht`" in capsys.readouterr().err
    commit(team.parents[1], "broken")
    (team / "payments-need-a-person.cedar").write_text(POLICY)
    assert run(["policy", "diff", "HEAD", "."]) == 2
    assert "HEAD: .clearance/policies/payments-need-a-person.cedar:4" in capsys.readouterr().err


def test_a_link_is_not_followed_on_either_side(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (team / "linked.cedar").symlink_to("payments-need-a-person.cedar")
    assert run(["policy", "diff", "main", "."]) == 2
    assert "link" in capsys.readouterr().err
    commit(team.parents[1], "a link")
    assert run(["policy", "diff", "HEAD", "builtin"]) == 2
    assert "link" in capsys.readouterr().err


def test_a_company_s_rules_in_rego_are_told_where_they_differ(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = team.parent / "rego"
    rules.mkdir()
    (rules / "main.rego").write_text("package main\n")
    assert run(["policy", "diff", "main", ".", "--exit-code"]) == 0
    assert "+ .clearance/rego/main.rego   stricter" in capsys.readouterr().out
    commit(team.parents[1], "rego")
    (rules / "main.rego").write_text("package main\n# changed\n")
    assert run(["policy", "diff", "main", ".", "--exit-code"]) == 1
    assert "~ .clearance/rego/main.rego   may be milder" in capsys.readouterr().out


def test_from_a_folder_inside_the_whole_repository_is_meant(
    team: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "src").mkdir()
    monkeypatch.chdir(tmp_path / "src")
    assert run(["policy", "diff", "main", "."]) == 0
    assert "main → .: the same policies" in capsys.readouterr().out
