"""`clearance rules build`, as a person types it."""

import json
import subprocess
from pathlib import Path

import pytest

from clearance.frontends.cli.main import run


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / "app.py").write_text("import flask\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_prints_each_file_with_its_tokens_and_when_it_is_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "build", "--for", "cline"]) == 0
    shown = capsys.readouterr().out
    assert "==> .clinerules/clearance.md  (" in shown
    assert "tokens, in every task)" in shown
    assert "==> .clinerules/clearance-python.md  (" in shown
    assert "tokens, with Python)" in shown


def test_explain_says_what_why_how_much_and_what_was_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "build", "--for", "cursor", "--explain"]) == 0
    shown = capsys.readouterr().out
    assert "no decisions of this repository yet" in shown
    assert "python-sql-string-build" in shown
    assert "high severity, medium confidence, written often" in shown
    assert "of 2000" in shown
    assert "Left out of cursor" in shown


def test_json_holds_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "build", "--for", "codex", "--for", "zed", "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    (agents,) = [file for file in shown["files"] if file["path"] == "AGENTS.md"]
    assert agents["rules"][0]["why"]
    assert shown["budget"] == 2000
    assert all(row["tokens"] <= 2000 for row in shown["tokens"])
    assert set(shown["left_out"]) == {"agents-md", "agent-skills", "zed"}


def test_a_task_is_a_file_or_a_language(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rules", "build", "--for", "cursor", "--task", "infra/main.tf", "--task", "TypeScript", "--explain"]) == 0
    shown = capsys.readouterr().out
    assert ".cursor/rules/clearance-terraform.mdc" in shown
    assert ".cursor/rules/clearance-javascript.mdc" in shown
    assert ".cursor/rules/clearance-python.mdc" not in shown


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--for", "crusor"], "did you mean cursor?"),
        (["--for", "cline", "--task", "pyhton"], "did you mean python?"),
        (["--for", "cline", "--budget", "12"], "700 is the least"),
        ([], "--for"),
    ],
)
def test_what_is_used_wrongly_is_told_with_a_way_out(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rules", "build", *words]) == 2
    assert said in capsys.readouterr().err


def test_output_writes_the_files_and_lists_them_and_writes_them_again(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert run(["rules", "build", "--for", "claude-code", "--output", "out"]) == 0
        shown = capsys.readouterr().out
        assert "out/CLAUDE.md  (" in shown
        assert (repository / "out/.claude/skills/clearance-secure-code/SKILL.md").is_file()


def test_a_file_of_the_user_is_never_overwritten(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "CLAUDE.md").write_text("Mine.\n")
    assert run(["rules", "build", "--for", "claude-code", "--output", "."]) == 2
    assert "clearance init" in capsys.readouterr().err
    assert (repository / "CLAUDE.md").read_text() == "Mine.\n"
    assert not (repository / ".claude").exists()


def test_a_section_in_a_file_of_the_user_is_no_reason_to_overwrite_it(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["rules", "build", "--for", "zed", "--output", "."]) == 0
    whole = (repository / ".rules").read_text() + "Mine.\n"
    (repository / ".rules").write_text(whole)
    assert run(["rules", "build", "--for", "zed", "--output", "."]) == 2
    capsys.readouterr()
    assert (repository / ".rules").read_text() == whole


def test_nothing_is_written_through_a_link(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (repository / ".clinerules").symlink_to(outside)
    assert run(["rules", "build", "--for", "cline", "--output", "."]) == 2
    assert not list(outside.iterdir())
