"""Look into a container image without a daemon: known vulnerabilities, secrets in layers, how it would run."""

import os
from functools import partial
from pathlib import Path

import click

from clearance.frontends.cli.terminal import FormatName


@click.command("image")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--platform", default="linux/amd64", show_default=True, help="Which image of several.")
@click.option(
    "--format", "format_", type=FormatName(), default="text", help="text (default), json, sarif, markdown, gitlab."
)
@click.option(
    "--output", multiple=True, metavar="FILE", help="Also write FILE (.sarif .json .md .txt gl-*.json, or FORMAT:FILE)."
)
@click.option("--all", "show_all", is_flag=True, help="Show every finding and gap in full.")
@click.option(
    "--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour (NO_COLOR is respected)."
)
def command(path: Path, *, platform: str, format_: str, output: tuple[str, ...], show_all: bool, color: str) -> int:
    """Look at PATH: an OCI layout, an archive of it or of `docker save`, or a folder with a root filesystem.

    Nothing of the image is run. Exit codes: 0 could look everywhere (whatever was found), 2 used wrongly, 3 something is not
    known and a person must find out, 4 a gap that matters.
    """
    from clearance.frontends.cli.terminal import Progress, emit, look, parse_outputs
    from clearance.report.render import prepare
    from clearance.wiring.images import scan_image

    outputs = parse_outputs(output)
    with Progress("looking") as progress:
        judged = scan_image(path, platform, os.environ, progress, partial(prepare, format_))
    emit(judged.outcome, format_, outputs, look(color=color, show_all=show_all), judged.at)
    return judged.exit
