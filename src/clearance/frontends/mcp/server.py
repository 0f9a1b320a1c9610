"""The server: its handlers, what it says of itself, and where it works."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import mcp_types as types
from mcp.server.caching import CacheHint
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.models import InitializationOptions
from mcp.shared.exceptions import MCPError

from clearance import __version__
from clearance.facts.errors import ClearanceError, UsageError
from clearance.facts.text import visible
from clearance.frontends.mcp import places, telling, tools
from clearance.frontends.mcp.tools import Asked, Toolbox
from clearance.wiring.serving import GLANCE, PAGES, RULE, START, Bench, Job, Page, page_text

Context = ServerRequestContext[Any, Any]
_FRESH = 300_000
"""Milliseconds for which lists and pages may be kept."""
_HINTS: Mapping[Any, CacheHint] = {
    "tools/list": CacheHint(_FRESH, "public"),
    "resources/list": CacheHint(_FRESH, "private"),
    "resources/templates/list": CacheHint(_FRESH, "public"),
    "resources/read": CacheHint(_FRESH, "private"),
    "server/discover": CacheHint(0, "private"),
}
_MOST_LISTED = 200
_SECONDS = 30.0
_START_SECONDS = 60.0
_PATIENCE = 2.0
"""Seconds that a client waits at most for what is known of the guards."""
_ROOTS_SECONDS = 5.0
_NO_RULES = frozenset({"vocabulary"})
_PURPOSE = """Clearance judges what you write before it goes further. Use it like this:
- rules that hold for files and a task: rules_for, before you write;
- code that handles input, queries, files, commands, passwords or configuration: check_code, before you write it;
- a package: check_package, before you add or install it; install nothing that is not `ok`;
- when you think that you are done: check_change. On DENY mend every finding and call it again; on ASK stop and tell the
  person.
