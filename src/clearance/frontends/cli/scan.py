"""Look at everything in a directory or file: findings and gaps, without a verdict."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from clearance.frontends.cli.outcome_options import Reporting, reporting, second_opinions

if TYPE_CHECKING:
    from clearance.wiring import Second


@click.command("scan")
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option(
    "--history", is_flag=True, help="Look for secrets in all commits of the repository, not only in what stands now."
)
@click.option("--name", default="", metavar="NAME", help="What standard input is, when PATH is -: prompt.md, answer.py, …")
@click.option("--fresh", is_flag=True, help="Look at everything again, whatever an earlier scan of this place found.")
@second_opinions
@reporting("Show every finding and gap in full.")
def command(
    path: Path,
    *,
    history: bool,
    name: str,
    fresh: bool,
    second: "Second",
    reporting: Reporting,
) -> int:
    """Look at everything in PATH (default: here), in a repository or not; - is standard input, a prompt or an answer, say.

    No verdict, no record. Exit codes: 0 could look everywhere (whatever was found), 2 used wrongly, 3 something is
    not known and a person must find out, 4 a gap that matters.
    """
    from clearance.frontends.cli.terminal import Progress, note, read_bytes_in
    from clearance.wiring import fingerprint_problem, scan, scan_history, scan_text

    given = str(path) == "-"
    if name and not given:
        raise click.UsageError("--name says what standard input is: give - as PATH")
    if history and (given or any(second)):
        raise click.UsageError("--history looks for secrets in a repository: without -, --with and --sarif")
    ahead = reporting.ahead
    with Progress("looking") as progress:
        if history:
            judged = scan_history(path, os.environ, progress, ahead, fresh=fresh)
        elif given:
            judged = scan_text(read_bytes_in(path), name, os.environ, ahead, second)
        else:
            judged = scan(path, os.environ, progress, ahead, second, fresh=fresh)
    note(fingerprint_problem(os.environ))
    reporting.emit(judged.outcome, judged.at)
    if given and reporting.format == "text" and judged.outcome.findings:
        click.echo("next   `clearance mask` puts placeholders in their place, `clearance unmask` puts them back", err=True)
    return judged.exit
