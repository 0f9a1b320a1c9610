"""Say of every package that a folder names whether it is good, bad, or unknown, why, and how old the data is."""

import os
from pathlib import Path

import click


@click.command("packages")
@click.argument("path", type=click.Path(path_type=Path, exists=True), default=Path())
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json.")
@click.option("--all", "show_all", is_flag=True, help="Show every name, the good ones too.")
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour (NO_COLOR is respected)."
)
def command(path: Path, *, format_: str, show_all: bool, color: str) -> int:
    """Judge every name and version that PATH (default: here) would install.

    Unknown is never good: it says what is missing. Exit codes: 0 all are good, 1 some are bad, 2 used wrongly, 3 some are
    unknown, 4 something could not be looked at.
    """
    from datetime import UTC, datetime

    from clearance.frontends.cli.terminal import Progress, look
    from clearance.report import standings
    from clearance.wiring.packages import packages

    with Progress("looking") as progress:
        answer = packages(path, os.environ, progress)
    verdicts = standings.Verdicts(answer.standings, answer.notes, answer.gaps, answer.files, datetime.now(UTC).date())
    how = look(color=color, show_all=show_all)
    click.echo(standings.json(verdicts) if format_ == "json" else standings.text(verdicts, how), nl=False, color=how.color)
    return answer.exit
