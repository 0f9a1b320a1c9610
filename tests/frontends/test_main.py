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


def test_a_reader_that_went_away_is_the_exit_code_that_shells_expect_and_nothing_is_said() -> None:
    code = "import sys; from clearance.frontends.cli.main import main; sys.argv[1:] = ['--version']; main()"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()  # long before the first word
        assert (process.wait(60), process.stderr.read()) == (141, b"")


def test_what_waits_in_the_buffer_when_the_reader_goes_is_no_trace_at_the_end() -> None:
    code = (
        "import sys; from clearance.frontends.cli import main;"
        "main.run = lambda arguments: sys.stdout.write('x') and 0; main.main()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert (process.wait(60), process.stderr.read()) == (141, b"")


def test_a_broken_pipe_that_is_not_the_output_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise BrokenPipeError

    def crash(*_: object, **__: object) -> None:
        try:
            broken()
        except BrokenPipeError:  # as click ends a command then
            sys.exit(1)

    monkeypatch.setattr(cli_main.cli, "main", crash)
    assert cli_main.run(["check"]) == 4
    assert "internal error BrokenPipeError" in capsys.readouterr().err


def test_what_was_appended_is_shown_to_witnesses_even_where_nobody_reads_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(cli_main, "_ask_witnesses", lambda: asked.append(1))
    monkeypatch.setattr(cli_main, "_is_read_by_nobody", lambda number: number == 1)
    monkeypatch.setattr(cli_main.os, "dup2", lambda *_: None)
    assert (cli_main._broken(None), asked) == (141, [1])
