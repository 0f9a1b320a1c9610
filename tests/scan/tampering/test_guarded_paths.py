"""Files that steer the guards from outside."""

import pytest

from clearance.scan.tampering.guarded_paths import turns_off


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("home/.gitconfig", "[core]\n\thooksPath = /tmp\n"),
        ("home/.gitconfig", "[core] hooksPath = /tmp\n"),
        ("home/.config/git/config", "[init]\ntemplateDir=/tmp\n"),
        ("home/.gitconfig", '[includeIf "gitdir:~/"]\n\tpath = /tmp/x\n'),
        ("home/.gitconfig", "[include]\npath=/tmp/x\n"),
        ("home/.bashrc", "alias clearance=true\n"),
    ],
)
def test_a_file_that_would_steer_a_guard_is_one(path: str, text: str) -> None:
    assert turns_off(path, text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("home/.gitconfig", "[user]\n\tname = A # hooksPath\n"),
        ("home/.gitconfig", "\n" * 50_000 + "x"),
        ("docs/.gitconfig.md", "[core]\nhooksPath = /tmp\n"),
        ("home/.bashrc", "alias ll='ls -l'\n"),
    ],
)
def test_any_other_file_is_none(path: str, text: str) -> None:
    assert not turns_off(path, text)
