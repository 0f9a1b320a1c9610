"""Write what is known of vulnerabilities in a folder's packages as VEX: what the team said, and what waits for an answer."""

import os
from pathlib import Path

import click


@click.command("vex")
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option(
    "--format",
    "format_",
    type=click.Choice(["openvex", "cyclonedx"]),
    default="openvex",
    help="openvex (default), cyclonedx.",
)
@click.option("--spec", type=click.Choice(["1.6", "1.7"]), default="1.6", help="Version of CycloneDX.")
@click.option("--author", default="clearance", metavar="NAME", help="Who says so.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write FILE instead of standard output.")
def command(path: Path, *, format_: str, spec: str, author: str, output: Path | None) -> int:
    """Give a statement for each known vulnerability in the packages that PATH (default: here) locks or pins.

    What the team's documents in .clearance/vex/ say is repeated; all else is under investigation. Exit codes: 0 all versions
    were compared with advisories, 2 used wrongly, 3 of some nobody knows, 4 something was not read.
    """
    from clearance.frontends.cli.terminal import Progress, note, write_file
    from clearance.report.bom import vex
    from clearance.wiring.vex import statements_of

    with Progress("reading") as progress:
        bill, statements, untold = statements_of(path, os.environ, progress)
    if format_ == "openvex":
        text = vex.openvex(statements, author=author, at=bill.at)
    else:
        text = vex.cyclonedx(statements, version=spec, at=bill.at)
    if output is not None:
        write_file(output, text.encode())
    else:
        click.echo(text, nl=False)
    for why in untold:
        note(f"not compared: {why}")
    for gap in bill.gaps:
        note(f"not read: {gap.path}: {gap.kind.value} {gap.detail}")
    return 4 if bill.gaps else 3 if untold else 0
