"""`clearance init` and `clearance uninstall` as a person types them: what is shown, what is written, and that no trace
stays."""

import io
import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clearance.frontends.cli import init as init_command
from clearance.frontends.cli.main import run
from clearance.frontends.resident.person import stopped
from clearance.frontends.resident.start import holder
from clearance.frontends.resident.transport import place_of
from clearance.install import disk
from clearance.wiring.installing import Guard, apply, inventory, plan_init

Lines = Callable[..., tuple[int, str, str]]
SCRIPTS = Path(sys.executable).parent
TOP = Path(__file__).parents[2]
FAST = ("--without", "instructions")


@pytest.fixture(autouse=True)
def _programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{SCRIPTS}:/usr/bin:/bin")
    monkeypatch.delenv("AI_AGENT", raising=False)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    top = tmp_path / "shop"
    top.mkdir()
    git(top, "init", "-q", ".")
    (top / "app.py").write_text("print(1)\n")
    (top / ".claude").mkdir()
    (top / ".claude" / "settings.json").write_bytes(b'{\r\n\t"permissions": {\r\n\t\t"allow": ["Bash(ls:*)"]\r\n\t}\r\n}')
    (top / ".cursor").mkdir()
    (top / "CLAUDE.md").write_text("# Shop\n\nUse tabs.")
    (top / ".github").mkdir()
    monkeypatch.chdir(top)
    return top


