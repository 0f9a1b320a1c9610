"""Serve assistants over the Model Context Protocol: judge changes, code, packages and prompts, and explain rules."""

import os
from pathlib import Path

import click


@click.command("mcp")
@click.option(
    "-C",
    "--directory",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="Work in DIR only (default: where the client says that it works, or here).",
)
@click.option("--http", "address", metavar="HOST:PORT", help="Serve streamable HTTP there instead, at /mcp, with a token.")
@click.option("--remote", is_flag=True, help="With --http: other machines may ask; needs --name.")
@click.option("--name", "names", multiple=True, metavar="HOST", help="With --http: a name under which clients reach it.")
@click.option("--origin", "origins", multiple=True, metavar="URL", help="With --http: a web page that may ask.")
@click.option("--no-token", is_flag=True, help="With --http on this machine only: ask for no token.")
def command(
    *,
    directory: Path | None,
    address: str | None,
    remote: bool,
    names: tuple[str, ...],
    origins: tuple[str, ...],
    no_token: bool,
) -> int:
    """Answer an assistant on standard input and output until it ends.

    Speaks the revisions 2026-07-28 and 2025-11-25 of the protocol. Needs `pip install 'clearance[mcp]'`. With --http the
    token is $CLEARANCE_MCP_TOKEN, or that of the file that is named when the server starts.

    Exit codes: 0 the client closed, 2 used wrongly, 4 could not serve.
    """
    import asyncio

    from clearance.facts.errors import UsageError

    if address is None and (remote or names or origins or no_token):
        raise click.UsageError("--remote, --name, --origin and --no-token go with --http")
    from clearance.frontends.mcp.http import Wanted, serve_http
    from clearance.frontends.mcp.stdio import serve_stdio

    if address is None:
        serving = serve_stdio(os.environ, directory)
    else:
        serving = serve_http(os.environ, directory, Wanted(address, remote, not no_token, names, origins))
    try:
        asyncio.run(serving)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "clearance":
            raise
        raise UsageError("the packages for this command are not installed", next="pip install 'clearance[mcp]'") from None
    return 0
