"""Look at everything in a directory or file: findings and gaps, without a verdict."""

import os
from functools import partial
from pathlib import Path

import click

from clearance.frontends.cli.terminal import FormatName, ToolName


@click.command("scan")
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option(
    "--format", "format_", type=FormatName(), default="text", help="text (default), json, sarif, markdown, gitlab."
)
@click.option(
    "--output", multiple=True, metavar="FILE", help="Also write FILE (.sarif .json .md .txt gl-*.json, or FORMAT:FILE)."
)
@click.option(
    "--with",
    "tools",
    multiple=True,
    type=ToolName(),
    metavar="TOOL[=RULES]",
    help="Ask another scanner that is installed, too (bandit, gosec, njsscan, ruff, semgrep=DIR).",
)
@click.option(
    "--sarif",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Take in the results of another tool (CodeQL, …) about the same files.",
)
@click.option(
    "--history", is_flag=True, help="Look for secrets in all commits of the repository, not only in what stands now."
)
@click.option("--name", default="", metavar="NAME", help="What standard input is, when PATH is -: prompt.md, answer.py, …")
@click.option("--fresh", is_flag=True, help="Look at everything again, whatever an earlier scan of this place found.")
@click.option("--all", "show_all", is_flag=True, help="Show every finding and gap in full.")
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour (NO_COLOR is respected)."
)
def command(
    path: Path,
    *,
    format_: str,
    output: tuple[str, ...],
    tools: tuple[str, ...],
    sarif: tuple[Path, ...],
    history: bool,
    name: str,
    fresh: bool,
    show_all: bool,
    color: str,
) -> int:
    """Look at everything in PATH (default: here), in a repository or not; - is standard input, a prompt or an answer, say.

    No verdict, no record. Exit codes: 0 could look everywhere (whatever was found), 2 used wrongly, 3 something is
    not known and a person must find out, 4 a gap that matters.
    """
    from clearance.frontends.cli.terminal import Progress, emit, look, note, parse_outputs, read_bytes_in
    from clearance.report.render import prepare
    from clearance.wiring import Second, fingerprint_problem, scan, scan_history, scan_text

    given = str(path) == "-"
    if name and not given:
        raise click.UsageError("--name says what standard input is: give - as PATH")
    if history and (given or tools or sarif):
        raise click.UsageError("--history looks for secrets in a repository: without -, --with and --sarif")
    outputs = parse_outputs(output)
    ahead = partial(prepare, format_)
    with Progress("looking") as progress:
        if history:
            judged = scan_history(path, os.environ, progress, ahead, fresh=fresh)
        elif given:
            judged = scan_text(read_bytes_in(path), name, os.environ, ahead, Second(tools, sarif))
        else:
            judged = scan(path, os.environ, progress, ahead, Second(tools, sarif), fresh=fresh)
    note(fingerprint_problem(os.environ))
    emit(judged.outcome, format_, outputs, look(color=color, show_all=show_all), judged.at)
    if given and format_ == "text" and judged.outcome.findings:
        click.echo("next   `clearance mask` puts placeholders in their place, `clearance unmask` puts them back", err=True)
    return judged.exit
