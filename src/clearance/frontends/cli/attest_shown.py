"""`clearance attest list` and `show`: which kinds of statements there are, and what one of the log says."""

from pathlib import Path

import click

_directory = click.option(
    "-C", "--directory", type=click.Path(path_type=Path), default=Path(), metavar="DIR", help="Use the repository at DIR."
)
_format = click.option(
    "--format", "format_", type=click.Choice(["text", "json"]), default="text", help="text (default) or json."
)


@click.command("list")
@_format
def list_(format_: str) -> int:
    """List all kinds of statements, with where the schema of each one of ours lies."""
    import msgspec

    from clearance.wiring.attesting_shown import Listed, listed

    found: tuple[Listed, ...] = listed()
    if format_ == "json":
        click.echo(msgspec.json.format(msgspec.json.encode([one._asdict() for one in found]), indent=2).decode())
        return 0
    wide = max(len(one.name) for one in found)
    for one in found:
        click.echo(f"{one.name:<{wide}}  {one.about}")
        click.echo(f"{'':<{wide}}  {one.type}" + (f"  {one.schema}" if one.schema else ""))
        click.echo(f"{'':<{wide}}  {one.made}")
    return 0


@click.command("show")
@click.argument("which", metavar="INDEX|DIGEST")
@_format
@_directory
def show(which: str, format_: str, directory: Path) -> int:
    """Show what the statement of an entry says, field by field, and who signed it.

    Exit codes: 0 shown, 2 there is no such entry, 4 it is of a kind or version that this Clearance does not know.
    """
    import msgspec

    from clearance.facts.text import visible
    from clearance.frontends.cli.terminal import note
    from clearance.wiring.attesting_shown import shown

    told = shown(directory, which)
    if format_ == "json":
        click.echo(msgspec.json.format(told.payload, indent=2).decode())
    else:
        for line in told.lines:
            click.echo(visible(line))
    note(told.problem)
    return 4 if told.problem else 0
