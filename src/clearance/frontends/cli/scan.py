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
@click.option("--fresh", is_flag=True, help="Look at every file again, whatever an earlier scan of this folder found.")
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
    fresh: bool,
    show_all: bool,
    color: str,
) -> int:
    """Look at everything in PATH (default: here), in a repository or not.

    No verdict, no record. Exit codes: 0 could look everywhere (whatever was found), 2 used wrongly, 4 a gap that matters.
    """
    from clearance.frontends.cli.terminal import Progress, emit, look, parse_outputs
    from clearance.report.render import prepare
    from clearance.wiring import Second, scan

    outputs = parse_outputs(output)
    with Progress("looking") as progress:
        judged = scan(path, os.environ, progress, partial(prepare, format_), Second(tools, sarif), fresh=fresh)
    emit(judged.outcome, format_, outputs, look(color=color, show_all=show_all), judged.at)
    return judged.exit
