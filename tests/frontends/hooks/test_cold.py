"""`clearance hook`, as a person types it and as the client falls back to it."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from clearance.frontends.cli.hook import command
from clearance.frontends.hooks.cold import main
from clearance.frontends.hooks.reading import MOST_BYTES


def run(*arguments: str, stdin: bytes, cwd: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "clearance.frontends.hooks.cold", *arguments],
        input=stdin,
        cwd=cwd,
        capture_output=True,
        check=False,
        timeout=120,
    )


def test_a_write_with_a_flaw_is_denied_with_what_to_do(tmp_path: Path) -> None:
    run_it = "    return subprocess.run(request.args['c'], shell=True)\n"
    text = f"import subprocess\nfrom flask import request\n\n\ndef f():\n{run_it}"
    value = {"cwd": str(tmp_path), "tool_name": "Write", "tool_input": {"file_path": "a.py", "content": text}}
    done = run("claude-code", "PreToolUse", stdin=json.dumps(value).encode(), cwd=tmp_path)
    words = json.loads(done.stdout)["hookSpecificOutput"]
    assert (done.returncode, words["permissionDecision"]) == (0, "deny")
    assert "a.py:6" in words["permissionDecisionReason"]


def test_a_clean_write_gets_no_answer(tmp_path: Path) -> None:
    value = {"cwd": str(tmp_path), "tool_name": "Write", "tool_input": {"file_path": "a.py", "content": "x = 1\n"}}
    done = run("claude-code", "PreToolUse", stdin=json.dumps(value).encode(), cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("arguments", [(), ("claude-code",), ("claude-code", "Nothing"), ("nobody", "PreToolUse")])
def test_used_wrongly_it_denies_by_exit_code(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = run(*arguments, stdin=b"{}", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"denied" in done.stderr


def test_an_engine_that_cannot_start_denies(tmp_path: Path) -> None:
    code = (
        "import sys\nsys.modules['clearance.wiring.acts'] = None\n"
        "from clearance.frontends.hooks.cold import main\nsys.exit(main(['codex', 'PreToolUse']))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], input=b"{}", cwd=tmp_path, capture_output=True, check=False, timeout=120
    )
    assert json.loads(done.stdout)["hookSpecificOutput"]["permissionDecision"] == "deny"


def test_the_words_of_an_error_that_is_not_ours_are_not_told(tmp_path: Path) -> None:
    code = (
        "import sys, types\nmodule = types.ModuleType('clearance.wiring.acts')\n"
        "def engine(_): raise ValueError('hunter2')\nmodule.Engine = engine\nsys.modules[module.__name__] = module\n"
        "from clearance.frontends.hooks.cold import main\nsys.exit(main(['codex', 'PreToolUse']))"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], input=b"{}", cwd=tmp_path, capture_output=True, check=False, timeout=120
    )
    assert b"ValueError" in done.stdout
    assert b"hunter2" not in done.stdout + done.stderr


def test_what_is_over_the_limit_is_taken_so_that_who_asks_can_finish(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(b"x" * (MOST_BYTES + 3_000_000)))
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO()))
    main(["codex", "PreToolUse"])
    assert stdin.buffer.read() == b""


def test_the_command_gives_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(command, ["gemini-cli", "BeforeTool"], input=b"{", standalone_mode=False)
    assert json.loads(done.stdout)["decision"] == "deny"