A result that could not look is no pass. Never edit .clearance/ or hook settings to get past a verdict."""


def quiet(environment: Mapping[str, str]) -> None:
    """Let the packages below log nothing: what they would say holds what clients send."""
    if not environment.get("CLEARANCE_TRACEBACK"):
        logger = logging.getLogger("mcp")
        logger.addHandler(logging.NullHandler())
        logger.propagate = False


class Service:
    """One server for one event loop. `directory` is where it works if that was said; `local`: the client runs on this
    machine and may name its roots."""

    def __init__(self, bench: Bench, directory: Path | None, *, local: bool) -> None:
        self._bench = bench
        self._toolbox = Toolbox(bench)
        self._given = places.folder("", (os.path.realpath(directory),)) if directory is not None else None
        self._local = local
        self._roots: tuple[str, ...] | None = None
        self._glance: asyncio.Task[str] | None = None
        self._proof: asyncio.Task[str] | None = None
        self._told = ""
        self.server: Server[Any] = Server(
            "clearance",
            version=__version__,
            title="Clearance",
            description="Judges what AI assistants write: findings with fixes, packages, prompts, signed verdicts.",
            instructions=_PURPOSE,
            cache_hints=_HINTS,
            get_tool_input_schema=_input_schema,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._list_templates,
            on_read_resource=self._read_resource,
        )
        self.server.middleware.append(self._greet)
        self.server.add_notification_handler(
            "notifications/roots/list_changed", types.NotificationParams, self._forget_roots
        )
        self.options: InitializationOptions = self.server.create_initialization_options()

    def begin(self) -> None:
        """Ask whether the guards are alive: at a glance while the client says hello, and then by firing at them."""
        loop = asyncio.get_running_loop()
        directory = self._given or str(Path.cwd())
        self._glance = loop.create_task(self._dead_guards(GLANCE, directory))
        self._proof = loop.create_task(self._dead_guards(START, directory, after=self._glance))

    async def _dead_guards(self, job: Job[str], directory: str, *, after: "asyncio.Task[str] | None" = None) -> str:
        if after is not None:
            await asyncio.wait((after,))
        try:
            return await self._bench.ask(job, {"directory": directory}, seconds=_START_SECONDS)
        except ClearanceError as error:
            return f"Whether the guards of this repository are alive is not known: {error.what}. Run `clearance prove`."

    async def _greet(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        """Tell whoever connects which guards are dead, if that is known in time."""
        if ctx.method in {"initialize", "server/discover"} and self._glance is not None:
            await asyncio.wait((self._glance,), timeout=_PATIENCE)
            said = self._known()
            if said:
                self._told = said
                self.server.instructions = self.options.instructions = f"{said}\n\n{_PURPOSE}"
        return await call_next(ctx)

    def _known(self) -> str:
        """Say what is known of dead guards by now."""
        done = [task.result() for task in (self._proof, self._glance) if task is not None and task.done()]
        return done[0] if done else ""

    def _news(self) -> list[types.ContentBlock]:
        """Say once what became known of dead guards after the client had said hello."""
        said = self._known()
        if not said or said == self._told:
            return []
        self._told = said
        return [types.TextContent(type="text", text=said)]

    async def _list_tools(self, _: Context, params: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        _insist_on_start(params)
        return types.ListToolsResult(tools=[entry.tool for entry in tools.ENTRIES.values()])

    async def _call_tool(self, ctx: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        entry = tools.ENTRIES.get(params.name)
        if entry is None:
            raise MCPError(code=types.INVALID_PARAMS, message=f"Unknown tool: {params.name[:80]}")
        result = await tools.call(self._toolbox, entry, params.arguments, self._placing(ctx))
        result.content.extend(self._news())
        return result

    async def _list_resources(self, ctx: Context, params: types.PaginatedRequestParams | None) -> types.ListResourcesResult:
        pages = await self._pages(ctx)
        first = _position(params)
        listed = pages[first : first + _MOST_LISTED]
        more = first + _MOST_LISTED < len(pages)
        return types.ListResourcesResult(
            resources=[
                types.Resource(
                    name=page.id,
                    title=page.title,
                    uri=f"{telling.PAGES}{page.family}/{page.id}",
                    description=page.brief,
                    mime_type="text/markdown",
                )
                for page in listed
            ],
            next_cursor=str(first + _MOST_LISTED) if more else None,
        )

    async def _list_templates(
        self, _: Context, params: types.PaginatedRequestParams | None
    ) -> types.ListResourceTemplatesResult:
        _insist_on_start(params)
        template = types.ResourceTemplate(
            name="rule",
            title="Rule page",
            uri_template=f"{telling.PAGES}{{family}}/{{id}}",
            description="What a rule finds, why, and how to mend it.",
            mime_type="text/markdown",
        )
        return types.ListResourceTemplatesResult(resource_templates=[template])

    async def _read_resource(self, ctx: Context, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        uri = str(params.uri)
        family, _, id = uri.removeprefix(telling.PAGES).partition("/")
        asked = await self._placing(ctx)("")
        rule = None
        try:
            if uri.startswith(telling.PAGES):
                rule = await self._bench.ask(RULE, {"directory": asked.directory, "rule": id}, seconds=_SECONDS)
        except UsageError:
            pass
        except ClearanceError as error:
            raise MCPError(code=types.INTERNAL_ERROR, message=f"could not look: {error.what}") from None
        if rule is None or rule.family != family:
            raise MCPError(code=types.INVALID_PARAMS, message=f"Resource not found: {uri[:200]}", data={"uri": uri[:200]})
        text = page_text(rule)
        return types.ReadResourceResult(contents=[types.TextResourceContents(uri=uri, mime_type="text/markdown", text=text)])

    async def _pages(self, ctx: Context) -> list[Page]:
        asked = await self._placing(ctx)("")
        try:
            pages = await self._bench.ask(PAGES, {"directory": asked.directory}, seconds=_SECONDS)
        except ClearanceError as error:
            raise MCPError(code=types.INTERNAL_ERROR, message=f"could not look: {error.what}") from None
        return [page for page in pages if page.family not in _NO_RULES]

    def _placing(self, ctx: Context) -> Callable[[str], Awaitable[Asked]]:
        """Give what tells where a question is about: in the folder it names, within those that the server works in."""

        async def place(wanted: str) -> Asked:
            roots = (self._given,) if self._given is not None else await self._client_roots(ctx)
            return Asked(places.folder(wanted, roots), _client_name(ctx))

        return place

    async def _client_roots(self, ctx: Context) -> tuple[str, ...]:
        """Ask the client where it works, once; where it does not say, that is where the server was started."""
        if self._roots is None:
            self._roots = (await _asked_roots(ctx) if self._local else ()) or (places.here(),)
        return self._roots

    async def _forget_roots(self, _: Context, __: types.NotificationParams) -> None:
        self._roots = None


async def _asked_roots(ctx: Context) -> tuple[str, ...]:
    """Give the local folders among a client's roots; none where it has none to tell."""
    capabilities = ctx.session.client_capabilities
    if capabilities is None or capabilities.roots is None or not ctx.session.can_send_request:
        return ()
    try:
        told = await ctx.session.send_request(types.ListRootsRequest(), types.ListRootsResult, _ROOTS_SECONDS)
    except (MCPError, ValueError):
        return ()
    return places.local_folders(str(root.uri) for root in told.roots)


def _client_name(ctx: Context) -> str:
    params = ctx.session.client_params
    return (visible(params.client_info.name.strip()[:80]) if params is not None else "") or "an agent"


def _input_schema(name: str) -> Mapping[str, Any] | None:
    entry = tools.ENTRIES.get(name)
    return entry.tool.input_schema if entry else None


def _insist_on_start(params: types.PaginatedRequestParams | None) -> None:
    """Refuse a cursor where there is one page only."""
    if params is not None and params.cursor:
        raise MCPError(code=types.INVALID_PARAMS, message="Invalid cursor")


def _position(params: types.PaginatedRequestParams | None) -> int:
    cursor = params.cursor if params is not None else None
    if not cursor:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 8):
        raise MCPError(code=types.INVALID_PARAMS, message="Invalid cursor")
    return int(cursor)
