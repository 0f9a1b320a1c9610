"""The server: documents that are open, when they are looked at, and what an editor may ask."""

import asyncio
import inspect
import logging
import os
import threading
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from lsprotocol import types
from pygls.io_ import run_async
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.protocol.language_server import lsp_method

from clearance import __version__
from clearance.facts.errors import ClearanceError, UsageError
from clearance.facts.finding import Finding
from clearance.facts.text import visible
from clearance.frontends.lsp import telling
from clearance.frontends.lsp.document import Document, Units
from clearance.frontends.lsp.telling import Told
from clearance.wiring.serving import RULE, TEXT, Bench, Seen, page_of, page_text, top_of

EXPLAIN = "clearance.explain"
_FIX_ALL = f"{types.CodeActionKind.SourceFixAll.value}.clearance"
_SECONDS = 60.0
_SOONEST, _LATEST = 0.05, 0.3
"""Seconds without a key press before a text is looked at; longer where looking takes longer."""
_SCHEMES = frozenset({"file", "untitled"})
_MOST_SCHEMES = 20
_LANGUAGES = {
    "typescriptreact": "tsx", "javascriptreact": "jsx", "shellscript": "shell", "terraform": "tf", "yaml": "yaml",
    "plaintext": "text", "jsonc": "json", "vue": "vue", "c": "c", "cpp": "cpp",
}  # fmt: skip


class _Open:
    """A document that is open, what is known of it, and the work that is under way for it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.told: Told | None = None
        self.took = 0.0
        self.later: asyncio.Task[None] | None = None
        self.looking: asyncio.Task[Told] | None = None


class _Protocol(LanguageServerProtocol):
    """Hands documents to our own keeping (see `document.py`) instead of pygls's."""

    _server: "ClearanceServer"

    @lsp_method(types.TEXT_DOCUMENT_DID_OPEN)
    def lsp_text_document__did_open(self, params: types.DidOpenTextDocumentParams) -> None:
        """Take a document."""
        self._server.opened(params.text_document)

    @lsp_method(types.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: types.DidChangeTextDocumentParams) -> None:
        """Edit a document."""
        self._server.changed(params)

    @lsp_method(types.TEXT_DOCUMENT_DID_CLOSE)
    def lsp_text_document__did_close(self, params: types.DidCloseTextDocumentParams) -> None:
        """Let a document go."""
        self._server.closed(params.text_document.uri)


