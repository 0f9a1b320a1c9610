"""An editor, played by pygls's client over a real process."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import LanguageClient

COMMAND = [sys.executable, "-m", "clearance", "lsp"]
SECONDS = 90


class Editor:
    """A client and what the server told it."""

    def __init__(self) -> None:
        self.client = LanguageClient("editor", "1")
        self.told: asyncio.Queue[types.PublishDiagnosticsParams] = asyncio.Queue()
        self.said: list[str] = []
        self.shown: list[str] = []
        told = self.told

        def published(params: types.PublishDiagnosticsParams) -> None:
            told.put_nowait(params)

        self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(published)
        self.client.feature(types.WINDOW_LOG_MESSAGE)(lambda params: self.said.append(params.message))
        self.client.feature(types.WINDOW_SHOW_MESSAGE)(lambda params: self.said.append(params.message))

        def show(params: types.ShowDocumentParams) -> types.ShowDocumentResult:
            self.shown.append(params.uri)
            return types.ShowDocumentResult(success=True)

        self.client.feature(types.WINDOW_SHOW_DOCUMENT)(show)

    async def open(self, uri: str, text: str, language: str = "python") -> None:
        item = types.TextDocumentItem(uri, language, 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def edit(self, uri: str, version: int, text: str, start: tuple[int, int], end: tuple[int, int]) -> None:
        where = types.Range(types.Position(*start), types.Position(*end))
        change = types.TextDocumentContentChangePartial(range=where, text=text)
        which = types.VersionedTextDocumentIdentifier(version, uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(which, [change]))

    async def diagnostics(self, uri: str, version: int | None = None) -> tuple[types.Diagnostic, ...]:
        """Wait for what is told of a document, of a version if one is named."""
        while True:
            params = await asyncio.wait_for(self.told.get(), SECONDS)
            if params.uri == uri and (version is None or params.version == version):
                return tuple(params.diagnostics)

    async def ask(self, method: str, params: Any) -> Any:
        return await asyncio.wait_for(self.client.protocol.send_request_async(method, params), SECONDS)


Story = Callable[[Editor], Awaitable[None]]


def edit(story: Story, *folders: Path, capabilities: types.ClientCapabilities | None = None) -> None:
    """Start the server as an editor does, do what the story says, and say goodbye."""

    async def run() -> None:
        editor = Editor()
        await editor.client.start_io(*COMMAND, env=dict(os.environ))
        spaces = [types.WorkspaceFolder(folder.as_uri(), folder.name) for folder in folders]
        can = capabilities or types.ClientCapabilities()
        await editor.ask("initialize", types.InitializeParams(can, workspace_folders=spaces))
        editor.client.initialized(types.InitializedParams())
        await story(editor)
        await editor.ask("shutdown", None)
        editor.client.exit(None)
        await editor.client.stop()

    asyncio.run(run())
