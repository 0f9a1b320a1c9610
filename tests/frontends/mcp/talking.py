"""Speaks to the server with the official Python client."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

FLAW = "import os\nfrom flask import request\n\n\ndef f():\n    os.system('ls ' + request.args['q'])\n"
COMMAND = [sys.executable, "-m", "clearance", "mcp"]
Talk = Callable[[Client], Awaitable[Any]]


def talk(story: Talk, *, revision: str, directory: Path | None, cwd: Path | None = None, **more: Any) -> Any:
    """Start the server as a process, speak to it with the official client, and end it."""

    async def run() -> Any:
        arguments = [*COMMAND[1:], *(["-C", str(directory)] if directory else [])]
        parameters = StdioServerParameters(command=COMMAND[0], args=arguments, env=dict(os.environ), cwd=cwd)
        mode = "legacy" if revision == "2025-11-25" else "auto"
        async with Client(stdio_client(parameters), mode=mode, **more) as client:
            assert client.protocol_version == revision
            return await story(client)

    return asyncio.run(run())