class ClearanceServer(LanguageServer):
    """One server for one editor."""

    def __init__(self, bench: Bench) -> None:
        super().__init__("clearance", __version__, protocol_cls=_Protocol)
        self._bench = bench
        self._open: dict[str, _Open] = {}
        self._pulls = False
        self._told: set[str] = set()
        self.feature(types.INITIALIZE)(_handler(self._initialize))
        self.feature(types.TEXT_DOCUMENT_DID_SAVE)(_handler(self._saved))
        self.feature(types.TEXT_DOCUMENT_HOVER)(_handler(self._hover))
        kinds = [types.CodeActionKind.QuickFix, _FIX_ALL]
        self.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(code_action_kinds=kinds))(
            _handler(self._actions)
        )

        async def explain(rule: str, uri: str) -> str:
            return await self._explain(rule, uri)

        self.command(EXPLAIN)(explain)

    def _initialize(self, params: types.InitializeParams) -> None:
        """Learn what the editor can do: one that asks for diagnostics is not sent them, too, or it shows all twice."""
        can = params.capabilities.text_document
        self._pulls = can is not None and can.diagnostic is not None
        if self._pulls:
            options = types.DiagnosticOptions(
                inter_file_dependencies=False, workspace_diagnostics=False, identifier="clearance"
            )
            self.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, options)(_handler(self._pulled))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Tell the editor that something of ours broke; its kind alone, since what it says may hold content."""
        self.window_log_message(
            types.LogMessageParams(types.MessageType.Error, f"clearance: internal error {type(error).__name__}")
        )

    # documents

    def opened(self, item: types.TextDocumentItem) -> None:
        """Take a document and look at it."""
        if _scheme(item.uri) not in _SCHEMES:
            self._foreign(item.uri)
            return
        units: Units = _units(self.protocol.server_capabilities.position_encoding)
        self._open[item.uri] = _Open(Document(item.uri, item.text, item.version, item.language_id, units))
        self._schedule(self._open[item.uri], 0.0)

    def _foreign(self, uri: str) -> None:
        """Tell in the editor's log, once for each scheme, that documents of it are not looked at."""
        scheme = _scheme(uri)
        if scheme in _SCHEMES or scheme in self._told or len(self._told) >= _MOST_SCHEMES:
            return
        self._told.add(scheme)
        said = f"clearance: documents of `{visible(scheme[:40]) or 'no scheme'}` are not looked at"
        self.window_log_message(types.LogMessageParams(types.MessageType.Info, said))

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        """Edit a document and look at it when nobody types."""
        held = self._open.get(params.text_document.uri)
        if held is not None:
            held.document.change(params.content_changes, params.text_document.version)
            self._schedule(held, min(max(held.took, _SOONEST), _LATEST))

    def closed(self, uri: str) -> None:
        """Let a document go, and what was said of it."""
        held = self._open.pop(uri, None)
        if held is None:
            return
        if held.later is not None:
            held.later.cancel()
        if not self._pulls:
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))

    def _saved(self, params: types.DidSaveTextDocumentParams) -> None:
        held = self._open.get(params.text_document.uri)
        if held is not None:
            self._schedule(held, 0.0)

    def _schedule(self, held: _Open, seconds: float) -> None:
        """Look at a document after so many seconds, unless it changes again before."""
        if self._pulls:
            return
        if held.later is not None:
            held.later.cancel()

        async def later() -> None:
            await asyncio.sleep(seconds)
            known = await asyncio.shield(self._look(held))
            if self._open.get(held.document.uri) is held and known.version == held.document.version:
                diagnostics = list(known.diagnostics)
                uri = held.document.uri
                self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics, known.version))

        held.later = asyncio.get_running_loop().create_task(later())

    # looking

    def _look(self, held: _Open) -> "asyncio.Task[Told]":
        """Look at the newest version of a document. A look that is under way is not broken off: the next one follows it."""
        if held.looking is None or held.looking.done():
            held.looking = asyncio.get_running_loop().create_task(self._newest(held))
        return held.looking

    async def _newest(self, held: _Open) -> Told:
        while held.told is None or held.told.version != held.document.version:
            document = held.document
            version, text = document.version, document.text
            began = time.monotonic()
            try:
                seen = await self._seen(document, text)
            except ClearanceError as error:
                held.told = telling.could_not_look(document, f"{error.what}. {error.next}".rstrip(". "))
                break
            except (OSError, RuntimeError, ValueError) as error:
                held.told = telling.could_not_look(document, f"internal error {type(error).__name__}")
                break
            held.took = time.monotonic() - began
            if version == document.version:
                held.told = telling.told(document, seen, _top(document.uri))
        return held.told

    async def _seen(self, document: Document, text: str) -> Seen:
        arguments = {**_placed(document, self._folders()), "text": text, "compare": False}
        try:
            return await self._bench.ask(TEXT, arguments, seconds=_SECONDS)
        except UsageError:
            if not arguments["path"]:
                raise
            # A link out of the repository, say: what it is called is all that is taken from there.
            alone = {"path": "", "language": str(arguments["path"]).rpartition(".")[2]}
            return await self._bench.ask(TEXT, arguments | alone, seconds=_SECONDS)

    def _folders(self) -> list[str]:
        """Give the folders of the workspace that lie on this machine."""
        places = [_local(uri) for uri in (*self.workspace.folders, self.workspace.root_uri or "")]
        return [place for place in places if place and os.path.isdir(place)]  # noqa: PTH112

    # what an editor asks

    async def _pulled(self, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        held = self._open.get(params.text_document.uri)
        if held is None:
            self._foreign(params.text_document.uri)
            return types.RelatedFullDocumentDiagnosticReport(items=[])
        known = await asyncio.shield(self._look(held))
        if params.previous_result_id == known.name:
            return types.RelatedUnchangedDocumentDiagnosticReport(result_id=known.name)
        return types.RelatedFullDocumentDiagnosticReport(items=list(known.diagnostics), result_id=known.name)

    async def _hover(self, params: types.HoverParams) -> types.Hover | None:
        """Show the pages of the rules whose findings stand here."""
        held = self._open.get(params.text_document.uri)
        if held is None:
            return None
        known = await asyncio.shield(self._look(held))
        here = [
            (finding, one.range)
            for finding, one in zip(known.findings, known.diagnostics, strict=False)
            if telling.within(params.position, one.range)
        ]
        if not here:
            return None
        pages = [page_of(known.seen, rule) for rule in dict.fromkeys(finding.rule for finding, _ in here)]
        content = types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(pages[:3]))
        return types.Hover(contents=content, range=here[0][1])

    async def _actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        """Offer what mends the findings that stand here, all that can be mended, and the pages."""
        held = self._open.get(params.text_document.uri)
        if held is None:
            return []
        known = await asyncio.shield(self._look(held))
        actions: list[types.CodeAction] = []
        wanted = [str(getattr(kind, "value", kind)) for kind in params.context.only or ()]
        if _asked_for(types.CodeActionKind.QuickFix.value, wanted):
            for finding, diagnostic in zip(known.findings, known.diagnostics, strict=False):
                if telling.overlap(params.range, diagnostic.range):
                    actions += self._mends(held.document, finding, diagnostic)
        fixes = telling.joined(held.document, known.findings) if _asked_for(_FIX_ALL, wanted) else []
        if fixes:
            title = "Mend all that has one safe answer"
            actions.append(types.CodeAction(title, kind=_FIX_ALL, edit=self._edit(held.document, fixes)))
        return actions

    def _mends(self, document: Document, finding: Finding, diagnostic: types.Diagnostic) -> list[types.CodeAction]:
        kind = types.CodeActionKind.QuickFix
        edits = telling.edits_of(document, finding)
        command = types.Command(f"Explain {finding.rule}", EXPLAIN, arguments=[finding.rule, document.uri])
        explain = types.CodeAction(command.title, kind=kind, diagnostics=[diagnostic], command=command)
        if not edits:
            return [explain]
        title = visible(finding.fix.partition("\n")[0][:80] or f"Mend {finding.rule}")
        edit = self._edit(document, edits)
        return [types.CodeAction(title, kind=kind, diagnostics=[diagnostic], is_preferred=True, edit=edit), explain]

    def _edit(self, document: Document, edits: list[types.TextEdit]) -> types.WorkspaceEdit:
        """Give edits that hold for this version of the document alone, where the editor can be told so."""
        workspace = self.client_capabilities.workspace
        can = workspace.workspace_edit if workspace is not None else None
        if can is None or not can.document_changes:
            return types.WorkspaceEdit(changes={document.uri: edits})
        which = types.OptionalVersionedTextDocumentIdentifier(uri=document.uri, version=document.version)
        return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(which, list(edits))])

    async def _explain(self, rule: str, uri: str = "") -> str:
        """Show the page of a rule in the editor, and give it as Markdown."""
        held = self._open.get(uri)
        folders = self._folders()
        directory = _placed(held.document, folders)["directory"] if held is not None else (folders or ["/"])[0]
        try:
            page = await self._bench.ask(RULE, {"directory": directory, "rule": rule[:200]}, seconds=_SECONDS)
        except ClearanceError as error:
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, visible(f"clearance: {error.what}")))
            return ""
        window = self.client_capabilities.window
        file = resources.files("clearance").joinpath(page.page)
        if window is not None and window.show_document is not None and window.show_document.support and file.is_file():
            shown = types.ShowDocumentParams(uri=Path(str(file)).as_uri(), take_focus=True)
            await self.window_show_document_async(shown)
        else:
            said = visible(f"{page.title}. {page.brief}")
            self.window_show_message(types.ShowMessageParams(types.MessageType.Info, said))
        return page_text(page)


