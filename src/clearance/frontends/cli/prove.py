"""Prove that every guard is alive: fire something known to be bad at each, and sign what they did."""

import os
from pathlib import Path

import click


@click.command("prove")
@click.option(
    "--quick", is_flag=True, help="Reuse what rests on the same as a proof younger than a day; still fire the hooks."
)
@click.option("--full", is_flag=True, help="Try all built-in rule pages, not a sample (takes minutes).")
@click.option(
    "--only",
    multiple=True,
    metavar="KIND",
    help="Try only hooks, pre-commit, ci, mcp, gate, scanners, rules, policies, log, data, resident, or instructions.",
)
@click.option(
    "--forget", multiple=True, metavar="GUARD", help="A guard that was taken out on purpose: that it is gone is no news."
)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json.")
@click.option("--all", "show_all", is_flag=True, help="Show each guard on a line of its own, and what is not installed.")
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour (NO_COLOR is respected)."
)
@click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
def command(
    *,
    quick: bool,
    full: bool,
    only: tuple[str, ...],
    forget: tuple[str, ...],
    format_: str,
    show_all: bool,
    color: str,
    directory: Path,
) -> int:
    """Fire a canary at every guard that is installed here, and record a signed certificate.

    Tried are the hooks of each assistant as they stand in its settings, the hook before commits, the CI file, the MCP
    server, the gate with each scanner family, rule pages, policies, the log and its keys. Of each dead guard: since when,
    why, and what mends it. Only command lines that Clearance installed are run.

    Exit codes: 0 all installed guards are alive, 1 some are dead, 2 used wrongly, 4 could not be proved.
    """
    from clearance.facts.errors import UsageError
    from clearance.frontends.cli.terminal import Progress, look
    from clearance.report import proof as certificates
    from clearance.wiring.proving.run import proven

    if quick and full:
        raise click.UsageError("--quick and --full are opposites: choose one")
    if not directory.is_dir():
        raise UsageError("no such folder", where=str(directory), next="name the folder of a repository with -C")
    with Progress("proving") as progress:
        done = proven(directory, os.environ, quick=quick, full=full, only=only, forget=forget, progress=progress)
    certificate = certificates.Certificate(done.proof, done.receipt, done.unrecorded, done.reused, done.lived)
    how = look(color=color, show_all=show_all)
    said = certificates.json(certificate) if format_ == "json" else certificates.text(certificate, how)
    click.echo(said, nl=False, color=how.color)
    return done.exit
