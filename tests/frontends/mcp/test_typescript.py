"""The server before the official TypeScript clients and the inspector. CLEARANCE_CLIENTS names the `node_modules` folder
that holds them."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from frontends.mcp.talking import COMMAND

TOOLS = ["check_change", "check_code", "check_package", "check_prompt", "rules_for", "explain"]
STORY = """
const args = JSON.parse(process.argv[3]);
const transport = new StdioClientTransport({ command: process.argv[2], args, env: process.env });
const client = new Client({ name: 'test', version: '1' }, OPTIONS);
await client.connect(transport);
const tools = (await client.listTools()).tools.map((tool) => tool.name);
const denied = await client.callTool({ name: 'check_change', arguments: {} });
const wrong = await client.callTool({ name: 'check_code', arguments: { text: 'x', path: '/etc/passwd' } });
const uri = denied.structuredContent.findings[0].page;
const page = await client.readResource({ uri });
const revision = REVISION;
await client.close();
console.log(JSON.stringify({ tools, verdict: denied.structuredContent.verdict, wrong: wrong.isError,
    page: page.contents[0].text, revision }));
"""
OLD = (
    "import { Client } from '@modelcontextprotocol/sdk/client/index.js';\n"
    "import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';\n"
    + STORY.replace("OPTIONS", "{}").replace("REVISION", "'2025-11-25'")
)
NEW = (
    "import { Client } from '@modelcontextprotocol/client';\n"
    "import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';\n"
    + STORY.replace("OPTIONS", "{ versionNegotiation: { mode: { pin: '2026-07-28' } } }").replace(
        "REVISION", "client.getNegotiatedProtocolVersion()"
    )
)


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder in which node finds the clients."""
    given = os.environ.get("CLEARANCE_CLIENTS")
    if not given or not Path(given, "@modelcontextprotocol").is_dir():
        if os.environ.get("CLEARANCE_NO_SKIP"):
            pytest.fail("CLEARANCE_CLIENTS names no folder with @modelcontextprotocol, and nothing may be skipped here")
        pytest.skip("needs CLEARANCE_CLIENTS, a node_modules folder with @modelcontextprotocol/sdk, client and inspector")
    place = tmp_path / "node"
    place.mkdir()
    (place / "node_modules").symlink_to(Path(given).resolve())
    return place


def node(place: Path, story: str, repository: Path) -> Any:
    (place / "story.mjs").write_text(story)
    arguments = json.dumps([*COMMAND[1:], "-C", str(repository)])
    program = shutil.which("node") or "node"
    done = subprocess.run(
        [program, "--preserve-symlinks", "story.mjs", COMMAND[0], arguments],
        cwd=place, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.system("node")
@pytest.mark.parametrize(("story", "revision"), [(OLD, "2025-11-25"), (NEW, "2026-07-28")], ids=["1.x", "2.x"])
def test_both_typescript_clients_hear_the_same(packages: Path, repository: Path, story: str, revision: str) -> None:
    told = node(packages, story, repository)
    assert told["tools"] == TOOLS
    assert (told["verdict"], told["wrong"], told["revision"]) == ("DENY", True, revision)
    assert "argument list" in told["page"]


@pytest.mark.system("node")
def test_the_inspector_lists_and_calls(packages: Path, repository: Path) -> None:
    def inspect(*more: str) -> Any:
        program = packages / "node_modules" / ".bin" / "mcp-inspector"
        done = subprocess.run(
            [program, "--cli", *COMMAND, "-C", repository, *more],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    assert [tool["name"] for tool in inspect("--method", "tools/list")["tools"]] == TOOLS
    asked = ("--tool-arg", "registry=npm", "--tool-arg", "name=left-pad", "--tool-arg", "version=1.3.0")
    answer = inspect("--method", "tools/call", "--tool-name", "check_package", *asked)
    assert answer["structuredContent"]["name"] == "left-pad"