def _handler(method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Make a method a function: pygls hangs attributes on what it is given."""
    if inspect.iscoroutinefunction(method):

        async def wait(params: Any) -> Any:
            return await method(params)

        return wait

    def call(params: Any) -> Any:
        return method(params)

    return call


def _units(encoding: Any) -> Units:
    said = str(getattr(encoding, "value", encoding))
    return "utf-8" if said == "utf-8" else "utf-32" if said == "utf-32" else "utf-16"


def _asked_for(kind: str, wanted: list[str]) -> bool:
    """Tell whether an editor that wants actions of these kinds (empty: all) wants this one."""
    return not wanted or any(kind == one or kind.startswith(f"{one}.") for one in wanted)


def _scheme(uri: str) -> str:
    """Give the scheme of an address; empty where it is none."""
    try:
        return urlsplit(uri).scheme
    except ValueError:
        return ""


def _local(uri: str) -> str:
    """Give the path of a file on this machine; empty for anything else."""
    try:
        parts = urlsplit(uri)
    except ValueError:  # `file://[`
        return ""
    if parts.scheme != "file" or parts.netloc not in {"", "localhost"}:
        return ""
    path = unquote(parts.path)
    return path if path.startswith("/") and "\0" not in path else ""


def _placed(document: Document, folders: list[str]) -> dict[str, str]:
    """Say where a document stands: a folder that exists, the file's path from there; a language where it is no file yet."""
    path = _local(document.uri)
    if not path:
        known = _LANGUAGES.get(document.language, document.language)
        return {"directory": (folders or ["/"])[0], "path": "", "language": known if known.isalnum() else "text"}
    folder = os.path.dirname(path)  # noqa: PTH120
    while not os.path.isdir(folder):  # noqa: PTH112 -- a file in a folder that is yet to be made
        folder = os.path.dirname(folder)  # noqa: PTH120
    return {"directory": folder, "path": path, "language": ""}


def _top(uri: str) -> Path | None:
    path = _local(uri)
    return top_of(Path(path).parent) if path else None


async def serve(bench: Bench, reading: Any, writing: Any) -> None:
    """Serve one editor until it says goodbye or goes away; `reading` and `writing` are as pygls wants them."""
    if not os.environ.get("CLEARANCE_TRACEBACK"):  # what pygls would log holds what the editor sends
        logging.getLogger("pygls").addHandler(logging.NullHandler())
        logging.getLogger("pygls").propagate = False
    server = ClearanceServer(bench)
    server.protocol.set_writer(writing)
    await run_async(threading.Event(), reading, server.protocol, error_handler=server.report_server_error)
