"""Decide the logged changes with other policies, and show who would have been stopped, and at which cost."""

import os
from pathlib import Path

import click

LAST = 200


@click.command("backtest")
@click.option(
    "--policy", "new", required=True, metavar="NEW", help="Policies to try: a folder, a file, a revision, or `builtin`."
)
@click.option(
    "--last", type=click.IntRange(min=1), metavar="N", default=LAST, show_default=True, help="Judge the newest N decisions."
)
@click.option("--exit-code", is_flag=True, help="Exit with 1 when a decision comes out milder.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
def backtest(new: str, last: int, format_: str, directory: Path, *, exit_code: bool) -> int:
    """Decide the changes that the log holds with other policies: what they would have done to this repository's history.

    Shows how many more would have been stopped, asked about, or let go, by which policy, by whom, how many more people
    would have had to look, and which findings would not have passed. A single file counts beside the policies of here.

    Exit codes: 0 done; 1 with --exit-code, when a decision comes out milder; 4 a decision could not be judged again.
    """
    from clearance.facts.fact import plain
    from clearance.frontends.cli.log_passed import rows
    from clearance.frontends.cli.terminal import Progress, look
    from clearance.wiring.backtesting import backtested

    with Progress("judging") as progress:
        found = backtested(directory, new, last, os.environ, progress)
    if format_ == "json":
        import json

        click.echo(json.dumps(plain(found) | {"notBelieved": rows()}, indent=2, ensure_ascii=True))
    else:
        from clearance.report.backtest import render

        how = look()
        click.echo(render(found, how), nl=False, color=how.color)
    if exit_code and found.milder:
        return 1
    return 4 if found.missing or not found.judged else 0
