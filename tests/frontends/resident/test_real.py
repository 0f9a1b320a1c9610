"""The real hook with the real judge: with the resident and without, the answer is the same."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clearance.frontends.resident.person import look
from clearance.frontends.resident.start import holder
from clearance.frontends.resident.transport import place_of
from frontends.resident.tools import House, house

HOOK = str(Path(sys.executable).with_name("clearance-hook"))
# The same, for a machine that is busy: a resident that does not begin at once is waited for.
PATIENT = (
    sys.executable, "-P", "-c",
    "from clearance.frontends.hooks import client; client._SILENCE = 60.0; client.main()",
)  # fmt: skip


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.delenv("CLEARANCE_RESIDENT", raising=False)
    if not Path(HOOK).exists():
        pytest.skip("clearance-hook is not installed beside this Python")
    with house(tmp_path / "run") as made:
        # The first question of all compiles patterns, which may take a slow machine longer than a hook has.
        made.until(lambda: b"longer than" not in ask(made, tmp_path, "PreToolUse", payload(tmp_path, "PreToolUse"))[1])
        yield made


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = tmp_path / "repository"
    made.mkdir()
    subprocess.run(["git", "init", "-q", str(made)], check=True)
    return made


def payload(repository: Path, event: str, **fields: object) -> bytes:
    common = {"session_id": "s", "cwd": str(repository), "hook_event_name": event, "permission_mode": "default"}
    return json.dumps(common | fields).encode()


def questions(repository: Path) -> list[tuple[str, bytes]]:
    def write(name: str, text: str) -> bytes:
        given = {"file_path": str(repository / name), "content": text}
        return payload(repository, "PreToolUse", tool_name="Write", tool_input=given)

    flaw = "import subprocess\nimport sys\n\n\nsubprocess.run(sys.argv[1], shell" + "=True)\n"
    return [
        ("PreToolUse", write("a.py", "import os\n\nprint(os.sep)\n")),
        ("PreToolUse", write("b.py", flaw)),
        ("PreToolUse", write("c.js", "export const a = 1;\n")),
        ("PreToolUse", payload(repository, "PreToolUse", tool_name="Bash", tool_input={"command": "ls"})),
        ("PreToolUse", b'{"cut off'),
        ("PreToolUse", b""),
        ("UserPromptSubmit", payload(repository, "UserPromptSubmit", prompt="Write a parser.")),
        ("Nonsense", payload(repository, "Nonsense")),
    ]


def ask(
    own: House, repository: Path, event: str, data: bytes, hook: tuple[str, ...] = (HOOK,), **more: str
) -> tuple[int, bytes, bytes]:
    done = subprocess.run(
        [*hook, "claude-code", event], input=data, capture_output=True, check=False, cwd=repository,
        env=own.environment | more, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def warm(own: House, repository: Path, event: str, data: bytes) -> tuple[int, bytes, bytes]:
    """Ask until it was the resident who answered: in a tree that somebody edits it leaves now and then."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        before = look(own.place).status
        given = ask(own, repository, event, data)
        after = look(own.place).status
        if before and after and before.pid == after.pid and after.answered > before.answered:
            return given
        time.sleep(0.2)
    raise AssertionError(own.log())


def test_the_resident_answers_as_the_way_without_it(own: House, repository: Path) -> None:
    for event, data in questions(repository):
        cold = ask(own, repository, event, data, CLEARANCE_RESIDENT="off")
        assert warm(own, repository, event, data) == cold
    assert holder(place_of(own.environment))


def test_a_flaw_is_denied_and_a_good_file_passes(own: House, repository: Path) -> None:
    good, bad = questions(repository)[:2]
    assert warm(own, repository, *good) == (0, b"", b"")
    exit_, out, _ = warm(own, repository, *bad)
    assert exit_ == 0
    assert json.loads(out)["hookSpecificOutput"]["permissionDecision"] == "deny"


def test_a_team_s_rules_count_from_the_moment_they_are_committed(own: House, repository: Path) -> None:
    event, data = questions(repository)[0]
    assert warm(own, repository, event, data) == (0, b"", b"")
    rules = repository / ".clearance" / "settings.toml"
    rules.parent.mkdir()
    rules.write_text("[scan]\nno-such-key = 1\n")
    git = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run([*git, "add", "-A"], check=True)
    subprocess.run([*git, "commit", "-qm", "settings"], check=True)
    exit_, out, err = warm(own, repository, event, data)
    assert b"no-such-key" in out + err
    assert (exit_, out) != (0, b"")


def test_an_edit_of_the_code_makes_the_resident_leave(own: House, repository: Path, tmp_path: Path) -> None:
    import clearance

    copy = tmp_path / "copy"
    source = Path(clearance.__file__).parent
    shutil.copytree(source, copy / "clearance", ignore=shutil.ignore_patterns("__pycache__"))
    own.environment["PYTHONPATH"] = str(copy)  # another place than that of the code that runs this test
    event, data = questions(repository)[0]
    try:
        pid = _resident(own, "start")["status"]["pid"]
        assert ask(own, repository, event, data, PATIENT) == (0, b"", b"")
        own.until(lambda: _resident(own, "status")["status"]["answered"])
        assert _resident(own, "status")["status"]["answered"] == 1
        page = next((copy / "clearance" / "rules" / "code").glob("*.md"))
        os.utime(page, (1, 1))
        assert ask(own, repository, event, data) == (0, b"", b"")
        assert _resident(own, "start")["status"]["pid"] != pid
        logs = [path.read_text() for path in Path(own.place.folder).glob("*.log")]
        assert any("ended: stale, 1 answered" in log for log in logs)
    finally:
        subprocess.run([sys.executable, "-m", "clearance", "resident", "stop"], env=own.environment, check=True)
        del own.environment["PYTHONPATH"]


def _resident(own: House, word: str) -> dict[str, Any]:
    words = [sys.executable, "-m", "clearance", "resident", word, "--format", "json"]
    shown = subprocess.run(words, capture_output=True, check=True, env=own.environment).stdout
    told: dict[str, Any] = json.loads(shown)
    return told
