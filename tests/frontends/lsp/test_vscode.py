"""The language server before the JSON-RPC layer of VS Code's client. CLEARANCE_CLIENTS names the `node_modules` folder that
holds it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from frontends.lsp.editor import COMMAND

STORY = """
const { spawn } = require('child_process');
const { createProtocolConnection, StreamMessageReader, StreamMessageWriter, InitializeRequest, InitializedNotification,
    DidOpenTextDocumentNotification, PublishDiagnosticsNotification, HoverRequest, CodeActionRequest, ShutdownRequest,
    ExitNotification } = require('vscode-languageserver-protocol/node');
const [program, ...args] = JSON.parse(process.argv[2]);
const server = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
const connection = createProtocolConnection(new StreamMessageReader(server.stdout), new StreamMessageWriter(server.stdin));
const told = new Promise((resolve) => connection.onNotification(PublishDiagnosticsNotification.type, resolve));
connection.listen();
(async () => {
    const workspaceFolders = [{ uri: process.argv[3], name: 'one' }];
    const capabilities = { workspace: { workspaceEdit: { documentChanges: true } } };
    const ready = await connection.sendRequest(InitializeRequest.type,
        { processId: process.pid, rootUri: null, capabilities, workspaceFolders });
    await connection.sendNotification(InitializedNotification.type, {});
    const uri = process.argv[3] + '/app.py';
    const text = 'import yaml\\n\\n\\ndef f(text):\\n    return yaml.load(text)\\n';
    await connection.sendNotification(DidOpenTextDocumentNotification.type,
        { textDocument: { uri, languageId: 'python', version: 1, text } });
    const { diagnostics, version } = await told;
    const range = diagnostics[0].range;
    const hover = await connection.sendRequest(HoverRequest.type, { textDocument: { uri }, position: range.start });
    const actions = await connection.sendRequest(CodeActionRequest.type,
        { textDocument: { uri }, range, context: { diagnostics } });
    await connection.sendRequest(ShutdownRequest.type);
    await connection.sendNotification(ExitNotification.type);
    server.on('exit', (code) => {
        const encoding = ready.capabilities.positionEncoding;
        console.log(JSON.stringify({ encoding, diagnostics, version, hover, actions, code }));
        connection.dispose();
    });
})();
"""


@pytest.mark.system("node")
def test_the_client_of_vs_code_is_told_helped_and_left(tmp_path: Path) -> None:
    given = os.environ.get("CLEARANCE_CLIENTS")
    if not given or not Path(given, "vscode-languageserver-protocol").is_dir():
        if os.environ.get("CLEARANCE_NO_SKIP"):
            pytest.fail(
                "CLEARANCE_CLIENTS names no folder with vscode-languageserver-protocol, and nothing may be skipped here"
            )
        pytest.skip("needs CLEARANCE_CLIENTS, a node_modules folder with vscode-languageserver-protocol")
    (tmp_path / "story.cjs").write_text(STORY)
    done = subprocess.run(
        [shutil.which("node") or "node", "story.cjs", json.dumps(COMMAND), tmp_path.as_uri()],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
        env={**os.environ, "NODE_PATH": given},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["encoding"], told["version"], told["code"]) == ("utf-16", 1, 0)
    (shown,) = told["diagnostics"]
    assert shown["severity"] == 1
    assert shown["code"] in told["hover"]["contents"]["value"]
    mending, explaining, everything = told["actions"]
    edits = mending["edit"]["documentChanges"][0]
    assert edits["textDocument"]["version"] == 1
    assert "safe" in edits["edits"][0]["newText"]
    assert explaining["command"]["command"] == "clearance.explain"
    assert everything["kind"] == "source.fixAll.clearance"
