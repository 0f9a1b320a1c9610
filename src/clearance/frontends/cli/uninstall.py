"""Take everything out again that `clearance init` put in; your files are left as they were before.

The log of decisions stays: it is a record, no guard.
"""

import os
from pathlib import Path

import click


@click.command("uninstall")
@click.option("--user", is_flag=True, help="Hooks in your home, too.")
@click.option("--yes", is_flag=True, help="Take it out without asking.")
@click.option("--dry-run", is_flag=True, help="Show the plan and change nothing.")
@click.option("--full", is_flag=True, help="Show every line that goes.")
@click.option("--format", type=click.Choice(["text", "json"]), default="text", help="How the plan is shown.")
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour (NO_COLOR is respected)."
)
def command(*, user: bool, yes: bool, dry_run: bool, full: bool, format: str, color: str) -> int:
    """Show what is ours in this repository, and on yes take it out: our parts of your files, our own files, empty
    folders that were made for them.

    It goes by the record `.clearance/installed.json`, and without it by marks, seals and command lines. Exit codes: 0
    done, or nothing to do; 2 used wrongly, nobody there to ask, or a file cannot be read as what it should be; 4
    something could not be taken out."""
    from clearance.frontends.cli.init import carry_out
    from clearance.wiring.installing import plan_uninstall

    draft = plan_uninstall(Path(), os.environ, user=user)
    return carry_out(draft, yes=yes, dry_run=dry_run, full=full, format=format, color=color)
