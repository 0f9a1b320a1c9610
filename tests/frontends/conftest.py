"""What tests of commands share: a repository, somebody who types in it, and a team with one policy of its own."""

import subprocess
from pathlib import Path

import pytest

from clearance.frontends.cli.main import run
from frontends.payments import CASES, POLICY
from frontends.prompt import Type


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty repository."""
    folder = tmp_path / "repository"
    subprocess.run(["git", "init", "-q", folder], check=True)
    return folder


@pytest.fixture
def type_(repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Type:
    """Type a command in the repository: exit code, standard output, standard error."""
    monkeypatch.chdir(repository)

    def typed(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        out, err = capsys.readouterr()
        return code, out, err

    return typed


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository in which the test stands."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def team(place: Path) -> Path:
    """The folder of a team's policies: one, with one case."""
    folder = place / ".clearance/policies"
    (folder / "tests").mkdir(parents=True)
    (folder / "payments-need-a-person.cedar").write_text(POLICY)
    (folder / "tests" / "payments.toml").write_text(CASES)
    return folder
