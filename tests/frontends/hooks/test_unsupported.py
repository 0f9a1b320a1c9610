"""Where Clearance does not run it says so, writes nothing, and denies as far as a hook can."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clearance.frontends.hooks.unsupported import unsupported

SAID = "Windows is not supported"
ON_WINDOWS = "import sys\nimport click\nsys.platform = 'win32'\nsys.argv = {words!r}\nfrom {module} import main\nmain()\n"


def on_windows(module: str, *words: str, cwd: Path) -> "subprocess.CompletedProcess[str]":
    program = ON_WINDOWS.format(words=list(words), module=module)
    before = {**os.environ, "HOME": str(cwd), "CLEARANCE_HOME": str(cwd / "home"), "CLEARANCE_RESIDENT": "off"}
    return subprocess.run(
        [sys.executable, "-c", program], input="{}", capture_output=True, text=True, check=False, cwd=cwd, env=before
    )


@pytest.mark.parametrize(("platform", "told"), [("win32", True), ("linux", False), ("darwin", False), ("freebsd14", False)])
def test_only_where_it_cannot_run_it_refuses(platform: str, told: bool) -> None:  # noqa: FBT001
    assert (SAID in unsupported(platform)) is told


@pytest.mark.parametrize("words", [["init", "--yes"], ["check"], ["uninstall", "--yes"], ["prove"]])
def test_a_command_ends_with_exit_code_2_and_nothing_is_half_installed(words: list[str], tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".claude").mkdir()
    before = sorted(tmp_path.rglob("*"))
    done = on_windows("clearance.frontends.cli.main", "clearance", *words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert SAID in done.stderr
    assert "WSL" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.rglob("*")) == before


def test_a_hook_denies_as_the_contract_says(tmp_path: Path) -> None:
    done = on_windows("clearance.frontends.hooks.client", "clearance-hook", "claude-code", "PreToolUse", cwd=tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout)["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert SAID in done.stdout
    assert SAID in done.stderr
    for words in (["windsurf", "pre_run_command"], ["nobody", "PreToolUse"], []):
        done = on_windows("clearance.frontends.hooks.client", "clearance-hook", *words, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert SAID in done.stderr