@pytest.fixture
def clearance(capsys: pytest.CaptureFixture[str]) -> Lines:
    def call(*words: str | Path) -> tuple[int, str, str]:
        code = run([str(word) for word in words])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def git(top: Path, *words: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com")
    return subprocess.run(["git", *identity, *words], cwd=top, check=True, capture_output=True, text=True).stdout


def tree(top: Path) -> dict[str, Any]:
    """Everything below a folder: bytes and modes, empty folders too."""
    found: dict[str, Any] = {}
    for path in sorted(top.rglob("*")):
        name = str(path.relative_to(top))
        status = path.lstat()
        content = path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else None
        found[name] = (stat.S_IMODE(status.st_mode), content)
    return found


def keep_folders(top: Path) -> None:
    """Put something into empty folders: without the manifest nobody knows who made them."""
    for folder in (".cursor", ".github"):
        (top / folder / "keep").touch()


# from beginning to end


def test_init_shows_a_plan_writes_it_and_uninstall_leaves_no_trace(place: Path, clearance: Lines) -> None:
    before = tree(place)
    code, out, _ = clearance("init", "--yes")
    assert code == 0
    assert "Assistants  Claude Code (.claude, CLAUDE.md); Cursor (.cursor)" in out
    assert "Python, github" in out
    for line in (
        "new     .clearance/settings.toml",
        "change  .claude/settings.json",
        "new     .cursor/hooks.json",
        "change  CLAUDE.md",
        "new     .git/hooks/pre-commit",
        "new     .github/workflows/clearance.yml",
    ):
        assert line in out
    hooks = json.loads((place / ".claude" / "settings.json").read_text())
    assert hooks["permissions"] == {"allow": ["Bash(ls:*)"]}
    commands = [one["command"] for groups in hooks["hooks"].values() for group in groups for one in group["hooks"]]
    assert all(command.startswith("clearance-hook claude-code ") for command in commands)
    assert os.access(place / ".git" / "hooks" / "pre-commit", os.X_OK)
    assert json.loads((place / ".cursor" / "hooks.json").read_text())["version"] == 1
    code, out, _ = clearance("init", "--yes")
    assert (code, out.count("nothing to do")) == (0, 1)
    code, out, _ = clearance("uninstall", "--yes")
    assert code == 0
    assert tree(place) == before
    code, out, _ = clearance("uninstall", "--yes")
    assert (code, out.count("nothing to do")) == (0, 1)


def test_all_assistants_come_and_go(place: Path, clearance: Lines) -> None:
    before = tree(place)
    assert clearance("init", "--all", "--yes")[0] == 0
    assert len(tree(place)) > len(before) + 20
    assert "nothing to do" in clearance("init", "--all", "--yes")[1]
    assert clearance("uninstall", "--yes")[0] == 0
    assert tree(place) == before


def test_the_manifest_may_be_lost(place: Path, clearance: Lines) -> None:
    keep_folders(place)
    before = tree(place)
    clearance("init", "--all", "--yes")
    (place / ".clearance" / "installed.json").unlink()
    (place / ".git" / "clearance" / "installed.json").unlink()
    (place / ".git" / "clearance").rmdir()
    assert clearance("uninstall", "--yes")[0] == 0
    assert tree(place) == before


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_record_of_what_was_taken_out_by_hand_goes_too(place: Path, clearance: Lines, format: str) -> None:
    settings = (place / ".claude" / "settings.json").read_bytes()
    clearance("init", "--yes", "--for", "claude-code", "--without", "ci", "--without", "pre-commit", *FAST)
    for path in (".mcp.json", ".clearance/settings.toml"):
        (place / path).unlink(missing_ok=True)
    (place / ".claude" / "settings.json").write_bytes(settings)
    assert (place / ".clearance" / "installed.json").exists()
    assert clearance("uninstall", "--dry-run")[0] == 0
    assert (place / ".clearance" / "installed.json").exists()
    assert clearance("uninstall", "--yes", "--format", format)[0] == 0
    assert not (place / ".clearance").exists()
    assert "nothing to do" in clearance("uninstall", "--yes")[1]


def test_a_spoilt_manifest_is_told_and_does_no_harm(place: Path, clearance: Lines) -> None:
    keep_folders(place)
    before = tree(place)
    clearance("init", "--yes")
    spoilt = place / ".clearance" / "installed.json"
    spoilt.write_text(json.dumps({"files": [{"path": "../../etc/passwd", "parts": {"x": "y"}}]}))
    code, out, _ = clearance("uninstall", "--yes")
    assert code == 0
    assert "not a record of ours" in out
    assert tree(place) == before


def test_what_a_person_edits_meanwhile_stays(place: Path, clearance: Lines) -> None:
    clearance("init", "--yes")
    text = (place / "CLAUDE.md").read_bytes()
    (place / "CLAUDE.md").write_bytes(text.replace(b"Use tabs.", b"Use spaces.") + b"\n## Later\n")
    settings = json.loads((place / ".claude" / "settings.json").read_text())
    settings["hooks"]["Stop"].insert(0, {"hooks": [{"type": "command", "command": "lint"}]})
    settings["model"] = "x"
    (place / ".claude" / "settings.json").write_text(json.dumps(settings, indent=4))
    assert clearance("uninstall", "--yes")[0] == 0
    assert (place / "CLAUDE.md").read_bytes() == b"# Shop\n\nUse spaces.\n\n## Later\n"
    assert json.loads((place / ".claude" / "settings.json").read_text()) == {
        "permissions": {"allow": ["Bash(ls:*)"]},
        "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "lint"}]}]},
        "model": "x",
    }


# asking


def test_nobody_there_to_ask_is_exit_2_with_what_to_type(
    place: Path, clearance: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    before = tree(place)
    code, out, err = clearance("init")
    assert code == 2
    assert "clearance init --yes" in err
    assert "new     .clearance/settings.toml" in out
    assert tree(place) == before
    clearance("init", "--yes")
    assert "clearance uninstall --yes" in clearance("uninstall")[2]


def test_a_dry_run_writes_nothing(place: Path, clearance: Lines) -> None:
    before = tree(place)
    code, out, _ = clearance("init", "--dry-run")
    assert code == 0
    assert "this was a dry run" in out
    assert tree(place) == before


class Terminal:
    def isatty(self) -> bool:
        return True


def answering(monkeypatch: pytest.MonkeyPatch, *answers: bool) -> list[str]:
    asked: list[str] = []
    left = list(answers)

    def confirm(question: str, **_: object) -> bool:
        asked.append(question)
        return left.pop(0)

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr(init_command.click, "confirm", confirm)
    return asked


def test_no_means_nothing(place: Path, clearance: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    before = tree(place)
    asked = answering(monkeypatch, False)
    code, _, err = clearance("init", *FAST)
    assert code == 0
    assert "Write this?" in asked[0]
    assert "nothing was changed" in err
    assert tree(place) == before


def test_our_part_that_a_person_changed_is_asked_about_and_kept(
    place: Path, clearance: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    clearance("init", "--yes")
    changed = (place / "CLAUDE.md").read_text().replace("Always:", "Sometimes:")
    (place / "CLAUDE.md").write_text(changed)
    (place / ".cursor" / "hooks.json").unlink()
    asked = answering(monkeypatch, True, False)
    code, out, _ = clearance("init")
    assert code == 0
    assert "-Sometimes:" in out
    assert "CLAUDE.md: you changed our part of it; may it be replaced?" in asked[1]
    assert (place / "CLAUDE.md").read_text() == changed
    assert (place / ".cursor" / "hooks.json").exists()
    assert clearance("init", "--yes")[0] == 0
    assert "Always:" in (place / "CLAUDE.md").read_text()


def test_json_tells_the_plan_and_no_line_of_other_files(place: Path, clearance: Lines) -> None:
    (place / ".claude" / "settings.json").write_text('{"env": {"TOKEN": "not for logs"}}')
    code, out, _ = clearance("init", "--dry-run", "--format", "json")
    assert code == 0
    assert "not for logs" not in out
    told = json.loads(out)
    assert told["assistants"] == ["claude-code", "cursor"]
    by_path = {one["path"]: one for one in told["files"]}
    assert by_path[".claude/settings.json"]["action"] == "change"
    assert by_path[".claude/settings.json"]["parts"][0]["name"] == "hooks:claude-code"
    assert not by_path[".claude/settings.json"]["written"]
    told = json.loads(clearance("init", "--yes", "--format", "json")[1])
    assert all(one["written"] for one in told["files"])
    assert json.loads(clearance("init", "--yes", "--format", "json")[1])["files"] == []


def test_an_unknown_assistant_names_the_nearest(place: Path, clearance: Lines) -> None:
    code, _, err = clearance("init", "--for", "claud-code", "--yes")
    assert code == 2
    assert "did you mean claude-code?" in err


def test_outside_of_a_repository_it_says_so(tmp_path: Path, clearance: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = clearance("init", "--yes")
    assert code == 2
    assert "not inside a git repository" in err


# bad input


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'{\n  "hooks": {\n', ".claude/settings.json:3: not valid JSON"),
        (b'{"hooks": {}, "hooks": {}}', "stands twice"),
        (b'{"hooks": "off"}', "hooks is not an object"),
        (b"\xff\xfe{\0}\0", "not UTF-8"),
    ],
)
def test_settings_that_are_no_json_are_left_and_all_else_is_done(
    place: Path, clearance: Lines, text: bytes, said: str
) -> None:
    (place / ".claude" / "settings.json").write_bytes(text)
    code, out, _ = clearance("init", "--yes", *FAST)
    assert code == 2
    assert "refused .claude/settings.json (hooks:claude-code)" in out
    assert said in out
    assert (place / ".claude" / "settings.json").read_bytes() == text
    assert (place / ".cursor" / "hooks.json").exists()


def test_a_file_of_another_user_is_left(place: Path, clearance: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.fstat

    def fstat(handle: int) -> os.stat_result:
        status = real(handle)
        theirs = Path(f"/proc/self/fd/{handle}").readlink().name == "settings.json"
        return os.stat_result([*status[:4], 4711 if theirs else status.st_uid, *status[5:]])

    monkeypatch.setattr(disk.os, "fstat", fstat)
    before = (place / ".claude" / "settings.json").read_bytes()
    code, out, _ = clearance("init", "--yes", *FAST)
    assert code == 2
    assert "belongs to another user" in out
    assert (place / ".claude" / "settings.json").read_bytes() == before


def test_a_folder_that_cannot_be_written_to_is_told_before_anything_is_written(
    place: Path, clearance: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.access

    def access(path: Any, mode: int, **more: Any) -> bool:
        return real(path, mode, **more) and not str(path).endswith(".cursor")

    monkeypatch.setattr(disk.os, "access", access)
    code, out, _ = clearance("init", "--yes", *FAST)
    assert code == 4
    assert "refused .cursor/hooks.json" in out
    assert "make it writable" in out
    assert list((place / ".cursor").iterdir()) == []
    assert "hooks" in (place / ".claude" / "settings.json").read_text()


def test_links_inside_are_followed_and_links_out_are_refused(place: Path, clearance: Lines, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (place / ".cursor").rmdir()
    (place / ".cursor").symlink_to(outside)
    (place / "CLAUDE.md").unlink()
    (place / "AGENTS.md").write_text("# Both\n")
    (place / "CLAUDE.md").symlink_to("AGENTS.md")
    before = tree(place)
    code, out, _ = clearance("init", "--for", "claude-code", "--for", "cursor", "--for", "agents-md", "--yes")
    assert code == 2
    assert "a link leads out of here" in out
    assert list(outside.iterdir()) == []
    assert (place / "CLAUDE.md").is_symlink()
    assert (place / "AGENTS.md").read_text().count("clearance:begin instructions") == 1
    clearance("uninstall", "--yes")
    assert tree(place) == before


def test_a_link_into_the_git_directory_is_refused(place: Path, clearance: Lines) -> None:
    (place / ".cursor" / "hooks.json").symlink_to("../.git/config")
    before = (place / ".git" / "config").read_bytes()
    assert clearance("init", "--yes", *FAST)[0] == 2
    assert (place / ".git" / "config").read_bytes() == before


def test_a_workflow_of_that_name_that_is_not_ours_stays(place: Path, clearance: Lines) -> None:
    (place / ".github" / "workflows").mkdir()
    (place / ".github" / "workflows" / "clearance.yml").write_text("name: mine\n")
    code, out, _ = clearance("init", "--yes", *FAST)
    assert code == 2
    assert "a file of your own stands there" in out
    assert (place / ".github" / "workflows" / "clearance.yml").read_text() == "name: mine\n"
    clearance("uninstall", "--yes")
    assert (place / ".github" / "workflows" / "clearance.yml").read_text() == "name: mine\n"


def test_a_server_of_our_name_that_is_not_ours_stays_and_one_that_was_ours_is_mended(place: Path, clearance: Lines) -> None:
    text = '{"mcpServers": {"clearance": {"command": "customs"}}}'
    (place / ".mcp.json").write_text(text)
    code, out, _ = clearance("init", "--for", "claude-code", "--yes", *FAST)
    assert code == 2
    assert "mcpServers holds something else named 'clearance'" in out
    assert (place / ".mcp.json").read_text() == text
    clearance("uninstall", "--yes")
    assert (place / ".mcp.json").read_text() == text
    (place / ".mcp.json").unlink()
    clearance("init", "--for", "claude-code", "--yes", *FAST)
    (place / ".mcp.json").write_text(text)
    code, out, _ = clearance("init", "--for", "claude-code", "--yes", *FAST)
    assert code == 0
    assert "you changed our part" in out
    assert json.loads((place / ".mcp.json").read_text())["mcpServers"]["clearance"]["command"] == "clearance"
    (place / ".mcp.json").write_text(text)
    clearance("uninstall", "--yes")
    assert not (place / ".mcp.json").exists()


def test_modes_of_files_stay(place: Path, clearance: Lines) -> None:
    (place / ".claude" / "settings.json").chmod(0o600)
    clearance("init", "--yes", *FAST)
    assert stat.S_IMODE((place / ".claude" / "settings.json").stat().st_mode) == 0o600


# runs that meet, and runs that die


def test_a_file_that_changes_between_plan_and_write_is_left(place: Path) -> None:
    draft = plan_init(place, os.environ, without=["instructions"])
    (place / ".claude" / "settings.json").write_text('{"meanwhile": 1}')
    applied = apply(draft, os.environ)
    assert [one.path for one in applied.failed] == [".claude/settings.json"]
    assert "has changed since" in applied.failed[0].error.what
    assert (place / ".claude" / "settings.json").read_text() == '{"meanwhile": 1}'
    assert (place / ".cursor" / "hooks.json").exists()


def test_two_runs_at_once_do_not_meet(place: Path, clearance: Lines) -> None:
    with disk.locked(place):
        code, _, err = clearance("init", "--yes", *FAST)
    assert code == 4
    assert "another `clearance init`" in err
    assert clearance("init", "--yes", *FAST)[0] == 0


@pytest.mark.parametrize("after", range(7))
def test_a_run_that_is_killed_is_mended_by_the_next(
    place: Path, clearance: Lines, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    before = tree(place)
    real = os.rename
    written = 0

    def rename(*words: Any, **more: Any) -> None:
        nonlocal written
        if written == after:
            os.kill(os.getpid(), signal.SIGKILL)
        written += 1
        real(*words, **more)

    child = os.fork()
    if not child:
        monkeypatch.setattr(disk.os, "rename", rename)
        run(["init", "--yes", *FAST])
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert clearance("init", "--yes", *FAST)[0] == 0
    assert not [name for name in tree(place) if ".clearance-" in name]
    assert clearance("uninstall", "--yes")[0] == 0
    assert tree(place) == before


# commit hooks, CI, programs


def test_a_hook_that_stands_there_is_kept_and_runs_behind_ours(place: Path, clearance: Lines) -> None:
    hook = place / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/bash\nexec npm test\n")
    hook.chmod(0o755)
    clearance("init", "--yes", *FAST)
    lines = hook.read_text().splitlines()
    assert lines[0] == "#!/bin/bash"
    assert lines[2] == "clearance check --staged || exit $?"
    assert lines[-1] == "exec npm test"
    clearance("uninstall", "--yes")
    assert hook.read_text() == "#!/bin/bash\nexec npm test\n"


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        (".husky/pre-commit", "npm test\n", "clearance check --staged || exit $?"),
        (".pre-commit-config.yaml", "repos:\n  - repo: local\n    hooks: []\n", "        entry: clearance check --staged"),
        ("lefthook.yml", "pre-commit:\n  jobs:\n    - run: npm test\n", "      run: clearance check --staged"),
    ],
)
def test_the_way_of_the_repository_is_taken(place: Path, clearance: Lines, path: str, text: str, line: str) -> None:
    (place / path).parent.mkdir(exist_ok=True)
    (place / path).write_text(text)
    before = tree(place)
    assert clearance("init", "--yes", *FAST)[0] == 0
    assert line in (place / path).read_text().splitlines()
    assert not (place / ".git" / "hooks" / "pre-commit").exists()
    clearance("uninstall", "--yes")
    assert tree(place) == before


def test_a_hooks_path_in_the_repository_is_respected_and_one_outside_is_not_touched(
    place: Path, clearance: Lines, tmp_path: Path
) -> None:
    git(place, "config", "core.hooksPath", "tools/hooks")
    clearance("init", "--yes", *FAST)
    assert "clearance check" in (place / "tools" / "hooks" / "pre-commit").read_text()
    clearance("uninstall", "--yes")
    assert not (place / "tools").exists()
    git(place, "config", "core.hooksPath", str(tmp_path / "elsewhere"))
    code, out, _ = clearance("init", "--yes", *FAST)
    assert code == 0
    assert "outside of the repository" in out
    assert not (tmp_path / "elsewhere").exists()


def test_a_worktree_gets_its_own_files_and_the_shared_hook(
    place: Path, clearance: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(place, "add", "-A")
    git(place, "commit", "-qm", "x")
    git(place, "worktree", "add", "-q", "../other")
    other = place.parent / "other"
    monkeypatch.chdir(other)
    before = tree(place.parent)
    assert clearance("init", "--yes", *FAST)[0] == 0
    assert (other / ".cursor" / "hooks.json").exists() is False  # an empty folder is not in the commit
    assert "hooks" in (other / ".claude" / "settings.json").read_text()
    assert (place / ".git" / "hooks" / "pre-commit").exists()
    assert clearance("uninstall", "--yes")[0] == 0
    assert tree(place.parent) == before


def test_gitlab_gets_a_file_and_an_include(place: Path, clearance: Lines) -> None:
    (place / ".gitlab-ci.yml").write_text(
        "stages: [build]\n\ninclude:\n  - local: a.yml\n\nx:\n  script: !reference [.y, script]\n"
    )
    before = tree(place)
    assert clearance("init", "--yes", *FAST)[0] == 0
    assert "  - local: .gitlab/clearance.yml\n" in (place / ".gitlab-ci.yml").read_text()
    assert 'stage: "build"' in (place / ".gitlab" / "clearance.yml").read_text()
    assert "nothing to do" in clearance("init", "--yes", *FAST)[1]
    clearance("uninstall", "--yes")
    assert tree(place) == before


def test_the_shipped_ci_files_are_the_examples() -> None:
    for name in ("github-actions.yml", "gitlab-ci.yml"):
        shipped = TOP / "src" / "clearance" / "install" / "templates" / name
        assert shipped.read_bytes() == (TOP / "examples" / name).read_bytes()


def test_without_clearance_on_path_hooks_go_to_the_local_file_with_a_path(
    place: Path, clearance: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tree(place)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    code, out, _ = clearance("init", "--for", "claude-code", "--yes", *FAST)
    assert code == 0
    assert "because clearance-hook is not on PATH" in out
    text = (place / ".claude" / "settings.local.json").read_text()
    assert f"{SCRIPTS}/clearance-hook claude-code PreToolUse" in text
    assert (place / ".claude" / "settings.json").read_bytes() == before[".claude/settings.json"][1]
    assert "/.claude/settings.local.json" in (place / ".gitignore").read_text()
    assert "installed" not in git(place, "status", "--short", "--ignored", ".claude/settings.local.json")
    assert "nothing to do" in clearance("init", "--for", "claude-code", "--yes", *FAST)[1]
    monkeypatch.setenv("PATH", f"{SCRIPTS}:/usr/bin:/bin")
    clearance("init", "--for", "claude-code", "--yes", *FAST)
    assert not (place / ".claude" / "settings.local.json").exists()
    assert "clearance-hook claude-code" in (place / ".claude" / "settings.json").read_text()
    assert clearance("uninstall", "--yes")[0] == 0
    assert tree(place) == before


def test_another_program_of_that_name_on_path_is_not_ours(
    place: Path, clearance: Lines, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "bin" / "clearance-hook"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", f"{other.parent}:{SCRIPTS}:/usr/bin:/bin")
    clearance("init", "--for", "claude-code", "--yes", *FAST)
    assert f"{SCRIPTS}/clearance-hook claude-code" in (place / ".claude" / "settings.local.json").read_text()


def test_a_hook_of_ours_goes_where_the_repository_begins_to_use_pre_commit(place: Path, clearance: Lines) -> None:
    before = tree(place)
    clearance("init", "--yes", *FAST)
    hook = place / ".git" / "hooks" / "pre-commit"
    ours = hook.read_bytes()
    (place / ".pre-commit-config.yaml").write_text("repos:\n  - repo: local\n    hooks: []\n")
    assert clearance("init", "--yes", *FAST)[0] == 0
    assert not hook.exists()
    hook.write_bytes(ours)
    hook.rename(hook.with_name("pre-commit.legacy"))
    hook.write_text("#!/bin/sh\n# of pre-commit\n")
    assert clearance("init", "--yes", *FAST)[0] == 0
    assert clearance("uninstall", "--yes")[0] == 0
    assert not hook.with_name("pre-commit.legacy").exists()
    hook.unlink()
    (place / ".pre-commit-config.yaml").unlink()
    assert tree(place) == before


def test_a_new_file_has_what_the_umask_allows(place: Path, clearance: Lines) -> None:
    before = os.umask(0o077)
    try:
        clearance("init", "--yes", *FAST)
    finally:
        os.umask(before)
    assert stat.S_IMODE((place / ".cursor" / "hooks.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((place / ".git" / "hooks" / "pre-commit").stat().st_mode) == 0o700


def test_the_home_is_touched_only_with_user(place: Path, clearance: Lines) -> None:
    home = Path(os.environ["HOME"])
    before = tree(home)
    assert clearance("init", "--yes", *FAST)[0] == 0
    assert tree(home) == before
    clearance("uninstall", "--yes")
    (home / ".claude").mkdir()
    code, out, _ = clearance("init", "--for", "claude-code", "--user", "--yes", *FAST)
    assert code == 0
    assert "new     ~/.claude/settings.json" in out
    assert "clearance-hook claude-code" in (home / ".claude" / "settings.json").read_text()
    _, out, _ = clearance("uninstall", "--yes")
    assert "hooks in your home stay" in out
    assert (home / ".claude" / "settings.json").exists()
    assert clearance("uninstall", "--user", "--yes")[0] == 0
    assert not (home / ".claude" / "settings.json").exists()


# what stands here


def guards(place: Path) -> dict[str, Guard]:
    return {one.name: one for one in inventory(place, os.environ)}


def test_the_inventory_names_each_guard_and_its_state(place: Path, clearance: Lines) -> None:
    assert guards(place) == {}
    clearance("init", "--yes")
    found = guards(place)
    assert {"hook:claude-code:PreToolUse", "hook:cursor:beforeShellExecution", "pre-commit", "ci:github", "settings"} <= set(
        found
    )
    assert "instructions:CLAUDE.md" in found
    assert {one.state for one in found.values()} == {"intact"}
    assert all(one.file.is_absolute() and one.file.exists() and one.changed for one in found.values())
    assert found["hook:claude-code:PreToolUse"].found.startswith("clearance-hook claude-code PreToolUse")


@pytest.mark.parametrize(
    ("path", "old", "new", "name", "state"),
    [
        (".claude/settings.json", "-hook claude-code Pre", "-hok claude-code Pre", "hook:claude-code:PreToolUse", "edited"),
        (".claude/settings.json", '"PreToolUse"', '"PreToolUze"', "hook:claude-code:PreToolUse", "missing"),
        (".claude/settings.json", "{", "{{", "hook:claude-code:PreToolUse", "missing"),
        (".cursor/hooks.json", 'beforeShellExecution": [', 'x": [', "hook:cursor:beforeShellExecution", "missing"),
        (".git/hooks/pre-commit", "check --staged", "check --help", "pre-commit", "edited"),
        (".mcp.json", '"clearance",', '"/tmp/clearance",', "mcp:claude-code", "edited"),
        (".github/workflows/clearance.yml", "clearance check", "true clearance check", "ci:github", "edited"),
        ("CLAUDE.md", "Always:", "Never:", "instructions:CLAUDE.md", "edited"),
    ],
)  # fmt: skip
def test_a_broken_guard_is_in_the_inventory(
    place: Path, clearance: Lines, path: str, old: str, new: str, name: str, state: str
) -> None:
    clearance("init", "--yes")
    text = (place / path).read_text()
    assert old in text
    (place / path).write_text(text.replace(old, new, 1))
    assert guards(place)[name].state == state


def test_a_mark_that_was_made_to_fit_an_edit_does_not_hide_it(place: Path, clearance: Lines) -> None:
    from clearance.install.marks import block

    clearance("init", "--yes", *FAST)
    (place / ".git" / "hooks" / "pre-commit").write_text("#!/bin/sh\n" + block("pre-commit", "true\n", "hash"))
    assert guards(place)["pre-commit"].state == "edited"
    assert guards(place)["pre-commit"].expected == "clearance check --staged || exit $?\n"
    assert guards(place)["pre-commit"].found == "true\n"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (".cursor/hooks.json", "hook:cursor:stop"),
        (".git/hooks/pre-commit", "pre-commit"),
        (".github/workflows/clearance.yml", "ci:github"),
        (".mcp.json", "mcp:claude-code"),
    ],
)
def test_a_guard_whose_file_is_gone_is_missing(place: Path, clearance: Lines, path: str, name: str) -> None:
    clearance("init", "--yes")
    (place / path).unlink()
    assert guards(place)[name].state == "missing"
    assert guards(place)[name].problem == "the file is gone"


def test_what_stands_here_is_listed_with_its_state(place: Path, clearance: Lines) -> None:
    code, out, _ = clearance("init", "--list")
    assert (code, out) == (3, "no guard stands here: `clearance init` puts them in\n")
    clearance("init", "--yes", *FAST)
    code, out, _ = clearance("init", "--list")
    assert code == 0
    assert {line.split()[0] for line in out.splitlines()} == {"intact"}
    (place / ".git" / "hooks" / "pre-commit").unlink()
    code, out, _ = clearance("init", "--list")
    (row,) = [line for line in out.splitlines() if "pre-commit" in line]
    assert (code, row.split(maxsplit=3)) == (3, ["missing", "pre-commit", ".git/hooks/pre-commit", "(the file is gone)"])
    listed = json.loads(clearance("init", "--list", "--format", "json")[1])
    assert [(one["name"], one["problem"]) for one in listed if one["state"] != "intact"] == [
        ("pre-commit", "the file is gone")
    ]


# for administrators


def test_managed_files_lie_as_on_machines_and_say_where_they_go(place: Path, clearance: Lines, tmp_path: Path) -> None:
    import tomllib

    code, out, _ = clearance("init", "--managed", tmp_path / "fleet", "--program", "/opt/clearance/bin/clearance-hook")
    assert code == 0
    names = out.splitlines()
    assert "linux/etc/claude-code/managed-settings.json" in names
    readme = (tmp_path / "fleet" / "README.md").read_text()
    for name in names:
        text = (tmp_path / "fleet" / name).read_text()
        if name.endswith(".json"):
            assert "/opt/clearance/bin/clearance" in json.dumps(json.loads(text))
            assert name in readme
    rules = tomllib.loads((tmp_path / "fleet" / "linux" / "etc" / "codex" / "requirements.toml").read_text())
    assert rules["hooks"]["PreToolUse"][0]["hooks"][0]["command"].startswith(
        "/opt/clearance/bin/clearance-hook codex PreToolUse"
    )
    assert clearance("init", "--managed", tmp_path / "fleet", "--program", "/opt/clearance/bin/clearance-hook")[0] == 0
    assert clearance("init", "--managed", tmp_path / "fleet", "--program", "/usr/bin/clearance-hook")[0] == 2
    assert clearance("init", "--managed", tmp_path / "two", "--program", "clearance-hook")[0] == 2
    assert clearance("init", "--managed", tmp_path / "two", "--for", "aider")[0] == 2


def test_a_dry_run_writes_no_managed_file_and_a_readme_of_others_stays(
    place: Path, clearance: Lines, tmp_path: Path
) -> None:
    fleet = tmp_path / "fleet"
    code, out, _ = clearance("init", "--managed", fleet, "--dry-run")
    assert (code, "README.md" in out.splitlines(), fleet.exists()) == (0, True, False)
    fleet.mkdir()
    (fleet / "README.md").write_text("# Mine\n")
    assert clearance("init", "--managed", fleet)[0] == 2
    assert [one.name for one in fleet.iterdir()] == ["README.md"]
    assert (fleet / "README.md").read_text() == "# Mine\n"


def test_init_lets_the_resident_start_and_a_dry_run_does_not(
    place: Path, clearance: Lines, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLEARANCE_RESIDENT")
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setenv("CLEARANCE_CACHE", str(tmp_path / "cache"))
    here = place_of(os.environ)
    clearance("init", "--for", "claude-code", "--dry-run", *FAST)
    assert holder(here) == 0
    try:
        clearance("init", "--for", "claude-code", "--yes", *FAST)
        # It names itself a moment after it has begun, and whoever stops it then waits for that.
    finally:
        said, done = stopped()
    assert (done, "ended" in said) == (True, True)
