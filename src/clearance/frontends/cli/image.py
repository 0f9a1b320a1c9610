"""Look into a container image without a daemon: known vulnerabilities, secrets in layers, how it would run."""

import os
from pathlib import Path

import click

from clearance.frontends.cli.outcome_options import Reporting, reporting


@click.command("image")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--platform", default="linux/amd64", show_default=True, help="Which image of several.")
@reporting("Show every finding and gap in full.")
def command(path: Path, *, platform: str, reporting: Reporting) -> int:
    """Look at PATH: an OCI layout, an archive of it or of `docker save`, or a folder with a root filesystem.

    Nothing of the image is run. Exit codes: 0 could look everywhere (whatever was found), 2 used wrongly, 3 something is not
    known and a person must find out, 4 a gap that matters.
    """
    from clearance.frontends.cli.terminal import Progress
    from clearance.wiring.images import scan_image

    with Progress("looking") as progress:
        judged = scan_image(path, platform, os.environ, progress, reporting.ahead)
    reporting.emit(judged.outcome, judged.at)
    return judged.exit
