"""The commit that is checked out, read from files alone: the same that git says, or nothing."""

import subprocess
from pathlib import Path

import pytest

from clearance.collect.repository import find_repository, head_commit


def git(top: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"]
    return subprocess.run(["git", *identity, *arguments], cwd=top, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def top(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "main")
    return tmp_path


def test_before_the_first_commit_there_is_none(top: Path) -> None:
    assert head_commit(find_repository(top)) is None


def test_loose_packed_and_detached_heads_are_those_of_git(top: Path) -> None:
    git(top, "commit", "-q", "--allow-empty", "-m", "one")
    first = git(top, "rev-parse", "HEAD")
    assert head_commit(find_repository(top)) == first
    git(top, "pack-refs", "--all")
    assert head_commit(find_repository(top)) == first
    git(top, "checkout", "-q", "-b", "feature/x.y")
    git(top, "commit", "-q", "--allow-empty", "-m", "two")
    assert head_commit(find_repository(top)) == git(top, "rev-parse", "HEAD") != first
    git(top, "checkout", "-q", "--detach", "main")
    assert head_commit(find_repository(top)) == first


def test_a_second_working_tree_has_a_head_of_its_own(top: Path) -> None:
    git(top, "commit", "-q", "--allow-empty", "-m", "one")
    git(top, "worktree", "add", "-q", "-b", "other", str(top / "other"))
    git(top / "other", "commit", "-q", "--allow-empty", "-m", "two")
    assert head_commit(find_repository(top / "other")) == git(top / "other", "rev-parse", "HEAD")
    assert head_commit(find_repository(top)) == git(top, "rev-parse", "HEAD")


@pytest.mark.parametrize("said", ["ref: refs/../../x", "ref: nothing", "zzz", "", "ref: refs/heads/gone"])
def test_what_is_not_understood_is_left_to_git(top: Path, said: str) -> None:
    git(top, "commit", "-q", "--allow-empty", "-m", "one")
    (top / ".git" / "HEAD").write_text(said + "\n")
    assert head_commit(find_repository(top)) is None
