"""OpenAI Codex: `codex exec`, OpenAI's Responses."""

import json
import subprocess
from pathlib import Path
from typing import Any

from assistants_live.clients.patch import patch
from assistants_live.place import Place
from assistants_live.steps import Turn, call

_SETTINGS = """model = "gpt-5.5"
model_provider = "scripted"
check_for_update_on_startup = false
approval_policy = "never"
sandbox_mode = "workspace-write"

[model_providers.scripted]
name = "scripted"
base_url = "{address}/v1"
wire_api = "responses"
env_key = "SCRIPTED_KEY"
request_max_retries = 0
stream_max_retries = 0
supports_websockets = false

[analytics]
enabled = false

[projects."{repository}"]
trust_level = "trusted"
"""


class Codex:
    contract = "codex"
    command = "codex"
    natives = ()
    own_settings = ".codex/hooks.json"
    sends_back = True
    blocked = "hook: UserPromptSubmit Blocked"  # it does not show why

    def settle(self, place: Place, program: Path, address: str) -> dict[str, str]:
        folder = place.home / ".codex"
        folder.mkdir(exist_ok=True)
        settings = folder / "config.toml"
        settings.write_text(_SETTINGS.format(address=address, repository=place.repository))
        # What a person does in /hooks: trust each hook of the project as it stands now.
        with settings.open("a") as file:
            for hook in _hooks(place, program):
                file.write(f'\n[hooks.state."{hook["key"]}"]\ntrusted_hash = "{hook["currentHash"]}"\n')
        return {"SCRIPTED_KEY": "made-up"}

    def line(self, place: Place, program: Path, prompt: str) -> list[str]:
        return [str(program), "exec", prompt]

    def write(self, place: Place, path: str, text: str) -> Turn:
        return call("apply_patch", input=patch(place.repository, path, text))

    def rewrite(self, place: Place, path: str, text: str) -> tuple[Turn, ...]:
        return (self.write(place, path, text),)

    def run(self, command: str) -> Turn:
        return call("exec_command", cmd=command)

    def ask(self, tool: str, **arguments: object) -> tuple[Turn, ...]:
        # Tools of servers are not offered at first; the model looks for them.
        return (call("tool_search", query=f"clearance {tool}", limit=10), call(self.named(tool), **arguments))

    def named(self, tool: str) -> str:
        return f"mcp__clearance__{tool}"


def _hooks(place: Place, program: Path) -> list[dict[str, Any]]:
    """The hooks that Codex sees in the project, with the digest of each, from its own `app-server`."""
    process = subprocess.Popen(
        [str(program), "app-server"],
        cwd=place.repository,
        env={**place.environment(), "SCRIPTED_KEY": "made-up"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        for message in (
            {"id": 0, "method": "initialize", "params": {"clientInfo": {"name": "test", "version": "1"}}},
            {"method": "initialized"},
            {"id": 1, "method": "hooks/list", "params": {"cwds": [str(place.repository)]}},
        ):
            process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        for line in process.stdout:
            answer = json.loads(line)
            if answer.get("id") == 1:
                hooks: list[dict[str, Any]] = answer["result"]["data"][0]["hooks"]
                return hooks
    finally:
        process.kill()
        process.communicate()
    return []
