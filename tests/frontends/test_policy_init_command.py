"""`clearance policy init`, as it is typed."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from clearance.facts.errors import StoreError
from clearance.frontends.cli.main import run
from clearance.install import disk

POLICIES = ".clearance/policies"
SETTINGS = ".clearance/settings.toml"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def held(place: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(place)): path.read_bytes()
        for path in sorted((place / ".clearance").rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("profile", ["startup", "open-source", "regulated"])
def test_what_is_written_is_green_at_once(repository: Path, capsys: pytest.CaptureFixture[str], profile: str) -> None:
    assert run(["policy", "init", "--profile", profile]) == 0
    capsys.readouterr()
    assert run(["policy", "test"]) == 0
    assert "0 failed; 0 changes of policies that no case notices" in capsys.readouterr().out
    assert run(["policy", "lint"]) == 0
    assert capsys.readouterr().out.endswith("0 problems\n")
    assert run(["policy", "diff", "builtin", ".", "--exit-code"]) == 0
    assert "Nothing became milder." in capsys.readouterr().out


def test_it_says_what_it_writes_and_what_comes_next(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "init", "--profile", "startup", "--frameworks", "soc2,pci"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Profile Startup. Speed matters most.")
    assert "Frameworks: AICPA Trust Services Criteria" in shown
    assert f"new        {POLICIES}/changes-need-a-second-person.cedar\n" in shown
    assert "ASK for a change, 1 reviewer: no code goes further before somebody who did not write it has looked" in shown
    assert "  soc2:CC8.1 " in shown
    assert f"new        {SETTINGS}\n" in shown
    assert "clearance policy test" in shown
    text = (repository / POLICIES / "changes-need-a-second-person.cedar").read_text()
    assert "// Without it: whoever wrote a change" in text
    assert "//   soc2:CC8.1" in text


def test_a_second_run_changes_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "init", "--profile", "regulated"]) == 0
    before = held(repository)
    capsys.readouterr()
    assert run(["policy", "init", "--profile", "regulated"]) == 0
    shown = capsys.readouterr().out
    assert held(repository) == before
    assert shown.endswith("\nnothing to do\n")
    assert "new   " not in shown


def test_a_dry_run_writes_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "init", "--profile", "regulated", "--dry-run"]) == 0
    assert capsys.readouterr().out.endswith("nothing is written: this was a dry run\n")
    assert not (repository / ".clearance").exists()


def test_a_changed_policy_is_kept_with_its_cases_and_force_replaces_it(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["policy", "init", "--profile", "startup"])
    mine = repository / POLICIES / "guards-are-proven.cedar"
    wanted = mine.read_text()
    mine.write_text(wanted.replace("> 168", "> 300"))
    (repository / POLICIES / "tests" / "guards-are-proven.toml").unlink()
    capsys.readouterr()
    assert run(["policy", "init", "--profile", "startup"]) == 0
    assert "! 1 policies hold another text and were left alone, with their cases" in capsys.readouterr().out
    assert "> 300" in mine.read_text()
    assert not (repository / POLICIES / "tests" / "guards-are-proven.toml").exists()
    assert run(["policy", "init", "--profile", "startup", "--force"]) == 0
    assert mine.read_text() == wanted


def test_settings_that_stand_are_left_alone_even_by_force(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / ".clearance").mkdir()
    (repository / SETTINGS).write_text("[packages]\ncooldown_days = 2\n")
    assert run(["policy", "init", "--profile", "startup", "--force"]) == 0
    shown = capsys.readouterr().out
    assert (repository / SETTINGS).read_text() == "[packages]\ncooldown_days = 2\n"
    assert "packages.cooldown_days = 3   (there: 2)" in shown
    assert 'personal.scan = "fixtures"   (not set there)' in shown


def test_broken_settings_are_told_and_left_alone(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / ".clearance").mkdir()
    (repository / SETTINGS).write_text("[packages\n")
    assert run(["policy", "init", "--profile", "startup"]) == 0
    assert "it cannot be read: .clearance/settings.toml:1: not TOML" in capsys.readouterr().out
    assert (repository / SETTINGS).read_text() == "[packages\n"


def test_the_plan_is_given_as_json(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["policy", "init", "--profile", "regulated", "--frameworks", "pci", "--dry-run", "--format", "json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert (plan["profile"], plan["frameworks"], plan["written"]) == ("regulated", ["pci"], False)
    assert {"path": SETTINGS, "fate": "new"} in plan["files"]
    assert plan["objectives"]["pci:4.0.1/6.5.5"] == ["payment-cards-stay-out"]
    assert all(one["base"] or one["serves"] for one in plan["policies"])
    assert plan["failures"] == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--profile", "regulatd"], "did you mean regulated?"),
        (["--profile", "startup", "--frameworks", "sock2"], "did you mean soc2?"),
        (["--profile", "startup", "-C", "nowhere"], "no such folder"),
        ([], "Missing option '--profile'"),
    ],
)
def test_what_is_not_known_is_refused(
    repository: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(["policy", "init", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not (repository / ".clearance").exists()


def test_a_broken_policy_of_the_team_stops_it_before_anything_is_written(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / POLICIES).mkdir(parents=True)
    (repository / POLICIES / "half.cedar").write_text('@id("half")\n@why("x")\nforbid (')
    assert run(["policy", "init", "--profile", "startup"]) == 2
    assert f"{POLICIES}/half.cedar:3: not Cedar" in capsys.readouterr().err
    assert list(held(repository)) == [f"{POLICIES}/half.cedar"]


def test_a_policy_of_the_team_that_meets_the_cases_is_told(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / POLICIES).mkdir(parents=True)
    (repository / POLICIES / "all-stop.cedar").write_text(
        '@id("all-stop")\n@why("x")\nforbid (principal, action == Action::"go-further", resource is Change);\n'
    )
    assert run(["policy", "init", "--profile", "startup"]) == 0
    shown = capsys.readouterr().out
    assert "Also here, and not of this choice: all-stop" in shown
    assert "! Beside your other policies these cases come out otherwise" in shown


@pytest.mark.parametrize("link", [".clearance", POLICIES, f"{POLICIES}/guards-are-proven.cedar"])
def test_nothing_is_written_through_a_link(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str], link: str
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    target = outside / "file" if link.endswith(".cedar") else outside
    if target != outside:
        target.write_text("theirs")
    (repository / link).parent.mkdir(parents=True, exist_ok=True)
    (repository / link).symlink_to(target)
    assert run(["policy", "init", "--profile", "startup", "--force"]) in (2, 4)
    assert "link" in capsys.readouterr().err
    assert [path.name for path in outside.iterdir()] == (["file"] if target != outside else [])
    assert target == outside or target.read_text() == "theirs"


def test_outside_of_a_repository_it_says_when_policies_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["policy", "init", "--profile", "startup", "-C", str(tmp_path)]) == 0
    assert "! This is no git repository" in capsys.readouterr().out
    assert (tmp_path / POLICIES / "guards-are-proven.cedar").is_file()


def test_where_one_file_cannot_be_written_none_is(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = held(repository)
    straight, count = disk.replace, iter(range(10_000))

    def full(*arguments: Any) -> None:
        if next(count) == 3:
            raise StoreError("the disk is full", where=str(arguments[1]), next="make room")
        straight(*arguments)

    monkeypatch.setattr(disk, "replace", full)
    assert run(["policy", "init", "--profile", "startup"]) == 4
    assert "the disk is full" in capsys.readouterr().err
    assert held(repository) == before
    assert next(count) == 4


def test_from_a_folder_inside_it_writes_at_the_top(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "src").mkdir()
    monkeypatch.chdir(repository / "src")
    assert run(["policy", "init", "--profile", "startup"]) == 0
    assert (repository / SETTINGS).is_file()
    assert not (repository / "src" / ".clearance").exists()
