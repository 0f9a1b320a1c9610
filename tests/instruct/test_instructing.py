"""Instructions for a repository on disk: what is seen of it, its own findings, and how little of it is believed."""

import os
import subprocess
from pathlib import Path

import pytest

from clearance.facts.errors import UsageError
from clearance.frontends.cli.main import run
from clearance.instruct.text import read_stamp
from clearance.wiring.instructing import current_stamp, instruction_files, rules_for, situation, told


@pytest.fixture(name="repository")
def _repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True)
    for key, value in (("user.name", "A"), ("user.email", "a@example.com")):
        subprocess.run(["git", "-C", str(tmp_path), "config", key, value], check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(repository: Path, path: str, text: str = "") -> None:
    place = repository / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)


def commit(repository: Path) -> None:
    subprocess.run(["git", "-C", str(repository), "add", "-A"], check=True)
    subprocess.run(["git", "-C", str(repository), "commit", "-qm", "x"], check=True)


def team_page(repository: Path, brief: str) -> None:
    page = (
        f"---\nid: own-client\ntitle: Own\nbrief: {brief}\nseverity: low\nconfidence: low\nlanguages: [python]\n---\n"
        'Because.\n\n## Detect\n\n```python\ncall = ["own.call"]\n```\n\n## Caught\n\n'
        + "```python\nown.call()\n```\n\n" * 3 + "## Clean\n\n" + "```python\nx = 1\n```\n\n" * 3
    )  # fmt: skip
    put(repository, ".clearance/rules/code/own-client.md", page)


def test_languages_frameworks_and_files_are_seen(repository: Path) -> None:
    put(repository, "app/views.py", "from flask import request\nimport sqlalchemy.orm\n")
    put(repository, "web/a.ts", "import express from 'express'\n")
    put(repository, "package.json", '{"dependencies": {"@nestjs/core": "11"}}')
    put(repository, "Dockerfile", "FROM scratch\n")
    put(repository, "infra/main.tf", 'resource "aws_s3_bucket" "b" {}\n')
    put(repository, "deploy/web.yaml", "apiVersion: apps/v1\nkind: Deployment\n")
    put(repository, "deploy/values.yaml", "image: x\n")
    put(repository, ".github/workflows/ci.yml", "on: push\n")
    put(repository, "node_modules/x/index.js", "require('hidden')\n")
    put(repository, "AGENTS.md", "Be kind.\n")
    seen = situation(repository, os.environ)
    assert seen.scopes == {
        "docker": 1, "github-actions": 1, "javascript": 1, "kubernetes": 1, "python": 1, "terraform": 1
    }  # fmt: skip
    assert {"flask", "sqlalchemy", "express", "@nestjs/core", "cloud:aws"} <= seen.libraries
    assert "hidden" not in seen.libraries
    assert seen.standing == {"AGENTS.md"}


def test_files_of_an_assistant_bear_the_stamp_of_today(repository: Path) -> None:
    put(repository, "app.py", "x = 1\n")
    made = instruction_files(repository, os.environ, ["claude-code", "codex", "cursor"])
    paths = [file.path for file in made]
    assert paths == sorted(set(paths))
    assert {"CLAUDE.md", "AGENTS.md", ".claude/rules/clearance-python.md", ".cursor/rules/clearance-python.mdc"} <= set(
        paths
    )
    assert {read_stamp(file.text) for file in made} == {current_stamp(repository)}
    assert made == instruction_files(repository, os.environ, ["cursor", "codex", "claude-code"])


def test_what_a_decision_told_here_stands_in_every_task(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(repository, "app.py", "x = 1\n")
    commit(repository)
    put(repository, "app.py", "import hashlib\n\ndef key(name):\n    return eval(name)\n")
    assert run(["check"]) in {1, 3}
    capsys.readouterr()
    assert "python-eval-dynamic" in told(repository)
    (always,) = [file for file in instruction_files(repository, os.environ, ["claude-code"]) if file.always]
    assert always.rules[0] == "python-eval-dynamic"
    assert run(["rules", "build", "--for", "claude-code", "--explain"]) == 0
    assert "told 1 time here" in capsys.readouterr().out


def test_a_log_that_is_not_sound_counts_for_nothing(repository: Path) -> None:
    folder = repository / ".git" / "clearance"
    folder.mkdir()
    (folder / "log").write_bytes(b"no database" * 100)
    assert not told(repository)
    assert instruction_files(repository, os.environ, ["codex"])


def test_a_page_of_the_team_comes_first(repository: Path) -> None:
    put(repository, "app.py", "x = 1\n")
    team_page(repository, "Use own.call for calls outside.")
    (always,) = [file for file in instruction_files(repository, os.environ, ["cursor"]) if file.always]
    assert "own-client" in always.rules
    assert "\nPython:\n- Use own.call for calls outside.\n" in always.text


def test_outside_of_a_repository_it_works_as_well(tmp_path: Path) -> None:
    assert instruction_files(tmp_path, os.environ, ["gemini-cli"])
    assert rules_for(tmp_path, os.environ, ["a.py"], "log in").rules


def test_links_and_pipes_are_not_followed(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = tmp_path_factory.mktemp("outside")
    put(outside, "secret.py", "import outside_library\n")
    (repository / "linked").symlink_to(outside)
    (repository / "link.py").symlink_to(outside / "secret.py")
    os.mkfifo(repository / "pipe.py")
    seen = situation(repository, os.environ)
    assert "outside_library" not in seen.libraries
    assert seen.scopes == {}


def test_an_unknown_assistant_is_named_with_the_nearest(repository: Path) -> None:
    with pytest.raises(UsageError) as told_error:
        instruction_files(repository, os.environ, ["claud-code"])
    assert "claude-code" in told_error.value.next


def test_our_own_gate_finds_nothing_in_what_we_write(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in ("a.py", "a.ts", "A.java", "a.go", "Dockerfile", "main.tf", ".gitlab-ci.yml"):
        put(repository, path)
    for file in instruction_files(repository, os.environ, ["all"]):
        put(repository / "out", file.path, file.text)
    code = run(["scan", "out", "--format", "json"])
    assert code == 0, capsys.readouterr().out[:3000]


def test_words_of_a_manifest_are_no_libraries(repository: Path) -> None:
    put(
        repository,
        "package.json",
        '{"name": "shop", "version": "1", "scripts": {"key": "x"}, "devDependencies": {"vite": "5"}}',
    )
    put(repository, "pom.xml", "<dependency><groupId>org.bson</groupId><artifactId>bson</artifactId></dependency>")
    put(repository, "pyproject.toml", '[project]\nname = "shop"\ndependencies = ["django"]\n')
    put(repository, "src/A.java", "import org.springframework.web.bind.annotation.GetMapping;\n")
    seen = situation(repository, os.environ).libraries
    assert {"vite", "org.bson", "bson", "django", "org.springframework.web"} <= seen
    assert not {"name", "version", "key", "scripts", "dependency", "project"} & seen


@pytest.mark.parametrize("text", ["", "[]", "{", '{"dependencies": 1}', '{"dependencies": ["a"]}', "[" * 100_000])
def test_a_manifest_that_is_none_is_no_error(repository: Path, text: str) -> None:
    put(repository, "package.json", text)
    assert "name" not in situation(repository, os.environ).libraries
