"""The command line as a person meets it: help, mistakes, crashes, exit codes."""

import subprocess
import sys

import pytest

from clearance.frontends.cli import main as cli_main


def clearance(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clearance", *arguments], capture_output=True, text=True, check=False, **more
    )  # type: ignore[call-overload]


def test_help_lists_every_command_with_a_sentence() -> None:
    shown = clearance("--help")
    assert shown.returncode == 0
    for word in ("check", "scan", "rules", "policy", "log", "demo", "completion"):
        assert f"\n  {word} " in shown.stdout


def test_help_imports_no_room() -> None:
    code = (
        "import sys; from clearance.frontends.cli.main import run; run(['--help']);"
        "print([m for m in sys.modules if m.split('.')[0] in "
        "('msgspec', 'cedarpy', 'hyperscan', 'cryptography', 'sqlite3', 'yaml', 'tree_sitter')"
        " or m.startswith('clearance.facts')])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip().splitlines()[-1] == "[]"


def test_a_misspelt_command_is_answered_with_the_nearest_and_exit_2() -> None:
    shown = clearance("chekc")
    assert shown.returncode == 2
    assert "Did you mean 'check'?" in shown.stderr


def test_an_unknown_option_is_exit_2() -> None:
    assert clearance("check", "--nope").returncode == 2


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_each_shell(shell: str) -> None:
    shown = clearance("completion", shell)
    assert shown.returncode == 0
    assert "_CLEARANCE_COMPLETE" in shown.stdout


def test_completion_offers_commands_and_formats() -> None:
    import os

    def offered(*words: str) -> str:
        environment = {
            **os.environ,
            "_CLEARANCE_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(words),
            "COMP_CWORD": str(len(words) - 1),
        }
        return clearance(env=environment).stdout

    assert "plain,check" in offered("clearance", "che")
    assert "plain,sarif" in offered("clearance", "check", "--format", "sa")


def test_a_crash_is_exit_4_never_1_and_tells_no_values(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise ValueError("a value that may be secret")

    monkeypatch.setattr(cli_main.cli, "main", crash)
    assert cli_main.run(["check"]) == 4
    error = capsys.readouterr().err
    assert "internal error ValueError" in error
    assert "secret" not in error
