"""The language server before an editor: what is shown, when, and where."""

import asyncio
import subprocess
from pathlib import Path

import pytest
from lsprotocol import types

from frontends.lsp.editor import COMMAND, Editor, edit

FLAW = "import os\nfrom flask import request\n\n\ndef f():\n    x = '😀'; os.system('ls ' + request.args['q'])\n"
SHELL, EVAL = "python-subprocess-shell", "python-eval-dynamic"
LOAD = "import yaml\n\n\ndef f(text):\n    return yaml.load(text)\n"


def place(line: int, column: int) -> types.Position:
    return types.Position(line, column)


def codes(diagnostics: tuple[types.Diagnostic, ...]) -> list[object]:
    return [one.code for one in diagnostics]


def test_a_flaw_is_shown_where_it_stands_and_goes_when_it_is_mended(tmp_path: Path) -> None:
    uri = (tmp_path / "app.py").as_uri()

    async def story(editor: Editor) -> None:
        await editor.open(uri, FLAW)
        (shown,) = await editor.diagnostics(uri, 1)
        assert (shown.code, shown.severity, shown.source) == (SHELL, types.DiagnosticSeverity.Error, "clearance")
        assert (shown.range.start, shown.range.end) == (place(5, 14), place(5, 50))  # the face is two units of UTF-16
        assert "argument list" in shown.message
        steps = shown.related_information or ()
        assert [step.location.uri for step in steps] == [uri, uri]
        assert "comes from the request" in steps[0].message
        page = await editor.ask("textDocument/hover", types.HoverParams(types.TextDocumentIdentifier(uri), place(5, 20)))
        assert page.contents.kind is types.MarkupKind.Markdown
        assert "never shell strings" in page.contents.value
        nothing = await editor.ask("textDocument/hover", types.HoverParams(types.TextDocumentIdentifier(uri), place(0, 0)))
        assert nothing is None
        editor.edit(uri, 2, "# a line\n", (0, 0), (0, 0))
        (moved,) = await editor.diagnostics(uri, 2)
        assert moved.range.start == place(6, 14)
        for version in range(3, 8):  # typing: only the last version must be told of
            editor.edit(uri, version, "#", (0, 0), (0, 0))
        editor.edit(uri, 8, "x = 1\n", (6, 0), (7, 0))
        assert await editor.diagnostics(uri, 8) == ()
        await editor.open((tmp_path / "b.py").as_uri(), "x = eval(input())\n")
        assert codes(await editor.diagnostics((tmp_path / "b.py").as_uri(), 1)) == [EVAL]
        closing = types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
        editor.client.text_document_did_close(closing)
        assert await editor.diagnostics(uri) == ()
        assert editor.said == []

    edit(story, tmp_path)


def test_what_has_one_safe_answer_is_offered_for_this_version(tmp_path: Path) -> None:
    uri = (tmp_path / "app.py").as_uri()
    can = types.ClientCapabilities(
        workspace=types.WorkspaceClientCapabilities(
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True)
        ),
        window=types.WindowClientCapabilities(show_document=types.ShowDocumentClientCapabilities(support=True)),
    )

    async def story(editor: Editor) -> None:
        await editor.open(uri, LOAD)
        (shown,) = await editor.diagnostics(uri, 1)
        everything = types.CodeActionContext([])
        asked = types.CodeActionParams(types.TextDocumentIdentifier(uri), shown.range, everything)
        actions = list(await editor.ask("textDocument/codeAction", asked))
        mending = [action for action in actions if getattr(action, "edit", None) is not None]
        assert [action.kind for action in mending] == ["quickfix", "source.fixAll.clearance"]
        for action in mending:
            (change,) = action.edit.document_changes
            assert (change.text_document.uri, change.text_document.version) == (uri, 1)
            assert [one.new_text for one in change.edits] == ["yaml.safe_load"] or "safe" in change.edits[0].new_text
        assert mending[0].is_preferred
        only = types.CodeActionContext([], only=["source.fixAll"])
        fixing = await editor.ask("textDocument/codeAction", types.CodeActionParams(asked.text_document, shown.range, only))
        assert [action.kind for action in fixing] == ["source.fixAll.clearance"]
        called = types.ExecuteCommandParams("clearance.explain", [shown.code, uri])
        page = await editor.ask("workspace/executeCommand", called)
        assert page.startswith("# ")
        assert editor.shown
        assert editor.shown[0].endswith(f"/rules/code/{shown.code}.md")
        wrong = types.ExecuteCommandParams("clearance.explain", ["no-such-rule", uri])
        assert await editor.ask("workspace/executeCommand", wrong) == ""
        assert "no rule has the id" in editor.said[0]

    edit(story, tmp_path, capabilities=can)


