"""`clearance policy lint`, as it is typed."""

import json
from pathlib import Path

import pytest

from clearance.frontends.cli.main import run
from frontends.payments import POLICY


def test_nothing_to_tell_is_said(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "lint"]) == 0
    assert capsys.readouterr().out == "1 policy, 0 problems\n"


def test_a_mistake_is_told_with_its_line_and_what_to_do(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (team / "payments-need-a-person.cedar").write_text(
        POLICY.replace('"src/payments/*"', '"src/*" && resource.path == "lib/a.py"')
    )
    assert run(["policy", "lint"]) == 1
    assert capsys.readouterr().out == (
        ".clearance/policies/payments-need-a-person.cedar:4: payments-need-a-person can never fire: "
        "resource.path can only be lib/a.py, which something else here rules out\n"
        "    mend the condition, or delete the policy and its cases\n"
        "\n1 policy, 1 problem\n"
    )


def test_rules_of_this_house_and_of_the_team_have_names_that_exist(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = 'when { resource.rule == "github-token" || resource.rule == "github-tokn" };'
    (team / "payments-need-a-person.cedar").write_text(POLICY.replace("is File", "is Finding").rpartition("when")[0] + body)
    assert run(["policy", "lint", "--format", "json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["kind"], problem["next"]) == ("unknown-name", "did you mean github-token?")


def test_files_that_cannot_be_read_are_told_beside_the_rest(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (team / "linked.cedar").symlink_to("/etc/hostname")
    (team / "latin.cedar").write_bytes(b'@id("latin")\n@why("\xe9")')
    (team / "long.cedar").write_text("// " + "x" * 70_000)
    (team / "dir.cedar").mkdir()
    (team / "half.cedar").write_text('@id("half")\n@why("x")\nforbid (')
    (team / "tests" / "broken.toml").write_text("[[case]\n")
    assert run(["policy", "lint"]) == 1
    shown = capsys.readouterr().out
    for line in (
        "linked.cedar: a link, which is not followed",
        "latin.cedar:2: not UTF-8",
        "long.cedar:1: larger than 64 KiB",
        "dir.cedar: ",
        "half.cedar:3: not Cedar",
        "tests/broken.toml:1: not TOML",
    ):
        assert f".clearance/policies/{line}" in shown
    assert shown.endswith("1 policy, 6 problems\n")


@pytest.mark.parametrize("link", [".clearance", ".clearance/policies"])
def test_a_folder_that_is_a_link_is_told(team: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], link: str) -> None:
    (tmp_path / link).rename(tmp_path / "elsewhere")
    (tmp_path / link).symlink_to(tmp_path / "elsewhere")
    assert run(["policy", "lint"]) == 1
    assert "a link, which is not followed" in capsys.readouterr().out


def test_names_from_files_cannot_write_to_the_terminal(team: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (team / "a\x1b[31mb.cedar").write_text("forbid")
    assert run(["policy", "lint"]) == 1
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "a\\x1b[31mb.cedar" in shown


def test_no_policies_and_no_repository_are_fine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["policy", "lint"]) == 0
    assert capsys.readouterr().out == "0 policies, 0 problems\n"
    assert run(["policy", "lint", "-C", "nowhere"]) == 2
