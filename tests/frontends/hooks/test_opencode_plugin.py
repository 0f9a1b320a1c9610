"""The module that OpenCode loads: only an explicit yes lets anything happen."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clearance.assistants import model

PLUGIN = Path(model.__file__).with_name("opencode-plugin.js")
DRIVER = """
import { Clearance } from "./plugin.mjs"
import { readFileSync } from "node:fs"
const steps = JSON.parse(readFileSync(0, "utf8"))
const shown = [], prompts = []
const client = {
  tui: { showToast: async (toast) => { shown.push(toast.body.message) } },
  session: {
    get: async () => ({ data: {} }),
    prompt: async (prompt) => { prompts.push(prompt.body.parts[0].text) },
  },
}
const hooks = await Clearance({ client, directory: process.cwd() })
const results = []
for (const [name, input, output] of steps) {
  try {
    await hooks[name](input, output)
    results.push(output?.system ?? "passed")
  } catch (error) {
    results.push("thrown: " + error.message)
  }
}
console.log(JSON.stringify({ results, shown, prompts }))
"""
BEFORE = ["tool.execute.before", {"tool": "write", "sessionID": "s"}, {"args": {"filePath": "a.py", "content": "x"}}]
PROMPT = [
    "chat.message",
    {"sessionID": "s", "model": {"modelID": "m"}},
    {"parts": [{"type": "text", "text": "do"}, {"type": "text", "text": "hidden", "synthetic": True}]},
]
IDLE = ["event", {"event": {"type": "session.idle", "properties": {"sessionID": "s"}}}, None]
pytestmark = pytest.mark.system("node")


def program(tmp_path: Path, body: str) -> str:
    path = tmp_path / "a program's hook"
    path.write_text(f"#!{sys.executable}\nimport json, sys\nasked = json.load(sys.stdin)\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def drive(tmp_path: Path, called: str, *steps: list[Any]) -> dict[str, Any]:
    text = PLUGIN.read_text(encoding="utf-8").replace("{program}", json.dumps(called)[1:-1])
    (tmp_path / "plugin.mjs").write_text(text, encoding="utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    node = shutil.which("node")
    assert node is not None
    done = subprocess.run(
        [node, "driver.mjs"], cwd=tmp_path, input=json.dumps(steps), capture_output=True, text=True, check=True, timeout=60
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_an_explicit_yes_passes_and_what_is_asked_is_what_our_contract_reads(tmp_path: Path) -> None:
    called = program(
        tmp_path,
        "open('asked', 'a').write(json.dumps([sys.argv[1:], asked]) + '\\n')\nprint(json.dumps({'decision': 'allow'}))",
    )
    assert drive(tmp_path, called, PROMPT, BEFORE)["results"] == ["passed", "passed"]
    prompt, before = (json.loads(line) for line in (tmp_path / "asked").read_text().splitlines())
    assert prompt[0] == ["opencode", "chat.message"]
    assert (prompt[1]["prompt"], prompt[1]["model"], prompt[1]["sessionID"]) == ("do", "m", "s")
    assert before[0] == ["opencode", "tool.execute.before"]
    assert before[1] == {
        "event": "tool.execute.before",
        "directory": str(tmp_path),
        "sessionID": "s",
        "tool": "write",
        "args": {"filePath": "a.py", "content": "x"},
    }


@pytest.mark.parametrize(
    "body",
    [
        "print(json.dumps({'decision': 'deny', 'reason': 'no'}))",
        "print(json.dumps({'decision': 'maybe'}))",
        "print(json.dumps({}))",
        "print('null')",
        "print('allow')",
        'print(\'{"decision": "allow"\')',
        "pass",
        "print(json.dumps({'decision': 'allow'})); sys.exit(1)",
        "print(json.dumps({'decision': 'allow'}), flush=True); import os; os.kill(os.getpid(), 9)",
        "print('x' * 5_000_000)",
    ],
)
def test_everything_else_is_thrown(tmp_path: Path, body: str) -> None:
    results = drive(tmp_path, program(tmp_path, body), BEFORE, PROMPT)["results"]
    said = "thrown: no" if "deny" in body else "thrown: Clearance did not answer"
    assert all(result.startswith(said) for result in results), results


def test_a_missing_program_is_thrown_and_says_what_to_do(tmp_path: Path) -> None:
    (result,) = drive(tmp_path, str(tmp_path / "missing"), BEFORE)["results"]
    assert "ENOENT" in result
    assert "clearance prove" in result


def test_a_message_without_parts_is_thrown(tmp_path: Path) -> None:
    called = program(tmp_path, "print(json.dumps({'decision': 'allow'}))")
    (result,) = drive(tmp_path, called, ["chat.message", {"sessionID": "s"}, {}])["results"]
    assert result.startswith("thrown: ")


def test_the_start_of_a_session_is_asked_once_and_told_each_time(tmp_path: Path) -> None:
    called = program(
        tmp_path,
        "open('asked', 'a').write('x')\n"
        "print(json.dumps({'decision': 'allow', 'context': 'know this', 'person': 'see this'}))",
    )
    step = ["experimental.chat.system.transform", {"sessionID": "s"}, {"system": ["base"]}]
    found = drive(tmp_path, called, step, step)
    assert found["results"] == [["base", "know this"], ["base", "know this"]]
    assert found["shown"] == ["see this"]
    assert (tmp_path / "asked").read_text() == "x"


def test_a_denied_end_is_sent_back_and_at_most_five_times(tmp_path: Path) -> None:
    called = program(
        tmp_path,
        "stop = asked['event'] == 'session.idle'\n"
        "print(json.dumps({'decision': 'deny' if stop else 'allow', 'reason': 'again' if asked.get('again') else 'mend'}))",
    )
    found = drive(tmp_path, called, IDLE, *[BEFORE, IDLE] * 7)
    assert found["prompts"] == ["mend", "again", "again", "again", "again", "mend"]


def test_nothing_is_asked_at_the_end_where_no_tool_has_run(tmp_path: Path) -> None:
    called = program(tmp_path, "open('asked', 'a').write('x')\nprint(json.dumps({'decision': 'deny', 'reason': 'x'}))")
    assert drive(tmp_path, called, IDLE, IDLE)["prompts"] == []
    assert not (tmp_path / "asked").exists()
