"""Serve an editor over the Language Server Protocol: findings while you type, pages on hover, fixes."""

import os

import click


@click.command("lsp")
@click.option("--tcp", "address", metavar="HOST:PORT", help="Serve one editor on a socket of this machine, for debugging.")
@click.option("--stdio", is_flag=True, hidden=True, help="What is done anyway; some editors add it.")
def command(*, address: str | None, stdio: bool) -> int:  # noqa: ARG001 -- said for the editor's sake
    """Answer an editor on standard input and output until it ends. Needs `pip install 'clearance[lsp]'`.

    The text is looked at as it is in the editor. Nothing is recorded and nothing is run.

    Exit codes: 0 the editor closed, 2 used wrongly, 4 could not serve.
    """
    import asyncio

    from clearance.facts.errors import UsageError
    from clearance.frontends.lsp.wire import over_stdio, over_tcp

    try:
        asyncio.run(over_stdio(os.environ) if address is None else over_tcp(os.environ, address))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "clearance":
            raise
        raise UsageError("the packages for this command are not installed", next="pip install 'clearance[lsp]'") from None
    return 0