def test_an_editor_that_asks_is_answered_and_not_told_besides(tmp_path: Path) -> None:
    uri = (tmp_path / "app.py").as_uri()
    can = types.ClientCapabilities(
        text_document=types.TextDocumentClientCapabilities(diagnostic=types.DiagnosticClientCapabilities()),
        general=types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind.Utf8]),
    )

    async def story(editor: Editor) -> None:
        await editor.open(uri, FLAW)
        asked = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri), identifier="clearance")
        report = await editor.ask("textDocument/diagnostic", asked)
        (shown,) = report.items
        assert shown.range.start == place(5, 16)  # four units of UTF-8
        asked = types.DocumentDiagnosticParams(asked.text_document, previous_result_id=report.result_id)
        assert (await editor.ask("textDocument/diagnostic", asked)).kind == "unchanged"
        editor.edit(uri, 2, "", (5, 0), (6, 0))
        assert list((await editor.ask("textDocument/diagnostic", asked)).items) == []
        assert editor.told.empty()

    edit(story, tmp_path, capabilities=can)


def test_texts_that_are_no_file_yet_and_files_of_several_folders(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        subprocess.run(["git", "init", "-q", folder], check=True)
    (folders[1] / ".clearance").mkdir()
    (folders[1] / ".clearance/settings.toml").write_text('[scan]\nexclude = ["old/**"]\n')
    author = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", folders[1], "add", "."], check=True)
    subprocess.run(["git", "-C", folders[1], *author, "commit", "-qm", "one"], check=True)
    (folders[0] / "link.py").symlink_to("/etc/hostname")

    async def story(editor: Editor) -> None:
        text = "x = eval(input())\n"
        await editor.open("untitled:Untitled-1", text)
        assert codes(await editor.diagnostics("untitled:Untitled-1")) == [EVAL]
        for path, told in (
            (folders[0] / "old" / "new" / "a.py", [EVAL]),
            (folders[1] / "old" / "a.py", ["gap"]),
            (folders[1] / "a b#ü.py", [EVAL]),
            (folders[0] / "link.py", [EVAL]),
            (tmp_path / "outside.py", [EVAL]),
        ):
            await editor.open(path.as_uri(), text)
            assert codes(await editor.diagnostics(path.as_uri())) == told, path
        await editor.open("git:/app.py?x", text)
        await editor.open("untitled:Untitled-2", "FROM debian:12\nRUN curl https://example.com/x | sh\n", "dockerfile")
        assert "docker-pipe-to-shell" in codes(await editor.diagnostics("untitled:Untitled-2"))
        assert editor.told.empty()

    edit(story, *folders)


def test_a_text_of_20_mb_is_told_as_not_looked_at(tmp_path: Path) -> None:
    uri = (tmp_path / "big.py").as_uri()

    async def story(editor: Editor) -> None:
        await editor.open(uri, "x = 1\n" * 3_500_000)
        shown = await editor.diagnostics(uri, 1)
        assert {one.code for one in shown} == {"gap"}
        assert {one.severity for one in shown} == {types.DiagnosticSeverity.Information}
        assert any("too large" in one.message for one in shown)
        editor.edit(uri, 2, "eval(input())\n", (1_000_000, 0), (1_000_000, 0))
        assert await editor.diagnostics(uri, 2)

    edit(story, tmp_path)


def test_broken_settings_are_told_and_are_no_pass(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    (tmp_path / ".clearance").mkdir()
    (tmp_path / ".clearance/settings.toml").write_text("[scan\n")
    author = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", tmp_path, "add", "."], check=True)
    subprocess.run(["git", "-C", tmp_path, *author, "commit", "-qm", "one"], check=True)
    uri = (tmp_path / "app.py").as_uri()

    async def story(editor: Editor) -> None:
        await editor.open(uri, FLAW)
        (shown,) = await editor.diagnostics(uri, 1)
        assert shown.code == "could-not-look"
        assert "settings.toml" in shown.message or "TOML" in shown.message

    edit(story, tmp_path)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", 0),
        (b"Content-Length: 2\r\n\r\n{}", 0),
        (b"Content-Length: 99999999999\r\n\r\n{}", 4),
        (b"x" * 100_000, 4),
        (b"Content-Length: 5\r\n\r\n{", 0),
    ],
)
def test_rubbish_ends_it_with_a_word_and_no_trace(data: bytes, code: int) -> None:
    done = subprocess.run(COMMAND, input=data, capture_output=True, check=False, timeout=90)
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("0.0.0.0:1", "others would reach"),
        ("example.com:1", "is no HOST:PORT"),
        ("127.0.0.1:x", "is no HOST:PORT"),
        ("127.0.0.1:" + "9" * 5_000, "is no HOST:PORT"),
    ],
)
def test_a_socket_is_for_this_machine_alone(address: str, said: str) -> None:
    done = subprocess.run([*COMMAND, "--tcp", address], capture_output=True, text=True, check=False, timeout=90)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_document_of_another_scheme_is_answered_with_nothing_and_told_once(tmp_path: Path) -> None:
    can = types.ClientCapabilities(
        text_document=types.TextDocumentClientCapabilities(diagnostic=types.DiagnosticClientCapabilities()),
    )

    async def story(editor: Editor) -> None:
        for uri in ("git:/x/app.py?HEAD", "git:/x/b.py", "vscode-vfs://github/x/app.py", "file://[", "\x1b[31m:x"):
            await editor.open(uri, FLAW)
            report = await editor.ask(
                "textDocument/diagnostic", types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri))
            )
            assert (report.kind, list(report.items)) == ("full", [])
        assert sorted(editor.said) == [
            "clearance: documents of `git` are not looked at",
            "clearance: documents of `no scheme` are not looked at",
            "clearance: documents of `vscode-vfs` are not looked at",
        ]

    edit(story, tmp_path, capabilities=can)


def test_a_socket_serves_one_editor_and_ends_with_it(tmp_path: Path) -> None:
    uri = (tmp_path / "app.py").as_uri()
    server = subprocess.Popen([*COMMAND, "--tcp", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        said = server.stderr.readline()
        assert said.startswith("clearance lsp: 127.0.0.1:")
        port = int(said.rpartition(":")[2])

        async def story() -> None:
            editor = Editor()
            await editor.client.start_tcp("127.0.0.1", port)
            await editor.ask("initialize", types.InitializeParams(types.ClientCapabilities()))
            editor.client.initialized(types.InitializedParams())
            with pytest.raises(OSError, match=str(port)):  # one editor, and no second one
                await asyncio.open_connection("127.0.0.1", port)
            await editor.open(uri, FLAW)
            assert codes(await editor.diagnostics(uri, 1)) == [SHELL]
            await editor.ask("shutdown", None)
            editor.client.exit(None)
            await editor.client.stop()

        asyncio.run(story())
        assert server.wait(60) == 0
    finally:
        server.kill()
        server.communicate()
