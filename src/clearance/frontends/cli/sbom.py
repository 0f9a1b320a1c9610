"""Write a bill of materials: all packages of a folder, or what a change brings and takes away."""

import os
from pathlib import Path

import click


@click.command("sbom")
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option("--change", is_flag=True, help="Only what the working tree changes against its base.")
@click.option("--staged", is_flag=True, help="Only what the index changes.")
@click.option("--base", metavar="REV", help="Compare with this revision (default: where the default branch was left).")
@click.option("--head", metavar="REV", help="Only what this commit changes, instead of the working tree.")
@click.option("--agent", metavar="NAME", help="Who wrote the change.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["cyclonedx", "cyclonedx-xml", "spdx", "text"]),
    default="cyclonedx",
    help="cyclonedx (JSON, default), cyclonedx-xml, spdx (2.3, JSON), text.",
)
@click.option("--spec", type=click.Choice(["1.6", "1.7"]), default="1.6", help="Version of CycloneDX.")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write FILE instead of standard output.")
def command(
    path: Path,
    *,
    change: bool,
    staged: bool,
    base: str | None,
    head: str | None,
    agent: str | None,
    format_: str,
    spec: str,
    output: Path | None,
) -> int:
    """List the packages that manifests and lock files in PATH (default: here) name, in a format of the standards.

    Exit codes: 0 all was read, 2 used wrongly, 4 something was not read (the document says what).
    """
    from clearance.frontends.cli.terminal import Progress, note, write_file
    from clearance.wiring import Wanted
    from clearance.wiring.sbom import bill_of_change, bill_of_tree, write

    delta = change or staged or base is not None or head is not None
    if agent and not delta:
        raise click.UsageError("--agent says who wrote a change: give --change, --staged, --base or --head")
    with Progress("reading") as progress:
        if delta:
            wanted = Wanted(path, staged=staged, base=base, head=head, agent=agent)
            bom = bill_of_change(wanted, os.environ, progress)
        else:
            bom = bill_of_tree(path, os.environ, progress)
        text = write(bom, format_, spec)
    if output is not None:
        write_file(output, text.encode())
    else:
        click.echo(text, nl=False)
    for gap in bom.gaps if format_ != "text" or output is not None else ():
        note(f"not read: {gap.path}: {gap.kind.value} {gap.detail}")
    return 4 if bom.gaps else 0
